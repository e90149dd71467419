"""A workspace's workers as routing and expressions see them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache, partial
from typing import Any, TypeVar

from ..call import Call
from .capacity import percentage_left
from .resources import (
    OPEN_RESERVATIONS,
    Activity,
    Reservation,
    TaskChannel,
    TaskQueue,
    Worker,
    WorkerChannel,
    Workspace,
)
from .routing import Candidate

R = TypeVar("R", bound=Activity | TaskChannel | TaskQueue)
Held = Mapping[str, Mapping[str, Mapping[str, int]]]
"""Open reservations: how many, by worker, task channel and status."""


def inside(call: Call, kind: type[R], workspace: Workspace) -> list[R]:
    """A workspace's activities, task channels or task queues, which seldom change; only to read."""
    where = {"workspace_sid": workspace.sid}
    return call.store.work_out(kind, workspace.sid, lambda: call.store.select(kind, where))


def available(call: Call, workspace: Workspace) -> list[Candidate]:
    """Workers who can be offered a task now: their activity lets them, and they have room."""
    doing = [one.sid for one in inside(call, Activity, workspace) if one.available]
    held = _held(call, {"workspace_sid": workspace.sid})
    free = [sid for sid, own in _channels(call, workspace).items() if _has_room(own, held.get(sid))]
    where = {"sid": free, "activity_sid": doing}
    return _candidates(call, workspace, call.store.select(Worker, where) if free else [], held)


def everybody(call: Call, workspace: Workspace) -> list[Candidate]:
    """All workers, whatever they are doing."""
    return candidates(call, workspace, call.store.select(Worker, {"workspace_sid": workspace.sid}))


def candidates(call: Call, workspace: Workspace, workers: Iterable[Worker]) -> list[Candidate]:
    """Workers with what they hold and how much more they can take."""
    workers = list(workers)
    held = _held(call, {"worker_sid": [worker.sid for worker in workers]})
    return _candidates(call, workspace, workers, held)


def _held(call: Call, where: Mapping[str, Any]) -> Held:
    by = ("worker_sid", "task_channel_sid", "reservation_status")
    held: dict[str, dict[str, dict[str, int]]] = {}
    is_open = {"reservation_status": list(OPEN_RESERVATIONS)}
    for (worker, channel, status), count in call.store.tally(
        Reservation, by, {**where, **is_open}
    ).items():
        held.setdefault(worker, {}).setdefault(channel, {})[status] = count
    return held


def _channels(call: Call, workspace: Workspace) -> Mapping[str, list[WorkerChannel]]:
    """The worker channels of each worker; only to read."""

    def by_worker() -> dict[str, list[WorkerChannel]]:
        found: dict[str, list[WorkerChannel]] = {}
        for own in call.store.select(WorkerChannel, {"workspace_sid": workspace.sid}):
            found.setdefault(own.worker_sid, []).append(own)
        return found

    return call.store.work_out(WorkerChannel, workspace.sid, by_worker)


def _has_room(channels: Iterable[WorkerChannel], held: Mapping[str, Any] | None) -> bool:
    """Whether there is room for a task of any channel."""
    return any(
        own.available
        and own.configured_capacity > (_used(held, own.task_channel_sid) if held else 0)
        for own in channels
    )


def _used(held: Mapping[str, Mapping[str, int]], task_channel_sid: str) -> int:
    return sum(held.get(task_channel_sid, {}).values())


def _candidates(
    call: Call, workspace: Workspace, workers: Iterable[Worker], held: Held
) -> list[Candidate]:
    activities = {one.sid: one for one in inside(call, Activity, workspace)}
    channels = _channels(call, workspace)
    return [
        _candidate(
            worker,
            activities[worker.activity_sid],
            channels.get(worker.sid, []),
            held.get(worker.sid, {}),
            single=not workspace.multi_task_enabled,
        )
        for worker in workers
    ]


def _candidate(
    worker: Worker,
    activity: Activity,
    channels: list[WorkerChannel],
    held: Mapping[str, Mapping[str, int]],
    *,
    single: bool,
) -> Candidate:
    room = {
        own.task_channel_sid: own.configured_capacity - _used(held, own.task_channel_sid)
        for own in channels
        if own.available
    }
    holding = sum(_used(held, channel) for channel in held)
    describe = partial(_described, worker, activity, channels, held)
    return Candidate(worker, describe, activity.available, room, holding, single)


def _described(
    worker: Worker,
    activity: Activity,
    channels: list[WorkerChannel],
    held: Mapping[str, Mapping[str, int]],
) -> dict[str, Any]:
    """A worker's fields and attributes as an expression names them."""
    own = {
        "sid": worker.sid,
        "friendly_name": worker.friendly_name,
        "activity_sid": activity.sid,
        "activity_name": activity.friendly_name,
        "channel": {
            channel.task_channel_unique_name: {
                "configured_capacity": channel.configured_capacity,
                "assigned_tasks": held.get(channel.task_channel_sid, {}).get("accepted", 0),
                "available_capacity_percentage": percentage_left(
                    channel.configured_capacity, _used(held, channel.task_channel_sid)
                ),
            }
            for channel in channels
        },
        **_attributes(worker.attributes),
    }
    return {"worker": own, **own}


@lru_cache(maxsize=1024)
def _attributes(text: str) -> dict[str, Any]:
    """A worker's attributes; only to read."""
    found: dict[str, Any] = json.loads(text)
    return found
