"""Events of messaging."""

from __future__ import annotations

from collections.abc import Mapping

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


class ChannelEvent(Event, frozen=True):
    """A channel was `added`, `updated` or `removed`.

    `arrival` is the message of another network that it was made for: address, proxy address, body.
    """

    change: str
    channel: Channel
    actor: Actor
    reasons: tuple[str, ...] = ()
    arrival: Mapping[str, str | None] | None = None


class ChannelStateEvent(Event, frozen=True):
    """A channel's state has changed.

    `cause` is `request`, `timer`, or `event` for what followed from something else.
    """

    channel: Channel
    before: str
    cause: str
    actor: Actor


class MemberEvent(Event, frozen=True):
    """A member was `added`, `updated` or `removed`."""

    change: str
    channel: Channel
    member: Member
    actor: Actor
    reasons: tuple[str, ...] = ()


class MessageEvent(Event, frozen=True):
    """A message was `added`, `updated` or `removed`."""

    change: str
    channel: Channel
    message: Message
    actor: Actor
    reasons: tuple[str, ...] = ()


class MessageReplayed(Event, frozen=True):
    """A message is to go to a webhook that was added after it."""

    message: Message
    channel: Channel
    webhook: ChannelWebhook


class DeliveryEvent(Event, frozen=True):
    """A message came further to a member without an identity, or did not."""

    channel: Channel
    receipt: DeliveryReceipt
    actor: Actor


class InviteEvent(Event, frozen=True):
    """An invitation was `added` or `removed`."""

    change: str
    channel: Channel
    invite: Invite
    actor: Actor


class UserChannelEvent(Event, frozen=True):
    """A user's own view of a channel was changed: muted, or not any more."""

    channel: Channel
    view: UserChannel
    actor: Actor


class UserEvent(Event, frozen=True):
    """A user was `added`, `updated` or `removed`."""

    change: str
    user: User
    actor: Actor
    reasons: tuple[str, ...] = ()


class TypingEvent(Event, frozen=True):
    """A member is typing, for `timeout` seconds from now; never stored."""

    channel: Channel
    member: Member
    timeout: int
