"""Run Subflow: another flow within the same execution, and what comes back of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from studio_lab import DAY, Lab, ask, hand_over, refused, send, to, widget

from helpers import Account, connect
from helpers.mock import MockTwilio

NOWHERE = "FW" + "0" * 32


def from_parent(*widgets: dict[str, Any]) -> dict[str, Any]:
    """The definition of a subflow; its trigger leads to the first widget."""
    first = widgets[0]["name"] if widgets else None
    start = widget("Trigger", "trigger", to("incomingMessage"), to("incomingParent", first))
    return {
        "description": "a subflow",
        "initial_state": "Trigger",
        "flags": {"allow_concurrent_calls": True},
        "states": [start, *widgets],
    }


def subflow(lab: Lab, *widgets: dict[str, Any], status: str = "published") -> Any:
    made = from_parent(*widgets)
    return lab.client.studio.v2.flows.create("Sub", status, made)


def run(child: Any, then: str | None = None, **properties: Any) -> dict[str, Any]:
    sid = child if isinstance(child, str) else child.sid
    given = {"flow_sid": sid, "flow_revision": "LatestPublished", **properties}
    return widget("sub", "run-subflow", to("completed", then), to("failed", "sorry"), **given)


def setting(name: str = "set", then: str | None = None, **values: Any) -> dict[str, Any]:
    variables = [{"key": key, "value": value} for key, value in values.items()]
    return widget(name, "set-variables", to("next", then), variables=variables)


SORRY = send("sorry", "Sorry")
CODE = [{"key": "code", "value": "{{trigger.message.Body}}-1"}]


def test_a_subflow_gets_parameters_and_gives_variables_back(lab: Lab) -> None:
    child = subflow(lab, setting(found="<{{trigger.parent.parameters.code}}>"))
    said = send("say", "{{widgets.sub.found}}")
    assert lab.heard(run(child, "say", parameters=CODE), said, SORRY) == ["<hello-1>"]
    assert lab.way() == [
        ("incomingMessage", "Trigger", "sub"),
        ("completed", "sub", "say"),
        ("incomingParent", "Trigger", "set"),
        ("next", "set", "Ended"),
        ("sent", "say", "Ended"),
    ]


def test_it_is_one_execution_whose_steps_say_which_are_the_subflows(lab: Lab) -> None:
    child = subflow(lab, setting(found="x"))
    flow = lab.flow(run(child, "say"), send("say", "ok"), SORRY)
    lab.say(lab.channel(flow), "hello")
    assert lab.client.studio.v2.flows(child.sid).executions.list() == []
    [execution] = flow.executions.list()
    steps = execution.steps.list()
    parent = steps[1]
    assert (execution.status, parent.type) == ("ended", "run-subflow")
    above = {each.transitioned_from: each.parent_step_sid for each in steps[2:]}
    assert above == {"Trigger": parent.sid, "set": parent.sid, "say": None}
    assert {each.flow_sid for each in steps} == {flow.sid}
    fetched = execution.steps(steps[3].sid).fetch()
    assert fetched.parent_step_sid == parent.sid


def test_each_step_keeps_the_context_of_its_own_flow(lab: Lab) -> None:
    child = subflow(lab, setting(found="x"))
    before = setting("before", "sub", mine="1")
    lab.heard(before, run(child, "say", parameters=CODE), send("say", "ok"), SORRY)
    contexts = {
        (each.parent_step_sid is None, each.transitioned_from): each.step_context().fetch().context
        for each in lab.execution().steps.list()
    }
    within = contexts[False, "set"]
    assert within["trigger"]["parent"] == {"parameters": {"code": "hello-1"}}
    assert within["trigger"]["message"] == contexts[True, "Trigger"]["trigger"]["message"]
    assert (within["flow"]["variables"], within["widgets"]) == ({"found": "x"}, {})
    after = contexts[True, "sub"]
    assert (after["flow"]["variables"], after["widgets"]) == ({"mine": 1}, {"sub": {"found": "x"}})
    assert "parent" not in after["trigger"]
    assert lab.context()["widgets"]["sub"] == {"found": "x"}


def test_the_parent_reads_the_subflows_widgets(lab: Lab) -> None:
    child = subflow(lab, ask("name", "Name?", then="thanks"), send("thanks", "Thanks"))
    hi = send("hi", "Hi {{widgets.sub.name.inbound.Body}} ({{widgets.sub.thanks.outbound.Body}})")
    channel = lab.channel(lab.flow(run(child, "hi"), hi, SORRY))
    lab.say(channel, "hello")
    assert lab.answers(channel) == ["Name?"]
    assert (lab.execution().status, lab.outcomes()) == ("active", ["started"])
    lab.say(channel, "Jane")
    assert lab.answers(channel) == ["Name?", "Thanks", "Hi Jane (Thanks)"]
    assert lab.outcomes() == ["started", "replied"]


def test_a_question_of_a_subflow_times_out_like_others(lab: Lab) -> None:
    child = subflow(lab, ask("name", "Name?", late="late"), send("late", "Too late"))
    channel = lab.channel(lab.flow(run(child, "on"), send("on", "and on"), SORRY))
    lab.say(channel, "hello")
    lab.account.clock.advance(61)
    assert lab.studio.settle()
    assert lab.answers(channel) == ["Name?", "Too late", "and on"]
    assert lab.execution().status == "ended"


def test_a_subflow_without_widgets_completes_at_once(lab: Lab) -> None:
    assert lab.heard(run(subflow(lab), "on"), send("on", "on"), SORRY) == ["on"]


def test_a_subflow_may_hand_over(lab: Lab) -> None:
    child = subflow(lab, hand_over("agent", attributes='{"from": "{{trigger.message.From}}"}'))
    said = send("on", "{{widgets.sub.agent.task_sid | slice: 0, 2}}")
    assert lab.heard(run(child, "on"), said, SORRY) == ["WT"]
    assert lab.handed_over[0].attributes == '{"from": "jane"}'


def test_a_subflow_runs_again_with_new_parameters(lab: Lab) -> None:
    child = subflow(lab, setting(seen="{{trigger.parent.parameters.n}}"))
    first = run(child, "again", parameters=[{"key": "n", "value": "1"}])
    second = {**run(child, "say"), "name": "again"}
    second["properties"]["parameters"] = [{"key": "n", "value": "{{widgets.sub.seen}}1"}]
    said = send("say", "{{widgets.sub.seen}} {{widgets.again.seen}}")
    assert lab.heard(first, second, said, SORRY) == ["1 11"]


@pytest.mark.parametrize(
    ("parameter", "template", "rendered"),
    [
        ({"value": "012"}, "{{p}}", "012"),
        ({"value": '{"a": 1}'}, "{{p.a}}|{{p}}", '|{"a": 1}'),
        ({"value": '{"a": [1]}', "type": "json"}, "{{p.a[0]}}|{{p}}", '1|{"a":[1]}'),
        ({"value": "{{trigger.message.Body}}", "type": "string"}, "{{p}}", "hello"),
        ({"value": ""}, "[{{p}}]", "[]"),
    ],
)
def test_a_parameter_is_text_unless_it_is_json(
    lab: Lab, parameter: dict[str, str], template: str, rendered: str
) -> None:
    said = template.replace("{{p", "{{trigger.parent.parameters.p")
    child = subflow(lab, send("say", said))
    assert lab.heard(run(child, parameters=[{"key": "p", **parameter}]), SORRY) == [rendered]


# -- revisions


def test_a_subflow_runs_in_the_revision_that_is_named(lab: Lab) -> None:
    child = subflow(lab, send("say", "one"))
    child.update(status="published", definition=from_parent(send("say", "two")))
    child.update(status="draft", definition=from_parent(send("say", "three")))
    said = {
        number: lab.heard(run(child, flow_revision=number), SORRY)
        for number in ("1", 1, "2", "3", "LatestPublished", "LatestDraft", "LatestRevision")
    }
    latest = {name: ["two"] for name in ("LatestPublished", "LatestDraft", "LatestRevision")}
    assert said == {"1": ["one"], 1: ["one"], "2": ["two"], "3": ["three"], **latest}


def test_a_test_user_of_the_parent_gets_the_draft_of_the_subflow(lab: Lab) -> None:
    child = subflow(lab, send("say", "one"))
    child.update(status="draft", definition=from_parent(send("say", "two")))
    lab.client.studio.v2.flows(child.sid).test_users().update(["bob"])
    flow = lab.flow(run(child, flow_revision="LatestDraft"), SORRY)
    lab.client.studio.v2.flows(flow.sid).test_users().update(["jane"])
    for identity, said in (("jane", "two"), ("bob", "one")):
        channel = lab.channel(flow, identity)
        lab.say(channel, "hello", identity)
        assert channel.messages.list()[-1].body == said


def test_a_waiting_subflow_goes_on_with_its_revision(lab: Lab) -> None:
    child = subflow(lab, ask("name", "Name?", then="say"), send("say", "old"))
    channel = lab.channel(lab.flow(run(child), SORRY))
    lab.say(channel, "hello")
    child.update(status="published", definition=from_parent(send("say", "new")))
    lab.say(channel, "Jane")
    assert lab.answers(channel) == ["Name?", "old"]


# -- failures


@pytest.mark.parametrize(
    ("revision", "reason"),
    [("LatestPublished", "no revision LatestPublished"), ("7", "no revision 7")],
)
def test_a_subflow_without_that_revision_fails(lab: Lab, revision: str, reason: str) -> None:
    child = subflow(lab, send("say", "one"), status="draft")
    assert lab.heard(run(child, flow_revision=revision), SORRY) == ["Sorry"]
    error = lab.the_error()
    assert (error.code, error.type, error.ended) == (81024, "run-subflow", False)
    assert reason in error.message


def test_a_subflow_that_does_not_exist_fails(lab: Lab) -> None:
    assert lab.heard(run(NOWHERE), SORRY) == ["Sorry"]
    assert (lab.the_error().code, lab.the_error().message) == (
        81024,
        f"Subflow {NOWHERE} does not exist",
    )
    assert lab.way()[1] == ("failed", "sub", "sorry")


def test_a_subflow_cannot_run_another(lab: Lab) -> None:
    inner = subflow(lab, send("never", "never"))
    nested = subflow(lab, run(inner), send("sorry", "Not two deep"))
    assert lab.heard(run(nested, "on"), send("on", "on"), SORRY) == ["Not two deep", "on"]
    error = lab.the_error()
    assert (error.code, error.widget, error.ended) == (81024, "sub", False)
    assert "cannot run another" in error.message


def test_an_error_in_a_subflow_ends_the_whole_execution(lab: Lab) -> None:
    child = subflow(lab, send("bad", "{{ 1 | nosuch }}"))
    assert lab.heard(run(child, "on"), send("on", "on"), SORRY) == []
    assert (lab.the_error().code, lab.the_error().ended) == (81018, True)
    assert lab.execution().status == "ended"
    assert [each[2] for each in lab.way()] == ["sub", "Ended", "bad", "Ended"]


def test_a_flow_that_takes_no_parent_ends_with_81005(lab: Lab) -> None:
    child = lab.flow(send("say", "never"))
    assert lab.heard(run(child), SORRY) == []
    assert lab.the_error().code == 81005
    assert "incomingParent" in lab.the_error().message


def test_the_steps_of_subflows_count_towards_the_thousand(lab: Lab) -> None:
    child = subflow(lab, setting(x="1"))
    lab.heard(run(child, "sub"), SORRY)
    assert lab.the_error().code == 81000
    assert len(lab.execution().steps.list()) == 1001


def test_an_execution_that_is_ended_by_rest_leaves_no_step_open(lab: Lab) -> None:
    child = subflow(lab, ask("name", "Name?"))
    lab.heard(run(child), SORRY)
    lab.execution().update(status="ended")
    assert [each[2] for each in lab.way()] == ["sub", "Ended", "name", "Ended"]


def test_a_subflow_that_is_deleted_meanwhile_ends_the_execution(lab: Lab) -> None:
    child = subflow(lab, ask("name", "Name?", then="say"), send("say", "never"))
    flow = lab.flow(run(child), SORRY)
    channel = lab.channel(flow)
    lab.say(channel, "hello")
    child.delete()
    lab.say(channel, "Jane")
    assert lab.answers(channel) == ["Name?"]
    assert lab.execution(flow).status == "ended"


def test_an_execution_within_a_subflow_survives_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "account.db"
    with MockTwilio(db=file) as mock:
        lab = Lab(account=Account("mock", mock.credentials, mock.http_client, mock))
        child = subflow(lab, ask("name", "Name?", timeout=str(DAY)), status="published")
        flow = lab.flow(run(child, "on"), send("on", "Hi {{widgets.sub.name.inbound.Body}}"), SORRY)
        channel = lab.channel(flow)
        lab.say(channel, "hello")
        lab.close()
    with MockTwilio(db=file) as mock:
        lab = Lab(account=Account("mock", mock.credentials, mock.http_client, mock))
        again = lab.service.channels(channel.sid).fetch()
        lab.say(again, "Jane")
        assert lab.answers(again) == ["Name?", "Hi Jane"]
        lab.close()


# -- definitions


def deep(lab: Lab, *widgets: dict[str, Any]) -> None:
    for number, each in enumerate(widgets):
        each["name"] = f"sub{number}"
        each["transitions"] = [to("completed"), to("failed")]
    lab.flow(*widgets)


@pytest.mark.parametrize(
    ("properties", "path", "reason"),
    [
        ({"flow_sid": ""}, "flow_sid", "give flow_sid as a text"),
        ({"flow_sid": "{{flow.variables.sid}}"}, "flow_sid", "it is no template"),
        ({"flow_revision": "{{1}}"}, "flow_revision", "it is no template"),
        ({"flow_revision": "newest"}, "flow_revision", "LatestPublished, LatestDraft or a whole"),
        ({"flow_revision": "-1"}, "flow_revision", "not '-1'"),
        ({"flow_revision": None}, "flow_revision", "give flow_revision"),
    ],
)
def test_a_subflow_is_named_in_the_definition_itself(
    lab: Lab, properties: dict[str, Any], path: str, reason: str
) -> None:
    with refused(400, 81022, reason) as caught:
        lab.flow(run(NOWHERE, **properties), SORRY)
    assert caught.value.details["errors"][0]["property_path"] == f"#/states/1/properties/{path}"


@pytest.mark.parametrize("missing", ["flow_sid", "flow_revision"])
def test_a_subflow_needs_a_flow_and_a_revision(lab: Lab, missing: str) -> None:
    asks = run(NOWHERE)
    del asks["properties"][missing]
    with refused(400, 81022, f"cannot do without {missing}"):
        lab.flow(asks, SORRY)


def test_one_flow_is_run_in_one_revision(lab: Lab) -> None:
    with refused(400, 81022, "run one revision of"):
        deep(lab, run(NOWHERE), run(NOWHERE, flow_revision="2"))
    deep(lab, run(NOWHERE, flow_revision=2), run(NOWHERE, flow_revision="2"))


def test_a_flow_runs_no_more_than_fifty_flows_150_times(lab: Lab) -> None:
    deep(lab, *(run(f"FW{number % 50}") for number in range(150)))
    for many in ([run("FW1") for _ in range(151)], [run(f"FW{n}") for n in range(51)]):
        with refused(400, 81022, "at most 150 widgets of type run-subflow"):
            deep(lab, *many)


def test_a_subflow_has_no_warnings(lab: Lab) -> None:
    assert lab.flow(run(NOWHERE, parameters=CODE), SORRY).fetch().warnings == []


def test_flows_are_the_same_on_every_machine() -> None:
    def sids() -> list[str]:
        lab = Lab(account=connect())
        lab.heard(run(subflow(lab, setting(x="1"))), SORRY)
        lab.close()
        return [each.sid for each in lab.execution().steps.list()]

    assert sids() == sids()
