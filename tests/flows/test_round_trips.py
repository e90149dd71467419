"""Export, apply to an empty account, export again: the same, for any flow file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import STUDIO, TASK, flow_files, furnished
from support import examples

from helpers import Account, connect
from helpers.flows import ApplyStopped, FlowFile, FlowProblem, check, export, load, plan

ONE, OTHER = furnished(), furnished(seed=99)
"""Two accounts with the same furniture, and other SIDs for it."""
POOL = ("A", "B", "C", "D")
LIMITED = settings(max_examples=examples(25), deadline=None)


def snapshots() -> Any:
    """Both accounts, put back on leaving."""
    assert ONE.mock is not None
    assert OTHER.mock is not None
    return ONE.mock.snapshot(), OTHER.mock.snapshot()


@LIMITED
@given(flow_files())
def test_what_is_exported_applies_to_another_account_and_exports_the_same(file: FlowFile) -> None:
    one, other = snapshots()
    with one, other:
        plan(ONE, file, delete=True).apply()
        exported = export(ONE)
        assert {flow.friendly_name for flow in exported.flows} == {
            flow.friendly_name for flow in file.flows
        }
        plan(OTHER, load(exported.text + "\n"), delete=True).apply()
        assert export(OTHER).text == exported.text
        for account in (ONE, OTHER):
            assert plan(account, exported, delete=True).is_empty
            assert plan(account, file, delete=True).is_empty


@LIMITED
@given(flow_files(POOL), flow_files(POOL), st.data())
def test_any_file_leads_to_any_other_even_when_interrupted(
    first: FlowFile, second: FlowFile, data: st.DataObject
) -> None:
    one, other = snapshots()
    with one, other:
        plan(ONE, first, delete=True).apply()
        planned = plan(ONE, second, delete=True)
        if planned.operations:
            at = data.draw(st.integers(0, len(planned.operations) - 1))
            phase = data.draw(st.sampled_from(["before", "after"]))
            fault = ONE.mock.faults.add("[CUD]*FlexFlow", skip=at, kind="timeout", phase=phase)
            with fault, pytest.raises(ApplyStopped):
                planned.apply()
            plan(ONE, second, delete=True).apply()
        assert plan(ONE, second, delete=True).is_empty
        plan(OTHER, second, delete=True).apply()
        assert export(ONE).text == export(OTHER).text


@LIMITED
@given(flow_files())
def test_any_file_can_be_checked_and_a_plan_shown(file: FlowFile) -> None:
    for report in (check(file), check(file, ONE)):
        assert str(report)
        assert report._repr_html_()
        assert not [one for one in report.errors if one.id in ("two-enabled", "unknown-name")]
    assert plan(ONE, file, delete=True)._repr_html_().startswith("<table>")


# -- what an export says


def test_an_export_of_a_new_account_names_everything(account: Account) -> None:
    assert export(account).text == (
        "flex_flows:\n"
        "- friendly_name: Flex Web Channel Flow\n"
        "  channel_type: web\n"
        "  integration_type: studio\n"
        "  integration:\n"
        "    flow: Webchat Flow\n"
        "    retry_count: 3\n"
        "  long_lived: false\n"
        "  janitor_enabled: false\n"
        "  enabled: true\n"
    )


def test_an_export_is_written_to_the_given_path(account: Account, tmp_path: Path) -> None:
    plan(account, TASK).apply()
    file = export(account, tmp_path / "flows.yaml")
    assert (tmp_path / "flows.yaml").read_bytes().decode() == file.text
    assert load(tmp_path / "flows.yaml").flows == file.flows
    assert b"\r" not in (tmp_path / "flows.yaml").read_bytes()


def test_what_has_no_name_of_its_own_is_exported_by_sid(account: Account) -> None:
    flows = account.client.studio.v2.flows
    first = flows.list()[0].fetch()
    flows.create("Webchat Flow", "published", definition=first.definition)
    assert export(account).flows[0].integration.flow == first.sid
    assert plan(account, export(account)).is_empty


def test_an_export_with_names_the_other_account_lacks_says_what_to_create() -> None:
    account = furnished()
    plan(account, TASK.replace("Assign to Anyone", "Second line")).apply()
    with pytest.raises(FlowProblem, match=r"no workflow 'Second line'.*create the workflow"):
        plan(connect(), export(account))


def test_a_flow_whose_target_is_gone_is_exported_and_left_alone(account: Account) -> None:
    flows = account.client.studio.v2.flows
    sid = flows.list()[0].sid
    flows(sid).delete()
    exported = export(account)
    assert exported.flows[0].integration.flow == sid
    assert plan(account, exported).is_empty
    assert [one.id for one in check(exported, account).errors] == ["unknown-name"]


def test_names_that_several_flows_share_cannot_be_exported(
    make_flow: Any, account: Account
) -> None:
    sids = {make_flow(enabled=False).sid, make_flow(enabled=False).sid}
    with pytest.raises(FlowProblem, match="is the name of another flow too") as caught:
        export(account)
    assert {problem.where for problem in caught.value.problems} == sids


def test_a_flow_without_a_name_cannot_be_exported_and_is_left_by_plans(
    make_flow: Any, account: Account
) -> None:
    nameless = make_flow(friendly_name="", enabled=False)
    with pytest.raises(FlowProblem, match="cannot be put in a file: friendly_name"):
        export(account)
    planned = plan(account, TASK)
    assert {step.sid: step.action for step in planned.steps}[nameless.sid] == "leave"
    planned.apply()
    assert plan(account, TASK).is_empty


def test_an_export_is_found_to_be_as_meant(account: Account) -> None:
    page = STUDIO.replace("custom", "web").replace("Custom chat", "Page")
    plan(account, f"{page}    enabled: false\n").apply()
    exported = export(account)
    assert (len(check(exported)), len(check(exported, account))) == (0, 0)
    assert exported["Page"].accept == ("channel-type",)
    assert plan(account, exported, delete=True).is_empty


def test_a_deletion_says_that_a_roll_back_makes_a_new_sid(account: Account) -> None:
    before = export(account)
    planned = plan(account, "flex_flows: []\n", delete=True)
    said = "Deleted and made again, as by a roll back, a resource has another SID."
    assert said in repr(planned)
    assert said in planned._repr_html_()
    planned.apply()
    assert said not in repr(plan(account, before))
    plan(account, before).apply()
    assert account.client.flex_api.v1.flex_flow.list()[0].sid != planned.steps[0].sid
