"""Reservations: a task offered to a worker, and the worker's answer.

The instructions that place calls (call, dequeue, redirect, conference, supervise) are not
simulated and are refused; their parameters mean nothing without them.
"""

from __future__ import annotations

from typing import Literal

from ..core.context import Context
from ..core.errors import NOT_SIMULATED, TwilioError
from ..core.parameters import Parameters
from . import activities, completion, events, transfer_states, transfers, workflow_progress
from .completion import ASSIGNED_AT_MOST, close_reservation
from .limits import Sid, change, require
from .resources import Activity, Reservation, Task, TaskQueue, Worker, Workflow, Workspace

MAX_ASSIGNMENTS = 1_000
"""Times that a task goes from pending to reserved before it is cancelled (documented)."""
OFFERED_TOO_OFTEN = "Task TTL Exceeded or Max assignment count exceeded"
"""Reason of a cancelled task that was offered too often (observed)."""
RESERVATION_TIMEOUT = 120
"""Seconds, where no workflow says (specified default)."""

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


def reserve(ctx: Context, task: Task, worker: Worker) -> None:
    """Offer a task to a worker."""
    transfer = transfer_states.under_way(ctx, task)
    reservation = ctx.create(
        Reservation,
        workspace_sid=task.workspace_sid,
        task_sid=task.sid,
        worker_sid=worker.sid,
        task_channel_sid=task.task_channel_sid,
        reservation_status="pending",
        due_at=ctx.now + seconds_to_answer(ctx, task),
        version=0,
        transfer_sid=transfer.sid if transfer else None,
    )
    if task.assignment_status == "pending":
        change(
            ctx,
            task,
            assignment_status="reserved",
            assignments=task.assignments + 1,
            undecided=False,
            due_at=None if transfer else task.date_created + task.timeout,
        )
    change(ctx, worker, idle_since=ctx.now)  # which counts for its version, too (observed)
    events.emit(ctx, "reservation.created", task=task, reservation=reservation, worker=worker)
    _move_with_task(ctx, worker, task, "reservation_activity_sid")


def seconds_to_answer(ctx: Context, task: Task | None) -> int:
    """Return the seconds after which an offer of a task times out."""
    workflow = ctx.get_cached(Workflow, task.workflow_sid if task else None)
    return workflow.task_reservation_timeout if workflow else RESERVATION_TIMEOUT


def accept(ctx: Context, reservation: Reservation) -> None:
    """Assign a task to its worker; the offers to others are rescinded (documented).

    Raises:
        TwilioError: 20001, the reservation is not pending.
    """
    task = _pending_task(ctx, reservation)
    change(ctx, task, assignment_status="assigned", due_at=ctx.now + ASSIGNED_AT_MOST)
    transfer_states.complete(ctx, task)
    worker = close_reservation(ctx, reservation, "accepted", task)
    for other in _pending(ctx, task):
        close_reservation(ctx, other, "rescinded", task)
    _move_with_task(ctx, worker, task, "assignment_activity_sid")


def _pending(ctx: Context, task: Task) -> list[Reservation]:
    where = {"task_sid": task.sid, "reservation_status": "pending"}
    return ctx.store.select(Reservation, where)


def reject(ctx: Context, reservation: Reservation, activity_sid: str | None = None) -> None:
    """Turn a task down, and move the worker to another activity if one is named.

    Raises:
        TwilioError: 20001, the reservation is not pending.
    """
    task = _pending_task(ctx, reservation)
    worker = close_reservation(ctx, reservation, "rejected", task)
    activities.move(ctx, worker, activity_sid)
    _return_task(ctx, task, "rejected")


def time_out(ctx: Context, reservation: Reservation) -> None:
    """Take back an offer without an answer; its worker gets the timeout activity (specified)."""
    task = _task_of(ctx, reservation)
    worker = close_reservation(ctx, reservation, "timeout", task)
    workspace = ctx.get_cached(Workspace, reservation.workspace_sid)
    activities.move(ctx, worker, workspace.timeout_activity_sid if workspace else None)
    _return_task(ctx, task, "timeout")


def _task_of(ctx: Context, reservation: Reservation) -> Task:
    task = ctx.get_cached(Task, reservation.task_sid)
    assert task is not None  # both are deleted together
    return task


def _pending_task(ctx: Context, reservation: Reservation) -> Task:
    """Return the task of a pending reservation, and refuse any other (text observed)."""
    if reservation.reservation_status != "pending":
        raise TwilioError(
            20001,
            f"Reservation {reservation.sid} is not currently in a Pending state; it is"
            f" {reservation.reservation_status}",
        )
    return _task_of(ctx, reservation)


def _return_task(ctx: Context, task: Task, status: str) -> None:
    """Let a task wait again once it has no open offer (documented).

    The time of its step may have run out meanwhile, which counts now.
    """
    if _pending(ctx, task) or transfers.decline(ctx, task, status):
        return
    workflow_progress.wait_again(ctx, task)
    if task.assignments >= MAX_ASSIGNMENTS:
        completion.cancel(ctx, task, OFFERED_TOO_OFTEN)
    elif task.step_ends_at is not None and task.step_ends_at <= ctx.now:
        workflow_progress.time_out_step(ctx, task)


def _move_with_task(ctx: Context, worker: Worker, task: Task, setting: str) -> None:
    """Single-tasking workers change activity with their task; others do not (documented)."""
    workspace = ctx.get_cached(Workspace, task.workspace_sid)
    if workspace is not None and not workspace.multi_task_enabled:
        queue = ctx.get_cached(TaskQueue, task.task_queue_sid)
        activities.move(ctx, worker, getattr(queue, setting, None))


def update(ctx: Context, reservation: Reservation, changes: ReservationChanges) -> Reservation:
    """Accept or reject a reservation, or end an accepted one together with its task.

    Raises:
        TwilioError: 20001, its status does not allow the new one; 501, an instruction to place a
            call; 55555, no instruction of TaskRouter's.
    """
    sid = changes.worker_activity_sid
    require(ctx, Activity, reservation.workspace_sid, sid, "WorkerActivitySid")
    status = changes.reservation_status or _instructed(changes.instruction)
    if status == "accepted":
        accept(ctx, reservation)
    elif status == "rejected":
        reject(ctx, reservation, sid)
    elif status in ("wrapping", "completed"):
        if reservation.reservation_status not in ("accepted", "wrapping"):
            raise TwilioError(
                20001,
                f"Reservation {reservation.sid} cannot become {status}; it is"
                f" {reservation.reservation_status}",
            )
        task = _task_of(ctx, reservation)
        if not completion.close_alone(ctx, reservation, task, status):
            end = completion.wrap_up if status == "wrapping" else completion.complete
            end(ctx, task)
        return ctx.store.first(Reservation, sid=reservation.sid) or reservation
    elif status is not None:
        raise TwilioError(
            20001, f"A reservation becomes {status} by itself; ReservationStatus cannot say so"
        )
    return reservation


def _instructed(instruction: str | None) -> Status | None:
    """Return the status that an instruction leads to."""
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
