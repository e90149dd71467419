"""How long a token has left, told in time to fetch the next one."""

from __future__ import annotations

from collections.abc import Callable

from ..mock import Clock
from ..mock.core.clock import Timer
from ..mock.remote import RemoteClock

WARNING_SECONDS = 180
"""How long before its end a token is said to be about to expire (inferred from Twilio's minimum
lifetime; a token with less than twice that left is told at half of what it has)."""


class TokenLifetime:
    """Follows one token at a time on the account's clock."""

    def __init__(
        self,
        clock: Clock | RemoteClock,
        about_to_expire: Callable[[float], None],
        expired: Callable[[], None],
    ) -> None:
        self._clock = clock
        self._about_to_expire = about_to_expire
        self._expired = expired
        self._timers: list[Timer] = []

    def follow(self, expires: int) -> None:
        """Follow a token that ends at `expires` (epoch seconds), instead of the one before."""
        self.stop()
        left = expires - self._clock.now()
        warning = min(WARNING_SECONDS, left / 2)
        self._timers = [
            self._clock.call_at(expires - warning, lambda: self._about_to_expire(warning)),
            self._clock.call_at(expires, self._expired),
        ]

    def stop(self) -> None:
        """Follow no token."""
        for timer in self._timers:
            timer.cancel()
        self._timers = []
