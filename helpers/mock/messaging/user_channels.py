"""A user's own view of its channels: joined or invited, muted or not."""

from __future__ import annotations

from ..call import Call
from .resources import Invite, Member, UserChannel


def find(call: Call, user_sid: str, channel_sid: str) -> UserChannel | None:
    """A user's view of a channel, or None."""
    return call.store.first(UserChannel, user_sid=user_sid, channel_sid=channel_sid)


def invite(call: Call, asked: Invite) -> None:
    """The user is invited now."""
    _add(call, asked, None, "invited")


def join(call: Call, member: Member) -> None:
    """The user is in the channel now; an invitation has done its work."""
    call.store.remove_all(Invite, channel_sid=member.channel_sid, identity=member.identity)
    known = find(call, member.user_sid, member.channel_sid)
    if known is None:
        _add(call, member, member.sid, "joined")
    else:
        call.store.save(known, status="joined", member_sid=member.sid)


def _add(call: Call, who: Member | Invite, member_sid: str | None, status: str) -> None:
    call.store.add(
        UserChannel(
            account_sid=who.account_sid,
            service_sid=who.service_sid,
            channel_sid=who.channel_sid,
            user_sid=who.user_sid,
            member_sid=member_sid,
            status=status,
            notification_level="default",
        )
    )


def leave(call: Call, who: Member | Invite) -> None:
    """The user is neither in the channel nor invited any more."""
    call.store.remove_all(UserChannel, user_sid=who.user_sid, channel_sid=who.channel_sid)
