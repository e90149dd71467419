"""Channels: made, changed, found and deleted; and their webhooks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict, Unpack

from ..core.context import Context
from ..core.errors import Refused
from . import services
from .events import ChannelEvent, ChannelStateEvent, MessageReplayed
from .permissions import Permission, require
from .refusals import Reason
from .resources import IN_A_CHANNEL, Channel, ChannelWebhook, Member, Message, Service, User

MAX_WEBHOOKS = 5


class ChannelFields(TypedDict, total=False):
    """Fields of a channel that can change."""

    friendly_name: str | None
    unique_name: str | None
    attributes: str
    state: str
    inactive_after: float | None
    closed_after: float | None
    created_by: str
    messaging_service_sid: str | None
    email_binding: dict[str, str] | None
    date_created: float
    date_updated: float


def create(
    ctx: Context,
    service: Service,
    *,
    type: str = "public",
    arrival: Mapping[str, str | None] | None = None,
    **fields: Unpack[ChannelFields],
) -> Channel:
    """Make an empty channel, for a message of another network if there is an `arrival`.

    Raises:
        Refused: UNIQUE_NAME_TAKEN; NOT_PERMITTED to a chat user.
    """
    if ctx.actor.identity is not None:
        require(ctx, service.sid, Permission.CREATE_CHANNEL)
    fields["created_by"] = ctx.actor.identity or fields.get("created_by") or "system"
    _take_unique_name(ctx, service.sid, fields)
    channel = ctx.create(Channel, service_sid=service.sid, type=type, active_at=ctx.now, **fields)
    ctx.emit(ChannelEvent("added", channel, ctx.actor, arrival=arrival))
    return channel


def create_private(
    ctx: Context,
    service: Service,
    *,
    arrival: Mapping[str, str | None] | None = None,
    **fields: Unpack[ChannelFields],
) -> Channel:
    """Make an empty private channel, with the account's timers where none are given.

    Raises:
        Refused: As `create` does.
    """
    settings = services.settings_of(ctx)
    fields.setdefault("inactive_after", settings.inactive_after)
    fields.setdefault("closed_after", settings.closed_after)
    fields["messaging_service_sid"] = (
        fields.get("messaging_service_sid") or settings.messaging_service_sid
    )
    return create(ctx, service, type="private", arrival=arrival, **fields)


def _take_unique_name(
    ctx: Context, service_sid: str, fields: ChannelFields, before: str | None = None
) -> None:
    """Read a blank unique name as none, and refuse that of another channel."""
    if "unique_name" in fields:
        unique_name = fields["unique_name"] = fields["unique_name"] or None
        if unique_name not in (None, before) and by_unique_name(ctx, service_sid, unique_name):
            raise Refused(Reason.UNIQUE_NAME_TAKEN, unique_name=unique_name)


def find(ctx: Context, sid: str) -> Channel:
    """Return the channel of a SID.

    Raises:
        Refused: CHANNEL_NOT_FOUND.
    """
    channel = ctx.store.first(Channel, sid=sid)
    if channel is None:
        raise Refused(Reason.CHANNEL_NOT_FOUND, sid=sid)
    return channel


def by_unique_name(ctx: Context, service_sid: str, unique_name: str) -> Channel | None:
    """Return the channel of that unique name in the service, or None."""
    return ctx.store.first(Channel, service_sid=service_sid, unique_name=unique_name)


def refuse_closed(ctx: Context, channel: Channel) -> None:
    """Refuse to write to a closed channel.

    Raises:
        Refused: CHANNEL_CLOSED.
    """
    if channel.state_at(ctx.now) == "closed":
        raise Refused(Reason.CHANNEL_CLOSED)


def update(ctx: Context, channel: Channel, **changes: Unpack[ChannelFields]) -> Channel:
    """Change a channel; `attributes` replaces the whole JSON document.

    Raises:
        Refused: CHANNEL_CLOSED; UNIQUE_NAME_TAKEN; NOT_PERMITTED to a chat user.
    """
    refuse_closed(ctx, channel)
    if "attributes" in changes:
        require(ctx, channel.service_sid, Permission.EDIT_CHANNEL_ATTRIBUTES, channel)
    if changes.keys() - {"attributes"}:
        require(ctx, channel.service_sid, Permission.EDIT_CHANNEL_NAME, channel)
    _take_unique_name(ctx, channel.service_sid, changes, channel.unique_name)
    values: dict[str, Any] = {"date_updated": ctx.now, **changes}
    if not changes.keys().isdisjoint(("state", "inactive_after", "closed_after")):
        values["active_at"] = ctx.now
    before = channel.state_at(ctx.now)
    ctx.store.save(channel, **values)
    ctx.emit(ChannelEvent("updated", channel, ctx.actor, tuple(changes)))
    if "state" in changes and channel.state != before:
        ctx.emit(ChannelStateEvent(channel, before, "request", ctx.actor))
    return channel


def make_private(ctx: Context, channel: Channel) -> Channel:
    """Make a public channel private, which does not go back."""
    ctx.store.save(channel, type="private", date_updated=ctx.now)
    ctx.emit(ChannelEvent("updated", channel, ctx.actor, ("type",)))
    return channel


def delete(ctx: Context, channel: Channel) -> None:
    """Delete a channel with its members and messages.

    Raises:
        Refused: NOT_PERMITTED to a chat user.
    """
    require(ctx, channel.service_sid, Permission.DELETE_CHANNEL, channel)
    ctx.emit(ChannelEvent("removed", channel, ctx.actor))
    for member in ctx.store.select(Member, {"channel_sid": channel.sid}):
        user = ctx.store.first(User, sid=member.user_sid)
        if user:
            ctx.store.save(user, joined_channels_count=user.joined_channels_count - 1)
    for kind in IN_A_CHANNEL:
        ctx.store.remove_all(kind, channel_sid=channel.sid)
    ctx.store.remove(channel)


def refuse_webhook(ctx: Context, channel: Channel) -> None:
    """Refuse one webhook more than a channel may have.

    Raises:
        Refused: WEBHOOKS_FULL.
    """
    if ctx.store.count(ChannelWebhook, channel_sid=channel.sid) >= MAX_WEBHOOKS:
        raise Refused(Reason.WEBHOOKS_FULL, count=MAX_WEBHOOKS)


def add_webhook(
    ctx: Context, channel: Channel, dialect: str, kind: str, configuration: dict[str, Any]
) -> ChannelWebhook:
    """Add a webhook of kind `webhook`, `trigger` or `studio`, called in a dialect's words.

    The configuration has `flow_sid` for Studio; else `url`, `method`, and `filters`, the dialect's
    names of events, or `triggers`; and in each case `retry_count`. With `replay_after`, messages of
    a higher index go to it at once.
    """
    webhook = ctx.create(
        ChannelWebhook,
        service_sid=channel.service_sid,
        channel_sid=channel.sid,
        type=kind,
        configuration=configuration,
        dialect=dialect,
    )
    if configuration.get("replay_after") is not None:
        for message in ctx.store.select(Message, {"channel_sid": channel.sid}):
            if message.index > configuration["replay_after"]:
                ctx.emit(MessageReplayed(message, channel, webhook))
    return webhook
