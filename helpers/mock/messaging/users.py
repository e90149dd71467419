"""Users of a service."""

from __future__ import annotations

from typing import TypedDict, Unpack

from ..core.context import Context
from ..core.errors import Refused
from . import roles
from .events import MemberEvent, UserEvent
from .permissions import SERVICE, Permission, require
from .refusals import Reason
from .resources import OF_A_USER, Binding, Channel, Member, Service, User


class UserFields(TypedDict, total=False):
    """Fields of a user that can change."""

    friendly_name: str | None
    attributes: str
    role_sid: str


def create(ctx: Context, service: Service, *, identity: str, **fields: Unpack[UserFields]) -> User:
    """Make a user.

    A chat user may only make itself, which is what connecting with a new identity does (observed).

    Raises:
        Refused: USER_EXISTS; USER_OF_ANOTHER, a chat user makes another one; as `roles.pick` does.
    """
    if ctx.actor.identity not in (None, identity):
        raise Refused(Reason.USER_OF_ANOTHER)
    if find(ctx, service.sid, identity):
        raise Refused(Reason.USER_EXISTS)
    if fields.get("role_sid"):
        roles.pick(ctx, service.sid, fields["role_sid"], SERVICE)
    return _make(ctx, service, identity, **fields)


def _make(ctx: Context, service: Service, identity: str, **fields: Unpack[UserFields]) -> User:
    fields["role_sid"] = fields.get("role_sid") or service.default_service_role_sid or ""
    user = ctx.create(User, service_sid=service.sid, identity=identity, **fields)
    ctx.emit(UserEvent("added", user, ctx.actor))
    return user


def find(ctx: Context, service_sid: str, identity: str) -> User | None:
    """Return the user of an identity, or None."""
    return ctx.store.first(User, service_sid=service_sid, identity=identity)


def ensure(ctx: Context, service: Service, identity: str, friendly_name: str | None = None) -> User:
    """Return the user of an identity, made if need be: users are created lazily (observed)."""
    known = find(ctx, service.sid, identity)
    return known or _make(ctx, service, identity, friendly_name=friendly_name)


def update(ctx: Context, user: User, **changes: Unpack[UserFields]) -> User:
    """Change a user.

    Raises:
        Refused: NOT_PERMITTED to a chat user; as `roles.pick` does.
    """
    own = ctx.actor.identity == user.identity
    permission = Permission.EDIT_OWN_USER_INFO if own else Permission.EDIT_ANY_USER_INFO
    require(ctx, user.service_sid, permission)
    if "role_sid" in changes:
        roles.pick(ctx, user.service_sid, changes["role_sid"], SERVICE)
    ctx.store.save(user, **changes, date_updated=ctx.now)
    ctx.emit(UserEvent("updated", user, ctx.actor, tuple(changes)))
    return user


def mark_online(ctx: Context, user: User, *, online: bool) -> None:
    """Note whether a user is connected, and with a device that takes pushes (reachability).

    An update is only emitted where the service has reachability enabled.
    """
    notifiable = ctx.store.exists(Binding, user_sid=user.sid)
    values = {"is_online": online, "is_notifiable": notifiable}
    changed = tuple(name for name, value in values.items() if value is not getattr(user, name))
    ctx.store.save(user, **values)
    if changed and _is_reachable(ctx, user):
        ctx.emit(UserEvent("updated", user, ctx.actor, changed))


def _is_reachable(ctx: Context, user: User) -> bool:
    service = ctx.get_cached(Service, user.service_sid)
    return service is not None and service.reachability_enabled


def reachability(ctx: Context, user: User) -> dict[str, bool | None]:
    """Return whether a user is online, and notifiable: null without reachability (specified).

    Null for a user who never was (specified).
    """
    shows = _is_reachable(ctx, user)
    names = ("is_online", "is_notifiable")
    return {name: getattr(user, name) if shows else None for name in names}


def delete(ctx: Context, user: User) -> None:
    """Delete a user, its memberships, invitations and devices; its messages stay (inferred)."""
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
