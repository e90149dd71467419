"""Reservations as the API changes them.

The instructions that place calls (call, dequeue, redirect, conference, supervise) are not
simulated and are refused; their parameters mean nothing without them.
"""

from __future__ import annotations

from typing import Literal

from ..core.context import Context
from ..core.errors import NOT_SIMULATED, TwilioError
from ..core.parameters import Parameters
from . import activities, completion, workflow_progress
from .completion import close_reservation, emit_reservation, open_reservations, task_of
from .limits import Sid, change, inside
from .resources import Activity, Reservation, Task, TaskQueue, Worker, Workflow, Workspace

ASSIGNED_AT_MOST = 86_400.0
"""Seconds that a task may be assigned before it is deleted (documented)."""
MAX_ASSIGNMENTS = 1_000
"""Times that a task goes from pending to reserved before it is cancelled (documented)."""
OFFERED_TOO_OFTEN = "Task TTL Exceeded or Max assignment count exceeded"
"""Why a task was cancelled that was offered too often (observed)."""
RESERVATION_TIMEOUT = 120
"""Seconds, where no workflow says (specified default)."""


def reserve(ctx: Context, task: Task, worker: Worker) -> Reservation:
    """Offer a task to a worker."""
    workflow = ctx.get_cached(Workflow, task.workflow_sid)
    seconds = workflow.task_reservation_timeout if workflow else RESERVATION_TIMEOUT
    reservation = ctx.create(
        Reservation,
        workspace_sid=task.workspace_sid,
        task_sid=task.sid,
        worker_sid=worker.sid,
        task_channel_sid=task.task_channel_sid,
        reservation_status="pending",
        due_at=ctx.now + seconds,
        version=0,
    )
    if task.assignment_status == "pending":
        change(
            ctx,
            task,
            assignment_status="reserved",
            assignments=task.assignments + 1,
            undecided=False,
            due_at=task.date_created + task.timeout,
        )
    ctx.store.save(worker, idle_since=ctx.now)
    emit_reservation(ctx, "created", reservation, task, worker)
    _update_task(ctx, worker, task, "reservation_activity_sid")
    return reservation


def accept(ctx: Context, reservation: Reservation) -> None:
    """Have a worker take a task on; the offers to others are rescinded (documented).

    Raises:
        TwilioError: 20001, the reservation is not pending.
    """
    _require_pending(reservation)
    task = task_of(ctx, reservation)
    change(ctx, task, assignment_status="assigned", due_at=ctx.now + ASSIGNED_AT_MOST)
    worker = close_reservation(ctx, reservation, "accepted", task)
    for other in open_reservations(ctx, task):
        if other.sid != reservation.sid:
            close_reservation(ctx, other, "rescinded", task)
    _update_task(ctx, worker, task, "assignment_activity_sid")


def reject(ctx: Context, reservation: Reservation, activity_sid: str | None = None) -> None:
    """Have a worker turn a task down, and go to another activity where one is named.

    Raises:
        TwilioError: 20001, the reservation is not pending.
    """
    _require_pending(reservation)
    task = task_of(ctx, reservation)
    worker = close_reservation(ctx, reservation, "rejected", task)
    activities.move(ctx, worker, activity_sid)
    _return_task(ctx, task)


def time_out(ctx: Context, reservation: Reservation) -> None:
    """Take back an offer nobody answered; its worker gets the timeout activity (specified)."""
    task = task_of(ctx, reservation)
    worker = close_reservation(ctx, reservation, "timeout", task)
    workspace = ctx.get_cached(Workspace, reservation.workspace_sid)
    activities.move(ctx, worker, workspace.timeout_activity_sid if workspace else None)
    _return_task(ctx, task)


def _return_task(ctx: Context, task: Task) -> None:
    """Have a task wait again once nobody considers it any more (documented).

    The time of its step may have run out meanwhile, which counts now.
    """
    if open_reservations(ctx, task):
        return
    workflow_progress.wait_again(ctx, task)
    if task.assignments >= MAX_ASSIGNMENTS:
        completion.cancel(ctx, task, OFFERED_TOO_OFTEN)
    elif task.step_ends_at is not None and task.step_ends_at <= ctx.now:
        workflow_progress.time_out_step(ctx, task)


def _require_pending(reservation: Reservation) -> None:
    """Refuse what only a pending reservation allows (text observed)."""
    if reservation.reservation_status != "pending":
        raise TwilioError(
            20001,
            f"Reservation {reservation.sid} is not currently in a Pending state; it is"
            f" {reservation.reservation_status}",
        )


def _update_task(ctx: Context, worker: Worker, task: Task, setting: str) -> None:
    """Single-tasking workers change activity with their task; others do not (documented)."""
    workspace = ctx.get_cached(Workspace, task.workspace_sid)
    if workspace is None or workspace.multi_task_enabled:
        return
    queue = ctx.get_cached(TaskQueue, task.task_queue_sid)
    activities.move(ctx, worker, getattr(queue, setting, None))


Status = Literal[
    "pending", "accepted", "rejected", "timeout", "canceled", "rescinded", "wrapping", "completed"
]

_INSTRUCTED: dict[str, Status] = {"accept": "accepted", "reject": "rejected"}
_OF_VOICE = ("call", "dequeue", "redirect", "conference", "supervise")


class ReservationChanges(Parameters):
    """Parameters of reservation update (specified), less those of calls."""

    reservation_status: Status | None = None
    worker_activity_sid: Sid = None
    instruction: str | None = None


def update(ctx: Context, reservation: Reservation, changes: ReservationChanges) -> Reservation:
    """Accept or reject a reservation, or end an accepted one together with its task.

    Raises:
        TwilioError: 20001, its status does not allow the new one; 501, an instruction to place a
            call; 55555, no instruction of TaskRouter's.
    """
    sid = changes.worker_activity_sid
    inside(ctx, Activity, reservation.workspace_sid, sid, "WorkerActivitySid")
    status = changes.reservation_status or _instructed(changes.instruction)
    if status == "accepted":
        accept(ctx, reservation)
    elif status == "rejected":
        reject(ctx, reservation, sid)
    elif status in ("wrapping", "completed"):
        _end(ctx, reservation, status)
    elif status is not None:
        raise TwilioError(
            20001, f"A reservation becomes {status} by itself; ReservationStatus cannot say so"
        )
    found = ctx.store.first(Reservation, sid=reservation.sid)
    return found or reservation


def _instructed(instruction: str | None) -> Status | None:
    if instruction is None:
        return None
    name = instruction.lower()
    if name in _OF_VOICE:
        raise TwilioError(
            NOT_SIMULATED,
            f"Instruction={name} places a call, which this mock does not simulate; it simulates"
            " accept and reject",
        )
    if name not in _INSTRUCTED:
        raise TwilioError(55555, f"Invalid instruction {instruction[:40]!r} passed to TaskRouter")
    return _INSTRUCTED[name]


def _end(ctx: Context, reservation: Reservation, status: Status) -> None:
    if reservation.reservation_status not in ("accepted", "wrapping"):
        raise TwilioError(
            20001,
            f"Reservation {reservation.sid} cannot become {status}; it is"
            f" {reservation.reservation_status}",
        )
    task = task_of(ctx, reservation)
    (completion.wrap_up if status == "wrapping" else completion.complete)(ctx, task)
