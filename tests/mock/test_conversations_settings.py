"""Settings of Conversations: default service and timers, roles, users, creation with people."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hooks import HOOK, registered
from support import refused

from helpers import Account


@pytest.fixture
def v1(account: Account) -> Any:
    return account.client.conversations.v1


def test_the_default_service_can_be_another(account: Account, v1: Any) -> None:
    first = account.credentials.chat_service_sid
    assert v1.configuration().fetch().default_chat_service_sid == first
    other = v1.services.create(friendly_name="Another")
    v1.configuration().update(default_chat_service_sid=other.sid)
    made = v1.conversations.create(unique_name="orders")
    assert made.chat_service_sid == other.sid
    with refused(404, 50350):
        v1.services(first).conversations("orders").fetch()
    with refused(404, 20404):
        v1.configuration().update(default_chat_service_sid="IS" + "0" * 32)
    other.delete()
    assert v1.configuration().fetch().default_chat_service_sid == first
    assert v1.conversations.list() == []


def test_new_conversations_have_the_accounts_timers_unless_they_name_their_own(
    account: Account, v1: Any
) -> None:
    account.clock.freeze()
    v1.configuration().update(default_inactive_timer="PT1H", default_closed_timer="P3D")
    assert v1.configuration().fetch().default_closed_timer == "P3D"
    made, own = v1.conversations.create(), v1.conversations.create(timers_inactive="PT2H")
    assert made.timers["date_inactive"] < own.timers["date_inactive"]
    account.clock.advance(3600)
    assert (made.fetch().state, own.fetch().state) == ("inactive", "active")
    with refused(400, 50376):
        v1.configuration().update(default_closed_timer="PT5M")


def test_a_timer_that_ends_is_reported(account: Account, v1: Any) -> None:
    assert account.mock is not None
    account.clock.freeze()
    hook = registered(account.mock.webhooks)
    v1.configuration.webhooks().update(
        post_webhook_url=HOOK, filters=["onConversationStateUpdated", "onConversationUpdated"]
    )
    v1.conversations.create(timers_inactive="PT1M", timers_closed="PT10M")
    v1.conversations.create(timers_closed="PT10M")
    account.clock.advance(660)
    assert account.mock.webhooks.settle()
    assert hook.events == ["onConversationStateUpdated"] * 3
    assert sorted(zip(hook.all("StateFrom"), hook.all("StateTo"), strict=True)) == [
        *(("active", "closed"), ("active", "inactive"), ("inactive", "closed")),
    ]
    assert set(hook.all("Reason")) == {"TIMER"}


def test_timers_survive_a_snapshot_and_a_message_moves_them(account: Account, v1: Any) -> None:
    assert account.mock is not None
    account.clock.freeze()
    made = v1.conversations.create(timers_closed="PT10M")
    with account.mock.snapshot():
        made.delete()
        account.clock.advance(300)
    made.messages.create(body="Hello")
    account.clock.advance(599)
    assert made.fetch().state == "active"
    account.clock.advance(1)
    assert made.fetch().state == "closed"


def test_a_conversation_is_made_along_with_its_people(account: Account, v1: Any) -> None:
    people = [
        '{"identity": "jane"}',
        '{"messaging_binding": {"address": "+15550142", "proxy_address": "+15550100"}}',
    ]
    made = v1.conversation_with_participants.create(friendly_name="Orders", participant=people)
    assert made.state == "initializing"
    found = v1.conversations(made.sid)
    assert found.fetch().state == "active"
    assert [each.identity for each in found.participants.list()] == ["jane", None]
    failed = v1.conversation_with_participants.create(participant=people)
    assert v1.conversations(failed.sid).fetch().state == "closed"
    for bad in ("jane", '["jane"]', '{"messaging_binding": 1}'):
        with refused(400, 20001, "Participant"):
            v1.conversation_with_participants.create(participant=[bad])
    with refused(400, 50204):
        v1.conversation_with_participants.create(participant=["{}"])
    assert len(v1.conversations.list()) == 2


def test_roles_speak_each_apis_words(account: Account, v1: Any) -> None:
    chat = account.client.chat.v2.services(account.credentials.chat_service_sid)
    made = v1.roles.create("agent", "conversation", ["addNonChatParticipant", "sendMessage"])
    assert (made.type, made.permissions) == (
        "conversation",
        ["addNonChatParticipant", "sendMessage"],
    )
    seen = chat.roles(made.sid).fetch()
    assert (seen.type, seen.permissions) == ("channel", ["sendMessage"])
    invites = chat.roles.create("host", "channel", ["inviteMember", "addMember"])
    assert v1.roles(invites.sid).fetch().permissions == ["addParticipant"]
    with refused(400, 50104, "inviteMember"):
        v1.roles.create("host", "conversation", ["inviteMember"])


def test_a_phone_is_added_by_a_role_that_may(account: Account, v1: Any) -> None:
    made = v1.conversations.create()
    role = v1.roles.create("host", "conversation", ["addParticipant"])
    made.participants.create(identity="jane", role_sid=role.sid)
    jane = account.client_of_chat_user(account.chat_token("jane"), "jane").conversations.v1
    pair = {
        "messaging_binding_address": "+15550142",
        "messaging_binding_proxy_address": "+15550100",
    }
    jane.conversations(made.sid).participants.create(identity="bob")
    with refused(403, 50107, "addNonChatParticipant"):
        jane.conversations(made.sid).participants.create(**pair)
    role.update(permission=["addNonChatParticipant"])
    assert jane.conversations(made.sid).participants.create(**pair).identity is None


def test_a_customers_conversations_are_found_by_identity_and_by_address(v1: Any) -> None:
    made = [v1.conversations.create(unique_name=name) for name in ("a", "b", "c")]
    for each in made[:2]:
        each.participants.create(identity="jane")
    made[0].update(state="closed")
    made[2].participants.create(
        messaging_binding_address="+15550142", messaging_binding_proxy_address="+15550100"
    )
    found = v1.participant_conversations.list(identity="jane")
    assert [each.conversation_sid for each in found] == sorted(each.sid for each in made[:2])
    assert {each.conversation_state for each in found} == {"active", "closed"}
    [phone] = v1.participant_conversations.list(address="+15550142", page_size=1)
    assert (phone.conversation_unique_name, phone.participant_identity) == ("c", None)
    assert v1.participant_conversations.list(identity="nobody") == []
    with refused(400, 50451):
        v1.participant_conversations.list(identity="jane", address="+15550142")


def test_a_users_conversations_are_named_muted_read_and_left(v1: Any) -> None:
    made = v1.conversations.create(unique_name="orders", friendly_name="Orders")
    made.participants.create(identity="jane")
    for body in "abc":
        made.messages.create(body=body)
    own = v1.users("jane").user_conversations("orders").fetch()
    assert (own.friendly_name, own.conversation_state) == ("Orders", "active")
    assert (own.unread_messages_count, own.notification_level) == (None, "default")
    own = own.update(last_read_message_index=0, notification_level="muted")
    assert (own.unread_messages_count, own.notification_level) == (2, "muted")
    assert own.delete()
    assert v1.users("jane").user_conversations.list() == []
    assert made.participants.list() == []


def test_a_name_may_be_one_conversations_in_each_service(account: Account, v1: Any) -> None:
    other = v1.services.create(friendly_name="Another")
    places = [v1.services(other.sid), v1.services(account.credentials.chat_service_sid)]
    for place in places:
        made = place.conversations.create(unique_name="orders")
        made.participants.create(identity="jane")
        found = place.users("jane").user_conversations("orders").fetch()
        assert found.conversation_sid == made.sid
    with refused(404, 20404):
        places[0].users("jane").user_conversations("returns").fetch()


def test_a_public_channel_is_no_conversation_of_a_user(account: Account, v1: Any) -> None:
    chat = account.client.chat.v2.services(account.credentials.chat_service_sid)
    lobby = chat.channels.create(unique_name="lobby")
    lobby.members.create(identity="jane")
    assert v1.users("jane").user_conversations.list() == []
    assert v1.participant_conversations.list(identity="jane") == []
    for key in ("lobby", lobby.sid):
        with refused(404, 20404):
            v1.users("jane").user_conversations(key).fetch()


def test_closed_conversations_do_not_count_for_a_users_limit(account: Account, v1: Any) -> None:
    chat = account.client.chat.v2.services(account.credentials.chat_service_sid)
    chat.update(limits_user_channels=2)
    made = [v1.conversations.create() for _ in range(3)]
    for each in made[:2]:
        each.participants.create(identity="jane")
    with refused(403, 50214):
        made[2].participants.create(identity="jane")
    made[0].update(state="closed")
    assert made[2].participants.create(identity="jane").identity == "jane"


def test_push_settings_have_their_own_names_and_chats(account: Account, v1: Any) -> None:
    chat = account.client.chat.v2.services(account.credentials.chat_service_sid)
    own = v1.services(account.credentials.chat_service_sid).configuration.notifications()
    own.update(added_to_conversation_enabled=True, new_message_with_media_template="A file")
    assert chat.fetch().notifications["added_to_channel"]["enabled"] is True
    assert own.fetch().new_message["with_media"] == {"enabled": False, "template": "A file"}


def test_the_other_product_of_the_name_is_told_apart(account: Account) -> None:
    answer = account.client.request("GET", "https://conversations.twilio.com/v2/Conversations")
    assert answer.status_code == 501
    assert "Conversation Orchestrator, another product" in answer.text


def test_email_and_messaging_service_of_a_conversation_are_kept(v1: Any) -> None:
    made = v1.conversations.create(
        messaging_service_sid="MG" + "1" * 32, bindings_email_address="ann@example.com"
    )
    found = made.fetch()
    assert found.messaging_service_sid == "MG" + "1" * 32
    assert found.bindings == {"email": {"address": "ann@example.com", "name": ""}}


def test_a_timer_needs_no_state(v1: Any) -> None:
    made = v1.conversations.create(timers_closed="PT10M")
    assert (made.state, list(made.timers)) == ("active", ["date_closed"])


def test_a_page_is_no_longer_than_the_maximum(account: Account) -> None:
    url = "https://conversations.twilio.com/v1"
    for path, key, most in (("Conversations", "conversations", 100), ("Roles", "roles", 50)):
        answer = account.client.request("GET", f"{url}/{path}?PageSize={most + 1}")
        assert (
            json.loads(answer.text)["meta"] | {"page_size": most, "key": key}
            == (json.loads(answer.text)["meta"])
        )


def test_a_customer_makes_no_conversations(account: Account, v1: Any) -> None:
    def made_by(service_sid: str) -> Any:
        service = v1.services(service_sid)
        role = service.configuration().fetch().default_chat_service_role_sid
        return sorted(service.roles(role).fetch().permissions)

    less = ["editOwnUserInfo", "joinConversation"]
    assert made_by(account.credentials.chat_service_sid) == less
    assert made_by(v1.services.create(friendly_name="Own").sid) == ["createConversation", *less]
    jane = account.client_of_chat_user(account.chat_token("jane"), "jane")
    with refused(403, 50107, "createConversation"):
        jane.conversations.v1.conversations.create()
    assert v1.conversations.list() == []
