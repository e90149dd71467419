"""What a flow's handler does with a channel: webhooks for Studio and external, tasks for agents."""

from __future__ import annotations

import json
from typing import Any

from ..core.context import Context
from ..core.errors import TwilioError
from ..messaging import channel_webhooks, channels
from ..messaging.resources import Channel, ChannelWebhook, User
from ..studio.actions import SendToFlex
from ..studio.resources import Execution
from ..taskrouter import Task, Workflow, create_task, find_task_channel
from .resources import CreatedByFlex, FlexChannel, FlexFlow

DAY = 86_400


def is_active(channel: Channel) -> bool:
    """Whether the channel's attributes say it has not ended; case does not matter (observed)."""
    return str(channel.attribute("status")).upper() == "ACTIVE"


def wire(ctx: Context, flow: FlexFlow, channel: Channel) -> None:
    """Have the flow's handler told of the channel's messages, through a channel webhook.

    That Studio hears by a webhook of type studio was observed; the external kind is inferred.
    """
    settings = {"retry_count": flow.integration.get("retry_count", 0)}
    if flow.integration_type == "studio":
        settings["flow_sid"] = flow.integration["flow_sid"]
        channel_webhooks.add(ctx, channel, "studio", settings)
    elif flow.integration_type == "external":
        told = {"url": flow.integration["url"], "filters": ["onMessageSent", "onMediaMessageSent"]}
        channel_webhooks.add(ctx, channel, "webhook", settings | told)


def rewire_studio(ctx: Context, flow: FlexFlow, channel: Channel) -> None:
    """Have Studio told again, where the hand-over to an agent took it off the channel."""
    wired = ctx.store.exists(ChannelWebhook, channel_sid=channel.sid, type="studio")
    if flow.integration_type == "studio" and not wired:
        wire(ctx, flow, channel)


def make_task(ctx: Context, flow: FlexFlow, flex_channel: FlexChannel) -> Task:
    """Make the flow's task for the channel's customer.

    Raises:
        TwilioError: 45004, the flow's workflow or task channel is gone.
    """
    settings = flow.integration
    workflow = ctx.store.first(Workflow, sid=settings["workflow_sid"])
    task_channel = find_task_channel(ctx, settings["workspace_sid"], settings["channel"])
    if workflow is None or task_channel is None:
        raise TwilioError(45004, "The flow's workflow or task channel is gone")
    task = create_task(
        ctx,
        workflow=workflow,
        task_channel=task_channel,
        attributes=json.dumps(_attributes(ctx, flow, flex_channel)),
        priority=settings["priority"],
        timeout=settings["timeout"],
    )
    ctx.emit(CreatedByFlex(task.sid))
    ctx.store.save(flex_channel, task_sid=task.sid, live_task_sid=task.sid)
    return task


def _attributes(ctx: Context, flow: FlexFlow, flex_channel: FlexChannel) -> dict[str, Any]:
    user = ctx.store.first(User, sid=flex_channel.user_sid)
    own = {
        "channelSid": flex_channel.sid,
        "name": (user and user.friendly_name) or flex_channel.identity,
        "channelType": flow.channel_type,
    }
    return own | (flex_channel.task_attributes or {})


def bind_task(ctx: Context, flow: FlexFlow, flex_channel: FlexChannel, task_sid: str) -> None:
    """Give the channel a task that exists, instead of a new one.

    Raises:
        TwilioError: 45004, the flow makes no tasks, or there is no such task.
    """
    if flow.integration_type != "task":
        raise TwilioError(45004, "TaskSid only applies to flows of integration type task")
    if not ctx.store.exists(Task, sid=task_sid):
        raise TwilioError(45004, f"Task {task_sid} does not exist in this account")
    ctx.store.save(flex_channel, task_sid=task_sid, live_task_sid=task_sid)


def hand_over(ctx: Context, execution: Execution, asked: SendToFlex) -> str:
    """Do what Studio's Send to Flex asks for: make the task, and take Studio off the channel.

    The task's SID is noted in the channel's attributes as `taskSid` (observed in a
    re-implementation of the widget).

    Raises:
        TwilioError: 20001, the workflow, the task channel or the attributes are not acceptable.
    """
    workflow = ctx.store.first(Workflow, sid=asked.workflow)
    if workflow is None:
        raise TwilioError(20001, f"Send to Flex: workflow {asked.workflow!r} does not exist")
    key = asked.channel or "default"
    task_channel = find_task_channel(ctx, workflow.workspace_sid, key)
    if task_channel is None:
        raise TwilioError(20001, f"Send to Flex: task channel {key!r} does not exist")
    task = create_task(
        ctx,
        workflow=workflow,
        task_channel=task_channel,
        attributes=_json(asked.attributes),
        priority=_number(asked.priority, 0),
        timeout=_number(asked.timeout, DAY),
    )
    _take_studio_off(ctx, execution, task)
    return task.sid


def _json(text: str) -> str:
    try:
        return json.dumps(json.loads(text or "{}"))
    except ValueError:
        raise TwilioError(20001, "Send to Flex: the attributes are not JSON") from None


def _number(text: str, default: int) -> int:
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise TwilioError(20001, f"Send to Flex: {text[:40]!r} is not a whole number")
    return int(text)


def _take_studio_off(ctx: Context, execution: Execution, task: Task) -> None:
    message = execution.context["trigger"]["message"]
    channel = channels.find(ctx, message["ChannelSid"])
    ctx.store.remove_all(ChannelWebhook, sid=message["WebhookSid"])
    channels.merge_attributes(ctx, channel, taskSid=task.sid)
    flex_channel = ctx.store.first(FlexChannel, sid=channel.sid)
    if flex_channel is not None:
        ctx.store.save(flex_channel, live_task_sid=task.sid)
