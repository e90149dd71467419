"""Workers of a workspace as candidates for routing and expressions."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from ..core.context import Context
from ..core.store import R
from .expressions import Scope
from .resources import (
    OPEN_RESERVATIONS,
    Activity,
    Reservation,
    Worker,
    WorkerChannel,
    Workspace,
)
from .routing import Candidate
from .task_channels import percentage_left


class _Share(NamedTuple):
    """A worker's channels, and the tasks it takes at once of each available one."""

    channels: list[WorkerChannel]
    capacity: dict[str, int]


class _Load(NamedTuple):
    """Tasks that workers hold or are offered, and those they accepted: by worker and channel."""

    taken: dict[str, dict[str, int]]
    assigned: dict[str, dict[str, int]]


_NO_SHARE = _Share([], {})
_NOTHING: dict[str, int] = {}


def in_workspace(ctx: Context, kind: type[R], workspace: Workspace) -> list[R]:
    """Return a workspace's activities, task channels or task queues, to read only."""
    where = {"workspace_sid": workspace.sid}
    return ctx.store.cached(kind, workspace.sid, lambda: ctx.store.select(kind, where))


def available(ctx: Context, workspace: Workspace, channels: Collection[str]) -> list[Candidate]:
    """Return the workers that can be offered a task of these channels (SIDs) now.

    They are available, and have capacity left.
    """
    activities = {each.sid for each in in_workspace(ctx, Activity, workspace) if each.available}
    load, workers = _load(ctx, workspace), []
    for sid, share in _shares(ctx, workspace).items():
        used = load.taken.get(sid, _NOTHING)
        if used and not workspace.multi_task_enabled:
            continue
        for channel in channels:
            if share.capacity.get(channel, 0) > used.get(channel, 0):
                worker = ctx.get_cached(Worker, sid)
                if worker is not None and worker.activity_sid in activities:
                    workers.append(worker)
                break
    return candidates(ctx, workspace, workers, load) if workers else []


def everybody(ctx: Context, workspace: Workspace) -> list[Candidate]:
    """Return all workers, whatever their activity."""
    workers = ctx.store.select_shared(Worker, {"workspace_sid": workspace.sid})
    return candidates(ctx, workspace, workers)


def candidates(
    ctx: Context, workspace: Workspace, workers: Iterable[Worker], load: _Load | None = None
) -> list[Candidate]:
    """Return workers with their tasks, which may be counted already, and their capacity."""
    taken, assigned = load or _load(ctx, workspace)
    activities = {each.sid: each for each in in_workspace(ctx, Activity, workspace)}
    shares, single = _shares(ctx, workspace), not workspace.multi_task_enabled

    def describe(worker: Worker) -> Scope:
        channels = shares.get(worker.sid, _NO_SHARE).channels
        used, accepted = taken.get(worker.sid, {}), assigned.get(worker.sid, {})
        return described(worker, activities[worker.activity_sid], channels, used, accepted)

    return [
        Candidate(
            worker,
            describe,
            activities[worker.activity_sid].available,
            shares.get(worker.sid, _NO_SHARE).capacity,
            taken.get(worker.sid, _NOTHING).copy(),
            single,
        )
        for worker in workers
    ]


def _load(ctx: Context, workspace: Workspace) -> _Load:
    by = ("worker_sid", "task_channel_sid", "reservation_status")
    where = {"workspace_sid": workspace.sid, "reservation_status": list(OPEN_RESERVATIONS)}
    load = _Load({}, {})
    for (sid, channel, status), count in ctx.store.tally(Reservation, by, where).items():
        used = load.taken.setdefault(sid, {})
        used[channel] = used.get(channel, 0) + count
        if status == "accepted":
            load.assigned.setdefault(sid, {})[channel] = count
    return load


def described(
    worker: Worker,
    activity: Activity,
    channels: Iterable[WorkerChannel],
    used: Mapping[str, int],
    accepted: Mapping[str, int],
) -> Scope:
    """Return a worker's names in expressions; open and accepted tasks are by task channel."""
    own = {
        "sid": worker.sid,
        "friendly_name": worker.friendly_name,
        "activity_sid": activity.sid,
        "activity_name": activity.friendly_name,
        "channel": {
            channel.task_channel_unique_name: {
                "configured_capacity": channel.configured_capacity,
                "assigned_tasks": accepted.get(channel.task_channel_sid, 0),
                "available_capacity_percentage": percentage_left(
                    channel.configured_capacity, used.get(channel.task_channel_sid, 0)
                ),
            }
            for channel in channels
        },
        **_attributes(worker.attributes),
    }
    return {"worker": own, **own}


def _shares(ctx: Context, workspace: Workspace) -> dict[str, _Share]:
    """Return the channels of each worker, to read only."""

    def by_worker() -> dict[str, _Share]:
        found: dict[str, _Share] = {}
        for own in ctx.store.select(WorkerChannel, {"workspace_sid": workspace.sid}):
            share = found.setdefault(own.worker_sid, _Share([], {}))
            share.channels.append(own)
            if own.available:
                share.capacity[own.task_channel_sid] = own.configured_capacity
        return found

    return ctx.store.cached(WorkerChannel, workspace.sid, by_worker)


@lru_cache(maxsize=1024)
def _attributes(text: str) -> dict[str, Any]:
    """Return a worker's attributes, to read only."""
    found: dict[str, Any] = json.loads(text)
    return found
