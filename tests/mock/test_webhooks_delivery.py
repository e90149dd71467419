"""How deliveries are carried out: apart from who caused them, in order, tried again, logged."""

from __future__ import annotations

import threading
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hooks import HEADER, HOOK, PATIENCE, Gate, registered, say
from support import refused

from helpers import Account, tables
from helpers.mock import WebhookAnswer, WebhookRequest


@pytest.fixture(autouse=True)
def _told(service: Any) -> None:
    service.update(post_webhook_url=HOOK, webhook_filters=["onMessageSent", "onUserAdded"])


def make_channels(service: Any, count: int) -> list[Any]:
    return [service.channels(service.channels.create().sid) for _ in range(count)]


# -- apart from who caused them


def test_a_request_does_not_wait_for_the_webhooks_it_fires(
    channel: Any, webhooks: Any, gate: Gate
) -> None:
    say(channel, "hello")
    assert gate.reached.wait(PATIENCE)
    assert [message.body for message in channel.messages.list()] == ["hello"]
    assert not webhooks.settle(timeout=0.01)
    assert webhooks.log == []
    gate.open.set()
    assert webhooks.settle()
    assert [attempt.status for attempt in webhooks.log] == [200]


def test_a_receiver_that_raises_is_a_500_in_the_log_and_fails_nothing_else(
    channel: Any, webhooks: Any, caplog: pytest.LogCaptureFixture
) -> None:
    def receiver(request: WebhookRequest) -> None:
        if request.parameters["Body"] == "bad":
            raise KeyError("no such customer")
        if request.parameters["Body"] == "worse":
            raise SystemExit(1)

    webhooks.register(HOOK, receiver)
    say(channel, "bad", "worse", "good")
    assert webhooks.settle()
    assert len(channel.messages.list()) == 3
    assert [(attempt.status, attempt.problem) for attempt in webhooks.log] == [
        (500, "raised KeyError: 'no such customer'"),
        (500, "raised SystemExit: 1"),
        (200, None),
    ]
    assert [record.message for record in caplog.records] == [
        f"the receiver registered for {HOOK} failed"
    ] * 2


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (None, 200),
        (204, 204),
        ("ok", 200),
        ({"a": 1}, 200),
        ((404, "no"), 404),
        ((403, {}), 403),
        (True, 200),
    ],
)
def test_what_a_receiver_returns_is_its_answer(
    channel: Any, webhooks: Any, answer: Any, status: int
) -> None:
    registered(webhooks, answer)
    say(channel, "hello")
    assert webhooks.settle()
    assert [attempt.status for attempt in webhooks.log] == [status]


@pytest.mark.parametrize("answer", [(200,), {1, 2}, object(), 7, ("200", "ok")])
def test_an_answer_that_makes_no_sense_is_a_500(
    channel: Any, webhooks: Any, caplog: pytest.LogCaptureFixture, answer: Any
) -> None:
    registered(webhooks, answer)
    say(channel, "hello")
    assert webhooks.settle()
    assert [attempt.status for attempt in webhooks.log] == [500]
    assert len(caplog.records) == 1


def test_a_refused_request_tells_nobody_anything(service: Any, channel: Any, webhooks: Any) -> None:
    hook = registered(webhooks)
    with refused(404, 50100):  # found out after its user has been made
        channel.members.create(identity="jane", role_sid="RL" + "0" * 32, **HEADER)
    assert webhooks.settle()
    assert (service.users.list(), hook.requests, webhooks.log) == ([], [], [])


# -- in order


def test_a_hundred_messages_are_told_in_order(channel: Any, webhooks: Any) -> None:
    hook = registered(webhooks)
    bodies = [f"message {number}" for number in range(100)]
    say(channel, *bodies)
    assert webhooks.settle()
    assert hook.all("Body") == bodies
    assert hook.all("Index") == [str(number) for number in range(100)]


def test_each_channel_is_told_in_order_and_one_by_one_while_many_are_served(
    service: Any, webhooks: Any
) -> None:
    all_sent = threading.Event()
    one_by_one: dict[str, Any] = defaultdict(threading.Lock)
    told: dict[str, list[str]] = defaultdict(list)

    def slow(request: WebhookRequest) -> None:
        sid = request.parameters["ChannelSid"]
        assert one_by_one[sid].acquire(blocking=False)
        told[sid].append(request.parameters["Body"])
        all_sent.wait(PATIENCE)
        one_by_one[sid].release()

    webhooks.register(HOOK, slow)
    channels = make_channels(service, 20)
    for number in range(5):
        for channel in channels:
            say(channel, str(number))
    all_sent.set()
    assert webhooks.settle()
    assert dict(told) == {channel.fetch().sid: list("01234") for channel in channels}
    assert {attempt.status for attempt in webhooks.log} == {200}


def test_eight_channels_are_told_at_once(service: Any, webhooks: Any) -> None:
    all_together = threading.Barrier(8, timeout=PATIENCE)
    webhooks.register(HOOK, lambda request: all_together.wait() + 200)
    for channel in make_channels(service, 8):
        say(channel, "hello")
    assert webhooks.settle()
    assert {attempt.status for attempt in webhooks.log} == set(range(200, 208))


def test_a_slow_channel_does_not_hold_up_another(service: Any, webhooks: Any, gate: Gate) -> None:
    slow, quick = make_channels(service, 2)
    heard = threading.Event()
    quick.webhooks.create(
        "webhook",
        configuration_url="https://quick.example.com",
        configuration_filters=["onMemberAdded"],
    )
    webhooks.register("https://quick.example.com", lambda request: heard.set())
    say(slow, "hello")
    assert gate.reached.wait(PATIENCE)
    quick.members.create(identity="jane", **HEADER)
    assert heard.wait(PATIENCE)
    assert not webhooks.settle(timeout=0)


def test_threads_that_act_at_once_are_each_told_in_order(service: Any, webhooks: Any) -> None:
    hook = registered(webhooks)
    channels = make_channels(service, 8)
    bodies = [str(number) for number in range(20)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda channel: say(channel, *bodies), channels))
    assert webhooks.settle()
    told: dict[Any, list[Any]] = defaultdict(list)
    for request in hook.requests:
        told[request.parameters["ChannelSid"]].append(request.parameters["Body"])
    assert list(told.values()) == [bodies] * 8


# -- tried again


@pytest.mark.parametrize("status", [429, 503, 504])
def test_a_passing_failure_is_tried_again_as_often_as_the_service_says(
    service: Any, channel: Any, webhooks: Any, status: int
) -> None:
    hook = registered(webhooks, *[status] * 9)
    service.update(post_webhook_retry_count=2)
    say(channel, "hello", "again")
    assert webhooks.settle()
    assert hook.all("Body") == ["hello"] * 3 + ["again"] * 3
    assert hook.all("RetryCount") == ["0", "1", "2"] * 2
    assert [attempt.number for attempt in webhooks.log] == [0, 1, 2] * 2


@pytest.mark.parametrize("status", [500, 404, 403, 400, 301, 200])
def test_any_other_answer_is_taken_as_it_is(
    service: Any, channel: Any, webhooks: Any, status: int
) -> None:
    hook = registered(webhooks, status)
    service.update(post_webhook_retry_count=3)
    say(channel, "hello")
    assert webhooks.settle()
    assert len(hook.requests) == 1
    assert [attempt.status for attempt in webhooks.log] == [status]


def test_trying_ends_with_the_first_answer_that_is_not_a_passing_failure(
    service: Any, channel: Any, webhooks: Any
) -> None:
    registered(webhooks, 503, 429, 200, 503)
    service.update(post_webhook_retry_count=3)
    say(channel, "hello")
    assert webhooks.settle()
    assert [attempt.status for attempt in webhooks.log] == [503, 429, 200]


def test_without_a_retry_count_nothing_is_tried_again(channel: Any, webhooks: Any) -> None:
    registered(webhooks, 503)
    say(channel, "hello")
    assert webhooks.settle()
    assert [attempt.status for attempt in webhooks.log] == [503]


def test_a_channels_webhook_has_a_retry_count_of_its_own(
    service: Any, channel: Any, webhooks: Any
) -> None:
    service.update(post_webhook_url="", post_webhook_retry_count=3)
    channel.webhooks.create(
        "webhook",
        configuration_url=HOOK,
        configuration_filters=["onMessageSent"],
        configuration_retry_count=1,
    )
    registered(webhooks, *[503] * 4)
    say(channel, "hello")
    assert webhooks.settle()
    assert [attempt.status for attempt in webhooks.log] == [503, 503]


def test_a_receiver_has_five_seconds_unless_told_otherwise(webhooks: Any) -> None:
    assert webhooks.timeout == 5


def test_a_receiver_that_takes_too_long_is_given_up_and_tried_again(
    service: Any, channel: Any, webhooks: Any, gate: Gate
) -> None:
    webhooks.timeout = 0.05
    service.update(post_webhook_retry_count=1)
    say(channel, "hello")
    assert webhooks.settle()
    assert gate.all("RetryCount") == ["0", "1"]
    assert [(attempt.status, attempt.problem) for attempt in webhooks.log] == [
        (None, "no answer within 0.05 s")
    ] * 2


# -- logged


def test_the_log_shows_as_a_table(service: Any, channel: Any, webhooks: Any) -> None:
    registered(webhooks, 503)
    service.update(post_webhook_retry_count=1)
    say(channel, "hello")
    assert webhooks.settle()
    table = tables.deliveries(webhooks.log)
    assert table.to_dict("records") == [
        {
            "event": "onMessageSent",
            "source": "API",
            "scope": "service",
            "url": HOOK,
            "attempt": attempt,
            "status": status,
            "problem": "",
        }
        for attempt, status in ((1, 503), (2, 200))
    ]
    assert tables.deliveries([]).empty


def test_an_attempt_says_what_was_posted_and_when(
    account: Account, channel: Any, webhooks: Any
) -> None:
    hook = registered(webhooks)
    account.clock.freeze(1_767_614_400)
    say(channel, "hello")
    assert webhooks.settle()
    [attempt] = webhooks.log
    assert (attempt.at, attempt.url) == ("2026-01-05T12:00:00Z", HOOK)
    assert attempt.parameters == hook.last
    assert attempt.milliseconds >= 0


def test_a_fallback_receives_whatever_no_other_is_registered_for(
    service: Any, channel: Any, webhooks: Any
) -> None:
    stray, own = Gate(), registered(webhooks)
    stray.open.set()
    webhooks.register_fallback(stray)
    say(channel, "to its own")
    assert webhooks.settle()
    assert (own.events, stray.events) == (["onMessageSent"], [])
    service.update(post_webhook_url="https://nowhere.example.com/chat")
    say(channel, "astray")
    assert webhooks.settle()
    assert (own.events, stray.events) == (["onMessageSent"], ["onMessageSent"])


def test_a_function_can_stand_in_for_a_server_that_gives_no_answer(
    channel: Any, webhooks: Any
) -> None:
    registered(webhooks, WebhookAnswer(None, problem="the line is cut"), WebhookAnswer(404))
    say(channel, "one", "two")
    assert webhooks.settle()
    found = [(attempt.status, attempt.problem) for attempt in webhooks.log]
    assert found == [(None, "the line is cut"), (404, None)]
