"""When a service's webhook is not asked before an action, and that asking leaves no trace."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hooks import HOOK, PATIENCE, Gate, registered
from support import refused

from helpers import Account, ChatClient, ChatError, connect
from helpers.mock import WebhookRequest


@pytest.fixture
def asked(service: Any, janes: Any) -> None:
    """The service asks before each message; jane is in the channel."""
    service.update(pre_webhook_url=HOOK, webhook_filters=["onMessageSend"])


# -- not asked


def test_rest_is_never_asked_not_even_with_the_header(
    asked: None, channel: Any, webhooks: Any
) -> None:
    hook = registered(webhooks, 403, 403)
    channel.messages.create(body="one")
    channel.messages.create(body="two", x_twilio_webhook_enabled="true")
    assert hook.requests == []
    assert len(channel.messages.list()) == 2


def test_only_what_is_filtered_for_is_asked(
    asked: None, janes: Any, channel: Any, webhooks: Any
) -> None:
    hook = registered(webhooks, 403)
    janes.leave()
    assert hook.requests == []
    assert channel.members.list() == []


def test_without_an_address_nothing_is_asked(
    asked: None, service: Any, janes: Any, webhooks: Any
) -> None:
    hook = registered(webhooks, 403)
    service.update(pre_webhook_url="")
    janes.send_message("hello")
    assert hook.requests == []


def test_reading_is_not_asked(asked: None, janes: Any, service: Any, webhooks: Any) -> None:
    hook = registered(webhooks, 403)
    assert [member.identity for member in janes.get_members()] == ["jane"]
    assert janes.get_messages().items == []
    assert hook.requests == []


def test_what_would_be_refused_anyway_is_not_asked(
    asked: None, service: Any, channel: Any, acting_as: Callable[[str], Any], webhooks: Any
) -> None:
    hook = registered(webhooks)
    sid = channel.fetch().sid
    with refused(403, 50400):
        acting_as("stranger").channels(sid).messages.create(body="hello")
    with refused(400, 50304):
        acting_as("jane").channels(sid).messages.create(body="hello", attributes="nonsense")
    with refused(404, 50507):
        acting_as("jane").channels(sid).messages.create(media_sid="ME" + "0" * 32)
    with refused(404, 20404):
        acting_as("jane").channels("nowhere").messages.create(body="hello")
    assert hook.requests == []
    assert service.users.list()[0].identity == "jane"


def test_a_message_with_media_is_asked_by_a_name_of_its_own(
    asked: None, service: Any, account: Account, acting_as: Callable[[str], Any], webhooks: Any
) -> None:
    jane = account.client_of_chat_user(account.chat_token("jane"), "jane")
    service.update(webhook_filters=["onMediaMessageSend"])
    hook = registered(webhooks, None, 403)
    sid = service.fetch().sid
    url = f"https://mcs.us1.twilio.com/v1/Services/{sid}/Media"
    image = {"Content-Type": "image/png"}
    media = [
        json.loads(jane.request("POST", url, data=b"\x89PNG", headers=image).text)["sid"]
        for _ in range(2)
    ]
    own = acting_as("jane").channels(service.channels.list()[0].sid).messages
    own.create(body="text is not asked")
    own.create(media_sid=media[0])
    with refused(403, 50056):
        own.create(media_sid=media[1])
    assert hook.all("EventType") == ["onMediaMessageSend"] * 2
    assert hook.all("MediaSid") == media
    assert hook.last["MediaContentType"] == "image/png"
    assert [message.type for message in own.list()] == ["text", "media"]


# -- no trace


def test_asking_and_refusing_leave_the_next_sids_as_they_would_have_been() -> None:
    def story(*, moderated: bool) -> list[str]:
        account = connect(seed=7)
        assert account.mock is not None
        service = account.client.chat.v2.services(account.credentials.chat_service_sid)
        channel = service.channels(service.channels.create().sid)
        sids = [channel.members.create(identity="jane").sid]
        account.mock.webhooks.register(HOOK, lambda request: 200)
        if moderated:
            service.update(pre_webhook_url=HOOK, webhook_filters=["onMessageSend"])
        with ChatClient(account, account.chat_token("jane")) as chat:
            chat.get_subscribed_channels()[0].send_message("one")
            if moderated:
                account.mock.webhooks.register(HOOK, lambda request: 403)
                with pytest.raises(ChatError):
                    chat.get_subscribed_channels()[0].send_message("refused")
        sids += [message.sid for message in channel.messages.list()]
        return [*sids, channel.messages.create(body="two").sid]

    assert story(moderated=True) == story(moderated=False)


def test_a_refused_message_uses_up_no_index_and_tells_nobody(
    asked: None, service: Any, janes: Any, channel: Any, webhooks: Any
) -> None:
    told = registered(webhooks, url="https://after.example.com")
    service.update(
        post_webhook_url="https://after.example.com",
        webhook_filters=["onMessageSend", "onMessageSent"],
    )
    registered(webhooks, 403, {"body": "allowed"})
    heard: list[Any] = []
    janes.on("messageAdded", heard.append)
    with pytest.raises(ChatError):
        janes.send_message("refused")
    assert janes.send_message("hello") == 0
    assert webhooks.settle()
    assert [message.body for message in heard] == ["allowed"]
    assert (told.events, told.all("Body")) == (["onMessageSent"], ["allowed"])
    assert channel.fetch().messages_count == 1


def test_a_webhook_may_act_on_the_account_while_it_is_asked(
    asked: None, janes: Any, channel: Any, webhooks: Any
) -> None:
    def greeter(request: WebhookRequest) -> dict[str, str]:
        warning = channel.messages.create(from_="moderator", body="one moment, please")
        return {"body": f"{request.parameters['Body']} (after {warning.index})"}

    webhooks.register(HOOK, greeter)
    assert janes.send_message("hello") == 1
    assert [(message.index, message.body) for message in channel.messages.list()] == [
        (0, "one moment, please"),
        (1, "hello (after 0)"),
    ]


def test_what_has_become_impossible_meanwhile_is_refused(
    asked: None, janes: Any, channel: Any, webhooks: Any
) -> None:
    webhooks.register(HOOK, lambda request: channel.members("jane").delete())
    with pytest.raises(ChatError) as refusal:
        janes.send_message("hello")
    assert (refusal.value.code, channel.messages.list()) == (50400, [])


def test_others_are_served_while_a_webhook_is_asked(
    asked: None, janes: Any, channel: Any, webhooks: Any
) -> None:
    gate = Gate({"body": "at last"})
    webhooks.register(HOOK, gate)
    sender = threading.Thread(target=janes.send_message, args=("hello",))
    sender.start()
    assert gate.reached.wait(PATIENCE)
    channel.messages.create(body="meanwhile")
    assert [message.body for message in channel.messages.list()] == ["meanwhile"]
    gate.open.set()
    sender.join(PATIENCE)
    assert [message.body for message in channel.messages.list()] == ["meanwhile", "at last"]


def test_many_who_are_asked_about_at_once_get_sids_of_their_own(
    asked: None, channel: Any, acting_as: Callable[[str], Any], webhooks: Any
) -> None:
    webhooks.register(HOOK, lambda request: bool(channel.messages.create(from_="log")))
    own = acting_as("jane").channels(channel.fetch().sid).messages

    def send(number: int) -> None:
        own.create(body=str(number))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(send, range(64)))
    messages = channel.messages.list()
    assert sorted(message.index for message in messages) == list(range(128))
    assert len({message.sid for message in messages}) == 128


def test_a_reset_while_a_webhook_is_asked_leaves_a_new_account(
    asked: None, account: Any, janes: Any, service: Any, webhooks: Any
) -> None:
    webhooks.register(HOOK, lambda request: account.mock.reset())
    with pytest.raises(ChatError) as refusal:
        janes.send_message("hello")
    assert refusal.value.status == 404
    assert (service.channels.list(), webhooks.log) == ([], [])
