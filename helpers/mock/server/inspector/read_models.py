"""Read models of the inspector: Twilio's JSON of resources, joined with related data.

A resource is shown as its REST API shows it, with fields beside it that only the mock has.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from ...core.clock import iso
from ...core.context import Context
from ...core.errors import TwilioError
from ...core.store import R, Resource
from ...flex.resources import FlexChannel, FlexFlow
from ...messaging.resources import Channel, ChannelWebhook, Invite, Member, Message, Service, User
from ...rest import chat_v2, flex_v1, studio_v2, taskrouter_v1
from ...rest.collection import Collection
from ...studio.resources import Execution, Step, StudioFlow
from ...taskrouter.resources import Reservation, Task, Worker, Workspace
from ...webhooks.outbox import Delivery

Json = dict[str, Any]

_COUNTED: dict[str, type[Resource]] = {
    "services": Service,
    "users": User,
    "channels": Channel,
    "messages": Message,
    "flex_flows": FlexFlow,
    "studio_flows": StudioFlow,
    "executions": Execution,
    "workers": Worker,
    "tasks": Task,
    "webhooks": Delivery,
}


def overview(ctx: Context, limit: int) -> Json:
    """Counts of everything, and the account's set-up."""
    store = ctx.store
    return {
        "account_sid": ctx.account_sid,
        "counts": {name: store.count(kind) for name, kind in _COUNTED.items()},
        "flex_flows": [
            _shown(ctx, flex_v1.FLEX_FLOWS, each, None) for each in _newest(ctx, FlexFlow, limit)
        ],
        "workers": [
            _shown(ctx, taskrouter_v1.WORKERS, each, each.workspace_sid)
            for each in store.select(Worker, limit=limit)
        ],
        "service_sid": getattr(store.first(Service), "sid", None),
        "workspace_sid": getattr(store.first(Workspace), "sid", None),
    }


def channels(ctx: Context, limit: int) -> Json:
    """The newest channels, each with its last message and its Flex data."""
    return _list(ctx, Channel, limit, _channel_with_last_message)


def channel(ctx: Context, sid: str, limit: int) -> Json:
    """One channel with its newest messages, oldest first, and its members.

    Raises:
        TwilioError: 20404, there is none of this SID.
    """
    found = _one(ctx, Channel, sid)
    inside = {"channel_sid": sid}
    messages = ctx.store.select(Message, inside, order="desc", limit=limit)
    flex = ctx.store.first(FlexChannel, sid=sid)
    return {
        **_channel(ctx, found),
        "flex": flex and _flex(ctx, flex),
        "task": _task_of(ctx, flex),
        "members": _listed(ctx, chat_v2.MEMBERS, found, Member),
        "invites": _listed(ctx, chat_v2.INVITES, found, Invite),
        "webhooks": _listed(ctx, chat_v2.WEBHOOKS, found, ChannelWebhook),
        "messages": [_message(ctx, each) for each in reversed(messages)],
        "messages_total": ctx.store.count(Message, **inside),
    }


def tasks(ctx: Context, limit: int) -> Json:
    """The newest tasks, each with its reservations."""
    return _list(ctx, Task, limit, _task)


def task(ctx: Context, sid: str, limit: int) -> Json:
    """One task with its reservations.

    Raises:
        TwilioError: 20404, there is none of this SID.
    """
    return _task(ctx, _one(ctx, Task, sid))


def executions(ctx: Context, limit: int) -> Json:
    """The newest executions of all Studio flows."""
    return _list(ctx, Execution, limit, _execution)


def execution(ctx: Context, sid: str, limit: int) -> Json:
    """One execution with its context and its steps in order.

    Raises:
        TwilioError: 20404, there is none of this SID.
    """
    found = _one(ctx, Execution, sid)
    steps = ctx.store.select(Step, {"execution_sid": sid}, order="desc", limit=limit)
    return {
        **_execution(ctx, found),
        "context": found.context,
        "steps": [_step(ctx, each) for each in reversed(steps)],
        "steps_total": ctx.store.count(Step, execution_sid=sid),
    }


def webhooks(ctx: Context, limit: int) -> Json:
    """The newest deliveries, without their parameters."""
    return _list(ctx, Delivery, limit, _delivery)


def webhook(ctx: Context, number: str, limit: int) -> Json:
    """One delivery with its parameters and the result of each attempt.

    Raises:
        TwilioError: 20404, there is none of this number.
    """
    is_number = re.fullmatch("[0-9]{1,15}", number)  # at most as large as the store can compare
    found = ctx.store.first(Delivery, seq=int(number)) if is_number else None
    if found is None:
        raise TwilioError(20404, f"There is no delivery {number} any more")
    attempts = [
        {name: attempt[name] for name in ("number", "status", "problem", "milliseconds", "at")}
        for attempt in found.attempts
    ]
    return {**_delivery(ctx, found), "parameters": found.parameters, "attempts": attempts}


def _newest(ctx: Context, kind: type[R], limit: int) -> list[R]:
    return ctx.store.select(kind, order="desc", limit=limit)


def _list(ctx: Context, kind: type[R], limit: int, render: Callable[[Context, R], Json]) -> Json:
    items = [render(ctx, each) for each in _newest(ctx, kind, limit)]
    return {"items": items, "total": ctx.store.count(kind)}


def _one(ctx: Context, kind: type[R], sid: str) -> R:
    found = ctx.store.find(kind, {"sid": sid})
    if found is None:
        raise TwilioError(20404, f"There is no {kind.__name__.lower()} {sid} any more")
    return found


def _shown(
    ctx: Context, collection: Collection[Any, R], item: Any, parent_sid: str | None, **path: str
) -> Json:
    parent = SimpleNamespace(sid=parent_sid)  # the URL needs no more of it
    return collection.item_json(ctx, path, parent, item)


def _listed(
    ctx: Context, collection: Collection[Any, R], channel: Channel, kind: type[R]
) -> list[Json]:
    found = ctx.store.select(kind, {"channel_sid": channel.sid})
    service_sid = channel.service_sid
    return [_shown(ctx, collection, each, channel.sid, ServiceSid=service_sid) for each in found]


def _channel(ctx: Context, channel: Channel) -> Json:
    return _shown(ctx, chat_v2.CHANNELS, channel, channel.service_sid)


def _channel_with_last_message(ctx: Context, channel: Channel) -> Json:
    last_sid = channel.last_message_sid
    last = ctx.store.first(Message, sid=last_sid) if last_sid else None
    flex = ctx.store.first(FlexChannel, sid=channel.sid)
    return {
        **_channel(ctx, channel),
        "last_message": last and _message(ctx, last),
        "flex": flex and _flex(ctx, flex),
    }


def _message(ctx: Context, message: Message) -> Json:
    service_sid = message.service_sid
    return _shown(ctx, chat_v2.MESSAGES, message, message.channel_sid, ServiceSid=service_sid)


def _flex(ctx: Context, channel: FlexChannel) -> Json:
    flow = ctx.get_cached(FlexFlow, channel.flex_flow_sid)
    return {
        "flex_flow_sid": channel.flex_flow_sid,
        "flex_flow_friendly_name": flow and flow.friendly_name,
        "integration_type": flow and flow.integration_type,
        "identity": channel.identity,
        "task_sid": channel.live_task_sid or channel.task_sid,
        "is_web": channel.is_web,
    }


def _task_of(ctx: Context, channel: FlexChannel | None) -> Json | None:
    sid = channel and (channel.live_task_sid or channel.task_sid)
    found = ctx.store.first(Task, sid=sid) if sid else None
    return _shown(ctx, taskrouter_v1.TASKS, found, found.workspace_sid) if found else None


def _task(ctx: Context, task: Task) -> Json:
    shown = _shown(ctx, taskrouter_v1.TASKS, task, task.workspace_sid)
    collection, workspace_sid = taskrouter_v1.TASK_RESERVATIONS, task.workspace_sid
    reservations = [
        _shown(ctx, collection, each, task.sid, WorkspaceSid=workspace_sid)
        for each in ctx.store.select(Reservation, {"task_sid": task.sid})
    ]
    return {**shown, "reservations": reservations, "step": task.step, "due_at": iso(task.due_at)}


def _execution(ctx: Context, execution: Execution) -> Json:
    flow = ctx.get_cached(StudioFlow, execution.flow_sid)
    shown = _shown(ctx, studio_v2.EXECUTIONS, execution, execution.flow_sid)
    return {
        **shown,
        "flow_friendly_name": flow and flow.friendly_name,
        "flow_version": execution.flow_version,
        "channel_sid": execution.channel_sid,
        "widget": execution.widget,
        "waiting_until": iso(execution.waiting_until),
        "steps_total": execution.steps,
    }


def _step(ctx: Context, step: Step) -> Json:
    shown = _shown(ctx, studio_v2.STEPS, step, step.execution_sid, FlowSid=step.flow_sid)
    return {**shown, "context": step.context, "error": step.error}


def _delivery(ctx: Context, delivery: Delivery) -> Json:
    last = delivery.attempts[-1] if delivery.attempts else {}
    return {
        "number": delivery.seq,
        "event": delivery.event,
        "url": delivery.url,
        "method": delivery.method,
        "state": delivery.state,
        "tries": len(delivery.attempts),
        "retries": delivery.retries,
        "status": last.get("status"),
        "problem": last.get("problem"),
        "date_created": iso(delivery.date_created),
        "channel_sid": delivery.parameters.get("ChannelSid"),
    }
