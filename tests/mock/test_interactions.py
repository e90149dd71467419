"""Interactions of Flex: a conversation that comes to an agent as a task."""

from __future__ import annotations

import json
from typing import Any

import pytest
from contact_center import BOTH, CLOSED, JANE, Contact
from support import refused

# -- creation


def test_an_interaction_makes_a_task_with_flex_own_attributes(contact: Contact) -> None:
    made = contact.ask(routing={"attributes": {"customerName": "Jane", "from": "Jane", "vip": 1}})
    task = made.routing["properties"]
    assert json.loads(task["attributes"]) == {
        "channelType": "web",
        "direction": "inbound",
        "initiatedBy": "customer",
        "customers": {"name": "Jane"},
        "conversations": {
            "initiated_by": "customer",
            "conversation_id": made.sid,
            "communication_channel": "web",
            "media": [{"type": "ChatTranscript", "sid": contact.conversation.sid}],
        },
        "customerName": "Jane",
        "from": "Jane",
        "vip": 1,
        "taskCreateSource": "interaction",
        "flexInteractionSid": made.sid,
        "flexInteractionChannelSid": made.channel["sid"],
        "flexChannelInviteSid": contact.channel.invites.list()[0].sid,
        "conversationSid": contact.conversation.sid,
    }
    assert (task["task_channel_unique_name"], task["assignment_status"]) == ("chat", "pending")
    assert isinstance(task["date_created"], int)
    assert task["assignmentCounter"] == 0


@pytest.mark.parametrize("own", ["flexInteractionSid", "conversationSid", "taskCreateSource"])
def test_what_flex_names_is_not_overwritten(contact: Contact, own: str) -> None:
    contact.ask(routing={"attributes": {own: "mine"}})
    assert contact.attributes[own] != "mine"


def test_insights_of_the_caller_are_added_to_those_of_flex(contact: Contact) -> None:
    contact.ask(routing={"attributes": {"conversations": {"outcome": "sale"}, "customers": 5}})
    assert contact.attributes["conversations"]["outcome"] == "sale"
    assert contact.attributes["conversations"]["communication_channel"] == "web"
    assert contact.attributes["customers"] == {}


@pytest.mark.parametrize(
    ("address", "group"), [("+15550142", "phone"), ("jane@example.com", "email")]
)
def test_the_address_of_a_customer_is_one_of_a_phone_or_of_mail(
    contact: Contact, address: str, group: str
) -> None:
    contact.ask(routing={"attributes": {"customerAddress": address}})
    assert contact.attributes["customers"] == {group: address}


def test_the_channel_is_active_once_the_request_is_answered(contact: Contact) -> None:
    contact.ask()
    assert contact.channel.fetch().status == "active"
    assert contact.types == ["customer"]
    assert contact.state == (["pending"], "active", "active", JANE)


@pytest.mark.parametrize(
    ("code", "spoil"),
    [
        (45354, lambda contact: contact.conversation.update(state="closed")),
        (45355, lambda contact: contact.conversation.participants("jane").delete()),
        (45376, lambda contact: contact.conversation.delete()),
        (45353, lambda contact: contact.ask()),
    ],
)
def test_a_conversation_that_does_not_do_fails_the_channel_and_cancels_the_task(
    contact: Contact, code: int, spoil: Any
) -> None:
    spoil(contact)
    contact.ask()
    failed = contact.channel.fetch()
    assert (failed.status, failed.error_code) == ("failed", code)
    assert failed.error_message
    assert contact.tasks[-1] == "canceled"
    assert contact.types == []


def test_a_public_channel_is_no_conversation_to_route(contact: Contact, service: Any) -> None:
    contact.ask(service.channels.create(type="public").sid)
    assert contact.channel.fetch().error_code == 45376


def test_a_task_of_a_failed_channel_is_offered_to_nobody(contact: Contact) -> None:
    contact.office.go("alice")
    contact.conversation.update(state="closed")
    contact.ask()
    assert contact.office.worker("alice").reservations.list() == []


def test_a_conversation_whose_interaction_ended_cannot_have_another(contact: Contact) -> None:
    contact.ask()
    contact.close(routing=CLOSED)
    contact.ask()
    assert contact.channel.fetch().error_code == 45354


def test_an_interaction_on_a_channel_that_exists_keeps_it(contact: Contact) -> None:
    made = contact.ask()
    create = contact.client.flex_api.v1.interaction.create
    existing = {"sid": made.channel["sid"]}
    assert create(channel=existing).sid == made.sid
    assert contact.tasks == ["pending"]
    again = create(channel=existing, routing=contact.properties(attributes={"second": True}))
    assert (again.sid, again.channel) == (made.sid, made.channel)
    assert json.loads(again.routing["properties"]["attributes"])["second"]
    assert contact.tasks == ["pending", "pending"]
    with refused(400, 45366, "there is no interaction channel"):
        create(channel={"sid": "UO" + "0" * 32})
    contact.close()
    with refused(400, 45354):
        create(channel=existing)


def test_an_interaction_is_read_by_its_sid(contact: Contact) -> None:
    made = contact.ask()
    assert contact.kd.fetch().channel == {"type": "web", "sid": made.channel["sid"]}
    with refused(404, 20404):
        contact.client.flex_api.v1.interaction("KD" + "0" * 32).fetch()


@pytest.mark.parametrize("initiated_by", ["API", "agent"])
def test_an_outbound_interaction_makes_the_conversation(
    contact: Contact, initiated_by: str
) -> None:
    routing = {
        "queue_sid": contact.office.queue("Sales"),
        "worker_sid": contact.office.worker("alice").fetch().sid,
    }
    person = {"address": "+15550142", "proxy_address": "+15550100"}
    channel = {"type": "sms", "initiated_by": initiated_by, "participants": [person]}
    contact.ask(channel={**channel, "properties": {}}, routing=routing)
    is_agent = initiated_by == "agent"
    assert contact.attributes["direction"] == ("outbound" if is_agent else "inbound")
    sid = contact.attributes["conversationSid"]
    [customer] = contact.client.conversations.v1.conversations(sid).participants.list()
    assert customer.messaging_binding == {"type": "sms", **person}
    contact.office.go("alice")
    [offer] = contact.office.worker("alice").reservations.list()
    assert offer.reservation_status == "pending"


@pytest.mark.parametrize(
    ("type", "kind", "address", "proxy"),
    [
        ("whatsapp", "whatsapp", "whatsapp:+15550142", "whatsapp:+15550100"),
        ("email", "email", "jane@example.com", "shop@example.com"),
        ("web", "sms", "+15550142", "+15550100"),
        ("whatsapp", None, "+15550142", "+15550100"),
        ("sms", None, "+15550142", "whatsapp:+15550100"),
        ("sms", None, "jane", "+15550100"),
        ("email", None, "jane", "shop@example.com"),
    ],
)
def test_the_addresses_of_a_customer_are_of_one_network_the_channels(
    contact: Contact, type: str, kind: str | None, address: str, proxy: str
) -> None:
    person = {"address": address, "proxy_address": proxy}
    channel = {"type": type, "initiated_by": "api", "participants": [person], "properties": {}}
    if kind is None:
        with refused(400, 45351):
            contact.ask(channel=channel)
        assert contact.tasks == []
        return
    contact.ask(channel=channel)
    sid = contact.attributes["conversationSid"]
    [customer] = contact.client.conversations.v1.conversations(sid).participants.list()
    assert customer.messaging_binding == {"type": kind, **person}


@pytest.mark.parametrize(
    ("code", "channel", "routing"),
    [
        (45366, {"type": "telex"}, {}),
        (45366, {"initiated_by": "nobody"}, {}),
        (45366, {"properties": {}}, {}),
        (45366, {"properties": {"media_channel_sid": 5}}, {}),
        (45366, {"initiated_by": "agent"}, {}),
        (45351, {"initiated_by": "api", "properties": {}}, {}),
        (45351, {"initiated_by": "api", "properties": {}, "participants": [{}]}, {}),
        (
            45351,
            {
                "initiated_by": "api",
                "properties": {},
                "participants": [{"identity": "j", "address": "+1", "proxy_address": "+2"}],
            },
            {},
        ),
        (45366, {}, {"workspace_sid": "WS" + "0" * 32}),
        (45366, {}, {"attributes": "none"}),
        (45366, {}, {"timeout": "soon"}),
        (20001, {}, {"workflow_sid": "WW" + "0" * 32}),
        (20001, {}, {"task_channel_unique_name": "fax"}),
        (20001, {}, {"worker_sid": "WK" + "0" * 32}),
    ],
)
def test_a_faulty_interaction_is_refused_and_makes_nothing(
    contact: Contact, code: int, channel: dict[str, Any], routing: dict[str, Any]
) -> None:
    with refused(400, code):
        contact.ask(channel=channel, routing=routing)
    assert contact.tasks == []
    assert len(contact.client.conversations.v1.conversations.list()) == 1


@pytest.mark.parametrize("text", ["", "5", "[]", "{", '{"type": "web"}'])
def test_a_channel_that_is_no_object_of_json_is_refused(contact: Contact, text: str) -> None:
    with refused(400, 45366):
        contact.client.flex_api.v1.interaction.create(channel=text, routing=contact.properties())


def test_routing_is_required(contact: Contact) -> None:
    channel = {"type": "web", "initiated_by": "customer", "properties": {"media_channel_sid": "CH"}}
    with refused(400, 45366, "Routing"):
        contact.client.flex_api.v1.interaction.create(channel=channel)


# -- acceptance


def test_accepting_the_task_puts_the_agent_into_the_conversation(contact: Contact) -> None:
    agent = contact.serve()
    assert contact.people == BOTH
    [_, found] = contact.channel.participants.list()
    [offer] = contact.office.worker("alice").reservations.list()
    assert (found.sid, found.type) == (agent._solution["sid"], "agent")
    assert found.routing_properties == {
        "task_sid": offer.task_sid,
        "worker_sid": offer.worker_sid,
        "reservation_sid": offer.sid,
    }
    assert contact.state == (["assigned"], "active", "active", BOTH)


def test_an_agent_has_flex_role_for_agents(contact: Contact) -> None:
    contact.serve()
    role = contact.conversation.participants("alice").fetch().role_sid
    service = contact.client.chat.v2.services(contact.account.credentials.chat_service_sid)
    assert service.roles(role).fetch().friendly_name == "agent"


def test_the_conversations_webhooks_say_who_was_added_removed_and_that_it_was_closed(
    contact: Contact, webhooks: Any
) -> None:
    heard: list[Any] = []
    url = "https://shop.example.com/conversations"
    webhooks.register(url, lambda call: heard.append(call.parameters))
    names = ["onParticipantAdded", "onParticipantRemoved", "onConversationStateUpdated"]
    contact.client.conversations.v1.configuration.webhooks().update(
        post_webhook_url=url, filters=names, method="POST"
    )
    contact.serve()
    contact.close(routing=CLOSED)
    assert webhooks.settle()
    about = ("EventType", "Source", "Identity", "StateTo", "Reason")
    assert [tuple(each[name] for name in about if name in each) for each in heard] == [
        ("onParticipantAdded", "API", "alice"),
        ("onParticipantRemoved", "API", "alice"),
        ("onConversationStateUpdated", "API", "closed", "API"),
    ]


def test_an_agent_that_is_in_the_conversation_already_stays(contact: Contact) -> None:
    contact.conversation.participants.create(
        identity="alice", attributes='{"member_type": "agent"}'
    )
    contact.serve()
    assert contact.people == BOTH
    assert contact.types == ["customer", "agent"]


def test_nobody_joins_a_conversation_that_was_closed_meanwhile(contact: Contact) -> None:
    contact.ask()
    contact.conversation.update(state="closed")
    contact.accept()
    assert contact.state == (["assigned"], "active", "closed", JANE)


# -- each ending


def test_closing_the_channel_wraps_the_task_up_and_closes_the_conversation(
    contact: Contact,
) -> None:
    agent = contact.serve()
    contact.close()
    assert contact.state == (["wrapping"], "closed", "closed", BOTH)
    agent.update(status="closed")
    assert contact.state == (["completed"], "closed", "closed", JANE)


def test_closing_the_channel_with_its_routing_completes_the_task(contact: Contact) -> None:
    contact.serve()
    contact.close(routing=CLOSED)
    assert contact.state == (["completed"], "closed", "closed", JANE)
    assert contact.types == ["customer"]


def test_leaving_completes_the_task_and_waits_for_the_customer(contact: Contact) -> None:
    contact.serve()
    contact.leave()
    assert contact.state == (["completed"], "inactive", "active", JANE)


@pytest.mark.parametrize("agent", ["alice", "bob"])
def test_a_customer_who_was_left_and_writes_again_gets_a_new_task(
    contact: Contact, agent: str
) -> None:
    contact.serve(routing={"attributes": {"customerName": "Jane", "topic": "billing"}})
    contact.leave()
    contact.office.go("alice", "Offline")
    contact.conversation.messages.create(author="jane", body="One more thing")
    assert contact.state == (["completed", "pending"], "active", "active", JANE)
    assert contact.attributes["topic"] == "billing"
    contact.accept(agent)
    assert contact.people == ["jane", agent]


def test_a_customer_with_a_phone_who_was_left_gets_a_new_task_too(contact: Contact) -> None:
    contact.conversation.participants("jane").delete()
    contact.conversation.participants.create(
        messaging_binding_address="+15550142", messaging_binding_proxy_address="+15550100"
    )
    contact.serve(channel={"type": "sms"})
    contact.leave()
    contact.conversation.messages.create(author="+15550142", body="One more thing")
    assert contact.tasks[:1] == ["completed"]
    assert len(contact.tasks) == 2


def test_a_message_that_is_not_the_customers_makes_no_task(contact: Contact) -> None:
    contact.serve()
    contact.leave()
    contact.conversation.messages.create(author="Bot", body="Are you still there?")
    assert contact.state == (["completed"], "inactive", "active", JANE)


def test_wrapping_up_an_agent_leaves_the_conversation_as_it_is(contact: Contact) -> None:
    contact.serve().update(status="wrapup")
    assert contact.state == (["wrapping"], "active", "active", BOTH)


def test_closing_an_agent_completes_its_task_and_leaves_the_customer(contact: Contact) -> None:
    contact.serve().update(status="closed")
    assert contact.state == (["completed"], "active", "active", JANE)


def test_a_parked_chat_is_taken_up_by_an_invitation(contact: Contact) -> None:
    contact.serve().update(status="closed")
    contact.conversation.messages.create(author="jane", body="Hello again")
    assert contact.tasks == ["completed"]
    worker = contact.office.worker("alice").fetch().sid
    contact.channel.invites.create(routing=contact.properties(worker_sid=worker))
    contact.accept()
    assert contact.state == (["completed", "assigned"], "active", "active", BOTH)
    assert "direction" not in contact.attributes


def test_a_server_that_closes_the_conversation_leaves_the_task_to_the_agent(
    contact: Contact,
) -> None:
    contact.serve()
    contact.conversation.update(state="closed")
    assert contact.state == (["assigned"], "active", "closed", BOTH)


def test_a_customer_who_leaves_leaves_the_task_to_the_agent(contact: Contact) -> None:
    contact.serve()
    contact.conversation.participants("jane").delete()
    assert contact.state == (["assigned"], "active", "active", ["alice"])


def test_the_closed_timer_leaves_the_task_to_the_agent(contact: Contact) -> None:
    contact.serve()
    contact.conversation.update(timers_closed="PT1H")
    contact.account.clock.advance(3601)
    assert contact.state == (["assigned"], "active", "closed", BOTH)


@pytest.mark.parametrize("how", ["cancelled", "waited too long"])
def test_a_cancelled_task_closes_the_channel_and_leaves_an_orphan(
    contact: Contact, how: str
) -> None:
    sid = contact.ask(routing={"timeout": 60}).routing["properties"]["sid"]
    if how == "cancelled":
        contact.workspace.tasks(sid).update(assignment_status="canceled", reason="spam")
    else:
        contact.account.clock.advance(61)
    assert contact.state == (["canceled"], "closed", "active", JANE)


def test_taskrouter_alone_ends_neither_channel_nor_conversation(contact: Contact) -> None:
    contact.serve()
    task = contact.workspace.tasks(contact.workspace.tasks.list()[0].sid)
    task.update(assignment_status="wrapping")
    task.update(assignment_status="completed")
    assert contact.state == (["completed"], "active", "active", BOTH)


def test_closing_a_channel_that_waits_cancels_its_task(contact: Contact) -> None:
    contact.ask()
    contact.close()
    assert contact.state == (["canceled"], "closed", "closed", JANE)


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        (45358, {"status": ""}),
        (45359, {"status": "pause"}),
        (45366, {"status": "inactive"}),
        (45366, {"status": "closed", "routing": {"status": "wrapup"}}),
        (45366, {"status": "closed", "routing": "closed"}),
    ],
)
def test_another_status_of_a_channel_is_refused(
    contact: Contact, code: int, changes: dict[str, Any]
) -> None:
    contact.serve()
    with refused(400, code):
        contact.channel.update(**changes)
    assert contact.state == (["assigned"], "active", "active", BOTH)


@pytest.mark.parametrize(("kind", "status"), [("customer", "wrapup"), ("agent", "done")])
def test_another_status_of_a_participant_is_refused(
    contact: Contact, kind: str, status: str
) -> None:
    contact.serve()
    [found] = [each for each in contact.channel.participants.list() if each.type == kind]
    with refused(400, 45359):
        contact.channel.participants(found.sid).update(status=status)
    assert contact.state == (["assigned"], "active", "active", BOTH)
