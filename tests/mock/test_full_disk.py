"""A database file that cannot be written for a while: said once, nothing lost, then it goes on."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from filed import TOLD, channel_of, mock_of, opened, service_of, tell
from hooks import HOOK
from support import PATIENCE, everything, refused

from helpers import Account, connect
from helpers.mock import DatabaseFailed, DatabaseRefused

LARGE = "x" * 20_000


@contextmanager
def full_disk(account: Account) -> Iterator[None]:
    """The account's file finds no room in here."""
    db = mock_of(account)._backend.store._db
    (pages,) = db.execute("PRAGMA page_count").fetchone()
    (before,) = db.execute("PRAGMA max_page_count").fetchone()
    db.execute(f"PRAGMA max_page_count = {pages}")
    try:
        yield
    finally:
        db.execute(f"PRAGMA max_page_count = {before}")


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Account]:
    with opened(tmp_path / "account.db") as account:
        yield account


def until(condition: Callable[[], Any]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def said(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    assert [record for record in caplog.records if record.exc_text] == []
    return [
        (record.levelname, record.getMessage())
        for record in caplog.records
        if record.levelno >= logging.WARNING
    ]


def test_requests_that_find_no_room_are_refused_and_it_is_said_once(
    account: Account, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    messages = channel_of(account).messages
    messages.create(body="before")
    with full_disk(account):
        for _ in range(5):
            with refused(503, 20503, "finds no room on the disk, so nothing was stored"):
                messages.create(body=LARGE)
        assert [each.body for each in messages.list()] == ["before"]
        [(level, sentence)] = said(caplog)
        assert level == "ERROR"
        assert sentence.startswith(f"{tmp_path / 'account.db'} finds no room on the disk")
    until(lambda: len(said(caplog)) == 2)
    assert said(caplog)[1] == (
        "WARNING",
        "The database file can be written again; what was left was done",
    )
    messages.create(body=LARGE)
    mock_of(account).close()
    with opened(tmp_path / "account.db") as again:
        assert [each.body for each in channel_of(again).messages.list()] == ["before", LARGE]


def test_what_could_not_be_written_down_is_done_once_there_is_room(
    account: Account, caplog: pytest.LogCaptureFixture
) -> None:
    tell(account)
    messages = channel_of(account).messages
    messages.create(body="first")
    arrived: list[str] = []
    webhooks = mock_of(account).webhooks
    with full_disk(account):

        def receive(request: Any) -> None:
            arrived.append(request.parameters["Body"])

        webhooks.register(HOOK, receive)
        with suppress(Exception):
            while True:  # as long as there is room for the messages; not for notes of delivery
                messages.create(body="told" * 200, **TOLD)
        count = len(messages.list())
        time.sleep(0.2)
    assert count > 1
    assert webhooks.settle(PATIENCE)
    until(lambda: len(arrived) >= count - 1)
    assert {attempt.status for attempt in webhooks.log} <= {200}
    assert said(caplog)[0][0] == "ERROR"


@pytest.mark.parametrize("act", ["reset", "load", "restore"])
def test_an_account_that_finds_no_room_to_change_is_as_it_was(
    account: Account, tmp_path: Path, act: str
) -> None:
    resource = pytest.importorskip("resource")
    mock = mock_of(account)
    mock.faults.add("FetchRole", status=503)
    snapshot = mock.take_snapshot()
    for number in range(30):
        channel_of(account).messages.create(body=f"{number}")
    before = everything(account)
    acts: dict[str, Callable[[], Any]] = {
        "reset": mock.reset,
        "load": lambda: mock.load("busy afternoon"),
        "restore": lambda: mock.restore(snapshot),
    }
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    room = (tmp_path / "account.db-wal").stat().st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, limits[1]))
    try:
        with pytest.raises(DatabaseFailed, match="cannot be read or written, so nothing was"):
            acts[act]()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert everything(account) == before
    assert len(mock.faults) == 1
    sids = {channel_of(account, str(number)).fetch().sid for number in range(5)}
    assert len(sids) == 5
    assert service_of(account).channels.list(limit=1)


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Callable[[str], None]]:
    """A file system of so many bytes; call what it gives to change their number."""
    folder.mkdir()

    def mount(options: str) -> None:
        run = ["mount", "-t", "tmpfs", "-o", options, "none", str(folder)]
        subprocess.run(run, check=True, capture_output=True)

    try:
        mount(f"size={size}")
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("file systems cannot be mounted here")
    try:
        yield lambda size: mount(f"remount,size={size}")
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.long
def test_a_new_file_on_a_full_disk_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "64k") as resize:
        file = tmp_path / "disk" / "account.db"
        with pytest.raises(DatabaseRefused, match="finds no room on the disk"):
            connect(db=file)
        command = [sys.executable, "-m", "helpers.mock", "--port", "0", "--db", str(file)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.splitlines() == [
            f"{file} finds no room on the disk. Make room, or name a file elsewhere."
        ]
        resize("20m")
        with opened(file) as account:
            channel_of(account)


def test_a_file_on_a_full_disk_goes_on_when_there_is_room(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with small_disk(tmp_path / "disk", "2m") as resize:
        file = tmp_path / "disk" / "account.db"
        acknowledged = []
        with opened(file) as account:
            messages = channel_of(account).messages
            with refused(503, 20503):
                while True:
                    messages.create(body=LARGE)
                    acknowledged.append(LARGE)
            resize("40m")
            until(lambda: len(said(caplog)) == 2)
            messages.create(body=LARGE)
        with opened(file) as account:
            kept = [each.body for each in channel_of(account).messages.list()]
        assert kept == [*acknowledged, LARGE]


@pytest.mark.skipif(os.name != "posix", reason="another sentence there")
def test_a_name_that_no_file_can_have_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(DatabaseRefused, match="File name too long"):
        connect(db=tmp_path / ("x" * 300))
