"""A flow's definition, read from its JSON: widgets, and the transitions between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison of a split: what is tested, how, against what. Both may be templates."""

    type: str
    tested: str | None
    value: str


@dataclass(frozen=True, slots=True)
class Transition:
    """Where a widget leads when something happens; `next` is None where the flow ends."""

    event: str
    next: str | None
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class Widget:
    """One state of the flow."""

    name: str
    type: str
    transitions: tuple[Transition, ...]
    properties: Mapping[str, Any]

    def on(self, event: str) -> Transition | None:
        """The first transition for an event, or None."""
        return next((each for each in self.transitions if each.event == event), None)


@dataclass(frozen=True, slots=True)
class Definition:
    """A flow: its widgets by name, and the one it starts with."""

    initial: str
    widgets: Mapping[str, Widget]


def read(document: Mapping[str, Any]) -> Definition:
    """Read a definition that `validation` has found sound."""
    widgets = {state["name"]: _widget(state) for state in document["states"]}
    return Definition(document["initial_state"], widgets)


def _widget(state: Mapping[str, Any]) -> Widget:
    transitions = tuple(_transition(each) for each in state.get("transitions") or ())
    return Widget(state["name"], state["type"], transitions, state.get("properties") or {})


def _transition(transition: Mapping[str, Any]) -> Transition:
    conditions = tuple(_condition(each) for each in transition.get("conditions") or ())
    return Transition(transition["event"], transition.get("next") or None, conditions)


def _condition(condition: Mapping[str, Any]) -> Condition:
    arguments = condition.get("arguments") or [None]
    value = condition.get("value")
    return Condition(condition["type"], arguments[0], "" if value is None else str(value))
