"""How long a busy day takes to simulate: 5,000 conversations with 40 agents.

    python -m pytest tests/benchmarks/test_busy_day.py --benchmark-only

On the mock that is fifty thousand requests of its REST API, and all that TaskRouter does about
them. The fast engine stands beside the same queue in ciw and in bare simpy, where they are
installed. Seconds are the process's own, whatever else the machine does, but for the sweep.
"""

from __future__ import annotations

import time
from typing import Any

import pytest

from helpers.flows import (
    Exactly,
    FlexFlowConfig,
    Integration,
    LoadTest,
    Lognormal,
    Sweep,
    load_test,
    sweep,
)
from helpers.flows.busy_day.demand import demand_of
from helpers.flows.busy_day.load_testing import jobs_of, simulate
from helpers.flows.busy_day.staffing import as_staffing

pytest.importorskip("pytest_benchmark")

SECONDS, FAST_SECONDS, SWEEP_SECONDS = 20, 0.5, 60
CUSTOMERS, AGENTS, MEAN = 5000, 40, 600.0
DEMAND = demand_of(Exactly(CUSTOMERS), Lognormal(MEAN), None, 24, ("Hello",), 10)


def a_flow() -> FlexFlowConfig:
    return FlexFlowConfig(
        friendly_name="Support",
        channel_type="custom",
        integration_type="task",
        integration=Integration(
            workspace="Flex Task Assignment", workflow="Assign to Anyone", channel="chat"
        ),
    )


def a_busy_day() -> LoadTest:
    return load_test(
        a_flow(),
        agents=AGENTS,
        arrivals=Exactly(CUSTOMERS),
        handle_time=Lognormal(MEAN),
        seed=1,
        progress=False,
        engine="mock",
    )


@pytest.mark.benchmark(timer=time.process_time)
def test_five_thousand_conversations_with_forty_agents(benchmark: Any) -> None:
    days: list[LoadTest] = []
    benchmark.pedantic(lambda: days.append(a_busy_day()), rounds=2, iterations=1)
    assert days[0] == days[1]
    assert days[0].summary.answered == CUSTOMERS
    assert benchmark.stats.stats.min < SECONDS


@pytest.mark.benchmark(group="the same queue", timer=time.process_time)
def test_the_fast_engine(benchmark: Any) -> None:
    [job] = jobs_of([a_flow()], DEMAND, as_staffing(AGENTS), 1, None, None)
    days: list[LoadTest] = []
    benchmark.pedantic(lambda: days.append(simulate(job, engine="fast")), rounds=5, iterations=1)
    assert days[0].summary.answered == CUSTOMERS
    assert benchmark.stats.stats.min < FAST_SECONDS


@pytest.mark.benchmark(group="the same queue", timer=time.process_time)
def test_bare_simpy(benchmark: Any) -> None:
    simpy = pytest.importorskip("simpy")
    customers = DEMAND.customers(1)

    def run() -> int:
        environment, ended = simpy.Environment(), []
        agents = simpy.Resource(environment, AGENTS)

        def come(customer: Any) -> Any:
            yield environment.timeout(customer.arrives)
            with agents.request() as agent:
                yield agent
                yield environment.timeout(5 + customer.handle_time + 30)
                ended.append(customer.number)

        for customer in customers:
            environment.process(come(customer))
        environment.run()
        return len(ended)

    assert benchmark.pedantic(run, rounds=5, iterations=1) == CUSTOMERS


@pytest.mark.benchmark(group="the same queue", timer=time.process_time)
def test_ciw(benchmark: Any) -> None:
    ciw = pytest.importorskip("ciw")
    day = 86_400.0

    def run() -> int:
        network = ciw.create_network(
            arrival_distributions=[ciw.dists.Exponential(CUSTOMERS / day)],
            service_distributions=[ciw.dists.Exponential(1 / (MEAN + 35))],
            number_of_servers=[AGENTS],
        )
        simulation = ciw.Simulation(network)
        simulation.simulate_until_max_time(day)
        return len(simulation.get_all_records())

    assert benchmark.pedantic(run, rounds=5, iterations=1) > CUSTOMERS * 0.9


def test_a_sweep_of_a_hundred_and_twenty_such_days(benchmark: Any) -> None:
    def run() -> Sweep:
        return sweep(
            [a_flow()],
            staffing=[40, 41, 42, 43],
            seeds=30,
            arrivals=Exactly(CUSTOMERS),
            handle_time=Lognormal(MEAN),
            progress=False,
            engine="fast",
        )

    assert len(benchmark.pedantic(run, rounds=1, iterations=1).summaries) == 120
    assert benchmark.stats.stats.min < SWEEP_SECONDS
