"""The SQLite database below the store: in memory, or one file that a single process holds.

A file of this version is opened, and one of an earlier version if what it lacks can be added
without loss; any other is refused and left as it was.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

import orjson

from ...masking import log_exception
from .errors import TwilioError
from .schema import Table

FORMAT = 1
"""Raised when stored data changes its meaning; mere additions need no new number."""
APPLICATION_ID = 0x464C4348
"""`FLCH` in the file's header, the mark of this database."""

_MARKS = (f"PRAGMA application_id = {APPLICATION_ID}", f"PRAGMA user_version = {FORMAT}")
"""SQL that marks a database as this project's."""
_OWN_TABLES = {
    "_fact": "CREATE TABLE _fact (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID",
    "_counter": "CREATE TABLE _counter (name TEXT PRIMARY KEY, next INTEGER) WITHOUT ROWID",
}

ANOTHER_FILE = "Name another file; a new one is made where there is none"
_COPY = "Put a copy of it back, or name another file to begin anew"
_OTHER_VERSION = (
    "Open it with the version of this project that wrote it, or name another file to begin anew"
)


class DatabaseRefused(Exception):
    """Refusal to open a database file, which is left as it was; `problem` is a predicate."""

    def __init__(self, path: Path, problem: str, advice: str) -> None:
        super().__init__(path, problem, advice)
        self.path = path
        self.problem = problem
        self.advice = advice

    def __str__(self) -> str:
        return f"{self.path} {self.problem}. {self.advice}."


# -- facts: few, small, and not resources


def read_fact(db: sqlite3.Connection, name: str) -> Any:
    """The value of a fact, or None."""
    row = db.execute("SELECT value FROM _fact WHERE name = ?", (name,)).fetchone()
    return None if row is None else orjson.loads(row[0])


def write_fact(db: sqlite3.Connection, name: str, value: Any) -> None:
    """Set a fact to a value that JSON can hold."""
    text = orjson.dumps(value).decode()
    db.execute("INSERT OR REPLACE INTO _fact VALUES (?, ?)", (name, text))


# -- checks


def check(
    db: sqlite3.Connection, path: Path, tables: tuple[Table, ...], owner: Mapping[str, str]
) -> None:
    """Accept a database that is empty, or this project's, the owner's and upgradable; only read.

    Raises:
        DatabaseRefused: It is none of these.
    """
    mark, version = _header(db, "application_id"), _header(db, "user_version")
    if not (mark or version or _header(db, "schema_version")):
        return  # nothing was written to it yet
    if mark != APPLICATION_ID:
        raise DatabaseRefused(path, "is a database of another program", ANOTHER_FILE)
    if version != FORMAT:
        age = "a newer" if version > FORMAT else "an older"
        problem = f"was written by {age} version (format {version}; this one reads {FORMAT})"
        raise DatabaseRefused(path, problem, _OTHER_VERSION)
    facts = _facts(db, path)
    for name, value in owner.items():
        kept = facts.get(name)
        if kept != value:
            advice = "Set the credentials it was made with, or name another file"
            raise DatabaseRefused(path, f"belongs to {name} {kept}, not to {value}", advice)
    differences = list(_differences(db, tables))
    if differences:
        problem = f"was written by another version: {', '.join(differences)}"
        raise DatabaseRefused(path, problem, _OTHER_VERSION)
    for broken in _broken(db, tables, facts):
        raise DatabaseRefused(path, f"is damaged: {broken}", _COPY)


def _facts(db: sqlite3.Connection, path: Path) -> dict[str, Any]:
    facts = {}
    for name, text in db.execute("SELECT name, value FROM _fact").fetchall():
        try:
            facts[name] = orjson.loads(text)
        except ValueError:
            problem = f"is damaged: its fact {str(name)[:40]!r} cannot be read"
            raise DatabaseRefused(path, problem, _COPY) from None
    return facts


def _is_clock(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 2
        and _is_number(value[0])
        and (value[1] is None or (_is_number(value[1]) and 0 <= value[1] < LATEST))
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_moment(value: Any) -> bool:
    return _is_number(value) and 0 <= value < LATEST


LATEST = 253_370_764_800.0
"""The year 9999, the last that `datetime` can show whole."""
_KNOWN_FACTS: dict[str, Callable[[Any], bool]] = {
    "seed": lambda value: isinstance(value, int | str) and not isinstance(value, bool),
    "born": _is_moment,
    "clock": _is_clock,
    "openings": lambda value: isinstance(value, int) and value >= 0,
}


def _broken(
    db: sqlite3.Connection, tables: tuple[Table, ...], facts: Mapping[str, Any]
) -> Iterator[str]:
    """Rows that no version has written."""
    for name, is_right in _KNOWN_FACTS.items():
        if name in facts and not is_right(facts[name]):
            yield f"its fact {name!r} is {str(facts[name])[:40]!r}"
    found = _tables(db)
    present = [table for table in tables if table.name in found]
    for one, other in (("seed", "born"), ("born", "seed")):
        if one in facts and other not in facts:
            yield f"its fact {other!r} is missing"
    if db.execute("SELECT 1 FROM _counter WHERE typeof(next) != 'integer' LIMIT 1").fetchone():
        yield "its counters are no numbers"
    for table in present:
        has = _columns(db, table.name)
        for column in filter(has.__contains__, table.json):
            wrong = f'"{column}" NOT NULL AND NOT json_valid("{column}")'
            rows = db.execute(f"SELECT seq FROM {table.name} WHERE {wrong} LIMIT 1").fetchall()
            for (seq,) in rows:
                yield f"{column} of row {seq} of {table.name} is no JSON"


def _header(db: sqlite3.Connection, name: str) -> int:
    (value,) = db.execute(f"PRAGMA {name}").fetchone()
    return int(value)


def _tables(db: sqlite3.Connection) -> set[str]:
    rows = db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    return {name for (name,) in rows if not name.startswith("sqlite_")}


def _columns(db: sqlite3.Connection, table: str) -> set[str]:
    return {row[1] for row in db.execute(f"PRAGMA table_info({table})")}


def _differences(db: sqlite3.Connection, tables: tuple[Table, ...]) -> Iterator[str]:
    """Differences that this version would lose or could not fill in."""
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


# -- additions


def add_missing(db: sqlite3.Connection, path: Path, tables: tuple[Table, ...]) -> None:
    """Add tables, columns that have a default, and indexes; replace an index that differs."""
    for statement in _MARKS:
        db.execute(statement)
    found = _tables(db)
    for name, creation in _OWN_TABLES.items():
        if name not in found:
            db.execute(creation)
    for table in tables:
        if table.name not in found:
            db.execute(table.creation)
        has = _columns(db, table.name)
        for name, value in table.defaults.items():
            if name not in has:
                db.execute(f'ALTER TABLE {table.name} ADD COLUMN "{name}"')
                db.execute(f'UPDATE {table.name} SET "{name}" = ?', (value,))
    wanted = {name: sql for table in tables for name, sql in table.indexes.items()}
    rows = db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql NOT NULL")
    present = set(rows.fetchall())
    for name, _ in present - wanted.items():
        db.execute(f"DROP INDEX {name}")
    try:
        for name, sql in wanted.items():
            if (name, sql) not in present:
                db.execute(sql)
    except sqlite3.IntegrityError as error:
        problem = f"holds what this version does not allow ({error})"
        raise DatabaseRefused(path, problem, _OTHER_VERSION) from None


_BUSY_SECONDS = 0.5
"""Time for another process to finish a check of the file before it counts as in use."""
_STATEMENTS = 512
"""Prepared statements that are kept."""
_WAL_MARKS, _PLAIN_MARKS = slice(18, 20), b"\1\1"
_IN_USE = ("SQLITE_BUSY", "SQLITE_LOCKED")
_PROBLEMS = {
    "SQLITE_NOTADB": ("is not a SQLite database", ANOTHER_FILE),
    "SQLITE_CORRUPT": ("is damaged", _COPY),
    "SQLITE_CANTOPEN": ("cannot be opened", "See that you may read and write it and its folder"),
    "SQLITE_READONLY": ("cannot be written", "See that you may write it and its folder"),
    "SQLITE_FULL": ("finds no room on the disk", "Make room, or name a file elsewhere"),
    "SQLITE_IOERR": ("cannot be read or written", "See that its disk works and has room"),
    "SQLITE_BUSY": ("is locked by another program", "Stop that program"),
}


def _problem_of(error: sqlite3.Error) -> tuple[str, str]:
    """A predicate that says what is wrong with a file, and advice."""
    name = getattr(error, "sqlite_errorname", None) or ""
    return next(
        (texts for code, texts in _PROBLEMS.items() if name.startswith(code)),
        (f"cannot be used ({error})", ANOTHER_FILE),
    )


class DatabaseInUse(DatabaseRefused):
    """Refusal of a database file that another account holds, in this process or another."""

    def __init__(self, path: Path) -> None:
        advice = "Stop the one that has it, or name another file; there is no lock to delete"
        super().__init__(path, "is in use by another mock account, or another program", advice)


class DatabaseFailed(sqlite3.OperationalError):
    """Failure to read or write a file in use, such as for want of room; it may work again later.

    Nothing of the unit of work was stored; `problem` and `advice` as of `DatabaseRefused`.
    """

    def __init__(self, path: Path, error: sqlite3.Error) -> None:
        super().__init__(path, error)
        self.path = path
        self.problem, self.advice = _problem_of(error)
        self.sqlite_errorname = getattr(error, "sqlite_errorname", None) or ""

    def __str__(self) -> str:
        return f"{self.path} {self.problem}, so nothing was stored. {self.advice}."

    def refusal(self) -> TwilioError:
        """Return the answer to a request, which does not say where the file is."""
        return TwilioError(
            20503, f"The database file {self.problem}, so nothing was stored. {self.advice}"
        )


def log_failure(log: logging.Logger, message: str, *about: object) -> None:
    """Log the exception that is being handled; a failure of the database was logged already."""
    if not isinstance(sys.exception(), DatabaseFailed):
        log_exception(log, message, *about)


UNSTORABLE = (UnicodeEncodeError, orjson.JSONEncodeError, OverflowError, sqlite3.DataError)
"""Errors for text that is no Unicode, and for a number beyond 64 bits."""
_CALLERS = (sqlite3.IntegrityError, sqlite3.DataError, sqlite3.ProgrammingError)
"""Errors for which the file is not to blame."""


def _guarded(name: str) -> Any:
    """A method of a cursor that raises `DatabaseFailed`."""
    run = getattr(sqlite3.Cursor, name)

    def guarded(self: sqlite3.Cursor, *arguments: Any) -> Any:
        try:
            return run(self, *arguments)
        except sqlite3.Error as error:
            self.close()  # or its statement keeps the file open for as long as the error is kept
            if isinstance(error, _CALLERS):
                raise
            assert isinstance(self.connection, FileConnection)
            raise self.connection.failure(error) from None

    return guarded


class _FileCursor(sqlite3.Cursor):
    execute, executemany = _guarded("execute"), _guarded("executemany")
    fetchone, fetchall = _guarded("fetchone"), _guarded("fetchall")


class FileConnection(sqlite3.Connection):
    """A connection to a file, whose failures are `DatabaseFailed`.

    Attributes:
        on_failure: Returns a function that takes each of them, or None.
    """

    path: Path

    def __init__(self, path: Path, *args: Any, **options: Any) -> None:
        super().__init__(path, *args, **options)
        self.path = path
        self.on_failure: Callable[[], Callable[[DatabaseFailed], None] | None] = lambda: None

    def execute(self, *arguments: Any) -> sqlite3.Cursor:
        """Execute SQL by a cursor whose failures are `DatabaseFailed`."""
        found: sqlite3.Cursor = self.cursor(_FileCursor).execute(*arguments)
        return found

    def executemany(self, *arguments: Any) -> sqlite3.Cursor:
        """Execute SQL several times, likewise."""
        found: sqlite3.Cursor = self.cursor(_FileCursor).executemany(*arguments)
        return found

    def failure(self, error: sqlite3.Error) -> DatabaseFailed:
        """Return an error as the failure that it is, and report it."""
        failure = DatabaseFailed(self.path, error)
        if (report := self.on_failure()) is not None:
            report(failure)
        return failure


class DatabaseClosed(RuntimeError):
    """Use of an account after it was closed."""

    def __init__(self) -> None:
        super().__init__("This account was closed; make a new MockTwilio, with the same db if any")


def _connect(
    target: str | Path, factory: type[sqlite3.Connection] = sqlite3.Connection, *, uri: bool = False
) -> Any:
    return sqlite3.connect(
        target,
        factory=factory,
        timeout=_BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=_STATEMENTS,
        uri=uri,
    )


# -- in memory


def in_memory(tables: Iterable[Table], image: bytearray | None = None) -> sqlite3.Connection:
    """A new database, without rows or with those of an image; gone when it is closed."""
    statements = [*_MARKS, *_OWN_TABLES.values()]
    for table in () if image else tables:
        statements += (table.creation, *table.indexes.values())
    db: sqlite3.Connection = _connect(":memory:")
    with opened(image or _empty(";\n".join(statements))) as source:
        source.backup(db)
    return db


@lru_cache(maxsize=4)
def _empty(script: str) -> bytes:
    """The image of a database that has no rows: copying it is faster than making its tables."""
    with closing(_connect(":memory:")) as db:
        db.executescript(f"BEGIN;\n{script};\nCOMMIT;")
        return bytes(db.serialize())


def image_of(db: sqlite3.Connection) -> bytearray:
    """A whole database, in memory or in a file, as bytes to be opened in memory."""
    image = bytearray(db.serialize())
    image[_WAL_MARKS] = _PLAIN_MARKS
    return image


@contextmanager
def opened(image: bytes | bytearray) -> Iterator[sqlite3.Connection]:
    """Open an image of a database in memory."""
    with closing(_connect(":memory:")) as db:
        db.deserialize(image)
        yield db


def rewritten(
    image: bytearray,
    rewrite: Callable[[str], str],
    facts: Mapping[str, Any],
    values: Mapping[tuple[str, str], Any],
) -> bytes:
    """Return an image of a database with each text in it rewritten.

    Texts that must differ stay different where the rewritten ones would be the same.

    Args:
        image: The database.
        rewrite: Returns a text as it is to be.
        facts: Facts to set.
        values: Table and column -> its value in each row.
    """

    def with_number(text: str, seq: int) -> str:
        found = rewrite(text)
        return found if found == text else f"{found}{seq}"

    with opened(image) as db:
        db.create_function("rewritten", 1, rewrite)
        db.create_function("rewritten", 2, with_number)
        for table in _tables(db) - set(_OWN_TABLES):
            for column in _columns(db, table) - {"seq"}:
                text = f"WHERE typeof(\"{column}\") = 'text'"
                sql = f'UPDATE {table} SET "{column}" = rewritten("{column}"%s) {text}'
                try:
                    db.execute(sql % "")
                except sqlite3.IntegrityError:
                    db.execute(sql % ", seq")
        for (table, column), value in values.items():
            db.execute(f'UPDATE {table} SET "{column}" = ?', (value,))
        for name, value in facts.items():
            write_fact(db, name, value)
        db.execute("VACUUM")  # or what was overwritten stays in free pages
        return bytes(image_of(db))


def overwrite(db: sqlite3.Connection, source: sqlite3.Connection) -> None:
    """Make a database the same as another, or leave it as it was.

    Raises:
        DatabaseFailed: Its file cannot be written.
    """
    try:
        source.backup(db)
    except sqlite3.Error as error:
        raise db.failure(error) if isinstance(db, FileConnection) else error from None


# -- in a file


def in_file(
    file: str | os.PathLike[str], tables: Iterable[Table], owner: Mapping[str, str]
) -> FileConnection:
    """Open or create a file for this process alone; what is committed is on disk.

    The lock is the operating system's and goes with the process, however that ends. The folder
    must exist, and the file agree with the facts of `owner`, such as the account's SID.

    Raises:
        DatabaseInUse: Another account holds the file.
        DatabaseRefused: It cannot be opened, is another owner's, or of another version.
    """
    if os.fspath(file) in ("", ":memory:"):
        raise ValueError("db is the name of a file; leave it out for an account in memory")
    path, tables = Path(file).absolute(), tuple(tables)
    try:
        if path.is_dir():
            raise DatabaseRefused(path, "is a folder", "Name a file in it")
        if not path.parent.is_dir():
            advice = "Make the folder first"
            raise DatabaseRefused(path, "is in a folder that does not exist", advice)
        if path.exists() and path.stat().st_size:
            _inspect(path, tables, owner)
        _keep_private(path)
        db: FileConnection = _connect(path, FileConnection)
        try:
            _prepare(db, path, tables, owner)
        except BaseException:
            db.close()
            raise
    except sqlite3.Error as error:
        if (getattr(error, "sqlite_errorname", None) or "").startswith(_IN_USE):
            raise DatabaseInUse(path) from None
        raise DatabaseRefused(path, *_problem_of(error)) from None
    except OSError as error:
        advice = _PROBLEMS["SQLITE_CANTOPEN"][1]
        raise DatabaseRefused(path, f"cannot be opened ({error.strerror})", advice) from None
    return db


def _keep_private(path: Path) -> None:
    """Make a file that only its owner reads and writes; SQLite gives its log the same mode."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    for each in (path, Path(f"{path}-wal")):
        with suppress(FileNotFoundError, PermissionError):  # no log; a file of another user
            if each.stat().st_mode & 0o077:
                each.chmod(0o600)


def _inspect(path: Path, tables: tuple[Table, ...], owner: Mapping[str, str]) -> None:
    """Check a file through a connection that cannot change it.

    Only a file with a log beside it may be in use; without one, nothing is created beside it.
    """
    log = Path(f"{path}-wal")
    way = "mode=ro" if log.exists() and log.stat().st_size else "immutable=1"
    with closing(_connect(f"{path.as_uri()}?{way}", uri=True)) as db:
        check(db, path, tables, owner)
        if db.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
            raise DatabaseRefused(path, *_PROBLEMS["SQLITE_CORRUPT"])


def _prepare(
    db: sqlite3.Connection, path: Path, tables: tuple[Table, ...], owner: Mapping[str, str]
) -> None:
    """Lock the file for as long as the process lives, check it again, and add what is missing."""
    db.execute("PRAGMA locking_mode = EXCLUSIVE")
    (mode,) = db.execute("PRAGMA journal_mode = WAL").fetchone()
    if mode != "wal":
        raise DatabaseRefused(path, "is where SQLite cannot keep a log", "Name a file elsewhere")
    db.execute("PRAGMA synchronous = FULL")  # every commit reaches the disk
    db.execute("PRAGMA fullfsync = ON")  # macOS: a plain fsync stops short of the disk
    db.execute("BEGIN IMMEDIATE")
    with db:
        check(db, path, tables, owner)
        add_missing(db, path, tables)
        for name, value in owner.items():
            write_fact(db, name, value)
        write_fact(db, "openings", (read_fact(db, "openings") or 0) + 1)
    # left by a check of a file whose process was killed
    Path(f"{path}-shm").unlink(missing_ok=True)
