"""One WebSocket: frames in, in order; frames out, through a queue of limited size.

A client that sends data that is no frame, does not log in, or stops reading is dropped, without
effect on the others.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import Executor, Future
from typing import Any

from starlette.types import Receive, Scope, Send

from ...masking import log_exception
from ..core.context import Actor
from ..core.database import DatabaseClosed, DatabaseFailed
from ..core.errors import TwilioError
from .notices import FrameError, decode, is_acknowledgement
from .session import ClientSession, SessionParts

LOG_IN_SECONDS = 10
"""Time to log in, after which a client is dropped."""
QUEUE_BYTES = 8 * 1024 * 1024
"""Bytes that may wait for a client that reads slowly."""
CLOSE_SECONDS = 2
"""Time for a client to take part in closing, after which it is cut off."""
MAX_REASON = 123
"""Bytes of the reason of a WebSocket's close."""
CUT = "mock.cut"
"""The ASGI extension that cuts a connection off, where the server has it."""
LEFT = "mock.left"
"""The ASGI extension that returns whether the client has closed its connection, on any thread."""
BASE = "mock.base"
"""Extension: `url` is the address at which the client reaches this server, if `Host` is not."""
SEND = "mock.send"
"""The ASGI extension that sends without waiting, and returns whether it could."""

_log = logging.getLogger(__name__)


Message = bytes | str
"""A binary message, or a text."""
_Work = Coroutine[Any, Any, None]


class Connection:
    """One WebSocket from its acceptance to its end, and the messages that wait to go out."""

    def __init__(self, workers: Executor, scope: Scope) -> None:
        self._workers = workers
        extensions = scope.get("extensions", {})
        self._cut: Callable[[], None] = extensions.get(CUT, {}).get("now", lambda: None)
        self._send_now: Callable[[Message], bool] = extensions.get(SEND, {}).get(
            "now", lambda frame: False
        )
        self._loop = asyncio.get_running_loop()
        self._out: deque[Message] = deque()
        self._out_bytes = 0
        self._has_out = asyncio.Event()
        self._ended: asyncio.Future[tuple[int, str]] = self._loop.create_future()

    async def _serve(
        self, receive: Receive, send: Send, end: Callable[[], None], *work: _Work
    ) -> None:
        """Accept, do the work until either side ends it, and call `end` on a worker thread."""
        await receive()
        await send({"type": "websocket.accept"})
        tasks = [asyncio.create_task(each) for each in (self._write(send), *work)]
        try:
            code, reason = await self._ended
        finally:
            for task in tasks:
                task.cancel()
            self._workers.submit(end).add_done_callback(log_failure)
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                with contextlib.suppress(Exception):  # it may be closed already
                    await send({"type": "websocket.close", "code": code, "reason": reason})
        except TimeoutError:
            self._cut()

    async def _attempt(self, work: _Work) -> None:
        """Await a part of the work; its failure ends this connection only."""
        try:
            await work
        except FrameError as error:
            self._end(1008, str(error))
        except TwilioError as error:
            self._end(1008, f"{error.code} {error.message}")
        except DatabaseFailed:
            self._end(1013, "the database file cannot be used at present; try again later")
        except Exception:
            log_exception(_log, "a realtime connection failed")
            self._end(1011, "the mock failed; its log says why")

    def send(self, frame: Message) -> None:
        """Send a frame, or queue it; on the event loop only."""
        if not self._out_bytes and self._send_now(frame):
            return
        self._out_bytes += len(frame)
        if self._out_bytes > QUEUE_BYTES:
            self._end(1008, "the client does not read")
            return
        self._out.append(frame)
        self._has_out.set()

    def enqueue(self, frames: Sequence[Message]) -> None:
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
                    kind = "text" if isinstance(frame, str) else "bytes"
                    await send({"type": "websocket.send", kind: frame})
                    self._out_bytes -= len(frame)
                self._has_out.clear()
        except Exception:  # the client is gone, by any of the server's exceptions
            self._end(1006, "")

    def hang_up(self, code: int, reason: str) -> None:
        """End the connection, from any thread."""
        self._on_loop(self._end, code, reason)

    def _end(self, code: int, reason: str) -> None:
        if not self._ended.done():
            self._ended.set_result((code, reason.encode()[:MAX_REASON].decode(errors="ignore")))

    def _on_loop(self, call: Callable[..., None], *arguments: Any) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed, and the connection with it
            self._loop.call_soon_threadsafe(call, *arguments)


class ClientConnection(Connection):
    """A chat client's connection; the `actor` is None before a login."""

    def __init__(self, parts: SessionParts, workers: Executor, scope: Scope) -> None:
        super().__init__(workers, scope)
        host = dict(scope["headers"]).get(b"host", b"127.0.0.1").decode("latin-1")
        self._session = ClientSession(parts, self, base_of(scope, host))
        self.actor: Actor | None = None

    async def run(self, receive: Receive, send: Send) -> None:
        """Serve the client until either side ends it."""
        reading = self._attempt(self._read(receive))
        await self._serve(receive, send, self._session.end, reading, self._expect_log_in())

    async def _expect_log_in(self) -> None:
        await asyncio.sleep(LOG_IN_SECONDS)
        if self._session.actor is None:
            self._end(1008, f"no init within {LOG_IN_SECONDS} s")

    async def _read(self, receive: Receive) -> None:
        while (message := await receive())["type"] == "websocket.receive":
            data = message.get("bytes")
            if data is None:
                raise FrameError("a text message; Twilsock frames are binary")
            if not is_acknowledgement(data):
                await self._answer(data)
        self._end(1000, "")

    async def _answer(self, data: bytes) -> None:
        frame = decode(data)
        answer = await self._loop.run_in_executor(self._workers, self._session.answer, frame)
        self.actor = self._session.actor
        if answer is not None:
            self.send(answer)


def log_failure(done: Future[None]) -> None:
    """Log why a call of a worker thread failed."""
    error = done.exception()
    if error is not None and not isinstance(error, DatabaseClosed | DatabaseFailed):
        log_exception(_log, "the end of a realtime connection failed", error=error)


def base_of(scope: Scope, host: str) -> str:
    """Return the address at which a client reached this server, for links to follow over HTTP."""
    if (given := scope.get("extensions", {}).get(BASE)) is not None:
        return str(given["url"])
    return f"{'https' if scope.get('scheme') in ('https', 'wss') else 'http'}://{host}"
