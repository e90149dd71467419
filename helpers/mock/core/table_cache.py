"""Rows and results of queries kept in memory, in step with every write.

SQLite is read once for each query; after that, writes keep its result up to date. A query by a SID
that was drawn while such queries are followed needs no reading at all, as every row that can hold
the SID was added since. What is written waits here until it is read from SQLite or committed, so
that a row changed twice in one unit of work is written once.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from operator import itemgetter
from typing import Any

from .schema import SINGLE, Between, Resource, Table, Where, column_of

KEPT_ROWS = 1000
"""Rows of each kind that are kept; up to twice as many before the oldest half goes."""
LARGEST = 256
"""Rows of the largest result that is kept."""
MOST_RESULTS = 1000
"""Results that are kept of each shape."""
MOST_SHAPES = 24
"""Shapes of queries that are followed for each kind."""
MOST_FRESH = 20_000
"""SIDs remembered as drawn lately."""
_FEW = 8
_NOT_NULL = Between()

Row = list[Any]
"""A row as the database holds it: `seq`, then the columns."""
Place = tuple[Any, ...]
"""What a row is sorted by in a result; its `seq` comes last."""


class Fresh(dict[Any, int]):
    """SIDs drawn lately, with the number of each draw; `draws` is the latest number."""

    draws = 0

    def add(self, sid: str) -> None:
        """Remember a SID that was just drawn."""
        if len(self) == MOST_FRESH:
            self.clear()
        self.draws += 1
        self[sid] = self.draws


class Shape:
    """Queries of one kind that differ only in the values they compare with.

    Attributes:
        columns: Every column that decides which rows are found, and in which order.
        key: Takes the compared values out of a row: a tuple, or the value if there is one.
        tests: Positions of further columns, and the values allowed in each; None allows all but
            null.
        by: Positions of the columns to sort by, and 1 or -1 for the direction.
        results: For each key, the places of the rows found, sorted; None where they are too many.
        since: Draws up to this number may be in rows that were never seen here.
    """

    __slots__ = ("by", "columns", "key", "results", "since", "tests")

    def __init__(
        self,
        positions: Mapping[str, int],
        compared: tuple[str, ...],
        tests: tuple[tuple[str, tuple[Any, ...] | None], ...],
        by: tuple[str, ...],
        since: int,
    ) -> None:
        order = [(column_of(name), -1 if name.startswith("-") else 1) for name in by]
        self.columns = {*compared, *(name for name, _ in (*tests, *order))}
        self.key: Callable[[Row], Any] = (
            itemgetter(*(positions[name] for name in compared)) if compared else _no_key
        )
        self.tests = [(positions[name], allowed) for name, allowed in tests]
        self.by = [(positions[name], sign) for name, sign in order]
        self.results: dict[Any, list[Place] | None] = {}
        self.since = since

    def is_fresh(self, key: Any, fresh: Fresh) -> bool:
        """Return whether every row of this key was added while the shape was followed."""
        for value in key if type(key) is tuple else (key,):
            if fresh.get(value, -1) > self.since:
                return True
        return False

    def make_room(self, fresh: Fresh) -> None:
        """Drop all results once there are too many."""
        if len(self.results) >= MOST_RESULTS:
            self.results.clear()
            self.since = fresh.draws

    def place(self, row: Row) -> Place | None:
        """Return where a row stands in its result; None where a column is no number."""
        place = []
        for position, sign in self.by:
            value = row[position]
            if not isinstance(value, int | float):
                return None
            place.append(sign * value)
        return (*place, row[0])


class TableCache(Table):
    """A table with its rows, results of queries and writes that wait.

    Attributes:
        derived: Results made of all its resources, by name; dropped at each write.
        pending: Rows to be inserted and columns to be updated, by `seq`, in the order of writing.
    """

    def __init__(self, kind: type[Resource]) -> None:
        super().__init__(kind)
        self.positions = {name: at for at, name in enumerate(("seq", *self.columns))}
        self.has_sid = ("sid",) in kind.unique
        self.derived: dict[Any, Any] = {}
        self.pending: dict[int, Row | dict[str, Any]] = {}
        self.unique_columns = {name for group in kind.unique for name in group}
        self._rows: dict[int, Row] = {}
        self._shapes: dict[Any, Shape] = {}

    # -- reading

    def kept(
        self, where: Where, by: tuple[str, ...], fresh: Fresh
    ) -> tuple[Sequence[Row] | None, Shape | None, Any]:
        """Return the rows of a query, its shape and its key.

        The rows are None where SQLite must be read; `keep_result` may then keep what it finds,
        unless the shape is None, too, for a query that is not followed.
        """
        values: Any = tuple(where.values())
        if SINGLE.issuperset(map(type, values)):
            name: Any = (tuple(where), (), by)
        elif (parts := _parts(where)) is None:
            return None, None, None
        else:
            values, name = parts[0], (*parts[1:], by)
        key = values[0] if len(values) == 1 else values
        shape = self._shapes.get(name)
        if shape is None:
            if len(self._shapes) < MOST_SHAPES:
                compared, tests, order = name
                self._shapes[name] = shape = Shape(
                    self.positions, compared, tests, order, fresh.draws
                )
            return None, shape, key
        places = shape.results.get(key, _UNKNOWN)
        if places is _UNKNOWN:
            if not shape.is_fresh(key, fresh):
                return None, shape, key
            shape.make_room(fresh)
            shape.results[key] = places = []
        elif places is None:
            return None, None, None
        rows = []
        for place in places:
            row = self._rows.get(place[-1])
            if row is None:
                return None, shape, key
            rows.append(row)
        return rows, shape, key

    def row_of(self, seq: int) -> Row | None:
        """Return a row that is kept or waits to be inserted."""
        row = self._rows.get(seq) or self.pending.get(seq)
        return row if isinstance(row, list) else None

    def fits(self, row: Row, where: Where) -> bool:
        """Return whether a row has these single values."""
        for name, value in where.items():  # noqa: SIM110 - on every read by SID
            if row[self.positions[name]] != value:
                return False
        return True

    def keep_result(self, shape: Shape, key: Any, rows: list[Row], fresh: Fresh) -> None:
        """Keep what SQLite found for a key of a shape, unless it is too much or has no order."""
        places: list[Place] = []
        for row in rows if len(rows) <= LARGEST else ():
            place = shape.place(self.keep(row))
            if place is None:
                break
            places.append(place)
        shape.make_room(fresh)
        shape.results[key] = places if len(places) == len(rows) else None

    def keep(self, row: Row) -> Row:
        """Keep a row, or return the one that is kept already."""
        known = self._rows.setdefault(row[0], row)
        if len(self._rows) > 2 * KEPT_ROWS:
            self._drop_rows()
        return known

    def _drop_rows(self) -> None:
        self._rows = dict(islice(self._rows.items(), KEPT_ROWS, None))

    # -- writing

    def added(self, row: Row, fresh: Fresh) -> None:
        """Keep step with an insertion, which waits to be written."""
        self.derived.clear()
        self.pending[row[0]] = self._rows[row[0]] = row
        if len(self._rows) > 2 * KEPT_ROWS:
            self._drop_rows()
        if self._shapes:
            self._enter(row, self._shapes.values(), fresh)

    def changed(self, row: Row, changes: Where, fresh: Fresh) -> None:
        """Keep step with an update, which waits to be written; values are as columns hold them."""
        self.derived.clear()
        seq = row[0]
        affected = []
        for shape in self._shapes.values():
            if not shape.columns.isdisjoint(changes):
                affected.append(shape)
        if affected:
            self._leave(row, affected)
        for name, value in changes.items():
            row[self.positions[name]] = value
        if affected:
            self._enter(row, affected, fresh)
        waiting = self.pending.get(seq)
        if waiting is None:
            self.pending[seq] = dict(changes)
        elif isinstance(waiting, dict):
            waiting.update(changes)

    def removed(self, row: Row) -> bool:
        """Keep step with a removal. Returns whether the row is in the database yet."""
        self.derived.clear()
        seq = row[0]
        self._leave(row, self._shapes.values())
        self._rows.pop(seq, None)
        return not isinstance(self.pending.pop(seq, None), list)

    def forget(self) -> None:
        """Keep nothing: many rows were removed, or a unit of work was taken back."""
        self.derived.clear()
        self.pending.clear()
        self._rows.clear()
        self._shapes.clear()

    def _enter(self, row: Row, shapes: Iterable[Shape], fresh: Fresh) -> None:
        """Add a row to the results that it now belongs to."""
        for shape in shapes:
            if shape.tests and not _passes(row, shape.tests):
                continue
            key = shape.key(row)
            places = shape.results.get(key, _UNKNOWN)
            if places is None or (places is _UNKNOWN and not shape.is_fresh(key, fresh)):
                continue
            place = shape.place(row) if shape.by else (row[0],)
            if place is None or len(places) == LARGEST:
                shape.results[key] = None
            elif places is _UNKNOWN:
                if len(shape.results) >= MOST_RESULTS:
                    shape.make_room(fresh)
                else:
                    shape.results[key] = [place]
            else:
                insort(places, place)

    def _leave(self, row: Row, shapes: Iterable[Shape]) -> None:
        """Take a row out of the results that it belongs to so far."""
        for shape in shapes:
            places = shape.results.get(shape.key(row))
            if not places:
                continue
            place = shape.place(row) if shape.by else (row[0],)
            if place is not None:
                at = bisect_left(places, place)
                if at < len(places) and places[at] == place:
                    del places[at]


_UNKNOWN: Any = ()


def _no_key(_: Row) -> tuple[()]:
    return ()


def _passes(row: Row, tests: list[tuple[int, tuple[Any, ...] | None]]) -> bool:
    for position, allowed in tests:
        value = row[position]
        if value is None if allowed is None else value not in allowed:
            return False
    return True


def _parts(where: Where) -> tuple[tuple[Any, ...], tuple[str, ...], tuple[Any, ...]] | None:
    """Split a condition into compared values, their columns, and further tests."""
    compared: dict[str, Any] = {}
    tests: list[tuple[str, tuple[Any, ...] | None]] = []
    for name, value in where.items():
        if type(value) in SINGLE:
            compared[name] = value
        elif isinstance(value, list) and len(value) <= _FEW and name != "sid":
            tests.append((name, tuple(value)))
        elif value == _NOT_NULL:
            tests.append((name, None))
        else:
            return None
    return tuple(compared.values()), tuple(compared), tuple(tests)
