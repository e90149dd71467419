"""Whether a definition is sound enough to be saved, and what about it will not run here.

Twilio names three causes of an invalid definition: it does not fit the schema, widget names are not
unique, or a transition leads to a widget that does not exist (documented).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ..core.errors import TwilioError
from .engine import WIDGET_TYPES
from .templates import COMPARISONS

MAX_WIDGETS = 2000
"""Widgets a flow may have (documented)."""
NEVER_DONE = {"add_twilio_auth": "the request carries no Twilio credentials here"}
"""Properties that a simulated widget has, and what this mock does not do with them."""


class Finding(NamedTuple):
    """One thing found: where, as a path into the JSON, and what to do about it."""

    path: str
    message: str

    def json(self) -> dict[str, str]:
        """As Twilio lists it (the names of the keys are inferred)."""
        return {"property_path": self.path, "message": self.message}


def checked(definition: Any) -> dict[str, Any]:
    """A definition, given as JSON text or already read, that is sound.

    Raises:
        TwilioError: 81022, it is not; `details` lists everything that is wrong (documented).
    """
    document = _document(definition)
    found = list(_errors(document))
    if found:
        first, more = found[0], len(found) - 1
        others = f" (and {more} more, see the details)" if more else ""
        raise TwilioError(
            81022,
            f"Flow definition validation failed at {first.path}: {first.message}{others}",
            details={"errors": [finding.json() for finding in found]},
        )
    return dict(document)


def _document(definition: Any) -> Any:
    if not isinstance(definition, str):
        return definition
    try:
        return json.loads(definition)
    except (ValueError, RecursionError) as error:
        reason = f"the definition is not JSON: {error}"
        raise TwilioError(
            81022,
            f"Flow definition validation failed: {reason}",
            details={"errors": [Finding("#", reason).json()]},
        ) from None


def _errors(document: Any) -> Iterator[Finding]:
    states = document.get("states") if isinstance(document, Mapping) else None
    if not isinstance(states, list) or not states:
        yield Finding("#/states", "give a list of at least one widget, the trigger")
        return
    if len(states) > MAX_WIDGETS:
        yield Finding("#/states", f"{len(states)} widgets, at most {MAX_WIDGETS}")
    misshapen = [finding for at, state in _numbered(states) for finding in _shape(at, state)]
    yield from misshapen or _names(document, states)


def _numbered(states: list[Any]) -> Iterator[tuple[str, Any]]:
    return ((f"#/states/{number}", state) for number, state in enumerate(states))


def _shape(at: str, state: Any) -> Iterator[Finding]:
    if not isinstance(state, Mapping):
        yield Finding(at, "a widget is an object with name, type, transitions and properties")
        return
    for key in ("name", "type"):
        if not isinstance(state.get(key), str) or not state[key]:
            yield Finding(f"{at}/{key}", f"give the widget a {key}")
    if not isinstance(state.get("properties", {}), Mapping):
        yield Finding(f"{at}/properties", "properties are an object")
    transitions = state.get("transitions")
    if not isinstance(transitions, list):
        yield Finding(f"{at}/transitions", "give a list of transitions; it may be empty")
        return
    for number, transition in enumerate(transitions):
        yield from _transition_shape(f"{at}/transitions/{number}", transition)


def _transition_shape(at: str, transition: Any) -> Iterator[Finding]:
    if not isinstance(transition, Mapping) or not isinstance(transition.get("event"), str):
        yield Finding(at, "a transition is an object that says its event")
        return
    if not isinstance(transition.get("next"), str | None):
        yield Finding(f"{at}/next", "the next widget is named by a text, or left out")
    conditions = transition.get("conditions") or []
    if not isinstance(conditions, list) or not all(map(_is_condition, conditions)):
        yield Finding(f"{at}/conditions", "conditions are objects with type, arguments and value")


def _is_condition(condition: Any) -> bool:
    return (
        isinstance(condition, Mapping)
        and isinstance(condition.get("type"), str)
        and isinstance(condition.get("arguments", []), list)
    )


def _names(document: Mapping[str, Any], states: list[Any]) -> Iterator[Finding]:
    counts = Counter(state["name"] for state in states)
    types = {state["name"]: state["type"] for state in states}
    for at, state in _numbered(states):
        if counts[state["name"]] > 1:
            yield Finding(f"{at}/name", f"{state['name']!r} names {counts[state['name']]} widgets")
        for number, transition in enumerate(state["transitions"]):
            target = transition.get("next")
            if target and target not in types:
                path = f"{at}/transitions/{number}/next"
                yield Finding(path, f"there is no widget {target!r}; it leads to {_listed(types)}")
        yield from _missing_properties(at, state)
    yield from _start(document, types)


def _listed(names: Mapping[str, str]) -> str:
    return "one of " + ", ".join(list(names)[:20])


def _missing_properties(at: str, state: Mapping[str, Any]) -> Iterator[Finding]:
    kind = WIDGET_TYPES.get(state["type"])
    for name in kind.required if kind else ():
        if name not in state.get("properties", {}):
            yield Finding(f"{at}/properties/{name}", f"{state['type']} cannot do without {name}")


def _start(document: Mapping[str, Any], types: Mapping[str, str]) -> Iterator[Finding]:
    initial = document.get("initial_state")
    triggers = [name for name, kind in types.items() if kind == "trigger"]
    if len(triggers) != 1:
        yield Finding("#/states", f"a flow has one widget of type trigger, not {len(triggers)}")
    elif initial not in triggers:
        yield Finding("#/initial_state", f"name the trigger, {triggers[0]!r}, not {initial!r}")


def warnings(document: Mapping[str, Any]) -> list[dict[str, str]]:
    """What a sound definition has in it that will not run in this mock."""
    return [
        finding.json()
        for at, state in _numbered(document["states"])
        for finding in _unsimulated(at, state)
    ]


def _unsimulated(at: str, state: Mapping[str, Any]) -> Iterator[Finding]:
    kind = WIDGET_TYPES.get(state["type"])
    if kind is None:
        known = ", ".join(WIDGET_TYPES)
        yield Finding(
            f"{at}/type", f"{state['type']!r} is not simulated by this mock; it simulates {known}"
        )
        return
    for name, value in state.get("properties", {}).items():
        if name in NEVER_DONE and value:
            yield Finding(f"{at}/properties/{name}", NEVER_DONE[name])
        elif name not in ("offset", *kind.required, *kind.optional):
            path = f"{at}/properties/{name}"
            yield Finding(path, f"{name} of {state['type']} is not known to this mock and ignored")
    for number, transition in enumerate(state["transitions"]):
        for condition in transition.get("conditions") or ():
            if condition["type"] not in COMPARISONS:
                path = f"{at}/transitions/{number}/conditions"
                yield Finding(path, f"condition {condition['type']!r} is not simulated")
