"""Runs one load test."""

from __future__ import annotations

import gc
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Literal, get_args

from ...account import Account
from ...mock import Unproven
from ..accounts.copying import Origin, Servers, copy_of
from ..accounts.ways_in import must_be_config
from ..file.config import FlexFlowConfig
from .client import RequestRefused
from .demand import (
    ANSWERS_AFTER,
    Arrival,
    Arrivals,
    Arriving,
    CustomerClass,
    CustomerMix,
    Demand,
    Exponential,
    Fixed,
    Given,
    Lognormal,
    Trace,
    demand_of,
    is_whole,
    mix_of,
)
from .fast import plan_of
from .metrics import ServiceLevel, Summary
from .progress import Progress, Show
from .result import LoadTest, clock_time
from .sandbox import FastPlan, Job, refusal_of
from .simulation import Day
from .staffing import GivenStaff, Staff, as_staffing

HANDLE_TIME = Lognormal(480.0)
"""Eight minutes on average by default: an assumption, not a fact about Twilio."""
WITHIN = 20.0
"""Seconds in which a customer should be answered by default: those of the usual 80/20 target."""
Engine = Literal["auto", "mock", "fast"]
CHECKED = 200
"""Customers whom the mock plays too, before the fast engine is taken for a configuration."""


@dataclass(frozen=True, slots=True)
class Counting:
    """How a day's figures are counted: see `load_test`."""

    within: float = WITHIN
    definition: ServiceLevel = "offered"
    warm_up: float = 0.0

    def checked(self, hours: int) -> Counting:
        """Return itself; ValueError or TypeError for what makes no sense."""
        for name, value in (("within", self.within), ("warm_up", self.warm_up)):
            if not isinstance(value, int | float) or isinstance(value, bool):
                kind = "seconds, such as 20" if name == "within" else "hours, such as 2"
                raise TypeError(f"{name}={value!r}: give a number of {kind}")
            if not 0 <= value < math.inf:
                raise ValueError(f"{name}={value}: give 0 or more")
        if self.warm_up >= hours:
            raise ValueError(f"warm_up={self.warm_up}: the day is over after {hours} hours")
        if self.definition not in get_args(ServiceLevel):
            names = ", ".join(get_args(ServiceLevel))
            raise ValueError(f"service_level={self.definition!r}: give one of {names}")
        return self


class Interrupted(KeyboardInterrupt):
    """A load test was stopped by hand; `so_far` is the day up to there."""

    def __init__(self, so_far: LoadTest) -> None:
        self.so_far = so_far
        super().__init__(
            f"stopped at {clock_time(so_far.reached)} of the simulated day, after"
            f" {len(so_far.conversations):,} conversations; the exception's so_far holds the"
            " figures up to there"
        )


def load_test(
    flow: FlexFlowConfig,
    *,
    agents: GivenStaff,
    arrivals: Arriving | Arrivals | None = None,
    handle_time: Given = HANDLE_TIME,
    patience: Given | None = None,
    hours: int = 24,
    says: tuple[str, ...] = ("Hello",),
    answers_after: Given = ANSWERS_AFTER,
    within: float = WITHIN,
    seed: int = 1,
    account: Account | None = None,
    servers: Servers | None = None,
    progress: bool | Show = True,
    engine: Engine = "auto",
    customers: Sequence[CustomerClass] | None = None,
    service_level: ServiceLevel = "offered",
    warm_up: float = 0.0,
) -> LoadTest:
    """Simulate a busy day for a Flex Flow config.

    The day happens in a throw-away copy of an account, whose clock runs as fast as it can: each
    customer opens a Flex channel and writes, tasks wait and are routed, agents accept, chat, wrap
    up and complete. A customer who loses patience leaves the channel; the task stays, unless the
    config or the workflow sees to it, and costs an agent's time. The same arguments give the
    same figures, and two configs meet the very same customers.

    Args:
        flow: The config.
        agents: Number of agents who work all day, or a `Staffing`, or a list of them, one for each
            group. They work in the flow's workspace; where the flow names none, in the account's
            first.
        arrivals: Number of customers to expect in all, spread evenly; or in each hour, in a list;
            how many come is drawn, too (Poisson). `Exactly(200)` fixes the number, as `Arrivals`
            can by the hour; days then vary less than real ones.
        handle_time: Duration of a talk with an agent: seconds, `Exponential(300)`,
            `Lognormal(300, 0.75)`, a list of seconds on record, or a function that draws from the
            `random.Random` it is given.
        patience: Longest wait for an agent, likewise; None for ever.
        hours: Length of the day, where `arrivals` does not give it.
        says: A customer's first message, then answers to a bot, while there are any.
        answers_after: Time to answer a bot, likewise.
        within: Seconds in which a customer should be answered.
        seed: Seed of everything that is drawn.
        account: The account that the flow is for; a new mock account by default. The day is a
            Monday in UTC, or in an account whose clock stands still the day at which it stands.
        servers: For URLs that are called on the way, makers of a Python function to answer, as
            for `rehearse`. Other URLs answer with an empty 200.
        progress: Whether to show progress, or a function that is given seconds done and in all.
        engine: `mock` plays every request. `fast` routes by the same functions without a store,
            and takes a flow only where the outcome of each customer is proven to be the mock's.
            `auto` takes `fast` where it can, once the first 200 customers were the same on the
            mock, else `mock`; the result says which, and why.
        customers: Classes of customers, in place of `arrivals`, `handle_time`, `patience`, `says`
            and `answers_after`.
        service_level: Its definition, see `ServiceLevel`: a share of those `offered`, of those
            `answered`, or of those offered `without short` waits of customers who left in time, or
            `with short` ones as answered.
        warm_up: Hours at the beginning whose customers do not count in the summary; a day begins
            without any, which makes its waits shorter than those in the long run.

    Raises:
        FlowProblem: The flow names something that the account does not have.
        ValueError, TypeError: An argument makes no sense; nothing was simulated.
        Interrupted: It was stopped by hand.
    """
    demand = demanded(customers, arrivals, handle_time, patience, hours, says, answers_after)
    counting = Counting(within, service_level, warm_up).checked(demand.hours)
    [job] = jobs_of([flow], demand, as_staffing(agents), seed, account, servers)
    with Progress(f"A busy day for {flow.friendly_name}", demand.seconds, progress) as bar:
        return simulate(job, counting, bar.update, engine)


def demanded(
    customers: Sequence[CustomerClass] | None,
    arrivals: Arriving | Arrivals | None,
    handle_time: Given,
    patience: Given | None,
    hours: int,
    says: tuple[str, ...],
    answers_after: Given,
) -> Demand | CustomerMix:
    """The customers of a day, by classes or all alike; ValueError or TypeError as `load_test`."""
    if customers is not None and arrivals is not None:
        raise ValueError("give arrivals=, or customers=, each of which has arrivals of its own")
    if customers is not None:
        return mix_of(customers, hours)
    if arrivals is None:
        raise TypeError("arrivals= is missing: a number, a list by hours, or customers= by classes")
    return demand_of(arrivals, handle_time, patience, hours, says, answers_after)


def jobs_of(
    flows: Sequence[FlexFlowConfig],
    demand: Demand | CustomerMix,
    staffing: Staff,
    seed: int,
    account: Account | None,
    servers: Servers | None,
) -> list[Job]:
    """A job for each flow, with a snapshot of the account; FlowProblem for unknown names."""
    own_flows = [one.flow for one in demand.classes if one.flow is not None]
    for flow in (*flows, *own_flows):
        must_be_config(flow, (FlexFlowConfig,))
    others = {flow.friendly_name: flow for flow in own_flows}
    for flow in own_flows:
        if flow != others[flow.friendly_name]:
            raise ValueError(f"customers: two flows are named {flow.friendly_name!r}; rename one")
    if not isinstance(servers or {}, Mapping) or not all(map(callable, (servers or {}).values())):
        raise TypeError("servers: give a dict that has a function for each URL")
    if not is_whole(seed):
        raise TypeError(f"seed={seed!r}: give a whole number; each has customers of its own")
    mock, arguments = copy_of(account, [*flows, *others.values()])
    own = dict(zip(others, arguments[len(flows) :], strict=True))
    origin = None if account is None else Origin.of(mock)
    jobs = [
        Job(flow, given, demand, staffing, seed, origin, servers or {}, others=own)
        for flow, given in zip(flows, arguments[: len(flows)], strict=True)
    ]
    return [replace(job, plan=plan_of(mock, job)) for job in jobs]


def simulate(
    job: Job,
    counting: Counting = Counting(),
    on_progress: Callable[[float], None] = lambda _: None,
    engine: Engine = "auto",
    *,
    is_checked: bool = False,
) -> LoadTest:
    """Simulate one day; Interrupted if it is stopped by hand, ValueError for an engine."""
    if engine not in get_args(Engine):
        raise ValueError(f"engine={engine!r}: give one of {', '.join(get_args(Engine))}")
    plan, reason = job.plan, "asked for"
    customers = None
    if engine == "mock":
        plan = reason
    elif not is_checked and not isinstance(plan, str):
        seen: set[str] = set()
        plan = (_memory(job) or plan) if engine == "auto" else plan
        if engine == "auto" and not isinstance(plan, str):
            customers = job.demand.customers(job.seed)  # once: a function may remember
            seen = {each.demand.name for each in customers[:CHECKED]}
            plan, reason = _checked(job, plan, counting, on_progress, customers[:CHECKED])
        if not isinstance(plan, str):
            unseen = (each for each in job.demand.classes if each.name not in seen)
            plan = refusal_of(job, unseen) or plan
    if not isinstance(plan, str):
        try:
            return _played(
                job, counting, on_progress, plan=plan, reason=reason, customers=customers
            )
        except Unproven as unproven:
            plan, customers = str(unproven), None
    if engine == "fast":
        raise ValueError(f"engine='fast' cannot play this day: {plan}; give engine='auto'")
    return _played(job, counting, on_progress, reason=plan, customers=customers)


def _memory(job: Job) -> str | None:
    """Return why the day can be played once only: a duration drawn on the way may remember."""
    drawn = {"answers_after": [one.answers_after for one in job.demand.classes]}
    for name in ("reaction", "wrap_up"):
        drawn[name] = [getattr(group, name) for group in job.staffing.groups]
    for name, durations in drawn.items():
        if not all(isinstance(each, Fixed | Exponential | Lognormal | Trace) for each in durations):
            return f"{name} is of your own and may remember what it drew, so no day is played twice"
    return None


def _checked(
    job: Job,
    plan: FastPlan,
    counting: Counting,
    on_progress: Callable[[float], None],
    customers: Sequence[Arrival],
) -> tuple[FastPlan | str, str]:
    """Play the first customers by both engines. Returns the plan if they agree, and why."""
    try:
        fast = _played(job, counting, plan=plan, customers=deepcopy(customers))
    except Unproven as unproven:
        return str(unproven), ""
    mock = _played(job, counting, on_progress, customers=deepcopy(customers))
    if fast != mock:
        pairs = zip(fast.conversations, mock.conversations, strict=True)
        number = next((one.number for one, other in pairs if one != other), None)
        who = "the queue" if number is None else f"customer {number}"
        return f"{who} fared differently on the mock, which is a fault of the fast engine", ""
    count = len(mock.conversations)
    return plan, f"the first {count} customers were the same on the mock"


def _played(
    job: Job,
    counting: Counting,
    on_progress: Callable[[float], None] = lambda _: None,
    *,
    plan: FastPlan | None = None,
    reason: str = "",
    customers: Sequence[Arrival] | None = None,
) -> LoadTest:
    """Play a day by the fast engine if there is a plan for it, with customers drawn already."""
    day, interrupted = Day(job, plan, on_progress, customers), False
    with _seldom_collecting_garbage():
        try:
            day.run()
        except KeyboardInterrupt:
            interrupted = True
        except RequestRefused as refused:
            raise ValueError(f"such a day cannot be played: {refused}") from None
    result = LoadTest(
        job.flow,
        job.demand,
        job.staffing,
        job.seed,
        counting.within,
        day.conversations(),
        tuple(day.queue),
        day.missed,
        tuple(day.refusals),
        day.now,
        day.without_chat,
        "mock" if plan is None else "fast",
        reason,
        counting.definition,
        counting.warm_up,
    )
    if interrupted:
        raise Interrupted(result)
    return result


@contextmanager
def _seldom_collecting_garbage() -> Iterator[None]:
    """Spare a day the tenth of its time that goes into looking through what it keeps."""
    thresholds = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(50_000, *thresholds[1:])
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        gc.unfreeze()


Played = tuple[Summary, str, str]
"""The figures of a day alone, which are cheap to send; its engine, and why."""


def summaries_of(
    counting: Counting, job: Job, seeds: Sequence[int], engine: Engine, is_checked: bool
) -> list[Played]:
    """Simulate a job's day for each of these seeds."""
    days = (
        simulate(replace(job, seed=seed), counting, engine=engine, is_checked=is_checked)
        for seed in seeds
    )
    return [(day.summary, day.engine, day.engine_reason) for day in days]
