"""Arguments of a chat client, refused as the Chat SDK refuses them; attributes are any JSON."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from doors import Door
from support import everything

from helpers import Account, ChatClient, ChatError

FILE = {"content_type": "text/plain", "media": b"hi"}
REFUSED: dict[str, list[tuple[Any, str]]] = {
    "send_message": [
        ((["a", "b"],), "body is expected to be a string or None, but got an instance of list"),
        ((b"hi",), "body is expected to be a string or None, but got an instance of bytes"),
        ((5,), "body is expected to be a string or None, but got 5"),
        (("hi", {"k": {1}}), "attributes is expected to be a JSON value"),
        (("hi", float("nan")), "attributes is expected to be a JSON value.*but got nan"),
        (("hi", b"{}"), "attributes is expected to be a JSON value.*an instance of bytes"),
    ],
    "get_messages": [
        ((-1,), "page_size is expected to be a non-negative integer, but got -1"),
        (("30",), "page_size is expected to be a non-negative integer, but got '30'"),
        ((True,), "page_size is expected to be a non-negative integer, but got True"),
        ((2.5,), "page_size is expected to be a non-negative integer, but got 2.5"),
        ((30, -1), "anchor is expected to be a non-negative integer or None, but got -1"),
        ((30, 0, "sideways"), "direction is expected to be 'backwards' or 'forward', but got 's"),
        ((30, 0, None), "direction is expected to be 'backwards' or 'forward', but got None"),
    ],
    "update_last_consumed_message_index": [
        ((-1,), "index is expected to be a non-negative integer or None, but got -1"),
        (("3",), "index is expected to be a non-negative integer or None, but got '3'"),
    ],
    "advance_last_consumed_message_index": [
        ((None,), "index is expected to be a non-negative integer, but got None"),
        ((1.5,), "index is expected to be a non-negative integer, but got 1.5"),
    ],
    "add": [
        (("",), "identity is expected to be a non-empty string, but got ''"),
        ((["bob"],), "identity is expected to be a non-empty string, but got an instance of list"),
    ],
    "update_attributes": [
        ((object(),), "attributes is expected to be a JSON value.*an instance of object"),
        (({"a": float("inf")},), "attributes is expected to be a JSON value"),
    ],
}
JSON = [["vip"], "x", 5, 1.5, True, False, 0, "", [], None, {"a": [1]}]


@pytest.mark.parametrize(
    ("method", "arguments", "sentence"),
    [(name, *case) for name, cases in REFUSED.items() for case in cases],
)
def test_an_argument_of_another_kind_is_refused_and_nothing_is_sent(
    account: Account, chat: ChatClient, method: str, arguments: Any, sentence: str
) -> None:
    [joined] = chat.get_subscribed_channels()
    before = everything(account)
    requests = len(account.requests)
    with pytest.raises(ValueError, match=rf"^{method}\(\): {sentence}"):
        getattr(joined, method)(*arguments)
    assert len(account.requests) == requests
    assert everything(account) == before


@pytest.mark.parametrize(
    "media",
    [
        5,
        b"hi",
        {},
        {**FILE, "media": "hi"},
        {**FILE, "media": b""},
        {**FILE, "content_type": ""},
        {**FILE, "content_type": 7},
        {**FILE, "filename": 7},
    ],
)
def test_media_of_another_kind_is_refused_before_it_is_uploaded(
    account: Account, chat: ChatClient, media: Any
) -> None:
    [joined] = chat.get_subscribed_channels()
    requests = len(account.requests)
    with pytest.raises(ValueError, match=r"^send_message\(\): media is expected to be a file's"):
        joined.send_message(media=media)
    assert len(account.requests) == requests


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"friendly_name": 5}, "friendly_name is expected to be a string or None, but got 5"),
        ({"unique_name": ["a", "b"]}, "unique_name is expected to be a string or None, but got an"),
        ({"is_private": "false"}, "is_private is expected to be a boolean, but got 'false'"),
    ],
)
def test_a_channel_is_not_made_of_options_of_another_kind(
    chat: ChatClient, service: Any, options: Any, sentence: str
) -> None:
    before = len(service.channels.list())
    with pytest.raises(ValueError, match=rf"^create_channel\(\): {sentence}"):
        chat.create_channel(**options)
    assert len(service.channels.list()) == before


@pytest.mark.parametrize("value", JSON)
def test_attributes_of_any_json_are_sent_as_they_are(
    account: Account, channel: Any, value: Any
) -> None:
    channel.members.create(identity="user-42")
    live = Account("live", account.credentials, Door(account.mock))
    with ChatClient(live, live.chat_token("user-42")) as client:
        [joined] = client.get_subscribed_channels()
        for act in (joined.update_attributes, lambda sent: joined.send_message("hi", sent)):
            with suppress(ChatError):  # an account may take objects only
                act(value)
    sent = [entry.parameters["Attributes"] for entry in live.requests if entry.method == "POST"]
    by_default = {} if value is None else value
    assert [json.loads(text) for text in sent] == [value, by_default]


@pytest.mark.parametrize("text", ['["vip"]', '"x"', "5", "true", "null", "{}", "", "not JSON"])
def test_attributes_of_any_json_are_read_as_they_are(
    chat: ChatClient, channel: Any, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    value = json.loads(text) if text not in ("", "not JSON") else {}
    [joined] = chat.get_subscribed_channels()
    door = chat._session.service._version.domain.twilio.http_client
    answer = door.request

    def answered(*args: Any, **kwargs: Any) -> Any:
        response = answer(*args, **kwargs)
        response.content = response.text.replace('"{}"', json.dumps(text)).encode()
        return response

    channel.messages.create(body="hi", from_="agent")
    monkeypatch.setattr(door, "request", answered)
    assert joined.get_messages().items[0].attributes == value
    assert joined.get_members()[0].attributes == value
    assert chat.get_user("user-42").attributes == value
    assert chat.get_channel_by_sid(joined.sid).is_ended is False


def test_zero_messages_a_page_are_the_default_as_in_the_chat_sdk(
    chat: ChatClient, channel: Any
) -> None:
    for number in range(31):
        channel.messages.create(body=str(number), from_="agent")
    [joined] = chat.get_subscribed_channels()
    page = joined.get_messages(0)
    assert (len(page.items), page.has_prev_page) == (30, True)
