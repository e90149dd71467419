"""Routing of a workspace without a store, for simulations of many days.

Tasks, offers and workers are kept in memory; `routing` and `configuration` decide, as they do for
the account. Tasks come through a workflow: none is meant for a single worker or queue.
"""

from __future__ import annotations

import heapq
import itertools
import json
from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from ..core.context import Context
from . import configuration
from .completion import ASSIGNED_AT_MOST
from .configuration import DEFAULT, RoutingStep
from .expressions import Scope, time_of_day
from .reservations import MAX_ASSIGNMENTS
from .resources import (
    Activity,
    Task,
    TaskChannel,
    TaskQueue,
    Worker,
    WorkerChannel,
    Workflow,
    Workspace,
)
from .routing import Candidate, Line, Place, Waiting, decide, should_skip
from .task_channels import DEFAULT_CAPACITY
from .workforce import described

Follower = Callable[[str, str, str, str], None]
"""Called with an event's name and the SIDs of its task, reservation and worker, as far as any."""


@dataclass(frozen=True)
class WorkspaceCopy:
    """A workspace's resources as of one moment, by SID; to read only."""

    workspace: Workspace
    activities: dict[str, Activity]
    task_channels: dict[str, TaskChannel]
    queues: dict[str, TaskQueue]
    workflows: dict[str, Workflow]
    workers: tuple[Worker, ...]
    worker_channels: tuple[WorkerChannel, ...]

    @classmethod
    def all_of(cls, ctx: Context) -> dict[str, WorkspaceCopy]:
        """Copy the workspaces of an account."""
        return {each.sid: cls._of(ctx, each) for each in ctx.store.select(Workspace)}

    @classmethod
    def _of(cls, ctx: Context, workspace: Workspace) -> WorkspaceCopy:
        where = {"workspace_sid": workspace.sid}
        return cls(
            workspace,
            {each.sid: each for each in ctx.store.select(Activity, where)},
            {each.sid: each for each in ctx.store.select(TaskChannel, where)},
            {each.sid: each for each in ctx.store.select(TaskQueue, where)},
            {each.sid: each for each in ctx.store.select(Workflow, where)},
            tuple(ctx.store.select(Worker, where)),
            tuple(ctx.store.select(WorkerChannel, where)),
        )

    @property
    def task_channel_sids(self) -> dict[str, str]:
        """SIDs of the task channels, by SID and by unique name."""
        named = {each.unique_name: sid for sid, each in self.task_channels.items()}
        return {sid: sid for sid in self.task_channels} | named

    def default_capacity(self) -> dict[str, int]:
        """Return the tasks that a new worker takes at once, by task channel's SID."""
        return {
            each.sid: DEFAULT_CAPACITY.get(each.unique_name, 1)
            for each in self.task_channels.values()
        }


class TaskCopy(Task, gc=True):
    """A task with its attributes parsed, and the offers that each worker has turned down."""

    parsed: dict[str, Any] = field(default_factory=dict)
    refusals: dict[str, int] = field(default_factory=dict)
    offers: list[OfferCopy] = field(default_factory=list)
    target: configuration.Target | None = None

    @property
    def details(self) -> dict[str, Any]:
        """Its attributes, parsed."""
        return self.parsed


class WorkerCopy(Struct):
    """A worker with its channels, and its tasks that are open or accepted, by task channel."""

    worker: Worker
    channels: list[WorkerChannel]
    capacity: dict[str, int]
    offers: list[OfferCopy] = field(default_factory=list)
    taken: dict[str, int] = field(default_factory=dict)
    accepted: dict[str, int] = field(default_factory=dict)


class OfferCopy(Struct):
    """A reservation; its status is one of Twilio's."""

    sid: str
    task: TaskCopy
    holder: WorkerCopy
    due_at: float | None
    status: str = "pending"


class TaskRouterReplica:
    """A workspace that starts empty of workers on duty and of tasks; `now` is in epoch seconds."""

    def __init__(self, source: WorkspaceCopy, now: float, follower: Follower) -> None:
        self.now = now
        self._source = source
        self._follower = follower
        self._workers: dict[str, WorkerCopy] = {}
        for worker in source.workers:
            own = [each for each in source.worker_channels if each.worker_sid == worker.sid]
            capacity = {each.task_channel_sid: each.configured_capacity for each in own}
            self._workers[worker.sid] = WorkerCopy(replace(worker), own, capacity)
        self._free: dict[str, dict[str, WorkerCopy]] = {each: {} for each in source.task_channels}
        self._lines: dict[tuple[str, str | None], list[tuple[Place, TaskCopy]]] = {}
        self._places: dict[str, Place] = {}
        self._undecided: dict[str, TaskCopy] = {}
        self._tasks: dict[str, TaskCopy] = {}
        self._offers: dict[str, OfferCopy] = {}
        self._due: list[tuple[float, int, int, TaskCopy | OfferCopy]] = []
        self._numbers = itertools.count(1)
        self._reroutes = False
        self._routings = {
            sid: configuration.read(each.configuration) for sid, each in source.workflows.items()
        }

    # -- requests

    def add_worker(
        self, name: str, activity_sid: str, attributes: dict[str, Any], capacity: dict[str, int]
    ) -> str:
        """Add a worker with so much capacity by task channel's SID; return its SID."""
        number = len(self._workers) + 1
        workspace = self._source.workspace
        sid = f"{Worker.prefix}{number:032x}"
        common: dict[str, Any] = {
            "account_sid": workspace.account_sid,
            "date_created": self.now,
            "date_updated": self.now,
            "workspace_sid": workspace.sid,
        }
        worker = Worker(
            sid=sid,
            friendly_name=name,
            name_key=name.casefold(),
            attributes=json.dumps(attributes),
            activity_sid=activity_sid,
            date_status_changed=self.now,
            idle_since=self.now,
            version=0,
            seq=max((each.worker.seq for each in self._workers.values()), default=0) + 1,
            **common,
        )
        channels = [
            WorkerChannel(
                sid=f"{WorkerChannel.prefix}{number:030x}{at:02x}",
                worker_sid=sid,
                task_channel_sid=channel.sid,
                task_channel_unique_name=channel.unique_name,
                available=True,
                configured_capacity=capacity[channel.sid],
                **common,
            )
            for at, channel in enumerate(self._source.task_channels.values())
        ]
        self._workers[sid] = WorkerCopy(worker, channels, capacity)
        self._update_free(self._workers[sid])
        self._commit(reroutes=True)
        return sid

    def set_activity(self, worker_sid: str, activity_sid: str) -> None:
        """Move a worker to another activity; one that is not available rejects its offers."""
        holder = self._workers[worker_sid]
        if holder.worker.activity_sid == activity_sid:
            return
        available = self._source.activities[activity_sid].available
        pending = [] if available else [one for one in holder.offers if one.status == "pending"]
        self._move(holder, activity_sid)
        for offer in pending:
            self._close(offer, "rejected")
            self._return(offer.task)
        self._commit(reroutes=True)

    def create_task(
        self,
        sid: str,
        workflow_sid: str,
        task_channel_sid: str,
        attributes: dict[str, Any],
        *,
        priority: int,
        timeout: int,
    ) -> bool:
        """Create a task; return whether the workflow has a place for it."""
        workspace = self._source.workspace
        task = TaskCopy(
            sid=sid,
            account_sid=workspace.account_sid,
            date_created=self.now,
            date_updated=self.now,
            workspace_sid=workspace.sid,
            workflow_sid=workflow_sid,
            task_queue_sid=None,
            task_queue_entered_date=None,
            task_channel_sid=task_channel_sid,
            attributes="",
            assignment_status="pending",
            priority=priority,
            timeout=timeout,
            reason=None,
            routing_target=None,
            ignore_capacity=False,
            virtual_start_time=self.now,
            step=None,
            step_ends_at=None,
            undecided=False,
            due_at=None,
            assignments=0,
            version=0,
            seq=next(self._numbers),
            parsed=attributes,
        )
        step = configuration.first_step(self._routing(task), self._scope(task))
        if step is None:
            return False
        self._tasks[sid] = task
        self._follower("task.created", sid, "", "")
        self._enter(task, step)
        self._commit(reroutes=True)
        return True

    def accept(self, offer_sid: str) -> bool:
        """Accept an offer; return whether it was still there to be accepted."""
        offer = self._offers.get(offer_sid)
        if offer is None or offer.status != "pending":
            return False
        task = offer.task
        task.assignment_status = "assigned"
        self._set_due(task, self.now + ASSIGNED_AT_MOST)
        self._close(offer, "accepted")
        others = [each for each in task.offers if each is not offer]
        for other in others:
            self._close(other, "rescinded")
        self._move_with(task, offer.holder, "assignment_activity_sid")
        self._commit(reroutes=bool(others) or self._reroutes)
        return True

    def wrap_up(self, task_sid: str) -> None:
        """Leave the worker to finish off an assigned task."""
        task = self._tasks[task_sid]
        task.assignment_status = "wrapping"
        for offer in list(task.offers):
            self._close(offer, "wrapping")

    def complete(self, task_sid: str) -> None:
        """End a task that was worked on."""
        self._end(self._tasks[task_sid], "completed")
        self._commit(reroutes=True)

    # -- the clock

    @property
    def next_due(self) -> float | None:
        """Time at which something changes by itself next."""
        queue = self._due
        while queue and queue[0][3].due_at != queue[0][0]:
            heapq.heappop(queue)
        return queue[0][0] if queue else None

    def go_to(self, moment: float) -> None:
        """Let time pass, and all happen that is due."""
        while self._due and self._due[0][0] <= moment:
            due = self.next_due
            if due is None or due > moment:
                break
            self.now = max(self.now, due)
            while (due := self.next_due) is not None and due <= self.now:
                self._ring(heapq.heappop(self._due)[3])
            self._commit(reroutes=self._reroutes)
        self.now = max(self.now, moment)

    def _ring(self, changed: TaskCopy | OfferCopy) -> None:
        self._reroutes |= isinstance(changed, OfferCopy) or bool(changed.offers)
        if isinstance(changed, OfferCopy):
            self._close(changed, "timeout")
            self._move(changed.holder, self._source.workspace.timeout_activity_sid)
            self._return(changed.task)
        elif changed.assignment_status in ("assigned", "wrapping"):
            for offer in list(changed.offers):
                self._close(offer, "completed")
            self._forget(changed, "task.system-deleted")
        elif self.now >= changed.date_created + changed.timeout:
            self._end(changed, "canceled")
        else:
            self._time_out_step(changed)

    def _set_due(self, changed: TaskCopy | OfferCopy, due: float | None) -> None:
        changed.due_at = due
        if due is not None:
            kind = isinstance(changed, TaskCopy)
            heapq.heappush(self._due, (due, kind, next(self._numbers), changed))

    # -- tasks in their workflow

    def _routing(self, task: Task) -> configuration.Routing:
        return self._routings[task.workflow_sid or ""]

    def _scope(self, task: TaskCopy) -> Scope:
        if not self._routing(task).filters:
            return {}
        return {"task": task.parsed, **task.parsed, "taskrouter": time_of_day(self.now)}

    def _enter(self, task: TaskCopy, step: RoutingStep) -> None:
        routing = self._routing(task)
        self._reroutes = True
        self._stop_waiting(task)
        task.target = target = configuration.target_at(routing, step) or configuration.Target()
        if target.priority is not None:
            task.priority = target.priority
        task.step = list(step)
        task.step_ends_at = self.now + target.timeout if target.timeout else None
        task.task_queue_sid = configuration.queue_at(routing, step)
        self._wait(task)

    def _wait(self, task: TaskCopy) -> None:
        task.assignment_status = "pending"
        ends = task.date_created + task.timeout
        self._set_due(task, ends if task.step_ends_at is None else min(ends, task.step_ends_at))
        if task.target is not None and task.target.skip_if:
            self._undecided[task.sid] = task
        queue = self._source.queues.get(task.task_queue_sid or "")
        kind = queue.task_order if queue else "FIFO"
        sign = -1 if kind == "LIFO" else 1
        after_others = kind != self._source.workspace.prioritize_queue_order
        since = (sign * task.virtual_start_time, sign * task.seq)
        place = (-task.priority, after_others, *since)
        line = self._lines.setdefault((task.task_channel_sid, queue.sid if queue else None), [])
        insort(line, (place, task), key=_place_of)
        self._places[task.sid] = place

    def _stop_waiting(self, task: TaskCopy) -> None:
        place = self._places.pop(task.sid, None)
        if place is not None:
            self._undecided.pop(task.sid, None)
            line = self._lines[task.task_channel_sid, task.task_queue_sid]
            del line[bisect_left(line, place, key=_place_of)]

    def _time_out_step(self, task: TaskCopy) -> None:
        step = RoutingStep(*(task.step or DEFAULT))
        self._go_on(task, configuration.step_after(self._routing(task), step, self._scope(task)))

    def _go_on(self, task: TaskCopy, step: RoutingStep | None) -> None:
        if step is None:
            self._end(task, "canceled")
        else:
            self._enter(task, step)

    def _return(self, task: TaskCopy) -> None:
        """Let a task wait again once it has no open offer."""
        if task.offers:
            return
        self._wait(task)
        if task.assignments >= MAX_ASSIGNMENTS:
            self._end(task, "canceled")
        elif task.step_ends_at is not None and task.step_ends_at <= self.now:
            self._time_out_step(task)

    def _end(self, task: TaskCopy, status: str) -> None:
        task.assignment_status = status
        for offer in list(task.offers):
            self._close(offer, status)
        self._forget(task, f"task.{status}")

    def _forget(self, task: TaskCopy, event: str) -> None:
        self._stop_waiting(task)
        task.due_at = None
        del self._tasks[task.sid]
        self._follower(event, task.sid, "", "")

    # -- workers and offers

    def _move(self, holder: WorkerCopy, activity_sid: str | None) -> None:
        if activity_sid is None or activity_sid == holder.worker.activity_sid:
            return
        holder.worker.activity_sid = activity_sid
        activity = self._source.activities.get(activity_sid)
        if activity is not None and activity.available:
            holder.worker.idle_since = self.now
        self._update_free(holder)
        self._reroutes = True

    def _move_with(self, task: Task, holder: WorkerCopy, setting: str) -> None:
        """Single-tasking workers change activity with their task."""
        if not self._source.workspace.multi_task_enabled:
            queue = self._source.queues.get(task.task_queue_sid or "")
            self._move(holder, getattr(queue, setting, None))

    def _update_free(self, holder: WorkerCopy, changed: str | None = None) -> None:
        """Keep apart those that could be offered a task of a channel now.

        Only one may have `changed`, unless workers take one task at a time in all.
        """
        sid, taken = holder.worker.sid, holder.taken
        activity = self._source.activities.get(holder.worker.activity_sid)
        is_busy = bool(taken) and not self._source.workspace.multi_task_enabled
        is_on_duty = activity is not None and activity.available and not is_busy
        is_one = changed is not None and self._source.workspace.multi_task_enabled
        for channel in (changed,) if is_one and changed else holder.capacity:
            if is_on_duty and holder.capacity.get(channel, 0) > taken.get(channel, 0):
                self._free[channel][sid] = holder
            else:
                self._free[channel].pop(sid, None)

    def _close(self, offer: OfferCopy, status: str) -> None:
        task, holder, was = offer.task, offer.holder, offer.status
        channel = task.task_channel_sid
        offer.status, offer.due_at = status, None
        if status != "wrapping":
            holder.worker.idle_since = self.now
        if status == "accepted":
            _count(holder.accepted, channel, 1)
        elif was == "accepted":
            _count(holder.accepted, channel, -1)
        if status in ("accepted", "wrapping"):
            return
        if status in ("rejected", "timeout"):
            _count(task.refusals, holder.worker.sid, 1)
        task.offers.remove(offer)
        holder.offers.remove(offer)
        del self._offers[offer.sid]
        _count(holder.taken, channel, -1)
        self._update_free(holder, channel)
        self._follower(f"reservation.{status}", task.sid, offer.sid, holder.worker.sid)

    def _reserve(self, task: TaskCopy, holder: WorkerCopy) -> None:
        offer = OfferCopy(f"WR{next(self._numbers):032x}", task, holder, None)
        seconds = self._source.workflows[task.workflow_sid or ""].task_reservation_timeout
        self._set_due(offer, self.now + seconds)
        if task.assignment_status == "pending":
            self._stop_waiting(task)
            task.assignment_status = "reserved"
            task.assignments += 1
            self._set_due(task, task.date_created + task.timeout)
        self._offers[offer.sid] = offer
        task.offers.append(offer)
        holder.offers.append(offer)
        holder.worker.idle_since = self.now
        _count(holder.taken, task.task_channel_sid, 1)
        self._update_free(holder, task.task_channel_sid)
        self._follower("reservation.created", task.sid, offer.sid, holder.worker.sid)
        self._move_with(task, holder, "reservation_activity_sid")

    # -- routing

    def _commit(self, *, reroutes: bool) -> None:
        while reroutes and self._places:
            self._reroutes = False
            candidates = self._candidates(self._available())
            for task, workers in decide(self._waiting(), candidates) if candidates else ():
                for worker in workers:
                    assert isinstance(task, TaskCopy)
                    self._reserve(task, self._workers[worker.sid])
            reroutes = self._skip_steps() or self._reroutes
        self._reroutes = False

    def _available(self) -> Iterable[WorkerCopy]:
        """Return those that have room for a task of a channel in which any waits."""
        found = [
            self._free[channel] for channel in {key[0] for key, line in self._lines.items() if line}
        ]
        if len(found) == 1:
            return found[0].values()
        return {sid: holder for each in found for sid, holder in each.items()}.values()

    def _waiting(self) -> Iterator[Line]:
        for (channel_sid, queue_sid), line in self._lines.items():
            if line:
                queue = self._source.queues.get(queue_sid or "")
                yield Line(channel_sid, self._line(line, queue))

    def _line(
        self, line: list[tuple[Place, TaskCopy]], queue: TaskQueue | None
    ) -> Iterator[tuple[Place, Waiting]]:
        for place, task in line:
            yield place, Waiting(task, queue, task.target, task.refusals, self.now)

    def _candidates(self, holders: Iterable[WorkerCopy]) -> list[Candidate]:
        activities, single = self._source.activities, not self._source.workspace.multi_task_enabled
        return [
            Candidate(
                each.worker,
                self._describe,
                activities[each.worker.activity_sid].available,
                each.capacity,
                each.taken.copy(),
                single,
            )
            for each in holders
        ]

    def _describe(self, worker: Worker) -> Scope:
        holder = self._workers[worker.sid]
        activity = self._source.activities[worker.activity_sid]
        return described(worker, activity, holder.channels, holder.taken, holder.accepted)

    def _skip_steps(self) -> bool:
        if not self._undecided:
            return False
        everybody = self._candidates(self._workers.values())
        undecided = sorted(self._undecided.values(), key=lambda task: task.seq)
        self._undecided.clear()
        moved = False
        for task in undecided:
            queue = self._source.queues.get(task.task_queue_sid or "")
            skip_if = task.target.skip_if if task.target else ""
            if should_skip(skip_if, queue, everybody, self._source.activities):
                self._skip_step(task)
                moved = True
        return moved

    def _skip_step(self, task: TaskCopy) -> None:
        routing, step = self._routing(task), RoutingStep(*(task.step or DEFAULT))
        following = configuration.step_after(routing, step, self._scope(task))
        if following is None and step != DEFAULT and routing.default_filter:
            following = DEFAULT
        self._go_on(task, following)


def _place_of(entry: tuple[Place, Task]) -> Place:
    return entry[0]


def _count(counts: dict[str, int], key: str, change: int) -> None:
    """Change a count, and keep none of zero."""
    count = counts.get(key, 0) + change
    if count:
        counts[key] = count
    else:
        counts.pop(key, None)
