"""Twilio's own JavaScript SDKs on the mock, unmodified: messages, both ways."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from javascript import JavaScriptClient, Refused, in_the_bundle_too

Start = Callable[..., JavaScriptClient]


@pytest.fixture
def jane(start: Start) -> JavaScriptClient:
    return start("jane")


@pytest.fixture
def sid(channel: Any, service: Any) -> str:
    """A channel that jane and bob are in."""
    channel.update(unique_name="support", attributes=json.dumps({"topic": "billing"}))
    for identity in ("jane", "bob"):
        channel.members.create(identity=identity)
    found: str = channel.fetch().sid
    return found


def test_a_channel_is_found_by_sid_and_by_unique_name(sid: str, jane: JavaScriptClient) -> None:
    found = jane.ask("find", sid)
    assert (found["name"], found["status"], found["attributes"]) == (
        "Support",
        "joined",
        {"topic": "billing"},
    )
    assert jane.ask("findByName", "support")["sid"] == sid


def test_a_public_channel_can_be_looked_at_without_joining_it(
    channel: Any, jane: JavaScriptClient
) -> None:
    found = jane.ask("find", channel.fetch().sid)
    assert (found["name"], found["status"]) == ("Support", "notParticipating")
    with pytest.raises(Refused):
        jane.ask("messages", found["sid"])


def test_a_channel_that_is_not_there_is_refused_with_404(jane: JavaScriptClient) -> None:
    with pytest.raises(Refused) as refused:
        jane.ask("find", "CH" + "0" * 32)
    assert (refused.value.status, refused.value.code) == (404, 20404)


@in_the_bundle_too
def test_history_is_read_page_by_page(channel: Any, sid: str, jane: JavaScriptClient) -> None:
    for number in range(75):
        channel.messages.create(body=f"message {number}", from_="bob")
    jane.ask("find", sid)

    latest = jane.ask("messages", sid)
    assert [message["index"] for message in latest["items"]] == list(range(45, 75))
    assert (latest["previous"], latest["next"]) == (True, False)

    before = jane.ask("previous")
    assert [message["index"] for message in before["items"]] == list(range(15, 45))
    first = jane.ask("previous")
    assert [message["index"] for message in first["items"]] == list(range(15))
    assert (first["previous"], first["next"]) == (False, True)

    forward = jane.ask("messages", sid, 30, 20, "forward")
    assert [message["index"] for message in forward["items"]] == list(range(20, 50))
    assert [message["index"] for message in jane.ask("next")["items"]] == list(range(50, 75))


def test_what_a_client_sends_is_a_message_by_any_door(
    channel: Any, sid: str, jane: JavaScriptClient
) -> None:
    jane.wait_for("channelJoined", sid=sid)
    jane.ask("messages", sid)
    assert jane.ask("send", sid, "Hällo 👋", {"mood": "fine"}) == 0
    [sent] = channel.messages.list()
    assert (sent.body, sent._from, json.loads(sent.attributes)) == (
        "Hällo 👋",
        "jane",
        {"mood": "fine"},
    )
    event = jane.wait_for("messageAdded", index=0)
    assert (event["body"], event["attributes"]) == ("Hällo 👋", {"mood": "fine"})


@pytest.mark.parametrize("value", [["vip"], "x", 5, True])
def test_attributes_may_be_any_json(
    channel: Any, service: Any, sid: str, jane: JavaScriptClient, value: Any
) -> None:
    text = json.dumps(value)
    jane.ask("find", sid)
    channel.update(attributes=text)
    assert jane.wait_for("channelUpdated", attributes=value)
    assert {each["identity"] for each in jane.ask("members", sid)} == {"jane", "bob"}
    channel.members("bob").update(attributes=text)
    service.users("bob").update(attributes=text)
    channel.messages.create(body="hi", from_="bob", attributes=text)
    assert [each["attributes"] for each in jane.ask("messages", sid)["items"]] == [value]
    assert jane.ask("user", "bob")["attributes"] == value
    assert jane.wait_for("memberUpdated", identity="bob", attributes=value)
    channel.members("jane").update(role_sid=service.fetch().default_channel_creator_role_sid)
    jane.ask("send", sid, "hi", value)
    jane.ask("setAttributes", sid, value)
    jane.ask("setMemberAttributes", sid, "jane", value)
    jane.ask("describeMyself", value)
    made = (
        channel.messages.list()[1],
        channel.fetch(),
        channel.members("jane").fetch(),
        service.users("jane").fetch(),
    )
    assert [json.loads(each.attributes) for each in made] == [value] * 4


in_conversations_only = pytest.mark.parametrize("sdk", ["@twilio/conversations"], indirect=True)
"""Chat's messages have text or a file."""


@in_conversations_only
def test_a_message_has_text_beside_its_file(channel: Any, sid: str, jane: JavaScriptClient) -> None:
    jane.ask("find", sid)
    jane.ask("messages", sid)
    assert jane.ask("sendWithFile", sid, "see file", "the file") == 0
    event = jane.wait_for("messageAdded")
    assert (event["body"], event["type"], event["media"]["size"]) == ("see file", "media", 8)
    [sent] = channel.messages.list()
    assert (sent.body, sent.type, sent.media["filename"]) == ("see file", "media", "note.txt")
    jane.ask("edit", sid, 0, "see the file")
    assert channel.messages.list()[0].body == "see the file"
    with urllib.request.urlopen(jane.ask("mediaUrl", sid, 0)) as answer:
        assert answer.read() == b"the file"


@in_the_bundle_too
def test_messages_added_edited_and_removed_are_emitted(
    channel: Any, sid: str, jane: JavaScriptClient
) -> None:
    jane.wait_for("channelJoined", sid=sid)
    jane.ask("messages", sid)
    message = channel.messages.create(body="How can I help?", from_="bob")
    event = jane.wait_for("messageAdded")
    assert (event["sid"], event["author"], event["index"]) == (message.sid, "bob", 0)
    assert event["member"] == channel.members("bob").fetch().sid
    assert jane.wait_for("channelUpdated", reasons=["lastMessage"])["last"] == 0

    message.update(body="How may I help?", attributes='{"edited": true}')
    event = jane.wait_for("messageUpdated")
    assert (event["body"], event["attributes"]) == ("How may I help?", {"edited": True})
    assert {"attributes", "body"} <= set(event["reasons"])

    channel.messages(message.sid).delete()
    assert jane.wait_for("messageRemoved")["sid"] == message.sid
    assert jane.ask("messages", sid)["items"] == []


def test_one_edits_and_removes_ones_own_messages(
    channel: Any, sid: str, jane: JavaScriptClient
) -> None:
    jane.ask("find", sid)
    jane.ask("send", sid, "Helo")
    jane.ask("edit", sid, 0, "Hello")
    jane.ask("annotate", sid, 0, {"corrected": True})
    [kept] = channel.messages.list()
    assert (kept.body, kept.attributes, kept.last_updated_by) == (
        "Hello",
        '{"corrected":true}',
        "jane",
    )
    jane.ask("remove", sid, 0)
    assert channel.messages.list() == []


def test_another_persons_message_cannot_be_edited(
    channel: Any, sid: str, jane: JavaScriptClient
) -> None:
    channel.messages.create(body="mine", from_="bob")
    jane.ask("find", sid)
    with pytest.raises(Refused) as refused:
        jane.ask("edit", sid, 0, "yours")
    assert (refused.value.status, refused.value.code) == (403, 50107)


@in_the_bundle_too
def test_a_file_is_sent_and_fetched(channel: Any, sid: str, jane: JavaScriptClient) -> None:
    jane.wait_for("channelJoined", sid=sid)
    jane.ask("messages", sid)
    assert jane.ask("sendMedia", sid, "text/plain", "a short note") == 0
    event = jane.wait_for("messageAdded")
    assert (event["type"], event["media"]["type"], event["media"]["size"]) == (
        "media",
        "text/plain",
        12,
    )
    [sent] = channel.messages.list()
    assert sent.type == "media"
    with urllib.request.urlopen(jane.ask("mediaUrl", sid, 0), timeout=30) as content:
        assert (content.read(), content.headers["Content-Type"]) == (b"a short note", "text/plain")


def test_typing_is_emitted_to_the_others_only(
    sid: str, start: Start, jane: JavaScriptClient
) -> None:
    bob = start("bob")
    for client in (jane, bob):
        client.wait_for("channelJoined", sid=sid)
        client.ask("messages", sid)
    jane.ask("type", sid)
    assert bob.wait_for("typingStarted")["identity"] == "jane"
    jane.ask("send", sid, "done")
    assert bob.wait_for("typingEnded")["identity"] == "jane"
    bob.ask("type", sid)
    assert jane.wait_for("typingStarted")["identity"] == "bob"
    assert [event["identity"] for event in jane.all("typingStarted")] == ["bob"]


def test_the_read_horizon_is_emitted_both_ways(
    channel: Any, sid: str, jane: JavaScriptClient
) -> None:
    for number in range(5):
        channel.messages.create(body=str(number), from_="bob")
    jane.wait_for("channelJoined", sid=sid)
    jane.ask("messages", sid)

    assert jane.ask("read", sid, 2) == 2
    assert channel.members("jane").fetch().last_consumed_message_index == 2
    assert jane.wait_for("memberUpdated", identity="jane")["read"] == 2
    assert jane.wait_for("channelUpdated", read=2)["sid"] == sid
    assert jane.ask("counts", sid) == [5, 2, 2]
    assert jane.ask("readAll", sid) == 0

    channel.members("bob").update(last_consumed_message_index=4)
    assert jane.wait_for("memberUpdated", identity="bob")["read"] == 4
    jane.ask("readNone", sid)
    assert channel.members("jane").fetch().last_consumed_message_index is None
