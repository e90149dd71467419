"""Where a request goes: a real HTTP server, or a Python function registered for a URL."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

import requests
from twilio.request_validator import RequestValidator

TIMEOUT = 5.0
"""Seconds a receiver has to answer (documented)."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class WebhookRequest:
    """A webhook as its receiver sees it.

    Attributes:
        method: `POST` or `GET`.
        url: The whole URL that was signed; with GET it carries the parameters.
        headers: Among them `X-Twilio-Signature`, but for what Studio asks on a flow's behalf.
        parameters: Name -> text.
        body: What is sent instead of a form, such as JSON; empty for a webhook.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    parameters: Mapping[str, str]
    body: str = ""


@dataclass(frozen=True, slots=True)
class WebhookAnswer:
    """What a receiver said: an HTTP status and a body; status None for no answer in time."""

    status: int | None
    body: str = ""
    problem: str | None = None
    content_type: str = ""


Receiver = Callable[[WebhookRequest], Any]


class Receivers:
    """Sends webhooks and brings back the answers.

    Args:
        auth_token: Signs each request, as Twilio signs with the account's primary auth token.
    """

    def __init__(self, auth_token: str) -> None:
        self._validator = RequestValidator(auth_token)
        self._functions: dict[str, Receiver] = {}

    def register(self, url: str, receiver: Receiver) -> None:
        """Have a Python function answer for a URL (the query does not matter)."""
        self._functions[_without_query(url)] = receiver

    def unregister(self, url: str) -> None:
        """Let the URL go to the network again."""
        self._functions.pop(_without_query(url), None)

    def send(self, method: str, url: str, parameters: Mapping[str, str]) -> WebhookAnswer:
        """Send one signed request and wait for its answer, five seconds at the most."""
        return self.ask(self._signed(method, url, parameters))

    def ask(
        self, request: WebhookRequest, *, timeout: float = TIMEOUT, redirects: bool = False
    ) -> WebhookAnswer:
        """Send a request as it is and wait for its answer, `timeout` seconds at the most."""
        function = self._functions.get(_without_query(request.url))
        if function:
            return _call(function, request, timeout)
        return _post(request, timeout, redirects=redirects)

    def _signed(self, method: str, url: str, parameters: Mapping[str, str]) -> WebhookRequest:
        posted: Mapping[str, str] = parameters
        if method == "GET":
            url, posted = f"{url}{'&' if '?' in url else '?'}{urlencode(parameters)}", {}
        headers = {
            "X-Twilio-Signature": self._validator.compute_signature(url, posted),
            "User-Agent": "TwilioProxy/1.1",
        }
        if method == "POST":
            headers["Content-Type"] = "application/x-www-form-urlencoded; charset=utf-8"
        return WebhookRequest(method, url, headers, dict(parameters))


def _without_query(url: str) -> str:
    return urlsplit(url)._replace(query="", fragment="").geturl()


def _post(request: WebhookRequest, timeout: float, *, redirects: bool) -> WebhookAnswer:
    form = dict(request.parameters) if request.method == "POST" else None
    try:
        answer = requests.request(
            request.method,
            request.url,
            data=request.body.encode() or form,
            headers=dict(request.headers),
            timeout=timeout,
            allow_redirects=redirects,
        )
    except requests.Timeout:
        return WebhookAnswer(None, problem=f"no answer within {timeout:.0f} s")
    except requests.RequestException as error:
        return WebhookAnswer(None, problem=f"could not be reached: {type(error).__name__}")
    content_type = answer.headers.get("Content-Type", "")
    return WebhookAnswer(answer.status_code, answer.text, content_type=content_type)


def _call(function: Receiver, request: WebhookRequest, timeout: float) -> WebhookAnswer:
    """Call a function as an HTTP server would be called: with a time limit, on a thread."""
    answers: list[WebhookAnswer] = []
    thread = threading.Thread(
        target=lambda: answers.append(_answer_of(function, request)), name="webhook", daemon=True
    )
    thread.start()
    thread.join(timeout)
    if answers:
        return answers[0]
    return WebhookAnswer(None, problem=f"no answer within {timeout:.0f} s")


def _answer_of(function: Receiver, request: WebhookRequest) -> WebhookAnswer:
    try:
        return _understood(function(request))
    except Exception as error:  # noqa: BLE001 - a server would answer 500, whatever it was
        _log.exception("the receiver registered for %s failed", _without_query(request.url))
        return WebhookAnswer(500, problem=f"raised {type(error).__name__}: {error}")


def _understood(result: Any) -> WebhookAnswer:
    """None is an empty 200, a number a status, a dict JSON, a pair both."""
    if result is None:
        return WebhookAnswer(200)
    if isinstance(result, int):
        return WebhookAnswer(result)
    status, body = result if isinstance(result, tuple) else (200, result)
    if isinstance(body, str):
        return WebhookAnswer(status, body, content_type="text/plain")
    return WebhookAnswer(status, json.dumps(body), content_type="application/json")
