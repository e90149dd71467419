"""Messages on their way to a flow, recorded in the transaction that sent them.

So a message that was acknowledged is never lost, and one that was rolled back starts nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

from ...json_object import compact_json, storable_json
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


def record(backend: Backend, dialects: Mapping[str, WebhookDialect], event: Event) -> None:
    """Record a new message for each Studio flow that its channel's webhooks name.

    Only messages that fire webhooks reach Studio (documented); its own do not. The contact's
    address is the author's identity in a web chat (observed), else `from` of the channel's
    attributes, where Flex keeps it, else the author's identity (inferred).
    """
    if type(event) is not MessageEvent or event.change != "added" or not event.actor.webhooks:
        return
    where = {"channel_sid": event.channel.sid, "type": "studio"}
    for webhook in backend.store.select(ChannelWebhook, where):
        payload = dialects[webhook.dialect].payload_for(backend, event)
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
                    "ChannelSid": event.channel.sid,
                    "From": event.message.author,
                    "InstanceSid": event.channel.service_sid,
                    **(payload.parameters if payload else {}),
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
        # flows of Conversations keep `trigger.message` in places (observed)
        trigger=dict.fromkeys(_triggers(message), message),
        contact=incoming.contact,
        address=incoming.channel_sid,
        initiated_by=incoming.message_sid,
        channel_sid=incoming.channel_sid,
    )
    _close(ctx, incoming, STARTED, execution)
    return execution


def _triggers(message: Mapping[str, object]) -> tuple[str, ...]:
    return ("conversation", "message") if "ConversationSid" in message else ("message",)


def _close(ctx: Context, incoming: Incoming, outcome: str, execution: Execution | None) -> None:
    if outcome != STARTED:  # the execution has its own event
        ctx.emit(MessageRouted(incoming.flow_sid, outcome))
    sid = execution.sid if execution else None
    ctx.store.save(incoming, outcome=outcome, execution_sid=sid, message=None)
