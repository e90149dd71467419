"""Resources in SQLite: in memory, or in a file that survives.

A resource is a dataclass; its fields are the columns of its table. The store knows rows, scopes
and order, and no Twilio noun.
"""

from __future__ import annotations

import sqlite3
import threading
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from operator import attrgetter
from typing import Any, ClassVar, Literal, TypeVar, get_type_hints

import orjson

Where = Mapping[str, Any]
Order = Literal["asc", "desc"]


@dataclass(frozen=True, slots=True)
class Between:
    """A condition on a number: from `low` up to `high`, both included; null never is."""

    low: float = -1e308
    high: float = 1e308


@dataclass(slots=True)
class Resource:
    """Base of everything kept. `seq` is the order of arrival within a kind.

    `unique` lists groups of fields that must differ between any two rows (a null never
    collides), `indexes` those that are searched by, in the order of the search; `-priority` puts
    the highest first.
    """

    prefix: ClassVar[str]
    unique: ClassVar[tuple[tuple[str, ...], ...]] = ()
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = ()

    seq: int = field(default=0, kw_only=True, compare=False)


R = TypeVar("R", bound=Resource)

_HINTS: dict[type[Resource], dict[str, Any]] = {}
"""Types of a kind's fields, worked out once however many stores there are."""


class _Table:
    """How one kind of resource is kept: its columns, and how values cross the border."""

    def __init__(self, kind: type[Resource]) -> None:
        self.kind = kind
        self.name = kind.__name__.lower()
        self.columns = [f.name for f in fields(kind) if f.name != "seq"]
        hints = _HINTS.get(kind) or _HINTS.setdefault(kind, get_type_hints(kind))
        self.json = [name for name in self.columns if _is_json(hints[name])]
        self.json_positions = [self.columns.index(name) + 1 for name in self.json]
        self.decoders = self._decoders(hints)
        self.values = attrgetter(*self.columns)
        self.next_seq = 1
        self.sql: dict[Any, str] = {}
        self.updates: dict[tuple[str, ...], str] = {}
        listed = ", ".join(map(_quoted, self.columns))
        marks = ", ".join("?" * (len(self.columns) + 1))
        self.insert = f"INSERT INTO {self.name} (seq, {listed}) VALUES ({marks})"  # noqa: S608
        self.select = f"SELECT seq, {listed} FROM {self.name}"  # noqa: S608
        self.delete = f"DELETE FROM {self.name} WHERE seq = ?"  # noqa: S608

    def _decoders(self, hints: Mapping[str, Any]) -> list[tuple[int, Callable[[Any], Any]]]:
        found: list[tuple[int, Callable[[Any], Any]]] = []
        for position, name in enumerate(self.columns):
            if name in self.json:
                found.append((position, orjson.loads))
            elif bool in _members(hints[name]):
                found.append((position, bool))
        return found

    def schema(self) -> Iterable[str]:
        columns = ", ".join(map(_quoted, self.columns))
        yield (f"CREATE TABLE IF NOT EXISTS {self.name} (seq INTEGER PRIMARY KEY, {columns})")
        for kind, groups in (("UNIQUE INDEX", self.kind.unique), ("INDEX", self.kind.indexes)):
            for group in groups:
                yield (
                    f"CREATE {kind} IF NOT EXISTS {self.name}_{'_'.join(map(_field, group))}"
                    f" ON {self.name} ({', '.join(map(_sorting, group))})"
                )

    def update(self, names: tuple[str, ...]) -> str:
        """SQL that sets these columns of one row."""
        sql = self.updates.get(names)
        if sql is None:
            assignments = ", ".join(f'"{name}" = ?' for name in names)
            sql = f"UPDATE {self.name} SET {assignments} WHERE seq = ?"  # noqa: S608
            self.updates[names] = sql
        return sql

    def encode(self, name: str, value: Any) -> Any:
        return orjson.dumps(value).decode() if name in self.json and value is not None else value

    def row(self, resource: Resource) -> list[Any]:
        values = [resource.seq, *self.values(resource)]
        for position in self.json_positions:
            if values[position] is not None:
                values[position] = orjson.dumps(values[position]).decode()
        return values

    def resource(self, row: tuple[Any, ...]) -> Any:
        seq, *values = row
        for position, decode in self.decoders:
            if values[position] is not None:
                values[position] = decode(values[position])
        return self.kind(*values, seq=seq)

    def where(self, where: Where) -> tuple[str, list[Any]]:
        """SQL and values of a condition; the SQL is made once for each shape of condition."""
        values = list(where.values())
        shape: Any = tuple(where)
        if None in values or not _PLAIN.issuperset(map(type, values)):
            shape = tuple((name, _shape(value)) for name, value in where.items())
            values = [item for value in values for item in _compared(value)]
        sql = self.sql.get(shape)
        if sql is None:
            parts = [_condition(name, _shape(value)) for name, value in where.items()]
            sql = self.sql[shape] = f" WHERE {' AND '.join(parts)}" if parts else ""
        return sql, values


_PLAIN = frozenset({str, int, float, bool})
"""Types that are compared as they are."""


def _compared(value: Any) -> list[Any]:
    """The values that a condition's question marks stand for."""
    if value is None:
        return []
    if isinstance(value, Between):
        return [value.low, value.high]
    return value if isinstance(value, list) else [value]


def _shape(value: Any) -> int | str:
    """How a value is compared: a list by its length, a range, null, or as it is."""
    if isinstance(value, list):
        return len(value)
    if isinstance(value, Between):
        return "between"
    return "null" if value is None else "equal"


def _condition(name: str, shape: int | str) -> str:
    if shape == "equal":
        return f'"{name}" = ?'
    if shape == "null":
        return f'"{name}" IS NULL'
    if shape == "between":
        return f'"{name}" BETWEEN ? AND ?'
    return f'"{name}" IN ({", ".join("?" * int(shape))})'


def _field(name: str) -> str:
    return name.removeprefix("-")


def _sorting(name: str) -> str:
    """`-priority` -> `"priority" DESC`."""
    return f"{_quoted(_field(name))} {'DESC' if name.startswith('-') else 'ASC'}"


def _quoted(name: str) -> str:
    return f'"{name}"'


def _members(hint: Any) -> tuple[Any, ...]:
    return typing.get_args(hint) or (hint,)


def _is_json(hint: Any) -> bool:
    origins = {typing.get_origin(member) or member for member in (hint, *_members(hint))}
    return bool(origins & {dict, list, tuple})


class Store:
    """One SQLite database of resources, changed only between `begin()` and `end()`.

    Args:
        kinds: The resource classes kept here, each in a table of its own.
        path: A file, or `:memory:`.
    """

    def __init__(self, kinds: Iterable[type[Resource]], path: str = ":memory:") -> None:
        self._tables = {kind: _Table(kind) for kind in kinds}
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self.lock = threading.RLock()
        self._depth = 0
        self._execute = self._db.execute
        self._create()

    def _create(self) -> None:
        statements = [each for table in self._tables.values() for each in table.schema()]
        self._db.executescript(";\n".join(("BEGIN", *statements, "COMMIT;")))
        self._count_on()

    def _count_on(self) -> None:
        """Go on after the highest `seq` ever given out, so that none is used twice."""
        for table in self._tables.values():
            highest = self._execute(f"SELECT max(seq) FROM {table.name}").fetchone()[0]  # noqa: S608
            table.next_seq = max(table.next_seq, (highest or 0) + 1)

    def close(self) -> None:
        """Let go of the database."""
        self._db.close()

    def begin(self) -> bool:
        """Start a unit of work, holding the lock; whether it is the outermost one."""
        self.lock.acquire()
        self._depth += 1
        if self._depth > 1:
            return False
        self._execute("BEGIN IMMEDIATE")
        return True

    def end(self, *, keep: bool) -> None:
        """End the innermost unit of work and let go of the lock; the outermost one decides."""
        self._depth -= 1
        try:
            if self._depth == 0:
                self._execute("COMMIT" if keep else "ROLLBACK")
        finally:
            self.lock.release()

    def add(self, resource: R) -> R:
        """Keep a new resource and give it its place in the order of arrival.

        Raises:
            sqlite3.IntegrityError: A `unique` group is taken.
        """
        table = self._tables[type(resource)]
        resource.seq = table.next_seq
        table.next_seq += 1
        self._execute(table.insert, table.row(resource))
        return resource

    def save(self, resource: Resource, **changes: Any) -> None:
        """Change fields of a kept resource, in the store and in the object."""
        table = self._tables[type(resource)]
        for name, value in changes.items():
            setattr(resource, name, value)
        values = [*changes.values()]
        if table.json:
            values = [table.encode(name, value) for name, value in changes.items()]
        self._execute(table.update(tuple(changes)), (*values, resource.seq))

    def last_seq(self, kind: type[Resource]) -> int:
        """The latest place in the order of arrival that was given out."""
        return self._tables[kind].next_seq - 1

    def skip_seq(self, kind: type[Resource]) -> None:
        """Give the next place in the order of arrival to nobody."""
        self._tables[kind].next_seq += 1

    def remove(self, resource: Resource) -> None:
        """Forget a resource."""
        self._execute(self._tables[type(resource)].delete, (resource.seq,))

    def first(self, kind: type[R], **where: Any) -> R | None:
        """The earliest resource whose fields have these values, or None."""
        return self.find(kind, where)

    def find(self, kind: type[R], where: Where) -> R | None:
        """The same, for fields whose names are not known when the code is written."""
        table = self._tables[kind]
        condition, values = table.where(where)
        with self.lock:
            row = self._execute(f"{table.select}{condition} LIMIT 1", values).fetchone()
        return None if row is None else table.resource(row)

    def exists(self, kind: type[Resource], **where: Any) -> bool:
        """Whether any resource has these values; cheaper than `first`."""
        table = self._tables[kind]
        condition, values = table.where(where)
        sql = f"SELECT 1 FROM {table.name}{condition} LIMIT 1"  # noqa: S608
        with self.lock:
            return self._execute(sql, values).fetchone() is not None

    def select(  # noqa: PLR0913 - a query, named part by part
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
        condition, values = table.where(where or {})
        for bound, sign in ((after, ">"), (before, "<")):
            if bound is not None:
                condition += f"{' AND' if condition else ' WHERE'} seq {sign} ?"
                values.append(bound)
        sorting = ", ".join((*map(_sorting, by), f"seq {order}"))
        sql = f"{table.select}{condition} ORDER BY {sorting} LIMIT ? OFFSET ?"
        with self.lock:
            rows = self._execute(sql, (*values, limit, offset)).fetchall()
        return [table.resource(row) for row in rows]

    def count(self, kind: type[Resource], **where: Any) -> int:
        """How many resources have these values."""
        table = self._tables[kind]
        condition, values = table.where(where)
        with self.lock:
            row = self._execute(f"SELECT count(*) FROM {table.name}{condition}", values).fetchone()  # noqa: S608
        return int(row[0])

    def count_above(self, kind: type[Resource], field: str, floor: int, **where: Any) -> int:
        """How many resources with these values have a field above `floor`."""
        table = self._tables[kind]
        condition, values = table.where(where)
        sql = f'SELECT count(*) FROM {table.name}{condition} AND "{field}" > ?'  # noqa: S608
        with self.lock:
            return int(self._execute(sql, (*values, floor)).fetchone()[0])

    def remove_all(self, kind: type[Resource], **where: Any) -> None:
        """Forget every resource with these values."""
        table = self._tables[kind]
        condition, values = table.where(where)
        self._execute(f"DELETE FROM {table.name}{condition}", values)  # noqa: S608

    def remove_before(self, kind: type[Resource], seq: int, **where: Any) -> None:
        """Forget what arrived before `seq`, of what has these values."""
        table = self._tables[kind]
        condition, values = table.where(where)
        condition += f"{' AND' if condition else ' WHERE'} seq < ?"
        self._execute(f"DELETE FROM {table.name}{condition}", (*values, seq))  # noqa: S608

    def copy(self) -> bytes:
        """Everything kept, as one block of bytes for `restore()`."""
        with self.lock:
            return self._db.serialize()

    def restore(self, copy: bytes) -> None:
        """Put everything back as it was when `copy` was taken."""
        source = sqlite3.connect(":memory:")
        try:
            source.deserialize(copy)
            with self.lock:
                source.backup(self._db)
                self._count_on()
        finally:
            source.close()
