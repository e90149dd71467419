"""Interactions of Flex: a conversation that comes to an agent as a task."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from contact_center import HOOK, Contact
from filed import killed, opened, untold
from support import refused

from helpers.mock import TwilioError
from helpers.mock.calibration_conversations import InstanceHooks

CLOSED = {"status": "closed"}
JANE, BOTH = ["jane"], ["jane", "alice"]


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


# -- pause


def paused(contact: Contact) -> str:
    """The agent's SID, once she has paused."""
    agent = str(contact.serve()._solution["sid"])
    assert contact.account.mock is not None
    contact.account.mock.pause_interaction(agent)
    return agent


def test_pausing_completes_the_task_and_keeps_the_agent_in_the_conversation(
    contact: Contact,
) -> None:
    paused(contact)
    assert contact.state == (["completed"], "pause", "active", BOTH)
    assert contact.office.capacity("alice", "chat") == (0, 100)


def test_a_customer_who_writes_to_a_paused_chat_makes_no_task(contact: Contact) -> None:
    paused(contact)
    contact.conversation.messages.create(author="jane", body="Are you there?")
    assert contact.state == (["completed"], "pause", "active", BOTH)


def test_the_agent_takes_a_paused_chat_up_again_with_a_new_task(contact: Contact) -> None:
    agent = paused(contact)
    assert contact.account.mock is not None
    contact.account.mock.resume_interaction(agent)
    assert contact.state == (["completed", "assigned"], "active", "active", BOTH)
    assert contact.types == ["customer", "agent"]
    assert contact.agent()._solution["sid"] != agent


def test_a_chat_that_is_paused_for_too_long_goes_back_to_its_queue(contact: Contact) -> None:
    agent = paused(contact)
    contact.office.go("alice", "Offline")
    contact.account.clock.advance(14 * 86_400 - 60)
    assert contact.state == ([], "pause", "active", BOTH)
    contact.account.clock.advance(120)
    assert contact.state == (["pending"], "active", "active", JANE)
    assert contact.account.mock is not None
    with pytest.raises(TwilioError, match="No interaction has an agent"):
        contact.account.mock.resume_interaction(agent)
    contact.accept("bob")
    assert contact.people == ["jane", "bob"]


def test_a_paused_chat_of_a_snapshot_goes_back_to_its_queue(contact: Contact) -> None:
    assert contact.account.mock is not None
    paused(contact)
    contact.office.go("alice", "Offline")
    with contact.account.mock.snapshot():
        contact.close()
        contact.account.clock.advance(15 * 86_400)
        assert contact.tasks == []
    assert contact.state[1:] == ("active", "active", JANE)
    assert contact.tasks[-1:] == ["pending"]


def test_an_agent_without_capacity_gets_a_resumed_chat_later(contact: Contact) -> None:
    agent = paused(contact)
    contact.office.set_capacity("alice", 0, "chat")
    assert contact.account.mock is not None
    contact.account.mock.resume_interaction(agent)
    assert contact.tasks == ["completed", "pending"]
    contact.office.set_capacity("alice", 1, "chat")
    assert contact.tasks == ["completed", "assigned"]


@pytest.mark.parametrize("act", ["pause_interaction", "resume_interaction"])
def test_only_what_is_active_is_paused_and_only_what_is_paused_resumed(
    contact: Contact, act: str
) -> None:
    agent = paused(contact)
    change = getattr(contact.account.mock, act)
    with pytest.raises(TwilioError, match="No interaction has an agent"):
        change("UT" + "0" * 32)
    if act == "resume_interaction":
        change(agent)
        agent = str(contact.agent()._solution["sid"])
    with pytest.raises(TwilioError) as caught:
        change(agent)
    assert caught.value.code == 45354


# -- invites


def test_a_second_agent_is_invited_with_a_task_of_its_own(contact: Contact) -> None:
    contact.serve()
    bob = contact.office.worker("bob").fetch().sid
    contact.channel.invites.create(routing=contact.properties(worker_sid=bob))
    contact.accept("bob")
    assert contact.people == ["jane", "alice", "bob"]
    contact.agent("alice").update(status="closed")
    assert contact.state == (["completed", "assigned"], "active", "active", ["jane", "bob"])
    assert len(contact.channel.invites.list()) == 2


def test_an_invited_worker_who_declines_cancels_the_task_and_nothing_else(
    contact: Contact,
) -> None:
    contact.serve()
    bob = contact.office.worker("bob")
    routing = contact.properties(worker_sid=bob.fetch().sid)
    contact.channel.invites.create(routing=routing)
    contact.office.go("bob")
    [offer] = bob.reservations.list()
    bob.reservations(offer.sid).update(reservation_status="rejected")
    assert contact.state == (["assigned", "canceled"], "active", "active", BOTH)


def test_nobody_is_invited_into_a_channel_that_has_ended(contact: Contact) -> None:
    contact.serve()
    contact.close(routing=CLOSED)
    with refused(400, 45354):
        contact.channel.invites.create(routing=contact.properties())


# -- transfers


class Body(dict[str, Any]):
    """JSON as the SDK takes it."""

    to_dict = dict.copy


def hand(contact: Contact, **more: Any) -> Any:
    agent = contact.agent()._solution["sid"]
    made = contact.channel.transfers.create(Body({"from": agent, "to": "", **more}))
    return contact.channel.transfers(made.sid)


@pytest.mark.parametrize("target", ["queue", "worker", "workflow"])
def test_a_cold_transfer_brings_the_chat_to_another_agent(contact: Contact, target: str) -> None:
    bob = contact.office.worker("bob").fetch().sid
    everyone = contact.office.queue("Second line")
    to = {
        "queue": everyone,
        "worker": bob,
        "workflow": contact.office.workspace.workflows.list()[0].sid,
    }
    contact.serve()
    contact.office.go("alice", "Offline")
    transfer = hand(contact, to=to[target])
    assert transfer.fetch().status == "active"
    assert contact.state == (["completed", "pending"], "transfer", "active", JANE)
    contact.accept("bob")
    assert (transfer.fetch().status, transfer.fetch().to) == ("completed", to[target])
    expected = (["completed", "assigned"], "active", "active", ["jane", "bob"])
    assert contact.state == expected


def consulted(contact: Contact) -> Any:
    """A warm transfer of alice's to bob, who has accepted."""
    contact.serve()
    bob = contact.office.worker("bob").fetch().sid
    made = hand(contact, type="warm", to=bob)
    assert contact.state == (["assigned", "pending"], "transfer", "active", BOTH)
    with refused(400, 45366, "Nobody has accepted"):
        made.update(Body(status="completed"))
    contact.accept("bob")
    assert made.fetch().status == "active"
    assert contact.state == (["assigned"] * 2, "active", "active", [*BOTH, "bob"])
    return made


def test_the_agent_of_a_warm_transfer_stays_until_it_is_completed(contact: Contact) -> None:
    made = consulted(contact)
    assert made.update(Body(status="completed")).status == "completed"
    left = (["completed", "assigned"], "active", "active", ["jane", "bob"])
    assert contact.state == left
    with refused(400, 45354):
        made.update(Body(status="failed"))
    assert contact.state == left


def test_the_agent_of_a_warm_transfer_completes_it_by_leaving(contact: Contact) -> None:
    made = consulted(contact)
    contact.agent("alice").update(status="closed")
    assert made.fetch().status == "completed"
    assert contact.people == ["jane", "bob"]


def test_a_warm_transfer_that_is_given_up_leaves_the_first_agent(contact: Contact) -> None:
    made = consulted(contact)
    assert made.update(Body(status="failed")).status == "failed"
    assert contact.state == (["assigned", "completed"], "active", "active", BOTH)


def test_a_warm_transfer_that_nobody_has_accepted_can_be_given_up(contact: Contact) -> None:
    contact.serve()
    made = hand(contact, type="warm", to=contact.office.queue("Second line"))
    assert made.update(Body(status="failed", note_sid="KQ" + "1" * 32)).status == "failed"
    assert contact.state == (["assigned", "canceled"], "active", "active", BOTH)


def test_an_agent_who_declines_a_warm_transfer_fails_it(contact: Contact) -> None:
    contact.serve()
    bob = contact.office.worker("bob")
    made = hand(contact, type="warm", to=bob.fetch().sid)
    contact.office.go("bob")
    [offer] = bob.reservations.list()
    bob.reservations(offer.sid).update(reservation_status="rejected")
    assert made.fetch().status == "failed"
    assert contact.state == (["assigned", "canceled"], "active", "active", BOTH)


def test_an_external_transfer_leaves_the_chat_to_another_person(contact: Contact) -> None:
    contact.serve()
    made = hand(contact, type="external", to="specialist")
    assert made.fetch().status == "completed"
    assert contact.state == (["completed"], "active", "active", ["jane", "specialist"])
    assert contact.types == ["customer", "external"]


def test_an_external_transfer_to_a_phone_needs_a_number_of_the_account(contact: Contact) -> None:
    contact.serve()
    with refused(400, 45366, "no configured number for sms"):
        hand(contact, type="external", to="+15550142")
    assert contact.state == (["assigned"], "active", "active", BOTH)
    contact.address("sms")
    hand(contact, type="external", to="+15550142")
    binding = contact.conversation.participants.list()[-1].messaging_binding
    assert binding == {"type": "sms", "address": "+15550142", "proxy_address": "+15550100"}
    assert contact.tasks == ["completed"]


def test_a_transfer_that_nobody_takes_fails(contact: Contact) -> None:
    contact.serve()
    contact.office.go("alice", "Offline")
    transfer = hand(contact, to=contact.office.queue("Second line"))
    waiting = contact.workspace.tasks.list()[-1].sid
    contact.workspace.tasks(waiting).update(assignment_status="canceled")
    assert transfer.fetch().status == "failed"
    assert contact.state == (["completed", "canceled"], "active", "active", JANE)


@pytest.mark.parametrize(
    ("status", "code", "changes"),
    [
        (400, 45366, {"to": "alice"}),
        (400, 45366, {"from": "UT" + "0" * 32}),
        (400, 20001, {"type": "lukewarm"}),
        (400, 20001, {"to": 5}),
    ],
)
def test_another_transfer_is_refused(
    contact: Contact, status: int, code: int, changes: dict[str, Any]
) -> None:
    contact.serve()
    with refused(status, code):
        hand(contact, **{"to": contact.office.queue("Second line"), **changes})
    assert contact.state == (["assigned"], "active", "active", BOTH)


# -- webhooks of interactions


def test_every_step_of_an_interaction_is_reported(contact: Contact, webhooks: Any) -> None:
    _, heard = contact.hooked()
    contact.serve()
    contact.agent().update(status="wrapup")
    contact.close(routing=CLOSED)
    assert webhooks.settle()
    assert heard == [
        ("onInteractionCreated",),
        ("onChannelCreated",),
        ("onParticipantJoined", "customer"),
        ("onParticipantJoined", "agent"),
        ("onParticipantUpdated", "agent"),
        ("onParticipantLeft", "agent"),
        ("onChannelStatusUpdated", "closed"),
    ]


def test_a_channel_that_fails_is_reported_with_its_code(contact: Contact, webhooks: Any) -> None:
    _, heard = contact.hooked()
    contact.conversation.update(state="closed")
    contact.ask()
    assert webhooks.settle()
    assert heard == [("onInteractionCreated",), ("onChannelCreateFailed", "45354")]


def test_a_webhook_of_interactions_has_two_spellings(contact: Contact) -> None:
    hooks = InstanceHooks(contact.client)
    made = hooks.create("ours")
    changed = made.update(Url=HOOK, Method="get", Filters="onChannelCreated")
    assert (changed["webhook_url"], changed["webhook_method"]) == (HOOK, "GET")
    assert changed["webhook_events"] == ["onChannelCreated"]


def test_a_webhook_of_interactions_hears_of_those_that_name_it(
    contact: Contact, webhooks: Any
) -> None:
    ttid, heard = contact.hooked("interaction", "onInteractionCreated", "onParticipantLeft")
    contact.serve()
    assert webhooks.settle()
    assert heard == []
    contact.kd.update(webhook_ttid=ttid)
    contact.agent().update(status="closed")
    assert webhooks.settle()
    assert heard == [("onParticipantLeft", "agent")]
    assert HOOK in {delivery.url for delivery in webhooks.log}


def test_an_unknown_webhook_is_refused(contact: Contact) -> None:
    with refused(400, 45366):
        contact.ask(webhook_ttid="flex_interactionwebhook_none")


# -- an account in a file


def test_an_interaction_is_found_as_it_was_left(tmp_path: Path) -> None:
    with opened(tmp_path / "account.db") as account:
        contact = Contact(account)
        contact.serve()
        left = contact.state
    with opened(tmp_path / "account.db") as account:
        assert contact.on(account).state == left
        assert contact.types == ["customer", "agent"]


@pytest.mark.parametrize(
    ("act", "expected"),
    [
        (lambda contact: None, (["assigned"], "active", "active", BOTH)),
        (
            lambda contact: contact.agent().update(status="closed"),
            (["completed"], "active", "active", JANE),
        ),
    ],
)
def test_what_was_acknowledged_is_the_same_when_the_process_is_killed(
    tmp_path: Path, act: Any, expected: Any
) -> None:
    with opened(tmp_path / "account.db") as account:
        contact = Contact(account)
        contact.serve()
        act(contact)
        left = killed(tmp_path / "account.db")
    for _ in range(2):
        with opened(left) as account:
            assert contact.on(account).state == expected


def accept_untold(contact: Contact) -> None:
    worker = contact.office.worker("alice")
    [offer] = worker.reservations.list()
    worker.reservations(offer.sid).update(reservation_status="accepted")


def write_untold(contact: Contact) -> None:
    contact.conversation.messages.create(author="jane", body="One more thing")


def cancel_untold(contact: Contact) -> None:
    sid = contact.workspace.tasks.list()[0].sid
    contact.workspace.tasks(sid).update(assignment_status="canceled")


@pytest.mark.parametrize(
    ("before", "act", "expected"),
    [
        ([], Contact.ask, (["reserved"], "active", "active", JANE)),
        ([Contact.ask], accept_untold, (["assigned"], "active", "active", BOTH)),
        ([Contact.ask], cancel_untold, (["canceled"], "closed", "active", JANE)),
        (
            [Contact.serve, Contact.leave],
            write_untold,
            (["completed", "reserved"], "active", "active", JANE),
        ),
    ],
)
def test_what_follows_is_caught_up_with_after_the_process_was_killed(
    tmp_path: Path, before: Any, act: Any, expected: Any
) -> None:
    with opened(tmp_path / "account.db") as account:
        contact = Contact(account)
        contact.office.go("alice")
        for step in before:
            step(contact)
        with untold(account):
            act(contact)
            left = killed(tmp_path / "account.db")
    for _ in range(2):
        with opened(left) as account:
            assert contact.on(account).state == expected
