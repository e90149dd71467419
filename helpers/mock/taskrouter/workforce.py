"""A workspace's workers as routing and expressions see them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

from ..call import Call
from .capacity import percentage_left
from .resources import (
    OPEN_RESERVATIONS,
    Activity,
    Reservation,
    Worker,
    WorkerChannel,
    Workspace,
)
from .routing import Candidate


def available(call: Call, workspace: Workspace) -> list[Candidate]:
    """Workers whose activity lets them be offered tasks."""
    where = {"workspace_sid": workspace.sid, "available": True}
    doing = [activity.sid for activity in call.store.select(Activity, where)]
    return candidates(call, workspace, call.store.select(Worker, {"activity_sid": doing}))


def everybody(call: Call, workspace: Workspace) -> list[Candidate]:
    """All workers, whatever they are doing."""
    return candidates(call, workspace, call.store.select(Worker, {"workspace_sid": workspace.sid}))


def candidates(call: Call, workspace: Workspace, workers: Iterable[Worker]) -> list[Candidate]:
    """Workers with what they hold and how much more they can take."""
    workers = list(workers)
    if not workers:
        return []
    sids = [worker.sid for worker in workers]
    where = {"worker_sid": sids, "reservation_status": list(OPEN_RESERVATIONS)}
    held: dict[str, list[Reservation]] = {sid: [] for sid in sids}
    for reservation in call.store.select(Reservation, where):
        held[reservation.worker_sid].append(reservation)
    channels: dict[str, list[WorkerChannel]] = {sid: [] for sid in sids}
    for channel in call.store.select(WorkerChannel, {"worker_sid": sids}):
        channels[channel.worker_sid].append(channel)
    activities = {
        activity.sid: activity
        for activity in call.store.select(Activity, {"workspace_sid": workspace.sid})
    }
    return [
        _candidate(
            worker,
            activities[worker.activity_sid],
            channels[worker.sid],
            held[worker.sid],
            single=not workspace.multi_task_enabled,
        )
        for worker in workers
    ]


def _candidate(
    worker: Worker,
    activity: Activity,
    channels: list[WorkerChannel],
    held: list[Reservation],
    *,
    single: bool,
) -> Candidate:
    used = Counter(reservation.task_channel_sid for reservation in held)
    assigned = Counter(
        reservation.task_channel_sid
        for reservation in held
        if reservation.reservation_status == "accepted"
    )
    own = {
        "sid": worker.sid,
        "friendly_name": worker.friendly_name,
        "activity_sid": activity.sid,
        "activity_name": activity.friendly_name,
        "channel": {
            channel.task_channel_unique_name: {
                "configured_capacity": channel.configured_capacity,
                "assigned_tasks": assigned[channel.task_channel_sid],
                "available_capacity_percentage": percentage_left(
                    channel.configured_capacity, used[channel.task_channel_sid]
                ),
            }
            for channel in channels
        },
        **_attributes(worker),
    }
    room = {
        channel.task_channel_sid: channel.configured_capacity - used[channel.task_channel_sid]
        for channel in channels
        if channel.available
    }
    return Candidate(worker, {"worker": own, **own}, activity.available, room, len(held), single)


def _attributes(worker: Worker) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(worker.attributes)
    return found
