"""What a browser with the Chat SDK in it says, and what it is asked to do. No widget in here.

A notebook may be open in several browsers, and each would log in by itself. The newest is the one
that is listened to and that gets the commands, or a message would be sent as often as there are
windows.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from ..chat.emitter import Emitter

KEPT = 1000
"""Events remembered; older ones are dropped."""
Tell = Callable[[dict[str, Any]], None]


@dataclass(frozen=True, slots=True)
class SdkEvent:
    """One event of the SDK.

    Attributes:
        name: As the SDK names it, e.g. `messageAdded`.
        data: What it was told with, under JavaScript's names: `data["author"]`.
    """

    name: str
    data: dict[str, Any] = field(repr=False)


class SdkModel(Emitter):
    """Keeps what the browser says, and tells it what to do once there is one.

    Args:
        tell: Sends the browsers a message.
        log_in: What a browser needs to log in; a secret is in it, so it is told and never kept
            where a notebook would save it.
    """

    def __init__(self, tell: Tell, log_in: dict[str, Any]) -> None:
        super().__init__()
        self.state = "no browser yet"
        self.problem: str | None = None
        self.log_in = log_in
        self._tell = tell
        self._browser: str | None = None
        self._is_open = False
        self._heard: deque[SdkEvent] = deque(maxlen=KEPT)
        self._waiting: deque[dict[str, Any]] = deque()
        self._state_lock = threading.RLock()
        self._takes: dict[str, Callable[[dict[str, Any]], None]] = {
            "opened": lambda _: self._opened(),
            "event": lambda said: self._happened(str(said["name"]), dict(said["data"])),
            "problem": lambda said: self._suffer(str(said["text"])),
        }

    @property
    def events(self) -> list[SdkEvent]:
        """What the SDK has told, oldest first."""
        with self._state_lock:
            return list(self._heard)

    def take(self, said: dict[str, Any]) -> None:
        """What a browser says; of an older one only that it is there."""
        if said["type"] == "hello":
            self._welcome(str(said["browser"]))
        elif said["browser"] == self._browser:
            self._takes[said["type"]](said)

    def order(self, command: str, *arguments: Any) -> None:
        """Have the browser call the SDK; as soon as there is one, and a chat in it."""
        with self._state_lock:
            self._waiting.append({"type": "command", "name": command, "arguments": arguments})
        self._flush()

    def _welcome(self, browser: str) -> None:
        with self._state_lock:
            self._browser, self._is_open = browser, False
        self._suffer(None)
        self._tell({"type": "start", "to": browser, **self.log_in})

    def _opened(self) -> None:
        with self._state_lock:
            self._is_open = True
        self._suffer(None)
        self._flush()

    def _flush(self) -> None:
        with self._state_lock:
            orders: Iterable[dict[str, Any]] = tuple(self._waiting) if self._is_open else ()
            if self._is_open:
                self._waiting.clear()
        for order in orders:
            self._tell({**order, "to": self._browser})

    def _happened(self, name: str, data: dict[str, Any]) -> None:
        with self._state_lock:
            self._heard.append(SdkEvent(name, data))
            if name == "connectionStateChanged":
                self.state = str(data["state"])
        self.emit(name, data)

    def _suffer(self, problem: str | None) -> None:
        self.problem = problem
