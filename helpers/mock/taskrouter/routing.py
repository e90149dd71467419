"""Decisions about offers: which worker gets which task now. Pure: no store and no clock.

Tasks of higher priority come first, then those that have waited longest (documented). Of the
workers that a queue and a routing step allow, and that are available with capacity left, the one
that has been without a task for longest gets the offer, unless the step orders them otherwise
(documented). Inferred: a worker that has turned this task down comes after those that have not,
and one that holds another task after those that hold none.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import NoneType
from typing import Any, NamedTuple

from msgspec import Struct

from .configuration import Clause, Target, clauses
from .expressions import Scope, constant, matches, time_of_day, value_of
from .resources import Task, TaskQueue, Worker


class Candidate(Struct):
    """A worker as routing sees it.

    `describe` returns its scope. `capacity` is the tasks it takes at once, by task channel SID, and
    `taken` those it holds or is offered; a `single` one takes one at a time in all.
    """

    worker: Worker
    describe: Callable[[Worker], Scope]
    available: bool
    capacity: Mapping[str, int]
    taken: dict[str, int]
    single: bool
    _scope: Scope | None = None

    @property
    def scope(self) -> Scope:
        """Its names in expressions, worked out when one needs them, as most never do."""
        if self._scope is None:
            self._scope = self.describe(self.worker)
        return self._scope

    def has_room(self, task_channel_sid: str) -> bool:
        """Return whether it may be offered one more task of the channel."""
        if not self.taken:
            return self.capacity.get(task_channel_sid, 0) > 0
        if self.single:
            return False
        return self.capacity.get(task_channel_sid, 0) > self.taken.get(task_channel_sid, 0)

    def take(self, task_channel_sid: str) -> None:
        """Count one more task."""
        self.taken[task_channel_sid] = self.taken.get(task_channel_sid, 0) + 1


class Waiting(NamedTuple):
    """A task that waits, with its queue, its routing step and the offers turned down so far.

    `at` is the time of the decision, in epoch seconds.
    """

    task: Task
    queue: TaskQueue | None
    target: Target | None
    refusals: Mapping[str, int]
    at: float


Place = tuple[float, ...]
"""Position of a task among all that wait; lower is sooner."""


class Line(NamedTuple):
    """Tasks of one channel that wait in one queue, in order, each with its place."""

    task_channel_sid: str
    tasks: Iterator[tuple[Place, Waiting]]


class RoutingOffer(NamedTuple):
    """A task, and the workers that are offered it at the same time."""

    task: Task
    workers: list[Worker]


def decide(lines: Iterable[Line], candidates: list[Candidate]) -> list[RoutingOffer]:
    """Go through the tasks in their order and offer each to the best worker that may have it.

    `lines` are read only as far as a worker has room; `candidates` lose theirs with each offer.
    """
    offers: list[RoutingOffer] = []
    heads: list[tuple[Place, Waiting, Line]] = []
    for line in lines if candidates else ():
        _advance(heads, line, candidates)
    while heads:
        _, waiting, line = heapq.heappop(heads)
        at_once = waiting.queue.max_reserved_workers if waiting.queue else 1
        chosen = eligible(waiting, candidates)[:at_once]
        for candidate in chosen:
            candidate.take(line.task_channel_sid)
        if chosen:
            offers.append(RoutingOffer(waiting.task, [each.worker for each in chosen]))
        _advance(heads, line, candidates)
    return offers


def _advance(
    heads: list[tuple[Place, Waiting, Line]], line: Line, candidates: list[Candidate]
) -> None:
    """Put the next task of a line among the heads, if a candidate has room for it."""
    for candidate in candidates:
        if candidate.has_room(line.task_channel_sid):
            for place, waiting in line.tasks:
                heapq.heappush(heads, (place, waiting, line))
                return
            return


def eligible(waiting: Waiting, candidates: Iterable[Candidate]) -> list[Candidate]:
    """Return the workers that may be offered a task, best first."""
    task, target = waiting.task, waiting.target
    channel, only = task.task_channel_sid, task.routing_target
    found = [each for each in candidates if each.available and each.has_room(channel)]
    if only and only.startswith("WK"):
        found = [each for each in found if each.worker.sid == only]
    else:
        found = members(waiting.queue, found)
        if target is not None and (
            target.expression or target.known_worker_sid or target.known_worker_friendly_name
        ):
            found = [each for each in found if _suits(target, waiting, each)]
    refusals = waiting.refusals

    def rank(each: Candidate) -> tuple[Any, ...]:
        worker = each.worker
        return refusals.get(worker.sid, 0), bool(each.taken), worker.idle_since, worker.seq

    order = clauses(target.order_by) if target and target.order_by else ()
    values = (value_of(clause.path, each.scope) for each in found for clause in order)
    if not order or any(type(value) not in (int, NoneType) for value in values):
        # an order_by over anything but integers is ignored (documented)
        return sorted(found, key=rank)
    return sorted(found, key=lambda each: _ordered(rank(each), order, each))


def members(queue: TaskQueue | None, candidates: Iterable[Candidate]) -> list[Candidate]:
    """Return the workers of a queue; one without an expression has none (specified)."""
    if queue is None or not queue.target_workers.strip():
        return []
    always = constant(queue.target_workers)
    if always is not None:
        return list(candidates) if always else []
    return [each for each in candidates if matches(queue.target_workers, each.scope)]


def _suits(target: Target, waiting: Waiting, candidate: Candidate) -> bool:
    """Return whether a routing step lets this worker have the task."""
    scope = {
        "task": waiting.task.details,
        "worker": candidate.scope["worker"],
        "taskrouter": time_of_day(waiting.at),
    }
    for known, own in (
        (target.known_worker_sid, candidate.worker.sid),
        (target.known_worker_friendly_name, candidate.worker.friendly_name),
    ):
        # a known worker is named by a task attribute (documented), or as it is
        if known is not None and own != (
            value_of(known, scope) if known.startswith("task.") else known
        ):
            return False
    return matches(target.expression, scope)


def _ordered(
    rank: tuple[Any, ...], order: tuple[Clause, ...], candidate: Candidate
) -> tuple[Any, ...]:
    """Return a worker's rank with its values of a step's order behind the offers turned down."""
    values = [(clause, value_of(clause.path, candidate.scope)) for clause in order]
    ordered = (
        (value is None, (value or 0) * (-1 if clause.descending else 1)) for clause, value in values
    )
    return rank[0], *ordered, *rank[1:]


def should_skip(
    skip_if: str, queue: TaskQueue | None, workers: Iterable[Candidate], activities: Iterable[str]
) -> bool:
    """Decide whether a step is skipped, from its queue's workers and activities (documented).

    `skip_if` is over `workers.available`, `workers.unavailable` and `workers.WA...`; `workers` and
    `activities` (SIDs) are all those of the workspace.
    """
    counts = {"available": 0, "unavailable": 0, **dict.fromkeys(activities, 0)}
    for each in members(queue, workers):
        counts["available" if each.available else "unavailable"] += 1
        counts[each.worker.activity_sid] += 1
    return matches(skip_if, {"workers": counts})
