"""A chat client on a live account, where Python has only REST and account credentials.

The account here is a mock reached as if it were live.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from doors import Door
from support import EventLog, everything

from helpers import Account, ChatClient, ChatError


@pytest.fixture
def live(account: Account) -> Account:
    return Account("live", account.credentials, Door(account.mock))


@pytest.fixture
def chat(live: Account, channel: Any) -> Iterator[ChatClient]:
    """A chat client of user-42, who is in the channel."""
    channel.members.create(identity="user-42")
    with ChatClient(live, live.chat_token("user-42"), poll_seconds=0.01) as client:
        yield client


def test_a_message_is_sent_in_the_users_name_with_webhooks_on(
    chat: ChatClient, live: Account, channel: Any
) -> None:
    received = EventLog(chat, "messageAdded")
    [joined] = chat.get_subscribed_channels()
    assert joined.send_message("hello") == 0
    received.wait_for(1)
    [message] = received.arguments
    assert (message.author, message.body) == ("user-42", "hello")
    assert [message._from for message in channel.messages.list()] == ["user-42"]
    [sent] = [
        entry for entry in live.requests if entry.path.endswith("/Messages") and entry.by != "poll"
    ]
    assert (sent.by, sent.parameters["From"]) == ("user-42", "user-42")


def test_a_user_who_is_no_member_is_refused_before_anything_is_sent(
    account: Account, chat: ChatClient, service: Any
) -> None:
    public = service.channels.create(type="public")
    found = chat.get_channel_by_sid(public.sid)
    before = everything(account)
    with pytest.raises(ChatError) as refused:
        found.send_message("let me in")
    assert (refused.value.status, refused.value.code) == (403, 50400)
    assert everything(account) == before


def test_a_private_channel_is_handed_out_to_its_creator(chat: ChatClient, service: Any) -> None:
    private = service.channels.create(type="private", created_by=chat.identity)
    assert chat.get_channel_by_sid(private.sid).join().status == "joined"


def test_a_private_channel_of_others_is_not_handed_out(chat: ChatClient, service: Any) -> None:
    private = service.channels.create(type="private")
    with pytest.raises(ChatError) as refused:
        chat.get_channel_by_sid(private.sid)
    assert (refused.value.status, refused.value.code) == (403, 50400)


def test_a_channel_can_be_used_as_soon_as_it_is_joined(chat: ChatClient, service: Any) -> None:
    received = EventLog(chat, "messageAdded")
    public = service.channels.create(type="public")
    found = chat.get_channel_by_sid(public.sid).join()
    assert found.status == "joined"
    assert found.send_message("here I am") == 0
    received.wait_for(1)
    assert received.bodies == ["here I am"]


def test_a_user_put_in_after_the_channel_was_found_may_send_at_once(
    chat: ChatClient, service: Any
) -> None:
    public = service.channels.create(type="public")
    found = chat.get_channel_by_sid(public.sid)
    service.channels(public.sid).members.create(identity="user-42")
    assert found.send_message("thank you") == 0


def test_typing_is_not_available(chat: ChatClient) -> None:
    [joined] = chat.get_subscribed_channels()
    assert joined.typing() is False


def test_own_changes_of_attributes_are_emitted_once(chat: ChatClient, channel: Any) -> None:
    events, received = EventLog(chat, "channelUpdated"), EventLog(chat, "messageAdded")
    [joined] = chat.get_subscribed_channels()
    joined.update_attributes({"topic": "pets"})
    channel.messages.create(body="a look later")
    received.wait_for(1)
    assert [about["update_reasons"] for about in events.arguments] == [["attributes"]]
    assert joined.attributes == {"topic": "pets"}


def test_a_token_is_checked_although_rest_does_not_take_it(live: Account) -> None:
    token = live.chat_token("user-42")
    with pytest.raises(ChatError) as refused:
        ChatClient(live, token[:-2] + ("AA" if not token.endswith("AA") else "BB"))
    assert (refused.value.status, refused.value.code) == (401, 20107)
