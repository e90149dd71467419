"""Flow files that hold a whole contact centre: read, planned, applied, interrupted, exported."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from centres import centres
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import refusal
from support import everything, examples

from helpers import Account, connect
from helpers.flows import (
    ApplyStopped,
    FlowProblem,
    check,
    command,
    export,
    load,
    plan,
    save,
    saved_plan,
)
from helpers.flows.accounts import survey
from helpers.flows.plans import applying

FILE = """\
workspaces:
  Shop:
    default_activity: Available
    activities:
      Available: {available: true}
      Lunch:
    task_channels:
      parcels: {friendly_name: Parcels}
    queues:
      VIP: {target_workers: level > 3, reservation_activity: Lunch}
      Everyone:
    workflows:
      Main:
        filters:
          - filter_friendly_name: vips
            expression: tier == 'vip'
            targets:
              - {queue: VIP, timeout: 30}
              - {queue: Everyone}
        default_filter: {queue: Everyone}
    workers:
      zoe: {attributes: {level: 5}}
flex_flows:
  - friendly_name: Custom chat
    channel_type: custom
    integration_type: task
    integration: {workspace: Shop, workflow: Main, channel: chat}
"""
EMPTY = """\
flex_flows: []
address_configurations: []
workspaces: {}
conversation_services: {}
studio_flows: {}
"""
ORDER = [
    "create workspace 'Shop'",
    "create activity 'Available'",
    "finish workspace 'Shop'",
    "create activity 'Lunch'",
    "create task channel 'parcels'",
    "create queue 'VIP'",
    "create queue 'Everyone'",
    "create workflow 'Main'",
    "create worker 'zoe'",
    "create 'Custom chat'",
]
WRITES = "[CUD]*"
REQUESTS = [write for write in ORDER if write != "create activity 'Available'"]
"""A new workspace has that activity from the start."""


def emptied(seed: int | None = None) -> Account:
    """An account with nothing in it that a file could hold."""
    account = connect(seed=seed)
    plan(account, EMPTY, delete=True).apply()
    return account


ONE, OTHER = emptied(), emptied(seed=99)


def changes(account: Account, text: str) -> dict[str, list[str]]:
    """The changes that a plan shows, by resource."""
    return {
        step.name: [f"{one.field}: {one.before} -> {one.after}" for one in step.changes]
        for step in plan(account, text).steps
        if step.action != "leave"
    }


@pytest.fixture
def shop(account: Account) -> Account:
    """An account as FILE says."""
    plan(account, FILE).apply()
    return account


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


# -- there and back


@settings(max_examples=examples(15), deadline=None)
@given(centres())
def test_any_centre_is_exported_applied_to_an_empty_account_and_exported_the_same(
    text: str,
) -> None:
    assert ONE.mock is not None
    assert OTHER.mock is not None
    with ONE.mock.snapshot(), OTHER.mock.snapshot():
        plan(ONE, text, delete=True).apply()
        assert plan(ONE, text, delete=True).is_empty
        exported = export(ONE, everything=True)
        assert plan(ONE, exported, delete=True).is_empty
        plan(OTHER, load(exported.text), delete=True).apply()
        assert export(OTHER, everything=True).text == exported.text


@settings(max_examples=examples(8), deadline=None)
@given(centres(), centres(), st.integers(0, 40), st.sampled_from(["before", "after"]))
def test_any_centre_leads_to_any_other_even_when_interrupted(
    first: str, second: str, at: int, phase: str
) -> None:
    assert ONE.mock is not None
    with ONE.mock.snapshot():
        plan(ONE, first, delete=True).apply()
        fault = ONE.mock.faults.add(WRITES, skip=at, times=1, kind="timeout", phase=phase)
        with fault, suppress(ApplyStopped):
            plan(ONE, second, delete=True).apply()
        plan(ONE, second, delete=True).apply()
        assert plan(ONE, second, delete=True).is_empty


def test_an_export_of_everything_is_a_file_for_which_nothing_is_to_do(
    shop: Account, tmp_path: Path
) -> None:
    file = export(shop, tmp_path / "all.yaml", everything=True)
    assert plan(shop, tmp_path / "all.yaml", delete=True).is_empty
    assert "      Main:\n        filters:\n        - filter_friendly_name: vips\n" in file.text
    assert export(shop).resources == ()


def test_the_command_exports_everything_and_plans_to_destroy(
    shop: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    shop.mode = "shared"
    monkeypatch.setattr(command.arguments, "connect", lambda *_, **__: shop)
    arguments = [str(tmp_path / "all.yaml"), "--to", "http://mock"]
    assert command.main(["export", *arguments, "--everything"]) == command.OK
    assert "2 flows and 54 other resources written to " in capsys.readouterr().out
    pending = ["--detailed-exitcode"]
    assert command.main(["plan", *arguments, *pending]) == command.OK
    assert command.main(["plan", *arguments, *pending, "--destroy"]) == command.PENDING


# -- Studio flows

BOT = """\
studio_flows:
  bot:
    definition:
      description: A bot
      initial_state: Trigger
      states:
        - name: Trigger
          type: trigger
          transitions: [{event: incomingMessage, next: ask}]
          properties: {}
        - name: ask
          type: send-and-wait-for-reply
          transitions:
            - {event: incomingMessage, next: agent}
            - {event: timeout}
          properties: {from: bot, body: "Which order?", timeout: "600"}
        - name: agent
          type: send-to-flex
          transitions: [{event: callComplete}]
          properties: {workflow: "ref:workflows/Main", channel: "ref:task_channels/parcels"}
"""
OTHER_BOT = """\
  parent:
    status: draft
    definition:
      initial_state: Trigger
      states:
        - {name: Trigger, type: trigger, transitions: [], properties: {}}
        - name: sub
          type: run-subflow
          transitions: []
          properties: {flow_sid: "ref:studio_flows/bot", flow_revision: LatestPublished}
"""


def test_a_studio_flow_has_sids_for_references_and_comes_after_what_it_names(
    account: Account,
) -> None:
    planned = plan(account, BOT + OTHER_BOT + FILE)
    assert [str(one) for one in planned.operations][-3:] == [
        "create Studio flow 'bot'",
        "create Studio flow 'parent'",
        "create 'Custom chat'",
    ]
    planned.apply()
    made = {one.friendly_name: one for one in account.client.studio.v2.flows.list()}
    definition = account.client.studio.v2.flows(made["bot"].sid).fetch().definition
    properties = definition["states"][2]["properties"]
    assert [properties["workflow"][:2], properties["channel"][:2]] == ["WW", "TC"]
    assert [made["bot"].status, made["parent"].status] == ["published", "draft"]
    assert plan(account, BOT + OTHER_BOT + FILE).is_empty


def test_a_change_of_a_studio_flow_reads_widget_by_widget(account: Account) -> None:
    plan(account, BOT + FILE).apply()
    text = BOT.replace("Which", "What").replace("{event: timeout}", "{event: timeout, next: agent}")
    text += "        - {name: bye, type: send-message, transitions: [], properties: {from: b}}\n"
    assert changes(account, text + FILE) == {
        "bot": [
            "widget ask: transition timeout.next: None -> agent",
            "widget ask.body: Which order? -> What order?",
            "widget bye: None -> send-message",
        ]
    }
    notes = [step.note for step in plan(account, text + FILE).steps if step.action == "update"]
    assert "they go on with the revision that they began with" in notes[0]
    states = BOT.index("        - name: ask"), BOT.index("        - name: agent")
    moved = BOT[: states[0]] + BOT[states[1] :] + BOT[states[0] : states[1]]
    assert plan(account, moved + FILE).is_empty


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        (
            "next: ask",
            "next: asks",
            "line 9: studio_flows.bot.definition.states[0].transitions[0].next: there is no widget"
            " 'asks'; it leads to one of Trigger, ask, agent",
        ),
        (
            "  bot:\n",
            "  bot:\n    state: x\n",
            "line 3: studio_flows.bot.state: is not known here; did you mean status?",
        ),
        (
            'timeout: "600"',
            "timeout: 2026-01-01",
            "line 16: studio_flows.bot.definition.states[1].properties.timeout: must be text, a"
            " number, true or false; write '2026-01-01'",
        ),
    ],
)
def test_a_definition_that_is_none_is_refused_at_its_line(
    before: str, after: str, problem: str
) -> None:
    assert any(problem in line for line in refusal(BOT.replace(before, after)))


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        (
            "workflows/Main",
            "workflows/Mein",
            "line 20: 'bot' definition.states.2.properties.workflow: ref:workflows/Mein stands for"
            " nothing in the account or the file; did you mean ref:workflows/Main?",
        ),
        ("workflows/Main", "workflow/Main", "names no kind of resource; did you mean workflows?"),
        (
            "studio_flows/bot",
            "studio_flows/parent",
            "line 21: Studio flow 'parent': cannot be made, as these name each other in a circle:"
            " Studio flow 'parent' -> Studio flow 'parent'; leave one name out",
        ),
    ],
)
def test_a_reference_that_cannot_be_followed_is_refused_at_its_line(
    before: str, after: str, problem: str
) -> None:
    with pytest.raises(FlowProblem) as caught:
        plan(OTHER, (BOT + OTHER_BOT + FILE).replace(before, after))
    assert problem in str(caught.value)


def test_a_name_in_two_workspaces_is_said_with_its_workspace(account: Account) -> None:
    plan(account, FILE).apply()
    text = FILE.replace("workspaces:\n", "workspaces:\n  Other:\n    task_channels: {}\n", 1)
    two = text.replace("  Other:\n", "  Other:\n    queues: {Q: }\n    workflows: {Main: {}}\n")
    with pytest.raises(FlowProblem, match="ref:workflows/Main stands for 2 resources; write ref:w"):
        plan(account, BOT + two)
    named = BOT.replace("ref:workflows/Main", "ref:workspaces/Shop/workflows/Main")
    plan(account, named + two).apply()
    assert plan(account, named + two).is_empty
    assert "workflow: ref:workspaces/Shop/workflows/Main\n" in export(account, everything=True).text


def test_a_definition_can_stand_in_a_json_file_beside(account: Account, tmp_path: Path) -> None:
    definition = load(BOT).resources[0].dumped()["definition"]
    (tmp_path / "bot.json").write_text(json.dumps(definition, indent=1), encoding="utf-8")
    path = tmp_path / "flows.yaml"
    path.write_text("studio_flows:\n  bot: {definition: bot.json}\n", encoding="utf-8")
    assert load(path).resources == load(BOT).resources
    (tmp_path / "bot.json").write_text('{"states": [\n,]}', encoding="utf-8")
    with pytest.raises(FlowProblem, match=r"bot\.json:2: is not JSON"):
        load(path)
    (tmp_path / "bot.json").unlink()
    with pytest.raises(
        FlowProblem, match=r"flows\.yaml:2: studio_flows\.bot\.definition: bot\.json"
    ):
        load(path)


# -- services

SERVICES = """\
conversation_services:
  Second:
    default_conversation_role: helper
    roles:
      helper: {type: conversation, permissions: [sendMessage]}
      channel user: {type: conversation, permissions: [leaveConversation, sendMessage]}
    webhooks: {post_webhook_url: "https://a.example/x", filters: [onMessageAdded]}
chat_services:
  Second:
    typing_indicator_timeout: 8
    webhooks: {post_webhook_url: "https://a.example/y", filters: [onMessageSent]}
  Third:
flex_flows:
  - {friendly_name: Chat, channel_type: custom, chat_service: Second, integration: {flow: bot}}
"""


def test_services_are_made_with_their_roles_and_webhooks_in_both_views(account: Account) -> None:
    text = SERVICES + BOT + FILE.partition("flex_flows")[0]
    plan(account, text).apply()
    assert plan(account, text).is_empty
    services = account.client.conversations.v1.services
    made = [one.friendly_name for one in services.list()]
    assert made == ["Flex Chat Service", "Second", "Third"]
    second = services(services.list()[1].sid)
    hooks = second.configuration.webhooks().fetch()
    assert (hooks.post_webhook_url, hooks.filters) == ("https://a.example/x", ["onMessageAdded"])
    roles = {role.sid: role.friendly_name for role in second.roles.list()}
    assert roles[second.configuration().fetch().default_conversation_role_sid] == "helper"
    old = account.client.chat.v2.services(services.list()[1].sid).fetch()
    assert (old.typing_indicator_timeout, old.webhook_filters) == (8, ["onMessageSent"])
    exported = export(account, everything=True)
    assert plan(account, exported, delete=True).is_empty
    assert "chat_services:\n  Second:\n    typing_indicator_timeout: 8\n" in exported.text


def test_what_cannot_be_undone_or_shown_is_not(account: Account) -> None:
    text = SERVICES.partition("chat_services")[0].replace("//a", "//bot:s3cret@a")
    plan(account, text).apply()
    with pytest.raises(FlowProblem, match="line 7: 'Second' filters: cannot be emptied again"):
        plan(account, text.replace(", filters: [onMessageAdded]", ""))
    file = load(text)
    planned = plan(account, text.replace("/x", "/y"))
    shown = f"{file!r}{file.resources!r}{planned}{planned.steps!r}{planned.as_json()}"
    assert "s3cret" not in shown
    attributes = "workspaces: {W: {workers: {a: {attributes: {key: {url: 'http://u:s3cret@h'}}}}}}"
    assert "s3cret" not in repr(load(f"{attributes}\n").resources)


def test_what_two_views_of_a_service_share_is_said_once() -> None:
    text = SERVICES.replace("    typing_", "    default_channel_role: helper\n    typing_")
    assert refusal(text) == [
        "line 10: 'Second' default_channel_role: belongs to conversation_services as well, which"
        " the file has; move it there"
    ]


def test_an_account_without_the_legacy_api_has_its_services_exported(account: Account) -> None:
    assert account.mock is not None
    account.mock.faults.end_legacy_api()
    exported = export(account, everything=True)
    assert "chat_services" not in exported.text
    assert plan(account, exported, delete=True).is_empty


def test_drift_of_a_service_is_shown_and_its_own_service_never_deleted(account: Account) -> None:
    plan(account, SERVICES.partition("flex_flows")[0]).apply()
    services = account.client.conversations.v1.services
    second = services(services.list()[1].sid)
    second.configuration.webhooks().update(method="GET")
    [role] = [role for role in second.roles.list() if role.friendly_name == "helper"]
    second.roles(role.sid).update(permission=["sendMessage", "leaveConversation"])
    assert changes(account, SERVICES.partition("flex_flows")[0]) == {
        "helper": ["permissions: ['leaveConversation', 'sendMessage'] -> ['sendMessage']"],
        "Second": ["method: GET -> POST"],
    }
    planned = plan(account, "conversation_services: {}\n\n", delete=True)
    assert [str(one).partition(" (")[0] for one in planned.operations] == [
        "delete conversation service 'Second'",
        "delete conversation service 'Third'",
    ]


def test_flows_are_checked_with_what_the_file_has_beside_them(account: Account) -> None:
    text = FILE.replace("workflow: Main", "workflow: Man") + "    enabled: false\n"
    [unknown] = check(text, account).errors
    assert (unknown.id, unknown.where) == ("unknown-name", "line 27")
    assert "no workflow 'Man' (did you mean 'Main'?)" in unknown.reason
    nobody = FILE.replace("Everyone:\n", 'Everyone: {target_workers: "1==2"}\n')
    [found] = check(nobody.replace("level: 5", "level: 1"), account).errors
    assert found.id == "nobody-matches"
    sound = FILE.replace("    integration_type: task\n", "").replace(
        "{workspace: Shop, workflow: Main, channel: chat}", "{flow: bot}"
    )
    assert list(check(BOT + sound, account).errors) == []
    draft = BOT.replace("  bot:\n", "  bot:\n    status: draft\n")
    assert [one.id for one in check(draft + sound, account).errors] == ["studio-draft"]
    assert plan(account, FILE).counts["create"] == 9


# -- a part of it, and plans that are saved


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
