"""Runs the server: in this process's main thread, or in one of its own."""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

import uvicorn
from websockets.exceptions import InvalidState

from ...interrupts import orderly
from .. import MockTwilio
from ..core import forks
from ..core.bounds import MAX_FRAME
from .app import ServerApp
from .protocols import KEEP_ALIVE, CuttingProtocol, PromptProtocol, TwilsockProtocol

GRACE = 3
"""Seconds for requests under way to end when the server stops."""
BACKLOG = 2048
"""Connections that may wait to be accepted."""
MOST_WAITING = 500
"""Rows that may wait to be written where all requests wait for that: some 2 ms."""
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
        if at_once:
            mock.let_wait(MOST_WAITING)
        is_open = is_reachable(listening)
        self._application = ServerApp(
            mock, at_once=at_once, chat_sdk=chat_sdk, allow_origins=allow_origins, is_open=is_open
        )
        self.frame_path = self._application.frames.path
        super().__init__(
            uvicorn.Config(
                self._application,
                lifespan="off",
                http=PromptProtocol if at_once else CuttingProtocol,
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

    @orderly
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
