"""The event bridge by hand: its tokens, its bounds, and the order of answers and events."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from wire import Wire

from helpers import Account, AgentDesk, create_worker_token, read_token
from helpers.mock import MockTwilio
from helpers.mock.core.bounds import MAX_FRAME
from helpers.mock.realtime import event_bridge
from helpers.mock.rest.http import Request
from helpers.mock.server.running import BackgroundServer

PATH = "/event-bridge.twilio.com/v1/wschannels"
SHOP = "https://shop.example.com"
PATIENCE = 30


@pytest.fixture
def mock(account: Account) -> MockTwilio:
    assert isinstance(account.mock, MockTwilio)
    return account.mock


@pytest.fixture
def workspace(account: Account) -> Any:
    return account.client.taskrouter.v1.workspaces.list()[0]


@pytest.fixture
def ask(account: Account, server: BackgroundServer, workspace: Any) -> Callable[..., Any]:
    """Send a request of a worker, below the workspace. Returns the answer."""

    def ask(
        method: str, path: str, token: str | None = None, headers: Any = None, **params: Any
    ) -> requests.Response:
        url = f"Workspaces/{workspace.sid}/{path}"
        body = {"url": url, "method": method, "params": params}
        body["token"] = account.worker_token() if token is None else token
        given = {"Content-Type": "application/x-www-form-urlencoded", **(headers or {})}
        return requests.post(server.url + PATH, json.dumps(body), headers=given, timeout=PATIENCE)

    return ask


@pytest.fixture
def join(server: BackgroundServer) -> Iterator[Callable[..., ClientConnection]]:
    """Open a worker's socket."""
    with contextlib.ExitStack() as stack:

        def join(token: str, path: str = PATH, **options: Any) -> ClientConnection:
            url = f"{server.url.replace('http', 'ws', 1)}{path}?token={token}"
            return stack.enter_context(connect(url, **options))

        yield join


def received(socket: ClientConnection) -> tuple[str, Any]:
    """Return the next event's name and payload."""
    while not (text := socket.recv(PATIENCE)).strip():
        pass
    event = json.loads(text)
    return event["event_type"], event["payload"]


def sid_of(token: str) -> str:
    return str(read_token(token).worker_sid)


# -- tokens


def test_a_worker_is_greeted_with_its_workspace_and_the_life_of_its_token(
    account: Account, workspace: Any, join: Callable[..., ClientConnection]
) -> None:
    account.clock.freeze()
    token = account.worker_token(ttl=600)
    name, payload = received(join(token))
    assert name == "init"
    lifetime = payload.pop("token_lifetime")
    assert 599_000 <= lifetime <= 600_000
    assert payload == {
        "account_sid": account.credentials.account_sid,
        "channel_id": sid_of(token),
        "workspace_sid": workspace.sid,
    }


def test_a_token_for_chat_alone_opens_no_event_bridge(
    account: Account, join: Callable[..., ClientConnection], ask: Callable[..., Any]
) -> None:
    token = account.chat_token("alice")
    with pytest.raises(ConnectionClosed, match="20106 There is no task_router grant"):
        join(token).recv(PATIENCE)
    answer = ask("GET", "Activities", token)
    assert (answer.status_code, answer.json()["code"]) == (401, 20106)


def test_a_token_for_taskrouter_alone_opens_no_chat(
    account: Account, workspace: Any, server: BackgroundServer
) -> None:
    own, both = account.credentials, account.worker_token()
    token = create_worker_token(
        account_sid=own.account_sid,
        api_key=own.api_key,
        api_secret=own.api_secret,
        workspace_sid=workspace.sid,
        worker_sid=sid_of(both),
        identity="alice",
    )
    url = f"{server.url}/chat.twilio.com/v2/Services/{own.chat_service_sid}/Channels"
    for each, status in ((token, 401), (both, 200)):
        assert requests.get(url, auth=("token", each), timeout=PATIENCE).status_code == status
    with connect(f"{server.url.replace('http', 'ws', 1)}/v3/wsconnect") as socket:
        refusal = Wire(socket).say("init", token=token).header["status"]
    assert (refusal["code"], refusal["errorCode"]) == (401, 20106)
    assert refusal["description"].startswith("There is no chat grant")


def test_a_token_of_somebody_else_or_for_nobody_is_refused(
    account: Account, join: Callable[..., ClientConnection], ask: Callable[..., Any]
) -> None:
    account.client.taskrouter.v1.workspaces.list()[0].workers.create(friendly_name="carl")
    carl = account.worker_token("carl")
    account.client.taskrouter.v1.workspaces.list()[0].workers(sid_of(carl)).delete()
    with pytest.raises(ConnectionClosed, match=r"20404 Workspace WS.* has no worker WK"):
        join(carl).recv(PATIENCE)
    for token, code in (("", 20101), ("a.b.c", 20101), (account.worker_token()[:-3], 20107)):
        assert ask("GET", "Activities", token).json()["code"] == code
        with pytest.raises(ConnectionClosed, match=str(code)):
            join(token).recv(PATIENCE)


def test_a_worker_reads_its_workspace_and_changes_itself_alone(
    account: Account, workspace: Any, ask: Callable[..., Any]
) -> None:
    bob, alice = sid_of(account.worker_token("bob")), sid_of(account.worker_token())
    task = workspace.tasks.create(workflow_sid=workspace.workflows.list()[0].sid)
    assert ask("GET", f"Workers/{bob}").json()["payload"]["friendly_name"] == "bob"
    assert ask("GET", f"Tasks/{task.sid}").json()["payload"]["sid"] == task.sid
    refused = [
        ask("POST", f"Workers/{bob}", Attributes={"a": 1}),
        ask("POST", f"Tasks/{task.sid}", Attributes={"a": 1}),
        ask("POST", "Tasks", RoutingTarget=bob, Attributes={}),
        ask("POST", "Tasks", Attributes={}),
    ]
    assert [each.status_code for each in refused] == [403] * 4
    assert ask("POST", f"Workers/{alice}", Attributes={"a": 1}).status_code == 200
    elsewhere = account.client.taskrouter.v1.workspaces.create(friendly_name="Elsewhere")
    path = f"../{elsewhere.sid}/Activities"
    assert ask("GET", path).status_code in (403, 501)
    assert "contact_uri" in workspace.workers(bob).fetch().attributes


# -- pages and bounds


def test_a_page_of_a_foreign_site_gets_nothing(
    account: Account, join: Callable[..., ClientConnection], ask: Callable[..., Any]
) -> None:
    token = account.worker_token()
    with pytest.raises(InvalidStatus, match="403"):
        join(token, origin=SHOP)
    answer = ask("GET", "Activities", headers={"Origin": SHOP})
    assert answer.status_code == 403
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_a_page_of_this_machine_may_use_it_and_asks_first(
    account: Account,
    server: BackgroundServer,
    join: Callable[..., ClientConnection],
    ask: Callable[..., Any],
) -> None:
    page = "http://localhost:3000"
    assert received(join(account.worker_token(), origin=page))[0] == "init"
    names = "apiversion,clientversion,content-type,if-match"
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": names}
    preflight = requests.options(server.url + PATH, headers={"Origin": page, **asked}, timeout=30)
    assert preflight.headers["Access-Control-Allow-Headers"] == names
    answer = ask("GET", "Activities", headers={"Origin": page})
    assert answer.headers["Access-Control-Allow-Origin"] == page
    assert {each["friendly_name"] for each in answer.json()["payload"]["contents"]} >= {"Break"}


def test_a_message_beyond_the_bound_ends_only_its_connection(
    account: Account, join: Callable[..., ClientConnection]
) -> None:
    token = account.worker_token()
    noisy, quiet = join(token), join(token)
    assert received(noisy)[0] == received(quiet)[0] == "init"
    noisy.send("x" * 1000)  # nobody reads it
    noisy.send("x" * (MAX_FRAME + 1))
    with pytest.raises(ConnectionClosed, match="1009"):
        noisy.recv(PATIENCE)
    account.client.taskrouter.v1.workspaces.list()[0].workers(sid_of(token)).update(
        attributes='{"a": 1}'
    )
    assert received(quiet)[0] == "worker.attributes.update"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 401),
        (b"{", 401),
        (b"[]", 401),
        (b'{"token": {"a": 1}}', 401),
        (b"x" * 70_000, 401),
        (b"Url=Workspaces&Method=GET", 401),
        (b'{"params": ' + b"[" * 500 + b"]" * 500 + b"}", 400),
        (b'{"params": ' + b"[" * 20_000 + b"]" * 20_000 + b"}", 401),
    ],
)
def test_a_body_that_makes_no_sense_is_refused(
    server: BackgroundServer, body: bytes, status: int
) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = requests.post(server.url + PATH, body, headers=headers, timeout=PATIENCE)
    assert answer.status_code == status
    assert answer.json()["message"]


def test_a_request_that_makes_no_sense_is_refused_by_name(
    account: Account, server: BackgroundServer, ask: Callable[..., Any]
) -> None:
    token = account.worker_token()
    for more, status in (
        ({"method": "PUT"}, 400),
        ({"params": [1]}, 400),
        ({"url": "Nowhere/at/all"}, 501),
        ({"url": 7}, 501),
    ):
        body = {"url": "Workspaces", "method": "GET", "params": {}, "token": token, **more}
        answer = requests.post(server.url + PATH, json=body, timeout=PATIENCE)
        assert answer.status_code == status, more
    assert requests.get(server.url + PATH, timeout=PATIENCE).status_code == 405
    assert ask("POST", f"Workers/{sid_of(token)}/CustomerParticipant").status_code == 501
    assert ask("GET", "Workers", PageSize="many").status_code == 400


def test_the_log_shows_the_request_in_the_body_and_no_token(
    account: Account, mock: MockTwilio, server: BackgroundServer, ask: Callable[..., Any]
) -> None:
    token = account.worker_token()
    assert ask("GET", "Workers", token, FriendlyName="bob").status_code == 200
    account.clock.advance(seconds=7200)
    assert ask("GET", "Workers", token).status_code == 401
    state = f"{server.url}/_mock/state/requests"
    log = requests.get(state, timeout=PATIENCE)
    shown = [each for each in log.json()["items"] if each["host"].startswith("event-bridge")]
    texts = [requests.get(f"{state}/{each['number']}", timeout=PATIENCE).text for each in shown]
    assert not any(part in text for text in (log.text, *texts) for part in token.split(".")[1:])
    by_status = {each["status"]: each for each in shown}
    assert (by_status[200]["by"], by_status[401]["by"]) == ("worker", "nobody")
    assert by_status[200]["path"].endswith("/Workers")
    assert any('"FriendlyName":"bob"' in text for text in texts)


def test_a_blank_message_shows_that_the_connection_lives(
    account: Account, join: Callable[..., ClientConnection], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_bridge, "BEAT_SECONDS", 0.01)
    socket = join(account.worker_token())
    assert received(socket)[0] == "init"
    assert socket.recv(PATIENCE) == " "


# -- order


def test_events_wait_for_the_answer_to_what_caused_them_and_for_no_other(
    account: Account, mock: MockTwilio, workspace: Any, join: Callable[..., ClientConnection]
) -> None:
    """The requests are handed to the mock here, and their answers sent when the test says so."""
    token = account.worker_token()
    sid = sid_of(token)
    socket = join(token)
    assert received(socket)[0] == "init"

    def change(number: int) -> Request:
        body = {
            "url": f"Workspaces/{workspace.sid}/Workers/{sid}",
            "method": "POST",
            "params": {"Attributes": {"n": number}},
            "token": token,
        }
        request = Request("POST", "event-bridge.twilio.com", "/v1/wschannels")
        request.body = json.dumps(body).encode()
        assert mock.handle(request).status == 200
        return request

    def answer(request: Request) -> None:
        for call in request.when_answered:
            call()

    def numbers(count: int) -> list[int]:
        """So many that are to come, and what comes soon after."""
        found: list[int] = []
        with contextlib.suppress(TimeoutError):
            while True:
                event = json.loads(socket.recv(PATIENCE if len(found) < count else 0.05))
                found.append(json.loads(event["payload"]["attributes"])["n"])
        return found

    first = change(1)
    second = change(2)
    assert numbers(0) == []
    answer(second)
    assert numbers(0) == []  # the first comes first
    answer(first)
    assert numbers(2) == [1, 2]
    third = change(3)
    workspace.workers(sid).update(attributes='{"n": 4}')  # by the account, meanwhile
    answer(third)
    assert numbers(2) == [3, 4]


def test_a_request_in_this_process_holds_no_event_back(
    account: Account, workspace: Any, join: Callable[..., ClientConnection]
) -> None:
    token = account.worker_token()
    socket = join(token)
    assert received(socket)[0] == "init"
    url = f"Workspaces/{workspace.sid}/Workers/{sid_of(token)}"
    body = {"url": url, "method": "POST", "params": {"Attributes": {}}, "token": token}
    answer = account.client.http_client.request(
        "POST",
        "https://event-bridge.twilio.com/v1/wschannels",
        data=body,
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code == 200, answer.text
    assert received(socket)[0] == "worker.attributes.update"


def test_many_requests_at_once_leave_each_session_the_same_order(
    account: Account, workspace: Any, join: Callable[..., ClientConnection], ask: Callable[..., Any]
) -> None:
    token = account.worker_token()
    sockets = [join(token), join(token)]
    for socket in sockets:
        assert received(socket)[0] == "init"
    path = f"Workers/{sid_of(token)}"
    threads = [
        threading.Thread(target=ask, args=("POST", path, token), kwargs={"Attributes": {"n": n}})
        for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seen = [[received(socket)[1]["version"] for _ in range(8)] for socket in sockets]
    assert seen[0] == seen[1] == sorted(seen[0])


# -- the end of a connection


def becomes(workspace: Any, sid: str, activity: str) -> bool:
    ends = time.monotonic() + PATIENCE
    while time.monotonic() < ends:
        if workspace.workers(sid).fetch().activity_name == activity:
            return True
        time.sleep(0.01)
    return False


def test_a_worker_who_was_never_connected_stays_as_set(account: Account, workspace: Any) -> None:
    desk = AgentDesk(account)
    desk.go_available()
    desk.close()
    assert workspace.workers.list(friendly_name="alice")[0].activity_name == "Available"


def test_only_workers_of_flex_go_offline_without_a_connection(
    account: Account, workspace: Any, join: Callable[..., ClientConnection]
) -> None:
    token = account.worker_token()
    sid = sid_of(token)
    free = next(each for each in workspace.activities.list() if each.available)
    workspace.workers(sid).update(activity_sid=free.sid)
    socket = join(token)
    received(socket)
    socket.close()
    assert becomes(workspace, sid, "Offline")
    workspace.workers(sid).update(activity_sid=free.sid)
    socket = join(token)
    received(socket)
    workspace.update(friendly_name="Not Flex")
    socket.close()
    time.sleep(0.1)
    assert workspace.workers(sid).fetch().activity_name == free.friendly_name


def test_an_account_that_is_put_back_ends_connections_and_keeps_its_activities(
    account: Account, mock: MockTwilio, workspace: Any, join: Callable[..., ClientConnection]
) -> None:
    token = account.worker_token()
    free = next(each for each in workspace.activities.list() if each.available)
    workspace.workers(sid_of(token)).update(activity_sid=free.sid)
    before = mock.take_snapshot()
    socket = join(token)
    received(socket)
    assert len(mock.event_bridge) == 1
    mock.restore(before)
    with pytest.raises(ConnectionClosed, match="put back to an earlier state"):
        socket.recv(PATIENCE)
    while len(mock.event_bridge):
        time.sleep(0.01)
    assert workspace.workers(sid_of(token)).fetch().activity_name == "Available"
