"""A flow's definition, read from its JSON: widgets, and the transitions between them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from ...json_object import text_of


class Condition(Struct, frozen=True):
    """One comparison of a split's input with `value`, which may be a template."""

    type: str
    value: str


class Transition(Struct, frozen=True):
    """Way out of a widget on an event; `next` is None where the flow ends."""

    event: str
    next: str | None
    conditions: tuple[Condition, ...] = ()


class Widget(Struct, frozen=True):
    """One state of the flow."""

    name: str
    type: str
    transitions: tuple[Transition, ...]
    properties: Mapping[str, Any]

    def on(self, event: str) -> Transition | None:
        """The first transition for an event, or None."""
        return next((each for each in self.transitions if each.event == event), None)


def read(document: Mapping[str, Any]) -> dict[str, Widget]:
    """Read the widgets of a definition that `validation` has accepted, by name."""
    widgets = {}
    for state in document["states"]:
        transitions = tuple(map(_transition, state.get("transitions") or ()))
        name = state["name"]
        widgets[name] = Widget(name, state["type"], transitions, state.get("properties") or {})
    return widgets


def _transition(transition: Mapping[str, Any]) -> Transition:
    conditions = tuple(map(_condition, transition.get("conditions") or ()))
    return Transition(transition["event"], transition.get("next") or None, conditions)


def _condition(condition: Mapping[str, Any]) -> Condition:
    return Condition(condition["type"], text_of(condition.get("value")))
