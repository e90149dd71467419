"""Every event of a workspace: provoked once, with its data, as its callback receives it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from office import Office, routing

import helpers.mock.taskrouter
from helpers import Account, create_worker_token

URL = "https://hooks.example.com/"
SOURCES = sorted(Path(helpers.mock.taskrouter.__file__).parent.glob("*.py"))
NAME = re.compile(
    r'"((?:workspace|activity|task-channel|task-queue|workflow|worker|task|reservation)'
    r'\.[a-z]+(?:[.-][a-z]+)*)"'
)
BY_STATUS = {
    *("task.completed", "task.canceled"),
    *(f"task.transfer-{s}" for s in ("completed", "attempt-failed", "failed", "canceled")),
    *(f"reservation.{s}" for s in ("accepted", "rejected", "timeout", "canceled", "rescinded")),
    *("reservation.completed", "reservation.wrapup"),
}
"""Names made of a status."""


def transfer(log: Log, task: Any, to: str, *, back: bool = False) -> None:
    """Transfer a task from alice, as her SDK does, and take it back if so said."""
    reservation, own = task.reservations.list(reservation_status="accepted")[0], log.credentials
    token = create_worker_token(
        account_sid=own.account_sid,
        api_key=own.api_key,
        api_secret=own.api_secret,
        workspace_sid=reservation.workspace_sid,
        worker_sid=reservation.worker_sid,
        now=log.account.clock.now(),
    )
    path = f"Workspaces/{reservation.workspace_sid}/Workers/{reservation.worker_sid}/Transfers"

    def ask(url: str, **params: str) -> Any:
        body = {"url": url, "method": "POST", "params": params, "token": token}
        answer = log.account.client.http_client.request(
            "POST",
            "https://event-bridge.twilio.com/v1/wschannels",
            data=body,
            headers={"Content-Type": "application/json"},
        )
        return json.loads(answer.text)["payload"]

    made = ask(path, TaskSid=reservation.task_sid, ReservationSid=reservation.sid, To=to)
    if back:
        ask(f"{path}/{made['sid']}", TransferStatus="canceled")


def declared() -> set[str]:
    """Names of events in TaskRouter's own code."""
    found = {name for path in SOURCES for name in NAME.findall(path.read_text("utf-8"))}
    return found | BY_STATUS


class Log:
    """Events of a new workspace of two workers' as its callback receives them."""

    def __init__(self, account: Account) -> None:
        self.account, self.credentials = account, account.credentials
        self.calls: list[dict[str, str]] = []
        assert account.mock is not None
        account.mock.webhooks.register(URL, lambda call: self.calls.append(dict(call.parameters)))
        self.workspaces = account.client.taskrouter.v1.workspaces
        made = self.workspaces.create("Shop", event_callback_url=URL)
        self.office = Office(account, made)
        self.workspace = self.office.workspace

    def of(self, name: str) -> dict[str, str]:
        """The latest event of a name."""
        self.settle()
        return [call for call in self.calls if call["EventType"] == name][-1]

    def settle(self) -> None:
        assert self.account.mock is not None
        self.account.mock.webhooks.settle()

    @property
    def names(self) -> list[str]:
        self.settle()
        return [call["EventType"] for call in self.calls]


@pytest.fixture
def log(account: Account) -> Log:
    account.clock.freeze()
    return Log(account)


def configure(log: Log) -> None:
    """Make, change and delete one of each configured resource."""
    at = log.workspace
    at.update(friendly_name="Shop 2")
    activity = at.activities(at.activities.create("Lunch", available=False).sid)
    activity.update(friendly_name="Dinner")
    activity.delete()
    channel = at.task_channels(at.task_channels.create("Fax", "fax").sid)
    channel.update(friendly_name="Telefax")
    channel.delete()
    queue = at.task_queues(at.task_queues.create("Q", target_workers="1==1").sid)
    queue.update(target_workers="1==2")
    workflow = at.workflows(at.workflows.create("W", routing(default=queue.fetch().sid)).sid)
    workflow.update(friendly_name="W 2")
    workflow.delete()
    queue.delete()
    worker = at.workers(at.workers.create("Zoe").sid)
    worker.update(attributes='{"x": 1}')
    worker.worker_channels("default").update(capacity=3)
    worker.worker_channels("default").update(available=False)
    worker.delete()


def work(log: Log) -> None:
    """Have tasks end in every way there is."""
    office, at = log.office, log.workspace
    office.activities = {each.friendly_name: each.sid for each in at.activities.list()}
    for name in ("alice", "bob"):
        office.hire(name)
    both = office.queue("Both", max_reserved_workers=2)
    away = office.queue("Nobody", "1==2")
    skipped = {"queue": away, "skip_if": "1==1"}
    steps = [skipped, {"queue": away, "timeout": 10}, {"queue": both, "timeout": 100_000}]
    routed = office.workflow(("1==1", steps))
    short = office.workflow(("1==1", [{"queue": away, "timeout": 10}]))
    ended = office.task(workflow_sid=routed)
    log.account.clock.advance(10)
    office.reject(ended)
    [other] = ended.reservations.list(reservation_status="pending")
    other.update(reservation_status="accepted")
    ended.update(attributes='{"a": 1}')
    ended.update(assignment_status="wrapping")
    ended.update(assignment_status="completed", reason="Solved")
    nowhere = office.task(workflow_sid=office.workflow(("1==1", [skipped])))
    assert nowhere.fetch().assignment_status == "canceled"
    lost = office.task(workflow_sid=short)
    log.account.clock.advance(10)
    assert lost.fetch().assignment_status == "canceled"
    shared = office.task(task_queue_sid=both)
    office.accept(shared)
    shared.update(assignment_status="completed")
    offered = office.task(task_queue_sid=both)
    offered.update(assignment_status="canceled", reason="Gone")
    office.task(task_queue_sid=both).delete()
    late = office.task(task_queue_sid=both)
    log.account.clock.advance(120)
    assert late.fetch().assignment_status == "pending"
    office.go("alice")
    office.accept(late)
    office.go("bob")
    [bob] = at.workers.list(friendly_name="bob")
    transfer(log, late, bob.sid, back=True)
    transfer(log, late, bob.sid)
    office.reject(late)
    transfer(log, late, both)
    office.reject(late)
    office.accept(late)
    log.account.clock.advance(86_400)


def test_every_event_happens(log: Log) -> None:
    configure(log)
    work(log)
    log.workspace.delete()
    assert declared() - set(log.names) == set()
    assert set(log.names) - declared() == set()


CONFIGURED: dict[str, tuple[Callable[[Any], Any], dict[str, str]]] = {
    "activity": (
        lambda at: at.activities.create("Lunch", available=True),
        {"ActivityName": "Lunch", "ActivityAvailable": "true"},
    ),
    "task-channel": (
        lambda at: at.task_channels.create("Fax", "fax", channel_optimized_routing=True),
        {
            "TaskChannelName": "Fax",
            "TaskChannelUniqueName": "fax",
            "TaskChannelOptimizedRouting": "true",
        },
    ),
    "task-queue": (
        lambda at: at.task_queues.create("Q", target_workers="1==2"),
        {"TaskQueueName": "Q", "TaskQueueTargetExpression": "1==2"},
    ),
    "workflow": (
        lambda at: at.workflows.create("W", routing()),
        {"WorkflowName": "W"},
    ),
    "worker": (
        lambda at: at.workers.create("Zoe", attributes='{"x": 1}'),
        {
            "WorkerName": "Zoe",
            "WorkerAttributes": '{"x":1}',
            "WorkerActivityName": "Offline",
            "WorkerVersion": "0",
        },
    ),
}


def sids(made: Any, kind: str) -> dict[str, str]:
    key = "".join(word.capitalize() for word in kind.split("-")) + "Sid"
    own = {key: made.sid}
    return own | ({"WorkerActivitySid": made.activity_sid} if kind == "worker" else {})


@pytest.mark.parametrize("kind", CONFIGURED)
def test_an_event_of_a_configured_resource_has_its_names_and_values(log: Log, kind: str) -> None:
    make, values = CONFIGURED[kind]
    made = make(log.workspace)
    event = log.of(f"{kind}.created")
    workspace = log.workspace.fetch()
    moment = log.account.clock.now()
    assert event.pop("Sid")[:2] == "EV"
    assert event == {
        "EventType": f"{kind}.created",
        "AccountSid": log.account.credentials.account_sid,
        "EventDescription": f"{kind.capitalize()} {made.sid} created",
        "ResourceType": kind,
        "ResourceSid": made.sid,
        "Timestamp": str(int(moment)),
        "TimestampMs": str(int(moment * 1000)),
        "WorkspaceSid": workspace.sid,
        "WorkspaceName": "Shop",
        **sids(made, kind),
        **values,
    }


def test_a_workspaces_own_events_are_about_it(log: Log) -> None:
    made = log.workspace.fetch()
    created = log.of("workspace.created")
    assert log.names[0] == "workspace.created"
    assert (created["ResourceType"], created["ResourceSid"]) == ("workspace", made.sid)
    assert created["EventDescription"] == f"Workspace {made.sid} created"
    assert (created["WorkspaceSid"], created["WorkspaceName"]) == (made.sid, "Shop")
    [kept] = log.workspace.events.list(event_type="workspace.created")
    assert (kept.resource_sid, kept.resource_type) == (made.sid, "workspace")
    log.workspace.update(friendly_name="Shop 2")
    assert log.of("workspace.updated")["WorkspaceName"] == "Shop 2"
    log.workspace.delete()
    assert log.of("workspace.deleted")["ResourceSid"] == made.sid
    assert json.dumps(log.calls).count("workspace.deleted") == 1


def test_a_follower_is_given_each_event_with_what_it_is_about(office: Office) -> None:
    assert office.account.mock is not None
    seen: list[Any] = []
    stop = office.account.mock.follow_taskrouter(seen.append)
    office.go("alice")
    task = office.task()
    alice, [offer] = office.worker("alice").fetch(), task.reservations.list()
    assert [each.name for each in seen][:2] == ["worker.activity.update", "task.created"]
    moved, made, last = seen[0], seen[1], seen[-1]
    assert (moved.task_sid, moved.reservation_sid, moved.worker_sid) == (None, None, alice.sid)
    assert (made.task_sid, made.reservation_sid) == (offer.task_sid, None)
    assert (last.name, last.task_sid, last.reservation_sid, last.worker_sid) == (
        "reservation.created",
        offer.task_sid,
        offer.sid,
        alice.sid,
    )
    before = len(seen)
    stop()
    office.accept(task)
    assert len(seen) == before


# -- names of a worker in expressions


def found(office: Office, expression: str) -> list[str]:
    """Workers of whom an expression holds: as a filter of workers, and as that of a queue."""
    workers = office.workspace.workers
    listed = [each.friendly_name for each in workers.list(target_workers_expression=expression)]
    sid = office.queue("Chosen", expression)
    assert [each.friendly_name for each in workers.list(task_queue_sid=sid)] == listed
    return listed


def test_every_name_of_a_worker_can_be_asked_for(office: Office) -> None:
    office.go("alice")
    office.set_capacity("alice", 4, "default")
    office.worker("alice").update(attributes='{"level": 7}')
    office.set_capacity("bob", 5, "chat")
    office.accept(office.task())
    office.task()
    worker = office.worker("alice").fetch()
    values = {
        "sid": repr(worker.sid),
        "friendly_name": "'alice'",
        "activity_sid": repr(worker.activity_sid),
        "activity_name": "'Available'",
        "level": "7",
        "channel.default.configured_capacity": "4",
        "channel.default.assigned_tasks": "1",
        "channel.default.available_capacity_percentage": "50",
    }
    for name, value in values.items():
        for spelling in (name, f"worker.{name}"):
            assert found(office, f"{spelling} == {value}") == ["alice"], spelling
    assert found(office, "channel.default.available_capacity_percentage == 100") == ["bob"]
    assert found(office, "channel.chat.configured_capacity == 5") == ["bob"]


@pytest.mark.parametrize(
    ("capacity", "used", "left"), [(3, 0, 100), (3, 1, 66), (3, 2, 33), (3, 3, 0), (0, 0, 0)]
)
def test_the_capacity_left_is_rounded_down(
    office: Office, capacity: int, used: int, left: int
) -> None:
    office.go("alice")
    office.set_capacity("alice", capacity)
    for _ in range(used):
        office.accept(office.task())
    assert office.capacity("alice") == (used, left)
    expression = f"channel.default.available_capacity_percentage == {left}"
    assert "alice" in found(office, f"{expression} AND friendly_name == 'alice'")
