"""Events of messaging.

Events do not change; the classes are not frozen because that triples the cost of making one, and
one is made for every message.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..core.context import Actor
from ..core.events import Event
from .resources import (
    Channel,
    ChannelWebhook,
    DeliveryReceipt,
    Invite,
    Member,
    Message,
    User,
    UserChannel,
)


@dataclass(slots=True)
class ChannelEvent(Event):
    """A channel was `added`, `updated` or `removed`.

    `arrival` is the message of another network that it was made for: address, proxy address, body.
    """

    change: str
    channel: Channel
    actor: Actor
    reasons: tuple[str, ...] = ()
    arrival: Mapping[str, str | None] | None = None


@dataclass(slots=True)
class ChannelStateEvent(Event):
    """A channel's state has changed.

    `cause` is `request`, `timer`, or `event` for what followed from something else.
    """

    channel: Channel
    before: str
    cause: str
    actor: Actor


@dataclass(slots=True)
class MemberEvent(Event):
    """A member was `added`, `updated` or `removed`."""

    change: str
    channel: Channel
    member: Member
    actor: Actor
    reasons: tuple[str, ...] = ()


@dataclass(slots=True)
class MessageEvent(Event):
    """A message was `added`, `updated` or `removed`."""

    change: str
    channel: Channel
    message: Message
    actor: Actor
    reasons: tuple[str, ...] = ()


@dataclass(slots=True)
class MessageReplayed(Event):
    """A message is to go to a webhook that was added after it."""

    message: Message
    channel: Channel
    webhook: ChannelWebhook


@dataclass(slots=True)
class DeliveryEvent(Event):
    """A message came further to a member without an identity, or did not."""

    channel: Channel
    receipt: DeliveryReceipt
    actor: Actor


@dataclass(slots=True)
class InviteEvent(Event):
    """An invitation was `added` or `removed`."""

    change: str
    channel: Channel
    invite: Invite
    actor: Actor


@dataclass(slots=True)
class UserChannelEvent(Event):
    """A user's own view of a channel was changed: muted, or not any more."""

    channel: Channel
    view: UserChannel
    actor: Actor


@dataclass(slots=True)
class UserEvent(Event):
    """A user was `added`, `updated` or `removed`."""

    change: str
    user: User
    actor: Actor
    reasons: tuple[str, ...] = ()


@dataclass(slots=True)
class TypingEvent(Event):
    """A member is typing, for `timeout` seconds from now; never stored."""

    channel: Channel
    member: Member
    timeout: int
