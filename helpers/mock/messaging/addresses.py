"""Addresses of the account, such as numbers, and what a message to one makes."""

from __future__ import annotations

from typing import Any

from ..core.context import Context
from ..core.errors import Refused
from . import channels, services
from .refusals import Reason
from .resources import AddressConfiguration, Channel, Service

_NEEDED = {
    "studio": ("studio_flow_sid", Reason.ADDRESS_WITHOUT_FLOW),
    "webhook": ("webhook_url", Reason.ADDRESS_WITHOUT_URL),
}
"""Setting that a type of creation needs, and the refusal where it lacks."""


def create(
    ctx: Context, *, type: str, address: str, auto_creation: dict[str, Any], **fields: Any
) -> AddressConfiguration:
    """Configure an address; a channel is made for a message to it once that is `enabled`.

    Raises:
        Refused: ADDRESS_TAKEN; SERVICE_NOT_FOUND, the one of new channels; ADDRESS_WITHOUT_FLOW or
            ADDRESS_WITHOUT_URL, it is enabled and leads nowhere.
    """
    if find(ctx, type, address) is not None:
        raise Refused(Reason.ADDRESS_TAKEN, address=address)
    kept = {"enabled": False, "type": "default", **auto_creation}
    kept.setdefault("service_sid", services.default(ctx).sid)
    _check(ctx, kept)
    fields.setdefault("friendly_name", None)
    return ctx.create(
        AddressConfiguration, type=type, address=address, auto_creation=kept, **fields
    )


def find(ctx: Context, type: str, address: str) -> AddressConfiguration | None:
    """Return the configuration of an address, or None."""
    return ctx.store.first(AddressConfiguration, type=type, address=address)


def update(
    ctx: Context, address: AddressConfiguration, *, auto_creation: dict[str, Any], **changes: Any
) -> AddressConfiguration:
    """Change a configuration; of `auto_creation` what is given.

    Raises:
        Refused: As `create` does.
    """
    kept = address.auto_creation | auto_creation
    _check(ctx, kept)
    return ctx.update(address, auto_creation=kept, **changes)


def _check(ctx: Context, auto_creation: dict[str, Any]) -> None:
    sid = auto_creation["service_sid"]
    if not ctx.store.exists(Service, sid=sid):
        raise Refused(Reason.SERVICE_NOT_FOUND, sid=sid)
    needed = _NEEDED.get(auto_creation["type"])
    if auto_creation["enabled"] and needed and not auto_creation.get(needed[0]):
        raise Refused(needed[1])


def wire(ctx: Context, address: AddressConfiguration, channel: Channel, dialect: str) -> None:
    """Add to a new channel the webhook that its address gives each, if it does (documented).

    It is called in a dialect's words.
    """
    given = address.auto_creation
    if not given["enabled"]:
        return
    if given["type"] == "studio" and given.get("studio_flow_sid"):
        retries = given.get("studio_retry_count", 0)
        settings = {"flow_sid": given["studio_flow_sid"], "retry_count": retries}
        channels.add_webhook(ctx, channel, dialect, "studio", settings)
    elif given["type"] == "webhook" and given.get("webhook_url"):
        method, filters = given.get("webhook_method", "post"), given.get("webhook_filters", [])
        settings = {"url": given["webhook_url"], "method": method.upper(), "filters": filters}
        channels.add_webhook(ctx, channel, dialect, "webhook", settings)
