"""TaskRouter: the workspace in which a Flex account routes its chats.

Tasks are made and can be read. Routing (reservations, workers' capacity, time-outs) is not
simulated: a task stays `pending`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import Field

from .call import Call
from .errors import TwilioError
from .fields import Fields, json_object
from .store import Resource

_BY_WORKSPACE: tuple[tuple[str, ...], ...] = (("workspace_sid",),)
_BY_SID: tuple[tuple[str, ...], ...] = (("sid",),)


@dataclass(slots=True)
class Workspace(Resource):
    """A TaskRouter workspace (WS)."""

    prefix: ClassVar[str] = "WS"

    sid: str
    account_sid: str
    friendly_name: str
    date_created: float
    date_updated: float

    unique: ClassVar[tuple[tuple[str, ...], ...]] = _BY_SID


@dataclass(slots=True)
class Workflow(Resource):
    """A workflow (WW): how a workspace routes tasks to queues."""

    prefix: ClassVar[str] = "WW"

    sid: str
    account_sid: str
    workspace_sid: str
    friendly_name: str
    configuration: str
    task_reservation_timeout: int
    date_created: float
    date_updated: float

    unique: ClassVar[tuple[tuple[str, ...], ...]] = _BY_SID
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = _BY_WORKSPACE


@dataclass(slots=True)
class TaskQueue(Resource):
    """A task queue (WQ): which workers may take its tasks."""

    prefix: ClassVar[str] = "WQ"

    sid: str
    account_sid: str
    workspace_sid: str
    friendly_name: str
    target_workers: str
    date_created: float
    date_updated: float

    unique: ClassVar[tuple[tuple[str, ...], ...]] = _BY_SID
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = _BY_WORKSPACE


@dataclass(slots=True)
class TaskChannel(Resource):
    """A task channel (TC): the kind of work, such as chat."""

    prefix: ClassVar[str] = "TC"

    sid: str
    account_sid: str
    workspace_sid: str
    friendly_name: str
    unique_name: str
    channel_optimized_routing: bool
    date_created: float
    date_updated: float

    unique: ClassVar[tuple[tuple[str, ...], ...]] = (*_BY_SID, ("workspace_sid", "unique_name"))


@dataclass(slots=True)
class Worker(Resource):
    """A worker (WK): in Flex, an agent."""

    prefix: ClassVar[str] = "WK"

    sid: str
    account_sid: str
    workspace_sid: str
    friendly_name: str
    attributes: str
    date_created: float
    date_updated: float

    unique: ClassVar[tuple[tuple[str, ...], ...]] = _BY_SID
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = _BY_WORKSPACE


@dataclass(slots=True)
class Task(Resource):
    """A task (WT): one piece of work for an agent."""

    prefix: ClassVar[str] = "WT"

    sid: str
    account_sid: str
    workspace_sid: str
    workflow_sid: str
    task_queue_sid: str | None
    task_channel_sid: str
    attributes: str
    assignment_status: str
    priority: int
    timeout: int
    reason: str | None
    date_created: float
    date_updated: float

    unique: ClassVar[tuple[tuple[str, ...], ...]] = _BY_SID
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = _BY_WORKSPACE


KINDS: tuple[type[Resource], ...] = (Workspace, Workflow, TaskQueue, TaskChannel, Worker, Task)


def find_task_channel(call: Call, workspace_sid: str, key: str) -> TaskChannel | None:
    """A task channel by SID or unique name."""
    by_sid = call.store.first(TaskChannel, workspace_sid=workspace_sid, sid=key)
    return by_sid or call.store.first(TaskChannel, workspace_sid=workspace_sid, unique_name=key)


class NewTask(Fields):
    """Parameters of task creation (specified)."""

    workflow_sid: str | None = None
    task_channel: str = "default"
    attributes: Annotated[str, json_object(20001, "Attributes")] = "{}"
    priority: Annotated[int, Field(ge=0, le=2**31)] = 0
    timeout: Annotated[int, Field(ge=1, le=1_209_600)] = 86_400


def create(call: Call, workspace: Workspace, new: NewTask) -> Task:
    """Make a task as REST does; the workflow may be left out where there is only one (specified).

    Raises:
        TwilioError: 20001, the workflow or task channel does not exist, or there are several.
    """
    where = {"workspace_sid": workspace.sid}
    if new.workflow_sid is not None:
        where["sid"] = new.workflow_sid
    workflows = call.store.select(Workflow, where, limit=2)
    if len(workflows) != 1:
        raise TwilioError(20001, "WorkflowSid must name one of the workspace's workflows")
    task_channel = find_task_channel(call, workspace.sid, new.task_channel)
    if task_channel is None:
        raise TwilioError(20001, f"TaskChannel {new.task_channel} does not exist here")
    return create_task(
        call,
        workflow=workflows[0],
        task_channel=task_channel,
        attributes=new.attributes,
        priority=new.priority,
        timeout=new.timeout,
    )


def create_task(  # noqa: PLR0913 - one task, named part by part
    call: Call,
    *,
    workflow: Workflow,
    task_channel: TaskChannel,
    attributes: str,
    priority: int,
    timeout: int,
) -> Task:
    """Make a pending task in the workflow's workspace.

    Args:
        call: The unit of work.
        workflow: Routes the task.
        task_channel: Its kind of work.
        attributes: JSON text.
        priority: 0 or more; higher is sooner.
        timeout: Seconds until an unfinished task is cancelled.
    """
    queue = call.store.first(TaskQueue, workspace_sid=workflow.workspace_sid)
    return call.store.add(
        Task(
            sid=call.sids.new("WT"),
            account_sid=call.account_sid,
            workspace_sid=workflow.workspace_sid,
            workflow_sid=workflow.sid,
            task_queue_sid=queue.sid if queue else None,
            task_channel_sid=task_channel.sid,
            attributes=attributes,
            assignment_status="pending",
            priority=priority,
            timeout=timeout,
            reason=None,
            date_created=call.now,
            date_updated=call.now,
        )
    )
