"""Studio under Conversations: an incoming conversation, and its hand-over as an Interaction."""

from __future__ import annotations

import json
from typing import Any

from contact_center import Contact
from studio_lab import ask, definition, hand_over, send, to, widget

CONVERSATION = "incomingConversationMessage"
AGENT = {"attributes": '{"topic": "{{trigger.conversation.Body}}"}'}


def flow_of(contact: Contact, *widgets: Any, event: str = CONVERSATION) -> Any:
    """A published flow whose trigger leads to the first widget on this event alone."""
    made = definition(*widgets)
    made["states"][0] = widget("Trigger", "trigger", to(event, widgets[0]["name"]))
    flow = contact.client.studio.v2.flows.create("Conversation flow", "published", made)
    contact.wire(flow)
    return flow


def to_agent(contact: Contact, **more: Any) -> dict[str, Any]:
    workflow = contact.office.workspace.workflows.list()[0].sid
    return hand_over(**{"workflow": workflow, "channel": "chat", **AGENT, **more})


def said(contact: Contact) -> list[str]:
    return [each.body for each in contact.conversation.messages.list() if each.author == "Bot"]


def test_a_message_starts_a_flow_as_an_incoming_conversation(contact: Contact) -> None:
    contact.conversation.update(attributes='{"pre_engagement_data": {"friendlyName": "Jane D"}}')
    trigger = "{{trigger.conversation.ChannelAttributes.pre_engagement_data.friendlyName}}"
    flow = flow_of(contact, send("Hello", f"Hello {trigger}"))
    contact.say("Where is my order?")
    assert said(contact) == ["Hello Jane D"]
    [execution] = flow.executions.list()
    seen = execution.execution_context().fetch().context["trigger"]["conversation"]
    [message, _] = contact.conversation.messages.list()
    assert {name: seen[name] for name in ("ConversationSid", "ChannelSid", "MessageSid")} == {
        "ConversationSid": contact.conversation.sid,
        "ChannelSid": contact.conversation.sid,
        "MessageSid": message.sid,
    }
    assert (seen["From"], seen["Body"]) == ("jane", "Where is my order?")
    assert seen["AccountSid"] == contact.account.credentials.account_sid
    assert seen["DateCreated"].endswith("Z")


def test_the_editors_names_of_service_and_channel_mean_the_conversation(
    contact: Contact,
) -> None:
    service, channel = "{{trigger.message.InstanceSid}}", "{{trigger.message.ChannelSid}}"
    flow_of(contact, send("Hello", f"{service} {channel}", channel=channel))
    contact.say("Hello")
    assert said(contact) == [f"{contact.conversation.chat_service_sid} {contact.conversation.sid}"]


def test_a_reply_reaches_the_widget_that_waits(contact: Contact) -> None:
    waits = ask("Topic", "What about?", "Echo")
    flow_of(contact, waits, send("Echo", "{{widgets.Topic.inbound.Body}}, then"))
    contact.say("Hello")
    contact.say("billing")
    assert said(contact) == ["What about?", "billing, then"]


def test_a_flow_for_messages_of_chat_alone_does_nothing_for_a_conversation(
    contact: Contact,
) -> None:
    flow = flow_of(contact, send("Hello", "Hello"), event="incomingMessage")
    contact.say("Hello")
    assert said(contact) == []
    assert [each.status for each in flow.executions.list()] == ["ended"]
    assert contact.account.mock is not None
    [problem] = contact.account.mock.studio.errors
    assert "incomingConversationMessage leads nowhere" in problem.message


def test_a_message_without_webhooks_starts_no_flow(contact: Contact) -> None:
    flow = flow_of(contact, send("Hello", "Hello"))
    contact.conversation.messages.create(author="jane", body="Hello")
    assert contact.account.mock is not None
    assert contact.account.mock.studio.settle()
    assert flow.executions.list() == []


def test_send_to_flex_makes_an_interaction(contact: Contact) -> None:
    flow = flow_of(contact, to_agent(contact))
    contact.say("billing")
    found = contact.attributes
    kd = contact.client.flex_api.v1.interaction(found["flexInteractionSid"])
    [channel] = kd.channels.list()
    assert (channel.type, channel.status) == ("web", "active")
    assert channel.sid == found["flexInteractionChannelSid"]
    assert found["conversationSid"] == contact.conversation.sid
    assert (found["topic"], found["from"], found["channelType"]) == ("billing", "jane", "web")
    [task] = contact.workspace.tasks.list()
    assert (task.timeout, task.task_channel_unique_name) == (3600, "chat")
    [execution] = flow.executions.list()
    assert execution.status == "ended"
    assert execution.execution_context().fetch().context["widgets"]["agent"]["sid"] == task.sid
    assert contact.account.mock is not None
    assert contact.account.mock.studio.errors == []


def test_the_widgets_own_attributes_win(contact: Contact) -> None:
    attributes = json.dumps({"from": "Jane Doe", "customerName": "Jane Doe"})
    flow_of(contact, to_agent(contact, attributes=attributes))
    contact.say("Hello")
    assert contact.attributes["from"] == "Jane Doe"
    assert contact.attributes["customers"]["name"] == "Jane Doe"


def test_the_agent_talks_to_the_customer_without_the_flow(contact: Contact) -> None:
    flow = flow_of(contact, to_agent(contact))
    contact.say("billing")
    found = contact.attributes
    contact.kd = contact.client.flex_api.v1.interaction(found["flexInteractionSid"])
    contact.channel = contact.kd.channels(found["flexInteractionChannelSid"])
    contact.accept()
    contact.say("Are you there?")
    assert contact.people == ["jane", "alice"]
    assert len(flow.executions.list()) == 1
    assert len(contact.tasks) == 1


def test_a_person_with_a_phone_is_handed_over_as_such(contact: Contact) -> None:
    contact.conversation.participants("jane").delete()
    contact.conversation.participants.create(
        messaging_binding_address="+15550142", messaging_binding_proxy_address="+15550100"
    )
    flow_of(contact, to_agent(contact))
    contact.say("Hello", author="+15550142")
    assert contact.attributes["channelType"] == "sms"
    assert contact.attributes["customers"] == {"name": "+15550142", "phone": "+15550142"}


def test_a_conversation_with_an_interaction_is_not_handed_over_again(contact: Contact) -> None:
    contact.ask()
    flow = flow_of(contact, to_agent(contact))
    contact.say("Hello")
    assert contact.tasks == ["pending"]
    [execution] = flow.executions.list()
    steps = [each.name for each in execution.steps.list()]
    assert steps == [CONVERSATION, "failedToEnqueue"]
    assert contact.account.mock is not None
    [problem] = contact.account.mock.studio.errors
    assert "45353" in problem.message


def test_a_workflow_that_does_not_exist_makes_no_interaction(contact: Contact) -> None:
    flow_of(contact, to_agent(contact, workflow="WW" + "0" * 32))
    contact.say("Hello")
    assert contact.tasks == []
    assert contact.account.mock is not None
    [problem] = contact.account.mock.studio.errors
    assert "does not exist" in problem.message
