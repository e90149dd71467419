"""Timers of an access token: each is called once, at its time, and never for a token replaced."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from helpers import Account
from helpers.mock import TokenTimers
from helpers.mock.core.token_timers import LEAD

HOUR = 3600


class Calls:
    """The calls of a token's timers, each with the seconds since the clock was frozen."""

    def __init__(self, clock: Any) -> None:
        self.clock = clock
        clock.freeze()
        self.began = clock.now()
        self.all: list[tuple[int, str, float | None]] = []
        self.timers = TokenTimers(
            clock,
            lambda left: self._record("about to expire", left),
            lambda: self._record("expired", None),
        )

    def _record(self, name: str, left: float | None) -> None:
        self.all.append((round(self.clock.now() - self.began), name, left))

    def start(self, seconds: float) -> None:
        self.timers.start(self.clock.now() + seconds)


@pytest.fixture
def calls(account: Account) -> Iterator[Calls]:
    made = Calls(account.clock)
    yield made
    made.timers.stop()


def test_a_token_is_announced_before_its_end_and_then_ends_once(calls: Calls) -> None:
    calls.start(HOUR)
    for _ in range(2 * HOUR // 60):
        calls.clock.advance(60)
    assert calls.all == [(HOUR - LEAD, "about to expire", LEAD), (HOUR, "expired", None)]


@pytest.mark.parametrize(
    ("life", "lead"), [(2 * LEAD + 2, LEAD), (2 * LEAD, LEAD), (2 * LEAD - 2, LEAD - 1), (60, 30)]
)
def test_one_of_less_than_twice_the_lead_is_announced_half_way(
    calls: Calls, life: int, lead: int
) -> None:
    calls.start(life)
    calls.clock.advance(life)
    assert calls.all == [(life - lead, "about to expire", lead), (life, "expired", None)]


def test_a_renewed_token_leaves_no_old_timer_running(calls: Calls) -> None:
    calls.start(HOUR)
    calls.clock.advance(HOUR - LEAD - 1)
    calls.start(3 * HOUR)
    renewed = HOUR - LEAD - 1
    calls.clock.advance(5 * HOUR)
    assert calls.all == [
        (renewed + 3 * HOUR - LEAD, "about to expire", LEAD),
        (renewed + 3 * HOUR, "expired", None),
    ]


def test_one_renewed_after_its_announcement_does_not_end_either(calls: Calls) -> None:
    calls.start(HOUR)
    calls.clock.advance(HOUR - 1)
    calls.start(HOUR)
    calls.clock.advance(HOUR - LEAD - 1)
    assert calls.all == [(HOUR - LEAD, "about to expire", LEAD)]


def test_after_a_stop_nothing_is_called(calls: Calls) -> None:
    calls.start(HOUR)
    calls.timers.stop()
    calls.timers.stop()
    calls.clock.advance(2 * HOUR)
    assert calls.all == []
    assert not calls.clock.next_due or calls.clock.next_due > calls.clock.now() + HOUR
