"""Actions of Flex itself when a customer writes or a task ends.

Agents' own steps (joining a chat, marking it INACTIVE, leaving) are taken by Flex UI, not by the
platform; here the agent's desk takes them.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

from ...flex_ui import chat_of, is_agent
from ...masking import log_exception
from ..core.context import Backend, Context
from ..core.errors import Refused, TwilioError
from ..core.events import Event
from ..core.store import Store
from ..messaging import members, roles
from ..messaging.events import ChannelEvent, MemberEvent, MessageEvent
from ..messaging.resources import Channel, ChannelWebhook, Member, Message, User
from ..taskrouter.events import TaskRouterEvent
from ..taskrouter.resources import Task, WorkspaceEvent
from . import handlers
from .resources import FlexChannel, FlexFlow

ENDED = ("task.completed", "task.canceled", "task.deleted", "task.system-deleted")
_log = logging.getLogger(__name__)
_MARK = '"channel_type"'


class Orchestration:
    """Reactions to events of chat and TaskRouter, in transactions of their own."""

    def __init__(self, backend: Backend, account_sid: str) -> None:
        self._backend = backend
        self._account_sid = account_sid

    def handle(self, event: Event) -> None:
        """Act on events of Flex channels."""
        if isinstance(event, MessageEvent):
            if event.change == "added" and _MARK in event.channel.attributes:
                flex_channel = self._backend.store.shared(FlexChannel, event.channel.sid)
                if flex_channel is not None and event.message.author == flex_channel.identity:
                    self._wrote(flex_channel)
        elif isinstance(event, TaskRouterEvent):
            if event.task is not None and event.name == "task.created":
                self._task_made(event.task)
            elif event.task is not None and event.name in (*ENDED, "task.wrapup"):
                self._task_moved(event.name, event.task.attributes)
        elif isinstance(event, ChannelEvent) and event.change == "removed":
            self._channel_gone(event.channel.sid)

    def admit(self, event: Event) -> None:
        """Give whom the account makes an agent the role of agents, in the same transaction."""
        assert isinstance(event, MemberEvent)
        is_news = event.change == "added" or "attributes" in event.reasons
        if is_news and event.actor.identity is None and is_agent(event.member.attributes):
            roles.give_agent(Context(self._backend, self._account_sid), event.member)

    def resume(self) -> None:
        """Catch up with events that were committed but not dispatched before the process ended."""
        store = self._backend.store
        live = store.select(Task, {"assignment_status": list(handlers.LIVE)})
        sids = {task.sid for task in live}
        for task in live:
            carrier = _named(store, task.attributes)
            if carrier is not None and carrier.live_task_sid not in sids:
                self._task_made(task)
        ended = store.select(WorkspaceEvent, {"event_type": list(ENDED)})
        gone = {each.task_sid: each.event_data["task_attributes"] for each in ended}
        for flex_channel in store.select(FlexChannel):
            try:
                self._catch_up(flex_channel, gone)
            except (Refused, TwilioError):
                log_exception(_log, "Flex could not catch up with channel %s", flex_channel.sid)

    def _catch_up(self, flex_channel: FlexChannel, gone: Mapping[str | None, str]) -> None:
        """Do what is due for a channel; `gone` holds the last attributes of tasks that are gone."""
        store = self._backend.store
        if not store.exists(Channel, sid=flex_channel.sid):
            self._channel_gone(flex_channel.sid)
            return
        if flex_channel.live_task_sid is not None:
            task = store.first(Task, sid=flex_channel.live_task_sid)
            name = f"task.{task.assignment_status}" if task else "task.deleted"
            attributes = task.attributes if task else gone.get(flex_channel.live_task_sid, "")
            if name in (*ENDED, "task.wrapping") and chat_of(attributes) == flex_channel.sid:
                self._task_moved(name, attributes)
        if _was_written_to(store, flex_channel):
            self._wrote(flex_channel)

    def _wrote(self, written_to: FlexChannel) -> None:
        """Make the task that a customer's message calls for; most call for none."""
        if _flow_with_task(Context(self._backend, self._account_sid), written_to) is None:
            return
        with self._backend.transaction():
            ctx = Context(self._backend, self._account_sid)
            flex_channel = ctx.store.first(FlexChannel, sid=written_to.sid)
            if flex_channel is None or (flow := _flow_with_task(ctx, flex_channel)) is None:
                return
            user = ctx.store.first(User, sid=flex_channel.user_sid)
            name = (user and user.friendly_name) or flex_channel.identity
            attributes = flex_channel.task_attributes
            task = handlers.make_task(ctx, flow, flex_channel.sid, name, attributes)
            ctx.store.save(flex_channel, task_sid=task.sid, live_task_sid=task.sid)

    def _task_made(self, task: Task) -> None:
        """Let a task that names a Flex channel carry its chat, made by Flex or not (inferred)."""
        store = self._backend.store
        if store.exists(FlexChannel, live_task_sid=task.sid):
            return
        with self._backend.transaction():
            flex_channel = _named(store, task.attributes)
            if flex_channel is not None:
                store.save(flex_channel, live_task_sid=task.sid)

    def _task_moved(self, name: str, attributes: str) -> None:
        """Clean up the chat that a task names in its attributes as they are by then (observed)."""
        store = self._backend.store
        carrier = store.shared(FlexChannel, chat_of(attributes))
        flow = store.shared(FlexFlow, carrier.flex_flow_sid) if carrier else None
        if carrier is None or flow is None:
            return
        cleans_up = flow.janitor_enabled and name in ENDED
        is_studio = flow.integration_type == "studio"
        if not (cleans_up or is_studio):
            return
        with self._backend.transaction():
            ctx = Context(self._backend, self._account_sid)
            channel = store.first(Channel, sid=carrier.sid)
            if channel is None:
                return
            long_lived = channel.attribute("long_lived")
            wired = {"channel_sid": channel.sid, "type": "studio"}
            if long_lived and is_studio and not store.exists(ChannelWebhook, **wired):
                handlers.wire(ctx, flow, channel)  # the hand-over to an agent took Studio off
            if cleans_up:
                # the janitor's work: end the chat unless long-lived, take agents out (specified)
                if not long_lived and handlers.is_active(channel):
                    handlers.mark(ctx, channel, status="INACTIVE")
                for member in store.select(Member, {"channel_sid": channel.sid}):
                    if is_agent(member.attributes):
                        members.remove(ctx, member)

    def _channel_gone(self, sid: str) -> None:
        with self._backend.transaction():
            self._backend.store.remove_all(FlexChannel, sid=sid)


def _named(store: Store, task_attributes: str) -> FlexChannel | None:
    sid = chat_of(task_attributes)
    return store.first(FlexChannel, sid=sid) if sid else None


def _was_written_to(store: Store, flex_channel: FlexChannel) -> bool:
    """Return whether the customer's latest message came after the last change of the task."""
    own = {"channel_sid": flex_channel.sid, "author": flex_channel.identity}
    latest = store.select(Message, own, order="desc", limit=1)
    if not latest or flex_channel.live_task_sid is None:
        return bool(latest)
    task = store.first(Task, sid=flex_channel.live_task_sid)
    return task is not None and task.date_updated < latest[0].date_created


def _flow_with_task(ctx: Context, flex_channel: FlexChannel) -> FlexFlow | None:
    """Return the flow of a Flex channel where the customer's message is one that makes a task.

    The first one, where the flow waits for it (specified), or one on a long-lived channel whose
    task has ended (documented).
    """
    flow = ctx.get_cached(FlexFlow, flex_channel.flex_flow_sid)
    if flow is None or flow.integration_type != "task":
        return None
    is_first = flex_channel.live_task_sid is None
    if is_first and not flow.integration["creation_on_message"]:
        return None
    if handlers.carries(ctx, flex_channel):
        return None
    channel = ctx.store.first(Channel, sid=flex_channel.sid)
    if channel is None or not handlers.is_active(channel):
        return None
    return flow if is_first or channel.attribute("long_lived") else None
