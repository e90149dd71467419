"""A Studio flow as simulations of many customers take it: each way through it is worked out once.

`engine` decides, as it does for the account. The ways of two customers who say the same are the
same only if no template reads what differs between them, which is checked; and only their tasks'
attributes may.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ..core.context import Context
from ..core.parameters import read_json_object
from . import definition, engine, flows
from .actions import SendMessage, SendToFlex, StepError, WaitForReply, WidgetResult
from .definition import Widget
from .engine import MISSING
from .resources import StudioFlow
from .widgets import TIMED_OUT, replied

_TAG = re.compile(r"\{[{%].*?[%}]\}", re.DOTALL)
_PLAIN = re.compile(r"\{\{\s*[\w.\-]+\s*\}\}")
_READS = re.compile(r"\b(?:trigger|widgets|contact|flow|now|today)\b[^\s|}%,:]*")
_SHARED = re.compile(
    r"trigger\.message\.Body|widgets\.[\w\-]+\.inbound\.Body|flow\.variables\.[\w\-]+"
)
_OWN = re.compile(
    r"trigger\.message\.(?:ChannelSid|From|ClientIdentity)|contact\.channel\.address"
    r"|flow\.channel\.address"
    r"|trigger\.message\.ChannelAttributes\.(?:from|channel_type|pre_engagement_data\.[\w\-.]+)"
)
"""Values that differ from customer to customer, which only addresses, texts and tasks may have."""
_MAY_DIFFER = {
    "send-message": {"from", "channel", "service", "body"},
    "send-and-wait-for-reply": {"from", "channel", "service", "body"},
    "send-to-flex": {"attributes"},
}
_TYPES = {"trigger", "split-based-on", "set-variables", *_MAY_DIFFER}
_LONGEST = 10_000
_NOW = datetime(2026, 1, 5, tzinfo=UTC)
"""Stands for the moment, which no template reads."""


class Unproven(Exception):
    """A simulation cannot be proven to be the mock's; the text says why."""


@dataclass(frozen=True, slots=True)
class FlowTask:
    """The task of a Send to Flex; `attributes` as its template gives them."""

    workflow_sid: str
    channel: str
    attributes: dict[str, Any]
    priority: str
    timeout: str


@dataclass(slots=True)
class FlowStage:
    """A customer's place in a flow, once all that could be done at once has been.

    `done` are the authors of messages sent and the tasks made on the way here, in order; `seconds`
    the time to wait for a reply, None where the flow has ended.
    """

    context: Mapping[str, Any]
    widget: Widget
    steps: int = 0
    repeats: int = 0
    done: list[str | FlowTask] = field(default_factory=list)
    seconds: float | None = None
    following: dict[str | None, FlowStage] = field(default_factory=dict)


class FlowReplica:
    """A flow's published revision.

    Raises:
        Unproven: Customers who say the same may go different ways.
    """

    def __init__(self, flow_sid: str, initial_state: str, widgets: Mapping[str, Widget]) -> None:
        self._flow_sid = flow_sid
        self._initial_state = initial_state
        self._widgets = widgets
        for widget in widgets.values():
            if widget.type not in _TYPES:
                raise Unproven(f"{widget.name} of its Studio flow is of type {widget.type}")
            may_differ = _MAY_DIFFER.get(widget.type, set())
            for name, value in widget.properties.items():
                _check(widget, str(value), may_differ=name in may_differ)
            for transition in widget.transitions:
                for condition in transition.conditions:
                    _check(widget, condition.value, may_differ=False)

    @classmethod
    def of(cls, ctx: Context, flow_sid: str) -> FlowReplica:
        """Copy a flow of an account."""
        flow = ctx.store.first(StudioFlow, sid=flow_sid)
        if flow is None or flow.test_users:
            raise Unproven("the Studio flow is gone, or has test users")
        revision = flows.running(ctx, flow)
        if revision is None:
            raise Unproven("no revision of the Studio flow was published")
        widgets = definition.read(revision.definition)
        return cls(flow_sid, revision.definition["initial_state"], widgets)

    def start(self, message: Mapping[str, Any]) -> FlowStage:
        """Return the first stage of an execution that a message with these values starts."""
        address = {"address": message["ChannelSid"]}
        context = {
            "trigger": {"message": dict(message)},
            "contact": {"channel": {"address": message["From"]}},
            "flow": {"flow_sid": self._flow_sid, "channel": address},
            "widgets": {},
        }
        return self._run(FlowStage(context, self._widget(self._initial_state)))

    def follow(self, stage: FlowStage, reply: str | None) -> FlowStage:
        """Return the stage after a reply, or after none came in time."""
        if reply not in stage.following:
            result = TIMED_OUT if reply is None else replied({"Body": reply})
            stage.following[reply] = self._run(self._left(stage, result, []))
        return stage.following[reply]

    def _widget(self, name: str) -> Widget:
        return self._widgets.get(name) or Widget(name, MISSING, (), {})

    def _run(self, stage: FlowStage | None) -> FlowStage:
        """Go on as far as possible."""
        ended = FlowStage({}, self._widget(""))
        while stage is not None:
            ended.done = stage.done
            try:
                result = self._result(stage)
            except StepError:
                return ended
            if isinstance(result, WaitForReply):
                stage.context = engine.with_output(stage.context, stage.widget, result.output)
                stage.seconds = result.seconds
                return stage
            stage = self._left(stage, result, stage.done)
        return ended

    def _result(self, stage: FlowStage) -> WidgetResult | WaitForReply:
        widget = stage.widget
        context = {**stage.context, "now": _NOW}
        action = engine.enter(widget, context, steps=stage.steps, repeats=stage.repeats)
        if isinstance(action, SendMessage):
            own = stage.context["trigger"]["message"]["ChannelSid"]
            if action.media_url or action.attributes != "{}" or action.channel_sid != own:
                raise Unproven(f"{widget.name} of its Studio flow sends more than a text")
            if not action.body.strip() or len(action.body) > _LONGEST:
                raise Unproven(f"{widget.name} of its Studio flow sends a text that may be refused")
            stage.done.append(action.author)
            return action.then({})
        if isinstance(action, SendToFlex):
            attributes = read_json_object(action.attributes)
            if attributes is None:
                raise Unproven(f"the attributes of {widget.name} are no JSON object")
            task = FlowTask(
                action.workflow, action.channel, attributes, action.priority, action.timeout
            )
            stage.done.append(task)
            return action.then({})
        if isinstance(action, WidgetResult | WaitForReply):
            return action
        raise Unproven(f"{widget.name} of its Studio flow is of type {widget.type}")

    def _left(
        self, stage: FlowStage, result: WidgetResult, done: list[str | FlowTask]
    ) -> FlowStage | None:
        """Return the next widget's stage; None where the flow ends, or has no way on."""
        try:
            target = engine.follow(stage.widget, result)
        except StepError:
            target = None
        if target is None:
            return None
        context = engine.with_result(stage.context, stage.widget, result)
        repeats = stage.repeats + 1 if target == stage.widget.name else 0
        return FlowStage(context, self._widget(target), stage.steps + 1, repeats, done)


def _check(widget: Widget, text: str, *, may_differ: bool) -> None:
    """Refuse a template that reads what differs between customers, or the time."""
    for tag in _TAG.findall(text):
        for read in _READS.findall(tag):
            is_own = may_differ and _PLAIN.fullmatch(tag) and _OWN.fullmatch(read)
            if not is_own and not _SHARED.fullmatch(read):
                raise Unproven(f"{widget.name} of its Studio flow reads {read}")
