"""Members of a channel, and how far each has read."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator

from ..core.context import Context
from ..core.errors import TwilioError
from ..core.parameters import BLANK_IS_ABSENT, Moment, Parameters
from . import channels, roles, users
from .events import InviteEvent, MemberEvent, UserChannelEvent
from .limits import Identity, SmallAttributes
from .permissions import require
from .resources import Channel, Invite, Member, Message, Service, User, UserChannel


def find_user_channel(ctx: Context, user_sid: str, channel_sid: str) -> UserChannel | None:
    """A user's view of a channel, or None."""
    return ctx.store.first(UserChannel, user_sid=user_sid, channel_sid=channel_sid)


def add_invited(ctx: Context, asked: Invite) -> None:
    """The user is invited now."""
    _add_user_channel(ctx, asked, None, "invited")


def add_joined(ctx: Context, member: Member) -> None:
    """The user is in the channel now; an invitation has done its work."""
    ctx.store.remove_all(Invite, channel_sid=member.channel_sid, identity=member.identity)
    known = find_user_channel(ctx, member.user_sid, member.channel_sid)
    if known is None:
        _add_user_channel(ctx, member, member.sid, "joined")
    else:
        ctx.store.save(known, status="joined", member_sid=member.sid)


def _add_user_channel(
    ctx: Context, who: Member | Invite, member_sid: str | None, status: str
) -> None:
    ctx.create(
        UserChannel,
        account_sid=who.account_sid,
        service_sid=who.service_sid,
        channel_sid=who.channel_sid,
        user_sid=who.user_sid,
        member_sid=member_sid,
        status=status,
        notification_level="default",
    )


def remove_user_channel(ctx: Context, who: Member | Invite) -> None:
    """The user is neither in the channel nor invited any more."""
    ctx.store.remove_all(UserChannel, user_sid=who.user_sid, channel_sid=who.channel_sid)


def _index(value: Any) -> Any:
    if value in (None, ""):
        return None
    if not re.fullmatch("[0-9]{1,15}", str(value)):
        raise TwilioError(50406, "LastConsumedMessageIndex must be a whole number, 0 or more")
    return int(value)


ReadIndex = Annotated[int | None, BeforeValidator(_index)]
ReadMoment = Annotated[Moment | None, BLANK_IS_ABSENT]


class NewMember(Parameters):
    """Parameters of adding a member."""

    identity: Identity
    role_sid: str | None = None
    last_consumed_message_index: ReadIndex = None
    last_consumption_timestamp: ReadMoment = None
    date_created: Moment | None = None
    date_updated: Moment | None = None
    attributes: SmallAttributes = "{}"


class MemberChanges(Parameters):
    """Parameters of member update."""

    role_sid: str | None = None
    last_consumed_message_index: ReadIndex = None
    last_consumption_timestamp: ReadMoment = None
    date_created: Moment | None = None
    date_updated: Moment | None = None
    attributes: SmallAttributes | None = None


def add(ctx: Context, channel: Channel, new: NewMember) -> Member:
    """Put an identity into a channel, making its user if need be.

    A chat user joins itself with `joinChannel` and only a public channel; it adds others with
    `addMember`. Who was invited gets the invitation's role (specified); whoever created the channel
    gets the creator role.

    Raises:
        TwilioError: 50404, already a member; 50403 or 50208, a limit is reached; 50107 or
            50300, a chat user that may not.
    """
    service = _service(ctx, channel)
    invite = ctx.store.first(Invite, channel_sid=channel.sid, identity=new.identity)
    _permit(ctx, channel, new.identity, invite)
    if find(ctx, channel.sid, new.identity):
        raise TwilioError(50404, "Member already exists")
    if channel.members_count >= service.limits["channel_members"]:
        raise TwilioError(50403, f"Channel has its limit of {channel.members_count} members")
    user = users.ensure(ctx, service, new.identity)
    if user.joined_channels_count >= service.limits["user_channels"]:
        raise TwilioError(50208, f"User is in its limit of {user.joined_channels_count} channels")
    role_sid = _role(ctx, service, channel, new, invite) or ""
    member = _create(ctx, channel, user, new, role_sid)
    add_joined(ctx, member)
    ctx.store.save(channel, members_count=channel.members_count + 1)
    ctx.store.save(user, joined_channels_count=user.joined_channels_count + 1)
    ctx.emit(MemberEvent("added", channel, member, ctx.actor))
    return member


def _service(ctx: Context, channel: Channel) -> Service:
    service = ctx.store.first(Service, sid=channel.service_sid)
    if service is None:
        raise TwilioError(50050, f"Service {channel.service_sid} not found")
    return service


def _permit(ctx: Context, channel: Channel, identity: str, invite: Invite | None) -> None:
    if ctx.actor.identity == identity:
        if invite is not None:
            return
        if channel.type == "private":
            raise TwilioError(50107, "A private channel cannot be joined; a member must add you")
        require(ctx, channel.service_sid, "joinChannel", channel)
    else:
        require(ctx, channel.service_sid, "addMember", channel)


def _create(ctx: Context, channel: Channel, user: User, new: NewMember, role_sid: str) -> Member:
    created = new.date_created if new.date_created is not None else ctx.now
    return ctx.create(
        Member,
        service_sid=channel.service_sid,
        channel_sid=channel.sid,
        user_sid=user.sid,
        identity=user.identity,
        role_sid=role_sid,
        attributes=new.attributes,
        last_consumed_message_index=new.last_consumed_message_index,
        last_consumption_timestamp=_read_at(ctx, new),
        date_created=created,
        date_updated=new.date_updated if new.date_updated is not None else created,
    )


def _role(
    ctx: Context, service: Service, channel: Channel, new: NewMember, invite: Invite | None
) -> str | None:
    if new.role_sid:
        return roles.pick(ctx, service.sid, new.role_sid, "channel")
    if invite is not None:
        return invite.role_sid
    if channel.created_by == new.identity:
        return service.default_channel_creator_role_sid
    return service.default_channel_role_sid


def _read_at(ctx: Context, fields: NewMember) -> float | None:
    if fields.last_consumption_timestamp is not None:
        return fields.last_consumption_timestamp
    return None if fields.last_consumed_message_index is None else ctx.now


def find(ctx: Context, channel_sid: str, identity: str) -> Member | None:
    """The membership of an identity, or None."""
    return ctx.store.first(Member, channel_sid=channel_sid, identity=identity)


def update(ctx: Context, member: Member, changes: MemberChanges) -> Member:
    """Change a membership, the read horizon included.

    Raises:
        TwilioError: 50107, a chat user that edits another's horizon or role.
    """
    given = changes.given()
    own = ctx.actor.identity == member.identity
    channel = channels.find(ctx, member.channel_sid)
    if "attributes" in given:
        permission = "editOwnMemberAttributes" if own else "editAnyMemberAttributes"
        require(ctx, member.service_sid, permission, channel)
    if "role_sid" in given:
        roles.pick(ctx, member.service_sid, given["role_sid"], "channel")
    if ctx.actor.identity is not None and not own and given.keys() - {"attributes"}:
        raise TwilioError(50107, "A chat user may only move its own read horizon")
    return save(ctx, channel, member, given)


def save(ctx: Context, channel: Channel, member: Member, given: dict[str, Any]) -> Member:
    """Change a membership as given; a read horizon is dated where no date is."""
    if "last_consumed_message_index" in given:
        index = given["last_consumed_message_index"]
        given.setdefault("last_consumption_timestamp", None if index is None else ctx.now)
    ctx.store.save(member, **{"date_updated": ctx.now, **given})
    ctx.emit(MemberEvent("updated", channel, member, ctx.actor, tuple(given)))
    return member


def remove(ctx: Context, member: Member) -> None:
    """Take a member out of its channel; a chat user itself (leave) or, with permission, others.

    Raises:
        TwilioError: 50107, a chat user without `leaveChannel` or `removeMember`.
    """
    channel = channels.find(ctx, member.channel_sid)
    own = ctx.actor.identity == member.identity
    require(ctx, member.service_sid, "leaveChannel" if own else "removeMember", channel)
    ctx.store.remove(member)
    remove_user_channel(ctx, member)
    ctx.store.save(channel, members_count=channel.members_count - 1)
    user = ctx.store.first(User, sid=member.user_sid)
    if user:
        ctx.store.save(user, joined_channels_count=user.joined_channels_count - 1)
    ctx.emit(MemberEvent("removed", channel, member, ctx.actor))


def unread_count(ctx: Context, member: Member) -> int | None:
    """Messages above the read horizon; null where there is no horizon."""
    if member.last_consumed_message_index is None:
        return None
    return ctx.store.count_above(
        Message, "index", member.last_consumed_message_index, channel_sid=member.channel_sid
    )


class UserChannelChanges(Parameters):
    """Parameters of user channel update (specified)."""

    notification_level: Literal["default", "muted"] | None = None
    last_consumed_message_index: ReadIndex = None
    last_consumption_timestamp: ReadMoment = None


def member_of(ctx: Context, view: UserChannel) -> Member | None:
    """The membership behind a view; None while the user is only invited."""
    return ctx.store.first(Member, sid=view.member_sid) if view.member_sid else None


def update_user_channel(
    ctx: Context, view: UserChannel, changes: UserChannelChanges
) -> UserChannel:
    """Change a user's view of a channel.

    Raises:
        TwilioError: 50107, a chat user that may not mute; 50400, the read horizon of somebody who
            is only invited.
    """
    given = changes.given()
    channel, member = channels.find(ctx, view.channel_sid), member_of(ctx, view)
    if "notification_level" in given:
        require(ctx, view.service_sid, "editNotificationLevel", channel)
        ctx.store.save(view, notification_level=given.pop("notification_level"))
        ctx.emit(UserChannelEvent(channel, view, ctx.actor))
    if given:
        if member is None:
            raise TwilioError(50400, "Only a member has a read horizon")
        save(ctx, channel, member, given)
    return view


def leave_channel(ctx: Context, view: UserChannel) -> None:
    """Leave the channel, or decline the invitation to it."""
    member = member_of(ctx, view)
    if member is not None:
        remove(ctx, member)
        return
    for invite in ctx.store.select(
        Invite, {"channel_sid": view.channel_sid, "user_sid": view.user_sid}
    ):
        withdraw_invite(ctx, invite)


class NewInvite(Parameters):
    """Parameters of an invitation (specified)."""

    identity: Identity
    role_sid: str | None = None


def invite(ctx: Context, channel: Channel, new: NewInvite) -> Invite:
    """Invite a user.

    Raises:
        TwilioError: 20404, the identity has no user, in words that blame the channel's invites
            as Twilio's do (observed); 50404, a member already; 50212, invited already; 50107, a
            chat user without `inviteMember`.
    """
    require(ctx, channel.service_sid, "inviteMember", channel)
    user = users.find(ctx, channel.service_sid, new.identity)
    if user is None:
        path = f"/Services/{channel.service_sid}/Channels/{channel.sid}/Invites"
        raise TwilioError(20404, f"The requested resource {path} was not found")
    if find(ctx, channel.sid, new.identity):
        raise TwilioError(50404, "Member already exists")
    if ctx.store.exists(Invite, channel_sid=channel.sid, identity=new.identity):
        raise TwilioError(50212, "User is invited to the channel already")
    invite = ctx.create(
        Invite,
        service_sid=channel.service_sid,
        channel_sid=channel.sid,
        user_sid=user.sid,
        identity=new.identity,
        role_sid=_invite_role(ctx, channel, new) or "",
        created_by=ctx.actor.name,
    )
    add_invited(ctx, invite)
    ctx.emit(InviteEvent("added", channel, invite, ctx.actor))
    return invite


def _invite_role(ctx: Context, channel: Channel, new: NewInvite) -> str | None:
    if new.role_sid:
        return roles.pick(ctx, channel.service_sid, new.role_sid, "channel")
    service = ctx.store.first(Service, sid=channel.service_sid)
    return service.default_channel_role_sid if service else None


def withdraw_invite(ctx: Context, invite: Invite) -> None:
    """Take an invitation back; the invited chat user declines it this way.

    Raises:
        TwilioError: 50107, a chat user neither invited nor allowed to invite.
    """
    channel = channels.find(ctx, invite.channel_sid)
    if ctx.actor.identity != invite.identity:
        require(ctx, invite.service_sid, "inviteMember", channel)
    ctx.store.remove(invite)
    remove_user_channel(ctx, invite)
    ctx.emit(InviteEvent("removed", channel, invite, ctx.actor))
