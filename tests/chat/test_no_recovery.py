"""With nothing wrong, a chat client does not recover: no retry, no second read, no catching up."""

from __future__ import annotations

import threading
from typing import Any

from doors import Door, say
from support import EventLog
from twilio.http.response import Response

from helpers import Account, ChatClient

HOUR = 3600


def writes_through(door: Door) -> list[str]:
    """Requests through a door from now on that change something: method and end of the path."""
    made: list[str] = []

    def see(method: str, url: str) -> Response | None:
        if method != "GET":
            made.append(f"{method} {'/'.join(url.split('/')[-2:])}")
        return None

    door.fault = see
    return made


def test_a_client_in_the_kernel_reads_nothing_again(
    account: Account, chat: ChatClient, channel: Any
) -> None:
    states = EventLog(chat, "connectionStateChanged", "connectionError")
    received = EventLog(chat, "messageAdded", "messageUpdated", "messageRemoved", "memberJoined")
    before = len(account.requests)
    made = [channel.messages.create(body=str(number)) for number in range(20)]
    channel.messages(made[0].sid).update(body="edited")
    channel.messages(made[1].sid).delete()
    channel.members.create(identity="agent")
    written = len(made) + 3
    assert len(received.all) == written
    assert states.all == []
    assert len(account.requests) - before == written
    assert not [each for each in threading.enumerate() if "catch-up" in each.name]


def test_a_renewal_in_time_costs_one_token_and_no_event(
    account: Account, chat: ChatClient, channel: Any
) -> None:
    events = EventLog(
        chat, "connectionStateChanged", "connectionError", "channelJoined", "tokenExpired"
    )
    received = EventLog(chat, "messageAdded")
    for _ in range(3):
        account.clock.advance(HOUR - 200)
        chat.update_token(account.chat_token("user-42"))
    account.clock.advance(HOUR - 200)
    channel.messages.create(body="still here")
    assert events.all == []
    assert received.bodies == ["still here"]


def test_polls_that_succeed_are_made_once_each(
    poller: ChatClient, channel: Any, door: Door
) -> None:
    states = EventLog(poller, "connectionStateChanged", "connectionError")
    received = EventLog(poller, "messageAdded")
    say(channel, "first")
    received.wait_for(1)
    writes = writes_through(door)
    say(channel, *map(str, range(5)))
    received.wait_for(6)
    [joined] = poller.get_subscribed_channels()
    assert joined.send_message("mine") == 6
    received.wait_for(7)
    assert len(writes) == 1
    assert door.failures == 0
    assert states.all == []


def test_a_write_that_succeeds_is_not_sent_again(poller: ChatClient, door: Door) -> None:
    writes = writes_through(door)
    [joined] = poller.get_subscribed_channels()
    joined.send_message("once")
    joined.set_all_messages_consumed()
    joined.leave()
    assert [each.partition(" ")[0] for each in writes] == ["POST", "POST", "DELETE"]
