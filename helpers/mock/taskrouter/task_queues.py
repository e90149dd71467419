"""Task queues, where tasks wait for workers."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ..core.context import Context
from ..core.parameters import Parameters
from . import configuration, events
from .limits import Expression, LongName, QueueOrder, Sid, cannot_delete, require
from .resources import Activity, Task, TaskQueue, Workflow, Workspace

MaxReserved = Annotated[int, Field(ge=1, le=50)]


class TaskQueueChanges(Parameters):
    """Parameters of task queue update (specified)."""

    friendly_name: LongName | None = None
    target_workers: Expression | None = None
    max_reserved_workers: MaxReserved | None = None
    task_order: QueueOrder | None = None
    reservation_activity_sid: Sid = None
    assignment_activity_sid: Sid = None


class NewTaskQueue(TaskQueueChanges):
    """Parameters of task queue creation (specified)."""

    friendly_name: LongName
    target_workers: Expression = "1==1"
    max_reserved_workers: MaxReserved = 1
    task_order: QueueOrder = "FIFO"


def create(ctx: Context, workspace: Workspace, new: NewTaskQueue) -> TaskQueue:
    """Create a queue for the workers that match its expression; an empty one matches none.

    Raises:
        TwilioError: 20001, the expression cannot be read, or an activity does not exist.
    """
    _check(ctx, workspace.sid, new)
    queue = ctx.create(TaskQueue, workspace_sid=workspace.sid, **new.model_dump())
    events.emit(ctx, "task-queue.created", queue)
    return queue


def update(ctx: Context, queue: TaskQueue, changes: TaskQueueChanges) -> TaskQueue:
    """Change a queue; tasks that wait in it are offered anew.

    Raises:
        TwilioError: As for `create`.
    """
    _check(ctx, queue.workspace_sid, changes)
    given = changes.given()
    ctx.store.save(queue, **given, date_updated=ctx.now)
    if "target_workers" in given:
        events.emit(ctx, "task-queue.expression.updated", queue)
    return queue


def _check(ctx: Context, workspace_sid: str, fields: TaskQueueChanges) -> None:
    sid = fields.reservation_activity_sid
    require(ctx, Activity, workspace_sid, sid, "ReservationActivitySid")
    sid = fields.assignment_activity_sid
    require(ctx, Activity, workspace_sid, sid, "AssignmentActivitySid")


def delete(ctx: Context, queue: TaskQueue) -> None:
    """Delete a queue that no workflow names and no task waits in.

    Raises:
        TwilioError: 20409, it is in use (inferred).
    """
    subject = f"Task queue {queue.sid} ({queue.friendly_name})"
    for workflow in ctx.store.select(Workflow, {"workspace_sid": queue.workspace_sid}):
        if queue.sid in configuration.queues(configuration.read(workflow.configuration)):
            raise cannot_delete(
                subject, f"workflow {workflow.sid} ({workflow.friendly_name}) names it"
            )
    if ctx.store.exists(Task, task_queue_sid=queue.sid, assignment_status=["pending", "reserved"]):
        raise cannot_delete(subject, "tasks wait in it")
    events.emit(ctx, "task-queue.deleted", queue)
    ctx.store.remove(queue)
