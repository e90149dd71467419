"""A whole day, held against queueing theory.

tests/benchmarks says how long one of 5,000 customers may take.
"""

from __future__ import annotations

import math
from statistics import fmean, stdev

import pytest
from days import erlang_c, servers_of, task_flow, waits_first_come_first_served

from helpers.flows import Exactly, Exponential, LoadTest, load_test

pytestmark = pytest.mark.long

AGENTS, CUSTOMERS, HANDLE_TIME = 10, 1250, 600.0
BATCH = 125
"""Customers whose mean counts as one observation: those of an hour wait for one another."""


@pytest.fixture(scope="module")
def day() -> LoadTest:
    """A day in M/M/10: agents accept at once and are free again at once."""
    return load_test(
        task_flow(),
        agents=servers_of(AGENTS),
        arrivals=Exactly(CUSTOMERS),
        handle_time=Exponential(HANDLE_TIME),
        seed=6,
        progress=False,
    )


def test_every_customer_is_served(day: LoadTest) -> None:
    summary = day.summary
    assert (summary.offered, summary.tasks, summary.answered) == (CUSTOMERS,) * 3
    assert summary.handled_per_agent == CUSTOMERS / AGENTS
    assert summary.occupancy == pytest.approx(CUSTOMERS * HANDLE_TIME / AGENTS / 86_400, rel=0.05)
    assert day.queue[-1][1] == 0
    assert day.table()["offered"].sum() == CUSTOMERS


def test_customers_wait_as_long_as_first_come_first_served_says(day: LoadTest) -> None:
    expected = waits_first_come_first_served(day.demand.customers(day.seed), AGENTS)
    assert [each.wait for each in day.conversations] == pytest.approx(expected, abs=1e-3)


def test_waits_agree_with_erlang_c(day: LoadTest) -> None:
    load = CUSTOMERS / 86_400 * HANDLE_TIME
    waiting = erlang_c(load, AGENTS)
    mean = waiting * HANDLE_TIME / (AGENTS - load)
    waits = [each.wait for each in day.conversations]
    batches = [waits[at : at + BATCH] for at in range(0, CUSTOMERS, BATCH)]
    assert_is_estimated([fmean(wait > 1e-3 for wait in batch) for batch in batches], waiting)
    assert_is_estimated([fmean(batch) for batch in batches], mean)


def assert_is_estimated(observed: list[float], true: float) -> None:
    """Assert that the mean is within two standard errors of the truth, which are small."""
    error = stdev(observed) / math.sqrt(len(observed))
    assert abs(fmean(observed) - true) < 2 * error
    assert error < true / 4
