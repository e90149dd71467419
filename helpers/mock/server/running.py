"""Runs the server: in this process's main thread, or in one of its own."""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import os
import signal
import socket
import struct
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from http import HTTPStatus
from types import FrameType
from typing import Any

import orjson
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.exceptions import InvalidState
from websockets.protocol import State

from .. import MockTwilio
from ..core import forks
from ..core.bounds import (
    MAX_CONNECTIONS,
    MAX_FRAME,
    MAX_HEAD,
    MAX_HEADER_NAME,
    MAX_HEADERS,
    MAX_STALL,
    MIN_RATE,
    RETRY_AFTER,
)
from ..realtime.connection import CUT, LEFT, SEND
from ..realtime.notices import is_acknowledgement
from ..rest.http import Reply
from .app import ServerApp

GRACE = 3
"""Seconds for requests under way to end when the server stops."""
BACKLOG = 2048
"""Connections that may wait to be accepted."""
KEEP_ALIVE = 75
"""Seconds an idle connection stays open: longer than chat clients pause between polls, so that none
is closed at the very moment of a request."""
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)
START_TIMEOUT = 10
"""Seconds within which a background server must answer."""


class CannotListen(OSError):
    """Failure to listen at an address, with its cause and advice."""


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens at the address; port 0 takes a free one.

    A connection made from here on is answered once the server has started.

    Raises:
        CannotListen: The port is in use, or the address is not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sends without delay only on sockets that name their protocol
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if os.name == "posix":  # elsewhere it would let two servers share a port
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(BACKLOG)  # only this reserves the port
    except OSError as error:
        listening.close()
        advice = "Give --host an address of this machine, such as 127.0.0.1"
        if error.errno == errno.EADDRINUSE:
            advice = (
                "Is another mock running there? Use or stop it, or give --port 0 for a free port"
            )
        elif isinstance(error, PermissionError):
            advice = "Give another --port, above 1023, or --port 0 for a free one"
        raise CannotListen(
            f"Cannot listen on {host} port {port}: {error.strerror}. {advice}"
        ) from error
    return listening


def is_everywhere(listening: socket.socket) -> bool:
    """Check for a socket that listens on every address of this machine."""
    return ipaddress.ip_address(listening.getsockname()[0]).is_unspecified


def is_reachable(listening: socket.socket) -> bool:
    """Check for a socket that other machines reach."""
    return not ipaddress.ip_address(listening.getsockname()[0]).is_loopback


def port_of(listening: socket.socket) -> int:
    """The port that a socket listens on."""
    return int(listening.getsockname()[1])


def url_of(listening: socket.socket) -> str:
    """`http://HOST:PORT` of a listening socket, as this machine reaches it."""
    host, port = listening.getsockname()[:2]
    if is_everywhere(listening):
        host = "::1" if ":" in host else "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class CuttingProtocol(HttpToolsProtocol):
    """Uvicorn's HTTP protocol, whose connection the application may cut off without an answer.

    The head of a request is bounded while it arrives, since it is kept before anybody can look
    at it. A request that arrives too slowly is refused, so that it keeps no connection from others.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._is_one_too_many = False
        self._is_arriving = False
        self._is_watched = False
        self._began = 0.0
        self._is_in_head = False
        self._is_head_too_large = False
        self._head_size = 0
        self._arrived = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a connection; one that stays silent ends as an idle one does."""
        super().connection_made(transport)
        self._is_one_too_many = len(self.connections) > _most_connections()
        self.timeout_keep_alive_task = self.loop.call_later(
            MAX_STALL if self._is_one_too_many else KEEP_ALIVE, self.timeout_keep_alive_handler
        )

    def data_received(self, data: bytes) -> None:
        """Take data up to the end of the head that may be too large."""
        if self._is_one_too_many:
            self._refuse(429, "There are too many connections", **{"Retry-After": str(RETRY_AFTER)})
            return
        self._arrived += len(data)
        super().data_received(data)
        if self._is_in_head and self._arrived > MAX_HEAD and not self.transport.is_closing():
            self._refuse_head()
        if self._is_arriving and not self._is_watched:
            self._watch(MAX_STALL)

    def on_message_begin(self) -> None:
        """Start a request."""
        super().on_message_begin()
        self._is_in_head, self._head_size, self._arrived = True, 0, 0
        self._is_arriving, self._began = True, self.loop.time()
        self.scope["extensions"] = {
            CUT: {"now": partial(_cut, self.transport)},
            LEFT: {"now": self.transport.is_closing},
        }

    def on_url(self, url: bytes) -> None:
        """Take a part of the request's path."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header."""
        self._count(len(name) + len(value))
        if len(self.headers) >= MAX_HEADERS or len(name) > MAX_HEADER_NAME:
            self._is_head_too_large = True
            raise ValueError("the head is too large")
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Start the answer to a request."""
        self._is_in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Take the end of a request."""
        self._is_arriving = False
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Refuse what the parser refused."""
        if self._is_head_too_large:
            self._refuse_head()
        else:
            self._refuse(400, msg)

    def _count(self, size: int) -> None:
        self._head_size += size
        if self._head_size > MAX_HEAD:
            self._is_head_too_large = True
            raise ValueError("the head is too large")  # ends the parsing

    def _watch(self, seconds: float) -> None:
        self._is_watched = True
        self.loop.call_later(seconds, self._check_progress)

    def _check_progress(self) -> None:
        """Refuse a request that is still arriving, unless it is fast enough or waits for others."""
        self._is_watched = False
        if self.transport.is_closing() or not self._is_arriving:
            return
        now, is_answered = self.loop.time(), self.cycle is not None and self.cycle.response_started
        is_behind = self._is_in_head and self.cycle and not self.cycle.response_complete
        if is_behind or self.flow.read_paused:
            self._began = now
        if now - self._began < MAX_STALL + self._arrived / MIN_RATE:
            self._watch(min(1, MAX_STALL))
        elif is_answered and not self._is_in_head:
            self.transport.close()
        else:
            self._refuse(408, "The request took too long to arrive")

    def _refuse_head(self) -> None:
        self._refuse(431, "The head of the request is too large")

    def _refuse(self, status: int, message: str, **headers: str) -> None:
        """Answer in Twilio's shape, and end the connection."""
        code = {400: 20001, 429: 20429}.get(status, status)  # the others are no Twilio codes
        reply = Reply(status, {"code": code, "message": message, "status": status}, headers)
        content = orjson.dumps(reply.json)
        head = {**reply.all_headers(), "Content-Length": len(content), "Connection": "close"}
        lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}"]
        lines += [f"{name}: {value}" for name, value in head.items()]
        self.transport.write("\r\n".join((*lines, "", "")).encode() + content)
        self.transport.close()


class TwilsockProtocol(WebSocketsSansIOProtocol):
    """Uvicorn's WebSocket protocol, for connections that carry many small frames.

    The application may send without waiting and cut off a client that does not read. A message
    that only acknowledges a frame is dropped on arrival: there are as many as there are frames.
    """

    def data_received(self, data: bytes) -> None:
        """Take data; a handshake that makes no sense ends the connection."""
        try:
            super().data_received(data)
        except UnicodeError:  # a path that is not ASCII
            self.transport.close()
        if self.conn.handshake_exc is not None and not self.handshake_initiated:
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.transport.close()

    def handle_connect(self, event: Any) -> None:
        """Start a connection."""
        super().handle_connect(event)
        if self.conn.handshake_exc is None:
            self.scope["extensions"] |= {
                CUT: {"now": partial(_cut, self.transport)},
                SEND: {"now": self._send_now},
            }

    def handle_bytes(self, event: Any) -> None:
        """Handle a message, except an acknowledgement."""
        if not (event.fin and is_acknowledgement(event.data)):
            super().handle_bytes(event)

    def send_receive_event_to_app(self) -> None:
        """Pass a message on; of a text, which no client sends, only that there is one."""
        if self.curr_msg_data_type == "text":
            self.frames = [b""]
        super().send_receive_event_to_app()

    def _send_now(self, data: bytes | str) -> bool:
        """Send a message at once, unless earlier ones wait. Returns whether it was sent."""
        is_open = self.conn.state is State.OPEN and not (self.close_sent or self.disconnected)
        if not (is_open and self.writable.is_set()):
            return False
        if isinstance(data, str):
            self.conn.send_text(data.encode())
        else:
            self.conn.send_binary(data)
        self.transport.write(b"".join(self.conn.data_to_send()))
        return True


def _most_connections() -> int:
    """Bound of open connections: the database and webhooks need files, too."""
    if sys.platform == "win32":
        return MAX_CONNECTIONS
    import resource

    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return MAX_CONNECTIONS if files < 0 else min(MAX_CONNECTIONS, files * 4 // 5)


def _cut(transport: asyncio.Transport) -> None:
    if not transport.is_closing():  # else its socket is gone, as its client is
        reset = struct.pack("ii", 1, 0)  # no lingering: the client sees a reset
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
    transport.abort()


class MockServer(uvicorn.Server):
    """Uvicorn with one mock account in it.

    Args:
        mock: The account to serve.
        listening: A socket of `listen()`.
        started: Called once, when the server answers.
        at_once: Whether small writes are answered on the event loop itself, as by `RestApp`.
        chat_sdk: A copy of Twilio's Chat SDK, for the chat page.
        allow_origins: Origins of pages that may use the account, besides those of this machine.

    Raises:
        NoSuchCopy: A copy was named that does not exist.
        ValueError: One of the origins is none.
    """

    def __init__(
        self,
        mock: MockTwilio,
        listening: socket.socket,
        started: Callable[[], None],
        *,
        at_once: bool = False,
        chat_sdk: str | os.PathLike[str] | None = None,
        allow_origins: Iterable[str] = (),
    ) -> None:
        is_open = is_reachable(listening)
        self._application = ServerApp(
            mock, at_once=at_once, chat_sdk=chat_sdk, allow_origins=allow_origins, is_open=is_open
        )
        self.frame_path = self._application.frames.path
        super().__init__(
            uvicorn.Config(
                self._application,
                lifespan="off",
                http=CuttingProtocol,
                ws=TwilsockProtocol,
                ws_max_size=MAX_FRAME,
                ws_per_message_deflate=False,  # on one machine, time costs more than bytes
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_keep_alive=KEEP_ALIVE,
            )
        )
        self._listening = listening
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = asyncio.Event()
        forks.in_child(self, MockServer._leave)
        self._started = started
        self._call_policy, self._port = mock.call_policy, port_of(listening)
        self._call_policy.start_listening(
            self._port, is_confined=is_open and mock.credentials.is_known
        )

    def _leave(self) -> None:
        """Let go of every connection in a child, or none would end with the parent."""
        streams = [each.transport for each in self.server_state.connections]
        sockets = [self._listening, *(each.get_extra_info("socket") for each in streams)]
        nothing = os.open(os.devnull, os.O_RDONLY)
        for each in sockets:
            if each is not None and each.fileno() >= 0:
                os.dup2(nothing, each.fileno(), inheritable=False)
        os.close(nothing)

    def serve_until_stopped(self) -> None:
        """Serve in this thread until a signal, or `stop()`, ends it."""
        try:
            self.run(sockets=[self._listening])
        finally:
            self._application.close()
            self._call_policy.stop_listening(self._port)
            self._listening.close()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop in order at a signal; the rest is left to the caller.

        Uvicorn would raise the signal again, which ends the process before the account is closed.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {each: signal.signal(each, self.handle_exit) for each in STOP_SIGNALS}
        try:
            yield
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)

    def stop(self) -> None:
        """Stop the server, from any thread."""
        self.should_exit = True
        if self._loop is not None:
            with suppress(RuntimeError):  # it has stopped
                self._loop.call_soon_threadsafe(self._stopping.set)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop at a signal as uvicorn does, but at once."""
        super().handle_exit(sig, frame)
        self.stop()

    async def main_loop(self) -> None:
        """Serve until the server is to stop, with what uvicorn does each second."""
        while not await self.on_tick(0):
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), 1)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start as uvicorn does, then call `started`."""
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)
        if self.started:
            self._started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop as uvicorn does, after ending every endless response, but with no pause."""
        self._application.stop()
        for server in self.servers:
            server.close()
        state = self.server_state
        for connection in list(state.connections):
            try:
                connection.shutdown()
            except InvalidState:  # it is closing already, which uvicorn overlooks
                connection.transport.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(GRACE):
                while (state.connections or state.tasks) and not self.force_exit:
                    await asyncio.sleep(0.005)
        for task in state.tasks:
            task.cancel()


class BackgroundServer:
    """Serves a mock from a thread of this process; a context manager.

    Attributes:
        url: Its address, e.g. `http://127.0.0.1:8787`.
        frame_path: Path below which frames of this process's notebook reach it: a secret.

    Raises:
        CannotListen: The port is in use, say.
        NoSuchCopy: A copy of the Chat SDK was named that does not exist.
        ValueError: One of the origins is none.
    """

    def __init__(
        self,
        mock: MockTwilio,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        chat_sdk: str | os.PathLike[str] | None = None,
        allow_origins: Iterable[str] = (),
    ) -> None:
        listening = listen(host, port)
        self.url = url_of(listening)
        answering = threading.Event()
        try:
            self._server = MockServer(
                mock, listening, answering.set, chat_sdk=chat_sdk, allow_origins=allow_origins
            )
        except (FileNotFoundError, ValueError):
            listening.close()
            raise
        self.frame_path = self._server.frame_path
        self._thread = threading.Thread(
            target=self._server.serve_until_stopped, name="mock-server", daemon=True
        )
        self._thread.start()
        if not answering.wait(START_TIMEOUT):
            raise RuntimeError(f"The mock's server did not start within {START_TIMEOUT} s")

    @property
    def is_running(self) -> bool:
        """State of the server: True while it answers, until `close()`."""
        return self._thread.is_alive() and not self._server.should_exit

    def close(self) -> None:
        """Stop the server; requests under way get `GRACE` seconds to end."""
        self._server.stop()
        self._thread.join(GRACE + 2)

    def __repr__(self) -> str:
        return f"<the mock at {self.url}>"

    def __enter__(self) -> BackgroundServer:
        return self

    def __exit__(self, *about: object) -> None:
        self.close()
