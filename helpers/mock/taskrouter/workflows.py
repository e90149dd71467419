"""Workflows: which queue a task waits in, and when it moves on."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ..call import Call
from ..errors import TwilioError
from ..fields import Fields
from . import configuration, events, progress
from .resources import Task, TaskQueue, Workflow, Workspace
from .rules import MAX_RESERVATION_TIMEOUT, Flag, LongName, Url, in_use

ReservationTimeout = Annotated[int, Field(ge=1, le=MAX_RESERVATION_TIMEOUT)]


class NewWorkflow(Fields):
    """Parameters of workflow creation (specified)."""

    friendly_name: LongName
    configuration: str
    task_reservation_timeout: ReservationTimeout = 120
    assignment_callback_url: Url = None
    fallback_assignment_callback_url: Url = None


class WorkflowChanges(Fields):
    """Parameters of workflow update (specified)."""

    friendly_name: LongName | None = None
    configuration: str | None = None
    task_reservation_timeout: ReservationTimeout | None = None
    assignment_callback_url: Url = None
    fallback_assignment_callback_url: Url = None
    re_evaluate_tasks: Flag = False


def create(call: Call, workspace: Workspace, new: NewWorkflow) -> Workflow:
    """Make a workflow.

    Raises:
        TwilioError: 20001, its configuration cannot be read or names a queue that does not exist.
    """
    _check(call, workspace.sid, new.configuration)
    workflow = call.store.add(
        Workflow(
            sid=call.sids.new("WW"),
            account_sid=call.account_sid,
            workspace_sid=workspace.sid,
            date_created=call.now,
            date_updated=call.now,
            **new.model_dump(),
        )
    )
    _tell(call, "workflow.created", workflow)
    return workflow


def update(call: Call, workflow: Workflow, changes: WorkflowChanges) -> Workflow:
    """Change a workflow; with ReEvaluateTasks, tasks that wait start it anew (specified).

    Raises:
        TwilioError: As for `create`.
    """
    given = changes.given()
    again = given.pop("re_evaluate_tasks", False)
    if changes.configuration is not None:
        _check(call, workflow.workspace_sid, changes.configuration)
    call.store.save(workflow, **given, date_updated=call.now)
    if again:
        for task in call.store.select(
            Task, {"workflow_sid": workflow.sid, "assignment_status": "pending"}
        ):
            progress.start_again(call, task)
    _tell(call, "workflow.updated", workflow)
    return workflow


def _check(call: Call, workspace_sid: str, text: str) -> None:
    for sid in sorted(configuration.queues(configuration.read(text))):
        if not call.store.exists(TaskQueue, sid=sid, workspace_sid=workspace_sid):
            raise TwilioError(
                20001,
                f"Invalid parameter Configuration: workspace {workspace_sid} has no task queue"
                f" {sid}",
            )


def delete(call: Call, workflow: Workflow) -> None:
    """Delete a workflow that no waiting task goes through.

    Raises:
        TwilioError: 20409, it is in use (inferred).
    """
    waiting = {"workflow_sid": workflow.sid, "assignment_status": ["pending", "reserved"]}
    if call.store.exists(Task, **waiting):
        raise in_use(f"Workflow {workflow.sid} ({workflow.friendly_name})", "tasks wait in it")
    _tell(call, "workflow.deleted", workflow)
    call.store.remove(workflow)


def _tell(call: Call, name: str, workflow: Workflow) -> None:
    events.tell(
        call, name, workflow, workflow_sid=workflow.sid, workflow_name=workflow.friendly_name
    )
