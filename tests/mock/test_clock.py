"""The clock a mock lives by: real, advanced or frozen, with timers that follow it."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from typing import Any

import pytest

from helpers import Account
from helpers.mock import Clock
from helpers.mock.core.clock import iso_milliseconds

MOMENT = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
PATIENCE = 30


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def frozen(clock: Clock) -> Clock:
    """A clock that stands at `MOMENT`."""
    clock.freeze(MOMENT)
    return clock


def test_a_new_clock_shows_real_time(clock: Clock) -> None:
    before = time.time()
    assert before <= clock.now() <= time.time()


def test_an_advanced_clock_is_ahead_by_as_much(clock: Clock) -> None:
    before = time.time()
    clock.advance(3600)
    clock.advance(60)
    assert before + 3660 <= clock.now() <= time.time() + 3660


def test_a_frozen_clock_stands_where_it_was_put(frozen: Clock) -> None:
    assert frozen.now() == frozen.now() == MOMENT.timestamp()
    frozen.advance(1.5)
    assert frozen.now() == MOMENT.timestamp() + 1.5


def test_a_clock_can_be_frozen_at_any_zone_at_seconds_or_right_now(clock: Clock) -> None:
    clock.freeze(MOMENT.astimezone(timezone(timedelta(hours=9))))
    assert clock.now() == MOMENT.timestamp()
    clock.freeze(1_800_000_000)
    assert clock.now() == 1_800_000_000
    clock.reset()
    before = time.time()
    clock.freeze()
    assert before <= clock.now() <= time.time()


def test_a_naive_datetime_is_refused(clock: Clock) -> None:
    with pytest.raises(ValueError, match="aware"):
        clock.freeze(datetime(2026, 1, 5, 9, 0))


@pytest.mark.parametrize("moment", ["0001-01-01T00:00+14:00", "9999-12-31T23:59-14:00"])
def test_a_moment_beyond_every_year_is_refused_as_others_are(clock: Clock, moment: str) -> None:
    with pytest.raises(ValueError, match="the clock goes from 1970 to 9999"):
        clock.freeze(moment)


def test_an_unfrozen_clock_runs_on_from_where_it_stood(frozen: Clock) -> None:
    frozen.unfreeze()
    stood = MOMENT.timestamp()
    assert stood <= frozen.now() < stood + PATIENCE


def test_a_clock_does_not_run_backwards(frozen: Clock) -> None:
    with pytest.raises(ValueError, match="forward"):
        frozen.advance(-1)
    assert frozen.now() == MOMENT.timestamp()


def test_a_reset_clock_shows_real_time_and_has_forgotten_its_timers(frozen: Clock) -> None:
    rung: list[str] = []
    frozen.call_later(10, lambda: rung.append("old"))
    frozen.reset()
    before = time.time()
    assert before <= frozen.now() <= time.time()
    frozen.advance(3600)
    assert rung == []


# -- timers


def test_timers_run_in_order_of_their_moments_each_at_its_own(frozen: Clock) -> None:
    start, rung = frozen.now(), []
    for seconds in (30, 10, 20, 10):
        frozen.call_later(seconds, lambda due=seconds: rung.append((due, frozen.now() - start)))
    frozen.advance(25)
    assert rung == [(10, 10), (10, 10), (20, 20)]
    frozen.advance(5)
    assert rung[3:] == [(30, 30)]
    assert frozen.now() == start + 30


def test_those_of_one_moment_wait_until_each_has_been_followed_up(frozen: Clock) -> None:
    happened: list[str] = []

    def follow_up() -> None:
        time.sleep(0.05)  # time for a thread of the clock's, if it ran the other by itself
        happened.append("followed up")

    for name in ("first", "second"):
        frozen.call_later(10, partial(happened.append, name))
    frozen.advance(20, after_each=follow_up)
    assert happened == ["first", "followed up", "second", "followed up"]
    frozen.call_later(10, partial(happened.append, "third"))
    frozen.freeze(frozen.now() + 20, after_each=follow_up)
    assert happened[4:] == ["third", "followed up"]


def test_a_timer_set_by_a_timer_runs_in_the_same_advance_if_it_falls_due(frozen: Clock) -> None:
    rung: list[float] = []
    start = frozen.now()

    def again() -> None:
        rung.append(frozen.now() - start)
        frozen.call_later(10, again)

    frozen.call_later(10, again)
    frozen.advance(35)
    assert rung == [10, 20, 30]


def test_freezing_further_ahead_runs_what_falls_due(frozen: Clock) -> None:
    rung: list[float] = []
    frozen.call_later(60, lambda: rung.append(frozen.now()))
    frozen.freeze(MOMENT + timedelta(hours=1))
    assert rung == [MOMENT.timestamp() + 60]


def test_a_cancelled_timer_does_not_run(frozen: Clock) -> None:
    rung: list[str] = []
    timer = frozen.call_later(10, lambda: rung.append("x"))
    timer.cancel()
    timer.cancel()
    frozen.advance(20)
    timer.cancel()
    assert rung == []


def test_a_timer_that_fails_is_logged_and_the_next_one_runs(
    frozen: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    rung: list[str] = []
    frozen.call_later(10, lambda: 1 / 0)  # type: ignore[arg-type,return-value]
    frozen.call_later(20, lambda: rung.append("next"))
    frozen.advance(30)
    assert rung == ["next"]
    assert "ZeroDivisionError" in caplog.text


def test_timers_run_by_themselves_when_real_time_reaches_them(clock: Clock) -> None:
    rung = threading.Event()
    clock.call_later(0.01, rung.set)
    assert rung.wait(PATIENCE)


def test_unfreezing_lets_timers_run_by_themselves_again(frozen: Clock) -> None:
    rung = threading.Event()
    frozen.call_later(0.01, rung.set)
    frozen.unfreeze()
    assert rung.wait(PATIENCE)


def test_a_clock_whose_timers_were_all_cancelled_keeps_no_thread(clock: Clock) -> None:
    before = set(threading.enumerate())
    timers = [clock.call_later(3600, lambda: None) for _ in range(2)]
    [thread] = set(threading.enumerate()) - before
    for timer in timers:
        timer.cancel()
    thread.join(PATIENCE)
    assert not thread.is_alive()


# -- the account lives by it


def test_everything_made_on_a_frozen_account_has_its_date(account: Account, service: Any) -> None:
    account.clock.freeze(MOMENT)
    made = service.channels.create()
    account.clock.advance(3600)
    changed = service.channels(made.sid).update(friendly_name="Later")
    assert (made.date_created, changed.date_created) == (MOMENT, MOMENT)
    assert changed.date_updated == MOMENT + timedelta(hours=1)


def test_dates_are_shown_in_whole_seconds(account: Account, service: Any) -> None:
    account.clock.freeze(MOMENT.timestamp() + 0.9)
    assert service.channels.create().date_created == MOMENT


def test_the_clock_says_when_the_next_timer_falls_due(frozen: Clock) -> None:
    assert frozen.next_due is None
    later = frozen.call_later(60, lambda: None)
    sooner = frozen.call_later(30, lambda: None)
    assert frozen.next_due == MOMENT.timestamp() + 30
    sooner.cancel()
    assert frozen.next_due == MOMENT.timestamp() + 60
    frozen.advance(60)
    assert (frozen.next_due, later.is_waiting) == (None, False)


def test_timers_that_fall_due_together_run_one_after_another_on_the_thread_that_moves_the_clock(
    frozen: Clock,
) -> None:
    ran: list[tuple[int, str]] = []

    def run(number: int) -> None:
        frozen.call_later(5, lambda: None)  # has the clock's own thread look
        time.sleep(0.001)  # and lets it
        ran.append((number, threading.current_thread().name))

    for number in range(20):
        frozen.call_later(10, lambda number=number: run(number))  # type: ignore[misc]
    frozen.advance(10)
    assert ran == [(number, threading.current_thread().name) for number in range(20)]


@pytest.mark.parametrize(
    ("moment", "written"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (-0.25, "1969-12-31T23:59:59.750Z"),
        (1_800_000_000.986, "2027-01-15T08:00:00.986Z"),
        (1_800_000_000.999, "2027-01-15T08:00:00.999Z"),
        (1_800_000_001, "2027-01-15T08:00:01.000Z"),
    ],
)
def test_webhooks_write_dates_to_the_millisecond(moment: float, written: str) -> None:
    assert iso_milliseconds(moment) == written
