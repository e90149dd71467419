"""The SDK's own HTTP clients, led to a mock for a while, so that code which makes a `Client` stays.

Only requests to Twilio's hosts are led there; everything else goes on its way.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response

from ..mock import MockTwilio


@contextmanager
def intercepted(twilio: MockTwilio) -> Iterator[MockTwilio]:
    """Let every `twilio.rest.Client` of this process reach the mock until the block is left.

    Credentials and time-outs are those of the client; a wrong pair is refused (20003).
    """
    send, send_async = TwilioHttpClient.request, AsyncTwilioHttpClient.request

    @wraps(send)
    def request(
        self: TwilioHttpClient,
        method: str,
        url: str,
        params: Any = None,
        data: Any = None,
        headers: Any = None,
        auth: Any = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        if not _is_twilios(url):
            return send(self, method, url, params, data, headers, auth, timeout, allow_redirects)
        patience = self.timeout if timeout is None else timeout
        return twilio.http_client.request(
            method, url, params=params, data=data, headers=headers, auth=auth, timeout=patience
        )

    @wraps(send_async)
    async def request_async(
        self: AsyncTwilioHttpClient, method: str, url: str, *args: Any, **options: Any
    ) -> Response:
        if not _is_twilios(url):
            return await send_async(self, method, url, *args, **options)
        return await twilio.async_http_client.request(method, url, *args, **options)

    with (
        patch.object(TwilioHttpClient, "request", request),
        patch.object(AsyncTwilioHttpClient, "request", request_async),
    ):
        yield twilio


def _is_twilios(url: str) -> bool:
    return f".{urlsplit(url).hostname}".endswith(".twilio.com")
