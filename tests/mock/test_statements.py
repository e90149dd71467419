"""What SQLite does for a call: how many statements, and none that reads a whole table."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from helpers.mock import MockTwilio
from helpers.mock.core import store, table_cache

Statements = list[str]


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> Statements:
    """Every statement of the databases that are opened from here on."""
    found: Statements = []
    connect = sqlite3.connect

    def traced(*args: Any, **kwargs: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*args, **kwargs)
        connection.set_trace_callback(found.append)
        return connection

    monkeypatch.setattr(sqlite3, "connect", traced)
    return found


@pytest.fixture
def account(statements: Statements) -> Iterator[MockTwilio]:
    with MockTwilio(seed=1) as mock:
        yield mock


@pytest.fixture
def filed(statements: Statements, tmp_path: Path) -> Iterator[MockTwilio]:
    with MockTwilio(seed=1, db=tmp_path / "account.db") as mock:
        yield mock


def verbs(statements: Statements, call: Callable[[], object]) -> list[str]:
    """The statements of a call, each by its verb and table."""
    statements.clear()
    call()
    found = []
    for sql in statements:
        words = sql.replace('"', " ").split()
        verb = words[0]
        at = {"INSERT": 2, "UPDATE": 1, "DELETE": 2}.get(verb)
        found.append(f"{verb} {words[words.index('FROM') + 1]}" if verb == "SELECT" else verb)
        if at is not None:
            found[-1] += f" {words[at]}"
    return found


def channel_of(mock: MockTwilio) -> Any:
    service = mock.client.chat.v2.services(mock.credentials.chat_service_sid)
    return service.channels(service.channels.create(type="private").sid)


def flow_of(mock: MockTwilio) -> Any:
    client = mock.client
    [workspace] = client.taskrouter.v1.workspaces.list()
    [workflow] = workspace.workflows.list()
    return client.flex_api.v1.flex_flow.create(
        friendly_name="Support",
        chat_service_sid=mock.credentials.chat_service_sid,
        channel_type="custom",
        integration_type="task",
        integration_workspace_sid=workspace.sid,
        integration_workflow_sid=workflow.sid,
        integration_channel="chat",
        enabled=True,
    )


def contact(mock: MockTwilio, flow: Any, number: int) -> Any:
    return mock.client.flex_api.v1.channel.create(
        flow.sid, f"user-{number}", "Jane", "Chat with Jane"
    )


def test_a_message_in_memory_waits_to_be_written_with_others(
    account: MockTwilio, statements: Statements
) -> None:
    channel = channel_of(account)
    channel.messages.create(body="hi", from_="alice")
    channel.messages.list(limit=50)
    assert verbs(statements, lambda: channel.messages.create(body="ho", from_="alice")) == []
    assert verbs(statements, lambda: channel.messages.list(limit=50)) == []


def test_a_message_in_a_file_is_one_row_and_one_update_in_one_transaction(
    filed: MockTwilio, statements: Statements
) -> None:
    channel = channel_of(filed)
    channel.messages.create(body="hi", from_="alice")
    found = verbs(statements, lambda: channel.messages.create(body="ho", from_="alice"))
    assert (found[0], found[-1]) == ("BEGIN", "COMMIT")
    assert sorted(found[1:-1]) == ["INSERT message", "UPDATE channel"]


def test_a_contact_beside_many_others_reads_nothing(
    account: MockTwilio, statements: Statements, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table_cache, "MOST_RESULTS", 10)
    flow = flow_of(account)
    for number in range(30):
        contact(account, flow, number)
    assert verbs(statements, lambda: contact(account, flow, 30)) == []


def test_the_next_of_a_long_queue_are_read_together_once_its_first_tasks_have_left(
    account: MockTwilio, statements: Statements, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table_cache, "LARGEST", 20)
    monkeypatch.setattr(store, "LARGEST", 20)
    monkeypatch.setattr(table_cache, "FIRST", 8)
    [found] = account.client.taskrouter.v1.workspaces.list()
    workspace = account.client.taskrouter.v1.workspaces(found.sid)
    tasks = [workspace.tasks.create(attributes="{}").sid for _ in range(60)]
    [available] = workspace.activities.list(available="true", limit=1)
    worker = workspace.workers(workspace.workers.list()[0].sid)
    worker.update(activity_sid=available.sid)

    def take_the_next() -> str:
        [offer] = worker.reservations.list(reservation_status="pending", limit=1)
        worker.reservations(offer.sid).update(reservation_status="accepted")
        workspace.tasks(offer.task_sid).update(assignment_status="completed")
        return str(offer.task_sid)

    taken = [take_the_next() for _ in range(8)]
    statements.clear()
    taken += [take_the_next() for _ in range(24)]
    assert taken == tasks[:32]
    assert sum('ORDER BY "priority" DESC' in sql for sql in statements) == 3


def test_a_contact_in_a_file_writes_each_kind_of_row_at_once(
    filed: MockTwilio, statements: Statements
) -> None:
    flow = flow_of(filed)
    for number in range(3):
        contact(filed, flow, number)
    found = verbs(statements, lambda: contact(filed, flow, 3))
    assert Counter(found) == {
        "BEGIN": 1,
        **dict.fromkeys(map("INSERT {}".format, CONTACT), 1),
        "INSERT workspaceevent": 4,
        "INSERT syncchange": 2,
        "COMMIT": 1,
    }


CONTACT = ("user", "channel", "member", "userchannel", "flexchannel", "task")
"""Kinds of rows of a contact."""


def test_a_snapshot_around_a_message_reads_and_writes_that_message(
    account: MockTwilio, statements: Statements
) -> None:
    channel = channel_of(account)

    def within() -> None:
        with account.snapshot():
            channel.messages.create(body="hi", from_="alice")

    within()
    few = len(verbs(statements, within))
    for _ in range(300):
        channel.messages.create(body="hi", from_="alice")
    account.take_snapshot()
    assert len(verbs(statements, within)) <= few < 30


def test_no_query_of_a_chat_and_its_task_reads_a_whole_table(
    filed: MockTwilio, statements: Statements
) -> None:
    flow = flow_of(filed)
    channel = contact(filed, flow, 0)
    filed._backend.store._forget(filed._backend.store._tables.values())
    statements.clear()
    own = filed.client.chat.v2.services(filed.credentials.chat_service_sid)
    chat = own.channels(channel.sid)
    chat.messages.create(body="hi", from_="user-0")
    for listed in (chat.messages, chat.members, chat.webhooks, own.users, own.channels):
        listed.list(limit=5)
    [workspace] = filed.client.taskrouter.v1.workspaces.list()
    workspace.tasks.list(limit=5)
    workspace.tasks(channel.task_sid).fetch()
    plans = {}
    for sql in {each for each in statements if each.startswith("SELECT seq")}:
        rows = filed._backend.store._execute(f"EXPLAIN QUERY PLAN {sql}").fetchall()
        plans[sql] = [row[-1] for row in rows]
    assert len(plans) > 5
    for sql, plan in plans.items():
        if not any(f" FROM {kind} " in f"{sql} " for kind in SMALL):
            assert plan[0].startswith("SEARCH"), (sql, plan)
            assert len(plan) == 1 or " FROM message " not in sql, (sql, plan)


SMALL = ("service", "workspace", "workflow", "eventhooks", "messagingsettings", "activity")
"""Kinds of which an account has a handful."""
