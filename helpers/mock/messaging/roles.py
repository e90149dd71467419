"""Roles of a service."""

from __future__ import annotations

from typing import Annotated

from ..core.context import Context
from ..core.errors import TwilioError
from ..core.parameters import Parameters
from ..core.store import Resource
from .limits import NewName, one_of
from .permissions import CHANNEL_PERMISSIONS, DEFAULT_ROLES, SERVICE_PERMISSIONS
from .resources import Invite, Member, Role, Service, User

RoleType = Annotated[str, one_of(("channel", "deployment"), 50105, "Type")]
_HOLDERS: dict[str, tuple[type[Resource], ...]] = {
    "channel": (Member, Invite),
    "deployment": (User,),
}
_PERMISSIONS = {"channel": CHANNEL_PERMISSIONS, "deployment": SERVICE_PERMISSIONS}


class NewRole(Parameters):
    """Parameters of role creation (specified)."""

    friendly_name: NewName
    type: RoleType
    permission: list[str]


class RoleChanges(Parameters):
    """Parameters of role update: the list replaces the one before (specified)."""

    permission: list[str]


def create(ctx: Context, service: Service, new: NewRole) -> Role:
    """Make a role of the service.

    Raises:
        TwilioError: 50104, a permission is unknown for the type; 50105, the type is unknown.
    """
    permissions = _known(new.type, new.permission)
    return _make(ctx, service.sid, new.friendly_name, new.type, permissions, is_default=False)


def _known(kind: str, permissions: list[str]) -> tuple[str, ...]:
    for permission in permissions:
        if permission not in _PERMISSIONS[kind]:
            raise TwilioError(50104, f"Permission {permission!r} does not exist for {kind} roles")
    return tuple(dict.fromkeys(permissions))


def update(ctx: Context, role: Role, changes: RoleChanges) -> Role:
    """Give a role other permissions, at once for everybody who has it.

    Raises:
        TwilioError: 50104, a permission is unknown for the role's type.
    """
    permissions = list(_known(role.type, changes.permission))
    ctx.store.save(role, permissions=permissions, date_updated=ctx.now)
    return role


def delete(ctx: Context, role: Role) -> None:
    """Delete a role that nobody has.

    Raises:
        TwilioError: 20409, one of the four default roles (observed), or the service gives it by
            default, somebody has it or is invited with it (inferred).
    """
    service = ctx.store.first(Service, sid=role.service_sid)
    if role.is_default or (service is not None and role.sid in _given_by(service)):
        raise TwilioError(20409, "A service's default role cannot be deleted")
    held = {"service_sid": role.service_sid, "role_sid": role.sid}
    if any(ctx.store.exists(kind, **held) for kind in _HOLDERS[role.type]):
        raise TwilioError(20409, "Somebody has this role; give them another first")
    ctx.store.remove(role)


def _given_by(service: Service) -> tuple[str | None, ...]:
    return (
        service.default_service_role_sid,
        service.default_channel_role_sid,
        service.default_channel_creator_role_sid,
    )


def make_defaults(ctx: Context, service_sid: str) -> list[Role]:
    """The four roles a new service starts with, in the order of `DEFAULT_ROLES`."""
    return [
        _make(ctx, service_sid, name, kind, permissions, is_default=True)
        for name, kind, permissions in DEFAULT_ROLES
    ]


def _make(
    ctx: Context,
    service_sid: str,
    name: str,
    kind: str,
    permissions: tuple[str, ...],
    *,
    is_default: bool,
) -> Role:
    return ctx.create(
        Role,
        service_sid=service_sid,
        friendly_name=name,
        type=kind,
        permissions=list(permissions),
        is_default=is_default,
    )


def pick(ctx: Context, service_sid: str, role_sid: str, kind: str) -> str:
    """Check that a role exists in the service and is of the kind needed; its SID.

    Raises:
        TwilioError: 50205, a chat user sets a role; 50100, no such role; 50101 or 50102, a role
            of the other kind.
    """
    if ctx.actor.identity is not None:
        raise TwilioError(50205, "A chat user may not set a role")
    role = ctx.store.first(Role, sid=role_sid, service_sid=service_sid)
    if role is None:
        raise TwilioError(50100, f"Role {role_sid} not found in this service")
    if role.type != kind:
        code = 50101 if kind == "channel" else 50102
        raise TwilioError(code, f"Role {role_sid} is of type {role.type}; a {kind} role is needed")
    return role_sid
