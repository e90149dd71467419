"""The chat client on a mock in the same kernel: every event at once, once and in order."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
from support import EventLog

from helpers import Account, ChatClient, ChatError

# -- connecting


def test_connecting_with_a_new_identity_makes_its_user(
    account: Account, service: Any, connected: Callable[[str], ChatClient]
) -> None:
    chat = connected("user-42")
    [user] = service.users.list()
    assert (user.identity, user.sid) == ("user-42", chat.user.sid)
    assert (chat.connection_state, chat.identity) == ("connected", "user-42")
    assert chat.service_sid == account.credentials.chat_service_sid


def test_connecting_again_finds_the_same_user(
    service: Any, connected: Callable[[str], ChatClient]
) -> None:
    assert connected("user-42").user == connected("user-42").user
    assert len(service.users.list()) == 1


@pytest.mark.parametrize("identity", ["a/b", "a?b=c", "a#b", "100%", "a%20b", "a b", "あ", "+"])
def test_an_identity_of_any_characters_can_connect_read_and_leave(
    connected: Callable[[str], ChatClient], channel: Any, service: Any, identity: str
) -> None:
    channel.members.create(identity=identity)
    chat = connected(identity)
    [joined] = chat.get_subscribed_channels()
    joined.send_message("hello")
    assert joined.set_all_messages_consumed() == 0
    assert chat.get_user(identity).identity == identity
    joined.leave()
    assert [user.identity for user in service.users.list()] == [identity]
    assert channel.fetch().members_count == 0


@pytest.mark.parametrize("identity", [".", ".."])
def test_an_identity_that_no_url_can_hold_is_refused(account: Account, identity: str) -> None:
    with pytest.raises(ValueError, match="cannot be looked up"):
        ChatClient(account, account.chat_token(identity))
    assert [entry.path for entry in account.requests if "Users" in entry.path] == []


@pytest.mark.parametrize("name", ["#general", "a/b", "a?b=c", "100%", "a%20b", "a b", "あ", "a+b"])
@pytest.mark.parametrize("kind", ["chat", "poller"])
def test_a_channel_of_any_unique_name_is_found(
    request: pytest.FixtureRequest, kind: str, service: Any, name: str
) -> None:
    client: ChatClient = request.getfixturevalue(kind)
    made = service.channels.create(unique_name=name)
    found = client.get_channel_by_unique_name(name)
    assert (found.sid, found.unique_name) == (made.sid, name)
    assert client.get_channel_by_sid(made.sid) is found


@pytest.mark.parametrize("key", ["", None, 7, b"CH", ["CH"], ".", "..", "\ud83d"])
@pytest.mark.parametrize("lookup", ["get_channel_by_sid", "get_channel_by_unique_name", "get_user"])
def test_what_is_no_key_is_refused_and_nothing_is_looked_up(
    account: Account, chat: ChatClient, lookup: str, key: Any
) -> None:
    requests, known = len(account.requests), dict(chat._book.channels)
    with pytest.raises(ValueError, match=r"non-empty string, but got|cannot be looked up"):
        getattr(chat, lookup)(key)
    assert len(account.requests) == requests
    assert chat._book.channels == known


def test_a_client_shows_who_and_how_but_never_its_token(account: Account) -> None:
    token = account.chat_token("user-42")
    with ChatClient(account, token) as chat:
        assert repr(chat) == "ChatClient(identity='user-42', connected)"
        shown = repr((chat, chat.user, vars(chat)))
        assert shown.count("identity='user-42'") == 2
        assert token not in shown
    assert repr(chat) == "ChatClient(identity='user-42', disconnected)"


# -- messages


def test_a_message_arrives_on_the_client_and_on_its_channel_before_sending_returns(
    chat: ChatClient, channel: Any
) -> None:
    [joined] = chat.get_subscribed_channels()
    received, here = EventLog(chat, "messageAdded"), EventLog(joined, "messageAdded")
    sent = channel.messages.create(body="<b>hi</b>", from_="agent", attributes='{"mood": "good"}')
    [message] = received.arguments
    assert here.arguments == [message]
    assert (message.sid, message.index, message.author) == (sent.sid, 0, "agent")
    assert (message.body, message.attributes) == ("<b>hi</b>", {"mood": "good"})
    assert (message.timestamp, message.type) == (sent.date_created, "text")


def test_sending_resolves_to_the_index_and_carries_the_own_identity(
    chat: ChatClient, channel: Any
) -> None:
    [joined] = chat.get_subscribed_channels()
    assert [joined.send_message("a"), joined.send_message("b", {"k": 1})] == [0, 1]
    kept = channel.messages.list()
    assert [(message._from, message.body) for message in kept] == [
        ("user-42", "a"),
        ("user-42", "b"),
    ]
    assert json.loads(kept[1].attributes) == {"k": 1}


def test_two_clients_chat_and_both_receive_all_messages_in_order(
    chat: ChatClient, connected: Callable[[str], ChatClient], channel: Any
) -> None:
    channel.members.create(identity="agent")
    agent = connected("agent")
    received, theirs = EventLog(chat, "messageAdded"), EventLog(agent, "messageAdded")
    [mine], [yours] = chat.get_subscribed_channels(), agent.get_subscribed_channels()
    mine.send_message("hello")
    yours.send_message("good day")
    mine.send_message("I have a question")
    assert received.bodies == theirs.bodies == ["hello", "good day", "I have a question"]


def test_answers_sent_by_a_handler_come_after_what_they_answer_for_all(
    chat: ChatClient, connected: Callable[[str], ChatClient], channel: Any
) -> None:
    channel.members.create(identity="agent")
    agent = connected("agent")
    [yours] = agent.get_subscribed_channels()

    def answer(message: Any) -> None:
        if message.author == "user-42":
            yours.send_message(f"re: {message.body}")

    chat.on("messageAdded", answer)
    received, theirs = EventLog(chat, "messageAdded"), EventLog(agent, "messageAdded")
    [mine] = chat.get_subscribed_channels()
    mine.send_message("1")
    mine.send_message("2")
    assert received.bodies == theirs.bodies == ["1", "re: 1", "2", "re: 2"]


def test_edits_and_removals_are_emitted_however_old_the_message(
    chat: ChatClient, channel: Any
) -> None:
    first = channel.messages.create(body="0")
    for number in range(1, 70):
        channel.messages.create(body=str(number))
    events = EventLog(chat, "messageUpdated", "messageRemoved")
    channel.messages(first.sid).update(body="zero")
    channel.messages(first.sid).delete()
    assert events.names == ["messageUpdated", "messageRemoved"]
    assert events.arguments[0]["message"].body == events.arguments[1].body == "zero"
    assert "body" in events.arguments[0]["update_reasons"]


def test_a_handler_that_fails_is_logged_and_the_others_are_still_called(
    chat: ChatClient, channel: Any, caplog: pytest.LogCaptureFixture
) -> None:
    chat.on("messageAdded", lambda message: 1 / 0)
    received = EventLog(chat, "messageAdded")
    channel.messages.create(body="hello")
    assert received.bodies == ["hello"]
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    assert "ZeroDivisionError" in caplog.text


def test_a_handler_can_be_taken_away(chat: ChatClient, channel: Any) -> None:
    bodies: list[str] = []

    def keep(message: Any) -> None:
        bodies.append(message.body)

    chat.on("messageAdded", keep)
    channel.messages.create(body="one")
    chat.off("messageAdded", keep)
    chat.off("messageAdded", keep)
    channel.messages.create(body="two")
    assert bodies == ["one"]


def test_an_async_handler_is_refused_when_it_subscribes(chat: ChatClient) -> None:
    async def handler(message: Any) -> None: ...

    with pytest.raises(TypeError, match="async"):
        chat.on("messageAdded", handler)


# -- shutting down


def test_after_shutdown_nothing_is_emitted_and_nothing_works(
    account: Account, chat: ChatClient, channel: Any
) -> None:
    [joined] = chat.get_subscribed_channels()
    events = EventLog(chat, "messageAdded", "tokenExpired", "connectionStateChanged")
    here = EventLog(joined, "messageAdded")
    chat.shutdown()
    chat.shutdown()
    channel.messages.create(body="too late")
    account.clock.advance(2 * 3600)
    assert events.all == [("connectionStateChanged", "disconnected")]
    assert here.all == []
    for act in (lambda: joined.send_message("x"), chat.get_subscribed_channels):
        with pytest.raises(ChatError, match="shut down"):
            act()


def test_a_handler_may_shut_down_another_client_which_then_emits_no_more(
    chat: ChatClient, connected: Callable[[str], ChatClient], channel: Any
) -> None:
    channel.members.create(identity="agent")
    agent = connected("agent")
    received = EventLog(agent, "messageAdded")
    chat.on("messageAdded", lambda _: agent.shutdown())
    channel.messages.create(body="not for the agent")
    assert received.all == []
