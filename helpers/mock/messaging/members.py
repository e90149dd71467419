"""Members of a channel, how far each has read, and invitations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict, Unpack

from ..core.context import Context
from ..core.errors import Refused
from ..core.store import Store
from . import channels, roles, users
from .events import InviteEvent, MemberEvent, UserChannelEvent
from .permissions import CHANNEL, Permission, require
from .refusals import Reason
from .resources import (
    Channel,
    DeliveryReceipt,
    Invite,
    Member,
    Message,
    Service,
    User,
    UserChannel,
)

MAX_OTHERS = 50
"""Members of a channel without an identity (documented on the limits page)."""


class ReadHorizon(TypedDict, total=False):
    """A member's read horizon: index of a message, and when it was read."""

    last_consumed_message_index: int | None
    last_consumption_timestamp: float | None


class MemberFields(ReadHorizon, total=False):
    """Fields of a member that can change."""

    attributes: str
    role_sid: str
    date_created: float
    date_updated: float
    messaging_binding: dict[str, str] | None


def find_user_channel(ctx: Context, user_sid: str, channel_sid: str) -> UserChannel | None:
    """Return a user's view of a channel, or None."""
    return ctx.store.first(UserChannel, user_sid=user_sid, channel_sid=channel_sid)


def add(
    ctx: Context,
    channel: Channel,
    *,
    identity: str | None = None,
    user: User | None = None,
    **fields: Unpack[MemberFields],
) -> Member:
    """Put an identity into a channel, making its user if need be, or a person without one.

    A chat user joins itself only with the permission, and a private channel only as its creator; it
    adds others with another permission. An invited user gets the invitation's role (specified); the
    channel's creator gets the creator role. `user` is the identity's, where the caller has it.

    Raises:
        Refused: CHANNEL_CLOSED; MEMBER_EXISTS; MEMBER_ADDRESS_TAKEN; CHANNEL_FULL; USER_FULL;
            CHANNEL_FULL_OF_OTHERS; CHANNEL_NOT_JOINABLE or NOT_PERMITTED, a chat user.
    """
    if channel.state == "closed" or channel.closed_after is not None:
        channels.refuse_closed(ctx, channel)
    service = ctx.get_cached(Service, channel.service_sid)
    if service is None:
        raise Refused(Reason.SERVICE_NOT_FOUND, sid=channel.service_sid)
    invite = identity and ctx.store.first(Invite, channel_sid=channel.sid, identity=identity)
    if ctx.actor.identity is not None and not (invite and ctx.actor.identity == identity):
        _permit(ctx, channel, identity)
    if identity and channel.members_count and find(ctx, channel.sid, identity):
        raise Refused(Reason.MEMBER_EXISTS)
    if channel.members_count >= service.limits["channel_members"]:
        raise Refused(Reason.CHANNEL_FULL, count=channel.members_count)
    if user is None and identity:
        user = users.ensure(ctx, service, identity)
    if user is not None and user.joined_channels_count >= service.limits["user_channels"]:
        _refuse_full(ctx, user, service.limits["user_channels"])
    if identity is None:
        _admit_other(ctx, channel, fields.get("messaging_binding") or {})
    if fields.get("role_sid"):
        roles.pick(ctx, service.sid, fields["role_sid"], CHANNEL)
    else:
        creator, other = service.default_channel_creator_role_sid, service.default_channel_role_sid
        default = creator if channel.created_by == identity else other
        fields["role_sid"] = invite.role_sid if invite else default or ""
    is_read = fields.get("last_consumed_message_index") is not None
    if is_read and fields.get("last_consumption_timestamp") is None:
        fields["last_consumption_timestamp"] = ctx.now
    member = ctx.create(
        Member,
        service_sid=channel.service_sid,
        channel_sid=channel.sid,
        user_sid=user.sid if user else None,
        identity=identity,
        **fields,
    )
    if user is not None:
        _join(ctx, user.sid, member, invite or None)
        ctx.store.save(user, joined_channels_count=user.joined_channels_count + 1)
    ctx.store.save(channel, members_count=channel.members_count + 1)
    ctx.emit(MemberEvent("added", channel, member, ctx.actor))
    return member


def _permit(ctx: Context, channel: Channel, identity: str | None) -> None:
    if ctx.actor.identity != identity:
        permission = Permission.ADD_MEMBER if identity else Permission.ADD_NON_CHAT_MEMBER
        require(ctx, channel.service_sid, permission, channel)
    elif channel.type == "private" and channel.created_by != identity:
        raise Refused(Reason.CHANNEL_NOT_JOINABLE)
    else:
        require(ctx, channel.service_sid, Permission.JOIN_CHANNEL, channel)


def _refuse_full(ctx: Context, user: User, limit: int) -> None:
    """Refuse one channel more than a user may be in; closed ones do not count (documented)."""
    joined = ctx.store.select(Member, {"user_sid": user.sid})
    channels_of = [ctx.store.first(Channel, sid=each.channel_sid) for each in joined]
    count = sum(1 for each in channels_of if each and each.state_at(ctx.now) != "closed")
    if count >= limit:
        raise Refused(Reason.USER_FULL, count=count)


def without_identity(ctx: Context, channel_sid: str) -> list[Member]:
    """Return the members of a channel that are reached through other networks."""
    return ctx.store.select(Member, {"channel_sid": channel_sid, "user_sid": None})


def _admit_other(ctx: Context, channel: Channel, binding: Mapping[str, str]) -> None:
    others = without_identity(ctx, channel.sid)
    if len(others) >= MAX_OTHERS:
        raise Refused(Reason.CHANNEL_FULL_OF_OTHERS, count=MAX_OTHERS)
    if "proxy_address" in binding:
        refuse_taken(ctx, binding["address"], binding["proxy_address"])
    elif any(other.name == binding.get("address") for other in others):
        raise Refused(Reason.MEMBER_ADDRESS_TAKEN, sid=channel.sid)
    if not ctx.store.last_seq(DeliveryReceipt):
        ctx.store.skip_seq(DeliveryReceipt)  # from now on messages look for receivers


def refuse_taken(ctx: Context, address: str, proxy_address: str) -> None:
    """Refuse a pair of addresses that a person in a channel that is not closed has already.

    Raises:
        Refused: MEMBER_ADDRESS_TAKEN.
    """
    if (other := at_addresses(ctx, address, proxy_address)) is not None:
        raise Refused(Reason.MEMBER_ADDRESS_TAKEN, sid=other.channel_sid)


def at_addresses(ctx: Context, address: str, proxy_address: str) -> Member | None:
    """Return the member of this pair of addresses in a channel that is not closed, or None."""
    for member in ctx.store.select(Member, {"user_sid": None}):
        binding = member.messaging_binding or {}
        if (binding.get("address"), binding.get("proxy_address")) == (address, proxy_address):
            channel = ctx.store.first(Channel, sid=member.channel_sid)
            if channel is not None and channel.state_at(ctx.now) != "closed":
                return member
    return None


def rebind(ctx: Context, member: Member, **addresses: str | None) -> dict[str, str] | None:
    """Return a member's binding with other addresses; None takes one away.

    Raises:
        Refused: MEMBER_ADDRESS_TAKEN.
    """
    binding = {**(member.messaging_binding or {"type": "sms"}), **addresses}
    kept = {name: text for name, text in binding.items() if text is not None}
    if "proxy_address" in kept and kept != member.messaging_binding:
        refuse_taken(ctx, kept["address"], kept["proxy_address"])
    return kept if kept.keys() - {"type"} else None


def writer(store: Store, channel_sid: str, author: str) -> Member | None:
    """Return the member that writes under this name: its identity, or its address."""
    if (found := store.first(Member, channel_sid=channel_sid, identity=author)) is not None:
        return found
    if not store.last_seq(DeliveryReceipt):
        return None  # as in most accounts: nobody is without an identity
    others = store.select(Member, {"channel_sid": channel_sid, "user_sid": None})
    return next((each for each in others if each.name == author), None)


def writer_of(store: Store, message: Message) -> str | None:
    """Return the SID that the author of a message had as a member then, or None."""
    if message.member_sid == "":
        found = writer(store, message.channel_sid, message.author)
        return found.sid if found else None
    return message.member_sid


def _join(ctx: Context, user_sid: str, member: Member, invite: Invite | None) -> None:
    """Show a user its new channel; an invitation has done its work."""
    if invite is None:
        _add_user_channel(ctx, user_sid, member, member.sid, "joined")
        return
    ctx.store.remove(invite)
    known = find_user_channel(ctx, user_sid, member.channel_sid)
    if known is not None:
        ctx.store.save(known, status="joined", member_sid=member.sid)


def _add_user_channel(
    ctx: Context, user_sid: str, of: Member | Invite, member_sid: str | None, status: str
) -> None:
    ctx.create(
        UserChannel,
        service_sid=of.service_sid,
        channel_sid=of.channel_sid,
        user_sid=user_sid,
        member_sid=member_sid,
        status=status,
        notification_level="default",
    )


def _remove_user_channel(ctx: Context, of: Member | Invite) -> None:
    ctx.store.remove_all(UserChannel, user_sid=of.user_sid, channel_sid=of.channel_sid)


def find(ctx: Context, channel_sid: str, identity: str) -> Member | None:
    """Return the membership of an identity, or None."""
    return ctx.store.first(Member, channel_sid=channel_sid, identity=identity)


def update(ctx: Context, member: Member, **changes: Unpack[MemberFields]) -> Member:
    """Change a membership, the read horizon included.

    Raises:
        Refused: CHANNEL_CLOSED; NOT_PERMITTED or HORIZON_OF_ANOTHER, a chat user; as `roles.pick`
            does.
    """
    own = ctx.actor.identity == member.identity
    channel = channels.find(ctx, member.channel_sid)
    channels.refuse_closed(ctx, channel)
    if "attributes" in changes:
        permission = (
            Permission.EDIT_OWN_MEMBER_ATTRIBUTES if own else Permission.EDIT_ANY_MEMBER_ATTRIBUTES
        )
        require(ctx, member.service_sid, permission, channel)
    if "role_sid" in changes:
        roles.pick(ctx, member.service_sid, changes["role_sid"], CHANNEL)
    if ctx.actor.identity is not None and not own and changes.keys() - {"attributes"}:
        raise Refused(Reason.HORIZON_OF_ANOTHER)
    return _save(ctx, channel, member, {**changes})


def _save(ctx: Context, channel: Channel, member: Member, values: dict[str, Any]) -> Member:
    """Change a membership; a read horizon is dated where no date is given."""
    if "last_consumed_message_index" in values:
        index = values["last_consumed_message_index"]
        values.setdefault("last_consumption_timestamp", None if index is None else ctx.now)
    ctx.store.save(member, **{"date_updated": ctx.now, **values})
    ctx.emit(MemberEvent("updated", channel, member, ctx.actor, tuple(values)))
    return member


def remove(ctx: Context, member: Member) -> None:
    """Take a member out of its channel; a chat user itself (leave) or, with permission, others.

    Raises:
        Refused: NOT_PERMITTED to a chat user.
    """
    channel = channels.find(ctx, member.channel_sid)
    own = ctx.actor.identity == member.identity
    permission = Permission.LEAVE_CHANNEL if own else Permission.REMOVE_MEMBER
    require(ctx, member.service_sid, permission, channel)
    ctx.store.remove(member)
    ctx.store.save(channel, members_count=channel.members_count - 1)
    user = ctx.store.first(User, sid=member.user_sid) if member.user_sid else None
    if user is not None:
        _remove_user_channel(ctx, member)
        ctx.store.save(user, joined_channels_count=user.joined_channels_count - 1)
    ctx.emit(MemberEvent("removed", channel, member, ctx.actor))


def unread_count(ctx: Context, member: Member) -> int | None:
    """Return the number of messages above the read horizon; None where there is no horizon."""
    if member.last_consumed_message_index is None:
        return None
    return ctx.store.count_above(
        Message, "index", member.last_consumed_message_index, channel_sid=member.channel_sid
    )


def member_of(ctx: Context, view: UserChannel) -> Member | None:
    """Return the membership behind a view; None while the user is only invited."""
    return ctx.store.first(Member, sid=view.member_sid) if view.member_sid else None


def update_user_channel(
    ctx: Context,
    view: UserChannel,
    *,
    notification_level: str | None = None,
    **horizon: Unpack[ReadHorizon],
) -> UserChannel:
    """Change a user's view of a channel.

    Raises:
        Refused: NOT_PERMITTED to a chat user; HORIZON_OF_INVITED.
    """
    channel, member = channels.find(ctx, view.channel_sid), member_of(ctx, view)
    if notification_level is not None:
        require(ctx, view.service_sid, Permission.EDIT_NOTIFICATION_LEVEL, channel)
        ctx.store.save(view, notification_level=notification_level)
        ctx.emit(UserChannelEvent(channel, view, ctx.actor))
    if horizon:
        if member is None:
            raise Refused(Reason.HORIZON_OF_INVITED)
        _save(ctx, channel, member, {**horizon})
    return view


def leave_channel(ctx: Context, view: UserChannel) -> None:
    """Leave the channel, or decline the invitation to it."""
    member = member_of(ctx, view)
    if member is not None:
        remove(ctx, member)
        return
    where = {"channel_sid": view.channel_sid, "user_sid": view.user_sid}
    for invite in ctx.store.select(Invite, where):
        withdraw_invite(ctx, invite)


def invite(ctx: Context, channel: Channel, *, identity: str, role_sid: str | None = None) -> Invite:
    """Invite a user.

    Raises:
        Refused: USER_UNKNOWN; MEMBER_EXISTS; INVITED_ALREADY; NOT_PERMITTED to a chat user; as
            `roles.pick` does.
    """
    require(ctx, channel.service_sid, Permission.INVITE_MEMBER, channel)
    user = users.find(ctx, channel.service_sid, identity)
    if user is None:
        about = {"service_sid": channel.service_sid, "channel_sid": channel.sid}
        raise Refused(Reason.USER_UNKNOWN, **about)
    if find(ctx, channel.sid, identity):
        raise Refused(Reason.MEMBER_EXISTS)
    if ctx.store.exists(Invite, channel_sid=channel.sid, identity=identity):
        raise Refused(Reason.INVITED_ALREADY)
    if role_sid:
        roles.pick(ctx, channel.service_sid, role_sid, CHANNEL)
    else:
        service = ctx.get_cached(Service, channel.service_sid)
        role_sid = service.default_channel_role_sid if service else None
    invite = ctx.create(
        Invite,
        service_sid=channel.service_sid,
        channel_sid=channel.sid,
        user_sid=user.sid,
        identity=identity,
        role_sid=role_sid or "",
        created_by=ctx.actor.name,
    )
    _add_user_channel(ctx, user.sid, invite, None, "invited")
    ctx.emit(InviteEvent("added", channel, invite, ctx.actor))
    return invite


def withdraw_invite(ctx: Context, invite: Invite) -> None:
    """Take an invitation back; the invited chat user declines it this way.

    Raises:
        Refused: NOT_PERMITTED to a chat user that is not the invited one.
    """
    channel = channels.find(ctx, invite.channel_sid)
    if ctx.actor.identity != invite.identity:
        require(ctx, invite.service_sid, Permission.INVITE_MEMBER, channel)
    ctx.store.remove(invite)
    _remove_user_channel(ctx, invite)
    ctx.emit(InviteEvent("removed", channel, invite, ctx.actor))
