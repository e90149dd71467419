"""Keeps foreign web pages away from the account and from the mock's controls.

A page from anywhere may send requests to a server on the reader's machine, and the demo
credentials are known to everybody. So credentials prove nothing about a page; its origin does.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from functools import lru_cache

from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from ..core.credentials import Credentials
from ..rest.http import credentials_of

LOOPBACK_ORIGIN = r"https?://(localhost|127(\.[0-9]{1,3}){3}|\[::1\])(:[0-9]{1,5})?"
"""Pages that this machine serves."""
_LOOPBACK_ORIGIN = re.compile(LOOPBACK_ORIGIN)
_ORIGIN = re.compile(r"null|[a-z][a-z0-9+.-]*://[^\s/?#@*]+")
_HOST = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9._-]{1,253})(:[0-9]{1,5})?")
_TWILIO = re.compile(r"([a-z0-9-]+\.)+twilio\.com")
_NOT_PUBLIC = ("localhost", "internal", "local", "test", "lan", "arpa")
"""Last labels of names that nobody can register."""
_LOOPBACK_HOSTS = ("127.0.0.1:", "localhost:")
CHALLENGE = {"WWW-Authenticate": 'Basic realm="the mock\'s account SID and auth token"'}
_READ = frozenset((b"host", b"origin", b"user-agent", b"sec-fetch-site"))
_SAFE = ("GET", "HEAD", "OPTIONS")
_OWN_AGENT = "TwilioProxy/"
"""Start of the user agent of all requests that a mock sends."""


class PageHeaders:
    """Headers of a request that tell where it comes from, read in one pass.

    Attributes:
        hosts: Values of `Host`; one is valid.
        origins: Values of `Origin`.
        site: `Sec-Fetch-Site`; empty where it is missing.
        agent: `User-Agent`; empty where it is missing.
    """

    __slots__ = ("agent", "hosts", "origins", "site")

    def __init__(self, headers: Iterable[tuple[bytes, bytes]]) -> None:
        self.hosts: list[str] = []
        self.origins: list[str] = []
        self.site = self.agent = ""
        for name, value in headers:
            if name not in _READ:
                continue
            if name == b"host":
                self.hosts.append(value.decode("latin-1"))
            elif name == b"origin":
                self.origins.append(value.decode("latin-1"))
            elif name == b"user-agent":
                self.agent = value.decode("latin-1")
            else:
                self.site = value.decode("latin-1")

    @property
    def has_valid_host(self) -> bool:
        """True where the host is named once, in a form that can be trusted."""
        return len(self.hosts) == 1 and name_of(self.hosts[0]) != ""


class Origins:
    """The origins whose pages may use the account: of this machine, and those that are named.

    Args:
        named: Origins such as `https://shop.example.com`.

    Raises:
        ValueError: One of them is no origin.
    """

    def __init__(self, named: Iterable[str] = ()) -> None:
        self.named = frozenset(each.lower() for each in named)
        for each in self.named:
            if not _ORIGIN.fullmatch(each):
                raise ValueError(
                    f"{each!r} is no origin: give scheme, host and port of the page, such as"
                    " https://shop.example.com"
                )

    def allow(self, origin: str) -> bool:
        """Check whether a page of this origin may use the account."""
        return origin.lower() in self.named or bool(_LOOPBACK_ORIGIN.fullmatch(origin.lower()))

    def refusal(self, page: PageHeaders, method: str, *, is_open: bool) -> str | None:
        """Reason to refuse a request, or None: a foreign page sent it, or the mock itself.

        Args:
            page: Headers of the request, whose host is valid.
            method: Method of the request.
            is_open: Whether other machines reach the mock, under names that it does not know.
        """
        host = page.hosts[0]
        if page.agent.startswith(_OWN_AGENT):
            return "A mock does not answer webhooks and requests of flows, which it sends itself"
        if not is_open and self.is_foreign_name(host):
            return (
                f"A page of a foreign site may have made {host} lead here. If that name is meant,"
                f" start the mock with --allow-origin http://{host}"
            )
        for origin in page.origins:
            is_own = origin in (f"http://{host}", f"https://{host}")
            if not self.allow(origin) and (not is_own or self.is_foreign_name(host)):
                return (
                    f"Pages of {origin[:200]} may not use this account. To let them, start the"
                    f" mock with --allow-origin {origin[:200]}"
                )
        if page.site == "cross-site" and not page.origins and method not in _SAFE:
            return (
                "A page of another site may not use this account. To let it, start the mock with"
                " --allow-origin ORIGIN, and have the page send its origin"
            )
        return None

    def is_foreign_name(self, host: str) -> bool:
        """Recognise a name that anybody may have registered and made to lead here."""
        if host.startswith(_LOOPBACK_HOSTS):  # the usual case, fast
            return False
        name = name_of(host)
        if _TWILIO.fullmatch(name) or _is_address(name) or "." not in name.strip("."):
            return False
        is_named = f"http://{host}".lower() in self.named or f"https://{host}".lower() in self.named
        return not is_named and name.rpartition(".")[2] not in _NOT_PUBLIC


class OriginCheck:
    """Admits requests from this machine and no foreign page, and those with the credentials.

    Args:
        inner: Answers the requests that are admitted.
        credentials: The account's.
        origins: Pages besides the mock's own that are admitted without credentials.
    """

    def __init__(
        self, inner: ASGIApp, credentials: Credentials, origins: Origins | None = None
    ) -> None:
        self._inner = inner
        self._credentials = credentials
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        connection = HTTPConnection(scope)
        given = credentials_of(connection.headers.get("authorization", ""))
        if (given is not None and self._credentials.open(*given)) or self._is_local(connection):
            await self._inner(scope, receive, send)
            return
        refusal = JSONResponse(
            {
                "error": "From another machine or another page, this needs the account's"
                " credentials (account SID and auth token, as basic auth)"
            },
            401,
            CHALLENGE,
        )
        await refusal(scope, receive, send)

    def _is_local(self, connection: HTTPConnection) -> bool:
        """Check that client, address and page are all on this machine.

        The `Host` is checked since a foreign name may be made to lead here (DNS rebinding).
        """
        headers = connection.headers
        if not (
            (connection.client is None or is_loopback(connection.client.host))
            and is_loopback(name_of(headers["host"]))
        ):
            return False
        origin = headers.get("origin")
        if origin is not None and self._origins is not None and self._origins.allow(origin):
            return True
        return (origin is None or origin.partition("://")[2] == headers["host"]) and (
            headers.get("sec-fetch-site", "none") in ("none", "same-origin")
            or _is_a_visit(connection)
        )


@lru_cache(maxsize=64)
def name_of(host: str) -> str:
    """Return the name or address in a `Host` header, without port and brackets; empty for none."""
    match = _HOST.fullmatch(host)
    return match["name"].strip("[]").lower() if match else ""


def _is_a_visit(connection: HTTPConnection) -> bool:
    """Recognise a link that is followed from another page, such as a notebook.

    That page can neither read the opened page nor use a control.
    """
    return (
        connection.scope.get("method") == "GET"
        and connection.headers.get("sec-fetch-mode") == "navigate"
        and connection.headers.get("sec-fetch-dest") == "document"
    )


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def is_loopback(host: str) -> bool:
    """Recognise a name or address of this machine."""
    return host == "localhost" or (_is_address(host) and ipaddress.ip_address(host).is_loopback)
