"""Messages on their way to a flow, recorded in the transaction that sent them.

So a message that was acknowledged is never lost, and one that was rolled back starts nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...json_object import compact_json, storable_json
from ..core.clock import iso_milliseconds
from ..core.context import Backend, Context
from ..core.events import Event
from ..messaging.events import MessageEvent
from ..messaging.resources import ChannelWebhook
from ..webhooks.outbox import WebhookDialect
from . import executions, flows
from .events import IncomingDue, MessageRouted
from .resources import Execution, Incoming, StudioFlow
from .widgets import replied

PENDING, STARTED, REPLIED = "pending", "started", "replied"
SWALLOWED, IGNORED = "swallowed", "ignored"
CONVERSATIONS = "conversations"
"""API whose messages come as an incoming conversation; those of any other as a message."""


def record(backend: Backend, dialects: Mapping[str, WebhookDialect], event: Event) -> None:
    """Record a new message for each Studio flow that its channel's webhooks name.

    Only messages that fire webhooks reach Studio (documented); its own do not. The contact's
    address is the author's identity in a web chat (observed), else `from` of the channel's
    attributes, where Flex keeps it, else the author's identity (inferred).
    """
    if type(event) is not MessageEvent or event.change != "added" or not event.actor.webhooks:
        return
    if not backend.store.last_seq(ChannelWebhook):
        return  # many accounts never had any
    where = {"channel_sid": event.channel.sid, "type": "studio"}
    for webhook in backend.store.select(ChannelWebhook, where):
        if webhook.dialect == CONVERSATIONS:
            parameters = _conversation(event)
        else:
            payload = dialects[webhook.dialect].payload_for(backend, event)
            parameters = payload.parameters if payload else {}
        # what Flex calls `from` is a name in a web chat, else an address (observed)
        is_web = event.channel.attribute("channel_type") == "web"
        address = None if is_web else event.channel.attribute("from")
        added = backend.store.add(
            Incoming(
                account_sid=event.message.account_sid,
                flow_sid=webhook.configuration["flow_sid"],
                channel_sid=event.channel.sid,
                message_sid=event.message.sid,
                author=event.message.author,
                contact=str(address or event.message.author),
                message={
                    **parameters,
                    "WebhookType": webhook.type,
                    "WebhookSid": webhook.sid,
                    "ChannelAttributes": storable_json(event.channel.attributes),
                },
                outcome=PENDING,
                execution_sid=None,
                date_created=backend.clock.now(),
            )
        )
        backend.events.emit(IncomingDue(added.seq, added.channel_sid))


def _conversation(event: MessageEvent) -> dict[str, str]:
    """Return what a flow sees of a conversation's message (documented).

    `InstanceSid` is what flows that were built in Studio's editor name the service by (observed).
    """
    message = event.message
    return {
        "AccountSid": message.account_sid,
        "InstanceSid": message.service_sid,
        "ChatServiceSid": message.service_sid,
        "ChannelSid": message.channel_sid,
        "ConversationSid": message.channel_sid,
        "MessageSid": message.sid,
        "MessagingServiceSid": event.channel.messaging_service_sid or "",
        "Index": str(message.index),
        "DateCreated": iso_milliseconds(message.date_created) or "",
        "From": message.author,
        "Body": message.body or "",
    }


def _trigger(message: dict[str, Any]) -> dict[str, Any]:
    """Return `trigger` for a message; a conversation's has it under both names (observed)."""
    roots = ("conversation", "message") if "ConversationSid" in message else ("message",)
    return dict.fromkeys(roots, message)


def route(ctx: Context, incoming: Incoming) -> Execution | None:
    """Start an execution with a message, or give it to one that waits. Returns the one to run.

    While a contact's execution of the flow is active, a message is a reply to it if it waits in
    that channel, and is swallowed otherwise (documented for the contact). A message whose webhook
    is gone by now, as a Send to Flex takes it off, starts none.
    """
    message = {**(incoming.message or {}), "To": incoming.channel_sid}
    active = executions.active(ctx, incoming.flow_sid, incoming.contact)
    if active is not None:
        if active.waiting_until is None or active.channel_sid != incoming.channel_sid:
            _close(ctx, incoming, SWALLOWED, active)
            return None
        _close(ctx, incoming, REPLIED, active)
        widget = executions.current_widget(ctx, active)
        # text in a reply, an object in the trigger alone (observed)
        inbound = {**message, "ChannelAttributes": compact_json(message["ChannelAttributes"])}
        executions.leave(ctx, active, widget, replied(inbound))
        return active
    is_wired = ctx.store.exists(ChannelWebhook, sid=message.get("WebhookSid", ""))
    flow = ctx.store.first(StudioFlow, sid=incoming.flow_sid) if is_wired else None
    revision = flow and flows.running(ctx, flow, incoming.contact, incoming.author)
    if not flow or not revision:
        _close(ctx, incoming, IGNORED, None)
        return None
    execution = executions.start(
        ctx,
        revision,
        trigger=_trigger(message),
        contact=incoming.contact,
        address=incoming.channel_sid,
        initiated_by=incoming.message_sid,
        channel_sid=incoming.channel_sid,
    )
    _close(ctx, incoming, STARTED, execution)
    return execution


def _close(ctx: Context, incoming: Incoming, outcome: str, execution: Execution | None) -> None:
    if outcome != STARTED:  # the execution has its own event
        ctx.emit(MessageRouted(incoming.flow_sid, outcome))
    sid = execution.sid if execution else None
    ctx.store.save(incoming, outcome=outcome, execution_sid=sid, message=None)
