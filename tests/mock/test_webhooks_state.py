"""Webhooks and the account's state: receivers that act on it, and what putting it back drops."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from hooks import HEADER, HOOK, PATIENCE, Gate, registered, say

from helpers import Account, ChatClient
from helpers.mock import WebhookRequest


@pytest.fixture(autouse=True)
def _told(service: Any) -> None:
    service.update(post_webhook_url=HOOK, webhook_filters=["onMessageSent"])


# -- receivers that act


def test_a_bot_answers_through_rest_and_hears_no_echo(
    channel: Any, janes: Any, webhooks: Any
) -> None:
    def bot(request: WebhookRequest) -> None:
        channel.messages.create(from_="bot", body=f"You said: {request.parameters['Body']}")

    webhooks.register(HOOK, bot)
    janes.send_message("one")
    janes.send_message("two")
    assert webhooks.settle()
    told = sorted(message.body for message in channel.messages.list())
    assert told == ["You said: one", "You said: two", "one", "two"]
    assert len(webhooks.log) == 2


def test_what_a_receiver_causes_is_settled_too(channel: Any, webhooks: Any) -> None:
    heard: list[str] = []

    def talks_to_itself(request: WebhookRequest) -> None:
        heard.append(request.parameters["Body"])
        if len(heard) < 10:
            say(channel, str(len(heard)))

    webhooks.register(HOOK, talks_to_itself)
    say(channel, "0")
    assert webhooks.settle()
    assert heard == [str(number) for number in range(10)]


def test_a_chat_client_hears_a_receivers_answer(channel: Any, janes: Any, webhooks: Any) -> None:
    answered = threading.Event()
    janes.on("messageAdded", lambda message: message.author == "bot" and answered.set())
    webhooks.register(HOOK, lambda request: bool(channel.messages.create(from_="bot")))
    janes.send_message("hello")
    assert answered.wait(PATIENCE)


def test_what_others_have_committed_is_settled_even_before_it_is_told(
    account: Account, channel: Any, webhooks: Any
) -> None:
    assert account.mock is not None
    hook, entered, leave = registered(webhooks), threading.Event(), threading.Event()

    def dawdle(event: Any) -> None:
        entered.set()
        leave.wait(PATIENCE)

    stop = account.mock.follow(dawdle)  # holds up the telling of what follows
    teller = threading.Thread(target=say, args=(channel, "first"))
    teller.start()
    assert entered.wait(PATIENCE)
    say(channel, "second")
    assert not webhooks.settle(timeout=0.01)
    leave.set()
    assert webhooks.settle()
    assert hook.all("Body") == ["first", "second"]
    stop()
    teller.join()


def test_settling_takes_no_longer_than_it_is_given(channel: Any, webhooks: Any, gate: Gate) -> None:
    assert webhooks.settle(timeout=0)
    say(channel, "hello")
    assert not webhooks.settle(timeout=0)
    gate.open.set()
    assert webhooks.settle(timeout=PATIENCE)


# -- putting the account back


def test_leaving_a_snapshot_drops_what_was_not_delivered_in_it(
    account: Account, channel: Any, webhooks: Any, gate: Gate
) -> None:
    assert account.mock is not None
    with account.mock.snapshot():
        say(channel, "under way", "waiting", "waiting too")
        assert gate.reached.wait(PATIENCE)
    gate.open.set()
    assert webhooks.settle()
    assert gate.all("Body") == ["under way"]
    assert (webhooks.log, channel.messages.list()) == ([], [])


def test_what_was_due_before_a_snapshot_is_told_once_after_it(
    account: Account, channel: Any, webhooks: Any, gate: Gate
) -> None:
    assert account.mock is not None
    say(channel, "under way", "waiting")
    assert gate.reached.wait(PATIENCE)
    with account.mock.snapshot():
        say(channel, "inside")
    gate.open.set()
    assert webhooks.settle()
    assert gate.all("Body") == ["under way", "waiting"]
    assert [attempt.parameters["Body"] for attempt in webhooks.log] == ["under way", "waiting"]


def test_a_reset_drops_what_is_due_and_what_would_be_tried_again(
    account: Account, service: Any, channel: Any, webhooks: Any
) -> None:
    assert account.mock is not None
    service.update(post_webhook_retry_count=3)
    gate = Gate(503, 503, 503, 503)
    webhooks.register(HOOK, gate)
    say(channel, "under way", "waiting")
    assert gate.reached.wait(PATIENCE)
    account.mock.reset()
    gate.open.set()
    assert webhooks.settle()
    assert gate.all("Body") == ["under way"]
    assert webhooks.log == []


def test_receivers_stay_registered_through_a_reset(
    account: Account, service: Any, webhooks: Any
) -> None:
    assert account.mock is not None
    hook = registered(webhooks)
    account.mock.reset()
    service.update(post_webhook_url=HOOK, webhook_filters=["onMessageSent"])
    say(service.channels(service.channels.create().sid), "hello")
    assert webhooks.settle()
    assert hook.all("Body") == ["hello"]


# -- the log


@pytest.mark.long
def test_the_log_keeps_the_latest_thousand_and_drops_nothing_that_is_still_due(
    service: Any, channel: Any, webhooks: Any, gate: Gate
) -> None:
    busy = service.channels(service.channels.create().sid)
    busy.webhooks.create(
        "webhook",
        configuration_url="https://quick.example.com",
        configuration_filters=["onMessageUpdated"],
    )
    quick = registered(webhooks, url="https://quick.example.com")
    say(channel, "under way", "waiting")
    sent = busy.messages.create(body="0")
    edits = busy.messages(sent.sid)
    for number in range(1100):
        edits.update(body=str(number), **HEADER)
    while not webhooks.settle(timeout=0.001) and len(quick.requests) < 1100:
        pass
    gate.open.set()
    assert webhooks.settle()
    assert gate.all("Body") == ["under way", "waiting"]
    logged = [attempt.parameters["Body"] for attempt in webhooks.log]
    assert logged[-1] == "1099"
    assert len(logged) <= 1003


def test_a_chat_client_may_be_closed_by_a_receiver(
    account: Account, channel: Any, webhooks: Any
) -> None:
    channel.members.create(identity="jane")
    chat = ChatClient(account, account.chat_token("jane"))
    webhooks.register(HOOK, lambda request: chat.shutdown())
    chat.get_subscribed_channels()[0].send_message("goodbye")
    assert webhooks.settle()
    assert (chat.connection_state, webhooks.log[-1].status) == ("disconnected", 200)
