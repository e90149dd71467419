"""Sends HTTP requests to the network, to addresses that a mock may call and to no others.

A host is resolved once, its addresses are checked, and one of them is connected to. So neither a
name that resolves to something else a moment later nor a redirect leads past the check.
"""

from __future__ import annotations

import codecs
import io
import ipaddress
import os
import re
import socket
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.utils import get_environ_proxies, requote_uri
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import NameResolutionError, NewConnectionError
from urllib3.response import HTTPResponse
from urllib3.util.connection import create_connection

from ..core.bounds import MAX_ANSWER

_PART = 64 * 1024
_PORTS = {"http": 80, "https": 443}
_SENDABLE = re.compile(r"[!#-;=?-\[\]_a-z~]+\Z")
"""A URL without characters that have to be escaped."""
_SLOW_CODECS = ("idna", "punycode")
"""Codecs of host names, which take quadratic time."""

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class CallRefused(Exception):
    """The mock may not call an address; no `OSError`, which urllib3 would take for a failure."""


class AnswerTooLarge(Exception):
    """An answer has more than `MAX_ANSWER` bytes."""


class CallPolicy:
    """The addresses that a mock may call.

    Never the ports that it listens on, under any address of this machine, nor link-local
    addresses. A mock that other machines reach with credentials that everybody knows calls no
    address of this machine and no private one, but for those that are allowed.

    Args:
        allowed: Names and addresses of hosts that such a mock may call.
        this_machine_only: Refuse every other machine, before its name is looked up.
    """

    def __init__(self, allowed: Iterable[str] = (), *, this_machine_only: bool = False) -> None:
        self._this_machine_only = this_machine_only
        self._allowed = frozenset(each.lower().strip("[]") for each in allowed)
        self._own_ports: dict[int, bool] = {}

    def start_listening(self, port: int, *, is_confined: bool) -> None:
        """Keep the mock from calling this port.

        Args:
            port: A port that the mock listens on.
            is_confined: Whether strangers reach it and can make it call others.
        """
        self._own_ports[port] = is_confined

    def stop_listening(self, port: int) -> None:
        """Forget a port that the mock no longer listens on."""
        self._own_ports.pop(port, None)

    def check(self, host: str, port: int, addresses: Iterable[str]) -> None:
        """Check the addresses that a host has.

        Raises:
            CallRefused: The mock may not call one of them.
        """
        is_confined = self._is_confined_from(host)
        for address in map(_plain, addresses):
            if address.is_link_local:
                raise CallRefused(f"not called: {address} is a link-local address")
            if port in self._own_ports and is_own(address):
                raise CallRefused(f"not called: port {port} of this machine is the mock's own")
            is_public = address.is_global and not address.is_multicast and not is_own(address)
            if is_confined and not is_public and str(address) not in self._allowed:
                raise _confined(host, f"{address} is not public")

    def _is_confined_from(self, host: str) -> bool:
        return any(self._own_ports.values()) and host.lower() not in self._allowed

    def proxies(self, url: str) -> dict[str, str]:
        """Return the proxies of the environment for a URL: none for this machine.

        Raises:
            CallRefused: The mock may not call the URL's host.
        """
        if self._this_machine_only and not _is_here(urlsplit(url).hostname or ""):
            raise CallRefused(
                "not called: a test calls no other machine. webhooks.register(URL, function) lets a"
                " function answer"
            )
        found: dict[str, str] = get_environ_proxies(url, no_proxy=None)
        if not found:
            return {}
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
        try:
            addresses = _resolve(host, port)
        except OSError:  # a name that only the proxy knows
            if self._is_confined_from(host):
                raise _confined(host, f"{host} may not be public") from None
            return {} if host.endswith("localhost") else found
        self.check(host, port, addresses)
        return {} if any(is_own(_plain(each)) for each in addresses) else found

    def connect(
        self, host: str, port: int, open_socket: Callable[[tuple[str, int]], socket.socket]
    ) -> socket.socket:
        """Connect to the first address of a host that answers, once all are checked.

        Raises:
            CallRefused: The mock may not call one of them.
            OSError: The host has no address, or none answers.
        """
        addresses = _resolve(host, port)
        self.check(host, port, addresses)
        failure = OSError(f"{host} has no address")
        for address in addresses:
            try:
                return open_socket((address, port))
            except OSError as error:
                failure = error
        raise failure


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """An HTTP answer, read within bounds: `content`, and that as text in `body`."""

    status: int
    body: str
    content_type: str
    content: bytes


class HttpSender:
    """Sends requests of one mock."""

    def __init__(self, policy: CallPolicy) -> None:
        self.policy = policy

    @cached_property
    def _pools(self) -> dict[str, Any]:
        """Pools by scheme; most mocks send nothing, and making classes takes time."""
        return {
            "http": _pool(HTTPConnectionPool, HTTPConnection, self.policy),
            "https": _pool(HTTPSConnectionPool, HTTPSConnection, self.policy),
        }

    def send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        data: bytes | None,
        *,
        timeout: float,
        redirects: bool,
    ) -> HttpAnswer:
        """Send a request, and read its answer within `timeout` seconds.

        Raises:
            CallRefused: The mock may not call the host, or one that it redirects to.
            AnswerTooLarge: The answer has more than `MAX_ANSWER` bytes.
            requests.Timeout, urllib3.exceptions.TimeoutError: The time is over.
            OSError, urllib3.exceptions.HTTPError, http.client.HTTPException: The host could not be
                reached, or its answer breaks off or cannot be unpacked.
            ValueError: The URL cannot be used.
        """
        deadline = time.monotonic() + timeout
        with requests.Session() as session:
            session.trust_env = False  # neither passwords of .netrc nor proxies for this machine
            for scheme in self._pools:
                session.mount(f"{scheme}://", _Adapter(self.policy, self._pools, redirects))
            request = requests.Request(method, url, dict(headers), data=data)
            prepared = session.prepare_request(request)
            if _SENDABLE.match(url) and prepared.url == requote_uri(url):
                prepared.url = url  # as it was signed, with every escape
            with session.send(
                prepared,
                timeout=timeout,
                allow_redirects=redirects,
                stream=True,
                verify=_certificates(),
            ) as answer:
                content = _content(answer, deadline)
            return HttpAnswer(
                answer.status_code,
                _text(content, answer.encoding),
                answer.headers.get("Content-Type", ""),
                content,
            )


class _Adapter(HTTPAdapter):
    def __init__(self, policy: CallPolicy, pools: dict[str, Any], redirects: bool) -> None:
        self._policy = policy
        self._pools = pools
        self._redirects = redirects
        super().__init__()

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> Any:
        """Send one request of a chain of redirects, by a proxy where there is one for it."""
        options["proxies"] = self._policy.proxies(request.url or "")
        answer = super().send(request, *args, **options)
        if self._redirects and answer.is_redirect:
            # else requests would read all of it, however much that is
            answer.close()
            vars(answer).update(_content=b"", _content_consumed=True)
        return answer


def _is_here(host: str) -> bool:
    """Check whether a host is this machine, by its name or address alone."""
    try:
        return is_own(_plain(host))
    except ValueError:
        return f".{host}".endswith(".localhost")


def _confined(host: str, reason: str) -> CallRefused:
    return CallRefused(
        f"not called: {reason}, and other machines reach this mock with the demo credentials."
        f" Start it with --allow-target {host}, or with credentials of its own"
    )


def _pool(pool: Any, connection: Any, policy: CallPolicy) -> Any:
    """A urllib3 pool whose connections lead only where `policy` lets them."""

    class CheckedConnection(connection):  # type: ignore[misc]
        def _new_conn(self) -> socket.socket:
            def open_socket(address: tuple[str, int]) -> socket.socket:
                return create_connection(
                    address, self.timeout, self.source_address, self.socket_options
                )

            try:
                return policy.connect(self._dns_host, self.port, open_socket)
            except socket.gaierror as error:
                raise NameResolutionError(self.host, self, error) from error
            except OSError as error:
                raise NewConnectionError(self, f"no connection: {error}") from error

    class CheckedPool(pool):  # type: ignore[misc]
        ConnectionCls = CheckedConnection

    return CheckedPool


def _resolve(host: str, port: int) -> list[str]:
    """Addresses of a host, the preferred one first; it may be written in any form.

    Raises:
        OSError: It has none.
    """
    try:
        found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    except UnicodeError as error:  # a label that is empty or too long
        raise socket.gaierror(socket.EAI_NONAME, str(error)) from None
    return list(dict.fromkeys(str(each[4][0]) for each in found))


def _plain(address: str) -> Address:
    """The address that is connected to: `::ffff:127.0.0.1` is 127.0.0.1."""
    found = ipaddress.ip_address(address.partition("%")[0])
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return mapped or found


def is_own(address: Address) -> bool:
    """Check whether an address is this machine's: only those can be bound."""
    if address.is_loopback or address.is_unspecified:
        return True
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((str(address), 0))
    except OSError:
        return False
    return True


def _certificates() -> str | bool:
    return os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True


def _content(answer: requests.Response, deadline: float) -> bytes:
    packed = bytearray()
    # not unpacked as it arrives: urllib3 reads on, without end, while that gives nothing
    while part := answer.raw.read1(_PART, decode_content=False):
        packed += part
        _check_size(packed)
        if time.monotonic() > deadline:
            raise requests.Timeout
    whole = HTTPResponse(io.BytesIO(packed), answer.raw.headers, preload_content=False)
    content = whole.read(MAX_ANSWER + 1, decode_content=True)
    _check_size(content)
    return content


def _check_size(content: bytes | bytearray) -> None:
    if len(content) > MAX_ANSWER:
        raise AnswerTooLarge(f"answered with more than {MAX_ANSWER // 1024} kB")


def _text(content: bytes, encoding: str | None) -> str:
    """Return the text of an answer: UTF-8 where its encoding is not one of texts."""
    try:
        name = codecs.lookup(encoding or "utf-8").name
        return content.decode("utf-8" if name in _SLOW_CODECS else name, "replace")
    except (LookupError, ValueError):
        return content.decode("utf-8", "replace")
