"""Resources in SQLite: in memory, or in a file that survives.

The store knows rows, scopes and order, and no Twilio noun.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
import weakref
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any, TypeVar

from ...interrupts import Uninterrupted
from . import database, forks
from .database import read_fact, write_fact
from .schema import Between, Order, R, Resource, Where, quoted, sorting
from .table_cache import ALL, KEPT_ROWS, LARGEST, Fresh, Row, TableCache, holds

__all__ = ["Between", "Order", "R", "Resource", "Store", "Where"]

T = TypeVar("T")
MOST_WAITING = 2_000
"""Rows of an account in memory that wait to be written, before all of them are: some 15 ms."""


class NoUnitOfWork(RuntimeError):
    """A write was tried outside a unit of work."""


class StoreMark:
    """A state of a store to go back to.

    Attributes:
        rows: Rows that were written since, as they were then, by table and `seq`; None for those
            that were not there.
        image: The whole state instead, if the store was overwritten since.
    """

    def __init__(self) -> None:
        self.rows: dict[TableCache, dict[int, Row | None]] = {}
        self.image: bytearray | None = None

    def write(self, execute_many: Callable[..., object]) -> None:
        """Write the rows back."""
        for table, rows in self.rows.items():
            execute_many(table.delete, [(seq,) for seq in rows])
            execute_many(table.insert, [row for row in rows.values() if row is not None])


class Store:
    """One SQLite database of resources, changed only between `begin()` and `end()`.

    Args:
        kinds: The resource classes kept here, each in a table of its own.
        file: Where they survive; in memory if not given.
        owner: Facts that a file must agree with, such as whose it is.
        image: A `copy()` that a store in memory begins with, facts included.

    Attributes:
        failures: Number of failures of the file.
        is_failing: Whether the file cannot be written at present, as far as is known.
        when_failed: Returns a function to call when that begins, or None.
        is_left: Whether this process was forked, so that the database is its parent's.
        most_waiting: Rows of a store in memory that may wait; fewer make shorter pauses, and more
            of them, as a row that changes again meanwhile is written once.

    Raises:
        DatabaseRefused: The file cannot be opened.
    """

    def __init__(
        self,
        kinds: Iterable[type[Resource]],
        file: str | os.PathLike[str] | None = None,
        owner: Mapping[str, str] | None = None,
        image: bytearray | None = None,
    ) -> None:
        self._tables = {kind: TableCache(kind) for kind in kinds}
        tables = self._tables.values()
        with forks.opening.lock:
            if file is None:
                self._db = database.in_memory(tables, image)
            else:
                self._db = database.in_file(file, tables, owner or {})
                self._db.on_failure = weakref.WeakMethod(self._failed)
        # Python 3.13 warns of a connection that is only let go of; at exit the system closes it.
        self._closing = weakref.finalize(self, self._db.close)
        self._closing.atexit = False
        self.is_on_disk = file is not None
        self.is_left = False
        self.failures, self.is_failing = 0, False
        self.when_failed: Callable[[], Callable[[], None] | None] = lambda: None
        self.lock = threading.RLock()
        self.depth = 0
        self._fresh = Fresh()
        self._written: set[TableCache] = set()
        self._waiting, self.most_waiting = 0, MOST_WAITING
        self._marks: list[StoreMark] = []
        self._execute: Callable[..., sqlite3.Cursor] = self._db.execute
        self._execute_many: Callable[..., sqlite3.Cursor] = self._db.executemany
        if self.is_on_disk or image:
            self._count_on(self._db)
        forks.wait_for(self)
        forks.in_child(self, Store._leave)

    def _failed(self, failure: database.DatabaseFailed) -> None:
        self.failures += 1
        if not self.is_failing:
            self.is_failing = True
            _log.error("%s Until it works again, requests are answered with 503.", failure)
            if (act := self.when_failed()) is not None:
                act()

    def works_since(self, failures: int) -> None:
        """Note that the file can be written again, if there were no more failures than these."""
        with self.lock:
            if self.failures == failures:
                self.is_failing = False
                _log.warning("The database file can be written again; what was left was done")

    def _leave(self) -> None:
        """Leave the database to the parent, in a child that was forked."""
        self.is_left = True
        self._closing.detach()
        forks.keep(self._db)
        forks.refuse(self, "lock")

    def _count_on(self, db: sqlite3.Connection) -> None:
        """Go on after the highest `seq` ever given out, so that none is used twice."""
        counted = dict(db.execute("SELECT name, next FROM _counter").fetchall())
        tables = self._tables.values()
        each = ", ".join(f"(SELECT max(seq) FROM {table.name})" for table in tables)
        # at once, which takes a third of the time
        highest = db.execute(f"SELECT {each}").fetchone()
        for table, seq in zip(tables, highest, strict=True):
            table.next_seq = max(table.next_seq, (seq or 0) + 1, counted.get(table.name, 1))

    def _write_count(self, table: TableCache) -> None:
        """Write down the next `seq` of a kind in a file, as its highest row is about to go."""
        if self.is_on_disk:
            self._write(_COUNT, (table.name, table.next_seq))

    def close(self) -> None:
        """Let go of the database once the unit of work under way has ended; twice does nothing."""
        with self.lock:
            self._execute = self._execute_many = _closed
            self._forget(self._tables.values())
            self._db.close()

    @property
    def _open(self) -> sqlite3.Connection:
        if self._execute is _closed:
            raise database.DatabaseClosed
        return self._db

    def read_fact(self, name: str) -> Any:
        """Return what is noted under a name, or None."""
        with self.lock:
            return read_fact(self._open, name)

    def write_fact(self, name: str, value: Any) -> None:
        """Note a fact, within a unit of work; it is neither listed, copied back nor taken back."""
        db = self._open
        self._begin_sql()
        write_fact(db, name, value)

    def begin(self) -> None:
        """Start a unit of work and hold the lock.

        SQLite begins a transaction at the first write: most units only read.
        """
        self.lock.acquire()
        if self._execute is _closed:
            self.lock.release()
            raise database.DatabaseClosed
        self.depth += 1

    def _write(self, sql: str, values: Sequence[Any]) -> None:
        if not self.depth:
            raise NoUnitOfWork
        self._begin_sql()
        self._execute(sql, values)

    def _begin_sql(self) -> None:
        if not self._db.in_transaction:
            self._write_committed()
            self._execute("BEGIN IMMEDIATE")

    def _write_committed(self, of: Iterable[TableCache] | None = None) -> None:
        """Write in one transaction what earlier units of work left: all, or that of some tables."""
        every = self._tables.values()
        tables = [table for table in (every if of is None else of) if table.committed]
        if not tables:
            return
        with Uninterrupted():
            try:
                self._write_tables(tables)
            except sqlite3.IntegrityError:
                _log.exception("Rows that others rule out were left out, so that the rest is kept")
                self._write_tables(tables, leaving_out=True)
                for table in tables:
                    table.forget_results()  # not what the unit of work under way has written
                self._fresh.clear()
            for table in tables:
                table.committed.clear()
            self._waiting = sum(len(table.committed) for table in every)

    def _write_tables(self, tables: list[TableCache], *, leaving_out: bool = False) -> None:
        self._execute("BEGIN IMMEDIATE")
        try:
            for table in tables:
                self._write_rows(table, table.committed, leaving_out=leaving_out)
            self._execute("COMMIT")
        except BaseException:
            self._execute("ROLLBACK")
            raise

    def end(self, *, keep: bool) -> None:
        """Commit the outermost unit of work, or roll it back; its lock is still held."""
        kept = False
        try:
            if keep and not (self.is_on_disk or self._db.in_transaction):
                waiting = 0
                for table in self._written:
                    waiting += len(table.pending)
                if self._waiting + waiting > self.most_waiting:
                    self._write_committed()  # first, as it may fail, and the unit with it
                self._waiting += waiting
                for table in self._written:
                    table.commit()
            elif keep:
                self.flush()
                if self._db.in_transaction:
                    self._execute("COMMIT")
            kept = keep
        finally:
            if not kept:
                self._forget(self._written)
            self._written.clear()
            if self._db.in_transaction:  # a full disk makes SQLite roll back by itself
                self._execute("ROLLBACK")

    def flush(self) -> None:
        """Write what this unit of work has changed; the end of the unit still decides."""
        for table in self._written:
            if table.pending:
                self._flush(table)

    def _flush(self, table: TableCache) -> None:
        self._begin_sql()
        self._write_rows(table, table.pending)
        table.pending.clear()

    def _write_waiting(self, table: TableCache) -> None:
        """Write what waits to be written to a table, before it is read."""
        if table.pending:
            self._flush(table)
        elif table.committed:
            self._write_committed((table,))

    def _write_rows(
        self, table: TableCache, rows: dict[int, Any], *, leaving_out: bool = False
    ) -> None:
        """Write rows that wait, those of one kind of statement together.

        Rows go before others change, and those before any come, which may take a value that is
        unique: a change of such a value has had all before it written.
        """
        deleted = [(seq,) for seq, waiting in rows.items() if waiting is None]
        added = [waiting for waiting in rows.values() if isinstance(waiting, list)]
        updated: dict[tuple[str, ...], list[tuple[Any, ...]]] = {}
        for seq, waiting in rows.items():
            if isinstance(waiting, dict):
                updated.setdefault(tuple(waiting), []).append((*waiting.values(), seq))
        statements = (
            (table.delete, deleted),
            *((table.update(names), values) for names, values in updated.items()),
            (table.insert, added),
        )
        for sql, values in statements:
            if values:
                verb = _IGNORING.get(sql[:6], sql[:6]) if leaving_out else sql[:6]
                self._execute_many(verb + sql[6:], values)

    def _forget(self, tables: Iterable[TableCache]) -> None:
        for table in tables:
            table.forget()
        self._fresh.clear()

    def add(self, resource: R, *, is_fresh: bool = False) -> R:
        """Store a new resource, next in the order of arrival.

        Args:
            resource: The resource; its `seq` is set.
            is_fresh: Its SID was drawn for it, so that no other row can hold the SID yet.

        Raises:
            sqlite3.IntegrityError: A `unique` group is taken; at the end of the unit of work, at
                the latest.
        """
        if not self.depth:
            raise NoUnitOfWork
        table = self._tables[type(resource)]
        resource.seq = table.next_seq
        table.next_seq += 1
        if is_fresh:
            self._fresh.add(resource.sid)  # type: ignore[attr-defined]
        self._written.add(table)
        if self._marks:
            self._note(table, {resource.seq: None})
        row = table.added(resource, self._fresh)
        if not table.is_kept:
            self._write(table.insert, row)
        return resource

    def save(self, resource: Resource, **changes: Any) -> None:
        """Change fields of a stored resource, in the store and in the object."""
        if not self.depth:
            raise NoUnitOfWork
        table = self._tables[type(resource)]
        for name, value in changes.items():
            setattr(resource, name, value)
        for name in table.json:
            if name in changes:
                changes[name] = table.encode(name, changes[name])
        if not table.is_kept:
            self._note_stored(table, {"seq": resource.seq})
            self._write(table.update(tuple(changes)), (*changes.values(), resource.seq))
            return
        row = table.row_of(resource.seq) or self._row(table, resource.seq)
        if row is not None:
            self._written.add(table)
            if self._marks:
                self._note(table, {row[0]: row})
            if not table.unique_columns.isdisjoint(changes):
                self._flush(table)  # in the order of writing, as one row may take another's value
            table.changed(row, changes, self._fresh)

    def _row(self, table: TableCache, seq: int) -> Row | None:
        """Read a row that is not kept."""
        rows = self._read(table, {"seq": seq})
        return table.keep(rows[0]) if rows else None

    def _read(self, table: TableCache, where: Where, tail: str = "", *more: Any) -> list[Row]:
        """Read rows from SQLite."""
        self._write_waiting(table)
        condition, values = table.where(where)
        cursor = self._execute(f"{table.select}{condition}{tail}", (*values, *more))
        return [list(row) for row in cursor.fetchall()]

    def last_seq(self, kind: type[Resource]) -> int:
        """Return the latest place in the order of arrival that was given out."""
        return self._tables[kind].next_seq - 1

    def skip_seq(self, kind: type[Resource]) -> None:
        """Leave out the next place in the order of arrival."""
        table = self._tables[kind]
        table.next_seq += 1
        self._write_count(table)

    def remove(self, resource: Resource) -> None:
        """Remove a resource."""
        table = self._tables[type(resource)]
        if not self.depth:
            raise NoUnitOfWork
        if not table.is_kept:
            self._note_stored(table, {"seq": resource.seq})
            self._write_count(table)
            self._write(table.delete, (resource.seq,))
            return
        row = table.row_of(resource.seq) or self._row(table, resource.seq)
        if row is not None:
            self._remove(table, [row])

    def _remove(self, table: TableCache, rows: list[Row]) -> None:
        if not self.depth:
            raise NoUnitOfWork
        self._written.add(table)
        if self._marks:
            self._note(table, {row[0]: row for row in rows})
        for row in rows:
            if row[0] == table.next_seq - 1:
                self._write_count(table)
            table.removed(row)

    def first(self, kind: type[R], **where: Any) -> R | None:
        """Return the earliest resource whose fields have these values, or None."""
        table = self._tables[kind]
        with self.lock:
            row = self._first(table, where)
        return None if row is None else table.resource(row)

    def find(self, kind: type[R], where: Where) -> R | None:
        """Do the same for fields whose names are not known when the code is written."""
        table = self._tables[kind]
        with self.lock:
            row = self._first(table, where)
        return None if row is None else table.resource(row)

    def _first(self, table: TableCache, where: Where) -> Row | None:
        if "seq" in where:
            seq = where["seq"]
            row = table.row_of(seq) or self._row(table, seq)
            return row if row is not None and table.fits(row, where) else None
        query = where
        if table.has_sid and isinstance(sid := where.get("sid"), str):
            if (row := table.row_with(sid)) is not None:
                return row if len(where) == 1 or table.fits(row, where) else None
            query = {"sid": sid}
        rows, shape, _ = table.kept(query, (), self._fresh, _ONE)
        if rows is None and shape is not None:
            rows = self._rows(table, query, (), _ONE)
        if rows is None:
            rows = self._read(table, query, " ORDER BY seq LIMIT 1")
        return rows[0] if rows and (query is where or table.fits(rows[0], where)) else None

    def _rows(
        self, table: TableCache, where: Where, by: tuple[str, ...] = (), span: slice = ALL
    ) -> Sequence[Row] | None:
        """Return a span of the rows of a query, or None where they are too many to keep."""
        rows, shape, key = table.kept(where, by, self._fresh, span)
        if rows is not None or shape is None:
            return rows
        sorted_by = ", ".join((*map(sorting, by), "seq"))
        found = self._read(table, where, f" ORDER BY {sorted_by} LIMIT ?", LARGEST + 1)
        table.keep_result(shape, key, found, self._fresh)
        if shape.results[key] is None or (len(found) > LARGEST and not holds(found, span)):
            return None
        return found[span]

    def exists(self, kind: type[Resource], **where: Any) -> bool:
        """Return whether any resource has these values; cheaper than `first`."""
        table = self._tables[kind]
        with self.lock:
            return self._first(table, where) is not None

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
        """Return resources in order of arrival.

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
        where = where or {}
        with self.lock:
            kept = None
            if after is before is None and (order == "asc" or not by):
                is_all = limit < 0 and not offset and order == "asc"
                span = ALL if is_all else _span(order, limit, offset)
                kept = self._rows(table, where, by, span)
                if kept is None and by and isinstance(where.get(by[0]), Between):
                    kept = self._between(table, where, by, span)
            if kept is None:
                rows: Sequence[Row] = self._page(
                    table, where, order, by, after, before, limit, offset
                )
            else:
                rows = kept
        return list(map(table.resource, rows))

    def _between(
        self, table: TableCache, where: Where, by: tuple[str, ...], span: slice
    ) -> Sequence[Row] | None:
        """Return the rows of a range, out of all that are sorted by its column."""
        among, every = where[by[0]], {**where, by[0]: Between()}
        kept, shape, _ = table.kept(every, by, self._fresh, among)
        if kept is None and shape is not None and self._rows(table, every, by) is not None:
            kept, _, _ = table.kept(every, by, self._fresh, among)
        return None if kept is None else kept[span]

    def _page(
        self,
        table: TableCache,
        where: Where,
        order: Order,
        by: tuple[str, ...],
        after: int | None,
        before: int | None,
        limit: int,
        offset: int,
    ) -> list[Row]:
        bounds = ""
        values = []
        for bound, sign in ((after, ">"), (before, "<")):
            if bound is not None:
                bounds += f"{' AND' if where or bounds else ' WHERE'} seq {sign} ?"
                values.append(bound)
        sorted_by = ", ".join((*map(sorting, by), f"seq {order}"))
        tail = f"{bounds} ORDER BY {sorted_by} LIMIT ? OFFSET ?"
        return self._read(table, where, tail, *values, limit, offset)

    def count(self, kind: type[Resource], **where: Any) -> int:
        """Return how many resources have these values."""
        table = self._tables[kind]
        with self.lock:
            rows = self._rows(table, where)
            if rows is not None:
                return len(rows)
            return int(self._aggregate(table, "count(*)", where)[0][0])

    def count_above(self, kind: type[Resource], field: str, floor: int, **where: Any) -> int:
        """Return how many resources with these values have a field above `floor`."""
        table = self._tables[kind]
        with self.lock:
            rows = self._aggregate(table, "count(*)", where, f' AND "{field}" > ?', floor)
        return int(rows[0][0])

    def tally(self, kind: type[Resource], by: tuple[str, ...], where: Where) -> dict[Any, int]:
        """Count the resources with these values by what two or more fields of theirs hold."""
        table = self._tables[kind]
        with self.lock:
            kept = self._rows(table, where)
            if kept is not None:
                return Counter(map(itemgetter(*map(table.positions.__getitem__, by)), kept))
            names = ", ".join(map(quoted, by))
            rows = self._aggregate(table, f"{names}, count(*)", where, f" GROUP BY {names}")
        return {row[:-1]: row[-1] for row in rows}

    def _aggregate(
        self, table: TableCache, columns: str, where: Where, tail: str = "", *more: Any
    ) -> list[tuple[Any, ...]]:
        self._write_waiting(table)
        condition, values = table.where(where)
        sql = f"SELECT {columns} FROM {table.name}{condition}{tail}"
        return self._execute(sql, (*values, *more)).fetchall()

    def shared(self, kind: type[R], sid: str | None) -> R | None:
        """Return the resource of a SID that all readers share until it changes, or None."""
        if sid is None:
            return None
        table = self._tables[kind]
        with self.lock:
            found: R | None = table.shared.get(sid)
            if found is None and (row := self._first(table, {"sid": sid})) is not None:
                found = self._share(table, sid, row)
        return found

    def shared_of(self, kind: type[R], sids: Iterable[str]) -> list[R]:
        """Return the resources of some SIDs, as `shared` does, less those that there are not."""
        shared = self._tables[kind].shared
        with self.lock:
            found = [shared.get(sid) or self.shared(kind, sid) for sid in sids]
        return [each for each in found if each is not None]

    def select_shared(self, kind: type[R], where: Where) -> list[R]:
        """Return resources in order of arrival, as `shared` does."""
        table = self._tables[kind]
        found = []
        with self.lock:
            rows = self._rows(table, where)
            for row in self._read(table, where, " ORDER BY seq") if rows is None else rows:
                sid = row[table.positions["sid"]]
                found.append(table.shared.get(sid) or self._share(table, sid, row))
        return found

    @staticmethod
    def _share(table: TableCache, sid: str, row: Row) -> Any:
        if len(table.shared) >= KEPT_ROWS:
            table.shared.clear()
        table.shared[sid] = table.resource(row)
        return table.shared[sid]

    def cached(self, kind: type[Resource], name: Any, make: Callable[[], T]) -> T:
        """Return the result of `make`, kept by name until a resource of the kind changes."""
        with self.lock:
            derived = self._tables[kind].derived
            if name not in derived:
                derived[name] = make()
            found: T = derived[name]
        return found

    def remove_all(self, kind: type[Resource], **where: Any) -> None:
        """Remove every resource with these values."""
        table = self._tables[kind]
        rows = self._rows(table, where)
        if rows is None:
            self._delete(table, where)
        else:
            self._remove(table, list(rows))

    def remove_before(self, kind: type[Resource], seq: int, **where: Any) -> None:
        """Remove the resources with these values that arrived before `seq`."""
        self._delete(self._tables[kind], where, f"{' AND' if where else ' WHERE'} seq < ?", seq)

    def _delete(self, table: TableCache, where: Where, tail: str = "", *more: Any) -> None:
        """Remove rows that are too many to name."""
        self._written.add(table)
        if table.pending:
            self._flush(table)
        self._note_stored(table, where, tail, *more)
        self._write_count(table)
        condition, values = table.where(where)
        sql = f"DELETE FROM {table.name}{condition}{tail}"
        self._write(sql, (*values, *more))
        table.forget()

    def copy(self) -> bytearray:
        """Return everything stored, as one block of bytes for `restore()`."""
        with self.lock:
            db = self._open
            self.flush()
            if not db.in_transaction:
                self._write_committed()
            if not self.is_on_disk:
                counts = [(table.name, table.next_seq) for table in self._tables.values()]
                self._execute_many(_COUNT, counts)
            return database.image_of(db)

    def restore(self, copy: bytearray) -> None:
        """Put every resource back as it was when `copy` was taken, all at once; facts stay.

        What was counted since stays counted, so that nothing is taken for what was put away.
        """
        with self.lock, database.opened(copy) as source:
            self._keep_marks()
            self._count_on(source)
            source.execute("DELETE FROM _fact")
            facts = self._execute("SELECT * FROM _fact").fetchall()
            source.executemany("INSERT INTO _fact VALUES (?, ?)", facts)
            counts = [(table.name, table.next_seq) for table in self._tables.values()]
            source.executemany(_COUNT, counts)
            database.overwrite(self._open, source)
            for table in self._tables.values():
                table.committed.clear()
            self._forget(self._tables.values())

    # -- marks

    def mark(self) -> StoreMark:
        """Return the present state, for `rewind()`; it takes what is written from now on."""
        mark = StoreMark()
        with self.lock:
            self._marks.append(mark)
        return mark

    def rewind(self, mark: StoreMark) -> None:
        """Put every row back as it was at a mark, as `restore` does, within a unit of work.

        Only for a mark without an image, which `restore` takes; it is no mark any more.
        """
        self._marks.remove(mark)
        self._begin_sql()
        self.flush()
        for table, rows in mark.rows.items():
            if self._marks:
                stored = {row[0]: row for row in self._read(table, {"seq": list(rows)})}
                self._note(table, {seq: stored.get(seq) for seq in rows})
            self._written.add(table)
            self._write_count(table)
        mark.write(self._execute_many)
        self._forget(mark.rows)

    def forget_mark(self, mark: StoreMark) -> None:
        """Keep nothing for a mark any more."""
        with self.lock:
            self._marks.remove(mark)

    def _note(self, table: TableCache, rows: Mapping[int, Row | None]) -> None:
        """Note rows that are about to be written, as they are, unless they were noted before."""
        for mark in self._marks:
            noted = mark.rows.setdefault(table, {})
            for seq, row in rows.items():
                if seq not in noted:
                    noted[seq] = row and row.copy()

    def _note_stored(self, table: TableCache, where: Where, tail: str = "", *more: Any) -> None:
        """Note rows that are about to be written and were not read."""
        if self._marks:
            self._note(table, {row[0]: row for row in self._read(table, where, tail, *more)})

    def _keep_marks(self) -> None:
        """Keep the state of each mark whole, as the store is about to be overwritten."""
        for mark in self._marks:
            if mark.image is None:
                with database.opened(self.copy()) as source:
                    mark.write(source.executemany)
                    mark.image = database.image_of(source)

    def shift(self, seconds: float) -> None:
        """Move every date, within a unit of work that has written nothing yet."""
        self._keep_marks()
        self._begin_sql()
        for table in self._tables.values():
            if table.dates:
                moved = ", ".join(f"{quoted(name)} = {quoted(name)} + ?" for name in table.dates)
                self._write(f"UPDATE {table.name} SET {moved}", [seconds] * len(table.dates))
        self._forget(self._tables.values())


def _span(order: Order, limit: int, offset: int) -> slice:
    """Return the part of all rows in ascending order that a page holds, in its order."""
    if order == "asc":
        return slice(offset, None if limit < 0 else offset + limit)
    return slice(-1 - offset, None if limit < 0 else -1 - offset - limit, -1)


_ONE = slice(0, 1)
_IGNORING = {"INSERT": "INSERT OR IGNORE", "UPDATE": "UPDATE OR IGNORE"}
_log = logging.getLogger(__name__)
_COUNT = "INSERT OR REPLACE INTO _counter VALUES (?, ?)"


def _closed(*_: object) -> sqlite3.Cursor:
    raise database.DatabaseClosed
