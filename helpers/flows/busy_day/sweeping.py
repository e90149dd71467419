"""Grids of load tests: on all cores of this machine, or on a Dask cluster.

Both ways it is the same joblib code over the same jobs; a day depends on nothing but its job, so
the figures are the same wherever it is simulated, and however often. A sweep has each figure of
each config with each staffing over several seeds, with mean and interval.
"""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, field, replace
from itertools import product
from typing import TYPE_CHECKING, Any

from joblib import Parallel, delayed, parallel_config

from ...account import Account
from ...html import table as html_table
from ..accounts.copying import Servers
from ..accounts.ways_in import must_be_config
from ..file.config import FlexFlowConfig
from .demand import ANSWERS_AFTER, Arrivals, Arriving, CustomerClass, Given, is_whole
from .load_testing import (
    HANDLE_TIME,
    WITHIN,
    Counting,
    Engine,
    Played,
    demanded,
    jobs_of,
    summaries_of,
)
from .metrics import FIGURES, ServiceLevel, Summary, shown
from .progress import Progress, Show
from .sandbox import Job
from .staffing import GivenStaff, Staff, as_staffing

if TYPE_CHECKING:
    import pandas as pd
    from distributed import Client

    from ..rehearsal.plotting import Picture

    Cluster = Client | str

MAIN = ("service_level", "wait_mean", "wait_p90", "abandoned", "queue_max", "occupancy")
"""Figures of a sweep's table by default."""

_MOST = {"service_level": 1.0, "abandonment": 1.0}
"""Upper bounds of figures; occupancy has none, as agents may finish after their shift."""


NEEDED = 40
"""Seeds from which on an interval is given: with fewer, it would cover less than it says."""
VARIED = 6
"""Seeds that must differ from the value that most have: an interval over a rare event covers too
much or too little."""
_T = (
    *(12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228),
    *(2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086),
    *(2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042),
)
"""Student's t, 97.5 %, for 1 to 30 degrees of freedom."""
_NORMAL = 1.960
_BEYOND = 2.372
"""Student's t is about 1.960 + 2.372 / n for n degrees of freedom, if they are many."""
_SYMMETRIC = 1e-6
_BATCHES = 500
"""Parts that a grid is sent to other processes in, at most, besides the first day of each cell."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """The mean of a figure over several seeds, and its 95 % interval.

    There is no mean where no seed has the figure. There is no interval where all seeds have the
    same, nor where more seeds are `needed` for one that covers the truth in 93 to 97 % of cases:
    40, or more where nearly all seeds have the same.
    """

    mean: float | None
    low: float | None = None
    high: float | None = None
    seeds: int = 0
    needed: int | None = None

    def interval(self, name: str) -> str:
        """The interval of a figure as text: `10.1 s to 14.5 s`; or how many seeds it needs."""
        if self.low is None or self.high is None:
            return f"needs {self.needed} seeds" if self.needed else "none"
        return f"{shown(name, self.low)} to {shown(name, self.high)}"


def estimate(values: Sequence[float | None]) -> Estimate:
    """Mean and 95 % interval by Student's t, of any number of seeds that have the figure."""
    found = [float(value) for value in values if value is not None]
    if not found:
        return Estimate(None)
    mean = statistics.fmean(found)
    freedom = len(found) - 1
    if not freedom:
        return Estimate(mean, seeds=1)
    t = _T[freedom - 1] if freedom <= len(_T) else _NORMAL
    off = t * statistics.stdev(found) / math.sqrt(len(found))
    return Estimate(mean, mean - off, mean + off, len(found))


def covering(
    values: Sequence[float | None], least: float = 0.0, most: float = math.inf
) -> Estimate:
    """Mean and 95 % interval of a figure between two bounds, if enough seeds have it.

    Waits of days are skewed, so that Student's interval covers too little; Hall's transformation
    (1992) corrects it. `tests/benchmarks/coverage.py` shows how often the intervals cover.
    """
    found = [float(value) for value in values if value is not None]
    plain, count = estimate(found), len(found)
    mean = plain.mean
    if mean is None:
        return plain
    differing = count - max(Counter(found).values())
    if count < NEEDED or differing < VARIED:
        more = math.ceil(count * VARIED / differing) if differing else None
        return replace(plain, low=None, high=None, needed=NEEDED if count < NEEDED else more)
    spread = statistics.stdev(found)
    skewness = math.fsum(((value - mean) / spread) ** 3 for value in found) / count
    t, root = _NORMAL + _BEYOND / (count - 1), math.sqrt(count)

    def end(t: float) -> float:
        if abs(skewness) > _SYMMETRIC:
            inner = 1 + skewness * (t / root - skewness / (6 * count))
            t = 3 * root / skewness * (math.cbrt(inner) - 1)
        return min(most, max(least, mean - spread / root * t))

    return replace(plain, low=end(t), high=end(-t))


def share_covering(days: Sequence[tuple[float, float]]) -> Estimate:
    """Share of sums, each day's part and whole, and its 95 % interval as of `covering`.

    Days count by their size; each enters by the amount by which it moves the share.
    """
    part, whole = (math.fsum(each) for each in zip(*days, strict=True))
    if not whole:
        return Estimate(None)
    share = part / whole
    by_day = covering([good / of if of else None for good, of in days], most=1.0)
    if by_day.low is None:
        return replace(by_day, mean=share)
    moved = [share + (good - share * of) * len(days) / whole for good, of in days]
    return replace(covering(moved, most=1.0), mean=share)


@dataclass(frozen=True, slots=True)
class SweepCell:
    """One config with one staffing; `summaries` are in the order of the seeds."""

    flow: FlexFlowConfig
    staffing: Staff
    summaries: tuple[Summary, ...]

    def figure(self, name: str) -> Estimate:
        """A figure over the seeds, and its interval if they are enough; or ValueError."""
        if name not in FIGURES:
            raise ValueError(f"there is no figure {name!r}; there are: {', '.join(FIGURES)}")
        return covering(self.values(name), most=_MOST.get(name, math.inf))

    def values(self, name: str) -> list[float | None]:
        """A figure of each day, in the order of the seeds."""
        return [getattr(summary, name) for summary in self.summaries]


@dataclass(frozen=True)
class Sweep:
    """A grid of load tests. It can be compared and pickled.

    `summaries` are in this order: flow by flow, staffing by staffing, seed by seed. `engines` are
    those of each config with each staffing, with the reason for it.
    """

    flows: tuple[FlexFlowConfig, ...]
    staffing: tuple[Staff, ...]
    seeds: tuple[int, ...]
    summaries: tuple[Summary, ...] = field(repr=False)
    engines: tuple[tuple[str, str], ...] = field(default=(), repr=False, compare=False)
    is_fixed: bool = field(default=False, repr=False, compare=False)

    def cells(self) -> Iterator[SweepCell]:
        """Each config with each staffing."""
        each = len(self.seeds)
        pairs = [(flow, staffing) for flow in self.flows for staffing in self.staffing]
        for number, (flow, staffing) in enumerate(pairs):
            yield SweepCell(flow, staffing, self.summaries[number * each : (number + 1) * each])

    def table(self, *names: str) -> pd.DataFrame:
        """Means and 95 % intervals of figures, by config and staffing; or ValueError, as `plot`."""
        import pandas as pd

        rows = {
            (cell.flow.friendly_name, cell.staffing.label): {
                (name, part): value
                for name in names or MAIN
                for part, value in zip(_PARTS, parts_of(cell.figure(name)), strict=True)
            }
            for cell in self.cells()
        }
        table = pd.DataFrame.from_dict(rows, orient="index").astype(float)
        table.index = table.index.set_names(["flow", "agents"])
        return table

    def days(self) -> pd.DataFrame:
        """The days, one row each: flow, agents, seed and all figures."""
        import pandas as pd

        return pd.DataFrame(
            {"flow": cell.flow.friendly_name, "agents": cell.staffing.label, "seed": seed}
            | asdict(summary)
            for cell in self.cells()
            for seed, summary in zip(self.seeds, cell.summaries, strict=True)
        )

    def plot(self, name: str = "wait_mean") -> Picture:
        """A figure over the staffing, a line for each config, intervals shaded; or ValueError."""
        from .plotting import Estimated, plot_sweep

        labels = [staffing.label for staffing in self.staffing]
        lines: dict[str, list[Estimated]] = {}
        for cell in self.cells():
            lines.setdefault(cell.flow.friendly_name, []).append(parts_of(cell.figure(name)))
        each = f"mean of {len(self.seeds)} seeds each"
        is_estimated = any(low is not None for line in lines.values() for _, low, _ in line)
        return plot_sweep(name, labels, lines, each + (", 95 % intervals" if is_estimated else ""))

    def difference(self, name: str, one: CellKey, other: CellKey) -> Estimate:
        """How much a figure of one cell is above that of another, seed by seed.

        A cell is named by its flow and its staffing's label, such as `("Support", "6")`. The same
        customers come to both, so that the difference varies less than either figure. ValueError if
        there is no such cell or figure.
        """
        cells = {(cell.flow.friendly_name, cell.staffing.label): cell for cell in self.cells()}
        for key in (one, other):
            if key not in cells:
                raise ValueError(
                    f"there is no cell {key!r}; there are: {', '.join(map(str, cells))}"
                )
            cells[key].figure(name)
        pairs = zip(cells[one].values(name), cells[other].values(name), strict=True)
        both = [a - b for a, b in pairs if a is not None and b is not None]
        return covering(both, -math.inf)

    def differences(self, name: str = "wait_mean") -> pd.DataFrame:
        """How much a figure of each cell is above that of the first; or ValueError."""
        import pandas as pd

        keys = [(cell.flow.friendly_name, cell.staffing.label) for cell in self.cells()]
        rows = [parts_of(self.difference(name, key, keys[0])) for key in keys[1:]]
        index = pd.MultiIndex.from_tuples(keys[1:], names=["flow", "agents"])
        return pd.DataFrame(rows, index=index, columns=list(_PARTS)).astype(float)

    @property
    def remarks(self) -> tuple[str, ...]:
        """Remarks about the figures."""
        found = []
        if len(self.seeds) < NEEDED:
            found.append(
                f"no intervals: they need {NEEDED} seeds to cover what they say, there are"
                f" {len(self.seeds)}"
            )
        if self.is_fixed:
            found.append(
                "the number of customers is fixed, so days vary less than with arrivals by hour,"
                " which are Poisson"
            )
        found += [f"{engine} engine: {why}" for engine, why in dict.fromkeys(self.engines)]
        return tuple(found)

    @property
    def title(self) -> str:
        """The size of the grid."""
        sizes = (
            (self.flows, "config"),
            (self.staffing, "staffing"),
            (self.seeds, "seed"),
        )
        counted = " x ".join(f"{len(all_)} {name}{'s' * (len(all_) != 1)}" for all_, name in sizes)
        return f"{counted}: {len(self.summaries)} day{'s' * (len(self.summaries) != 1)}"

    def _rows(self) -> list[list[str]]:
        return [
            [cell.flow.friendly_name, cell.staffing.label]
            + [_written(name, cell.figure(name)) for name in MAIN]
            for cell in self.cells()
        ]

    def __repr__(self) -> str:
        rows = [["flow", "agents", *MAIN], *self._rows()]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in rows
        ]
        return "\n".join([self.title, *lines, *(f"note: {each}" for each in self.remarks)])

    def _repr_html_(self) -> str:
        heads = ["flow", "agents", *(name.replace("_", " ") for name in MAIN)]
        notes = [["note", remark, *[""] * len(MAIN)] for remark in self.remarks]
        return html_table([*self._rows(), *notes], heads, title=self.title)


def _written(name: str, found: Estimate) -> str:
    """`12.3 s (10.1 s to 14.5 s)`; a remark says where all figures need more seeds."""
    mean = shown(name, found.mean)
    is_said = found.low is not None or (found.needed or 0) > NEEDED
    return f"{mean} ({found.interval(name)})" if is_said else mean


CellKey = tuple[str, str]
_PARTS = ("mean", "low", "high")


def parts_of(found: Estimate) -> tuple[float | None, float | None, float | None]:
    """Return mean, low and high of an estimate."""
    return found.mean, found.low, found.high


def sweep(
    flows: Sequence[FlexFlowConfig],
    *,
    staffing: Sequence[GivenStaff],
    seeds: int | Sequence[int] = NEEDED,
    arrivals: Arriving | Arrivals | None = None,
    handle_time: Given = HANDLE_TIME,
    patience: Given | None = None,
    hours: int = 24,
    says: tuple[str, ...] = ("Hello",),
    answers_after: Given = ANSWERS_AFTER,
    within: float = WITHIN,
    account: Account | None = None,
    servers: Servers | None = None,
    cluster: Cluster | None = None,
    jobs: int = -1,
    progress: bool | Show = True,
    engine: Engine = "auto",
    customers: Sequence[CustomerClass] | None = None,
    service_level: ServiceLevel = "offered",
    warm_up: float = 0.0,
) -> Sweep:
    """Run a load test for every config, staffing and seed.

    Args:
        flows: The configs.
        staffing: Numbers of agents, or `Staffing`s, or lists of them, one for each group.
        seeds: Number of days of each, or their seeds. All configs meet the same customers. With
            fewer than 40 no intervals are given.
        arrivals: As for `load_test`, as are the following.
        handle_time: Duration of a talk with an agent.
        patience: Longest wait for an agent.
        hours: Length of the day, where `arrivals` does not give it.
        says: A customer's first message, and answers to a bot.
        answers_after: Time to answer a bot.
        within: Seconds in which a customer should be answered.
        account: The account that the flows are for; copied once, before the first day.
        servers: Makers of receivers by URL; functions that can be sent to other processes.
        cluster: A Dask `Client`, or the address of a scheduler: the days are simulated there, and
            taken over by other workers if one is lost. None for this machine.
        jobs: Days simulated at the same time on this machine; -1 for one a core.
        progress: Whether to show progress, or a function that is given days done and in all.
        engine: As for `load_test`. The first seed of each config with each staffing decides about
            the others.
        customers: As for `load_test`, as are the following.
        service_level: Its definition.
        warm_up: Hours at the beginning that do not count.

    Raises:
        FlowProblem: A flow names something that the account does not have.
        ValueError, TypeError: An argument makes no sense; nothing was simulated.
        ModuleNotFoundError: A cluster is given and Dask is not installed.
    """
    for name, given in (("flows", flows), ("staffing", staffing)):
        if not isinstance(given, Sequence) or isinstance(given, str):
            raise TypeError(f"{name}: give a list, if only of one, not {type(given).__name__}")
    demand = demanded(customers, arrivals, handle_time, patience, hours, says, answers_after)
    counting = Counting(within, service_level, warm_up).checked(demand.hours)
    staffings = tuple(map(as_staffing, staffing))
    chosen = seeds_of(seeds)
    _check(flows, staffings)
    jobs_made = jobs_of(flows, demand, staffings[0], chosen[0], account, servers)
    cells = [replace(job, staffing=staffed) for job, staffed in product(jobs_made, staffings)]
    found: list[Played] = []
    parallel = Parallel(return_as="generator", batch_size=1, pre_dispatch="all")
    each, days = len(chosen), len(cells) * len(chosen)
    size = math.ceil(days / _BATCHES)
    with Progress(f"{days} busy days", days, progress) as bar, _backend(cluster, jobs):

        def run(some: Iterable[tuple[Job, Sequence[int], Engine, bool]]) -> list[Played]:
            here: list[Played] = []
            for batch in parallel(delayed(summaries_of)(counting, *one) for one in some):
                here += batch
                found.extend(batch)
                bar.update(len(found))
            return here

        first = run((job, chosen[:1], engine, False) for job in cells)
        rest = iter(
            run(
                (job, chosen[at : at + size], engine if by == "fast" else "mock", True)
                for job, (_, by, _) in zip(cells, first, strict=True)
                for at in range(1, each, size)
            )
        )
    summaries = [
        summary
        for one, _, _ in first
        for summary in (one, *(next(rest)[0] for _ in range(each - 1)))
    ]
    engines = tuple((by, reason) for _, by, reason in first)
    is_fixed = any(one.arrivals.exactly is not None for one in demand.classes)
    return Sweep(tuple(flows), staffings, chosen, tuple(summaries), engines, is_fixed)


MOST_DAYS = 1_000_000
"""Days of a sweep."""


def seeds_of(given: int | Sequence[int]) -> tuple[int, ...]:
    """A number of days, or their seeds, as seeds; ValueError or TypeError if it is neither."""
    if isinstance(given, int) and not isinstance(given, bool):
        if given > MOST_DAYS:
            raise ValueError(f"seeds={given}: give at most {MOST_DAYS:,} days")
        given = range(1, given + 1)
    if not isinstance(given, Sequence) or not all(map(is_whole, given)):
        raise TypeError(f"seeds={given!r}: give a number of days, or a list of their seeds")
    _check_names("seeds", given)
    return tuple(given)


def _check(flows: Sequence[FlexFlowConfig], staffings: Sequence[Staff]) -> None:
    """Refuse a grid that is empty, or has two things of one name."""
    for flow in flows:
        must_be_config(flow, (FlexFlowConfig,))
    names = [flow.friendly_name for flow in flows]
    labels = [staffing.label for staffing in staffings]
    _check_names("flows", names)
    _check_names("staffing", labels)


def _check_names(name: str, found: Sequence[object]) -> None:
    if not found:
        raise ValueError(f"{name}: give at least one")
    if twice := [each for each, times in Counter(found).items() if times > 1]:
        raise ValueError(
            f"{name}: {twice[0]!r} is there twice; give each a name of its own, so that tables"
            " and plots can tell them apart"
        )


@contextmanager
def _backend(cluster: Cluster | None, jobs: int) -> Iterator[None]:
    """Select the backend of joblib: this machine, or a cluster."""
    if cluster is None:
        with parallel_config("loky", n_jobs=jobs):
            yield
        return
    try:
        from distributed import Client
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "cluster= needs Dask: pip install 'distributed>=2025',"
            " here and on every worker; leave cluster= out to use the cores of this machine"
        ) from error
    connect: Any = Client if isinstance(cluster, str) else nullcontext
    with connect(cluster) as client, parallel_config("dask", client=client):
        yield
