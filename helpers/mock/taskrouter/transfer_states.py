"""States of a task's transfer, and its events."""

from __future__ import annotations

from ..core.context import Context
from . import events
from .limits import change
from .resources import Task, TaskTransfer

ENDED = "Transfer failed because the task ended"
"""Reason of a transfer that fails with its task (inferred)."""


def under_way(ctx: Context, task: Task) -> TaskTransfer | None:
    """Return the transfer of a task that nobody has accepted yet, if there is one."""
    if not ctx.store.last_seq(TaskTransfer):
        return None
    return ctx.store.first(TaskTransfer, task_sid=task.sid, transfer_status="initiated")


def complete(ctx: Context, task: Task) -> None:
    """Complete the transfer of a task that another worker has accepted."""
    transfer = under_way(ctx, task)
    if transfer is not None:
        change(ctx, task, routing_target=transfer.routing_target)
        ctx.update(transfer, transfer_status="complete")
        emit(ctx, transfer, task, "completed")


def end(ctx: Context, task: Task) -> None:
    """Fail the transfer of a task that ends."""
    transfer = under_way(ctx, task)
    if transfer is not None:
        ctx.update(transfer, transfer_status="failed", transfer_failed_reason=ENDED)
        emit(ctx, transfer, task, "failed")


def emit(ctx: Context, transfer: TaskTransfer, task: Task, what: str) -> None:
    """Emit an event of a transfer."""
    events.emit(
        ctx,
        f"task.transfer-{what}",
        task=task,
        transfer_sid=transfer.sid,
        transfer_mode=transfer.transfer_mode,
        transfer_type=transfer.transfer_type,
        transfer_to=transfer.transfer_to,
        transfer_status=transfer.transfer_status,
        transfer_failed_reason=transfer.transfer_failed_reason,
        transfer_initiating_reservation_sid=transfer.initiating_reservation_sid,
        transfer_initiating_worker_sid=transfer.initiating_worker_sid,
    )
