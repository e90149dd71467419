"""Events read from the REST API: exactly once, in order, whatever is read when."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from doors import Door, say, throttled, unread
from support import EventLog
from twilio.http.response import Response

from helpers import Account, ChatClient

# -- exactly once, in order


def test_each_message_is_emitted_once_and_in_order(poller: ChatClient, channel: Any) -> None:
    received = EventLog(poller, "messageAdded")
    say(channel, *map(str, range(20)))
    received.wait_for(20)
    say(channel, "last")
    received.wait_for(21)
    assert received.bodies == [*map(str, range(20)), "last"]
    assert [message.index for message in received.arguments] == list(range(21))


@pytest.mark.parametrize("every", [2, 3, 5])
def test_throttled_requests_lose_no_message_and_double_none(
    poller: ChatClient, channel: Any, door: Door, every: int
) -> None:
    requests_made = 0

    def fault(_method: str, _url: str) -> Response | None:
        nonlocal requests_made
        requests_made += 1
        return throttled() if requests_made % every == 0 and requests_made < 200 else None

    received = EventLog(poller, "messageAdded")
    door.fault = fault
    say(channel, *map(str, range(130)))
    received.wait_for(130)
    say(channel, "last")
    received.wait_for(131)
    assert received.bodies == [*map(str, range(130)), "last"]
    assert door.failures > 0


def test_more_than_one_page_of_messages_missed_is_caught_up(
    poller: ChatClient, channel: Any, door: Door
) -> None:
    received = EventLog(poller, "messageAdded")
    with unread(door):
        say(channel, *map(str, range(120)))
    received.wait_for(120)
    assert received.bodies == [*map(str, range(120))]


def test_who_was_added_a_moment_ago_may_write_before_it_is_noticed(
    remote: Account, door: Door, channel: Any
) -> None:
    live = Account("live", remote.credentials, door)  # as which the account itself sends
    with ChatClient(live, live.chat_token("newcomer"), poll_seconds=60) as client:
        found = client.get_channel_by_sid(channel.fetch().sid)
        channel.members.create(identity="newcomer")
        assert found.status != "joined"
        assert found.send_message("hello") == 0
        assert found.status == "joined"


def test_messages_from_before_connecting_are_history_not_events(
    remote: Account, channel: Any
) -> None:
    channel.members.create(identity="user-42")
    say(channel, "old")
    with ChatClient(remote, remote.chat_token("user-42"), poll_seconds=0.01) as poller:
        received = EventLog(poller, "messageAdded")
        say(channel, "new")
        received.wait_for(1)
        assert received.bodies == ["new"]
        [joined] = poller.get_subscribed_channels()
        assert [message.body for message in joined.get_messages().items] == ["old", "new"]


def test_an_own_message_is_emitted_once(poller: ChatClient, channel: Any) -> None:
    received = EventLog(poller, "messageAdded")
    [joined] = poller.get_subscribed_channels()
    assert [joined.send_message(body) for body in ("a", "b")] == [0, 1]
    received.wait_for(2)
    assert [(m.author, m.body) for m in received.arguments] == [("user-42", "a"), ("user-42", "b")]


def test_an_answer_sent_by_a_handler_is_emitted_too(poller: ChatClient, channel: Any) -> None:
    received = EventLog(poller, "messageAdded")

    def answer(message: Any) -> None:
        if message.author == "agent":
            poller.get_subscribed_channels()[0].send_message(f"re: {message.body}")

    poller.on("messageAdded", answer)
    say(channel, "hello")
    received.wait_for(2)
    assert received.bodies == ["hello", "re: hello"]


def test_a_handler_that_fails_stops_neither_the_others_nor_the_poll(
    poller: ChatClient, channel: Any, caplog: pytest.LogCaptureFixture
) -> None:
    poller.on("messageAdded", lambda message: 1 / 0)
    received = EventLog(poller, "messageAdded")
    say(channel, "one")
    received.wait_for(1)
    say(channel, "two")
    received.wait_for(2)
    assert received.bodies == ["one", "two"]
    assert caplog.text.count("ZeroDivisionError") == 2


# -- channels that come and go


def test_a_channel_joined_later_is_emitted_and_followed(
    poller: ChatClient, service: Any, channel: Any
) -> None:
    joins, received = EventLog(poller, "channelJoined"), EventLog(poller, "messageAdded")
    made = service.channels.create(friendly_name="Second")
    second = service.channels(made.sid)
    second.members.create(identity="user-42")
    [joined] = joins.wait_for(1)
    say(second, "in the second")
    say(channel, "in the first")
    received.wait_for(2)
    assert (joined.sid, joined.friendly_name, joined.status) == (made.sid, "Second", "joined")
    assert sorted(received.bodies) == ["in the first", "in the second"]


def test_a_message_sent_on_joining_is_emitted(poller: ChatClient, service: Any) -> None:
    received = EventLog(poller, "messageAdded")
    poller.on("channelJoined", lambda joined: joined.send_message("here I am"))
    service.channels(service.channels.create().sid).members.create(identity="user-42")
    received.wait_for(1)
    assert received.bodies == ["here I am"]


def test_a_channel_found_before_the_poll_came_by_it_is_followed_from_then_on(
    remote: Account, service: Any
) -> None:
    with ChatClient(remote, remote.chat_token("user-42"), poll_seconds=5) as poller:
        joins = EventLog(poller, "channelJoined")
        made = service.channels.create(type="private")
        service.channels(made.sid).members.create(identity="user-42")
        found = poller.get_channel_by_sid(made.sid)
        received = EventLog(found, "messageAdded")
        assert (found.status, joins.arguments) == ("joined", [found])
        found.send_message("at once")
        received.wait_for(1)
        assert received.bodies == ["at once"]
        assert joins.arguments == poller.get_subscribed_channels() == [found]


def test_a_throttled_join_is_emitted_once(poller: ChatClient, service: Any, door: Door) -> None:
    joins, errors = EventLog(poller, "channelJoined"), EventLog(poller, "connectionError")
    made = service.channels.create()
    say(service.channels(made.sid), "history")

    def fault(_method: str, url: str) -> Response | None:
        return throttled() if f"{made.sid}/" in url and door.failures < 3 else None

    door.fault = fault
    service.channels(made.sid).members.create(identity="user-42")
    errors.wait_for(3)
    received = EventLog(poller, "messageAdded")
    joins.wait_for(1)
    say(service.channels(made.sid), "news")
    received.wait_for(1)
    assert received.bodies == ["news"]
    assert [joined.sid for joined in joins.arguments] == [made.sid]


def test_being_removed_from_a_channel_is_emitted(poller: ChatClient, channel: Any) -> None:
    left = EventLog(poller, "channelLeft")
    [joined] = poller.get_subscribed_channels()
    channel.members("user-42").delete()
    assert left.wait_for(1) == [joined]
    assert joined.status == "notParticipating"
    assert poller.get_subscribed_channels() == []


def test_a_channel_that_is_deleted_is_emitted_as_removed(poller: ChatClient, channel: Any) -> None:
    events = EventLog(poller, "channelLeft", "channelRemoved")
    [joined] = poller.get_subscribed_channels()
    channel.delete()
    assert events.wait_for(2) == [joined, joined]
    assert events.names == ["channelLeft", "channelRemoved"]


@pytest.mark.parametrize("gone", ["the member", "the channel"])
def test_a_channel_that_goes_while_it_is_read_neither_denies_nor_disconnects(
    poller: ChatClient, service: Any, channel: Any, door: Door, gone: str
) -> None:
    events = EventLog(poller, "connectionStateChanged", "connectionError", "channelLeft")
    armed = True

    def fault(_method: str, url: str) -> Response | None:
        nonlocal armed
        if armed and "/Members" in url:
            armed = False
            _ = channel.members("user-42").delete() if gone == "the member" else channel.delete()
        return None

    door.fault = fault
    events.wait_for(1)
    assert events.names == ["channelLeft"]
    assert poller.connection_state == "connected"


# -- other events


def test_edits_and_removals_among_the_latest_messages_are_emitted(
    poller: ChatClient, channel: Any
) -> None:
    received = EventLog(poller, "messageAdded")
    changes = EventLog(poller, "messageUpdated", "messageRemoved")
    say(channel, "typo", "regret")
    first, second = received.wait_for(2)
    channel.messages(first.sid).update(body="fixed")
    updated = changes.wait_for(1)[0]
    channel.messages(second.sid).delete()
    removed = changes.wait_for(2)[1]
    assert (updated["message"].body, updated["update_reasons"]) == ("fixed", ["body"])
    assert removed == second
    assert changes.names == ["messageUpdated", "messageRemoved"]


def test_members_that_come_go_and_read_are_emitted(poller: ChatClient, channel: Any) -> None:
    events = EventLog(poller, "memberJoined", "memberUpdated", "memberLeft")
    say(channel, "hello")
    channel.members.create(identity="agent")
    assert events.wait_for(1)[0].identity == "agent"
    channel.members("agent").update(last_consumed_message_index=0)
    about = events.wait_for(2)[1]
    assert (about["member"].identity, about["update_reasons"]) == (
        "agent",
        ["last_consumed_message_index"],
    )
    channel.members("agent").delete()
    assert events.wait_for(3)[2].identity == "agent"
    assert events.names == ["memberJoined", "memberUpdated", "memberLeft"]


def test_the_end_of_a_chat_is_an_update_of_its_channel(poller: ChatClient, channel: Any) -> None:
    [joined] = poller.get_subscribed_channels()
    events, here = EventLog(poller, "channelUpdated"), EventLog(joined, "updated")
    assert not joined.is_ended
    channel.update(attributes='{"status": "INACTIVE"}')
    [about] = events.wait_for(1)
    assert (about["channel"], about["update_reasons"]) == (joined, ["attributes"])
    assert here.arguments == [about]
    assert joined.is_ended


def test_typing_works_with_a_mock_elsewhere_that_accepts_it(
    account: Account, door: Door, connected: Callable[[str], ChatClient], channel: Any
) -> None:
    for identity in ("user-42", "agent"):
        channel.members.create(identity=identity)
    events = EventLog(connected("agent"), "typingStarted")
    shared = Account("shared", account.credentials, door, OtherProcessMock(account.mock))
    with ChatClient(shared, shared.chat_token("user-42")) as poller:
        [joined] = poller.get_subscribed_channels()
        assert joined.typing() is True
    assert [member.identity for member in events.arguments] == ["user-42"]


class OtherProcessMock:
    """The part of a mock in another process that this client uses."""

    def __init__(self, mock: Any) -> None:
        self.clock = mock.clock
        self.type_in = mock.type_in


def test_background_reads_are_marked_in_the_request_log(
    poller: ChatClient, channel: Any, remote: Account
) -> None:
    received = EventLog(poller, "messageAdded")
    [joined] = poller.get_subscribed_channels()
    joined.send_message("hello")
    received.wait_for(1)
    log = remote.requests
    assert {entry.by for entry in log} == {"poll", "user-42"}
    sent = [entry for entry in log.shown() if entry.method == "POST"]
    assert [entry.parameters["Body"] for entry in sent if "Messages" in entry.path] == ["hello"]
    assert all(entry.by == "user-42" for entry in log.shown())
