"""Compares two Flex Flow configs that are played with the same script."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, overload

from ... import html
from ...account import Account
from ..accounts.copying import Servers
from .draft import Playable
from .grammar import duration
from .outcome import BOLD, UNDONE, Rehearsal, styled
from .rehearse import Sandbox
from .script import SCRIPTS, Script, script_of
from .timeline import Row

if TYPE_CHECKING:
    import pandas as pd

SAME, CHANGED, ONLY_A, ONLY_B = "", "≠", "a", "b"
"""Marks of a line of two timelines: the same, different, or in one of them only."""
HIGHLIGHT = ";background:rgba(255,165,0,.22)"
"""Orange that lets light and dark themes show through."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two rows side by side; None where one timeline has no row for the other's."""

    a: Row | None
    b: Row | None

    @property
    def mark(self) -> str:
        """The mark of the difference."""
        if self.a is None:
            return ONLY_B
        if self.b is None:
            return ONLY_A
        return SAME if self.a.alike == self.b.alike else CHANGED

    @property
    def row(self) -> Row:
        """One of the two."""
        return self.a or self.b  # type: ignore[return-value]  # a pair is never empty


@dataclass(frozen=True, slots=True)
class Comparison:
    """One script played with two configs, `a` and `b`; `pairs` aligns their timelines."""

    a: Rehearsal
    b: Rehearsal
    pairs: tuple[Pair, ...] = field(repr=False)

    @property
    def script(self) -> Script:
        """The script."""
        return self.a.script

    @property
    def title(self) -> str:
        """The names of script and flows."""
        return f"{self.script.name}: a = {_named(self.a.flow)}, b = {_named(self.b.flow)}"

    @property
    def outcomes(self) -> list[tuple[str, str, str]]:
        """Figures of the outcome that differ: the name, a's and b's.

        Steps that could not be done are among them even where they are the same in both.
        """
        both = zip(self.a.outcome.lines(), self.b.outcome.lines(), strict=True)
        return [
            (name, a, b)
            for (name, a), (_, b) in both
            if a != b or (name == UNDONE and self.is_incomplete)
        ]

    @property
    def is_incomplete(self) -> bool:
        """Return whether a step could not be done, but for those of a party that has no part."""
        return any(each.outcome.undone for each in (self.a, self.b))

    @property
    def differences(self) -> tuple[Pair, ...]:
        """The pairs that differ."""
        return tuple(pair for pair in self.pairs if pair.mark != SAME)

    @property
    def is_same(self) -> bool:
        """Return whether nothing differs, and all was played."""
        return not self.differences and not self.outcomes

    def table(self) -> pd.DataFrame:
        """Both timelines side by side.

        One row a pair: `mark` (empty, `≠` for a difference, `a` or `b` for what only one has),
        `seconds`, `kind`, and `who`, `what` and `detail` of each, empty where there is none.
        """
        from ...frames import AlignedTable

        sides = [f"{name}_{side}" for side in "ab" for name in ("who", "what", "detail")]
        rows = [
            (pair.mark, pair.row.seconds, pair.row.kind, *_cells(pair.a), *_cells(pair.b))
            for pair in self.pairs
        ]
        return AlignedTable(rows, columns=["mark", "seconds", "kind", *sides])

    def __repr__(self) -> str:
        lines = [self.title]
        for pair in self.pairs:
            if pair.mark != SAME or pair.row.kind == "step":
                when = duration(pair.row.seconds)
                both = (pair.a, pair.b) if pair.mark == CHANGED else (pair.row,)
                rows = " | ".join(map(str, both))
                lines.append(f"{pair.mark:>2} {when:>12}  {pair.row.kind}: {rows}")
        summary = [f"{name}: a: {a} | b: {b}" for name, a, b in self.outcomes]
        summary = summary or ["the same comes of both"]
        return "\n".join([*lines, "", *self.remarks, *summary])

    @property
    def remarks(self) -> list[str]:
        """Things to know about the comparison: steps left out, and what is taken for granted."""
        sides = (("a", self.a), ("b", self.b))
        foreign = [
            f"{name}: {each.outcome.foreign} steps are for a party that has no part in it"
            for name, each in sides
            if each.outcome.foreign
        ]
        assumed = {f"assumes: {one}": None for _, each in sides for one in each.assumptions}
        return [*foreign, *assumed]

    def _repr_html_(self) -> str:
        heads = ("", "after", "kind", "a", "b")
        rows = []
        shown = [pair for pair in self.pairs if pair.mark != SAME or pair.row.kind == "step"]
        for pair in shown:
            row, style = pair.row, HIGHLIGHT * (pair.mark != SAME)
            style += BOLD * (row.kind == "step")
            cells = (pair.mark, duration(row.seconds), row.kind, pair.a or "", pair.b or "")
            rows.append(styled(style, *cells))
        timelines = html.table(rows, heads, style=html.TOP_LEFT)
        summary = html.table(self.outcomes, ("outcome", "a", "b"), style=html.TOP_LEFT)
        alike = len(self.pairs) - len(shown)
        rest = f"<p>{alike} more lines are the same in both; table() has them.</p>" if alike else ""
        rest += "".join(f"<p>{html.escaped(each)}</p>" for each in self.remarks)
        title = f"<b>{html.escaped(self.title)}</b>"
        return f"<div>{title}{summary if self.outcomes else ''}{timelines}{rest}</div>"


@dataclass(frozen=True, slots=True)
class Comparisons(Sequence[Comparison]):
    """Several scripts played with two configs; shows the differences of each outcome."""

    each: tuple[Comparison, ...] = field(repr=False)

    def __len__(self) -> int:
        return len(self.each)

    def __getitem__(self, position: int | str | slice) -> Comparison:  # type: ignore[override]
        """One comparison, by its position or the name or title of its script."""
        if isinstance(position, str):
            for one in self.each:
                if one.script.name == position or one.script == SCRIPTS.get(position):
                    return one
            names = ", ".join(repr(one.script.name) for one in self.each)
            raise KeyError(f"no script {position!r} was compared; there are {names}")
        return self.each[position]  # type: ignore[return-value]

    def table(self) -> pd.DataFrame:
        """Differences of the outcomes.

        One row a difference: `script`, `outcome`, `a` and `b`; and for each script `lines`,
        the number of lines that differ in its timelines, and `left_out`, the number of steps of
        both that are for a party that has no part in it.
        """
        from ...frames import AlignedTable

        columns = ["script", "outcome", "a", "b", "lines", "left_out"]
        return AlignedTable(self._rows(), columns=columns)

    def _rows(self) -> list[tuple[str, str, str, str, int, int]]:
        return [
            (one.script.name, name, a, b, len(one.differences), _left_out(one))
            for one in self.each
            for name, a, b in one.outcomes or [("(the same)", "", "")]
        ]

    def __repr__(self) -> str:
        return "\n".join(
            f"{script}: {name}"
            + (f": a: {a} | b: {b}" if a or b else "")
            + f" ({lines} lines{f', {left_out} steps left out' * bool(left_out)})"
            for script, name, a, b, lines, left_out in self._rows()
        )

    def _repr_html_(self) -> str:
        heads = ("script", "outcome", "a", "b", "lines that differ", "steps left out")
        flows = f"a = {_named(self.each[0].a.flow)}, b = {_named(self.each[0].b.flow)}"
        drawn = html.table(self._rows(), heads, style=html.TOP_LEFT)
        return f"<div><b>{html.escaped(flows)}</b>{drawn}</div>"


@overload
def compare(
    a: Playable,
    b: Playable,
    script: None = None,
    *,
    account: Account | None = None,
    servers: Servers | None = None,
    replies: Sequence[str] | None = None,
) -> Comparisons: ...


@overload
def compare(
    a: Playable,
    b: Playable,
    script: Script | str | Path | Sequence[object],
    *,
    account: Account | None = None,
    servers: Servers | None = None,
    replies: Sequence[str] | None = None,
) -> Comparison: ...


def compare(
    a: Playable,
    b: Playable,
    script: object = None,
    *,
    account: Account | None = None,
    servers: Servers | None = None,
    replies: Sequence[str] | None = None,
) -> Comparison | Comparisons:
    """Play a script with two configs, side by side, each in a copy of its own.

    Args:
        a: The first config, or Studio definition: see `StudioDraft`.
        b: The second one.
        script: As for `rehearse`, as are the following; every shipped script by default.
        account: The account that the flows are for.
        servers: Makers of functions that answer, by URL.
        replies: Texts with which customers answer a bot.

    Returns:
        A `Comparison`; for every script `Comparisons`, one a script.

    Raises:
        FlowProblem, TwilioRestException: As for `rehearse`.
    """
    names: Iterable[object] = SCRIPTS.values() if script is None else [script]
    scripts = [script_of(each, replies) for each in names]
    sides = [Sandbox(one, account, servers or {}) for one in (a, b)]
    each = tuple(compare_rehearsals(*(side.play(one) for side in sides)) for one in scripts)
    return Comparisons(each) if script is None else each[0]


def compare_rehearsals(a: Rehearsal, b: Rehearsal) -> Comparison:
    """Two rehearsals of one script, side by side."""
    return Comparison(a, b, tuple(aligned(a.shown(), b.shown())))


def aligned(a: Sequence[Row], b: Sequence[Row]) -> Iterator[Pair]:
    """Two timelines side by side, aligned step by step, and within a step by equal rows."""
    for rows_a, rows_b in zip_longest(_by_step(a), _by_step(b), fillvalue=()):
        keys_a, keys_b = ([row.alike for row in rows] for rows in (rows_a, rows_b))
        matcher = SequenceMatcher(None, keys_a, keys_b, autojunk=False)
        for tag, a_from, a_to, b_from, b_to in matcher.get_opcodes():
            left, right = rows_a[a_from:a_to], rows_b[b_from:b_to]
            if tag == "replace":
                yield from _set_against(left, right)
            else:
                yield from (Pair(*rows) for rows in zip_longest(left, right))


def _by_step(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    starts = [number for number, row in enumerate(rows) if row.kind == "step"]
    for start, end in zip_longest(starts, starts[1:]):
        yield rows[start:end]


def _set_against(left: Sequence[Row], right: Sequence[Row]) -> Iterator[Pair]:
    """Rows of one kind against one another, in order; the rest alone."""
    rest = list(right)
    for one in left:
        other = next((row for row in rest if row.kind == one.kind), None)
        while other is not None and rest[0] is not other:
            yield Pair(None, rest.pop(0))
        if other is not None:
            rest.pop(0)
        yield Pair(one, other)
    yield from (Pair(None, row) for row in rest)


def _cells(row: Row | None) -> tuple[str, str, str]:
    return (row.who, row.what, row.detail) if row else ("", "", "")


def _left_out(one: Comparison) -> int:
    return one.a.outcome.foreign + one.b.outcome.foreign


def _named(flow: Playable) -> str:
    return f"{flow.label} ({flow.handler})"
