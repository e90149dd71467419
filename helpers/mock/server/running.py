"""Runs the server: in this process's main thread, or in the background of other work."""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import os
import signal
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.protocol import State

from .. import MockTwilio
from ..realtime.connection import SEND
from ..realtime.notices import LARGEST, is_acknowledgement
from .app import ServerApp
from .rest_app import CUT

GRACE = 3
"""Seconds that requests under way are given to end when the server stops."""
BACKLOG = 2048
"""Connections that may wait to be accepted."""
KEPT_ALIVE = 75
"""Seconds an idle connection stays open: longer than chat clients pause between polls, so that none
is closed at the very moment of a request."""
STOPPING = (signal.SIGINT, signal.SIGTERM)
STARTING = 10
"""Seconds within which a background server must answer."""


class CannotListen(OSError):
    """There is no listening at an address; it says why, and what to do."""


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens at the address; port 0 takes a free one.

    Whoever connects from here on is answered once the server has started.

    Raises:
        CannotListen: The port is in use, or the address not to be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sends without delay only on sockets that name their protocol
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if os.name == "posix":  # elsewhere it would let two servers share a port
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(BACKLOG)  # only this keeps others from the port
    except OSError as error:
        listening.close()
        raise CannotListen(
            f"Cannot listen on {host} port {port}: {error.strerror}. {_advice(error)}"
        ) from error
    return listening


def _advice(error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            "Is another mock running there? Use that one, stop it, or give --port 0 for a free port"
        )
    if isinstance(error, PermissionError):
        return "Give another --port, above 1023, or --port 0 for a free one"
    return "Give --host an address of this machine, such as 127.0.0.1"


def is_everywhere(listening: socket.socket) -> bool:
    """Whether it listens on every address of this machine."""
    return ipaddress.ip_address(listening.getsockname()[0]).is_unspecified


def url_of(listening: socket.socket) -> str:
    """`http://HOST:PORT` of a listening socket, as this machine reaches it."""
    host, port = listening.getsockname()[:2]
    if is_everywhere(listening):
        host = "::1" if ":" in host else "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class CuttingProtocol(HttpToolsProtocol):
    """Uvicorn's HTTP, which lets the application cut the connection off without an answer."""

    def on_message_begin(self) -> None:
        """Start a request."""
        super().on_message_begin()
        self.scope["extensions"] = {CUT: {"now": self._cut}}

    def _cut(self) -> None:
        _cut(self.transport)


class TwilsockProtocol(WebSocketsSansIOProtocol):
    """Uvicorn's WebSocket, for connections that carry many small frames.

    The application may send without waiting and cut off a client that does not read. What only
    acknowledges a frame is dropped where it arrives: there are as many as there are frames.
    """

    def handle_connect(self, event: Any) -> None:
        """Start a connection."""
        super().handle_connect(event)
        if self.conn.handshake_exc is None:
            self.scope["extensions"] |= {
                CUT: {"now": lambda: _cut(self.transport)},
                SEND: {"now": self._send_now},
            }

    def handle_bytes(self, event: Any) -> None:
        """Take a message, unless there is nothing to do about it."""
        if not (event.fin and is_acknowledgement(event.data)):
            super().handle_bytes(event)

    def _send_now(self, data: bytes) -> bool:
        """Send a message, if the client is not behind; whether it was sent."""
        is_open = self.conn.state is State.OPEN and not (self.close_sent or self.disconnected)
        if not (is_open and self.writable.is_set()):
            return False
        self.conn.send_binary(data)
        self.transport.write(b"".join(self.conn.data_to_send()))
        return True


def _cut(transport: asyncio.Transport) -> None:
    reset = struct.pack("ii", 1, 0)  # no lingering: the client sees a reset
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
    transport.abort()


class MockServer(uvicorn.Server):
    """Uvicorn with one mock account in it.

    Args:
        mock: What is served.
        listening: What `listen()` gave.
        started: Called once, when the server answers.
        at_once: Whether small writes are answered on the event loop itself, as `RestDoor` says.
        chat_sdk: A copy of Twilio's Chat SDK, for the chat page.

    Raises:
        NoSuchCopy: The copy that was named is not there.
    """

    def __init__(
        self,
        mock: MockTwilio,
        listening: socket.socket,
        started: Callable[[], None],
        *,
        at_once: bool = False,
        chat_sdk: str | os.PathLike[str] | None = None,
    ) -> None:
        self._application = ServerApp(mock, at_once=at_once, chat_sdk=chat_sdk)
        super().__init__(
            uvicorn.Config(
                self._application,
                lifespan="off",
                http=CuttingProtocol,
                ws=TwilsockProtocol,
                ws_max_size=LARGEST,
                ws_per_message_deflate=False,  # on one machine, time costs more than bytes
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=GRACE,
                timeout_keep_alive=KEPT_ALIVE,
            )
        )
        self._listening = listening
        self._started = started

    def serve_until_stopped(self) -> None:
        """Serve in this thread until a signal, or `should_exit`, ends it."""
        try:
            self.run(sockets=[self._listening])
        finally:
            self._application.close()
            self._listening.close()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop in order at a signal, and leave it at that: what comes after is the caller's.

        Uvicorn would raise the signal again, and with it end the process before the account is
        closed.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {each: signal.signal(each, self.handle_exit) for each in STOPPING}
        try:
            yield
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start as uvicorn does, then say so."""
        await super().startup(sockets)
        if self.started:
            self._started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop as uvicorn does, without waiting for what would go on for ever."""
        self._application.leave()
        await super().shutdown(sockets)


class BackgroundServer:
    """Serves a mock from a thread of this process; a context manager.

    Attributes:
        url: Where it answers, e.g. `http://127.0.0.1:8787`.

    Raises:
        CannotListen: The port is in use, say.
        NoSuchCopy: The copy of the Chat SDK that was named is not there.
    """

    def __init__(
        self,
        mock: MockTwilio,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        chat_sdk: str | os.PathLike[str] | None = None,
    ) -> None:
        listening = listen(host, port)
        self.url = url_of(listening)
        answering = threading.Event()
        try:
            self._server = MockServer(mock, listening, answering.set, chat_sdk=chat_sdk)
        except FileNotFoundError:
            listening.close()
            raise
        self._thread = threading.Thread(
            target=self._server.serve_until_stopped, name="mock-server", daemon=True
        )
        self._thread.start()
        if not answering.wait(STARTING):
            raise RuntimeError(f"The mock's server did not start within {STARTING} s")

    @property
    def is_running(self) -> bool:
        """Whether it answers; not after `close()`."""
        return self._thread.is_alive() and not self._server.should_exit

    def close(self) -> None:
        """Stop answering, and give requests under way a moment to end."""
        self._server.should_exit = True
        self._thread.join(GRACE + 2)

    def __repr__(self) -> str:
        return f"<the mock at {self.url}>"

    def __enter__(self) -> BackgroundServer:
        return self

    def __exit__(self, *about: object) -> None:
        self.close()
