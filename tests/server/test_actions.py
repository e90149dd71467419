"""Actions by hand, undo, and files to take away, as the inspector's buttons reach them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from twilio.rest import Client

from helpers.mock import DEMO_VALUES, Credentials, MockTwilio
from helpers.mock.server.running import BackgroundServer

TOKEN = "a_token_that_is_nobody_elses"
OWN = Credentials(
    "AC" + "9" * 32,
    TOKEN,
    "SK" + "8" * 32,
    "a_secret_of_my_own_with_32_characters",
    "IS" + "7" * 32,
)
GATED = [
    ("POST", "actions/flow"),
    ("POST", "actions/chat"),
    ("POST", "actions/message"),
    ("POST", "actions/activity"),
    ("POST", "actions/replay"),
    ("POST", "undo"),
    ("DELETE", "requests"),
    ("DELETE", "deliveries"),
    ("GET", "exports/account.db"),
    ("GET", "exports/requests.har"),
]


class Inspector:
    """The calls that the page makes."""

    def __init__(self, mock: MockTwilio, url: str) -> None:
        self.mock = mock
        self.url = url
        self.session = requests.Session()
        own = mock.credentials
        self.sdk = Client(own.account_sid, own.auth_token, http_client=mock.http_client)
        self.service = self.sdk.chat.v2.services(own.chat_service_sid)

    def call(self, method: str, path: str, **more: Any) -> requests.Response:
        return self.session.request(method, f"{self.url}{path}", timeout=30, **more)

    def renewed(self) -> Inspector:
        while self.call("POST", "/_mock/undo").status_code == 200:
            pass
        self.call("DELETE", "/_mock/requests")
        self.mock.reset()
        self.mock.webhooks.register_fallback(lambda request: 200)
        return self

    def act(self, path: str, **body: Any) -> Any:
        answer = self.call("POST", f"/_mock/{path}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def refused(self, path: str, **body: Any) -> tuple[int, str]:
        answer = self.call("POST", f"/_mock/{path}", json=body)
        return answer.status_code, answer.json()["error"]

    def read(self, path: str) -> Any:
        return self.call("GET", f"/_mock/state/{path}").json()

    def go(self, agent: str, activity: str) -> None:
        found = self.read("overview")
        [worker] = [one for one in found["workers"] if one["friendly_name"] == agent]
        [wanted] = [one for one in found["activities"] if one["friendly_name"] == activity]
        self.act("actions/activity", worker_sid=worker["sid"], activity_sid=wanted["sid"])

    def offered(self) -> tuple[str, str]:
        """Start a chat that waits for Alice; return its channel's and its reservation's SID."""
        self.go("alice", "Available")
        sid = self.act("actions/chat", name="Jane")["channel_sid"]
        self.write(sid, 0, "Hello?")
        return sid, self.read("tasks")["items"][0]["reservations"][0]["sid"]

    def write(self, sid: str, member: int, body: str) -> None:
        members = self.read(f"channels/{sid}")["members"]
        self.act("actions/message", channel_sid=sid, body=body, member_sid=members[member]["sid"])

    def task(self) -> Any:
        return self.read("tasks")["items"][0]


@contextmanager
def served(mock: MockTwilio) -> Iterator[Inspector]:
    with mock, BackgroundServer(mock) as server:
        yield Inspector(mock, server.url)


@pytest.fixture(scope="module")
def demo() -> Iterator[Inspector]:
    with served(MockTwilio()) as inspector:
        yield inspector


@pytest.fixture(scope="module")
def foreign() -> Iterator[Inspector]:
    with served(MockTwilio(credentials=OWN)) as inspector:
        yield inspector


@pytest.fixture
def inspector(demo: Inspector) -> Inspector:
    """A new account, in which nothing was done by hand."""
    return demo.renewed()


@pytest.fixture
def own(foreign: Inspector) -> Inspector:
    """A new account with credentials of its own."""
    return foreign.renewed()


# -- a chat


def test_a_chat_is_led_from_its_first_message_to_its_end(inspector: Inspector) -> None:
    sid, reservation = inspector.offered()
    inspector.act("actions/accept", reservation_sid=reservation)
    inspector.write(sid, 1, "Hello, Alice here")
    channel = inspector.read(f"channels/{sid}")
    assert [one["identity"] for one in channel["members"]][1] == "alice"
    assert [one["body"] for one in channel["messages"]] == ["Hello?", "Hello, Alice here"]
    assert channel["messages"][1]["from"] == "alice"
    task = inspector.task()
    inspector.act("actions/wrap-up", task_sid=task["sid"])
    assert inspector.task()["assignment_status"] == "wrapping"
    inspector.act("actions/complete", task_sid=task["sid"])
    assert inspector.task()["assignment_status"] == "completed"
    ended = inspector.read(f"channels/{sid}")
    assert json.loads(ended["attributes"])["status"] == "INACTIVE"
    assert "alice" not in [one["identity"] for one in ended["members"]]


def test_a_conversation_of_an_interaction_is_accepted_ended_and_completed(
    inspector: Inspector,
) -> None:
    inspector.go("alice", "Available")
    sid = inspector.act("actions/conversation", name="Jane")["channel_sid"]
    task = inspector.task()
    inspector.act("actions/accept", reservation_sid=task["reservations"][0]["sid"])
    begun = inspector.read(f"channels/{sid}")
    assert (begun["friendly_name"], begun["attributes"]) == ("Chat with Jane", '{"from":"Jane"}')
    [jane, alice] = [one["name"] for one in begun["members"]]
    assert (jane[:9], alice) == ("customer_", "alice")
    inspector.act("actions/wrap-up", task_sid=task["sid"])
    ended = inspector.read(f"channels/{sid}")
    assert (ended["state"], ended["interaction"]["status"]) == ("closed", "closed")
    assert inspector.task()["assignment_status"] == "wrapping"
    inspector.act("actions/complete", task_sid=task["sid"])
    assert inspector.task()["assignment_status"] == "completed"


def test_a_task_is_completed_without_a_wrap_up_first(inspector: Inspector) -> None:
    sid, reservation = inspector.offered()
    inspector.act("actions/accept", reservation_sid=reservation)
    inspector.act("actions/complete", task_sid=inspector.task()["sid"])
    assert inspector.task()["assignment_status"] == "completed"
    assert json.loads(inspector.service.channels(sid).fetch().attributes)["status"] == "INACTIVE"


def test_a_rejected_task_is_offered_to_the_next_agent(inspector: Inspector) -> None:
    _, reservation = inspector.offered()
    inspector.go("bob", "Available")
    inspector.act("actions/reject", reservation_sid=reservation)
    offers = inspector.task()["reservations"]
    assert [(one["worker_name"], one["reservation_status"]) for one in offers][:1] == [
        ("alice", "rejected")
    ]
    assert "pending" in {one["reservation_status"] for one in offers}


def test_going_offline_rejects_what_is_offered(inspector: Inspector) -> None:
    inspector.offered()
    inspector.go("alice", "Offline")
    assert inspector.task()["reservations"][0]["reservation_status"] == "rejected"


def test_a_flow_is_made_once(inspector: Inspector) -> None:
    made = inspector.act("actions/flow")["sid"]
    assert inspector.act("actions/flow")["sid"] == made
    flow = inspector.sdk.flex_api.v1.flex_flow(made).fetch()
    assert (flow.channel_type, flow.integration_type, flow.enabled) == ("custom", "task", True)
    assert inspector.call("POST", "/chat/session", json={}).status_code == 200


def test_a_message_without_a_member_is_sent_by_rest(inspector: Inspector) -> None:
    sid = inspector.service.channels.create().sid
    inspector.act("actions/message", channel_sid=sid, body="<b>hi</b>")
    [message] = inspector.service.channels(sid).messages.list()
    assert (message._from, message.body) == ("system", "<b>hi</b>")


def test_a_participant_of_another_network_writes_under_its_address(inspector: Inspector) -> None:
    conversations = inspector.sdk.conversations.v1.conversations
    sid = conversations.create().sid
    conversations(sid).participants.create(
        messaging_binding_address="+15550100", messaging_binding_proxy_address="+15550199"
    )
    inspector.write(sid, 0, "By SMS")
    [message] = conversations(sid).messages.list()
    assert (message.author, message.body) == ("+15550100", "By SMS")


def test_what_a_hand_sends_fires_webhooks_and_is_moderated(inspector: Inspector) -> None:
    received: list[str] = []
    inspector.mock.webhooks.register("https://example.com/pre", lambda request: 403)
    inspector.mock.webhooks.register(
        "https://example.com/post", lambda request: received.append(request.parameters["Body"])
    )
    sid, _ = inspector.offered()
    inspector.service.update(
        post_webhook_url="https://example.com/post", webhook_filters=["onMessageSent"]
    )
    inspector.write(sid, 0, "Posted")
    assert inspector.mock.webhooks.settle()
    assert received == ["Posted"]
    inspector.service.update(
        pre_webhook_url="https://example.com/pre", webhook_filters=["onMessageSend"]
    )
    member = inspector.read(f"channels/{sid}")["members"][0]["sid"]
    status, text = inspector.refused(
        "actions/message", channel_sid=sid, body="Refused", member_sid=member
    )
    assert status == 403
    assert "refuses" in text


# -- refusals


@pytest.mark.parametrize(
    ("path", "body", "status", "text"),
    [
        ("message", {"channel_sid": "CH" + "0" * 32, "body": "x"}, 404, "20404"),
        ("message", {"channel_sid": "..", "body": "x"}, 400, "cannot be looked up"),
        ("message", {"channel_sid": "CH1", "body": ""}, 400, "body must not be empty"),
        ("message", {"channel_sid": "CH1", "body": "x", "member_sid": "MB1"}, 404, "no member"),
        ("accept", {"reservation_sid": "WR1"}, 404, "no reservation WR1"),
        ("complete", {"task_sid": "WT1"}, 404, "no task WT1"),
        ("activity", {"worker_sid": "WK1", "activity_sid": "WA1"}, 404, "no worker WK1"),
        ("replay", {"number": 5}, 404, "no delivery 5"),
        ("replay", {"number": 2**70}, 400, "number"),
        ("chat", {"name": ""}, 400, "name must not be empty"),
        ("flow", {"nmae": 1}, 400, "nmae"),
    ],
)
def test_what_cannot_be_done_is_refused_and_changes_nothing(
    inspector: Inspector, path: str, body: Any, status: int, text: str
) -> None:
    before = inspector.read("overview")["counts"]
    answered, said = inspector.refused(f"actions/{path}", **body)
    assert (answered, text in said) == (status, True), said
    assert inspector.read("overview")["counts"] == before
    assert inspector.read("overview")["undo"] is None


def test_an_account_without_a_workspace_is_reported_to_need_one(inspector: Inspector) -> None:
    for workspace in inspector.sdk.taskrouter.v1.workspaces.list():
        workspace.delete()
    assert inspector.refused("actions/flow") == (409, "This needs a workspace with a workflow")


def test_a_fault_is_met_by_hands_too(inspector: Inspector) -> None:
    sid = inspector.service.channels.create().sid
    inspector.mock.faults.add("CreateMessage", kind="reset")
    status, text = inspector.refused("actions/message", channel_sid=sid, body="x")
    assert (status, text) == (502, "No answer, by a fault: ConnectionError")


@pytest.mark.parametrize(("method", "path"), GATED)
def test_a_foreign_page_and_another_machine_are_refused(
    inspector: Inspector, method: str, path: str
) -> None:
    foreign = {"Origin": "https://evil.example.com", "Sec-Fetch-Site": "cross-site"}
    url = f"/_mock/{path}"
    assert inspector.call(method, url, headers=foreign).status_code == 403
    # a page of another server on this machine: not without credentials
    neighbour = {"Origin": "http://localhost:3000", "Sec-Fetch-Site": "same-site"}
    assert inspector.call(method, url, headers=neighbour).status_code == 401
    elsewhere = {"Host": "192.0.2.7:8787"}
    assert inspector.call(method, url, headers=elsewhere).status_code == 401
    auth = (DEMO_VALUES["TWILIO_ACCOUNT_SID"], DEMO_VALUES["TWILIO_AUTH_TOKEN"])
    admitted = inspector.call(method, url, headers=elsewhere, auth=auth)
    assert admitted.status_code not in {401, 403}


# -- undo, clock, log


def test_actions_are_undone_one_after_the_other(inspector: Inspector) -> None:
    sid, reservation = inspector.offered()
    inspector.act("actions/accept", reservation_sid=reservation)
    assert inspector.read("overview")["undo"] == "accepting the task"
    assert inspector.act("undo") == {"undone": "accepting the task"}
    assert inspector.task()["reservations"][0]["reservation_status"] == "pending"
    inspector.act("undo")
    assert inspector.read(f"channels/{sid}")["messages"] == []


def test_a_reset_is_undone(inspector: Inspector) -> None:
    inspector.service.channels.create(unique_name="kept")
    inspector.act("reset")
    assert inspector.service.channels.list() == []
    inspector.act("undo")
    assert [one.unique_name for one in inspector.service.channels.list()] == ["kept"]
    assert inspector.refused("undo") == (409, "There is nothing to undo")


def test_only_the_latest_actions_are_kept_for_undo(inspector: Inspector) -> None:
    for _ in range(12):
        inspector.act("actions/chat")
    for _ in range(10):
        inspector.act("undo")
    assert inspector.refused("undo")[0] == 409
    assert len(inspector.service.channels.list()) == 2


def test_the_clock_runs_to_the_next_event_that_is_due(inspector: Inspector) -> None:
    inspector.mock.clock.freeze()
    inspector.offered()
    due = inspector.read("overview")["next_due"]
    assert due["text"] == "A reservation times out"
    assert due["sid"] == inspector.task()["sid"]
    assert inspector.act("clock", to_next=True)["now"] == due["at"]
    assert inspector.task()["reservations"][0]["reservation_status"] == "timeout"


def test_a_webhook_is_sent_again_and_its_answer_changes_nothing(inspector: Inspector) -> None:
    received: list[dict[str, str]] = []
    inspector.mock.webhooks.register(
        "https://example.com/post", lambda request: received.append(dict(request.parameters))
    )
    inspector.service.update(
        post_webhook_url="https://example.com/post", webhook_filters=["onMessageSent"]
    )
    sid = inspector.service.channels.create().sid
    inspector.act("actions/message", channel_sid=sid, body="Again")
    assert inspector.mock.webhooks.settle()
    [first] = inspector.read("webhooks")["items"]
    again = inspector.act("actions/replay", number=first["number"])["number"]
    assert inspector.mock.webhooks.settle()
    assert received[0] == received[1]
    assert inspector.read(f"webhooks/{again}")["state"] == "delivered"
    inspector.call("DELETE", "/_mock/deliveries")
    assert inspector.read("webhooks")["items"] == []


def test_a_replayed_assignment_does_not_accept_a_second_time(inspector: Inspector) -> None:
    url = "https://example.com/assign"
    inspector.mock.webhooks.register(url, lambda request: {"instruction": "accept"})
    workspace = inspector.sdk.taskrouter.v1.workspaces.list()[0]
    workspace.workflows.list()[0].update(assignment_callback_url=url)
    inspector.offered()
    assert inspector.mock.webhooks.settle()
    [delivery] = inspector.read("webhooks")["items"]
    number = inspector.act("actions/replay", number=delivery["number"])["number"]
    assert inspector.mock.webhooks.settle()
    again = inspector.read(f"webhooks/{number}")
    assert (again["state"], again["problem"]) == ("delivered", None)
    assert inspector.task()["assignment_status"] == "assigned"


def test_lists_are_sorted_by_their_last_activity(inspector: Inspector) -> None:
    inspector.mock.clock.freeze()
    names = ["first", "second", "third"]
    sids = []
    for name in names:
        inspector.mock.clock.advance(60)
        sids.append(inspector.service.channels.create(friendly_name=name).sid)
    inspector.mock.clock.advance(60)
    inspector.service.channels(sids[0]).messages.create(body="news")
    shown = [one["friendly_name"] for one in inspector.read("channels")["items"]]
    assert shown == ["first", "third", "second"]
    assert len(inspector.read("channels?limit=1")["items"]) == 1


# -- files


def test_an_exported_account_opens_without_credentials(
    own: Inspector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own.mock.clock.freeze(1_800_000_000)
    gone = own.service.channels.create(friendly_name="gone token=abcdefgh1").sid
    own.service.channels(gone).delete()
    sid = own.act("actions/chat")["channel_sid"]
    own.write(sid, 0, f"{TOKEN} https://bob:hunter22@example.com/?token=abcdefgh2")
    for number in (1, 2):
        own.service.channels.create(unique_name=f"token=abcdefgh{number}")
    content = own.call("GET", "/_mock/exports/account.db").content
    for secret in (TOKEN, "hunter22", "abcdefgh", "9" * 32, "7" * 32):
        assert secret.encode() not in content, secret
    file = tmp_path / "account.db"
    file.write_bytes(content)
    for name in DEMO_VALUES:
        monkeypatch.delenv(name, raising=False)
    with served(MockTwilio(db=file)) as copy:
        assert copy.mock.clock.now() == 1_800_000_000
        assert copy.service.channels(sid).messages.list()[0].body == (
            "*** https://bob:***@example.com/?token=***"
        )
        assert len(copy.service.channels.list()) == 3
        copy.write(sid, 0, "It goes on")


def test_links_to_files_of_an_exported_account_have_other_keys(
    own: Inspector, tmp_path: Path
) -> None:
    def keys(mock: MockTwilio) -> list[str]:
        from helpers.mock.messaging.resources import Media

        return [each.link_key for each in mock.look(lambda ctx: ctx.store.select(Media))]

    own.mock.load("busy afternoon")
    media = "https://mcs.us1.twilio.com/v1/Services/" + OWN.chat_service_sid + "/Media"
    own.mock.http_client.request(
        "POST",
        media,
        data=b"x",
        headers={"Content-Type": "text/plain"},
        auth=(OWN.account_sid, TOKEN),
    )
    [*_, key] = keys(own.mock)
    file = tmp_path / "account.db"
    file.write_bytes(own.mock.export())
    assert key.encode() not in file.read_bytes()
    with MockTwilio(db=file) as mock:
        assert len(keys(mock)[-1]) == len(key)
        assert keys(mock)[-1] != key


def test_a_transcript_is_text_or_json(own: Inspector) -> None:
    own.mock.clock.freeze(1_800_000_000)
    sid = own.service.channels.create(friendly_name="Support").sid
    for body in ("one", f"two\nlines {TOKEN}"):
        own.service.channels(sid).messages.create(body=body, from_="jane")
    answer = own.call("GET", f"/_mock/exports/{sid}.txt")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{sid}.txt"'
    assert answer.text.splitlines() == [
        f"Support ({sid})",
        "",
        "2027-01-15T08:00:00Z  jane: one",
        "2027-01-15T08:00:00Z  jane: two",
        "    lines ***",
    ]
    found = own.call("GET", f"/_mock/exports/{sid}.json").json()
    assert [one["body"] for one in found["messages"]] == ["one", "two\nlines ***"]
    assert own.call("GET", "/_mock/exports/CH1.txt").status_code == 404


def test_the_request_log_is_exported_as_har_and_cleared(own: Inspector) -> None:
    path = f"/chat.twilio.com/v2/Services/{OWN.chat_service_sid}/Channels"
    auth = (OWN.account_sid, TOKEN)
    fields = {"FriendlyName": "Hello", "Attributes": '{"password": "hunter22"}'}
    own.call("POST", path, data=fields, auth=auth, headers={"X-Twilio-Webhook-Enabled": "true"})
    own.call("GET", f"{path}?PageSize=1&Signature=abcdefgh", auth=auth)
    answer = own.call("GET", "/_mock/exports/requests.har")
    for secret in (TOKEN, "hunter22", "abcdefgh"):
        assert secret not in answer.text
    posted, listed = answer.json()["log"]["entries"]
    assert posted["request"]["url"] == f"https:/{path}"
    assert posted["request"]["headers"] == [
        {"name": "Authorization", "value": "***"},
        {"name": "X-Twilio-Webhook-Enabled", "value": "true"},
    ]
    assert {"name": "FriendlyName", "value": "Hello"} in posted["request"]["postData"]["params"]
    assert posted["response"]["status"] == 201
    assert json.loads(posted["response"]["content"]["text"])["friendly_name"] == "Hello"
    assert {"name": "PageSize", "value": "1"} in listed["request"]["queryString"]
    own.call("DELETE", "/_mock/requests")
    assert own.read("requests") == {"items": [], "total": 0}
