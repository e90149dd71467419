"""The SQLite database below the store: in memory, or one file that a single process holds.

A file is opened by this version as it is, or after additions that lose nothing; any other is
refused and left as it was.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from .file_format import (
    ANOTHER_FILE,
    DatabaseRefused,
    add_missing,
    check,
    everything,
    fact,
    marks,
    note,
)
from .tables import Table

_PATIENCE = 0.5
"""Seconds another process may take to look at the file before it counts as in use."""
_STATEMENTS = 512
"""Statements that SQLite need not prepare again."""
_WAL_MARKS, _PLAIN_MARKS = slice(18, 20), b"\1\1"
_IN_USE = ("SQLITE_BUSY", "SQLITE_LOCKED")
_PROBLEMS = {
    "SQLITE_NOTADB": ("is not a SQLite database", ANOTHER_FILE),
    "SQLITE_CORRUPT": ("is damaged", "Put a copy of it back, or name another file to begin anew"),
    "SQLITE_CANTOPEN": ("cannot be opened", "See that you may read and write it and its folder"),
    "SQLITE_READONLY": ("cannot be written", "See that you may write it and its folder"),
    "SQLITE_FULL": ("finds no room on the disk", "Make room, or name a file elsewhere"),
}


class DatabaseInUse(DatabaseRefused):
    """A database file that another account holds, in this process or another."""

    def __init__(self, path: Path) -> None:
        advice = "Stop the one that has it, or name another file; there is no lock to delete"
        super().__init__(path, "is in use by another mock account, or another program", advice)


class DatabaseClosed(RuntimeError):  # noqa: N818 - says what happened to it
    """Something was asked of an account after it was closed."""

    def __init__(self) -> None:
        super().__init__("This account was closed; make a new MockTwilio, with the same db if any")


def _connect(target: str | Path, *, uri: bool = False) -> sqlite3.Connection:
    return sqlite3.connect(
        target,
        timeout=_PATIENCE,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=_STATEMENTS,
        uri=uri,
    )


# -- in memory


def in_memory(tables: Iterable[Table]) -> sqlite3.Connection:
    """A database of its own, gone when it is closed."""
    db = _connect(":memory:")
    db.executescript(";\n".join(("BEGIN", *marks(), *everything(tables), "COMMIT;")))
    return db


def image_of(db: sqlite3.Connection) -> bytearray:
    """A whole database as bytes that can be opened in memory, wherever it is kept."""
    image = bytearray(db.serialize())
    image[_WAL_MARKS] = _PLAIN_MARKS
    return image


@contextmanager
def opened(image: bytearray) -> Iterator[sqlite3.Connection]:
    """A database in memory from an image of one."""
    db = _connect(":memory:")
    try:
        db.deserialize(image)
        yield db
    finally:
        db.close()


# -- in a file


def in_file(
    file: str | os.PathLike[str], tables: Iterable[Table], owner: Mapping[str, str]
) -> sqlite3.Connection:
    """Open a file for this process alone, or make it; what is committed is on disk.

    The lock is the operating system's and goes with the process, however that ends.

    Args:
        file: Where; its folder must exist.
        tables: What it is to hold.
        owner: Facts that it must agree with, such as whose it is.

    Raises:
        DatabaseInUse: Another account holds the file.
        DatabaseRefused: It cannot be opened, is somebody else's, or of another version.
    """
    path, tables = _path(file), tuple(tables)
    with _refusing(path):
        if path.exists() and path.stat().st_size:
            _look(path, tables, owner)
        db = _connect(path)
        try:
            _take(db, path)
            _prepare(db, path, tables, owner)
        except BaseException:
            db.close()
            raise
    return db


def _path(file: str | os.PathLike[str]) -> Path:
    if os.fspath(file) in ("", ":memory:"):
        raise ValueError("db is the name of a file; leave it out for an account in memory")
    path = Path(file).absolute()
    if path.is_dir():
        raise DatabaseRefused(path, "is a folder", "Name a file in it")
    if not path.parent.is_dir():
        raise DatabaseRefused(path, "is in a folder that does not exist", "Make the folder first")
    return path


@contextmanager
def _refusing(path: Path) -> Iterator[None]:
    """Say what SQLite's refusals mean for the file."""
    try:
        yield
    except sqlite3.Error as error:
        name = getattr(error, "sqlite_errorname", "") or ""
        if name.startswith(_IN_USE):
            raise DatabaseInUse(path) from None
        problem, advice = next(
            (said for code, said in _PROBLEMS.items() if name.startswith(code)),
            (f"cannot be opened ({error})", ANOTHER_FILE),
        )
        raise DatabaseRefused(path, problem, advice) from None


def _look(path: Path, tables: tuple[Table, ...], owner: Mapping[str, str]) -> None:
    """Refuse what must not be opened, through a connection that cannot change it.

    Only a file with a log beside it may be in use; without one, nothing is made beside it either.
    """
    log = Path(f"{path}-wal")
    way = "mode=ro" if log.exists() and log.stat().st_size else "immutable=1"
    db = _connect(f"{path.as_uri()}?{way}", uri=True)
    try:
        check(db, path, tables, owner)
        if db.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
            raise DatabaseRefused(path, *_PROBLEMS["SQLITE_CORRUPT"])
    finally:
        db.close()


def _take(db: sqlite3.Connection, path: Path) -> None:
    """Lock the file for as long as the process lives, and have every commit reach the disk."""
    db.execute("PRAGMA locking_mode = EXCLUSIVE")
    (mode,) = db.execute("PRAGMA journal_mode = WAL").fetchone()
    if mode != "wal":
        raise DatabaseRefused(path, "is where SQLite cannot keep a log", "Name a file elsewhere")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("PRAGMA fullfsync = ON")  # macOS: a plain fsync stops short of the disk


def _prepare(
    db: sqlite3.Connection, path: Path, tables: tuple[Table, ...], owner: Mapping[str, str]
) -> None:
    """Check again, now that nobody else can write, and add what is missing; or change nothing."""
    db.execute("BEGIN IMMEDIATE")
    try:
        check(db, path, tables, owner)
        add_missing(db, path, tables)
        for name, value in owner.items():
            note(db, name, value)
        note(db, "openings", (fact(db, "openings") or 0) + 1)
        db.execute("COMMIT")
    finally:
        if db.in_transaction:
            db.execute("ROLLBACK")
    Path(f"{path}-shm").unlink(missing_ok=True)  # left by a look at a file whose process was killed
