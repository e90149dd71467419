"""The clock of a mock that runs as a server."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from ..core.clock import Timer
from .control_client import ControlClient, ControlRefused, MockUnreachable, moment


class RemoteClock:
    """The server's clock, with the methods of `Clock` that a notebook needs.

    It is read once a second at most; in between, the time elapsed here is added.
    """

    def __init__(self, control: ControlClient) -> None:
        self._control = control
        self._reading: tuple[float, float, bool] | None = None

    def now(self) -> float:
        """Epoch seconds, UTC."""
        reading = self._reading  # read once: another thread may forget it
        if reading is None or time.monotonic() - reading[0] > 1:
            reading = self._keep(self._control.call("GET", "/clock"))
        at, now, is_frozen = reading
        return now if is_frozen else now + time.monotonic() - at

    @property
    def is_frozen(self) -> bool:
        """True while the clock is frozen."""
        return bool(self._control.call("GET", "/clock")["is_frozen"])

    def freeze(self, at: datetime | float | None = None) -> None:
        """Stop the clock, at a moment given as aware datetime or epoch seconds, or right now."""
        self._set(freeze=True if at is None else moment(at))

    def unfreeze(self) -> None:
        """Let the clock run on from its present time."""
        self._set(unfreeze=True)

    def advance(self, seconds: float) -> None:
        """Move forward, running every timer that falls due on the way.

        Raises:
            ValueError: `seconds` is negative.
        """
        self._set(advance=seconds)

    def reset(self) -> None:
        """Return to real time."""
        self._set(reset=True)

    def call_at(self, due: float, call: Callable[[], None]) -> Timer:
        """Run `call` when the clock reaches `due` (epoch seconds), on a thread of this process.

        The server's clock is read once a second, so that an advance of it is noticed.
        """
        timer = Timer(due, call, lambda: None)

        def wait() -> None:
            while timer.is_waiting:
                try:
                    left = due - self.now()
                except (MockUnreachable, ControlRefused):
                    left = 1.0  # the server may come back
                if left <= 0:
                    timer.fire()
                else:
                    time.sleep(min(left, 1))

        threading.Thread(target=wait, name="remote-clock", daemon=True).start()
        return timer

    def call_later(self, seconds: float, call: Callable[[], None]) -> Timer:
        """Run `call` after `seconds` of the server's clock."""
        return self.call_at(self.now() + seconds, call)

    def forget(self) -> None:
        """Drop the last reading, as something else has moved the clock."""
        self._reading = None

    def _set(self, **change: Any) -> None:
        self._keep(self._control.call("POST", "/clock", change))

    def _keep(self, answer: dict[str, Any]) -> tuple[float, float, bool]:
        self._reading = reading = (time.monotonic(), answer["now"], answer["is_frozen"])
        return reading

    def __repr__(self) -> str:
        return f"<the clock of {self._control.base}>"
