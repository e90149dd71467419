"""Runs one load test."""

from __future__ import annotations

from collections.abc import Callable

from ...account import Account
from ..config import FlexFlowConfig
from .demand import ANSWERS_AFTER, Arrivals, Arriving, Demand, as_arrivals
from .durations import Given, Lognormal, as_duration
from .job import Job, Servers, origin_of
from .metrics import Summary
from .progress import Progress, Show
from .result import LoadTest, clock_time
from .simulation import Day
from .staffing import Staffing, as_staffing

HANDLE_TIME = Lognormal(480.0)
"""Eight minutes on average, where nobody says: an assumption, not a fact about Twilio."""
WITHIN = 20.0
"""Seconds in which a customer should be answered, where nobody says: the usual 80/20 target's."""


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
    """Simulate how a Flex Flow config behaves on a busy day.

    The day happens in a throw-away copy of an account, whose clock runs as fast as it can: each
    customer opens a Flex channel and writes, tasks wait and are routed, agents accept, chat, wrap
    up and complete. A customer who loses patience leaves the channel; the task stays, unless the
    config or the workflow sees to it, and costs an agent's time. The same arguments give the
    same figures, and two configs meet the very same customers.

    Args:
        flow: The config.
        agents: How many work all day, or a `Staffing`. They work in the flow's workspace; where
            the flow names none, in the account's first.
        arrivals: How many customers come in all, spread evenly; or how many to expect in each
            hour; or `Arrivals`.
        handle_time: How long an agent talks with one: seconds, `Exponential(300)`,
            `Lognormal(300, 0.75)`, a list of seconds on record, or a function that draws from the
            `random.Random` it is given.
        patience: How long they wait for an agent, likewise; None for ever.
        hours: How long the day is, where `arrivals` does not say.
        says: Their first message, then their answers to a bot, as long as there are any.
        answers_after: How long they take to answer a bot, likewise.
        within: Seconds in which a customer should be answered.
        seed: Of everything that is drawn.
        account: Where the flow is to live; a new mock account by default.
        servers: For URLs that are called on the way, what makes a Python function to answer, as
            for `rehearse`. Other URLs answer with an empty 200.
        progress: Whether to show how far it is, or a function to be told seconds done and in all.

    Raises:
        FlowProblem: The flow names what the account does not have.
        ValueError, TypeError: An argument makes no sense; nothing was simulated.
        Interrupted: It was stopped by hand.
    """
    demand = demand_of(arrivals, handle_time, patience, hours, says, answers_after)
    staffing = as_staffing(agents)
    origin, [arguments] = origin_of(account, [flow])
    case = Job(flow, arguments, demand, staffing, seed, origin, servers or {})
    with Progress(f"A busy day for {flow.friendly_name}", demand.seconds, progress) as shown:
        return simulate(case, within, shown.tell)


def demand_of(
    arrivals: Arriving | Arrivals,
    handle_time: Given,
    patience: Given | None,
    hours: int,
    says: tuple[str, ...],
    answers_after: Given,
) -> Demand:
    """Who comes, from what was given.

    Raises:
        ValueError, TypeError: An argument makes no sense.
    """
    if isinstance(says, str):  # a sequence of letters, to Python
        raise TypeError(f"says={says!r}: give a tuple of messages, such as ({says!r},)")
    return Demand(
        as_arrivals(arrivals, hours),
        as_duration("handle_time", handle_time),
        None if patience is None else as_duration("patience", patience),
        tuple(says),
        as_duration("answers_after", answers_after),
    )


def simulate(
    case: Job, within: float = WITHIN, tell: Callable[[float], None] = lambda _: None
) -> LoadTest:
    """Live through one day.

    Raises:
        Interrupted: It was stopped by hand.
    """
    day = Day(case, tell)
    try:
        day.live()
    except KeyboardInterrupt:
        raise Interrupted(_result(case, day, within)) from None
    return _result(case, day, within)


def _result(case: Job, day: Day, within: float) -> LoadTest:
    return LoadTest(
        case.flow,
        case.demand,
        case.staffing,
        case.seed,
        within,
        day.conversations(),
        tuple(day.queue),
        day.missed,
        tuple(day.refusals),
        day.now,
    )


def summary_of(case: Job, within: float) -> Summary:
    """A day's figures alone, for a sweep: they travel light."""
    return simulate(case, within).summary
