"""Live queries and figures of queues, as supervisors have them in Flex, frame by frame."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from websockets.sync.client import connect
from wire import Wire

from helpers import Account, AgentDesk

NOON = 1_767_614_400.0
PATH = "/v3/Insights/{}/Items"


@pytest.fixture
def workspace(account: Account) -> Any:
    account.clock.freeze(NOON)
    return account.client.taskrouter.v1.workspaces.list()[0]


@pytest.fixture
def log_in(uri: str, workspace: Any) -> Iterator[Callable[[str], Wire]]:
    """Connect with a token."""
    with ExitStack() as stack:

        def log_in(token: str) -> Wire:
            return Wire(stack.enter_context(connect(uri, compression=None)), token)

        yield log_in


@pytest.fixture
def wire(account: Account, log_in: Callable[[str], Wire]) -> Wire:
    return log_in(account.worker_token(role="supervisor"))


def query(wire: Wire, index: str, text: str = "") -> dict[str, Any]:
    """Query an index live, and follow what it finds. Returns the answer."""
    body = {"type": "live_query", "query_string": text}
    answer: dict[str, Any] = wire.ask("POST", PATH.format(index), body).json()
    subscribe(wire, answer["query_id"], "live_query", answer["last_event_id"])
    wire.next_event("live_query_updated")  # what it starts with
    return answer


def subscribe(wire: Wire, sid: str, kind: str, last_event_id: int = 0) -> None:
    wanted = {"object_sid": sid, "object_type": kind, "last_event_id": last_event_id}
    batch = {"action": "establish", "correlation_id": 1, "requests": [wanted]}
    assert wire.ask("POST", "/v4/Subscriptions", batch).header["http_status"]["code"] == 200


def until(wire: Wire, holds: Callable[[list[Any]], bool]) -> dict[str, Any]:
    """The first event of a live query after which its items are as expected."""
    while not holds((event := wire.next_event("live_query_updated"))["items"]):
        pass
    return event


def names(answer: dict[str, Any], field: str = "friendly_name") -> list[str]:
    return sorted(each["data"][field] for each in answer["items"])


def figures(wire: Wire, name: str) -> dict[str, Any]:
    """The items of a map, by key."""
    found = wire.ask("GET", f"/v3/Maps/{name}/Items").json()["items"]
    return {each["key"]: each["data"] for each in found}


# -- lists


def test_a_live_query_lists_workers_and_follows_them(
    account: Account, wire: Wire, workspace: Any
) -> None:
    answer = query(wire, "tr-worker", 'data.activity_name IN ["Available"]')
    assert (answer["items"], answer["items_count"]) == ([], 0)
    AgentDesk(account, "alice").go_available()
    event = until(wire, bool)
    assert event["query_id"] == answer["query_id"]
    [item] = event["items"]
    [alice] = workspace.workers.list(friendly_name="alice")
    assert item["key"] == alice.sid
    assert item["data"] == {
        "worker_sid": alice.sid,
        "workspace_sid": workspace.sid,
        "friendly_name": "alice",
        "attributes": {"contact_uri": "client:alice", "full_name": "Alice"},
        "activity_name": "Available",
        "worker_activity_sid": alice.activity_sid,
        "date_activity_changed": "2026-01-05T12:00:00Z",
        "date_updated": "2026-01-05T12:00:00Z",
    }
    assert event["last_event_id"] == item["revision"] > answer["last_event_id"]
    AgentDesk(account, "alice").go_offline()
    until(wire, lambda items: not items)


def test_what_has_not_changed_keeps_its_revision(account: Account, wire: Wire) -> None:
    before = {each["key"]: each["revision"] for each in query(wire, "tr-worker")["items"]}
    AgentDesk(account, "bob").go_available()
    after = wire.next_event("live_query_updated")["items"]
    changed = {
        each["data"]["friendly_name"] for each in after if before[each["key"]] != each["revision"]
    }
    assert changed == {"bob"}


@pytest.mark.parametrize(
    ("index", "text", "found"),
    [
        ("tr-worker", "", ["alice", "bob"]),
        ("tr-worker", 'data.attributes.full_name contains "Ali"', ["alice"]),
        (
            "tr-worker",
            '(data.friendly_name == "bob") and (data.activity_name == "Offline")',
            ["bob"],
        ),
        ("tr-worker", 'data.friendly_name not_in ["bob", "not_in"]', ["alice"]),
        ("tr-worker", 'data.friendly_name == "not_in"', []),
        ("tr-queue", "", ["Everyone"]),
        ("tr-queue", 'data.queue_name contains "Nobody"', []),
        ("tr-reservation", "", []),
    ],
)
def test_queries_choose(wire: Wire, index: str, text: str, found: list[str]) -> None:
    field = {"tr-queue": "queue_name"}.get(index, "friendly_name")
    answer = wire.ask("POST", PATH.format(index), {"query_string": text}).json()
    assert names(answer, field) == found


def test_a_live_query_follows_the_tasks_of_a_worker(
    account: Account, wire: Wire, workspace: Any
) -> None:
    desk = AgentDesk(account, "alice")
    desk.go_available()
    [alice] = workspace.workers.list(friendly_name="alice")
    text = f'data.worker_sid == "{alice.sid}" && (data.status not_in ["completed", "canceled"])'
    query(wire, "tr-reservation", text)
    task = workspace.tasks.create(attributes='{"name": "Rosa"}')
    [offer] = until(wire, bool)["items"]
    assert (offer["data"]["status"], offer["data"]["task_status"]) == ("pending", "reserved")
    assert (offer["data"]["task_sid"], offer["data"]["queue_name"]) == (task.sid, "Everyone")
    assert offer["data"]["attributes"] == {"name": "Rosa"}
    desk.accept()
    event = until(wire, lambda items: items[0]["data"]["status"] == "accepted")
    assert [each["key"] for each in event["items"]] == [offer["key"]]
    workspace.tasks(task.sid).update(assignment_status="completed")
    until(wire, lambda items: not items)


def test_a_query_that_makes_no_sense_is_refused(wire: Wire) -> None:
    for index, text, status in (
        ("tr-worker", "data. ==", 400),
        ("tr-worker", "(" * 500, 400),
        ("tr-nowhere", "", 404),
    ):
        answer = wire.ask("POST", PATH.format(index), {"query_string": text})
        assert answer.header["http_status"]["code"] == status


# -- figures


def test_the_figures_of_a_queue_follow_its_tasks(
    account: Account, wire: Wire, workspace: Any
) -> None:
    [queue] = workspace.task_queues.list()
    name = f"{queue.sid}.realtime_statistics.v1"
    opened = wire.ask("GET", f"/v3/Maps/{name}").json()
    assert opened["unique_name"] == name
    before = figures(wire, name)
    assert before["tasks_now"]["queue"]["total_tasks"] == 0
    assert before["worker_activities_statistics"]["total_eligible_workers"] == 2
    subscribe(wire, opened["sid"], "map", opened["last_event_id"])
    for _ in before:
        wire.next_event("map_item_updated")
    chat = workspace.task_channels("chat").fetch().sid
    task = workspace.tasks.create(attributes="{}", task_channel="chat")
    now: dict[str, Any] = {}
    while set(now) != {"queue", chat}:
        event = wire.next_event("map_item_updated")
        assert (event["map_sid"], event["item_revision"]) == (opened["sid"], str(event["id"]))
        now = event["item_data"] if event["item_key"] == "tasks_now" else now
    assert (now["queue"]["pending_tasks"], now[chat]["total_tasks"]) == (1, 1)
    assert now["queue"]["longest_task_waiting_sid"] == task.sid
    assert now["queue"]["longest_task_waiting_from"] == "2026-01-05T12:00:00Z"


def test_the_service_level_counts_what_was_handled_and_abandoned_in_time(
    account: Account, wire: Wire, workspace: Any
) -> None:
    [queue] = workspace.task_queues.list()
    desk = AgentDesk(account, "alice")
    tasks = [workspace.tasks.create(attributes="{}") for _ in range(3)]
    workspace.tasks(tasks[0].sid).update(assignment_status="canceled")  # at once: a short abandon
    account.clock.advance(seconds=10)
    workspace.tasks(tasks[1].sid).update(assignment_status="canceled")
    desk.go_available()
    desk.accept()
    found = figures(wire, f"{queue.sid}.realtime_statistics.v1")["tasks_thirty_minutes"]["queue"]
    assert found["total_tasks_count"] == 3
    counts = ("handled_tasks", "abandoned_tasks", "short_abandoned_tasks", "flow_out_tasks")
    assert [found[f"{each}_count"] for each in counts] == [1, 1, 1, 0]
    assert found["handled_tasks_within_sl_threshold_count"] == 1
    assert (found["sla_percentage"], found["handled_tasks_percentage"]) == (0.5, 0.3333)
    account.clock.advance(seconds=31 * 60)
    later = figures(wire, f"{queue.sid}.realtime_statistics.v1")
    assert later["tasks_thirty_minutes"]["queue"]["total_tasks_count"] == 0
    assert later["tasks_thirty_minutes"]["queue"]["sla_percentage"] is None
    assert later["tasks_today"]["queue"]["total_tasks_count"] == 3


def test_the_figures_of_a_workspace(account: Account, wire: Wire, workspace: Any) -> None:
    AgentDesk(account, "alice").go_available()
    [shown] = figures(wire, "realtime_statistics_v1").values()
    assert shown["total_workers"] == 2
    by_name = {each["friendly_name"]: each for each in shown["activity_statistics"]}
    available = by_name["Available"]
    assert (available["workers"], available["available_workers"]) == (1, 1)
    assert (by_name["Offline"]["workers"], by_name["Offline"]["available_workers"]) == (1, 0)
    only = wire.ask("GET", "/v3/Maps/realtime_statistics_v1/Items", Key="workspace").json()
    assert only["items"][0]["data"] == shown
    none = wire.ask("GET", "/v3/Maps/realtime_statistics_v1/Items", Key="other").json()
    assert none["items"] == []


# -- for Flex users alone


def test_a_chat_token_opens_neither_lists_nor_figures(
    account: Account, wire: Wire, workspace: Any, log_in: Callable[[str], Wire]
) -> None:
    [queue] = workspace.task_queues.list()
    known = query(wire, "tr-worker")["query_id"]
    opened = wire.ask("GET", "/v3/Maps/realtime_statistics_v1").json()["sid"]
    visitor = log_in(account.chat_token("jane"))
    refusal = visitor.ask("POST", PATH.format("tr-worker"), {"query_string": ""})
    assert refusal.header["http_status"]["code"] == 403
    for name in ("realtime_statistics_v1", f"{queue.sid}.realtime_statistics.v1", opened):
        for path in (f"/v3/Maps/{name}", f"/v3/Maps/{name}/Items"):
            assert visitor.ask("GET", path).header["http_status"]["code"] == 404
    for sid, kind in ((known, "live_query"), (opened, "map")):
        subscribe(visitor, sid, kind)
        assert visitor.next_event("subscription_failed")["error"]["status"] == 404


def test_telemetry_is_taken_and_counted(wire: Wire) -> None:
    answer = wire.ask("POST", "/v1/Telemetry/Events", {"events": [{}, {}]}).json()
    assert answer == {"number_of_successful_events": 2, "number_of_failed_events": 0}
