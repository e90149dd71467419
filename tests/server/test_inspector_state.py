"""Data for the inspector: the account and its request log as JSON, and events for changes."""

from __future__ import annotations

import http.client
import json
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from served import Command
from support import seconds_of_work

from helpers import Account, connect
from helpers.mock import DEMO_VALUES, MockTwilio
from helpers.mock.server.inspector import sse
from helpers.mock.server.running import GRACE, BackgroundServer

SERVICE = DEMO_VALUES["TWILIO_CHAT_SERVICE_SID"]
AUTH = (DEMO_VALUES["TWILIO_ACCOUNT_SID"], DEMO_VALUES["TWILIO_AUTH_TOKEN"])
EVENT_TIMEOUT = 30.0
LISTS = ("channels", "tasks", "executions", "webhooks", "requests")
Read = Callable[..., Any]


@pytest.fixture
def read(url: str, shared: Account) -> Read:
    """Read JSON of a new account."""

    def get(path: str, status: int = 200, **query: Any) -> Any:
        answer = requests.get(f"{url}/_mock/state/{path}", params=query)
        assert answer.status_code == status, answer.text
        return answer.json()

    return get


@pytest.fixture
def channels(shared: Account) -> Any:
    return shared.client.chat.v2.services(SERVICE).channels


@pytest.fixture
def flow(shared: Account) -> Any:
    """A Flex Flow that makes a task with every channel."""
    workspace = shared.client.taskrouter.v1.workspaces.list()[0]
    return shared.client.flex_api.v1.flex_flow.create(
        friendly_name="Custom chat",
        chat_service_sid=SERVICE,
        channel_type="custom",
        integration_type="task",
        integration_workspace_sid=workspace.sid,
        integration_workflow_sid=workspace.workflows.list()[0].sid,
        integration_channel="chat",
    )


def flex_channel(account: Account, flow: Any) -> Any:
    return account.client.flex_api.v1.channel.create(
        flex_flow_sid=flow.sid,
        identity="user-42",
        chat_user_friendly_name="Jane",
        chat_friendly_name="Chat with Jane",
    )


# -- the account


def test_a_channel_is_shown_with_its_transcript_and_members(read: Read, channels: Any) -> None:
    sid = channels.create(friendly_name="Support").sid
    channels(sid).members.create(identity="jane")
    for body in ("one", "<b>two</b>"):
        channels(sid).messages.create(body=body, from_="jane")
    listed = read("channels")
    assert (listed["total"], listed["items"][0]["last_message"]["body"]) == (1, "<b>two</b>")
    whole = read(f"channels/{sid}")
    assert [(m["from"], m["body"], m["index"]) for m in whole["messages"]] == [
        ("jane", "one", 0),
        ("jane", "<b>two</b>", 1),
    ]
    assert [member["identity"] for member in whole["members"]] == ["jane"]


def test_what_twilio_shows_is_shown_as_twilio_shows_it(read: Read, channels: Any, url: str) -> None:
    sid = channels.create(friendly_name="Support").sid
    path = f"chat.twilio.com/v2/Services/{SERVICE}/Channels/{sid}"
    shown = requests.get(f"{url}/{path}", auth=AUTH).json()
    assert shown.items() <= read(f"channels/{sid}").items()


def test_a_flex_channel_is_shown_with_its_flow_and_task(
    read: Read, shared: Account, flow: Any
) -> None:
    sid = flex_channel(shared, flow).sid
    task = read("tasks")["items"][0]
    whole = read(f"channels/{sid}")
    assert whole["flex"]["flex_flow_friendly_name"] == "Custom chat"
    assert whole["flex"]["identity"] == "user-42"
    assert whole["task"]["sid"] == whole["flex"]["task_sid"] == task["sid"]


def test_a_conversation_is_shown_with_its_state_phones_interaction_and_task(
    read: Read, shared: Account
) -> None:
    client = shared.client
    service = client.conversations.v1.services(SERVICE)
    sid = service.conversations.create(friendly_name="Jane").sid
    service.conversations(sid).participants.create(identity="jane")
    service.conversations(sid).participants.create(
        messaging_binding_address="+15550142", messaging_binding_proxy_address="+15550100"
    )
    workspace = client.taskrouter.v1.workspaces.list()[0]
    routing = {
        "workspace_sid": workspace.sid,
        "workflow_sid": workspace.workflows.list()[0].sid,
        "task_channel_unique_name": "chat",
        "attributes": {"from": "Jane"},
    }
    made = client.flex_api.v1.interaction.create(
        channel={
            "type": "web",
            "initiated_by": "customer",
            "properties": {"media_channel_sid": sid},
        },
        routing={"properties": routing},
    )
    whole = read(f"channels/{sid}")
    assert [each["name"] for each in whole["members"]] == ["jane", "+15550142"]
    assert whole["members"][1]["messaging_binding"]["proxy_address"] == "+15550100"
    assert set(whole["customers"]) == {"jane", "+15550142"}
    assert whole["interaction"] == {
        "sid": made.sid,
        "channel_sid": made.channel["sid"],
        "type": "web",
        "status": "active",
    }
    assert whole["task"]["sid"] == read("tasks")["items"][0]["sid"]
    assert (whole["is_conversation"], whole["timers"]) == (True, {})
    answer = service.conversations(sid).messages.create(author="jane", body="Hello")
    service.conversations(sid).update(timers_closed="PT1H")
    whole = read(f"channels/{sid}")
    assert whole["messages"][0]["sid"] == answer.sid
    assert whole["messages"][0]["receipts"] == [{"to": "+15550142", "status": "sent"}]
    assert list(whole["timers"]) == ["closed"]
    service.conversations(sid).update(state="closed")
    assert read("channels")["items"][0]["state"] == read(f"channels/{sid}")["state"] == "closed"


def test_the_overview_has_addresses_and_webhooks_of_conversations(
    read: Read, shared: Account, mock: MockTwilio
) -> None:
    v1 = shared.client.conversations.v1
    v1.configuration.webhooks().update(
        post_webhook_url="https://bot.example.com/all", filters=["onMessageAdded"]
    )
    made = v1.address_configurations.create(
        type="sms", address="+15550100", friendly_name="Shop", auto_creation_enabled=True
    )
    found = read("overview")
    assert found["addresses"] == [
        {
            "sid": made.sid,
            "friendly_name": "Shop",
            "type": "sms",
            "address": "+15550100",
            "enabled": True,
            "handler": "default",
            "goes_to": None,
        }
    ]
    [hooks] = found["hooks"]
    assert (hooks["service_sid"], hooks["filters"]) == (None, ["onMessageAdded"])
    mock.webhooks.register("https://bot.example.com/all", lambda request: None)
    conversation = v1.conversations.create(timers_inactive="PT1M")
    due = read("overview")["next_due"]
    assert (due["text"], due["sid"]) == ("A conversation becomes inactive", conversation.sid)
    conversation.messages.create(body="hi", x_twilio_webhook_enabled="true")
    assert mock.webhooks.settle()
    [delivery] = read("webhooks")["items"]
    assert (delivery["scope"], delivery["channel_sid"]) == ("account", conversation.sid)


def test_a_task_is_shown_with_who_was_offered_it(read: Read, shared: Account, flow: Any) -> None:
    workspace = shared.client.taskrouter.v1.workspaces.list()[0]
    available = workspace.activities.list(friendly_name="Available")[0].sid
    alice = workspace.workers.list(friendly_name="alice")[0]
    alice.update(activity_sid=available)
    flex_channel(shared, flow)
    task = read("tasks")["items"][0]
    assert (task["assignment_status"], task["task_queue_friendly_name"]) == ("reserved", "Everyone")
    offers = [(each["worker_name"], each["reservation_status"]) for each in task["reservations"]]
    assert offers == [("alice", "pending")]
    assert read(f"tasks/{task['sid']}")["reservations"] == task["reservations"]


def test_an_execution_is_shown_with_its_steps_and_context(read: Read, shared: Account) -> None:
    web = shared.client.flex_api.v1.flex_flow.list()[0]
    made = shared.client.flex_api.v1.web_channel.create(
        flex_flow_sid=web.sid,
        identity="web-1",
        customer_friendly_name="Ana",
        chat_friendly_name="Webchat",
    )
    visitor = shared.client_of_chat_user(shared.chat_token("web-1"), "web-1")
    visitor.chat.v2.services(SERVICE).channels(made.sid).messages.create(body="Hello")
    listed = wait_for(lambda: read("executions")["items"])
    assert listed[0]["flow_friendly_name"] == "Webchat Flow"
    whole = read(f"executions/{listed[0]['sid']}")
    walked = wait_for(
        lambda: [
            step["transitioned_from"]
            for step in read(f"executions/{listed[0]['sid']}")["steps"]
            if step["name"]
        ]
    )
    assert walked[0] == "Trigger"
    assert whole["context"]["trigger"]["message"]["Body"] == "Hello"


def test_a_delivery_is_shown_with_every_try(
    read: Read, shared: Account, channels: Any, mock: MockTwilio
) -> None:
    mock.webhooks.register("https://bot.example.com/down", lambda request: 503)
    sid = channels.create().sid
    channels(sid).webhooks.create(
        type="webhook",
        configuration_url="https://bot.example.com/down",
        configuration_filters=["onMessageSent"],
        configuration_retry_count=1,
    )
    channels(sid).messages.create(body="hi", from_="jane", x_twilio_webhook_enabled="true")
    assert mock.webhooks.settle()
    delivery = read("webhooks")["items"][0]
    assert (delivery["event"], delivery["state"], delivery["tries"]) == (
        "onMessageSent",
        "failed",
        2,
    )
    whole = read(f"webhooks/{delivery['number']}")
    assert [(each["number"], each["status"]) for each in whole["attempts"]] == [(0, 503), (1, 503)]
    assert whole["parameters"]["Body"] == "hi"


def test_statistics_of_now_are_those_of_the_rest_api(
    read: Read, shared: Account, flow: Any, mock: MockTwilio, url: str
) -> None:
    mock.clock.freeze()
    workspace = shared.client.taskrouter.v1.workspaces.list()[0]
    workspace.task_queues.create("Nobody", target_workers="1==2")
    available = workspace.activities.list(friendly_name="Available")[0].sid
    workspace.workers.list(friendly_name="alice")[0].update(activity_sid=available)
    flex_channel(shared, flow)
    workspace.tasks.create(workflow_sid=workspace.workflows.list()[0].sid)
    mock.clock.advance(60)
    [space] = read("statistics")["workspaces"]
    assert (space["friendly_name"], space["total_tasks"]) == ("Flex Task Assignment", 2)
    assert (space["tasks_by_status"]["reserved"], space["longest_task_waiting_age"]) == (2, 60)
    activities = {each["friendly_name"]: each["workers"] for each in space["activity_statistics"]}
    assert (activities["Available"], activities["Offline"]) == (1, 1)
    free = {each["friendly_name"]: each["total_available_workers"] for each in space["queues"]}
    assert free == {"Everyone": 1, "Nobody": 0}
    path = f"{url}/taskrouter.twilio.com/v1/Workspaces/{workspace.sid}"
    answers = requests.get(f"{path}/RealTimeStatistics", auth=AUTH).json()
    queues = space.pop("queues")
    del space["sid"], space["friendly_name"]
    assert space == {key: value for key, value in answers.items() if key in space}
    for queue in queues:
        shown = requests.get(f"{path}/TaskQueues/{queue['sid']}/RealTimeStatistics", auth=AUTH)
        del queue["sid"], queue["friendly_name"]
        assert queue == {key: value for key, value in shown.json().items() if key in queue}


def test_the_overview_counts_and_shows_what_has_just_happened(
    read: Read, channels: Any, mock: MockTwilio
) -> None:
    channels.create(friendly_name="Support")
    mock.clock.freeze()
    found = read("overview")
    assert found["counts"]["channels"] == 1
    assert found["clock"] == {"now": mock.clock.now(), "is_frozen": True}
    assert [worker["friendly_name"] for worker in found["workers"]] == ["alice", "bob"]
    assert [flow["friendly_name"] for flow in found["flex_flows"]] == ["Flex Web Channel Flow"]
    assert found["journal"][-1]["text"] == "opens Support"


# -- the request log


def test_a_request_is_shown_with_parameters_and_answer(
    read: Read, channels: Any, shared: Account
) -> None:
    channels.create(friendly_name="Support", x_twilio_webhook_enabled="true")
    newest = read("requests")["items"][0]
    assert (newest["method"], newest["host"], newest["status"]) == ("POST", "chat.twilio.com", 201)
    whole = read(f"requests/{newest['number']}")
    assert whole["parameters"] == {"FriendlyName": "Support"}
    assert whole["answer"]["friendly_name"] == "Support"
    assert whole["fires_webhooks"]


def test_a_refusal_is_shown_with_its_code(read: Read, url: str) -> None:
    requests.get(f"{url}/chat.twilio.com/v2/Services/{SERVICE}/Channels/none", auth=AUTH)
    newest = read("requests")["items"][0]
    assert (newest["status"], newest["code"], newest["by"]) == (404, 20404, "account")


def test_reading_the_inspector_is_not_logged(read: Read) -> None:
    before = read("requests")["total"]
    read("channels")
    assert read("requests")["total"] == before


# -- limits


def test_a_list_gives_the_newest_and_says_how_many_there_are(read: Read, channels: Any) -> None:
    made = [channels.create().sid for _ in range(5)]
    found = read("channels", limit=2)
    assert [item["sid"] for item in found["items"]] == made[:-3:-1]
    assert found["total"] == 5


def test_a_transcript_gives_its_end(read: Read, channels: Any) -> None:
    sid = channels.create().sid
    for body in "abcde":
        channels(sid).messages.create(body=body, from_="jane")
    whole = read(f"channels/{sid}", limit=2)
    assert [message["body"] for message in whole["messages"]] == ["d", "e"]
    assert whole["messages_total"] == 5


@pytest.mark.parametrize("limit", ["0", "-1", "1001", "many", "", "²"])
def test_a_limit_that_cannot_be_is_refused(read: Read, limit: str) -> None:
    assert "1 to 1000" in read("channels", 400, limit=limit)["error"]


@pytest.mark.parametrize("kind", LISTS)
@pytest.mark.parametrize("key", ["nothing", "99999", "9" * 5000, "²"])
def test_what_is_not_there_is_reported_as_gone(read: Read, kind: str, key: str) -> None:
    assert "any more" in read(f"{kind}/{key}", 404)["error"]


def test_a_busy_account_is_read_with_little_work(
    mock: MockTwilio, url: str, shared: Account
) -> None:
    mock.load("busy afternoon")
    here = mock.http_client
    path = f"https://chat.twilio.com/v2/Services/{SERVICE}/Channels"
    sid = json.loads(here.request("POST", path, auth=AUTH).text)["sid"]
    for number in range(2000):
        here.request("POST", f"{path}/{sid}/Messages", data={"Body": str(number)}, auth=AUTH)
    with requests.Session() as session:
        for what in ("overview", *LISTS, f"channels/{sid}"):
            get = partial(session.get, f"{url}/_mock/state/{what}")
            assert seconds_of_work(get) < 1, what  # the server's too, which is in this process
            assert get().status_code == 200


# -- secrets and strangers


def test_no_secret_is_ever_in_an_answer(
    read: Read, shared: Account, channels: Any, mock: MockTwilio, url: str
) -> None:
    token = shared.chat_token("jane")
    sid = channels.create().sid
    channels(sid).members.create(identity="jane")
    jane = shared.client_of_chat_user(token, "jane").chat.v2.services(SERVICE).channels(sid)
    mock.webhooks.register("https://ann:pa55w0rd@bot.example.com/", lambda request: None)
    channels(sid).webhooks.create(
        type="webhook",
        configuration_url="https://ann:pa55w0rd@bot.example.com/",
        configuration_filters=["onMessageSent"],
    )
    jane.messages.create(body="hello")
    shared.client.chat.v2.credentials.create(type="fcm", secret="f1rebase")
    media = requests.post(
        f"{url}/mcs.us1.twilio.com/v1/Services/{SERVICE}/Media",
        data=b"\x89PNG",
        headers={"X-Twilio-Token": token, "Content-Type": "image/png"},
    ).json()
    requests.get(f"{url}/mcs.us1.twilio.com/v1/Services/{SERVICE}/Media/{media['sid']}", auth=AUTH)
    mock.webhooks.settle()
    answers = [read("overview")]
    for kind in LISTS:
        items = read(kind)["items"]
        answers += [items, *(read(f"{kind}/{item.get('sid') or item['number']}") for item in items)]
    everything = json.dumps(answers)
    assert "hello" in everything
    for secret in (AUTH[1], DEMO_VALUES["TWILIO_API_SECRET"], token, "f1rebase", "pa55w0rd"):
        assert secret not in everything
    signatures = [part for part in everything.split("Signature=")[1:] if part[:3] != "***"]
    assert signatures == []


@pytest.mark.parametrize("path", ["", "_mock/inspector/main.js", "_mock/state/overview"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example.com"},
        {"Host": "rebound.example.com"},
    ],
)
def test_other_peoples_pages_see_nothing(url: str, path: str, headers: dict[str, str]) -> None:
    assert requests.get(f"{url}/{path}", headers=headers).status_code == 403
    assert requests.get(f"{url}/{path}", headers=headers, auth=AUTH).status_code == 403


@pytest.mark.parametrize("path", ["", "_mock/inspector/main.js", "_mock/state/overview"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"},
    ],
)
def test_other_sites_embed_nothing(url: str, path: str, headers: dict[str, str]) -> None:
    assert requests.get(f"{url}/{path}", headers=headers).status_code == 401
    assert requests.get(f"{url}/{path}", headers=headers, auth=AUTH).status_code == 200


def test_a_link_on_another_page_may_be_followed_but_uses_no_control(url: str) -> None:
    followed = {
        "Sec-Fetch-Site": "cross-site",
        "Sec-Fetch-Mode": "navigate",
        "Sec-Fetch-Dest": "document",
    }
    assert requests.get(f"{url}/", headers=followed).status_code == 200
    assert requests.post(f"{url}/_mock/reset", headers=followed).status_code == 403


@pytest.mark.parametrize(
    "path", ["", *(f"_mock/inspector/{name}" for name in ("main.js", "dom.js", "base.css"))]
)
def test_the_page_may_load_nothing_from_elsewhere_nor_be_framed(url: str, path: str) -> None:
    answer = requests.get(f"{url}/{path}")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert "://" not in answer.text.replace("http://www.w3.org/2000/svg", "")


def test_scripts_come_as_scripts_on_every_system(url: str) -> None:
    answer = requests.get(f"{url}/_mock/inspector/main.js")
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert requests.get(f"{url}/_mock/inspector/../state.py").status_code == 404


# -- events


class Stream:
    """The stream of events, as a page receives it."""

    def __init__(self, url: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=EVENT_TIMEOUT)
        self._connection.request("GET", "/_mock/news")
        self._answer = self._connection.getresponse()

    def next(self, name: str) -> Any:
        """Return the data of the next event of this name."""
        while line := self._answer.readline():
            if line.decode().strip() == f"event: {name}":
                return json.loads(self._answer.readline().decode().removeprefix("data: "))
        raise EOFError

    def close(self) -> None:
        self._answer.close()
        self._connection.close()


@contextmanager
def listening(url: str) -> Iterator[Stream]:
    stream = Stream(url)
    try:
        stream.next("clock")
        yield stream
    finally:
        stream.close()


def wait_for(found: Callable[[], Any], within: float = EVENT_TIMEOUT) -> Any:
    """Return a result as soon as there is one."""
    ends = time.monotonic() + within
    while not (result := found()):
        assert time.monotonic() < ends
        time.sleep(0.02)
    return result


def announces(stream: Stream, topic: str) -> bool:
    while topic not in stream.next("news"):
        pass
    return True


def test_a_message_is_announced_at_once_whichever_client_sends_it(
    monkeypatch: pytest.MonkeyPatch, url: str, shared: Account, channels: Any, mock: MockTwilio
) -> None:
    monkeypatch.setattr(sse, "BEAT", 3600)  # no event of the clock brings it
    sid = channels.create().sid
    here = connect(url)
    with listening(url) as stream:
        here.client.chat.v2.services(SERVICE).channels(sid).messages.create(body="x", from_="j")
        assert announces(stream, "channels")
        path = f"https://chat.twilio.com/v2/Services/{SERVICE}/Channels/{sid}/Messages"
        mock.http_client.request("POST", path, data={"Body": "y"}, auth=AUTH)
        assert announces(stream, "channels")


@pytest.mark.parametrize("topic", ["tasks", "requests", "channels"])
def test_an_event_names_what_has_changed(url: str, shared: Account, flow: Any, topic: str) -> None:
    with listening(url) as stream:
        flex_channel(shared, flow)
        assert announces(stream, topic)


def test_the_end_of_a_delivery_is_announced(
    url: str, shared: Account, channels: Any, mock: MockTwilio
) -> None:
    answers = threading.Event()
    mock.webhooks.register(
        "https://bot.example.com/slow", lambda request: answers.wait(EVENT_TIMEOUT) and None
    )
    sid = channels.create().sid
    channels(sid).webhooks.create(
        type="webhook",
        configuration_url="https://bot.example.com/slow",
        configuration_filters=["onMessageSent"],
    )
    channels(sid).messages.create(body="hi", from_="jane", x_twilio_webhook_enabled="true")
    with listening(url) as stream:
        answers.set()
        assert announces(stream, "webhooks")
    assert mock.webhooks.settle()


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Has the stream give the time soon."""
    monkeypatch.setattr(sse, "BEAT", 0.3)


@pytest.mark.usefixtures("hasty")
def test_a_reset_and_a_moved_clock_are_announced(
    url: str, shared: Account, mock: MockTwilio
) -> None:
    with listening(url) as stream:
        mock.reset()
        assert stream.next("news") == sorted(LISTS)
        mock.clock.freeze()
        assert stream.next("clock") == {"now": mock.clock.now(), "is_frozen": True}


@pytest.mark.usefixtures("hasty")
def test_many_changes_come_as_few_events(url: str, shared: Account, mock: MockTwilio) -> None:
    path = f"https://chat.twilio.com/v2/Services/{SERVICE}/Channels"
    with listening(url) as stream:
        started = time.monotonic()
        for _ in range(300):
            mock.http_client.request("POST", path, auth=AUTH)
        mock.clock.freeze()
        lines = [b""]
        while b'"is_frozen":true' not in lines[-1].replace(b" ", b""):
            lines.append(stream._answer.readline())
        most = max(30, (time.monotonic() - started) / sse.PAUSE + 2)
        assert 1 <= lines.count(b"event: news\n") < most


def test_the_account_is_not_followed_once_no_page_is_open(
    shared: Account, mock: MockTwilio, monkeypatch: pytest.MonkeyPatch
) -> None:
    followed: list[bool] = []
    follow = mock.follow_all

    def spy(follower: Any) -> Callable[[], None]:
        stop = follow(follower)
        followed.append(True)

        def stopped() -> None:
            followed.append(False)
            stop()

        return stopped

    with BackgroundServer(mock) as server:  # its own, which no earlier page is about to leave
        monkeypatch.setattr(mock, "follow_all", spy)
        with listening(server.url):
            assert followed == [True]
        wait_for(lambda: followed == [True, False])


@pytest.mark.long
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_open_pages_do_not_hold_up_the_servers_end(
    command: Callable[..., Command], how: int
) -> None:
    server = command()
    streams = [Stream(server.url) for _ in range(3)]
    started = time.monotonic()
    code, output = server.end(how)
    assert time.monotonic() - started < GRACE
    assert code in {0, -how}
    assert "Traceback" not in output
    for stream in streams:
        stream.close()
