"""Assertions about an account: they wait, see everything, and their failures read well."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from support import PATIENCE
from twilio.base.exceptions import TwilioRestException

from helpers.mock import BadFault, MockTwilio, WebhookRequest
from helpers.testing import (
    assert_messages,
    assert_nothing_refused,
    assert_refused,
    assert_requests,
    assert_signature_checked,
    assert_tasks,
    assert_webhooks,
    signed,
)
from helpers.testing.assertions import settle

HOOK = "https://shop.example.com/messages"


def failure(act: Callable[[], object]) -> list[str]:
    """The lines of an assertion that fails."""
    with pytest.raises(AssertionError) as caught:
        act()
    return str(caught.value).splitlines()


@pytest.fixture
def chat(twilio: MockTwilio) -> Any:
    """A conversation with a webhook and a message of Jane's."""
    made = twilio.client.conversations.v1.conversations.create(friendly_name="Support")
    made.webhooks.create(
        "webhook", configuration_url=HOOK, configuration_filters=["onMessageAdded"]
    )
    made.messages.create(author="jane", body="hello")
    return made


@pytest.fixture
def space(twilio: MockTwilio) -> Any:
    return twilio.client.taskrouter.v1.workspaces.list()[0]


def say(chat: Any, body: str, author: str = "jane") -> None:
    chat.messages.create(author=author, body=body, x_twilio_webhook_enabled="true")


# -- messages


def test_messages_are_compared_by_body_or_with_their_author(twilio: MockTwilio, chat: Any) -> None:
    chat.messages.create(author="bot", body="Hi")
    assert_messages(twilio, chat, "hello", "Hi")
    assert_messages(twilio, chat.sid, ("jane", "hello"), "Hi")
    assert failure(lambda: assert_messages(twilio, chat, "hello", ("jane", "Hi"), "Bye")) == [
        f"Messages of {chat.sid} (- expected, + found):",
        "  jane: hello",
        "- jane: Hi",
        "- anybody: Bye",
        "+ bot: Hi",
    ]


def test_messages_of_a_channel_in_another_service_are_found(twilio: MockTwilio) -> None:
    service = twilio.client.chat.v2.services.create("Another")
    channel = service.channels.create()
    for number in range(120):
        channel.messages.create(body=str(number))
    assert_messages(twilio, channel, *map(str, range(120)))


def test_a_conversation_that_does_not_exist_is_named_with_those_that_do(
    twilio: MockTwilio, chat: Any
) -> None:
    sid = f"CH{'0' * 32}"
    assert failure(lambda: assert_messages(twilio, sid)) == [
        f"There is no conversation {sid}; there is {chat.sid} (Support)"
    ]


# -- tasks


def test_tasks_are_compared_by_what_matters_and_show_where_they_went(
    twilio: MockTwilio, space: Any
) -> None:
    assert_tasks(twilio)
    sid = space.workflows.list()[0].sid
    space.tasks.create(workflow_sid=sid, task_channel="chat", attributes='{"a": 1, "b": {"c": 2}}')
    assert_tasks(
        twilio,
        {
            "status": "pending",
            "queue": "Everyone",
            "workflow": "Assign to Anyone",
            "channel": "chat",
            "workers": [],
            "attributes": {"b": {"c": 2}},
        },
    )
    alice = space.workers.list(friendly_name="alice")[0]
    alice.update(activity_sid=space.activities.list(friendly_name="Available")[0].sid)
    assert_tasks(twilio, {"status": "reserved", "workers": ["alice"]})
    wrong = {"status": "assigned", "attributes": {"b": {"c": 3}}}
    lines = failure(lambda: assert_tasks(twilio, wrong, wrong))
    assert lines[:4] == [
        "Tasks: 2 expected, 1 found",
        "task 1, status: 'assigned' expected, 'reserved' found",
        "task 1, attributes, b, c: 3 expected, 2 found",
        "Found:",
    ]
    assert json.loads(lines[4].removeprefix("task 1: "))["queue"] == "Everyone"


def test_an_entry_that_no_task_has_is_a_mistake_of_the_test(twilio: MockTwilio) -> None:
    with pytest.raises(ValueError, match="a task has no 'state'; there is status, queue"):
        assert_tasks(twilio, {"state": "pending"})


# -- webhooks


def test_webhooks_are_awaited_and_compared_in_order(twilio: MockTwilio, chat: Any) -> None:
    twilio.webhooks.register(HOOK, lambda _: None)
    assert_webhooks(twilio)
    say(chat, "one")
    say(chat, "two")
    assert_webhooks(twilio, "onMessageAdded", "onMessageAdded", url=HOOK)
    assert_webhooks(twilio, url="https://another.example.com")
    assert failure(lambda: assert_webhooks(twilio, "onMessageAdded", url=HOOK)) == [
        f"Webhooks to {HOOK} (- expected, + found):",
        "  onMessageAdded",
        "+ onMessageAdded",
        "Deliveries:",
        *[f"  onMessageAdded to {HOOK}: answered 200"] * 2,
    ]


def test_a_webhook_that_is_refused_leads_to_the_signature(twilio: MockTwilio, chat: Any) -> None:
    twilio.webhooks.register(HOOK, lambda _: 403)
    say(chat, "one")
    assert failure(lambda: assert_webhooks(twilio, "onMessageAdded")) == [
        "Webhooks that were not delivered:",
        f"  onMessageAdded to {HOOK}: answered 403: is the signature checked against {HOOK} and the"
        " account's auth token?",
    ]


def test_a_webhook_without_a_receiver_leaves_the_machine_in_no_test(
    twilio: MockTwilio, chat: Any
) -> None:
    say(chat, "one")
    assert failure(lambda: assert_webhooks(twilio, "onMessageAdded")) == [
        "Webhooks that were not delivered:",
        f"  onMessageAdded to {HOOK}: no answer (not called: a test calls no other machine."
        " webhooks.register(URL, function) lets a function answer)",
    ]


def test_a_webhook_without_a_receiver_reaches_a_server_on_this_machine(
    twilio: MockTwilio, chat: Any
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        chat.webhooks.create(
            "webhook",
            configuration_url=f"http://localhost:{port}/",
            configuration_filters=["onMessageAdded"],
        )
        say(chat, "one")
        server.settimeout(5)
        connection, _ = server.accept()
        with connection:
            assert connection.recv(4) == b"POST"
            connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")


def test_a_webhook_that_succeeds_at_another_try_is_delivered(twilio: MockTwilio, chat: Any) -> None:
    answers = iter((503, 200))
    twilio.webhooks.register(HOOK, lambda _: next(answers))
    own = twilio.client.chat.v2.services(twilio.credentials.chat_service_sid)
    own.update(post_webhook_url=HOOK, webhook_filters=["onMessageSent"], post_webhook_retry_count=1)
    chat.webhooks.list()[0].delete()
    own.channels(chat.sid).messages.create(body="one", x_twilio_webhook_enabled="true")
    assert_webhooks(twilio, "onMessageSent")
    assert [each.status for each in twilio.webhooks.log] == [503, 200]


def test_a_receiver_that_answers_itself_does_not_hang_the_test(
    twilio: MockTwilio, chat: Any
) -> None:
    received = threading.Semaphore(0)

    def echo(request: WebhookRequest) -> None:
        say(chat, f"You said {request.parameters['Body'][:20]}", author="bot")
        received.release()

    twilio.webhooks.register(HOOK, echo)
    say(chat, "one")
    for _ in range(2):  # the first one is in the log then
        assert received.acquire(timeout=PATIENCE)
    lines = failure(lambda: settle(twilio, patience=0.1))
    assert lines[0] == (
        "Webhooks were still being delivered after 0.1 s. Does a receiver answer its own messages,"
        " or not answer at all?"
    )
    assert lines[1].endswith(f"x onMessageAdded to {HOOK}")
    twilio.webhooks.register(HOOK, lambda _: None)


# -- requests


def test_requests_are_counted_by_operation_or_address(twilio: MockTwilio, chat: Any) -> None:
    assert_requests(twilio, "CreateConversationMessage")
    assert_requests(twilio, "POST conversations.twilio.com/v1/Conversations/*/Messages", times=1)
    assert_requests(twilio, "DeleteConversation", times=0)
    lines = failure(lambda: assert_requests(twilio, "DeleteConversation"))
    assert lines[:3] == [
        "at least one request of DeleteConversation expected, 0 made.",
        "Requests made:",
        "  POST conversations.twilio.com/v1/Conversations -> 201",
    ]
    assert "2 requests of *" in failure(lambda: assert_requests(twilio, "*", times=2))[0]
    with pytest.raises(BadFault, match="the nearest are CreateConversation"):
        assert_requests(twilio, "CreateConverstion")


def test_refusals_are_compared_by_code_and_shown_with_their_reason(twilio: MockTwilio) -> None:
    chats = twilio.client.conversations.v1.conversations
    chats.create(unique_name="order")
    assert_nothing_refused(twilio)
    with suppress(TwilioRestException):
        chats.create(unique_name="order")
    assert_refused(twilio, 50353)
    assert failure(lambda: assert_nothing_refused(twilio)) == [
        "Refusals expected: none.",
        "Requests refused:",
        "  POST conversations.twilio.com/v1/Conversations -> 409 (50353):"
        " Conversation with unique name 'order' already exists",
    ]
    assert failure(lambda: assert_refused(twilio, 50353, 20404))[0] == (
        "Refusals expected: 50353, 20404."
    )


def test_an_assertion_leaves_no_trace(twilio: MockTwilio, chat: Any) -> None:
    made, position = len(twilio.requests), twilio.journal.position
    with twilio.faults.add("List*", status=503, times=None):
        assert_messages(twilio, chat, "hello")
        assert_tasks(twilio)
    assert (len(twilio.requests), twilio.journal.position) == (made, position)


# -- signatures


def test_a_receiver_that_checks_signatures_passes(twilio: MockTwilio) -> None:
    from twilio.request_validator import RequestValidator

    def careful(request: WebhookRequest) -> int:
        signature = request.headers.get("X-Twilio-Signature", "")
        validator = RequestValidator(twilio.credentials.auth_token)
        return 200 if validator.validate(request.url, request.parameters, signature) else 403

    def answering(act: Callable[[WebhookRequest], int]) -> Any:
        from helpers.mock import WebhookAnswer

        return lambda request: WebhookAnswer(act(request))

    parameters = {"EventType": "onMessageAdded", "Body": "hello"}
    assert_signature_checked(twilio, answering(careful), HOOK, parameters)
    lines = failure(
        lambda: assert_signature_checked(twilio, answering(lambda _: 200), HOOK, parameters)
    )
    assert lines == [
        "a webhook without a signature was answered 200: refuse it with 403",
        "a webhook with an empty signature was answered 200: refuse it with 403",
        "a webhook signed with another token was answered 200: refuse it with 403",
        "a webhook with another EventType than was signed was answered 200: refuse it with 403",
    ]
    (line,) = failure(
        lambda: assert_signature_checked(twilio, answering(lambda _: 403), HOOK, parameters)
    )
    assert line.startswith("a webhook with Twilio's signature was answered 403: check it with the")


def test_a_webhook_is_signed_as_the_mock_signs_it(twilio: MockTwilio, chat: Any) -> None:
    received: list[WebhookRequest] = []
    twilio.webhooks.register(HOOK, received.append)
    say(chat, "one")
    settle(twilio)
    (sent,) = received
    again = signed(twilio, sent.url, sent.parameters)
    assert again.headers["X-Twilio-Signature"] == sent.headers["X-Twilio-Signature"]
