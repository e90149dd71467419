"""`rehearse`, `compare` and `simulate` on the command line: what they write, and exit codes."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from samples import EXTERNAL, STUDIO, TASK
from test_honest_rehearsals import bot

from helpers.flows import command

SCRIPT = """\
steps:
  - customer opens
  - customer says: <img src=x> & 'q' ]]> \\x07, 100%
  - expect: queue Sales
  - agent bob accepts
"""
BODY = "<img src=x> & 'q' ]]> \x07, 100%"


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with flow files, scripts and Studio definitions, in which commands run."""
    monkeypatch.chdir(tmp_path)
    for name, text in {"task": TASK, "studio": STUDIO, "external": EXTERNAL}.items():
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    text = SCRIPT.replace(BODY.replace("\x07", "\\x07"), json.dumps(BODY))
    (tmp_path / "odd.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "a.json").write_text(json.dumps(bot()), encoding="utf-8")
    (tmp_path / "b.json").write_text(json.dumps(bot(second="And you are?")), encoding="utf-8")
    return tmp_path


@pytest.fixture
def run(files: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    def ran(*arguments: str) -> tuple[int, str, str]:
        code = command.main(arguments)
        return code, *capsys.readouterr()

    return ran


# -- rehearse


def test_a_step_that_could_not_be_done_is_1(run: Any) -> None:
    code, out, _ = run("rehearse", "external.yaml", "--script", "answered")
    assert code == 1
    assert "could not be done: agent accepts: no task was made, so there is nothing to" in out


def test_a_file_with_nothing_to_play_is_1_as_nothing_was_rehearsed(run: Any, files: Path) -> None:
    (files / "none.yaml").write_text("flex_flows: []\nworkspaces: {A: {}}\n", encoding="utf-8")
    code, out, err = run("rehearse", "none.yaml", "--format", "junit")
    assert (code, out) == (1, "")
    assert err == "none.yaml: has no flow, address or chat that could be played; add one\n"


def test_characters_that_json_writes_in_two_halves_are_whole(run: Any, files: Path) -> None:
    script = '{"steps": ["customer opens", {"customer says": "\\ud83d\\ude00"}]}'
    (files / "s.json").write_text(script, encoding="utf-8")
    code, out, _ = run("rehearse", "task.yaml", "--script", "s.json")
    assert (code, "unanswered: \U0001f600\n" in out) == (0, True)


def test_an_expectation_that_is_not_met_is_1(run: Any, files: Path) -> None:
    (files / "s.yaml").write_text("- customer opens\n- expect: queue Sales\n", encoding="utf-8")
    assert run("rehearse", "task.yaml", "--script", "s.yaml")[0] == 1


def test_of_all_shipped_scripts_steps_of_a_server_count_only_where_there_is_one(run: Any) -> None:
    code, out, _ = run("rehearse", "task.yaml")
    assert code == 0
    assert "a task flow tells no server of messages" in out
    assert run("rehearse", "task.yaml", "--script", "bot_first")[0] == 1


def test_replies_are_given_one_by_one(run: Any) -> None:
    way = ("compare", "a.json", "b.json", "answered", "--json")
    code, out, _ = run(*way)
    assert code == 1
    [found] = json.loads(out)
    assert [each[0] for each in found["differences"]] == ["could not be done"]
    code, out, _ = run(*way, "--replies", "sales", "--replies", "Jane")
    assert (code, json.loads(out)[0]["differences"]) == (0, [])


def test_the_text_says_what_was_assumed_once(run: Any) -> None:
    _, out, _ = run("rehearse", "task.yaml", "--script", "answered", "--script", "rejected")
    assert out.count("assumes: the account is a new one") == 1


# -- formats


def attributes_of(root: ElementTree.Element) -> list[tuple[str, set[str]]]:
    return [(each.tag, set(each.attrib)) for each in root.iter()]


def test_junits_xml_has_the_shape_that_its_schema_wants(run: Any) -> None:
    scripts = ("--script", "answered", "--script", "odd.yaml", "--script", "rejected")
    code, out, _ = run("rehearse", "task.yaml", *scripts, "--format", "junit")
    assert code == 1
    root = ElementTree.fromstring(out.partition("\n")[2])
    [suite] = root
    assert (root.tag, root.attrib, suite.tag) == ("testsuites", {}, "testsuite")
    numbers = {"id": "0", "tests": "3", "failures": "0", "errors": "1"}
    assert numbers.items() <= suite.attrib.items()
    assert {"name", "package", "timestamp", "hostname", "time"} <= set(suite.attrib)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", suite.attrib["timestamp"])
    children = [each.tag for each in suite]
    assert children == ["properties", *["testcase"] * 3, "system-out", "system-err"]
    cases = suite.findall("testcase")
    assert [each.attrib["name"] for each in cases] == ["answered", "odd.yaml", "rejected"]
    assert all(set(each.attrib) == {"name", "classname", "time"} for each in cases)
    assert all(float(each.attrib["time"]) > 0 for each in cases)
    [[error]] = [list(each) for each in cases if len(each)]
    assert error.tag == "error"
    assert error.attrib == {
        "message": "agent bob accepts: bob is offered nothing to accept; alice is",
        "type": "could not be done",
    }
    assert error.text == (
        "odd.yaml:5: agent bob accepts: bob is offered nothing to accept; alice is\n"
        "odd.yaml:4: expected queue Sales: it is Everyone"
    )
    assert BODY.replace("\x07", "\ufffd") in str(suite.findtext("system-out"))


def test_an_expectation_that_is_not_met_is_a_failure_in_junits_xml(run: Any, files: Path) -> None:
    (files / "s.yaml").write_text("- customer opens\n- expect: queue Sales\n", encoding="utf-8")
    _, out, _ = run("rehearse", "task.yaml", "--script", "s.yaml", "--format", "junit")
    [failure] = ElementTree.fromstring(out.partition("\n")[2]).iter("failure")
    assert failure.attrib["type"] == "expectation not met"
    assert failure.text == "s.yaml:2: expected queue Sales: it is Everyone"


class Page(HTMLParser):
    """The text of a page, and its tags."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def test_bodies_are_text_on_the_page(run: Any) -> None:
    _, out, _ = run("rehearse", "task.yaml", "--script", "odd.yaml", "--format", "html")
    page = Page(out)
    assert "img" not in page.tags
    assert "script" not in page.tags
    assert BODY.replace("\x07", "") in page.text.replace("\x07", "").replace("\ufffd", "")
    assert "could not be played" in page.text


def test_githubs_annotations_have_file_and_line_and_are_escaped(run: Any, files: Path) -> None:
    name = "50%, a:b.yaml"
    (files / "odd.yaml").rename(files / name)
    code, out, _ = run("rehearse", "task.yaml", "--script", name, "--format", "github")
    assert code == 1
    assert out.splitlines() == [
        "::error file=50%25%2C a%3Ab.yaml,line=5,title=Custom chat%2C 50%25%2C a%3Ab.yaml"
        "::agent bob accepts: bob is offered nothing to accept; alice is",
        "::error file=50%25%2C a%3Ab.yaml,line=4,title=Custom chat%2C 50%25%2C a%3Ab.yaml"
        "::expected queue Sales: it is Everyone",
    ]
    (files / "odd.yaml").write_text("- agent accepts\n", encoding="utf-8")
    here = str(files / "odd.yaml")
    _, out, _ = run("rehearse", "task.yaml", "--script", here, "--format", "github")
    assert out.startswith("::error file=odd.yaml,line=1,")
    _, out, _ = run("rehearse", "external.yaml", "--script", "rejected", "--format", "github")
    assert out.startswith(
        "::error file=external.yaml,line=2,title=Custom chat%2C rejected"
        "::agent rejects: no task was made"
    )
    _, out, _ = run("rehearse", "task.yaml", "--format", "github")
    assert "Played: Custom chat, answered\n" in out
    left_out = "Played, but for 2 steps of a party that has no part in it: Custom chat, bot_first\n"
    assert left_out in out
    (files / "evil.yaml").write_text(TASK.replace("Custom chat", '"::error::x\\n::stop"'), "utf-8")
    _, out, _ = run("rehearse", "evil.yaml", "--script", "answered", "--format", "github")
    assert out == "Played: ::error::x ::stop, answered\n"


def test_json_is_a_format_too(run: Any) -> None:
    way = ("rehearse", "task.yaml", "--script", "answered")
    by_name, by_flag = run(*way, "--format", "json"), run(*way, "--json")
    assert by_name == by_flag
    [found] = json.loads(by_name[1])
    assert (found["problems"], found["outcome"]["tasks"]) == ([], ["completed"])
    assert found["assumptions"][0].startswith("it begins at Mon 2026-01-05 09:00 UTC")


# -- compare


def test_two_flows_are_compared_and_2_says_on_request_that_they_differ(run: Any) -> None:
    way = ("compare", "task.yaml", "external.yaml#Custom chat", "walks_away")
    assert run(*way)[0] == 1  # nobody makes a task for the second
    way = ("compare", "task.yaml", "studio.yaml", "answered")
    code, out, _ = run(*way)
    assert (code, out.splitlines()[-1]) == (0, "the same comes of both")
    longer = ("compare", "task.yaml", "long.yaml", "next_day", "--detailed-exitcode")
    Path("long.yaml").write_text(TASK + "    long_lived: true\n", encoding="utf-8")
    code, out, _ = run(*longer)
    assert code == 2
    assert out.endswith("chats: a: 2 | b: 1\nchannel at the end: a: INACTIVE | b: ACTIVE\n")
    assert run(*longer[:-1])[0] == 0


def test_a_comparison_is_a_test_case_a_page_or_annotations(run: Any) -> None:
    Path("long.yaml").write_text(TASK + "    long_lived: true\n", encoding="utf-8")
    way = ("compare", "task.yaml", "long.yaml", "next_day", "--format")
    code, out, _ = run(*way, "junit")
    [case] = ElementTree.fromstring(out).iter("testcase")
    assert (code, case.get("classname"), case.find("failure")) == (
        0,
        "Custom chat | Custom chat",
        None,
    )
    code, out, _ = run(*way, "junit", "--detailed-exitcode")
    [case] = ElementTree.fromstring(out).iter("testcase")
    [failure] = case.iter("failure")
    assert (code, failure.get("type")) == (2, "outcomes differ")
    assert failure.get("message") == "chats: a: 2 | b: 1"
    code, out, _ = run(*way, "github", "--detailed-exitcode")
    assert (code, out.splitlines()[0]) == (
        2,
        "::error file=long.yaml,line=2,title=Custom chat | Custom chat%2C next_day"
        "::chats: a: 2 | b: 1",
    )
    assert run(*way, "github")[1].startswith("Chats: a: 2 | b: 1; ")
    code, out, _ = run(*way, "html")
    assert out.startswith("<!doctype html>")
    assert out.count("<table") == 3
    assert run(*way, "json")[1] == run(*way[:-1], "--json")[1]


def test_steps_that_one_of_two_flows_could_not_do_are_errors_with_the_side(run: Any) -> None:
    way = ("compare", "task.yaml", "external.yaml#Custom chat", "walks_away", "--format", "junit")
    code, out, _ = run(*way)
    [error] = ElementTree.fromstring(out).iter("error")
    assert (code, error.get("type")) == (1, "could not be done")
    assert str(error.get("message")).startswith("b: agent accepts: no task was made")


def test_definitions_are_compared_by_the_way_that_is_named(run: Any) -> None:
    for name in ("a.json", "b.json"):
        Path(name).write_text(json.dumps(bot(trigger="incomingMessage")), encoding="utf-8")
    replies = ("--replies", "sales", "--replies", "Jane")
    code, out, _ = run("compare", "a.json", "b.json", "answered", "--way", "studio.yaml", *replies)
    assert code == 0
    assert "a = Custom chat with a (studio), b = Custom chat with b (studio)" in out


def test_what_cannot_be_compared_is_said_with_its_place(run: Any, files: Path) -> None:
    two = TASK + TASK.replace("flex_flows:\n", "").replace("Custom chat", "Second")
    (files / "two.yaml").write_text(two, encoding="utf-8")
    code, _, err = run("compare", "two.yaml", "task.yaml", "answered")
    assert code == 1
    assert "two.yaml: holds 2 flows; name one: two.yaml#NAME, of: 'Custom chat', 'Second'" in err
    assert run("compare", "two.yaml#Third", "task.yaml")[0] == 3
    (files / "broken.json").write_text("{", encoding="utf-8")
    code, _, err = run("compare", "broken.json", "a.json", "answered")
    assert (code, err.startswith("broken.json:1: is not JSON: ")) == (1, True)
    for states in (
        [],
        [1],
        [{"type": "trigger", "transitions": 5}],
        [{"type": "trigger", "name": "t", "transitions": [None], "properties": []}],
        [{"type": "send-to-flex", "name": "f", "transitions": [], "properties": None}],
    ):
        wrong = json.dumps({"states": states, "initial_state": "t"})
        (files / "wrong.json").write_text(wrong, encoding="utf-8")
        code, _, err = run("compare", "wrong.json", "a.json", "answered")
        assert code == 1
        assert err.startswith("Twilio refused: ")


def test_an_error_is_json_where_the_format_is(run: Any) -> None:
    code, out, _ = run("rehearse", "task.yaml", "--script", "none.yaml", "--format", "json")
    [problem] = json.loads(out)["problems"]
    assert (code, problem["where"]) == (1, "none.yaml")


# -- simulate

DAY = ("--agents", "2", "--arrivals", "5,5", "--handle-time", "120")


def test_a_day_is_simulated_from_the_command_line(run: Any) -> None:
    code, out, _ = run("simulate", "task.yaml", *DAY, "--json", "--seed", "3", "--within", "60")
    found = json.loads(out)
    assert (code, found["flow"], found["tasks"]) == (0, "Custom chat", found["offered"])
    assert run("simulate", "task.yaml", *DAY, "--json", "--seed", "3", "--within", "60")[1] == out
    assert "Custom chat (task): " in run("simulate", "task.yaml", *DAY)[1]


def test_a_number_of_customers_can_be_fixed_on_the_command_line(run: Any) -> None:
    day = "--agents", "9", "--hours", "1", "--handle-time", "60", "--engine", "fast", "--json"
    of = {
        text: [
            json.loads(run("simulate", "task.yaml", "--arrivals", text, *day, "--seed", seed)[1])
            for seed in "123"
        ]
        for text in ("exactly:12", "12")
    }
    offered = {text: {one["offered"] for one in found} for text, found in of.items()}
    assert offered["exactly:12"] == {12}
    assert len(offered["12"]) > 1


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        (("--agents", "0"), "a shift has at least one agent, and at most 10,000; got 0"),
        (("--agents", "2@8-7"), "a shift ends after it starts; got 8.0 to 7.0"),
        (("--at-once", "0"), "at_once=0: an agent takes at least one chat"),
        (("--agents", "two"), "--agents 'two': give a whole number"),
        (("--arrivals", "many"), "--arrivals 'many': give a"),
        (("--arrivals", "exactly:0"), "arrivals=0: give a whole number, at least 1"),
        (("--handle-time", "gamma:3"), "--handle-time 'gamma:3': give seconds, or exponential:300"),
        (("--handle-time", "lognormal:1,2,3"), "--handle-time 'lognormal:1,2,3': "),
        (("--handle-time=-3",), "--handle-time '-3': seconds must be 0 or more"),
        (("--within", "20s"), "--within '20s': give a number"),
        (("--engine", "quick"), "engine='quick': give one of auto, mock, fast"),
        (("--warm-up", "9"), "the day is over after 2 hours"),
    ],
)
def test_an_option_of_a_day_that_makes_no_sense_is_3(
    run: Any, more: tuple[str, ...], problem: str
) -> None:
    code, out, err = run("simulate", "task.yaml", *DAY, *more)
    assert (code, out) == (3, "")
    assert problem in err


def test_agents_of_a_day_have_shifts_and_habits(run: Any) -> None:
    day = (*DAY[2:], "--json", "--hours", "3")
    habits = ("--at-once", "2", "--wrap-up", "exponential:20", "--reaction", "3")
    code, out, _ = run("simulate", "task.yaml", "--agents", "1@0-1,2@1", *habits, *day)
    assert (code, json.loads(out)["wait_p50"]) == (0, 3.0)
    all_day = run("simulate", "task.yaml", "--agents", "3@0", *day)
    assert run("simulate", "task.yaml", "--agents", "3", *day) == all_day


def test_a_day_needs_one_flow_its_agents_and_its_customers(run: Any) -> None:
    assert run("simulate", "task.yaml", "--agents", "2")[::2] == (
        3,
        "give --agents and --arrivals\n",
    )
    code, _, err = run("simulate", "task.yaml", "--flow", "Other", *DAY)
    assert (code, "has no flow 'Other'" in err) == (3, True)
