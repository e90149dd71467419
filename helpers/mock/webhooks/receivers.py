"""Where a request goes: a real HTTP server, or a Python function registered for a URL."""

from __future__ import annotations

import base64
import http.client
import json
import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
import urllib3
from twilio.request_validator import RequestValidator

from ...masking import log_exception, mask, masked_repr
from ..core.parameters import form_encoded, with_query
from .network import AnswerTooLarge, CallPolicy, CallRefused, HttpSender

TIMEOUT = 5.0
"""Seconds a receiver has to answer (documented)."""
RETRIED = (429, 503, 504)
"""Answers after which Twilio tries again, as it does after a time-out (specified)."""
USER_AGENT = "TwilioProxy/1.1"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class WebhookRequest:
    """A webhook as its receiver sees it.

    Attributes:
        method: `POST` or `GET`.
        url: The whole URL that was signed; with GET it carries the parameters, and a signature is
            checked with the URL alone.
        headers: Among them `X-Twilio-Signature`.
        parameters: Name -> text.
        body: Content that a Studio flow sends instead of a form, such as JSON, of which the URL
            has the `bodySHA256`; empty for a webhook.
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
    `content` has the bytes of a body that came as such.
    """

    status: int | None
    body: str = ""
    problem: str | None = None
    is_late: bool = False
    content_type: str = ""
    content: bytes | None = field(default=None, repr=False)

    @property
    def is_passing(self) -> bool:
        """True where another try may fare better; an unreachable URL counts (inferred)."""
        return self.status is None or self.status in RETRIED

    @classmethod
    def of(cls, result: Any) -> WebhookAnswer:
        """Read a function's result.

        None is an empty 200, a number a status, a pair status and body (text, bytes, or JSON), the
        rest a 200's body. A `WebhookAnswer` is taken as it is, so that a function can stand in for
        a server that gives none.
        """
        if isinstance(result, WebhookAnswer):
            return result
        if result is None or isinstance(result, bool):
            return cls(200)
        if isinstance(result, int):
            return cls(_status(result))
        status, body = result if isinstance(result, tuple) else (200, result)
        if isinstance(body, bytes):
            return cls(_status(status), body.decode("utf-8", "replace"), content=body)
        content_type = "text/plain" if isinstance(body, str) else "application/json"
        text = body if isinstance(body, str) else json.dumps(body)
        return cls(_status(status), text, content_type=content_type)


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
        self._domains: dict[str, Receiver] = {}
        self._fallback: Receiver | None = None

    def register(self, url: str, receiver: Receiver) -> None:
        """Let a Python function answer for a URL (the query does not matter)."""
        self._functions[_address(url)] = receiver

    def unregister(self, url: str) -> None:
        """Let the URL go to the network again."""
        self._functions.pop(_address(url), None)

    def register_domain(self, domain: str, receiver: Receiver) -> None:
        """Let a Python function answer for the hosts of a domain that no other answers for."""
        self._domains[domain] = receiver

    def login(self, account_sid: str) -> tuple[str, str]:
        """The account's user and password for Twilio's API."""
        return account_sid, self._validator.token.decode()

    def register_fallback(self, receiver: Receiver) -> None:
        """Let a Python function answer for every URL that has none of its own."""
        self._fallback = receiver

    def send(self, method: str, url: str, parameters: Mapping[str, str]) -> WebhookAnswer:
        """Send one signed request and wait for its answer, `timeout` seconds at the most."""
        headers = {"User-Agent": USER_AGENT}
        if method == "POST":
            headers["Content-Type"] = "application/x-www-form-urlencoded; charset=utf-8"
        else:
            url = with_query(url, form_encoded(parameters))
        request = WebhookRequest(method, url, headers, dict(parameters))
        return self.ask(self.signed(request), timeout=self.timeout)

    def ask(
        self, request: WebhookRequest, *, timeout: float, redirects: bool = False
    ) -> WebhookAnswer:
        """Send a request as it is and wait for its answer, `timeout` seconds at the most."""
        function = self._function_for(request.url)
        if function is not None:
            return _within(timeout, partial(_call, function, request))
        return _within(timeout, partial(self._send, request, timeout, redirects=redirects))

    def _send(self, request: WebhookRequest, timeout: float, *, redirects: bool) -> WebhookAnswer:
        form = request.body or form_encoded(request.parameters)
        try:
            answer = self._sender.send(
                request.method,
                request.url,
                request.headers,
                form.encode() if request.method == "POST" else None,
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
        return WebhookAnswer(
            answer.status, answer.body, content_type=answer.content_type, content=answer.content
        )

    def _function_for(self, url: str) -> Receiver | None:
        function = self._functions.get(_address(url))
        host = f".{urlsplit(url).hostname}"
        own = (each for domain, each in self._domains.items() if host.endswith(f".{domain}"))
        return function or next(own, self._fallback)

    def signed(self, request: WebhookRequest) -> WebhookRequest:
        """Sign a request, as Twilio documents it.

        The signature is for the URL and a form's values, or for a URL that has the hash of a body
        of another kind.
        """
        url, form = request.url, _Form()
        if request.method == "POST":
            if not request.body or "form-urlencoded" in request.headers.get("Content-Type", ""):
                written = request.body or form_encoded(request.parameters)
                form.update(parse_qs(written, keep_blank_values=True))
            else:
                url = with_query(url, f"bodySHA256={self._validator.compute_hash(request.body)}")
        signature = self._validator.compute_signature(url, form)
        headers = {"X-Twilio-Signature": signature, **request.headers}
        return replace(request, url=url, headers=headers)


class _Form(dict[str, list[str]]):
    """A form as the SDK signs it."""

    def getall(self, name: str) -> list[str]:
        return self[name]


def basic_auth(user: str, password: str) -> str:
    """The `Authorization` header of a user and password."""
    return f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"


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
        return WebhookAnswer.of(function(request))
    except BaseException as error:  # a server would answer 500
        log_exception(_log, "the receiver registered for %s failed", _address(request.url))
        return WebhookAnswer(500, problem=mask(f"raised {type(error).__name__}: {error}"))


def _status(number: int) -> int:
    if not 100 <= number <= 599:
        raise ValueError(f"{number} is not an HTTP status")
    return number
