"""What happened in a rehearsal, one row after another."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal


class Misfit(RuntimeError):
    """What somebody could not do, and why; the message says both."""


RowKind = Literal[
    "step",
    "request",
    "event",
    "message",
    "studio",
    "task",
    "reservation",
    "webhook",
    "state",
]
ROW_KINDS: dict[str, RowKind] = {
    "message": "message",
    "member": "event",
    "channel": "event",
    "worker": "event",
    "studio": "studio",
    "task": "task",
    "reservation": "reservation",
    "webhook": "webhook",
}
"""What the journal's kinds of entries are called in a timeline."""
CUSTOMER, AGENT, SERVER, STUDIO = "customer", "agent", "your server", "Studio"
_SID = re.compile(r"\b([A-Z]{2})[0-9a-f]{32}\b")


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that happened.

    Attributes:
        at: When, as ISO 8601 by the copy's clock.
        seconds: The same in seconds since the rehearsal began.
        kind: `step` of the script, `request`, `event` in chat, `message`, `studio`, `task`,
            `reservation`, `webhook`, or `state` for what had changed after it.
        who: Who did it, or what has the state.
        what: What it was; SIDs are numbered by kind, as in `CH#1`, so that they compare.
        detail: To whom, or how it ended.
    """

    at: str
    seconds: int
    kind: RowKind
    who: str
    what: str
    detail: str = ""

    @property
    def is_read(self) -> bool:
        """Whether it is a request that changes nothing."""
        return self.kind == "request" and self.what.startswith("GET ")

    @property
    def alike(self) -> tuple[object, ...]:
        """What makes it the same as a row of another rehearsal."""
        return self.seconds, self.kind, self.who, self.what, self.detail


class Names:
    """Numbers SIDs in the order in which they turn up, kind by kind."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}
        self._counts: dict[str, int] = {}

    def short(self, text: str) -> str:
        """A text with its SIDs numbered."""
        return _SID.sub(self._numbered, text)

    def _numbered(self, found: re.Match[str]) -> str:
        sid, prefix = found[0], found[1]
        if sid not in self._known:
            self._counts[prefix] = self._counts.get(prefix, 0) + 1
            self._known[sid] = f"{prefix}#{self._counts[prefix]}"
        return self._known[sid]
