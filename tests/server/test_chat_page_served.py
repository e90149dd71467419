"""The chat page as it is served: its files, what it may load, and the back end behind it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from helpers import Account, read_token
from helpers.mock import MockTwilio
from helpers.mock.server.chat_page import page
from helpers.mock.server.chat_page.sdk_copy import CHAT, CONVERSATIONS, NoSuchCopy
from helpers.mock.server.running import CannotListen

Post = Callable[..., requests.Response]


@pytest.fixture
def mock(account: Account) -> Iterator[MockTwilio]:
    assert isinstance(account.mock, MockTwilio)
    with account.mock.serve():
        yield account.mock


@pytest.fixture
def post(mock: MockTwilio) -> Post:
    """Asks the back end as the page does."""

    def ask(path: str, question: Any = None, **more: Any) -> requests.Response:
        return requests.post(f"{mock.url}/chat/{path}", json=question, timeout=30, **more)

    return ask


def get(mock: MockTwilio, path: str = "") -> requests.Response:
    return requests.get(f"{mock.url}/chat/{path}", timeout=30)


# -- the back end


def test_a_new_customer_gets_an_identity_a_channel_and_a_token_for_them(
    account: Account, post: Post, task_flow: Any, service: Any
) -> None:
    session = post("session", {"name": "Jane"}).json()
    assert set(session) == {"identity", "channel_sid", "token"}
    channel = service.channels(session["channel_sid"])
    assert channel.fetch().friendly_name == "Chat with Jane"
    assert [each.identity for each in channel.members.list()] == [session["identity"]]
    token = read_token(session["token"])
    assert token.identity == session["identity"]
    assert token.service_sid == account.credentials.chat_service_sid


def test_a_customer_who_returns_gets_the_chat_that_is_under_way(
    post: Post, task_flow: Any, tasks: Callable[[], list[Any]]
) -> None:
    first = post("session", {"identity": None}).json()
    again = post("session", {"identity": first["identity"]}).json()
    assert again["channel_sid"] == first["channel_sid"]
    assert len(tasks()) == 1
    other = post("session", {}).json()
    assert other["channel_sid"] != first["channel_sid"]
    assert other["identity"] != first["identity"]


def test_a_token_is_made_anew_on_the_mocks_clock(
    account: Account, post: Post, task_flow: Any
) -> None:
    identity = post("session", {}).json()["identity"]
    account.clock.freeze()
    account.clock.advance(86_400)
    token = post("token", {"identity": identity}).json()["token"]
    user = account.client_of_chat_user(token, identity)
    service = user.chat.v2.services(account.credentials.chat_service_sid)
    assert service.users(identity).fetch().identity == identity


@pytest.mark.parametrize("path", ["session", "token"])
@pytest.mark.parametrize("identity", ["alice", "visitor_1", "", "visitor_" + "0" * 32 + "\n"])
def test_a_request_makes_no_one_an_agent(
    post: Post, task_flow: Any, path: str, identity: str, client: Any
) -> None:
    if path == "session" and not identity:
        return  # without an identity, the customer is new
    answer = post(path, {"identity": identity})
    assert answer.status_code == 403
    assert "no customer's identity" in answer.json()["error"]
    assert client.flex_api.v1.channel.list() == []


def test_an_account_without_a_custom_flex_flow_is_reported_to_need_one(
    post: Post, client: Any, make_flow: Callable[..., Any], service: Any
) -> None:
    disabled = make_flow(enabled=False)
    answer = post("session", {})
    assert answer.status_code == 409
    assert "no enabled Flex Flow with ChannelType custom" in answer.json()["error"]
    assert "flex_flow.create(" in answer.json()["error"]
    assert service.channels.list() == []
    disabled.update(enabled=True)
    assert post("session", {}).status_code == 200


@pytest.mark.parametrize("question", [[], {"identity": 1}, {"nmae": "x"}, {"name": ""}, "x"])
def test_a_question_that_makes_no_sense_is_refused(
    post: Post, task_flow: Any, question: Any, client: Any
) -> None:
    answer = post("session", question)
    assert answer.status_code == 400
    assert "JSON object" in answer.json()["error"]
    assert client.flex_api.v1.channel.list() == []


def test_what_twilio_refuses_is_passed_on(post: Post, task_flow: Any, mock: MockTwilio) -> None:
    mock.faults.add("CreateChannel", status=503)
    answer = post("session", {})
    assert answer.status_code == 502
    assert answer.json()["error"].startswith("Twilio refused: ")


def test_another_page_cannot_start_chats_here(post: Post, task_flow: Any, client: Any) -> None:
    for headers in (
        {"Origin": "https://elsewhere.example.com"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Host": "rebound.example.com"},
    ):
        assert post("session", {}, headers=headers).status_code == 403
    assert client.flex_api.v1.channel.list() == []


def test_the_back_end_answers_posts_only(mock: MockTwilio) -> None:
    assert get(mock, "session").status_code == 405


# -- the back end of the page on Conversations


def test_a_conversation_is_started_for_a_new_customer_and_found_again_until_it_is_closed(
    mock: MockTwilio, account: Account, client: Any
) -> None:
    def ask(question: Any, path: str = "session") -> requests.Response:
        return requests.post(f"{mock.url}/conversations/{path}", json=question, timeout=30)

    refused = ask({})
    assert refused.status_code == 409
    assert "begins with Incoming Conversation" in refused.json()["error"]
    assert client.conversations.v1.conversations.list() == []
    made = requests.post(f"{mock.url}/_mock/actions/studio-flow", json={}, timeout=30).json()
    first = ask({"name": "Jane"}).json()
    assert set(first) == {"identity", "conversation_sid", "token"}
    conversation = client.conversations.v1.conversations(first["conversation_sid"])
    assert conversation.fetch().friendly_name == "Chat with Jane"
    assert [each.identity for each in conversation.participants.list()] == [first["identity"]]
    [hook] = conversation.webhooks.list()
    assert (hook.target, hook.configuration) == ("studio", {"flow_sid": made["sid"]})
    assert read_token(first["token"]).identity == first["identity"]
    known = {"identity": first["identity"]}
    assert ask(known).json()["conversation_sid"] == conversation.fetch().sid
    assert ask(known, "token").json()["token"]
    assert ask({"identity": "alice"}).status_code == 403
    conversation.update(state="closed")
    assert ask(known).json()["conversation_sid"] != conversation.fetch().sid


# -- the page


def test_the_page_is_its_files_and_may_load_little_else(mock: MockTwilio) -> None:
    page = get(mock)
    assert page.headers["Content-Type"].startswith("text/html")
    assert requests.get(f"{mock.url}/chat", timeout=30).text == page.text
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'self'; script-src 'self' https://media.twiliocdn.com;" in policy
    assert f"connect-src 'self' ws://{mock.url.removeprefix('http://')}" in policy
    assert "unsafe" not in policy
    assert get(mock, "chat.js").headers["Content-Type"].startswith("text/javascript")
    assert get(mock, "view.js").headers["Content-Type"].startswith("text/javascript")
    assert get(mock, "dom.js").headers["Content-Type"].startswith("text/javascript")
    assert get(mock, "chat.css").headers["Content-Type"].startswith("text/css")
    assert get(mock, "../backend.py").status_code == 404


def test_the_other_page_is_the_same_on_the_other_sdk(
    mock: MockTwilio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    url = f"{mock.url}/conversations"
    found = requests.get(f"{url}/", timeout=30)
    assert found.text == requests.get(url, timeout=30).text
    expected = get(mock).text.replace(CHAT.cdn, CONVERSATIONS.cdn)
    assert found.text == expected.replace("chat.js", "conversations.js")
    policy = found.headers["Content-Security-Policy"]
    assert "script-src 'self' https://sdk.twilio.com;" in policy
    missing = requests.get(f"{url}/twilio-conversations.min.js", timeout=30)
    assert "npm install @twilio/conversations" in missing.json()["error"]
    (tmp_path / CONVERSATIONS.place).parent.mkdir(parents=True)
    (tmp_path / CONVERSATIONS.place).write_text("the SDK")
    assert 'src="twilio-conversations.min.js"' in requests.get(url, timeout=30).text
    assert requests.get(f"{url}/twilio-conversations.min.js", timeout=30).text == "the SDK"


@pytest.mark.parametrize(
    "odd", ["x; script-src *", "localhost:1 *", "127.0.0.1,x", "localhost:80'", "a\tb", "*"]
)
def test_a_made_up_host_does_not_get_into_the_policy(mock: MockTwilio, odd: str) -> None:
    refused = requests.get(f"{mock.url}/chat/", headers={"Host": odd}, timeout=30)
    assert refused.status_code == 400
    assert refused.headers["Content-Type"].startswith("application/json")
    assert "The Host header names no host" in refused.json()["error"]
    policy = page._policy(odd, CHAT)  # a server in front of this one may let more through
    assert policy == page._policy("", CHAT)
    assert "connect-src 'self';" in policy


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:99", "[::1]:8080", "my-mac.local"])
def test_the_policy_names_the_host_that_the_page_was_asked_of(mock: MockTwilio, host: str) -> None:
    found = requests.get(f"{mock.url}/chat/", headers={"Host": host}, timeout=30)
    policy = found.headers["Content-Security-Policy"]
    assert f"connect-src 'self' ws://{host} wss://{host};" in policy


def test_one_line_of_the_script_is_the_mocks(mock: MockTwilio) -> None:
    lines = get(mock, "page.js").text.splitlines()
    assert [line for line in lines if "mock" in line] == [
        line for line in lines if "delete this line to talk to Twilio" in line
    ]
    assert len([line for line in lines if "delete this line" in line]) == 1


def test_without_a_copy_the_sdk_comes_from_twilio(
    mock: MockTwilio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert f'src="{CHAT.cdn}"' in get(mock).text
    missing = get(mock, "twilio-chat.min.js")
    assert missing.status_code == 404
    assert "npm install twilio-chat" in missing.json()["error"]


def test_npms_copy_is_found_above_the_working_directory(
    mock: MockTwilio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / CHAT.place).parent.mkdir(parents=True)
    (tmp_path / CHAT.place).write_text("the SDK")
    (tmp_path / "notebooks").mkdir()
    monkeypatch.chdir(tmp_path / "notebooks")
    assert 'src="twilio-chat.min.js"' in get(mock).text
    copy = get(mock, "twilio-chat.min.js")
    assert copy.text == "the SDK"
    assert copy.headers["Access-Control-Allow-Origin"] == "*"


def test_a_copy_can_be_named(
    account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "sdk.js"
    copy.write_text("another SDK")
    assert isinstance(account.mock, MockTwilio)
    with account.mock.serve(chat_sdk=copy):
        assert get(account.mock, "twilio-chat.min.js").text == "another SDK"
    monkeypatch.setenv(CHAT.variable, str(copy))
    with account.mock.serve():
        assert get(account.mock, "twilio-chat.min.js").text == "another SDK"


def test_a_copy_that_is_missing_is_reported(
    account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(account.mock, MockTwilio)
    with pytest.raises(NoSuchCopy, match="npm install twilio-chat"):
        account.mock.serve(chat_sdk=tmp_path / "nothing.js")
    assert account.mock.url is None
    monkeypatch.setenv(CHAT.variable, str(tmp_path))
    with pytest.raises(NoSuchCopy, match=CHAT.variable):
        account.mock.serve()


# -- serving from a kernel


def test_a_kernels_own_account_is_served_and_stops(account: Account) -> None:
    mock = account.mock
    assert isinstance(mock, MockTwilio)
    assert mock.url is None
    with mock.serve() as server:
        assert mock.url == server.url
        assert mock.serve() is server  # a cell that runs twice
        shared = f"{server.url}/chat.twilio.com/v2/Services"
        auth = (account.credentials.account_sid, account.credentials.auth_token)
        assert requests.get(shared, auth=auth, timeout=30).status_code == 200
        with pytest.raises(ValueError, match="already"):
            mock.serve(port=1)
    assert mock.url is None
    with mock.serve() as another:
        assert requests.get(f"{another.url}/chat/", timeout=30).status_code == 200


def test_a_server_with_nothing_under_way_stops_at_once(account: Account) -> None:
    assert isinstance(account.mock, MockTwilio)
    took = [1.0]
    for _ in range(20):  # one is enough, as others may be at work on this machine
        if min(took) < 0.1:
            break
        with requests.Session() as page:  # whose connection stays open
            with account.mock.serve() as server:
                assert page.get(f"{server.url}/chat/", timeout=30).status_code == 200
                started = time.perf_counter()
            took.append(time.perf_counter() - started)
    assert min(took) < 0.1


def test_a_port_in_use_is_reported(account: Account) -> None:
    assert isinstance(account.mock, MockTwilio)
    with MockTwilio() as other, other.serve() as server:
        port = int(server.url.rpartition(":")[2])
        with pytest.raises(CannotListen):
            account.mock.serve(port=port)
        assert account.mock.url is None


def test_closing_the_account_stops_its_server() -> None:
    mock = MockTwilio()
    url = mock.serve().url
    mock.close()
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{url}/chat/", timeout=30)
