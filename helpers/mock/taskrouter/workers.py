"""Creation, update and deletion of workers."""

from __future__ import annotations

from ...flex_ui import WORKSPACE
from ..core.context import Context
from ..core.errors import TwilioError
from ..core.parameters import Parameters
from . import activities, events, reservations, task_channels
from .limits import Attributes, Flag, Name, Sid, cannot_delete, change, require
from .resources import (
    OPEN_RESERVATIONS,
    Activity,
    Reservation,
    TaskChannel,
    Worker,
    WorkerChannel,
    Workspace,
)

OFFLINE = "Offline"
"""Name of the activity of agents that are not there (observed)."""


class NewWorker(Parameters):
    """Parameters of worker creation (specified)."""

    friendly_name: Name
    activity_sid: Sid = None
    attributes: Attributes = "{}"


class WorkerChanges(Parameters):
    """Parameters of worker update (specified)."""

    friendly_name: Name | None = None
    activity_sid: str | None = None
    attributes: Attributes | None = None
    reject_pending_reservations: Flag = False


def create(ctx: Context, workspace: Workspace, new: NewWorker) -> Worker:
    """Create a worker, by default in the workspace's default activity (specified).

    Raises:
        TwilioError: 20001, there is no such activity; 20409, the name is taken, whatever its case
            (specified; the code is inferred).
    """
    sid = new.activity_sid or workspace.default_activity_sid or ""
    _refuse_taken(ctx, workspace.sid, new.friendly_name)
    require(ctx, Activity, workspace.sid, sid, "ActivitySid")
    worker = ctx.create(
        Worker,
        workspace_sid=workspace.sid,
        friendly_name=new.friendly_name,
        name_key=new.friendly_name.casefold(),
        attributes=new.attributes,
        activity_sid=sid,
        date_status_changed=ctx.now,
        idle_since=ctx.now,
        version=0,
    )
    for channel in ctx.store.select(TaskChannel, {"workspace_sid": workspace.sid}):
        task_channels.add_worker(ctx, worker, channel)
    events.emit(ctx, "worker.created", worker=worker)
    return worker


def _refuse_taken(ctx: Context, workspace_sid: str, name: str) -> None:
    if ctx.store.exists(Worker, workspace_sid=workspace_sid, name_key=name.casefold()):
        raise TwilioError(20409, f"A worker named {name!r} exists already in this workspace")


def update(ctx: Context, worker: Worker, changes: WorkerChanges) -> Worker:
    """Change a worker.

    Raises:
        TwilioError: 20001, there is no such activity, or an unavailable one is given while
            reservations are pending that are not to be rejected (inferred); 20409, the name is
            taken.
    """
    name, attributes = changes.friendly_name, changes.attributes
    if name is not None and name.casefold() != worker.name_key:
        _refuse_taken(ctx, worker.workspace_sid, name)
    if name is not None:
        change(ctx, worker, friendly_name=name, name_key=name.casefold())
    if attributes is not None:
        change(ctx, worker, attributes=attributes)
        events.emit(ctx, "worker.attributes.update", worker=worker)
    _move(ctx, worker, changes)
    return ctx.store.first(Worker, sid=worker.sid) or worker


def _move(ctx: Context, worker: Worker, changes: WorkerChanges) -> None:
    chosen = require(ctx, Activity, worker.workspace_sid, changes.activity_sid, "ActivitySid")
    if changes.reject_pending_reservations and (chosen is None or chosen.available):
        raise TwilioError(
            20001, "RejectPendingReservations needs an ActivitySid that is not available"
        )
    if chosen is None or chosen.sid == worker.activity_sid:
        return
    where = {"worker_sid": worker.sid, "reservation_status": "pending"}
    pending = [] if chosen.available else ctx.store.select(Reservation, where)
    if pending and not changes.reject_pending_reservations:
        raise TwilioError(
            20001,
            f"Worker {worker.sid} cannot have its activity updated since it has {len(pending)}"
            " pending reservations; give RejectPendingReservations as well",
        )
    activities.move(ctx, worker, chosen.sid)
    for reservation in pending:
        reservations.reject(ctx, reservation)


def go_offline(ctx: Context, worker_sid: str) -> None:
    """Move a worker of Flex whose last connection has ended to the activity Offline (observed).

    In any other workspace it stays as it is. Offers that are pending run out (inferred).
    """
    worker = ctx.get_cached(Worker, worker_sid)
    workspace = ctx.get_cached(Workspace, worker.workspace_sid if worker else None)
    if worker is None or workspace is None or workspace.friendly_name != WORKSPACE:
        return
    where = {"workspace_sid": workspace.sid, "friendly_name": OFFLINE, "available": False}
    for offline in ctx.store.select(Activity, where, limit=1):
        activities.move(ctx, worker, offline.sid)


def delete(ctx: Context, worker: Worker) -> None:
    """Delete a worker that holds no task; its past reservations stay (inferred).

    Raises:
        TwilioError: 20409, it has reservations that have not ended (inferred).
    """
    where = {"worker_sid": worker.sid, "reservation_status": list(OPEN_RESERVATIONS)}
    if ctx.store.exists(Reservation, **where):
        raise cannot_delete(
            f"Worker {worker.sid} ({worker.friendly_name})", "it has open reservations"
        )
    events.emit(ctx, "worker.deleted", worker=worker)
    ctx.store.remove_all(WorkerChannel, worker_sid=worker.sid)
    ctx.store.remove(worker)
