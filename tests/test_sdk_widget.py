"""The Chat SDK in a cell, as Python sees it: a browser connects, reports events, runs commands."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from twilio.rest import Client

from helpers import Account, ChatSdkWidget
from helpers.front_ends import NotServed
from helpers.front_ends.sdk_model import KEPT
from helpers.mock import Credentials, MockTwilio

SID = "CH" + "0" * 32


@pytest.fixture
def served(account: Account) -> Iterator[Account]:
    assert isinstance(account.mock, MockTwilio)
    with account.mock.serve():
        yield account


@pytest.fixture
def token(account: Account) -> str:
    return account.chat_token("abc123")


@pytest.fixture
def widget(served: Account, token: str) -> ChatSdkWidget:
    return ChatSdkWidget(served, SID, token)


class Browser:
    """A window with the notebook in it, as the kernel knows it."""

    def __init__(self, widget: ChatSdkWidget, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.widget = widget
        self.name = name
        self.sent: list[dict[str, Any]] = []
        monkeypatch.setattr(widget._sdk, "_send", self._record)
        self.say("hello")

    def say(self, kind: str, **content: Any) -> None:
        message = {"type": kind, "browser": self.name, **content}
        self.widget._handle_custom_msg(message, [])

    def emit_event(self, name: str, **data: Any) -> None:
        self.say("event", name=name, data=data)

    def _record(self, content: dict[str, Any]) -> None:
        self.sent.append(json.loads(json.dumps(content)))


@pytest.fixture
def browser(widget: ChatSdkWidget, monkeypatch: pytest.MonkeyPatch) -> Browser:
    return Browser(widget, "one", monkeypatch)


def test_a_mock_that_is_not_served_is_refused_with_what_to_do(account: Account, token: str) -> None:
    with pytest.raises(NotServed, match=r"account\.mock\.serve\(\)"):
        ChatSdkWidget(account, SID, token)


def test_a_browser_is_sent_its_settings_to_log_in(
    served: Account, browser: Browser, token: str
) -> None:
    assert served.mock is not None
    [start] = browser.sent
    assert (start["type"], start["to"]) == ("start", "one")
    assert start["mock"] == served.mock.url
    assert start["sdk"][0] == f"{served.mock.url}/chat/twilio-chat.min.js"
    assert (start["channel_sid"], start["token"]) == (SID, token)


def test_on_a_live_account_the_sdk_comes_from_twilio_and_connects_there(token: str) -> None:
    credentials = Credentials.demo()
    live = Account("live", credentials, Client("AC", "x").http_client)
    widget = ChatSdkWidget(live, SID, token)
    assert widget._sdk.log_in["mock"] is None
    assert [url.split("/")[2] for url in widget._sdk.log_in["sdk"]] == ["media.twiliocdn.com"]


def test_events_arrive_in_python(widget: ChatSdkWidget, browser: Browser) -> None:
    received: list[dict[str, Any]] = []
    widget.on("messageAdded", received.append)
    browser.emit_event("connectionStateChanged", state="connected")
    browser.emit_event("messageAdded", author="alice", body="<b>Hello</b>")
    assert received == [{"author": "alice", "body": "<b>Hello</b>"}]
    assert [event.name for event in widget.events] == ["connectionStateChanged", "messageAdded"]
    assert widget.events[1].data["author"] == "alice"
    assert widget.connection_state == "connected"
    widget.off("messageAdded", received.append)
    browser.emit_event("messageAdded", author="alice", body="Hello?")
    assert len(received) == 1


def test_a_handler_that_fails_stops_neither_the_others_nor_the_list(
    widget: ChatSdkWidget, browser: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    received: list[str] = []
    widget.on("typingStarted", lambda data: 1 / 0)
    widget.on("typingStarted", lambda data: received.append(data["identity"]))
    browser.emit_event("typingStarted", identity="alice")
    assert received == ["alice"]
    assert len(widget.events) == 1
    assert "ZeroDivisionError" in caplog.text


def test_what_python_says_waits_for_a_browser_with_the_chat_in_it(
    widget: ChatSdkWidget, monkeypatch: pytest.MonkeyPatch
) -> None:
    widget.send_message("early")
    browser = Browser(widget, "one", monkeypatch)
    widget.typing()
    assert [sent["type"] for sent in browser.sent] == ["start"]
    browser.say("opened")
    widget.update_token("another")
    assert [(sent["name"], sent["arguments"], sent["to"]) for sent in browser.sent[1:]] == [
        ("sendMessage", ["early"], "one"),
        ("typing", [], "one"),
        ("updateToken", ["another"], "one"),
    ]


def test_of_two_browsers_the_newest_is_listened_to(
    widget: ChatSdkWidget, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser.say("opened")
    newest = Browser(widget, "two", monkeypatch)
    browser.emit_event("messageAdded", body="heard twice otherwise")
    assert widget.events == []
    widget.send_message("once")
    newest.say("opened")
    assert [sent["to"] for sent in newest.sent] == ["two", "two"]
    assert newest.sent[-1]["arguments"] == ["once"]


def test_a_browser_that_comes_later_gets_the_token_of_the_day(
    widget: ChatSdkWidget, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    widget.update_token("fresh")
    assert Browser(widget, "two", monkeypatch).sent[0]["token"] == "fresh"


def test_why_there_is_no_chat_is_known_until_there_is_one(
    widget: ChatSdkWidget, browser: Browser
) -> None:
    assert widget.problem is None
    browser.say("problem", text="this browser cannot reach the mock")
    assert widget.problem == "this browser cannot reach the mock"
    browser.say("opened")
    assert widget.problem is None


def test_events_are_remembered_up_to_a_limit(widget: ChatSdkWidget, browser: Browser) -> None:
    for number in range(KEPT + 5):
        browser.emit_event("messageAdded", index=number)
    assert len(widget.events) == KEPT
    assert widget.events[0].data["index"] == 5


def test_neither_token_nor_messages_are_in_what_a_notebook_saves(
    widget: ChatSdkWidget, browser: Browser, token: str
) -> None:
    browser.emit_event("messageAdded", body="between us")
    saved = json.dumps({name: str(value) for name, value in widget.get_state().items()})
    assert token not in saved
    assert "between us" not in saved
    assert repr(widget) == f"ChatSdkWidget({SID!r})"
    assert "between us" not in repr(widget.events)


def test_the_list_of_events_grows_as_they_arrive(widget: ChatSdkWidget) -> None:
    shown = widget.event_list()
    assert "None so far" in shown.value
    widget._receive(widget, {"type": "hello", "browser": "b1"}, [])
    widget._receive(
        widget,
        {
            "type": "event",
            "browser": "b1",
            "name": "messageAdded",
            "data": {"author": "jane", "body": "<b>"},
        },
        [],
    )
    assert "messageAdded" in shown.value
    assert "&lt;b&gt;" in shown.value
    assert repr(shown) == "SdkEventList()"
