"""Chat services: the settings everything in them follows."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, Field

from ..core.context import Context
from ..core.errors import TwilioError
from ..core.parameters import Parameters, is_web_address
from . import roles
from .limits import HARD_LIMIT, LongerName, RetryCount, limits, one_of
from .resources import IN_A_SERVICE, Service

_PUSHES = ("new_message", "added_to_channel", "removed_from_channel", "invited_to_channel")


def _web_address(url: str) -> str:
    if url and not is_web_address(url):
        raise TwilioError(50054, "A webhook's URL must be an http or https URL, or blank for none")
    return url


WebhookUrl = Annotated[str, AfterValidator(_web_address)]


class NewService(Parameters):
    """A service is made from its name alone; the rest is set by an update (specified)."""

    friendly_name: LongerName


class ServiceChanges(Parameters):
    """Everything a service lets change."""

    friendly_name: LongerName | None = None
    default_service_role_sid: str | None = None
    default_channel_role_sid: str | None = None
    default_channel_creator_role_sid: str | None = None
    read_status_enabled: bool | None = None
    reachability_enabled: bool | None = None
    typing_indicator_timeout: Annotated[int, Field(ge=1, le=3600)] | None = None
    consumption_report_interval: Annotated[int, Field(ge=0, le=3600)] | None = None
    limits__channel_members: int | None = None
    limits__user_channels: int | None = None
    pre_webhook_url: WebhookUrl | None = None
    post_webhook_url: WebhookUrl | None = None
    webhook_method: Annotated[str, one_of(("GET", "POST"), 50055, "WebhookMethod")] | None = None
    webhook_filters: list[str] | None = None
    pre_webhook_retry_count: RetryCount | None = None
    post_webhook_retry_count: RetryCount | None = None
    media__compatibility_message: str | None = None
    notifications__log_enabled: bool | None = None
    notifications__new_message__enabled: bool | None = None
    notifications__new_message__template: str | None = None
    notifications__new_message__sound: str | None = None
    notifications__new_message__badge_count_enabled: bool | None = None
    notifications__added_to_channel__enabled: bool | None = None
    notifications__added_to_channel__template: str | None = None
    notifications__added_to_channel__sound: str | None = None
    notifications__removed_from_channel__enabled: bool | None = None
    notifications__removed_from_channel__template: str | None = None
    notifications__removed_from_channel__sound: str | None = None
    notifications__invited_to_channel__enabled: bool | None = None
    notifications__invited_to_channel__template: str | None = None
    notifications__invited_to_channel__sound: str | None = None


def _notifications() -> dict[str, Any]:
    pushes: dict[str, Any] = {
        push: {"enabled": False, "template": "", "sound": ""} for push in _PUSHES
    }
    pushes["new_message"]["badge_count_enabled"] = False
    return {"log_enabled": False, **pushes}


def create(ctx: Context, new: NewService, sid: str | None = None) -> Service:
    """Make a service with its four default roles."""
    sid = sid or ctx.sids.new(Service.prefix)
    _, service_user, channel_admin, channel_user = roles.make_defaults(ctx, sid)
    return ctx.create(
        Service,
        sid=sid,
        friendly_name=new.friendly_name,
        default_service_role_sid=service_user.sid,
        default_channel_role_sid=channel_user.sid,
        default_channel_creator_role_sid=channel_admin.sid,
        read_status_enabled=True,
        reachability_enabled=False,
        typing_indicator_timeout=5,
        consumption_report_interval=10,
        limits=limits(),
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


_LIMIT_CODES = {"limits__user_channels": 50060, "limits__channel_members": 50061}
_ROLE_KINDS = {
    "default_service_role_sid": "deployment",
    "default_channel_role_sid": "channel",
    "default_channel_creator_role_sid": "channel",
}


def update(ctx: Context, service: Service, changes: ServiceChanges) -> Service:
    """Change settings; nested ones (limits, notifications, media) one by one."""
    given = changes.given()
    _check(ctx, service, given)
    flat = {name: value for name, value in given.items() if "__" not in name}
    nested = {name: value for name, value in given.items() if "__" in name}
    for top in {name.split("__")[0] for name in nested}:
        flat[top] = getattr(service, top)
    for name, value in nested.items():
        *path, leaf = name.split("__")
        target: Any = flat
        for step in path:
            target = target[step]
        target[leaf] = value
    ctx.store.save(service, **flat, date_updated=ctx.now)
    return service


def _check(ctx: Context, service: Service, given: dict[str, Any]) -> None:
    for name, code in _LIMIT_CODES.items():
        if name in given and not 1 <= given[name] <= HARD_LIMIT:
            raise TwilioError(code, f"A limit is a number from 1 to {HARD_LIMIT}")
    for name, kind in _ROLE_KINDS.items():
        if name in given:
            roles.pick(ctx, service.sid, given[name], kind)


def delete(ctx: Context, service: Service) -> None:
    """Delete a service with everything in it."""
    for kind in IN_A_SERVICE:
        ctx.store.remove_all(kind, service_sid=service.sid)
    ctx.store.remove(service)
