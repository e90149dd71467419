"""The state machine: the action of a widget, and the way on from its result.

Pure: no clock, no store, no network.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..core.errors import NOT_SIMULATED
from .actions import (
    NO_TRANSITION,
    TOO_MANY_REPEATS,
    TOO_MANY_STEPS,
    Action,
    FlowContext,
    StepError,
    WidgetResult,
)
from .definition import Widget
from .widget_types import SIMULATED

MAX_STEPS = 1000
"""Steps after which an execution ends (documented)."""
MAX_REPEATS = 10
"""Times in a row that a widget may run (documented)."""
MISSING = "missing"
"""Type of a widget that the definition does not have; to enter it is an error."""


def enter(widget: Widget, context: FlowContext, *, steps: int, repeats: int) -> Action:
    """Run a widget, after `steps` steps of which the last `repeats` were its own.

    Raises:
        StepError: 81000 or 81001, the flow loops; 81005, there is no such widget; 501, its type is
            not simulated; and the widget's own errors.
    """
    if widget.type == MISSING:
        raise StepError(NO_TRANSITION, f"The flow has no widget named {widget.name!r}")
    if steps >= MAX_STEPS:
        raise StepError(
            TOO_MANY_STEPS, f"The execution has taken {steps} steps; does the flow loop for ever?"
        )
    if repeats >= MAX_REPEATS:
        raise StepError(
            TOO_MANY_REPEATS,
            f"{widget.name} has run {repeats} times in a row; lead it on to another widget",
        )
    enter_widget = SIMULATED.get(widget.type)
    if enter_widget is None:
        raise StepError(
            NOT_SIMULATED,
            f"{widget.name} is of type {widget.type!r}, which this mock does not simulate;"
            f" it simulates {', '.join(SIMULATED)}",
        )
    return enter_widget(widget, context)


def follow(widget: Widget, result: WidgetResult) -> str | None:
    """The widget that comes next; None where the flow ends.

    Raises:
        StepError: 81005, the widget has no transition for the event.
    """
    transition = result.transition or widget.on(result.event)
    if transition is None:
        raise StepError(
            NO_TRANSITION,
            f"{widget.name} has no transition for {result.event!r}; add"
            f' {{"event": "{result.event}"}} to its transitions, with `next` to go on or without'
            " to end there",
        )
    return transition.next


def with_output(context: FlowContext, widget: Widget, output: Mapping[str, Any]) -> dict[str, Any]:
    """The context with the output of a widget added."""
    known = context["widgets"].get(widget.name, {})
    return {**context, "widgets": {**context["widgets"], widget.name: {**known, **output}}}


def with_result(context: FlowContext, widget: Widget, result: WidgetResult) -> dict[str, Any]:
    """The context once a widget has ended."""
    known = with_output(context, widget, result.output) if result.output else {**context}
    if result.variables:
        flow = context["flow"]
        variables = {**flow.get("variables", {}), **result.variables}
        known["flow"] = {**flow, "variables": variables}
    return known
