"""The end of a task, and the closing of its reservations."""

from __future__ import annotations

from ..core.context import Context
from ..core.errors import TwilioError
from . import events, transfer_states
from .limits import change
from .resources import OPEN_RESERVATIONS, Reservation, Task, TaskTransfer, Worker

ASSIGNED_AT_MOST = 86_400.0
"""Seconds that a task may be assigned before it is deleted (documented)."""
DELETED_AFTER = 300.0
"""Seconds until a task that ended is deleted (documented)."""
TTL_EXCEEDED = "Task TTL Exceeded"
"""Reason of a cancelled task that waited too long (specified)."""


def open_reservations(ctx: Context, task: Task) -> list[Reservation]:
    """Return a task's reservations that have not ended."""
    where = {"task_sid": task.sid, "reservation_status": list(OPEN_RESERVATIONS)}
    return ctx.store.select(Reservation, where)


def close_reservation(
    ctx: Context, reservation: Reservation, status: str, task: Task, event: str | None = None
) -> Worker:
    """Give a reservation another status, and emit `reservation.<event>`, by default the status.

    Returns:
        Its worker, idle from now on where the reservation has ended.
    """
    change(ctx, reservation, reservation_status=status, due_at=None)
    worker = ctx.get_cached(Worker, reservation.worker_sid)
    assert worker is not None
    if status != "wrapping":
        ctx.store.save(worker, idle_since=ctx.now)
    name = f"reservation.{event or status}"
    events.emit(ctx, name, task=task, reservation=reservation, worker=worker)
    return worker


def close_alone(ctx: Context, reservation: Reservation, task: Task, status: str) -> bool:
    """Close an accepted reservation without its task, which another worker has by a transfer.

    Returns:
        Whether there is such a worker, or an offer to one.
    """
    others = [
        each
        for each in open_reservations(ctx, task)
        if each.sid != reservation.sid and each.reservation_status != "wrapping"
    ]
    is_transferred = bool(others) or transfer_states.under_way(ctx, task) is not None
    if is_transferred:
        event = "wrapup" if status == "wrapping" else None
        close_reservation(ctx, reservation, status, task, event)
    return is_transferred


def wrap_up(ctx: Context, task: Task, reason: str | None = None) -> None:
    """Leave a worker to finish off an assigned task.

    Raises:
        TwilioError: 20001, it is not assigned (text observed).
    """
    if task.assignment_status != "assigned":
        raise _cannot(ctx, "wrap up a", task, "it's not currently assigned")
    change(ctx, task, assignment_status="wrapping", reason=reason or task.reason)
    for reservation in open_reservations(ctx, task):
        if reservation.reservation_status != "wrapping":
            close_reservation(ctx, reservation, "wrapping", task, "wrapup")
    events.emit(ctx, "task.wrapup", task=task)


def complete(ctx: Context, task: Task, reason: str | None = None) -> None:
    """End a task that was worked on.

    Raises:
        TwilioError: 20001, it is neither assigned nor wrapping (text after that of `wrap_up`).
    """
    if task.assignment_status not in ("assigned", "wrapping"):
        raise _cannot(ctx, "complete", task, "it's not currently assigned")
    _end(ctx, task, "completed", reason or task.reason)


def cancel(ctx: Context, task: Task, reason: str | None = None) -> None:
    """End a task that no worker has accepted.

    Raises:
        TwilioError: 20001, it is neither pending nor reserved (text observed).
    """
    if task.assignment_status not in ("pending", "reserved"):
        raise _cannot(ctx, "cancel", task, "it is not pending or reserved")
    _end(ctx, task, "canceled", reason)


def _end(ctx: Context, task: Task, status: str, reason: str | None) -> None:
    change(
        ctx,
        task,
        assignment_status=status,
        reason=reason,
        undecided=False,
        due_at=ctx.now + DELETED_AFTER,
    )
    transfer_states.end(ctx, task)
    for reservation in open_reservations(ctx, task):
        close_reservation(ctx, reservation, status, task)
    events.emit(ctx, f"task.{status}", task=task)


def delete(ctx: Context, task: Task, event: str | None = "task.deleted") -> None:
    """Delete a task with its reservations.

    Those that were accepted are completed (observed), those that are pending cancelled (inferred).
    A task that ended is cleared away without an event (documented).
    """
    for reservation in open_reservations(ctx, task):
        is_pending = reservation.reservation_status == "pending"
        close_reservation(ctx, reservation, "canceled" if is_pending else "completed", task)
    if event is not None:
        events.emit(ctx, event, task=task)
    ctx.store.remove_all(Reservation, task_sid=task.sid)
    ctx.store.remove_all(TaskTransfer, task_sid=task.sid)
    ctx.store.remove(task)


def _cannot(ctx: Context, act: str, task: Task, why: str) -> TwilioError:
    return TwilioError(
        20001,
        f"Cannot {act} task {task.sid} in workspace {task.workspace_sid} for account"
        f" {ctx.account_sid} because {why}.",
    )
