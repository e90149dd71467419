"""What a chat user may do: the permissions of roles.

They bind those who come with an access token. Account credentials bypass them (inferred).
The names were gathered from production code and Twilio's samples (observed); the default roles'
full sets are not published (inferred).
"""

from __future__ import annotations

from ..core.context import Context
from ..core.errors import TwilioError
from .resources import Channel, Invite, Member, Role, Service, User

CHANNEL_PERMISSIONS = frozenset(
    {
        "addMember",
        "deleteAnyMessage",
        "deleteOwnMessage",
        "destroyChannel",
        "editAnyMemberAttributes",
        "editAnyMessage",
        "editAnyMessageAttributes",
        "editChannelAttributes",
        "editChannelName",
        "editNotificationLevel",
        "editOwnMemberAttributes",
        "editOwnMessage",
        "editOwnMessageAttributes",
        "inviteMember",
        "leaveChannel",
        "removeMember",
        "sendMediaMessage",
        "sendMessage",
    }
)
SERVICE_PERMISSIONS = (
    CHANNEL_PERMISSIONS - {"sendMessage", "sendMediaMessage", "leaveChannel"}
) | {
    "createChannel",
    "joinChannel",
    "editOwnUserInfo",
    "editAnyUserInfo",
}

DEFAULT_ROLES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("service admin", "deployment", tuple(sorted(SERVICE_PERMISSIONS))),
    ("service user", "deployment", ("createChannel", "joinChannel", "editOwnUserInfo")),
    ("channel admin", "channel", tuple(sorted(CHANNEL_PERMISSIONS))),
    (
        "channel user",
        "channel",
        (
            "sendMessage",
            "sendMediaMessage",
            "leaveChannel",
            "editNotificationLevel",
            "editOwnMessage",
            "editOwnMessageAttributes",
            "deleteOwnMessage",
            "editOwnMemberAttributes",
        ),
    ),
)
"""Name, type and permissions of the four roles every service starts with."""


def own_member(ctx: Context, channel: Channel) -> Member:
    """The acting chat user's membership.

    Raises:
        TwilioError: 50400, the acting user is not a member.
    """
    member = ctx.store.first(Member, channel_sid=channel.sid, identity=ctx.actor.identity)
    if member is None:
        raise TwilioError(50400, f"User {ctx.actor.identity!r} is not a member of the channel")
    return member


def see(ctx: Context, channel: Channel) -> None:
    """Hide a private channel from a chat user that is neither in it nor invited (inferred).

    Raises:
        TwilioError: 50300, as if the channel did not exist.
    """
    if ctx.actor.identity is None or channel.type == "public":
        return
    own = {"channel_sid": channel.sid, "identity": ctx.actor.identity}
    if not (ctx.store.exists(Member, **own) or ctx.store.exists(Invite, **own)):
        raise TwilioError(50300, "Channel not found, or private and you are not a member")


def look_inside(ctx: Context, channel: Channel) -> None:
    """Keep a chat user that is not a member from a channel's messages and members.

    Raises:
        TwilioError: 50400, the acting user is not a member.
    """
    if ctx.actor.identity is not None:
        own_member(ctx, channel)


def own_only(ctx: Context, user: User) -> None:
    """Keep a chat user from what belongs to another: its channels and devices (inferred).

    Raises:
        TwilioError: 50107, the user is somebody else.
    """
    if ctx.actor.identity not in (None, user.identity):
        raise TwilioError(50107, "A chat user reaches only its own channels and bindings")


def account_only(ctx: Context, parent: object) -> None:
    """Keep chat users out of what only account credentials manage (inferred).

    Raises:
        TwilioError: 20403, the caller is a chat user.
    """
    if ctx.actor.identity is not None:
        raise TwilioError(20403, "This needs account credentials; an access token is not enough")


def require(
    ctx: Context, service: Service | str, permission: str, channel: Channel | None = None
) -> None:
    """Refuse what neither the user's service role nor channel role allows.

    Raises:
        TwilioError: 50107, no role of the acting user has the permission.
    """
    if ctx.actor.identity is None:
        return
    service_sid = service if isinstance(service, str) else service.sid
    if permission not in _granted(ctx, service_sid, channel):
        raise TwilioError(
            50107,
            f"User {ctx.actor.identity!r} is not authorized for this command:"
            f" none of its roles has the permission {permission}",
        )


def _granted(ctx: Context, service_sid: str, channel: Channel | None) -> set[str]:
    holders: list[User | Member | None] = [
        ctx.store.first(User, service_sid=service_sid, identity=ctx.actor.identity)
    ]
    if channel is not None:
        holders.append(
            ctx.store.first(Member, channel_sid=channel.sid, identity=ctx.actor.identity)
        )
    roles = [ctx.store.first(Role, sid=holder.role_sid) for holder in holders if holder]
    return {permission for role in roles if role for permission in role.permissions}
