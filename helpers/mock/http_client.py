"""The in-process door: HTTP clients for the official SDK, sync and async, with no network.

Twilio documents that a `Client` takes a custom HTTP client; these hand each request to the mock in
this process. A fault that a request meets ends as it would over a network, with what the SDK's own
clients raise.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson
import requests
from twilio.http import AsyncHttpClient, HttpClient
from twilio.http.response import Response
from urllib3.exceptions import ProtocolError

from .faults import Faults, Match
from .faults.matching import ConnectionOutcome
from .rest.http import FormValues, Reply, Request

Handle = Callable[[Request], Reply]
_log = logging.getLogger(__name__)


class MockHttpClient(HttpClient):  # type: ignore[misc]
    """Answers the SDK's requests from `handle`, but for those that meet a fault.

    `timeout` is how many seconds its user waits for an answer; None for as long as it takes.
    """

    def __init__(self, handle: Handle, faults: Faults) -> None:
        super().__init__(_log, is_async=False)
        self._handle = handle
        self._faults = faults

    def request(
        self,
        method: str,
        uri: str,
        params: Mapping[str, object] | None = None,
        data: Mapping[str, object] | bytes | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        """Answer one request; there is nothing here that redirects.

        Raises:
            requests.exceptions.RequestException: A fault left it without an answer.
        """
        request = _request(method, uri, params, data, headers, auth)
        met = self._faults.meet(request)
        if met is None:
            return _response(self._handle(request))
        return _response(
            self._carry_out(met, request, self.timeout if timeout is None else timeout)
        )

    def _carry_out(self, met: Match, request: Request, timeout: float | None) -> Reply:
        answer = self._handle(request) if met.phase == "after" else None
        time.sleep(met.wait(timeout))
        if answer is None and met.is_only_late:
            answer = self._handle(request)
        ending = met.ending(timeout)
        if ending is not None:
            raise _as_requests_would(ending, request.host, timeout)
        return _said(met, answer)


class AsyncMockHttpClient(AsyncHttpClient):  # type: ignore[misc]
    """The same for `await client....create_async(...)`; runs off the event loop's thread.

    Like the SDK's own it heeds the time-out of a request, and none that the client has (observed).
    """

    def __init__(self, handle: Handle, faults: Faults) -> None:
        super().__init__(_log, is_async=True)
        self._handle = handle
        self._faults = faults

    async def request(
        self,
        method: str,
        uri: str,
        params: Mapping[str, object] | None = None,
        data: Mapping[str, object] | bytes | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        """Answer one request.

        Raises:
            TimeoutError: A fault let it wait in vain.
            aiohttp.ClientError: A fault cut its connection.
        """
        request = _request(method, uri, params, data, headers, auth)
        met = self._faults.meet(request)
        if met is None:
            return _response(await asyncio.to_thread(self._handle, request))
        return _response(await self._carry_out(met, request, timeout))

    async def _carry_out(self, met: Match, request: Request, timeout: float | None) -> Reply:
        answer = None
        if met.phase == "after":
            answer = await asyncio.to_thread(self._handle, request)
        await asyncio.sleep(met.wait(timeout))
        if answer is None and met.is_only_late:
            answer = await asyncio.to_thread(self._handle, request)
        ending = met.ending(timeout)
        if ending is not None:
            raise _as_aiohttp_would(ending)
        return _said(met, answer)


def _said(met: Match, answer: Reply | None) -> Reply:
    """The fault's own answer, or the account's; one that has neither ends otherwise."""
    reply = met.reply or answer
    assert reply is not None
    return reply


def _as_requests_would(ending: ConnectionOutcome, host: str, timeout: float | None) -> Exception:
    """What the SDK's own client raises, which stands on `requests`."""
    if ending == "reset":
        return requests.exceptions.ConnectionError(ProtocolError("Connection aborted.", _reset()))
    pool = f"HTTPSConnectionPool(host={host!r}, port=443)"
    return requests.exceptions.ReadTimeout(f"{pool}: Read timed out. (read timeout={timeout})")


def _as_aiohttp_would(ending: ConnectionOutcome) -> Exception:
    """What the SDK's own asynchronous client raises, which stands on `aiohttp`."""
    from aiohttp import ClientOSError

    return ClientOSError(*_reset().args) if ending == "reset" else TimeoutError()


def _reset() -> ConnectionResetError:
    return ConnectionResetError(errno.ECONNRESET, os.strerror(errno.ECONNRESET))


def _request(
    method: str,
    uri: str,
    params: Mapping[str, object] | None,
    data: Mapping[str, object] | bytes | None,
    headers: Mapping[str, str] | None,
    auth: tuple[str, str] | None,
) -> Request:
    url = urlsplit(uri)
    headers = headers or {}
    query = _encoded(params)
    if url.query:
        query = {**parsed(url.query), **query}
    return Request(
        method=method.upper(),
        host=url.netloc,
        path=url.path,
        query=query,
        form={} if isinstance(data, bytes) else _encoded(data),
        headers=headers,
        auth=auth,
        is_form="json" not in headers.get("Content-Type", ""),
        body=data if isinstance(data, bytes) else b"",
    )


def _encoded(values: Mapping[str, object] | None) -> FormValues:
    """What a form would carry: text, lists of text for repeated names, nothing for empty lists."""
    if not values:
        return {}
    return {name: _text(value) for name, value in values.items() if value not in (None, [])}


def _text(value: Any) -> str | list[str]:
    if isinstance(value, (list, tuple)):
        return [str(item) for item in value]
    return value if isinstance(value, str) else str(value)


def parsed(query: str) -> FormValues:
    """A query string or form body, as text, or lists of text for repeated names."""
    values: dict[str, str | list[str]] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        present = values.get(name)
        if present is None:
            values[name] = value
        elif isinstance(present, list):
            present.append(value)
        else:
            values[name] = [present, value]
    return values


def _response(reply: Reply) -> Response:
    text = reply.content.decode("latin-1")
    if reply.json is not None:
        text = orjson.dumps(reply.json).decode()
    return Response(reply.status, text, reply.headers)
