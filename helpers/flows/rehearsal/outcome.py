"""What came of a rehearsal, in a few figures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass, field, fields
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING

from ...diagrams import STEPS, SequenceDiagram
from ...mock import JournalEntry
from ..config import FlexFlowConfig
from . import pages
from .grammar import duration
from .script import Script
from .simulation import Lost, Simulation
from .timeline import Row


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a rehearsal.

    Attributes:
        answered_by: Who answered the customer first: `agent NAME`, `Studio` or `your server`;
            None for nobody.
        answered_after: Seconds from the customer's first message until then.
        agent_after: Seconds from there to an agent's first message.
        tasks: The status of every task made, at the end.
        channels: How many chats there were.
        channel: The status of the last one: `ACTIVE`, `INACTIVE`, `deleted` or `none`.
        unanswered: The customer's messages after which nobody wrote in that chat.
        lost: The customer's messages that reached nobody, and why.
        misfits: Steps that could not be done, and why.
        unmet: What the script expected in vain.
    """

    answered_by: str | None
    answered_after: int | None
    agent_after: int | None
    tasks: tuple[str, ...]
    channels: int
    channel: str
    unanswered: tuple[str, ...]
    lost: tuple[Lost, ...]
    misfits: tuple[str, ...]
    unmet: tuple[str, ...]

    @property
    def answered(self) -> bool:
        """Whether anybody answered the customer."""
        return self.answered_by is not None

    def lines(self) -> Iterator[tuple[str, str]]:
        """The same in words: what is told, and what it was."""
        yield "answered by", self.answered_by or "nobody"
        yield "answered after", _after(self.answered_after)
        yield "agent after", _after(self.agent_after)
        yield "tasks", ", ".join(self.tasks) or "none"
        yield "chats", str(self.channels)
        yield "channel at the end", self.channel
        yield "unanswered", _listed(self.unanswered)
        yield "reached nobody", _listed(f"{lost.body} ({lost.why})" for lost in self.lost)
        yield "could not be done", _listed(self.misfits)
        yield "expected in vain", _listed(self.unmet)

    def __str__(self) -> str:
        return "\n".join(f"{name}: {value}" for name, value in self.lines())

    def _repr_html_(self) -> str:
        return pages.pairs(self.lines())


def _after(seconds: int | None) -> str:
    return "-" if seconds is None else duration(seconds)


def _listed(texts: Iterable[str]) -> str:
    return "; ".join(texts) or "-"


def outcome_of(stage: Simulation, kind: str) -> Outcome:
    """What has come of what was played.

    Args:
        stage: Where.
        kind: The flow's integration type, which says whose words are no agent's.
    """
    said, agents = stage.customer.said, stage.floor.identities
    first = next((each for each in said if each.by_customer), None)
    later = said[said.index(first) + 1 :] if first else []
    replies = [each for each in later if not each.by_customer]
    by_agents = [each for each in replies if each.author in agents]
    answered_by = None
    if replies:
        author = replies[0].author
        other = "Studio" if kind == "studio" else "your server"
        answered_by = f"agent {agents[author]}" if author in agents else other
    begun = first.seconds if first else 0
    return Outcome(
        answered_by=answered_by,
        answered_after=replies[0].seconds - begun if replies else None,
        agent_after=by_agents[0].seconds - begun if by_agents else None,
        tasks=tuple(stage.floor.look().values()),
        channels=len(stage.customer.channels),
        channel=stage.channel_status(),
        unanswered=tuple(_unanswered(stage)),
        lost=tuple(stage.lost),
        misfits=tuple(stage.misfits),
        unmet=tuple(stage.unmet),
    )


def _unanswered(stage: Simulation) -> Iterator[str]:
    said = stage.customer.said
    for position, each in enumerate(said):
        later = (other for other in said[position + 1 :] if other.channel_sid == each.channel_sid)
        if each.by_customer and all(other.by_customer for other in later):
            yield each.body


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
        import pandas as pd

        return pd.DataFrame([astuple(row) for row in self.shown(reads=reads)], columns=COLUMNS)

    def sequence(self) -> SequenceDiagram:
        """Who turned to whom, as a Mermaid sequence diagram that a notebook draws."""
        drawn = self.entries[-STEPS:]
        return SequenceDiagram(drawn, len(self.entries) - len(drawn), dict(_pauses(drawn)))

    def plot(self) -> Picture:
        """The timeline as a picture: who wrote when, and what state the task and chat were in."""
        from .plotting import plot

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
