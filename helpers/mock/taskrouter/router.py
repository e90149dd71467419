"""Routing of waiting tasks: after events that make an offer possible, and by the clock.

Routing follows the account's events, so that the cause has been dispatched and answered by then: a
new task is `pending` when it is created and may be `reserved` a moment later.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from typing import Any

from ..core.clock import Timer
from ..core.context import Backend, Context
from ..core.events import Event
from ..core.store import Between, Order
from . import completion, reservations, workflow_progress, workforce
from .events import TaskRouterEvent
from .resources import Activity, Reservation, Task, TaskChannel, TaskQueue, Worker, Workspace
from .routing import Line, Place, Waiting, decide, should_skip

REROUTES = frozenset(
    {
        "task.updated",
        "task.transfer-initiated",
        "task.deleted",
        "task.system-deleted",
        "task-queue.expression.updated",
        "reservation.rejected",
        "reservation.timeout",
        "reservation.canceled",
        "reservation.rescinded",
        "reservation.completed",
        "worker.created",
        "worker.activity.update",
        "worker.attributes.update",
        "worker.capacity.update",
        "worker.channel.availability.update",
        "workflow.target-matched",
    }
)
"""Events after which a waiting task may be offered to a worker."""

_FEW = 10
"""Waiting tasks of a workspace that are looked through to find its lines."""
_MORE = 4
"""Factor by which more tasks are read each time those read before were not enough."""


class TaskRouter:
    """Routes the tasks of an account."""

    def __init__(self, backend: Backend, account_sid: str) -> None:
        self._backend = backend
        self._account_sid = account_sid
        self._timer: Timer | None = None
        self._setting = threading.Lock()

    def handle(self, event: Event) -> None:
        """Route tasks after an event, and do in time what it made due."""
        assert isinstance(event, TaskRouterEvent)
        task, reservation, workspace_sid = event.task, event.reservation, event.workspace.sid
        if event.name in REROUTES or (
            task is not None
            and event.name == "task.created"
            # no workflow moves a task that waits in a queue from the start, or for one worker
            and (event.record.task_queue_sid is not None or workflow_progress.is_direct(task))
        ):
            where = {"workspace_sid": workspace_sid, "assignment_status": "pending"}
            if self._backend.store.exists(Task, **where):
                with self._backend.transaction():
                    route(Context(self._backend, self._account_sid), workspace_sid)
        for changed in (task, reservation):
            if changed is None or changed.due_at is None:
                continue
            due, timer = changed.due_at, self._timer
            if timer is not None and timer.due <= due:
                continue
            if due <= self._backend.clock.now():
                self._ring()
            else:
                self._set(due)

    def arm(self) -> None:
        """Set the timer anew from stored tasks: at the start, and after a restore or reset."""
        with self._setting:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = None
        due = next_due(self._backend)
        if due is not None:
            self._set(due)

    def resume(self) -> None:
        """Route waiting tasks of a file that was opened again, and arm."""
        with self._backend.transaction():
            ctx = Context(self._backend, self._account_sid)
            for workspace in ctx.store.select(Workspace):
                route(ctx, workspace.sid)
        self.arm()

    def _set(self, due: float) -> None:
        """Schedule the timer unless an earlier one is set."""
        with self._setting:
            if self._timer is not None:
                if self._timer.due <= due:
                    return
                self._timer.cancel()
            self._timer = self._backend.clock.call_at(due, self._ring)

    def _ring(self) -> None:
        with self._setting:
            self._timer = None
        with self._backend.transaction():
            do_due(Context(self._backend, self._account_sid))
        due = next_due(self._backend)
        if due is not None:
            self._set(due)


# -- by the clock


def next_due(backend: Backend) -> float | None:
    """Return the time at which a task or reservation changes by itself next."""
    where, by = {"due_at": Between()}, ("due_at",)
    found: list[Task | Reservation] = [
        *backend.store.select(Task, where, by=by, limit=1),
        *backend.store.select(Reservation, where, by=by, limit=1),
    ]
    return min((each.due_at for each in found if each.due_at is not None), default=None)


def do_due(ctx: Context) -> None:
    """Time out reservations that are due, then move on, end or delete tasks."""
    due = {"due_at": Between(high=ctx.now)}
    for reservation in ctx.store.select(Reservation, due, by=("due_at",)):
        reservations.time_out(ctx, reservation)
    for task in ctx.store.select(Task, due, by=("due_at",)):
        if task.assignment_status in ("completed", "canceled"):
            completion.delete(ctx, task, None)
        elif task.assignment_status in ("assigned", "wrapping"):
            completion.delete(ctx, task, "task.system-deleted")
        elif ctx.now >= task.date_created + task.timeout:
            completion.cancel(ctx, task, completion.TTL_EXCEEDED)
        else:
            workflow_progress.time_out_step(ctx, task)


# -- routing


def route(ctx: Context, workspace_sid: str) -> None:
    """Offer waiting tasks to workers, and move on those whose step is skipped."""
    workspace = ctx.get_cached(Workspace, workspace_sid)
    while workspace is not None:
        waiting = _Pending(ctx, workspace)
        # tasks that ignore capacity and availability go to their one worker (specified)
        for task in waiting.matching(undecided=False, ignore_capacity=True):
            worker = ctx.store.first(Worker, sid=task.routing_target)
            if worker is not None:
                reservations.reserve(ctx, task, worker)
        channels = waiting.channels()
        candidates = workforce.available(ctx, workspace, channels) if channels else []
        lines = _lines(ctx, workspace, waiting, channels) if candidates else ()
        for task, workers in decide(lines, candidates):
            for worker in workers:
                reservations.reserve(ctx, task, worker)
        if not _skip_steps(ctx, workspace, waiting):
            return


class _Pending:
    """Tasks of a workspace that wait: all of them, read once, or as the store finds many."""

    def __init__(self, ctx: Context, workspace: Workspace) -> None:
        self._ctx, self._workspace = ctx, workspace
        self._where: dict[str, Any] = {
            "workspace_sid": workspace.sid,
            "assignment_status": "pending",
        }
        tasks = ctx.store.select(Task, self._where, limit=_FEW)
        self._all = tasks if len(tasks) < _FEW else None

    @property
    def few(self) -> list[Task] | None:
        """All that wait by now; None where they are many."""
        if self._all is None:
            return None
        return [task for task in self._all if task.assignment_status == "pending"]

    def channels(self) -> set[str]:
        """Task channels of all (SIDs)."""
        if (few := self.few) is not None:
            return {task.task_channel_sid for task in few}
        every = workforce.in_workspace(self._ctx, TaskChannel, self._workspace)
        exists = self._ctx.store.exists
        return {
            channel.sid
            for channel in every
            if exists(Task, **self._where, task_channel_sid=channel.sid)
        }

    def matching(self, **values: Any) -> list[Task]:
        """Those whose fields have these values."""
        if (few := self.few) is None:
            return self._ctx.store.select(Task, {**self._where, **values})
        return [task for task in few if all(getattr(task, n) == v for n, v in values.items())]

    def in_order(self, queue: TaskQueue | None, task_channel_sid: str, sign: int) -> Iterator[Task]:
        """Yield those of a queue and channel by priority and age, the oldest first if positive."""
        own = {"task_queue_sid": queue.sid if queue else None, "task_channel_sid": task_channel_sid}
        if self._all is not None:
            yield from sorted(self.matching(**own), key=lambda task: _place(task, sign))
            return
        by = ("-priority", "-virtual_start_time" if sign < 0 else "virtual_start_time")
        order: Order = "desc" if sign < 0 else "asc"
        start, limit = 0, 1
        while True:
            tasks = self._ctx.store.select(
                Task, self._where | own, by=by, order=order, limit=limit, offset=start
            )
            yield from tasks
            if len(tasks) < limit:
                return
            start, limit = start + limit, limit * _MORE


def _place(task: Task, sign: int) -> tuple[float, ...]:
    return -task.priority, sign * task.virtual_start_time, sign * task.seq


def _lines(
    ctx: Context, workspace: Workspace, waiting: _Pending, channels: set[str]
) -> Iterator[Line]:
    """Yield the lines that tasks of these channels wait in, with a queue or without."""
    few = waiting.few
    used = {(task.task_channel_sid, task.task_queue_sid) for task in few or ()}
    queues: list[TaskQueue | None] = [None, *workforce.in_workspace(ctx, TaskQueue, workspace)]
    for channel in sorted(channels):
        for queue in queues:
            if few is None or (channel, queue and queue.sid) in used:
                yield Line(channel, _in_line(ctx, workspace, queue, channel, waiting))


def _in_line(
    ctx: Context,
    workspace: Workspace,
    queue: TaskQueue | None,
    task_channel_sid: str,
    waiting: _Pending,
) -> Iterator[tuple[Place, Waiting]]:
    """Yield tasks by priority, then by the queue order that comes first, then by age."""
    kind = queue.task_order if queue else "FIFO"
    sign = -1 if kind == "LIFO" else 1
    after_others = kind != workspace.prioritize_queue_order
    for task in waiting.in_order(queue, task_channel_sid, sign):
        target, refusals = workflow_progress.target_of(ctx, task), _refusals(ctx, task)
        priority, *since = _place(task, sign)
        yield (priority, after_others, *since), Waiting(task, queue, target, refusals, ctx.now)


def _refusals(ctx: Context, task: Task) -> Counter[str]:
    """Count the offers of a task that each worker has turned down."""
    if not task.assignments:
        return Counter()
    where = {"task_sid": task.sid, "reservation_status": ["rejected", "timeout"]}
    return Counter(past.worker_sid for past in ctx.store.select(Reservation, where))


def _skip_steps(ctx: Context, workspace: Workspace, waiting: _Pending) -> bool:
    """Move on the tasks whose step is to be skipped. Returns whether there were any.

    A step is looked at once, when no worker could be offered the task on entering it (documented).
    """
    undecided = waiting.matching(undecided=True)
    if not undecided:
        return False
    everybody = workforce.everybody(ctx, workspace)
    activities = [each.sid for each in workforce.in_workspace(ctx, Activity, workspace)]
    moved = False
    for task in undecided:
        target = workflow_progress.target_of(ctx, task)
        queue = ctx.get_cached(TaskQueue, task.task_queue_sid)
        ctx.store.save(task, undecided=False)
        if target is not None and should_skip(target.skip_if, queue, everybody, activities):
            workflow_progress.skip_step(ctx, task)
            moved = True
    return moved
