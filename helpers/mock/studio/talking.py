"""Send Message, Send & Wait For Reply and Send to Flex: widgets that speak to people."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from ..errors import NOT_SIMULATED
from .definition import Widget
from .moves import Await, Context, HandOver, Outcome, Say
from .problems import (
    MESSAGE_FAILED,
    TASK_FAILED,
    TEMPLATE_FAILED,
    WRONG_TRIGGER,
    Problem,
    StepError,
)
from .templates import filled

DEFAULT_TIMEOUT = "3600"
"""Seconds that Send & Wait waits for a reply (documented)."""
_NO_MEDIA = ("media_url", "content_sid")

After = Callable[[Mapping[str, str]], Outcome | Await]


def send_message(widget: Widget, context: Context) -> Outcome | Say:
    """Send a message and go on."""
    return _said(widget, context, lambda sent: Outcome("sent", {"outbound": sent}), "failed")


def send_and_wait(widget: Widget, context: Context) -> Outcome | Say:
    """Send a message and wait for the next one of the contact.

    A message that cannot be sent at all leaves by `deliveryFailure`; one that was sent never does.
    """
    seconds = _seconds(widget, context)
    return _said(
        widget, context, lambda sent: Await(seconds, {"outbound": sent}), "deliveryFailure"
    )


def replied(message: Mapping[str, Any]) -> Outcome:
    """How Send & Wait ends when a reply comes."""
    return Outcome("incomingMessage", {"inbound": message})


TIMED_OUT = Outcome("timeout")
"""How Send & Wait ends when none does."""


def _seconds(widget: Widget, context: Context) -> float:
    text = str(filled(widget.properties.get("timeout") or DEFAULT_TIMEOUT, context)).strip()
    if not text.isdigit():
        raise StepError(
            TEMPLATE_FAILED, f"The time-out of {widget.name} is a number of seconds, not {text!r}"
        )
    return float(text)


def _said(widget: Widget, context: Context, then: After, failure: str) -> Outcome | Say:
    properties = filled(widget.properties, context)
    _refuse_rich(widget, properties)

    def refused(reason: str) -> Outcome:
        return Outcome(failure, problem=Problem(MESSAGE_FAILED, reason))

    body = str(properties.get("body") or "")
    if not body.strip():
        return refused(f"The body of {widget.name} is blank")
    return Say(
        channel_sid=_channel(widget, properties, context),
        author=str(properties.get("from") or context["flow"]["channel"]["address"]),
        body=body,
        attributes=str(properties.get("attributes") or "{}"),
        then=then,
        refused=refused,
    )


def _refuse_rich(widget: Widget, properties: Mapping[str, Any]) -> None:
    for name in _NO_MEDIA:
        if properties.get(name):
            raise StepError(
                NOT_SIMULATED,
                f"{widget.name} sends {name}, which this mock does not simulate; send a body",
            )


def _channel(widget: Widget, properties: Mapping[str, Any], context: Context) -> str:
    """The chat channel: as the widget says, else the trigger's (documented)."""
    own = context["trigger"].get("message", {}).get("ChannelSid")
    channel_sid = properties.get("channel") or own
    if not channel_sid:
        raise StepError(
            NOT_SIMULATED,
            f"{widget.name} would send an SMS, which this mock does not simulate; give it the SID"
            " of a chat channel as `channel`",
        )
    return str(channel_sid)


def send_to_flex(widget: Widget, context: Context) -> Outcome | HandOver:
    """Hand the contact over to an agent."""
    if "message" not in context["trigger"]:
        raise StepError(
            WRONG_TRIGGER,
            f"{widget.name} hands over an incoming chat, and this execution was started by REST",
        )
    properties = filled(widget.properties, context)

    def refused(reason: str) -> Outcome:
        return Outcome("failedToEnqueue", problem=Problem(TASK_FAILED, reason))

    attributes = str(properties.get("attributes") or "{}")
    if not _is_object(attributes):
        return refused(f"The attributes of {widget.name} are no JSON object: {attributes[:200]}")
    return HandOver(
        workflow=str(properties.get("workflow") or ""),
        channel=str(properties.get("channel") or ""),
        attributes=attributes,
        priority=str(properties.get("priority") or ""),
        timeout=str(properties.get("timeout") or ""),
        then=lambda task_sid: Outcome("callComplete", {"task_sid": task_sid}),
        refused=refused,
    )


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False
