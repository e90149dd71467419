"""Conversations v1 over the rows of Chat v2: one channel, two dialects."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from support import refused

from helpers import Account


@pytest.fixture
def service(account: Account) -> Any:
    """The chat service, as Chat v2 has it."""
    return account.client.chat.v2.services(account.credentials.chat_service_sid)


@pytest.fixture(params=["the default service", "the service by its SID"])
def conversations(request: pytest.FixtureRequest, account: Account) -> Any:
    """The same conversations, by either path."""
    v1 = account.client.conversations.v1
    if request.param == "the default service":
        return v1.conversations
    return v1.services(account.credentials.chat_service_sid).conversations


@pytest.fixture
def chat(service: Any) -> Any:
    """A private channel made over Chat v2."""
    return service.channels.create(unique_name="orders", friendly_name="Orders", type="private")


def closed(conversations: Any) -> Any:
    made = conversations.create(unique_name="done")
    made.messages.create(author="jane", body="Bye")
    return made.update(state="closed")


# -- one row, two dialects


def test_a_private_channel_is_a_conversation(conversations: Any, chat: Any) -> None:
    found = conversations("orders").fetch()
    assert (found.sid, found.friendly_name, found.state) == (chat.sid, "Orders", "active")
    assert found.chat_service_sid == chat.service_sid
    assert [each.sid for each in conversations.list()] == [chat.sid]


def test_of_those_made_at_one_moment_the_latest_is_listed_first(
    account: Account, conversations: Any
) -> None:
    account.clock.freeze()
    made = [conversations.create().sid for _ in range(4)]
    assert [each.sid for each in conversations.list()] == made[::-1]


def test_a_conversation_is_a_private_channel(conversations: Any, service: Any) -> None:
    made = conversations.create(unique_name="orders", attributes='{"topic": "billing"}')
    channel = service.channels(made.sid).fetch()
    assert (channel.type, channel.unique_name) == ("private", "orders")
    assert channel.attributes == made.attributes == '{"topic": "billing"}'


def test_messages_and_people_are_the_same_on_both_sides(conversations: Any, chat: Any) -> None:
    conversation = conversations(chat.sid).fetch()
    member = chat.members.create(identity="jane")
    participant = conversation.participants("jane").fetch()
    assert (participant.sid, participant.role_sid) == (member.sid, member.role_sid)
    chat.messages.create(from_="jane", body="Where is my order?")
    answer = conversation.messages.create(author="shop", body="On its way")
    question, answered = conversation.messages.list()
    assert (question.author, question.participant_sid) == ("jane", member.sid)
    assert (answered.sid, answered.participant_sid) == (answer.sid, None)
    assert [each._from for each in chat.messages.list()] == ["jane", "shop"]


def test_a_read_horizon_has_two_names(conversations: Any, chat: Any) -> None:
    chat.members.create(identity="jane")
    conversations(chat.sid).participants("jane").update(last_read_message_index=3)
    assert chat.members("jane").fetch().last_consumed_message_index == 3


def test_what_a_flex_channel_holds_is_read_and_answered(
    conversations: Any, make_flow: Callable[..., Any], account: Account
) -> None:
    made = account.client.flex_api.v1.channel.create(
        flex_flow_sid=make_flow().sid,
        identity="user-42",
        chat_user_friendly_name="Jane",
        chat_friendly_name="Chat with Jane",
    )
    conversation = conversations(made.sid).fetch()
    assert [each.identity for each in conversation.participants.list()] == ["user-42"]
    conversation.messages.create(author="shop", body="Hello Jane")
    channel = account.client.chat.v2.services(account.credentials.chat_service_sid).channels(
        made.sid
    )
    assert [each.body for each in channel.messages.list()] == ["Hello Jane"]


def test_each_side_refuses_in_its_own_words(conversations: Any, chat: Any) -> None:
    chat.members.create(identity="jane")
    with refused(409, 50404, "Member already exists"):
        chat.members.create(identity="jane")
    with refused(409, 50433, "Participant already exists"):
        conversations(chat.sid).participants.create(identity="jane")


def test_a_taken_unique_name_is_refused_in_either_words(
    conversations: Any, service: Any, chat: Any
) -> None:
    with refused(409, 50307, "Channel with unique name 'orders' already exists"):
        service.channels.create(unique_name="orders")
    with refused(409, 50353, "Conversation with unique name 'orders' already exists"):
        conversations.create(unique_name="orders")


def test_names_may_be_longer_than_in_chat(conversations: Any, service: Any) -> None:
    name = "x" * 100
    with refused(400, 50003):
        service.channels.create(friendly_name=name)
    assert conversations.create(friendly_name=name).friendly_name == name


def test_a_message_may_have_text_and_a_file(
    account: Account, conversations: Any, chat: Any
) -> None:
    url = f"https://mcs.us1.twilio.com/v1/Services/{chat.service_sid}/Media"
    answer = account.client.request(
        "POST", url, data=b"a receipt", headers={"Content-Type": "text/plain"}
    )
    sid = json.loads(answer.text)["sid"]
    sent = conversations(chat.sid).messages.create(body="Your receipt", media_sid=sid)
    assert (sent.body, [file["sid"] for file in sent.media]) == ("Your receipt", [sid])
    assert chat.messages(sent.sid).fetch().media["sid"] == sid


# -- public channels


def test_a_public_channel_is_not_found_until_it_is_made_private(
    account: Account, conversations: Any, service: Any
) -> None:
    channel = service.channels.create(unique_name="lobby")
    channel.messages.create(from_="jane", body="Anybody here?")
    with refused(404, 50350, f"Conversation {channel.sid} not found"):
        conversations(channel.sid).fetch()
    with refused(404, 50350):
        conversations(channel.sid).messages.create(body="Hello")
    assert conversations.list() == []
    migrated = account.client.chat.v3.channels(channel.service_sid, channel.sid).update(
        type="private"
    )
    assert (migrated.sid, migrated.type, migrated.messages_count) == (channel.sid, "private", 1)
    assert conversations(channel.sid).messages.list()[0].body == "Anybody here?"
    assert service.channels(channel.sid).fetch().type == "private"


def test_a_private_channel_is_not_made_public(account: Account, chat: Any) -> None:
    with refused(400, 50393):
        account.client.chat.v3.channels(chat.service_sid, chat.sid).update(type="public")


def test_a_conversation_of_another_service_is_not_found_by_the_short_path(
    account: Account,
) -> None:
    other = account.client.chat.v2.services.create(friendly_name="Another")
    v1 = account.client.conversations.v1
    made = v1.services(other.sid).conversations.create()
    assert v1.services(other.sid).conversations(made.sid).fetch().sid == made.sid
    with refused(404, 50350):
        v1.conversations(made.sid).fetch()


# -- states and timers


def test_a_closed_conversation_has_no_new_webhook(conversations: Any) -> None:
    made = conversations.create()
    hook = made.webhooks.create(
        target="webhook",
        configuration_url="https://example.com",
        configuration_filters=["onMessageAdded"],
    )
    made.update(state="closed")
    with refused(400, 50377):
        made.webhooks.create(target="studio", configuration_flow_sid="FW" + "1" * 32)
    with refused(400, 50377):
        hook.update(configuration_url="https://example.org")
    hook.delete()
    assert made.webhooks.list() == []


@pytest.mark.parametrize("text", ["00:20:00", "3600", "1 day", "P", "pt20m", "soon"])
def test_a_timer_is_a_duration_of_iso_8601(conversations: Any, text: str) -> None:
    with refused(400, 50380):
        conversations.create(timers_closed=text)


def test_a_file_of_a_message_is_named_by_its_sid(conversations: Any) -> None:
    for code, status, sid in ((50510, 400, "MEfoo"), (50507, 404, "ME" + "1" * 32)):
        with refused(status, code):
            conversations.create().messages.create(media_sid=sid)


def test_a_closed_conversation_is_read_only(conversations: Any) -> None:
    conversation = closed(conversations)
    assert [each.body for each in conversation.messages.list()] == ["Bye"]
    for write in (
        lambda: conversation.messages.create(body="Hello?"),
        lambda: conversation.participants.create(identity="jane"),
        lambda: conversation.update(state="active"),
    ):
        with refused(400, 50377, "final closed state"):
            write()
    assert conversation.delete()


def test_chat_does_not_write_to_a_closed_conversation_either(
    conversations: Any, service: Any
) -> None:
    channel = service.channels(closed(conversations).sid)
    with refused(409, 20409, "closed"):
        channel.messages.create(body="Hello?")
    assert len(channel.messages.list()) == 1


def test_a_message_makes_an_inactive_conversation_active(conversations: Any) -> None:
    conversation = conversations.create(state="inactive")
    conversation.messages.create(body="Hello")
    assert conversation.fetch().state == "active"


def test_each_timer_runs_from_the_last_message_by_itself(
    account: Account, conversations: Any
) -> None:
    account.clock.freeze()
    conversation = conversations.create(timers_inactive="PT1M", timers_closed="PT10M")
    account.clock.advance(seconds=59)
    conversation.messages.create(body="Hello")
    account.clock.advance(seconds=59)
    found = conversation.fetch()
    assert (found.state, sorted(found.timers)) == ("active", ["date_closed", "date_inactive"])
    account.clock.advance(seconds=2)
    found = conversation.fetch()
    assert (found.state, sorted(found.timers)) == ("inactive", ["date_closed"])
    account.clock.advance(600)
    found = conversation.fetch()
    assert (found.state, found.timers) == ("closed", {})
    assert [each.sid for each in conversations.list(state="closed")] == [found.sid]
    with refused(400, 50377):
        conversation.messages.create(body="Hello?")


def test_a_timer_can_be_removed(account: Account, conversations: Any) -> None:
    conversation = conversations.create(timers_closed="PT10M")
    conversation.update(timers_closed="")
    account.clock.advance(3600)
    assert conversation.fetch().state == "active"


# -- participants


def test_a_person_without_an_identity_has_a_binding(conversations: Any, chat: Any) -> None:
    people = conversations(chat.sid).participants
    made = people.create(
        messaging_binding_address="+15550142", messaging_binding_proxy_address="+15550100"
    )
    assert (made.identity, made.messaging_binding["type"]) == (None, "sms")
    assert chat.fetch().members_count == 1
    people(made.sid).delete()
    assert chat.fetch().members_count == 0


def test_a_pair_of_addresses_is_free_again_once_its_conversation_is_closed(
    conversations: Any,
) -> None:
    pair = {
        "messaging_binding_address": "whatsapp:+15550142",
        "messaging_binding_proxy_address": "whatsapp:+15550100",
    }
    first, second = conversations.create(), conversations.create()
    first.participants.create(**pair)
    with refused(409, 50416, first.sid):
        second.participants.create(**pair)
    first.update(state="closed")
    assert second.participants.create(**pair).messaging_binding["type"] == "whatsapp"


@pytest.mark.parametrize(
    ("code", "given"),
    [
        (50526, {"content_sid": "HX" + "1" * 32}),
        (50526, {"content_sid": "HX1", "body": "ignored", "content_variables": '{"1": "Jane"}'}),
        (50527, {"content_sid": "HX" + "1" * 32, "content_variables": "Jane"}),
        (50528, {"body": "Hello", "content_variables": "{}"}),
        (50529, {"content_sid": "HX1", "content_variables": json.dumps(dict.fromkeys(range(101)))}),
        (50540, {"content_sid": "HX1", "content_variables": json.dumps({"n" * 17: ""})}),
        (50541, {"content_sid": "HX1", "content_variables": json.dumps({"1": "x" * 257})}),
    ],
)
def test_a_content_template_is_refused_by_its_code(
    conversations: Any, code: int, given: dict[str, str]
) -> None:
    made = conversations.create()
    with refused(400, code):
        made.messages.create(**given)
    assert made.messages.list() == []


@pytest.mark.parametrize("identity", ["jane", "ann"])
def test_a_participant_keeps_its_identity(conversations: Any, identity: str) -> None:
    jane = conversations.create().participants.create(identity="jane")
    with refused(400, 50444):
        jane.update(identity=identity)
    assert jane.update(attributes="{}").identity == "jane"


def test_addresses_are_added_where_there_are_none_and_removed_where_there_are(
    conversations: Any,
) -> None:
    made = conversations.create()
    jane = made.participants.create(identity="jane")
    phone = made.participants.create(
        messaging_binding_address="+15550142", messaging_binding_proxy_address="+15550100"
    )
    for who, code, changes in (
        (jane, 50440, {"messaging_binding_proxy_address": "null"}),
        (jane, 50441, {"messaging_binding_proxy_address": "+15550101"}),
        (jane, 50442, {"messaging_binding_projected_address": "null"}),
        (phone, 50441, {"messaging_binding_proxy_address": "+15550100"}),
        (phone, 50441, {"messaging_binding_proxy_address": "+15550101"}),
        (phone, 50443, {"messaging_binding_projected_address": "+15550101"}),
    ):
        with refused(400, code):
            who.update(**changes)
    projected = jane.update(messaging_binding_projected_address="+15550199")
    assert projected.messaging_binding == {"type": "sms", "projected_address": "+15550199"}
    with refused(400, 50443):
        jane.update(messaging_binding_projected_address="+15550198")
    assert jane.update(messaging_binding_projected_address="null").messaging_binding is None


def test_a_message_keeps_the_place_of_an_author_who_leaves(conversations: Any) -> None:
    made = conversations.create()
    early = made.messages.create(author="jane", body="before")
    jane = made.participants.create(identity="jane")
    during = made.messages.create(author="jane", body="during")
    jane.delete()
    again = made.participants.create(identity="jane")
    after = made.messages.create(author="jane", body="after")
    assert made.messages.create(body="from nobody").participant_sid is None
    assert [each.fetch().participant_sid for each in (early, during, after)] == [
        None,
        jane.sid,
        again.sid,
    ]
    assert [each.participant_sid for each in made.messages.list()][:3] == [
        None,
        jane.sid,
        again.sid,
    ]


# -- chat users


def test_a_chat_user_reaches_its_own_conversations_in_its_roles_permissions(
    account: Account, chat: Any
) -> None:
    chat.members.create(identity="jane")
    jane = account.client_of_chat_user(account.chat_token("jane"), "jane").conversations.v1
    assert jane.conversations(chat.sid).messages.create(body="Hello").author == "jane"
    with refused(403, 50107, "editConversationName"):
        jane.conversations(chat.sid).update(friendly_name="Mine")
    with refused(403, 50430, "User not participant of conversation"):
        bob = account.client_of_chat_user(account.chat_token("bob"), "bob").conversations.v1
        bob.conversations(chat.sid).fetch()
    other = account.client.chat.v2.services.create(friendly_name="Another")
    with refused(403, 20403):
        jane.services(other.sid).conversations.list()


@pytest.mark.usefixtures("creators")
def test_the_creator_of_a_conversation_sees_it_and_joins_it_and_others_do_not(
    account: Account, service: Any
) -> None:
    def acting(identity: str) -> Any:
        token = account.chat_token(identity)
        return account.client_of_chat_user(token, identity).conversations.v1

    service.users.create(identity="jane")
    made = acting("jane").conversations.create(unique_name="vip")
    assert acting("jane").conversations("vip").fetch().sid == made.sid
    assert [each.sid for each in acting("jane").conversations.list()] == [made.sid]
    assert acting("bob").conversations.list() == []
    for act in (
        acting("bob").conversations(made.sid).fetch,
        lambda: acting("bob").conversations(made.sid).participants.create(identity="bob"),
    ):
        with refused(403, 50430):
            act()
    for identity in ("jane", "bob"):
        acting("jane").conversations(made.sid).participants.create(identity=identity)
    assert acting("bob").conversations(made.sid).fetch().unique_name == "vip"


def test_a_webhook_hears_of_a_message_that_came_over_the_other_dialect(
    account: Account, chat: Any, conversations: Any
) -> None:
    heard: list[Any] = []
    assert account.mock is not None
    account.mock.webhooks.register("https://bot.example.com/hook", heard.append)
    chat.webhooks.create(
        type="webhook",
        configuration_url="https://bot.example.com/hook",
        configuration_filters=["onMessageSent"],
    )
    conversations(chat.sid).messages.create(
        author="jane", body="Hello", x_twilio_webhook_enabled="true"
    )
    assert account.mock.webhooks.settle()
    [told] = heard
    assert (told.parameters["EventType"], told.parameters["From"]) == ("onMessageSent", "jane")


def test_a_conversation_may_be_dated_back(conversations: Any) -> None:
    then = datetime(2026, 1, 5, 9, tzinfo=UTC)
    assert conversations.create(date_created=then).date_created == then


def test_the_conversation_that_was_active_last_is_listed_first(
    account: Account, conversations: Any
) -> None:
    account.clock.freeze()
    made = []
    for _ in range(3):
        made.append(conversations.create())
        account.clock.advance(60)
    made[1].messages.create(body="Hello")
    expected = [made[1].sid, made[2].sid, made[0].sid]
    assert [each.sid for each in conversations.list()] == expected
    assert [each.sid for each in conversations.list(page_size=1)] == expected
