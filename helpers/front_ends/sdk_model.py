"""Model of a browser with the Chat SDK in it: its events, and the commands for it. No widget.

A notebook may be open in several browsers, and each would log in by itself. Only the newest is
listened to and gets commands, or a message would be sent once for each window.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ..chat.emitter import Emitter
from ..lazy import renamed

KEPT = 1000
"""Events kept; older ones are dropped."""


ANY = "*"
"""Emitted with the `SdkEvent` after every event."""


@dataclass(frozen=True, slots=True)
class SdkEvent:
    """An event of the SDK, e.g. `messageAdded`; `data["author"]` is under JavaScript's name."""

    name: str
    data: dict[str, Any] = field(repr=False)


class SdkModel(Emitter):
    """Keeps the browser's events, and sends it commands once there is one.

    `log_in` is the data a browser needs to log in; it holds a secret, so it is sent and never kept
    where a notebook would save it.
    """

    def __init__(self, send: Callable[[dict[str, Any]], None], log_in: dict[str, Any]) -> None:
        super().__init__()
        self.state = "no browser yet"
        self.problem: str | None = None
        self.log_in = log_in
        self._send = send
        self._browser: str | None = None
        self._is_open = False
        self._received: deque[SdkEvent] = deque(maxlen=KEPT)
        self._waiting: list[dict[str, Any]] = []
        self._state_lock = threading.RLock()

    @property
    def events(self) -> list[SdkEvent]:
        """Events of the SDK, oldest first."""
        with self._state_lock:
            return list(self._received)

    take = renamed("handle")

    def handle(self, message: dict[str, Any]) -> None:
        """Handle a message of a browser; of an older one only that it is there."""
        if message["type"] == "hello":
            with self._state_lock:
                self._browser, self._is_open = str(message["browser"]), False
            self.problem = None
            self._send({"type": "start", "to": self._browser, **self.log_in})
        elif message["browser"] == self._browser:
            match message["type"]:
                case "opened":
                    self._is_open, self.problem = True, None
                    self._flush()
                case "event":
                    event = SdkEvent(str(message["name"]), dict(message["data"]))
                    with self._state_lock:
                        self._received.append(event)
                        if event.name == "connectionStateChanged":
                            self.state = str(event.data["state"])
                    self.emit(event.name, event.data)
                    self.emit(ANY, event)
                case "problem":
                    self.problem = str(message["text"])
                case other:
                    raise KeyError(other)

    def order(self, command: str, *arguments: Any) -> None:
        """Make the browser call the SDK, as soon as there is one and a chat in it."""
        with self._state_lock:
            self._waiting.append({"type": "command", "name": command, "arguments": arguments})
        self._flush()

    def _flush(self) -> None:
        with self._state_lock:
            if not self._is_open:
                return
            orders, self._waiting = self._waiting, []
        for order in orders:
            self._send({**order, "to": self._browser})
