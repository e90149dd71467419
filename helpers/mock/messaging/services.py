"""Services: the settings everything in them follows."""

from __future__ import annotations

from typing import Any

from ..core.context import Context
from . import roles
from .permissions import CHANNEL, SERVICE
from .resources import IN_A_SERVICE, Service

MAX_MEMBERS = 100
"""Default members a channel (documented on the limits page; OpenAPI swaps the two defaults)."""
MAX_USER_CHANNELS = 250
"""Default channels a user joins (documented on the limits page)."""
_PUSHES = ("new_message", "added_to_channel", "removed_from_channel", "invited_to_channel")
_ROLE_SCOPES = {
    "default_service_role_sid": SERVICE,
    "default_channel_role_sid": CHANNEL,
    "default_channel_creator_role_sid": CHANNEL,
}


def _notifications() -> dict[str, Any]:
    pushes: dict[str, Any] = {
        push: {"enabled": False, "template": "", "sound": ""} for push in _PUSHES
    }
    pushes["new_message"]["badge_count_enabled"] = False
    return {"log_enabled": False, **pushes}


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
        read_status_enabled=True,
        reachability_enabled=False,
        typing_indicator_timeout=5,
        consumption_report_interval=10,
        limits={"channel_members": MAX_MEMBERS, "user_channels": MAX_USER_CHANNELS},
        pre_webhook_url=None,
        post_webhook_url=None,
        webhook_method="POST",
        webhook_filters=[],
        pre_webhook_retry_count=0,
        post_webhook_retry_count=0,
        notifications=_notifications(),
        media={
            "size_limit_mb": 150,
            "compatibility_message": "Media messages are not supported by your client",
        },
    )


def update(ctx: Context, service: Service, **settings: Any) -> Service:
    """Change settings: fields, or by `limits__channel_members` and the like a value inside one.

    Raises:
        Refused: As `roles.pick` does, of a default role.
    """
    for name, scope in _ROLE_SCOPES.items():
        if name in settings:
            roles.pick(ctx, service.sid, settings[name], scope)
    flat = {name: value for name, value in settings.items() if "__" not in name}
    for name in settings.keys() - flat.keys():
        top, *path, leaf = name.split("__")
        target = flat.setdefault(top, getattr(service, top))
        for part in path:
            target = target[part]
        target[leaf] = settings[name]
    ctx.store.save(service, **flat, date_updated=ctx.now)
    return service


def delete(ctx: Context, service: Service) -> None:
    """Delete a service with everything in it."""
    for kind in IN_A_SERVICE:
        ctx.store.remove_all(kind, service_sid=service.sid)
    ctx.store.remove(service)
