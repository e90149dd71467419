"""Rewrites Studio definitions for Incoming Conversation, and shows the difference."""

from __future__ import annotations

import copy
import difflib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

LEGACY_EVENT, EVENT = "incomingMessage", "incomingConversationMessage"
_LEGACY_ROOT = re.compile(r"\btrigger\.message\.(?P<name>\w+)")
_SHARED = frozenset(
    {
        "AccountSid",
        "Body",
        "ChannelAttributes",
        "ChannelSid",
        "DateCreated",
        "From",
        "MessageSid",
        "MessagingServiceSid",
    }
)
"""Names under `trigger.message` that `trigger.conversation` has too (Twilio's Studio trigger)."""
_NAME_OF_GUEST = "trigger.conversation.ChannelAttributes.from"
_NAME_OF_WEB_GUEST = "trigger.conversation.ChannelAttributes.pre_engagement_data.friendlyName"
KEPT = {"InstanceSid": "flows of Flex Conversations keep trigger.message.InstanceSid"}
"""Names that stay under `trigger.message`, and why."""


@dataclass(frozen=True)
class RewrittenFlow:
    """A Studio flow as it was and as it has to be.

    Attributes:
        sid: The flow, FW and 32 hex digits; blank where it is not known.
        name: Its friendly name.
        before: Its definition.
        after: The definition with Incoming Conversation wired and its variables renamed.
        remarks: Points that need a person's look.
    """

    sid: str
    name: str
    before: dict[str, Any]
    after: dict[str, Any]
    remarks: tuple[str, ...]

    @property
    def is_changed(self) -> bool:
        """True where the definition has to change."""
        return self.before != self.after

    @property
    def waits_an_hour(self) -> bool:
        """True where a Send to Flex has no time-out of its own."""
        return any(map(_has_no_timeout, self.after.get("states") or ()))

    @property
    def diff(self) -> str:
        """The change of the definition as a unified diff; blank for none."""
        before, after = (
            json.dumps(each, indent=2).splitlines() for each in (self.before, self.after)
        )
        lines = difflib.unified_diff(
            before, after, self.name, f"{self.name} (Conversations)", lineterm=""
        )
        return "\n".join(lines)


def rewrite(
    definition: dict[str, Any], name: str = "", sid: str = "", *, web: bool = False
) -> RewrittenFlow:
    """Rewrite a definition so that a conversation starts it as a legacy chat did.

    The trigger's Incoming Conversation goes where Incoming Message goes, unless it is wired
    already; `trigger.message.X` becomes `trigger.conversation.X` where the new trigger has it.
    With `web` the customer's name is read from where WebChats puts it.

    Raises:
        TypeError: The definition is no JSON object.
    """
    if not isinstance(definition, dict):
        raise TypeError("a definition is a JSON object, with states")
    after, remarks = copy.deepcopy(definition), []
    states = [state for state in after.get("states") or () if isinstance(state, dict)]
    for state in states:
        if state.get("type") == "trigger":
            remarks += _wire(state)
    left: set[str] = set()

    def renamed(found: re.Match[str]) -> str:
        if found["name"] in _SHARED:
            return f"trigger.conversation.{found['name']}"
        left.add(found["name"])
        return found[0]

    def changed(text: str) -> str:
        text = _LEGACY_ROOT.sub(renamed, text)
        return text.replace(_NAME_OF_GUEST, _NAME_OF_WEB_GUEST) if web else text

    for state in states:
        if "properties" in state:
            state["properties"] = _texts(state["properties"], changed)
        for transition in state.get("transitions") or ():
            if isinstance(transition, dict) and "conditions" in transition:
                transition["conditions"] = _texts(transition["conditions"], changed)
    remarks += [
        f"trigger.message.{name} stays: "
        + KEPT.get(name, "trigger.conversation has no such variable; take it from elsewhere")
        for name in sorted(left)
    ]
    remarks += [
        f"{state.get('name')} has no timeout: the task of an Interaction waits an hour, where that"
        " of a legacy chat waits a day (inferred); give it one"
        for state in filter(_has_no_timeout, states)
    ]
    if not any(state.get("type") == "send-to-flex" for state in states):
        remarks.append("has no Send to Flex widget: no Interaction, so no agent")
    return RewrittenFlow(sid, name, definition, after, tuple(remarks))


def _has_no_timeout(state: Any) -> bool:
    if not isinstance(state, dict) or state.get("type") != "send-to-flex":
        return False
    return not (state.get("properties") or {}).get("timeout")


def _wire(trigger: dict[str, Any]) -> list[str]:
    transitions = [one for one in trigger.get("transitions") or () if isinstance(one, dict)]
    targets = {one.get("event"): one.get("next") for one in transitions}
    if targets.get(EVENT):
        return []
    if not targets.get(LEGACY_EVENT):
        return ["Incoming Message leads nowhere, so Incoming Conversation does not either"]
    wired = {"event": EVENT, "next": targets[LEGACY_EVENT]}
    trigger["transitions"] = [one for one in transitions if one.get("event") != EVENT] + [wired]
    return []


def _texts(value: Any, change: Callable[[str], str]) -> Any:
    """The same JSON with each text changed."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {key: _texts(each, change) for key, each in value.items()}
    return [_texts(each, change) for each in value] if isinstance(value, list) else value
