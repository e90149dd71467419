"""Clock of the mock: real time plus an offset that can be advanced, or frozen at a moment.

Expiring tokens, time-outs and ages all follow this clock, so that an hour passes in a notebook
without a wait.
"""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
import time
import weakref
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache, partial
from math import floor

from ...interrupts import Uninterrupted, interruptibly
from . import forks
from .database import LATEST, log_failure

_log = logging.getLogger(__name__)
Setting = tuple[float, float | None]
Moment = datetime | float | str
"""A time as aware datetime, epoch seconds, or ISO 8601 such as `2026-06-01T09:00:00Z`."""


class Timer:
    """A call that the clock makes once; `cancel()` prevents it."""

    def __init__(self, due: float, call: Callable[[], None], cancelled: Callable[[], None]) -> None:
        self.due = due
        self._call: Callable[[], None] | None = call
        self._cancelled = cancelled

    @property
    def is_waiting(self) -> bool:
        """True until it has run or been cancelled."""
        return self._call is not None

    def cancel(self) -> None:
        """Drop the call. Cancelling twice, or after it ran, does nothing."""
        if self._call is not None:
            self._call = None
            self._cancelled()

    def fire(self) -> None:
        """Run the call, once; an exception is logged, so that later timers still run."""
        call, self._call = self._call, None
        try:
            if call is not None:
                call()
        except Exception:
            log_failure(_log, "a timer of the mock failed")


class Clock:
    """Epoch seconds that can be frozen and advanced, and timers that follow them."""

    def __init__(self) -> None:
        self._offset = 0.0
        self._frozen_at: float | None = None
        self._moves = 0
        self._timers: list[tuple[float, int, Timer]] = []
        self._cancelled = 0
        self._order = itertools.count()
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        self._thread: threading.Thread | None = None
        self._on_change: Callable[[], None] = lambda: None
        self._ending = weakref.finalize(self, _notify, self._changed)
        self._ending.atexit = False
        forks.in_child(self, Clock._leave)

    def _leave(self) -> None:
        """Leave the timers to the parent, in a child that was forked."""
        self._ending.detach()
        forks.refuse(self, "_lock")

    @property
    def setting(self) -> Setting:
        """Offset from real time, and the moment it is frozen at, to be set again later."""
        with self._lock:
            return self._offset, self._frozen_at

    @setting.setter
    def setting(self, setting: Setting) -> None:
        with Uninterrupted(), self._lock:
            self._offset, self._frozen_at = setting
            self._wake()
        self._on_change()

    def when_set(self, listener: Callable[[], None]) -> None:
        """Call `listener` after each change of the setting, on the thread that changed it."""
        self._on_change = listener

    def now(self) -> float:
        """Epoch seconds, UTC."""
        return time.time() + self._offset if self._frozen_at is None else self._frozen_at

    @property
    def is_frozen(self) -> bool:
        """True while the clock is frozen."""
        return self._frozen_at is not None

    @property
    def next_due(self) -> float | None:
        """Time at which the next timer falls due (epoch seconds); None where none is set."""
        with self._lock:
            self._drop_cancelled()
            return self._timers[0][0] if self._timers else None

    def freeze(
        self, at: Moment | None = None, *, after_each: Callable[[], None] | None = None
    ) -> None:
        """Stop the clock, at a moment or right now.

        Timers that fall due by moving forward run at once, with a call of `after_each` after each,
        as `advance` does.

        Raises:
            ValueError: The moment has no time zone, or is before 1970 or after 9999.
        """
        moment = self.now() if at is None else epoch(at)
        with self._lock:
            self._drop_cancelled()
            is_before = not self._timers or moment < self._timers[0][0]
            if is_before and self._frozen_at is not None and self._frozen_at <= moment:
                self._frozen_at = moment
            else:
                is_before, self._frozen_at = False, min(self.now(), moment)
        self._on_change() if is_before else self._move_to(moment, after_each)

    def unfreeze(self) -> None:
        """Let the clock run on from its present time."""
        with Uninterrupted(), self._lock:
            self._offset, self._frozen_at = self.now() - time.time(), None
            self._wake()
        self._on_change()

    def advance(self, seconds: float, *, after_each: Callable[[], None] | None = None) -> None:
        """Move forward, running every timer that falls due on the way, each at its own moment.

        Args:
            seconds: Seconds to move by.
            after_each: A call after each timer, such as one that waits for what follows from it:
                flows go on by themselves, those of the same moment in any order.

        Raises:
            ValueError: `seconds` is negative, as a clock cannot undo events; or goes beyond 9999.
        """
        if seconds < 0:
            raise ValueError("the clock only moves forward; use snapshot() to go back")
        self._move_to(_possible(self.now() + seconds), after_each)

    def reset(self) -> None:
        """Return to real time, without timers."""
        self.forget_timers()
        self.to_real_time()

    def forget_timers(self) -> None:
        """Drop all timers."""
        with Uninterrupted(), self._lock:
            self._timers.clear()
            self._cancelled = 0
            self._changed.notify()

    def to_real_time(self) -> None:
        """Return to real time and keep timers: those that are due by it run at once."""
        self.setting = 0.0, None

    def call_at(self, due: float, call: Callable[[], None]) -> Timer:
        """Run `call` when the clock reaches `due` (epoch seconds), on any thread."""
        timer = Timer(due, call, self._forget_cancelled)
        with Uninterrupted(), self._lock:
            heapq.heappush(self._timers, (due, next(self._order), timer))
            self._wake()
        return timer

    def call_later(self, seconds: float, call: Callable[[], None]) -> Timer:
        """Run `call` after `seconds` of this clock."""
        return self.call_at(self.now() + seconds, call)

    def _move_to(self, moment: float, after_each: Callable[[], None] | None) -> None:
        with Uninterrupted():
            with self._lock:
                self._moves += 1  # timers run on this thread, in order, not on the clock's
            try:
                self._run_until(moment, after_each)
            finally:
                with self._lock:
                    self._moves -= 1
                    self._wake()

    def _run_until(self, moment: float, after_each: Callable[[], None] | None) -> None:
        while True:
            with self._lock:
                timer = self._pop_due(moment)
                now = max(self.now(), moment if timer is None else timer.due)
                if self._frozen_at is None:
                    self._offset = now - time.time()
                    self._wake()
                else:
                    self._frozen_at = now
            self._on_change()
            if timer is None:
                return
            interruptibly(timer.fire)
            if after_each is not None:
                interruptibly(after_each)

    def _wake(self) -> None:
        """Wake the thread, or start it; a frozen clock needs it only for a timer that is due."""
        if not self._timers or self._moves:
            return
        if self._frozen_at is None or self._timers[0][0] <= self._frozen_at:
            if self._thread is None or not self._thread.is_alive():
                watch = partial(_watch, weakref.ref(self), self._changed)
                self._thread = threading.Thread(target=watch, name="mock-clock", daemon=True)
                self._thread.start()
            self._changed.notify()

    def _forget_cancelled(self) -> None:
        """Remove cancelled timers once they are most of those kept."""
        with Uninterrupted(), self._lock:
            self._cancelled += 1
            if self._cancelled * 2 > len(self._timers):
                self._timers = [entry for entry in self._timers if entry[2].is_waiting]
                heapq.heapify(self._timers)
                self._cancelled = 0
                self._changed.notify()

    def _drop_cancelled(self) -> None:
        """Make the first timer one that waits."""
        while self._timers and not self._timers[0][2].is_waiting:
            heapq.heappop(self._timers)
            self._cancelled -= 1

    def _pop_due(self, moment: float) -> Timer | None:
        self._drop_cancelled()
        if self._timers and self._timers[0][0] <= moment:
            return heapq.heappop(self._timers)[2]
        return None

    def _next(self) -> Timer | float | None:
        """The timer that is due, else seconds until one is; None to end the thread."""
        now = self.now()
        if not self._moves and (timer := self._pop_due(now)) is not None:
            return timer
        if not self._timers or self._frozen_at is not None:
            self._thread = None
            return None
        return threading.TIMEOUT_MAX if self._moves else self._timers[0][0] - now


def _watch(watched: weakref.ref[Clock], changed: threading.Condition) -> None:
    """Fire timers as they fall due in real time, for as long as the clock exists."""
    while True:
        with changed:
            clock = watched()
            found = None if clock is None else clock._next()
            del clock
            if found is None:
                return
            if not isinstance(found, Timer):
                changed.wait(min(found, threading.TIMEOUT_MAX))
                continue
        found.fire()
        del found


def _notify(changed: threading.Condition) -> None:
    """Wake the thread of a clock that no longer exists, so that it ends."""
    with Uninterrupted(), changed:
        changed.notify_all()


@lru_cache(maxsize=4096)
def iso_second(second: int) -> str:
    """ISO 8601 of whole epoch seconds."""
    return f"{(datetime(1970, 1, 1) + timedelta(seconds=second)).isoformat()}Z"


def iso(moment: float | None) -> str | None:
    """ISO 8601 with a Z and whole seconds, as Twilio's REST API writes dates."""
    return None if moment is None else iso_second(floor(moment))


def iso_milliseconds(moment: float) -> str:
    """ISO 8601 with a Z and milliseconds, as Chat's webhooks write dates (observed)."""
    second, millisecond = divmod(floor(moment * 1000 + 0.001), 1000)  # .986 may be stored as .98599
    return f"{iso_second(second)[:-1]}.{millisecond:03d}Z"


def epoch(moment: Moment) -> float:
    """Epoch seconds of a moment.

    Raises:
        ValueError: It is no ISO 8601, has no time zone, or is before 1970 or after 9999.
    """
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
        if moment.tzinfo is None:
            raise ValueError("give a time zone, e.g. 2026-06-01T09:00:00Z")
    if isinstance(moment, datetime):
        if moment.tzinfo is None:
            raise ValueError("give an aware datetime, e.g. datetime(2026, 1, 5, 9, tzinfo=UTC)")
        return _possible(moment.timestamp())
    return _possible(float(moment))


def _possible(moment: float) -> float:
    if not 0 <= moment < LATEST:  # false for NaN too
        raise ValueError(f"the clock goes from 1970 to 9999, in epoch seconds; not to {moment}")
    return moment
