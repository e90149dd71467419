"""Chat clients of a served mock, while its calls fail and while it restarts."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from support import EventLog

from helpers import Account, ChatClient, ChatError, connect
from helpers.mock import MockTwilio
from helpers.mock.server.running import BackgroundServer


def hurried(event: threading.Event, seconds: float) -> bool:
    """Wait as a chat client does, but hardly any time."""
    return event.wait(min(seconds, 0.01))


Chat = Callable[[Account, str], ChatClient]


@pytest.fixture
def chats() -> Iterator[Chat]:
    """Connect chat clients, and shut them down after the test."""
    clients: list[ChatClient] = []

    def connected(account: Account, identity: str) -> ChatClient:
        token = account.chat_token(identity)
        clients.append(ChatClient(account, token, poll_seconds=0.01, wait=hurried))
        return clients[-1]

    yield connected
    for client in clients:
        client.shutdown()


def channel_of(account: Account, *identities: str) -> Any:
    """A channel with these members, as the SDK names it."""
    service = account.client.chat.v2.services(account.credentials.chat_service_sid)
    channel = service.channels(service.channels.create().sid)
    for identity in identities:
        channel.members.create(identity=identity)
    return channel


def bodies(channel: Any) -> list[str]:
    return [message.body for message in channel.messages.list()]


def test_a_chat_goes_on_while_calls_fail_before_and_after_their_effect(
    shared: Account, chats: Chat
) -> None:
    channel = channel_of(shared, "ann", "bob")
    ann, bob = chats(shared, "ann"), chats(shared, "bob")
    received = EventLog(bob, "messageAdded")
    [sending] = ann.get_subscribed_channels()
    faults: Any = shared.mock.faults
    faults.add("CreateMessage", status=429, retry_after=1, times=2)
    faults.add("CreateMessage", kind="reset", phase="after")
    faults.add("CreateMessage", status=503, phase="before")
    faults.add("CreateMessage", status=500, phase="after")
    faults.add("ListMessage", status=503, times=3)
    faults.add("ListUserChannel", kind="reset", times=3)
    assert [sending.send_message("yes") for _ in range(4)] == [0, 1, 2, 3]
    assert [message.body for message in received.wait_for(4)] == ["yes"] * 4
    assert bodies(channel) == ["yes"] * 4
    assert [fault.left for fault in faults][:4] == [0, 0, 0, 0]


def test_typing_is_emitted_to_the_others_in_this_kernel(
    mock: MockTwilio, shared: Account, chats: Chat
) -> None:
    channel_of(shared, "ann", "bob")
    here = chats(Account("mock", mock.credentials, mock.http_client, mock), "bob")
    typing = EventLog(here, "typingStarted")
    [joined] = chats(shared, "ann").get_subscribed_channels()
    assert joined.typing() is True
    assert [member.identity for member in typing.wait_for(1)] == ["ann"]


def test_a_restart_loses_and_doubles_nothing_and_its_absence_is_a_chat_error(
    chats: Chat,
) -> None:
    mock = MockTwilio()
    with BackgroundServer(mock) as server:
        url = server.url
        shared = connect(url)
        channel = channel_of(shared, "ann", "bob")
        ann, bob = chats(shared, "ann"), chats(shared, "bob")
        received, states = EventLog(bob, "messageAdded"), EventLog(bob, "connectionStateChanged")
        [sending] = ann.get_subscribed_channels()
        assert sending.send_message("before") == 0
        received.wait_for(1)
        token = shared.chat_token("ann", ttl=2 * 3600)
    states.wait_for(1)
    assert "next try in" in str(bob.connection_problem)
    with pytest.raises(ChatError, match="Not sent: the server cannot be reached"):
        sending.send_message("nobody there")
    with pytest.raises(ChatError, match="cannot be reached"):
        ChatClient(shared, token, wait=hurried)
    with BackgroundServer(mock, port=int(url.rpartition(":")[2])):
        assert sending.send_message("after") == 1
        received.wait_for(2)
        states.wait_for(2)
        assert bodies(channel) == ["before", "after"]
        assert bob.connection_state == "connected"
        ann.shutdown()
        bob.shutdown()
    assert [message.body for message in received.arguments] == ["before", "after"]
