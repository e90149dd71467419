"""Resources of TaskRouter as its JavaScript SDK reads them: names of its own, dates in seconds.

Every name must be there: the SDK refuses a resource that lacks one (observed).
"""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any

from ..core.context import Context
from ..core.store import Resource
from ..rest import taskrouter_views as rest
from ..taskrouter.reservations import seconds_to_answer
from ..taskrouter.resources import (
    Reservation,
    Task,
    TaskQueue,
    TaskTransfer,
    Worker,
    WorkerChannel,
)
from ..taskrouter.transfer_states import under_way

_DATES = ("date_created", "date_updated")
_OWN = ("account_sid", "workspace_sid", "sid", *_DATES)
BridgeView = Callable[[Context, Any], dict[str, Any]]


def _fields(*names: str) -> Callable[[Resource], dict[str, Any]]:
    """Return a view of these fields, with dates in whole seconds."""
    values = attrgetter(*names)
    dates = [name for name in names if name.startswith("date_") or name.endswith("_time")]

    def show(resource: Resource) -> dict[str, Any]:
        shown = dict(zip(names, values(resource), strict=True))
        return shown | {name: int(shown[name]) for name in dates}

    return show


_activity = _fields(*_OWN, "friendly_name", "available")
_worker = _fields(
    *_OWN, "friendly_name", "attributes", "activity_sid", "date_status_changed", "version"
)
_channel = _fields(*_OWN, "worker_sid", "task_channel_sid", "task_channel_unique_name")
_task = _fields(
    *_OWN,
    "attributes",
    "priority",
    "reason",
    "timeout",
    "assignment_status",
    "workflow_sid",
    "task_channel_sid",
    "routing_target",
    "virtual_start_time",
    "version",
)
_reservation = _fields(*_OWN, "task_sid", "worker_sid", "reservation_status", "version")
_queue = _fields(
    *_OWN,
    "friendly_name",
    "target_workers",
    "max_reserved_workers",
    "task_order",
    "reservation_activity_sid",
    "assignment_activity_sid",
)
_transfer = _fields(
    *_OWN,
    "task_sid",
    "transfer_mode",
    "transfer_type",
    "transfer_to",
    "transfer_status",
    "transfer_failed_reason",
    "initiating_reservation_sid",
    "initiating_worker_sid",
    "initiating_queue_sid",
    "initiating_workflow_sid",
)
_queue_activities = rest.activity_names("reservation", "assignment")


def activity(ctx: Context, shown: Any) -> dict[str, Any]:
    """An activity."""
    return _activity(shown)


def worker(ctx: Context, shown: Worker) -> dict[str, Any]:
    """A worker, with its activity."""
    return _worker(shown) | rest.worker_activity(ctx, shown)


def channel(ctx: Context, shown: WorkerChannel) -> dict[str, Any]:
    """A worker's channel, with the part of its capacity that is left."""
    return {
        **_channel(shown),
        "configured_capacity": shown.configured_capacity,
        "available": int(shown.available),
        **rest.room(ctx, shown),
        "last_reserved_time": int(shown.date_updated * 1000),
    }


def task(ctx: Context, shown: Task) -> dict[str, Any]:
    """A task, with the names of its channel, queue and workflow."""
    names = rest.task_names(ctx, shown)
    return {
        **_task(shown),
        "addons": "{}",
        "age": names["age"],
        "queue_sid": shown.task_queue_sid,
        "queue_name": names["task_queue_friendly_name"],
        "workflow_name": names["workflow_friendly_name"],
        "task_channel_unique_name": names["task_channel_unique_name"],
    }


def queue(ctx: Context, shown: TaskQueue) -> dict[str, Any]:
    """A task queue, with its activities."""
    return {
        **_queue(shown),
        "lifo_queue": shown.task_order == "LIFO",
        **_queue_activities(ctx, shown),
    }


def reservation_alone(ctx: Context, shown: Reservation) -> dict[str, Any]:
    """A reservation as the answer to its change: the SDK fails on a transfer there (observed)."""
    of = ctx.get_cached(Task, shown.task_sid)
    return _reservation(shown) | {"reservation_timeout": seconds_to_answer(ctx, of)}


def reservation(ctx: Context, shown: Reservation, of: Task | None = None) -> dict[str, Any]:
    """A reservation with its task: as stored, unless it is given.

    Transfers that there are not have no name: null makes the SDK fail (observed).
    """
    of = of or ctx.get_cached(Task, shown.task_sid)
    view = reservation_alone(ctx, shown) | {"task": of and task(ctx, of)}
    incoming = ctx.get_cached(TaskTransfer, shown.transfer_sid)
    if incoming is not None:
        view["task_transfer"] = transfer(ctx, incoming)
    outgoing = of and under_way(ctx, of)
    if outgoing and outgoing.initiating_reservation_sid == shown.sid:
        view["active_outgoing_task_transfer"] = transfer(ctx, outgoing)
    return view


def transfer(ctx: Context, shown: TaskTransfer) -> dict[str, Any]:
    """A transfer of a task."""
    return _transfer(shown)
