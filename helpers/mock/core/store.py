"""Resources in SQLite: in memory, or in a file that survives.

The store knows rows, scopes and order, and no Twilio noun.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from . import database
from .database import read_fact, write_fact
from .schema import SINGLE, Between, Order, R, Resource, Table, Where, quoted, sorting

KNOWN = 1000
"""Rows of each kind that are kept at hand."""


class _Cache(Table):
    """A table with a cache of its rows and of results derived from them.

    Attributes:
        rows: Rows by SID, as the database holds them.
        derived: What was made of all its resources, by whatever name it was given.
        is_empty: Whether there are none; None where that has not been asked.
    """

    def __init__(self, kind: type[Resource]) -> None:
        super().__init__(kind)
        self._positions = {name: at for at, name in enumerate(self.columns, start=1)}
        self._has_sid = ("sid",) in kind.unique
        self.rows: dict[str, tuple[Any, ...]] = {}
        self.derived: dict[Any, Any] = {}
        self.is_empty: bool | None = None

    def knows(self, where: Where) -> bool:
        """Whether a row's SID and fields say whether it is meant: no lists, no ranges."""
        return self._has_sid and "sid" in where and SINGLE.issuperset(map(type, where.values()))

    def fits(self, row: tuple[Any, ...], where: Where) -> bool:
        """Whether a row has these single values."""
        positions = self._positions
        return all(row[positions[name]] == value for name, value in where.items())

    def remember(self, sid: str, row: tuple[Any, ...]) -> None:
        """Keep a row at hand; the one kept longest makes room for it."""
        if len(self.rows) >= KNOWN:
            del self.rows[next(iter(self.rows))]
        self.rows[sid] = row

    def added(self, resource: Any, row: list[Any]) -> None:
        """Keep step with an insertion."""
        self.is_empty = False
        self.derived.clear()
        if self._has_sid:
            self.remember(resource.sid, tuple(row))

    def changed(self, resource: Any, changes: Where) -> None:
        """Keep step with an update; the values are as they are stored."""
        self.derived.clear()
        row = self.rows.get(resource.sid) if self._has_sid else None
        if row is not None:
            amended = list(row)
            for name, value in changes.items():
                amended[self._positions[name]] = value
            self.rows[resource.sid] = tuple(amended)

    def removed(self, resource: Any) -> None:
        """Keep step with the removal of one row."""
        self.is_empty = None
        self.derived.clear()
        if self._has_sid:
            self.rows.pop(resource.sid, None)

    def forget(self) -> None:
        """Know nothing any more: many rows went, or what was written was taken back."""
        self.is_empty = None
        self.derived.clear()
        self.rows.clear()


__all__ = ["Between", "Order", "R", "Resource", "Store", "Where"]

T = TypeVar("T")


class Store:
    """One SQLite database of resources, changed only between `begin()` and `end()`.

    Args:
        kinds: The resource classes kept here, each in a table of its own.
        file: Where they survive; in memory if not given.
        owner: Facts that a file must agree with, such as whose it is.

    Raises:
        DatabaseRefused: The file cannot be opened.
    """

    def __init__(
        self,
        kinds: Iterable[type[Resource]],
        file: str | os.PathLike[str] | None = None,
        owner: Mapping[str, str] | None = None,
    ) -> None:
        self._tables = {kind: _Cache(kind) for kind in kinds}
        tables = self._tables.values()
        self._db = (
            database.in_memory(tables)
            if file is None
            else database.in_file(file, tables, owner or {})
        )
        self.is_on_disk = file is not None
        self.lock = threading.RLock()
        self._depth = 0
        self._written: set[_Cache] = set()
        self._execute: Callable[..., sqlite3.Cursor] = self._db.execute
        self._count_on(self._db)

    def _count_on(self, db: sqlite3.Connection) -> None:
        """Go on after the highest `seq` ever given out, so that none is used twice."""
        counted = dict(db.execute("SELECT name, next FROM _counter").fetchall())
        for table in self._tables.values():
            highest = db.execute(f"SELECT max(seq) FROM {table.name}").fetchone()[0] or 0
            table.next_seq = max(table.next_seq, highest + 1, counted.get(table.name, 1))

    def _note_count(self, table: Table) -> None:
        """Write down how far a kind has been counted, as its highest may be about to go."""
        self._write(_COUNT, (table.name, table.next_seq))

    def close(self) -> None:
        """Let go of the database once the unit of work under way has ended; twice does nothing."""
        with self.lock:
            self._execute = _closed
            self._forget(self._tables.values())
            self._db.close()

    @property
    def _open(self) -> sqlite3.Connection:
        if self._execute is _closed:
            raise database.DatabaseClosed
        return self._db

    def read_fact(self, name: str) -> Any:
        """What is noted under a name, or None."""
        with self.lock:
            return read_fact(self._open, name)

    def write_fact(self, name: str, value: Any) -> None:
        """Note a fact, within a unit of work; it is neither listed, copied back nor taken back."""
        self._begin_writing()
        write_fact(self._open, name, value)

    def begin(self) -> bool:
        """Start a unit of work, holding the lock; whether it is the outermost one.

        The database hears of it once something is written: most units only read.
        """
        self.lock.acquire()
        if self._execute is _closed:
            self.lock.release()
            raise database.DatabaseClosed
        self._depth += 1
        return self._depth == 1

    def _begin_writing(self) -> None:
        if self._depth and not self._db.in_transaction:
            self._execute("BEGIN IMMEDIATE")

    def _write(self, sql: str, values: Sequence[Any]) -> None:
        self._begin_writing()
        self._execute(sql, values)

    def end(self, *, keep: bool) -> None:
        """End the innermost unit of work and let go of the lock; the outermost one decides."""
        self._depth -= 1
        try:
            if self._depth == 0:
                self._finish(keep=keep)
        finally:
            self.lock.release()

    def _finish(self, *, keep: bool) -> None:
        kept = False
        try:
            if keep and self._db.in_transaction:
                self._execute("COMMIT")
            kept = keep
        finally:
            if not kept:
                self._forget(self._written)
            self._written.clear()
            if self._db.in_transaction:  # a full disk makes SQLite roll back by itself
                self._execute("ROLLBACK")

    @staticmethod
    def _forget(tables: Iterable[_Cache]) -> None:
        for table in tables:
            table.forget()

    def add(self, resource: R) -> R:
        """Keep a new resource and give it its place in the order of arrival.

        Raises:
            sqlite3.IntegrityError: A `unique` group is taken.
        """
        table = self._tables[type(resource)]
        resource.seq = table.next_seq
        table.next_seq += 1
        row = table.row(resource)
        self._write(table.insert, row)
        self._written.add(table)
        table.added(resource, row)
        return resource

    def save(self, resource: Resource, **changes: Any) -> None:
        """Change fields of a kept resource, in the store and in the object."""
        table = self._tables[type(resource)]
        for name, value in changes.items():
            setattr(resource, name, value)
        if table.json:
            changes = {name: table.encode(name, value) for name, value in changes.items()}
        self._write(table.update(tuple(changes)), (*changes.values(), resource.seq))
        self._written.add(table)
        table.changed(resource, changes)

    def last_seq(self, kind: type[Resource]) -> int:
        """The latest place in the order of arrival that was given out."""
        return self._tables[kind].next_seq - 1

    def skip_seq(self, kind: type[Resource]) -> None:
        """Give the next place in the order of arrival to nobody."""
        table = self._tables[kind]
        table.next_seq += 1
        self._note_count(table)

    def remove(self, resource: Resource) -> None:
        """Forget a resource."""
        table = self._tables[type(resource)]
        self._note_count(table)
        self._write(table.delete, (resource.seq,))
        self._written.add(table)
        table.removed(resource)

    def first(self, kind: type[R], **where: Any) -> R | None:
        """The earliest resource whose fields have these values, or None."""
        return self.find(kind, where)

    def find(self, kind: type[R], where: Where) -> R | None:
        """The same, for fields whose names are not known when the code is written."""
        table = self._tables[kind]
        with self.lock:
            row = self._row(table, where)
        return None if row is None else table.resource(row)

    def _row(self, table: _Cache, where: Where) -> tuple[Any, ...] | None:
        """The earliest row with these values; one with a SID is asked of the database once."""
        if self._is_empty(table):
            return None
        if not table.knows(where):
            return self._read(table, where)
        sid = where["sid"]
        row = table.rows.get(sid)
        if row is None:
            row = self._read(table, {"sid": sid})
            if row is None:
                return None
            table.remember(sid, row)
        return row if len(where) == 1 or table.fits(row, where) else None

    def _read(self, table: Table, where: Where) -> tuple[Any, ...] | None:
        condition, values = table.where(where)
        cursor = self._execute(f"{table.select}{condition} LIMIT 1", values)
        row: tuple[Any, ...] | None = cursor.fetchone()
        return row

    def _is_empty(self, table: _Cache) -> bool:
        """Whether a table holds nothing, so that nobody need look; asked with the lock held."""
        if table.is_empty is None:
            sql = f"SELECT 1 FROM {table.name} LIMIT 1"
            table.is_empty = self._execute(sql).fetchone() is None
        return table.is_empty

    def exists(self, kind: type[Resource], **where: Any) -> bool:
        """Whether any resource has these values; cheaper than `first`."""
        table = self._tables[kind]
        with self.lock:
            if table.knows(where) or self._is_empty(table):
                return self._row(table, where) is not None
            condition, values = table.where(where)
            sql = f"SELECT 1 FROM {table.name}{condition} LIMIT 1"
            return self._execute(sql, values).fetchone() is not None

    def select(
        self,
        kind: type[R],
        where: Where | None = None,
        *,
        order: Order = "asc",
        by: tuple[str, ...] = (),
        after: int | None = None,
        before: int | None = None,
        limit: int = -1,
        offset: int = 0,
    ) -> list[R]:
        """Resources in order of arrival.

        Args:
            kind: Which resources.
            where: Field values to match; a list matches any of its members.
            order: `asc` for the earliest first.
            by: Fields to sort by before the order of arrival; `-priority` puts the highest first.
            after: Only those that arrived after this `seq`.
            before: Only those that arrived before this `seq`.
            limit: At most so many.
            offset: Leave out so many.
        """
        table = self._tables[kind]
        with self.lock:
            if self._is_empty(table):
                return []
        condition, values = table.where(where or {})
        for bound, sign in ((after, ">"), (before, "<")):
            if bound is not None:
                condition += f"{' AND' if condition else ' WHERE'} seq {sign} ?"
                values.append(bound)
        sorted_by = ", ".join((*map(sorting, by), f"seq {order}"))
        sql = f"{table.select}{condition} ORDER BY {sorted_by} LIMIT ? OFFSET ?"
        with self.lock:
            rows = self._execute(sql, (*values, limit, offset)).fetchall()
        return [table.resource(row) for row in rows]

    def count(self, kind: type[Resource], **where: Any) -> int:
        """How many resources have these values."""
        table = self._tables[kind]
        condition, values = table.where(where)
        with self.lock:
            row = self._execute(f"SELECT count(*) FROM {table.name}{condition}", values).fetchone()
        return int(row[0])

    def count_above(self, kind: type[Resource], field: str, floor: int, **where: Any) -> int:
        """How many resources with these values have a field above `floor`."""
        table = self._tables[kind]
        condition, values = table.where(where)
        sql = f'SELECT count(*) FROM {table.name}{condition} AND "{field}" > ?'
        with self.lock:
            return int(self._execute(sql, (*values, floor)).fetchone()[0])

    def tally(self, kind: type[Resource], by: tuple[str, ...], where: Where) -> dict[Any, int]:
        """How many resources with these values there are, by what their fields `by` say."""
        table = self._tables[kind]
        condition, values = table.where(where)
        names = ", ".join(map(quoted, by))
        sql = f"SELECT {names}, count(*) FROM {table.name}{condition} GROUP BY {names}"
        with self.lock:
            rows = self._execute(sql, values).fetchall()
        return {row[:-1]: row[-1] for row in rows}

    def cached(self, kind: type[Resource], name: Any, make: Callable[[], T]) -> T:
        """What `make` makes of the resources of a kind alone, kept until one of them changes."""
        with self.lock:
            rows = self._tables[kind].derived
            if name not in rows:
                rows[name] = make()
            found: T = rows[name]
        return found

    def remove_all(self, kind: type[Resource], **where: Any) -> None:
        """Forget every resource with these values."""
        table = self._tables[kind]
        if self._is_empty(table):
            return
        condition, values = table.where(where)
        self._note_count(table)
        self._write(f"DELETE FROM {table.name}{condition}", values)
        self._written.add(table)
        table.forget()

    def remove_before(self, kind: type[Resource], seq: int, **where: Any) -> None:
        """Forget what arrived before `seq`, of what has these values."""
        table = self._tables[kind]
        condition, values = table.where(where)
        condition += f"{' AND' if condition else ' WHERE'} seq < ?"
        self._note_count(table)
        self._write(f"DELETE FROM {table.name}{condition}", (*values, seq))
        self._written.add(table)
        table.forget()

    def copy(self) -> bytearray:
        """Everything kept, as one block of bytes for `restore()`."""
        with self.lock:
            return database.image_of(self._open)

    def restore(self, copy: bytearray) -> None:
        """Put every resource back as it was when `copy` was taken, all at once; facts stay.

        What was counted since stays counted, so that nothing is taken for what was put away.
        """
        with database.opened(copy) as source, self.lock:
            self._count_on(source)
            source.execute("DELETE FROM _fact")
            facts = self._execute("SELECT * FROM _fact").fetchall()
            source.executemany("INSERT INTO _fact VALUES (?, ?)", facts)
            counts = [(table.name, table.next_seq) for table in self._tables.values()]
            source.executemany(_COUNT, counts)
            source.backup(self._open)
            self._forget(self._tables.values())


_COUNT = "INSERT OR REPLACE INTO _counter VALUES (?, ?)"


def _closed(*_: object) -> sqlite3.Cursor:
    raise database.DatabaseClosed
