"""What a connection's access token has ahead of it, on the mock's clock."""

from __future__ import annotations

from collections.abc import Callable

from .clock import Clock, Timer

LEAD = 180
"""Seconds before a token's end at which its client is told (inferred: Twilio's shortest life)."""


class TokenTimers:
    """Calls when a token is about to expire, and when it has."""

    def __init__(
        self, clock: Clock, about_to_expire: Callable[[], None], expired: Callable[[], None]
    ) -> None:
        self._clock = clock
        self._about_to_expire = about_to_expire
        self._expired = expired
        self._timers: list[Timer] = []

    def start(self, expires: float) -> None:
        """Follow a token that ends then, and forget any other.

        One with less than twice the lead to live is announced half-way.
        """
        self.stop()
        left = expires - self._clock.now()
        self._timers = [
            self._clock.call_at(expires - min(LEAD, left / 2), self._about_to_expire),
            self._clock.call_at(expires, self._expired),
        ]

    def stop(self) -> None:
        """Call no more."""
        for timer in self._timers:
            timer.cancel()
        self._timers = []
