"""The effect of a change on conversations in progress, which began under the settings before it.

The moment at which a setting is read follows from Twilio's documentation of channels, tasks and the
janitor; that it is read then and not later is inferred.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import chain
from typing import NamedTuple

from ...account import Account
from ...json_object import json_object
from ..file.config import ROOT
from ..file.conversations import ADDRESSES
from ..file.kinds.studio import STUDIO_FLOWS
from ..file.kinds.table import KINDS
from .steps import PlanStep

LOOKED_AT = 2000
"""Channels read of each list; where there are more, the count is "at least"."""
CONCERNING = ("update", "delete")
ENDLESS = "open as before, but no janitor and no further task will come to them"
OF_AN_ADDRESS = {
    "update": "they keep the webhook that they began with; what changes applies to new ones",
    "delete": "they go on, and a customer without one reaches nobody at this address",
}
"""Conversations are wired when they are created (documented), and say no address of theirs."""
OF_A_STUDIO_FLOW = {
    "update": "they go on with the revision that they began with; what changes applies to new ones",
    "delete": "they end at once, and their customers wait for an answer (inferred)",
}
"""An execution keeps its revision (documented)."""
OF_TASKS = ("workspace", "workflow", "channel", "timeout", "priority")
EFFECTS = {
    # Read when a task ends, or a customer writes.
    "changes for them at once": ("janitor_enabled", "integration.creation_on_message"),
    # Read when a task is made.
    "applies from their next task": ("channel_type", *(f"integration.{one}" for one in OF_TASKS)),
    # Read when a long-lived chat is given back to its handler, its task having ended.
    "applies once their task has ended": ("integration_type", "integration.flow"),
}
UNFELT = ("friendly_name", "enabled")
"""Without effect on a conversation that has begun."""


class InProgress(NamedTuple):
    """Conversations that have not ended, by flow, and whether all channels were read."""

    counted: Counter[str]
    are_all: bool


def in_progress(account: Account, steps: Iterable[PlanStep]) -> InProgress:
    """Count the conversations, if any step can concern them."""
    if not any(step.action in CONCERNING and step.kept_in == ROOT for step in steps):
        return InProgress(Counter(), are_all=True)
    flex, chat = account.client.flex_api.v1, account.client.chat.v2
    services = [service.channels.list(limit=LOOKED_AT) for service in chat.services.list()]
    flexes = [flex.channel.list(limit=LOOKED_AT), flex.web_channel.list(limit=LOOKED_AT)]
    active = {
        one.sid
        for one in chain.from_iterable(services)
        if str((json_object(one.attributes) or {}).get("status")).upper() == "ACTIVE"
    }
    counted = Counter(one.flex_flow_sid for one in chain.from_iterable(flexes) if one.sid in active)
    return InProgress(counted, all(len(one) < LOOKED_AT for one in (*services, *flexes)))


def impact_note(step: PlanStep, conversations: InProgress) -> str:
    """The effect of a step on them; blank where it changes nothing or there are none."""
    if step.kept_in == ADDRESSES and step.action in CONCERNING:
        effect = OF_AN_ADDRESS[step.action]
        return f"conversations in progress, should there be any: {effect} (inferred)"
    if step.kept_in == STUDIO_FLOWS and step.action in CONCERNING:
        return f"executions in progress, should there be any: {OF_A_STUDIO_FLOW[step.action]}"
    if step.kept_in in KINDS:
        return ""
    count = conversations.counted[step.sid or ""]
    if step.action not in CONCERNING or (count == 0 and conversations.are_all):
        return ""
    fields = [change.field for change in step.changes]
    if "integration_type" in fields:  # another handler has other settings: one change, not many
        fields = [name for name in fields if not name.startswith("integration.")]
    groups = {effect: [one for one in fields if one in of] for effect, of in EFFECTS.items()}
    known = (*chain.from_iterable(EFFECTS.values()), *UNFELT)
    groups["stays as it was for them"] = [one for one in fields if one not in known]
    effects = [f"{', '.join(names)} {effect}" for effect, names in groups.items() if names]
    effect = "; ".join(effects) or "nothing changes for them"
    if step.action == "delete":
        effect = ENDLESS
    if count == 0:
        return f"conversations in progress, should there be any: {effect} (inferred)"
    number = f"{count} conversation{'s' if count != 1 else ''} in progress"
    least = "" if conversations.are_all else "at least "
    return f"{least}{number}: {effect} (inferred)"
