"""How many tasks a worker takes at once: a worker channel for every task channel."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ..call import Call
from ..fields import Fields
from . import events
from .resources import OPEN_RESERVATIONS, Reservation, TaskChannel, Worker, WorkerChannel

DEFAULT_CAPACITY = {"chat": 3, "sms": 3}
"""Tasks of these channels that a new worker takes at once; of any other one (inferred)."""


class WorkerChannelChanges(Fields):
    """Parameters of worker channel update (specified)."""

    capacity: Annotated[int, Field(ge=0)] | None = None
    available: bool | None = None


def give(call: Call, worker: Worker, channel: TaskChannel) -> WorkerChannel:
    """Let a worker take tasks of a channel."""
    return call.store.add(
        WorkerChannel(
            sid=call.sids.new("WC"),
            account_sid=call.account_sid,
            workspace_sid=worker.workspace_sid,
            worker_sid=worker.sid,
            task_channel_sid=channel.sid,
            task_channel_unique_name=channel.unique_name,
            available=True,
            configured_capacity=DEFAULT_CAPACITY.get(channel.unique_name, 1),
            date_created=call.now,
            date_updated=call.now,
        )
    )


def update(call: Call, own: WorkerChannel, changes: WorkerChannelChanges) -> WorkerChannel:
    """Change how many tasks a worker takes, or whether it takes any."""
    before = own.configured_capacity, own.available
    capacity = before[0] if changes.capacity is None else changes.capacity
    available = before[1] if changes.available is None else changes.available
    call.store.save(own, configured_capacity=capacity, available=available, date_updated=call.now)
    if capacity != before[0]:
        _tell(call, "worker.capacity.update", own, before[0])
    if available != before[1]:
        _tell(call, "worker.channel.availability.update", own, before[0])
    return own


def _tell(call: Call, name: str, own: WorkerChannel, previous: int) -> None:
    worker = call.store.first(Worker, sid=own.worker_sid)
    events.tell(
        call,
        name,
        worker,
        worker=worker,
        task_channel_sid=own.task_channel_sid,
        task_channel_unique_name=own.task_channel_unique_name,
        worker_channel_available=str(own.available).lower(),
        worker_channel_available_capacity=own.configured_capacity - taken(call, own),
        worker_channel_previous_capacity=previous,
        worker_channel_task_count=assigned(call, own),
    )


def taken(call: Call, own: WorkerChannel) -> int:
    """Reservations that take up capacity: pending, accepted and wrapping (documented)."""
    return _count(call, own, OPEN_RESERVATIONS)


def assigned(call: Call, own: WorkerChannel) -> int:
    """Tasks assigned: accepted reservations only (documented)."""
    return _count(call, own, ("accepted",))


def _count(call: Call, own: WorkerChannel, statuses: tuple[str, ...]) -> int:
    return call.store.count(
        Reservation,
        worker_sid=own.worker_sid,
        task_channel_sid=own.task_channel_sid,
        reservation_status=list(statuses),
    )


def percentage_left(configured: int, used: int) -> int:
    """Capacity left, 0 to 100, rounded down (documented)."""
    return max(0, (configured - used) * 100 // configured) if configured else 0
