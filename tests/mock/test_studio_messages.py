"""Widgets that speak to people: messages, and the hand-over to an agent."""

from __future__ import annotations

import base64
import json
from contextlib import closing
from typing import Any

import pytest
from studio_lab import Lab, ask, hand_over, send, to

from helpers import ChatClient
from helpers.mock import TwilioError
from helpers.mock.messaging import channels

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


OWL = "https://example.com/pictures/an%20owl.png"


def both_ways(message: dict[str, Any]) -> list[dict[str, Any]]:
    """A message that says how it was left, by its first and its last transition."""
    for transition in message["transitions"]:
        transition["next"] = f"by {transition['event']}"
    targets = {each["next"] for each in message["transitions"]}
    return [message, *(send(name, name) for name in sorted(targets))]


@pytest.mark.parametrize(
    ("answer", "kind", "size"),
    [
        (b"\x89PNG\xff", "image/png", 5),
        ("an owl", "text/plain", 6),
        (None, "image/png", 0),
    ],
)
@pytest.mark.parametrize(("body", "text"), [("An owl", "An owl"), ("", None)])
def test_a_media_url_becomes_a_media_message(
    lab: Lab, answer: bytes | str | None, kind: str, size: int, body: str, text: str | None
) -> None:
    lab.studio.register_function(OWL, lambda _: answer)
    channel = lab.channel(lab.flow(*both_ways(send("say", body, media_url=OWL))))
    lab.say(channel, "hello")
    sent = channel.messages.list()[1]
    [media] = [sent.media] if isinstance(sent.media, dict) else sent.media
    assert (sent.type, sent.body, sent._from) == ("media", text, "Bot")
    assert (media["content_type"], media["size"]) == (kind, size)
    assert media["filename"] == "an owl.png"
    assert lab.answers(channel)[1:] == ["by sent"]


def test_the_bytes_at_a_media_url_are_what_the_customer_gets(lab: Lab) -> None:
    lab.studio.register_function(OWL, lambda _: b"\x89PNG\xff\x00")
    channel = lab.channel(lab.flow(ask("ask", "An owl?", media_url=OWL)))
    lab.say(channel, "hello")
    chat = ChatClient(lab.account, lab.account.chat_token("jane"))
    message = chat.get_channel_by_sid(channel.sid).get_messages().items[-1]
    data = message.media.get_content_temporary_url().partition("base64,")[2]
    assert base64.b64decode(data) == b"\x89PNG\xff\x00"
    assert lab.execution().status == "active"
    chat.shutdown()


@pytest.mark.parametrize(
    ("properties", "reason"),
    [
        ({"media_url": OWL}, "answered 404"),
        ({"media_url": "ftp://example.com/owl.png"}, "http or https URL"),
        ({"content_sid": "HX1"}, "content template (HX1)"),
        ({"content_sid": "HX1", "message_type": "content_template"}, "Programmable Chat"),
    ],
)
@pytest.mark.parametrize(("make", "failure"), [(send, "failed"), (ask, "deliveryFailure")])
def test_media_and_templates_that_cannot_be_sent_leave_by_the_failure(
    lab: Lab, make: Any, failure: str, properties: dict[str, str], reason: str
) -> None:
    lab.studio.register_function(OWL, lambda _: 404)
    assert lab.heard(*both_ways(make("say", "Hi", **properties))) == [f"by {failure}"]
    error = lab.the_error()
    assert (error.code, error.ended, error.widget) == (81011, False, "say")
    assert reason in error.message


def test_a_login_in_a_media_url_is_sent_as_such_and_never_shown(lab: Lab) -> None:
    seen = []
    lab.studio.register_function(OWL, lambda request: seen.append(dict(request.headers)) or 404)
    shown = OWL.replace("https://", "https://shop:s3cret@")
    assert lab.heard(*both_ways(send("say", "Hi", media_url=shown))) == ["by failed"]
    assert seen[0]["Authorization"] == "Basic " + base64.b64encode(b"shop:s3cret").decode()
    assert f"The media URL {OWL} answered 404" in lab.the_error().message


def test_a_custom_message_has_its_body_whatever_template_is_named_beside_it(lab: Lab) -> None:
    assert lab.heard(send("say", "Hi", message_type="custom", content_sid="HX1")) == ["Hi"]


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


def test_two_webhooks_of_one_flow_hand_a_chat_over_twice() -> None:
    with closing(Lab(takes_over=False)) as lab:
        workspace = lab.client.taskrouter.v1.workspaces.list()[0]
        flow = lab.flow(hand_over(workflow=workspace.workflows.list()[0].sid))
        channel = lab.channel(flow)
        channel.webhooks.create("studio", configuration_flow_sid=flow.sid)
        lab.say(channel, "hello")
        lab.say(channel, "anybody?")
        assert len({execution.sid for execution in flow.executions.list()}) == 2
        assert len({task.sid for task in workspace.tasks.list()}) == 2
        assert channel.webhooks.list() == []


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


@pytest.mark.parametrize(
    "transitions",
    [
        [to("incomingMessage"), to("incomingConversationMessage", "hi")],
        [to("incomingConversationMessage", "hi"), to("incomingRequest", "hi")],
        [],
    ],
)
def test_a_flow_for_conversations_ends_at_once_for_a_chat_and_says_why(
    lab: Lab, transitions: list[dict[str, Any]]
) -> None:
    flow = lab.flow(send("hi", "{{trigger.conversation.ChannelSid}}"))
    definition = flow.definition
    definition["states"][0]["transitions"] = transitions
    flow.update(status="published", definition=definition)
    channel = lab.channel(flow)
    lab.say(channel, "hello")
    assert lab.answers(channel) == []
    assert lab.way() == [("incomingMessage", "Trigger", "Ended")]
    reason = "incomingMessage leads nowhere, so the flow ends at once"
    [warning] = flow.fetch().warnings
    assert warning["property_path"] == "#/states/0/transitions"
    for said in (warning["message"], lab.the_error().message):
        assert said.startswith(reason)
        assert "Flex Conversations only" in said
    assert lab.the_error().code == 0
    step = lab.execution().steps.list()[0].step_context().fetch()
    assert step.context["error"]["message"].startswith(reason)


def test_a_flow_for_requests_or_a_parent_is_not_warned_of_chats(lab: Lab) -> None:
    flow = lab.flow(send("hi", "Hi"))
    for event in ("incomingRequest", "incomingParent"):
        saved = flow.definition
        saved["states"][0]["transitions"] = [to("incomingMessage"), to(event, "hi")]
        assert flow.update(status="published", definition=saved).warnings == []
