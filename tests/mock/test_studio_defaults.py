"""Settings of widgets that are absent or blank: the value that each falls back to."""

from __future__ import annotations

import json
from typing import Any

import pytest
from studio_lab import Lab, send, to, widget

BLANKS: list[dict[str, Any]] = [
    {"from": ""},
    {"from": None},
    {"from": "{{trigger.message.Nothing}}"},
]


def bare(kind: str, *transitions: dict[str, Any], **properties: Any) -> dict[str, Any]:
    """A widget with these settings, and of the others those it cannot do without."""
    needed = {"workflow": "WW1", "channel": "chat"} if kind == "send-to-flex" else {}
    needed |= {"from": "Bot"} if kind.startswith("send-") and "flex" not in kind else {}
    return widget("it", kind, *transitions, **needed | properties)


@pytest.mark.parametrize("sender", BLANKS, ids=["empty", "null", "rendered blank"])
@pytest.mark.parametrize("kind", ["send-message", "send-and-wait-for-reply"])
def test_without_a_sender_the_flow_speaks_under_its_own_address(
    lab: Lab, kind: str, sender: dict[str, Any]
) -> None:
    channel = lab.channel(lab.flow(bare(kind, body="Hi", **sender)))
    lab.say(channel, "hello")
    message = channel.messages.list()[-1]
    assert (message.body, message._from, message.attributes) == ("Hi", channel.sid, "{}")
    assert lab.context()["flow"]["channel"]["address"] == channel.sid


@pytest.mark.parametrize("channel", [{}, {"channel": ""}, {"channel": None}])
def test_without_a_channel_a_message_goes_where_the_contact_wrote(
    lab: Lab, channel: dict[str, Any]
) -> None:
    assert lab.heard(bare("send-message", body="Hi", **channel)) == ["Hi"]


@pytest.mark.parametrize("attributes", [{}, {"attributes": ""}, {"attributes": None}])
def test_without_attributes_a_message_and_a_task_have_none(
    lab: Lab, attributes: dict[str, Any]
) -> None:
    flow = lab.flow(
        widget("say", "send-message", to("sent", "it"), body="Hi", **{"from": "Bot"}, **attributes),
        bare("send-to-flex", **attributes),
    )
    channel = lab.channel(flow)
    lab.say(channel, "hello")
    assert channel.messages.list()[-1].attributes == "{}"
    [task] = lab.handed_over
    assert json.loads(task.attributes) == {}
    assert (task.priority, task.timeout) == ("", "")


@pytest.mark.parametrize("timeout", [{}, {"timeout": ""}, {"timeout": None}, {"timeout": 0}])
def test_without_a_time_out_a_question_waits_for_an_hour(lab: Lab, timeout: dict[str, Any]) -> None:
    lab.account.clock.freeze()
    question = bare("send-and-wait-for-reply", to("timeout", "late"), body="Hi?", **timeout)
    channel = lab.channel(lab.flow(question, send("late", "Late")))
    lab.say(channel, "hello")
    lab.account.clock.advance(3599)
    assert lab.studio.settle()
    assert lab.answers(channel) == ["Hi?"]
    lab.account.clock.advance(1)
    assert lab.studio.settle()
    assert lab.answers(channel) == ["Hi?", "Late"]


SHOP = "https://shop.example.com/"
FORM = "application/x-www-form-urlencoded"


def seen(lab: Lab, kind: str, **settings: Any) -> Any:
    """The one request that a widget makes."""
    calls: list[Any] = []
    lab.studio.register_function(SHOP, lambda call: calls.append(call) or "ok")
    given = [{"key": "a", "value": "1"}]
    lab.heard(bare(kind, url=SHOP, parameters=given, **settings))
    [call] = calls
    return call


@pytest.mark.parametrize("method", [{}, {"method": ""}, {"method": None}])
def test_a_request_is_a_get_unless_it_says_so(lab: Lab, method: dict[str, Any]) -> None:
    call = seen(lab, "make-http-request", **method)
    assert (call.method, call.url, call.body) == ("GET", f"{SHOP}?a=1", "")
    assert "Content-Type" not in call.headers


@pytest.mark.parametrize("kind", [{}, {"content_type": ""}, {"content_type": None}])
def test_a_post_is_a_form_unless_it_says_so(lab: Lab, kind: dict[str, Any]) -> None:
    call = seen(lab, "make-http-request", method="post", **kind)
    assert (call.method, call.url, call.parameters) == ("POST", SHOP, {"a": "1"})
    assert (call.headers["Content-Type"], call.body) == (FORM, "")


def test_a_function_is_called_with_a_form(lab: Lab) -> None:
    call = seen(lab, "run-function")
    assert (call.method, call.url, call.parameters) == ("POST", SHOP, {"a": "1"})
    assert call.headers["Content-Type"] == FORM
