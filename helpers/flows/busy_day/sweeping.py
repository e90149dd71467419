"""Runs a grid of load tests: on all cores of this machine, or on a Dask cluster.

Both ways it is the same joblib code over the same cases; a day depends on nothing but its case, so
the figures are the same wherever it is simulated, and however often.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import product
from typing import TYPE_CHECKING, Any

from joblib import Parallel, delayed, parallel_config

from ...account import Account
from ..config import FlexFlowConfig
from ..directory import must_be_config
from .demand import ANSWERS_AFTER, Arrivals, Arriving
from .durations import Given
from .grid import Sweep
from .job import Job, Servers, origin_of
from .load_testing import HANDLE_TIME, WITHIN, demand_of, summary_of
from .metrics import Summary
from .progress import Progress, Show
from .staffing import Staffing, as_staffing

if TYPE_CHECKING:
    from distributed import Client

    Cluster = Client | str


def sweep(
    flows: Sequence[FlexFlowConfig],
    *,
    staffing: Sequence[int | Staffing],
    seeds: int | Sequence[int] = 5,
    arrivals: Arriving | Arrivals,
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
) -> Sweep:
    """Run a load test for every config, staffing and seed.

    Args:
        flows: The configs.
        staffing: Numbers of agents, or `Staffing`s.
        seeds: How many days of each, or their seeds. All configs meet the same customers.
        arrivals: As for `load_test`, and so are the following.
        handle_time: How long an agent talks with a customer.
        patience: How long they wait for an agent.
        hours: How long the day is, where `arrivals` does not say.
        says: What a customer says first, and answers a bot.
        answers_after: How long they take to answer a bot.
        within: Seconds in which a customer should be answered.
        account: Where the flows are to live; copied once, before the first day.
        servers: What answers URLs; functions that other processes are sent.
        cluster: A Dask `Client`, or the address of a scheduler: the days are simulated there, and
            taken over by others where a worker is lost. None for this machine.
        jobs: Days simulated at the same time on this machine; -1 for as many as it has cores.
        progress: Whether to show how far it is, or a function to be told days done and in all.

    Raises:
        FlowProblem: A flow names what the account does not have.
        ValueError, TypeError: An argument makes no sense; nothing was simulated.
        ModuleNotFoundError: A cluster is given and Dask is not installed.
    """
    for what, given in (("flows", flows), ("staffing", staffing)):
        if not isinstance(given, Sequence) or isinstance(given, str):
            raise TypeError(f"{what}: give a list, if only of one, not {type(given).__name__}")
    demand = demand_of(arrivals, handle_time, patience, hours, says, answers_after)
    staffings = tuple(map(as_staffing, staffing))
    chosen = tuple(range(1, seeds + 1)) if isinstance(seeds, int) else tuple(seeds)
    _check(flows, staffings, chosen)
    origin, arguments = origin_of(account, flows)
    cases = [
        Job(flow, given, demand, staffed, seed, origin, servers or {})
        for (flow, given), staffed, seed in product(
            zip(flows, arguments, strict=True), staffings, chosen
        )
    ]
    with Progress(f"{len(cases)} busy days", len(cases), progress) as shown, _on(cluster, jobs):
        summaries = tuple(_simulated(cases, within, shown.tell))
    return Sweep(tuple(flows), staffings, chosen, summaries)


def _check(
    flows: Sequence[FlexFlowConfig], staffings: Sequence[Staffing], seeds: Sequence[int]
) -> None:
    """Refuse a grid with nothing in it, or with two things of one name."""
    for flow in flows:
        must_be_config(flow)
    names = [flow.friendly_name for flow in flows]
    labels = [staffing.label for staffing in staffings]
    for what, found in (("flows", names), ("staffing", labels), ("seeds", seeds)):
        if not found:
            raise ValueError(f"{what}: give at least one")
        twice = next((each for each in found if list(found).count(each) > 1), None)
        if twice is not None:
            raise ValueError(
                f"{what}: {twice!r} is there twice; give each a name of its own, so that tables"
                " and plots can tell them apart"
            )


def _simulated(
    cases: Iterable[Job], within: float, tell: Callable[[float], None]
) -> Iterator[Summary]:
    """The figures of each day, in order, as they come in."""
    parallel = Parallel(return_as="generator", batch_size=1, pre_dispatch="all")
    days = parallel(delayed(summary_of)(case, within) for case in cases)
    for done, summary in enumerate(days, start=1):
        tell(done)
        yield summary


@contextmanager
def _on(cluster: Cluster | None, jobs: int) -> Iterator[None]:
    """Have joblib work on this machine, or on a cluster."""
    if cluster is None:
        with parallel_config("loky", n_jobs=jobs):
            yield
        return
    with _client(cluster) as client, parallel_config("dask", client=client):
        yield


@contextmanager
def _client(cluster: Cluster) -> Iterator[Any]:
    """The client that is given, or one of our own for an address."""
    try:
        from distributed import Client
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "cluster= needs Dask: pip install 'distributed' (requirements.txt names the version),"
            " here and on every worker; leave cluster= out to use the cores of this machine"
        ) from error
    if not isinstance(cluster, str):
        yield cluster
        return
    client: Any = Client
    with client(cluster) as opened:
        yield opened
