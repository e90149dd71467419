"""Creation and update of tasks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

from pydantic import Field

from ..core.context import Context
from ..core.errors import TwilioError
from ..core.parameters import Moment, Parameters
from . import completion, events, task_channels, workflow_progress
from .completion import open_reservations
from .limits import MAX_TIMEOUT, Attributes, Flag, Priority, Sid, change, require
from .resources import InWorkspace, Task, TaskChannel, TaskQueue, Worker, Workflow, Workspace

EARLIEST = -2_208_988_800.0
"""Earliest virtual start time: the year 1900 (specified)."""

Status = Literal["pending", "reserved", "assigned", "canceled", "completed", "wrapping"]

_TARGETS: dict[str, type[InWorkspace]] = {"WK": Worker, "WQ": TaskQueue, "WW": Workflow}
"""Kinds that a task can be routed to at once, by their SID's prefix (specified)."""


class NewTask(Parameters):
    """Parameters of task creation (specified)."""

    workflow_sid: Sid = None
    task_channel: str = "default"
    attributes: Attributes = "{}"
    priority: Priority = 0
    timeout: Annotated[int, Field(ge=1, le=MAX_TIMEOUT)] = 86_400
    virtual_start_time: Moment | None = None
    routing_target: Sid = None
    ignore_capacity: Flag | None = None
    task_queue_sid: Sid = None


class TaskChanges(Parameters):
    """Parameters of task update (specified)."""

    attributes: Attributes | None = None
    assignment_status: Status | None = None
    reason: str | None = None
    priority: Priority | None = None
    task_channel: str | None = None
    virtual_start_time: Moment | None = None


def create(ctx: Context, workspace: Workspace, new: NewTask) -> Task:
    """Create a task and let it wait in a queue; it is offered to workers after the commit.

    Raises:
        TwilioError: 20001, a parameter names a resource that does not exist here, there are
            several workflows to choose from, or the workflow has no place for the task.
    """
    require(ctx, TaskQueue, workspace.sid, new.task_queue_sid, "TaskQueueSid")
    target = new.routing_target
    kind = _TARGETS.get(target[:2]) if target else Worker
    if kind is None:
        raise TwilioError(20001, "RoutingTarget must be a Worker, TaskQueue or Workflow SID")
    require(ctx, kind, workspace.sid, target, "RoutingTarget")
    workflow = _workflow(ctx, workspace, new)
    queue_sid = target if target and target.startswith("WQ") else new.task_queue_sid
    is_for_worker = bool(target and target.startswith("WK"))
    if new.ignore_capacity and not is_for_worker:
        raise TwilioError(20001, "IgnoreCapacity needs a RoutingTarget that is a Worker SID")
    task_channel = _task_channel(ctx, workspace.sid, new.task_channel)
    _check_start_time(ctx, new.virtual_start_time)
    return create_task(
        ctx,
        workflow=workflow,
        task_channel=task_channel,
        attributes=new.attributes,
        priority=new.priority,
        timeout=new.timeout,
        task_queue_sid=queue_sid,
        routing_target=target,
        ignore_capacity=is_for_worker if new.ignore_capacity is None else new.ignore_capacity,
        virtual_start_time=new.virtual_start_time,
    )


def create_task(
    ctx: Context,
    *,
    workflow: Workflow | None,
    task_channel: TaskChannel,
    attributes: str,
    priority: int,
    timeout: int,
    task_queue_sid: str | None = None,
    routing_target: str | None = None,
    ignore_capacity: bool = False,
    virtual_start_time: float | None = None,
) -> Task:
    """Create a task, as REST, Flex and Studio do.

    `attributes` are JSON text; a higher `priority` is sooner; `timeout` is in seconds, after which
    a task without a worker is cancelled. It waits in `task_queue_sid` from the start, or is routed
    to the worker, queue or workflow `routing_target` at once. It counts as waiting from
    `virtual_start_time` (epoch seconds), by default from now.

    Raises:
        TwilioError: 20001, the workflow has no place for the task.
    """
    task = ctx.create(
        Task,
        workspace_sid=task_channel.workspace_sid,
        workflow_sid=workflow.sid if workflow else None,
        task_queue_sid=task_queue_sid,
        task_queue_entered_date=None,
        task_channel_sid=task_channel.sid,
        attributes=attributes,
        assignment_status="pending",
        priority=priority,
        timeout=timeout,
        reason=None,
        routing_target=routing_target,
        ignore_capacity=ignore_capacity,
        virtual_start_time=ctx.now if virtual_start_time is None else virtual_start_time,
        step=None,
        step_ends_at=None,
        undecided=False,
        due_at=None,
        assignments=0,
        version=0,
    )
    workflow_progress.start(ctx, task)
    return task


def _workflow(ctx: Context, workspace: Workspace, new: NewTask) -> Workflow | None:
    """Return the workflow named, or the only one (specified); a queue or worker needs none."""
    target = new.routing_target or ""
    sid = target if target.startswith("WW") else new.workflow_sid
    where = {"workspace_sid": workspace.sid, **({"sid": sid} if sid else {})}
    found = ctx.store.select(Workflow, where, limit=2)
    if len(found) == 1:
        return found[0]
    if sid is None and (new.task_queue_sid or target):
        return None
    raise TwilioError(20001, "WorkflowSid must name one of the workspace's workflows")


def _task_channel(ctx: Context, workspace_sid: str, key: str) -> TaskChannel:
    channel = task_channels.find(ctx, workspace_sid, key)
    if channel is None:
        raise TwilioError(20001, f"TaskChannel {key} does not exist here")
    return channel


def _check_start_time(ctx: Context, moment: float | None) -> None:
    if moment is not None and not EARLIEST <= moment <= ctx.now:
        raise TwilioError(20001, "VirtualStartTime cannot be in the future or before 1900")


def update(ctx: Context, task: Task, changes: TaskChanges) -> Task:
    """Change a task, or end it.

    A reason need not be given (observed, though specified as required with an end).

    Raises:
        TwilioError: 20001, its status does not allow the new one.
    """
    given = changes.given()
    status, reason = given.pop("assignment_status", None), given.pop("reason", None)
    _check_start_time(ctx, changes.virtual_start_time)
    if "task_channel" in given:
        channel = _task_channel(ctx, task.workspace_sid, given.pop("task_channel"))
        given["task_channel_sid"] = channel.sid
        for reservation in open_reservations(ctx, task):
            ctx.store.save(reservation, task_channel_sid=channel.sid)
    if status is None and reason:
        given["reason"] = reason
    if given:
        change(ctx, task, **given)
        events.emit(ctx, "task.updated", task=task)
    if status in _ENDS:
        _ENDS[status](ctx, task, reason)
    elif status is not None:
        raise TwilioError(20001, "AssignmentStatus can be set to wrapping, completed or canceled")
    return task


_ENDS: dict[str, Callable[[Context, Task, str | None], None]] = {
    "wrapping": completion.wrap_up,
    "completed": completion.complete,
    "canceled": completion.cancel,
}
