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
from ...core.store import Between, R, Resource
from ...flex import interactions
from ...flex.channels import is_conversation
from ...flex.resources import FlexChannel, FlexFlow, InteractionChannel, InteractionParticipant
from ...messaging.resources import (
    AddressConfiguration,
    Channel,
    ChannelWebhook,
    DeliveryReceipt,
    EventHooks,
    Invite,
    Member,
    Message,
    Service,
    User,
)
from ...messaging.timers import timed
from ...rest import chat_v2, flex_v1, studio_v2, taskrouter_v1
from ...rest.collection import Collection
from ...studio.resources import Execution, Step, StudioFlow
from ...taskrouter.resources import Activity, Reservation, Task, TaskQueue, Worker, Workspace
from ...taskrouter.statistics import Statistics, StatisticsQuery
from ...webhooks.outbox import Delivery

Json = dict[str, Any]
_SAME = 0.001
"""Seconds within which two times are one."""
_ENDS = dict.fromkeys(("completed", "canceled"), "A finished task is deleted") | dict.fromkeys(
    ("assigned", "wrapping"), "A task that was assigned for too long is deleted"
)
_CHAT = ("ConversationSid", "MediaChannelSid", "ChannelSid")
"""Parameters of webhooks that name a channel or conversation."""
_SORTED_BY: dict[type[Resource], tuple[str, ...]] = {
    Channel: ("-active_at",),
    Task: ("-date_updated",),
    Execution: ("-date_updated",),
}

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
            _shown(ctx, flex_v1.FLEX_FLOWS, each, None)
            for each in store.select(FlexFlow, order="desc", limit=limit)
        ],
        "addresses": [_address(each) for each in store.select(AddressConfiguration, limit=limit)],
        "hooks": [_hooks(each) for each in store.select(EventHooks, limit=limit)],
        "workers": [
            _shown(ctx, taskrouter_v1.WORKERS, each, each.workspace_sid)
            for each in store.select(Worker, limit=limit)
        ],
        "activities": [
            _shown(ctx, taskrouter_v1.ACTIVITIES, each, each.workspace_sid)
            for each in store.select(Activity, limit=limit)
        ],
        "service_sid": getattr(store.first(Service), "sid", None),
        "workspace_sid": getattr(store.first(Workspace), "sid", None),
    }


def _address(address: AddressConfiguration) -> Json:
    made = address.auto_creation
    return {
        **{name: getattr(address, name) for name in ("sid", "friendly_name", "type", "address")},
        "enabled": made["enabled"],
        "handler": made["type"],
        "goes_to": made.get("studio_flow_sid") or made.get("webhook_url"),
    }


def _hooks(hooks: EventHooks) -> Json:
    names = ("service_sid", "pre_webhook_url", "post_webhook_url", "filters", "target")
    return {name: getattr(hooks, name) for name in names}


def statistics(ctx: Context, limit: int) -> Json:
    """Real-time statistics of workspaces and their queues, as the REST API has them."""
    spaces = []
    for space in ctx.store.select(Workspace, limit=limit):
        now = Statistics(ctx, space, StatisticsQuery())
        queues = [
            {"sid": each.sid, "friendly_name": each.friendly_name, **now.queue_now(each.sid)}
            for each in ctx.store.select(TaskQueue, {"workspace_sid": space.sid}, limit=limit)
        ]
        named = {"sid": space.sid, "friendly_name": space.friendly_name, "queues": queues}
        spaces.append({**named, **now.tasks_now({}), **now.workers_now()})
    return {"workspaces": spaces}


def newest(ctx: Context, name: str, limit: int) -> Json:
    """The latest items of one of `LISTS`, as sorted by the time shown, and the number of all."""
    kind, render, _ = LISTS[name]
    found = ctx.store.select(kind, order="desc", by=_SORTED_BY.get(kind, ()), limit=limit)
    if kind is Channel:  # those without a message are not sorted yet
        found = list({each.sid: each for each in (*found, *_young(ctx, limit))}.values())
        found.sort(key=lambda each: each.active_at or each.date_created, reverse=True)
    items = [render(ctx, each) for each in found[:limit]]
    return {"items": items, "total": ctx.store.count(kind)}


def _young(ctx: Context, limit: int) -> list[Channel]:
    return ctx.store.select(Channel, order="desc", limit=limit)


def next_due(ctx: Context, at: float) -> Json:
    """The event that is due at a time of the clock, with its resource if it has one."""
    where = {"due_at": Between(high=at + _SAME)}
    if reservations := ctx.store.select(Reservation, where, by=("due_at",), limit=1):
        return {"text": "A reservation times out", "sid": reservations[0].task_sid}
    if tasks := ctx.store.select(Task, where, by=("due_at",), limit=1):
        ends = _ENDS.get(tasks[0].assignment_status, "A task's step in the workflow times out")
        return {"text": ends, "sid": tasks[0].sid}
    for channel in timed(ctx.store):
        if (date := channel.next_change()) is not None and date <= at + _SAME:
            state = channel.state_at(date)
            return {"text": f"A conversation becomes {state}", "sid": channel.sid}
    waiting = {"waiting_until": Between(high=at + _SAME), "status": "active"}
    if executions := ctx.store.select(Execution, waiting, limit=1):
        return {"text": "A flow stops waiting", "sid": executions[0].sid}
    return {"text": "A timer, such as the end of an access token or of typing", "sid": None}


def item(ctx: Context, name: str, key: str, limit: int) -> Json:
    """One item of one of `LISTS` in full, by its SID or number; a 20404 where there is none."""
    kind, _, render = LISTS[name]
    where: dict[str, Any] = {"sid": key}
    if kind is Delivery:  # a number is at most as large as the store can compare
        where = {"seq": int(key) if re.fullmatch("[0-9]{1,15}", key) else 0}
    found = ctx.store.find(kind, where)
    if found is None:
        raise TwilioError(20404, f"There is no {kind.__name__.lower()} {key} any more")
    return render(ctx, found, limit)


def _shown(
    ctx: Context, collection: Collection[Any, R], item: Any, parent_sid: str | None, **path: str
) -> Json:
    parent = SimpleNamespace(sid=parent_sid)  # the URL needs no more of it
    return collection.item_json(ctx, path, parent, item)


def _listed(
    ctx: Context, collection: Collection[Any, R], channel: Channel, kind: type[R]
) -> list[Json]:
    return [
        _shown(ctx, collection, each, channel.sid, ServiceSid=channel.service_sid)
        for each in ctx.store.select(kind, {"channel_sid": channel.sid})
    ]


def _channel(ctx: Context, channel: Channel) -> Json:
    shown = {
        **_shown(ctx, chat_v2.CHANNELS, channel, channel.service_sid),
        "flex": None,
        "state": channel.state_at(ctx.now),
        "is_conversation": is_conversation(ctx.store, channel),
    }
    flex = ctx.store.first(FlexChannel, sid=channel.sid)
    if flex is not None:
        flow = ctx.get_cached(FlexFlow, flex.flex_flow_sid)
        shown["flex"] = {
            "flex_flow_sid": flex.flex_flow_sid,
            "flex_flow_friendly_name": flow and flow.friendly_name,
            "integration_type": flow and flow.integration_type,
            "identity": flex.identity,
            "task_sid": flex.live_task_sid or flex.task_sid,
            "is_web": flex.is_web,
        }
    return shown


def _listed_channel(ctx: Context, channel: Channel) -> Json:
    last_sid = channel.last_message_sid
    last = ctx.store.first(Message, sid=last_sid) if last_sid else None
    return {**_channel(ctx, channel), "last_message": last and _message(ctx, last)}


def _full_channel(ctx: Context, channel: Channel, limit: int) -> Json:
    """A channel with its newest messages, oldest first, its members, interaction and task."""
    inside = {"channel_sid": channel.sid}
    messages = ctx.store.select(Message, inside, order="desc", limit=limit)
    shown = _channel(ctx, channel)
    task_sid = shown["flex"] and shown["flex"]["task_sid"]
    task = ctx.store.first(Task, sid=task_sid) if task_sid else None
    members = ctx.store.select(Member, inside)
    customers: set[str | None] = {each.sid for each in members if each.messaging_binding}
    opened = ctx.store.select(
        InteractionChannel, {"media_channel_sid": channel.sid}, order="desc", limit=1
    )
    for each in opened:
        task = next(reversed(interactions.tasks_of(ctx, each)), task)
        where = {"channel_sid": each.sid, "type": "customer"}
        people = ctx.store.select(InteractionParticipant, where)
        customers |= {one.member_sid for one in people if one.member_sid}
    shown_members = _listed(ctx, chat_v2.MEMBERS, channel, Member)
    names = {each.sid: each.name for each in members}
    receipts: dict[str, list[Json]] = {}
    for receipt in ctx.store.select(DeliveryReceipt, inside):
        to = names.get(receipt.member_sid, receipt.member_sid)
        receipts.setdefault(receipt.message_sid, []).append({"to": to, "status": receipt.status})
    due = {} if shown["state"] == "closed" else channel.timer_dates()
    return {
        **shown,
        "interaction": next(
            (
                {
                    "sid": each.interaction_sid,
                    "channel_sid": each.sid,
                    "type": each.type,
                    "status": each.status,
                }
                for each in opened
            ),
            None,
        ),
        "task": task and _task(ctx, task),
        "customers": [each.name for each in members if each.sid in customers],
        "members": [
            {**json, "name": each.name, "messaging_binding": each.messaging_binding}
            for json, each in zip(shown_members, members, strict=True)
        ],
        "invites": _listed(ctx, chat_v2.INVITES, channel, Invite),
        "webhooks": [
            {"type": each.type, "configuration": each.configuration, "dialect": each.dialect}
            for each in ctx.store.select(ChannelWebhook, inside)
        ],
        "timers": {state: iso(date) for state, date in due.items() if date > ctx.now},
        "messages": [
            {**_message(ctx, each), "receipts": receipts.get(each.sid, [])}
            for each in reversed(messages)
        ],
        "messages_total": ctx.store.count(Message, **inside),
    }


def _message(ctx: Context, message: Message) -> Json:
    service_sid = message.service_sid
    return _shown(ctx, chat_v2.MESSAGES, message, message.channel_sid, ServiceSid=service_sid)


def _task(ctx: Context, task: Task) -> Json:
    collection, workspace_sid = taskrouter_v1.TASK_RESERVATIONS, task.workspace_sid
    shown = _shown(ctx, taskrouter_v1.TASKS, task, workspace_sid)
    reservations = [
        _shown(ctx, collection, each, task.sid, WorkspaceSid=workspace_sid)
        for each in ctx.store.select(Reservation, {"task_sid": task.sid})
    ]
    return {**shown, "reservations": reservations, "step": task.step, "due_at": iso(task.due_at)}


def _execution(ctx: Context, execution: Execution) -> Json:
    flow = ctx.get_cached(StudioFlow, execution.flow_sid)
    return {
        **_shown(ctx, studio_v2.EXECUTIONS, execution, execution.flow_sid),
        "flow_friendly_name": flow and flow.friendly_name,
        "flow_version": execution.flow_version,
        "channel_sid": execution.channel_sid,
        "widget": execution.widget,
        "waiting_until": iso(execution.waiting_until),
        "steps_total": execution.steps,
    }


def _full_execution(ctx: Context, execution: Execution, limit: int) -> Json:
    """An execution with its context and its newest steps, oldest first."""
    where = {"execution_sid": execution.sid}
    steps = reversed(ctx.store.select(Step, where, order="desc", limit=limit))
    return {
        **_execution(ctx, execution),
        "context": execution.context,
        "steps": [
            _shown(ctx, studio_v2.STEPS, each, execution.sid, FlowSid=execution.flow_sid)
            | {"context": each.context, "error": each.error}
            for each in steps
        ],
        "steps_total": ctx.store.count(Step, **where),
    }


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
        "scope": delivery.scope,
        "channel_sid": next(filter(None, map(delivery.parameters.get, _CHAT)), None),
    }


def _full_delivery(ctx: Context, delivery: Delivery, limit: int) -> Json:
    """A delivery with its parameters and the result of each attempt."""
    attempts = [
        {name: attempt[name] for name in ("number", "status", "problem", "milliseconds", "at")}
        for attempt in delivery.attempts
    ]
    return {**_delivery(ctx, delivery), "parameters": delivery.parameters, "attempts": attempts}


LISTS: dict[str, tuple[type[Any], Callable[..., Json], Callable[..., Json]]] = {
    "channels": (Channel, _listed_channel, _full_channel),
    "tasks": (Task, _task, lambda ctx, task, limit: _task(ctx, task)),
    "executions": (Execution, _execution, _full_execution),
    "webhooks": (Delivery, _delivery, _full_delivery),
}
"""By name: the resource, and the functions that render one in a list and one in full."""
