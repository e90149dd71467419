"""What happens in a workspace: told to whoever follows the account, and kept as Event resources.

Names are Twilio's (documented), and so are the names of what an event's data holds. The wording
of `description` is inferred.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import cache
from operator import attrgetter
from typing import Any, TypeVar

from ..call import Call
from ..events import Event
from ..store import Resource
from .resources import (
    Activity,
    Reservation,
    Task,
    TaskChannel,
    TaskQueue,
    Worker,
    Workflow,
    Workspace,
    WorkspaceEvent,
)

R = TypeVar("R", bound=Resource)

KEPT = 10_000
"""Events a mock account keeps; Twilio keeps them for longer than a month (specified)."""
_CLEARED_EVERY = 100

_TYPES = {
    "WS": "workspace",
    "WA": "activity",
    "TC": "task-channel",
    "WQ": "task-queue",
    "WW": "workflow",
    "WK": "worker",
    "WT": "task",
    "WR": "reservation",
}


@dataclass(frozen=True, slots=True)
class TaskRouterEvent(Event):
    """One thing that happened in a workspace.

    Attributes:
        name: Twilio's name for it, e.g. `reservation.accepted`.
        workspace: Where.
        record: The Event resource that remembers it.
        task: The task it concerns, as it was then; likewise `reservation` and `worker`.
    """

    name: str
    workspace: Workspace
    record: WorkspaceEvent
    task: Task | None = None
    reservation: Reservation | None = None
    worker: Worker | None = None


def tell(  # noqa: PLR0913 - an event, and whom it concerns
    call: Call,
    name: str,
    about: Any,
    *,
    task: Task | None = None,
    reservation: Reservation | None = None,
    worker: Worker | None = None,
    **more: Any,
) -> None:
    """Note an event of the running transaction, and keep it.

    Args:
        call: The unit of work.
        name: Twilio's name for it.
        about: The resource it is most relevant to.
        task: The task it concerns.
        reservation: The reservation it concerns.
        worker: The worker it concerns.
        more: What else its data holds.
    """
    workspace = _workspace(call, about)
    data = {"workspace_sid": workspace.sid, "workspace_name": workspace.friendly_name}
    if task is not None:
        data |= _of_task(call, task)
    if worker is not None:
        data |= _of_worker(call, worker)
    if reservation is not None:
        data["reservation_sid"] = reservation.sid
    data |= {key: str(value) for key, value in more.items() if value is not None}
    record = call.store.add(_record(call, name, about, data))
    if record.seq % _CLEARED_EVERY == 0:
        call.store.remove_before(WorkspaceEvent, record.seq - KEPT)
    told = TaskRouterEvent(name, workspace, record, _copy(task), _copy(reservation), _copy(worker))
    call.note(told)


def _copy(resource: R | None) -> R | None:
    """A resource as it is now, since the original may change before it is told of."""
    if resource is None:
        return None
    kind: Any = type(resource)
    copy: R = kind(*_values(kind)(resource), seq=resource.seq)
    return copy


@cache
def _values(kind: Any) -> Callable[[Resource], tuple[Any, ...]]:
    return attrgetter(*(field.name for field in fields(kind) if field.name != "seq"))


def _workspace(call: Call, about: Any) -> Workspace:
    if isinstance(about, Workspace):
        return about
    workspace = call.setting(Workspace, about.workspace_sid)
    assert workspace is not None  # noqa: S101 - what is inside a workspace goes with it
    return workspace


def _record(call: Call, name: str, about: Any, data: dict[str, str]) -> WorkspaceEvent:
    return WorkspaceEvent(
        sid=call.sids.new("EV"),
        account_sid=call.account_sid,
        workspace_sid=data["workspace_sid"],
        event_type=name,
        event_date=call.now,
        event_data=data,
        description=_description(name, about, data),
        resource_type=_TYPES[about.prefix],
        resource_sid=about.sid,
        task_sid=data.get("task_sid"),
        task_channel_sid=data.get("task_channel_sid"),
        task_queue_sid=data.get("task_queue_sid"),
        workflow_sid=data.get("workflow_sid"),
        worker_sid=data.get("worker_sid"),
        reservation_sid=data.get("reservation_sid"),
    )


def _description(name: str, about: Any, data: dict[str, str]) -> str:
    """`reservation.accepted` -> `Reservation WR... accepted`; activities as in Twilio's sample."""
    if name == "worker.activity.update":
        return f"Worker {data['worker_name']} updated to {data['worker_activity_name']} Activity"
    if name == "task.canceled" and "task_canceled_reason" in data:
        return data["task_canceled_reason"]
    kind = _TYPES[about.prefix]
    happened = name.removeprefix(f"{kind}.").replace(".", " ")
    return f"{kind.capitalize()} {about.sid} {happened}"


def _of_task(call: Call, task: Task) -> dict[str, str]:
    channel = call.setting(TaskChannel, task.task_channel_sid)
    queue = call.setting(TaskQueue, task.task_queue_sid)
    workflow = call.setting(Workflow, task.workflow_sid)
    data = {
        "task_sid": task.sid,
        "task_attributes": task.attributes,
        "task_age": str(int(call.now - task.date_created)),
        "task_priority": str(task.priority),
        "task_assignment_status": task.assignment_status,
        "task_channel_sid": task.task_channel_sid,
    }
    if channel:
        data["task_channel_unique_name"] = channel.unique_name
    if queue:
        data |= {"task_queue_sid": queue.sid, "task_queue_name": queue.friendly_name}
    if workflow:
        data |= {"workflow_sid": workflow.sid, "workflow_name": workflow.friendly_name}
    if task.reason is not None and task.assignment_status in ("canceled", "completed"):
        data[f"task_{task.assignment_status}_reason"] = task.reason
    return data


def _of_worker(call: Call, worker: Worker) -> dict[str, str]:
    doing = call.setting(Activity, worker.activity_sid)
    return {
        "worker_sid": worker.sid,
        "worker_name": worker.friendly_name,
        "worker_attributes": worker.attributes,
        "worker_activity_sid": worker.activity_sid,
        "worker_activity_name": doing.friendly_name if doing else "",
        "worker_version": str(worker.version),
    }
