"""Channels: made, changed, found and deleted."""

from __future__ import annotations

import json

from ..core.context import Context
from ..core.errors import TwilioError
from ..core.parameters import Moment, Parameters
from .events import ChannelEvent
from .limits import (
    Author,
    ChannelAttributes,
    ChannelType,
    LongerName,
    LongerUniqueName,
    NewName,
    NewUniqueName,
)
from .permissions import require
from .resources import IN_A_CHANNEL, Channel, Member, Service, User


class NewChannel(Parameters):
    """Parameters of channel creation; none is required (specified)."""

    friendly_name: NewName | None = None
    unique_name: NewUniqueName | None = None
    attributes: ChannelAttributes = "{}"
    type: ChannelType = "public"
    date_created: Moment | None = None
    date_updated: Moment | None = None
    created_by: Author | None = None


class ChannelChanges(Parameters):
    """Parameters of channel update; the type cannot change in v2 (specified)."""

    friendly_name: LongerName | None = None
    unique_name: LongerUniqueName | None = None
    attributes: ChannelAttributes | None = None
    date_created: Moment | None = None
    date_updated: Moment | None = None
    created_by: Author | None = None


def create(ctx: Context, service: Service, new: NewChannel) -> Channel:
    """Make an empty channel.

    Raises:
        TwilioError: 50307, the unique name is taken; 50107, a chat user without `createChannel`.
    """
    require(ctx, service, "createChannel")
    unique_name = new.unique_name or None
    _refuse_taken(ctx, service.sid, unique_name)
    created = new.date_created if new.date_created is not None else ctx.now
    channel = ctx.create(
        Channel,
        service_sid=service.sid,
        friendly_name=new.friendly_name,
        unique_name=unique_name,
        attributes=new.attributes,
        type=new.type,
        created_by=ctx.actor.identity or new.created_by or "system",
        members_count=0,
        messages_count=0,
        next_index=0,
        last_message_sid=None,
        date_created=created,
        date_updated=new.date_updated if new.date_updated is not None else created,
    )
    ctx.emit(ChannelEvent("added", channel, ctx.actor))
    return channel


def _refuse_taken(ctx: Context, service_sid: str, unique_name: str | None) -> None:
    if unique_name and by_unique_name(ctx, service_sid, unique_name):
        raise TwilioError(50307, f"Channel with unique name {unique_name!r} already exists")


def find(ctx: Context, sid: str) -> Channel:
    """The channel of a SID.

    Raises:
        TwilioError: 50300, there is none.
    """
    channel = ctx.store.first(Channel, sid=sid)
    if channel is None:
        raise TwilioError(50300, f"Channel {sid} not found")
    return channel


def by_unique_name(ctx: Context, service_sid: str, unique_name: str) -> Channel | None:
    """The channel of that unique name in the service, or None."""
    return ctx.store.first(Channel, service_sid=service_sid, unique_name=unique_name)


def update(ctx: Context, channel: Channel, changes: ChannelChanges) -> Channel:
    """Change a channel; `attributes` replaces the whole JSON document.

    Raises:
        TwilioError: 50307, the unique name is taken; 50107, a chat user without the permission.
    """
    given = changes.given()
    if "attributes" in given:
        require(ctx, channel.service_sid, "editChannelAttributes", channel)
    if given.keys() - {"attributes"}:
        require(ctx, channel.service_sid, "editChannelName", channel)
    if "unique_name" in given:
        given["unique_name"] = given["unique_name"] or None
        if given["unique_name"] != channel.unique_name:
            _refuse_taken(ctx, channel.service_sid, given["unique_name"])
    ctx.store.save(channel, **{"date_updated": ctx.now, **given})
    ctx.emit(ChannelEvent("updated", channel, ctx.actor, tuple(given)))
    return channel


def merge_attributes(ctx: Context, channel: Channel, **values: object) -> Channel:
    """Set some attributes and keep the others, as Flex does with status."""
    merged = json.loads(channel.attributes) | values
    return update(ctx, channel, ChannelChanges(attributes=json.dumps(merged)))


def delete(ctx: Context, channel: Channel) -> None:
    """Delete a channel with its members and messages.

    Raises:
        TwilioError: 50107, a chat user without `destroyChannel`.
    """
    require(ctx, channel.service_sid, "destroyChannel", channel)
    ctx.emit(ChannelEvent("removed", channel, ctx.actor))
    for member in ctx.store.select(Member, {"channel_sid": channel.sid}):
        user = ctx.store.first(User, sid=member.user_sid)
        if user:
            ctx.store.save(user, joined_channels_count=user.joined_channels_count - 1)
    for kind in IN_A_CHANNEL:
        ctx.store.remove_all(kind, channel_sid=channel.sid)
    ctx.store.remove(channel)
