"""Keeps foreign web pages away from the mock's controls.

A page from anywhere may send requests to a server on the reader's machine. The controls and the
inspector need no password on the machine itself, so they check the origin of a request.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from ..core.credentials import Credentials
from .rest_app import credentials_of


class OriginCheck:
    """Admits requests from this machine and no foreign page, and those with the credentials."""

    def __init__(self, inner: ASGIApp, credentials: Credentials) -> None:
        self._inner = inner
        self._credentials = credentials

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        connection = HTTPConnection(scope)
        given = credentials_of(connection.headers.get("authorization", ""))
        if (given is not None and self._credentials.open(*given)) or _is_local_page(connection):
            await self._inner(scope, receive, send)
            return
        refusal = JSONResponse(
            {
                "error": "From another machine or another page, this needs the account's"
                " credentials (account SID and auth token, as basic auth)"
            },
            401,
            {"WWW-Authenticate": 'Basic realm="the mock\'s account SID and auth token"'},
        )
        await refusal(scope, receive, send)


def _is_local_page(connection: HTTPConnection) -> bool:
    """Check that client, address and page are all on this machine.

    The `Host` is checked since a foreign name may be made to lead here (DNS rebinding).
    """
    origin = connection.headers.get("origin")
    return (
        (connection.client is None or _is_local(connection.client.host))
        and _is_local(connection.url.hostname or "")
        and (origin is None or urlsplit(origin).netloc == connection.headers.get("host"))
        and (
            connection.headers.get("sec-fetch-site", "none") in ("none", "same-origin")
            or _is_a_visit(connection)
        )
    )


def _is_a_visit(connection: HTTPConnection) -> bool:
    """Recognise a link that is followed from another page, such as a notebook.

    That page can neither read the opened page nor use a control.
    """
    return (
        connection.scope.get("method") == "GET"
        and connection.headers.get("sec-fetch-mode") == "navigate"
        and connection.headers.get("sec-fetch-dest") == "document"
    )


def _is_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
