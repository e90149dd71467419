"""Chat and TaskRouter events for followers in this process, chat's in Chat v2's JSON.

Chat clients in the same kernel get them at once, where Twilio's Chat SDK would get them over its
own connection.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field
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
from ..taskrouter.events import TaskRouterEvent
from . import chat_v2


@dataclass(frozen=True, slots=True)
class ChatEvent:
    """An event in chat.

    Attributes:
        name: The Chat SDK's name for it, e.g. `messageAdded`.
        channel_sid: Its channel; None for an event of a user.
        identity: The author, member, user or invited identity it is about.
        resource: The resource in Chat v2's JSON, as it was then, a channel with its state beside
            that, a message with all its files; all followers share it.
        reasons: Names of the fields that an update changed.
        timeout: Seconds a typing indicator lasts.
    """

    name: str
    channel_sid: str | None
    identity: str | None
    resource: dict[str, Any] = field(repr=False)
    reasons: tuple[str, ...] = ()
    timeout: int | None = None


_SERVICES = f"https://{chat_v2.HOST}/v2/Services"
_CHANNEL_URL = _SERVICES + "/{0.service_sid}/Channels/{0.sid}"
_OF_A_CHANNEL = (ChannelEvent, InviteEvent, MemberEvent, MessageEvent, TypingEvent)
CHAT_EVENTS = (*_OF_A_CHANNEL, UserEvent)
_CHANNEL = {"added": "channelAdded", "updated": "channelUpdated", "removed": "channelRemoved"}
_MEMBER = {"added": "memberJoined", "updated": "memberUpdated", "removed": "memberLeft"}
_MESSAGE = {"added": "messageAdded", "updated": "messageUpdated", "removed": "messageRemoved"}
_USER = {"added": "userAdded", "updated": "userUpdated", "removed": "userRemoved"}
_INVITE = {"added": "channelInvited", "removed": "inviteRemoved"}


def _render(event: Event) -> ChatEvent:
    if isinstance(event, UserEvent):
        user = event.user
        shown = chat_v2.USERS.render(user, f"{_SERVICES}/{user.service_sid}/Users/{user.sid}")
        return ChatEvent(_USER[event.change], None, user.identity, shown, event.reasons)
    assert isinstance(event, _OF_A_CHANNEL)
    sid, url = event.channel.sid, _CHANNEL_URL.format(event.channel)
    if isinstance(event, MessageEvent):
        message = event.message
        shown = chat_v2.MESSAGES.render(message, f"{url}/Messages/{message.sid}")
        shown["attached_media"] = message.media
        return ChatEvent(_MESSAGE[event.change], sid, message.author, shown, event.reasons)
    if isinstance(event, MemberEvent | TypingEvent):
        member = event.member
        shown = chat_v2.MEMBERS.render(member, f"{url}/Members/{member.sid}")
        if isinstance(event, TypingEvent):
            return ChatEvent("typingStarted", sid, member.identity, shown, timeout=event.timeout)
        return ChatEvent(_MEMBER[event.change], sid, member.identity, shown, event.reasons)
    shown = chat_v2.CHANNELS.render(event.channel, url) | {"state": event.channel.state}
    if isinstance(event, InviteEvent):
        return ChatEvent(_INVITE[event.change], sid, event.invite.identity, shown)
    return ChatEvent(_CHANNEL[event.change], sid, None, shown, event.reasons)


class ChatFeed:
    """Renders each chat event once, for all its followers."""

    def __init__(self) -> None:
        self._event: Event | None = None
        self._rendered: ChatEvent

    def subscriber(self, follower: Callable[[ChatEvent], None]) -> Subscriber:
        """Return a subscriber to `CHAT_EVENTS` that passes them on to the follower."""

        def subscriber(event: Event) -> None:
            if event is not self._event:
                self._rendered = _render(event)
                self._event = event
            follower(self._rendered)

        return subscriber


@dataclass(frozen=True, slots=True)
class TaskRouterNotification:
    """An event in a workspace.

    Attributes:
        name: Twilio's name for it, e.g. `reservation.created`.
        task_sid: WT..., if it concerns a task; likewise the other two.
        reservation_sid: WR...
        worker_sid: WK...
        data: Names and values of the event, as they were then.
        step: The filter and target of the workflow that the task is at, counted from 0, or a
            filter of -1 for the default one; None where no workflow moves it.
    """

    name: str
    task_sid: str | None
    reservation_sid: str | None
    worker_sid: str | None
    data: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)
    step: tuple[int, ...] | None = field(default=None, repr=False, compare=False)


def as_taskrouter_notifications(
    follower: Callable[[TaskRouterNotification], None], names: Container[str] | None = None
) -> Subscriber:
    """Return a subscriber that notifies the follower of TaskRouter's events, all or by name."""

    def subscriber(event: Event) -> None:
        assert isinstance(event, TaskRouterEvent)
        if names is not None and event.name not in names:
            return
        about, step = event.record, event.task.step if event.task else None
        follower(
            TaskRouterNotification(
                event.name,
                about.task_sid,
                about.reservation_sid,
                about.worker_sid,
                about.event_data,
                tuple(step) if step else None,
            )
        )

    return subscriber
