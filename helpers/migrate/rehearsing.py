"""Rehearses a Flex Flow and its migrated set-up with the same script, and compares them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from pathlib import Path
from typing import overload

from .. import html
from ..account import Account
from ..flows import AddressConfig, Comparison, FlexFlowConfig, FlowProblem
from ..flows.accounts.copying import Servers, account_of, copy_of
from ..flows.errors import Problem
from ..flows.rehearsal.comparison import Pair, compare_rehearsals
from ..flows.rehearsal.outcome import Outcome
from ..flows.rehearsal.rehearse import Sandbox
from ..flows.rehearsal.script import SCRIPTS, Script, script_of
from ..flows.rehearsal.ways import put_in_place
from .report import Migration, plan
from .rules import RequiredChange
from .set_up import Moved

A_NUMBER = "+15550100"
"""Address that is played where the legacy flow names no number."""


@dataclass(frozen=True)
class Difference:
    """A difference of two rehearsals: of their outcomes, or of their timelines.

    Attributes:
        kind: The kind of the timeline's row, or `outcome`.
        a: The legacy flow's side; blank where it has none.
        b: The migrated set-up's.
        foretold_by: The change of the report that foretells it; None for none.
    """

    kind: str
    a: str
    b: str
    foretold_by: RequiredChange | None


@dataclass(frozen=True)
class MovedRehearsal:
    """One script played with a Flex Flow (a) and its migrated set-up (b).

    Attributes:
        migration: The report of the account.
        comparison: The two rehearsals side by side.
        differences: Each difference, foretold or not.
    """

    migration: Migration = field(repr=False)
    comparison: Comparison = field(repr=False)
    differences: tuple[Difference, ...] = field(repr=False)

    @property
    def surprises(self) -> tuple[Difference, ...]:
        """Differences that the report does not foretell."""
        return tuple(each for each in self.differences if each.foretold_by is None)

    def _rows(self) -> Iterator[tuple[str, str, str, str]]:
        for each in self.differences:
            by = each.foretold_by.what if each.foretold_by else "NOT FORETOLD"
            yield each.kind, each.a, each.b, by

    def __repr__(self) -> str:
        lines = [f"{kind}: a: {a or '-'} | b: {b or '-'} [{by}]" for kind, a, b, by in self._rows()]
        return "\n".join([self.comparison.title, *lines, self._summary()])

    def _repr_html_(self) -> str:
        heads = ("kind", "a", "b", "foretold by")
        title = self.comparison.title
        rows = [map(html.breakable, row) for row in self._rows()]
        table = html.table(rows, heads, title=title, style=html.TOP_LEFT)
        return f"{table}<p>{html.escaped(self._summary())}</p>"

    def _summary(self) -> str:
        if not self.surprises:
            said = f"{len(self.differences)} differences, all of them foretold by the report."
        else:
            said = f"{len(self.surprises)} of {len(self.differences)} differences are not foretold."
        return said + _undone(self)


class Rehearsals(tuple[MovedRehearsal, ...]):
    """Several scripts, each played with both; shows the differences of the outcomes."""

    @property
    def surprises(self) -> tuple[Difference, ...]:
        """Differences that the report does not foretell."""
        return tuple(each for one in self for each in one.surprises)

    def _rows(self) -> Iterator[tuple[str, str, str, str, str]]:
        for one in self:
            script = one.comparison.script.name
            for kind, a, b, by in one._rows():
                if kind == "outcome" or by == "NOT FORETOLD":
                    yield script, kind, a, b, by

    def __repr__(self) -> str:
        rows = [
            f"{script}: {kind}: a: {a} | b: {b} [{by}]" for script, kind, a, b, by in self._rows()
        ]
        return "\n".join([*rows, self._summary()])

    def _repr_html_(self) -> str:
        heads = ("script", "kind", "a", "b", "foretold by")
        rows = [map(html.breakable, row) for row in self._rows()]
        table = html.table(rows, heads, style=html.TOP_LEFT)
        return f"{table}<p>{html.escaped(self._summary())}</p>"

    def _summary(self) -> str:
        total = sum(len(one.differences) for one in self)
        left = len(self.surprises)
        said = f"{len(self)} scripts, {total} differences, {left or 'none'} of them not foretold."
        return said + _undone(*self)


def _undone(*played: MovedRehearsal) -> str:
    """The numbers of steps that could not be done, as a sentence; blank for none."""
    a, b = (
        sum(side.outcome.undone for side in sides)
        for sides in zip(*((one.comparison.a, one.comparison.b) for one in played), strict=True)
    )
    return f" Steps that could not be done: {a} before, {b} after." if a or b else ""


@overload
def rehearse(
    flow: FlexFlowConfig,
    script: None = None,
    *,
    account: Account | None = None,
    servers: Servers | None = None,
    replies: Sequence[str] | None = None,
) -> Rehearsals: ...


@overload
def rehearse(
    flow: FlexFlowConfig,
    script: Script | str | Path | Sequence[object],
    *,
    account: Account | None = None,
    servers: Servers | None = None,
    replies: Sequence[str] | None = None,
) -> MovedRehearsal: ...


def rehearse(
    flow: FlexFlowConfig,
    script: object = None,
    *,
    account: Account | None = None,
    servers: Servers | None = None,
    replies: Sequence[str] | None = None,
) -> MovedRehearsal | Rehearsals:
    """Play a script with a Flex Flow and with its migrated set-up, and compare them.

    The account is copied, the migration's calls are carried out in the copy, and the script is
    played in both. Nothing happens to the account.

    Args:
        flow: The Flex Flow's config.
        script: As for `flows.rehearse`, as are the following; every shipped script by default.
        account: The account that the flow is for.
        servers: Makers of functions that answer, by URL.
        replies: Answers of customers to a bot, in place of the script's.

    Returns:
        A `MovedRehearsal`; for every script `Rehearsals`.

    Raises:
        FlowProblem: The flow is not enabled, so that nothing takes its place; or as for
            `flows.rehearse`.
        TwilioRestException: As for `flows.rehearse`.
    """
    if not flow.enabled:
        raise FlowProblem(Problem("", repr(flow.label), "is not enabled: nothing takes its place"))
    given = [*SCRIPTS.values()] if script is None else [script]
    scripts = [script_of(each, replies) for each in given]
    migration, sid, copy = _migrated(flow, account)
    moved = _playable(migration.set_up.by_flow[sid])
    changes = migration.changes_of(sid)
    legacy = Sandbox(flow, account, servers or {})
    new = Sandbox(moved, copy, servers or {})
    each = []
    for one in scripts:
        found = compare_rehearsals(legacy.play(one), new.play(one))
        each.append(MovedRehearsal(migration, found, tuple(_differences(changes, found))))
    return Rehearsals(each) if script is None else each[0]


def _migrated(flow: FlexFlowConfig, account: Account | None) -> tuple[Migration, str, Account]:
    """Carry a migration out in a copy of the account that has the flow, of this SID."""
    mock, [arguments] = copy_of(account, [flow])
    copy = account_of(mock)
    sid = put_in_place(copy, flow, arguments)
    migration = plan(copy)
    for call in migration.calls:
        call.run(copy.client)
    return migration, sid, copy


def _playable(moved: Moved) -> Moved:
    """The same with a number, which phones need."""
    is_phone = isinstance(moved, AddressConfig) and moved.type in ("sms", "whatsapp")
    if is_phone and re.search(r"\+[1-9]\d+$", moved.label) is None:
        return moved.model_copy(update={"address": A_NUMBER})
    return moved


def _differences(changes: Sequence[RequiredChange], found: Comparison) -> Iterator[Difference]:
    """The differences of the outcomes, then those of the timelines.

    From a moment on at which the one goes another way, as foretold, all that differs follows.
    """
    foretelling = Foretelling(changes)
    rows = [each for pair in found.differences for each in foretelling.of_pair(pair)]
    outcomes = [
        foretelling.of("outcome", *each)
        for each in (*_figures(found), *_items(found.a.outcome, found.b.outcome))
    ]
    for each in (*outcomes, *rows):
        turned = foretelling.turned if each.foretold_by is None else None
        yield each if turned is None else replace(each, foretold_by=turned)


class Foretelling:
    """The changes of a report, asked difference by difference, in order of time."""

    def __init__(self, changes: Sequence[RequiredChange]) -> None:
        self._changes = changes
        self.turned: RequiredChange | None = None

    def of_pair(self, pair: Pair) -> Iterator[Difference]:
        """The difference of two rows; two that are foretold one by one are two."""
        kind, a, b = pair.row.kind, str(pair.a or ""), str(pair.b or "")
        together = self.of(kind, a, b)
        alone = []
        if together.foretold_by is None and a and b:
            alone = [self.of(kind, a, ""), self.of(kind, "", b)]
        for each in alone if alone and all(one.foretold_by for one in alone) else [together]:
            is_after = each.foretold_by is None and self.turned is not None
            yield replace(each, foretold_by=self.turned) if is_after else each

    def of(self, kind: str, a: str, b: str) -> Difference:
        """One difference, and the first change that foretells it."""
        for change in self._changes:
            for each in change.shows:
                if each.fits(kind, a, b):
                    if each.turns:
                        self.turned = change
                    return Difference(kind, a, b, change)
        return Difference(kind, a, b, None)


_SID = re.compile(r"\b([A-Z]{2})[0-9a-f]{32}\b")
_LISTS = ("unanswered", "reached nobody", "could not be done", "expectations not met")


def _figures(found: Comparison) -> Iterator[tuple[str, str]]:
    for name, a, b in found.outcomes:
        if name not in _LISTS:
            yield f"{name}: {a}", f"{name}: {b}"


def _items(a: Outcome, b: Outcome) -> Iterator[tuple[str, str]]:
    """Items of the outcomes' lists that only one has, or that differ in more than SIDs."""
    for name, *sides in zip(_LISTS, _listed(a), _listed(b), strict=True):
        for one, two in _beside(*sides):
            yield (f"{name}: {one}" if one else "", f"{name}: {two}" if two else "")


def _listed(outcome: Outcome) -> list[list[str]]:
    lost = [f"{one.body} ({one.why})" for one in outcome.lost]
    found = (outcome.unanswered, lost, outcome.misfits, outcome.unmet)
    return [[_SID.sub(r"\1...", each) for each in items] for items in found]


def _beside(mine: Sequence[str], other: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Items that differ, those of one step or message side by side."""
    a, b = ([each.partition(": ")[0] for each in side] for side in (mine, other))
    matcher = SequenceMatcher(None, a, b, autojunk=False)
    for tag, *places in matcher.get_opcodes():
        left, right = mine[places[0] : places[1]], other[places[2] : places[3]]
        if tag == "equal":
            yield from (pair for pair in zip(left, right, strict=True) if pair[0] != pair[1])
        else:
            yield from ((one, "") for one in left)
            yield from (("", two) for two in right)
