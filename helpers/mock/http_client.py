"""The in-process door: HTTP clients for the official SDK, sync and async, with no network.

Twilio documents that a `Client` takes a custom HTTP client; these hand each request to the mock in
this process. A request that meets a fault ends as it would over a network, with the exceptions of
the SDK's own clients.
"""

from __future__ import annotations

import errno
import logging
import os
import re
import time
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Self
from urllib.parse import urlsplit

import orjson
import requests
from twilio.http import AsyncHttpClient, HttpClient
from twilio.http.response import Response
from urllib3.exceptions import ProtocolError
from urllib3.util.request import body_to_chunks

from .core.parameters import form_encoded
from .faults import Faults
from .faults.matching import ConnectionOutcome
from .rest.http import (
    FORM,
    Reply,
    Request,
    header_name,
    parsed,
    read_request,
)
from .webhooks.receivers import Receiver, WebhookAnswer, WebhookRequest

Handle = Callable[[Request], Reply]
_log = logging.getLogger(__name__)


class MockHttpClient(HttpClient):  # type: ignore[misc]
    """Answers the SDK's requests from `handle`, except those that meet a fault.

    `timeout` is how many seconds its user waits for an answer; None for as long as it takes.
    """

    def __init__(self, handle: Handle, faults: Faults) -> None:
        super().__init__(_log, is_async=False)
        self._handle = handle
        self._faults = faults

    def request(
        self,
        method: str,
        url: str,
        params: Any = None,
        data: Any = None,
        headers: Mapping[str, Any] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        """Answer one request, given as the SDK's own client takes it.

        Raises:
            ValueError: The time-out is none; or it is a request that `requests` would not send.
            requests.exceptions.RequestException: A fault left it without an answer.
        """
        return self.answer(_request(method, url, params, data, headers, auth, timeout), timeout)

    def answer(self, request: Request, timeout: float | None = None) -> Response:
        """Answer one request; raises as `request` does."""
        try:
            match = self._faults.meet(request) if self._faults.armed else None
            if match is None:
                return _response(self._handle(request))
            timeout = self.timeout if timeout is None else timeout
            answer = self._handle(request) if match.phase == "after" else None
            time.sleep(match.wait(timeout))
            if answer is None and match.is_only_late:
                answer = self._handle(request)
            outcome = match.ending(timeout)
            if outcome is not None:
                raise _as_requests_would(outcome, request.host, timeout)
            return _response(match.reply or answer)
        finally:
            for call in request.when_answered:
                call()


class AsyncMockHttpClient(AsyncHttpClient):  # type: ignore[misc]
    """The same for `await client....create_async(...)`; runs off the event loop's thread.

    Like the SDK's own it obeys the time-out of a request, and none of the client's (observed).
    """

    def __init__(self, handle: Handle, faults: Faults) -> None:
        super().__init__(_log, is_async=True)
        self._handle = _at_once(handle)
        self._faults = faults

    async def request(
        self,
        method: str,
        url: str,
        params: Any = None,
        data: Any = None,
        headers: Mapping[str, Any] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        """Answer one request, given as the SDK's own client takes it.

        Raises:
            TimeoutError: A fault left it without an answer.
            aiohttp.ClientError: A fault cut its connection.
        """
        import asyncio

        request = _request(method, url, params, data, headers, auth, timeout)
        match = self._faults.meet(request)
        if match is None:
            return _response(await asyncio.to_thread(self._handle, request))
        is_after = match.phase == "after"
        answer = await asyncio.to_thread(self._handle, request) if is_after else None
        await asyncio.sleep(match.wait(timeout))
        if answer is None and match.is_only_late:
            answer = await asyncio.to_thread(self._handle, request)
        outcome = match.ending(timeout)
        if outcome is not None:
            raise _as_aiohttp_would(outcome)
        return _response(match.reply or answer)

    async def close(self) -> None:
        """Close nothing: there is no connection."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *about: object) -> None:
        await self.close()


def _at_once(handle: Handle) -> Handle:
    """Return a handler whose answers are received as soon as they are given."""

    def answer(request: Request) -> Reply:
        try:
            return handle(request)
        finally:
            for call in request.when_answered:
                call()

    return answer


def as_receiver(client: MockHttpClient) -> Receiver:
    """Answer what the mock itself sends to Twilio's hosts, such as a flow's requests."""

    def answer(request: WebhookRequest) -> WebhookAnswer:
        url = urlsplit(request.url)
        body = request.body or (
            form_encoded(request.parameters) if request.method == "POST" else ""
        )
        sent = read_request(
            request.method, url.netloc, url.path, url.query, request.headers, body.encode()
        )
        try:
            found = client.answer(sent)
        except requests.exceptions.RequestException as error:
            return WebhookAnswer(None, problem=f"could not be reached: {type(error).__name__}")
        return WebhookAnswer(found.status_code, found.text, content_type="application/json")

    return answer


def _as_requests_would(outcome: ConnectionOutcome, host: str, timeout: float | None) -> Exception:
    """The exception of the SDK's own client, which builds on `requests`."""
    if outcome == "reset":
        return requests.exceptions.ConnectionError(ProtocolError("Connection aborted.", _reset()))
    pool = f"HTTPSConnectionPool(host={host!r}, port=443)"
    return requests.exceptions.ReadTimeout(f"{pool}: Read timed out. (read timeout={timeout})")


def _as_aiohttp_would(outcome: ConnectionOutcome) -> Exception:
    """The exception of the SDK's own asynchronous client, which builds on `aiohttp`."""
    from aiohttp import ClientOSError

    return ClientOSError(*_reset().args) if outcome == "reset" else TimeoutError()


def _reset() -> ConnectionResetError:
    return ConnectionResetError(errno.ECONNRESET, os.strerror(errno.ECONNRESET))


def _request(
    method: str,
    url: str,
    params: Any,
    data: Any,
    headers: Mapping[str, Any] | None,
    auth: tuple[str, str] | None,
    timeout: float | None,
) -> Request:
    """The request of a call of the SDK's HTTP client.

    Raises:
        ValueError: The time-out is none; or it is a request that `requests` would not send.
    """
    if timeout is not None and timeout <= 0:
        raise ValueError(timeout)
    method, headers = method.upper(), headers or {}
    # most requests are plain: they arrive as they are, without encoding and decoding them
    try:
        found, sent = _plain_url(url), _plain_headers(tuple(headers.items()))
        query = {} if params is None else _plain(params)
        form = {} if data is None else _plain(data)
        user, password = ("", "") if auth is None else auth
        is_special = ":" in user or not (str.isascii(user) and str.isascii(password))
    except (TypeError, ValueError):  # it is refused, but perhaps for another reason first
        found = sent = query = form = None
    if (
        (found and sent is not None and query is not None and form is not None)
        and not (is_special or (found[2] and (query or found[2].count("&") > _MANY)))
        and sent.get("Content-Type", FORM) == FORM
    ):
        host, path, in_url = found
        query = dict(parsed(in_url)) if in_url else query
        return Request(method, host, path, query, form, sent, auth)
    return _prepared_request(method, url, params, data, headers, auth)


_SESSION = requests.Session()
"""Prepares requests, and sends none."""
_SESSION.trust_env = False
_JSON = ("application/json", "application/scim+json")


def _prepared_request(
    method: str, uri: str, params: Any, data: Any, headers: Mapping[str, Any], auth: Any
) -> Request:
    """The request as it would arrive if `requests` had sent it, as the SDK's own client does."""
    body = {"json" if headers.get("Content-Type") in _JSON else "data": data}
    sent = _SESSION.prepare_request(
        requests.Request(method, uri, params=params, headers=headers, auth=auth, **body)
    )
    url = urlsplit(str(sent.url))
    chunks = body_to_chunks(sent.body, method, _BLOCK).chunks or ()
    content = b"".join(each.encode() if isinstance(each, str) else each for each in chunks)
    length = sent.headers.get("Content-Length")
    return read_request(
        method,
        url.netloc.rpartition("@")[2],
        url.path,
        url.query,
        {
            header_name(name.encode("ascii").decode()): _header(value)
            for name, value in sent.headers.items()
        },
        content if length is None else content[: int(length)],
    )


def _header(value: str | bytes) -> str:
    encoded = value.encode("latin-1") if isinstance(value, str) else value
    return encoded.decode("latin-1").strip(" \t")


_BLOCK = 65536
_PLAIN_URL = re.compile(r"https://([\w.-]+)((?:/(?!\.)[\w.~-]*)+)(?:\?([\w.=&%+~-]*))?", re.ASCII)
_MANY = 100
"""Parameters, or values of one, above which they are left to be counted when they are read."""


@lru_cache(maxsize=1024)
def _plain_url(uri: str) -> tuple[str, str, str] | None:
    found = _PLAIN_URL.fullmatch(uri)
    return found and (found[1], found[2], found[3] or "")


@lru_cache(maxsize=256)
def _plain_headers(headers: tuple[tuple[Any, Any], ...]) -> dict[str, str] | None:
    """Headers by the usual spelling of their names; None where one takes more than a look."""
    plain = {}
    for name, value in headers:
        if not type(name) is type(value) is str or not f"{name}{value}".isascii():
            return None
        if not value.isprintable() or value != value.strip():
            return None
        usual = header_name(name)
        if not name.replace("-", "_").isidentifier() or usual in _CREDENTIALS:
            return None
        plain[usual] = value
    return plain


_CREDENTIALS = ("Authorization", "X-Twilio-Token")


def _plain(values: Any) -> dict[str, str | list[str]] | None:
    """Values as they are read from a form; None where that takes more than a look.

    Raises:
        UnicodeEncodeError: One has no encoding.
    """
    plain: dict[str, str | list[str]] = {}
    if type(values) is not dict or len(values) > _MANY:
        return None
    for name, value in values.items():
        if type(value) is str:
            if not value.isascii():
                value.encode()
            plain[name] = value
        elif type(value) is int:
            plain[name] = str(value)
        elif type(value) in (list, tuple):
            if not value or len(value) > _MANY or set(map(type, value)) != {str}:
                return None
            "".join(value).encode()
            plain[name] = list(value) if len(value) > 1 else value[0]
        elif value is not None:
            return None
        if type(name) is not str or not name.isascii():
            return None
    return plain


def _response(reply: Reply | None) -> Response:
    assert reply is not None
    has_json = reply.json is not None
    text = orjson.dumps(reply.json).decode() if has_json else reply.content.decode("latin-1")
    return Response(reply.status, text, reply.all_headers())
