"""Channels: made, changed, found and deleted."""

from __future__ import annotations

from typing import Any, TypedDict, Unpack

from ..core.context import Context
from ..core.errors import Refused
from .events import ChannelEvent
from .permissions import Permission, require
from .refusals import Reason
from .resources import IN_A_CHANNEL, Channel, Member, Service, User


class ChannelFields(TypedDict, total=False):
    """Fields of a channel that can change."""

    friendly_name: str | None
    unique_name: str | None
    attributes: str
    state: str
    inactive_after: float | None
    closed_after: float | None
    created_by: str
    date_created: float
    date_updated: float


def create(
    ctx: Context,
    service: Service,
    *,
    friendly_name: str | None = None,
    unique_name: str | None = None,
    attributes: str = "{}",
    type: str = "public",
    state: str = "active",
    inactive_after: float | None = None,
    closed_after: float | None = None,
    created_by: str | None = None,
    date_created: float | None = None,
    date_updated: float | None = None,
) -> Channel:
    """Make an empty channel.

    Raises:
        Refused: UNIQUE_NAME_TAKEN; NOT_PERMITTED to a chat user.
    """
    if ctx.actor.identity is not None:
        require(ctx, service.sid, Permission.CREATE_CHANNEL)
    if unique_name:
        _refuse_taken(ctx, service.sid, unique_name)
    created = date_created if date_created is not None else ctx.now
    channel = ctx.create(
        Channel,
        service_sid=service.sid,
        friendly_name=friendly_name,
        unique_name=unique_name or None,
        attributes=attributes,
        type=type,
        created_by=ctx.actor.identity or created_by or "system",
        members_count=0,
        messages_count=0,
        next_index=0,
        last_message_sid=None,
        date_created=created,
        date_updated=date_updated if date_updated is not None else created,
        state=state,
        inactive_after=inactive_after,
        closed_after=closed_after,
        active_at=ctx.now,
    )
    ctx.emit(ChannelEvent("added", channel, ctx.actor))
    return channel


def _refuse_taken(ctx: Context, service_sid: str, unique_name: str) -> None:
    if by_unique_name(ctx, service_sid, unique_name):
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
    if "unique_name" in changes:
        unique_name = changes["unique_name"] = changes["unique_name"] or None
        if unique_name and unique_name != channel.unique_name:
            _refuse_taken(ctx, channel.service_sid, unique_name)
    values: dict[str, Any] = {"date_updated": ctx.now, **changes}
    if not changes.keys().isdisjoint(("state", "inactive_after", "closed_after")):
        values["active_at"] = ctx.now
    return _save(ctx, channel, values, tuple(changes))


def _save(
    ctx: Context, channel: Channel, values: dict[str, Any], reasons: tuple[str, ...]
) -> Channel:
    ctx.store.save(channel, **values)
    ctx.emit(ChannelEvent("updated", channel, ctx.actor, reasons))
    return channel


def make_private(ctx: Context, channel: Channel) -> Channel:
    """Make a public channel private, which does not go back."""
    return _save(ctx, channel, {"type": "private", "date_updated": ctx.now}, ("type",))


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
