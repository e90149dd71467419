"""Routes tasks once what makes it possible has happened, and when their time has come.

It follows the account's events, so that what caused the routing has been told and answered by
then: a new task is `pending` when it is created and may be `reserved` a moment later.

Not simulated: assignment callbacks. A workflow keeps its AssignmentCallbackUrl, and nothing is
posted there.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator

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
"""Events after which a task may have somebody to go to."""

_MORE = 4
"""How many times as many tasks are read each time those read before were not enough."""


class TaskRouter:
    """Carries an account's routing out."""

    def __init__(self, backend: Backend, account_sid: str) -> None:
        self._backend = backend
        self._account_sid = account_sid
        self._timer: Timer | None = None
        self._setting = threading.Lock()

    def handle(self, event: Event) -> None:
        """Route what an event has made possible."""
        if not isinstance(event, TaskRouterEvent):
            return
        if (event.name in REROUTES or _waits_outside(event)) and self._is_waiting(event):
            with self._backend.transaction():
                route(self._call(), event.workspace.sid)
        for changed in (event.task, event.reservation):
            if changed is not None and changed.due_at is not None:
                self._expect(changed.due_at)

    def _is_waiting(self, event: TaskRouterEvent) -> bool:
        """Whether any task of the workspace waits."""
        where = {"workspace_sid": event.workspace.sid, "assignment_status": "pending"}
        return self._backend.store.exists(Task, **where)

    def arm(self) -> None:
        """Set the timer anew from what is stored: at the start, and after a restore or reset."""
        with self._setting:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = None
        due = next_due(self._backend)
        if due is not None:
            self._set(due)

    def resume(self) -> None:
        """Go on in a file that was opened anew: route what waits, and arm."""
        with self._backend.transaction():
            ctx = self._call()
            for workspace in ctx.store.select(Workspace):
                route(ctx, workspace.sid)
        self.arm()

    def _expect(self, due: float) -> None:
        """Do at once what is due already, and the rest when it is."""
        if due <= self._backend.clock.now():
            self._ring()
        else:
            self._set(due)

    def _set(self, due: float) -> None:
        """Ring at `due`, if not sooner; one that rings for nothing sets itself anew."""
        with self._setting:
            if self._timer is not None and self._timer.due <= due:
                return
            if self._timer is not None:
                self._timer.cancel()
            self._timer = self._backend.clock.call_at(due, self._ring)

    def _ring(self) -> None:
        with self._setting:
            self._timer = None
        with self._backend.transaction():
            do_due(self._call())
        self.arm()

    def _call(self) -> Context:
        return Context(self._backend, self._account_sid)


def _waits_outside(event: TaskRouterEvent) -> bool:
    """Whether a task was made that no workflow moves: it waits in a queue, or for one worker."""
    task = event.task
    return event.name == "task.created" and task is not None and workflow_progress.is_direct(task)


# -- whatever happens by itself


def next_due(backend: Backend) -> float | None:
    """When something happens next to a task or reservation by itself."""
    where = {"due_at": Between()}
    kinds: tuple[type[Task] | type[Reservation], ...] = (Task, Reservation)
    found = [backend.store.select(kind, where, by=("due_at",), limit=1) for kind in kinds]
    moments = [first.due_at for items in found for first in items if first.due_at is not None]
    return min(moments, default=None)


def do_due(ctx: Context) -> None:
    """Do what is due: reservations time out first, then tasks move on, give up or go."""
    due = {"due_at": Between(high=ctx.now)}
    for reservation in ctx.store.select(Reservation, due, by=("due_at",)):
        reservations.time_out(ctx, reservation)
    for task in ctx.store.select(Task, due, by=("due_at",)):
        _move_on(ctx, task)


def _move_on(ctx: Context, task: Task) -> None:
    if task.assignment_status in ("completed", "canceled"):
        completion.delete(ctx, task)
    elif task.assignment_status in ("assigned", "wrapping"):
        completion.delete(ctx, task, "task.system-deleted")
    elif ctx.now >= task.date_created + task.timeout:
        completion.cancel(ctx, task, completion.TTL_EXCEEDED)
    else:
        workflow_progress.time_out_step(ctx, task)


# -- routing


def route(ctx: Context, workspace_sid: str) -> None:
    """Offer waiting tasks to whoever may have them, and move on those whose step is skipped."""
    workspace = ctx.get_cached(Workspace, workspace_sid)
    where = {"workspace_sid": workspace_sid, "assignment_status": "pending"}
    while workspace is not None and ctx.store.exists(Task, **where):
        _offer_directly(ctx, workspace)
        for offer in decide(_lines(ctx, workspace), workforce.available(ctx, workspace)):
            for worker in offer.workers:
                reservations.reserve(ctx, offer.waiting.task, worker)
        if not _skip(ctx, workspace):
            return


def _offer_directly(ctx: Context, workspace: Workspace) -> None:
    """Offer tasks that ignore capacity and availability to their one worker (specified)."""
    where = {
        "workspace_sid": workspace.sid,
        "assignment_status": "pending",
        "undecided": False,
        "ignore_capacity": True,
    }
    for task in ctx.store.select(Task, where):
        worker = ctx.store.first(Worker, sid=task.routing_target)
        if worker is not None:
            reservations.reserve(ctx, task, worker)


def _lines(ctx: Context, workspace: Workspace) -> Iterator[Line]:
    """The lines that tasks of the workspace wait in, with a queue or without."""
    queues: list[TaskQueue | None] = [None, *workforce.inside(ctx, TaskQueue, workspace)]
    for channel in workforce.inside(ctx, TaskChannel, workspace):
        for queue in queues:
            yield Line(channel.sid, _in_line(ctx, workspace, queue, channel.sid))


def _in_line(
    ctx: Context, workspace: Workspace, queue: TaskQueue | None, task_channel_sid: str
) -> Iterator[tuple[Place, Waiting]]:
    """Tasks by priority, then by the kind of queue that comes first, then by age."""
    kind = queue.task_order if queue else "FIFO"
    sign = -1 if kind == "LIFO" else 1
    after_others = kind != workspace.prioritize_queue_order
    where = {
        "workspace_sid": workspace.sid,
        "task_queue_sid": queue.sid if queue else None,
        "assignment_status": "pending",
        "task_channel_sid": task_channel_sid,
    }
    by = ("-priority", "-virtual_start_time" if sign < 0 else "virtual_start_time")
    order: Order = "desc" if sign < 0 else "asc"
    start, limit = 0, 1
    while True:
        tasks = ctx.store.select(Task, where, by=by, order=order, limit=limit, offset=start)
        for task in tasks:
            since = (sign * task.virtual_start_time, sign * task.seq)
            yield (-task.priority, after_others, *since), _waiting(ctx, task, queue)
        if len(tasks) < limit:
            return
        start, limit = start + limit, limit * _MORE


def _waiting(ctx: Context, task: Task, queue: TaskQueue | None) -> Waiting:
    refusals: Counter[str] = Counter()
    if task.assignments:
        where = {"task_sid": task.sid, "reservation_status": ["rejected", "timeout"]}
        refusals.update(past.worker_sid for past in ctx.store.select(Reservation, where))
    return Waiting(task, queue, workflow_progress.target_of(ctx, task), refusals)


def _skip(ctx: Context, workspace: Workspace) -> bool:
    """Move on the tasks whose step is to be skipped; whether there were any.

    A step is looked at once, when nobody could be offered the task on entering it (documented).
    """
    where = {
        "workspace_sid": workspace.sid,
        "assignment_status": "pending",
        "undecided": True,
    }
    undecided = ctx.store.select(Task, where)
    if not undecided:
        return False
    everybody = workforce.everybody(ctx, workspace)
    doing = [one.sid for one in workforce.inside(ctx, Activity, workspace)]
    moved = False
    for task in undecided:
        target = workflow_progress.target_of(ctx, task)
        queue = ctx.get_cached(TaskQueue, task.task_queue_sid)
        ctx.store.save(task, undecided=False)
        if target is not None and should_skip(target.skip_if, queue, everybody, doing):
            workflow_progress.skip_step(ctx, task)
            moved = True
    return moved
