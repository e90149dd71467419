"""What the account holds, as the inspector reads it: Twilio's JSON, with what belongs to it added.

A resource is shown as its REST API shows it; what an API does not show, but the mock keeps and a
reader asks for, stands beside it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
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
_LONGEST_NUMBER = 15
"""Digits that a number may have, and be one that the store can compare."""


@dataclass(frozen=True, slots=True)
class ParentLink:
    """What a resource's URL needs of the one it is nested in: its SID."""

    sid: str


def overview(ctx: Context, limit: int) -> Json:
    """How much there is of everything, and how the account is set up."""
    store = ctx.store
    return {
        "account_sid": ctx.account_sid,
        "counts": {name: store.count(kind) for name, kind in _COUNTED.items()},
        "flex_flows": [_flex_flow(ctx, each) for each in _newest(ctx, FlexFlow, limit)],
        "workers": [
            _shown(ctx, taskrouter_v1.WORKERS, each, each.workspace_sid)
            for each in store.select(Worker, limit=limit)
        ],
        "service_sid": getattr(store.first(Service), "sid", None),
        "workspace_sid": getattr(store.first(Workspace), "sid", None),
    }


def channels(ctx: Context, limit: int) -> Json:
    """The newest channels, each with its last message and what Flex keeps of it."""
    found = _newest(ctx, Channel, limit)
    flex = _by_sid(ctx, FlexChannel, [each.sid for each in found])
    last = _by_sid(ctx, Message, [each.last_message_sid for each in found])
    items = [
        {
            **_channel(ctx, each),
            "last_message": _message(ctx, last[each.last_message_sid])
            if each.last_message_sid in last
            else None,
            "flex": _flex(ctx, flex[each.sid]) if each.sid in flex else None,
        }
        for each in found
    ]
    return {"items": items, "total": ctx.store.count(Channel)}


def channel(ctx: Context, sid: str, limit: int) -> Json:
    """One channel with its newest messages, oldest of them first, and who is in it.

    Raises:
        TwilioError: 20404, there is none of this SID.
    """
    found = _one(ctx, Channel, sid)
    inside = {"channel_sid": sid}
    messages = ctx.store.select(Message, inside, order="desc", limit=limit)
    flex = ctx.store.first(FlexChannel, sid=sid)
    return {
        **_channel(ctx, found),
        "flex": _flex(ctx, flex) if flex else None,
        "task": _task_of(ctx, flex),
        "members": _listed(ctx, chat_v2.MEMBERS, found, Member),
        "invites": _listed(ctx, chat_v2.INVITES, found, Invite),
        "webhooks": _listed(ctx, chat_v2.WEBHOOKS, found, ChannelWebhook),
        "messages": [_message(ctx, each) for each in reversed(messages)],
        "messages_total": ctx.store.count(Message, **inside),
    }


def tasks(ctx: Context, limit: int) -> Json:
    """The newest tasks, each with its reservations."""
    found = _newest(ctx, Task, limit)
    sids = [each.sid for each in found]
    offers = ctx.store.select(Reservation, {"task_sid": sids}, by=("task_sid",)) if sids else []
    by_task = {sid: list(own) for sid, own in groupby(offers, attrgetter("task_sid"))}
    items = [_task(ctx, each, by_task.get(each.sid, ())) for each in found]
    return {"items": items, "total": ctx.store.count(Task)}


def task(ctx: Context, sid: str, limit: int) -> Json:
    """One task with its reservations.

    Raises:
        TwilioError: 20404, there is none of this SID.
    """
    found = _one(ctx, Task, sid)
    return _task(ctx, found, ctx.store.select(Reservation, {"task_sid": sid}))


def executions(ctx: Context, limit: int) -> Json:
    """The newest executions of all Studio flows."""
    found = _newest(ctx, Execution, limit)
    return {
        "items": [_execution(ctx, each) for each in found],
        "total": ctx.store.count(Execution),
    }


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
    """The newest deliveries, without what was sent."""
    found = _newest(ctx, Delivery, limit)
    return {
        "items": [_delivery(each) for each in found],
        "total": ctx.store.count(Delivery),
    }


def webhook(ctx: Context, number: str, limit: int) -> Json:
    """One delivery with what was sent and how each try ended.

    Raises:
        TwilioError: 20404, there is none of this number, or no more.
    """
    is_number = number.isascii() and number.isdigit() and len(number) <= _LONGEST_NUMBER
    found = ctx.store.first(Delivery, seq=int(number)) if is_number else None
    if found is None:
        raise TwilioError(20404, f"There is no delivery {number}, or no more")
    attempts = [
        {name: attempt[name] for name in ("number", "status", "problem", "milliseconds", "at")}
        for attempt in found.attempts
    ]
    return {**_delivery(found), "parameters": found.parameters, "attempts": attempts}


def _newest(ctx: Context, kind: type[R], limit: int) -> list[R]:
    return ctx.store.select(kind, order="desc", limit=limit)


def _one(ctx: Context, kind: type[R], sid: str) -> R:
    found = ctx.store.find(kind, {"sid": sid})
    if found is None:
        raise TwilioError(20404, f"There is no {kind.__name__.lower()} {sid}, or no more")
    return found


def _by_sid(ctx: Context, kind: type[Any], sids: Iterable[str | None]) -> dict[str, Any]:
    wanted = [sid for sid in sids if sid is not None]
    return {each.sid: each for each in ctx.store.select(kind, {"sid": wanted})} if wanted else {}


def _shown(ctx: Context, collection: Collection, item: Any, parent_sid: str | None) -> Json:
    parent = None if parent_sid is None else ParentLink(parent_sid)
    scope = {"ServiceSid": getattr(item, "service_sid", "")}
    return collection.item_json(ctx, scope, parent, item)


def _listed(ctx: Context, collection: Collection, channel: Channel, kind: type[R]) -> list[Json]:
    found = ctx.store.select(kind, {"channel_sid": channel.sid})
    return [_shown(ctx, collection, each, channel.sid) for each in found]


def _channel(ctx: Context, channel: Channel) -> Json:
    return _shown(ctx, chat_v2.CHANNELS, channel, channel.service_sid)


def _message(ctx: Context, message: Message) -> Json:
    return _shown(ctx, chat_v2.MESSAGES, message, message.channel_sid)


def _flex_flow(ctx: Context, flow: FlexFlow) -> Json:
    return _shown(ctx, flex_v1.FLEX_FLOWS, flow, None)


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


def _task(ctx: Context, task: Task, offers: Iterable[Reservation]) -> Json:
    shown = _shown(ctx, taskrouter_v1.TASKS, task, task.workspace_sid)
    made = [
        taskrouter_v1.TASK_RESERVATIONS.item_json(
            ctx, {"WorkspaceSid": task.workspace_sid}, ParentLink(task.sid), each
        )
        for each in offers
    ]
    return {**shown, "reservations": made, "step": task.step, "due_at": iso(task.due_at)}


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
    shown = studio_v2.STEPS.item_json(
        ctx, {"FlowSid": step.flow_sid}, ParentLink(step.execution_sid), step
    )
    return {**shown, "context": step.context, "error": step.error}


def _delivery(delivery: Delivery) -> Json:
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
