"""Task channels, the kinds of work of a workspace, and each worker's capacity in them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, Field

from ..core.context import Context
from ..core.errors import TwilioError
from ..core.parameters import Parameters
from . import events
from .limits import Name, cannot_delete, change
from .resources import (
    OPEN_RESERVATIONS,
    Reservation,
    Task,
    TaskChannel,
    Worker,
    WorkerChannel,
    Workspace,
)

DEFAULT_CAPACITY = {"chat": 3, "sms": 3}
"""Tasks of these channels that a new worker takes at once; one of any other (inferred)."""


class WorkerChannelChanges(Parameters):
    """Parameters of worker channel update (specified)."""

    capacity: Annotated[int, Field(ge=0)] | None = None
    available: bool | None = None


def add_worker(ctx: Context, worker: Worker, channel: TaskChannel) -> WorkerChannel:
    """Let a worker take tasks of a channel."""
    return ctx.create(
        WorkerChannel,
        workspace_sid=worker.workspace_sid,
        worker_sid=worker.sid,
        task_channel_sid=channel.sid,
        task_channel_unique_name=channel.unique_name,
        available=True,
        configured_capacity=DEFAULT_CAPACITY.get(channel.unique_name, 1),
    )


def update_worker_channel(
    ctx: Context, own: WorkerChannel, changes: WorkerChannelChanges
) -> WorkerChannel:
    """Change a worker's capacity or availability in a channel."""
    previous, was_available = own.configured_capacity, own.available
    capacity = previous if changes.capacity is None else changes.capacity
    available = was_available if changes.available is None else changes.available
    ctx.store.save(own, configured_capacity=capacity, available=available, date_updated=ctx.now)
    changed = {"capacity": capacity != previous, "channel.availability": available != was_available}
    for name in (name for name, is_changed in changed.items() if is_changed):
        assigned, taken = assigned_and_taken(ctx, own)
        worker = ctx.get_cached(Worker, own.worker_sid)
        assert worker is not None  # both are deleted together
        change(ctx, worker)
        events.emit(
            ctx,
            f"worker.{name}.update",
            worker=worker,
            task_channel_sid=own.task_channel_sid,
            task_channel_unique_name=own.task_channel_unique_name,
            worker_channel_available=str(available).lower(),
            worker_channel_available_capacity=capacity - taken,
            worker_channel_previous_capacity=previous,
            worker_channel_task_count=assigned,
        )
    return own


def assigned_and_taken(ctx: Context, own: WorkerChannel) -> tuple[int, int]:
    """Count accepted reservations, and all that take up capacity (documented)."""
    where = {"worker_sid": own.worker_sid, "task_channel_sid": own.task_channel_sid}
    held = ctx.store.select(Reservation, {**where, "reservation_status": list(OPEN_RESERVATIONS)})
    return sum(each.reservation_status == "accepted" for each in held), len(held)


def percentage_left(configured: int, used: int) -> int:
    """Return the capacity left, 0 to 100, rounded down (documented)."""
    return max(0, (configured - used) * 100 // configured) if configured else 0


DEFAULTS = {"default": "Default", "voice": "Voice", "sms": "SMS", "chat": "Chat", "video": "Video"}
"""Unique and friendly names of the channels that a new workspace has (documented)."""

OPEN_TASKS = ("pending", "reserved", "assigned", "wrapping")


def _identifier(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z_$][\w$]*", text, re.ASCII):
        raise TwilioError(
            20001,
            "UniqueName takes letters, digits, _ and $, and does not start with a digit;"
            f" got {text[:40]!r}",
        )
    return text


class NewTaskChannel(Parameters):
    """Parameters of task channel creation (specified); the name's shape is documented."""

    friendly_name: Name
    unique_name: Annotated[str, AfterValidator(_identifier)]
    channel_optimized_routing: bool = False


class TaskChannelChanges(Parameters):
    """Parameters of task channel update (specified)."""

    friendly_name: Name | None = None
    channel_optimized_routing: bool | None = None


def find(ctx: Context, workspace_sid: str, key: str) -> TaskChannel | None:
    """Return a task channel by SID or unique name."""
    found = None
    if key.startswith(TaskChannel.prefix):
        found = ctx.store.first(TaskChannel, workspace_sid=workspace_sid, sid=key)
    return found or ctx.store.first(TaskChannel, workspace_sid=workspace_sid, unique_name=key)


def create(ctx: Context, workspace: Workspace, new: NewTaskChannel) -> TaskChannel:
    """Create a task channel that every worker takes tasks of.

    Raises:
        TwilioError: 20409, the unique name is taken (inferred).
    """
    if find(ctx, workspace.sid, new.unique_name):
        raise TwilioError(20409, f"Task channel {new.unique_name!r} exists already")
    channel = ctx.create(TaskChannel, workspace_sid=workspace.sid, **new.model_dump())
    for worker in ctx.store.select(Worker, {"workspace_sid": workspace.sid}):
        add_worker(ctx, worker, channel)
    events.emit(ctx, "task-channel.created", channel)
    return channel


def add(ctx: Context, workspace: Workspace, channels: Mapping[str, str]) -> None:
    """Create those channels that a workspace lacks: unique name -> friendly name."""
    for unique_name, friendly_name in channels.items():
        if find(ctx, workspace.sid, unique_name) is None:
            new = NewTaskChannel(unique_name=unique_name, friendly_name=friendly_name)
            create(ctx, workspace, new)


def update(ctx: Context, channel: TaskChannel, changes: TaskChannelChanges) -> TaskChannel:
    """Change a task channel."""
    events.emit(ctx, "task-channel.updated", ctx.update(channel, **changes.given()))
    return channel


def delete(ctx: Context, channel: TaskChannel) -> None:
    """Delete a task channel that no open task is of.

    Raises:
        TwilioError: 20409, it is in use, or the one that tasks are of by default (inferred).
    """
    subject = f"Task channel {channel.unique_name}"
    if channel.unique_name == "default":
        raise cannot_delete(subject, "tasks are of it by default")
    if ctx.store.exists(Task, task_channel_sid=channel.sid, assignment_status=list(OPEN_TASKS)):
        raise cannot_delete(subject, "open tasks are of it")
    events.emit(ctx, "task-channel.deleted", channel)
    ctx.store.remove_all(WorkerChannel, task_channel_sid=channel.sid)
    ctx.store.remove(channel)
