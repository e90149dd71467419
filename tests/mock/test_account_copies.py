"""An account put back, reset and copied, in memory and in a file."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from filed import TOLD, account_of, channel_of, mock_of, opened, service_of, tell
from hooks import HOOK, PATIENCE, Gate
from office import Office, status
from support import everything

from helpers import Account

MARCH = 1_772_000_000.0
MONDAY = datetime(2026, 1, 5, 9, tzinfo=UTC)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "account.db"


# -- reset, snapshot


def test_a_reset_is_on_disk_and_the_same_as_in_memory(file: Path) -> None:
    with opened(file) as account:
        new = everything(account)
        before = channel_of(account).fetch().sid
        account.clock.advance(3600)
    with opened(file) as account:
        channel_of(account, "another")
        mock_of(account).reset()
        assert everything(account) == new
    with opened(file) as account:
        assert everything(account) == new
        assert channel_of(account).fetch().sid != before
        mock_of(account).reset()
        assert channel_of(account).fetch().sid == before


def test_leaving_a_snapshot_is_on_disk(file: Path) -> None:
    with opened(file) as account:
        channel_of(account).messages.create(body="before")
        with mock_of(account).snapshot():
            channel_of(account).messages.create(body="taken back")
            account.clock.advance(3600)
            later = account.clock.now()
        channel_of(account).messages.create(body="after")
    with opened(file) as account:
        assert [each.body for each in channel_of(account).messages.list()] == ["before", "after"]
        assert account.clock.now() >= later


@pytest.mark.parametrize("where", ["memory", "file"])
def test_nobody_draws_a_sid_twice_while_snapshots_are_put_back(file: Path, where: str) -> None:
    problems: list[Exception] = []
    with opened(file if where == "file" else None) as account:
        service, done = service_of(account), threading.Event()

        def work() -> None:
            while not done.is_set():
                try:
                    service.channels.create()
                except Exception as problem:  # raised on the main thread
                    problems.append(problem)

        threads = [threading.Thread(target=work) for _ in range(3)]
        for thread in threads:
            thread.start()
        for _ in range(30):
            with mock_of(account).snapshot():
                pass
        done.set()
        for thread in threads:
            thread.join()
        sids = [channel.sid for channel in service.channels.list()]
    assert problems == []
    assert len(set(sids)) == len(sids)


# -- copies


@pytest.fixture(params=["memory", "file"])
def original(request: Any, file: Path) -> Iterator[Account]:
    with opened(file if request.param == "file" else None, seed=7) as account:
        channel_of(account).messages.create(body="before")
        yield account


def test_a_copy_goes_its_own_way_from_the_same_place(original: Account) -> None:
    original.clock.freeze(MARCH)
    before = everything(original)
    with mock_of(original).copy() as mock:
        copy = account_of(mock)
        assert everything(copy) == before
        assert copy.clock.now() == MARCH
        copy.clock.advance(60)
        sid = channel_of(copy).messages.create(body="in the copy").sid
        assert (everything(original), original.clock.now()) == (before, MARCH)
        assert channel_of(original).messages.create(body="in the original").sid == sid
        assert [each.body for each in channel_of(copy).messages.list()] == [
            "before",
            "in the copy",
        ]


def test_nobody_who_follows_the_original_hears_of_the_copy(original: Account) -> None:
    told: list[Any] = []
    mock_of(original).follow(told.append)
    with mock_of(original).copy() as mock:
        assert mock.journal.entries == []
        channel_of(account_of(mock)).messages.create(body="in the copy")
        assert [entry.text for entry in mock.journal] == ["in the copy"]
    assert told == []
    channel_of(original).messages.create(body="in the original")
    assert [event.resource["body"] for event in told] == ["in the original"]


def test_a_copy_delivers_what_was_due_only_if_it_is_asked_to(original: Account) -> None:
    gate = Gate()
    mock_of(original).webhooks.register(HOOK, gate)
    mock_of(original).webhooks.timeout = 2 * PATIENCE  # it is under way while there are copies
    tell(original)
    for body in ("under way", "waiting"):
        channel_of(original).messages.create(body=body, **TOLD)
    assert gate.reached.wait(PATIENCE)
    with mock_of(original).copy() as without, mock_of(original).copy(with_due=True) as with_due:
        assert without.webhooks.settle(timeout=0)
        assert without.webhooks.log == []
        assert with_due.webhooks.settle()
        asked = [(each.parameters["Body"], each.status) for each in with_due.webhooks.log]
    gate.open.set()
    assert mock_of(original).webhooks.settle()
    assert asked == [("under way", None), ("waiting", None)]
    assert gate.all("Body") == ["under way", "waiting"]


def test_a_copy_is_routed_and_timed_by_itself(original: Account) -> None:
    office = Office(original)
    office.go("alice")
    task = office.task()
    with mock_of(original).copy() as mock:
        copy = Office(account_of(mock))
        mock.clock.advance(120)
        assert (copy.doing("alice"), office.doing("alice")) == ("Offline", "Available")
        assert status(copy.workspace.tasks(task.fetch().sid)) == "pending"
    assert status(task) == "reserved"


def test_a_copy_can_be_reset_to_the_account_its_original_was_once(original: Account) -> None:
    with mock_of(original).copy() as mock:
        mock.reset()
        mock_of(original).reset()
        assert everything(account_of(mock)) == everything(original)


def test_an_account_restored_at_another_time_is_as_old_and_due_as_soon(account: Account) -> None:
    mock, client = account.mock, account.client
    assert mock is not None
    mock.clock.freeze(MONDAY)
    channel = client.chat.v2.services(account.credentials.chat_service_sid).channels.create()
    chat = client.conversations.v1.conversations.create(timers_inactive="PT10M")
    workspace = client.taskrouter.v1.workspaces.list()[0]
    task = workspace.tasks.create(workflow_sid=workspace.workflows.list()[0].sid, timeout=300)
    mock.clock.advance(100)
    snapshot, before = mock.take_snapshot(), mock.clock.now()
    for shift in (timedelta(days=1000), timedelta(days=-1000)):
        mock.clock.forget_timers()
        mock.clock.freeze(before + shift.total_seconds())
        mock.restore(snapshot, shift=shift.total_seconds())
        assert channel.fetch().date_created == MONDAY + shift
        timer = chat.fetch().timers["date_inactive"]
        assert timer == (MONDAY + shift + timedelta(minutes=10)).strftime("%Y-%m-%dT%H:%M:%SZ")
        assert (task.fetch().age, task.fetch().assignment_status) == (100, "pending")
        mock.clock.advance(199)
        assert task.fetch().assignment_status == "pending"
        mock.clock.advance(1)
        assert task.fetch().assignment_status == "canceled"
