"""A connection of the server without a network."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from typing import Any

import uvicorn
from uvicorn.server import ServerState


class Wire:
    """Bytes in, and those of each write out; the transport of its own protocol."""

    def __init__(
        self, kind: Callable[..., Any], config: uvicorn.Config, loop: asyncio.AbstractEventLoop
    ) -> None:
        self.written: list[bytes] = []
        self._loop = loop
        self._is_closing = False
        self.protocol = kind(config, ServerState(), {}, loop)
        self.protocol.connection_made(self)
        self.receive = self.protocol.data_received

    def get_extra_info(self, name: str) -> Any:
        return ("127.0.0.1", 50000) if name == "peername" else None

    def is_closing(self) -> bool:
        return self._is_closing

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def close(self) -> None:
        self._is_closing = True

    def pause_reading(self) -> None:
        pass

    resume_reading, abort = pause_reading, close

    def pause(self, seconds: float = 0.01) -> None:
        """Let the server do what it would do by itself."""
        self._loop.run_until_complete(asyncio.sleep(seconds))

    def answers(self, count: int) -> list[bytes]:
        """Wait for so many answers, and return them."""
        until = time.monotonic() + 30
        while True:
            found = re.split(rb"(?=HTTP/1\.1 )", b"".join(self.written))[1:]
            cycle = self.protocol.cycle
            if len(found) == count and (cycle is None or cycle.response_complete):
                return found
            assert time.monotonic() < until, found
            self.pause()
