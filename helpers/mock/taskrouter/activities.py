"""Activities, and how a worker moves from one to another."""

from __future__ import annotations

from ..call import Call
from ..fields import Fields
from . import events
from .resources import Activity, TaskQueue, Worker, Workspace
from .rules import Flag, Name, change, in_use


class NewActivity(Fields):
    """Parameters of activity creation (specified); `available` never changes afterwards."""

    friendly_name: Name
    available: Flag = False


class ActivityChanges(Fields):
    """Parameters of activity update (specified)."""

    friendly_name: Name | None = None


def create(call: Call, workspace: Workspace, new: NewActivity) -> Activity:
    """Add something a worker can be doing."""
    activity = call.store.add(
        Activity(
            sid=call.sids.new("WA"),
            account_sid=call.account_sid,
            workspace_sid=workspace.sid,
            friendly_name=new.friendly_name,
            available=new.available,
            date_created=call.now,
            date_updated=call.now,
        )
    )
    _tell(call, "activity.created", activity)
    return activity


def update(call: Call, activity: Activity, changes: ActivityChanges) -> Activity:
    """Rename an activity."""
    call.store.save(activity, **changes.given(), date_updated=call.now)
    _tell(call, "activity.updated", activity)
    return activity


def delete(call: Call, activity: Activity) -> None:
    """Delete an activity that nobody is in and no setting names.

    Raises:
        TwilioError: 20409, it is in use (inferred).
    """
    what = f"Activity {activity.sid} ({activity.friendly_name})"
    if call.store.exists(Worker, activity_sid=activity.sid):
        raise in_use(what, "workers are in it; move them first")
    for setting in ("default_activity_sid", "timeout_activity_sid"):
        if call.store.exists(Workspace, sid=activity.workspace_sid, **{setting: activity.sid}):
            raise in_use(what, f"it is the workspace's {setting}")
    for setting in ("reservation_activity_sid", "assignment_activity_sid"):
        if call.store.exists(TaskQueue, **{setting: activity.sid}):
            raise in_use(what, f"it is a task queue's {setting}")
    _tell(call, "activity.deleted", activity)
    call.store.remove(activity)


def _tell(call: Call, name: str, activity: Activity) -> None:
    events.tell(
        call,
        name,
        activity,
        activity_sid=activity.sid,
        activity_name=activity.friendly_name,
        activity_available=str(activity.available).lower(),
    )


def move(call: Call, worker: Worker, sid: str | None) -> None:
    """Move a worker to the activity of a SID; nothing happens where it is there already."""
    if sid is None or sid == worker.activity_sid:
        return
    activity = call.store.first(Activity, sid=sid)
    idle_since = call.now if activity and activity.available else worker.idle_since
    before, spent = worker.activity_sid, call.now - worker.date_status_changed
    change(call, worker, activity_sid=sid, date_status_changed=call.now, idle_since=idle_since)
    events.tell(
        call,
        "worker.activity.update",
        worker,
        worker=worker,
        worker_previous_activity_sid=before,
        worker_time_in_previous_activity=int(spent),
        worker_time_in_previous_activity_ms=int(spent * 1000),
    )
