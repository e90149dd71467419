"""Sequence diagrams of the latest events, in Mermaid, which JupyterLab draws."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from .account import Account
from .mock import JournalEntry, MockTwilio

LONGEST = 40
"""Characters shown of a text."""
STEPS = 100
"""Latest steps drawn: Mermaid takes no more than 50,000 characters."""
SETTLING = 5.0
"""Seconds to wait for flows and webhooks to finish."""

_LANES = {
    "customer": "Customer",
    "Flex": "Flex",
    "Studio": "Studio",
    "TaskRouter": "TaskRouter",
    "agent": "Agent",
    "your server": "Server",
}
_SPECIAL = re.compile(r"""[#;:"'`<>&%{}$\\]|\be(?=nd\b)""", re.IGNORECASE)


class NoStory(RuntimeError):
    """The events of this account are not known in this kernel."""


@dataclass(frozen=True, slots=True)
class SequenceDiagram:
    """Messages between the parties, from top to bottom; a notebook draws it.

    `steps` are entries of the journal, oldest first, after `left_out` earlier ones; `notes` are
    written across before a step, by its place.
    """

    steps: tuple[JournalEntry, ...]
    left_out: int = 0
    notes: Mapping[int, str] = field(default_factory=dict)

    @property
    def mermaid(self) -> str:
        """The diagram in Mermaid's language."""
        used = {name for step in self.steps for name in (step.source, step.target)} or {"Flex"}
        lanes = [f"participant {key} as {name}" for name, key in _LANES.items() if name in used]
        first, last = lanes[0].split()[1], lanes[-1].split()[1]
        across = first if first == last else f"{first},{last}"
        lines = ["sequenceDiagram", *lanes]
        if remark := self._remark():
            lines.append(f"Note over {first}: {remark}")
        for place, step in enumerate(self.steps):
            if place in self.notes:
                lines.append(f"Note over {across}: {_escaped(_cut(self.notes[place]))}")
            arrow = f"{_LANES[step.source]}->>{_LANES[step.target]}"
            lines.append(f"{arrow}: {_escaped(_cut(step.text))}")
        return "\n    ".join(lines)

    def _remark(self) -> str:
        if not self.steps:
            return "nothing has happened yet"
        return f"{self.left_out} earlier steps are left out" if self.left_out else ""

    def _repr_markdown_(self) -> str:
        return f"```mermaid\n{self.mermaid}\n```"

    def __repr__(self) -> str:
        remark = self._remark()
        lines = [f"({remark})"] if remark else []
        for place, step in enumerate(self.steps):
            if place in self.notes:
                lines.append(f"({_cut(self.notes[place])})")
            lines.append(f"{step.source} -> {step.target}: {_cut(step.text)}")
        return "\n".join(lines)


def sequence(account: Account, since: int | None = None) -> SequenceDiagram:
    """Draw the latest events between customer, Flex, Studio, TaskRouter, agent and server.

    It waits a few seconds at most for flows and webhooks to finish.

    Args:
        account: A mock account in this kernel.
        since: A former `account.mock.journal.position`: only later events are drawn.

    Raises:
        NoStory: The account is live, or a shared mock in another process.
    """
    if not isinstance(account.mock, MockTwilio):
        raise NoStory(
            "only a mock account in this kernel, from connect(), remembers what happened in order;"
            " helpers.tables shows what this one holds: tasks, reservations, executions and events"
        )
    account.mock.studio.settle(SETTLING)
    account.mock.webhooks.settle(SETTLING)
    entries = account.mock.journal.since(since or 0)
    return SequenceDiagram(tuple(entries[-STEPS:]), max(0, len(entries) - STEPS))


def _cut(text: str) -> str:
    """Return a text on one line, shortened."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 3].rstrip()}..."


def _escaped(text: str) -> str:
    """Return a text with the special characters of Mermaid and Markdown as codes."""
    return _SPECIAL.sub(lambda found: f"#{ord(found[0])};", text) or "#160;"
