"""Roles of a service."""

from __future__ import annotations

from collections.abc import Iterable

from ..core.context import Context
from ..core.errors import Refused
from ..core.store import Resource
from .permissions import CHANNEL, PERMISSIONS, SERVICE, Permission
from .refusals import Reason
from .resources import Invite, Member, Role, Service, User

_HOLDERS: dict[str, tuple[type[Resource], ...]] = {CHANNEL: (Member, Invite), SERVICE: (User,)}
_OTHER_SCOPE = {CHANNEL: Reason.NOT_A_CHANNEL_ROLE, SERVICE: Reason.NOT_A_SERVICE_ROLE}
DEFAULT_ROLE_SCOPES = {
    "default_service_role_sid": SERVICE,
    "default_channel_role_sid": CHANNEL,
    "default_channel_creator_role_sid": CHANNEL,
}
"""Settings of a service that name a role -> the role's scope."""
DEFAULT_ROLES: tuple[tuple[str, str, Iterable[Permission]], ...] = (
    ("service admin", SERVICE, PERMISSIONS[SERVICE]),
    (
        "service user",
        SERVICE,
        (Permission.CREATE_CHANNEL, Permission.JOIN_CHANNEL, Permission.EDIT_OWN_USER_INFO),
    ),
    ("channel admin", CHANNEL, PERMISSIONS[CHANNEL]),
    (
        "channel user",
        CHANNEL,
        (
            Permission.SEND_MESSAGE,
            Permission.SEND_MEDIA_MESSAGE,
            Permission.LEAVE_CHANNEL,
            Permission.EDIT_NOTIFICATION_LEVEL,
            Permission.EDIT_OWN_MESSAGE,
            Permission.EDIT_OWN_MESSAGE_ATTRIBUTES,
            Permission.DELETE_OWN_MESSAGE,
            Permission.EDIT_OWN_MEMBER_ATTRIBUTES,
        ),
    ),
)
"""Name, scope and permissions of the four roles every service starts with."""
AGENT = "agent"
"""A channel role of Flex's service: an agent may also change a chat's attributes, to end it."""


def create(
    ctx: Context, service: Service, *, friendly_name: str, type: str, permissions: Iterable[str]
) -> Role:
    """Make a role of the service; a permission given twice counts once.

    Raises:
        Refused: PERMISSION_UNKNOWN for the scope.
    """
    return ctx.create(
        Role,
        service_sid=service.sid,
        friendly_name=friendly_name,
        type=type,
        permissions=_known(type, permissions),
        is_default=False,
    )


def _known(scope: str, permissions: Iterable[str]) -> list[str]:
    for permission in permissions:
        if not isinstance(permission, Permission) or permission not in PERMISSIONS[scope]:
            raise Refused(Reason.PERMISSION_UNKNOWN, permission=permission, scope=scope)
    return list(dict.fromkeys(permissions))


def update(ctx: Context, role: Role, *, permissions: Iterable[str]) -> Role:
    """Give a role other permissions, at once for every holder.

    Raises:
        Refused: PERMISSION_UNKNOWN for the role's scope.
    """
    return ctx.update(role, permissions=_known(role.type, permissions))


def delete(ctx: Context, role: Role) -> None:
    """Delete a role that is not held.

    Raises:
        Refused: ROLE_IS_DEFAULT, one of the four default roles (observed) or one that the service
            gives by default; ROLE_IN_USE, a user, a member or an invitation has it (inferred).
    """
    service = ctx.store.first(Service, sid=role.service_sid)
    given = (getattr(service, name, None) for name in DEFAULT_ROLE_SCOPES)
    if role.is_default or role.sid in given:
        raise Refused(Reason.ROLE_IS_DEFAULT)
    held = {"service_sid": role.service_sid, "role_sid": role.sid}
    if any(ctx.store.exists(kind, **held) for kind in _HOLDERS[role.type]):
        raise Refused(Reason.ROLE_IN_USE)
    ctx.store.remove(role)


def make_defaults(ctx: Context, service_sid: str) -> list[Role]:
    """Make the four roles a new service starts with, in the order of `DEFAULT_ROLES`."""
    return [
        ctx.create(
            Role,
            service_sid=service_sid,
            friendly_name=name,
            type=scope,
            permissions=list(permissions),
            is_default=True,
        )
        for name, scope, permissions in DEFAULT_ROLES
    ]


def keep_from_creating(ctx: Context, service: Service) -> None:
    """Take the creation of channels from the default service role, as in Flex (inferred)."""
    role = ctx.store.find(Role, {"sid": service.default_service_role_sid})
    assert role is not None  # it is made with the service
    ctx.store.save(
        role, permissions=[each for each in role.permissions if each != Permission.CREATE_CHANNEL]
    )


def add_agent(ctx: Context, service: Service) -> Role:
    """Make Flex's role for agents (documented for Flex Conversations; for Chat inferred)."""
    *_, (_, _, permissions) = DEFAULT_ROLES
    may = [*permissions, Permission.EDIT_CHANNEL_ATTRIBUTES]
    return create(ctx, service, friendly_name=AGENT, type=CHANNEL, permissions=may)


def give_agent(ctx: Context, member: Member) -> None:
    """Give a member Flex's role for agents, where its service has it, in place of the default."""
    service = ctx.get_cached(Service, member.service_sid)
    if service is not None and member.role_sid == service.default_channel_role_sid:
        of_agents = {"service_sid": service.sid, "friendly_name": AGENT, "type": CHANNEL}
        role = ctx.store.first(Role, **of_agents)
        if role is not None:
            ctx.store.save(member, role_sid=role.sid)


def pick(ctx: Context, service_sid: str, role_sid: str, scope: str) -> str:
    """Return the SID of a role that exists in the service and is of the scope needed.

    Raises:
        Refused: ROLE_NOT_SETTABLE by a chat user; ROLE_NOT_FOUND; NOT_A_CHANNEL_ROLE or
            NOT_A_SERVICE_ROLE.
    """
    if ctx.actor.identity is not None:
        raise Refused(Reason.ROLE_NOT_SETTABLE)
    role = ctx.store.first(Role, sid=role_sid, service_sid=service_sid)
    if role is None:
        raise Refused(Reason.ROLE_NOT_FOUND, sid=role_sid)
    if role.type != scope:
        raise Refused(_OTHER_SCOPE[scope], sid=role_sid, scope=role.type)
    return role_sid
