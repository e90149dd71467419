"""Events of a workspace: dispatched to subscribers, and kept as Event resources.

Their names are Twilio's (documented), and so are the names in an event's data. The wording of
`description` is inferred.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

from ..core.context import Context
from ..core.events import Event
from ..core.parameters import form_name
from ..core.store import Resource
from .resources import (
    EVENT_SIDS,
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

OFFERED = "reservation.created"
"""The event whose data go to the assignment callback, too."""
KEPT = 10_000
"""Events a mock account keeps; Twilio keeps them for longer than a month (specified)."""
_CLEARED_EVERY = 1000

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
_FIELDS: dict[type[Resource], dict[str, str]] = {
    Activity: {
        "activity_sid": "sid",
        "activity_name": "friendly_name",
        "activity_available": "available",
    },
    TaskChannel: {
        "task_channel_sid": "sid",
        "task_channel_name": "friendly_name",
        "task_channel_unique_name": "unique_name",
        "task_channel_optimized_routing": "channel_optimized_routing",
    },
    TaskQueue: {
        "task_queue_sid": "sid",
        "task_queue_name": "friendly_name",
        "task_queue_target_expression": "target_workers",
    },
    Workflow: {"workflow_sid": "sid", "workflow_name": "friendly_name"},
}
"""Data of an event that is about a configured resource: name -> field."""


class TaskRouterEvent(Event, frozen=True):
    """An event of a workspace, by Twilio's name, e.g. `reservation.accepted`.

    `record` has names and values as they were then; `task`, `reservation` and `worker` are as their
    transaction left them. `cause` is the request that it follows from, where `CAUSE` names one.
    """

    name: str
    workspace: Workspace
    record: WorkspaceEvent
    task: Task | None = None
    reservation: Reservation | None = None
    worker: Worker | None = None
    cause: int | None = None


CAUSE: ContextVar[int | None] = ContextVar("cause", default=None)
"""Number of the request that is being carried out, where events are to be traced to it."""


def emit(
    ctx: Context,
    name: str,
    about: Any = None,
    *,
    task: Task | None = None,
    reservation: Reservation | None = None,
    worker: Worker | None = None,
    **more: Any,
) -> None:
    """Emit an event in the running transaction, and keep it.

    `about` is the resource it is most relevant to: by default its reservation, else its task, else
    its worker. `more` is further data; null values are left out.
    """
    about = about or reservation or task or worker
    workspace = (
        about if type(about) is Workspace else ctx.get_cached(Workspace, about.workspace_sid)
    )
    assert workspace is not None
    if not (ctx.backend.keeps_history or workspace.event_callback_url or name == OFFERED):
        record = _outline(ctx, name, about, task, reservation, worker)
        ctx.emit(TaskRouterEvent(name, workspace, record, task, reservation, worker, CAUSE.get()))
        return
    data = {"workspace_sid": workspace.sid, "workspace_name": workspace.friendly_name}
    for key, field in _FIELDS.get(type(about), {}).items():
        value = getattr(about, field)
        data[key] = str(value).lower() if isinstance(value, bool) else str(value)
    if task is not None:
        data |= _task_data(ctx, task)
    if worker is not None:
        data |= _worker_data(ctx, worker)
    if reservation is not None:
        data["reservation_sid"] = reservation.sid
    for key, value in more.items():
        if value is not None:
            data[key] = str(value)
    resource_type, known = _TYPES[about.prefix], data.get
    record = WorkspaceEvent(  # by position, as there are ten of them to a conversation
        ctx.sids.new(WorkspaceEvent.prefix),
        ctx.account_sid,
        workspace.sid,
        name,
        ctx.now,
        data,
        _description(name, resource_type, about.sid, data),
        resource_type,
        about.sid,
        *map(known, EVENT_SIDS),
    )
    if ctx.backend.keeps_history:
        ctx.store.add(record, is_fresh=True)
        if record.seq > KEPT and record.seq % _CLEARED_EVERY == 0:
            ctx.store.remove_before(WorkspaceEvent, record.seq - KEPT)
    ctx.emit(TaskRouterEvent(name, workspace, record, task, reservation, worker, CAUSE.get()))


def _outline(
    ctx: Context,
    name: str,
    about: Any,
    task: Task | None,
    reservation: Reservation | None,
    worker: Worker | None,
) -> WorkspaceEvent:
    """Return an event's record without a SID and data, for an account that keeps no history."""
    return WorkspaceEvent(
        "",
        ctx.account_sid,
        about.sid if type(about) is Workspace else about.workspace_sid,
        name,
        ctx.now,
        {},
        "",
        _TYPES[about.prefix],
        about.sid,
        task.sid if task else None,
        task.task_channel_sid if task else None,
        task.task_queue_sid if task else None,
        task.workflow_sid if task else None,
        worker.sid if worker else None,
        reservation.sid if reservation else None,
    )


def _description(name: str, resource_type: str, sid: str, data: dict[str, str]) -> str:
    """`reservation.accepted` -> `Reservation WR... accepted`; activities as in Twilio's sample."""
    if name == "worker.activity.update":
        return f"Worker {data['worker_name']} updated to {data['worker_activity_name']} Activity"
    if name == "task.canceled" and "task_canceled_reason" in data:
        return data["task_canceled_reason"]
    happened = name.removeprefix(f"{resource_type}.").replace(".", " ")
    return f"{resource_type.capitalize()} {sid} {happened}"


def _task_data(ctx: Context, task: Task) -> dict[str, str]:
    status, shared = task.assignment_status, ctx.get_cached
    data = {
        "task_sid": task.sid,
        "task_attributes": task.attributes,
        "task_age": str(int(ctx.now - task.date_created)),
        "task_priority": str(task.priority),
        "task_assignment_status": status,
        "task_channel_sid": task.task_channel_sid,
    }
    if channel := shared(TaskChannel, task.task_channel_sid):
        data["task_channel_unique_name"] = channel.unique_name
    if queue := shared(TaskQueue, task.task_queue_sid):
        data["task_queue_sid"], data["task_queue_name"] = queue.sid, queue.friendly_name
    if workflow := shared(Workflow, task.workflow_sid):
        data["workflow_sid"], data["workflow_name"] = workflow.sid, workflow.friendly_name
    if task.reason is not None and status in ("canceled", "completed"):
        data[f"task_{status}_reason"] = task.reason
    return data


def _worker_data(ctx: Context, worker: Worker) -> dict[str, str]:
    activity = ctx.get_cached(Activity, worker.activity_sid)
    return {
        "worker_sid": worker.sid,
        "worker_name": worker.friendly_name,
        "worker_attributes": worker.attributes,
        "worker_activity_sid": worker.activity_sid,
        "worker_activity_name": activity.friendly_name if activity else "",
        "worker_version": str(worker.version),
    }


def callback_for(event: TaskRouterEvent) -> dict[str, Any] | None:
    """Return url, method and parameters of a workspace's event callback; None if not wanted.

    An empty filter, a comma-separated list, names all events (specified).
    """
    workspace, record = event.workspace, event.record
    names = [part.strip() for part in (workspace.events_filter or "").split(",") if part.strip()]
    if not workspace.event_callback_url or (names and event.name not in names):
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
    data = {form_name(name): value for name, value in record.event_data.items()}
    return {"url": workspace.event_callback_url, "method": "POST", "parameters": about | data}
