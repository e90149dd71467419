"""Flow files that hold a whole contact centre: read, planned, applied, interrupted, exported."""

from __future__ import annotations

from typing import Any

import pytest
from samples import refusal
from shop_file import FILE, ORDER, REQUESTS, WRITES, changes
from support import everything

from helpers import Account
from helpers.flows import (
    ApplyStopped,
    FlowProblem,
    load,
    plan,
)

# -- the file


def test_what_is_in_it_is_written_and_read_back() -> None:
    file = load(FILE)
    assert load(file.text).text == file.text
    assert [entry.label for entry in file.resources] == [
        "Shop", "Available", "Lunch", "parcels", "VIP", "Everyone", "Main", "zoe",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        (
            "target_workers:",
            "target_worker:",
            "line 10: workspaces.Shop.queues.VIP.target_worker: is not known here; did you mean"
            " target_workers?",
        ),
        (
            "level > 3",
            "level >",
            "line 10: workspaces.Shop.queues.VIP.target_workers: invalid expression 'level >': at"
            " position 7, it ends too early.",
        ),
        (
            "reservation_activity: Lunch",
            "max_reserved_workers: 51",
            "line 10: workspaces.Shop.queues.VIP.max_reserved_workers: must be less than or equal"
            " to 50; got '51'",
        ),
        (
            "available: true",
            'available: "yes"',
            "line 5: workspaces.Shop.activities.Available.available: must be true or false, without"
            " quotes; got 'yes'",
        ),
        (
            "expression: tier",
            "expresion: tier",
            "line 16: workspaces.Shop.workflows.Main.filters[0].expresion: is not known here; did"
            " you mean expression?",
        ),
        (
            "queue: VIP,",
            "queu: VIP,",
            "line 18: workspaces.Shop.workflows.Main.filters[0].targets[0].queu: is not known here;"
            " did you mean queue?",
        ),
        (
            "{friendly_name: Parcels}",
            "{}",
            "line 8: workspaces.Shop.task_channels.parcels.friendly_name: is missing; add it",
        ),
        (
            "      zoe:",
            "      4711:",
            "line 22: workspaces.Shop.workers.4711: must be text; put it in quotes: '4711'",
        ),
        (
            "    queues:",
            "    ques:",
            "line 9: workspaces.Shop.ques: is not known here; did you mean queues?",
        ),
        (
            "workspaces:",
            "workspace:",
            "line 1: workspace: is not known here; did you mean workspaces?",
        ),
        (
            "      zoe:",
            "      ZOE:\n      zoe:",
            "line 23: worker 'zoe': names another worker too (line 22); rename one",
        ),
        (
            "VIP: {",
            "Gold: {formerly: VIP}\n      VIP: {",
            "line 11: queue 'VIP': names another queue too (line 10); rename one",
        ),
        (
            "{queue: VIP, timeout: 30}",
            "{timeout: 30}",
            "line 18: workspaces.Shop.workflows.Main.filters[0].targets[0]: names no queue in its"
            " first target; add it, as only later ones inherit one",
        ),
        (
            "default_filter: {queue: Everyone}",
            "default_filter: {priority: 3}",
            "line 20: workspaces.Shop.workflows.Main.default_filter.queue: is missing; add it",
        ),
        (
            "timeout: 30}",
            "order_by: a b c}",
            "line 18: workspaces.Shop.workflows.Main.filters[0].targets[0].order_by: invalid param",
        ),
        (
            "parcels: {",
            "a b: {",
            "line 8: workspaces.Shop.task_channels.a b: uniqueName takes letters, digits, _ and $",
        ),
        (
            "      Lunch:",
            f"      {'L' * 65}:",
            f"activities.{'L' * 65}: is too long: 65 characters, at most 64",
        ),
        (
            "attributes: {level: 5}",
            "attributes: {level: .nan}",
            "line 22: workspaces.Shop.workers.zoe.attributes.level: must be text, a number,",
        ),
        (
            "attributes: {level: 5}",
            "lifecycle: {prevent_destroy: maybe}",
            "line 22: workspaces.Shop.workers.zoe.lifecycle.prevent_destroy: must be true or false,"
            " without quotes; got 'maybe'",
        ),
    ],
)
def test_what_is_wrong_is_refused_with_its_line_and_the_fix(
    before: str, after: str, problem: str
) -> None:
    text = FILE.replace(before, after, 1)
    assert text != FILE
    assert any(problem in line for line in refusal(text)), refusal(text)


def test_aliases_of_aliases_are_refused_in_no_time_wherever_they_are() -> None:
    levels = [f"  l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 40)]
    text = "\n".join(["workspaces: {A: {workers: {a: {attributes: {", "l0: &l0 x,"])
    text += ",\n".join(levels) + "}}}}}\n"
    assert refusal(text) == ["line 1: is too large with its aliases; write fewer"]


def test_names_of_nothing_are_refused_with_their_lines(account: Account) -> None:
    text = FILE.replace("queue: VIP,", "queue: VPI,").replace("y: Lunch", "y: Launch")
    with pytest.raises(FlowProblem) as caught:
        plan(account, text)
    first, second = map(str, caught.value.problems)
    assert first.startswith("line 10: 'VIP' reservation_activity: the account has no activity")
    assert second.startswith("line 18: 'Main' filters.0.targets.0.queue: the account has no queue")
    assert "'VPI' (did you mean 'VIP'?)" in second


# -- plan and apply


def test_it_is_made_in_an_order_that_twilio_takes_and_then_nothing_is_left(
    account: Account,
) -> None:
    planned = plan(account, FILE)
    assert [str(one) for one in planned.operations] == ORDER
    assert list(planned.apply().done) == ORDER
    assert plan(account, FILE).is_empty
    assert planned.apply().done == ()


@pytest.mark.parametrize("at", range(len(REQUESTS)))
@pytest.mark.parametrize("phase", ["before", "after"])
def test_after_a_failure_at_any_write_the_next_apply_finishes(
    account: Account, at: int, phase: str
) -> None:
    assert account.mock is not None
    planned = plan(account, FILE)
    account.mock.faults.add(WRITES, skip=at, times=1, kind="timeout", phase=phase)
    with pytest.raises(ApplyStopped) as caught:
        planned.apply()
    assert caught.value.failed == REQUESTS[at]
    if at % 2:
        plan(account, FILE).apply()
    else:
        left = REQUESTS[at + (phase == "after") :]
        assert [write for write in planned.apply().done if write in REQUESTS] == left
    assert plan(account, FILE).is_empty


def test_a_change_reads_filter_by_filter_and_field_by_field(shop: Account) -> None:
    text = FILE.replace("timeout: 30", "timeout: 40").replace("level > 3", "level > 4")
    assert changes(shop, text) == {
        "VIP": ["target_workers: level > 3 -> level > 4"],
        "Main": ["filter vips: target 1.timeout: 30 -> 40"],
    }
    text = FILE.replace(
        "        default_filter",
        "          - {expression: 1==1, targets: [{queue: VIP, priority: 2}]}\n"
        "        default_filter",
    )
    assert changes(shop, text) == {"Main": ["filter 1==1: None -> 1==1 -> VIP (priority 2)"]}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda space: space.task_queues.list()[0].update(target_workers="a == 1"), "'VIP'"),
        (lambda space: space.workers.list()[0].delete(), "'zoe' ("),
        (lambda space: space.activities.create("New"), "a new activity 'New' of workspace 'Shop'"),
        (
            lambda space: space.workflows.list()[0].update(task_reservation_timeout=9),
            "task_reservation_timeout: 120 -> 9",
        ),
        (lambda space: space.update(multi_task_enabled=False), "multi_task_enabled: True -> False"),
    ],
)
def test_an_account_that_has_changed_since_the_plan_stops_it_and_the_next_plan_shows_it(
    shop: Account, change: Any, reason: str
) -> None:
    planned = plan(shop, FILE.replace("level: 5", "level: 6"))
    spaces = shop.client.taskrouter.v1.workspaces
    [space] = [space for space in spaces.list() if space.friendly_name == "Shop"]
    change(spaces(space.sid))
    before = everything(shop)
    with pytest.raises(ApplyStopped, match="the account has changed since the plan") as caught:
        planned.apply()
    assert reason in caught.value.reason
    assert everything(shop) == before


def test_what_the_file_does_not_name_is_left_unless_it_is_to_be_deleted(shop: Account) -> None:
    text = FILE.replace("      Lunch:\n", "").replace(", reservation_activity: Lunch", "")
    assert "Lunch" not in changes(shop, text)
    planned = plan(shop, text.replace("  Shop:", "  Flex Task Assignment:\n  Shop:"), delete=True)
    notes = {step.name: step.note for step in planned.steps}
    assert notes["default"] == "not in the file; it cannot be deleted"
    assert notes["Offline"] == "not in the file, but workspace 'Shop' names it"
    writes = [str(one).partition(" (")[0] for one in planned.operations]
    assert writes[0] == "update queue 'VIP'"
    assert "delete activity 'Lunch'" in writes
    assert not [write for write in writes if "Flex Task Assignment" in write]
    planned.apply()
    assert plan(shop, text, delete=False).is_empty


def test_an_activity_that_a_worker_is_in_is_left(shop: Account) -> None:
    text = FILE.replace("    default_activity: Available\n", "    default_activity: Lunch\n")
    text = text.replace("      Available: {available: true}\n", "")
    notes = {step.name: step.note for step in plan(shop, text, delete=True).steps}
    assert notes["Available"] == "not in the file, but worker 'zoe' names it"
    plan(shop, text, delete=True).apply()
    assert plan(shop, text, delete=True).is_empty
    zoe = "    workers:\n      zoe: {attributes: {level: 5}}\n"
    gone = text.replace(zoe, "    workers: {}\n")
    writes = [str(one).partition(" (")[0] for one in plan(shop, gone, delete=True).operations]
    assert writes == ["delete worker 'zoe'", "delete activity 'Available'"]
    plan(shop, gone, delete=True).apply()


def test_lists_that_the_file_does_not_have_are_no_concern_of_it(shop: Account) -> None:
    planned = plan(shop, "workspaces: {Shop: {workers: {zoe: {attributes: {level: 5}}}}}\n")
    assert {step.kept_in for step in planned.steps} == {"workspaces", "workers"}
    assert plan(shop, "workspaces: {Shop: {workers: {}}}\n", delete=True).counts["delete"] == 1


def test_a_former_name_makes_a_rename_that_others_follow(shop: Account) -> None:
    text = FILE.replace("VIP: {", "Gold: {formerly: VIP, ").replace("queue: VIP", "queue: Gold")
    planned = plan(shop, text)
    assert [str(one).partition(" (")[0] for one in planned.operations] == ["update queue 'Gold'"]
    planned.apply()
    assert plan(shop, text).is_empty
    unnamed = FILE.replace("parcels:", "boxes:").replace(
        "{friendly_name: P", "{formerly: parcels, friendly_name: P"
    )
    with pytest.raises(FlowProblem, match="line 8: 'boxes' formerly: cannot be renamed"):
        plan(shop, unnamed)


def test_what_twilio_never_changes_is_refused_with_the_way_out(shop: Account) -> None:
    with pytest.raises(FlowProblem, match="line 5: 'Available' available: is True in the account"):
        plan(shop, FILE.replace("available: true", "available: false"))


def test_what_an_earlier_version_named_is_deleted_and_what_others_made_is_left(
    shop: Account,
) -> None:
    spaces = shop.client.taskrouter.v1.workspaces
    [sid] = [one.sid for one in spaces.list() if one.friendly_name == "Shop"]
    spaces(sid).task_queues.create("By hand")
    text = FILE.replace("        default_filter: {queue: Everyone}\n", "").replace(
        "              - {queue: Everyone}\n", ""
    )
    text = text.replace("      Everyone:\n", "").partition("    workers")[0]
    planned = plan(shop, text, was=FILE)
    assert {str(one).partition(" (")[0] for one in planned.operations} == {
        "update workflow 'Main'",
        "delete 'Custom chat'",
        "delete queue 'Everyone'",
        "delete worker 'zoe'",
    }
    planned.apply()
    assert plan(shop, text, was=FILE).is_empty
    left = [one.friendly_name for one in spaces(sid).task_queues.list()]
    assert left == ["VIP", "By hand"]
    assert spaces(sid).workers.list() == []
    assert len(spaces.list()) == 2


def test_a_protected_entry_of_an_earlier_version_is_not_deleted(shop: Account) -> None:
    was = FILE.replace("attributes: {", "lifecycle: {prevent_destroy: true}, attributes: {")
    text = FILE.replace("    workers:\n      zoe: {attributes: {level: 5}}\n", "")
    with pytest.raises(FlowProblem, match="line 22: 'zoe': is to be deleted, as the file names it"):
        plan(shop, text, was=was)
    assert plan(shop, was, was=was).is_empty
    renamed = FILE.replace("zoe: {", "joe: {formerly: zoe, ")
    assert plan(shop, renamed, was=was).counts["delete"] == 0


# -- destruction


def test_all_that_a_file_names_can_be_deleted_and_nothing_else(shop: Account) -> None:
    other = next(one.sid for one in shop.client.taskrouter.v1.workspaces.list())
    planned = plan(shop, FILE, destroy=True)
    assert [str(one).partition(" (")[0] for one in planned.operations] == [
        "delete 'Custom chat'",
        "delete workspace 'Shop'",
    ]
    planned.apply()
    assert [one.sid for one in shop.client.taskrouter.v1.workspaces.list()] == [other]
    assert plan(shop, FILE, destroy=True).is_empty


@pytest.mark.parametrize(
    ("before", "after", "where"),
    [
        ("attributes: {", "lifecycle: {prevent_destroy: true}, attributes: {", "line 22: 'zoe': "),
        (
            "custom\n",
            "custom\n    lifecycle: {prevent_destroy: true}\n",
            "line 26: 'Custom chat': ",
        ),
    ],
)
def test_a_protected_entry_rules_that_out(
    shop: Account, before: str, after: str, where: str
) -> None:
    text = FILE.replace(before, after, 1)
    assert plan(shop, text).is_empty
    with pytest.raises(FlowProblem, match=f"{where}is to be deleted, which its lifecycle"):
        plan(shop, text, destroy=True)
