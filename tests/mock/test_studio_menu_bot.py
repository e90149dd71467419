"""A menu bot as drawn in Studio, run from its JSON: question, split, HTTP request, hand-over."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from studio_lab import Lab

from helpers import ChatClient

MENU_BOT = Path(__file__).with_name("menu_bot.json")
MENU = "Hi! Answer 1 for opening hours, 2 for an agent."


@pytest.fixture
def flow(lab: Lab) -> Any:
    return lab.client.studio.v2.flows.create(
        friendly_name="Menu bot", status="published", definition=MENU_BOT.read_text("utf-8")
    )


@pytest.fixture
def flex_channel(lab: Lab, flow: Any) -> Any:
    """A chat made in one request, as an integrator makes it."""
    flex_flow = lab.client.flex_api.v1.flex_flow.create(
        friendly_name="Custom chat, through a menu",
        chat_service_sid=lab.account.credentials.chat_service_sid,
        channel_type="custom",
        integration_type="studio",
        integration_flow_sid=flow.sid,
    )
    return lab.client.flex_api.v1.channel.create(
        flex_flow_sid=flex_flow.sid,
        identity="abc123",
        target="+15550142",
        chat_user_friendly_name="Jane",
        chat_friendly_name="Chat with abc123",
    )


@pytest.fixture
def say(lab: Lab, flex_channel: Any) -> Iterator[Callable[[str], list[str]]]:
    """Says something as the customer and gives everything said since, with its author."""
    chat = ChatClient(lab.account, lab.account.chat_token("abc123"))
    channel = chat.get_channel_by_sid(flex_channel.sid)
    heard: list[str] = []
    channel.on("messageAdded", lambda message: heard.append(f"{message.author}: {message.body}"))

    def send(body: str) -> list[str]:
        heard.clear()
        channel.send_message(body)
        assert lab.studio.settle()
        return [*heard]

    yield send
    chat.shutdown()


def opening_hours(request: Any) -> dict[str, str]:
    return {"day": request.parameters["day"], "opens": "nine"}


def test_the_flow_can_be_saved_and_nothing_about_it_is_left_unsimulated(flow: Any) -> None:
    assert (flow.valid, flow.errors, flow.warnings) == (True, [], [])
    assert flow.definition == json.loads(MENU_BOT.read_text("utf-8"))


def test_nothing_happens_until_the_customer_writes(lab: Lab, flow: Any, flex_channel: Any) -> None:
    assert flex_channel.task_sid is None
    assert lab.client.studio.v2.flows(flow.sid).executions.list() == []
    assert lab.service.channels(flex_channel.sid).fetch().messages_count == 0


def test_a_customer_is_asked_answered_asked_again_and_handed_over(
    lab: Lab, flow: Any, flex_channel: Any, say: Callable[[str], list[str]]
) -> None:
    lab.studio.register_function("https://shop.example.com/hours", opening_hours)
    assert say("I need help") == ["abc123: I need help", f"Shop bot: {MENU}"]
    assert say("perhaps") == ["abc123: perhaps", f"Shop bot: {MENU}"]
    hours = "Shop bot: On Monday we open at nine."
    assert say(" Hours ") == ["abc123:  Hours ", hours, f"Shop bot: {MENU}"]
    assert lab.handed_over == []
    assert say("2") == ["abc123: 2"]
    [task] = lab.handed_over
    assert (task.workflow, task.channel) == ("WW" + "0" * 31 + "1", "TC" + "0" * 31 + "1")
    assert (task.priority, task.timeout) == ("5", "")
    assert json.loads(task.attributes) == {
        "name": "+15550142",
        "channelType": "custom",
        "channelSid": flex_channel.sid,
        "question": "I need help",
    }
    execution = lab.execution(flow)
    assert (execution.status, execution.contact_channel_address) == ("ended", "+15550142")
    assert lab.way(execution) == [
        ("incomingMessage", "Trigger", "remember"),
        ("next", "remember", "menu"),
        ("incomingMessage", "menu", "choice"),
        ("noMatch", "choice", "menu"),
        ("incomingMessage", "menu", "choice"),
        ("match", "choice", "fetch_hours"),
        ("success", "fetch_hours", "tell_hours"),
        ("sent", "tell_hours", "menu"),
        ("incomingMessage", "menu", "choice"),
        ("match", "choice", "agent"),
        ("callComplete", "agent", "Ended"),
    ]
    assert lab.studio.errors == []


def test_a_customer_whose_hours_cannot_be_fetched_gets_an_agent(
    lab: Lab, flow: Any, say: Callable[[str], list[str]]
) -> None:
    lab.studio.register_function("https://shop.example.com/hours", lambda _: 503)
    say("hello")
    assert say("1") == ["abc123: 1"]
    assert lab.way(lab.execution(flow))[-2:] == [
        ("failed", "fetch_hours", "agent"),
        ("callComplete", "agent", "Ended"),
    ]
    error = lab.the_error()
    assert (error.code, error.widget, error.ended) == (81016, "fetch_hours", False)
    assert "answered 503" in error.message


def test_a_customer_who_does_not_answer_for_an_hour_is_sent_off(
    lab: Lab, flow: Any, say: Callable[[str], list[str]], flex_channel: Any
) -> None:
    say("hello")
    lab.account.clock.advance(3599)
    assert lab.studio.settle()
    assert lab.execution(flow).status == "active"
    lab.account.clock.advance(1)
    assert lab.studio.settle()
    assert lab.execution(flow).status == "ended"
    last = lab.service.channels(flex_channel.sid).messages.list()[-1]
    assert (last._from, last.body) == ("Shop bot", "Write again when you have time.")


def test_what_the_flow_says_is_the_same_in_every_run_of_the_same_account() -> None:
    def run() -> list[str]:
        lab = Lab()
        saved = lab.client.studio.v2.flows.create("Menu", "published", MENU_BOT.read_text("utf-8"))
        channel = lab.channel(saved)
        lab.say(channel, "hello")
        lab.say(channel, "2")
        lab.close()
        steps = [step.sid for step in lab.execution(saved).steps.list()]
        return [*steps, *(message.sid for message in channel.messages.list())]

    assert run() == run()
