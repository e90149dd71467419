"""The context of an execution, name by name as a published one of September 2020 has it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from studio_lab import Lab, ask, hand_over, send, to, widget

from helpers.mock.core.clock import iso_milliseconds

MOMENT = datetime(2020, 9, 14, 2, 41, 8, 986_000, tzinfo=UTC)


@pytest.fixture
def context(lab: Lab) -> dict[str, Any]:
    """The context of a bot that greets, asks and was answered, and the chat it speaks in."""
    lab.account.clock.freeze(MOMENT)
    flow = lab.flow(send("greet", "Hi", then="name"), ask("name", "Name?"))
    channel = lab.channel(flow, channel_type="web", long_lived=False)
    lab.say(channel, "oo")
    lab.account.clock.advance(1)
    lab.say(channel, "Jane")
    return {**lab.context(), "channel": channel}


def test_the_flow_has_the_channels_sid_as_its_address(context: dict[str, Any]) -> None:
    flow, channel = context["flow"], context["channel"]
    assert set(flow) == {"flow_sid", "sid", "channel"}
    assert flow["channel"] == {"address": channel.sid}
    assert context["contact"] == {"channel": {"address": "jane"}}


def test_a_message_is_to_its_channel_and_dated_in_milliseconds(context: dict[str, Any]) -> None:
    channel = context["channel"]
    message, reply = context["trigger"]["message"], context["widgets"]["name"]["inbound"]
    assert message["To"] == reply["To"] == message["ChannelSid"] == channel.sid
    assert message["DateCreated"] == "2020-09-14T02:41:08.986Z"
    assert reply["DateCreated"] == "2020-09-14T02:41:09.986Z"
    assert (
        set(message)
        == set(reply)
        == {
            *(
                "EventType",
                "InstanceSid",
                "Attributes",
                "DateCreated",
                "Index",
                "From",
                "MessageSid",
            ),
            *("Source", "AccountSid", "ChannelSid", "RetryCount", "ClientIdentity", "WebhookType"),
            *("To", "Body", "ChannelAttributes", "WebhookSid"),
        }
    )


def test_only_the_trigger_has_the_channels_attributes_as_an_object(
    context: dict[str, Any],
) -> None:
    attributes = context["trigger"]["message"]["ChannelAttributes"]
    assert attributes == {"channel_type": "web", "long_lived": False}
    text = context["widgets"]["name"]["inbound"]["ChannelAttributes"]
    assert text == '{"channel_type":"web","long_lived":false}'


def test_a_widget_keeps_the_whole_message_that_it_sent(context: dict[str, Any]) -> None:
    channel, sent = context["channel"], context["widgets"]["greet"]["outbound"]
    message = channel.messages.list()[1]
    assert sent == {
        "AccountSid": channel.account_sid,
        "Attributes": "{}",
        "Body": "Hi",
        "ChannelSid": channel.sid,
        "DateCreated": "2020-09-14T02:41:08.000Z",
        "DateUpdated": "2020-09-14T02:41:08.000Z",
        "From": "Bot",
        "Index": 1,
        "ServiceSid": channel.service_sid,
        "Sid": message.sid,
        "To": channel.sid,
        "Type": "text",
        "Url": message.url,
        "WasEdited": False,
    }


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (1600051268.986, "2020-09-14T02:41:08.986Z"),
        (1600051268.9996, "2020-09-14T02:41:08.999Z"),
        (1600051269, "2020-09-14T02:41:09.000Z"),
        (0.001, "1970-01-01T00:00:00.001Z"),
    ],
)
def test_a_webhook_writes_milliseconds(moment: float, text: str) -> None:
    assert iso_milliseconds(moment) == text


def test_send_to_flex_leaves_the_task_as_rest_shows_it() -> None:
    lab = Lab(takes_over=False)
    lab.account.clock.freeze(MOMENT)
    workspace = lab.client.taskrouter.v1.workspaces.list()[0]
    workflow = workspace.workflows.list()[0]
    flex = hand_over("flex", workflow=workflow.sid, attributes='{"topic": "billing"}')
    flex["transitions"][0] = to("callComplete", "say")
    said = "{{widgets.flex.sid}} {{widgets.flex.task_sid}} {{widgets.flex.workspace_sid}}"
    heard = lab.heard(flex, send("say", f"{said} {{{{widgets.flex.assignment_status}}}}"))
    [task] = workspace.tasks.list()
    assert heard == [f"{task.sid} {task.sid} {workspace.sid} pending"]
    shown = json.loads(lab.client.request("GET", task.url).text)
    assert lab.context()["widgets"]["flex"] == {**shown, "task_sid": task.sid}
    assert shown["task_queue_sid"] == workspace.task_queues.list()[0].sid
    lab.close()


def test_a_function_finds_the_chat_by_the_flows_address(lab: Lab) -> None:
    seen: list[str] = []
    lab.studio.register_function(
        "https://bot.example.com", lambda asked: seen.append(asked.parameters["channelSid"])
    )
    parameters = [{"key": "channelSid", "value": "{{flow.channel.address}}"}]
    ways = (to("success"), to("fail"))
    url = "https://bot.example.com"
    function = widget("fn", "run-function", *ways, url=url, parameters=parameters)
    channel = lab.channel(lab.flow(function))
    lab.say(channel, "hello")
    assert seen == [channel.sid]
