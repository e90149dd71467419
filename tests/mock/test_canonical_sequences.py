"""Four ways of a contact over Flex Conversations, with every webhook on the way, in order."""

from __future__ import annotations

from typing import Any

import pytest
from contact_center import EVENTS, HOOK, Contact
from studio_lab import definition, hand_over, send, to, widget
from support import refused

from helpers import ChatError, ConversationsClient
from helpers.mock import WebhookRequest
from helpers.mock.rest.conversations_webhooks import SERVICE_EVENTS

GLOBAL = "https://shop.example.com/global"
SCOPED = "https://shop.example.com/scoped"
ROUTING = "https://shop.example.com/routing"
_SAID = ("Source", "ClientIdentity", "Author", "Identity", "StateTo", "Reason", "ParticipantType")
_CHANNEL = ("ChannelStatus", "ErrorCode")


class Heard:
    """What each receiver was called with since the last look, as `event word word`."""

    def __init__(self, contact: Contact) -> None:
        account = contact.account
        assert account.mock is not None
        self._webhooks = account.mock.webhooks
        self._studio = account.mock.studio
        self._calls: dict[str, list[str]] = {}
        for url in (GLOBAL, SCOPED, ROUTING, HOOK):
            self._webhooks.register(url, self._hear)
        v1 = contact.client.conversations.v1
        v1.configuration.webhooks().update(
            pre_webhook_url=GLOBAL, post_webhook_url=GLOBAL, filters=list(SERVICE_EVENTS)
        )
        contact.client.taskrouter.v1.workspaces(contact.workspace.sid).update(
            event_callback_url=ROUTING
        )
        flex = contact.client.flex_api.v1
        instance = flex.configuration().fetch().flex_instance_sid
        flex.create(
            "POST",
            f"/Instances/{instance}/InteractionWebhooks",
            data={
                "Type": "global",
                "WebhookUrl": HOOK,
                "WebhookEvents": [f"on{name}" for name in EVENTS],
            },
        )

    def _hear(self, request: WebhookRequest) -> None:
        given = request.parameters
        about = [given[name] for name in (*_SAID, *_CHANNEL) if name in given]
        line = " ".join([given["EventType"].removeprefix("on"), *about])
        self._calls.setdefault(request.url, []).append(line)

    def __call__(self, url: str = GLOBAL) -> list[str]:
        assert self._studio.settle()
        assert self._webhooks.settle()
        return self._calls.pop(url, [])


@pytest.fixture
def heard(contact: Contact) -> Heard:
    return Heard(contact)


NEW_TASK = ["task.created", "workflow.entered", "workflow.target-matched", "task-queue.entered"]
SET_UP = ["InteractionCreated", "ChannelCreated", "ParticipantJoined customer"]
OFFERED = ["worker.activity.update", "reservation.created", "reservation.accepted"]
NEW_AGENT = ["ParticipantAdded API alice", "UserAdded API alice"]
"""Of two queues, so that their order is not certain."""


def chat_flow(contact: Contact) -> Any:
    """A greeting, then the hand-over to an agent."""
    workflow = contact.office.workspace.workflows.list()[0].sid
    made = definition(send("Greeting", "Hello", "agent"), hand_over(workflow=workflow))
    made["states"][0] = widget("Trigger", "trigger", to("incomingConversationMessage", "Greeting"))
    return contact.client.studio.v2.flows.create("Chat Flow", "published", made)


def take_up(contact: Contact) -> None:
    """Let the contact be that of the interaction that Studio has made."""
    found = contact.attributes
    contact.kd = contact.client.flex_api.v1.interaction(found["flexInteractionSid"])
    contact.channel = contact.kd.channels(found["flexInteractionChannelSid"])


def reply(contact: Contact, body: str, agent: str = "alice") -> None:
    """Let an agent write, with the chat SDK's names."""
    account = contact.account
    with ConversationsClient(account, account.chat_token(agent)) as client:
        client.get_conversation_by_sid(contact.conversation.sid).send_message(body)


def test_a_web_chat_through_studio(contact: Contact, heard: Heard) -> None:
    flow = chat_flow(contact)
    heard(ROUTING)
    address = contact.address(type="studio", studio_flow_sid=flow.sid)
    me = contact.visit(address, pre_engagement_data='{"friendlyName": "Jane"}').identity
    assert [each.target for each in contact.conversation.webhooks.list()] == ["studio"]
    account, events = contact.account, list[str]()
    client = ConversationsClient(account, account.chat_token(me))
    chat = client.get_conversation_by_sid(contact.conversation.sid)
    chat.on("messageAdded", lambda message: events.append(f"messageAdded {message.author}"))
    chat.on("participantJoined", lambda one: events.append(f"participantJoined {one.identity}"))
    chat.on("participantLeft", lambda one: events.append(f"participantLeft {one.identity}"))
    chat.on("updated", lambda about: events.extend(about["update_reasons"]))
    assert (heard(), heard(ROUTING), heard(HOOK)) == ([], [], [])

    contact.say("Where is my order?", author=me)
    assert heard() == [f"MessageAdded API {me}"]
    assert (heard(ROUTING), heard(HOOK)) == (NEW_TASK, SET_UP)
    assert events == [f"messageAdded {me}", "messageAdded Bot"]
    greeting = contact.conversation.messages.list()[1]
    assert (greeting.body, greeting.participant_sid) == ("Hello", None)
    assert [each.status for each in flow.executions.list()] == ["ended"]
    assert contact.conversation.webhooks.list() == []

    take_up(contact)
    agent = contact.accept()
    assert contact.state == (["assigned"], "active", "active", [me, "alice"])
    assert sorted(heard()) == NEW_AGENT
    assert (heard(ROUTING), heard(HOOK)) == (OFFERED, ["ParticipantJoined agent"])

    reply(contact, "Let me see")
    assert heard() == ["MessageAdd SDK alice alice", "MessageAdded SDK alice alice"]
    chat.send_message("Thank you")
    assert heard() == [f"MessageAdd SDK {me} {me}", f"MessageAdded SDK {me} {me}"]
    assert len(flow.executions.list()) == 1

    contact.close()
    assert contact.state == (["wrapping"], "closed", "closed", [me, "alice"])
    assert heard() == ["ConversationStateUpdated API closed API"]
    assert heard(ROUTING) == ["reservation.wrapup", "task.wrapup"]
    assert heard(HOOK) == ["ChannelStatusUpdated closed"]

    agent.update(status="closed")
    assert contact.state == (["completed"], "closed", "closed", [me])
    assert heard() == ["ParticipantRemoved API alice"]
    assert heard(ROUTING) == ["reservation.completed", "task.completed"]
    assert heard(HOOK) == ["ParticipantLeft agent"]

    with pytest.raises(ChatError) as caught:
        chat.send_message("One more thing")
    assert caught.value.code == 50377
    assert heard() == []
    client.shutdown()
    assert events[2:] == [
        "participantJoined alice",
        "messageAdded alice",
        f"messageAdded {me}",
        "state",
        "participantLeft alice",
    ]


def test_a_client_of_ones_own_and_the_interactions_api(contact: Contact, heard: Heard) -> None:
    heard(ROUTING)
    v1 = contact.client.conversations.v1
    contact.conversation = v1.conversations.create(
        timers_closed="P3D", x_twilio_webhook_enabled="true"
    )
    assert heard() == ["ConversationAdded API"]
    contact.conversation.participants.create(identity="ann", x_twilio_webhook_enabled="true")
    assert sorted(heard()) == ["ParticipantAdded API ann", "UserAdded API ann"]
    reply(contact, "Hello", "ann")
    assert heard() == ["MessageAdd SDK ann ann", "MessageAdded SDK ann ann"]

    contact.ask()
    assert (heard(), heard(ROUTING), heard(HOOK)) == ([], NEW_TASK, SET_UP)
    contact.accept()
    assert sorted(heard()) == NEW_AGENT
    assert (heard(ROUTING), heard(HOOK)) == (OFFERED, ["ParticipantJoined agent"])
    contact.close(routing={"status": "closed"})
    assert contact.state == (["completed"], "closed", "closed", ["ann"])
    assert heard() == ["ParticipantRemoved API alice", "ConversationStateUpdated API closed API"]
    assert heard(ROUTING) == ["reservation.completed", "task.completed"]
    assert heard(HOOK) == ["ParticipantLeft agent", "ChannelStatusUpdated closed"]

    contact.ask()
    assert (heard(), heard(ROUTING)) == ([], [*NEW_TASK, "task.canceled"])
    assert heard(HOOK) == ["InteractionCreated", "ChannelCreateFailed 45354"]


def test_a_contact_that_nobody_takes_leaves_its_conversation_open(
    contact: Contact, heard: Heard
) -> None:
    heard(ROUTING)
    contact.ask(routing={"timeout": 60})
    contact.account.clock.advance(120)
    assert heard(ROUTING) == [*NEW_TASK, "task.canceled"]
    assert heard(HOOK) == [*SET_UP, "ChannelStatusUpdated closed"]
    assert (heard(), contact.state) == ([], (["canceled"], "closed", "active", ["jane"]))


def test_a_custom_channel_by_a_webhook_of_its_own(contact: Contact, heard: Heard) -> None:
    line = "line:U4711"
    contact.conversation = contact.talk(line, friendly_name="LINE", timers_inactive="PT1H")
    flow = chat_flow(contact)
    contact.wire(flow)
    contact.conversation.webhooks.create(
        target="webhook",
        configuration_url=SCOPED,
        configuration_filters=["onMessageAdded", "onConversationStateUpdated"],
    )
    heard(ROUTING)
    contact.say("Hello", author=line)
    assert heard() == heard(SCOPED) == [f"MessageAdded API {line}"]
    assert (heard(ROUTING), heard(HOOK)) == (NEW_TASK, SET_UP)
    take_up(contact)
    contact.accept()
    assert (sorted(heard()), heard(SCOPED)) == (NEW_AGENT, [])
    reply(contact, "Let me see")
    assert heard() == ["MessageAdd SDK alice alice", "MessageAdded SDK alice alice"]
    assert heard(SCOPED) == ["MessageAdded SDK alice alice"]
    contact.say("We are open until eight", author="Bot")
    assert heard() == heard(SCOPED) == ["MessageAdded API Bot"]
    assert len(flow.executions.list()) == 1

    contact.account.clock.advance(3700)
    idle = ["ConversationStateUpdated API inactive TIMER"]
    assert heard() == heard(SCOPED) == idle
    contact.say("Still there?", author=line)
    awake = [f"MessageAdded API {line}", "ConversationStateUpdated API active EVENT"]
    assert heard() == heard(SCOPED) == awake
    contact.close()
    assert heard() == heard(SCOPED) == ["ConversationStateUpdated API closed API"]
    with refused(400, 50377):
        contact.say("One more thing", author=line)
    found = contact.client.conversations.v1.participant_conversations.list(identity=line)
    assert [each.conversation_state for each in found] == ["closed"]


def test_a_contact_is_parked_and_comes_back_to_the_same_agent(
    contact: Contact, heard: Heard
) -> None:
    contact.serve(routing={"attributes": {"topic": "billing"}})
    for url in (GLOBAL, ROUTING, HOOK):
        heard(url)
    worker = contact.office.worker("alice").fetch().sid
    watch = contact.conversation.webhooks.create(
        target="webhook", configuration_url=SCOPED, configuration_filters=["onMessageAdded"]
    )
    contact.agent().update(status="closed")
    assert contact.state == (["completed"], "active", "active", ["jane"])
    assert heard() == ["ParticipantRemoved API alice"]
    assert heard(ROUTING) == ["reservation.completed", "task.completed"]
    assert heard(HOOK) == ["ParticipantLeft agent"]
    contact.say("Hello again")
    assert heard() == heard(SCOPED) == ["MessageAdded API jane"]
    assert (heard(ROUTING), heard(HOOK)) == ([], [])
    contact.conversation.webhooks(watch.sid).delete()
    own = {"topic": "billing"}
    contact.channel.invites.create(routing=contact.properties(worker_sid=worker, attributes=own))
    assert heard(ROUTING) == ["task.created", "reservation.created"]
    contact.accept()
    assert contact.state == (["completed", "assigned"], "active", "active", ["jane", "alice"])
    assert (heard(), heard(SCOPED)) == (["ParticipantAdded API alice"], [])
    assert heard(HOOK) == ["ParticipantJoined agent"]


def test_a_contact_that_was_left_comes_back_by_itself(contact: Contact, heard: Heard) -> None:
    contact.serve()
    for url in (GLOBAL, ROUTING, HOOK):
        heard(url)
    contact.leave()
    assert heard() == ["ParticipantRemoved API alice"]
    assert heard(HOOK) == ["ParticipantLeft agent", "ChannelStatusUpdated inactive"]
    assert heard(ROUTING) == ["reservation.completed", "task.completed"]
    contact.office.go("alice", "Offline")
    contact.say("One more thing")
    assert contact.state == (["completed", "pending"], "active", "active", ["jane"])
    assert heard() == ["MessageAdded API jane"]
    assert heard(ROUTING) == ["worker.activity.update", *NEW_TASK]
    assert heard(HOOK) == ["ChannelStatusUpdated active"]
