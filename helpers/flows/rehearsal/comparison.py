"""Two Flex Flow configs side by side, with the same script: what differs, and what comes of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, field
from difflib import SequenceMatcher
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, overload

from ...account import Account
from ..config import FlexFlowConfig
from . import pages
from .customer import Servers
from .grammar import duration
from .outcome import Rehearsal
from .rehearse import Sandbox
from .script import SCRIPTS, Script, script_of
from .timeline import Row

if TYPE_CHECKING:
    import pandas as pd

SAME, CHANGED, ONLY_A, ONLY_B = "", "≠", "a", "b"
"""How a line of two timelines is marked: nothing, differs, or is in one of them only."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two rows that stand side by side; None where one timeline has nothing to set against."""

    a: Row | None
    b: Row | None

    @property
    def mark(self) -> str:
        """What differs."""
        if self.a is None:
            return ONLY_B
        if self.b is None:
            return ONLY_A
        return SAME if self.a.alike == self.b.alike else CHANGED

    @property
    def row(self) -> Row:
        """One of the two."""
        found = self.a or self.b
        assert found is not None  # a pair is never empty
        return found


@dataclass(frozen=True, slots=True)
class Comparison:
    """One script played with two configs.

    Attributes:
        a: With the first.
        b: With the second.
        pairs: Both timelines, aligned.
    """

    a: Rehearsal
    b: Rehearsal
    pairs: tuple[Pair, ...] = field(repr=False)

    @property
    def script(self) -> Script:
        """What was played."""
        return self.a.script

    @property
    def title(self) -> str:
        """Which script, with which flows."""
        return f"{self.script.name}: a = {_named(self.a.flow)}, b = {_named(self.b.flow)}"

    @property
    def outcomes(self) -> list[tuple[str, str, str]]:
        """What came of it otherwise with b than with a: what is told, a's and b's."""
        both = zip(self.a.outcome.lines(), self.b.outcome.lines(), strict=True)
        return [(name, a, b) for (name, a), (_, b) in both if a != b]

    @property
    def differences(self) -> tuple[Pair, ...]:
        """The pairs that differ."""
        return tuple(pair for pair in self.pairs if pair.mark != SAME)

    @property
    def is_same(self) -> bool:
        """Whether nothing differs at all."""
        return not self.differences and not self.outcomes

    def table(self) -> pd.DataFrame:
        """Both timelines side by side.

        Returns:
            One row a pair: `mark` (empty, `≠` for a difference, `a` or `b` for what only one has),
            `seconds`, `kind`, and `who`, `what` and `detail` of each, empty where there is none.
        """
        import pandas as pd

        sides = [f"{name}_{side}" for side in "ab" for name in ("who", "what", "detail")]
        rows = [_cells(pair) for pair in self.pairs]
        return pd.DataFrame(rows, columns=["mark", "seconds", "kind", *sides])

    def __repr__(self) -> str:
        lines = [self.title]
        for pair in self.pairs:
            if pair.mark != SAME or pair.row.kind == "step":
                when = duration(pair.row.seconds)
                lines.append(f"{pair.mark:>2} {when:>12}  {_text(pair)}")
        return "\n".join([*lines, "", *self._summary()])

    def _summary(self) -> Iterator[str]:
        if not self.outcomes:
            yield "the same comes of both"
        for name, a, b in self.outcomes:
            yield f"{name}: a: {a} | b: {b}"

    def _repr_html_(self) -> str:
        heads = ("", "after", "kind", "a", "b")
        rows = [
            (pair.mark, duration(pair.row.seconds), pair.row.kind, _said(pair.a), _said(pair.b))
            for pair in self.pairs
        ]
        marked = [pair.mark != SAME for pair in self.pairs]
        emphasis = [pair.row.kind == "step" for pair in self.pairs]
        drawn = pages.table(heads, rows, emphasis, marked, narrow=3)
        summary = pages.table(("outcome", "a", "b"), self.outcomes) if self.outcomes else ""
        return pages.section(self.title, summary + drawn)


@dataclass(frozen=True, slots=True)
class Comparisons(Sequence[Comparison]):
    """Several scripts played with two configs; shows what comes of each otherwise.

    Attributes:
        each: One comparison a script.
    """

    each: tuple[Comparison, ...] = field(repr=False)

    def __len__(self) -> int:
        return len(self.each)

    def __getitem__(self, position: int | str | slice) -> Comparison:  # type: ignore[override]
        """One comparison, by its place or its script, as `rehearse` or its title names it."""
        if isinstance(position, str):
            shipped = SCRIPTS.get(position)
            found = next(
                (one for one in self.each if one.script.name == position or one.script == shipped),
                None,
            )
            if found is None:
                names = ", ".join(repr(one.script.name) for one in self.each)
                raise KeyError(f"no script {position!r} was compared; there are {names}")
            return found
        return self.each[position]  # type: ignore[return-value]

    def table(self) -> pd.DataFrame:
        """What comes of the scripts otherwise.

        Returns:
            One row a difference: `script`, `outcome`, `a` and `b`; and for each script `lines`,
            how many lines of its timelines differ.
        """
        import pandas as pd

        return pd.DataFrame(self._rows(), columns=["script", "outcome", "a", "b", "lines"])

    def _rows(self) -> list[tuple[str, str, str, str, int]]:
        return [
            (one.script.name, name, a, b, len(one.differences))
            for one in self.each
            for name, a, b in one.outcomes or [("(the same)", "", "")]
        ]

    def __repr__(self) -> str:
        return "\n".join(
            f"{script}: {name}" + (f": a: {a} | b: {b}" if a or b else "") + f" ({lines} lines)"
            for script, name, a, b, lines in self._rows()
        )

    def _repr_html_(self) -> str:
        heads = ("script", "outcome", "a", "b", "lines that differ")
        flows = f"a = {_named(self.each[0].a.flow)}, b = {_named(self.each[0].b.flow)}"
        return pages.section(flows, pages.table(heads, self._rows(), narrow=2))


@overload
def compare(
    a: FlexFlowConfig,
    b: FlexFlowConfig,
    script: None = None,
    *,
    account: Account | None = None,
    servers: Servers | None = None,
) -> Comparisons: ...


@overload
def compare(
    a: FlexFlowConfig,
    b: FlexFlowConfig,
    script: Script | str | Path | Sequence[object],
    *,
    account: Account | None = None,
    servers: Servers | None = None,
) -> Comparison: ...


def compare(
    a: FlexFlowConfig,
    b: FlexFlowConfig,
    script: object = None,
    *,
    account: Account | None = None,
    servers: Servers | None = None,
) -> Comparison | Comparisons:
    """Play a script with two Flex Flows, side by side, each in a copy of its own.

    Args:
        a: One config.
        b: The other.
        script: As for `rehearse`; every shipped script by default.
        account: As for `rehearse`.
        servers: As for `rehearse`.

    Returns:
        A `Comparison`; for every script `Comparisons`, one a script.

    Raises:
        FlowProblem: As for `rehearse`.
        TwilioRestException: As for `rehearse`.
    """
    scripts = [*SCRIPTS.values()] if script is None else [script_of(script)]
    sides = [Sandbox(one, account, servers or {}) for one in (a, b)]
    each = tuple(_compared(sides[0].play(one), sides[1].play(one)) for one in scripts)
    return Comparisons(each) if script is None else each[0]


def _compared(a: Rehearsal, b: Rehearsal) -> Comparison:
    return Comparison(a, b, tuple(aligned(a.shown(), b.shown())))


def aligned(a: Sequence[Row], b: Sequence[Row]) -> Iterator[Pair]:
    """Two timelines side by side: the script's steps always meet, and within them what is alike."""
    for rows_a, rows_b in zip_longest(_by_step(a), _by_step(b), fillvalue=()):
        yield from _aligned(rows_a, rows_b)


def _by_step(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    starts = [number for number, row in enumerate(rows) if row.kind == "step"]
    for start, end in zip_longest(starts, starts[1:]):
        yield rows[start:end]


def _aligned(a: Sequence[Row], b: Sequence[Row]) -> Iterator[Pair]:
    one, other = ([row.alike for row in rows] for rows in (a, b))
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    for tag, a_from, a_to, b_from, b_to in matcher.get_opcodes():
        left, right = a[a_from:a_to], b[b_from:b_to]
        if tag == "replace":
            yield from _set_against(left, right)
        else:
            yield from (Pair(*rows) for rows in zip_longest(left, right))


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


def _cells(pair: Pair) -> tuple[object, ...]:
    sides = [astuple(row)[3:] if row else ("", "", "") for row in (pair.a, pair.b)]
    return (pair.mark, pair.row.seconds, pair.row.kind, *sides[0], *sides[1])


def _said(row: Row | None) -> str:
    if row is None:
        return ""
    return f"{row.who}: {row.what}" + (f" ({row.detail})" if row.detail else "")


def _text(pair: Pair) -> str:
    if pair.mark == CHANGED:
        return f"{pair.row.kind}: {_said(pair.a)} | {_said(pair.b)}"
    return f"{pair.row.kind}: {_said(pair.row)}"


def _named(flow: FlexFlowConfig) -> str:
    return f"{flow.friendly_name} ({flow.integration_type})"
