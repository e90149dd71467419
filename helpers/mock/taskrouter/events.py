"""What happens in a workspace: told to whoever follows the account, and kept as Event resources.

Names are Twilio's (documented), and so are the names of what an event's data holds. The wording
of `description` is inferred.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import cache
from operator import attrgetter
from typing import Any, NamedTuple, TypeVar

from ..core.context import Context
from ..core.events import Event
from ..core.store import Resource
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


class Callback(NamedTuple):
    """One request to an application."""

    url: str
    method: str
    parameters: dict[str, str]


def callback_for(event: TaskRouterEvent) -> Callback | None:
    """The request that tells of an event; None where the workspace does not want it told."""
    workspace, record = event.workspace, event.record
    if not workspace.event_callback_url or not _is_subscribed(workspace.events_filter, event.name):
        return None
    about = {
        "EventType": event.name,
        "AccountSid": record.account_sid,
        "EventDescription": record.description,
        "ResourceType": record.resource_type,
        "ResourceSid": record.resource_sid,
        "Timestamp": str(int(record.event_date)),
        "TimestampMs": str(int(record.event_date * 1000)),
        "Sid": record.sid,
    }
    data = {_pascal(name): value for name, value in record.event_data.items()}
    return Callback(workspace.event_callback_url, "POST", about | data)


def _is_subscribed(events_filter: str | None, name: str) -> bool:
    """Whether a comma-separated list names the event; an empty one names them all (specified)."""
    names = [part.strip() for part in (events_filter or "").split(",") if part.strip()]
    return not names or name in names


def _pascal(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))


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


def emit(
    ctx: Context,
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
        ctx: The unit of work.
        name: Twilio's name for it.
        about: The resource it is most relevant to.
        task: The task it concerns.
        reservation: The reservation it concerns.
        worker: The worker it concerns.
        more: What else its data holds.
    """
    is_workspace = isinstance(about, Workspace)
    workspace = about if is_workspace else ctx.get_cached(Workspace, about.workspace_sid)
    assert workspace is not None
    data = {"workspace_sid": workspace.sid, "workspace_name": workspace.friendly_name}
    if task is not None:
        data |= _of_task(ctx, task)
    if worker is not None:
        data |= _of_worker(ctx, worker)
    if reservation is not None:
        data["reservation_sid"] = reservation.sid
    for key, value in more.items():
        if value is not None:
            data[key] = str(value)
    record = ctx.create(
        WorkspaceEvent,
        workspace_sid=workspace.sid,
        event_type=name,
        event_date=ctx.now,
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
    if record.seq > KEPT and record.seq % _CLEARED_EVERY == 0:
        ctx.store.remove_before(WorkspaceEvent, record.seq - KEPT)
    ctx.emit(
        TaskRouterEvent(
            name,
            workspace,
            record,
            task and _copy(task),
            reservation and _copy(reservation),
            worker and _copy(worker),
        )
    )


def _copy(resource: R) -> R:
    """Return a resource as it is now, since the original may change before the event is handled."""
    kind: Any = type(resource)
    copy: R = kind(*_values(kind)(resource), seq=resource.seq)
    return copy


@cache
def _values(kind: Any) -> Callable[[Resource], tuple[Any, ...]]:
    return attrgetter(*(field.name for field in fields(kind) if field.name != "seq"))


def _description(name: str, about: Any, data: dict[str, str]) -> str:
    """`reservation.accepted` -> `Reservation WR... accepted`; activities as in Twilio's sample."""
    if name == "worker.activity.update":
        return f"Worker {data['worker_name']} updated to {data['worker_activity_name']} Activity"
    if name == "task.canceled" and "task_canceled_reason" in data:
        return data["task_canceled_reason"]
    kind = _TYPES[about.prefix]
    happened = name.removeprefix(f"{kind}.").replace(".", " ")
    return f"{kind.capitalize()} {about.sid} {happened}"


def _of_task(ctx: Context, task: Task) -> dict[str, str]:
    channel = ctx.get_cached(TaskChannel, task.task_channel_sid)
    queue = ctx.get_cached(TaskQueue, task.task_queue_sid)
    workflow = ctx.get_cached(Workflow, task.workflow_sid)
    data = {
        "task_sid": task.sid,
        "task_attributes": task.attributes,
        "task_age": str(int(ctx.now - task.date_created)),
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


def _of_worker(ctx: Context, worker: Worker) -> dict[str, str]:
    doing = ctx.get_cached(Activity, worker.activity_sid)
    return {
        "worker_sid": worker.sid,
        "worker_name": worker.friendly_name,
        "worker_attributes": worker.attributes,
        "worker_activity_sid": worker.activity_sid,
        "worker_activity_name": doing.friendly_name if doing else "",
        "worker_version": str(worker.version),
    }
