"""Roles of a service."""

from __future__ import annotations

from ..call import Call
from ..errors import TwilioError
from .permissions import DEFAULT_ROLES
from .resources import Role


def make_defaults(call: Call, service_sid: str) -> list[Role]:
    """The four roles a new service starts with, in the order of `DEFAULT_ROLES`."""
    return [
        _make(call, service_sid, name, kind, permissions)
        for name, kind, permissions in DEFAULT_ROLES
    ]


def _make(call: Call, service_sid: str, name: str, kind: str, permissions: tuple[str, ...]) -> Role:
    return call.store.add(
        Role(
            sid=call.sids.new("RL"),
            account_sid=call.account_sid,
            service_sid=service_sid,
            friendly_name=name,
            type=kind,
            permissions=list(permissions),
            date_created=call.now,
            date_updated=call.now,
        )
    )


def pick(call: Call, service_sid: str, role_sid: str, kind: str) -> str:
    """Check that a role exists in the service and is of the kind needed; its SID.

    Raises:
        TwilioError: 50100, no such role; 50101 or 50102, a role of the other kind.
    """
    role = call.store.first(Role, sid=role_sid, service_sid=service_sid)
    if role is None:
        raise TwilioError(50100, f"Role {role_sid} not found in this service")
    if role.type != kind:
        code = 50101 if kind == "channel" else 50102
        raise TwilioError(code, f"Role {role_sid} is of type {role.type}; a {kind} role is needed")
    return role_sid
