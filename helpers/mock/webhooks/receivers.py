"""Where a request goes: a real HTTP server, or a Python function registered for a URL."""

from __future__ import annotations

import http.client
import json
import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import urlencode, urlsplit

import requests
import urllib3
from twilio.request_validator import RequestValidator

from ...masking import log_exception, mask, masked_repr
from .network import AnswerTooLarge, CallPolicy, CallRefused, HttpSender

TIMEOUT = 5.0
"""Seconds a receiver has to answer (documented)."""
RETRIED = (429, 503, 504)
"""Answers after which Twilio tries again, as it does after a time-out (specified)."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class WebhookRequest:
    """A webhook as its receiver sees it.

    Attributes:
        method: `POST` or `GET`.
        url: The whole URL that was signed; with GET it carries the parameters, and a signature is
            checked with the URL alone.
        headers: Among them `X-Twilio-Signature`, but for the requests of a Studio flow.
        parameters: Name -> text.
        body: Content that is sent instead of a form, such as JSON; empty for a webhook.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    parameters: Mapping[str, str]
    body: str = ""

    __repr__ = masked_repr


@dataclass(frozen=True, slots=True)
class WebhookAnswer:
    """A receiver's answer: an HTTP status and a body; status None for no answer.

    `problem` says why there was none, or what the receiver raised; `is_late` that it took too long.
    """

    status: int | None
    body: str = ""
    problem: str | None = None
    is_late: bool = False
    content_type: str = ""

    @property
    def is_passing(self) -> bool:
        """True where another try may fare better; an unreachable URL counts (inferred)."""
        return self.status is None or self.status in RETRIED


Receiver = Callable[[WebhookRequest], Any]


class Receivers:
    """Sends webhooks and brings back the answers.

    Args:
        auth_token: Signs each request, as Twilio signs with the account's primary auth token.
        policy: The addresses that may be called.

    Attributes:
        timeout: Seconds a receiver has to answer.
    """

    def __init__(self, auth_token: str, policy: CallPolicy) -> None:
        self.timeout = TIMEOUT
        self._sender = HttpSender(policy)
        self._validator = RequestValidator(auth_token)
        self._functions: dict[str, Receiver] = {}
        self._fallback: Receiver | None = None

    def register(self, url: str, receiver: Receiver) -> None:
        """Let a Python function answer for a URL (the query does not matter)."""
        self._functions[_address(url)] = receiver

    def unregister(self, url: str) -> None:
        """Let the URL go to the network again."""
        self._functions.pop(_address(url), None)

    def register_fallback(self, receiver: Receiver) -> None:
        """Let a Python function answer for every URL that has none of its own."""
        self._fallback = receiver

    def send(self, method: str, url: str, parameters: Mapping[str, str]) -> WebhookAnswer:
        """Send one signed request and wait for its answer, `timeout` seconds at the most."""
        return self.ask(self._signed(method, url, parameters), timeout=self.timeout)

    def ask(
        self, request: WebhookRequest, *, timeout: float, redirects: bool = False
    ) -> WebhookAnswer:
        """Send a request as it is and wait for its answer, `timeout` seconds at the most."""
        function = self._functions.get(_address(request.url), self._fallback)
        if function is not None:
            return _within(timeout, partial(_call, function, request))
        return _within(timeout, partial(self._send, request, timeout, redirects=redirects))

    def _send(self, request: WebhookRequest, timeout: float, *, redirects: bool) -> WebhookAnswer:
        form = dict(request.parameters) if request.method == "POST" else None
        try:
            answer = self._sender.send(
                request.method,
                request.url,
                request.headers,
                request.body.encode() or form,
                timeout=timeout,
                redirects=redirects,
            )
        except (CallRefused, AnswerTooLarge) as error:
            return WebhookAnswer(None, problem=str(error))
        except (requests.Timeout, urllib3.exceptions.TimeoutError):
            return _late(timeout)
        except (
            OSError,  # raised by requests; the others by a URL or an answer, in libraries below it
            ValueError,
            urllib3.exceptions.HTTPError,
            http.client.HTTPException,
        ) as error:
            return WebhookAnswer(None, problem=f"could not be reached: {type(error).__name__}")
        return WebhookAnswer(answer.status, answer.body, content_type=answer.content_type)

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


def _address(url: str) -> str:
    """Return what two spellings of the same place have in common."""
    parts = urlsplit(url)
    plain = parts._replace(netloc=parts.netloc.lower(), path=parts.path or "/")
    return plain._replace(query="", fragment="").geturl()


def _within(seconds: float, carry_out: Callable[[], WebhookAnswer]) -> WebhookAnswer:
    """Return an answer in time; what takes longer is left to its thread."""
    answers: list[WebhookAnswer] = []
    thread = threading.Thread(
        target=lambda: answers.append(carry_out()), name="webhook", daemon=True
    )
    thread.start()
    thread.join(seconds)
    return answers[0] if answers else _late(seconds)


def _late(seconds: float) -> WebhookAnswer:
    return WebhookAnswer(None, problem=f"no answer within {seconds:g} s", is_late=True)


def _call(function: Receiver, request: WebhookRequest) -> WebhookAnswer:
    try:
        return _understood(function(request))
    except BaseException as error:  # a server would answer 500
        log_exception(_log, "the receiver registered for %s failed", _address(request.url))
        return WebhookAnswer(500, problem=mask(f"raised {type(error).__name__}: {error}"))


def _understood(result: Any) -> WebhookAnswer:
    """Read a function's result.

    None is an empty 200, a number a status, a pair status and body, the rest a 200's body. A
    `WebhookAnswer` is taken as it is, so that a function can stand in for a server that gives none.
    """
    if isinstance(result, WebhookAnswer):
        return result
    if result is None or isinstance(result, bool):
        return WebhookAnswer(200)
    if isinstance(result, int):
        return WebhookAnswer(_status(result))
    status, body = result if isinstance(result, tuple) else (200, result)
    content_type = "text/plain" if isinstance(body, str) else "application/json"
    text = body if isinstance(body, str) else json.dumps(body)
    return WebhookAnswer(_status(status), text, content_type=content_type)


def _status(number: int) -> int:
    if not 100 <= number <= 599:
        raise ValueError(f"{number} is not an HTTP status")
    return number
