"""The result of a rehearsal: its timeline, and its outcome in a few figures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING

from ... import html
from ...diagrams import STEPS, SequenceDiagram
from ...mock import JournalEntry
from .draft import Playable
from .grammar import duration
from .looking import author_of
from .script import Script
from .simulation import FILE, Lost, Shortfall, Simulation
from .timeline import Row

if TYPE_CHECKING:
    import pandas as pd

    from .plotting import Picture

COLUMNS = tuple(each.name for each in fields(Row))
UNDONE = "could not be done"
BOLD, NOWRAP = ";font-weight:bold", ";white-space:nowrap"


def styled(style: str, *row: object) -> list[html.Cell]:
    """A row of an HTML table, whose first three columns stay on one line."""
    return [html.Cell(each, style + NOWRAP * (at < 3)) for at, each in enumerate(row)]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a rehearsal in a few figures.

    Attributes:
        answered_by: The first to answer the customer: `agent NAME`, `Studio` or `your server`;
            None without an answer.
        answered_after: Seconds from the customer's first message until then.
        agent_after: Seconds from there to an agent's first message.
        tasks: The status of every task made, at the end.
        channel: The status of the last one: `ACTIVE` or `INACTIVE`, in Conversations `active`,
            `inactive` or `closed`; `deleted` or `none`.
        unanswered: The customer's messages that have no answer after them in that chat.
        lost: The customer's messages that reached nobody, and why.
        misfits: Steps that could not be done, and why.
        unmet: Expectations of the script that were not met.
        foreign: Number of the misfits that are steps of a party that has no part in such a chat,
            such as those of your server where Studio answers.
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
    foreign: int = field(default=0, repr=False)

    @property
    def undone(self) -> int:
        """Number of steps that could not be done, but for `foreign` ones."""
        return len(self.misfits) - self.foreign

    @property
    def answered(self) -> bool:
        """Return whether the customer was answered."""
        return self.answered_by is not None

    def lines(self) -> Iterator[tuple[str, str]]:
        """Names and values in words."""
        yield "answered by", self.answered_by or "nobody"
        for name, after in ("answered", self.answered_after), ("agent", self.agent_after):
            yield f"{name} after", "-" if after is None else duration(after)
        yield "tasks", ", ".join(self.tasks) or "none"
        yield "chats", str(self.channels)
        is_conversation = self.channel in ("active", "inactive", "closed")
        yield f"{'conversation' if is_conversation else 'channel'} at the end", self.channel
        yield "unanswered", "; ".join(self.unanswered) or "-"
        yield "reached nobody", "; ".join(f"{one.body} ({one.why})" for one in self.lost) or "-"
        yield UNDONE, "; ".join(self.misfits) or "-"
        yield "expectations not met", "; ".join(self.unmet) or "-"

    def __str__(self) -> str:
        return "\n".join(f"{name}: {value}" for name, value in self.lines())

    def _repr_html_(self) -> str:
        return html.table(self.lines(), style=html.TOP_LEFT)


def outcome_of(simulation: Simulation) -> Outcome:
    """The result of a simulation after its last step."""
    messages = simulation.chats.messages
    _, replies = simulation.answers()
    problems = simulation.problems
    last_reply = {
        each.channel_sid: position for position, each in enumerate(messages) if not each.by_customer
    }
    return Outcome(
        answered_by=author_of(simulation, replies[0]) if replies else None,
        answered_after=simulation.answered_after(),
        agent_after=simulation.answered_after(by_agent=True),
        tasks=tuple(simulation.agents.sync().values()),
        channels=len(simulation.chats.channels),
        channel=simulation.channel_status(),
        unanswered=tuple(
            each.body or FILE
            for position, each in enumerate(messages)
            if each.by_customer and last_reply.get(each.channel_sid, -1) < position
        ),
        lost=tuple(simulation.lost),
        misfits=tuple(str(each) for each in problems if each.kind != "unmet"),
        unmet=tuple(str(each) for each in problems if each.kind == "unmet"),
        foreign=sum(each.kind == "foreign" for each in problems),
    )


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """A script that was played with a Flex Flow, and its timeline, oldest first.

    `rows` has every step, request, event, message, task, reservation, webhook and state, `entries`
    what a sequence diagram draws of them. `assumptions` says what was taken for granted, `problems`
    has the steps that could not be done and the expectations that were not met.
    """

    flow: Playable = field(repr=False)
    script: Script
    rows: tuple[Row, ...] = field(repr=False)
    entries: tuple[JournalEntry, ...] = field(repr=False)
    outcome: Outcome
    assumptions: tuple[str, ...] = field(default=(), repr=False)
    problems: tuple[Shortfall, ...] = field(default=(), repr=False)

    @property
    def title(self) -> str:
        """The names of script and flow."""
        return f"{self.script.name}: {self.flow.label} ({self.flow.handler})"

    def shown(self, *, reads: bool = False) -> tuple[Row, ...]:
        """The timeline without (or with) requests that only read."""
        return tuple(row for row in self.rows if reads or not row.is_read)

    def table(self, *, reads: bool = False) -> pd.DataFrame:
        """The timeline without (or with) requests that only read, with the columns of `Row`."""
        from ...frames import AlignedTable

        return AlignedTable(self.shown(reads=reads), columns=COLUMNS)

    def sequence(self) -> SequenceDiagram:
        """The timeline as a Mermaid sequence diagram, which a notebook draws."""
        drawn = self.entries[-STEPS:]
        moments = [datetime.fromisoformat(entry.at) for entry in drawn]
        pauses = {
            place: f"{duration((after - before).total_seconds())} later"
            for place, (before, after) in enumerate(pairwise(moments), start=1)
            if after > before
        }
        return SequenceDiagram(drawn, len(self.entries) - len(drawn), pauses)

    def plot(self) -> Picture:
        """The timeline as a picture: messages, and states of tasks and chats."""
        from .plotting import plot

        return plot(self.rows, self.title)

    def __repr__(self) -> str:
        lines = [f"{duration(row.seconds):>12}  {row.kind:<11} {row}" for row in self.shown()]
        assumed = [f"assumes: {each}" for each in self.assumptions]
        return "\n".join([self.title, *lines, "", *assumed, str(self.outcome)])

    def _repr_html_(self) -> str:
        rows = [
            styled(BOLD * (r.kind == "step"), duration(r.seconds), r.kind, r.who, r.what, r.detail)
            for r in self.shown()
        ]
        heads = ("after", "kind", "who", "what", "detail")
        timeline = html.table(rows, heads, style=html.TOP_LEFT)
        outcome = self.outcome._repr_html_()
        assumed = "".join(f"<p>Assumes: {html.escaped(each)}</p>" for each in self.assumptions)
        return f"<div><b>{html.escaped(self.title)}</b>{outcome}{assumed}{timeline}</div>"
