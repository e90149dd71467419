"""What Flex does by itself when a customer writes or a task ends.

Agents' own steps (joining a chat, marking it INACTIVE, leaving) are taken by Flex UI, not by the
platform; here the agent's desk takes them.
"""

from __future__ import annotations

from ..call import Call
from ..events import Event
from ..ground import Ground
from ..messaging import channels, members
from ..messaging.events import ChannelEvent, MessageEvent
from ..messaging.resources import Channel, Member
from ..taskrouter import Task
from ..taskrouter.events import TaskRouterEvent
from . import handlers
from .resources import FlexChannel, FlexFlow

LIVE = ("pending", "reserved", "assigned")
"""States of a task that an agent has or will have; one in wrap-up takes no more messages."""
ENDED = ("task.completed", "task.canceled", "task.deleted", "task.system-deleted")
_MARK = '"channel_type"'


class Orchestration:
    """Follows chat and TaskRouter, and acts after the commit, in transactions of its own."""

    def __init__(self, ground: Ground, account_sid: str) -> None:
        self._ground = ground
        self._account_sid = account_sid

    def hear(self, event: Event) -> None:
        """Act on what concerns Flex channels."""
        if isinstance(event, MessageEvent):
            if event.change == "added" and _MARK in event.channel.attributes:
                self._customer_wrote(event)
        elif isinstance(event, TaskRouterEvent):
            if event.task is not None and event.name == "task.created":
                self._task_made(event.task)
            elif event.task is not None and event.name in (*ENDED, "task.wrapup"):
                self._task_moved(event.name, event.task.sid)
        elif isinstance(event, ChannelEvent) and event.change == "removed":
            self._channel_gone(event.channel.sid)

    def _customer_wrote(self, event: MessageEvent) -> None:
        with self._ground.transaction():
            call = Call(self._ground, self._account_sid)
            flex_channel = call.store.first(FlexChannel, sid=event.channel.sid)
            if flex_channel is None or event.message.author != flex_channel.identity:
                return
            flow = call.store.first(FlexFlow, sid=flex_channel.flex_flow_sid)
            channel = call.store.first(Channel, sid=flex_channel.sid)
            if flow and channel and _needs_task(call, flow, flex_channel, channel):
                handlers.make_task(call, flow, flex_channel)

    def _task_made(self, task: Task) -> None:
        """Have a task that names a Flex channel carry its chat, whoever made it (inferred)."""
        sid = task.details.get("channelSid")
        if not isinstance(sid, str):
            return
        with self._ground.transaction():
            flex_channel = self._ground.store.first(FlexChannel, sid=sid)
            if flex_channel is not None and flex_channel.live_task_sid != task.sid:
                self._ground.store.save(flex_channel, live_task_sid=task.sid)

    def _task_moved(self, name: str, task_sid: str) -> None:
        with self._ground.transaction():
            call = Call(self._ground, self._account_sid)
            flex_channel = call.store.first(FlexChannel, live_task_sid=task_sid)
            if flex_channel is None:
                return
            flow = call.store.first(FlexFlow, sid=flex_channel.flex_flow_sid)
            channel = call.store.first(Channel, sid=flex_channel.sid)
            if flow is None or channel is None:
                return
            long_lived = channel.attribute("long_lived")
            if long_lived:
                handlers.rewire_studio(call, flow, channel)
            if flow.janitor_enabled and name in ENDED:
                _clean_up(call, channel, end=not long_lived)

    def _channel_gone(self, sid: str) -> None:
        with self._ground.transaction():
            self._ground.store.remove_all(FlexChannel, sid=sid)


def _needs_task(call: Call, flow: FlexFlow, flex_channel: FlexChannel, channel: Channel) -> bool:
    """Whether the customer's message is one that makes a task.

    The first one, where the flow waits for it (specified), or one on a long-lived channel whose
    task has ended (documented).
    """
    if flow.integration_type != "task" or not handlers.is_active(channel):
        return False
    if flex_channel.live_task_sid is None:
        return bool(flow.integration["creation_on_message"])
    task = call.store.first(Task, sid=flex_channel.live_task_sid)
    is_over = task is None or task.assignment_status not in LIVE
    return is_over and bool(channel.attribute("long_lived"))


def _clean_up(call: Call, channel: Channel, *, end: bool) -> None:
    """The janitor's work: end the chat unless it is long-lived, and take agents out (specified)."""
    if end and handlers.is_active(channel):
        channels.merge_attributes(call, channel, status="INACTIVE")
    for member in call.store.select(Member, {"channel_sid": channel.sid}):
        if '"agent"' in member.attributes:
            members.remove(call, member)
