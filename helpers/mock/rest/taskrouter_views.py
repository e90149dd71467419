"""Views of TaskRouter's resources beyond their fields: links, and derived values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..core.context import Context
from ..core.store import Resource
from ..taskrouter import task_channels
from ..taskrouter.resources import (
    Activity,
    Reservation,
    Task,
    TaskChannel,
    TaskQueue,
    Worker,
    WorkerChannel,
    Workflow,
    Workspace,
    WorkspaceEvent,
)

HOST = "taskrouter.twilio.com"

_FIGURES = {
    "statistics": "Statistics",
    "real_time_statistics": "RealTimeStatistics",
    "cumulative_statistics": "CumulativeStatistics",
}
_SEGMENTS = {
    "activity": "Activities",
    "task-channel": "TaskChannels",
    "task-queue": "TaskQueues",
    "workflow": "Workflows",
    "worker": "Workers",
    "task": "Tasks",
}


def _workspace_url(resource: Any) -> str:
    return f"https://{HOST}/v1/Workspaces/{resource.workspace_sid}"


def _field(
    ctx: Context, kind: type[Resource], sid: str | None, field: str = "friendly_name"
) -> Any:
    """Return a field of another resource; null where there is none."""
    return getattr(ctx.get_cached(kind, sid), field, None)


def _below(url: str, names: dict[str, str]) -> dict[str, str]:
    return {name: f"{url}/{segment}" for name, segment in names.items()}


def only_workspace(resource: Any, url: str) -> dict[str, Any]:
    """The workspace as the only link."""
    return {"links": {"workspace": _workspace_url(resource)}}


def workspace_links(workspace: Workspace, url: str) -> dict[str, Any]:
    """Links to a workspace's collections."""
    collections = {
        "activities": "Activities",
        "events": "Events",
        "task_channels": "TaskChannels",
        "task_queues": "TaskQueues",
        "tasks": "Tasks",
        "workers": "Workers",
        "workflows": "Workflows",
    }
    return {"links": _below(url, collections | _FIGURES)}


def activity_names(*settings: str) -> Callable[[Context, Any], dict[str, Any]]:
    """Return a detail: the names of the activities that these settings of a resource name."""
    fields = {f"{name}_activity_name": f"{name}_activity_sid" for name in settings}
    return lambda ctx, resource: {
        name: _field(ctx, Activity, getattr(resource, sid)) for name, sid in fields.items()
    }


def workflow_links(workflow: Workflow, url: str) -> dict[str, Any]:
    """Links to a workflow's statistics; the type of its document is null (observed)."""
    return {"document_content_type": None, "links": _below(url, _FIGURES)}


def queue_links(queue: TaskQueue, url: str) -> dict[str, Any]:
    """Links to a queue's activities and statistics."""
    workspace = _workspace_url(queue)
    activities = {
        f"{setting}_activity": sid and f"{workspace}/Activities/{sid}"
        for setting, sid in (
            ("reservation", queue.reservation_activity_sid),
            ("assignment", queue.assignment_activity_sid),
        )
    }
    return {
        "links": {
            **activities,
            "workspace": workspace,
            **_below(url, _FIGURES),
            "list_statistics": f"{workspace}/TaskQueues/Statistics",
            "bulk_real_time_statistics": f"{workspace}/TaskQueues/RealTimeStatistics",
        }
    }


def worker_links(worker: Worker, url: str) -> dict[str, Any]:
    """Links to a worker's activity, channels, reservations and statistics."""
    workspace = _workspace_url(worker)
    own = {
        "channels": "Channels",
        "worker_channels": "Channels",
        "reservations": "Reservations",
        "worker_statistics": "Statistics",
    }
    return {
        "links": {
            "activity": f"{workspace}/Activities/{worker.activity_sid}",
            "workspace": workspace,
            **_below(f"{workspace}/Workers", _FIGURES),
            **_below(url, own),
        }
    }


def worker_activity(ctx: Context, worker: Worker) -> dict[str, Any]:
    """A worker's activity."""
    sid = worker.activity_sid
    return {
        "activity_name": _field(ctx, Activity, sid),
        "available": _field(ctx, Activity, sid, "available"),
    }


def room(ctx: Context, own: WorkerChannel) -> dict[str, Any]:
    """The part of a worker's capacity that is left."""
    assigned, taken = task_channels.assigned_and_taken(ctx, own)
    left = task_channels.percentage_left(own.configured_capacity, taken)
    return {"assigned_tasks": assigned, "available_capacity_percentage": left}


def task_links(task: Task, url: str) -> dict[str, Any]:
    """Links to a task's queue, workflow and reservations."""
    workspace = _workspace_url(task)
    queue, workflow = task.task_queue_sid, task.workflow_sid
    return {
        "addons": "{}",
        "links": {
            "task_queue": queue and f"{workspace}/TaskQueues/{queue}",
            "workflow": workflow and f"{workspace}/Workflows/{workflow}",
            "workspace": workspace,
            "reservations": f"{url}/Reservations",
        },
    }


def task_names(ctx: Context, task: Task) -> dict[str, Any]:
    """A task's age, and the names of its channel, queue and workflow."""
    return {
        "age": int(ctx.now - task.date_created),
        "task_channel_unique_name": _field(ctx, TaskChannel, task.task_channel_sid, "unique_name"),
        "task_queue_friendly_name": _field(ctx, TaskQueue, task.task_queue_sid),
        "workflow_friendly_name": _field(ctx, Workflow, task.workflow_sid),
    }


def reservation_links(reservation: Reservation, url: str) -> dict[str, Any]:
    """Links to a reservation's task and worker."""
    workspace = _workspace_url(reservation)
    return {
        "links": {
            "task": f"{workspace}/Tasks/{reservation.task_sid}",
            "worker": f"{workspace}/Workers/{reservation.worker_sid}",
            "workspace": workspace,
        }
    }


def worker_name(ctx: Context, reservation: Reservation) -> dict[str, Any]:
    """Name of its worker."""
    return {"worker_name": _field(ctx, Worker, reservation.worker_sid)}


def event_extra(event: WorkspaceEvent, url: str) -> dict[str, Any]:
    """The workspace as the actor, as in Twilio's sample."""
    workspace, segment = _workspace_url(event), _SEGMENTS.get(event.resource_type)
    url = f"{workspace}/{segment}/{event.resource_sid}" if segment else workspace
    if event.resource_type == "reservation":
        url = f"{workspace}/Tasks/{event.task_sid}/Reservations/{event.resource_sid}"
    return {
        "actor_sid": event.workspace_sid,
        "actor_type": "workspace",
        "actor_url": workspace,
        "event_date_ms": int(event.event_date * 1000),
        "resource_url": url,
        "source": "twilio",
        "source_ip_address": None,
    }
