"""The in-process door: HTTP clients for the official SDK, sync and async, with no network.

Twilio documents that a `Client` takes a custom HTTP client; these hand each request to the mock in
this process. A request that meets a fault ends as it would over a network, with the exceptions of
the SDK's own clients.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
import requests
from twilio.http import AsyncHttpClient, HttpClient
from twilio.http.response import Response
from urllib3.exceptions import ProtocolError

from .faults import Faults
from .faults.matching import ConnectionOutcome
from .rest.http import FormValues, Reply, Request
from .webhooks.receivers import Receiver, WebhookAnswer, WebhookRequest, login_of

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

    def request(self, method: str, uri: str, *args: Any, **options: Any) -> Response:
        """Answer one request, given as the SDK's own client takes it.

        Raises:
            requests.exceptions.RequestException: A fault left it without an answer.
        """
        request, timeout = _request(method, uri, *args, **options)
        timeout = self.timeout if timeout is None else timeout
        match = self._faults.meet(request)
        if match is None:
            return _response(self._handle(request))
        answer = self._handle(request) if match.phase == "after" else None
        time.sleep(match.wait(timeout))
        if answer is None and match.is_only_late:
            answer = self._handle(request)
        outcome = match.ending(timeout)
        if outcome is not None:
            raise _as_requests_would(outcome, request.host, timeout)
        return _response(match.reply or answer)


class AsyncMockHttpClient(AsyncHttpClient):  # type: ignore[misc]
    """The same for `await client....create_async(...)`; runs off the event loop's thread.

    Like the SDK's own it obeys the time-out of a request, and none of the client's (observed).
    """

    def __init__(self, handle: Handle, faults: Faults) -> None:
        super().__init__(_log, is_async=True)
        self._handle = handle
        self._faults = faults

    async def request(self, method: str, uri: str, *args: Any, **options: Any) -> Response:
        """Answer one request, given as the SDK's own client takes it.

        Raises:
            TimeoutError: A fault left it without an answer.
            aiohttp.ClientError: A fault cut its connection.
        """
        request, timeout = _request(method, uri, *args, **options)
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


def as_receiver(client: MockHttpClient) -> Receiver:
    """Answer what the mock itself sends to Twilio's hosts, such as a flow's requests."""

    def answer(request: WebhookRequest) -> WebhookAnswer:
        auth = login_of(request)
        is_json = "json" in request.headers.get("Content-Type", "")
        body: Any = request.body.encode() if is_json else parsed(request.body) or request.parameters
        data = body if request.method == "POST" else None
        try:
            found = client.request(request.method, request.url, None, data, request.headers, auth)
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
    uri: str,
    params: Mapping[str, object] | None = None,
    data: Mapping[str, object] | bytes | None = None,
    headers: Mapping[str, str] | None = None,
    auth: tuple[str, str] | None = None,
    timeout: float | None = None,
    allow_redirects: bool = False,
) -> tuple[Request, float | None]:
    """The request of a call of the SDK's HTTP client, and its time-out."""
    url = urlsplit(uri)
    headers = headers or {}
    query, is_json = _encoded(params), "json" in headers.get("Content-Type", "")
    request = Request(
        method=method.upper(),
        host=url.netloc,
        path=url.path,
        query={**parsed(url.query), **query} if url.query else query,
        form={} if isinstance(data, bytes) else _encoded(data),
        headers=headers,
        auth=auth,
        is_form=not is_json,
        body=data if isinstance(data, bytes) else orjson.dumps(data) if is_json else b"",
    )
    return request, timeout


def _encoded(values: Mapping[str, object] | None) -> FormValues:
    """Values as a form carries them: text, or lists of text for repeated names; no empty lists."""
    given = values or {}
    return {name: _text(value) for name, value in given.items() if value not in (None, [])}


def _text(value: Any) -> str | list[str]:
    if isinstance(value, (list, tuple)):
        return [str(item) for item in value]
    return value if isinstance(value, str) else str(value)


def parsed(query: str) -> FormValues:
    """A query string or form body, as text, or lists of text for repeated names."""
    found = parse_qs(query, keep_blank_values=True)
    return {name: values if len(values) > 1 else values[0] for name, values in found.items()}


def _response(reply: Reply | None) -> Response:
    assert reply is not None
    has_json = reply.json is not None
    text = orjson.dumps(reply.json).decode() if has_json else reply.content.decode("latin-1")
    return Response(reply.status, text, reply.headers)
