"""Services: the settings everything in them follows."""

from __future__ import annotations

from typing import Any

from ..core.context import Context
from ..core.errors import Refused
from . import roles
from .refusals import Reason
from .resources import IN_A_SERVICE, Service


def create(ctx: Context, *, friendly_name: str, sid: str | None = None) -> Service:
    """Make a service with its four default roles."""
    sid = sid or ctx.sids.new(Service.prefix)
    _, service_user, channel_admin, channel_user = roles.make_defaults(ctx, sid)
    return ctx.create(
        Service,
        sid=sid,
        friendly_name=friendly_name,
        default_service_role_sid=service_user.sid,
        default_channel_role_sid=channel_user.sid,
        default_channel_creator_role_sid=channel_admin.sid,
    )


def default(ctx: Context) -> Service:
    """Return the account's default service: its oldest (inferred).

    Raises:
        Refused: SERVICE_NOT_FOUND, the account has none.
    """
    found = ctx.store.select(Service, limit=1)
    if not found:
        raise Refused(Reason.SERVICE_NOT_FOUND, sid="default")
    return found[0]


def update(ctx: Context, service: Service, **settings: Any) -> Service:
    """Change settings: fields, or by `limits__channel_members` and the like a value inside one.

    Raises:
        Refused: As `roles.pick` does, of a default role.
    """
    for name, scope in roles.DEFAULT_ROLE_SCOPES.items():
        if name in settings:
            roles.pick(ctx, service.sid, settings[name], scope)
    flat = {name: value for name, value in settings.items() if "__" not in name}
    for name in settings.keys() - flat.keys():
        top, *path, leaf = name.split("__")
        target = flat.setdefault(top, getattr(service, top))
        for part in path:
            target = target[part]
        target[leaf] = settings[name]
    return ctx.update(service, **flat)


def delete(ctx: Context, service: Service) -> None:
    """Delete a service with everything in it."""
    for kind in IN_A_SERVICE:
        ctx.store.remove_all(kind, service_sid=service.sid)
    ctx.store.remove(service)
