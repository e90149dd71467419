"""Handlers of a flow: channel webhooks for Studio and external ones, tasks for agents."""

from __future__ import annotations

import json
from typing import Any

from ...json_object import compact_json, json_object
from ..core.context import Context
from ..core.errors import TwilioError
from ..core.parameters import AtMostBytes
from ..messaging import channels, members
from ..messaging.resources import Channel, ChannelWebhook
from ..studio.actions import SendToFlex
from ..studio.resources import Execution
from ..taskrouter.resources import Task, Workflow
from ..taskrouter.task_channels import find as find_task_channel
from ..taskrouter.tasks import create_task
from . import interactions
from .resources import CreatedByFlex, FlexChannel, FlexFlow, InteractionChannel

HOUR, DAY = 3_600, 86_400
LIVE = ("pending", "reserved", "assigned")
"""States of a task that an agent has or will have; one in wrap-up takes no more messages."""
_ATTRIBUTES = AtMostBytes(16 * 1024, 50303, "Attributes")
DIALECT = "chat"
"""API in whose words a flow's webhooks are called."""
MESSAGES = ["onMessageSent", "onMediaMessageSent"]
"""Its events of a new message."""


def attributes_of(values: dict[str, Any]) -> str:
    """Return a channel's attributes as JSON text, compact (observed).

    Raises:
        TwilioError: 50303, they are too long.
    """
    return _ATTRIBUTES.check(compact_json(values))


def mark(ctx: Context, channel: Channel, **values: object) -> None:
    """Set some of a channel's attributes and keep the others, and all that are no JSON object."""
    known = json_object(channel.attributes)
    if known is not None:
        channels.update(ctx, channel, attributes=attributes_of(known | values))


def is_active(channel: Channel) -> bool:
    """Return whether the channel has not ended, by its attributes; in any case (observed)."""
    return str(channel.attribute("status")).upper() == "ACTIVE"


def carries(ctx: Context, flex_channel: FlexChannel) -> bool:
    """Return whether a task carries the chat that an agent has or will have."""
    task = ctx.get_cached(Task, flex_channel.live_task_sid)
    return task is not None and task.assignment_status in LIVE


def wire(ctx: Context, flow: FlexFlow, channel: Channel) -> None:
    """Connect the channel's messages to the flow's handler, through a channel webhook.

    Studio's webhook of type studio is observed; the external kind is inferred.
    """
    retries = {"retry_count": flow.integration.get("retry_count", 0)}
    if flow.integration_type == "studio":
        settings = {"flow_sid": flow.integration["flow_sid"], **retries}
        channels.add_webhook(ctx, channel, DIALECT, "studio", settings)
    elif flow.integration_type == "external":
        settings = {"url": flow.integration["url"], "method": "POST", **retries}
        channels.add_webhook(ctx, channel, DIALECT, "webhook", settings | {"filters": MESSAGES})


def make_task(
    ctx: Context, flow: FlexFlow, channel_sid: str, name: str, attributes: dict[str, Any] | None
) -> Task:
    """Create the flow's task for the customer of that name.

    Raises:
        TwilioError: 45004, the flow's workflow or task channel is gone.
    """
    settings = flow.integration
    own = {"channelSid": channel_sid, "name": name, "channelType": flow.channel_type}
    workflow = ctx.get_cached(Workflow, settings["workflow_sid"])
    task_channel = find_task_channel(ctx, settings["workspace_sid"], settings["channel"])
    if workflow is None or task_channel is None:
        raise TwilioError(45004, "The flow's workflow or task channel is gone")
    task = create_task(
        ctx,
        workflow=workflow,
        task_channel=task_channel,
        attributes=compact_json(own | (attributes or {})),
        priority=settings["priority"],
        timeout=settings["timeout"],
    )
    ctx.emit(CreatedByFlex(task.sid))
    return task


def hand_over(ctx: Context, execution: Execution, request: SendToFlex) -> str:
    """Perform Studio's Send to Flex: create the task, and take Studio off the channel.

    For a conversation it is the task of an Interaction. Else the task's SID is written to the
    channel's attributes as `taskSid` (observed in a re-implementation of the widget).

    Raises:
        TwilioError: 20001, the workflow, the task channel or the attributes are not acceptable, or
            the conversation has an interaction.
    """
    workflow = ctx.store.first(Workflow, sid=request.workflow)
    if workflow is None:
        raise TwilioError(20001, f"Send to Flex: workflow {request.workflow!r} does not exist")
    key = request.channel or "default"
    task_channel = find_task_channel(ctx, workflow.workspace_sid, key)
    if task_channel is None:
        raise TwilioError(20001, f"Send to Flex: task channel {key!r} does not exist")
    try:
        attributes = json.loads(request.attributes or "{}")
    except ValueError:
        raise TwilioError(20001, "Send to Flex: the attributes are not JSON") from None
    priority = _number(request.priority, 0)
    message = execution.context["trigger"]["message"]
    is_conversation = "conversation" in execution.context["trigger"]
    timeout = _number(request.timeout, HOUR if is_conversation else DAY)
    ctx.store.remove_all(ChannelWebhook, sid=message["WebhookSid"])
    if is_conversation:
        routing = {
            "workspace_sid": workflow.workspace_sid,
            "workflow_sid": workflow.sid,
            "task_channel_sid": task_channel.sid,
            "priority": priority,
            "timeout": timeout,
        }
        return _hand_over_conversation(ctx, message, routing, attributes)
    task = create_task(
        ctx,
        workflow=workflow,
        task_channel=task_channel,
        attributes=compact_json(attributes),
        priority=priority,
        timeout=timeout,
    )
    channel = channels.find(ctx, message["ChannelSid"])
    mark(ctx, channel, taskSid=task.sid)
    flex_channel = ctx.store.first(FlexChannel, sid=channel.sid)
    if flex_channel is not None:
        ctx.store.save(flex_channel, live_task_sid=task.sid)
    return task.sid


def _hand_over_conversation(
    ctx: Context, message: dict[str, Any], routing: dict[str, Any], attributes: dict[str, Any]
) -> str:
    """Make an interaction of a conversation; the widget's own attributes win (inferred).

    The customer's address stands for what Twilio writes of a web chat, which is not documented.
    """
    sid, author = message["ConversationSid"], message["From"]
    customer = members.writer(ctx.store, sid, author)
    kind = ((customer and customer.messaging_binding) or {}).get("type", "web")
    about = dict.fromkeys(("customerAddress", "from", "name", "customerName"), author)
    channel = {
        "type": kind,
        "initiated_by": "customer",
        "properties": {"media_channel_sid": sid},
    }
    interaction = interactions.create(
        ctx,
        interactions.NewInteractionChannel.read_within("Channel", channel),
        interactions.InteractionRouting.read_within(
            "Routing", {"properties": {**routing, "attributes": {**about, **attributes}}}
        ),
    )
    made = ctx.store.first(InteractionChannel, interaction_sid=interaction.sid)
    assert made is not None  # it is made with the interaction
    interactions.open_channel(ctx, made)
    if made.status == "failed":
        raise TwilioError(20001, f"Send to Flex: {made.error_code}, {made.error_message}")
    return interactions.tasks_of(ctx, made)[0].sid


def _number(text: str, default: int) -> int:
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise TwilioError(20001, f"Send to Flex: {text[:40]!r} is not a whole number")
    return int(text)
