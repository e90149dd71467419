"""Widgets that talk to nobody outside the flow: the trigger, splits and variables."""

from __future__ import annotations

import json
import re
from typing import Any

from .conditions import holds
from .definition import Condition, Transition, Widget
from .moves import Context, Outcome
from .problems import TEMPLATE_FAILED, StepError
from .templates import filled, render

MESSAGE, CONVERSATION, REQUEST = (
    "incomingMessage",
    "incomingConversationMessage",
    "incomingRequest",
)
_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?\Z")


def trigger(widget: Widget, context: Context) -> Outcome:
    """Leave by the event that started the execution.

    A flow made for Conversations only, whose trigger leads on from an incoming conversation alone,
    takes a chat message as that (inferred).
    """
    if "message" not in context["trigger"]:
        return Outcome(REQUEST)
    if _leads_on(widget, CONVERSATION) and not _leads_on(widget, MESSAGE):
        note = f"{MESSAGE} leads nowhere, so the chat message was taken as {CONVERSATION}"
        return Outcome(CONVERSATION, left={"note": note})
    return Outcome(MESSAGE)


def _leads_on(widget: Widget, event: str) -> bool:
    transition = widget.on(event)
    return transition is not None and transition.next is not None


def split(widget: Widget, context: Context) -> Outcome:
    """Leave by the first match whose conditions all hold, else by `noMatch`."""
    for transition in widget.transitions:
        if transition.event == "match" and _fits(widget, transition, context):
            return Outcome("match", transition=transition)
    return Outcome("noMatch")


def _fits(widget: Widget, transition: Transition, context: Context) -> bool:
    return bool(transition.conditions) and all(
        _holds(widget, condition, context) for condition in transition.conditions
    )


def _holds(widget: Widget, condition: Condition, context: Context) -> bool:
    tested = condition.tested
    if tested is None:
        tested = str(widget.properties.get("input", ""))
    return holds(condition.type, render(tested, context), render(condition.value, context))


def set_variables(widget: Widget, context: Context) -> Outcome:
    """Set the flow's variables; each sees what was set before this widget (documented)."""
    variables = filled(widget.properties.get("variables") or [], context)
    return Outcome("next", variables={each["key"]: _value(each) for each in variables})


def _value(variable: dict[str, Any]) -> Any:
    """A variable's value: JSON or text where it says so, else a number if it reads as one.

    That unquoted numbers are numbers is documented; how a quoted one loses its quotes is inferred.
    """
    value = variable.get("value", "")
    if variable.get("type") == "json":
        return _parsed(variable["key"], value)
    if not isinstance(value, str) or variable.get("type") == "string":
        return value
    if _NUMBER.match(value):
        return json.loads(value)
    quoted = value[1:-1]
    return quoted if value == f'"{quoted}"' and _NUMBER.match(quoted) else value


def _parsed(key: str, value: Any) -> Any:
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError as error:
        raise StepError(
            TEMPLATE_FAILED, f"Variable {key!r} is not the JSON it should be: {error}"
        ) from None
