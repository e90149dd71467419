"""Rows and results of queries kept in memory, in step with every write.

SQLite is read once for each query; after that, writes keep its result up to date. A query by a SID
that was drawn while such queries are followed needs no reading at all, as every row that can hold
the SID was added since.

Writes wait here, first those of the unit of work under way, then those of earlier ones: in a file
until the unit commits, in memory until SQLite is read or too much waits. So a row that changes
twice is written once. Kinds with binary content are neither kept nor made to wait.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from operator import itemgetter
from typing import Any

import orjson

from .schema import FEW, SINGLE, Between, Resource, Table, Where, column_of, table_of

KEPT_ROWS = 1000
"""Rows of each kind that are kept, besides those that wait; as many more before the oldest go."""
LARGEST = 1000
"""Rows of the largest result that is kept whole."""
FIRST = 200
"""Rows kept of a larger one: those of its first pages."""
MOST_RESULTS = 5000
"""Results that are kept of each shape."""
MOST_DROPPED = 200_000
"""Keys of dropped results that are remembered of each shape."""
MOST_SHAPES = 24
"""Shapes of queries that are followed for each kind."""
MOST_FRESH = 20_000
"""SIDs remembered as drawn lately."""
_NOT_NULL = Between()
_LEAST, _MOST = -(2**63), 2**63 - 1

ALL = slice(None)

Row = list[Any]
"""A row as the database holds it: `seq`, then the columns."""
Place = tuple[Any, ...]
"""Values a row is sorted by in a result; its `seq` comes last."""


class Fresh(dict[Any, int]):
    """SIDs drawn lately, with the number of each draw; `draws` is the latest number."""

    draws = 0

    def add(self, sid: str) -> None:
        """Remember a SID that was just drawn."""
        if len(self) >= MOST_FRESH:
            for oldest in tuple(islice(self, len(self) // 2)):
                del self[oldest]
        self.draws += 1
        self[sid] = self.draws


class Beginning(list[Place]):
    """Places of the first rows of a result that is too large to keep."""


class Shape:
    """Queries of one kind that differ only in the values they compare with.

    Attributes:
        columns: Every column that decides which rows are found, and in which order.
        key: Takes the compared values out of a row: a tuple, or the value if there is one.
        tests: Positions of further columns, and the values allowed in each; None allows all but
            null.
        by: Positions of the columns to sort by, and 1 or -1 for the direction.
        results: For each key, the places of the rows found, sorted; None where they have no order.
        since: Draws up to this number may be in rows that were never seen here.
        is_complete: Every row was added while the shape was followed, and no result was dropped.
        dropped: Hashes of the keys of those that were dropped, if these are all; else None.
    """

    __slots__ = (
        "by",
        "columns",
        "dropped",
        "is_complete",
        "key",
        "remembers",
        "results",
        "since",
        "tests",
    )

    def __init__(
        self,
        positions: Mapping[str, int],
        compared: tuple[str, ...],
        tests: tuple[tuple[str, tuple[Any, ...] | None], ...],
        by: tuple[str, ...],
    ) -> None:
        order = [(column_of(name), -1 if name.startswith("-") else 1) for name in by]
        self.columns = {*compared, *(name for name, _ in (*tests, *order))}
        self.key: Callable[[Row], Any] = (
            itemgetter(*(positions[name] for name in compared)) if compared else _no_key
        )
        self.tests = [(positions[name], allowed) for name, allowed in tests]
        self.by = [(positions[name], sign) for name, sign in order]
        self.results: dict[Any, list[Place] | None] = {}
        self.since = 0
        self.is_complete = False
        self.dropped: set[int] | None = None
        # a SID that was not drawn lately is mostly that of a row, which has to be read anyway
        self.remembers = not all(name.endswith("sid") for name in compared)

    def knows(self, key: Any, fresh: Fresh) -> bool:
        """Return whether every row of this key, at least, was added while it was followed."""
        if self.dropped is not None and hash(key) not in self.dropped:
            return True
        for value in key if type(key) is tuple else (key,):
            if fresh.get(value, -1) > self.since:
                return True
        return False

    def make_room(self, fresh: Fresh) -> None:
        """Drop results, as there are too many: those without rows, and the oldest others."""
        held = {
            key: places
            for key, places in self.results.items()
            if places or type(places) is not list  # a `Beginning` that has gone is of others
        }
        oldest = tuple(islice(held, max(0, len(held) - MOST_RESULTS // 2)))
        if self.is_complete and self.remembers:
            self.dropped = set()
        if self.dropped is not None and len(self.dropped) < MOST_DROPPED:
            self.dropped.update(map(hash, oldest))
        else:
            self.dropped = None
        for key in oldest:
            del held[key]
        self.results, self.is_complete, self.since = held, False, fresh.draws

    def insert(self, key: Any, places: list[Place], place: Place | None) -> None:
        """Put a row that was added or changed in its place in a result."""
        if place is None:
            self.results[key] = None
        elif type(places) is Beginning:
            if places and place < places[-1]:
                insort(places, place)
                del places[FIRST:]
        else:
            insort(places, place)
            if len(places) > LARGEST:
                self.results[key] = Beginning(places[:FIRST])

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
        shared: Resources by SID that are shared by readers, each until its row changes.
        pending: Writes of this unit of work by `seq`, in order: a row to insert, columns to update,
            or None for a row to delete.
        committed: Writes of earlier units that SQLite has yet to get.
    """

    def __init__(self, kind: type[Resource]) -> None:
        for name, value in vars(table_of(kind)).items():  # not all at once: reading is then slower
            setattr(self, name, value)
        self.derived: dict[Any, Any] = {}
        self.shared: dict[str, Any] = {}
        self.pending: dict[int, Row | dict[str, Any] | None] = {}
        self.committed: dict[int, Row | dict[str, Any] | None] = {}
        self._rows: dict[int, Row] = {}
        self._most_rows = 2 * KEPT_ROWS
        self.row_of = self._rows.get
        """Returns a row that is kept, by its `seq`, or None."""
        self._shapes: dict[Any, Shape] = {}
        self._affected: dict[tuple[str, ...], list[Shape]] = {}

    # -- reading

    def kept(
        self, where: Where, by: tuple[str, ...], fresh: Fresh, span: slice | Between = ALL
    ) -> tuple[Sequence[Row] | None, Shape | None, Any]:
        """Return the rows of a query, or a span of them, its shape and its key.

        A range is one of what the rows are sorted by, the lowest first.
        The rows are None where SQLite must be read; `keep_result` may then keep what it finds,
        unless the shape is None, too, for a query that is not followed.
        """
        values: Any = tuple(where.values())
        if SINGLE.issuperset(map(type, values)):
            name: Any = (tuple(where), (), by)
        elif (parts := _parts(where)) is not None:
            values, name = parts[0], (*parts[1:], by)
        else:
            return _NOT_FOLLOWED
        key = values[0] if len(values) == 1 else values
        shape = self._shapes.get(name) or self._follow(name, fresh)
        if shape is None:
            return _NOT_FOLLOWED
        places = shape.results.get(key, _UNKNOWN)
        if places is _UNKNOWN:
            is_known = shape.is_complete or shape.knows(key, fresh)
            return () if is_known else None, shape, key
        if places is None:
            return _NOT_FOLLOWED
        if isinstance(span, Between):
            span = _span_of(places, span)
        if type(places) is Beginning and not holds(places, span):
            # what it began with has gone by now, or it never was enough
            return (None, shape, key) if holds(range(FIRST), span) else _NOT_FOLLOWED
        found = places if span is ALL else places[span]
        row_of = self.row_of
        rows: list[Any] = [row_of(place[-1]) for place in found]
        return rows if all(rows) else None, shape, key

    def _follow(self, name: Any, fresh: Fresh) -> Shape | None:
        if not self.is_kept or len(self._shapes) == MOST_SHAPES:
            return None
        self._affected.clear()
        shape = self._shapes[name] = Shape(self.positions, *name)
        shape.since, shape.is_complete = fresh.draws, self.next_seq == 1
        return shape

    def row_with(self, sid: str) -> Row | None:
        """Return the row of a SID if it is kept, or None; most reads need no more."""
        shape = self._shapes.get(_BY_SID)
        places = shape.results.get(sid) if shape is not None else None
        return self.row_of(places[0][-1]) if places else None

    def fits(self, row: Row, where: Where) -> bool:
        """Return whether a row has these single values."""
        for name, value in where.items():  # noqa: SIM110 - on every read by SID
            if row[self.positions[name]] != value:
                return False
        return True

    def keep_result(self, shape: Shape, key: Any, rows: list[Row], fresh: Fresh) -> None:
        """Keep what SQLite found for a key of a shape, or the first rows of it if it is much."""
        places: list[Place] = [] if len(rows) <= LARGEST else Beginning()
        kept = rows if len(rows) <= LARGEST else rows[:FIRST]
        for row in kept:
            place = shape.place(self.keep(row))
            if place is None:
                break
            places.append(place)
        if len(shape.results) >= MOST_RESULTS:
            shape.make_room(fresh)
        shape.results[key] = places if len(places) == len(kept) else None

    def keep(self, row: Row) -> Row:
        """Keep a row, or return the one that is kept already."""
        known = self._rows.setdefault(row[0], row)
        if len(self._rows) > self._most_rows:
            self._drop_rows()
        return known

    def _drop_rows(self) -> None:
        """Drop the oldest rows, less those that wait to be written and are in memory anyway."""
        waiting = self.committed
        for seq in tuple(islice(self._rows, len(self._rows) - KEPT_ROWS)):
            if not isinstance(waiting.get(seq), list):
                del self._rows[seq]
        self._most_rows = KEPT_ROWS + max(KEPT_ROWS, len(self._rows))

    # -- writing

    def added(self, resource: Resource, fresh: Fresh) -> Row:
        """Keep step with an insertion, which waits to be written. Returns the row.

        Raises:
            UnicodeEncodeError, OverflowError: SQLite cannot hold a value.
        """
        row = [resource.seq, *self.values(resource)]
        for position in self.json_positions:
            if row[position] is not None:
                row[position] = orjson.dumps(row[position]).decode()
        if not self.is_kept:
            return row  # SQLite gets it at once, and refuses by itself what it cannot hold
        try:
            orjson.dumps(row, option=orjson.OPT_STRICT_INTEGER)  # checks all values at once
        except orjson.JSONEncodeError:
            _refuse_unstorable(row)
        self.derived.clear()
        self.pending[row[0]] = self._rows[row[0]] = row
        if len(self._rows) > self._most_rows:
            self._drop_rows()
        if self._shapes:
            self._enter(row, self._shapes.values(), fresh)
        return row

    def changed(self, row: Row, changes: Where, fresh: Fresh) -> None:
        """Keep step with an update, which waits to be written; values are as columns hold them.

        Raises:
            UnicodeEncodeError, OverflowError: SQLite cannot hold a value.
        """
        try:
            orjson.dumps(changes, option=orjson.OPT_STRICT_INTEGER)
        except orjson.JSONEncodeError:
            _refuse_unstorable(changes.values())
        self.derived.clear()
        if self.has_sid:
            self.shared.pop(row[self.positions["sid"]], None)
        names = tuple(changes)
        affected = self._affected.get(names)
        if affected is None:
            shapes = self._shapes.values()
            affected = [shape for shape in shapes if not shape.columns.isdisjoint(names)]
            self._affected[names] = affected
        if affected:
            self._leave(row, affected)
        seq, row = row[0], row.copy()
        self._rows.pop(seq, None)  # so that it stands behind those that are not written any more
        self._rows[seq] = row
        for name, value in changes.items():
            row[self.positions[name]] = value
        if affected:
            self._enter(row, affected, fresh)
        waiting = self.pending.get(seq)
        if waiting is None:
            self.pending[seq] = dict(changes)
        elif isinstance(waiting, dict):
            waiting.update(changes)
        else:
            self.pending[seq] = row

    def removed(self, row: Row) -> None:
        """Keep step with a removal, which waits to be written."""
        seq = row[0]
        self.derived.clear()
        if self.has_sid:
            self.shared.pop(row[self.positions["sid"]], None)
        self._leave(row, self._shapes.values())
        self._rows.pop(seq, None)
        if isinstance(self.pending.get(seq), list):
            del self.pending[seq]
        else:
            self.pending[seq] = None

    def commit(self) -> None:
        """Let the writes of this unit of work wait with those of earlier ones."""
        committed, kept = self.committed, self._rows
        for seq, waiting in self.pending.items():
            before = committed.get(seq)
            if before is None or isinstance(waiting, list):
                committed[seq] = waiting
            elif waiting is None and isinstance(before, list):
                del committed[seq]
            elif waiting is None:
                committed[seq] = None
            elif isinstance(before, dict):
                before.update(waiting)
            else:
                committed[seq] = kept[seq]
        self.pending.clear()

    def forget(self) -> None:
        """Keep nothing but the writes of earlier units of work."""
        self.pending.clear()
        self.forget_results()

    def forget_results(self) -> None:
        """Keep nothing but the writes that wait."""
        self.derived.clear()
        self.shared.clear()
        self._rows.clear()
        self._most_rows = 2 * KEPT_ROWS
        self._shapes.clear()
        self._affected.clear()

    def _enter(self, row: Row, shapes: Iterable[Shape], fresh: Fresh) -> None:
        """Add a row to the results that it now belongs to."""
        for shape in shapes:
            if shape.tests and not _passes(row, shape.tests):
                continue
            key = shape.key(row)
            places = shape.results.get(key, _UNKNOWN)
            if places is None:
                continue
            if places is _UNKNOWN and not (shape.is_complete or shape.knows(key, fresh)):
                continue
            place = shape.place(row) if shape.by else (row[0],)
            if place is not None and type(places) is list and len(places) < LARGEST:
                insort(places, place)
            elif places is not _UNKNOWN:
                shape.insert(key, places, place)
            else:
                if len(shape.results) >= MOST_RESULTS:
                    shape.make_room(fresh)
                shape.results[key] = None if place is None else [place]

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


def _span_of(places: list[Place], among: Between) -> slice:
    """Return the span of the places that begin with a number in a range."""
    start = bisect_left(places, (among.low,))
    end = bisect_left(places, (among.high, _MOST), start)
    is_open = type(places) is Beginning and end == len(places)  # more may follow
    return slice(start, None if is_open else end)


def holds(first: Sequence[Any], span: slice) -> bool:
    """Return whether the first rows of a result are enough for a span of it."""
    return span.step is None and span.stop is not None and span.stop <= len(first)


_BY_SID = (("sid",), (), ())
_UNKNOWN: Any = ()
_NOT_FOLLOWED = (None, None, None)


def _refuse_unstorable(values: Iterable[Any]) -> None:
    """Raise what SQLite would for text that is no Unicode or a number beyond 64 bits."""
    for value in values:
        if isinstance(value, str):
            value.encode()
        elif isinstance(value, int) and not _LEAST <= value <= _MOST:
            raise OverflowError("Python int too large to convert to SQLite INTEGER") from None


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
    names, values = [], []
    tests: list[tuple[str, tuple[Any, ...] | None]] = []
    for name, value in where.items():
        if type(value) in SINGLE:
            names.append(name)
            values.append(value)
        elif isinstance(value, list) and len(value) <= FEW and name != "sid":
            tests.append((name, tuple(value)))
        elif value == _NOT_NULL:
            tests.append((name, None))
        else:
            return None
    return tuple(values), tuple(names), tuple(tests)
