"""Variables and environments of flow files, and secrets that no plan, error or file says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import EXTERNAL

from helpers import Account
from helpers.flows import (
    ApplyStopped,
    FlowFile,
    FlowProblem,
    check,
    command,
    export,
    load,
    plan,
    save,
)
from helpers.flows.file.variables import Values, Variable

FILE = """\
variables:
  host: {default: bot.example.com, description: Host of the bot}
  retries: {type: number, default: 0}
  is_open: {default: true}
  warnings: {type: list}
  bot_token: {secret: true}
environments:
  prod: {host: bot.example.org, retries: 2, warnings: [doubling-retries]}
  test: {}
flex_flows:
  - friendly_name: Chat at ${host}
    accept: ${warnings}
    channel_type: custom
    integration_type: external
    enabled: ${is_open}
    integration:
      url: https://${host}/${bot_token}?literally=$${host}&open=${is_open}
      retry_count: ${retries}
"""
SECRET = 't0p s3cr3t/with "quotes" & <marks>'
ENCODED = "t0p-s3cr3t-value"


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> str:
    """The secret in the process's environment."""
    monkeypatch.setenv("bot_token", ENCODED)
    return ENCODED


def problems(text: str, **given: Any) -> list[str]:
    with pytest.raises(FlowProblem) as caught:
        load(text, **given)
    return [str(problem) for problem in caught.value.problems]


# -- values


def test_an_environment_gives_the_values_and_defaults_the_rest() -> None:
    flow = load(FILE, env="prod").flows[0]
    assert flow.friendly_name == "Chat at bot.example.org"
    assert flow.accept == ("doubling-retries",)
    assert flow.enabled is True
    assert flow.integration.retry_count == 2
    assert flow.integration.url == (
        f"https://bot.example.org/{ENCODED}?literally=${{host}}&open=true"
    )


def test_a_value_that_is_given_wins_over_the_environment_and_that_over_the_default() -> None:
    given = {"host": "a.example", "warnings": ["x"]}
    flow = load(FILE, env="prod", variables=given).flows[0]
    assert (flow.friendly_name, flow.accept) == ("Chat at a.example", ("x",))
    assert flow.integration.retry_count == 2
    flow = load(FILE, env="test", variables={"warnings": "[x, y]", "is_open": "false"}).flows[0]
    assert (flow.friendly_name, flow.accept, flow.enabled) == (
        "Chat at bot.example.com",
        ("x", "y"),
        False,
    )
    assert flow.integration.retry_count == 0


def test_a_variable_keeps_its_type_where_it_is_the_whole_value() -> None:
    text = FILE.replace("Chat at ${host}", "${name}").replace(
        "variables:\n", 'variables:\n  name: {default: "0170"}\n'
    )
    assert load(text, env="prod").flows[0].friendly_name == "0170"
    (problem,) = problems(FILE.replace("${retries}", "${host}"), env="prod")
    assert problem.startswith("line 18: flex_flows[0].integration.retry_count: must be a whole n")


def test_an_anchor_brings_its_variables_along() -> None:
    text = FILE.replace("  - friendly", "  - &one\n    friendly")
    text += "  - {<<: *one, friendly_name: 'Another at ${host}', enabled: false}\n"
    assert load(text, env="prod").flows[1].friendly_name == "Another at bot.example.org"
    assert load(text, env="prod").flows[1].integration.retry_count == 2


def test_a_file_without_variables_has_no_need_of_any() -> None:
    literal = EXTERNAL.replace("/messages", "/messages?a=$${b}&c=$d")
    assert load(literal).flows[0].integration.url == (
        "https://bot.example.com/messages?a=${b}&c=$d"
    )


@given(st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1))
def test_any_text_is_written_such_that_it_is_read_back(text: str) -> None:
    values = Values()
    assert values.resolved(values.written(text)) == text


# -- refusals


@pytest.mark.parametrize(
    ("before", "after", "given", "problem"),
    [
        (
            "https://${host}",
            "https://${BOT_HOST}",
            {},
            "line 17: `${BOT_HOST}` is no variable of the file (known are host, retries, is_open,"
            " warnings, bot_token); declare it under `variables:`, or write `$${BOT_HOST}` for"
            " `${BOT_HOST}` itself",
        ),
        ("${host}/", "${hots}/", {}, "line 17: `${hots}` is no variable of the file (did you mean"),
        ("${host}/", "${host/", {}, "line 17: `${` has no `}`; add it, or write `$${`"),
        ("${host}/", "${a b}/", {}, "line 17: `${a b}` names no variable, which is letters, d"),
        ("${host}/", "${}/", {}, "line 17: `${}` names no variable"),
        ("${host}/", "${warnings}/", {}, "line 17: `${warnings}` is a list, and must be the who"),
        (
            "Chat at ${host}",
            "Chat",
            {"env": "test"},
            "line 12: `${warnings}` has no value; give it with --var warnings=..., in an environ",
        ),
        ("    enabled:", "    ${host}${:", {}, "line 15: `${` has no `}`"),
        ("", "", {"env": "prd"}, "the text: environment 'prd': is not in the file; did you mean p"),
        ("", "", {"env": ""}, "the text: environment '': is not in the file; it has prod, test"),
        ("", "", {"variables": {"hots": "x"}}, "the text: variable hots: is not under `variables"),
        ("", "", {"variables": {"retries": "many"}}, "variable retries: must be a number, such as"),
        ("", "", {"variables": {"retries": "010"}}, "variable retries: must be a number, such as"),
        ("", "", {"variables": {"retries": "1:30"}}, "variable retries: must be a number, such as"),
        ("", "", {"variables": {"is_open": "yes"}}, "variable is_open: must be true or false, wit"),
        ("", "", {"variables": {"warnings": "a, b"}}, "variable warnings: must be a list of text"),
        ("test: {}", "test: ~", {"env": "test"}, "line 12: `${warnings}` has no value; give it"),
        ("", "", {"variables": {"retries": True}}, "variable retries: must be a number, such as"),
        ("", "", {"variables": {"host": 5}}, "variable host: must be text; put it in quotes"),
        ("", "", {"variables": {"host": "${x}"}}, "variable host: holds a variable, and may not"),
        ("", "", {"variables": {"bot_token": "x"}}, "variable bot_token: is a secret; remove it"),
        ("host: {default", "1host: {default", {}, "line 2: variables.1host: must be letters, dig"),
        ("default: 0", "default: 1s", {}, "line 3: variables.retries.default: must be a number"),
        ("default: 0", "default: .inf", {}, "line 3: variables.retries.default: must be a finite"),
        ("type: list", "type: set", {}, "line 5: variables.warnings.type: must be one of string"),
        ("type: list", "type: [a]", {}, "line 5: variables.warnings.type: must be one of string"),
        ("type: list", "tpye: list", {}, "line 5: variables.warnings.tpye: is not known here; did"),
        ("{secret: true}", "s3cret", {}, "line 6: variables.bot_token: must be a mapping, such as"),
        ("secret: true", "secret: 1", {}, "line 6: variables.bot_token.secret: must be true or"),
        ("secret: true", "secret: true, default: x", {}, "line 6: variables.bot_token: is a secre"),
        ("test: {}", "test: {bot_token: x}", {}, "line 9: environments.test.bot_token: is a secre"),
        ("test: {}", "test: {hosts: x}", {}, "line 9: environments.test.hosts: is not under `vari"),
        ("test: {}", "test: {host: 5}", {}, "line 9: environments.test.host: must be text; put it"),
        ("test: {}", "test: {host: 2026-01-05}", {}, "line 9: environments.test.host: must be te"),
        ("test: {}", "test: [host]", {}, "line 9: environments.test: must be a mapping, such as"),
        ("test: {}", "test: {[a]: b}", {}, "line 9: environments.test: has a key that is not te"),
        ("test: {}", "test: {host: a, host: b}", {}, "line 9: host: is given twice; remove one"),
        ("bot.example.com", "'${is_open}'", {}, "line 2: variables.host.default: holds a variab"),
        ("url: https", "url: {b: ${host}}\n      x", {}, "is not YAML: "),
        ("Chat at", '"Chat\\0"', {}, "is not YAML: "),
    ],
)
def test_what_is_wrong_is_refused_with_line_and_fix(
    before: str, after: str, given: dict[str, Any], problem: str
) -> None:
    found = problems(FILE.replace(before, after, 1), **{"env": "prod", **given})
    assert any(problem in each for each in found), found


def test_braces_without_quotes_in_a_flow_mapping_are_refused_with_that_fix() -> None:
    (problem,) = problems(EXTERNAL + "    accept: [${a}]\n")
    assert problem.startswith("line 8: is not YAML")
    assert problem.endswith("put `${...}` in quotes")


def test_every_unresolved_variable_is_named_in_the_order_of_lines() -> None:
    found = problems(EXTERNAL.replace("custom", "${a}").replace("https:", "${b}:"))
    assert [each.partition("}")[0] for each in found] == ["line 3: `${a", "line 6: `${b"]


def test_one_that_has_been_read_takes_no_variables() -> None:
    with pytest.raises(TypeError, match="give them to `load`"):
        load(load(EXTERNAL), env="prod")


# -- definitions beside the file


def test_a_json_file_beside_is_resolved_by_the_same_variables() -> None:
    values = load(FILE, env="prod").values
    read = values.json('{"${host}": ["${retries}", "is $${host}", "${is_open}!"]}', "bot.json")
    assert read == {"bot.example.org": [2, "is ${host}", "true!"]}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"a": 1,\n "b": "x ${B}"}', "bot.json:2: `${B}` is no variable of the file"),
        ('{"a": 1,\n "b": "x ${"}', "bot.json:2: `${` has no `}`"),
        ('{"a": 1,\n "b" 2}', "bot.json:2: is not JSON: Expecting ':' delimiter (column 6)"),
        ('{"a": 1,\n\n "a": 2}', "bot.json:3: a: is given twice; remove one"),
        ('{"a":\n NaN}', "bot.json:2: is not JSON: there is no number NaN; write null or a num"),
        ("[" * 100_000, "bot.json: is nested too deep; flatten it"),
        ("// a comment\n{}", "bot.json:1: is not JSON: Expecting value (column 1); correct the"),
        ("1" * 5000, "bot.json: is not JSON: Exceeds the limit"),
    ],
)
def test_a_json_file_that_is_wrong_is_refused_with_its_line(text: str, problem: str) -> None:
    with pytest.raises(FlowProblem) as caught:
        load(FILE, env="prod").values.json(text, "bot.json")
    assert str(caught.value).startswith(problem)


# -- secrets


def test_a_secret_shows_nowhere(account: Account, client: Any) -> None:
    file = load(FILE, env="prod")
    planned = plan(account, file)
    found = [repr(file), file.text, file._repr_html_(), repr(file.flows), repr(file.values)]
    found += [repr(planned), planned._repr_html_(), json.dumps(planned.as_json())]
    found += [planned.table().to_string(), repr(planned.steps), repr(check(file, account))]
    planned.apply()
    made = client.flex_api.v1.flex_flow.list(friendly_name="Chat at bot.example.org")
    assert ENCODED in made[0].integration["url"]
    found += [export(account, secrets=["bot_token"]).text]
    assert not [each for each in found if ENCODED in each]


WHOLE = """\
variables:
  host: {default: bot.example.com}
  bot_token: {secret: true}
flex_flows: []
workspaces:
  Shop:
    event_callback_url: https://${host}/${bot_token}
    workers:
      zoe: {attributes: {key: "${bot_token}", deep: [{key: "a ${bot_token} b"}]}}
studio_flows:
  Bot: {definition: bot.json}
"""
BOT = """\
{
  "description": "Asks ${host} with ${bot_token}, not $${this}",
  "initial_state": "Trigger",
  "states": [
    {"name": "Trigger", "type": "trigger", "transitions": [], "properties": {"key": "${bot_token}"}}
  ]
}
"""


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    """A file with a definition beside it, and a secret in all parts."""
    (tmp_path / "bot.json").write_text(BOT, encoding="utf-8")
    found = tmp_path / "whole.yaml"
    found.write_text(WHOLE, encoding="utf-8")
    return found


def test_a_variable_in_a_key_of_a_definition_is_text_and_no_key_is_there_twice(
    whole: Path, tmp_path: Path
) -> None:
    text = whole.read_text(encoding="utf-8")

    def read(key: str) -> Any:
        content = BOT.replace('"key":', '"${key}": 1, "b":')
        (tmp_path / "new.json").write_text(content, encoding="utf-8")
        declared = text.replace("variables:", f"variables:\n  key: {{default: {key}}}")
        whole.write_text(declared.replace("bot.json", "new.json"), encoding="utf-8")
        return load(whole).resources[-1].config.definition["states"][0]["properties"]

    assert read("5") == {"5": 1, "b": ENCODED}
    for key, reason in (("[a]", r"new\.json:5: .*is a list"), ("b", "b: is given twice")):
        with pytest.raises(FlowProblem, match=reason):
            read(key)


def test_a_secret_in_any_kind_of_resource_shows_nowhere(
    account: Account, whole: Path, tmp_path: Path, client: Any
) -> None:
    planned = plan(account, load(whole))
    save(planned, tmp_path / "plan.json")
    found = [(tmp_path / "plan.json").read_text(encoding="utf-8")]
    found += [repr(planned), planned._repr_html_(), json.dumps(planned.as_json())]
    found += [planned.table().to_string(), repr(planned.steps), load(whole).text]
    planned.apply()
    bot = next(one for one in client.studio.v2.flows.list() if one.friendly_name == "Bot")
    described = bot.fetch().definition["description"]
    assert described == f"Asks bot.example.com with {ENCODED}, not ${{this}}"
    space = next(
        one for one in client.taskrouter.v1.workspaces.list() if one.friendly_name == "Shop"
    )
    client.taskrouter.v1.workspaces(space.sid).update(event_callback_url="https://a.example")
    found += [repr(plan(account, load(whole))), plan(account, load(whole))._repr_html_()]
    exported = export(account, everything=True, secrets=["bot_token"])
    assert "with ${bot_token}, not $${this}" in exported.text
    assert not [each for each in [*found, exported.text] if ENCODED in each]


def test_a_definition_beside_with_a_variable_of_no_value_is_refused_with_its_own_line(
    whole: Path,
) -> None:
    beside = whole.with_name("bot.json")
    beside.write_text(BOT.replace('"key": "${bot', '"key": "${bat'), encoding="utf-8")
    with pytest.raises(FlowProblem) as caught:
        load(whole)
    assert str(caught.value).startswith(
        f"{beside}:5: `${{bat_token}}` is no variable of the file (did you mean bot_token?)"
    )


def test_a_secret_is_written_by_its_name_and_read_back() -> None:
    file = load(FILE, env="prod")
    assert "variables:\n  bot_token:\n    secret: true\n" in file.text
    assert "/${bot_token}?literally=$${host}" in file.text
    assert load(file.text) == file


def test_a_secret_is_masked_however_it_is_spelled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("bot_token", SECRET)
    (problem,) = problems(FILE.replace("https://${host}/", "ftp://"), env="prod")
    assert "must be an http or https URL" in problem
    (problem,) = problems(FILE.replace("${retries}", "${bot_token}"), env="prod")
    assert problem.endswith("; got '***'")
    (problem,) = problems(FILE.replace("channel_type: custom", "channel_type: a${bot_token}b"))
    assert SECRET[:6] not in problem


def test_a_secret_that_begins_another_leaves_no_rest_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("bot_token_2", ENCODED + "-and-more")
    text = FILE.replace("variables:\n", "variables:\n  bot_token_2: {secret: true}\n")
    file = load(text.replace("${bot_token}", "${bot_token_2}"), env="prod")
    assert "and-more" not in file.text + repr(file.flows)
    assert "/${bot_token_2}?" in file.text


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (None, "line 17: `${bot_token}` is a secret; set the environment variable bot_token"),
        ("", "line 17: `${bot_token}` is a secret; set the environment variable bot_token"),
        ("short", "line 6: variables.bot_token: is a secret of fewer than 8 characters"),
    ],
)
def test_a_secret_that_is_not_set_or_cannot_be_hidden_is_refused(
    monkeypatch: pytest.MonkeyPatch, value: str | None, problem: str
) -> None:
    if value is None:
        monkeypatch.delenv("bot_token")
    else:
        monkeypatch.setenv("bot_token", value)
    assert problems(FILE, env="prod")[0].startswith(problem)


def test_the_same_secret_by_a_plan_that_stops_is_masked(account: Account) -> None:
    assert account.mock is not None
    account.mock.faults.add("CreateFlexFlow", status=503)
    named = load(FILE.replace("Chat at ${host}", "Chat ${bot_token}"), env="prod")
    with pytest.raises(ApplyStopped) as stopped:
        plan(account, named).apply()
    assert ENCODED not in f"{stopped.value} {stopped.value.as_json()}"
    assert "create 'Chat ***'" in str(stopped.value)


def test_a_variable_without_a_value_shows_its_declaration_alone() -> None:
    assert repr(Variable("a", "string", secret=True, value=ENCODED)) == (
        "Variable(name='a', type='string', secret=True)"
    )
    assert FlowFile().values.declarations == {}


# -- the command


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The file."""
    found = tmp_path / "flows.yaml"
    found.write_text(FILE, encoding="utf-8")
    return found


@pytest.fixture
def run(
    account: Account, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Any:
    """Run a command on the test's account."""
    monkeypatch.setattr(command.arguments, "connect", lambda *_, **__: account)

    def ran(*arguments: object) -> tuple[int, str, str]:
        code = command.main([*map(str, arguments), "--to", "http://127.0.0.1:8787"])
        return code, *capsys.readouterr()

    return ran


@pytest.mark.parametrize("name", ["check", "plan", "apply", "rehearse"])
def test_every_command_that_reads_a_file_takes_variables(
    run: Any, path: Path, name: str, account: Account
) -> None:
    script = path.with_name("script.yaml")
    script.write_text("- customer opens\n", encoding="utf-8")
    more = ["--script", script] if name == "rehearse" else []
    assert run(name, path, *more)[0] == 1
    code, out, err = run(name, path, "--env", "prod", "--var", "host=a=b.example", *more)
    assert (code, err) == (0, "")
    assert ENCODED not in out
    code, _, err = run(name, path, "--env", "prod", "--var", "host=${x}", *more)
    assert (code, err) == (
        1,
        f"{path}: variable host: holds a variable, and may not; write `$${{` for `${{` itself\n",
    )
    if name == "apply":
        names = [one.friendly_name for one in account.client.flex_api.v1.flex_flow.list()]
        assert "Chat at a=b.example" in names


@pytest.mark.parametrize("given", ["host", "=x", ""])
def test_a_variable_without_a_name_or_a_value_is_a_wrong_command(
    run: Any, path: Path, given: str
) -> None:
    code, _, err = run("check", path, "--env", "prod", "--var", given)
    assert code == 3
    assert "give it as NAME=VALUE, such as --var host=example.com" in err


def test_an_export_names_the_secrets_that_it_is_to_name(run: Any, path: Path) -> None:
    run("apply", path, "--env", "prod")
    there = path.with_name("there.yaml")
    assert run("export", there, "--secret", "bot_token")[0] == 0
    assert ENCODED not in there.read_text(encoding="utf-8")
    assert run("plan", there, "--detailed-exitcode")[0] == 0
    code, _, err = run("export", there, "--secret", "bot_tokens")
    assert (code, err) == (1, "secret bot_tokens: is not set; set this environment variable\n")


def test_a_code_that_is_given_is_that_of_the_plan_on_mocks_too(
    run: Any, path: Path, client: Any
) -> None:
    for code in ("nope", ""):
        exit_code, _, err = run("apply", path, "--env", "prod", "--confirm", code)
        assert exit_code == 1
        assert "the code typed is not this plan's" in err
    assert len(client.flex_api.v1.flex_flow.list()) == 1
    code = json.loads(run("plan", path, "--env", "prod", "--json")[1])["code"]
    assert run("apply", path, "--env", "prod", "--confirm", code)[0] == 0
    assert run("apply", path, "--env", "prod", "--confirm", code)[0] == 0


def test_an_error_is_one_line_of_json_for_a_program(run: Any, path: Path) -> None:
    code, out, err = run("check", path, "--env", "prd", "--json")
    assert code == 1
    assert out.count("\n") == 1
    read = json.loads(out)
    assert read["error"] == err.strip()
    assert [each["what"] for each in read["problems"]] == ["environment 'prd'"]
