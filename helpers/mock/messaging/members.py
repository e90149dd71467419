"""Members of a channel, and how far each has read."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator

from ..call import Call
from ..errors import TwilioError
from ..fields import BLANK_IS_ABSENT, Fields, Moment
from . import channels, roles, user_channels, users
from .events import MemberEvent
from .permissions import require
from .resources import Channel, Invite, Member, Message, Service, User
from .rules import Identity, SmallAttributes


def _index(value: Any) -> Any:
    if value in (None, ""):
        return None
    if not re.fullmatch("[0-9]{1,15}", str(value)):
        raise TwilioError(50406, "LastConsumedMessageIndex must be a whole number, 0 or more")
    return int(value)


ReadIndex = Annotated[int | None, BeforeValidator(_index)]
ReadMoment = Annotated[Moment | None, BLANK_IS_ABSENT]


class NewMember(Fields):
    """Parameters of adding a member."""

    identity: Identity
    role_sid: str | None = None
    last_consumed_message_index: ReadIndex = None
    last_consumption_timestamp: ReadMoment = None
    date_created: Moment | None = None
    date_updated: Moment | None = None
    attributes: SmallAttributes = "{}"


class MemberChanges(Fields):
    """Parameters of member update."""

    role_sid: str | None = None
    last_consumed_message_index: ReadIndex = None
    last_consumption_timestamp: ReadMoment = None
    date_created: Moment | None = None
    date_updated: Moment | None = None
    attributes: SmallAttributes | None = None


def add(call: Call, channel: Channel, new: NewMember) -> Member:
    """Put an identity into a channel, making its user if need be.

    A chat user joins itself with `joinChannel` and only a public channel; it adds others with
    `addMember`. Who was invited gets the invitation's role (specified); whoever created the channel
    gets the creator role.

    Raises:
        TwilioError: 50404, already a member; 50403 or 50208, a limit is reached; 50107 or
            50300, a chat user that may not.
    """
    service = _service(call, channel)
    invite = call.store.first(Invite, channel_sid=channel.sid, identity=new.identity)
    _permit(call, channel, new.identity, invite)
    if find(call, channel.sid, new.identity):
        raise TwilioError(50404, "Member already exists")
    if channel.members_count >= service.limits["channel_members"]:
        raise TwilioError(50403, f"Channel has its limit of {channel.members_count} members")
    user = users.ensure(call, service, new.identity)
    if user.joined_channels_count >= service.limits["user_channels"]:
        raise TwilioError(50208, f"User is in its limit of {user.joined_channels_count} channels")
    role_sid = _role(call, service, channel, new, invite) or ""
    member = call.store.add(_member(call, channel, user, new, role_sid))
    user_channels.join(call, member)
    call.store.save(channel, members_count=channel.members_count + 1)
    call.store.save(user, joined_channels_count=user.joined_channels_count + 1)
    call.note(MemberEvent("added", channel, member, call.actor))
    return member


def _service(call: Call, channel: Channel) -> Service:
    service = call.store.first(Service, sid=channel.service_sid)
    if service is None:
        raise TwilioError(50050, f"Service {channel.service_sid} not found")
    return service


def _permit(call: Call, channel: Channel, identity: str, invite: Invite | None) -> None:
    if call.actor.identity == identity:
        if invite is not None:
            return
        if channel.type == "private":
            raise TwilioError(50107, "A private channel cannot be joined; a member must add you")
        require(call, channel.service_sid, "joinChannel", channel)
    else:
        require(call, channel.service_sid, "addMember", channel)


def _member(call: Call, channel: Channel, user: User, new: NewMember, role_sid: str) -> Member:
    created = new.date_created if new.date_created is not None else call.now
    return Member(
        sid=call.sids.new("MB"),
        account_sid=call.account_sid,
        service_sid=channel.service_sid,
        channel_sid=channel.sid,
        user_sid=user.sid,
        identity=user.identity,
        role_sid=role_sid,
        attributes=new.attributes,
        last_consumed_message_index=new.last_consumed_message_index,
        last_consumption_timestamp=_read_at(call, new),
        date_created=created,
        date_updated=new.date_updated if new.date_updated is not None else created,
    )


def _role(
    call: Call, service: Service, channel: Channel, new: NewMember, invite: Invite | None
) -> str | None:
    if new.role_sid:
        return roles.pick(call, service.sid, new.role_sid, "channel")
    if invite is not None:
        return invite.role_sid
    if channel.created_by == new.identity:
        return service.default_channel_creator_role_sid
    return service.default_channel_role_sid


def _read_at(call: Call, fields: NewMember) -> float | None:
    if fields.last_consumption_timestamp is not None:
        return fields.last_consumption_timestamp
    return None if fields.last_consumed_message_index is None else call.now


def find(call: Call, channel_sid: str, identity: str) -> Member | None:
    """The membership of an identity, or None."""
    return call.store.first(Member, channel_sid=channel_sid, identity=identity)


def update(call: Call, member: Member, changes: MemberChanges) -> Member:
    """Change a membership, the read horizon included.

    Raises:
        TwilioError: 50107, a chat user that edits another's horizon or role.
    """
    given = changes.given()
    own = call.actor.identity == member.identity
    channel = channels.find(call, member.channel_sid)
    if "attributes" in given:
        permission = "editOwnMemberAttributes" if own else "editAnyMemberAttributes"
        require(call, member.service_sid, permission, channel)
    if "role_sid" in given:
        roles.pick(call, member.service_sid, given["role_sid"], "channel")
    if call.actor.identity is not None and not own and given.keys() - {"attributes"}:
        raise TwilioError(50107, "A chat user may only move its own read horizon")
    return save(call, channel, member, given)


def save(call: Call, channel: Channel, member: Member, given: dict[str, Any]) -> Member:
    """Change a membership as given; a read horizon is dated where no date is."""
    if "last_consumed_message_index" in given:
        index = given["last_consumed_message_index"]
        given.setdefault("last_consumption_timestamp", None if index is None else call.now)
    call.store.save(member, **{"date_updated": call.now, **given})
    call.note(MemberEvent("updated", channel, member, call.actor, tuple(given)))
    return member


def remove(call: Call, member: Member) -> None:
    """Take a member out of its channel; a chat user itself (leave) or, with permission, others.

    Raises:
        TwilioError: 50107, a chat user without `leaveChannel` or `removeMember`.
    """
    channel = channels.find(call, member.channel_sid)
    own = call.actor.identity == member.identity
    require(call, member.service_sid, "leaveChannel" if own else "removeMember", channel)
    call.store.remove(member)
    user_channels.leave(call, member)
    call.store.save(channel, members_count=channel.members_count - 1)
    user = call.store.first(User, sid=member.user_sid)
    if user:
        call.store.save(user, joined_channels_count=user.joined_channels_count - 1)
    call.note(MemberEvent("removed", channel, member, call.actor))


def unread_count(call: Call, member: Member) -> int | None:
    """Messages above the read horizon; null where there is no horizon."""
    if member.last_consumed_message_index is None:
        return None
    return call.store.count_above(
        Message, "index", member.last_consumed_message_index, channel_sid=member.channel_sid
    )
