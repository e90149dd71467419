"""How often the intervals of a sweep cover the truth, which should be in 93 to 97 % of all cases.

    python tests/benchmarks/coverage.py [--days 10000] [--samples 2000] [--seeds 40 60 100]

For each example a pool of days with the seeds 1, 2, ... is simulated by the fast engine on all
cores; its mean counts as the truth. Samples of so many seeds, at first the default number, are
drawn from the pool (seed 1), and the intervals that are shown are counted. Prints a table in
Markdown, and ends with 1 if one covers too little or too much. Columns hold the share of shown
intervals that cover; in brackets, how many of the samples show one, if not all do.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from random import Random
from typing import Any

from joblib import Parallel, delayed

from helpers.flows import (
    CustomerClass,
    Exponential,
    FlexFlowConfig,
    Integration,
    Lognormal,
    Shift,
    Staffing,
)
from helpers.flows.busy_day.demand import HOUR
from helpers.flows.busy_day.load_testing import Counting, demanded, jobs_of, simulate
from helpers.flows.busy_day.metrics import FIGURES, Summary, in_time
from helpers.flows.busy_day.sandbox import Job
from helpers.flows.busy_day.sizing import shifts_of
from helpers.flows.busy_day.staffing import GivenStaff, Staff, as_staffing
from helpers.flows.busy_day.sweeping import NEEDED, Estimate, SweepCell, share_covering

FLOW = FlexFlowConfig(
    friendly_name="Support",
    channel_type="custom",
    integration_type="task",
    integration=Integration(
        workspace="Flex Task Assignment", workflow="Assign to Anyone", channel="chat"
    ),
)
EXAMPLES: dict[str, tuple[GivenStaff, dict[str, Any]]] = {
    "a busy day": (6, {"arrivals": 200, "hours": 8, "patience": Exponential(300)}),
    "skills and overflow": (
        [
            Staffing((Shift(4),), attributes={"skills": ["sales"]}),
            Staffing((Shift(2, 0, 6), Shift(1, 2)), at_once=2, slowdown=0.2),
        ],
        {
            "customers": [
                CustomerClass("sales", [20, 30, 20], 480, attributes={"kind": "sales"}),
                CustomerClass("service", [10, 10, 10], Exponential(300), patience=200),
            ]
        },
    ),
    "notebook 06, a busy morning": (
        4,
        {
            "arrivals": [20, 40, 40, 20],
            "handle_time": Exponential(480),
            "patience": Exponential(600),
        },
    ),
    "notebook 12, as planned": (
        Staffing(shifts_of([4, 4, 5, 7, 4, 3])),
        {"arrivals": [8, 14, 20, 26, 16, 8], "patience": Exponential(600)},
    ),
    "eight hours at 90 %": (5, {"arrivals": [31.4] * 8, "handle_time": Exponential(480)}),
    "staffing by the hour": (
        Staffing(shifts_of([3, 6, 5])),
        {"arrivals": [10, 30, 20], "handle_time": Exponential(300)},
    ),
}
"""Those of the guide and of the notebooks, and a queue at the edge of what its agents can do."""
BY_HOUR = "staffing by the hour"
LOW, HIGH, BATCH = 0.93, 0.97, 50
Hours = list[tuple[int, int]]


@dataclass(frozen=True)
class PoolDay:
    """A day's figures, and of each hour the customers answered in time and all."""

    summary: Summary
    hours: Hours


Estimator = Callable[[Sequence[PoolDay]], Estimate]


def job_of(name: str) -> Job:
    """Return an example as a job."""
    staff, about = EXAMPLES[name]
    given = {"customers": None, "arrivals": None, "handle_time": Lognormal(480), **about}
    given = {"patience": None, "hours": 24, "says": ("Hello",), "answers_after": 10, **given}
    [job] = jobs_of([FLOW], demanded(**given), as_staffing(staff), 1, None, None)
    return job


def played(job: Job, seeds: Sequence[int]) -> list[PoolDay]:
    """Simulate some of a pool's days."""
    found = []
    for seed in seeds:
        day = simulate(replace(job, seed=seed), Counting(), engine="fast")
        hours: list[list[Any]] = [[] for _ in range(job.demand.hours)]
        for one in day.conversations:
            hours[min(len(hours) - 1, int(one.arrived / HOUR))].append(one)
        by_hour = [in_time(each, day.within, "offered") for each in hours]
        found.append(PoolDay(day.summary, by_hour))
    return found


def pool_of(name: str, days: int) -> tuple[Job, list[PoolDay]]:
    """Simulate a pool of days on all cores."""
    job, seeds = job_of(name), range(1, days + 1)
    parts = (seeds[at : at + BATCH] for at in range(0, days, BATCH))
    run = Parallel(n_jobs=os.cpu_count(), batch_size=1)
    return job, [day for part in run(delayed(played)(job, each) for each in parts) for day in part]


def estimators(
    name: str, job: Job
) -> Iterator[tuple[str, Callable[[Sequence[PoolDay]], Estimate]]]:
    """Yield the estimates that people see of an example, and their names."""
    if name == BY_HOUR:
        for hour in range(job.demand.hours):
            yield f"service level of hour {hour}", partial(_share, hour)
        return
    for figure in FIGURES:
        yield figure, partial(_figure, job.staffing, figure)


def _share(hour: int, days: Sequence[PoolDay]) -> Estimate:
    return share_covering([day.hours[hour] for day in days])


def _figure(staffing: Staff, name: str, days: Sequence[PoolDay]) -> Estimate:
    return SweepCell(FLOW, staffing, tuple(day.summary for day in days)).figure(name)


def counted(
    estimated: Estimator,
    pool: list[PoolDay],
    seeds: int,
    samples: int,
) -> tuple[float, float] | None:
    """Return the share of shown intervals that cover, and of samples that show one."""
    random, truth = Random(1), estimated(pool).mean
    if truth is None:
        return None
    found = [estimated(random.choices(pool, k=seeds)) for _ in range(samples)]
    ends = [(one.low, one.high) for one in found if one.low is not None and one.high is not None]
    if not ends:
        return None
    return sum(low <= truth <= high for low, high in ends) / len(ends), len(ends) / samples


def written(found: tuple[float, float] | None) -> str:
    """Return `94.8 %`, `96.1 % (12 % shown)` or `not shown`."""
    if found is None:
        return "not shown"
    share, shown = found
    text = f"{100 * share:.1f} %"
    return text if shown == 1 else f"{text} ({100 * shown:.0f} % shown)"


def main() -> int:
    """Simulate, count, print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--days", type=int, default=10_000)
    parser.add_argument("--samples", type=int, default=2_000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[NEEDED, 60, 100])
    given = parser.parse_args()
    wrong, begun = 0, time.monotonic()
    print("| example | figure |", *(f"{seeds} seeds |" for seeds in given.seeds))
    print("|---|---|", *("---|" for _ in given.seeds), sep="")
    for name in EXAMPLES:
        job, pool = pool_of(name, given.days)
        seconds = time.monotonic() - begun
        for figure, estimated in estimators(name, job):
            found = [counted(estimated, pool, seeds, given.samples) for seeds in given.seeds]
            wrong += sum(one is not None and not LOW <= one[0] <= HIGH for one in found)
            print(f"| {name} | {figure} |", *(f"{written(one)} |" for one in found), flush=True)
    print(f"\n{wrong} outside {LOW:.0%} to {HIGH:.0%}; simulated in {seconds:.0f} s")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
