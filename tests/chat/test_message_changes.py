"""Messages edited and deleted through the chat client, as the Chat SDK does it."""

from __future__ import annotations

from typing import Any

import pytest

from helpers import ChatClient, ChatError
from helpers.chat import Channel, Message
from helpers.chat.media import MOST_MEGABYTES


@pytest.fixture
def own(chat: ChatClient, channel: Any) -> Channel:
    """The channel, as user-42 sees it, with a message of theirs."""
    found = chat.get_channel_by_sid(channel.fetch().sid)
    found.send_message("helo")
    return found


def last(channel: Channel) -> Message:
    return channel.get_messages().items[-1]


def test_a_message_can_be_edited_by_its_author(own: Channel) -> None:
    seen: list[Any] = []
    own.on("messageUpdated", seen.append)
    changed = last(own).update_body("hello")
    assert (changed.body, last(own).body) == ("hello", "hello")
    assert [each["message"].body for each in seen] == ["hello"]
    assert "body" in seen[0]["update_reasons"]


def test_its_attributes_can_be_replaced(own: Channel) -> None:
    assert last(own).update_attributes({"mood": "good"}).attributes == {"mood": "good"}


def test_a_message_can_be_deleted_by_its_author(own: Channel) -> None:
    gone: list[Message] = []
    own.on("messageRemoved", gone.append)
    message = last(own).remove()
    assert [each.sid for each in gone] == [message.sid]
    assert own.get_messages().items == []


def test_a_message_that_is_gone_cannot_be_edited(own: Channel) -> None:
    message = last(own).remove()
    with pytest.raises(ChatError) as refusal:
        message.update_body("hello")
    assert refusal.value.status == 404


@pytest.mark.parametrize("change", [lambda one: one.update_body("mine"), Message.remove])
def test_anothers_message_cannot_be_changed(own: Channel, channel: Any, change: Any) -> None:
    channel.messages.create(from_="system", body="Welcome")
    with pytest.raises(ChatError) as refusal:
        change(last(own))
    assert (refusal.value.code, last(own).body) == (50107, "Welcome")


def test_a_body_that_is_no_text_is_refused(own: Channel) -> None:
    with pytest.raises(ValueError, match="body is expected to be a string"):
        last(own).update_body(None)  # type: ignore[arg-type]


def test_another_process_can_edit(poller: ChatClient, channel: Any) -> None:
    own = poller.get_channel_by_sid(channel.fetch().sid)
    own.send_message("helo")
    last(own).update_body("hello")
    assert last(own).body == "hello"


def test_a_file_that_is_too_large_is_refused_before_it_is_sent(
    own: Channel,
) -> None:
    content = bytes(MOST_MEGABYTES * 1024 * 1024 + 1)
    media = {"content_type": "video/mp4", "media": content, "filename": "lamp.mp4"}
    with pytest.raises(ChatError) as refusal:
        own.send_message(media=media)
    assert refusal.value.code == 50512
    assert refusal.value.msg == "Files may be up to 150 MB; lamp.mp4 has 150.0 MB"
    assert refusal.value.status == 0  # no request was made
