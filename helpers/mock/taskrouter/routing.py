"""Who is offered which task now: decisions only, no store and no clock.

Tasks of higher priority come first, then those that have waited longest (documented). Of the
workers that a queue and a routing step allow, and that are available with capacity left, the one
who has been without a task for longest is offered it, unless the step orders them otherwise
(documented). Inferred: a worker who has turned this task down comes after those who have not, and
one who holds another task after those who hold none.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from .configuration import Clause, Target, clauses
from .expressions import Scope, constant, matches, value_of
from .resources import Task, TaskQueue, Worker


@dataclass
class Candidate:
    """A worker as routing sees it.

    Attributes:
        worker: The worker.
        describe: Works out what its attributes and fields are called in an expression.
        available: Whether its activity is.
        room: Tasks it can take on besides those it holds, by task channel SID.
        holding: Tasks it holds or is offered.
        single: Whether it takes one task at a time, whatever the channel.
    """

    worker: Worker
    describe: Callable[[], Scope]
    available: bool
    room: dict[str, int]
    holding: int
    single: bool

    @cached_property
    def scope(self) -> Scope:
        """Worked out when an expression asks, which most never do."""
        return self.describe()

    def has_room(self, task_channel_sid: str) -> bool:
        """Whether it may be offered one more task of the channel."""
        if self.single and self.holding:
            return False
        return self.room.get(task_channel_sid, 0) > 0

    def take(self, task_channel_sid: str) -> None:
        """Count one more task."""
        self.room[task_channel_sid] -= 1
        self.holding += 1


@dataclass(frozen=True, slots=True)
class Waiting:
    """A task that waits, with what decides who may have it."""

    task: Task
    queue: TaskQueue | None
    target: Target | None
    refusals: Mapping[str, int] = field(default_factory=dict)


Place = tuple[float, ...]
"""Where a task stands among all that wait; lower is sooner."""


class Line(NamedTuple):
    """Tasks of one channel that wait in one queue, in order, each with its place."""

    task_channel_sid: str
    tasks: Iterator[tuple[Place, Waiting]]


class Offer(NamedTuple):
    """A task, and the workers who are offered it at the same time."""

    waiting: Waiting
    workers: list[Worker]


def decide(lines: Iterable[Line], candidates: Iterable[Candidate]) -> list[Offer]:
    """Go through the tasks in their order and offer each to the best of those who may have it.

    Args:
        lines: Read only as far as there is anybody with room for a task of their channel.
        candidates: Available workers; what room they have is used up as offers are made.
    """
    made: list[Offer] = []
    free = list(candidates)
    if not free:
        return made
    heads: list[tuple[Place, Waiting, Line]] = []
    for line in lines:
        _advance(heads, line, free)
    while heads:
        _, waiting, line = heapq.heappop(heads)
        chosen = eligible(waiting, free)[: _at_once(waiting)]
        for candidate in chosen:
            candidate.take(line.task_channel_sid)
        if chosen:
            made.append(Offer(waiting, [candidate.worker for candidate in chosen]))
        _advance(heads, line, free)
    return made


def _advance(
    heads: list[tuple[Place, Waiting, Line]], line: Line, free: Iterable[Candidate]
) -> None:
    """Put the next task of a line among the heads, if anybody has room for it."""
    if any(one.has_room(line.task_channel_sid) for one in free):
        for place, waiting in itertools.islice(line.tasks, 1):
            heapq.heappush(heads, (place, waiting, line))


def _at_once(waiting: Waiting) -> int:
    return waiting.queue.max_reserved_workers if waiting.queue else 1


def eligible(waiting: Waiting, candidates: Iterable[Candidate]) -> list[Candidate]:
    """Those who may be offered a task, best first."""
    found = [one for one in candidates if one.available and _may_have(waiting, one)]
    order = clauses(waiting.target.order_by) if waiting.target and waiting.target.order_by else ()
    if any(not _is_sortable(value_of(c.path, one.scope)) for one in found for c in order):
        order = ()  # an order_by over anything but integers is ignored (documented)
    return sorted(found, key=lambda one: _rank(waiting, order, one))


def _may_have(waiting: Waiting, one: Candidate) -> bool:
    task = waiting.task
    if not one.has_room(task.task_channel_sid):
        return False
    if task.routing_target and task.routing_target.startswith("WK"):
        return task.routing_target == one.worker.sid
    return is_in(waiting.queue, one) and _suits(waiting.target, task, one)


def is_in(queue: TaskQueue | None, one: Candidate) -> bool:
    """Whether a queue is for this worker; one without an expression is for nobody (specified)."""
    if queue is None or not queue.target_workers.strip():
        return False
    always = constant(queue.target_workers)
    return matches(queue.target_workers, one.scope) if always is None else always


def _suits(target: Target | None, task: Task, one: Candidate) -> bool:
    """Whether a routing step lets this worker have the task."""
    if target is None or not (
        target.expression or target.known_worker_sid or target.known_worker_friendly_name
    ):
        return True
    scope = {"task": task.details, "worker": one.scope["worker"]}
    for known, own in (
        (target.known_worker_sid, one.worker.sid),
        (target.known_worker_friendly_name, one.worker.friendly_name),
    ):
        if known is not None and own != _known(known, scope):
            return False
    return matches(target.expression, scope)


def _known(text: str, scope: Scope) -> Any:
    """A known worker is named by a task attribute (documented), or as it is."""
    return value_of(text, scope) if text.startswith("task.") else text


def _is_sortable(value: Any) -> bool:
    return value is None or (isinstance(value, int) and not isinstance(value, bool))


def _rank(waiting: Waiting, order: tuple[Clause, ...], one: Candidate) -> tuple[Any, ...]:
    values = [(clause, value_of(clause.path, one.scope)) for clause in order]
    return (
        waiting.refusals.get(one.worker.sid, 0),
        *(
            (value is None, (value or 0) * (-1 if clause.descending else 1))
            for clause, value in values
        ),
        one.holding > 0,
        one.worker.idle_since,
        one.worker.seq,
    )


def should_skip(
    skip_if: str, queue: TaskQueue | None, everybody: Iterable[Candidate], doing: Iterable[str]
) -> bool:
    """Whether a step is skipped, from who is in its queue and what they are doing (documented).

    Args:
        skip_if: The step's expression over `workers.available`, `workers.unavailable` and
            `workers.WA...`.
        queue: The step's queue.
        everybody: All workers.
        doing: SIDs of all activities.
    """
    counts = {"available": 0, "unavailable": 0, **dict.fromkeys(doing, 0)}
    for one in everybody:
        if is_in(queue, one):
            counts["available" if one.available else "unavailable"] += 1
            counts[one.worker.activity_sid] += 1
    return matches(skip_if, {"workers": counts})
