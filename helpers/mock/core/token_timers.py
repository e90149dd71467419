"""Timers of an access token: shortly before it expires, and when it does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from .clock import Timer

LEAD = 180
"""Seconds between the announcement and the end of a token (inferred: Twilio's shortest life)."""


class TimerClock(Protocol):
    """A clock that timers run on: a mock's own, or that of a mock elsewhere."""

    def now(self) -> float:
        """Epoch seconds."""

    def call_at(self, due: float, call: Callable[[], None]) -> Timer:
        """Run `call` at `due`."""


class TokenTimers:
    """Calls when a token is about to expire, with the seconds left, and when it has expired."""

    def __init__(
        self,
        clock: TimerClock,
        about_to_expire: Callable[[float], None],
        expired: Callable[[], None],
    ) -> None:
        self._clock = clock
        self._about_to_expire = about_to_expire
        self._expired = expired
        self._timers: list[Timer] = []

    def start(self, expires: float) -> None:
        """Set the timers for a token that expires then, in place of any other.

        The expiry of one with less than twice the lead to live is announced half-way.
        """
        self.stop()
        lead = min(LEAD, (expires - self._clock.now()) / 2)
        self._timers = [
            self._clock.call_at(expires - lead, lambda: self._about_to_expire(lead)),
            self._clock.call_at(expires, self._expired),
        ]

    def stop(self) -> None:
        """Cancel both timers."""
        for timer in self._timers:
            timer.cancel()
        self._timers = []
