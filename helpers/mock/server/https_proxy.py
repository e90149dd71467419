"""An HTTPS proxy through which unmodified programs reach the mock as if it were Twilio.

It answers for Twilio's hosts itself and refuses any other. It listens on this machine alone, as it
comes to the mock from here.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import ssl
import threading
from collections import OrderedDict

from ...masking import log_exception
from ..core.bounds import MAX_HEAD, MAX_STALL
from .authority import CertificateAuthority
from .running import listen, port_of, url_of

HOST = "127.0.0.1"
MAX_CONNECTIONS = 500
"""Connections open at once; more are refused."""
MAX_HOSTS = 200
"""Hosts whose certificates are kept."""
_BLOCK = 64 * 1024
_TWILIO = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,6}twilio\.com", re.IGNORECASE)
_CONNECT = re.compile(rb"CONNECT ([^\s:]{1,253}):443 HTTP/1\.[01]\r\n")
_ABSOLUTE = re.compile(
    rb"([A-Z]{1,10}) https?://([^\s/:]{1,253})(?::443|:80)?(/\S*)? HTTP/1\.[01]\r\n"
)
_DROPPED = re.compile(rb"(?im)^(?:host|connection|proxy-[a-z-]+):[^\r\n]*\r\n")
_ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"
_log = logging.getLogger(__name__)


class ProxyRefusal(Exception):
    """A request that the proxy does not serve: an HTTP status, and a sentence."""


class HttpsProxy:
    """A proxy in a thread of its own; a context manager.

    Attributes:
        url: Its address, e.g. `http://127.0.0.1:8788`.

    Args:
        port: The port; 0 takes a free one.
        mock: Host and port of the served mock.
        authority: Makes its certificates.

    Raises:
        CannotListen: The port is in use, for example.
    """

    def __init__(self, port: int, mock: tuple[str, int], authority: CertificateAuthority) -> None:
        self._listening = listen(HOST, port)
        self.url, self.port = url_of(self._listening), port_of(self._listening)
        self._mock = mock
        self._authority = authority
        self._contexts: OrderedDict[str, ssl.SSLContext] = OrderedDict()
        self._open = 0
        self._making = asyncio.Lock()
        self._stopping = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop
        self._serving = threading.Event()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._run()), name="mock-https-proxy", daemon=True
        )

    def __enter__(self) -> HttpsProxy:
        self._thread.start()
        self._serving.wait(MAX_STALL)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(MAX_STALL)

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        server = await asyncio.start_server(self._serve, sock=self._listening, limit=MAX_HEAD)
        self._serving.set()
        await self._stopping.wait()
        server.close()
        own = asyncio.current_task()
        tasks = [each for each in asyncio.all_tasks() if each is not own]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)  # for the transports to close

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open += 1
        try:
            await self._answer(reader, writer)
        except ProxyRefusal as refused:
            status, sentence = refused.args
            content = f"{sentence}\n".encode()
            head = f"HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nConnection: close\r\n"
            writer.write(f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content)
            with contextlib.suppress(OSError):
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError, TimeoutError):
            pass  # the client is gone, or does not trust the certificate
        except asyncio.CancelledError:
            writer.transport.abort()  # the proxy stops, and waits for no client to say goodbye
        except Exception:
            log_exception(_log, "a connection of the HTTPS proxy failed")
        finally:
            self._open -= 1
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._open > MAX_CONNECTIONS:
            raise ProxyRefusal("503 Service Unavailable", "There are too many connections")
        try:
            async with asyncio.timeout(MAX_STALL):
                head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.LimitOverrunError:
            raise ProxyRefusal(
                "431 Request Header Fields Too Large", "The head is too large"
            ) from None
        if (match := _CONNECT.match(head)) is not None:
            host = _checked(match[1])
            context = await self._context_for(host)
            writer.write(_ESTABLISHED)
            await writer.drain()
            async with asyncio.timeout(MAX_STALL):
                await writer.start_tls(context)
            await self._relay(b"", reader, writer)
        elif (match := _ABSOLUTE.match(head)) is not None:
            # as some clients send what is meant for HTTPS: one request a connection
            host = _checked(match[2])
            line = b"%b %b HTTP/1.1\r\nHost: %b\r\nConnection: close\r\n"
            first = line % (match[1], match[3] or b"/", host.encode())
            await self._relay(first + _DROPPED.sub(b"", head[match.end() :]), reader, writer)
        else:
            sentence = "This is a proxy for HTTPS to hosts of Twilio's; the mock has its own port"
            raise ProxyRefusal("400 Bad Request", sentence)

    async def _context_for(self, host: str) -> ssl.SSLContext:
        async with self._making:
            if host not in self._contexts:
                made = await asyncio.to_thread(self._authority.context_for, host)
                self._contexts[host] = made
                if len(self._contexts) > MAX_HOSTS:
                    self._contexts.popitem(last=False)
            return self._contexts[host]

    async def _relay(
        self, first: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Pass bytes on both ways until either side ends."""
        from_mock, to_mock = await asyncio.open_connection(*self._mock)
        to_mock.write(first)
        ways = [
            asyncio.create_task(_copy(reader, to_mock)),
            asyncio.create_task(_copy(from_mock, writer)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            to_mock.close()


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while block := await source.read(_BLOCK):
            target.write(block)
            await target.drain()


def _checked(name: bytes) -> str:
    """Return a host of Twilio's, in small letters, and refuse any other."""
    host = name.decode("latin-1")
    if not _TWILIO.fullmatch(host):
        shown = host[:80] if host.isprintable() else "that host"
        raise ProxyRefusal(
            "403 Forbidden", f"The mock's proxy answers for hosts of Twilio's only, not for {shown}"
        )
    return host.lower()
