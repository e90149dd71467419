"""Scripts: what may be written, in YAML and in Python, and how they are refused."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from rehearsing import TASK

from helpers.flows import SCRIPTS, FlowProblem, Script, ScriptProblem, rehearse
from helpers.flows.rehearsal.grammar import duration, seconds_of
from helpers.flows.rehearsal.script import script_of

YAML = """\
name: A short one
about: What it shows.
agents: [alice]
steps:
  - customer opens
  - customer says: yes
  - Agent  Accepts
  - wait: 1h 30m
  - expect: task assigned
"""
STEPS = ["customer opens", "customer says", "agent accepts", "wait", "expect"]


def problems(given: Any) -> list[str]:
    with pytest.raises(ScriptProblem) as refused:
        script_of(given)
    return [str(problem) for problem in refused.value.problems]


def yaml_problems(*steps: str) -> list[str]:
    return problems("steps:\n" + "".join(f"  - {step}\n" for step in steps))


def test_a_script_in_yaml_says_who_works_and_what_happens() -> None:
    script = script_of(YAML)
    assert (script.name, script.about, script.agents) == (
        "A short one",
        "What it shows.",
        ("alice",),
    )
    assert [step.verb for step in script.steps] == STEPS
    assert [step.said for step in script.steps[:4]] == [None, "yes", None, 5400]
    assert str(script).splitlines()[1:] == [
        "  customer opens",
        "  customer says: yes",
        "  agent accepts",
        "  wait: 1 h 30 min",
        "  expect: task assigned",
    ]


def test_a_script_can_be_a_file(tmp_path: Path) -> None:
    path = tmp_path / "short.yaml"
    path.write_text("- customer opens\n", encoding="utf-8")
    assert script_of(path).name == script_of(str(path)).name == "short"
    path.write_text(YAML.replace("task assigned", "miracles"), encoding="utf-8")
    (problem,) = problems(path)
    assert problem.startswith(f"{path}:9: `expect`: 'miracles' cannot be looked up")


def test_the_same_script_can_be_written_in_python() -> None:
    pairs = script_of(
        [
            "customer opens",
            ("customer says", "yes"),
            {"agent accepts": None},
            ("wait", timedelta(hours=1.5)),
            "expect: task assigned",
        ]
    )
    assert pairs.steps == script_of(YAML).steps
    assert script_of(list(pairs.steps)).steps == pairs.steps
    assert script_of(pairs) is pairs


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        ("30s", 30),
        ("1d", 86_400),
        ("1h 30m", 5400),
        ("2 minutes", 120),
        ("1d, 2h", 93_600),
        ("0.5h", 1800),
        (45, 45),
        (timedelta(days=2), 172_800),
    ],
)
def test_durations(given: Any, seconds: int) -> None:
    assert seconds_of(given) == seconds


@pytest.mark.parametrize("given", ["", "soon", "30", "1x", "1d tomorrow", True, None, [1]])
def test_what_is_no_duration_is_refused(given: Any) -> None:
    with pytest.raises(ValueError, match="is no duration; write for example 30s"):
        seconds_of(given)


@pytest.mark.parametrize("given", [-1, "32d", 1e12])
def test_a_wait_is_neither_negative_nor_longer_than_a_month(given: Any) -> None:
    with pytest.raises(ValueError, match="out of range; wait for 0 s to 31 d"):
        seconds_of(given)


def test_durations_are_shown_in_two_units() -> None:
    texts = [duration(seconds) for seconds in (0, 59, 60, 3725, 90_000, 93_784)]
    assert texts == ["0 s", "59 s", "1 min", "1 h 2 min", "1 d 1 h", "1 d 2 h"]


@pytest.mark.parametrize(
    ("step", "problem"),
    [
        ("customer sings", "`customer sings`: is not something a script can say; did you mean"),
        ("x", "`x`: is not something a script can say; known are: customer opens, customer says"),
        ("customer opens: now", "`customer opens`: takes nothing after it; remove 'now'"),
        ("wait: soon", "`wait`: 'soon' is no duration; write for example 30s"),
        ("wait", "`wait`: '' is no duration"),
        ("agent says:", "`agent says`: needs what is said, e.g. `customer says: Hello`"),
        ("agent says", "`agent says`: needs what is said"),
        ("expect: rain", "`expect`: 'rain' cannot be looked up; expect one of: no task; 2 tasks"),
        ("customer says: Hi", "the customer has not opened a chat yet; put `customer opens`"),
        ("{wait: 1s, expect: no task}", "is no step; write one verb and its argument"),
        ("[customer, opens]", "is no step"),
    ],
)
def test_a_step_that_cannot_be_played_is_refused_with_its_line(step: str, problem: str) -> None:
    (found,) = yaml_problems("agent accepts", step)
    assert found.startswith("line 3: ")
    assert problem in found


def test_the_customers_page_is_open_or_not() -> None:
    steps = ["customer opens", "customer opens", "customer leaves", "customer says: Hi"]
    assert yaml_problems(*steps) == [
        "line 3: `customer opens`: the customer has opened a chat before; write `customer returns`",
        "line 5: `customer says`: the customer has left; put `customer returns` before it",
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("steps: customer opens\n", "line 1: `steps`: is a list; write each step after `- `"),
        ("name: x\n", "steps: has none; write at least one, e.g. `- customer opens`"),
        ("\n", "the text: is no script; begin with `steps:`"),
        ("just text\nof two lines\n", "the text: is no script"),
        ("steps: [\n", "line 2: is not YAML: "),
        ("- wait: 1s\nname: x\n", "line 2: is not YAML: "),
        ("who: me\nsteps: [customer opens]\n", "line 1: `who`: is unknown; known are name,"),
        ("name: [a]\nsteps: [customer opens]\n", "line 1: `name`: is text"),
        ("name: a\nname: b\nsteps: [customer opens]\n", "line 2: `name`: is given twice"),
        ("steps: [customer opens]\nagents: some\n", "line 2: agents: is one of all, none, as"),
        ("steps: [customer opens]\nagents: []\n", "line 2: agents: is one of all, none, as"),
    ],
)
def test_a_script_that_is_none_is_refused_with_its_line(text: str, problem: str) -> None:
    assert problems(text)[0].startswith(problem)


def test_every_problem_is_named_at_once_and_a_step_of_python_by_its_number() -> None:
    assert problems(["customer says: Hi", "dance", 7, ("wait", "a while")]) == [
        "step 1: `customer says`: the customer has not opened a chat yet; put `customer opens`"
        " before it",
        "step 2: `dance`: is not something a script can say; known are: customer opens,"
        " customer says, customer sends, customer types, customer leaves, customer returns,"
        " agent accepts, agent rejects, agent says, agent sends, agent types, agent transfers,"
        " agent wraps up, agent completes, agents go away, agents come back, bot says,"
        " bot hands over, webhook is down, webhook is slow, webhook is up, webhook fails,"
        " chat gets, task gets, task is completed, task is canceled, task is deleted, wait, expect",
        "step 3: 7 is no step; write for example `customer opens`",
        "step 4: `wait`: 'a while' is no duration; write for example 30s, 5m, 2h, 1d or 1h 30m",
    ]


def test_two_hundred_steps_are_enough() -> None:
    assert len(script_of(["customer opens", *["wait: 1s"] * 199]).steps) == 200
    (problem,) = problems(["customer opens", *["wait: 1s"] * 200])
    assert problem == "step 201: is one step too many; 200 is the limit"


def test_a_file_that_is_not_there_is_refused_with_what_can_be_given(tmp_path: Path) -> None:
    (problem,) = problems("no such script")
    assert problem == (
        "no such script: cannot be read (No such file or directory); give a shipped script's"
        " name or a YAML file's path"
    )
    latin = tmp_path / "latin.yaml"
    latin.write_bytes(b"- customer says: \xe9\n")
    assert "it is not UTF-8" in problems(latin)[0]


def test_what_is_no_script_at_all_is_refused() -> None:
    with pytest.raises(TypeError, match="7 is no script; give one of answered, nobody_there"):
        script_of(7)


def test_a_script_problem_is_a_flow_problem_so_that_one_clause_catches_both() -> None:
    with pytest.raises(FlowProblem):
        rehearse(TASK, ["dance"])


def test_shipped_scripts_are_found_by_name_only() -> None:
    assert script_of("answered") is SCRIPTS["answered"]
    assert [*SCRIPTS][:2] == ["answered", "nobody_there"]
    with pytest.raises(KeyError, match="encore"):
        SCRIPTS["encore"]


@pytest.mark.parametrize(
    ("agents", "offered"),
    [
        ("all", "alice"),
        (1, "alice"),
        (("bob",), "bob"),
        ("none", None),
        (0, None),
        ("as they are", None),
    ],
)
def test_a_script_says_who_works(agents: Any, offered: str | None) -> None:
    script = Script("who", script_of(["customer opens"]).steps, agents=agents)
    offers = [row.what for row in rehearse(TASK, script).rows if row.kind == "reservation"]
    assert offers == ([f"offer to {offered}"] if offered else [])


def test_an_agent_who_is_not_there_is_refused_and_those_there_are_named() -> None:
    script = "agents: [carol, alice]\nsteps: [customer opens]\n"
    with pytest.raises(ScriptProblem, match="no workers here: carol; there are: alice, bob"):
        rehearse(TASK, script)


def test_a_list_in_python_takes_the_lines_of_a_file() -> None:
    lines = [
        "customer opens: {page: /x, vip: true}",
        "customer says: {text: Hello, attributes: {lang: de}}",
        "customer says: {not a mapping}",
        "expect: {queue: Everyone, agent: bob}",
        "agent alice transfers: {to: bob, mode: warm}",
        "chat gets: {a: 1}",
        "customer returns: {page: /y}",
    ]
    pairs = [
        ("customer opens", {"page": "/x", "vip": True}),
        ("customer says", {"text": "Hello", "attributes": {"lang": "de"}}),
        ("customer says", "{not a mapping}"),
        ("expect", {"queue": "Everyone", "agent": "bob"}),
        ("agent alice transfers", {"to": "bob", "mode": "warm"}),
        ("chat gets", {"a": 1}),
        ("customer returns", {"page": "/y"}),
    ]
    said = [[each.said for each in script_of(steps).steps] for steps in (lines, pairs)]
    assert said[0] == said[1]
