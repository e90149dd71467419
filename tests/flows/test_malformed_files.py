"""Malformed files of every kind: each is refused with file, line and fix, and no traceback."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from samples import EXTERNAL, TASK

from helpers.flows import command

FLOW = TASK.encode()
SPACES = """\
workspaces:
  Support:
    activities:
      Break: {available: false}
    queues:
      Sales: {target_workers: "skills HAS 'sales'"}
    workflows:
      Route:
        filters:
          - expression: 1==1
            targets: [{queue: Sales}]
"""
STUDIO = "studio_flows:\n  Bot:\n    status: published\n    definition: bot.json\n"
VARIABLES = "variables:\n  host: {default: a.example}\nenvironments:\n  prod: {host: b.example}\n"
SCRIPT = "name: Short\nsteps:\n  - customer opens\n"
STATE = {"version": 4, "terraform_version": "1.9.8", "resources": []}
FLOWS_TYPE = "twilio_flex_flex_flows_v1"


def laughs(name: str) -> str:
    """A few lines whose aliases stand for more values than there is memory."""
    levels = [
        f"l{n}: &l{n} {{{', '.join(f'k{k}: *l{n - 1}' for k in range(9))}}}" for n in range(1, 40)
    ]
    return "\n".join(["l0: &l0 {a: x}", *levels, f"{name}: *l39\n"])


def nested(name: str) -> str:
    """Aliases that nest deeper than any text could, line by line."""
    levels = [f"l{n}: &l{n} {{a: *l{n - 1}}}\n" for n in range(1, 1500)]
    return "".join(["l0: &l0 {a: x}\n", *levels, f"{name}: *l1499\n"])


class Malformed(NamedTuple):
    """A file, the line of its fault (None where there is none), and words of the fix."""

    about: str
    content: bytes | str | None
    line: int | None
    fix: str
    arguments: tuple[str, ...] = ()
    name: str = "flows.yaml"


def state_of(attributes: Any, kind: str = FLOWS_TYPE) -> str:
    one = {"mode": "managed", "type": kind, "name": "a", "instances": [{"attributes": attributes}]}
    return json.dumps(STATE | {"resources": [one]})


FLOW_FILES = (
    # encodings
    Malformed("UTF-16 with its mark", TASK.encode("utf-16"), None, "is not UTF-8"),
    Malformed("UTF-16 without a mark", TASK.encode("utf-16-le"), 1, "is not YAML"),
    Malformed("Latin 1", TASK.replace("Custom", "Größe").encode("latin-1"), None, "is not UTF-8"),
    Malformed("half of a character", FLOW + b"# \xe2\x82", None, "is not UTF-8"),
    Malformed("a surrogate", FLOW + b"# \xed\xa0\x80", None, "is not UTF-8"),
    Malformed("a NUL byte", FLOW.replace(b"Custom", b"Cus\0tom"), 2, "is not YAML"),
    Malformed("a control character", FLOW.replace(b"Custom", b"\x1b[31m"), 2, "is not YAML"),
    Malformed("a NUL, escaped", TASK.replace("Custom chat", '"a\\0"'), 2, "holds a NUL; remove it"),
    Malformed("a lone surrogate, escaped", TASK.replace("Custom chat", '"\\ud800"'), 2, "half of"),
    # no YAML
    Malformed("nothing", "", None, "is empty; begin with `flex_flows:`"),
    Malformed("comments alone", "# flows\n\n", None, "is empty; begin with"),
    Malformed("an image", b"\x89PNG\r\n\x1a\n\0\0", None, "is not UTF-8"),
    Malformed("a web page", "<!DOCTYPE html>\n<p>a: b</p>\n", 2, "is not YAML"),
    Malformed("a tab", TASK.replace("    channel_type", "\tchannel_type"), 3, "is not YAML"),
    Malformed("an indentation", TASK.replace("    channel_type", "   channel_type"), 3, "is not Y"),
    Malformed("an open quote", TASK.replace("Custom", '"Custom'), 9, "from line 2 on"),
    Malformed("an open bracket", TASK + "    accept: [a\n", 10, "is not YAML"),
    Malformed("two documents", TASK + "---\n" + TASK, 9, "is not YAML"),
    Malformed("a tag of Python", "flex_flows: !!python/object:os.system {}\n", 1, "is not YAML"),
    Malformed("a tag of one's own", "flex_flows: !include flows.yaml\n", 1, "is not YAML"),
    Malformed("an unknown anchor", "flex_flows:\n  - *nobody\n", 2, "undefined alias"),
    Malformed("a directive", "%YAML 3.0\n---\nflex_flows: []\n", 1, "is not YAML"),
    Malformed("deep nesting", "a: " + "[" * 600 + "\n", None, "nested too deep; flatten it"),
    Malformed("a merge of no mapping", TASK + "    <<: 5\n", 9, "is not YAML"),
    Malformed("a merge of itself", "flex_flows: &a\n  - &b\n    <<: *b\n", 2, "is missing; add it"),
    # JSON that is not quite
    Malformed("JSON with comments", '{\n  // flows\n  "flex_flows": []\n}\n', 2, "is not JSON"),
    Malformed("JSON cut off", '{"flex_flows": [{"friendly_name": ', 1, "is not JSON"),
    Malformed("one line of JSON", '{"flex_flows": [{"friendly_name": "A"}]}', 1, "is missing; add"),
    # keys
    Malformed("a key twice", TASK + "    enabled: true\n    enabled: false\n", 10, "given twice"),
    Malformed("a list twice", TASK + TASK, 9, "flex_flows: is given twice; remove one"),
    Malformed("a key twice, in JSON", '{"flex_flows": [],\n "flex_flows": []}', 2, "given twice"),
    Malformed("a key that is a list", TASK + "    ? [a]\n    : b\n", 9, "unhashable key"),
    Malformed("a key that is a number", TASK + "    5: b\n", 9, "put it in quotes: '5'"),
    Malformed("a key that is a date", TASK + "    2026-01-05: b\n", 9, "put it in quotes"),
    Malformed("a key that is nothing", TASK + "    ~: b\n", 9, "put it in quotes: '~'"),
    Malformed(
        "a field misspelled", TASK.replace("channel_t", "chanel_t"), 3, "did you mean channel"
    ),
    Malformed(
        "a list misspelled", TASK.replace("flex_flows", "flexflows"), 1, "is missing; add it"
    ),
    Malformed("a part misspelled", SPACES.replace("queues", "quues"), 5, "did you mean queues?"),
    Malformed("an aliased bomb", laughs("flex_flows"), None, "is not known here"),
    Malformed("aliases nested deep", nested("workspaces"), 1501, "is too large with its aliases"),
    Malformed("an aliased bomb of a kind", laughs("workspaces"), None, "write fewer"),
    # types
    Malformed("a list that is a mapping", "flex_flows: {a: b}\n", 1, "must be a list"),
    Malformed("a list at the root", "- friendly_name: A\n", 1, "must begin with `flex_flows:`"),
    Malformed("a text at the root", "flex_flows\n", 1, "must begin with `flex_flows:`"),
    Malformed("a name that is a number", TASK.replace("Custom chat", "0170"), 2, "quotes: '0170'"),
    Malformed("a name that is a date", TASK.replace("Custom chat", "2026-01-05"), 2, "in quotes"),
    Malformed(
        "a date that is none", TASK.replace("Custom chat", "2026-02-30"), None, "is not YAML"
    ),
    Malformed("a name that is a truth", TASK.replace("Custom chat", "no"), 2, "in quotes: 'no'"),
    Malformed("a name that is a time", TASK.replace("Custom chat", "10:30"), 2, "in quotes"),
    Malformed(
        "a name that is nothing", TASK.replace("Custom chat", ""), 2, "there is none; add it"
    ),
    Malformed("a name that is blank", TASK.replace("Custom chat", '""'), 2, "at least 1 character"),
    Malformed("a name that is long", TASK.replace("Custom chat", "x" * 300), 2, "at most 256"),
    Malformed("a truth in quotes", TASK + '    enabled: "yes"\n', 9, "must be true or false"),
    Malformed("a number with a unit", TASK + "      timeout: 1h\n", 9, "must be a whole number"),
    Malformed("a huge number", TASK + f"      timeout: {10**400}\n", 9, "less than or equal to"),
    Malformed("thousands of digits", TASK + f"      timeout: {'9' * 5000}\n", None, "is not YAML"),
    Malformed("an infinite number", TASK + "      timeout: .inf\n", 9, "must be a whole number"),
    Malformed("a URL without a scheme", EXTERNAL.replace("https://", ""), 6, "http or https URL"),
    Malformed("a workspace that is a list", "workspaces: [a]\n", 1, "must be a mapping"),
    Malformed("a queue that is a text", SPACES.replace("Sales: {", "Sales: x # {"), 6, "must be a"),
    Malformed(
        "an expression that is none",
        SPACES.replace("1==1", "1 =="),
        10,
        "ends too early. Write comp",
    ),
    Malformed(
        "a filter without targets",
        SPACES.replace("[{queue: Sales}]", "[]"),
        11,
        "must have at least one",
    ),
    Malformed("a formerly of two", TASK + "    formerly: Custom chat\n", 9, "names another flow"),
    # variables and environments
    Malformed("variables that are a list", "variables: [a]\n" + TASK, 1, "must be a mapping"),
    Malformed("an unresolved variable", EXTERNAL.replace("bot.", "${BOT}."), 6, "declare it under"),
    Malformed(
        "a variable of variables", VARIABLES.replace("a.example", "'${host}'") + TASK, 2, "holds"
    ),
    Malformed(
        "a variable within itself",
        "variables: &v\n  a: {default: *v}\n" + TASK,
        2,
        "must be text; put it in",
    ),
    Malformed(
        "an environment of a list", VARIABLES.replace("{host: b.example}", "[b]") + TASK, 4, "must"
    ),
    Malformed(
        "a name that is a list",
        "variables:\n  a: {type: list, default: [b]}\nworkspaces:\n  ${a}: {}\n",
        4,
        "is a list, and must be the whole value of a field",
    ),
    Malformed(
        "a saved plan",
        json.dumps({"flow_plan": 1, "file": TASK}),
        None,
        "is a saved plan, not a flow file; give it to `apply`",
    ),
    Malformed(
        "an unknown environment", VARIABLES + TASK, None, "did you mean prod?", ("--env=prdo",)
    ),
    Malformed(
        "a value of no variable", VARIABLES + TASK, None, "did you mean host?", ("--var=hots=a",)
    ),
    Malformed(
        "a value that is a secret's",
        "variables:\n  a: {secret: true}\n" + TASK,
        None,
        "is a se",
        ("--var=a=b",),
    ),
    # definitions beside
    Malformed("a definition that is missing", STUDIO, 4, "bot.json cannot be read (No such file"),
    Malformed("a definition that is a folder", STUDIO.replace("bot.json", "."), 4, "a directory"),
    Malformed("a definition that is YAML", STUDIO.replace("bot.json", "flows.yaml"), 1, "is not J"),
    Malformed("a definition of numbers", STUDIO.replace("bot.json", "5"), 4, "must be a m"),
    # other files
    Malformed("a missing file", None, None, "cannot be read (No such file or directory)"),
    Malformed("a folder", None, None, "is a directory; give the path of a YAML file", name="."),
    Malformed(
        "answers of the API",
        json.dumps({"meta": {}, "flex_flows": [{"sid": "FO" + "0" * 32}]}),
        None,
        "helpers.flows import",
    ),
    Malformed("a state", json.dumps(STATE), None, "is a Terraform state"),
    Malformed("a script", SCRIPT, None, "is a script, not a flow file"),
    Malformed(
        "a definition", '{"states": [], "initial_state": "a"}', None, "definition of a Studio flow"
    ),
)
SCRIPTS = (
    Malformed("nothing", "", None, "is no script; begin with `steps:`"),
    Malformed("UTF-16", SCRIPT.encode("utf-16"), None, "it is not UTF-8"),
    Malformed("a NUL byte", SCRIPT.encode().replace(b"Short", b"\0"), 1, "is not YAML"),
    Malformed(
        "a NUL, escaped", SCRIPT + '  - customer says: "a\\0"\n', 4, "holds a NUL; remove it"
    ),
    Malformed("a text", "customer opens\n", None, "is no script; begin with"),
    Malformed(
        "a lone surrogate",
        SCRIPT + '  - customer says: "\\ud83d"\n',
        4,
        "holds half of a character",
    ),
    Malformed("aliases nested deep", nested("steps"), None, "repeats its aliases to more than"),
    Malformed("a tab", SCRIPT + "\t- customer leaves\n", 4, "is not YAML"),
    Malformed("deep nesting", "steps: " + "[" * 600, None, "too deep"),
    Malformed(
        "a step within itself", "steps: &a\n  - customer says: *a\n", 2, "needs what is said"
    ),
    Malformed("a key twice", SCRIPT + "name: Other\n", 4, "is given twice; remove one"),
    Malformed("an unknown key", SCRIPT + "nmae: Other\n", 4, "is unknown; known are name"),
    Malformed("a verb misspelled", SCRIPT + "  - customer sayes: Hello\n", 4, "did you mean"),
    Malformed(
        "a step that is a list", SCRIPT + "  - [customer, says]\n", 4, "is no step; write one"
    ),
    Malformed("a step that is nothing", SCRIPT + "  -\n", 4, "is not something a script"),
    Malformed("a message of nothing", SCRIPT + "  - customer says:\n", 4, "needs what is said"),
    Malformed(
        "a message that is a list", SCRIPT + "  - customer says: [a]\n", 4, "needs what is said"
    ),
    Malformed(
        "a wait without end", SCRIPT + f"  - wait: {'9' * 400}d\n", 4, "is out of range; wait for"
    ),
    Malformed("a wait of nothing", SCRIPT + "  - wait: soon\n", 4, "is no duration; write"),
    Malformed("no agents", "agents: -1\n" + SCRIPT, 1, "agents: is one of"),
    Malformed("many agents", f"agents: {'9' * 5000}\n" + SCRIPT, 1, "agents: is one of"),
    Malformed(
        "an unknown zone", "at: Mon 10:00\nzone: Mars/Base\n" + SCRIPT, 2, "give a name such as"
    ),
    Malformed("a start that is none", "at: Someday\n" + SCRIPT, 1, "is no start; write a weekday"),
    Malformed("a missing file", None, None, "cannot be read (No such file or directory)"),
    Malformed("a folder", None, None, "cannot be read (Is a directory)", name="."),
)
IMPORTS = (
    Malformed("nothing", "", 1, "is not JSON"),
    Malformed("a flow file", TASK, None, "is YAML, as flow files are, which need no import"),
    Malformed("a state of nothing that is read", json.dumps(STATE), None, "has no resources that"),
    Malformed("a plan", json.dumps(STATE | {"planned_values": {}}), None, "is a plan; apply it"),
    Malformed(
        "a SID of two",
        json.dumps([{"sid": "FO" + "X" * 32, "friendly_name": name} for name in "AB"]),
        None,
        "is the SID of 'A' and of 'B'; save each with its own",
    ),
    Malformed("values that are a list", "[]", None, "must be a mapping", name="a.tfvars.json"),
    Malformed("no JSON", "resource {\n", 1, "is not JSON: Expecting value (column 1)"),
    Malformed("JSON with comments", '{"a": 1,\n// b\n"c": 2}', 2, "is not JSON"),
    Malformed("JSON cut off", '{"a": [\n1,', 2, "is not JSON"),
    Malformed("a number that is none", '{"a":\nNaN}', 2, "there is no number NaN; write null"),
    Malformed("thousands of digits", '{"a": ' + "9" * 5000 + "}", None, "is not JSON"),
    Malformed("a key twice", '{"sid": 1,\n"sid": 2}', 2, "sid: is given twice; remove one"),
    Malformed("deep nesting", "[" * 100_000, None, "is nested too deep; flatten it"),
    Malformed("UTF-16", "{}".encode("utf-16"), None, "is not UTF-8"),
    Malformed("a number alone", "5", None, "has no resources of Twilio's; give saved answers"),
    Malformed("no resources", '{"flex_flows": []}', None, "has no resources of Twilio's; give"),
    Malformed("an old state", json.dumps(STATE | {"version": 3}), None, "is a state of an old"),
    Malformed("a state of nothing", json.dumps(STATE | {"resources": [5]}), None, "refresh it"),
    Malformed(
        "a state without a SID", state_of({"friendly_name": "A"}), None, "has no SID that beg"
    ),
    Malformed(
        "a state with another's SID", state_of({"sid": "WS" + "0" * 32}), None, "begins with FO"
    ),
    Malformed(
        "a definition that is no JSON",
        state_of({"sid": "FW" + "0" * 32, "definition": "{,"}, "twilio_studio_flows_v2"),
        None,
        "is not JSON",
    ),
    Malformed(
        "a flow that is none",
        state_of({"sid": "FO" + "0" * 32, "friendly_name": "A", "channel_type": "pigeon"}),
        None,
        "channel_type must be 'web'",
    ),
    Malformed("a missing file", None, None, "cannot be read (No such file or directory)"),
    Malformed("a missing configuration", None, None, "cannot be read (No such", name="main.tf"),
    Malformed("an empty folder", None, None, "has nothing to read; give saved answers", name="."),
    Malformed("HCL cut off", 'resource "a" "b" {\n  x = [\n', None, "is not HCL", name="main.tf"),
    Malformed("HCL of UTF-16", "a = 1".encode("utf-16"), None, "is not UTF-8", name="main.tf"),
    Malformed("HCL of a NUL", b"a = \0", 1, "is not HCL", name="main.tf"),
    Malformed(
        "values alone", 'a = "b"\n', None, "give the folder of its .tf files", name="a.tfvars"
    ),
    Malformed(
        "a circle",
        f'locals {{\n  a = local.a\n}}\nresource "{FLOWS_TYPE}" "x" {{\n  y = local.a\n}}',
        2,
        "refers to itself",
        name="main.tf",
    ),
    Malformed(
        "a count of no number",
        f'variable "n" {{}}\nresource "{FLOWS_TYPE}" "x" {{\n  count = var.n\n}}',
        2,
        "needs `count` or `for_each` to be known",
        name="main.tf",
    ),
)


def refused(one: Malformed, folder: Path, capsys: pytest.CaptureFixture[str], *before: str) -> None:
    """Assert that a command refuses a file as it should."""
    is_json = before == ("import",) and one.name == "flows.yaml" and one.about != "a flow file"
    path = folder / ("saved.json" if is_json else one.name)
    if one.content is not None:
        content = one.content.encode() if isinstance(one.content, str) else one.content
        path.write_bytes(content)
    code = command.main([*before, str(path), *one.arguments])
    out, err = capsys.readouterr()
    assert (code, out) == (1, "")
    lines = err.splitlines()
    assert lines
    assert "Traceback" not in err
    assert all(str(path) in line for line in lines), err
    place = re.escape(str(path)) + (f":{one.line}[: ]" if one.line else "(:[0-9]+)?[: ]")
    assert re.search(place + ".*" + re.escape(one.fix), err), err
    assert all(len(line) < 1000 for line in lines), err


def names(table: tuple[Malformed, ...]) -> list[str]:
    return [one.about for one in table]


def test_there_are_more_than_enough() -> None:
    for table in (FLOW_FILES, SCRIPTS, IMPORTS):
        assert len(set(names(table))) == len(table)
    assert len(FLOW_FILES) + len(SCRIPTS) + len(IMPORTS) > 75


@pytest.mark.parametrize("one", FLOW_FILES, ids=names(FLOW_FILES))
def test_a_malformed_flow_file_is_refused(
    one: Malformed, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    refused(one, tmp_path, capsys, "check")


@pytest.mark.parametrize("one", SCRIPTS, ids=names(SCRIPTS))
def test_a_malformed_script_is_refused(
    one: Malformed, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flows = tmp_path / "sound.yaml"
    flows.write_text(TASK, encoding="utf-8")
    refused(one, tmp_path, capsys, "rehearse", str(flows), "--script")


@pytest.mark.parametrize("one", IMPORTS, ids=names(IMPORTS))
def test_a_malformed_source_is_refused(
    one: Malformed, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    refused(one, tmp_path, capsys, "import")
