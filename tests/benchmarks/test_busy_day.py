"""How long a busy day takes to simulate: 5,000 conversations with 40 agents.

    python -m pytest tests/benchmarks/test_busy_day.py --benchmark-only

Fifty thousand requests of the mock's REST API, and all that TaskRouter does about them.
"""

from __future__ import annotations

from typing import Any

import pytest

from helpers.flows import FlexFlowConfig, Integration, LoadTest, Lognormal, load_test

pytest.importorskip("pytest_benchmark")

SECONDS = 20


def a_busy_day() -> LoadTest:
    flow = FlexFlowConfig(
        friendly_name="Support",
        channel_type="custom",
        integration_type="task",
        integration=Integration(
            workspace="Flex Task Assignment", workflow="Assign to Anyone", channel="chat"
        ),
    )
    return load_test(
        flow, agents=40, arrivals=5000, handle_time=Lognormal(600), seed=1, progress=False
    )


def test_five_thousand_conversations_with_forty_agents(benchmark: Any) -> None:
    days: list[LoadTest] = []
    benchmark.pedantic(lambda: days.append(a_busy_day()), rounds=2, iterations=1)
    assert days[0] == days[1]
    assert days[0].summary.answered == 5000
    assert benchmark.stats.stats.min < SECONDS
