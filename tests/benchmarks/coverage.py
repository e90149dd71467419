"""How often the intervals of a sweep cover the truth, which should be in 93 to 97 % of all cases.

    python tests/benchmarks/coverage.py [--days 10000] [--samples 2000] [--seeds 5 40 60]

For each example a pool of days with the seeds 1, 2, ... is simulated by the fast engine on all
cores; its mean counts as the truth. Samples of so many seeds are drawn from the pool (seed 1), and
their intervals counted. Ends with 1 if one that is shown covers too little or too much.
"""

from __future__ import annotations

import argparse
from random import Random
from statistics import fmean
from typing import Any

from helpers.flows import Exponential, FlexFlowConfig, Integration, Lognormal, sweep
from helpers.flows.busy_day.metrics import FIGURES
from helpers.flows.busy_day.sweeping import covering

FLOW = FlexFlowConfig(
    friendly_name="Support",
    channel_type="custom",
    integration_type="task",
    integration=Integration(
        workspace="Flex Task Assignment", workflow="Assign to Anyone", channel="chat"
    ),
)
EXAMPLES: dict[str, dict[str, Any]] = {
    "the README's day": {
        "staffing": [6],
        "arrivals": 200,
        "hours": 8,
        "handle_time": Lognormal(480),
        "patience": Exponential(300),
    },
    "the same by the hour": {
        "staffing": [6],
        "arrivals": [25.0] * 8,
        "handle_time": Lognormal(480),
        "patience": Exponential(300),
    },
    "a busy eight hours": {
        "staffing": [5],
        "arrivals": [31.4] * 8,
        "handle_time": Exponential(480),
    },
}
LOW, HIGH = 0.93, 0.97


def covered(pool: list[float], seeds: int, samples: int) -> float | None:
    """Return the share of samples whose interval covers; None where none has an interval."""
    random, truth = Random(1), fmean(pool)
    found = [covering(random.choices(pool, k=seeds)) for _ in range(samples)]
    ends = [(one.low, one.high) for one in found if one.low is not None and one.high is not None]
    return sum(low <= truth <= high for low, high in ends) / len(ends) if ends else None


def main() -> int:
    """Simulate, count, print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--days", type=int, default=10_000)
    parser.add_argument("--samples", type=int, default=2_000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[5, 40, 60])
    given = parser.parse_args()
    wrong = 0
    for name, about in EXAMPLES.items():
        [cell] = sweep([FLOW], seeds=given.days, **about).cells()
        print(f"{name}: {given.days:,} days, seeds 1 to {given.days:,}")
        print(f"  {'seeds':18}", *(f"{seeds:>8}" for seeds in given.seeds))
        for figure in FIGURES:
            pool = [float(value) for value in cell.values(figure) if value is not None]
            shares = [
                covered(pool, seeds, given.samples) if pool else None for seeds in given.seeds
            ]
            wrong += sum(bool(share) and not LOW <= share <= HIGH for share in shares)
            shown = (f"{share:.1%}" if share else "none" for share in shares)
            print(f"  {figure:18}", *(f"{share:>8}" for share in shown))
    print(f"{wrong} outside {LOW:.0%} to {HIGH:.0%}")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
