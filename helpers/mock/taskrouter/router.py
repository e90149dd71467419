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

from ..call import Call
from ..clock import Timer
from ..events import Event
from ..ground import Ground
from ..store import Between, Order
from . import endings, offers, progress, workforce
from .events import TaskRouterEvent
from .resources import (
    Activity,
    Reservation,
    Task,
    TaskChannel,
    TaskQueue,
    Worker,
    Workspace,
)
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


class Router:
    """Carries an account's routing out."""

    def __init__(self, ground: Ground, account_sid: str) -> None:
        self._ground = ground
        self._account_sid = account_sid
        self._timer: Timer | None = None
        self._setting = threading.Lock()

    def hear(self, event: Event) -> None:
        """Route what an event has made possible."""
        if not isinstance(event, TaskRouterEvent):
            return
        if (event.name in REROUTES or _waits_outside(event)) and self._is_waiting(event):
            with self._ground.transaction():
                route(self._call(), event.workspace.sid)
        for changed in (event.task, event.reservation):
            if changed is not None and changed.due_at is not None:
                self._expect(changed.due_at)

    def _is_waiting(self, event: TaskRouterEvent) -> bool:
        """Whether any task of the workspace waits."""
        where = {"workspace_sid": event.workspace.sid, "assignment_status": "pending"}
        return self._ground.store.exists(Task, **where)

    def arm(self) -> None:
        """Set the timer anew from what is stored: at the start, and after a restore or reset."""
        with self._setting:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = None
        due = next_due(self._ground)
        if due is not None:
            self._set(due)

    def resume(self) -> None:
        """Go on in a file that was opened anew: route what waits, and arm."""
        with self._ground.transaction():
            call = self._call()
            for workspace in call.store.select(Workspace):
                route(call, workspace.sid)
        self.arm()

    def _expect(self, due: float) -> None:
        """Do at once what is due already, and the rest when it is."""
        if due <= self._ground.clock.now():
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
            self._timer = self._ground.clock.call_at(due, self._ring)

    def _ring(self) -> None:
        with self._setting:
            self._timer = None
        with self._ground.transaction():
            do_due(self._call())
        self.arm()

    def _call(self) -> Call:
        return Call(self._ground, self._account_sid)


def _waits_outside(event: TaskRouterEvent) -> bool:
    """Whether a task was made that no workflow moves: it waits in a queue, or for one worker."""
    task = event.task
    return event.name == "task.created" and task is not None and progress.is_direct(task)


# -- whatever happens by itself


def next_due(ground: Ground) -> float | None:
    """When something happens next to a task or reservation by itself."""
    where = {"due_at": Between()}
    kinds: tuple[type[Task] | type[Reservation], ...] = (Task, Reservation)
    found = [ground.store.select(kind, where, by=("due_at",), limit=1) for kind in kinds]
    moments = [first.due_at for items in found for first in items if first.due_at is not None]
    return min(moments, default=None)


def do_due(call: Call) -> None:
    """Do what is due: reservations time out first, then tasks move on, give up or go."""
    due = {"due_at": Between(high=call.now)}
    for reservation in call.store.select(Reservation, due, by=("due_at",)):
        offers.time_out(call, reservation)
    for task in call.store.select(Task, due, by=("due_at",)):
        _move_on(call, task)


def _move_on(call: Call, task: Task) -> None:
    if task.assignment_status in ("completed", "canceled"):
        endings.delete(call, task)
    elif task.assignment_status in ("assigned", "wrapping"):
        endings.delete(call, task, "task.system-deleted")
    elif call.now >= task.date_created + task.timeout:
        endings.cancel(call, task, endings.TTL_EXCEEDED)
    else:
        progress.time_out_step(call, task)


# -- routing


def route(call: Call, workspace_sid: str) -> None:
    """Offer waiting tasks to whoever may have them, and move on those whose step is skipped."""
    workspace = call.setting(Workspace, workspace_sid)
    where = {"workspace_sid": workspace_sid, "assignment_status": "pending"}
    while workspace is not None and call.store.exists(Task, **where):
        _offer_directly(call, workspace)
        for offer in decide(_lines(call, workspace), workforce.available(call, workspace)):
            for worker in offer.workers:
                offers.reserve(call, offer.waiting.task, worker)
        if not _skip(call, workspace):
            return


def _offer_directly(call: Call, workspace: Workspace) -> None:
    """Offer tasks that ignore capacity and availability to their one worker (specified)."""
    where = {
        "workspace_sid": workspace.sid,
        "assignment_status": "pending",
        "undecided": False,
        "ignore_capacity": True,
    }
    for task in call.store.select(Task, where):
        worker = call.store.first(Worker, sid=task.routing_target)
        if worker is not None:
            offers.reserve(call, task, worker)


def _lines(call: Call, workspace: Workspace) -> Iterator[Line]:
    """The lines that tasks of the workspace wait in, with a queue or without."""
    queues: list[TaskQueue | None] = [None, *workforce.inside(call, TaskQueue, workspace)]
    for channel in workforce.inside(call, TaskChannel, workspace):
        for queue in queues:
            yield Line(channel.sid, _in_line(call, workspace, queue, channel.sid))


def _in_line(
    call: Call, workspace: Workspace, queue: TaskQueue | None, task_channel_sid: str
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
        tasks = call.store.select(Task, where, by=by, order=order, limit=limit, offset=start)
        for task in tasks:
            since = (sign * task.virtual_start_time, sign * task.seq)
            yield (-task.priority, after_others, *since), _waiting(call, task, queue)
        if len(tasks) < limit:
            return
        start, limit = start + limit, limit * _MORE


def _waiting(call: Call, task: Task, queue: TaskQueue | None) -> Waiting:
    refusals: Counter[str] = Counter()
    if task.assignments:
        where = {"task_sid": task.sid, "reservation_status": ["rejected", "timeout"]}
        refusals.update(past.worker_sid for past in call.store.select(Reservation, where))
    return Waiting(task, queue, progress.target_of(call, task), refusals)


def _skip(call: Call, workspace: Workspace) -> bool:
    """Move on the tasks whose step is to be skipped; whether there were any.

    A step is looked at once, when nobody could be offered the task on entering it (documented).
    """
    where = {
        "workspace_sid": workspace.sid,
        "assignment_status": "pending",
        "undecided": True,
    }
    undecided = call.store.select(Task, where)
    if not undecided:
        return False
    everybody = workforce.everybody(call, workspace)
    doing = [one.sid for one in workforce.inside(call, Activity, workspace)]
    moved = False
    for task in undecided:
        target = progress.target_of(call, task)
        queue = call.setting(TaskQueue, task.task_queue_sid)
        call.store.save(task, undecided=False)
        if target is not None and should_skip(target.skip_if, queue, everybody, doing):
            progress.skip_step(call, task)
            moved = True
    return moved
