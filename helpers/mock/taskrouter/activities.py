"""Activities, and how a worker moves from one to another."""

from __future__ import annotations

from ..core.context import Context
from ..core.parameters import Parameters
from . import events
from .limits import Flag, Name, change, in_use
from .resources import Activity, TaskQueue, Worker, Workspace


class NewActivity(Parameters):
    """Parameters of activity creation (specified); `available` never changes afterwards."""

    friendly_name: Name
    available: Flag = False


class ActivityChanges(Parameters):
    """Parameters of activity update (specified)."""

    friendly_name: Name | None = None


def create(ctx: Context, workspace: Workspace, new: NewActivity) -> Activity:
    """Add something a worker can be doing."""
    activity = ctx.create(
        Activity,
        workspace_sid=workspace.sid,
        friendly_name=new.friendly_name,
        available=new.available,
    )
    _tell(ctx, "activity.created", activity)
    return activity


def update(ctx: Context, activity: Activity, changes: ActivityChanges) -> Activity:
    """Rename an activity."""
    ctx.store.save(activity, **changes.given(), date_updated=ctx.now)
    _tell(ctx, "activity.updated", activity)
    return activity


def delete(ctx: Context, activity: Activity) -> None:
    """Delete an activity that nobody is in and no setting names.

    Raises:
        TwilioError: 20409, it is in use (inferred).
    """
    what = f"Activity {activity.sid} ({activity.friendly_name})"
    if ctx.store.exists(Worker, activity_sid=activity.sid):
        raise in_use(what, "workers are in it; move them first")
    for setting in ("default_activity_sid", "timeout_activity_sid"):
        if ctx.store.exists(Workspace, sid=activity.workspace_sid, **{setting: activity.sid}):
            raise in_use(what, f"it is the workspace's {setting}")
    for setting in ("reservation_activity_sid", "assignment_activity_sid"):
        if ctx.store.exists(TaskQueue, **{setting: activity.sid}):
            raise in_use(what, f"it is a task queue's {setting}")
    _tell(ctx, "activity.deleted", activity)
    ctx.store.remove(activity)


def _tell(ctx: Context, name: str, activity: Activity) -> None:
    events.emit(
        ctx,
        name,
        activity,
        activity_sid=activity.sid,
        activity_name=activity.friendly_name,
        activity_available=str(activity.available).lower(),
    )


def move(ctx: Context, worker: Worker, sid: str | None) -> None:
    """Move a worker to the activity of a SID; nothing happens where it is there already."""
    if sid is None or sid == worker.activity_sid:
        return
    activity = ctx.store.first(Activity, sid=sid)
    idle_since = ctx.now if activity and activity.available else worker.idle_since
    before, spent = worker.activity_sid, ctx.now - worker.date_status_changed
    change(ctx, worker, activity_sid=sid, date_status_changed=ctx.now, idle_since=idle_since)
    events.emit(
        ctx,
        "worker.activity.update",
        worker,
        worker=worker,
        worker_previous_activity_sid=before,
        worker_time_in_previous_activity=int(spent),
        worker_time_in_previous_activity_ms=int(spent * 1000),
    )
