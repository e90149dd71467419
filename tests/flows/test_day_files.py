"""A day's load in a file: read, refused with line and fix, simulated in Python and by command."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest
from samples import TASK
from test_malformed_files import laughs

from helpers.flows import (
    Arrivals,
    CustomerClass,
    DayFile,
    Exactly,
    Exponential,
    FlowProblem,
    Lognormal,
    Shift,
    Staffing,
    command,
    load,
    load_test,
    read_day,
)

FILE = """\
variables:
  sales: {type: number, default: 20}
environments:
  busy: {sales: 60}
hours: 3
within: 30
warm_up: 1
engine: fast
seed: 7
customers:
  - {name: sales, arrivals: [20, 30, "${sales}"], handle_time: 480, attributes: {kind: sales}}
  - name: service
    arrivals: 30
    handle_time: exponential:300
    patience: lognormal:200,0.5
    says: [Hello, sales]
    answers_after: [5, 10]
    flow: Custom chat
agents:
  - {agents: 4, attributes: {skills: [sales]}, name: Sales}
  - {agents: "2@0-2,1@2", at_once: 2, slowdown: 0.2, reaction: 3}
  - shifts: [{agents: 1, start: 0, end: 2}, {agents: 2, start: 2}]
    wrap_up: exponential:20
"""
FLOWS = load(TASK)
FLOW = FLOWS["Custom chat"]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> Any:
    """Run a command in a folder with both files; returns its exit code and what it wrote."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "flows.yaml").write_text(TASK, "utf-8")
    (tmp_path / "day.yaml").write_text(FILE, "utf-8")

    def run(*arguments: str) -> tuple[int, str, str]:
        code = command.main([arguments[0], "flows.yaml", *arguments[1:]])
        return (code, *capsys.readouterr())

    return run


def refusal(text: str) -> list[str]:
    """The problems of a file, a line each."""
    with pytest.raises(FlowProblem) as caught:
        read_day(text, FLOWS)
    return [str(problem) for problem in caught.value.problems]


def test_the_words_of_a_file_are_those_of_python() -> None:
    day = read_day(FILE, FLOWS)
    found = load_test(
        FLOW,
        hours=3,
        within=30,
        warm_up=1,
        engine="fast",
        seed=7,
        customers=[
            CustomerClass("sales", [20, 30, 20], 480, attributes={"kind": "sales"}),
            CustomerClass(
                "service",
                30,
                Exponential(300),
                Lognormal(200, 0.5),
                ("Hello", "sales"),
                (5, 10),
                flow=FLOW,
            ),
        ],
        agents=[
            Staffing((Shift(4),), attributes={"skills": ["sales"]}, name="Sales"),
            Staffing(
                (Shift(2, 0, 2), Shift(1, 2)),
                at_once=2,
                slowdown=0.2,
                reaction=day.arguments["agents"].groups[1].reaction,
            ),
            Staffing((Shift(1, 0, 2), Shift(2, 2)), wrap_up=Exponential(20)),
        ],
    )
    assert day.load_test(FLOW) == found
    assert found.summary.offered > 0


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("200", 200),
        ("[10, 2.5]", [10, 2.5]),
        ("exactly:60", Exactly(60)),
        ("10,30", [10.0, 30.0]),
        ("{per_hour: [1, 2], exactly: 6}", Arrivals((1, 2), 6)),
    ],
)
def test_arrivals_are_said_in_each_way_of_python(said: str, found: Any) -> None:
    assert read_day(f"arrivals: {said}\n").arguments["arrivals"] == found


def test_a_json_file_is_read_as_well(tmp_path: Path) -> None:
    path = tmp_path / "day.json"
    path.write_text(json.dumps({"arrivals": [5, 5], "agents": 2, "handle_time": 60}), "utf-8")
    assert read_day(path).load_test(FLOW, engine="fast").summary.answered > 0


def test_arguments_of_a_call_come_before_those_of_the_file() -> None:
    day = read_day(FILE, FLOWS)
    assert day.load_test(FLOW, seed=8) != day.load_test(FLOW)
    assert day.load_test(FLOW, agents=1).staffing.agents == 1
    assert [one.staffing.label for one in day.sweep([FLOW], seeds=2, jobs=1).cells()] == [
        "Sales + 3 + 3"
    ]


def test_a_plan_takes_the_habits_of_one_group() -> None:
    text = "arrivals: [6, 12]\nhandle_time: 300\nagents: {agents: 9, at_once: 3}\ntarget: 0.5\n"
    plan = read_day(f"{text}seeds: 2\n").staff(FLOW)
    assert (plan.staffing.at_once, plan.target, plan.seeds) == (3, 0.5, (1, 2))
    assert plan.staffing.agents < 9
    with pytest.raises(ValueError, match="the text has 3 groups, and a plan is for one"):
        read_day(FILE, FLOWS).staff(FLOW)


GROUPS = """\
arrivals: [30, 40]
handle_time: 300
agents:
  - {name: regulars, agents: 3}
  - {agents: 9, slowdown: 0.1}
target: 0.5
seeds: 2
"""


def test_one_of_several_groups_is_sized_beside_the_others() -> None:
    day = read_day(GROUPS)
    alone = read_day(GROUPS.replace("  - {name: regulars, agents: 3}\n", "")).staff(FLOW)
    plan = day.staff(FLOW, group="2")
    assert plan.staffing.slowdown == 0.1
    assert [each.label for each in plan.beside] == ["regulars"]
    assert plan.agent_hours < alone.agent_hours
    assert "agents beside regulars for 50.0 %" in plan.title
    assert day.staff(FLOW, group="regulars").beside[0].agents == 9


@pytest.mark.parametrize(
    ("group", "problem"),
    [
        (None, "2 groups, and a plan is for one; name it with --group or group=, of: regulars, 2."),
        ("3", "group='3': give the name or number of one, of: regulars, 2"),
    ],
)
def test_a_group_that_is_none_is_refused_with_those_there_are(
    group: str | None, problem: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(problem)):
        read_day(GROUPS).staff(FLOW, group=group)


def test_days_without_an_end_are_refused_at_once() -> None:
    with pytest.raises(ValueError, match="seeds=99999999999: give at most 1,000,000 days"):
        read_day("arrivals: [6]\nhandle_time: 300\n").staff(FLOW, seeds=99_999_999_999)


def test_a_group_where_there_are_none_is_refused() -> None:
    with pytest.raises(ValueError, match="group='1': the text has no groups of agents"):
        read_day("arrivals: [6]\nhandle_time: 300\n").staff(FLOW, group="1")


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        ("within: 30", "within: 20s", "line 6: within: must be a number, without quotes or a unit"),
        ("within: 30", "with: 30", "line 6: with: is not known here; did you mean within?"),
        ("warm_up: 1", "warm_up: 9", "line 7: warm_up: warm_up=9: the day is over after 3 hours"),
        ("engine: fast", "engine: quick", "line 8: engine: must be one of auto, mock, fast"),
        ("seed: 7", "seed: x", "line 9: seed: must be a whole number, without quotes or a unit"),
        ("hours: 3", "hours: 0", "line 5: hours: must be 1 to 168"),
        ("hours: 3", f"hours: {10**30}", "line 5: hours: must be 1 to 168"),
        ("480", "gamma:3", "line 11: customers[0].handle_time: give seconds, or exponential:300"),
        ("480", "-1", "line 11: customers[0].handle_time: seconds must be 0 or more"),
        ("480", "'lognormal:1,2,3'", "line 11: customers[0].handle_time: has too many numbers"),
        ("480", "true", "line 11: customers[0].handle_time: must be seconds, `exponential:300`"),
        ("handle_time: 480, ", "", "line 11: customers[0]: has no handle_time; add it"),
        ("name: service", "name: sales", "line 10: customers: "),
        ("arrivals: 30\n", "arrivals: no\n", "line 13: customers[1].arrivals: must be a whole"),
        (
            "kind: sales}",
            "kind: 2026-01-01}",
            "line 11: customers[0].attributes.kind: must be text",
        ),
        ("flow: Custom chat", "flow: Other", "line 18: customers[1].flow: the text has no flow"),
        ("agents: 4", "agents: 0", "line 20: agents[0].agents: a shift has at least one agent"),
        ("agents: 4,", "", "line 20: agents[0]: has no shifts; add it"),
        ("at_once: 2", "at_once: 0", "line 21: agents[1]: at_once=0: an agent takes at least one"),
        ("2@0-2", "2@2-0", "line 21: agents[1].agents: a shift ends after it starts"),
        ("end: 2}", "ends: 2}", "line 22: agents[2].shifts[0].ends: is not known here; did you"),
        ("wrap_up:", "agents: 3\n    wrap_up:", "line 23: agents[2].agents: is given beside"),
        ("seed: 7", "patience: 30", "line 9: patience: is for customers who are all alike; give"),
        ("${sales}", "${salse}", "line 11: `${salse}` is no variable of the file"),
        ("seed: 7", "seed: 7\nseed: 8", "line 10: seed: is given twice; remove one"),
        ("seed: 7", "seeds: []", "line 9: seeds: must be a number of days, or a list of seeds"),
        ("seed: 7", "target: 80", "line 9: target: must be a share between 0 and 1, such as 0.8"),
        ("- {agents: 4,", "- {agents: 4", "line 20: is not YAML: "),
    ],
)
def test_what_is_wrong_is_refused_with_its_line_and_the_fix(
    before: str, after: str, problem: str
) -> None:
    assert FILE.count(before)
    [found, *_] = refusal(FILE.replace(before, after, 1))
    assert found.startswith(problem)


def test_all_that_is_wrong_is_said_at_once() -> None:
    text = FILE.replace("within: 30", "within: x").replace("at_once: 2", "at_once: two")
    assert [one.partition(":")[0] for one in refusal(text.replace("480", "[]"))] == [
        "line 6",
        "line 11",
        "line 21",
    ]
    assert refusal("- 1\n")[0].startswith("line 1: must be a mapping of handle_time, patience")
    assert refusal("\n")[0] == "the text: is empty; begin with `arrivals:` or `customers:`"


def test_a_flow_of_a_class_needs_the_flow_file() -> None:
    with pytest.raises(FlowProblem, match=r"line 18: customers\[1\].flow: names a flow; give the"):
        read_day(FILE)


def test_a_day_given_as_a_flow_file_is_recognised() -> None:
    with pytest.raises(FlowProblem, match="is the load of a day, not a flow file"):
        load(FILE)


# -- the commands


def test_a_day_is_simulated_from_a_file(run: Any) -> None:
    code, out, err = run("simulate", "--day", "day.yaml", "--json")
    found, summary = json.loads(out), read_day(FILE, FLOWS).load_test(FLOW).summary
    assert (code, err, found["offered"]) == (0, "", summary.offered)
    assert {*found["classes"]} == {"sales", "service"}
    busy = run("simulate", "--day", "day.yaml", "--json", "--env", "busy")[1]
    more = run("simulate", "--day", "day.yaml", "--json", "--var", "sales=60")[1]
    assert busy == more
    assert json.loads(busy)["offered"] > found["offered"]


def test_options_come_before_the_file(run: Any) -> None:
    _, out, _ = run("simulate", "--day", "day.yaml", "--agents", "2@0-1", "--seed", "2")
    assert out.startswith("Custom chat (task): ")
    assert ", 2 agents\n" in out
    code, _, err = run("simulate", "--day", "day.yaml", "--at-once", "2")
    assert (code, "--at-once: give it in the groups of day.yaml, or give --agents" in err) == (
        3,
        True,
    )


def test_a_file_that_is_wrong_is_1_with_its_line(run: Any) -> None:
    Path("day.yaml").write_text(FILE.replace("within: 30", "within: 20s"), "utf-8")
    code, out, err = run("simulate", "--day", "day.yaml", "--json")
    assert (code, json.loads(out)["problems"][0]["where"]) == (1, "day.yaml:6")
    assert err.startswith("day.yaml:6: within: must be a number")
    assert run("simulate", "--day", "none.yaml")[0] == 1


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("- a\n", "day.yaml"),
        ("5\n", "day.yaml"),
        ("? [variables]\n: {a: b}\n", "day.yaml:1: is not YAML"),
        (laughs("customers"), "day.yaml: is too large with its aliases"),
        ("arrivals: 5\nagents: [{agents: 1, attributes: 5}]\n", "day.yaml:2: agents[0].attributes"),
    ],
)
def test_a_day_of_any_form_is_refused_without_a_traceback(
    run: Any, text: str, problem: str
) -> None:
    Path("day.yaml").write_text(text, "utf-8")
    code, _, err = run("simulate", "--day", "day.yaml")
    assert (code, err.startswith(problem)) == (1, True)


def test_a_table_and_a_page_of_a_day(run: Any) -> None:
    _, out, _ = run("simulate", "--day", "day.yaml", "--format", "csv")
    assert out.splitlines()[0].startswith("hour,offered,answered,abandoned,wait_mean")
    assert len(out.splitlines()) == 4
    _, page, _ = run("simulate", "--day", "day.yaml", "--format", "html")
    assert page.startswith("<!doctype html>")
    [picture] = re.findall('src="data:image/png;base64,([^"]*)"', page)
    assert b64decode(picture, validate=True).startswith(
        b"\x89PNG"
    )  # none of it is taken for a secret


DAY = ("--arrivals", "6,6", "--handle-time", "120", "--engine", "fast", "--seeds", "2")


def test_many_days_are_simulated_with_each_number_of_agents(run: Any) -> None:
    agents = ("--agents", "2", "--agents", "3@0-2")
    code, out, _ = run("sweep", *DAY, *agents, "--jobs", "1", "--json")
    found = json.loads(out)
    assert (code, found["seeds"]) == (0, [1, 2])
    assert [each["agents"] for each in found["cells"]] == ["2", "3"]
    assert found["cells"][0]["wait_mean"]["needed"] == 40
    _, out, _ = run("sweep", *DAY, *agents, "--jobs", "1", "--format", "csv")
    assert [line[:14] for line in out.splitlines()] == [
        "flow,agents,se", *("Custom chat,2," for _ in "12"), *("Custom chat,3," for _ in "12"),
    ]  # fmt: skip
    figure = (*agents, "--jobs", "1", "--differences", "occupancy")
    [one] = json.loads(run("sweep", *DAY, *figure, "--json")[1])["differences"]
    assert (one["agents"], one["seeds"], one["needed"]) == ("3", 2, 40)
    assert one["mean"] < 0
    text = run("sweep", *DAY, *figure)[1].splitlines()[-2:]
    assert text == ["occupancy, above that of Custom chat, 2:", f"  Custom chat, 3: {one['shown']}"]
    table = run("sweep", *DAY, *figure, "--format", "csv")[1]
    assert table.startswith("flow,agents,mean,low,high\nCustom chat,3,-0.")
    code, _, err = run("sweep", *DAY, *agents, "--differences", "wait")
    assert (code, err.startswith("--differences 'wait': there are offered, tasks, ")) == (3, True)
    assert run("sweep", *DAY)[::2] == (3, "give --agents, again for each number to try, or --day\n")


def test_agents_are_found_for_a_target(run: Any) -> None:
    code, out, _ = run("staff", *DAY, "--target", "0.9", "--within", "30", "--json")
    found = json.loads(out)
    assert (code, found["target"], found["within"]) == (0, 0.9, 30)
    assert [each["start"] for each in found["intervals"]] == [0, 1]
    assert all(each["service_level"] >= 0.9 for each in found["intervals"])
    text = run("staff", *DAY, "--at-once", "2")[1]
    assert text.startswith("Custom chat: agents for 80.0 % within 20 s, over 2 days\nhour ")
    assert run("staff", *DAY, "--target", "2")[0] == 3
    assert run("staff", "--day", "day.yaml")[0] == 3


def test_the_help_of_each_command_has_an_example_of_the_file(capsys: Any) -> None:
    for name in ("simulate", "sweep", "staff"):
        with pytest.raises(SystemExit):
            command.main([name, "--help"])
        said = capsys.readouterr().out
        example = said.partition("such as\n\n")[2].partition("\n\n")[0]
        assert isinstance(read_day(example), DayFile)
