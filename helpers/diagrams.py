"""Sequence diagrams of the latest events: in Mermaid, which JupyterLab draws, and as SVG.

The SVG is for readers that do not run Mermaid: GitHub, nbviewer, VS Code, nbconvert.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from .account import Account
from .mock import JournalEntry, MockTwilio
from .sequence_svg import Arrow, Note, draw_sequence

LONGEST = 40
"""Characters shown of a text."""
STEPS = 100
"""Latest steps drawn: Mermaid takes no more than 50,000 characters."""
TITLE = "Sequence diagram"
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
        lanes = self._lanes()
        keys = [_LANES[lane] for lane in lanes]
        across = ",".join(dict.fromkeys((keys[0], keys[-1])))
        lines = ["sequenceDiagram", f"accTitle: {TITLE}", f"accDescr: {_escaped(self._summary())}"]
        lines += [f"participant {key} as {name}" for key, name in zip(keys, lanes, strict=True)]
        if remark := self._remark():
            lines.append(f"Note over {keys[0]}: {remark}")
        for item in self._items():
            if isinstance(item, Note):
                lines.append(f"Note over {across}: {_escaped(item.text)}")
            else:
                arrow = f"{_LANES[item.source]}->>{_LANES[item.target]}"
                lines.append(f"{arrow}: {_escaped(item.text)}")
        return "\n    ".join(lines)

    @property
    def svg(self) -> str:
        """The diagram as SVG, with the same bytes everywhere."""
        lanes = self._lanes()
        remark = self._remark()
        first = [Note(remark, lanes[0], lanes[0])] if remark else []
        return draw_sequence(lanes, [*first, *self._items()], TITLE, repr(self))

    def _lanes(self) -> list[str]:
        used = {name for step in self.steps for name in (step.source, step.target)} or {"Flex"}
        return [name for name in _LANES if name in used]

    def _items(self) -> Iterator[Arrow | Note]:
        lanes = self._lanes()
        for place, step in enumerate(self.steps):
            if place in self.notes:
                yield Note(_cut(self.notes[place]), lanes[0], lanes[-1])
            yield Arrow(step.source, step.target, _cut(step.text))

    def _remark(self) -> str:
        if not self.steps:
            return "nothing has happened yet"
        return f"{self.left_out} earlier steps are left out" if self.left_out else ""

    def _summary(self) -> str:
        *others, last = self._lanes()
        between = f"{', '.join(others)} and {last}" if others else last
        return f"{len(self.steps)} steps between {between}, from top to bottom"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {
            "text/vnd.mermaid": self.mermaid,
            "image/svg+xml": self.svg,
            "text/plain": repr(self),
        }

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
