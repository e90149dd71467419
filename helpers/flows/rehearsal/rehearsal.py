"""A rehearsal that has been played: its timeline as table, sequence, plot and page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, field, fields
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING

from ...diagrams import STEPS, SequenceDiagram
from ...mock import JournalEntry
from ..config import FlexFlowConfig
from . import pages
from .outcome import Outcome
from .script import Script
from .timeline import Row
from .verbs import duration

if TYPE_CHECKING:
    import pandas as pd

    from ..picture import Picture

COLUMNS = tuple(each.name for each in fields(Row))


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What came of playing a script with a Flex Flow.

    Attributes:
        flow: The config.
        script: What was played.
        rows: The timeline: every step, request, event, message, task, reservation, webhook and
            state, oldest first.
        entries: The part of it that a sequence diagram draws.
        outcome: The result in a few figures.
    """

    flow: FlexFlowConfig = field(repr=False)
    script: Script
    rows: tuple[Row, ...] = field(repr=False)
    entries: tuple[JournalEntry, ...] = field(repr=False)
    outcome: Outcome

    @property
    def title(self) -> str:
        """Which script, with which flow."""
        return f"{self.script.name}: {self.flow.friendly_name} ({self.flow.integration_type})"

    def shown(self, *, reads: bool = False) -> tuple[Row, ...]:
        """The timeline without (or with) requests that only read."""
        return tuple(row for row in self.rows if reads or not row.is_read)

    def table(self, *, reads: bool = False) -> pd.DataFrame:
        """The timeline as a table.

        Args:
            reads: Whether requests that only read are in it.

        Returns:
            One row each: `at`, `seconds`, `kind`, `who`, `what` and `detail`.
        """
        import pandas as pd  # noqa: PLC0415 - heavy, and not everybody wants a table

        return pd.DataFrame([astuple(row) for row in self.shown(reads=reads)], columns=COLUMNS)

    def sequence(self) -> SequenceDiagram:
        """Who turned to whom, as a Mermaid sequence diagram that a notebook draws."""
        drawn = self.entries[-STEPS:]
        return SequenceDiagram(drawn, len(self.entries) - len(drawn), dict(_pauses(drawn)))

    def plot(self) -> Picture:
        """The timeline as a picture: who wrote when, and what state the task and chat were in."""
        from .plotting import plot  # noqa: PLC0415 - heavy, and not everybody wants a picture

        return plot(self.rows, self.title)

    def __repr__(self) -> str:
        lines = [self.title]
        for row in self.shown():
            detail = f" ({row.detail})" if row.detail else ""
            when = duration(row.seconds)
            lines.append(f"{when:>12}  {row.kind:<11} {row.who}: {row.what}{detail}")
        return "\n".join([*lines, "", str(self.outcome)])

    def _repr_html_(self) -> str:
        outcome = pages.pairs(self.outcome.lines())
        rows = [(duration(r.seconds), r.kind, r.who, r.what, r.detail) for r in self.shown()]
        emphasis = [row.kind == "step" for row in self.shown()]
        heads = ("after", "kind", "who", "what", "detail")
        return pages.section(self.title, outcome + pages.table(heads, rows, emphasis, narrow=3))


def _pauses(entries: Sequence[JournalEntry]) -> Iterator[tuple[int, str]]:
    """Where time went by between two entries, and how much."""
    moments = [datetime.fromisoformat(entry.at) for entry in entries]
    for place, (before, after) in enumerate(pairwise(moments), start=1):
        if after > before:
            yield place, f"{duration((after - before).total_seconds())} later"
