"""Pictures of what just happened, in Mermaid, which JupyterLab draws."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .account import Account
from .mock import JournalEntry, MockTwilio

LONGEST = 40
"""Characters of a text that are shown."""
STEPS = 100
"""Steps that are drawn, the latest ones: Mermaid takes no more than 50,000 characters."""
SETTLING = 5.0
"""Seconds to wait for flows and webhooks that are under way."""

_LANES = {
    "customer": "Customer",
    "Flex": "Flex",
    "Studio": "Studio",
    "TaskRouter": "TaskRouter",
    "agent": "Agent",
    "your server": "Server",
}
_SPECIAL = re.compile(r"""[#;:"'`<>&%{}$\\]|\be(?=nd\b)""", re.IGNORECASE)


class NoStory(RuntimeError):  # noqa: N818 - reads as what happened
    """What happened in this account is not known in this kernel."""


@dataclass(frozen=True, slots=True)
class SequenceDiagram:
    """Who turned to whom, from top to bottom; a notebook draws it.

    Attributes:
        steps: What happened, oldest first.
        left_out: How many earlier steps are not shown.
    """

    steps: tuple[JournalEntry, ...]
    left_out: int = 0

    @property
    def mermaid(self) -> str:
        """The diagram in Mermaid's language."""
        used = {name for step in self.steps for name in (step.source, step.target)} or {"Flex"}
        lanes = [f"participant {key} as {name}" for name, key in _LANES.items() if name in used]
        drawn = [
            f"{_LANES[step.source]}->>{_LANES[step.target]}: {_escaped(_cut(step.text))}"
            for step in self.steps
        ]
        return "\n    ".join(["sequenceDiagram", *lanes, *self._note(lanes), *drawn])

    def _note(self, lanes: list[str]) -> list[str]:
        remark = self._remark()
        return [f"Note over {lanes[0].split()[1]}: {remark}"] if remark else []

    def _remark(self) -> str:
        if not self.steps:
            return "nothing has happened yet"
        return f"{self.left_out} earlier steps are left out" if self.left_out else ""

    def _repr_markdown_(self) -> str:
        return f"```mermaid\n{self.mermaid}\n```"

    def __repr__(self) -> str:
        remark = self._remark()
        lines = [f"{step.source} -> {step.target}: {_cut(step.text)}" for step in self.steps]
        return "\n".join([f"({remark})", *lines] if remark else lines)


def sequence(account: Account, since: int | None = None) -> SequenceDiagram:
    """Draw what has just happened between customer, Flex, Studio, TaskRouter, agent and server.

    It waits for flows and webhooks that are under way, a few seconds at the most.

    Args:
        account: A mock account in this kernel.
        since: Only what happened since then: what `account.mock.journal.position` was.

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
    """A text on one line that is not too long."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 3].rstrip()}..."


def _escaped(text: str) -> str:
    """A text with what means something to Mermaid, or to Markdown, as character codes."""
    return _SPECIAL.sub(lambda found: f"#{ord(found[0])};", text) or "#160;"
