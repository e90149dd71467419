"""Channel webhooks: receivers of one channel's events."""

from __future__ import annotations

from typing import Any

from ..core.context import Context
from ..core.errors import Refused
from .refusals import Reason
from .resources import Channel, ChannelWebhook

MAX_WEBHOOKS = 5


def refuse_full(ctx: Context, channel: Channel) -> None:
    """Refuse one webhook more than a channel may have.

    Raises:
        Refused: WEBHOOKS_FULL.
    """
    if ctx.store.count(ChannelWebhook, channel_sid=channel.sid) >= MAX_WEBHOOKS:
        raise Refused(Reason.WEBHOOKS_FULL, count=MAX_WEBHOOKS)


def add(
    ctx: Context, channel: Channel, dialect: str, kind: str, configuration: dict[str, Any]
) -> ChannelWebhook:
    """Add a webhook of kind `webhook`, `trigger` or `studio`, called in a dialect's words.

    The configuration has `flow_sid` for Studio; else `url`, `method`, and `filters`, the dialect's
    names of events, or `triggers`; and in each case `retry_count`.
    """
    return ctx.create(
        ChannelWebhook,
        service_sid=channel.service_sid,
        channel_sid=channel.sid,
        type=kind,
        configuration=configuration,
        dialect=dialect,
    )


def update(ctx: Context, webhook: ChannelWebhook, configuration: dict[str, Any]) -> ChannelWebhook:
    """Give a webhook another configuration; its type stays."""
    ctx.store.save(webhook, configuration=configuration, date_updated=ctx.now)
    return webhook


def delete(ctx: Context, webhook: ChannelWebhook) -> None:
    """Delete a webhook."""
    ctx.store.remove(webhook)
