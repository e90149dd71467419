"""Resources as rows: a struct whose fields are the columns of its table."""

from __future__ import annotations

import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, cached_property
from inspect import get_annotations
from operator import attrgetter
from sys import modules
from types import SimpleNamespace
from typing import Any, ClassVar, Literal, TypeVar, get_type_hints

import orjson
from msgspec import NODEFAULT, Struct
from msgspec.structs import FieldInfo, fields

Where = Mapping[str, Any]
Order = Literal["asc", "desc"]


class Between(Struct, frozen=True):
    """A condition on a number: from `low` up to `high`, both included; null never is."""

    low: float = -1e308
    high: float = 1e308


_FILLED = ("sid", "account_sid", "date_created", "date_updated")


class Resource(Struct, gc=False, kw_only=True):
    """Base of all resources. `seq` is the order of arrival within a kind.

    `unique` lists groups of fields that must differ between any two rows (a null never
    collides), `indexes` those that are searched by, in the order of the search; `-priority` puts
    the highest first. Dates of creation and update are set by `Context.create`, whatever their
    default. A float is a date (epoch seconds), but for `durations`. Values hold no resource, so
    that the garbage collector need not look at one.
    """

    prefix: ClassVar[str]
    unique: ClassVar[tuple[tuple[str, ...], ...]] = ()
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = ()
    durations: ClassVar[tuple[str, ...]] = ()

    seq: int = 0

    @classmethod
    @cache
    def filled(cls) -> tuple[bool, ...]:
        """Return for each field that `Context.create` fills in by itself if the kind has it."""
        return tuple(name in cls.__struct_fields__ for name in _FILLED)


class AccountResource(Resource):
    """Base of the resources that an account has under a SID."""

    unique: ClassVar[tuple[tuple[str, ...], ...]] = (("sid",),)

    sid: str
    account_sid: str


class DatedResource(AccountResource):
    """Base of those that show when they were created and updated (epoch seconds)."""

    date_created: float
    date_updated: float


R = TypeVar("R", bound=Resource)

_TYPES: dict[type[Resource], dict[str, Any]] = {}


def types_of(kind: type[Resource]) -> dict[str, Any]:
    """Return the types of a kind's fields."""
    found = _TYPES.get(kind)
    if found is None:
        _TYPES[kind] = found = {
            name: _type(base.__module__, text)
            for base in reversed(kind.__mro__)
            for name, text in get_annotations(base).items()
            if name in kind.__struct_fields__
        }
    return found


@cache
def _type(module: str, text: str) -> Any:
    """Return the type of this text, once for all fields that have it."""
    return get_type_hints(SimpleNamespace(__annotations__={"_": text}), vars(modules[module]))["_"]


_TABLES: dict[type[Resource], Table] = {}


def table_of(kind: type[Resource]) -> Table:
    """Return the table of a kind, of which each account has a copy: making it takes longer."""
    return _TABLES.get(kind) or _TABLES.setdefault(kind, Table(kind))


class Table:
    """The table of one kind of resource: its columns, and the encoding of their values."""

    def __init__(self, kind: type[Resource]) -> None:
        self.kind = kind
        self.name = kind.__name__.lower()
        self.columns = [name for name in kind.__struct_fields__ if name != "seq"]
        hints = types_of(kind)
        self.json = [name for name in self.columns if _is_json(hints[name])]
        self.json_positions = [self.columns.index(name) + 1 for name in self.json]
        self.booleans = [name for name in self.columns if bool in _members(hints[name])]
        floats = [name for name in self.columns if float in _members(hints[name])]
        self.dates = [name for name in floats if name not in kind.durations]
        self.values = attrgetter(*self.columns)
        self.positions = {name: at for at, name in enumerate(("seq", *self.columns))}
        self.has_sid = ("sid",) in kind.unique
        self.is_kept = bytes not in hints.values()
        self.unique_columns = {name for group in kind.unique for name in group}
        self.next_seq = 1
        self.sql: dict[tuple[str, ...], str] = {}
        self.updates: dict[tuple[str, ...], str] = {}
        listed = ", ".join(map(quoted, self.columns))
        marks = ", ".join("?" * (len(self.columns) + 1))
        self.insert = f"INSERT INTO {self.name} (seq, {listed}) VALUES ({marks})"
        self.select = f"SELECT seq, {listed} FROM {self.name}"
        self.delete = f"DELETE FROM {self.name} WHERE seq = ?"
        self.creation = f"CREATE TABLE {self.name} (seq INTEGER PRIMARY KEY, {listed})"
        """SQL that makes the table."""
        self.indexes = {
            (name := f"{self.name}_{'_'.join(map(column_of, group))}"): (
                f"CREATE {unique}INDEX {name} ON {self.name} ({', '.join(map(sorting, group))})"
            )
            for unique, groups in (("UNIQUE ", kind.unique), ("", kind.indexes))
            for group in groups
        }
        """SQL that makes each index, by its name."""

    @property
    def defaults(self) -> dict[str, Any]:
        """Encoded defaults of the columns that have one."""
        return {
            f.name: self.encode(f.name, _default(f))
            for f in fields(self.kind)
            if f.name in self.columns and _default(f) is not NODEFAULT
        }

    def update(self, names: tuple[str, ...]) -> str:
        """Return SQL that sets these columns of one row."""
        sql = self.updates.get(names)
        if sql is None:
            assignments = ", ".join(f'"{name}" = ?' for name in names)
            sql = f"UPDATE {self.name} SET {assignments} WHERE seq = ?"
            self.updates[names] = sql
        return sql

    def encode(self, name: str, value: Any) -> Any:
        """Return a field's value as its column holds it."""
        return orjson.dumps(value).decode() if name in self.json and value is not None else value

    @cached_property
    def resource(self) -> Callable[[Sequence[Any]], Any]:
        """Function that makes the resource of a row that `select` found."""
        return _reader_of(self.kind)

    def where(self, where: Where) -> tuple[str, list[Any]]:
        """Return SQL and values of a condition."""
        values = list(where.values())
        if _PLAIN.issuperset(map(type, values)):
            names = tuple(where)
            sql = self.sql.get(names)
            if sql is None:
                sql = self.sql[names] = _joined(f"{quoted(name)} = ?" for name in names)
            return sql, values
        conditions = [_condition(quoted(name), value) for name, value in where.items()]
        return _joined(sql for sql, _ in conditions), [
            value for _, values in conditions for value in values
        ]


@cache
def _reader_of(kind: type[Resource]) -> Callable[[Sequence[Any]], Any]:
    """Return `Table.resource`, written out for a kind: three times as fast as a loop."""
    table = table_of(kind)
    decoded = dict.fromkeys(table.json, "json") | dict.fromkeys(table.booleans, "bool")
    values = []
    for at, name in enumerate(table.columns, 1):
        decode, value = decoded.get(name), f"row[{at}]"
        values.append(f"{value} if {value} is None else {decode}({value})" if decode else value)
    made = f"kind({', '.join(values)}, seq=row[0])"
    return written_out("row", made, kind=kind, json=orjson.loads, bool=bool)


def written_out(parameters: str, result: str, **names: Any) -> Callable[..., Any]:
    """Return a function of Python's text, for one that is called for each of many resources."""
    function: Callable[..., Any] = eval(f"lambda {parameters}: {result}", names)  # noqa: S307 - its parts are names of fields
    return function


_PLAIN = frozenset({str, int, float, bool})
"""Types that are compared directly."""
SINGLE = _PLAIN | {type(None)}
"""Types of which a row's field either is the value or is not."""
FEW = 8
"""Values that a condition lists one by one; more go as JSON, so that the SQL stays the same."""


def _condition(name: str, value: Any) -> tuple[str, list[Any]]:
    if value is None:
        return f"{name} IS NULL", []
    if isinstance(value, Between):
        return f"{name} BETWEEN ? AND ?", [value.low, value.high]
    if not isinstance(value, list):
        return f"{name} = ?", [value]
    if len(value) > FEW:
        return f"{name} IN (SELECT value FROM json_each(?))", [orjson.dumps(value).decode()]
    return f"{name} IN ({', '.join('?' * len(value))})", value


def _joined(conditions: Iterable[str]) -> str:
    sql = " AND ".join(conditions)
    return f" WHERE {sql}" if sql else ""


def _default(of: FieldInfo) -> Any:
    return of.default if of.default_factory is NODEFAULT else of.default_factory()


def column_of(name: str) -> str:
    """Return the column of a name to sort by: `-priority` -> `priority`."""
    return name.removeprefix("-")


def sorting(name: str) -> str:
    """`-priority` -> `"priority" DESC`."""
    return f"{quoted(column_of(name))} {'DESC' if name.startswith('-') else 'ASC'}"


def quoted(name: str) -> str:
    """Return a column's name quoted for SQL."""
    return f'"{name}"'


@cache
def _members(hint: Any) -> tuple[Any, ...]:
    return typing.get_args(hint) or (hint,)


@cache
def _is_json(hint: Any) -> bool:
    origins = {typing.get_origin(member) or member for member in (hint, *_members(hint))}
    return bool(origins & {dict, list, tuple})
