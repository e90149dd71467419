"""A whole day, as big as load tests are meant for; tests/benchmarks says how long it may take."""

from __future__ import annotations

from days import task_flow

from helpers.flows import Lognormal, load_test


def test_five_thousand_conversations_with_forty_agents() -> None:
    day = load_test(
        task_flow(), agents=40, arrivals=5000, handle_time=Lognormal(600), seed=1, progress=False
    )
    summary = day.summary
    assert (summary.offered, summary.tasks, summary.answered) == (5000, 5000, 5000)
    assert summary.handled_per_agent == 125
    assert 0.85 < summary.occupancy < 1
    assert day.queue[-1][1] == 0
    assert day.table()["offered"].sum() == 5000
