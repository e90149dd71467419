"""Messages on their way to a flow, written down in the transaction that sent them.

A message that was acknowledged is therefore never lost, and one that was rolled back never heard.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..core.context import Backend, Context
from ..core.events import Event
from ..messaging.events import MessageEvent
from ..messaging.resources import ChannelWebhook
from ..webhooks.payloads import Payload, WebhookDialect
from . import executions, flows
from .engine import standing
from .events import MessageRouted
from .executions import Trigger
from .resources import Execution, Incoming, StudioFlow
from .widgets import replied

PENDING, STARTED, REPLIED = "pending", "started", "replied"
SWALLOWED, IGNORED = "swallowed", "ignored"


@dataclass(frozen=True, slots=True)
class IncomingDue(Event):
    """A message for a flow was written down."""

    seq: int
    queue: str


def record(backend: Backend, dialects: Mapping[str, WebhookDialect], event: Event) -> None:
    """Write down whom a new message concerns: each Studio flow that its channel's webhooks name.

    Only what fires webhooks reaches Studio (documented), which its own messages do not.
    """
    if type(event) is MessageEvent and event.change == "added" and event.actor.webhooks:
        for incoming in _for_flows(backend, dialects, event):
            added = backend.store.add(incoming)
            backend.events.emit(IncomingDue(added.seq, added.channel_sid))


def _for_flows(
    backend: Backend, dialects: Mapping[str, WebhookDialect], event: MessageEvent
) -> Iterator[Incoming]:
    where = {"channel_sid": event.channel.sid, "type": "studio"}
    for webhook in backend.store.select(ChannelWebhook, where):
        payload = dialects[webhook.dialect].payload_for(event)
        yield _incoming(backend, event, webhook, payload)


def _incoming(
    backend: Backend, event: MessageEvent, webhook: ChannelWebhook, payload: Payload | None
) -> Incoming:
    """What the flow will see: a webhook's words, and the channel's attributes as an object.

    The contact's address is `from` of the channel's attributes, where Flex keeps it, else the
    author's identity (inferred).
    """
    attributes = json.loads(event.channel.attributes)
    return Incoming(
        account_sid=event.message.account_sid,
        flow_sid=webhook.configuration["flow_sid"],
        channel_sid=event.channel.sid,
        message_sid=event.message.sid,
        author=event.message.author,
        contact=str(attributes.get("from") or event.message.author),
        message={
            **(payload.parameters if payload else {}),
            "WebhookType": webhook.type,
            "WebhookSid": webhook.sid,
            "ChannelAttributes": attributes,
        },
        outcome=PENDING,
        execution_sid=None,
        date_created=backend.clock.now(),
    )


def take(ctx: Context, incoming: Incoming) -> Execution | None:
    """Start an execution with a message, or give it to the one that waits for it.

    While a contact's execution of the flow is active, a message is a reply to it if it waits in
    that channel, and is swallowed otherwise (documented for the contact).

    Returns:
        The execution that is to be walked on.
    """
    flow = ctx.store.first(StudioFlow, sid=incoming.flow_sid)
    active = executions.active(ctx, incoming.flow_sid, incoming.contact)
    if active is not None:
        is_reply = active.waiting_until is not None and active.channel_sid == incoming.channel_sid
        if is_reply:
            ctx.emit(MessageRouted(incoming.flow_sid, REPLIED))
            _reply(ctx, active, incoming)
            return _taken(ctx, incoming, REPLIED, active)
        ctx.emit(MessageRouted(incoming.flow_sid, SWALLOWED))
        return _taken(ctx, incoming, SWALLOWED, active)
    saved = flow and flows.running(ctx, flow, incoming.contact, incoming.author)
    if not flow or not saved:
        ctx.emit(MessageRouted(incoming.flow_sid, IGNORED))
        return _taken(ctx, incoming, IGNORED, None)
    trigger = Trigger(
        content={"message": incoming.message or {}},
        contact=incoming.contact,
        address=flow.friendly_name,
        initiated_by=incoming.message_sid,
        channel_sid=incoming.channel_sid,
    )
    return _taken(ctx, incoming, STARTED, executions.start(ctx, saved, trigger))


def _reply(ctx: Context, execution: Execution, incoming: Incoming) -> None:
    widget = standing(executions.definition_of(ctx, execution), execution.widget)
    executions.leave(ctx, execution, widget, replied(incoming.message or {}))


def _taken(
    ctx: Context, incoming: Incoming, outcome: str, execution: Execution | None
) -> Execution | None:
    sid = execution.sid if execution else None
    ctx.store.save(incoming, outcome=outcome, execution_sid=sid, message=None)
    return None if outcome == SWALLOWED else execution
