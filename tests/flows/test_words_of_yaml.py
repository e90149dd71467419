"""Words and numbers that YAML reads as others than are written: nothing is changed in silence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from samples import TASK

from helpers import Account
from helpers.flows import FlowProblem, check, load, plan, read_day, rehearse
from helpers.flows.command import main
from helpers.flows.rehearsal.script import script_of

WORKER = """\
workspaces:
  Support:
    workers:
      ann:
        attributes:
          value: %s
"""
PLACE = "workspaces.Support.workers.ann.attributes.value"
CHAT = """\
custom_chats:
  - friendly_name: C
    creation: {type: webhook, webhook_url: https://e.example/x}
    interaction: {workspace: A, workflow: B, attributes: {value: %s}}
"""
STUDIO = "studio_flows:\n  Bot:\n    definition: {description: '', initial_state: A, value: %s}\n"
DAY = "customers:\n  - {name: a, arrivals: 3, handle_time: 9, attributes: {value: %s}}\n"
SCRIPT = "steps:\n  - customer opens: {value: %s}\n"
MISREAD = {
    "no": False,
    "Yes": True,
    "on": True,
    "OFF": False,
    "12:30": 750,
    "1:30.5": 90.5,
    "010": 8,
    "1_000": 1000,
    "0b11": 3,
    "1e3": "1e3",
    "-1.5E3": "-1.5E3",
}
PLAIN = (
    *("true", "False", "'no'", '"010"', "10", "-1.5", "0", "0x1F", "1.5e+3", ".5", "~", "none"),
    *("n", "y", "Norway", "12-30", "v1e3", "0.10"),
)


def worker(value: str) -> Any:
    (_, entry) = load(WORKER % value).resources
    return entry.dumped()["attributes"]["value"]


@pytest.mark.parametrize(("written", "read"), MISREAD.items())
def test_a_value_read_as_another_is_read_as_ever_and_said(written: str, read: Any) -> None:
    assert worker(written) == read
    (remark,) = load(WORKER % written).remarks
    shown = "text" if isinstance(read, str) else str(read).lower()
    assert str(remark).startswith(f"line 6: {PLACE}: `{written}` is read as {shown}; write ")
    assert str(remark).endswith(f"or put it in quotes: '{written}'")


@pytest.mark.parametrize("written", PLAIN)
def test_a_value_that_is_read_as_it_is_written_is_not_mentioned(written: str) -> None:
    assert load(WORKER % written).remarks == ()


@pytest.mark.parametrize("text", [CHAT, WORKER.replace("value: %s", "{a: [b, {c: %s}]}")])
def test_it_is_said_of_free_json_in_every_list(text: str) -> None:
    (remark,) = load(text % "no").remarks
    assert "`no` is read as false" in remark.fix


def test_a_field_that_is_true_or_false_takes_every_word_for_these() -> None:
    assert load(TASK + "    enabled: yes\n").remarks == ()


def test_a_number_in_another_base_is_said_of_a_field_with_a_type() -> None:
    (remark,) = load(TASK + "      timeout: 0170\n").remarks
    assert str(remark).startswith("line 9: flex_flows[0].integration.timeout: `0170` is read as")


def test_a_variable_without_a_type_and_its_environments_are_looked_at() -> None:
    declared = "  a: {default: no}\n  b: {type: boolean, default: yes}\n  c: {default: [no]}\n"
    chosen = "environments:\n  prod: {a: on, b: off, c: [010]}\nflex_flows: []\n"
    found = load(f"variables:\n{declared}{chosen}", env="prod").remarks
    assert [(each.where, each.what) for each in found] == [
        ("line 2", "variables.a.default"),
        ("line 4", "variables.c.default[0]"),
        ("line 6", "environments.prod.c[0]"),
    ]
    file = "variables:\n  a: {type: list}\nflex_flows: []\n"
    (given,) = load(file, variables={"a": "[no]"}).remarks
    assert given.what == "a[0]"


def test_a_variable_of_text_put_in_is_no_word_of_yaml() -> None:
    text = "variables:\n  a: {default: '1e3'}\n" + WORKER % "${a}"
    assert load(text).remarks == ()
    assert load("variables:\n  a: {default: 'no'}\n" + WORKER % "${a}").remarks == ()


def test_check_warns_and_plan_notes(account: Account) -> None:
    (finding,) = check(WORKER % "no").warnings
    assert str(finding) == (
        f"line 6: warning: {PLACE}: `no` is read as false. Write false, or put it in quotes: 'no'."
        " [misread]"
    )
    planned = plan(account, WORKER % "no")
    note = f"line 6: {PLACE}: `no` is read as false; write false, or put it in quotes: 'no'"
    assert repr(planned).endswith(f"note: {note}")
    assert note in planned.as_json()["notes"]
    assert "Note: line 6" in planned._repr_html_()


def test_days_and_scripts_say_it_too() -> None:
    assert [each.where for each in read_day(DAY % "no").remarks] == ["line 2"]
    script = script_of(SCRIPT % "no")
    assert [each.where for each in script.remarks] == ["line 2"]
    assert script == script_of(SCRIPT % "false")
    assert script_of("steps:\n  - customer opens\n  - customer says: no\n").remarks == ()
    said = rehearse(load(TASK).flows[0], script).assumptions
    assert any("`no` is read as false" in each for each in said)


def test_commands_that_play_say_it_on_standard_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flows, day = tmp_path / "flows.yaml", tmp_path / "day.yaml"
    flows.write_text(TASK, "utf-8")
    day.write_text(DAY % "no" + "agents: 1\nhours: 1\n", "utf-8")
    assert main(["simulate", str(flows), "--day", str(day)]) == 0
    said = capsys.readouterr().err
    assert f"note: {day}:2: customers[0].attributes.value: `no` is read as" in said


BEYOND = {
    "1" + "0" * 30: "is a number beyond 64 bits, which is not kept as it is; put it in quotes",
    "-9223372036854775809": "is a number beyond 64 bits",
    "1.0e+400": "must be text, a number, true or false, and inf is none; put it in quotes",
    ".nan": "must be text, a number, true or false, and nan is none; put it in quotes",
    "2026-01-05": "must be text, a number, true or false; write '2026-01-05'",
}


@pytest.mark.parametrize(("written", "said"), BEYOND.items())
@pytest.mark.parametrize("text", [WORKER, CHAT, STUDIO, DAY], ids=["worker", "chat", "bot", "day"])
def test_a_number_that_would_come_back_changed_is_refused(
    text: str, written: str, said: str
) -> None:
    with pytest.raises(FlowProblem, match=rf"line \d: .*value: {said}"):
        (read_day if text == DAY else load)(text % written)


def test_a_script_refuses_such_a_number_too() -> None:
    with pytest.raises(ValueError, match="line 2: `customer opens`: holds a number beyond 64 bits"):
        script_of(SCRIPT % ("1" + "0" * 30))


def test_a_list_on_a_command_line_is_not_read_beyond_what_is_too_deep() -> None:
    with pytest.raises(FlowProblem, match="variable a: must be a list of texts"):
        load("variables:\n  a: {type: list}\nflex_flows: []\n", variables={"a": "[" * 100_000})


@pytest.mark.parametrize("written", ["9223372036854775807", "-9223372036854775808", "1.0e+308"])
def test_a_number_that_fits_comes_back_as_it_is(written: str, account: Account) -> None:
    plan(account, WORKER % written).apply()
    assert plan(account, WORKER % written).is_empty
