"""What a change does to conversations in progress, which began under the settings before it.

When each setting is read follows from what Twilio documents of channels, tasks and the janitor;
that it is read then and not later is inferred.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable

from ..account import Account
from .steps import Change, Step

LOOKED_AT = 2000
"""Chat channels looked at, of each service; what is beyond is said to be at least that many."""
AT_ONCE = ("janitor_enabled",)
"""Read when a task ends."""
NEXT_TASK = tuple(
    f"integration.{name}" for name in ("workspace", "workflow", "channel", "timeout", "priority")
)
"""Read when a task is made."""
UNFELT = ("friendly_name", "enabled")
"""Nothing to a conversation that has begun."""


def in_progress(account: Account) -> tuple[Counter[str], bool]:
    """Conversations that have not ended, by flow; and whether there may be more."""
    active, is_all = _active_channels(account)
    flex = account.client.flex_api.v1
    channels = (*flex.channel.list(), *flex.web_channel.list())
    counted = Counter(one.flex_flow_sid for one in channels if one.sid in active)
    return counted, is_all


def _active_channels(account: Account) -> tuple[set[str], bool]:
    active: set[str] = set()
    is_all = True
    for service in account.client.chat.v2.services.list():
        channels = service.channels.list(limit=LOOKED_AT)
        is_all = is_all and len(channels) < LOOKED_AT
        active |= {one.sid for one in channels if _is_active(one.attributes)}
    return active, is_all


def _is_active(attributes: str | None) -> bool:
    try:
        return str(json.loads(attributes or "{}").get("status")).upper() == "ACTIVE"
    except (ValueError, AttributeError):
        return False


def note(step: Step, counted: Counter[str], is_all: bool) -> str:
    """What the step does to them; blank where it changes nothing or there are none."""
    count = counted[step.sid or ""]
    if step.action not in ("update", "delete") or (count == 0 and is_all):
        return ""
    number = f"{count} conversation{'s' if count != 1 else ''} in progress"
    effect = ENDLESS if step.action == "delete" else _of_update(step.changes)
    return f"{'' if is_all else 'at least '}{number}: {effect} (inferred)"


ENDLESS = "open as before, but no janitor and no further task will come to them"


def _of_update(changes: Iterable[Change]) -> str:
    fields = [change.field for change in changes]
    known = (*AT_ONCE, *NEXT_TASK, *UNFELT)
    groups = {
        "changes for them at once": [name for name in fields if name in AT_ONCE],
        "applies from their next task": [name for name in fields if name in NEXT_TASK],
        "stays as it was for them": [name for name in fields if name not in known],
    }
    said = [f"{', '.join(names)} {what}" for what, names in groups.items() if names]
    return "; ".join(said) or "nothing changes for them"
