"""Channel webhooks: who is told of one channel's events."""

from __future__ import annotations

from typing import Annotated, Any

from ..core.context import Context
from ..core.errors import TwilioError
from ..core.parameters import Parameters, is_web_address
from ..core.sids import looks_like
from .events import CHANNEL_EVENTS
from .limits import RetryCount, one_of
from .resources import Channel, ChannelWebhook

MAX_WEBHOOKS = 5
MAX_TRIGGERS = 5
MAX_URL = 2048
TYPES = ("webhook", "trigger", "studio")


class WebhookChanges(Parameters):
    """Parameters of channel webhook update (specified)."""

    configuration__url: str | None = None
    configuration__method: Annotated[str, one_of(("GET", "POST"), 50055, "Method")] | None = None
    configuration__filters: list[str] | None = None
    configuration__triggers: list[str] | None = None
    configuration__flow_sid: str | None = None
    configuration__retry_count: RetryCount | None = None


class NewWebhook(WebhookChanges):
    """Parameters of channel webhook creation (specified)."""

    type: Annotated[str, one_of(TYPES, 50324, "Type")]


def create(ctx: Context, channel: Channel, new: NewWebhook) -> ChannelWebhook:
    """Have somebody told of a channel's events.

    Raises:
        TwilioError: 50321, the channel has five; and 50322 to 50332 for what is wrong with the
            configuration.
    """
    if ctx.store.count(ChannelWebhook, channel_sid=channel.sid) >= MAX_WEBHOOKS:
        raise TwilioError(50321, f"A channel has at most {MAX_WEBHOOKS} webhooks")
    return add(ctx, channel, new.type, _given(new))


def add(ctx: Context, channel: Channel, kind: str, given: dict[str, Any]) -> ChannelWebhook:
    """Add a webhook whose configuration is checked here, as Flex does for its handlers."""
    return ctx.create(
        ChannelWebhook,
        service_sid=channel.service_sid,
        channel_sid=channel.sid,
        type=kind,
        configuration=_configuration(kind, given),
    )


def _given(fields: WebhookChanges) -> dict[str, Any]:
    prefix = "configuration__"
    return {
        name.removeprefix(prefix): value
        for name, value in fields.given().items()
        if name.startswith(prefix) and value is not None
    }


def _configuration(kind: str, given: dict[str, Any]) -> dict[str, Any]:
    """What a webhook of this kind keeps of what was given, checked."""
    return _CONFIGURATIONS[kind](given)


def _of_webhook(given: dict[str, Any]) -> dict[str, Any]:
    filters = given.get("filters")
    if not filters:
        raise TwilioError(50330, "Configuration.Filters is required for type webhook")
    for event in filters:
        if event not in CHANNEL_EVENTS:
            raise TwilioError(50325, f"Filter {event[:40]!r} is not an event of channel webhooks")
    return {**_callback(given), "filters": filters}


def _of_trigger(given: dict[str, Any]) -> dict[str, Any]:
    triggers = given.get("triggers")
    if not triggers:
        raise TwilioError(50331, "Configuration.Triggers is required for type trigger")
    if len(triggers) > MAX_TRIGGERS:
        raise TwilioError(50322, f"A webhook has at most {MAX_TRIGGERS} triggers")
    if not all(keyword.strip() for keyword in triggers):
        raise TwilioError(50326, "A trigger is a word or phrase, not blank")
    return {**_callback(given), "triggers": triggers}


def _of_studio(given: dict[str, Any]) -> dict[str, Any]:
    flow_sid = given.get("flow_sid", "")
    if not looks_like(flow_sid, "FW"):
        raise TwilioError(50327, "Configuration.FlowSid must be a Studio Flow SID (FW...)")
    return {"flow_sid": flow_sid, "retry_count": given.get("retry_count", 0)}


def _callback(given: dict[str, Any]) -> dict[str, Any]:
    url = given.get("url")
    if not url:
        raise TwilioError(50329, "Configuration.Url is required")
    if len(url) > MAX_URL:
        raise TwilioError(50332, f"Configuration.Url is too long: at most {MAX_URL} characters")
    if not is_web_address(url):
        raise TwilioError(50054, "Configuration.Url must be an http or https URL")
    return {
        "url": url,
        "method": given.get("method", "POST"),
        "retry_count": given.get("retry_count", 0),
    }


_CONFIGURATIONS = {"webhook": _of_webhook, "trigger": _of_trigger, "studio": _of_studio}


def update(ctx: Context, webhook: ChannelWebhook, changes: WebhookChanges) -> ChannelWebhook:
    """Change a webhook's configuration; its type stays."""
    configuration = _configuration(webhook.type, webhook.configuration | _given(changes))
    ctx.store.save(webhook, configuration=configuration, date_updated=ctx.now)
    return webhook


def delete(ctx: Context, webhook: ChannelWebhook) -> None:
    """Tell nobody any more."""
    ctx.store.remove(webhook)
