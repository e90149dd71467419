"""How a resource becomes a row: a dataclass whose fields are the columns of its table."""

from __future__ import annotations

import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, field, fields
from functools import cache
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


_FILLED = ("sid", "account_sid", "date_created", "date_updated")


@dataclass(slots=True)
class Resource:
    """Base of everything kept. `seq` is the order of arrival within a kind.

    `unique` lists groups of fields that must differ between any two rows (a null never
    collides), `indexes` those that are searched by, in the order of the search; `-priority` puts
    the highest first. Dates of creation and update are set by `Context.create`, whatever their
    default.
    """

    prefix: ClassVar[str]
    unique: ClassVar[tuple[tuple[str, ...], ...]] = ()
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = ()

    seq: int = field(default=0, kw_only=True, compare=False)

    @classmethod
    @cache
    def filled(cls) -> tuple[str, ...]:
        """Names of the fields that `Context.create` fills in by itself."""
        own = {f.name for f in fields(cls)}
        return tuple(name for name in _FILLED if name in own)


@dataclass(slots=True)
class AccountResource(Resource):
    """Base of the resources that an account has under a SID."""

    unique: ClassVar[tuple[tuple[str, ...], ...]] = (("sid",),)

    sid: str
    account_sid: str


R = TypeVar("R", bound=Resource)

_HINTS: dict[type[Resource], dict[str, Any]] = {}
"""Types of a kind's fields, worked out once however many stores there are."""


class Table:
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
        listed = ", ".join(map(quoted, self.columns))
        marks = ", ".join("?" * (len(self.columns) + 1))
        self.insert = f"INSERT INTO {self.name} (seq, {listed}) VALUES ({marks})"
        self.select = f"SELECT seq, {listed} FROM {self.name}"
        self.delete = f"DELETE FROM {self.name} WHERE seq = ?"

    def _decoders(self, hints: Mapping[str, Any]) -> list[tuple[int, Callable[[Any], Any]]]:
        found: list[tuple[int, Callable[[Any], Any]]] = []
        for position, name in enumerate(self.columns):
            if name in self.json:
                found.append((position, orjson.loads))
            elif bool in _members(hints[name]):
                found.append((position, bool))
        return found

    @property
    def creation(self) -> str:
        """SQL that makes the table."""
        columns = ", ".join(map(quoted, self.columns))
        return f"CREATE TABLE {self.name} (seq INTEGER PRIMARY KEY, {columns})"

    @property
    def indexes(self) -> dict[str, str]:
        """SQL that makes each index, by its name."""
        return {
            (name := f"{self.name}_{'_'.join(map(column_of, group))}"): (
                f"CREATE {kind} {name} ON {self.name} ({', '.join(map(sorting, group))})"
            )
            for kind, groups in (("UNIQUE INDEX", self.kind.unique), ("INDEX", self.kind.indexes))
            for group in groups
        }

    @property
    def defaults(self) -> dict[str, Any]:
        """What the columns hold that may be left out, as it is stored."""
        return {
            f.name: self.encode(f.name, _default(f))
            for f in fields(self.kind)
            if f.name in self.columns and _default(f) is not MISSING
        }

    def update(self, names: tuple[str, ...]) -> str:
        """SQL that sets these columns of one row."""
        sql = self.updates.get(names)
        if sql is None:
            assignments = ", ".join(f'"{name}" = ?' for name in names)
            sql = f"UPDATE {self.name} SET {assignments} WHERE seq = ?"
            self.updates[names] = sql
        return sql

    def encode(self, name: str, value: Any) -> Any:
        """A field's value as its column holds it."""
        return orjson.dumps(value).decode() if name in self.json and value is not None else value

    def resource(self, row: Sequence[Any]) -> Any:
        """What `row` made a row of, from what `select` found."""
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
SINGLE = _PLAIN | {type(None)}
"""Types of which a row's field either is the value or is not."""
_FEW = 8
"""Values that a condition lists one by one; more go as JSON, so that the SQL stays the same."""


def _compared(value: Any) -> list[Any]:
    """The values that a condition's question marks stand for."""
    if value is None:
        return []
    if isinstance(value, Between):
        return [value.low, value.high]
    if isinstance(value, list):
        return value if len(value) <= _FEW else [orjson.dumps(value).decode()]
    return [value]


def _shape(value: Any) -> int | str:
    """How a value is compared: a list by its length, a range, null, or as it is."""
    if isinstance(value, list):
        return len(value) if len(value) <= _FEW else "many"
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
    if shape == "many":
        return f'"{name}" IN (SELECT value FROM json_each(?))'
    return f'"{name}" IN ({", ".join("?" * int(shape))})'


def _default(of: Field[Any]) -> Any:
    return of.default if of.default_factory is MISSING else of.default_factory()


def column_of(name: str) -> str:
    """Return the column of a name to sort by: `-priority` -> `priority`."""
    return name.removeprefix("-")


def sorting(name: str) -> str:
    """`-priority` -> `"priority" DESC`."""
    return f"{quoted(column_of(name))} {'DESC' if name.startswith('-') else 'ASC'}"


def quoted(name: str) -> str:
    """A column's name as SQL takes it, whatever word it is."""
    return f'"{name}"'


@cache
def _members(hint: Any) -> tuple[Any, ...]:
    return typing.get_args(hint) or (hint,)


@cache
def _is_json(hint: Any) -> bool:
    origins = {typing.get_origin(member) or member for member in (hint, *_members(hint))}
    return bool(origins & {dict, list, tuple})
