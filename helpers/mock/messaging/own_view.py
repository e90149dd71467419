"""What a user sets on its own view of a channel: muted or not, how far it has read; leaving it."""

from __future__ import annotations

from typing import Literal

from ..call import Call
from ..errors import TwilioError
from ..fields import Fields
from . import channels, invites, members
from .events import UserChannelEvent
from .members import ReadIndex, ReadMoment
from .permissions import require
from .resources import Invite, Member, UserChannel


class UserChannelChanges(Fields):
    """Parameters of user channel update (specified)."""

    notification_level: Literal["default", "muted"] | None = None
    last_consumed_message_index: ReadIndex = None
    last_consumption_timestamp: ReadMoment = None


def member_of(call: Call, view: UserChannel) -> Member | None:
    """The membership behind a view; None while the user is only invited."""
    return call.store.first(Member, sid=view.member_sid) if view.member_sid else None


def update(call: Call, view: UserChannel, changes: UserChannelChanges) -> UserChannel:
    """Change a user's view of a channel.

    Raises:
        TwilioError: 50107, a chat user that may not mute; 50400, the read horizon of somebody who
            is only invited.
    """
    given = changes.given()
    channel, member = channels.find(call, view.channel_sid), member_of(call, view)
    if "notification_level" in given:
        require(call, view.service_sid, "editNotificationLevel", channel)
        call.store.save(view, notification_level=given.pop("notification_level"))
        call.note(UserChannelEvent(channel, view, call.actor))
    if given:
        if member is None:
            raise TwilioError(50400, "Only a member has a read horizon")
        members.save(call, channel, member, given)
    return view


def leave(call: Call, view: UserChannel) -> None:
    """Leave the channel, or decline the invitation to it."""
    member = member_of(call, view)
    if member is not None:
        members.remove(call, member)
        return
    for invite in call.store.select(
        Invite, {"channel_sid": view.channel_sid, "user_sid": view.user_sid}
    ):
        invites.remove(call, invite)
