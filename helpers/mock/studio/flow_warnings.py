"""Warnings of a valid definition: the parts of it that will go astray, and why."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from difflib import get_close_matches
from itertools import product
from typing import Any

from ...json_object import json_object, text_of
from ..core.parameters import is_web_address
from .actions import NO_CHAT
from .liquid_dates import formatted
from .templates import COMPARISONS, condition_holds, is_comparable, is_template, reading
from .widget_types import SIMULATED, WIDGET_TYPES
from .widgets import (
    CONVERSATION,
    CUSTOM,
    DEFAULT_TIMEOUT,
    MESSAGE,
    are_pairs,
    are_seconds,
    leads_nowhere,
)

_OTHER_TRIGGER = re.compile(r"trigger\.(conversation|call)\b")
_OWN_TRIGGER = "trigger.message"
_TIME = re.compile(
    r"\{\{-?\s*(['\"]?)(?:now|today)\1\s*\|\s*date:\s*(['\"])(?P<form>[^'\"]*)\2\s*-?\}\}", re.I
)
_NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
_RANGES = (
    ("is_after_time", "is_before_time"),
    ("is_after_date", "is_before_date"),
    ("greater_than", "less_than"),
)
_ENDS = "the execution ends here"
_NEVER_MISSED = ("match", "callFailure", "composerStarted")
"""Events that a widget can do without: a split has a transition for each match, and the mock leaves
Send to Flex by none of the others."""

Warnings = Iterator[tuple[str, str]]
"""Paths into the JSON, each with a sentence."""


def reached(document: Mapping[str, Any], event: str = MESSAGE) -> Iterator[Mapping[str, Any]]:
    """The widgets that an event of the trigger can lead to, by default a customer's message."""
    states = {state["name"]: state for state in document["states"]}
    trigger = states[document["initial_state"]]
    ahead = [each.get("next") for each in trigger["transitions"] if each["event"] == event]
    seen = set()
    while ahead:
        name = ahead.pop()
        if name and name not in seen:
            seen.add(name)
            yield states[name]
            ahead += [each.get("next") for each in states[name].get("transitions") or ()]


def warnings(document: Mapping[str, Any], event: str = MESSAGE) -> list[dict[str, str]]:
    """List what will go astray in a valid definition, as `property_path` and `message`.

    A customer's message comes as an event of the trigger, by default one of Programmable Chat.
    """
    in_chats = {state["name"] for state in reached(document, event)}
    names = [state["name"] for state in document["states"]]
    return [
        {"property_path": f"#/states/{number}{path}", "message": message}
        for number, state in enumerate(document["states"])
        for path, message in _of_state(state, names, event, in_chats=state["name"] in in_chats)
    ]


def _of_state(
    state: Mapping[str, Any], names: list[str], event: str, *, in_chats: bool
) -> Warnings:
    kind = state["type"]
    if kind == "trigger":
        yield from _of_trigger(state, event)
    yield from _of_transitions(state)
    if kind not in SIMULATED:
        yield (
            "/type",
            f"{kind!r} is not simulated by this mock: an execution that comes there ends; it"
            f" simulates {', '.join(SIMULATED)}",
        )
        return
    yield from _of_properties(state)
    yield from _of_templates(state, names)
    if kind == "split-based-on":
        yield from _of_split(state)
    if in_chats:
        if event == MESSAGE:
            yield from _in_chats(state)
        if kind == "send-to-flex":
            yield from _of_hand_over(state, event)


def _of_trigger(state: Mapping[str, Any], event: str) -> Warnings:
    """Warn of a flow for the other API, or for nothing; one for REST or a parent is in order."""
    leading = {each["event"] for each in state["transitions"] if each.get("next")}
    if event not in leading and (leading & {MESSAGE, CONVERSATION} or not leading):
        yield "/transitions", leads_nowhere(event)


def _of_transitions(state: Mapping[str, Any]) -> Warnings:
    known = WIDGET_TYPES[state["type"]].events if state["type"] in WIDGET_TYPES else ()
    for number, transition in enumerate(state.get("transitions") or ()):
        if known and transition["event"] not in known:
            yield (
                f"/transitions/{number}/event",
                f"{state['type']} never leaves by {transition['event']!r}; its events are"
                f" {', '.join(known)}",
            )
    if state["type"] in SIMULATED and state["type"] != "trigger":
        listed = {transition["event"] for transition in state.get("transitions") or ()}
        for event in known:
            if event not in listed and event not in _NEVER_MISSED:
                yield (
                    "/transitions",
                    f"it has no transition for {event}: an execution that would leave by it ends"
                    " with an error",
                )


def _of_properties(state: Mapping[str, Any]) -> Warnings:
    kind, found = WIDGET_TYPES[state["type"]], state.get("properties") or {}
    for name in found:
        if name not in ("offset", *kind.required, *kind.optional):
            yield (
                f"/properties/{name}",
                f"{name} of {state['type']} is not known to this mock and ignored",
            )
    for name in ("variables", "parameters"):
        if not are_pairs(found.get(name) or []):
            yield f"/properties/{name}", f"{_ENDS}: it is no list of objects with a text as key"
    waits = state["type"] == "send-and-wait-for-reply"
    timeout = text_of(found.get("timeout") or DEFAULT_TIMEOUT).strip()
    if waits and not is_template(timeout) and not are_seconds(timeout):
        yield "/properties/timeout", f"{_ENDS}: it is a number of seconds, not {timeout!r}"
    url = text_of(found.get("url"))
    if "url" in kind.required and not is_web_address(url) and not is_template(url):
        yield "/properties/url", f"it is no http or https URL but {url!r}: the request fails"


def _of_templates(state: Mapping[str, Any], names: list[str]) -> Warnings:
    for path, text in _texts(state):
        problem, widgets = reading(text)
        if problem:
            yield path, f"{_ENDS}: Liquid cannot render {text[:80]!r}: {problem}"
        for name in sorted(widgets.difference(names)):
            near = get_close_matches(name, names, n=1)
            hint = f"; the nearest is {near[0]!r}" if near else ""
            yield path, f"widgets.{name} is blank, as no widget of the flow is named so{hint}"


def _texts(state: Mapping[str, Any]) -> Warnings:
    """Every text of a widget that is filled in, by its path."""
    for name, value in (state.get("properties") or {}).items():
        yield from ((f"/properties/{name}", text) for text in _texts_in(value))
    for number, transition in enumerate(state.get("transitions") or ()):
        for condition in transition.get("conditions") or ():
            yield f"/transitions/{number}/conditions", text_of(condition.get("value"))


def _texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list):
        for each in value.values() if isinstance(value, Mapping) else value:
            yield from _texts_in(each)


def _of_split(state: Mapping[str, Any]) -> Warnings:
    subject = text_of(state["properties"].get("input"))
    for number, transition in enumerate(state["transitions"]):
        yield from _of_range(number, transition)
        for condition in transition.get("conditions") or ():
            at, kind = f"/transitions/{number}/conditions", condition["type"]
            value = text_of(condition.get("value"))
            if kind not in COMPARISONS:
                yield (
                    at,
                    f"condition {kind!r} is not simulated; it is one of {', '.join(COMPARISONS)}",
                )
            elif not is_template(value) and not is_comparable(kind, value):
                yield at, f"{kind} never holds, as {value!r} cannot be read as what it compares"
            elif (written := _written_now(subject)) and not is_comparable(kind, written):
                yield (
                    at,
                    f"{kind} never holds, as {subject} writes {written!r}, which cannot be read as"
                    " what it compares",
                )
            others = [each for each in condition.get("arguments") or () if text_of(each) != subject]
            if others:
                yield (
                    at,
                    f"the argument {others[0]!r} is not compared, but the input, {subject!r}",
                )


def _of_range(number: int, transition: Mapping[str, Any]) -> Warnings:
    """Warn of conditions that no input meets together, such as after 17:00 and before 09:00."""
    values: dict[str, list[str]] = {}
    for condition in transition.get("conditions") or ():
        values.setdefault(condition["type"], []).append(str(condition.get("value") or "").strip())
    for above, below in _RANGES:
        for low, high in product(values.get(above, ()), values.get(below, ())):
            are_read = is_comparable(above, low) and is_comparable(below, high)
            if are_read and not condition_holds(below, low, high):
                yield (
                    f"/transitions/{number}/conditions",
                    f"{above} {low} and {below} {high} never hold together; for a range over"
                    " midnight make two transitions",
                )


def _written_now(subject: str) -> str:
    """The text that a template with nothing but the time in it makes; else a blank."""
    found = _TIME.fullmatch(subject.strip())
    return str(formatted("now", found["form"], _NOON)) if found else ""


def _in_chats(state: Mapping[str, Any]) -> Warnings:
    for name, value in (state.get("properties") or {}).items():
        text = text_of(value)
        found = _OTHER_TRIGGER.search(text)
        if found and _OWN_TRIGGER not in text:
            yield (
                f"/properties/{name}",
                f"{found[0]} is blank for a message of Programmable Chat, which comes as"
                f" {_OWN_TRIGGER}",
            )
        if name == "content_sid" and value and state["properties"].get("message_type") != CUSTOM:
            yield (
                f"/properties/{name}",
                "a channel of Programmable Chat takes no content template: the message fails",
            )


def _of_hand_over(state: Mapping[str, Any], event: str) -> Warnings:
    text = text_of(state["properties"].get("attributes") or "{}")
    attributes = json_object(text)
    if attributes is None and not is_template(text):
        yield "/properties/attributes", "they are no JSON object: no task is made"
    elif event == CONVERSATION:
        return  # an Interaction names its conversation by itself (documented)
    elif attributes is None:  # made by Liquid
        if "channelSid" not in text:
            yield "/properties/attributes", f"they name no channelSid: {NO_CHAT}"
    elif not isinstance(sid := attributes.get("channelSid"), str) or not sid.strip():
        yield "/properties/attributes", f"they name no channelSid: {NO_CHAT}"
    elif not is_template(sid):
        yield (
            "/properties/attributes",
            f"channelSid is {sid!r} for every customer; it is {{{{trigger.message.ChannelSid}}}}"
            " for the customer's own chat",
        )
