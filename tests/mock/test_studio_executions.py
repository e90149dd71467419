"""Executions through Studio v2: started by REST, listed, read step by step, ended and deleted."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from studio_lab import Lab, ask, hand_over, refused, send, to, widget

TO, FROM = "+15550142", "+15550100"
NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def variables(*pairs: tuple[str, str]) -> dict[str, Any]:
    listed = [{"key": key, "value": value} for key, value in pairs]
    return widget("vars", "set-variables", to("next"), variables=listed)


def started(lab: Lab, flow: Any, **more: Any) -> Any:
    execution = flow.executions.create(to=TO, from_=FROM, **more)
    assert lab.studio.settle()
    return execution.fetch()


# -- by REST


def test_a_request_starts_an_execution_with_its_parameters(lab: Lab) -> None:
    given = {"name": "Zeke"}
    templates = (
        ("data", "{{flow.data.name}}"),
        ("request", "{{trigger.request.parameters.name}}"),
        ("contact", "{{contact.channel.address}}"),
        ("flow", "{{flow.channel.address}}"),
    )
    flow = lab.flow(variables(*templates))
    first = flow.executions.create(to=TO, from_=FROM, parameters=given)
    assert (first.sid[:2], first.status, first.flow_sid) == ("FN", "active", flow.sid)
    assert (first.contact_channel_address, first.initiated_by[:2]) == (TO, "RQ")
    assert (first.flow_version, first.contact_sid, first.context) == (1, None, {})
    assert lab.studio.settle()
    assert lab.way(first) == [("incomingRequest", "Trigger", "vars"), ("next", "vars", "Ended")]
    found = lab.context(first)["flow"]["variables"]
    assert found["data"] == found["request"] == "Zeke"
    assert (found["contact"], found["flow"]) == (TO, FROM)


def test_without_a_published_revision_nothing_can_be_started(lab: Lab) -> None:
    draft = lab.flow(variables(), status="draft")
    with refused(404, 20404, "no published revision"):
        draft.executions.create(to=TO, from_=FROM)
    lab.client.studio.v2.flows(draft.sid).test_users().update(test_users=[TO])
    assert started(lab, draft).status == "ended"


def test_a_contact_has_one_active_execution_of_a_flow(lab: Lab) -> None:
    other = lab.service.channels.create()
    flow = lab.flow(ask("name", "Name?", channel=other.sid))
    first = started(lab, flow)
    with refused(409, 20409, first.sid):
        flow.executions.create(to=TO, from_=FROM)
    first.update(status="ended")
    assert started(lab, flow).status == "active"


@pytest.mark.parametrize("parameters", ["{", "[1]", "text"])
def test_parameters_must_be_a_json_object(lab: Lab, parameters: str) -> None:
    flow = lab.flow(variables())
    with refused(400, 20001, "Parameters"):
        flow.executions.create(to=TO, from_=FROM, parameters=parameters)


def test_a_text_message_is_not_simulated_and_says_so(lab: Lab) -> None:
    started(lab, lab.flow(send("hi", "Hi")))
    error = lab.the_error()
    assert (error.code, error.ended) == (501, True)
    assert "SMS" in error.message


def test_only_an_incoming_chat_can_be_handed_over(lab: Lab) -> None:
    started(lab, lab.flow(hand_over()))
    assert (lab.the_error().code, lab.handed_over) == (81020, [])


# -- reading


def test_the_context_grows_step_by_step(lab: Lab) -> None:
    flow = lab.flow(variables(("x", "green")))
    execution = started(lab, flow)
    first, second = execution.steps.list()
    assert "variables" not in first.step_context().fetch().context["flow"]
    last = second.step_context().fetch()
    assert last.context["flow"]["variables"] == {"x": "green"}
    assert (last.execution_sid, last.step_sid, last.flow_sid) == (
        execution.sid,
        second.sid,
        flow.sid,
    )
    whole = execution.execution_context().fetch()
    assert (whole.context, whole.execution_sid) == (last.context, execution.sid)
    assert whole.context["flow"]["sid"] == execution.sid


def test_a_step_says_what_happened_where_and_in_which_kind_of_widget(lab: Lab) -> None:
    execution = started(lab, lab.flow(variables()))
    step = execution.steps(execution.steps.list()[1].sid).fetch()
    assert (step.sid[:2], step.name, step.type) == ("FT", "next", "set-variables")
    assert (step.transitioned_from, step.transitioned_to) == ("vars", "Ended")
    assert (step.parent_step_sid, step.context) == (None, {})
    assert step.links["step_context"] == f"{step.url}/Context"


def test_executions_can_be_listed_by_status_and_date(lab: Lab) -> None:
    lab.account.clock.freeze(NOON)
    flow = lab.flow(ask("name", "Name?", then=None, late="name"))
    for hour in range(3):
        lab.say(lab.channel(flow, **{"from": f"+1555010{hour}"}), "hi")
        lab.account.clock.advance(30)
    executions = flow.executions
    assert len(executions.list(page_size=2)) == 3
    executions.list()[1].update(status="ended")
    assert [each.contact_channel_address for each in executions.list(status="ended")] == [
        "+15550101"
    ]
    assert len(executions.list(status="active")) == 2
    half = timedelta(seconds=30)

    def addresses(**period: datetime) -> list[str]:
        return [each.contact_channel_address[-1] for each in executions.list(**period)]

    assert addresses(date_created_from=NOON + half) == ["1", "2"]
    assert addresses(date_created_to=NOON + half) == ["0", "1"]
    assert addresses(date_created_from=NOON + half, date_created_to=NOON + half) == ["1"]
    assert addresses(date_created_from=NOON + 9 * half) == []


def test_a_period_is_kept_in_the_links_of_a_page_and_a_bad_one_refused(lab: Lab) -> None:
    flow = lab.flow(variables())
    for number in range(2):
        flow.executions.create(to=f"+1555010{number}", from_=FROM)
    url = f"https://studio.twilio.com/v2/Flows/{flow.sid}/Executions"
    asked = {"DateCreatedFrom": "2020-01-01T00:00:00Z", "PageSize": "1"}
    page = json.loads(lab.client.request("GET", url, params=asked).text)
    assert "DateCreatedFrom=2020-01-01" in page["meta"]["next_page_url"]
    wrong = {"DateCreatedFrom": "yesterday"}
    answer = json.loads(lab.client.request("GET", url, params=wrong).text)
    assert (answer["status"], answer["code"]) == (400, 20001)
    assert "DateCreatedFrom" in answer["message"]


@pytest.mark.parametrize("path", ["", "/Context", "/Steps", "/Steps/FT0", "/Steps/FT0/Context"])
def test_what_does_not_exist_is_not_found(lab: Lab, path: str) -> None:
    flow = lab.flow(variables())
    nobody = "FN" + "0" * 32
    url = f"https://studio.twilio.com/v2/Flows/{flow.sid}/Executions/{nobody}{path}"
    answer = json.loads(lab.client.request("GET", url).text)
    assert (answer["status"], answer["code"]) == (404, 20404)


# -- ending


def record(execution: Any) -> tuple[dict[str, Any], list[dict[str, Any]], dict[str, Any]]:
    """All there is of an execution: its fields, its steps and its context."""

    def fields(item: Any) -> dict[str, Any]:
        return {name: value for name, value in vars(item).items() if not name.startswith("_")}

    found = execution.fetch()
    steps = [
        fields(step) | {"seen": step.step_context().fetch().context} for step in found.steps.list()
    ]
    return fields(found), steps, found.execution_context().fetch().context


@pytest.mark.parametrize("how", ["by itself", "by an update"])
def test_an_execution_that_has_ended_stays_so(lab: Lab, how: str) -> None:
    other = lab.service.channels.create()
    asks = ask("name", "Name?", channel=other.sid)
    execution = started(lab, lab.flow(variables() if how == "by itself" else asks))
    if how == "by an update":
        assert execution.update(status="ended").status == "ended"
    before, journal = record(execution), len(lab.mock.journal)
    assert before[0]["status"] == "ended"
    assert {step["transitioned_to"] for step in before[1]} >= {"Ended"}
    lab.account.clock.advance(3600)
    assert execution.update(status="ended").status == "ended"
    assert record(execution) == before
    with refused(409, 20409, "has ended"):
        execution.update(status="active")
    assert lab.studio.settle()
    assert record(execution) == before
    assert len(lab.mock.journal) == journal
    assert lab.studio.errors == []


def test_making_an_active_execution_active_changes_nothing(lab: Lab) -> None:
    other = lab.service.channels.create()
    execution = started(lab, lab.flow(ask("name", "Name?", channel=other.sid, timeout="600")))
    before, journal = record(execution), len(lab.mock.journal)
    assert before[0]["status"] == "active"
    lab.account.clock.advance(60)
    assert execution.update(status="active").status == "active"
    assert record(execution) == before
    assert len(lab.mock.journal) == journal
    lab.account.clock.advance(539)
    assert execution.fetch().status == "active"
    lab.account.clock.advance(1)
    assert lab.studio.settle()
    assert execution.fetch().status == "ended"


def test_a_deleted_execution_is_gone_with_its_steps(lab: Lab) -> None:
    flow = lab.flow(send("hi", "{{ 1 | nonsense }}"))
    lab.say(lab.channel(flow), "hi")
    execution = lab.execution(flow)
    assert execution.delete() is True
    with refused(404, 20404):
        execution.fetch()
    assert (flow.executions.list(), lab.studio.errors) == ([], [])


def test_deleting_a_parked_execution_frees_its_contact(lab: Lab) -> None:
    flow = lab.flow(ask("name", "Name?"))
    channel = lab.channel(flow)
    lab.say(channel, "hi")
    lab.execution(flow).delete()
    lab.account.clock.advance(3600)
    assert lab.studio.settle()
    lab.say(channel, "hi")
    assert lab.answers(channel) == ["Name?", "Name?"]
