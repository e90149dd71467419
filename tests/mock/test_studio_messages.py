"""Widgets that speak to people: messages, and the hand-over to an agent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from studio_lab import Lab, ask, hand_over, send, to

from helpers.mock import TwilioError
from helpers.mock.messaging import channels


@pytest.fixture
def lab() -> Iterator[Lab]:
    made = Lab()
    yield made
    made.close()


# -- messages


def test_a_message_says_who_it_is_from_and_may_carry_attributes(lab: Lab) -> None:
    flow = lab.flow(send("say", "Hi", attributes='{"to": "{{trigger.message.From}}"}'))
    channel = lab.channel(flow)
    lab.say(channel, "hello")
    message = channel.messages.list()[-1]
    assert (message._from, json.loads(message.attributes)) == ("Bot", {"to": "jane"})


@pytest.mark.parametrize("sender", ["{{flow.channel.address}}", "", "{{nothing}}"])
def test_without_a_name_the_flow_speaks_as_its_channel(lab: Lab, sender: str) -> None:
    channel = lab.channel(lab.flow(send("say", "Hi", **{"from": sender})))
    lab.say(channel, "hello")
    assert channel.messages.list()[-1]._from == channel.sid


def test_a_message_may_go_to_another_channel(lab: Lab) -> None:
    other = lab.service.channels.create()
    assert lab.heard(send("say", "Hi", channel=other.sid)) == []
    assert [message.body for message in other.messages.list()] == ["Hi"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"body": "  "}, "blank"),
        ({"body": "{{trigger.message.Nothing}}"}, "blank"),
        ({"channel": "CH" + "0" * 32}, "not found"),
        ({"attributes": "{"}, "JSON object"),
        ({"body": "x" * 40_000}, "too long"),
    ],
)
def test_a_message_that_cannot_be_sent_leaves_by_failed(
    lab: Lab, changes: dict[str, str], reason: str
) -> None:
    message = send("say", **{"body": "Hi", "then": "never", **changes})
    message["transitions"][1] = to("failed", "sorry")
    heard = lab.heard(message, send("never", "never"), send("sorry", "Sorry"))
    assert heard == ["Sorry"]
    error = lab.the_error()
    assert (error.code, error.ended) == (81011, False)
    assert reason in error.message


def test_a_question_that_cannot_be_sent_leaves_by_delivery_failure(lab: Lab) -> None:
    assert lab.heard(ask("ask", "", then="never"), send("never", "never")) == []
    assert lab.way()[-1] == ("deliveryFailure", "ask", "Ended")


@pytest.mark.parametrize("name", ["media_url", "content_sid"])
def test_media_and_templates_of_messages_are_not_simulated_and_say_so(lab: Lab, name: str) -> None:
    assert lab.heard(send("say", "Hi", **{name: "https://example.com/owl.png"})) == []
    error = lab.the_error()
    assert (error.code, error.ended) == (501, True)
    assert name in error.message


# -- hand-over


def test_send_to_flex_hands_over_what_the_flow_says(lab: Lab) -> None:
    attributes = (
        '{"name": "{{trigger.message.From}}", "channelSid": "{{trigger.message.ChannelSid}}"}'
    )
    flow = lab.flow(hand_over(attributes=attributes, priority="{{2}}", timeout="300"))
    channel = lab.channel(flow)
    lab.say(channel, "hello")
    [task] = lab.handed_over
    assert (task.workflow, task.channel, task.priority, task.timeout) == ("WW1", "chat", "2", "300")
    assert json.loads(task.attributes) == {"name": "jane", "channelSid": channel.sid}
    assert lab.way()[-1] == ("callComplete", "agent", "Ended")
    assert lab.context()["widgets"]["agent"]["task_sid"].startswith("WT")


def refusing(lab: Lab, error: Exception) -> None:
    """Has the hand-over do half of its work and then fail."""

    def hand_over(call: Any, execution: Any, task: Any) -> str:
        lab.handed_over.append(task)
        channel = channels.find(call, execution.channel_sid)
        channels.update(call, channel, friendly_name="half done")
        raise error

    lab.studio.hand_over = hand_over


def test_a_refused_hand_over_leaves_by_failed_to_enqueue_and_nothing_half_done(lab: Lab) -> None:
    refusing(lab, TwilioError(20404, "Workflow WW1 not found"))
    task = hand_over()
    task["transitions"][1] = to("failedToEnqueue", "sorry")
    channel = lab.channel(lab.flow(task, send("sorry", "Nobody is there")))
    lab.say(channel, "hello")
    assert lab.answers(channel) == ["Nobody is there"]
    assert channel.fetch().friendly_name is None
    error = lab.the_error()
    assert (error.code, error.message, error.ended) == (81015, "Workflow WW1 not found", False)


def test_attributes_that_are_no_json_are_not_handed_over(lab: Lab) -> None:
    assert lab.heard(hand_over(attributes='{"name": "{{trigger.message.Body}}"}'), says='"') == []
    assert lab.handed_over == []
    assert lab.way()[-1] == ("failedToEnqueue", "agent", "Ended")
    assert "are no JSON object" in lab.the_error().message


def test_a_hand_over_that_breaks_ends_the_execution_instead_of_hanging(
    lab: Lab, caplog: pytest.LogCaptureFixture
) -> None:
    refusing(lab, RuntimeError("a bug"))
    lab.heard(hand_over())
    assert (lab.execution().status, lab.the_error().ended) == ("ended", True)
    assert "a bug" in lab.the_error().message
    assert "RuntimeError" in caplog.text


def test_flex_refuses_a_hand_over_to_a_workflow_that_does_not_exist() -> None:
    fresh = Lab(takes_over=False)
    fresh.heard(hand_over())
    assert "workflow 'WW1' does not exist" in fresh.the_error().message
    assert fresh.way()[-1] == ("failedToEnqueue", "agent", "Ended")
    fresh.close()


def test_a_message_of_a_conversations_flow_is_taken_with_a_note(lab: Lab) -> None:
    flow = lab.flow(send("hi", "Hi"))
    definition = flow.definition
    definition["states"][0]["transitions"] = [
        to("incomingMessage"),
        to("incomingConversationMessage", "hi"),
    ]
    flow.update(status="published", definition=definition)
    channel = lab.channel(flow)
    lab.say(channel, "hello")
    assert lab.answers(channel) == ["Hi"]
    assert lab.way()[0] == ("incomingConversationMessage", "Trigger", "hi")
    assert "taken as incomingConversationMessage" in lab.context()["widgets"]["Trigger"]["note"]
