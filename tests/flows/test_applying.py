"""Carrying a plan out: once, twice, interrupted at every write, and against a changed account."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from samples import EXTERNAL, STUDIO, TASK, raw_flows
from support import everything

from helpers import Account, connect
from helpers.flows import ApplyStopped, export, plan

WEB = "Flex Web Channel Flow"
WRITES = "[CUD]*FlexFlow"
"""CreateFlexFlow, UpdateFlexFlow and DeleteFlexFlow."""

BEFORE = """\
flex_flows:
  - friendly_name: Shop
    channel_type: custom
    contact_identity: shop
    integration_type: external
    integration: {url: https://shop.example}
  - friendly_name: Help
    channel_type: custom
    contact_identity: help
    integration_type: external
    integration: {url: https://help.example}
  - friendly_name: Old
    channel_type: sms
    integration_type: external
    integration: {url: https://old.example}
"""
AFTER = """\
flex_flows:
  - friendly_name: New
    channel_type: sms
    integration: {flow: Webchat Flow}
  - friendly_name: Shop
    channel_type: custom
    contact_identity: help
    integration_type: external
    integration: {url: https://shop.example}
  - friendly_name: Helpdesk
    formerly: Help
    channel_type: custom
    contact_identity: shop
    integration_type: task
    integration: {workspace: Flex Task Assignment, workflow: Assign to Anyone, channel: chat}
"""
OPERATIONS = 6
"""One flow disabled for a moment, two updated, one created, two deleted."""


def changed_account() -> Account:
    """An account as BEFORE says, and AFTER is to come."""
    account = connect()
    plan(account, BEFORE).apply()
    return account


def done(applied: Any) -> list[str]:
    """Return what was done, without SIDs."""
    return [line.partition(" (")[0] for line in applied.done]


# -- once and twice


def test_applying_does_what_was_planned_in_the_order_that_was_planned() -> None:
    account = changed_account()
    planned = plan(account, AFTER, delete=True)
    assert len(planned.operations) == OPERATIONS
    assert planned.apply().done == tuple(str(one) for one in planned.operations)
    assert {flow["friendly_name"] for flow in raw_flows(account).values()} == {
        "New",
        "Shop",
        "Helpdesk",
    }


def test_after_applying_there_is_nothing_left_to_plan() -> None:
    account = changed_account()
    plan(account, AFTER, delete=True).apply()
    again = plan(account, AFTER, delete=True)
    assert again.is_empty
    assert again.counts == {"leave": 3}
    assert "Nothing to do" in str(again)


def test_applying_twice_changes_nothing_with_the_same_plan_or_a_new_one() -> None:
    account = changed_account()
    planned = plan(account, AFTER, delete=True)
    planned.apply()
    before = everything(account), raw_flows(account)
    assert planned.apply().done == ()
    assert plan(account, AFTER, delete=True).apply().done == ()
    assert (everything(account), raw_flows(account)) == before


def test_an_update_sends_only_what_changes(account: Account) -> None:
    plan(account, EXTERNAL).apply()
    plan(account, EXTERNAL + "    long_lived: true\n").apply()
    written = [entry for entry in account.requests if entry.method == "POST"]
    assert written[-1].parameters == {"Enabled": "true", "LongLived": "true"}


def test_a_contact_identity_that_goes_is_cleared(account: Account) -> None:
    plan(account, EXTERNAL + "    contact_identity: shop\n").apply()
    plan(account, EXTERNAL).apply()
    flow = next(f for f in raw_flows(account).values() if f["friendly_name"] != WEB)
    assert flow["contact_identity"] is None


# -- a failure at every write in turn


@pytest.mark.parametrize("at", range(OPERATIONS))
@pytest.mark.parametrize("fault", [{"status": 500}, {"kind": "timeout"}], ids=str)
@pytest.mark.parametrize("phase", ["before", "after"])
def test_after_a_failure_the_next_plan_says_what_is_left_and_the_next_apply_finishes(
    at: int, fault: dict[str, Any], phase: str
) -> None:
    account = changed_account()
    assert account.mock is not None
    planned = plan(account, AFTER, delete=True)
    writes = [str(one) for one in planned.operations]
    account.mock.faults.add(WRITES, skip=at, times=1, phase=phase, **fault)

    with pytest.raises(ApplyStopped) as caught:
        planned.apply()
    stopped = caught.value
    assert list(stopped.done) == writes[:at]
    assert stopped.failed == writes[at]
    assert list(stopped.not_done) == writes[at + 1 :]
    effect = "it was carried out all the same" if phase == "after" else "it was not carried out"
    assert effect in stopped.reason

    had_effect = at + (phase == "after")
    left = {one.step.name for one in planned.operations[had_effect:]}
    again = plan(account, AFTER, delete=True)
    assert {step.name for step in again.steps if step.action != "leave"} == left
    known = [step for step in again.steps if step.sid]
    assert known
    assert [step.before for step in known] == [raw(account, step) for step in known]

    again.apply()
    assert plan(account, AFTER, delete=True).is_empty
    assert export(account).text == export_of_a_run_without_failures()


@pytest.mark.parametrize("at", range(OPERATIONS))
def test_the_same_plan_goes_on_where_it_was_stopped(at: int) -> None:
    account = changed_account()
    assert account.mock is not None
    planned = plan(account, AFTER, delete=True)
    account.mock.faults.add(WRITES, skip=at, times=1, kind="timeout", phase="after")
    with pytest.raises(ApplyStopped):
        planned.apply()
    writes = [str(one) for one in planned.operations]
    assert list(planned.apply().done) == writes[at + 1 :]
    assert plan(account, AFTER, delete=True).is_empty


def raw(account: Account, step: Any) -> dict[str, Any]:
    """Return the account's data of a step's flow, as the SDK takes it."""
    flow = account.client.flex_api.v1.flex_flow(step.sid).fetch()
    own = ("friendly_name", "chat_service_sid", "channel_type", "enabled", "integration_type")
    found = {name: getattr(flow, name) for name in (*own, "long_lived", "janitor_enabled")}
    settings = {f"integration_{name}": value for name, value in flow.integration.items()}
    return found | {"contact_identity": flow.contact_identity or ""} | settings


def export_of_a_run_without_failures() -> str:
    """Return what AFTER leaves behind."""
    account = changed_account()
    plan(account, AFTER, delete=True).apply()
    return export(account).text


def test_a_creation_that_timed_out_after_its_effect_is_not_made_twice(account: Account) -> None:
    assert account.mock is not None
    account.mock.faults.add("CreateFlexFlow", kind="timeout", phase="after")
    with pytest.raises(ApplyStopped, match="it was carried out all the same"):
        plan(account, TASK).apply()
    again = plan(account, TASK)
    assert again.is_empty
    assert [flow["friendly_name"] for flow in raw_flows(account).values()].count("Custom chat") == 1


def test_a_refusal_is_shown_in_twilios_words_with_what_was_not_done(account: Account) -> None:
    assert account.mock is not None
    account.mock.faults.add("CreateFlexFlow", status=429)
    with pytest.raises(ApplyStopped) as caught:
        plan(account, TASK, delete=True).apply()
    assert str(caught.value).startswith("Stopped at: create 'Custom chat': Twilio refused: ")
    assert "(HTTP 429, code 20429)" in str(caught.value)
    assert "Done: nothing\nNot done:\n  delete 'Flex Web Channel Flow'" in str(caught.value)


def test_when_even_reading_fails_it_says_that_the_effect_is_not_known(account: Account) -> None:
    assert account.mock is not None
    planned = plan(account, TASK)
    account.mock.faults.add("CreateFlexFlow", kind="timeout", phase="after")
    account.mock.faults.add("ListFlexFlow", status=503, skip=1)
    with pytest.raises(ApplyStopped, match="whether it was carried out is not known"):
        planned.apply()
    assert plan(account, TASK).is_empty


def test_a_stop_from_the_keyboard_says_how_far_it_got(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned = plan(account, TASK, delete=True)
    flows = type(account.client.flex_api.v1.flex_flow)

    def interrupt(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(flows, "create", interrupt)
    with pytest.raises(KeyboardInterrupt) as caught:
        planned.apply()
    assert (
        "Stopped: interrupted; the first that is not done may be done" in caught.value.__notes__[0]
    )


# -- drift


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda flows, web: flows(web).update(enabled=False), "{web} enabled: True -> False"),
        (lambda flows, web: flows(web).delete(), "{web} is gone"),
        (
            lambda flows, web: flows.create(
                friendly_name="Mine",
                chat_service_sid=flows(web).fetch().chat_service_sid,
                channel_type="sms",
                integration_type="external",
                integration_url="https://mine.example",
            ),
            "a new flow 'Mine' is there",
        ),
    ],
)
def test_an_account_that_has_changed_since_the_plan_stops_it(
    account: Account, change: Callable[[Any, str], Any], reason: str
) -> None:
    planned = plan(account, STUDIO)
    flows = account.client.flex_api.v1.flex_flow
    web = flows.list()[0].sid
    change(flows, web)
    before = everything(account)
    with pytest.raises(ApplyStopped, match="the account has changed since the plan") as caught:
        planned.apply()
    assert reason.format(web=f"{WEB!r} ({web})") in caught.value.reason
    assert everything(account) == before
    assert "Custom chat" in {step.name for step in plan(account, STUDIO).steps}


def test_a_change_between_two_writes_stops_the_rest(account: Account) -> None:
    planned = plan(account, BEFORE)
    flows = account.client.flex_api.v1.flex_flow
    web = flows.list()[0].sid
    listed = type(flows).list

    def meddle(self: Any, *given: Any, **settings: Any) -> Any:
        if len(listed(self)) == 2:
            flows(web).update(long_lived=True)
        return listed(self, *given, **settings)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(flows), "list", meddle)
        with pytest.raises(ApplyStopped, match="long_lived: False -> True") as caught:
            planned.apply()
    assert list(caught.value.done) == ["create 'Shop'"]
    assert list(caught.value.not_done) == ["create 'Help'", "create 'Old'"]


def test_what_changed_is_shown_without_the_password_in_a_url(
    account: Account, make_flow: Callable[..., Any]
) -> None:
    flow = make_flow(integration_url="https://bot:s3cret@old.example")
    planned = plan(account, STUDIO.replace("custom", "sms").replace("Custom chat", "Other"))
    account.client.flex_api.v1.flex_flow(flow.sid).update(
        integration_url="https://bot:s3cret@new.example"
    )
    with pytest.raises(ApplyStopped) as caught:
        planned.apply()
    assert "https://bot:***@old.example' -> 'https://bot:***@new.example" in str(caught.value)
    assert "s3cret" not in f"{caught.value!r}{caught.value.reason}{caught.value.as_json()}"


def test_drift_is_visible_in_the_next_plan(account: Account) -> None:
    plan(account, TASK).apply()
    sid = next(s for s, flow in raw_flows(account).items() if flow["friendly_name"] != WEB)
    account.client.flex_api.v1.flex_flow(sid).update(long_lived=True, integration_priority=9)
    step = plan(account, TASK).steps[0]
    assert {(one.field, one.before, one.after) for one in step.changes} == {
        ("long_lived", True, False),
        ("integration.priority", 9, 0),
    }


# -- a live account


@pytest.fixture
def live(account: Account) -> Account:
    """The mock, taken for a live account."""
    account.mode = "live"
    return account


def test_a_live_account_asks_for_the_plans_code(live: Account) -> None:
    planned = plan(live, TASK)
    prompts = []

    def typed(prompt: str) -> str:
        prompts.append(prompt)
        return f" {planned.code}\n"

    assert done(planned.apply(confirm=typed)) == ["create 'Custom chat'"]
    assert prompts == [
        f"This changes a LIVE account. Type the plan's code ({planned.code}) to go on: "
    ]


def test_the_code_can_be_given_beforehand(live: Account) -> None:
    planned = plan(live, TASK)
    assert done(planned.apply(confirm=planned.code)) == ["create 'Custom chat'"]


@pytest.mark.parametrize("answer", ["", "yes", "y", "000000"])
def test_another_answer_changes_nothing(live: Account, answer: str) -> None:
    before = everything(live)
    with pytest.raises(ApplyStopped, match="the code typed is not this plan's"):
        plan(live, TASK).apply(confirm=lambda _: answer)
    assert everything(live) == before


def test_without_input_it_says_how_to_give_the_code(live: Account) -> None:
    def no_input(_: str) -> str:
        raise EOFError

    with pytest.raises(ApplyStopped, match=r"there is no input to read the code .*confirm="):
        plan(live, TASK).apply(confirm=no_input)


def test_a_live_account_with_nothing_to_do_asks_nothing(live: Account) -> None:
    planned = plan(live, TASK)
    planned.apply(confirm=planned.code)
    assert plan(live, TASK).apply(confirm=lambda _: pytest.fail("asked")).done == ()


def test_an_account_that_changes_while_the_code_is_typed_stops_the_plan(live: Account) -> None:
    planned = plan(live, TASK)
    flows = live.client.flex_api.v1.flex_flow

    def slowly(_: str) -> str:
        flows(flows.list()[0].sid).update(enabled=False)
        return planned.code

    with pytest.raises(ApplyStopped, match="has changed since the plan"):
        planned.apply(confirm=slowly)
    assert len(flows.list()) == 1
