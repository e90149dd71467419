"""Plans of a part of a flow file, plans of many resources, and plans that are saved."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from shop_file import BOT, FILE, ORDER

from helpers import Account
from helpers.flows import (
    ApplyStopped,
    FlowProblem,
    command,
    plan,
    save,
    saved_plan,
)
from helpers.flows.accounts import survey
from helpers.flows.plans import applying


def test_a_target_is_planned_with_all_that_it_needs_and_nothing_else(account: Account) -> None:
    planned = plan(account, BOT + FILE, targets=["workflows/Main"])
    assert [str(one) for one in planned.operations] == [
        *(write for write in ORDER[:8] if "parcels" not in write)
    ]
    planned.apply()
    assert plan(account, BOT + FILE, targets=["workflows/Main"]).is_empty
    left = plan(account, BOT + FILE, targets=["studio_flows/bot", "flex_flows/Custom chat"])
    assert [str(one) for one in left.operations] == [
        "create task channel 'parcels'",
        "create Studio flow 'bot'",
        "create 'Custom chat'",
    ]
    left.apply()
    assert [str(one) for one in plan(account, BOT + FILE).operations] == ["create worker 'zoe'"]


def test_a_target_that_is_none_is_refused(shop: Account) -> None:
    with pytest.raises(FlowProblem) as caught:
        plan(shop, FILE, targets=["queues/VPI"])
    assert str(caught.value) == (
        "the text: target 'queues/VPI': stands for nothing; did you mean queues/VIP?"
    )


MANY = "workspaces:\n  Shop:\n    queues:\n" + "".join(f"      Q{n}:\n" for n in range(60))


def test_many_alike_are_made_without_reading_all_of_them_after_each(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[int] = []

    class Counted(survey.Survey):
        def __init__(self, *given: Any) -> None:
            super().__init__(*given)
            looks.append(len(self.found))

    planned = plan(account, MANY)
    monkeypatch.setattr(applying, "Survey", Counted)
    assert len(planned.apply().done) == 61
    assert len(looks) < 35
    assert looks[:10] == [*range(1, 11)]  # the first ten one by one
    assert plan(account, MANY).is_empty


def test_a_change_by_others_among_many_alike_stops_the_rest(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned, sent = plan(account, MANY), applying.Run._send

    def send(run: applying.Run, operation: applying.PlannedWrite) -> None:
        if operation.step.name == "Q40":
            space = account.client.taskrouter.v1.workspaces.list(friendly_name="Shop")[0]
            queues = account.client.taskrouter.v1.workspaces(space.sid).task_queues
            queues(queues.list(friendly_name="Q3")[0].sid).update(task_order="LIFO")
        sent(run, operation)

    monkeypatch.setattr(applying.Run, "_send", send)
    with pytest.raises(ApplyStopped, match="task_order: 'FIFO' -> 'LIFO'") as caught:
        planned.apply()
    assert 41 < len(caught.value.done) < 50
    left = plan(account, MANY)
    assert left.counts["create"] == 61 - len(caught.value.done)


def test_a_saved_plan_is_carried_out_unless_the_account_has_changed(
    account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    account.mode = "shared"
    monkeypatch.setattr(command.arguments, "connect", lambda *_, **__: account)
    file, saved = tmp_path / "flows.yaml", tmp_path / "plan.json"
    file.write_text(FILE, encoding="utf-8")
    to = ["--to", "http://mock"]
    assert command.main(["plan", str(file), "--out", str(saved), *to]) == command.OK
    assert saved.stat().st_mode & 0o077 == 0
    file.unlink()
    assert command.main(["apply", str(saved), "--delete", *to]) == command.USAGE
    extra = account.client.studio.v2.flows.list()
    spaces = account.client.taskrouter.v1.workspaces
    added = spaces.create("Another")
    assert command.main(["apply", str(saved), *to]) == command.PROBLEMS
    assert "the account has changed since the plan was made" in capsys.readouterr().err
    spaces(added.sid).delete()
    saved.write_text(json.dumps(json.loads(saved.read_text(encoding="utf-8"))), encoding="utf-8")
    assert command.main(["apply", str(saved), *to]) == command.OK  # as jq may have written it
    assert plan(account, FILE).is_empty
    assert account.client.studio.v2.flows.list()[0].sid == extra[0].sid
    assert command.main(["apply", str(saved), *to]) == command.PROBLEMS


def interrupted_after(account: Account, saved: Path, writes: int) -> None:
    """Carry a saved plan out as far as this many writes."""
    sent = applying.Run._send

    def send(run: applying.Run, operation: applying.PlannedWrite) -> None:
        if len(run._done) == writes:
            raise KeyboardInterrupt
        sent(run, operation)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(applying.Run, "_send", send)
        with pytest.raises(KeyboardInterrupt):
            saved_plan(account, saved).apply()


def test_a_saved_plan_that_was_interrupted_goes_on_wherever_it_stopped(
    account: Account, tmp_path: Path
) -> None:
    saved = tmp_path / "plan.json"
    planned = plan(account, FILE)
    save(planned, saved)
    count = len(planned.operations)
    assert count > 5
    stops = [0]
    while stops[-1] < count - 1:
        interrupted_after(account, saved, 1)
        went_on = saved_plan(account, saved)
        assert went_on.code == planned.code
        stops.append(went_on.done() or 0)
        assert stops[-2] < stops[-1]
    assert len(stops) > 5
    assert len(saved_plan(account, saved).apply(confirm=planned.code).done) == 1
    assert plan(account, FILE).is_empty
    with pytest.raises(FlowProblem, match="was carried out already, and nothing is left to do"):
        saved_plan(account, saved)


def test_a_saved_plan_holds_no_secret_that_the_account_has(shop: Account, tmp_path: Path) -> None:
    saved = tmp_path / "plan.json"
    spaces = shop.client.taskrouter.v1.workspaces
    [space] = spaces.list(friendly_name="Shop")
    spaces(space.sid).update(event_callback_url="https://user:hunter2@example.com/")
    changed = FILE.replace("{level: 5}", "{level: 6}").replace("level > 3", "level > 4")
    save(plan(shop, changed), saved)
    assert "hunter2" not in saved.read_text(encoding="utf-8")
    interrupted_after(shop, saved, 1)
    with pytest.raises(FlowProblem, match="the account has changed since the plan was made; plan"):
        saved_plan(shop, saved)


def test_a_saved_plan_with_a_secret_by_name_goes_on(
    shop: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("key", "swordfish")
    saved = tmp_path / "plan.json"
    begin = "    event_callback_url: https://a.io/?token=${key}\n    default_activity"
    file = FILE.replace("{level: 5}", "{level: 6}").replace("    default_activity", begin)
    save(plan(shop, f"variables:\n  key: {{secret: true}}\n{file}"), saved)
    text = saved.read_text(encoding="utf-8")
    assert "swordfish" not in text
    assert "https://a.io/?token=${key}" in text
    interrupted_after(shop, saved, 1)
    assert saved_plan(shop, saved).done() == 1


def test_a_change_by_others_after_an_interruption_refuses_a_saved_plan(
    account: Account, tmp_path: Path
) -> None:
    saved = tmp_path / "plan.json"
    save(plan(account, FILE), saved)
    interrupted_after(account, saved, 2)
    space = account.client.taskrouter.v1.workspaces.create("Another")
    with pytest.raises(FlowProblem, match="the account has changed since the plan was made; plan"):
        saved_plan(account, saved)
    account.client.taskrouter.v1.workspaces(space.sid).delete()
    assert saved_plan(account, saved).done() == 2


def test_a_saved_plan_whose_steps_were_changed_by_hand_does_not_go_on(
    account: Account, tmp_path: Path
) -> None:
    saved = tmp_path / "plan.json"
    save(plan(account, FILE), saved)
    interrupted_after(account, saved, 2)
    content = json.loads(saved.read_text(encoding="utf-8"))
    content["writes"].pop()
    saved.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(FlowProblem, match="plan again"):
        saved_plan(account, saved)


def test_a_plan_does_not_take_the_place_of_its_flow_file(
    account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command.arguments, "connect", lambda *_, **__: account)
    monkeypatch.chdir(tmp_path)
    Path("flows.yaml").write_text(FILE, encoding="utf-8")
    plan_over = ["plan", "flows.yaml", "--out", str(tmp_path / "flows.yaml"), "--to", "http://mock"]
    assert command.main(plan_over) == command.USAGE
    assert Path("flows.yaml").read_text(encoding="utf-8") == FILE


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("{}", "is no saved plan; make one with"),
        ('{"flow_plan": 1, "account": 7}', "is no saved plan"),
        ("{", "plan.json:1: is not JSON"),
    ],
)
def test_what_is_no_saved_plan_is_refused(
    account: Account, tmp_path: Path, content: str, problem: str
) -> None:
    (tmp_path / "plan.json").write_text(content, encoding="utf-8")
    with pytest.raises(FlowProblem, match=problem):
        saved_plan(account, tmp_path / "plan.json")


def test_a_saved_plan_is_for_one_account(tmp_path: Path, account: Account) -> None:
    save(plan(account, FILE), tmp_path / "plan.json")
    text = (tmp_path / "plan.json").read_text(encoding="utf-8")
    other = text.replace(account.credentials.account_sid, f"AC{'7' * 32}")
    (tmp_path / "plan.json").write_text(other, encoding="utf-8")
    with pytest.raises(FlowProblem, match="is for account AC777"):
        saved_plan(account, tmp_path / "plan.json")


def test_what_flex_works_with_is_deleted_by_no_plan(account: Account) -> None:
    text = FILE.replace("  Shop:\n", "  Flex Task Assignment:\n").replace(
        "workspace: Shop", "workspac"
    )
    text = text.partition("flex_flows")[0]
    plan(account, text).apply()
    planned = plan(account, text, destroy=True)
    notes = {step.name: step.note for step in planned.steps if step.action == "leave"}
    assert notes["Flex Task Assignment"] == "Flex works with it"
    assert notes["Available"] == "not in the file, but workspace 'Flex Task Assignment' names it"
    planned.apply()
    [space] = account.client.taskrouter.v1.workspaces.list()
    queues = account.client.taskrouter.v1.workspaces(space.sid).task_queues.list()
    assert [queue.friendly_name for queue in queues] == ["Everyone"]
    assert plan(account, "workspaces: {}\n\n", delete=True).is_empty
