"""Task channels: the kinds of work a workspace tells apart."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator

from ..call import Call
from ..errors import TwilioError
from ..fields import Fields
from . import capacity, events
from .resources import Task, TaskChannel, Worker, WorkerChannel, Workspace
from .rules import Name, in_use

DEFAULTS = {
    "default": "Default",
    "voice": "Voice",
    "sms": "SMS",
    "chat": "Chat",
    "video": "Video",
}
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


class NewTaskChannel(Fields):
    """Parameters of task channel creation (specified); the name's shape is documented."""

    friendly_name: Name
    unique_name: Annotated[str, AfterValidator(_identifier)]
    channel_optimized_routing: bool = False


class TaskChannelChanges(Fields):
    """Parameters of task channel update (specified)."""

    friendly_name: Name | None = None
    channel_optimized_routing: bool | None = None


def find(call: Call, workspace_sid: str, key: str) -> TaskChannel | None:
    """A task channel by SID or unique name."""
    by_sid = call.store.first(TaskChannel, workspace_sid=workspace_sid, sid=key)
    return by_sid or call.store.first(TaskChannel, workspace_sid=workspace_sid, unique_name=key)


def create(call: Call, workspace: Workspace, new: NewTaskChannel) -> TaskChannel:
    """Add a kind of work; every worker may take it.

    Raises:
        TwilioError: 20409, the unique name is taken (inferred).
    """
    if find(call, workspace.sid, new.unique_name):
        raise TwilioError(20409, f"Task channel {new.unique_name!r} exists already")
    channel = call.store.add(
        TaskChannel(
            sid=call.sids.new("TC"),
            account_sid=call.account_sid,
            workspace_sid=workspace.sid,
            friendly_name=new.friendly_name,
            unique_name=new.unique_name,
            channel_optimized_routing=new.channel_optimized_routing,
            date_created=call.now,
            date_updated=call.now,
        )
    )
    for worker in call.store.select(Worker, {"workspace_sid": workspace.sid}):
        capacity.give(call, worker, channel)
    _tell(call, "task-channel.created", channel)
    return channel


def update(call: Call, channel: TaskChannel, changes: TaskChannelChanges) -> TaskChannel:
    """Change a task channel."""
    call.store.save(channel, **changes.given(), date_updated=call.now)
    _tell(call, "task-channel.updated", channel)
    return channel


def delete(call: Call, channel: TaskChannel) -> None:
    """Delete a task channel that no open task is of.

    Raises:
        TwilioError: 20409, it is in use, or the one that tasks are of by default (inferred).
    """
    what = f"Task channel {channel.unique_name}"
    if channel.unique_name == "default":
        raise in_use(what, "tasks are of it unless told otherwise")
    if call.store.exists(Task, task_channel_sid=channel.sid, assignment_status=list(OPEN_TASKS)):
        raise in_use(what, "open tasks are of it")
    _tell(call, "task-channel.deleted", channel)
    call.store.remove_all(WorkerChannel, task_channel_sid=channel.sid)
    call.store.remove(channel)


def _tell(call: Call, name: str, channel: TaskChannel) -> None:
    events.tell(
        call,
        name,
        channel,
        task_channel_sid=channel.sid,
        task_channel_name=channel.friendly_name,
        task_channel_unique_name=channel.unique_name,
        task_channel_optimized_routing=str(channel.channel_optimized_routing).lower(),
    )
