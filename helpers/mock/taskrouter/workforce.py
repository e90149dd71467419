"""A workspace's workers as routing and expressions see them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache, partial
from typing import Any, NamedTuple, TypeVar

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
_NOTHING: Mapping[str, Mapping[str, int]] = {}


class _Share(NamedTuple):
    """A worker's channels, and how many tasks of each available one it takes at once."""

    channels: list[WorkerChannel]
    capacity: dict[str, int]

    def room(self, held: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
        """How many more tasks it can take of each."""
        if not held:
            return self.capacity
        return {sid: most - _used(held, sid) for sid, most in self.capacity.items()}


def inside(call: Call, kind: type[R], workspace: Workspace) -> list[R]:
    """A workspace's activities, task channels or task queues, which seldom change; only to read."""
    where = {"workspace_sid": workspace.sid}
    return call.store.work_out(kind, workspace.sid, lambda: call.store.select(kind, where))


def available(call: Call, workspace: Workspace) -> list[Candidate]:
    """Workers who can be offered a task now: their activity lets them, and they have room."""
    doing = [one.sid for one in inside(call, Activity, workspace) if one.available]
    held = _held(call, {"workspace_sid": workspace.sid})
    free = [
        sid
        for sid, share in _shares(call, workspace).items()
        if any(left > 0 for left in share.room(held.get(sid, _NOTHING)).values())
    ]
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


def _shares(call: Call, workspace: Workspace) -> Mapping[str, _Share]:
    """What each worker takes on; only to read."""

    def by_worker() -> dict[str, _Share]:
        found: dict[str, _Share] = {}
        for own in call.store.select(WorkerChannel, {"workspace_sid": workspace.sid}):
            share = found.setdefault(own.worker_sid, _Share([], {}))
            share.channels.append(own)
            if own.available:
                share.capacity[own.task_channel_sid] = own.configured_capacity
        return found

    return call.store.work_out(WorkerChannel, workspace.sid, by_worker)


def _used(held: Mapping[str, Mapping[str, int]], task_channel_sid: str) -> int:
    return sum(held.get(task_channel_sid, {}).values())


def _candidates(
    call: Call, workspace: Workspace, workers: Iterable[Worker], held: Held
) -> list[Candidate]:
    activities = {one.sid: one for one in inside(call, Activity, workspace)}
    shares = _shares(call, workspace)
    return [
        _candidate(
            worker,
            activities[worker.activity_sid],
            shares.get(worker.sid, _Share([], {})),
            held.get(worker.sid, _NOTHING),
            single=not workspace.multi_task_enabled,
        )
        for worker in workers
    ]


def _candidate(
    worker: Worker,
    activity: Activity,
    share: _Share,
    held: Mapping[str, Mapping[str, int]],
    *,
    single: bool,
) -> Candidate:
    room = dict(share.room(held))
    holding = sum(_used(held, channel) for channel in held)
    describe = partial(_described, worker, activity, share.channels, held)
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
