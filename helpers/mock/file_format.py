"""What a database file must be to be opened, and what may be added to an older one.

Additions that lose nothing are made: tables, columns that have a default, indexes. Whatever else
differs is refused.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from .tables import Table

FORMAT = 1
"""Raised when what is stored changes its meaning; what is merely added needs no new number."""
APPLICATION_ID = 0x464C4348
"""`FLCH` in the file's header, which tells this database from others."""

_OWN_TABLES = {
    "_fact": "CREATE TABLE _fact (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID",
    "_counter": "CREATE TABLE _counter (name TEXT PRIMARY KEY, next INTEGER) WITHOUT ROWID",
}

ANOTHER_FILE = "Name another file; a new one is made where there is none"
_OTHER_VERSION = (
    "Open it with the version of this project that wrote it, or name another file to begin anew"
)


class DatabaseRefused(Exception):  # noqa: N818 - says what happened to the file
    """A database file that was not opened, and left as it was.

    Args:
        path: The file.
        problem: What is wrong with it.
        advice: What to do.
    """

    def __init__(self, path: Path, problem: str, advice: str) -> None:
        super().__init__(path, problem, advice)
        self.path = path
        self.problem = problem
        self.advice = advice

    def __str__(self) -> str:
        return f"{self.path} {self.problem}. {self.advice}."


# -- facts: few, small, and not resources


def fact(db: sqlite3.Connection, name: str) -> Any:
    """What is noted under a name, or None."""
    row = db.execute("SELECT value FROM _fact WHERE name = ?", (name,)).fetchone()
    return None if row is None else orjson.loads(row[0])


def note(db: sqlite3.Connection, name: str, value: Any) -> None:
    """Note something that JSON can say, in place of what was noted under the name."""
    text = orjson.dumps(value).decode()
    db.execute("INSERT OR REPLACE INTO _fact VALUES (?, ?)", (name, text))


# -- what it must be


def marks() -> Iterator[str]:
    """SQL that marks a database as this project's."""
    yield f"PRAGMA application_id = {APPLICATION_ID}"
    yield f"PRAGMA user_version = {FORMAT}"


def everything(tables: Iterable[Table]) -> Iterator[str]:
    """SQL that fills an empty database with tables and indexes."""
    yield from _OWN_TABLES.values()
    for table in tables:
        yield table.creation
        yield from table.indexes.values()


def check(
    db: sqlite3.Connection, path: Path, tables: tuple[Table, ...], owner: Mapping[str, str]
) -> None:
    """Only read, and pass what is empty, or this project's, the owner's and can be brought up.

    Raises:
        DatabaseRefused: It is none of these.
    """
    mark, version = _header(db, "application_id"), _header(db, "user_version")
    if not (mark or version or _header(db, "schema_version")):
        return  # nobody has written to it yet
    if mark != APPLICATION_ID:
        raise DatabaseRefused(path, "is a database of another program", ANOTHER_FILE)
    if version != FORMAT:
        age = "a newer" if version > FORMAT else "an older"
        problem = f"was written by {age} version (format {version}; this one reads {FORMAT})"
        raise DatabaseRefused(path, problem, _OTHER_VERSION)
    for name, value in owner.items():
        kept = fact(db, name)
        if kept != value:
            advice = "Set the credentials it was made with, or name another file"
            raise DatabaseRefused(path, f"belongs to {name} {kept}, not to {value}", advice)
    differences = list(_differences(db, tables))
    if differences:
        problem = f"was written by another version: {', '.join(differences)}"
        raise DatabaseRefused(path, problem, _OTHER_VERSION)


def _header(db: sqlite3.Connection, name: str) -> int:
    (value,) = db.execute(f"PRAGMA {name}").fetchone()
    return int(value)


def _tables(db: sqlite3.Connection) -> set[str]:
    rows = db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    return {name for (name,) in rows if not name.startswith("sqlite_")}


def _columns(db: sqlite3.Connection, table: str) -> set[str]:
    return {row[1] for row in db.execute(f"PRAGMA table_info({table})")}


def _differences(db: sqlite3.Connection, tables: tuple[Table, ...]) -> Iterator[str]:
    """What this version would lose or could not fill in."""
    found = _tables(db)
    unknown = found - {table.name for table in tables} - set(_OWN_TABLES)
    yield from (f"table {name} is unknown" for name in sorted(unknown))
    for table in tables:
        if table.name not in found:
            continue
        has, wanted = _columns(db, table.name), {"seq", *table.columns}
        yield from (f"{table.name}.{name} is unknown" for name in sorted(has - wanted))
        missing = wanted - has - set(table.defaults)
        yield from (f"{table.name}.{name} is missing" for name in sorted(missing))


# -- what may be added


def add_missing(db: sqlite3.Connection, path: Path, tables: tuple[Table, ...]) -> None:
    """Add tables, columns that have a default, and indexes; an index is made anew if it differs."""
    for statement in marks():
        db.execute(statement)
    found = _tables(db)
    for name, creation in _OWN_TABLES.items():
        if name not in found:
            db.execute(creation)
    for table in tables:
        if table.name in found:
            _add_columns(db, table)
        else:
            db.execute(table.creation)
    try:
        _renew_indexes(db, tables)
    except sqlite3.IntegrityError as error:
        problem = f"holds what this version does not allow ({error})"
        raise DatabaseRefused(path, problem, _OTHER_VERSION) from None


def _add_columns(db: sqlite3.Connection, table: Table) -> None:
    has = _columns(db, table.name)
    for name, value in table.defaults.items():
        if name not in has:
            db.execute(f'ALTER TABLE {table.name} ADD COLUMN "{name}"')
            db.execute(f'UPDATE {table.name} SET "{name}" = ?', (value,))  # noqa: S608


def _renew_indexes(db: sqlite3.Connection, tables: tuple[Table, ...]) -> None:
    wanted = {name: sql for table in tables for name, sql in table.indexes.items()}
    rows = db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql NOT NULL")
    found = dict(rows.fetchall())
    for name in found.keys() - wanted.keys():
        db.execute(f"DROP INDEX {name}")
    for name, sql in wanted.items():
        if found.get(name) != sql:
            db.execute(f"DROP INDEX IF EXISTS {name}")
            db.execute(sql)
