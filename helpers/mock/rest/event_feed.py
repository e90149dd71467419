"""What happens in chat, told to followers in this process in Chat v2's JSON.

This is how a chat client in the same kernel hears of things at once, where Twilio's Chat SDK would
hear of them over its own connection.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import singledispatch
from typing import Any

from ..core.events import Event, Subscriber
from ..messaging.events import (
    ChannelEvent,
    InviteEvent,
    MemberEvent,
    MessageEvent,
    TypingEvent,
    UserEvent,
)
from ..messaging.resources import Channel
from ..taskrouter.events import TaskRouterEvent
from . import chat_v2


@dataclass(frozen=True, slots=True)
class ChatEvent:
    """One thing that happened.

    Attributes:
        name: The Chat SDK's name for it, e.g. `messageAdded`.
        channel_sid: Where it happened; None for what happened to a user.
        identity: Whom it is about: the author, member, user or whoever is invited.
        resource: The resource in Chat v2's JSON, as it was then.
        reasons: Names of the fields that an update changed.
        timeout: Seconds a typing indicator lasts.
    """

    name: str
    channel_sid: str | None
    identity: str | None
    resource: dict[str, Any] = field(repr=False)
    reasons: tuple[str, ...] = ()
    timeout: int | None = None


_CHANNEL = {"added": "channelAdded", "updated": "channelUpdated", "removed": "channelRemoved"}
_MEMBER = {"added": "memberJoined", "updated": "memberUpdated", "removed": "memberLeft"}
_MESSAGE = {"added": "messageAdded", "updated": "messageUpdated", "removed": "messageRemoved"}
_INVITE = {"added": "channelInvited", "removed": "inviteRemoved"}
_USER = {"added": "userAdded", "updated": "userUpdated", "removed": "userRemoved"}


def as_chat_events(follower: Callable[[ChatEvent], None]) -> Subscriber:
    """A subscriber that passes on what concerns chat."""

    def subscriber(event: Event) -> None:
        told = _as_chat(event)
        if told is not None:
            follower(told)

    return subscriber


@dataclass(frozen=True, slots=True)
class TaskRouterNotification:
    """One thing that happened in a workspace.

    Attributes:
        name: Twilio's name for it, e.g. `reservation.created`.
        task_sid: WT..., if it concerns a task; likewise the other two.
        reservation_sid: WR...
        worker_sid: WK...
    """

    name: str
    task_sid: str | None
    reservation_sid: str | None
    worker_sid: str | None


def as_taskrouter_notifications(follower: Callable[[TaskRouterNotification], None]) -> Subscriber:
    """A subscriber that passes on what concerns TaskRouter."""

    def subscriber(event: Event) -> None:
        if isinstance(event, TaskRouterEvent):
            about = (event.task, event.reservation, event.worker)
            follower(
                TaskRouterNotification(event.name, *(each.sid if each else None for each in about))
            )

    return subscriber


@singledispatch
def _as_chat(event: Event) -> ChatEvent | None:
    return None


@_as_chat.register
def _(event: ChannelEvent) -> ChatEvent:
    channel = event.channel
    url = f"{_service_url(channel)}/Channels/{channel.sid}"
    shown = chat_v2.CHANNELS.render(channel, url)
    return ChatEvent(_CHANNEL[event.change], channel.sid, None, shown, event.reasons)


@_as_chat.register
def _(event: MemberEvent) -> ChatEvent:
    url = f"{_service_url(event.channel)}/Channels/{event.channel.sid}/Members/{event.member.sid}"
    shown = chat_v2.MEMBERS.render(event.member, url)
    identity = event.member.identity
    return ChatEvent(_MEMBER[event.change], event.channel.sid, identity, shown, event.reasons)


@_as_chat.register
def _(event: MessageEvent) -> ChatEvent:
    url = f"{_service_url(event.channel)}/Channels/{event.channel.sid}/Messages/{event.message.sid}"
    shown = chat_v2.MESSAGES.render(event.message, url)
    author = event.message.author
    return ChatEvent(_MESSAGE[event.change], event.channel.sid, author, shown, event.reasons)


@_as_chat.register
def _(event: InviteEvent) -> ChatEvent:
    channel = event.channel
    shown = chat_v2.CHANNELS.render(channel, f"{_service_url(channel)}/Channels/{channel.sid}")
    return ChatEvent(_INVITE[event.change], channel.sid, event.invite.identity, shown)


@_as_chat.register
def _(event: UserEvent) -> ChatEvent:
    user = event.user
    url = f"https://{chat_v2.HOST}/v2/Services/{user.service_sid}/Users/{user.sid}"
    shown = chat_v2.USERS.render(user, url)
    return ChatEvent(_USER[event.change], None, user.identity, shown, event.reasons)


@_as_chat.register
def _(event: TypingEvent) -> ChatEvent:
    url = f"{_service_url(event.channel)}/Channels/{event.channel.sid}/Members/{event.member.sid}"
    shown = chat_v2.MEMBERS.render(event.member, url)
    identity = event.member.identity
    return ChatEvent("typingStarted", event.channel.sid, identity, shown, timeout=event.timeout)


def _service_url(channel: Channel) -> str:
    return f"https://{chat_v2.HOST}/v2/Services/{channel.service_sid}"
