"""What ends an execution with a clear error, and never with a hang."""

from __future__ import annotations

from typing import Any

import pytest
from studio_lab import Lab, ask, definition, if_, send, to, widget

from helpers.mock.studio import engine


def step(name: str, then: str | None) -> dict[str, Any]:
    return widget(name, "set-variables", to("next", then), variables=[])


# -- loops


def test_a_loop_of_several_widgets_ends_after_a_thousand_steps(lab: Lab) -> None:
    lab.heard(step("a", "b"), step("b", "c"), step("c", "a"))
    execution = lab.execution()
    assert execution.status == "ended"
    error = lab.the_error()
    assert (error.code, error.ended) == (81000, True)
    assert "1000 steps" in error.message
    assert len(execution.steps.list()) == 1001


def test_a_widget_that_leads_to_itself_runs_ten_times(lab: Lab) -> None:
    assert lab.heard(send("hi", "Hi", then="hi")) == ["Hi"] * 10
    error = lab.the_error()
    assert (error.code, error.widget) == (81001, "hi")
    assert "10 times in a row" in error.message


def test_a_question_asked_again_for_want_of_an_answer_ends_too(lab: Lab) -> None:
    channel = lab.channel(lab.flow(ask("name", "Name?", then="name", late="name")))
    lab.say(channel, "hi")
    lab.account.clock.advance(3600)
    assert lab.studio.settle()
    assert lab.answers(channel) == ["Name?"] * 10
    assert (lab.execution().status, lab.the_error().code) == ("ended", 81001)


def test_a_dialogue_may_go_round_as_long_as_other_widgets_come_between(lab: Lab) -> None:
    channel = lab.channel(lab.flow(ask("name", "Name?", then="note"), step("note", "name")))
    for _ in range(30):
        lab.say(channel, "hm")
    assert (lab.execution().status, lab.studio.errors) == ("active", [])


# -- transitions


def test_a_transition_that_leads_nowhere_ends_the_execution_normally(lab: Lab) -> None:
    assert lab.heard(send("hi", "Hi")) == ["Hi"]
    assert (lab.execution().status, lab.way()[-1]) == ("ended", ("sent", "hi", "Ended"))
    assert lab.studio.errors == []


def test_a_split_without_a_match_or_a_way_out_says_so(lab: Lab) -> None:
    body = "{{trigger.message.Body}}"
    only = to("match", "yes", if_(body, "equal_to", "yes"))
    lab.heard(widget("split", "split-based-on", only, input=body), send("yes", "Yes"))
    error = lab.the_error()
    assert (error.code, error.widget, error.ended) == (81005, "split", True)
    assert """no transition for 'noMatch'; add {"event": "noMatch"}""" in error.message
    assert lab.execution().status == "ended"


def test_what_a_widget_did_stays_done_when_it_leads_nowhere_known(lab: Lab) -> None:
    message = send("hi", "Hi")
    message["transitions"] = [to("failed")]
    assert lab.heard(message) == ["Hi"]
    assert (lab.the_error().code, lab.way()[-1]) == (81005, ("error", "hi", "Ended"))


def test_a_reply_and_a_time_out_need_transitions_as_well(lab: Lab) -> None:
    question = ask("name", "Name?")
    question["transitions"] = []
    channel = lab.channel(lab.flow(question))
    lab.say(channel, "hi")
    lab.say(channel, "Jane")
    assert "'incomingMessage'" in lab.the_error().message
    lab.say(channel, "hi")
    lab.account.clock.advance(60)
    assert lab.studio.settle()
    assert "'timeout'" in lab.studio.errors[1].message


def test_a_flow_that_is_not_for_messages_says_so(lab: Lab) -> None:
    flow = lab.flow(send("hi", "Hi"))
    saved = definition(send("hi", "Hi"))
    saved["states"][0]["transitions"] = [to("incomingRequest", "hi")]
    flow.update(status="published", definition=saved)
    channel = lab.channel(flow)
    lab.say(channel, "hello")
    error = lab.the_error()
    assert (error.code, error.widget, error.ended) == (0, "Trigger", False)
    assert "incomingMessage leads nowhere" in error.message
    assert lab.way() == [("incomingMessage", "Trigger", "Ended")]


# -- what is not simulated


def test_a_widget_that_is_not_simulated_stops_the_flow_and_names_those_that_are(lab: Lab) -> None:
    numbers = {"from": "+15550100", "to": "+15550101"}
    ways = to("answered", "hi"), to("failed", "hi")
    call = widget("call", "make-outgoing-call-v2", *ways, **numbers)
    assert lab.heard(call, send("hi", "Hi")) == []
    error = lab.the_error()
    assert (error.code, error.widget, error.ended) == (501, "call", True)
    assert error.type == "make-outgoing-call-v2"
    for part in ("call", "make-outgoing-call-v2", "send-to-flex", "split-based-on"):
        assert part in error.message
    assert (lab.execution().status, lab.way()[-1]) == ("ended", ("error", "call", "Ended"))


def test_a_condition_that_is_not_simulated_stops_the_flow(lab: Lab) -> None:
    noon = to("match", "hi", if_("{{trigger.message.DateCreated}}", "is_leap_year", "yes"))
    split = widget("split", "split-based-on", to("noMatch", "hi"), noon, input="x")
    assert lab.heard(split, send("hi", "Hi")) == []
    assert "is_leap_year" in lab.the_error().message


def test_a_problem_in_a_step_can_be_read_through_rest(lab: Lab) -> None:
    lab.heard(send("hi", "{{ 1 | nonsense }}"))
    last = lab.execution().steps.list()[-1]
    assert (last.name, last.transitioned_to) == ("error", "Ended")
    error = last.step_context().fetch().context["error"]
    assert (error["code"], "nonsense" in error["message"]) == (81018, True)


def test_a_bug_of_the_mocks_own_ends_the_execution_instead_of_hanging(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any) -> Any:
        raise RuntimeError("a bug")

    monkeypatch.setitem(engine.SIMULATED, "set-variables", broken)
    lab.heard(step("a", None))
    assert (lab.execution().status, lab.the_error().ended) == ("ended", True)
    assert "a bug" in caplog.text
