"""Channels: made, changed, found and deleted."""

from __future__ import annotations

import json

from ..call import Call
from ..errors import TwilioError
from ..fields import Fields, Moment
from .events import ChannelEvent
from .permissions import require
from .resources import IN_A_CHANNEL, Channel, Member, Service, User
from .rules import (
    Author,
    ChannelAttributes,
    ChannelType,
    LongerName,
    LongerUniqueName,
    NewName,
    NewUniqueName,
)


class NewChannel(Fields):
    """Parameters of channel creation; none is required (specified)."""

    friendly_name: NewName | None = None
    unique_name: NewUniqueName | None = None
    attributes: ChannelAttributes = "{}"
    type: ChannelType = "public"
    date_created: Moment | None = None
    date_updated: Moment | None = None
    created_by: Author | None = None


class ChannelChanges(Fields):
    """Parameters of channel update; the type cannot change in v2 (specified)."""

    friendly_name: LongerName | None = None
    unique_name: LongerUniqueName | None = None
    attributes: ChannelAttributes | None = None
    date_created: Moment | None = None
    date_updated: Moment | None = None
    created_by: Author | None = None


def create(call: Call, service: Service, new: NewChannel) -> Channel:
    """Make an empty channel.

    Raises:
        TwilioError: 50307, the unique name is taken; 50107, a chat user without `createChannel`.
    """
    require(call, service, "createChannel")
    unique_name = new.unique_name or None
    _refuse_taken(call, service.sid, unique_name)
    created = new.date_created if new.date_created is not None else call.now
    channel = call.store.add(
        Channel(
            sid=call.sids.new("CH"),
            account_sid=call.account_sid,
            service_sid=service.sid,
            friendly_name=new.friendly_name,
            unique_name=unique_name,
            attributes=new.attributes,
            type=new.type,
            created_by=call.actor.identity or new.created_by or "system",
            members_count=0,
            messages_count=0,
            next_index=0,
            last_message_sid=None,
            date_created=created,
            date_updated=new.date_updated if new.date_updated is not None else created,
        )
    )
    call.note(ChannelEvent("added", channel, call.actor))
    return channel


def _refuse_taken(call: Call, service_sid: str, unique_name: str | None) -> None:
    if unique_name and by_unique_name(call, service_sid, unique_name):
        raise TwilioError(50307, f"Channel with unique name {unique_name!r} already exists")


def find(call: Call, sid: str) -> Channel:
    """The channel of a SID.

    Raises:
        TwilioError: 50300, there is none.
    """
    channel = call.store.first(Channel, sid=sid)
    if channel is None:
        raise TwilioError(50300, f"Channel {sid} not found")
    return channel


def by_unique_name(call: Call, service_sid: str, unique_name: str) -> Channel | None:
    """The channel of that unique name in the service, or None."""
    return call.store.first(Channel, service_sid=service_sid, unique_name=unique_name)


def update(call: Call, channel: Channel, changes: ChannelChanges) -> Channel:
    """Change a channel; `attributes` replaces the whole JSON document.

    Raises:
        TwilioError: 50307, the unique name is taken; 50107, a chat user without the permission.
    """
    given = changes.given()
    if "attributes" in given:
        require(call, channel.service_sid, "editChannelAttributes", channel)
    if given.keys() - {"attributes"}:
        require(call, channel.service_sid, "editChannelName", channel)
    if "unique_name" in given:
        given["unique_name"] = given["unique_name"] or None
        if given["unique_name"] != channel.unique_name:
            _refuse_taken(call, channel.service_sid, given["unique_name"])
    call.store.save(channel, **{"date_updated": call.now, **given})
    call.note(ChannelEvent("updated", channel, call.actor, tuple(given)))
    return channel


def merge_attributes(call: Call, channel: Channel, **values: object) -> Channel:
    """Set some attributes and keep the others, as Flex does with status."""
    merged = json.loads(channel.attributes) | values
    return update(call, channel, ChannelChanges(attributes=json.dumps(merged)))


def delete(call: Call, channel: Channel) -> None:
    """Delete a channel with its members and messages.

    Raises:
        TwilioError: 50107, a chat user without `destroyChannel`.
    """
    require(call, channel.service_sid, "destroyChannel", channel)
    call.note(ChannelEvent("removed", channel, call.actor))
    for member in call.store.select(Member, {"channel_sid": channel.sid}):
        user = call.store.first(User, sid=member.user_sid)
        if user:
            call.store.save(user, joined_channels_count=user.joined_channels_count - 1)
    for kind in IN_A_CHANNEL:
        call.store.remove_all(kind, channel_sid=channel.sid)
    call.store.remove(channel)
