"""Conversations' webhooks: three scopes, before and after, with the parameters of each event."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from hooks import HOOK, registered
from support import refused

from helpers import Account
from helpers.mock.rest.conversations_webhooks import SCOPED_EVENTS, SERVICE_EVENTS

OWN = "https://hooks.example.com/own"
COMMON = {"AccountSid", "EventType", "Source", "RetryCount"}
NEW = {"FriendlyName", "UniqueName", "Attributes", "ChatServiceSid", "State"}
CONVERSATION = NEW | {"ConversationSid", "DateCreated", "DateUpdated"}
TEXT = {"ConversationSid", "ChatServiceSid", "Body", "Author", "ParticipantSid", "Attributes"}
PERSON = {
    *("ConversationSid", "ChatServiceSid", "Identity", "RoleSid", "Attributes"),
    "MessagingBinding.Type",
}
USER = {"ChatServiceSid", "UserSid", "Identity", "RoleSid", "Attributes"}
DATES = {"DateCreated", "DateUpdated"}
WITH_HOOKS = {"x_twilio_webhook_enabled": "true"}


@pytest.fixture
def v1(account: Account) -> Any:
    return account.client.conversations.v1


@pytest.fixture
def webhooks(account: Account) -> Any:
    assert account.mock is not None
    return account.mock.webhooks


@pytest.fixture
def hook(v1: Any, webhooks: Any) -> Any:
    """The account's receiver of all events."""
    v1.configuration.webhooks().update(
        pre_webhook_url=HOOK, post_webhook_url=HOOK, filters=list(SERVICE_EVENTS)
    )
    return registered(webhooks)


def parameters(hook: Any, event: str) -> dict[str, str]:
    """The parameters of the one delivery of an event."""
    [found] = [
        dict(each.parameters) for each in hook.requests if each.parameters["EventType"] == event
    ]
    return found


def as_jane(account: Account) -> Any:
    return account.client_of_chat_user(account.chat_token("jane"), "jane").conversations.v1


def delete_with_hooks(account: Account, item: Any) -> None:
    """Delete over HTTP: the SDK drops the header of a delete."""
    account.client.request("DELETE", item.url, headers={"X-Twilio-Webhook-Enabled": "true"})


# -- parameters


def test_each_event_of_a_conversation_has_its_documented_parameters(
    account: Account, v1: Any, webhooks: Any, hook: Any
) -> None:
    made = v1.conversations.create(friendly_name="Orders", unique_name="orders", **WITH_HOOKS)
    made.update(friendly_name="All orders", **WITH_HOOKS)
    made.update(state="inactive", **WITH_HOOKS)
    made.messages.create(author="jane", body="Hello", **WITH_HOOKS)
    made.update(state="closed", **WITH_HOOKS)
    delete_with_hooks(account, made)
    assert webhooks.settle()
    assert hook.events == [
        "onConversationAdded",
        "onConversationUpdated",
        *("onConversationStateUpdated", "onMessageAdded", "onConversationStateUpdated"),
        "onConversationStateUpdated",
        "onConversationRemoved",
    ]
    assert set(parameters(hook, "onConversationAdded")) == COMMON | CONVERSATION
    assert set(parameters(hook, "onConversationUpdated")) == COMMON | CONVERSATION
    assert set(parameters(hook, "onConversationRemoved")) == COMMON | CONVERSATION | {"DateRemoved"}
    changes = [dict(each.parameters) for each in hook.requests if "StateTo" in each.parameters]
    assert [(each["StateFrom"], each["StateTo"], each["Reason"]) for each in changes] == [
        ("active", "inactive", "API"),
        ("inactive", "active", "EVENT"),
        ("active", "closed", "API"),
    ]
    assert set(changes[0]) == COMMON | {
        *("ConversationSid", "ChatServiceSid", "StateUpdated", "StateFrom", "StateTo", "Reason")
    }
    assert parameters(hook, "onConversationAdded")["Source"] == "API"


def test_each_event_of_a_message_has_its_documented_parameters(
    account: Account, v1: Any, webhooks: Any, hook: Any
) -> None:
    made = v1.conversations.create(messaging_service_sid="MG" + "1" * 32)
    jane = made.participants.create(identity="jane")
    text = made.messages.create(author="jane", body="Hello", **WITH_HOOKS)
    text.update(body="Hello!", **WITH_HOOKS)
    delete_with_hooks(account, text)
    assert webhooks.settle()
    assert hook.events == ["onMessageAdded", "onMessageUpdated", "onMessageRemoved"]
    added = parameters(hook, "onMessageAdded")
    ids = {"MessageSid", "Index"}
    assert set(added) == COMMON | TEXT | ids | {"MessagingServiceSid", "DateCreated"}
    assert (added["Author"], added["ParticipantSid"], added["Index"]) == ("jane", jane.sid, "0")
    assert re.fullmatch(r"[-0-9T:]+\.[0-9]{3}Z", added["DateCreated"])
    assert set(parameters(hook, "onMessageUpdated")) == COMMON | TEXT | ids | DATES
    assert set(parameters(hook, "onMessageRemoved")) == COMMON | TEXT | ids | DATES | {
        "DateRemoved"
    }


def test_a_file_is_described_in_pascal_case_and_has_no_body(
    account: Account, v1: Any, webhooks: Any, hook: Any
) -> None:
    made, sid = v1.conversations.create(), account.credentials.chat_service_sid
    url = f"https://mcs.us1.twilio.com/v1/Services/{sid}/Media?Filename=a.txt"
    answer = account.client.request(
        "POST", url, data=b"abc", headers={"Content-Type": "text/plain"}
    )
    media = json.loads(answer.text)["sid"]
    made.messages.create(author="jane", media_sid=media, **WITH_HOOKS)
    assert webhooks.settle()
    added = parameters(hook, "onMessageAdded")
    assert "Body" not in added
    assert json.loads(added["Media"]) == [
        {"Sid": media, "Size": 3, "ContentType": "text/plain", "Filename": "a.txt"}
    ]


def test_each_event_of_a_participant_has_its_documented_parameters(
    account: Account, v1: Any, webhooks: Any, hook: Any
) -> None:
    made = v1.conversations.create()
    jane = made.participants.create(identity="jane", **WITH_HOOKS)
    jane.update(last_read_message_index=0, **WITH_HOOKS)
    delete_with_hooks(account, jane)
    assert webhooks.settle()
    assert sorted(map(str, hook.events)) == [
        *("onParticipantAdded", "onParticipantRemoved", "onParticipantUpdated", "onUserAdded")
    ]
    added = parameters(hook, "onParticipantAdded")
    assert set(added) == COMMON | PERSON | {"ParticipantSid", "DateCreated"}
    assert added["MessagingBinding.Type"] == "CHAT"
    updated = parameters(hook, "onParticipantUpdated")
    assert set(updated) == COMMON | PERSON | DATES | {"ParticipantSid", "LastReadMessageIndex"}
    removed = parameters(hook, "onParticipantRemoved")
    assert set(removed) == COMMON | PERSON | DATES | {"ParticipantSid", "DateRemoved"}


def test_each_event_of_a_user_has_its_documented_parameters(
    v1: Any, webhooks: Any, hook: Any
) -> None:
    jane = v1.users.create(identity="jane", **WITH_HOOKS)
    jane.update(friendly_name="Jane", **WITH_HOOKS)
    assert webhooks.settle()
    assert set(parameters(hook, "onUserAdded")) == COMMON | USER | {"DateCreated"}
    assert set(parameters(hook, "onUserUpdated")) == COMMON | USER | DATES | {"FriendlyName"}


# -- before


def test_a_chat_users_action_is_asked_about_before_and_reported_after(
    account: Account, v1: Any, webhooks: Any, hook: Any
) -> None:
    made = v1.conversations.create()
    jane = made.participants.create(identity="jane")
    as_jane(account).conversations(made.sid).messages.create(body="Hello")
    assert webhooks.settle()
    assert hook.events == ["onMessageAdd", "onMessageAdded"]
    asked = parameters(hook, "onMessageAdd")
    assert set(asked) == COMMON | TEXT | {"ClientIdentity"}
    assert (asked["Source"], asked["ParticipantSid"]) == ("SDK", jane.sid)


def test_an_answer_changes_what_is_published(
    account: Account, v1: Any, webhooks: Any, hook: Any
) -> None:
    made = v1.conversations.create()
    made.participants.create(identity="jane")
    registered(webhooks, {"body": "****", "author": "Moderator", "attributes": '{"ok": 1}'})
    sent = as_jane(account).conversations(made.sid).messages.create(body="darn")
    assert (sent.body, sent.author, sent.attributes) == ("****", "Moderator", '{"ok": 1}')


@pytest.mark.parametrize(
    ("answer", "code"), [({"body": "x" * 33_000}, 50504), ({"author": "x" * 257}, 50310)]
)
def test_a_value_that_cannot_be_published_fails_the_action(
    account: Account, v1: Any, webhooks: Any, hook: Any, answer: Any, code: int
) -> None:
    made = v1.conversations.create()
    made.participants.create(identity="jane")
    registered(webhooks, answer)
    with refused(400, code):
        as_jane(account).conversations(made.sid).messages.create(body="Hello")
    assert made.messages.list() == []


@pytest.mark.parametrize("status", [400, 403, 500, 503])
def test_a_refusal_keeps_the_action_from_happening(
    account: Account, v1: Any, webhooks: Any, hook: Any, status: int
) -> None:
    made = v1.conversations.create()
    made.participants.create(identity="jane")
    registered(webhooks, status)
    with refused(403, 50056):
        as_jane(account).conversations(made.sid).messages.create(body="Hello")
    assert made.messages.list() == []


@pytest.mark.parametrize("status", [201, 204, 302])
def test_an_answer_that_is_no_refusal_lets_the_action_happen(
    account: Account, v1: Any, webhooks: Any, hook: Any, status: int
) -> None:
    made = v1.conversations.create()
    made.participants.create(identity="jane")
    registered(webhooks, status)
    as_jane(account).conversations(made.sid).messages.create(body="Hello")
    assert [each.body for each in made.messages.list()] == ["Hello"]


def test_without_an_answer_the_action_is_published_unchanged(
    account: Account, v1: Any, webhooks: Any, hook: Any
) -> None:
    made = v1.conversations.create()
    made.participants.create(identity="jane")
    webhooks.timeout = 0.05

    def silent(request: Any) -> None:
        time.sleep(0.2 if request.parameters["EventType"] == "onMessageAdd" else 0)

    webhooks.register(HOOK, silent)
    as_jane(account).conversations(made.sid).messages.create(body="Hello")
    assert [each.body for each in made.messages.list()] == ["Hello"]


def test_rest_fires_no_webhook_without_the_header_and_no_pre_event_with_it(
    v1: Any, webhooks: Any, hook: Any
) -> None:
    made = v1.conversations.create()
    made.messages.create(body="Hello")
    made.messages.create(body="Hello", **WITH_HOOKS)
    assert webhooks.settle()
    assert hook.events == ["onMessageAdded"]


# -- scopes


def test_a_service_with_hooks_of_its_own_does_not_get_the_accounts(
    account: Account, v1: Any, webhooks: Any, hook: Any
) -> None:
    own = registered(webhooks, url=OWN)
    service = v1.services(account.credentials.chat_service_sid)
    hooks = service.configuration.webhooks()
    assert (hooks.fetch().method, hooks.fetch().filters) == (None, None)
    hooks.update(post_webhook_url=OWN, filters=["onMessageAdded"], method="get")
    made = v1.conversations.create(**WITH_HOOKS)
    made.messages.create(body="Hello", **WITH_HOOKS)
    assert webhooks.settle()
    assert (own.events, hook.events) == (["onMessageAdded"], [])
    other = v1.services.create(friendly_name="Another")
    v1.services(other.sid).conversations.create(**WITH_HOOKS)
    assert webhooks.settle()
    assert hook.events == ["onConversationAdded"]


def test_what_goes_to_flex_goes_to_no_url(v1: Any, webhooks: Any, hook: Any) -> None:
    v1.configuration.webhooks().update(target="flex")
    v1.conversations.create(**WITH_HOOKS)
    assert webhooks.settle()
    assert hook.events == []


def test_a_conversations_own_webhook_gets_its_filters_besides_the_others(
    v1: Any, webhooks: Any, hook: Any
) -> None:
    own, made = registered(webhooks, url=OWN), v1.conversations.create()
    scoped = made.webhooks.create(
        target="webhook", configuration_url=OWN, configuration_filters=["onParticipantAdded"]
    )
    assert scoped.configuration["method"] == "post"
    made.messages.create(body="Hello", **WITH_HOOKS)
    made.participants.create(identity="jane", **WITH_HOOKS)
    assert webhooks.settle()
    assert own.events == ["onParticipantAdded"]
    assert own.last["WebhookSid"] == scoped.sid
    assert {"onMessageAdded", "onParticipantAdded"} <= set(hook.events)


def test_a_trigger_is_called_for_messages_with_its_words(v1: Any, webhooks: Any) -> None:
    own, made = registered(webhooks, url=OWN), v1.conversations.create()
    trigger = made.webhooks.create(
        target="trigger", configuration_url=OWN, configuration_triggers=["help", "agent"]
    )
    assert trigger.configuration["filters"] == ["help", "agent"]
    for body in ("Hello", "HELP me", "An agent, please"):
        made.messages.create(body=body, **WITH_HOOKS)
    assert webhooks.settle()
    assert own.all("Body") == ["HELP me", "An agent, please"]


def test_earlier_messages_are_replayed_to_a_webhook_from_an_index_on(
    v1: Any, webhooks: Any
) -> None:
    own, made = registered(webhooks, url=OWN), v1.conversations.create()
    for body in "abc":
        made.messages.create(body=body)
    made.webhooks.create(
        target="webhook",
        configuration_url=OWN,
        configuration_filters=["onMessageAdded"],
        configuration_replay_after=0,
    )
    assert webhooks.settle()
    assert own.all("Body") == ["b", "c"]


@pytest.mark.parametrize("event", sorted({*SERVICE_EVENTS} - {*SCOPED_EVENTS}))
def test_a_conversations_webhook_takes_no_other_events(v1: Any, event: str) -> None:
    with refused(400, 50365, event):
        v1.conversations.create().webhooks.create(
            target="webhook", configuration_url=OWN, configuration_filters=[event]
        )


def test_a_public_channel_has_no_webhook_of_conversations(
    account: Account, webhooks: Any, hook: Any
) -> None:
    service = account.client.chat.v2.services(account.credentials.chat_service_sid)
    for kind in ("public", "private"):
        service.channels.create(type=kind, friendly_name=kind, **WITH_HOOKS)
    assert webhooks.settle()
    assert hook.all("FriendlyName") == ["private"]


# -- Studio


def test_a_flow_starts_by_incoming_conversation(
    account: Account, v1: Any, make_conversation_flow: Callable[[str], str]
) -> None:
    made = v1.conversations.create(attributes='{"plan": "gold"}')
    made.webhooks.create(
        target="studio",
        configuration_flow_sid=make_conversation_flow("incomingConversationMessage"),
    )
    made.messages.create(author="jane", body="Hello", **WITH_HOOKS)
    assert account.mock is not None
    assert account.mock.studio.settle()
    answer = made.messages.list()[-1]
    assert answer.body == "jane wrote Hello with gold"


def test_a_flow_for_chats_alone_does_nothing(
    account: Account, v1: Any, make_conversation_flow: Callable[[str], str]
) -> None:
    made = v1.conversations.create()
    made.webhooks.create(
        target="studio", configuration_flow_sid=make_conversation_flow("incomingMessage")
    )
    made.messages.create(author="jane", body="Hello", **WITH_HOOKS)
    assert account.mock is not None
    assert account.mock.studio.settle()
    assert [each.body for each in made.messages.list()] == ["Hello"]


@pytest.fixture
def make_conversation_flow(account: Account) -> Callable[[str], str]:
    """Publishes a flow that answers what an event of its trigger brought."""
    said = "{{trigger.conversation.From}} wrote {{trigger.conversation.Body}}"
    plan = "{{trigger.conversation.ChannelAttributes.plan}}"

    def make(event: str) -> str:
        definition = {
            "description": "Answers",
            "initial_state": "Trigger",
            "flags": {"allow_concurrent_calls": True},
            "states": [
                {
                    "name": "Trigger",
                    "type": "trigger",
                    "transitions": [{"event": event, "next": "answer"}],
                    "properties": {},
                },
                {
                    "name": "answer",
                    "type": "send-message",
                    "transitions": [{"event": "sent"}, {"event": "failed"}],
                    "properties": {
                        "from": "{{flow.channel.address}}",
                        "to": "{{contact.channel.address}}",
                        "service": "{{trigger.message.InstanceSid}}",
                        "channel": "{{trigger.message.ChannelSid}}",
                        "body": f"{said} with {plan}",
                    },
                },
            ],
        }
        flow = account.client.studio.v2.flows.create(
            friendly_name="Answers", status="published", definition=definition
        )
        return str(flow.sid)

    return make
