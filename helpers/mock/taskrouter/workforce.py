"""A workspace's workers as routing and expressions see them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache, partial
from typing import Any, NamedTuple, TypeVar

from ..core.context import Context
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
from .task_channels import percentage_left

R = TypeVar("R", bound=Activity | TaskChannel | TaskQueue)
Counts = Mapping[str, int]
"""Tasks by task channel."""


class _Held(NamedTuple):
    """Open reservations by worker: how many of each channel, and how many of them accepted."""

    used: dict[str, dict[str, int]]
    assigned: dict[str, dict[str, int]]


class _Share(NamedTuple):
    """A worker's channels, and how many tasks of each available one it takes at once."""

    channels: list[WorkerChannel]
    capacity: dict[str, int]

    def has_room(self, used: Counts | None) -> bool:
        """Whether it can take a task of any."""
        if not used:
            return any(self.capacity.values())
        return any(most > used.get(sid, 0) for sid, most in self.capacity.items())

    def room(self, used: Counts | None) -> dict[str, int]:
        """How many more tasks it can take of each."""
        if used is None:
            return dict(self.capacity)
        return {sid: most - used.get(sid, 0) for sid, most in self.capacity.items()}


def inside(ctx: Context, kind: type[R], workspace: Workspace) -> list[R]:
    """A workspace's activities, task channels or task queues, which seldom change; only to read."""
    where = {"workspace_sid": workspace.sid}
    return ctx.store.cached(kind, workspace.sid, lambda: ctx.store.select(kind, where))


def available(ctx: Context, workspace: Workspace) -> list[Candidate]:
    """Workers who can be offered a task now: their activity lets them, and they have room."""
    held, shares = _held(ctx, {"workspace_sid": workspace.sid}), _shares(ctx, workspace)
    free = {sid for sid, share in shares.items() if share.has_room(held.used.get(sid))}
    if not free:
        return []
    available = [one.sid for one in inside(ctx, Activity, workspace) if one.available]
    where = {"workspace_sid": workspace.sid, "activity_sid": available}
    workers = [one for one in ctx.store.select_shared(Worker, where) if one.sid in free]
    return _candidates(ctx, workspace, workers, held)


def everybody(ctx: Context, workspace: Workspace) -> list[Candidate]:
    """All workers, whatever they are doing."""
    return candidates(ctx, workspace, ctx.store.select(Worker, {"workspace_sid": workspace.sid}))


def candidates(ctx: Context, workspace: Workspace, workers: Iterable[Worker]) -> list[Candidate]:
    """Workers with what they hold and how much more they can take."""
    workers = list(workers)
    held = _held(ctx, {"worker_sid": [worker.sid for worker in workers]})
    return _candidates(ctx, workspace, workers, held)


def _held(ctx: Context, where: Mapping[str, Any]) -> _Held:
    by = ("worker_sid", "task_channel_sid", "reservation_status")
    held = _Held({}, {})
    is_open = {"reservation_status": list(OPEN_RESERVATIONS)}
    for (worker, channel, status), count in ctx.store.tally(
        Reservation, by, {**where, **is_open}
    ).items():
        used = held.used.setdefault(worker, {})
        used[channel] = used.get(channel, 0) + count
        if status == "accepted":
            held.assigned.setdefault(worker, {})[channel] = count
    return held


def _shares(ctx: Context, workspace: Workspace) -> Mapping[str, _Share]:
    """What each worker takes on; only to read."""

    def by_worker() -> dict[str, _Share]:
        found: dict[str, _Share] = {}
        for own in ctx.store.select(WorkerChannel, {"workspace_sid": workspace.sid}):
            share = found.setdefault(own.worker_sid, _Share([], {}))
            share.channels.append(own)
            if own.available:
                share.capacity[own.task_channel_sid] = own.configured_capacity
        return found

    return ctx.store.cached(WorkerChannel, workspace.sid, by_worker)


def _candidates(
    ctx: Context, workspace: Workspace, workers: Iterable[Worker], held: _Held
) -> list[Candidate]:
    activities = {one.sid: one for one in inside(ctx, Activity, workspace)}
    shares, single = _shares(ctx, workspace), not workspace.multi_task_enabled
    found = []
    for worker in workers:
        share = shares.get(worker.sid) or _Share([], {})
        activity, used = activities[worker.activity_sid], held.used.get(worker.sid)
        holding = sum(used.values()) if used else 0
        describe = partial(
            _described, worker, activity, share, used or {}, held.assigned.get(worker.sid, {})
        )
        found.append(
            Candidate(worker, describe, activity.available, share.room(used), holding, single)
        )
    return found


def _described(
    worker: Worker, activity: Activity, share: _Share, used: Counts, assigned: Counts
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
                "assigned_tasks": assigned.get(channel.task_channel_sid, 0),
                "available_capacity_percentage": percentage_left(
                    channel.configured_capacity, used.get(channel.task_channel_sid, 0)
                ),
            }
            for channel in share.channels
        },
        **_attributes(worker.attributes),
    }
    return {"worker": own, **own}


@lru_cache(maxsize=1024)
def _attributes(text: str) -> dict[str, Any]:
    """A worker's attributes; only to read."""
    found: dict[str, Any] = json.loads(text)
    return found
