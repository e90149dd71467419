"""A chat client in the mock's own kernel whose requests fail just when it needs them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from doors import say
from fire import Fire, hurried
from support import EventLog

from helpers import Account, ChatClient

HOUR = 3600


@pytest.fixture
def fire(account: Account) -> Fire:
    return Fire(account.mock)


@pytest.fixture
def chat(account: Account, fire: Fire, channel: Any) -> Iterator[ChatClient]:
    """A chat client of user-42, who is in the channel, on a line of its own."""
    channel.members.create(identity="user-42")
    own = Account("mock", account.credentials, fire, account.mock)
    with ChatClient(own, own.chat_token("user-42"), wait=hurried) as client:
        yield client


def test_what_was_missed_is_caught_up_once_the_account_can_be_read_again(
    account: Account, chat: ChatClient, fire: Fire, channel: Any
) -> None:
    received, states = EventLog(chat, "messageAdded"), EventLog(chat, "connectionStateChanged")
    account.clock.advance(HOUR + 1)
    say(channel, "missed")
    fire.burn(["throttled", "unavailable, before", "reset, before"])
    chat.update_token(account.chat_token("user-42"))
    received.wait_for(1)
    states.wait_for(3)
    say(channel, "heard at once")
    assert received.bodies == ["missed", "heard at once"]
    assert states.arguments == ["denied", "connecting", "connected"]
    assert chat.connection_problem is None
    assert len(fire.suffered) == 3


def test_while_it_cannot_catch_up_it_says_why(
    account: Account, chat: ChatClient, fire: Fire
) -> None:
    account.clock.advance(HOUR + 1)
    fire.burn(itertools.repeat("throttled"))
    chat.update_token(account.chat_token("user-42"))
    assert chat.connection_state == "connecting"
    assert str(chat.connection_problem).startswith("throttled, next try in ")
    states = EventLog(chat, "connectionStateChanged")
    fire.burn(())
    states.wait_for(1)
    assert chat.connection_state == "connected"


def test_a_token_that_expires_again_ends_the_catching_up_until_the_next_one(
    account: Account, chat: ChatClient, fire: Fire, channel: Any
) -> None:
    received = EventLog(chat, "messageAdded")
    account.clock.advance(HOUR + 1)
    say(channel, "1")
    fire.burn(itertools.repeat("throttled"))
    chat.update_token(account.chat_token("user-42"))
    account.clock.advance(HOUR + 1)
    assert chat.connection_state == "denied"
    fire.burn(())
    say(channel, "2")
    chat.update_token(account.chat_token("user-42"))
    received.wait_for(2)
    assert received.bodies == ["1", "2"]
    assert chat.connection_state == "connected"


def test_a_channel_joined_while_it_cannot_be_read_is_emitted_later(
    account: Account, chat: ChatClient, fire: Fire, service: Any, channel: Any
) -> None:
    joins, received = EventLog(chat, "channelJoined"), EventLog(chat, "messageAdded")
    made = service.channels.create(friendly_name="Second")
    fire.burn(["throttled", "reset, before"])
    service.channels(made.sid).members.create(identity="user-42")
    say(channel, "meanwhile")
    [joined] = joins.wait_for(1)
    received.wait_for(1)
    say(service.channels(made.sid), "in the second")
    received.wait_for(2)
    assert joined.sid == made.sid
    assert received.bodies == ["meanwhile", "in the second"]


def test_a_message_is_sent_once_in_the_kernel_too(
    chat: ChatClient, fire: Fire, channel: Any
) -> None:
    [joined] = chat.get_subscribed_channels()
    fire.burn(["reset, after", "none", "unavailable, before", "throttled"])
    assert [joined.send_message("yes"), joined.send_message("yes")] == [0, 1]
    assert [message.body for message in channel.messages.list()] == ["yes", "yes"]


def test_a_handler_may_answer_while_another_thread_sends(
    account: Account, chat: ChatClient, channel: Any
) -> None:
    channel.members.create(identity="bot")
    with ChatClient(account, account.chat_token("bot")) as bot:

        def answer(message: Any) -> None:
            if message.author == "user-42":
                bot.get_subscribed_channels()[0].send_message(f"re: {message.body}")

        bot.on("messageAdded", answer)
        [joined] = chat.get_subscribed_channels()
        assert [joined.send_message("1"), joined.send_message("2")] == [0, 2]
    assert [m.body for m in channel.messages.list()] == ["1", "re: 1", "2", "re: 2"]
