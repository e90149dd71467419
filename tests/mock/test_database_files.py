"""Which files a store opens, what it may add to them, and that the others stay as they were."""

from __future__ import annotations

import gc
import os
import sqlite3
import sys
import weakref
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, ClassVar

import pytest
from filed import killed
from msgspec import field

from helpers.mock import Clock, DatabaseClosed, DatabaseInUse, DatabaseRefused
from helpers.mock.core.context import Backend
from helpers.mock.core.sids import Sids
from helpers.mock.core.store import Resource, Store

OWNER = {"account_sid": "AC1"}


class Thing(Resource):
    """A resource as the first version keeps it."""

    prefix: ClassVar[str] = "TH"

    sid: str
    colour: str | None = None

    unique: ClassVar[tuple[tuple[str, ...], ...]] = (("sid",),)


def later(**parts: Any) -> type[Any]:
    """`Thing` as another version has it: its fields, by type, and its indexes."""
    unique = parts.pop("unique", (("sid",),))
    indexes = parts.pop("indexes", ())
    has, types = parts.pop("has", {}), {"sid": "str", **parts}
    own = {"__annotations__": types, "unique": unique, "indexes": indexes, **has}
    return type(Resource)("Thing", (Resource,), own)


class Box(Resource):
    """A resource that the first version does not have."""

    prefix: ClassVar[str] = "BX"

    sid: str


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file with three things in it, closed."""
    file = tmp_path / "account.db"
    with opened(file) as store:
        keep(store, *map(Thing, "abc"))
    return file


@contextmanager
def opened(file: Path, *kinds: type[Any], **owner: str) -> Iterator[Store]:
    with closing(Store(kinds or (Thing,), file, owner or OWNER)) as store:
        yield store


def keep(store: Store, *resources: Resource) -> None:
    with Backend(store, Clock(), Sids(1)).transaction():
        for resource in resources:
            store.add(resource)


def contents(folder: Path) -> dict[str, bytes]:
    return {each.name: each.read_bytes() for each in folder.iterdir()}


@contextmanager
def refused(file: Path, *parts: str) -> Iterator[None]:
    """Opening is refused in here, saying which file and these parts, and nothing is touched."""
    before = contents(file.parent)
    with pytest.raises(DatabaseRefused) as caught:
        yield
    assert contents(file.parent) == before
    assert caught.value.path == file
    for part in (str(file), *parts):
        assert part in str(caught.value)


def changed(file: Path, *statements: str) -> None:
    """Have another program write to the file."""
    with closing(sqlite3.connect(file)) as db:
        for statement in statements:
            db.execute(statement)
        db.commit()


# -- what is opened


def test_what_was_kept_is_there_again_in_order(file: Path) -> None:
    with opened(file) as store:
        assert store.select(Thing) == [Thing(sid, seq=seq) for seq, sid in enumerate("abc", 1)]
    assert [each.name for each in file.parent.iterdir()] == ["account.db"]


def test_what_is_read_from_a_file_is_sorted_as_it_would_be_in_memory(file: Path) -> None:
    with opened(file) as store:
        keep(store, Thing("d", "red"), Thing("e", "red"))
        kept = [each.sid for each in store.select(Thing, by=("colour", "-sid"))]
    with opened(file) as store:
        assert [each.sid for each in store.select(Thing, by=("colour", "-sid"))] == kept
        assert [each.sid for each in store.select(Thing, by=("-sid",), limit=2)] == ["e", "d"]
        assert [each.sid for each in store.select(Thing, by=("sid",), limit=2)] == ["a", "b"]
    assert kept == ["c", "b", "a", "e", "d"]


def test_an_empty_file_is_filled(tmp_path: Path) -> None:
    (tmp_path / "empty.db").touch()
    with opened(tmp_path / "empty.db") as store:
        keep(store, Thing("a"))
    with opened(tmp_path / "empty.db") as store:
        assert store.count(Thing) == 1


def test_names_with_marks_of_a_url_are_files_like_others(tmp_path: Path) -> None:
    file = tmp_path / "50% #1?mode=memory é.db"
    with opened(file) as store:
        keep(store, Thing("a"))
    with opened(file) as store:
        assert store.count(Thing) == 1
    assert [each.name for each in tmp_path.iterdir()] == [file.name]


def test_a_place_in_the_order_is_never_given_out_twice(file: Path) -> None:
    with opened(file) as store, Backend(store, Clock(), Sids(1)).transaction():
        store.remove_all(Thing, sid=["b", "c"])
    with opened(file) as store:
        keep(store, Thing("d"))
        assert [thing.seq for thing in store.select(Thing)] == [1, 4]


def test_a_place_that_was_put_away_by_a_restore_is_not_given_out_again(file: Path) -> None:
    with opened(file) as store:
        before = store.copy()
        keep(store, Thing("d"))
        store.restore(before)
    with opened(file) as store:
        keep(store, Thing("e"))
        assert [(thing.sid, thing.seq) for thing in store.select(Thing)][-1] == ("e", 5)


def test_what_is_restored_is_on_disk(file: Path) -> None:
    with opened(file) as store:
        before = store.copy()
        keep(store, Thing("d"))
        store.restore(before)
        keep(store, Thing("e"))
    with opened(file) as store:
        assert [thing.sid for thing in store.select(Thing)] == ["a", "b", "c", "e"]


def test_a_copy_of_a_file_can_be_put_into_memory_and_back(file: Path, tmp_path: Path) -> None:
    with opened(file) as store, closing(Store([Thing])) as memory:
        memory.restore(store.copy())
        keep(memory, Thing("d"))
        assert store.count(Thing) == 3
        with opened(tmp_path / "other.db") as other:
            other.restore(memory.copy())
    with opened(tmp_path / "other.db") as other:
        assert [thing.sid for thing in other.select(Thing)] == ["a", "b", "c", "d"]


def test_what_was_not_closed_is_whole_and_leaves_nothing_lying_about(file: Path) -> None:
    with opened(file) as store:
        keep(store, Thing("d"))
        left = killed(file)
    assert len(contents(left.parent)) > 1
    with opened(left) as store:
        assert store.count(Thing) == 4
    assert [each.name for each in left.parent.iterdir()] == [left.name]


def test_what_was_not_closed_is_refused_as_it_was_left(file: Path) -> None:
    with opened(file) as store:
        keep(store, Thing("d"))
        left = killed(file)
    before = contents(left.parent)
    with pytest.raises(DatabaseRefused, match="belongs to"):
        Store([Thing], left, {"account_sid": "AC2"})
    after = contents(left.parent)
    assert {name: after[name] for name in before} == before
    with opened(left) as store:
        assert store.count(Thing) == 4


# -- one at a time


def test_a_file_that_is_open_is_refused_to_a_second_store(file: Path) -> None:
    with opened(file) as first:
        for _ in range(2):
            with pytest.raises(DatabaseInUse, match=r"account\.db is in use .* Stop the one"):
                Store([Thing], file, OWNER)
        keep(first, Thing("d"))
    with opened(file) as second:
        assert second.count(Thing) == 4


def test_a_closed_store_says_so(file: Path) -> None:
    store = Store([Thing], file, OWNER)
    store.close()
    store.close()
    with pytest.raises(DatabaseClosed, match="make a new MockTwilio"):
        keep(store, Thing("d"))
    with pytest.raises(DatabaseClosed):
        store.first(Thing)
    with pytest.raises(DatabaseClosed):
        store.read_fact("account_sid")
    with pytest.raises(DatabaseClosed):
        store.copy()


# -- an older file: what is added


def test_new_resources_fields_and_indexes_are_added(file: Path) -> None:
    newer = later(
        colour="str | None",
        round="bool",
        parts="dict[str, int]",
        has={"colour": None, "round": True, "parts": field(default_factory=lambda: {"legs": 4})},
        indexes=(("colour", "-round"),),
    )
    with opened(file, newer, Box) as store:
        keep(store, newer("d", "red", False, {}), Box("x"))
        assert store.select(newer)[0] == newer("a", None, True, {"legs": 4}, seq=1)
        assert store.select(newer, {"round": False}) == [newer("d", "red", False, {}, seq=4)]
        assert store.count(Box) == 1
    with closing(sqlite3.connect(file)) as db:
        indexes = {row[1]: row[2] for row in db.execute("PRAGMA index_list(thing)")}
    assert indexes == {"thing_sid": 1, "thing_colour_round": 0}


def test_an_index_that_has_changed_is_made_anew(file: Path) -> None:
    freer = later(colour="str | None", has={"colour": None}, unique=(), indexes=(("sid",),))
    with opened(file, freer) as store:
        keep(store, freer("a", "again"))
        assert store.count(freer, sid="a") == 2


# -- what is refused


NOT_OURS: dict[str, tuple[Callable[[Path], object], str]] = {
    "text": (lambda file: file.write_text("to do: buy milk\n" * 100), "is not a SQLite database"),
    "another program's": (
        lambda file: changed(file, "PRAGMA application_id = 7"),
        "is a database of another program",
    ),
    "newer": (lambda file: changed(file, "PRAGMA user_version = 2"), "by a newer version"),
    "older": (lambda file: changed(file, "PRAGMA user_version = 0"), "by an older version"),
    "more tables": (lambda file: changed(file, "CREATE TABLE x (y)"), "table x is unknown"),
    "more fields": (
        lambda file: changed(file, "ALTER TABLE thing ADD COLUMN size"),
        "thing.size is unknown",
    ),
    "fewer fields": (
        lambda file: changed(file, "DROP INDEX thing_sid", "ALTER TABLE thing DROP COLUMN sid"),
        "thing.sid is missing",
    ),
    "torn": (lambda file: file.write_bytes(file.read_bytes()[:9000]), "is damaged"),
    "garbled at its end": (
        lambda file: file.write_bytes(file.read_bytes()[:-4096] + b"\7" * 4096),
        "is damaged",
    ),
    "garbled": (
        lambda file: file.write_bytes(file.read_bytes()[:4096] + b"\7" * 4096 * 4),
        "is damaged",
    ),
}


@pytest.mark.parametrize("what", NOT_OURS)
def test_a_file_that_is_not_this_versions_is_refused_and_left_as_it_was(
    file: Path, what: str
) -> None:
    spoil, problem = NOT_OURS[what]
    spoil(file)
    with refused(file, problem, "file"):
        Store([Thing], file, OWNER)


def test_a_database_of_another_kind_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "shop.db"
    changed(file, "CREATE TABLE orders (id)", "INSERT INTO orders VALUES (1)")
    with refused(file, "is a database of another program", "Name another file"):
        Store([Thing], file, OWNER)


def test_another_accounts_file_is_refused(file: Path) -> None:
    with refused(file, "belongs to account_sid AC1, not to AC2", "credentials"):
        Store([Thing], file, {"account_sid": "AC2"})


def test_rows_that_a_new_rule_forbids_are_refused_and_kept(file: Path) -> None:
    with opened(file) as store:
        keep(store, Thing("d", "red"), Thing("e", "red"))
    stricter = later(colour="str | None", has={"colour": None}, unique=(("sid",), ("colour",)))
    with refused(file, "holds what this version does not allow", "thing.colour"):
        Store([stricter], file, OWNER)


def test_places_where_no_file_can_be_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    with pytest.raises(DatabaseRefused, match="is a folder"):
        Store([Thing], folder, OWNER)
    nowhere = tmp_path / "missing" / "account.db"
    with pytest.raises(DatabaseRefused, match="Make the folder first"):
        Store([Thing], nowhere, OWNER)
    for name in ("", ":memory:"):
        with pytest.raises(ValueError, match="leave it out for an account in memory"):
            Store([Thing], name, OWNER)


@pytest.mark.skipif(os.name != "posix", reason="this system has no modes")
def test_a_file_and_its_log_are_its_owners_alone(file: Path) -> None:
    def modes() -> list[int]:
        return [each.stat().st_mode & 0o777 for each in sorted(file.parent.glob(f"{file.name}*"))]

    with opened(file):
        assert modes() == [0o600] * 2
    file.chmod(0o644)  # as earlier versions left it
    with opened(file):
        assert modes() == [0o600] * 2


@pytest.mark.skipif(sys.platform == "win32", reason="no resource limits there")
def test_a_full_disk_fails_one_unit_of_work_and_no_more(file: Path) -> None:
    import resource

    with opened(file) as store:
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        room = Path(f"{file}-wal").stat().st_size
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, limits[1]))
        try:
            with pytest.raises(sqlite3.OperationalError, match="disk"):
                keep(store, Thing("d", "red" * 10_000))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert store.count(Thing) == 3
        keep(store, Thing("e"))
    with opened(file) as store:
        assert [thing.sid for thing in store.select(Thing)] == ["a", "b", "c", "e"]


def test_a_file_in_use_keeps_no_trace_of_what_was_executed(file: Path) -> None:
    def traces() -> int:
        return sum(type(each) is weakref.ref and each() is None for each in gc.get_objects())

    with opened(file) as store:
        before = traces()
        for number in range(400):  # each a BEGIN, an INSERT, a COMMIT
            keep(store, Thing(f"d{number}"))
        assert traces() - before < 400
