"""One WebSocket: frames in, in order; frames out, through a queue of limited size.

A client that sends data that is no frame, does not log in, or stops reading is dropped, without
effect on the others.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any

from starlette.types import Receive, Scope, Send

from ...masking import log_exception
from ..core.context import Actor
from ..core.database import DatabaseClosed, DatabaseFailed
from .notices import FrameError, decode, is_acknowledgement
from .session import ClientSession, SessionParts

LOG_IN_SECONDS = 10
"""Time to log in, after which a client is dropped."""
QUEUE_BYTES = 8 * 1024 * 1024
"""Bytes that may wait for a client that reads slowly."""
CLOSE_SECONDS = 2
"""Time for a client to take part in closing, after which it is cut off."""
CUT = "mock.cut"
"""The ASGI extension that cuts a connection off, where the server has it."""
LEFT = "mock.left"
"""The ASGI extension that returns whether the client has closed its connection, on any thread."""
SEND = "mock.send"
"""The ASGI extension that sends without waiting, and returns whether it could."""

_log = logging.getLogger(__name__)


class ClientConnection:
    """A client's connection, from the handshake to its end; the `actor` is None before a login."""

    def __init__(self, parts: SessionParts, workers: Executor, scope: Scope) -> None:
        self._workers = workers
        extensions = scope.get("extensions", {})
        self._cut: Callable[[], None] = extensions.get(CUT, {}).get("now", lambda: None)
        self._send_now: Callable[[bytes], bool] = extensions.get(SEND, {}).get(
            "now", lambda frame: False
        )
        self._loop = asyncio.get_running_loop()
        self._out: deque[bytes] = deque()
        self._out_bytes = 0
        self._has_out = asyncio.Event()
        self._ended: asyncio.Future[tuple[int, str]] = self._loop.create_future()
        # the address at which the client reached this server, for links to follow over HTTP
        host = dict(scope["headers"]).get(b"host", b"127.0.0.1").decode("latin-1")
        base = f"{'https' if scope.get('scheme') == 'wss' else 'http'}://{host}"
        self._session = ClientSession(parts, self, base)
        self.actor: Actor | None = None

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
            self._workers.submit(self._session.end).add_done_callback(_log_failure)
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

    async def _read(self, receive: Receive) -> None:
        try:
            while (message := await receive())["type"] == "websocket.receive":
                data = message.get("bytes")
                if data is None:
                    raise FrameError("a text message; Twilsock frames are binary")  # noqa: TRY301
                if not is_acknowledgement(data):
                    await self._answer(data)
            self._end(1000, "")
        except FrameError as error:
            self._end(1008, str(error)[:120])
        except DatabaseFailed:
            self._end(1013, "the database file cannot be used at present; try again later")
        except Exception:  # a fault of the mock ends this connection only
            log_exception(_log, "a realtime connection failed")
            self._end(1011, "the mock failed; its log says why")

    async def _answer(self, data: bytes) -> None:
        frame = decode(data)
        answer = await self._loop.run_in_executor(self._workers, self._session.answer, frame)
        self.actor = self._session.actor
        if answer is not None:
            self.send(answer)

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

    def enqueue(self, frames: list[bytes]) -> None:
        """Send frames in this order, from any thread."""

        def send() -> None:
            for frame in frames:
                self.send(frame)

        self._on_loop(send)

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

    def hang_up(self, code: int, reason: str) -> None:
        """End the connection, from any thread."""
        self._on_loop(self._end, code, reason)

    def _end(self, code: int, reason: str) -> None:
        if not self._ended.done():
            self._ended.set_result((code, reason))

    def _on_loop(self, call: Callable[..., None], *arguments: Any) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed, and the connection with it
            self._loop.call_soon_threadsafe(call, *arguments)


def _log_failure(done: Future[None]) -> None:
    error = done.exception()
    if error is not None and not isinstance(error, DatabaseClosed | DatabaseFailed):
        log_exception(_log, "the end of a realtime connection failed", error=error)
