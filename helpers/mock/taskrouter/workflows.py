"""Workflows, which decide the queue a task waits in and when it moves on."""

from __future__ import annotations

import json
from typing import Annotated

from pydantic import Field

from ..core.context import Context
from ..core.errors import TwilioError
from ..core.parameters import Parameters, compact_json
from . import configuration, events, workflow_progress
from .limits import MAX_RESERVATION_TIMEOUT, Flag, LongName, Url, cannot_delete
from .resources import Task, TaskQueue, Workflow, Workspace

ReservationTimeout = Annotated[int, Field(ge=1, le=MAX_RESERVATION_TIMEOUT)]


class NewWorkflow(Parameters):
    """Parameters of workflow creation (specified)."""

    friendly_name: LongName
    configuration: str
    task_reservation_timeout: ReservationTimeout = 120
    assignment_callback_url: Url = None
    fallback_assignment_callback_url: Url = None


class WorkflowChanges(Parameters):
    """Parameters of workflow update (specified)."""

    friendly_name: LongName | None = None
    configuration: str | None = None
    task_reservation_timeout: ReservationTimeout | None = None
    assignment_callback_url: Url = None
    fallback_assignment_callback_url: Url = None
    re_evaluate_tasks: Flag = False


def create(ctx: Context, workspace: Workspace, new: NewWorkflow) -> Workflow:
    """Create a workflow.

    Raises:
        TwilioError: 20001, its configuration cannot be read or names a queue that does not exist.
    """
    fields = new.model_dump() | _checked(ctx, workspace.sid, new.configuration)
    workflow = ctx.create(Workflow, workspace_sid=workspace.sid, **fields)
    events.emit(ctx, "workflow.created", workflow)
    return workflow


def update(ctx: Context, workflow: Workflow, changes: WorkflowChanges) -> Workflow:
    """Change a workflow; with ReEvaluateTasks, tasks that wait start it anew (specified).

    Raises:
        TwilioError: As for `create`.
    """
    given = changes.given()
    again = given.pop("re_evaluate_tasks", False)
    if changes.configuration is not None:
        given |= _checked(ctx, workflow.workspace_sid, changes.configuration)
    ctx.store.save(workflow, **given, date_updated=ctx.now)
    if again:
        where = {"workflow_sid": workflow.sid, "assignment_status": "pending"}
        for task in ctx.store.select(Task, where):
            workflow_progress.start_again(ctx, task)
    events.emit(ctx, "workflow.updated", workflow)
    return workflow


def _checked(ctx: Context, workspace_sid: str, text: str) -> dict[str, str]:
    """Return the configuration as it is kept and answered: compact (observed)."""
    for sid in sorted(configuration.queues(configuration.read(text))):
        if not ctx.store.exists(TaskQueue, sid=sid, workspace_sid=workspace_sid):
            raise TwilioError(
                20001,
                f"Invalid parameter Configuration: workspace {workspace_sid} has no task queue"
                f" {sid}",
            )
    return {"configuration": compact_json(json.loads(text))}


def delete(ctx: Context, workflow: Workflow) -> None:
    """Delete a workflow that no waiting task goes through.

    Raises:
        TwilioError: 20409, it is in use (inferred).
    """
    waiting = {"workflow_sid": workflow.sid, "assignment_status": ["pending", "reserved"]}
    if ctx.store.exists(Task, **waiting):
        subject = f"Workflow {workflow.sid} ({workflow.friendly_name})"
        raise cannot_delete(subject, "tasks wait in it")
    events.emit(ctx, "workflow.deleted", workflow)
    ctx.store.remove(workflow)
