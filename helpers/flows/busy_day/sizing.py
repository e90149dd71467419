"""Staffing from a target: the agents that each interval of a day needs for its service level."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NoReturn

from ...account import Account
from ...html import table as html_table
from ..accounts.copying import Servers
from ..file.config import FlexFlowConfig
from .demand import ANSWERS_AFTER, HOUR, Arrivals, Arriving, CustomerClass, Given, is_number
from .load_testing import HANDLE_TIME, WITHIN, Counting, Engine, demanded, jobs_of, simulate
from .metrics import ContactRecord, ServiceLevel, in_time, service_level, shown
from .progress import Progress, Show
from .sandbox import Job
from .staffing import Shift, StaffGroups, Staffing, as_staffing
from .sweeping import NEEDED, Estimate, parts_of, seeds_of, share_covering

if TYPE_CHECKING:
    import pandas as pd

    from ..rehearsal.plotting import Picture

ROUNDS = 200
"""Staffings that are tried at most until one meets the target."""
SHORTEST = 1 / 60
"""Hours of an interval."""
_SAMPLE = 200
"""Customers whose durations are averaged to begin with."""


@dataclass(frozen=True, slots=True)
class StaffedInterval:
    """An interval of a day that begins at an hour, with the agents it needs.

    `offered` is the mean number of customers a day; the service level is that over all days. Its
    `estimate` is from as many further days, as those that a plan was fitted to flatter it.
    """

    start: float
    offered: float
    agents: int
    service_level: float | None
    estimate: Estimate


@dataclass(frozen=True)
class StaffPlan:
    """Agents for a target, by interval. `staffing` can be given to `load_test`.

    Groups `beside` them work as they were given.
    """

    flow: FlexFlowConfig
    staffing: Staffing
    intervals: tuple[StaffedInterval, ...]
    target: float
    within: float
    seeds: tuple[int, ...] = field(repr=False)
    engine: str = field(compare=False, repr=False)
    beside: tuple[Staffing, ...] = ()

    @property
    def title(self) -> str:
        """The target, and the number of days it was tried on."""
        target = f"{shown('service_level', self.target)} within {self.within:g} s"
        whose = f" beside {' + '.join(each.label for each in self.beside)}" if self.beside else ""
        days = f"over {len(self.seeds)} days"
        return f"{self.flow.friendly_name}: agents{whose} for {target}, {days}"

    @property
    def agent_hours(self) -> float:
        """Hours of all agents in all."""
        return self.staffing.room_seconds(0, math.inf) / HOUR / self.staffing.at_once

    def _rows(self) -> list[list[str]]:
        return [
            [
                f"{each.start:g}",
                f"{each.offered:.1f}",
                str(each.agents),
                shown("service_level", each.service_level),
                each.estimate.interval("service_level"),
            ]
            for each in self.intervals
        ]

    def table(self) -> pd.DataFrame:
        """The intervals, one row each, by the hour at which they start."""
        import pandas as pd

        return pd.DataFrame(
            {
                "hour": each.start,
                "offered": each.offered,
                "agents": each.agents,
                "service_level": each.service_level,
                "low": each.estimate.low,
                "high": each.estimate.high,
            }
            for each in self.intervals
        ).set_index("hour")

    def plot(self) -> Picture:
        """Agents and service level by interval."""
        from .plotting import plot_plan

        rows = [
            (one.start, one.agents, one.service_level, parts_of(one.estimate))
            for one in self.intervals
        ]
        last = max(shift.end or 0 for shift in self.staffing.shifts)
        end = 2 * rows[-1][0] - rows[-2][0] if len(rows) > 1 else last
        return plot_plan(self.title, rows, self.target, end)

    def __repr__(self) -> str:
        rows = [_HEADS, *self._rows()]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in rows
        ]
        return "\n".join([self.title, *lines])

    def _repr_html_(self) -> str:
        return html_table(self._rows(), _HEADS, title=self.title)


_HEADS = ["hour", "customers", "agents", "service level", "95 % interval, on other days"]


def staff(
    flow: FlexFlowConfig,
    *,
    target: float = 0.8,
    within: float = WITHIN,
    interval: float = 1.0,
    habits: Staffing | None = None,
    beside: Sequence[Staffing] = (),
    arrivals: Arriving | Arrivals | None = None,
    handle_time: Given = HANDLE_TIME,
    patience: Given | None = None,
    hours: int = 24,
    says: tuple[str, ...] = ("Hello",),
    answers_after: Given = ANSWERS_AFTER,
    customers: Sequence[CustomerClass] | None = None,
    service_level: ServiceLevel = "offered",
    seeds: int | Sequence[int] = NEEDED,
    account: Account | None = None,
    servers: Servers | None = None,
    progress: bool | Show = True,
    engine: Engine = "auto",
) -> StaffPlan:
    """Find how many agents each interval of a day needs, by default for 80 % within 20 seconds.

    Days are simulated with more agents where the target is missed, until none is, and then with
    fewer where it is still met without them. Nobody works while nobody comes, but to answer those
    who came before.

    Args:
        flow: The config.
        target: Share of customers to be answered `within` so many seconds, in each interval.
        within: Seconds in which a customer should be answered.
        interval: Length of an interval in hours.
        habits: Agents' chats at once, times and attributes; its shifts do not count.
        beside: Other groups of agents, who work as they are; all customers count for the target.
        arrivals: As for `load_test`, as are the following.
        handle_time: Duration of a talk with an agent.
        patience: Longest wait for an agent.
        hours: Length of the day, where `arrivals` does not give it.
        says: A customer's first message, and answers to a bot.
        answers_after: Time to answer a bot.
        customers: Classes of customers.
        service_level: Its definition.
        seeds: Number of days, or their seeds.
        account: The account that the flow is for.
        servers: Makers of receivers by URL.
        progress: Whether to show progress, or a function that is given staffings tried and at most.
        engine: `auto`, `mock` or `fast`.

    Raises:
        ValueError, TypeError: An argument makes no sense, or no number of agents meets the target.
        FlowProblem: The flow names something that the account does not have.
    """
    demand = demanded(customers, arrivals, handle_time, patience, hours, says, answers_after)
    counting = Counting(within, service_level).checked(demand.hours)
    if not is_number(target) or not 0 < target < 1:
        raise ValueError(f"target={target}: give a share between 0 and 1, such as 0.8")
    if not is_number(interval) or not SHORTEST <= interval <= demand.hours:
        raise ValueError(
            f"interval={interval}: give hours, at most the day's {demand.hours}, at least a minute"
        )
    chosen = seeds_of(seeds)
    model = Staffing((Shift(1),)) if habits is None else habits
    if not isinstance(model, Staffing):
        raise TypeError(f"habits={habits!r}: give a Staffing, such as Staffing((Shift(1),))")
    others = as_staffing(tuple(beside)).groups if beside else ()
    [job] = jobs_of([flow], demand, model, chosen[0], account, servers)
    with Progress(f"Agents for {flow.friendly_name}", ROUNDS, progress) as bar:
        search = _Search(job, counting, target, interval, model, others, chosen, engine, bar)
        return search.run()


class _Search:
    """Tries staffings until one meets the target."""

    def __init__(
        self,
        job: Job,
        counting: Counting,
        target: float,
        interval: float,
        model: Staffing,
        others: tuple[Staffing, ...],
        seeds: tuple[int, ...],
        engine: Engine,
        bar: Progress,
    ) -> None:
        self._job, self._counting, self._target, self._model = job, counting, target, model
        self._interval, self._seeds, self._engine, self._bar = interval, seeds, engine, bar
        self._others = others
        self._count = math.ceil(job.demand.hours / interval - 1e-9)
        self._tried = 0
        self._used = ""
        self._is_checked = False

    def run(self) -> StaffPlan:
        levels = self._first()
        found = self._levels(levels)
        while failing := [at for at, each in enumerate(found) if self._fails(each)]:
            most = sum(max(map(len, days)) for days in found)
            for at in failing:
                share = self._share(found[at]) or 0.0
                if levels[at] > most or self._tried >= ROUNDS:
                    self._give_up()
                levels[at] += max(1, int(levels[at] * (self._target - share) / 4))
            found = self._levels(levels)
        for at in reversed(range(self._count)):
            while levels[at] > 1:
                levels[at] -= 1
                trial = self._levels(levels)
                if any(map(self._fails, trial)):
                    levels[at] += 1
                    break
                found = trial
        return self._plan(*self._without_idle(levels, found))

    def _without_idle(
        self, levels: list[int], found: list[list[list[ContactRecord]]]
    ) -> tuple[list[int], list[list[list[ContactRecord]]]]:
        """Take the agents off intervals to which nobody comes, all at once or one by one.

        They stay where somebody who came before would wait longer without them.
        """
        idle = [at for at, days in enumerate(found) if not any(days)]
        for off in (idle, *([at] for at in reversed(idle))):
            fewer = [0 if at in off else level for at, level in enumerate(levels)]
            if fewer == levels or not any(fewer):
                continue
            trial = self._levels(fewer)
            if _waits(trial) == _waits(found):
                levels, found = fewer, trial
        return levels, found

    def _first(self) -> list[int]:
        """Return the agents that the work of each interval takes, and no more.

        More than there are customers would have nothing to do.
        """
        levels, most = [0.0] * self._count, 1
        model = self._model
        for customers in (self._job.demand.customers(seed) for seed in self._seeds[:3]):
            most = max(most, len(customers))
            for each in customers:
                seconds = each.handle_time + each.draw("reaction", model.reaction)
                seconds += each.draw("wrap-up", model.wrap_up)
                at = min(self._count - 1, int(each.arrives / HOUR / self._interval))
                levels[at] += seconds / (self._interval * HOUR * model.at_once)
        days = len(self._seeds[:3])
        return [min(most, max(1, math.ceil(each / days))) for each in levels]

    def _levels(self, levels: Sequence[int]) -> list[list[list[ContactRecord]]]:
        """Return the customers of each interval, day by day, with so many agents in each."""
        self._tried += 1
        self._bar.update(self._tried)
        return self._days(levels, self._seeds)

    def _days(self, levels: Sequence[int], seeds: Iterable[int]) -> list[list[list[ContactRecord]]]:
        found: list[list[list[ContactRecord]]] = [[] for _ in range(self._count)]
        own = replace(self._model, shifts=shifts_of(levels, self._interval))
        staffing = StaffGroups((own, *self._others)) if self._others else own
        for seed in seeds:
            job = replace(self._job, staffing=staffing, seed=seed)
            day = simulate(job, self._counting, engine=self._engine, is_checked=self._is_checked)
            self._used, self._is_checked = day.engine, True
            for each in found:
                each.append([])
            for one in day.conversations:
                at = min(self._count - 1, int(one.arrived / HOUR / self._interval))
                found[at][-1].append(one)
        return found

    def _give_up(self) -> NoReturn:
        raise ValueError(
            f"no staffing meets {self._target * 100:g} % within {self._counting.within:g} s, after"
            f" {self._tried} tries: the time to react ({self._model.reaction}) counts, and a bot's,"
            " and customers whose patience is shorter"
        )

    def _share(self, days: list[list[ContactRecord]]) -> float | None:
        everyone = [one for day in days for one in day]
        return service_level(everyone, self._counting.within, self._counting.definition)

    def _fails(self, days: list[list[ContactRecord]]) -> bool:
        share = self._share(days)
        return share is not None and share < self._target

    def _plan(self, levels: list[int], found: list[list[list[ContactRecord]]]) -> StaffPlan:
        within, definition, further = self._counting.within, self._counting.definition, found
        if len(self._seeds) >= NEEDED:
            first = max(self._seeds) + 1
            further = self._days(levels, range(first, first + len(self._seeds)))
        intervals = tuple(
            StaffedInterval(
                at * self._interval,
                sum(map(len, days)) / len(days),
                levels[at],
                self._share(days),
                share_covering([in_time(day, within, definition) for day in others]),
            )
            for at, (days, others) in enumerate(zip(found, further, strict=True))
        )
        return StaffPlan(
            self._job.flow,
            replace(self._model, shifts=shifts_of(levels, self._interval)),
            intervals,
            self._target,
            within,
            self._seeds,
            self._used,
            self._others,
        )


def _waits(found: list[list[list[ContactRecord]]]) -> list[float]:
    return [one.wait for days in found for day in days for one in day]


def shifts_of(levels: Sequence[int], interval: float = 1.0) -> tuple[Shift, ...]:
    """Shifts by which so many agents are on duty in each interval (in hours) of a day."""
    shifts: dict[tuple[float, float], int] = {}
    for level in range(1, max(levels) + 1):
        start = None
        for at, agents in enumerate([*levels, 0]):
            if agents >= level and start is None:
                start = at
            elif agents < level and start is not None:
                key = start * interval, at * interval
                shifts[key] = shifts.get(key, 0) + 1
                start = None
    return tuple(Shift(agents, start, end) for (start, end), agents in shifts.items())
