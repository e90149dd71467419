"""Timers for the expiry of an access token, on the mock's clock."""

from __future__ import annotations

from collections.abc import Callable

from .clock import Clock, Timer

LEAD = 180
"""Seconds before a token's expiry at which it is announced (inferred: Twilio's shortest life)."""


class TokenTimers:
    """Calls one function shortly before a token expires, and one when it has."""

    def __init__(
        self, clock: Clock, about_to_expire: Callable[[], None], expired: Callable[[], None]
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
        left = expires - self._clock.now()
        self._timers = [
            self._clock.call_at(expires - min(LEAD, left / 2), self._about_to_expire),
            self._clock.call_at(expires, self._expired),
        ]

    def stop(self) -> None:
        """Cancel both timers."""
        for timer in self._timers:
            timer.cancel()
        self._timers = []
