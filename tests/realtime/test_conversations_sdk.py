"""`@twilio/conversations` 2.7 and 3.0: all that they have and `twilio-chat` has not."""

from __future__ import annotations

import time
import urllib.request
from collections.abc import Callable
from typing import Any

import javascript
import pytest
from javascript import JavaScriptClient, Refused

from helpers import Account, ConversationsClient

Start = Callable[..., JavaScriptClient]
pytestmark = pytest.mark.parametrize("sdk", javascript.CONVERSATIONS, indirect=True)


@pytest.fixture
def conversations(client: Any) -> Any:
    """The account's conversations, as the SDK for servers names them."""
    return client.conversations.v1.conversations


@pytest.fixture
def jane(start: Start) -> JavaScriptClient:
    return start("jane")


@pytest.fixture
def sid(creators: None, jane: JavaScriptClient) -> str:
    """A conversation that jane has made and joined."""
    found: str = jane.ask("create", {"friendlyName": "Support"})["sid"]
    jane.ask("join", found)
    jane.wait_for("channelJoined", sid=found)
    return found


def participant(client: JavaScriptClient, sid: str, identity: str) -> dict[str, Any]:
    """A participant as the client shows it, who was added a moment ago."""
    deadline = time.monotonic() + javascript.PATIENCE
    while time.monotonic() < deadline:
        for one in client.ask("members", sid):
            if one["identity"] == identity:
                return one
        time.sleep(0.02)
    raise AssertionError(f"{identity} never came")


def test_a_conversation_has_a_state(sid: str, jane: JavaScriptClient, conversations: Any) -> None:
    assert jane.ask("find", sid)["state"] == "active"
    conversations(sid).update(state="inactive")
    assert "state" in jane.wait_for("channelUpdated", state="inactive")["reasons"]
    jane.ask("send", sid, "Are you there?")
    assert "state" in jane.wait_for("channelUpdated", state="active")["reasons"]


def test_a_message_alone_is_no_change_of_the_state(sid: str, jane: JavaScriptClient) -> None:
    jane.ask("send", sid, "one")
    updated = jane.wait_for("channelUpdated", last=0)
    assert "state" not in updated["reasons"]


def test_a_closed_conversation_is_read_and_not_written(
    sid: str, jane: JavaScriptClient, start: Start, conversations: Any
) -> None:
    jane.ask("send", sid, "one")
    conversations(sid).update(state="closed")
    jane.wait_for("channelUpdated", state="closed")
    for act in (("send", sid, "two"), ("setAttributes", sid, {}), ("addWith", sid, "bob", {})):
        with pytest.raises(Refused) as refused:
            jane.ask(*act)
        assert (refused.value.status, refused.value.code) == (400, 50377)
    later = start("jane")
    assert later.ask("find", sid)["state"] == "closed"
    assert [each["body"] for each in later.ask("messages", sid)["items"]] == ["one"]


def test_a_participant_is_added_with_attributes(
    sid: str, jane: JavaScriptClient, conversations: Any
) -> None:
    jane.ask("addWith", sid, "bob", {"vip": True})
    bob = participant(jane, sid, "bob")
    assert (bob["attributes"], bob["type"], bob["bindings"]) == ({"vip": True}, "chat", {})
    assert conversations(sid).participants("bob").fetch().attributes == '{"vip":true}'


def test_a_person_with_a_phone_is_added(
    sid: str, jane: JavaScriptClient, start: Start, conversations: Any
) -> None:
    jane.ask("addPhone", sid, "+15005550006", "+15005550001", {"x": 1})
    again = start("jane")
    again.ask("find", sid)
    [shown] = [one for one in again.ask("members", sid) if one["type"] == "sms"]
    assert (shown["identity"], shown["attributes"]) == (None, {"x": 1})
    assert shown["bindings"]["sms"]["address"] == "+15005550001"
    [phone] = [one for one in conversations(sid).participants.list() if one.identity is None]
    assert phone.messaging_binding == {
        "type": "sms",
        "address": "+15005550001",
        "proxy_address": "+15005550006",
    }


def test_a_message_carries_text_and_several_files(
    sid: str, jane: JavaScriptClient, conversations: Any
) -> None:
    index = jane.ask("sendFiles", sid, "See these", ["a.txt", "b.txt", "c.txt"])
    received = jane.wait_for("messageAdded", index=index)
    assert (received["body"], received["files"]) == ("See these", ["a.txt", "b.txt", "c.txt"])
    [stored] = conversations(sid).messages.list()
    assert [media["filename"] for media in stored.media] == ["a.txt", "b.txt", "c.txt"]
    count, urls = jane.ask("fileUrls", sid, index)
    assert count == 3
    with urllib.request.urlopen(urls[1]) as content:
        assert content.read() == b"b.txt"


def test_several_files_are_all_there_for_a_client_in_python(
    sid: str, jane: JavaScriptClient, account: Account
) -> None:
    received: list[Any] = []
    with ConversationsClient(account, account.chat_token("jane")) as client:
        client.on("messageAdded", received.append)
        jane.ask("sendFiles", sid, "See these", ["a.txt", "b.txt"])
        jane.wait_for("messageAdded", index=0)
        [read] = client.get_conversation_by_sid(sid).get_messages().items
    for message in (*received, read):
        assert (message.body, message.media) == ("See these", message.attached_media[0])
        assert [media.filename for media in message.attached_media] == ["a.txt", "b.txt"]
    assert len(received) == 1


def test_more_files_than_the_limit_are_refused_by_the_sdk(sid: str, jane: JavaScriptClient) -> None:
    with pytest.raises(Refused) as refused:
        jane.ask("sendFiles", sid, "", [f"{number}.txt" for number in range(11)])
    assert "Too many media attachments in the message (11 > 10)" in refused.value.message


def test_a_message_to_a_phone_has_a_receipt_and_says_how_far_it_has_come(
    sid: str, jane: JavaScriptClient, account: Account, conversations: Any
) -> None:
    assert account.mock is not None
    phone = conversations(sid).participants.create(
        messaging_binding_address="+15005550001", messaging_binding_proxy_address="+15005550006"
    )
    assert jane.ask("messages", sid)["items"] == []
    index = jane.ask("send", sid, "hi")
    sent = jane.wait_for("messageAdded", index=index)
    assert sent["delivery"] == [1, "all", "none", "none"]
    assert jane.ask("receipts", sid, index) == [[phone.sid, "sent", 0]]
    account.mock.phone("+15005550001").report(sent["sid"], "delivered")
    updated = jane.wait_for("messageUpdated", index=index)
    assert updated["reasons"] == ["deliveryReceipt"]
    assert updated["delivery"] == [1, "all", "all", "none"]


def test_a_chat_user_has_no_receipts_recipients_or_templates(
    sid: str, jane: JavaScriptClient
) -> None:
    index = jane.ask("send", sid, "hi")
    assert jane.ask("receipts", sid, index) == []
    assert jane.ask("recipients", sid, index) == [[], []]
    assert jane.ask("templates") == []


def test_a_conversation_is_peeked_at(sid: str, jane: JavaScriptClient) -> None:
    assert jane.ask("peek", sid)["name"] == "Support"


def test_users_are_subscribed_to(sid: str, jane: JavaScriptClient) -> None:
    jane.ask("addWith", sid, "bob", {})
    assert jane.ask("user", "bob")["identity"] == "bob"
    jane.wait_for("userSubscribed", identity="bob")
    assert set(jane.ask("subscribedUsers")) == {"bob", "jane"}


@pytest.mark.usefixtures("creators")
def test_a_creator_joins_its_own_conversation_and_a_stranger_does_not(
    jane: JavaScriptClient, start: Start
) -> None:
    own = jane.ask("create", {"friendlyName": "Mine"})["sid"]
    jane.ask("join", own)
    assert jane.wait_for("channelJoined", sid=own)["by"] == "jane"
    with pytest.raises(Refused) as refused:
        start("eve").ask("find", own)
    assert refused.value.status in (403, 404)


def test_push_notifications_are_parsed_by_the_names_of_conversations(
    jane: JavaScriptClient,
) -> None:
    kind = "twilio.conversations.new_message"
    payload = {"data": {"twi_message_type": kind, "conversation_sid": "CH1"}}
    assert jane.ask("parsePush", payload) == kind
