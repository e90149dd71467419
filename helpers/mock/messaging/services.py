"""Services: the settings everything in them follows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..core.context import Context
from ..core.errors import Refused
from ..core.store import R, Store
from . import roles
from .refusals import Reason
from .resources import IN_A_SERVICE, EventHooks, MessagingSettings, Service


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
    """Return the account's default service: the one that is set, else its oldest (inferred).

    Raises:
        Refused: SERVICE_NOT_FOUND, the account has none.
    """
    found = find_default(ctx.store)
    if found is None:
        raise Refused(Reason.SERVICE_NOT_FOUND, sid="default")
    return found


def find_default(store: Store) -> Service | None:
    """Return the account's default service, or None."""
    settings = store.first(MessagingSettings)
    chosen = settings and settings.default_service_sid
    found = store.first(Service, sid=chosen) if chosen else None
    return found or next(iter(store.select(Service, limit=1)), None)


def settings_of(ctx: Context) -> MessagingSettings:
    """Return the settings of all services, to read."""
    return ctx.store.first(MessagingSettings) or MessagingSettings(account_sid=ctx.account_sid)


def update_settings(ctx: Context, settings: MessagingSettings, **changes: Any) -> MessagingSettings:
    """Change the settings of all services.

    Raises:
        Refused: SERVICE_NOT_FOUND, the default service.
    """
    sid = changes.get("default_service_sid")
    if sid is not None and not ctx.store.exists(Service, sid=sid):
        raise Refused(Reason.SERVICE_NOT_FOUND, sid=sid)
    return _save(ctx, settings, changes)


def hooks_of(ctx: Context, service: Service | None) -> EventHooks:
    """Return a service's receivers of events, or the account's, to read."""
    sid = service.sid if service else None
    known = ctx.store.first(EventHooks, service_sid=sid)
    return known or EventHooks(account_sid=ctx.account_sid, service_sid=sid)


def update_hooks(ctx: Context, hooks: EventHooks, **changes: Any) -> EventHooks:
    """Change a service's receivers of events, or the account's."""
    return _save(ctx, hooks, changes)


def _save(ctx: Context, row: R, changes: Mapping[str, Any]) -> R:
    """Change a row that is only stored once it is changed."""
    if not row.seq:
        row = ctx.store.add(row)
    if changes:
        ctx.store.save(row, **changes)
    return row


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
