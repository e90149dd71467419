"""The guide's flow file and its commands, run as they are written."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml
from snippets import snippet

from helpers import Account
from helpers.flows import check, command, load, plan, rehearse


def test_the_guides_commands_end_well_with_its_file(
    account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, client: Any
) -> None:
    account.mode = "shared"
    monkeypatch.setattr(command.arguments, "connect", lambda _, **__: account)
    monkeypatch.chdir(tmp_path)
    Path("flows.yaml").write_text(snippet("flow file"), encoding="utf-8")
    ran = []
    for line in snippet("flow commands").splitlines():
        words = shlex.split(line, comments=True)
        if words[0] == "export":
            monkeypatch.setenv(*words[1].split("=", 1))
            continue
        assert words[:3] == [".venv/bin/python", "-m", "helpers.flows"]
        assert command.main(words[3:]) == command.OK, line
        ran.append(words[3])
    assert ran == ["export", "check", "rehearse", "plan", "apply"]
    names = [flow.friendly_name for flow in client.flex_api.v1.flex_flow.list()]
    assert names == ["Flex Web Channel Flow", "Custom chat"]
    assert command.main(["plan", "flows.yaml", "--detailed-exitcode"]) == command.OK


def test_the_guides_environments_lead_to_accounts_of_their_own(
    account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, client: Any
) -> None:
    account.mode = "shared"
    monkeypatch.setattr(command.arguments, "connect", lambda _, **__: account)
    monkeypatch.chdir(tmp_path)
    Path("flows.yaml").write_text(snippet("environments"), encoding="utf-8")
    for line in snippet("environment commands").splitlines():
        words = shlex.split(line)
        if words[0] == "export":
            monkeypatch.setenv(*words[1].split("=", 1))
        else:
            assert command.main(words[3:]) == command.OK, line
    flow = client.flex_api.v1.flex_flow.list(friendly_name="Chat at bot.example.org")[0]
    url = "https://bot.example.org/messages?key=a-token-of-the-bot&literally=${this}"
    assert (flow.integration["url"], flow.integration["retry_count"]) == (url, 1)
    assert "a-token-of-the-bot" not in Path("there.yaml").read_text(encoding="utf-8")
    names: dict[str, Any] = {}
    exec(snippet("environments in Python"), names)
    assert names["file"].flows[0].integration.url == url


@pytest.fixture
def pipeline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands of the guide's pipeline, in a folder with its file and its script."""
    monkeypatch.chdir(tmp_path)
    Path("flows.yaml").write_text(snippet("flow file"), encoding="utf-8")
    Path("script.yaml").write_text(snippet("script"), encoding="utf-8")
    steps = yaml.safe_load(snippet("pipeline"))["jobs"]["flows"]["steps"]
    ran = [shlex.split(step["run"]) for step in steps if "run" in step]
    assert ran[0] == ["pip", "install", "-r", "requirements.txt"]
    assert all(words[:3] == ["python", "-m", "helpers.flows"] for words in ran[1:])
    return [words[3:] for words in ran[1:]]


def test_the_guides_pipeline_lets_its_own_file_pass(pipeline: list[list[str]]) -> None:
    assert [command.main(words) for words in pipeline] == [command.OK, command.OK]


def test_the_guides_pipeline_stops_what_will_not_work_and_what_is_not_expected(
    pipeline: list[list[str]],
) -> None:
    checking, rehearsing = pipeline
    sound = Path("flows.yaml").read_text(encoding="utf-8")
    Path("flows.yaml").write_text(sound.replace("channel: chat", "channel: default"), "utf-8")
    assert command.main(checking) == command.PROBLEMS
    Path("flows.yaml").write_text(sound, encoding="utf-8")
    script = Path("script.yaml").read_text(encoding="utf-8")
    Path("script.yaml").write_text(script.replace("task pending", "task assigned"), "utf-8")
    assert command.main(rehearsing) == command.PROBLEMS


def test_a_live_account_that_has_changed_since_the_plan_wants_another_code(
    account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, client: Any
) -> None:
    account.mode = "live"
    monkeypatch.setattr(command.arguments, "connect", lambda _, **__: account)
    file = tmp_path / "flows.yaml"
    file.write_text(snippet("flow file"), encoding="utf-8")
    code = plan(account, file).code
    [other] = client.flex_api.v1.flex_flow.list()
    client.flex_api.v1.flex_flow(other.sid).update(enabled=False)
    assert command.main(["apply", str(file), "--to", "live", "--confirm", code]) == command.PROBLEMS
    assert [one.sid for one in client.flex_api.v1.flex_flow.list()] == [other.sid]


def test_the_guides_addresses_are_sound_planned_and_played(account: Account) -> None:
    file = load(snippet("address file"))
    assert [one.id for one in check(file, account)] == ["leave-is-off"]
    plan(account, file).apply()
    assert plan(account, file).is_empty
    for entry in file.entries:
        assert rehearse(entry, "answered", account=account).outcome.tasks == ("completed",)


def test_the_guides_whole_contact_centre_is_sound_and_planned(
    account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    account.mode = "shared"
    monkeypatch.setattr(command.arguments, "connect", lambda *_, **__: account)
    monkeypatch.chdir(tmp_path)
    Path("flows.yaml").write_text(snippet("whole file"), encoding="utf-8")
    assert list(check("flows.yaml", account)) == []
    for line in snippet("saved plan").splitlines():
        words = shlex.split(line)
        assert words[:3] == ["python", "-m", "helpers.flows"]
        assert command.main([*words[3:], "--to", "http://mock"]) == command.OK
    assert plan(account, "flows.yaml").is_empty
