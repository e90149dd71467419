"""Twilio's TaskRouter SDK, unmodified: workers, supervisors and workspaces on the event bridge."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import javascript
import pytest
from javascript import JavaScriptClient, Refused
from twilio.jwt.access_token import AccessToken
from twilio.jwt.access_token.grants import TaskRouterGrant

from helpers import Account
from helpers.flex_ui import WORKSPACE
from helpers.mock.server.running import BackgroundServer

SDKS = ("taskrouter-0", "twilio-taskrouter")
"""`twilio-taskrouter` 0.8.5, by an alias, and 2.1.1."""


@pytest.fixture(scope="module")
def loaded() -> Iterator[Callable[[str], javascript.Sdk]]:
    """Return an SDK, in one process for all tests."""
    found: dict[str, javascript.Sdk] = {}

    def load(name: str) -> javascript.Sdk:
        if name not in found:
            found[name] = javascript.Sdk(name, javascript.WORKERS)
        return found[name]

    yield load
    for each in found.values():
        each.close()


@pytest.fixture(params=SDKS)
def taskrouter(request: Any, loaded: Callable[[str], javascript.Sdk]) -> javascript.Sdk:
    return loaded(request.param)


in_the_latest = pytest.mark.parametrize("taskrouter", SDKS[-1:], indirect=True)
"""Marks a test of what 0.8.5 does not have."""


class Office:
    """Flex's workspace, as the account sees it, and the workers' own view of it."""

    def __init__(self, account: Account, server: BackgroundServer, sdk: javascript.Sdk) -> None:
        self.account = account
        taskrouter = account.client.taskrouter.v1
        self.workspace = taskrouter.workspaces.list(friendly_name=WORKSPACE)[0]
        self.workflow = self.workspace.workflows.list()[0]
        self.sids = {each.friendly_name: each.sid for each in self.workspace.workers.list()}
        activities = self.workspace.activities.list()
        self.activities = {each.friendly_name: each.sid for each in activities}
        address = f"{server.url}/event-bridge.twilio.com/v1/wschannels"
        self._servers = {"ebServer": address, "wsServer": address.replace("http", "ws", 1)}
        self._sdk = sdk
        self.is_latest = sdk.name == "twilio-taskrouter"
        self.clients: list[JavaScriptClient] = []

    def token(self, name: str | None, role: str = "worker", ttl: int = 3600) -> str:
        own = self.account.credentials
        worker = self.sids[name] if name else None
        grant = TaskRouterGrant(workspace_sid=self.workspace.sid, worker_sid=worker, role=role)
        token = AccessToken(own.account_sid, own.api_key, own.api_secret, [grant], ttl=ttl)
        return str(token.to_jwt())

    def client(
        self, kind: str, token: str, *, ready: bool = True, **options: Any
    ) -> JavaScriptClient:
        client = self._sdk.make(kind, self._servers, token, options)
        self.clients.append(client)
        if ready and kind != "Workspace":
            client.wait_for("ready")
        return client

    def worker(self, name: str = "alice", **options: Any) -> JavaScriptClient:
        """Return a worker who is available."""
        client = self.client("Worker", self.token(name), **options)
        client.ask("go", "Available")
        client.wait_for("activityUpdated", activity="Available")
        return client

    def task(self, **attributes: str) -> Any:
        text = javascript.json.dumps(attributes)
        return self.workspace.tasks.create(workflow_sid=self.workflow.sid, attributes=text)

    def activity_of(self, name: str) -> str:
        return str(self.workspace.workers(self.sids[name]).fetch().activity_name)

    def becomes(self, name: str, activity: str) -> bool:
        """Wait for a worker's activity."""
        ends = time.monotonic() + javascript.PATIENCE
        while time.monotonic() < ends:
            if self.activity_of(name) == activity:
                return True
            time.sleep(0.01)
        return False


@pytest.fixture
def office(
    account: Account, server: BackgroundServer, taskrouter: javascript.Sdk
) -> Iterator[Office]:
    office = Office(account, server, taskrouter)
    yield office
    for client in office.clients:
        client.leave()


def test_a_worker_starts_with_its_activity_channels_and_reservations(office: Office) -> None:
    office.worker().leave()
    assert office.becomes("alice", "Offline")
    available = office.activities["Available"]
    office.workspace.workers(office.sids["alice"]).update(activity_sid=available)
    task = office.task(name="Rosa")
    alice = office.client("Worker", office.token("alice"))
    me = alice.ask("me")
    assert (me["name"], me["activity"]) == ("alice", "Available")
    assert set(me["activities"]) == {"Available", "Break", "Offline", "Unavailable"}
    chat = {"capacity": 3, "available": True, "assigned": 0, "left": 100}
    assert {"name": "chat", **chat} in me["channels"]
    assert [each["task"]["sid"] for each in me["reservations"]] == [task.sid]


def test_a_reservation_is_accepted_wrapped_up_and_completed(office: Office) -> None:
    alice = office.worker()
    task = office.task(name="Rosa")
    offer = alice.wait_for("reservationCreated", status="pending")
    assert offer["timeout"] == office.workflow.task_reservation_timeout
    shown = offer["task"]
    assert (shown["sid"], shown["attributes"]) == (task.sid, {"name": "Rosa"})
    assert (shown["status"], shown["channel"], shown["queue"]) == (
        "reserved",
        "default",
        "Everyone",
    )
    accepted = alice.ask("accept", offer["sid"])
    assert (accepted["status"], accepted["task"]["status"]) == ("accepted", "reserved")
    assert int(accepted["version"]) == int(offer["version"]) + 1
    event = alice.wait_for("reservation accepted", sid=offer["sid"])
    assert event["task"]["status"] == "assigned"
    wrapping = alice.ask("wrapUp", offer["sid"], "writing notes")
    assert (wrapping["status"], wrapping["reason"]) == ("wrapping", "writing notes")
    alice.wait_for("reservation wrapup", status="wrapping")
    alice.wait_for("task wrapup", status="wrapping")
    done = alice.ask("complete", offer["sid"], "solved")
    assert (done["status"], done["reason"]) == ("completed", "solved")
    alice.wait_for("reservation completed", status="completed")
    alice.wait_for("task completed", status="completed")
    assert alice.ask("me")["reservations"] == []


def test_an_event_comes_after_the_answer_to_what_caused_it(office: Office) -> None:
    alice = office.worker()
    for _ in range(10):
        office.task()
        offer = alice.wait_for("reservationCreated")
        assert alice.ask("acceptAndListen", offer["sid"]) == ["reserved", "assigned"]
        alice.ask("completeReservation", offer["sid"])


def test_an_offer_that_nobody_answers_times_out(office: Office) -> None:
    alice = office.worker()
    office.task()
    offer = alice.wait_for("reservationCreated")
    office.account.clock.advance(seconds=offer["timeout"])
    ended = alice.wait_for("reservation timeout", sid=offer["sid"], status="timeout")
    assert ended["task"]["status"] == "pending"
    alice.wait_for("activityUpdated", activity="Offline")


def test_a_rejected_task_goes_to_the_other_worker(office: Office) -> None:
    alice = office.worker()
    office.task()
    offer = alice.wait_for("reservationCreated")
    bob = office.worker("bob")
    rejected = alice.ask("reject", offer["sid"], {"activitySid": office.activities["Break"]})
    assert rejected["status"] == "rejected"
    ended = alice.wait_for("reservation rejected", status="rejected")
    assert ended["task"]["status"] == "pending"
    alice.wait_for("activityUpdated", activity="Break")
    assert bob.wait_for("reservationCreated")["task"]["sid"] == offer["task"]["sid"]
    assert not bob.all("reservation rejected")


def test_a_cancelled_task_and_a_deleted_one_end_their_reservations(office: Office) -> None:
    alice = office.worker()
    task = office.task()
    alice.wait_for("reservationCreated")
    task.update(assignment_status="canceled", reason="hung up")
    alice.wait_for("reservation canceled", status="canceled")
    alice.wait_for("task canceled", reason="hung up")
    task = office.task()
    offer = alice.wait_for("reservationCreated")
    alice.ask("accept", offer["sid"])
    office.workspace.tasks(task.sid).delete()
    alice.wait_for("reservation completed", sid=offer["sid"])


def test_versions_agree_with_those_that_the_sdk_counts(office: Office) -> None:
    alice = office.worker(enableVersionCheck=True)
    worker = office.workspace.workers(office.sids["alice"])
    worker.worker_channels("chat").update(capacity=5, available=False)
    alice.wait_for("capacityUpdated", capacity=5)
    alice.wait_for("availabilityUpdated", available=False)
    office.task()
    offer = alice.wait_for("reservationCreated")
    alice.ask("setTaskAttributes", offer["sid"], {"name": "Rosa"})
    alice.wait_for("task updated", attributes={"name": "Rosa"})
    alice.ask("accept", offer["sid"])
    alice.wait_for("reservation accepted")
    alice.ask("wrapUp", offer["sid"], "")
    changed = alice.ask("setAttributes", {"languages": ["es"]})
    assert changed["attributes"] == {"languages": ["es"]}
    alice.wait_for("attributesUpdated")


def test_a_worker_makes_a_task_for_itself(office: Office) -> None:
    alice, queue = office.worker(), office.workspace.task_queues.list()[0].sid
    sid = alice.ask("createTask", "+15550100", "+15550101", office.workflow.sid, queue)
    offer = alice.wait_for("reservationCreated")
    assert offer["task"]["sid"] == sid
    assert offer["task"]["target"] == office.sids["alice"]
    assert offer["task"]["attributes"] == {"outbound_to": "+15550100", "from": "+15550101"}


def test_a_call_is_refused_with_a_sentence(office: Office) -> None:
    alice = office.worker()
    office.task()
    offer = alice.wait_for("reservationCreated")
    reason = "501. Instruction=conference places a call" if office.is_latest else "status code 501"
    with pytest.raises(Refused, match=reason):
        alice.ask("conference", offer["sid"])


def test_two_sessions_of_a_worker_have_the_same_events(office: Office) -> None:
    first = office.worker()
    second = office.client("Worker", office.token("alice"))
    office.task()
    sid = first.wait_for("reservationCreated")["sid"]
    assert second.wait_for("reservationCreated")["sid"] == sid
    first.ask("accept", sid)
    assert second.wait_for("reservation accepted")["sid"] == sid
    first.leave()
    first.wait_for("disconnected")
    time.sleep(0.1)
    assert office.activity_of("alice") == "Available"
    second.leave()
    assert office.becomes("alice", "Offline")


@in_the_latest
def test_a_newer_session_closes_the_others_if_it_says_so(office: Office) -> None:
    first = office.worker()
    office.client("Worker", office.token("alice"), closeExistingSessions=True)
    first.wait_for("disconnected", message="closed by a newer session of this worker")
    first.wait_for("ready")


@in_the_latest
def test_a_worker_that_says_so_stays_available_without_a_connection(office: Office) -> None:
    alice = office.worker(setWorkerOfflineIfDisconnected=False)
    alice.leave()
    alice.wait_for("disconnected")
    time.sleep(0.1)
    assert office.activity_of("alice") == "Available"


def test_a_dropped_connection_comes_back_with_what_happened_meanwhile(office: Office) -> None:
    alice = office.worker()
    office.client("Worker", office.token("alice"))  # stays, and with it the activity
    alice.ask("drop")
    alice.wait_for("disconnected")
    task = office.task()
    alice.wait_for("ready")
    assert [each["task"]["sid"] for each in alice.ask("me")["reservations"]] == [task.sid]


def test_a_token_expires_and_is_renewed(office: Office) -> None:
    alice = office.client("Worker", office.token("alice", ttl=5))
    alice.ask("go", "Available")
    alice.wait_for("tokenExpired")
    office.account.clock.advance(seconds=5)
    alice.wait_for("disconnected", message="20104 the access token has expired")
    alice.ask("updateToken", office.token("alice"))
    alice.wait_for("ready")
    assert office.activity_of("alice") == "Available"


@in_the_latest
def test_an_expired_worker_who_does_not_come_back_is_offline(office: Office) -> None:
    alice = office.worker()
    office.account.clock.advance(seconds=3600)
    alice.wait_for("disconnected", message="20104 the access token has expired")
    assert office.activity_of("alice") == "Available"

    def is_offline_later() -> bool:
        office.account.clock.advance(seconds=10)
        return office.becomes("alice", "Offline")

    assert any(is_offline_later() for _ in range(5))  # the end of the connection takes a moment


def test_a_token_that_is_refused_gives_the_reason(office: Office) -> None:
    token = office.account.chat_token("alice")
    client = office.client("Worker", token, ready=False)
    message = client.wait_for("disconnected")["message"]
    assert message.startswith("20106 There is no task_router grant.")


@in_the_latest
def test_a_supervisor_changes_others_and_a_worker_itself_alone(office: Office) -> None:
    bob = office.worker("bob")
    boss = office.client("Supervisor", office.token("alice", role="supervisor"))
    boss.ask("setWorkerActivity", office.sids["bob"], office.activities["Break"])
    bob.wait_for("activityUpdated", activity="Break")
    boss.ask("setWorkerAttributes", office.sids["bob"], {"skill": 1})
    bob.wait_for("attributesUpdated")
    plain = office.client("Supervisor", office.token("bob"))
    with pytest.raises(Refused, match=r"for worker WK.* alone"):
        plain.ask("setWorkerActivity", office.sids["alice"], office.activities["Break"])


def test_a_workspace_lists_pages_and_sorts(office: Office) -> None:
    space = office.client("Workspace", office.token(None, role="admin"), pageSize=1)
    names = [each["name"] for each in space.ask("workers", {})]
    assert names == ["alice", "bob"]
    ordered = space.ask("workers", {"Ordering": "DateStatusChanged:desc"})
    assert sorted(each["name"] for each in ordered) == names
    after = space.ask("workers", {"AfterSid": office.sids["alice"]})
    assert [each["name"] for each in after] == ["bob"]
    assert [each["name"] for each in space.ask("workers", {"FriendlyName": "bob"})] == ["bob"]
    assert space.ask("queues", {"WorkerSid": office.sids["bob"]}) == ["Everyone"]
    assert space.ask("worker", office.sids["bob"])["activity"] == "Offline"
    for params, status in (
        ({"AfterSid": "WK" + "0" * 34}, 400),
        ({"ActivitySid": "WAxxx"}, 400),
        ({"AfterSid": office.activities["Break"]}, 400),
        ({"AfterSid": "WK" + "0" * 32}, 404),
        ({"ActivitySid": "WA" + "0" * 32}, 404),
    ):
        with pytest.raises(Refused, match=f"status code {status}"):
            space.ask("workers", params)
    if office.is_latest:
        task = office.task()
        assert space.ask("task", task.sid)["status"] == "pending"
        with pytest.raises(Refused, match="status code 404"):
            space.ask("task", "WT" + "0" * 32)


# -- transfers


def accepted(office: Office) -> tuple[JavaScriptClient, str]:
    """Return alice, and the reservation that she has accepted."""
    alice = office.worker()
    office.task(name="Rosa")
    sid = alice.wait_for("reservationCreated")["sid"]
    alice.ask("accept", sid)
    alice.wait_for("reservation accepted")
    return alice, sid


def test_a_warm_transfer_leaves_the_task_until_it_is_accepted(office: Office) -> None:
    alice, sid = accepted(office)
    bob = office.worker("bob")
    made = alice.ask("transfer", sid, office.sids["bob"])
    about = (made["status"], made["type"], made["mode"], made["to"], made["worker"])
    own = office.sids["alice"], office.sids["bob"]
    assert about == ("initiated", "WORKER", "WARM", own[1], own[0])
    assert alice.wait_for("transfer initiated")["sid"] == made["sid"]
    offer = bob.wait_for("reservationCreated")
    assert offer["task"]["status"] == "reserved"
    assert offer["transfer"]["sid"] == offer["incoming"]["sid"] == made["sid"]
    assert alice.ask("show", sid)["status"] == "accepted"
    bob.ask("accept", offer["sid"])
    alice.wait_for("transfer completed", status="complete")
    assert bob.wait_for("reservation accepted")["task"]["status"] == "assigned"
    assert alice.ask("wrap", sid)["status"] == "wrapping"
    assert alice.ask("completeReservation", sid)["status"] == "completed"
    assert not bob.all("reservation wrapup")
    assert bob.ask("complete", offer["sid"], "done")["status"] == "completed"


def test_a_cold_transfer_has_its_worker_wrap_up_at_once(office: Office) -> None:
    alice, sid = accepted(office)
    bob = office.worker("bob")
    given = {"mode": "COLD", "attributes": {"from": "alice"}, "priority": 7}
    alice.ask("transfer", sid, office.sids["bob"], given)
    alice.wait_for("reservation wrapup", status="wrapping")
    with pytest.raises(Refused, match="status code 400"):
        alice.ask("complete", sid, "too early")
    offer = bob.wait_for("reservationCreated")
    assert offer["transfer"]["mode"] == "COLD"
    alice.ask("completeReservation", sid)
    bob.ask("accept", offer["sid"])
    bob.wait_for("reservation accepted")
    assert bob.ask("wrapUp", offer["sid"], "notes")["status"] == "wrapping"


@in_the_latest
def test_a_transfer_that_is_rejected_gives_the_task_back(office: Office) -> None:
    alice, sid = accepted(office)
    bob = office.worker("bob")
    alice.ask("transfer", sid, office.sids["bob"])
    bob.ask("reject", bob.wait_for("reservationCreated")["sid"])
    failed = alice.wait_for("transfer failed", status="failed")
    assert "rejected" in failed["reason"]
    assert bob.wait_for("reservation rejected")["transfer"]["status"] == "failed"
    alice.wait_for("task updated", status="assigned")
    assert alice.ask("complete", sid, "done")["status"] == "completed"


@in_the_latest
def test_a_transfer_that_nobody_answers_fails(office: Office) -> None:
    alice, sid = accepted(office)
    bob = office.worker("bob")
    alice.ask("transfer", sid, office.sids["bob"])
    office.account.clock.advance(seconds=bob.wait_for("reservationCreated")["timeout"])
    reason = "Transfer failed because the reservation timed out"
    alice.wait_for("transfer failed", status="failed", reason=reason)
    alice.wait_for("task updated", status="assigned")


@in_the_latest
def test_a_transfer_to_a_queue_goes_on_to_the_next_worker(office: Office) -> None:
    alice, sid = accepted(office)
    bob = office.worker("bob")
    queue = office.workspace.task_queues.list()[0].sid
    assert alice.ask("transfer", sid, queue)["type"] == "QUEUE"
    bob.ask(
        "reject",
        bob.wait_for("reservationCreated")["sid"],
        {"activitySid": office.activities["Break"]},
    )
    alice.wait_for("transfer attemptFailed", status="initiated")
    alice.wait_for("task updated", status="pending")
    bob.ask("go", "Available")
    bob.ask("accept", bob.wait_for("reservationCreated")["sid"])
    alice.wait_for("transfer completed", status="complete")


@in_the_latest
def test_a_transfer_is_taken_back_once(office: Office) -> None:
    alice, sid = accepted(office)
    bob = office.worker("bob")
    made = alice.ask("transfer", sid, office.sids["bob"])
    offer = bob.wait_for("reservationCreated")
    assert alice.ask("cancelTransfer", sid)["status"] == "canceled"
    alice.wait_for("transfer canceled", status="canceled")
    assert (
        bob.wait_for("reservation canceled", sid=offer["sid"])["incoming"]["status"] == "canceled"
    )
    alice.wait_for("task updated", status="assigned")
    reason = f"Transfer {made['sid']} is already canceled . Cannot cancel transfer."
    with pytest.raises(Refused, match=f"status code 400. {reason}"):
        alice.ask("cancelTransfer", sid)


@in_the_latest
def test_a_transfer_to_nobody_is_refused(office: Office) -> None:
    alice, sid = accepted(office)
    for to, reason in (
        (office.sids["bob"], "is not available"),
        ("WK" + "0" * 32, "Invalid parameter To"),
        ("nobody", "Invalid parameter To"),
    ):
        with pytest.raises(Refused, match=reason):
            alice.ask("transfer", sid, to)
    assert alice.ask("show", sid)["task"]["status"] == "assigned"
