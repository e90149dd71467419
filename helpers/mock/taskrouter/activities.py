"""Activities, and the moves of workers between them."""

from __future__ import annotations

from ..core.context import Context
from ..core.parameters import Parameters
from . import events
from .limits import Flag, Name, cannot_delete, change
from .resources import Activity, TaskQueue, Worker, Workspace


class NewActivity(Parameters):
    """Parameters of activity creation (specified); `available` never changes afterwards."""

    friendly_name: Name
    available: Flag = False


class ActivityChanges(Parameters):
    """Parameters of activity update (specified)."""

    friendly_name: Name | None = None


def create(ctx: Context, workspace: Workspace, new: NewActivity) -> Activity:
    """Create an activity."""
    activity = ctx.create(Activity, workspace_sid=workspace.sid, **new.model_dump())
    events.emit(ctx, "activity.created", activity)
    return activity


def update(ctx: Context, activity: Activity, changes: ActivityChanges) -> Activity:
    """Rename an activity."""
    events.emit(ctx, "activity.updated", ctx.update(activity, **changes.given()))
    return activity


def delete(ctx: Context, activity: Activity) -> None:
    """Delete an activity without workers that no setting names.

    Raises:
        TwilioError: 20409, it is in use (inferred).
    """
    subject = f"Activity {activity.sid} ({activity.friendly_name})"
    if ctx.store.exists(Worker, activity_sid=activity.sid):
        raise cannot_delete(subject, "workers are in it; move them first")
    for setting in ("default_activity_sid", "timeout_activity_sid"):
        if ctx.store.exists(Workspace, sid=activity.workspace_sid, **{setting: activity.sid}):
            raise cannot_delete(subject, f"it is the workspace's {setting}")
    for setting in ("reservation_activity_sid", "assignment_activity_sid"):
        if ctx.store.exists(TaskQueue, **{setting: activity.sid}):
            raise cannot_delete(subject, f"it is a task queue's {setting}")
    events.emit(ctx, "activity.deleted", activity)
    ctx.store.remove(activity)


def move(ctx: Context, worker: Worker, sid: str | None) -> None:
    """Move a worker to another activity; no SID, or that of its own, changes nothing."""
    if sid is None or sid == worker.activity_sid:
        return
    activity = ctx.get_cached(Activity, sid)
    idle_since = ctx.now if activity and activity.available else worker.idle_since
    before, spent = worker.activity_sid, ctx.now - worker.date_status_changed
    change(ctx, worker, activity_sid=sid, date_status_changed=ctx.now, idle_since=idle_since)
    events.emit(
        ctx,
        "worker.activity.update",
        worker=worker,
        worker_previous_activity_sid=before,
        worker_time_in_previous_activity=int(spent),
        worker_time_in_previous_activity_ms=int(spent * 1000),
    )
