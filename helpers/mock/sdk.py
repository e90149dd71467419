"""The in-process door: HTTP clients for the official SDK, sync and async, with no network.

Twilio documents that a `Client` takes a custom HTTP client; these hand each request to the mock in
this process.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson
from twilio.http import AsyncHttpClient, HttpClient
from twilio.http.response import Response

from .rest.http import Parameters, Reply, Request

Handle = Callable[[Request], Reply]
_log = logging.getLogger(__name__)


class MockHttpClient(HttpClient):  # type: ignore[misc]
    """Answers the SDK's requests from `handle`."""

    def __init__(self, handle: Handle) -> None:
        super().__init__(_log, is_async=False)
        self._handle = handle

    def request(  # noqa: PLR0913, PLR0917 - the SDK's own signature
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
        """Answer one request; `timeout` and `allow_redirects` have nothing to act on here."""
        return _response(self._handle(_request(method, uri, params, data, headers, auth)))


class AsyncMockHttpClient(AsyncHttpClient):  # type: ignore[misc]
    """The same for `await client....create_async(...)`; runs off the event loop's thread."""

    def __init__(self, handle: Handle) -> None:
        super().__init__(_log, is_async=True)
        self._handle = handle

    async def request(  # noqa: PLR0913, PLR0917 - the SDK's own signature
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
        """Answer one request."""
        request = _request(method, uri, params, data, headers, auth)
        return _response(await asyncio.to_thread(self._handle, request))


def _request(  # noqa: PLR0913, PLR0917 - one request, part by part
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


def _encoded(values: Mapping[str, object] | None) -> Parameters:
    """What a form would carry: text, lists of text for repeated names, nothing for empty lists."""
    if not values:
        return {}
    return {name: _text(value) for name, value in values.items() if value not in (None, [])}


def _text(value: Any) -> str | list[str]:
    if isinstance(value, (list, tuple)):
        return [str(item) for item in value]
    return value if isinstance(value, str) else str(value)


def parsed(query: str) -> Parameters:
    """A query string or form body, as text, or lists of text for repeated names."""
    values: dict[str, str | list[str]] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        present = values.get(name)
        if present is None:
            values[name] = value
        else:
            values[name] = [*(present if isinstance(present, list) else [present]), value]
    return values


def _response(reply: Reply) -> Response:
    text = reply.content.decode("latin-1")
    if reply.json is not None:
        text = orjson.dumps(reply.json).decode()
    return Response(reply.status, text, reply.headers)
