"""WebChats of Flex v2, and the whole way of a contact over Flex Conversations."""

from __future__ import annotations

import json
from typing import Any

import pytest
from contact_center import Contact
from studio_lab import definition, hand_over, send, to, widget
from support import refused

from helpers import ChatClient
from helpers.chat import ChatError


def chat_flow(contact: Contact) -> Any:
    """The flow of web chats: a greeting, then the hand-over to an agent."""
    workflow = contact.office.workspace.workflows.list()[0].sid
    name = "{{trigger.conversation.ChannelAttributes.pre_engagement_data.friendlyName}}"
    made = definition(
        send("Greeting", f"Hello {name}", "agent"),
        hand_over(workflow=workflow, attributes=json.dumps({"from": name, "customerName": name})),
    )
    made["states"][0] = widget("Trigger", "trigger", to("incomingConversationMessage", "Greeting"))
    return contact.client.studio.v2.flows.create("Chat Flow", "published", made)


# -- one request


def test_one_request_makes_conversation_user_and_participant(contact: Contact) -> None:
    made = contact.visit(
        contact.address(),
        identity="visitor-1",
        chat_friendly_name="Chat with Jane",
        customer_friendly_name="Jane",
        pre_engagement_data='{"friendlyName": "Jane", "question": "billing"}',
    )
    assert made.identity == "visitor-1"
    conversation = contact.conversation
    assert (conversation.friendly_name, conversation.state) == ("Chat with Jane", "active")
    assert json.loads(conversation.attributes) == {
        "pre_engagement_data": {"friendlyName": "Jane", "question": "billing"}
    }
    assert contact.people == ["visitor-1"]
    service = contact.client.chat.v2.services(conversation.chat_service_sid)
    assert service.users("visitor-1").fetch().friendly_name == "Jane"


def test_a_visitor_without_an_identity_gets_one_of_its_own(contact: Contact) -> None:
    address = contact.address()
    first, second = contact.visit(address), contact.visit(address)
    assert first.identity != second.identity
    assert contact.people == [second.identity]
    assert contact.conversation.attributes == "{}"


def test_nothing_is_routed_and_no_flow_starts_before_a_message(contact: Contact) -> None:
    flow = chat_flow(contact)
    contact.visit(contact.address(type="studio", studio_flow_sid=flow.sid))
    assert contact.account.mock is not None
    assert contact.account.mock.studio.settle()
    assert (flow.executions.list(), contact.tasks) == ([], [])


@pytest.mark.parametrize("enabled", [True, False])
def test_a_message_starts_the_flow_of_the_address_if_it_is_enabled(
    contact: Contact, enabled: bool
) -> None:
    flow = chat_flow(contact)
    made = contact.visit(contact.address(type="studio", studio_flow_sid=flow.sid, enabled=enabled))
    contact.say("Hello", author=made.identity)
    assert len(flow.executions.list()) == enabled


def test_a_webhook_of_the_address_hears_of_the_conversation(
    contact: Contact, webhooks: Any
) -> None:
    heard: list[Any] = []
    url = "https://shop.example.com/messages"
    webhooks.register(url, lambda call: heard.append(call.parameters))
    made = contact.visit(
        contact.address(type="webhook", webhook_url=url, webhook_filters=["onMessageAdded"])
    )
    contact.say("Hello", author=made.identity)
    assert webhooks.settle()
    assert [(each["EventType"], each["Author"], each["Body"]) for each in heard] == [
        ("onMessageAdded", made.identity, "Hello")
    ]


def test_a_web_chat_has_the_accounts_timers(contact: Contact) -> None:
    contact.client.conversations.v1.configuration().update(default_closed_timer="PT1H")
    contact.visit(contact.address())
    contact.account.clock.advance(3601)
    assert contact.conversation.fetch().state == "closed"


@pytest.mark.parametrize(
    ("status", "code", "changes"),
    [
        (400, 45745, {"address_sid": "IS" + "0" * 32}),
        (400, 45745, {"address_sid": "chat"}),
        (400, 45745, {"address_sid": ""}),
        (404, 45744, {"address_sid": "IG" + "0" * 32}),
        (400, 45733, {"pre_engagement_data": "{"}),
        (400, 45731, {"pre_engagement_data": json.dumps("x" * 16 * 1024)}),
        (400, 50203, {"identity": "system"}),
    ],
)
def test_a_faulty_web_chat_is_refused_and_makes_nothing(
    contact: Contact, status: int, code: int, changes: dict[str, Any]
) -> None:
    given = {"address_sid": contact.address(), **changes}
    before = len(contact.client.conversations.v1.conversations.list())
    with refused(status, code):
        contact.client.flex_api.v2.web_channels.create(**given)
    assert len(contact.client.conversations.v1.conversations.list()) == before


def test_an_address_of_web_chats_is_any_text(contact: Contact) -> None:
    addresses = contact.client.conversations.v1.address_configurations
    made = addresses.create(type="chat", address="our web site")
    assert addresses(made.sid).fetch().address == "our web site"
    with refused(409, 20409):
        addresses.create(type="chat", address="our web site")


def test_an_address_of_text_messages_takes_no_web_chats(contact: Contact) -> None:
    with refused(400, 45745, "sms"):
        contact.visit(contact.address("sms"))


# -- the whole way of a contact


def test_a_web_chat_from_the_first_question_to_the_next_contact(
    contact: Contact, webhooks: Any
) -> None:
    _, heard = contact.hooked()
    flow = chat_flow(contact)
    address = contact.address(type="studio", studio_flow_sid=flow.sid)
    data = '{"friendlyName": "Jane"}'
    made = contact.visit(address, pre_engagement_data=data)
    account, me = contact.account, made.identity
    with ChatClient(account, account.chat_token(me)) as visitor:
        chat = visitor.get_channel_by_sid(made.conversation_sid)
        joined: list[str] = []
        chat.on("memberJoined", lambda member: joined.append(member.identity))
        contact.say("Where is my order?", author=me)
        assert [each.body for each in contact.conversation.messages.list()] == [
            "Where is my order?",
            "Hello Jane",
        ]
        found = contact.attributes
        assert (found["customerName"], found["initiatedBy"]) == ("Jane", "customer")
        contact.kd = contact.client.flex_api.v1.interaction(found["flexInteractionSid"])
        contact.channel = contact.kd.channels(found["flexInteractionChannelSid"])
        assert contact.state == (["pending"], "active", "active", [me])

        agent = contact.accept()
        assert contact.state == (["assigned"], "active", "active", [me, "alice"])
        with ChatClient(account, account.chat_token("alice")) as alice:
            alice.get_channel_by_sid(made.conversation_sid).send_message("Let me see")
        chat.send_message("Thank you")
        assert account.mock is not None
        assert account.mock.studio.settle()
        assert len(flow.executions.list()) == 1
        assert len(contact.tasks) == 1

        contact.close()
        assert contact.state == (["wrapping"], "closed", "closed", [me, "alice"])
        agent.update(status="closed")
        assert contact.state == (["completed"], "closed", "closed", [me])
        with pytest.raises(ChatError):
            chat.send_message("One more thing")
        texts = [each.body for each in contact.conversation.messages.list()]
        assert texts[2:] == ["Let me see", "Thank you"]
        assert joined == ["alice"]
    assert webhooks.settle()
    assert heard == [
        ("onInteractionCreated",),
        ("onChannelCreated",),
        ("onParticipantJoined", "customer"),
        ("onParticipantJoined", "agent"),
        ("onChannelStatusUpdated", "closed"),
        ("onParticipantLeft", "agent"),
    ]
    again = contact.visit(address, pre_engagement_data=data)
    assert again.identity != me
    assert again.conversation_sid != made.conversation_sid


def test_a_client_of_ones_own_and_the_interactions_api(contact: Contact) -> None:
    contact.say("Where is my order?")
    contact.ask()
    assert contact.state == (["pending"], "active", "active", ["jane"])
    contact.accept()
    names = [each for each in contact.office.happened() if each.startswith(("task.", "reserv"))]
    assert names == ["task.created", "reservation.created", "reservation.accepted"]
    contact.close(routing={"status": "closed"})
    assert contact.state == (["completed"], "closed", "closed", ["jane"])
    with refused(400, 50377):
        contact.say("One more thing")


def test_a_plain_task_of_taskrouter_leaves_the_conversation_alone(contact: Contact) -> None:
    task = contact.office.task(attributes={"conversationSid": contact.conversation.sid})
    contact.office.go("alice")
    contact.office.work(task)
    assert contact.people == ["jane"]
    assert contact.conversation.fetch().state == "active"


def test_a_contact_is_parked_and_resumed_by_the_same_agent(contact: Contact) -> None:
    contact.serve(routing={"attributes": {"customerName": "Jane", "topic": "billing"}})
    kept = contact.attributes
    worker = contact.office.worker("alice").fetch().sid
    contact.agent().update(status="closed")
    contact.say("Hello again")
    assert contact.state == (["completed"], "active", "active", ["jane"])
    own = {name: kept[name] for name in ("customerName", "topic")}
    contact.channel.invites.create(routing=contact.properties(worker_sid=worker, attributes=own))
    contact.accept()
    assert contact.state == (["completed", "assigned"], "active", "active", ["jane", "alice"])
    for name in ("flexInteractionSid", "flexInteractionChannelSid", "conversationSid", "topic"):
        assert contact.attributes[name] == kept[name]
    assert contact.attributes["flexChannelInviteSid"] != kept["flexChannelInviteSid"]
