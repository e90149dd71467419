"""Transfers of a task: from the worker who has it to another, or to a queue.

Only the TaskRouter SDK makes them. Their states, reasons and events are observed in its own tests;
the places that they leave open are inferred. A warm transfer leaves the task with its worker until
another accepts; in a cold one that worker wraps up at once.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator

from ..core.context import Context
from ..core.errors import TwilioError
from ..core.parameters import Parameters
from . import events, workflow_progress
from .completion import ASSIGNED_AT_MOST, close_reservation
from .limits import Attributes, Priority, change, require
from .resources import Activity, Reservation, Task, TaskQueue, TaskTransfer, Worker
from .transfer_states import emit, under_way

REJECTED = "Transfer failed because the reservation was rejected"
TIMED_OUT = "Transfer failed because the reservation timed out"
ATTEMPT_FAILED = (
    "Transfer attempt failed on reservation {} because there are no more pending reservations"
)
"""Reasons of a transfer that failed (the last two are observed)."""

_Upper = BeforeValidator(lambda text: str(text).upper())


class NewTaskTransfer(Parameters):
    """Parameters of a transfer (observed)."""

    reservation_sid: str
    task_sid: str
    to: str
    mode: Annotated[Literal["WARM", "COLD"], _Upper] = "WARM"
    priority: Priority | None = None
    attributes: Attributes | None = None


class TaskTransferChanges(Parameters):
    """Parameters of a transfer's update (observed): it can only be canceled."""

    transfer_status: Literal["canceled"]


def initiate(ctx: Context, worker: Worker, new: NewTaskTransfer) -> TaskTransfer:
    """Offer a task that a worker has accepted to another worker, or to a queue.

    Raises:
        TwilioError: 20001, the worker does not have the task, it is being transferred already, or
            there is nobody that it can go to.
    """
    where = {"sid": new.reservation_sid, "worker_sid": worker.sid, "task_sid": new.task_sid}
    reservation = ctx.store.first(Reservation, **where)
    task = ctx.store.first(Task, sid=new.task_sid)
    if reservation is None or task is None or reservation.reservation_status != "accepted":
        raise TwilioError(20001, f"Worker {worker.sid} has not accepted task {new.task_sid[:40]}")
    if task.assignment_status != "assigned" or under_way(ctx, task) is not None:
        raise TwilioError(
            20001, f"Task {task.sid} cannot be transferred; it is {task.assignment_status}"
        )
    is_to_queue = new.to.startswith("WQ")
    require(ctx, TaskQueue if is_to_queue else Worker, task.workspace_sid, new.to, "To")
    if not is_to_queue and not _is_available(ctx, new.to):
        raise TwilioError(20001, f"Worker {new.to} is not available, so no transfer was initiated")
    transfer = ctx.create(
        TaskTransfer,
        workspace_sid=task.workspace_sid,
        task_sid=task.sid,
        transfer_mode=new.mode,
        transfer_type="QUEUE" if is_to_queue else "WORKER",
        transfer_to=new.to,
        transfer_status="initiated",
        transfer_failed_reason=None,
        initiating_reservation_sid=reservation.sid,
        initiating_worker_sid=worker.sid,
        initiating_queue_sid=task.task_queue_sid,
        initiating_workflow_sid=task.workflow_sid,
        routing_target=task.routing_target,
    )
    changes = {"attributes": new.attributes, "priority": new.priority}
    change(
        ctx,
        task,
        **{name: value for name, value in changes.items() if value is not None},
        assignment_status="pending",
        routing_target=None if is_to_queue else new.to,
        task_queue_sid=new.to if is_to_queue else task.task_queue_sid,
        step=None,
        step_ends_at=None,
        due_at=None,
    )
    emit(ctx, transfer, task, "initiated")
    if new.mode == "COLD":
        close_reservation(ctx, reservation, "wrapping", task, "wrapup")
    return transfer


def _is_available(ctx: Context, worker_sid: str) -> bool:
    worker = ctx.get_cached(Worker, worker_sid)
    activity = ctx.get_cached(Activity, worker.activity_sid if worker else None)
    return activity is not None and activity.available


def decline(ctx: Context, task: Task, status: str) -> bool:
    """Fail the transfer of a task whose last offer was rejected or timed out.

    One to a queue goes on: the task waits for the next worker.

    Returns:
        Whether there is one.
    """
    transfer = under_way(ctx, task)
    if transfer is None:
        return False
    if transfer.transfer_type == "QUEUE":
        change(ctx, task, assignment_status="pending", due_at=None)
        reason = ATTEMPT_FAILED.format("reject" if status == "rejected" else status)
        ctx.update(transfer, transfer_failed_reason=reason)
        emit(ctx, transfer, task, "attempt-failed")
        events.emit(ctx, "task.updated", task=task)
    else:
        _give_back(ctx, transfer, task)
        reason = REJECTED if status == "rejected" else TIMED_OUT
        ctx.update(transfer, transfer_status="failed", transfer_failed_reason=reason)
        emit(ctx, transfer, task, "failed")
    return True


def cancel(ctx: Context, transfer: TaskTransfer, changes: TaskTransferChanges) -> TaskTransfer:
    """Take a transfer back.

    Raises:
        TwilioError: 20001, it has ended (text observed).
    """
    if transfer.transfer_status != "initiated":
        raise TwilioError(
            20001,
            f"Transfer {transfer.sid} is already {transfer.transfer_status} . Cannot cancel"
            " transfer.",
        )
    task = ctx.store.first(Task, sid=transfer.task_sid)
    assert task is not None  # both are deleted together
    ctx.update(transfer, transfer_status=changes.transfer_status)
    _give_back(ctx, transfer, task)
    where = {"task_sid": task.sid, "reservation_status": "pending"}
    for offer in ctx.store.select(Reservation, where):
        close_reservation(ctx, offer, "canceled", task)
    emit(ctx, transfer, task, "canceled")
    return transfer


def _give_back(ctx: Context, transfer: TaskTransfer, task: Task) -> None:
    """Leave a task with the worker who had it; after a cold transfer it waits for anybody."""
    ctx.store.save(
        task,
        routing_target=transfer.routing_target,
        task_queue_sid=transfer.initiating_queue_sid,
    )
    holder = ctx.store.first(Reservation, sid=transfer.initiating_reservation_sid)
    if holder is not None and holder.reservation_status == "accepted":
        change(ctx, task, assignment_status="assigned", due_at=ctx.now + ASSIGNED_AT_MOST)
    else:
        workflow_progress.wait_again(ctx, task)
    events.emit(ctx, "task.updated", task=task)
