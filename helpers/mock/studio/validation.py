"""Checks of a definition: whether it can be saved.

Twilio names three causes of an invalid definition: it does not fit the schema, widget names are not
unique, or a transition leads to a widget that does not exist (documented).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from ...json_object import storable_json
from ..core.errors import TwilioError
from .widget_types import WIDGET_TYPES

MAX_WIDGETS = 2000
"""Widgets a flow may have (documented)."""
MAX_RUN_SUBFLOWS, MAX_SUBFLOWS = 150, 50
"""Run Subflow widgets a flow may have, and flows that they may run (documented)."""
LATEST_PUBLISHED, LATEST = "LatestPublished", "LatestRevision"
LATEST_DRAFT = (LATEST, "LatestDraft")
"""Names of a subflow's latest revision; how the Console writes its own is not known."""

Found = Iterator[tuple[str, str]]
"""Paths into the JSON, each with advice."""


def checked(definition: Any) -> dict[str, Any]:
    """Return a valid definition, given as JSON text or already read.

    Raises:
        TwilioError: 81022, it is not valid; `details` lists every error (documented).
    """
    try:
        document = storable_json(definition) if isinstance(definition, str) else definition
    except ValueError as error:
        found = [("#", f"the definition is not JSON: {error}")]
    else:
        found = list(_errors(document))
    if found:
        (path, message), more = found[0], len(found) - 1
        others = f" (and {more} more, see the details)" if more else ""
        raise TwilioError(
            81022,
            f"Flow definition validation failed at {path}: {message}{others}",
            details={"errors": _listed(found)},
        )
    return dict(document)


def _listed(found: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    """List findings under the names that Twilio gives them (inferred)."""
    return [{"property_path": path, "message": message} for path, message in found]


def _errors(document: Any) -> Found:
    states = document.get("states") if isinstance(document, Mapping) else None
    if not isinstance(states, list) or not states:
        yield "#/states", "give a list of at least one widget, the trigger"
        return
    if len(states) > MAX_WIDGETS:
        yield "#/states", f"{len(states)} widgets, at most {MAX_WIDGETS}"
    malformed = [error for at, state in _numbered(states) for error in _state_errors(at, state)]
    yield from malformed or _flow_errors(document, states)


def _numbered(states: list[Any]) -> Iterator[tuple[str, Any]]:
    return ((f"#/states/{number}", state) for number, state in enumerate(states))


def _state_errors(at: str, state: Any) -> Found:
    if not isinstance(state, Mapping):
        yield at, "a widget is an object with name, type, transitions and properties"
        return
    for key in ("name", "type"):
        if not isinstance(state.get(key), str) or not state[key]:
            yield f"{at}/{key}", f"give the widget a {key}"
        elif key == "type" and state[key] not in WIDGET_TYPES:
            near = get_close_matches(state[key], WIDGET_TYPES, n=1, cutoff=0)[0]
            yield (
                f"{at}/type",
                f"{state[key][:80]!r} is no type of widget; the nearest is {near!r}, and there are"
                f" {', '.join(sorted(WIDGET_TYPES))}",
            )
    if not isinstance(state.get("properties", {}), Mapping):
        yield f"{at}/properties", "properties are an object"
    transitions = state.get("transitions")
    if not isinstance(transitions, list):
        yield f"{at}/transitions", "give a list of transitions; it may be empty"
        return
    for number, transition in enumerate(transitions):
        yield from _transition_errors(f"{at}/transitions/{number}", transition)


def _transition_errors(at: str, transition: Any) -> Found:
    if not isinstance(transition, Mapping) or not isinstance(transition.get("event"), str):
        yield at, "a transition is an object with an event"
        return
    if not isinstance(transition.get("next"), str | None):
        yield f"{at}/next", "next is the name of a widget, or left out"
    conditions = transition.get("conditions") or []
    if not isinstance(conditions, list) or not all(
        isinstance(each, Mapping)
        and isinstance(each.get("type"), str)
        and isinstance(each.get("arguments", []), list)
        for each in conditions
    ):
        yield f"{at}/conditions", "conditions are objects with type, arguments and value"


def _flow_errors(document: Mapping[str, Any], states: list[Any]) -> Found:
    counts = Counter(state["name"] for state in states)
    types = {state["name"]: state["type"] for state in states}
    for at, state in _numbered(states):
        if counts[state["name"]] > 1:
            yield f"{at}/name", f"{state['name']!r} names {counts[state['name']]} widgets"
        for number, transition in enumerate(state["transitions"]):
            target = transition.get("next")
            if target and target not in types:
                known = ", ".join(list(types)[:20])
                yield (
                    f"{at}/transitions/{number}/next",
                    f"there is no widget {target!r}; it leads to one of {known}",
                )
        for name in WIDGET_TYPES[state["type"]].required:
            if name not in state.get("properties", {}):
                yield f"{at}/properties/{name}", f"{state['type']} cannot do without {name}"
    yield from _subflow_errors(states)
    initial = document.get("initial_state")
    triggers = [name for name, type_ in types.items() if type_ == "trigger"]
    if len(triggers) != 1:
        yield "#/states", f"a flow has one widget of type trigger, not {len(triggers)}"
    elif initial not in triggers:
        yield "#/initial_state", f"name the trigger, {triggers[0]!r}, not {initial!r}"


def _subflow_errors(states: list[Any]) -> Found:
    """Find what Twilio's page on subflows rules out; that it is refused at once is inferred."""
    found = [(at, state) for at, state in _numbered(states) if state["type"] == "run-subflow"]
    revisions: dict[str, str] = {}
    for at, state in found:
        properties = state.get("properties", {})
        given = {name: str(properties.get(name) or "") for name in ("flow_sid", "flow_revision")}
        for name, text in given.items():
            if not text.strip() or "{{" in text or "{%" in text:
                yield f"{at}/properties/{name}", f"give {name} as a text; it is no template"
        sid, revision = given.values()
        if revision not in (LATEST_PUBLISHED, *LATEST_DRAFT) and not revision.isdecimal():
            yield (
                f"{at}/properties/flow_revision",
                f"it is {LATEST_PUBLISHED}, LatestDraft or a whole number, not {revision[:40]!r}",
            )
        if revisions.setdefault(sid, revision) != revision:
            yield f"{at}/properties/flow_revision", f"run one revision of {sid}, not two"
    if len(found) > MAX_RUN_SUBFLOWS or len(revisions) > MAX_SUBFLOWS:
        yield (
            "#/states",
            f"a flow has at most {MAX_RUN_SUBFLOWS} widgets of type run-subflow, which run at most"
            f" {MAX_SUBFLOWS} flows",
        )
