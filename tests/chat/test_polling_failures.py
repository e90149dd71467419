"""Polling when the network, Twilio or the token fails, and how it ends."""

from __future__ import annotations

import re
import threading
from typing import Any

import pytest
import requests
from doors import Door, say, threads_of, throttled, unread
from fire import hurried
from support import PATIENCE, EventLog
from twilio.http.response import Response

from helpers import Account, ChatClient, ChatError

# -- when the network or the token fails


@pytest.mark.parametrize(
    "failure",
    [
        throttled(),
        Response(503, "<html>Service Unavailable</html>"),
        Response(200, "<html>Please log in to the proxy</html>"),
        requests.ConnectionError("no route to host"),
        requests.Timeout("no answer"),
    ],
    ids=["429", "503 in HTML", "200 in HTML", "no connection", "time-out"],
)
def test_the_state_goes_to_connecting_and_back_when_reading_fails_for_a_while(
    poller: ChatClient, channel: Any, door: Door, failure: Response | Exception
) -> None:
    def fault(_method: str, _url: str) -> Response:
        if isinstance(failure, Exception):
            raise failure
        return failure

    states, received = EventLog(poller, "connectionStateChanged"), EventLog(poller, "messageAdded")
    errors = EventLog(poller, "connectionError")
    assert poller.connection_state == "connected"
    door.fault = fault
    errors.wait_for(3)
    assert (states.arguments, poller.connection_state) == (["connecting"], "connecting")
    door.fault = lambda _method, _url: None
    say(channel, "still here")
    received.wait_for(1)
    states.wait_for(2)
    assert states.arguments == ["connecting", "connected"]
    assert not any(error["terminal"] for error in errors.arguments)


def test_throttling_is_reported_with_its_code(poller: ChatClient, door: Door) -> None:
    errors = EventLog(poller, "connectionError")
    door.fault = lambda _method, _url: throttled()
    error = errors.wait_for(1)[0]
    assert (error["errorCode"], error["terminal"]) == (20429, False)
    assert "Too Many Requests" in error["message"]


def test_it_backs_off_when_throttled(remote: Account, door: Door, channel: Any) -> None:
    pause = 0.001

    def wait(over: threading.Event, seconds: float) -> bool:  # what is longer never ends
        return over.wait(seconds if seconds <= 100 * pause else PATIENCE)

    token = remote.chat_token("user-42")
    with ChatClient(remote, token, poll_seconds=pause, wait=wait) as poller:
        errors = EventLog(poller, "connectionError")
        door.fault = lambda _method, _url: throttled()
        errors.wait_for(1)
        say(channel, *map(str, range(10)))  # longer than the pause between polls
        assert door.failures == 1
        shown = re.fullmatch(r"throttled, next try in ([\d.]+) s", str(poller.connection_problem))
    assert shown is not None
    assert float(shown[1]) > 100 * pause


def test_a_token_that_the_server_finds_expired_is_denied_until_it_is_renewed(
    poller: ChatClient, account: Account, remote: Account, channel: Any
) -> None:
    errors, received = EventLog(poller, "connectionError"), EventLog(poller, "messageAdded")
    assert account.mock is not None
    account.mock.clock.advance(3601)
    [error] = errors.wait_for(1)
    assert (error["errorCode"], error["terminal"]) == (20104, True)
    assert poller.connection_state == "denied"
    with pytest.raises(ChatError) as refused:
        poller.get_subscribed_channels()
    assert refused.value.code == 20104
    say(channel, "while it was denied")
    assert received.all == []
    poller.update_token(remote.chat_token("user-42", ttl=2 * 3600))
    received.wait_for(1)
    assert received.bodies == ["while it was denied"]
    assert len(errors.all) == 1


def test_a_read_begun_with_the_old_token_does_not_deny_the_new_one(
    poller: ChatClient, account: Account, remote: Account, door: Door, channel: Any
) -> None:
    renewed, waiting = threading.Event(), threading.Event()

    def fault(_method: str, _url: str) -> Response | None:
        waiting.set()
        return None if renewed.wait(PATIENCE) else throttled()

    received, errors = EventLog(poller, "messageAdded"), EventLog(poller, "connectionError")
    door.fault = fault
    assert waiting.wait(PATIENCE)
    assert account.mock is not None
    account.mock.clock.advance(3601)
    poller.update_token(remote.chat_token("user-42", ttl=2 * 3600))
    renewed.set()
    channel.messages.create(body="hello")
    received.wait_for(1)
    assert (poller.connection_state, errors.all) == ("connected", [])


def test_a_connection_that_cannot_be_made_leaves_no_thread(remote: Account, door: Door) -> None:
    door.fault = lambda _method, url: throttled() if "/Channels" in url else None
    with pytest.raises(ChatError) as refused:
        ChatClient(remote, remote.chat_token("user-42"), wait=hurried)
    assert (refused.value.status, refused.value.code) == (429, 20429)
    assert threads_of("user-42") == []


# -- shutting down


def test_shutdown_ends_the_thread_and_the_events(poller: ChatClient, channel: Any) -> None:
    received = EventLog(poller, "messageAdded")
    [thread] = threads_of("user-42")
    poller.shutdown()
    poller.shutdown()
    assert not thread.is_alive()
    say(channel, "too late")
    assert received.all == []
    assert poller.connection_state == "disconnected"
    with pytest.raises(ChatError, match="shut down"):
        poller.get_subscribed_channels()


def test_a_handler_may_shut_down_its_own_client_which_then_emits_no_more(
    poller: ChatClient, channel: Any, door: Door
) -> None:
    [thread] = threads_of("user-42")
    received = EventLog(poller, "messageAdded")
    states = EventLog(poller, "connectionStateChanged")
    poller.on("messageAdded", lambda _: poller.shutdown())
    with unread(door):
        say(channel, "one", "two", "three")
    states.wait_for(1)
    thread.join(PATIENCE)
    assert not thread.is_alive()
    assert received.bodies == ["one"]
