"""Permissions of chat users, which their roles grant.

They bind those who come with an access token. Account credentials bypass them (inferred).
The permissions were gathered from production code and Twilio's samples (observed); the default
roles' full sets are not published (inferred).
"""

from __future__ import annotations

from enum import StrEnum

from ..core.context import Context
from ..core.errors import Refused
from .refusals import Reason
from .resources import Channel, Invite, Member, Role, User


class Permission(StrEnum):
    """One thing a role lets a chat user do; each dialect has its own spelling."""

    ADD_MEMBER = "add_member"
    ADD_NON_CHAT_MEMBER = "add_non_chat_member"
    CREATE_CHANNEL = "create_channel"
    DELETE_ANY_MESSAGE = "delete_any_message"
    DELETE_OWN_MESSAGE = "delete_own_message"
    DELETE_CHANNEL = "delete_channel"
    EDIT_ANY_MEMBER_ATTRIBUTES = "edit_any_member_attributes"
    EDIT_ANY_MESSAGE = "edit_any_message"
    EDIT_ANY_MESSAGE_ATTRIBUTES = "edit_any_message_attributes"
    EDIT_ANY_USER_INFO = "edit_any_user_info"
    EDIT_CHANNEL_ATTRIBUTES = "edit_channel_attributes"
    EDIT_CHANNEL_NAME = "edit_channel_name"
    EDIT_NOTIFICATION_LEVEL = "edit_notification_level"
    EDIT_OWN_MEMBER_ATTRIBUTES = "edit_own_member_attributes"
    EDIT_OWN_MESSAGE = "edit_own_message"
    EDIT_OWN_MESSAGE_ATTRIBUTES = "edit_own_message_attributes"
    EDIT_OWN_USER_INFO = "edit_own_user_info"
    INVITE_MEMBER = "invite_member"
    JOIN_CHANNEL = "join_channel"
    LEAVE_CHANNEL = "leave_channel"
    REMOVE_MEMBER = "remove_member"
    SEND_MEDIA_MESSAGE = "send_media_message"
    SEND_MESSAGE = "send_message"


CHANNEL, SERVICE = "channel", "service"
"""Scopes of roles."""
_SERVICE_ONLY = {
    Permission.CREATE_CHANNEL,
    Permission.EDIT_ANY_USER_INFO,
    Permission.EDIT_OWN_USER_INFO,
    Permission.JOIN_CHANNEL,
}
_CHANNEL_ONLY = {
    Permission.ADD_NON_CHAT_MEMBER,
    Permission.LEAVE_CHANNEL,
    Permission.SEND_MEDIA_MESSAGE,
    Permission.SEND_MESSAGE,
}
PERMISSIONS: dict[str, tuple[Permission, ...]] = {
    CHANNEL: tuple(each for each in Permission if each not in _SERVICE_ONLY),
    SERVICE: tuple(each for each in Permission if each not in _CHANNEL_ONLY),
}
"""Permissions that a role of each scope may have."""


def own_member(ctx: Context, channel: Channel) -> Member:
    """Return the acting chat user's membership.

    Raises:
        Refused: NOT_A_MEMBER.
    """
    member = ctx.store.first(Member, channel_sid=channel.sid, identity=ctx.actor.identity)
    if member is None:
        raise Refused(Reason.NOT_A_MEMBER, identity=ctx.actor.identity)
    return member


def see(ctx: Context, channel: Channel) -> None:
    """Hide a private channel from a chat user that neither made it, is in it nor is invited.

    Raises:
        Refused: CHANNEL_HIDDEN.
    """
    if not can_see(ctx, channel):
        raise Refused(Reason.CHANNEL_HIDDEN)


def can_see(ctx: Context, channel: Channel) -> bool:
    """Return whether the acting chat user, or the account, may know of a channel."""
    identity = ctx.actor.identity
    if channel.type == "public" or identity in (None, channel.created_by):
        return True
    own = {"channel_sid": channel.sid, "identity": identity}
    return ctx.store.exists(Member, **own) or ctx.store.exists(Invite, **own)


def look_inside(ctx: Context, channel: Channel) -> None:
    """Keep a chat user that is not a member from a channel's messages and members.

    Raises:
        Refused: NOT_A_MEMBER.
    """
    if ctx.actor.identity is not None:
        own_member(ctx, channel)


def own_only(ctx: Context, user: User) -> None:
    """Keep a chat user from another's channels and devices (inferred).

    Raises:
        Refused: NOT_OWN.
    """
    if ctx.actor.identity not in (None, user.identity):
        raise Refused(Reason.NOT_OWN)


def account_only(ctx: Context, parent: object) -> None:
    """Keep chat users out of what only account credentials manage (inferred).

    Raises:
        Refused: ACCOUNT_ONLY.
    """
    if ctx.actor.identity is not None:
        raise Refused(Reason.ACCOUNT_ONLY)


def require(
    ctx: Context, service_sid: str, permission: Permission, channel: Channel | None = None
) -> None:
    """Refuse an action that neither the user's service role nor its channel role allows.

    Raises:
        Refused: NOT_PERMITTED.
    """
    identity = ctx.actor.identity
    if identity is None:
        return
    holders: list[User | Member | None] = [
        ctx.store.first(User, service_sid=service_sid, identity=identity)
    ]
    if channel is not None:
        holders.append(ctx.store.first(Member, channel_sid=channel.sid, identity=identity))
    for holder in holders:
        role = holder and ctx.get_cached(Role, holder.role_sid)
        if role and permission in role.permissions:
            return
    raise Refused(Reason.NOT_PERMITTED, identity=identity, permission=permission)
