"""A task offered to workers: reserved, accepted, rejected, timed out."""

from __future__ import annotations

from ..call import Call
from ..errors import TwilioError
from . import activities, endings, progress
from .holding import close, open_reservations, task_of, tell
from .resources import Reservation, Task, TaskQueue, Worker, Workflow, Workspace
from .rules import change

ASSIGNED_AT_MOST = 86_400.0
"""Seconds that a task may be assigned before it is deleted (documented)."""
MAX_ASSIGNMENTS = 1_000
"""Times that a task goes from pending to reserved before it is cancelled (documented)."""
OFFERED_TOO_OFTEN = "Task TTL Exceeded or Max assignment count exceeded"
"""Why a task was cancelled that was offered too often (observed)."""
RESERVATION_TIMEOUT = 120
"""Seconds, where no workflow says (specified default)."""


def reserve(call: Call, task: Task, worker: Worker) -> Reservation:
    """Offer a task to a worker."""
    workflow = call.setting(Workflow, task.workflow_sid)
    seconds = workflow.task_reservation_timeout if workflow else RESERVATION_TIMEOUT
    reservation = call.store.add(
        Reservation(
            sid=call.sids.new("WR"),
            account_sid=call.account_sid,
            workspace_sid=task.workspace_sid,
            task_sid=task.sid,
            worker_sid=worker.sid,
            task_channel_sid=task.task_channel_sid,
            reservation_status="pending",
            due_at=call.now + seconds,
            version=0,
            date_created=call.now,
            date_updated=call.now,
        )
    )
    if task.assignment_status == "pending":
        change(
            call,
            task,
            assignment_status="reserved",
            assignments=task.assignments + 1,
            undecided=False,
            due_at=task.date_created + task.timeout,
        )
    call.store.save(worker, idle_since=call.now)
    tell(call, "created", reservation, task, worker)
    _follow_task(call, worker, task, "reservation_activity_sid")
    return reservation


def accept(call: Call, reservation: Reservation) -> None:
    """Have a worker take a task on; the offers to others are rescinded (documented).

    Raises:
        TwilioError: 20001, the reservation is not pending.
    """
    _require_pending(reservation)
    task = task_of(call, reservation)
    change(call, task, assignment_status="assigned", due_at=call.now + ASSIGNED_AT_MOST)
    worker = close(call, reservation, "accepted", task)
    for other in open_reservations(call, task):
        if other.sid != reservation.sid:
            close(call, other, "rescinded", task)
    _follow_task(call, worker, task, "assignment_activity_sid")


def reject(call: Call, reservation: Reservation, activity_sid: str | None = None) -> None:
    """Have a worker turn a task down, and go to another activity where one is named.

    Raises:
        TwilioError: 20001, the reservation is not pending.
    """
    _require_pending(reservation)
    task = task_of(call, reservation)
    worker = close(call, reservation, "rejected", task)
    activities.move(call, worker, activity_sid)
    _give_back(call, task)


def time_out(call: Call, reservation: Reservation) -> None:
    """Take back an offer nobody answered; its worker gets the timeout activity (specified)."""
    task = task_of(call, reservation)
    worker = close(call, reservation, "timeout", task)
    workspace = call.setting(Workspace, reservation.workspace_sid)
    activities.move(call, worker, workspace.timeout_activity_sid if workspace else None)
    _give_back(call, task)


def _give_back(call: Call, task: Task) -> None:
    """Have a task wait again once nobody considers it any more (documented).

    The time of its step may have run out meanwhile, which counts now.
    """
    if open_reservations(call, task):
        return
    progress.wait_again(call, task)
    if task.assignments >= MAX_ASSIGNMENTS:
        endings.cancel(call, task, OFFERED_TOO_OFTEN)
    elif task.step_ends_at is not None and task.step_ends_at <= call.now:
        progress.time_out_step(call, task)


def _require_pending(reservation: Reservation) -> None:
    """Refuse what only a pending reservation allows (text observed)."""
    if reservation.reservation_status != "pending":
        raise TwilioError(
            20001,
            f"Reservation {reservation.sid} is not currently in a Pending state; it is"
            f" {reservation.reservation_status}",
        )


def _follow_task(call: Call, worker: Worker, task: Task, setting: str) -> None:
    """Single-tasking workers change activity with their task; others do not (documented)."""
    workspace = call.setting(Workspace, task.workspace_sid)
    if workspace is None or workspace.multi_task_enabled:
        return
    queue = call.setting(TaskQueue, task.task_queue_sid)
    activities.move(call, worker, getattr(queue, setting, None))
