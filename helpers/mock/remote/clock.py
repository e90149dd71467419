"""The clock of a mock elsewhere."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from ..core.clock import Timer
from .control_client import ControlClient, ControlRefused, MockUnreachable, moment


class RemoteClock:
    """The clock of a mock elsewhere, with the methods of `Clock` that a notebook has use for.

    `now()` is asked for once a second at most; between, the time that went by here is added.
    """

    def __init__(self, control: ControlClient) -> None:
        self._control = control
        self._asked: tuple[float, float, bool] | None = None

    def now(self) -> float:
        """Epoch seconds, UTC."""
        asked = self._asked  # once: another thread may forget it
        if asked is None or time.monotonic() - asked[0] > 1:
            asked = self._take(self._control.call("GET", "/clock"))
        at, now, is_frozen = asked
        return now if is_frozen else now + time.monotonic() - at

    @property
    def is_frozen(self) -> bool:
        """Whether it stands still."""
        return bool(self._control.call("GET", "/clock")["is_frozen"])

    def freeze(self, at: datetime | float | None = None) -> None:
        """Stop the clock, at a moment given as aware datetime or epoch seconds, or right now."""
        self._set(freeze=True if at is None else moment(at))

    def unfreeze(self) -> None:
        """Let the clock run on from where it stands."""
        self._set(unfreeze=True)

    def advance(self, seconds: float) -> None:
        """Move forward, running every timer that falls due on the way.

        Raises:
            ValueError: `seconds` is negative.
        """
        self._set(advance=seconds)

    def reset(self) -> None:
        """Real time again."""
        self._set(reset=True)

    def call_at(self, due: float, call: Callable[[], None]) -> Timer:
        """Run `call` when the clock reaches `due` (epoch seconds), on a thread of this process.

        The other clock is looked at once a second, so that an advance of it is noticed.
        """
        timer = Timer(due, call, lambda: None)
        threading.Thread(target=self._wait, args=(timer,), name="remote-clock", daemon=True).start()
        return timer

    def call_later(self, seconds: float, call: Callable[[], None]) -> Timer:
        """Run `call` in so many seconds of the other clock."""
        return self.call_at(self.now() + seconds, call)

    def _wait(self, timer: Timer) -> None:
        while timer.is_waiting:
            try:
                left = timer.due - self.now()
            except (MockUnreachable, ControlRefused):
                left = 1.0  # the server may come back
            if left <= 0:
                timer.fire()
            else:
                time.sleep(min(left, 1))

    def forget(self) -> None:
        """Ask anew what time it is: something else has moved the clock."""
        self._asked = None

    def _set(self, **change: Any) -> None:
        self._take(self._control.call("POST", "/clock", change))

    def _take(self, said: dict[str, Any]) -> tuple[float, float, bool]:
        self._asked = asked = (time.monotonic(), said["now"], said["is_frozen"])
        return asked

    def __repr__(self) -> str:
        return f"<the clock of {self._control.base}>"
