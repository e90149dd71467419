"""Invitations into a channel."""

from __future__ import annotations

from ..call import Call
from ..errors import TwilioError
from ..fields import Fields
from . import channels, members, roles, user_channels, users
from .events import InviteEvent
from .permissions import require
from .resources import Channel, Invite, Service
from .rules import Identity


class NewInvite(Fields):
    """Parameters of an invitation (specified)."""

    identity: Identity
    role_sid: str | None = None


def create(call: Call, channel: Channel, new: NewInvite) -> Invite:
    """Invite a user.

    Raises:
        TwilioError: 20404, the identity has no user, in words that blame the channel's invites
            as Twilio's do (observed); 50404, a member already; 50212, invited already; 50107, a
            chat user without `inviteMember`.
    """
    require(call, channel.service_sid, "inviteMember", channel)
    user = users.find(call, channel.service_sid, new.identity)
    if user is None:
        path = f"/Services/{channel.service_sid}/Channels/{channel.sid}/Invites"
        raise TwilioError(20404, f"The requested resource {path} was not found")
    if members.find(call, channel.sid, new.identity):
        raise TwilioError(50404, "Member already exists")
    if call.store.exists(Invite, channel_sid=channel.sid, identity=new.identity):
        raise TwilioError(50212, "User is invited to the channel already")
    invite = Invite(
        sid=call.sids.new("IN"),
        account_sid=call.account_sid,
        service_sid=channel.service_sid,
        channel_sid=channel.sid,
        user_sid=user.sid,
        identity=new.identity,
        role_sid=_role(call, channel, new) or "",
        created_by=call.actor.name,
        date_created=call.now,
        date_updated=call.now,
    )
    call.store.add(invite)
    user_channels.invite(call, invite)
    call.note(InviteEvent("added", channel, invite, call.actor))
    return invite


def _role(call: Call, channel: Channel, new: NewInvite) -> str | None:
    if new.role_sid:
        return roles.pick(call, channel.service_sid, new.role_sid, "channel")
    service = call.store.first(Service, sid=channel.service_sid)
    return service.default_channel_role_sid if service else None


def remove(call: Call, invite: Invite) -> None:
    """Take an invitation back; the invited chat user declines it this way.

    Raises:
        TwilioError: 50107, a chat user neither invited nor allowed to invite.
    """
    channel = channels.find(call, invite.channel_sid)
    if call.actor.identity != invite.identity:
        require(call, invite.service_sid, "inviteMember", channel)
    call.store.remove(invite)
    user_channels.leave(call, invite)
    call.note(InviteEvent("removed", channel, invite, call.actor))
