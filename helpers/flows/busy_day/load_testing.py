"""Runs one load test."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from ...account import Account
from ..config import FlexFlowConfig
from ..copying import Origin, Servers, copy_of
from ..directory import must_be_config
from .demand import ANSWERS_AFTER, Arrivals, Arriving, Demand, Given, Lognormal, demand_of
from .fast import FastPlan
from .metrics import Summary
from .progress import Progress, Show
from .result import LoadTest, clock_time
from .sandbox import Job
from .simulation import Day
from .staffing import Staffing, as_staffing

HANDLE_TIME = Lognormal(480.0)
"""Eight minutes on average by default: an assumption, not a fact about Twilio."""
WITHIN = 20.0
"""Seconds in which a customer should be answered by default: those of the usual 80/20 target."""


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
    agents: int | Staffing,
    arrivals: Arriving | Arrivals,
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
) -> LoadTest:
    """Simulate a busy day for a Flex Flow config.

    The day happens in a throw-away copy of an account, whose clock runs as fast as it can: each
    customer opens a Flex channel and writes, tasks wait and are routed, agents accept, chat, wrap
    up and complete. A customer who loses patience leaves the channel; the task stays, unless the
    config or the workflow sees to it, and costs an agent's time. The same arguments give the
    same figures, and two configs meet the very same customers.

    Args:
        flow: The config.
        agents: Number of agents who work all day, or a `Staffing`. They work in the flow's
            workspace; where the flow names none, in the account's first.
        arrivals: Number of customers in all, spread evenly; or expected in each hour; or
            `Arrivals`.
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

    Raises:
        FlowProblem: The flow names something that the account does not have.
        ValueError, TypeError: An argument makes no sense; nothing was simulated.
        Interrupted: It was stopped by hand.
    """
    demand = demand_of(arrivals, handle_time, patience, hours, says, answers_after)
    [job] = jobs_of([flow], demand, as_staffing(agents), seed, account, servers)
    with Progress(f"A busy day for {flow.friendly_name}", demand.seconds, progress) as bar:
        return simulate(job, within, bar.update)


def jobs_of(
    flows: Sequence[FlexFlowConfig],
    demand: Demand,
    staffing: Staffing,
    seed: int,
    account: Account | None,
    servers: Servers | None,
) -> list[Job]:
    """A job for each flow, with a snapshot of the account; FlowProblem for unknown names."""
    for flow in flows:
        must_be_config(flow, (FlexFlowConfig,))
    mock, arguments = copy_of(account, flows)
    origin = None if account is None else Origin.of(mock)
    return [
        Job(flow, given, demand, staffing, seed, origin, servers or {})
        for flow, given in zip(flows, arguments, strict=True)
    ]


def simulate(
    job: Job,
    within: float = WITHIN,
    on_progress: Callable[[float], None] = lambda _: None,
    plan: FastPlan | None = None,
) -> LoadTest:
    """Simulate one day; Interrupted if it is stopped by hand."""
    day, interrupted = Day(job, plan, on_progress), False
    with _seldom_collecting_garbage():
        try:
            day.run()
        except KeyboardInterrupt:
            interrupted = True
    result = LoadTest(
        job.flow,
        job.demand,
        job.staffing,
        job.seed,
        within,
        day.conversations(),
        tuple(day.queue),
        day.missed,
        tuple(day.refusals),
        day.now,
        day.without_chat,
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


def summary_of(job: Job, within: float) -> Summary:
    """The figures of a day alone, which are cheap to send, for a sweep."""
    return simulate(job, within).summary
