"""The mock's own controls over HTTP: clock, reset, snapshots, typing, and their access rules."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests

from helpers import connect
from helpers.mock import DEMO_VALUES, MockTwilio, UnknownScenario
from helpers.mock.remote import ControlRefused, MockUnreachable, RemoteMock
from helpers.mock.server.running import BackgroundServer

SERVICE = DEMO_VALUES["TWILIO_CHAT_SERVICE_SID"]
AUTH = (DEMO_VALUES["TWILIO_ACCOUNT_SID"], DEMO_VALUES["TWILIO_AUTH_TOKEN"])
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture
def remote(url: str, mock: MockTwilio) -> RemoteMock:
    mock.reset()
    return RemoteMock(url, mock.credentials)


def test_time_stands_still_moves_on_and_runs_again(remote: RemoteMock, mock: MockTwilio) -> None:
    remote.clock.freeze(NOON)
    assert remote.clock.now() == mock.clock.now() == NOON.timestamp()
    assert remote.clock.is_frozen
    remote.clock.advance(90)
    assert mock.clock.now() == NOON.timestamp() + 90
    remote.clock.unfreeze()
    assert not mock.clock.is_frozen
    assert remote.clock.now() == pytest.approx(mock.clock.now(), abs=1)


def test_a_token_expires_when_the_clock_is_advanced(
    remote: RemoteMock, url: str, mock: MockTwilio
) -> None:
    account = connect(url)
    token = account.chat_token("jane", ttl=600)
    users = f"{url}/chat.twilio.com/v2/Services/{SERVICE}/Users"
    assert requests.get(users, auth=("token", token)).status_code == 200
    remote.clock.advance(601)
    answer = requests.get(users, auth=("token", token))
    assert (answer.status_code, answer.json()["code"]) == (401, 20104)


def test_time_that_would_go_back_is_refused(remote: RemoteMock) -> None:
    with pytest.raises(ControlRefused, match="advance"):
        remote.clock.advance(-1)


def test_a_snapshot_is_put_back(remote: RemoteMock, mock: MockTwilio, url: str) -> None:
    channels = connect(url).client.chat.v2.services(SERVICE).channels
    kept = channels.create(unique_name="kept").sid
    with remote.snapshot():
        channels(kept).delete()
        channels.create(unique_name="passing")
    assert [channel.sid for channel in channels.list()] == [kept]


def test_a_reset_leaves_a_new_account(remote: RemoteMock, url: str) -> None:
    channels = connect(url).client.chat.v2.services(SERVICE).channels
    channels.create()
    remote.reset()
    assert channels.list() == []


def test_a_reset_can_be_at_a_moment(remote: RemoteMock, mock: MockTwilio) -> None:
    remote.reset(NOON)
    assert remote.clock.now() == mock.clock.now() == NOON.timestamp()
    with pytest.raises(ValueError, match="aware datetime"):
        remote.reset(NOON.replace(tzinfo=None))
    assert requests.post(f"{remote.url}/_mock/reset", data=b'{"when": 5}').status_code == 400
    assert mock.clock.is_frozen
    remote.reset()
    assert not mock.clock.is_frozen


def test_a_snapshot_of_a_server_before_is_not_taken_for_another(
    remote: RemoteMock, mock: MockTwilio
) -> None:
    with BackgroundServer(mock) as server:
        port = int(server.url.rpartition(":")[2])
        early = requests.post(f"{server.url}/_mock/snapshots").json()["name"]
    with BackgroundServer(mock, port=port) as server:
        requests.post(f"{server.url}/_mock/snapshots")
        again = requests.post(f"{server.url}/_mock/snapshots/{early}/restore")
    assert (again.status_code, early in again.json()["error"]) == (404, True)


def test_controls_of_several_clients_run_one_at_a_time(
    remote: RemoteMock, mock: MockTwilio, url: str
) -> None:
    def load(_: int) -> None:
        RemoteMock(url, mock.credentials).load("returning customer")

    def reset(_: int) -> None:
        RemoteMock(url, mock.credentials).reset()

    with ThreadPoolExecutor(4) as clients:
        runs = [clients.submit(act, turn) for turn in range(4) for act in (load, reset)]
        assert [each.result() for each in runs] == [None] * 8
    remote.load("returning customer")
    [channel] = connect(url).client.chat.v2.services(SERVICE).channels.list()
    assert channel.friendly_name == "Chat with Jane"


def test_what_only_a_mock_in_this_kernel_has_is_refused_elsewhere(remote: RemoteMock) -> None:
    with pytest.raises(AttributeError, match=r"no 'webhooks', only clock, faults.*connect\(\)"):
        _ = remote.webhooks


def test_scenarios_are_listed_and_loaded(remote: RemoteMock, mock: MockTwilio, url: str) -> None:
    assert repr(remote.scenarios) == repr(mock.scenarios)
    loaded = remote.load("returning customer", NOON)
    assert loaded == mock.scenarios["returning customer"]
    assert remote.clock.now() == mock.clock.now() == NOON.timestamp()
    [channel] = connect(url).client.chat.v2.services(SERVICE).channels.list()
    assert channel.friendly_name == "Chat with Jane"
    remote.load("empty account")
    assert remote.clock.now() == pytest.approx(mock.clock.now(), abs=1)
    assert connect(url).client.chat.v2.services(SERVICE).channels.list() == []


def test_an_unknown_scenario_is_refused_with_the_nearest(remote: RemoteMock, url: str) -> None:
    channels = connect(url).client.chat.v2.services(SERVICE).channels
    kept = channels.create().sid
    with pytest.raises(UnknownScenario, match="the nearest is 'busy afternoon'"):
        remote.load("a busy afternoon")
    with pytest.raises(ValueError, match="aware datetime"):
        remote.load("busy afternoon", NOON.replace(tzinfo=None))
    assert [channel.sid for channel in channels.list()] == [kept]


def test_an_unknown_snapshot_is_refused(url: str) -> None:
    answer = requests.post(f"{url}/_mock/snapshots/99/restore")
    assert answer.status_code == 404
    assert answer.json()["error"].startswith("There is no snapshot '99' any more")


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (b"", "body is not JSON"),
        (b"[]", "object"),
        (b'{"advanse": 5}', "advanse"),
        (b'{"freeze": "yesterday"}', "freeze"),
        (b'{"freeze": "2026-06-01T12:00:00"}', "freeze must be a date and time with a zone"),
        (b'{"freeze": null}', "freeze must be a date and time"),
        (b'{"freeze": 1e300}', "from 1970 to 9999"),
        (b'{"freeze": -1}', "from 1970 to 9999"),
        (b'{"advance": Infinity}', "advance must be a finite number"),
        (b'{"advance": 1e300}', "from 1970 to 9999"),
    ],
)
def test_a_malformed_wish_is_refused_by_name(
    url: str, mock: MockTwilio, body: bytes, named: str
) -> None:
    before = mock.clock.setting
    answer = requests.post(f"{url}/_mock/clock", data=body)
    assert answer.status_code == 400
    assert named in answer.json()["error"]
    assert mock.clock.setting == before


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example.com"},
        {"Origin": "null"},
        {"Origin": "http://["},
        {"Host": "rebound.example.com"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
@pytest.mark.parametrize("auth", [None, AUTH])
def test_foreign_pages_use_no_control(
    url: str, headers: dict[str, str], auth: tuple[str, str] | None
) -> None:
    refused = requests.post(f"{url}/_mock/reset", headers=headers, auth=auth)
    assert (refused.status_code, "--allow-origin" in refused.json()["error"]) == (403, True)


def test_another_name_of_this_machine_takes_the_credentials(url: str) -> None:
    named = {"Host": "testserver"}
    assert requests.post(f"{url}/_mock/reset", headers=named).status_code == 401
    assert requests.post(f"{url}/_mock/reset", headers=named, auth=AUTH).status_code == 200


@pytest.mark.parametrize(
    "host", ["", "x; y", "127.0.0.1#evil.example.com", "evil.example.com@127.0.0.1", "[::1"]
)
def test_a_host_that_is_none_is_refused(url: str, host: str) -> None:
    answer = requests.post(f"{url}/_mock/reset", headers={"Host": host}, auth=AUTH)
    assert (answer.status_code, answer.json()["error"]) == (400, "The Host header names no host")


@pytest.mark.parametrize("number", ["9" * 5_000, "-1", "1.0", "x", "%C2%B9"])
def test_a_fault_whose_number_is_none_is_not_there(url: str, number: str) -> None:
    assert requests.get(f"{url}/_mock/faults/{number}").status_code == 404
    assert requests.delete(f"{url}/_mock/faults/{number}").status_code == 200
    assert requests.get(f"{url}/_mock/state/tasks?limit={number}").status_code == 400


def test_without_a_server_the_error_says_how_to_start_one(mock: MockTwilio) -> None:
    with pytest.raises(MockUnreachable, match=r"python -m helpers\.mock"):
        RemoteMock("http://127.0.0.1:9", mock.credentials).reset()


@pytest.fixture
def stranger() -> Iterator[str]:
    """URL of a server that is no mock."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page = b"<h1>Jupyter</h1>" if self.path.endswith("/clock") else b'["a list"]'
            self.send_response(200)
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *about: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_where_something_else_answers_the_error_says_so(stranger: str, mock: MockTwilio) -> None:
    with pytest.raises(MockUnreachable, match="something else runs there"):
        RemoteMock(stranger, mock.credentials).clock.now()
    with pytest.raises(MockUnreachable, match="something else runs there"):
        _ = RemoteMock(stranger, mock.credentials).scenarios


def test_https_where_the_mock_speaks_http_is_reported(url: str, mock: MockTwilio) -> None:
    secure = url.replace("http:", "https:")
    with pytest.raises(MockUnreachable, match="begin its URL with http://"):
        RemoteMock(secure, mock.credentials).reset()
    with pytest.raises(MockUnreachable, match="begin its URL with http://"):
        connect(secure)


def test_the_clock_can_be_read_while_another_thread_forgets_it(remote: RemoteMock) -> None:
    clock, done = remote.clock, threading.Event()

    def forget() -> None:
        while not done.is_set():
            clock.forget()

    forgetful = threading.Thread(target=forget)
    forgetful.start()
    try:
        assert all(clock.now() > 0 for _ in range(100))
    finally:
        done.set()
        forgetful.join()


def test_a_customers_phone_is_held_from_afar(remote: RemoteMock, url: str) -> None:
    account, phone = connect(url), remote.phone("+15550142")
    made = account.client.conversations.v1.conversations.create()
    made.participants.create(
        messaging_binding_address="+15550142", messaging_binding_proxy_address="+15550100"
    )
    sent = phone.send("Hello")
    assert sent is not None
    assert sent.conversation_sid == made.sid
    answer = made.messages.create(author="shop", body="Hello Ann")
    assert [each.body for each in phone.messages()] == ["Hello Ann"]
    phone.report(answer.sid, "delivered")
    assert answer.fetch().delivery["delivered"] == "all"
    with pytest.raises(ControlRefused, match="messaging webhook") as refused:
        phone.send("Hello", to="+15550101")
    assert refused.value.status == 501
