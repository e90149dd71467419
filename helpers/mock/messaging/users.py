"""Users of a service."""

from __future__ import annotations

from ..core.context import Context
from ..core.errors import TwilioError
from ..core.parameters import Parameters
from . import roles
from .events import MemberEvent, UserEvent
from .limits import Identity, LongerName, SmallAttributes
from .permissions import require
from .resources import OF_A_USER, Binding, Channel, Member, Service, User


class NewUser(Parameters):
    """Parameters of user creation."""

    identity: Identity
    role_sid: str | None = None
    attributes: SmallAttributes = "{}"
    friendly_name: LongerName | None = None


class UserChanges(Parameters):
    """Parameters of user update."""

    role_sid: str | None = None
    attributes: SmallAttributes | None = None
    friendly_name: LongerName | None = None


def create(ctx: Context, service: Service, new: NewUser) -> User:
    """Make a user.

    A chat user may only make itself, which is what connecting with a new identity does (observed).

    Raises:
        TwilioError: 50201, the identity has a user; 50107, a chat user makes another one; 50205,
            it sets a role.
    """
    if ctx.actor.identity not in (None, new.identity):
        raise TwilioError(50107, "A chat user cannot create another user")
    if find(ctx, service.sid, new.identity):
        raise TwilioError(50201, "User already exists")
    return _make(ctx, service, new)


def _make(ctx: Context, service: Service, new: NewUser) -> User:
    role_sid = service.default_service_role_sid
    if new.role_sid:
        role_sid = roles.pick(ctx, service.sid, new.role_sid, "deployment")
    user = ctx.create(
        User,
        service_sid=service.sid,
        identity=new.identity,
        friendly_name=new.friendly_name,
        attributes=new.attributes,
        role_sid=role_sid or "",
        is_online=None,
        is_notifiable=None,
        joined_channels_count=0,
    )
    ctx.emit(UserEvent("added", user, ctx.actor))
    return user


def find(ctx: Context, service_sid: str, identity: str) -> User | None:
    """The user of an identity, or None."""
    return ctx.store.first(User, service_sid=service_sid, identity=identity)


def ensure(ctx: Context, service: Service, identity: str, friendly_name: str | None = None) -> User:
    """The user of an identity, made if need be: users are created lazily (observed)."""
    return find(ctx, service.sid, identity) or _make(
        ctx, service, NewUser(identity=identity, friendly_name=friendly_name)
    )


def update(ctx: Context, user: User, changes: UserChanges) -> User:
    """Change a user.

    Raises:
        TwilioError: 50107, a chat user without the permission; 50205, one that sets a role.
    """
    given = changes.given()
    own = ctx.actor.identity == user.identity
    require(ctx, user.service_sid, "editOwnUserInfo" if own else "editAnyUserInfo")
    if "role_sid" in given:
        roles.pick(ctx, user.service_sid, given["role_sid"], "deployment")
    ctx.store.save(user, **given, date_updated=ctx.now)
    ctx.emit(UserEvent("updated", user, ctx.actor, tuple(given)))
    return user


def mark_online(ctx: Context, user: User, *, online: bool) -> None:
    """Say whether a user is connected, and with a device that takes pushes (reachability)."""
    notifiable = ctx.store.exists(Binding, user_sid=user.sid)
    ctx.store.save(user, is_online=online, is_notifiable=notifiable)
    ctx.emit(UserEvent("updated", user, ctx.actor, ("is_online", "is_notifiable")))


def delete(ctx: Context, user: User) -> None:
    """Delete a user, its memberships, invitations and devices; its messages stay (inferred)."""
    if ctx.actor.identity is not None:
        raise TwilioError(50107, "A chat user cannot delete users")
    for member in ctx.store.select(Member, {"user_sid": user.sid}):
        channel = ctx.store.first(Channel, sid=member.channel_sid)
        ctx.store.remove(member)
        if channel:
            ctx.store.save(channel, members_count=channel.members_count - 1)
            ctx.emit(MemberEvent("removed", channel, member, ctx.actor))
    for kind in OF_A_USER:
        ctx.store.remove_all(kind, user_sid=user.sid)
    ctx.store.remove(user)
    ctx.emit(UserEvent("removed", user, ctx.actor))
