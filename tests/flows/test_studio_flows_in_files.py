"""Studio flows in a flow file: references in definitions, and what changes in them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from samples import refusal
from shop_file import BOT, FILE, changes

from helpers import Account
from helpers.flows import (
    FlowProblem,
    export,
    load,
    plan,
)

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
    without = BOT.replace("            - {event: timeout}\n", "")
    assert without != BOT
    assert changes(account, without + FILE) == {
        "bot": ["widget ask: transition timeout: the flow ends -> None"]
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
    account: Account, before: str, after: str, problem: str
) -> None:
    with pytest.raises(FlowProblem) as caught:
        plan(account, (BOT + OTHER_BOT + FILE).replace(before, after))
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
