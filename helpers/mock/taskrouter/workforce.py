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


class _Shares(NamedTuple):
    """Shares by worker, and by task channel the capacity of each worker that has any."""

    workers: dict[str, _Share]
    capacities: dict[str, dict[str, int]]


_NO_SHARE = _Share([], {})
_NOTHING: dict[str, int] = {}
_Counts = dict[str, dict[str, int]]
"""Numbers of tasks, by worker and task channel."""


def in_workspace(ctx: Context, kind: type[R], workspace: Workspace) -> list[R]:
    """Return a workspace's activities, task channels or task queues, to read only."""
    where = {"workspace_sid": workspace.sid}
    return ctx.store.cached(kind, workspace.sid, lambda: ctx.store.select(kind, where))


def available(ctx: Context, workspace: Workspace, channels: Collection[str]) -> list[Candidate]:
    """Return the workers that can be offered a task of these channels (SIDs) now.

    They are available, and have capacity left.
    """
    activities = {each.sid for each in in_workspace(ctx, Activity, workspace) if each.available}
    taken, shares = _counted(ctx, workspace, OPEN_RESERVATIONS), _shares(ctx, workspace)
    with_room: dict[str, None] = {}
    for channel in channels:
        for sid, capacity in shares.capacities.get(channel, _NOTHING).items():
            used = taken.get(sid)
            if used is None or (workspace.multi_task_enabled and used.get(channel, 0) < capacity):
                with_room[sid] = None
    workers = [
        each for each in ctx.store.shared_of(Worker, with_room) if each.activity_sid in activities
    ]
    return candidates(ctx, workspace, workers, taken) if workers else []


def everybody(ctx: Context, workspace: Workspace) -> list[Candidate]:
    """Return all workers, whatever their activity."""
    workers = ctx.store.select_shared(Worker, {"workspace_sid": workspace.sid})
    return candidates(ctx, workspace, workers)


def candidates(
    ctx: Context, workspace: Workspace, workers: Iterable[Worker], taken: _Counts | None = None
) -> list[Candidate]:
    """Return workers with their tasks, which may be counted already, and their capacity."""
    taken = _counted(ctx, workspace, OPEN_RESERVATIONS) if taken is None else taken
    activities = {each.sid: each for each in in_workspace(ctx, Activity, workspace)}
    shares, single = _shares(ctx, workspace).workers, not workspace.multi_task_enabled

    def describe(worker: Worker) -> Scope:
        sid, activity = worker.sid, activities[worker.activity_sid]
        accepted = _counted(ctx, workspace, ("accepted",))
        used, assigned = taken.get(sid, _NOTHING), accepted.get(sid, _NOTHING)
        return described(worker, activity, shares.get(sid, _NO_SHARE).channels, used, assigned)

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


def _counted(ctx: Context, workspace: Workspace, statuses: tuple[str, ...]) -> _Counts:
    """Count reservations of these statuses, by worker and task channel, to read only."""

    def count() -> _Counts:
        by = ("worker_sid", "task_channel_sid")
        where = {"workspace_sid": workspace.sid, "reservation_status": list(statuses)}
        counts: _Counts = {}
        for (sid, channel), count in ctx.store.tally(Reservation, by, where).items():
            counts.setdefault(sid, {})[channel] = count
        return counts

    return ctx.store.cached(Reservation, (workspace.sid, statuses), count)


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


def _shares(ctx: Context, workspace: Workspace) -> _Shares:
    """Return the channels of each worker, to read only."""

    def by_worker() -> _Shares:
        found = _Shares({}, {})
        for own in ctx.store.select(WorkerChannel, {"workspace_sid": workspace.sid}):
            share = found.workers.setdefault(own.worker_sid, _Share([], {}))
            share.channels.append(own)
            if own.available:
                share.capacity[own.task_channel_sid] = own.configured_capacity
            if own.available and own.configured_capacity:
                of_channel = found.capacities.setdefault(own.task_channel_sid, {})
                of_channel[own.worker_sid] = own.configured_capacity
        return found

    return ctx.store.cached(WorkerChannel, workspace.sid, by_worker)


@lru_cache(maxsize=1024)
def _attributes(text: str) -> dict[str, Any]:
    """Return a worker's attributes, to read only."""
    found: dict[str, Any] = json.loads(text)
    return found
