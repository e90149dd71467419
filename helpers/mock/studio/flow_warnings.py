"""Warnings of a valid definition: the parts of it that will go astray, and why."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ...json_object import json_object
from .actions import NO_CHAT
from .templates import COMPARISONS, is_comparable
from .widget_types import SIMULATED, WIDGET_TYPES
from .widgets import CONVERSATION, CUSTOM, MESSAGE, leads_nowhere

_TEMPLATE = "{{"
_OTHER_TRIGGER = re.compile(r"trigger\.(conversation|call)\b")
_OWN_TRIGGER = "trigger.message"

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


def warnings(document: Mapping[str, Any]) -> list[dict[str, str]]:
    """List what will go astray in a valid definition, as `property_path` and `message`."""
    in_chats = {state["name"] for state in reached(document)}
    return [
        {"property_path": f"#/states/{number}{path}", "message": message}
        for number, state in enumerate(document["states"])
        for path, message in _of_state(state, in_chats=state["name"] in in_chats)
    ]


def _of_state(state: Mapping[str, Any], *, in_chats: bool) -> Warnings:
    kind = state["type"]
    if kind == "trigger":
        yield from _of_trigger(state)
    yield from _of_transitions(state)
    if kind not in SIMULATED:
        yield (
            "/type",
            f"{kind!r} is not simulated by this mock: an execution that comes there ends; it"
            f" simulates {', '.join(SIMULATED)}",
        )
        return
    yield from _of_properties(state)
    if kind == "split-based-on":
        yield from _of_split(state)
    if in_chats:
        yield from _in_chats(state)
        if kind == "send-to-flex":
            yield from _of_hand_over(state)


def _of_trigger(state: Mapping[str, Any]) -> Warnings:
    """Warn of a flow for Conversations, or for nothing; one for REST or a parent is in order."""
    leading = {each["event"] for each in state["transitions"] if each.get("next")}
    if MESSAGE not in leading and (CONVERSATION in leading or not leading):
        yield "/transitions", leads_nowhere(MESSAGE)


def _of_transitions(state: Mapping[str, Any]) -> Warnings:
    known = WIDGET_TYPES[state["type"]].events if state["type"] in WIDGET_TYPES else ()
    for number, transition in enumerate(state.get("transitions") or ()):
        if known and transition["event"] not in known:
            yield (
                f"/transitions/{number}/event",
                f"{state['type']} never leaves by {transition['event']!r}; its events are"
                f" {', '.join(known)}",
            )


def _of_properties(state: Mapping[str, Any]) -> Warnings:
    kind, found = WIDGET_TYPES[state["type"]], state.get("properties") or {}
    for name in found:
        if name not in ("offset", *kind.required, *kind.optional):
            yield (
                f"/properties/{name}",
                f"{name} of {state['type']} is not known to this mock and ignored",
            )


def _of_split(state: Mapping[str, Any]) -> Warnings:
    subject = str(state["properties"].get("input", ""))
    if not any(each["event"] == "noMatch" for each in state["transitions"]):
        yield "/transitions", "an input without a match ends the execution, for want of noMatch"
    for number, transition in enumerate(state["transitions"]):
        for condition in transition.get("conditions") or ():
            at, kind = f"/transitions/{number}/conditions", condition["type"]
            value = str(condition.get("value") or "")
            if kind not in COMPARISONS:
                yield (
                    at,
                    f"condition {kind!r} is not simulated; it is one of {', '.join(COMPARISONS)}",
                )
            elif _TEMPLATE not in value and not is_comparable(kind, value):
                yield at, f"{kind} never holds, as {value!r} cannot be read as what it compares"
            others = [each for each in condition.get("arguments") or () if str(each) != subject]
            if others:
                yield (
                    at,
                    f"the argument {others[0]!r} is not compared, but the input, {subject!r}",
                )


def _in_chats(state: Mapping[str, Any]) -> Warnings:
    for name, value in (state.get("properties") or {}).items():
        text = value if isinstance(value, str) else json.dumps(value)
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


def _of_hand_over(state: Mapping[str, Any]) -> Warnings:
    text = str(state["properties"].get("attributes") or "{}")
    attributes = json_object(text)
    if attributes is None:  # made by Liquid, or not JSON
        if "channelSid" not in text:
            yield "/properties/attributes", f"they name no channelSid: {NO_CHAT}"
        return
    sid = attributes.get("channelSid")
    if not isinstance(sid, str) or not sid.strip():
        yield "/properties/attributes", f"they name no channelSid: {NO_CHAT}"
    elif _TEMPLATE not in sid and "{%" not in sid:
        yield (
            "/properties/attributes",
            f"channelSid is {sid!r} for every customer; it is {{{{trigger.message.ChannelSid}}}}"
            " for the customer's own chat",
        )
