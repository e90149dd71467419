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

from ...call import Call
from ...clock import iso
from ...errors import TwilioError
from ...flex.resources import FlexChannel, FlexFlow
from ...messaging.resources import Channel, ChannelWebhook, Invite, Member, Message, Service, User
from ...rest import chat_v2, flex_v1, studio_v2, taskrouter_v1
from ...rest.collection import Collection
from ...store import R, Resource
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
class Parent:
    """What a resource's URL needs of the one it is nested in: its SID."""

    sid: str


def overview(call: Call, limit: int) -> Json:
    """How much there is of everything, and how the account is set up."""
    store = call.store
    return {
        "account_sid": call.account_sid,
        "counts": {name: store.count(kind) for name, kind in _COUNTED.items()},
        "flex_flows": [_flex_flow(call, each) for each in _newest(call, FlexFlow, limit)],
        "workers": [
            _shown(call, taskrouter_v1.WORKERS, each, each.workspace_sid)
            for each in store.select(Worker, limit=limit)
        ],
        "service_sid": getattr(store.first(Service), "sid", None),
        "workspace_sid": getattr(store.first(Workspace), "sid", None),
    }


def channels(call: Call, limit: int) -> Json:
    """The newest channels, each with its last message and what Flex keeps of it."""
    found = _newest(call, Channel, limit)
    flex = _by_sid(call, FlexChannel, [each.sid for each in found])
    last = _by_sid(call, Message, [each.last_message_sid for each in found])
    items = [
        {
            **_channel(call, each),
            "last_message": _message(call, last[each.last_message_sid])
            if each.last_message_sid in last
            else None,
            "flex": _flex(call, flex[each.sid]) if each.sid in flex else None,
        }
        for each in found
    ]
    return {"items": items, "total": call.store.count(Channel)}


def channel(call: Call, sid: str, limit: int) -> Json:
    """One channel with its newest messages, oldest of them first, and who is in it.

    Raises:
        TwilioError: 20404, there is none of this SID.
    """
    found = _one(call, Channel, sid)
    inside = {"channel_sid": sid}
    messages = call.store.select(Message, inside, order="desc", limit=limit)
    flex = call.store.first(FlexChannel, sid=sid)
    return {
        **_channel(call, found),
        "flex": _flex(call, flex) if flex else None,
        "task": _task_of(call, flex),
        "members": _listed(call, chat_v2.MEMBERS, found, Member),
        "invites": _listed(call, chat_v2.INVITES, found, Invite),
        "webhooks": _listed(call, chat_v2.WEBHOOKS, found, ChannelWebhook),
        "messages": [_message(call, each) for each in reversed(messages)],
        "messages_total": call.store.count(Message, **inside),
    }


def tasks(call: Call, limit: int) -> Json:
    """The newest tasks, each with its reservations."""
    found = _newest(call, Task, limit)
    sids = [each.sid for each in found]
    offers = call.store.select(Reservation, {"task_sid": sids}, by=("task_sid",)) if sids else []
    by_task = {sid: list(own) for sid, own in groupby(offers, attrgetter("task_sid"))}
    items = [_task(call, each, by_task.get(each.sid, ())) for each in found]
    return {"items": items, "total": call.store.count(Task)}


def task(call: Call, sid: str, limit: int) -> Json:
    """One task with its reservations.

    Raises:
        TwilioError: 20404, there is none of this SID.
    """
    found = _one(call, Task, sid)
    return _task(call, found, call.store.select(Reservation, {"task_sid": sid}))


def executions(call: Call, limit: int) -> Json:
    """The newest executions of all Studio flows."""
    found = _newest(call, Execution, limit)
    return {
        "items": [_execution(call, each) for each in found],
        "total": call.store.count(Execution),
    }


def execution(call: Call, sid: str, limit: int) -> Json:
    """One execution with its context and its steps in order.

    Raises:
        TwilioError: 20404, there is none of this SID.
    """
    found = _one(call, Execution, sid)
    steps = call.store.select(Step, {"execution_sid": sid}, order="desc", limit=limit)
    return {
        **_execution(call, found),
        "context": found.context,
        "steps": [_step(call, each) for each in reversed(steps)],
        "steps_total": call.store.count(Step, execution_sid=sid),
    }


def webhooks(call: Call, limit: int) -> Json:
    """The newest deliveries, without what was sent."""
    found = _newest(call, Delivery, limit)
    return {
        "items": [_delivery(each) for each in found],
        "total": call.store.count(Delivery),
    }


def webhook(call: Call, number: str, limit: int) -> Json:
    """One delivery with what was sent and how each try ended.

    Raises:
        TwilioError: 20404, there is none of this number, or no more.
    """
    is_number = number.isascii() and number.isdigit() and len(number) <= _LONGEST_NUMBER
    found = call.store.first(Delivery, seq=int(number)) if is_number else None
    if found is None:
        raise TwilioError(20404, f"There is no delivery {number}, or no more")
    attempts = [
        {name: attempt[name] for name in ("number", "status", "problem", "milliseconds", "at")}
        for attempt in found.attempts
    ]
    return {**_delivery(found), "parameters": found.parameters, "attempts": attempts}


def _newest(call: Call, kind: type[R], limit: int) -> list[R]:
    return call.store.select(kind, order="desc", limit=limit)


def _one(call: Call, kind: type[R], sid: str) -> R:
    found = call.store.find(kind, {"sid": sid})
    if found is None:
        raise TwilioError(20404, f"There is no {kind.__name__.lower()} {sid}, or no more")
    return found


def _by_sid(call: Call, kind: type[Any], sids: Iterable[str | None]) -> dict[str, Any]:
    wanted = [sid for sid in sids if sid is not None]
    return {each.sid: each for each in call.store.select(kind, {"sid": wanted})} if wanted else {}


def _shown(call: Call, collection: Collection, item: Any, parent_sid: str | None) -> Json:
    parent = None if parent_sid is None else Parent(parent_sid)
    scope = {"ServiceSid": getattr(item, "service_sid", "")}
    return collection.item_json(call, scope, parent, item)


def _listed(call: Call, collection: Collection, channel: Channel, kind: type[R]) -> list[Json]:
    found = call.store.select(kind, {"channel_sid": channel.sid})
    return [_shown(call, collection, each, channel.sid) for each in found]


def _channel(call: Call, channel: Channel) -> Json:
    return _shown(call, chat_v2.CHANNELS, channel, channel.service_sid)


def _message(call: Call, message: Message) -> Json:
    return _shown(call, chat_v2.MESSAGES, message, message.channel_sid)


def _flex_flow(call: Call, flow: FlexFlow) -> Json:
    return _shown(call, flex_v1.FLEX_FLOWS, flow, None)


def _flex(call: Call, channel: FlexChannel) -> Json:
    flow = call.setting(FlexFlow, channel.flex_flow_sid)
    return {
        "flex_flow_sid": channel.flex_flow_sid,
        "flex_flow_friendly_name": flow and flow.friendly_name,
        "integration_type": flow and flow.integration_type,
        "identity": channel.identity,
        "task_sid": channel.live_task_sid or channel.task_sid,
        "is_web": channel.is_web,
    }


def _task_of(call: Call, channel: FlexChannel | None) -> Json | None:
    sid = channel and (channel.live_task_sid or channel.task_sid)
    found = call.store.first(Task, sid=sid) if sid else None
    return _shown(call, taskrouter_v1.TASKS, found, found.workspace_sid) if found else None


def _task(call: Call, task: Task, offers: Iterable[Reservation]) -> Json:
    shown = _shown(call, taskrouter_v1.TASKS, task, task.workspace_sid)
    made = [
        taskrouter_v1.TASK_RESERVATIONS.item_json(
            call, {"WorkspaceSid": task.workspace_sid}, Parent(task.sid), each
        )
        for each in offers
    ]
    return {**shown, "reservations": made, "step": task.step, "due_at": iso(task.due_at)}


def _execution(call: Call, execution: Execution) -> Json:
    flow = call.setting(StudioFlow, execution.flow_sid)
    shown = _shown(call, studio_v2.EXECUTIONS, execution, execution.flow_sid)
    return {
        **shown,
        "flow_friendly_name": flow and flow.friendly_name,
        "flow_version": execution.flow_version,
        "channel_sid": execution.channel_sid,
        "widget": execution.widget,
        "waiting_until": iso(execution.waiting_until),
        "steps_total": execution.steps,
    }


def _step(call: Call, step: Step) -> Json:
    shown = studio_v2.STEPS.item_json(
        call, {"FlowSid": step.flow_sid}, Parent(step.execution_sid), step
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
