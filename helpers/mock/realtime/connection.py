"""One WebSocket: frames in, in order; frames out, through a queue that never grows without end.

An ASGI application of its own. A client that sends what is no frame, says nothing, or stops
reading is dropped, and nobody else notices.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import Executor, Future
from typing import Any

from ..core.context import Actor
from ..core.database import DatabaseClosed
from .notices import FrameError, decode, is_acknowledgement
from .session import ClientSession, Parts

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

LOG_IN_SECONDS = 10
"""A client that has not logged in by then is dropped."""
QUEUE_BYTES = 8 * 1024 * 1024
"""Bytes that may wait for a client that reads slowly."""
CLOSE_SECONDS = 2
"""A client that does not take part in closing is cut off."""
CUT = "mock.cut"
"""The ASGI extension that cuts a connection off, where the server has it."""
SEND = "mock.send"
"""The ASGI extension that sends without waiting, and says whether it could."""

_log = logging.getLogger(__name__)


class ClientConnection:
    """A client's connection, from the handshake to its end."""

    def __init__(self, parts: Parts, workers: Executor, scope: Scope) -> None:
        self._workers = workers
        extensions = scope.get("extensions", {})
        self._cut: Callable[[], None] = extensions.get(CUT, {}).get("now", _nothing)
        self._send_now: Callable[[bytes], bool] = extensions.get(SEND, {}).get("now", _later)
        self._loop = asyncio.get_running_loop()
        self._out: deque[bytes] = deque()
        self._out_bytes = 0
        self._has_out = asyncio.Event()
        self._ended: asyncio.Future[tuple[int, str]] = self._loop.create_future()
        self._session = ClientSession(parts, self, _base(scope), self.hang_up)
        self.service_sid = self.identity = ""

    @property
    def actor(self) -> Actor:
        """Whose connection it is; only asked for once it has logged in."""
        actor = self._session.actor
        assert actor is not None
        return actor

    async def run(self, receive: Receive, send: Send) -> None:
        """Serve the client until either side ends it."""
        await receive()
        await send({"type": "websocket.accept"})
        tasks = [
            asyncio.create_task(self._read(receive)),
            asyncio.create_task(self._write(send)),
            asyncio.create_task(self._expect_log_in()),
        ]
        try:
            code, reason = await self._ended
        finally:
            for task in tasks:
                task.cancel()
            self._workers.submit(self._session.end).add_done_callback(_report)
        await self._close(send, code, reason)

    async def _close(self, send: Send, code: int, reason: str) -> None:
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                with contextlib.suppress(Exception):  # it may be closed already
                    await send({"type": "websocket.close", "code": code, "reason": reason})
        except TimeoutError:
            self._cut()

    async def _expect_log_in(self) -> None:
        await asyncio.sleep(LOG_IN_SECONDS)
        if self._session.actor is None:
            self._end(1008, f"no init within {LOG_IN_SECONDS} s")

    # -- in

    async def _read(self, receive: Receive) -> None:
        try:
            while (message := await receive())["type"] == "websocket.receive":
                await self._take(message.get("bytes"))
            self._end(1000, "")
        except FrameError as error:
            self._end(1008, str(error)[:120])
        except Exception:  # a fault of the mock ends this connection only
            _log.exception("a realtime connection failed")
            self._end(1011, "the mock failed; its log says why")

    async def _take(self, data: bytes | None) -> None:
        if data is None:
            raise FrameError("a text message; Twilsock frames are binary")
        if is_acknowledgement(data):
            return
        frame = decode(data)
        answer = await self._loop.run_in_executor(self._workers, self._session.take, frame)
        if not self.identity and self._session.actor is not None:
            self.service_sid = self._session.actor.service_sid or ""
            self.identity = self._session.actor.identity or ""
        if answer is not None:
            self.send(answer)

    # -- out

    def send(self, frame: bytes) -> None:
        """Send a frame, or queue it; on the event loop only."""
        if not self._out_bytes and self._send_now(frame):
            return
        self._out_bytes += len(frame)
        if self._out_bytes > QUEUE_BYTES:
            self._end(1008, "the client does not read")
            return
        self._out.append(frame)
        self._has_out.set()

    def pass_on(self, frames: list[bytes]) -> None:
        """Queue frames, from any thread."""
        self._on_loop(self._send_all, frames)

    def _send_all(self, frames: list[bytes]) -> None:
        for frame in frames:
            self.send(frame)

    async def _write(self, send: Send) -> None:
        try:
            while True:
                await self._has_out.wait()
                while self._out:
                    frame = self._out.popleft()
                    await send({"type": "websocket.send", "bytes": frame})
                    self._out_bytes -= len(frame)
                self._has_out.clear()
        except Exception:  # the client is gone, by any of the server's exceptions
            self._end(1006, "")

    # -- the end

    def hang_up(self, code: int, reason: str) -> None:
        """End the connection, from any thread."""
        self._on_loop(self._end, code, reason)

    def _end(self, code: int, reason: str) -> None:
        if not self._ended.done():
            self._ended.set_result((code, reason))

    def _on_loop(self, what: Callable[..., None], *arguments: Any) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed, and the connection with it
            self._loop.call_soon_threadsafe(what, *arguments)


def _report(done: Future[None]) -> None:
    error = done.exception()
    if error is not None and not isinstance(error, DatabaseClosed):
        _log.error("the end of a realtime connection failed", exc_info=error)


def _nothing() -> None:
    """Without the extension, closing has to do."""


def _later(frame: bytes) -> bool:
    return False


def _base(scope: Scope) -> str:
    """Where the client reached this server, for links it shall follow over HTTP."""
    host = dict(scope["headers"]).get(b"host", b"127.0.0.1").decode("latin-1")
    return f"{'https' if scope.get('scheme') == 'wss' else 'http'}://{host}"
