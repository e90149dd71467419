"""`python -m helpers.flows`: what it writes, and exit codes that a pipeline can use."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from samples import EXTERNAL, TASK

from helpers import Account
from helpers.flows import command, load

ROOT = Path(__file__).resolve().parents[2]
SERVED = "http://127.0.0.1:8787"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A sound flow file."""
    path = tmp_path / "flows.yaml"
    path.write_text(TASK, encoding="utf-8")
    return path


@pytest.fixture
def run(
    account: Account, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Any:
    """Run a command; `SERVED` and `live` are the test's own account."""

    def reached(where: str | None = None, *, check: bool = True) -> Account:
        account.mode = "live" if where == "live" else "shared"
        return account

    monkeypatch.setattr(command.arguments, "connect", reached)

    def ran(*arguments: object, to: str | None = SERVED) -> tuple[int, str, str]:
        given = [str(one) for one in arguments]
        code = command.main([*given, *(["--to", to] if to else [])])
        out, err = capsys.readouterr()
        return code, out, err

    return ran


# -- check


def test_a_sound_file_checks_with_0(run: Any, file: Path) -> None:
    assert run("check", file) == (0, f"{file}: nothing found.\n", "")


def test_a_file_with_errors_checks_with_1(run: Any, file: Path) -> None:
    file.write_text(TASK.replace("channel: chat", "channel: email"), encoding="utf-8")
    code, out, _ = run("check", file)
    assert code == 1
    assert f"{file}:8: error: 'Custom chat' integration.channel: " in out


def test_warnings_check_with_0_and_with_1_where_they_count(run: Any, file: Path) -> None:
    file.write_text(TASK + "      creation_on_message: true\n", encoding="utf-8")
    assert run("check", file)[0] == 0
    assert run("check", file, "--strict")[0] == 1


def test_a_check_needs_no_account(run: Any, file: Path) -> None:
    code, out, _ = run("check", file, to=None)
    assert code == 0
    assert "Not checked, for want of an account: unknown-name" in out


def test_a_file_that_is_none_is_1_with_the_line_and_the_fix(run: Any, file: Path) -> None:
    file.write_text(TASK.replace("channel_type", "chanel_type"), encoding="utf-8")
    code, out, err = run("check", file)
    assert (code, out) == (1, "")
    assert f"{file}:3: flex_flows[0].chanel_type: is not known here; did you mean" in err


# -- plan and apply


def test_a_plan_is_0_and_with_detailed_exit_codes_2_while_changes_are_pending(
    run: Any, file: Path
) -> None:
    assert run("plan", file)[0] == 0
    code, out, _ = run("plan", file, "--detailed-exitcode")
    assert code == 2
    assert '+ create "Custom chat"' in out
    assert run("apply", file)[0] == 0
    assert run("plan", file, "--detailed-exitcode")[0] == 0


def test_applying_says_the_plan_and_what_was_done_and_then_nothing_to_do(
    run: Any, file: Path
) -> None:
    code, out, _ = run("apply", file)
    assert code == 0
    assert out.endswith("Done:\n  create 'Custom chat'\n")
    code, out, _ = run("apply", file)
    assert code == 0
    assert out.endswith("Nothing to do: it was done already.\n")


def test_deletions_must_be_requested(run: Any, file: Path, client: Any) -> None:
    run("apply", file)
    assert len(client.flex_api.v1.flex_flow.list()) == 2
    run("apply", file, "--delete")
    assert [one.friendly_name for one in client.flex_api.v1.flex_flow.list()] == ["Custom chat"]


def test_plans_and_applications_are_json_for_programs(run: Any, file: Path) -> None:
    output = json.loads(run("plan", file, "--json")[1])
    assert [step["action"] for step in output["steps"]] == ["create", "leave"]
    assert json.loads(run("apply", file, "--json")[1])["done"] == ["create 'Custom chat'"]
    assert json.loads(run("check", file, "--json")[1])["findings"] == []


def test_an_application_that_stops_is_1_and_says_how_far_it_got(
    run: Any, file: Path, account: Account
) -> None:
    assert account.mock is not None
    account.mock.faults.add("CreateFlexFlow", status=503)
    code, out, err = run("apply", file, "--json")
    assert code == 1
    assert json.loads(out)["failed"] == "create 'Custom chat'"
    assert "Stopped at: create 'Custom chat': Twilio refused" in err


def test_a_live_account_wants_the_code_of_the_plan(run: Any, file: Path) -> None:
    code = json.loads(run("plan", file, "--json", to="live")[1])["code"]
    assert run("apply", file, "--confirm", "000000", to="live")[0] == 1
    assert run("apply", file, "--confirm", code, to="live")[0] == 0


def test_a_live_account_asks_for_the_code_on_standard_error(
    run: Any, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", _Typed("no\n"))
    code, out, err = run("apply", file, to="live")
    assert code == 1
    assert "Type the plan's code" in err
    assert "Type the plan's code" not in out
    monkeypatch.setattr(sys, "stdin", _Typed(""))
    assert "no input to read the code" in run("apply", file, to="live")[2]


def test_an_application_that_is_interrupted_is_130_and_says_how_far_it_got(
    run: Any, file: Path, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(type(account.client.flex_api.v1.flex_flow), "create", interrupt)
    code, _, err = run("apply", file)
    assert code == 130
    assert "Stopped: interrupted; the first that is not done may be done" in err


class _Typed:
    def __init__(self, line: str) -> None:
        self._line = line

    def readline(self) -> str:
        return self._line


@pytest.mark.parametrize("name", ["plan", "apply", "export"])
def test_a_mock_in_this_process_is_no_use_and_that_is_a_usage_error(
    run: Any, file: Path, name: str
) -> None:
    code, out, err = run(name, file, to=None)
    assert (code, out) == (3, "")
    assert "Give --to URL of a shared mock" in err


# -- export and rehearse


def test_an_export_writes_the_file_for_what_is_there(run: Any, file: Path, tmp_path: Path) -> None:
    run("apply", file)
    code, out, _ = run("export", tmp_path / "there.yaml")
    assert (code, out) == (0, f"2 flows written to {tmp_path / 'there.yaml'}\n")
    assert load(tmp_path / "there.yaml")["Custom chat"].settings()["channel"] == "chat"
    assert run("plan", tmp_path / "there.yaml", "--detailed-exitcode")[0] == 0


def test_where_an_account_is_only_read_it_can_be_named_so(run: Any, tmp_path: Path) -> None:
    code, out, _ = run("export", tmp_path / "there.yaml", "--account", SERVED, to=None)
    assert (code, out) == (0, f"1 flow written to {tmp_path / 'there.yaml'}\n")


def test_a_rehearsal_plays_the_scripts_that_are_named(run: Any, file: Path) -> None:
    code, out, err = run("rehearse", file, "--script", "answered", "--json", to=None)
    assert (code, err) == (0, "")
    played = json.loads(out)
    assert [(one["flow"], one["script"]) for one in played] == [("Custom chat", "answered")]
    assert played[0]["outcome"]["tasks"] == ["completed"]


def test_a_flow_that_the_file_does_not_have_is_a_usage_error(run: Any, file: Path) -> None:
    code, _, err = run("rehearse", file, "--flow", "Chat", to=None)
    assert (code, err) == (3, f"{file} has no flow 'Chat'; it has 'Custom chat'\n")


# -- the command itself


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["plann", "x"],
        ["plan"],
        ["check", "x", "--loud"],
        ["plan", "x", "--to"],
        ["plan", "x", "--to", ""],
        ["plan", "x", "--out="],
        ["apply", "x", "--target", "queues/A", "--target", ""],
        ["import", "x", "--into", ""],
    ],
)
def test_a_command_that_is_not_right_is_3_with_the_usage(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(arguments) == 3
    assert "usage: python -m helpers.flows" in capsys.readouterr().err


def test_an_account_that_is_none_is_3(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["plan", str(file), "--to", "somewhere"]) == 3
    assert "give nothing for a mock in this kernel" in capsys.readouterr().err


def test_live_credentials_that_are_missing_are_1_and_named(
    file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(file.parent)
    assert command.main(["plan", str(file), "--to", "live"]) == 1
    assert "TWILIO_ACCOUNT_SID: missing" in capsys.readouterr().err


def test_a_mock_that_does_not_answer_is_1_without_a_traceback(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["plan", str(file), "--to", "http://127.0.0.1:9"]) == 1
    assert capsys.readouterr().err == (
        "No answer from http://127.0.0.1:9 (ConnectionError). Start the mock there:"
        " python -m helpers.mock\n"
    )


def test_an_export_into_a_folder_that_is_not_there_is_1_and_says_where_to(
    run: Any, tmp_path: Path
) -> None:
    path = tmp_path / "nowhere" / "flows.yaml"
    code, out, err = run("export", path)
    assert (code, out) == (1, "")
    assert err.startswith(f"{path}: cannot be written (")


def test_links_in_a_circle_cannot_be_written(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "circle.yaml"
    path.symlink_to(path)
    code, _, err = run("export", path)
    assert (code, err.startswith(f"{path}: cannot be written (")) == (1, True)
    assert err.endswith("give a path in a folder that exists\n")


def test_the_environment_may_name_the_account(
    run: Any, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWILIO_MOCK_URL", SERVED)
    code, out, _ = run("plan", file, "--detailed-exitcode", to=None)
    assert code == 2
    assert '+ create "Custom chat"' in out


@pytest.mark.long
def test_it_runs_as_a_module_and_its_help_says_the_exit_codes(file: Path) -> None:
    def ran(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "helpers.flows", *arguments],
            capture_output=True,
            text=True,
            timeout=180,
            cwd=ROOT,
            env=os.environ | {"PYTHONIOENCODING": "ascii"},
            check=False,
        )

    assert "2  changes are pending" in ran("--help").stdout
    # a console that can show ASCII only
    name = EXTERNAL.replace("Custom chat", "Größe → 1")
    file.write_text(name.replace("retry_count: 0", "retry_count: 1"), encoding="utf-8")
    checked = ran("check", str(file))
    assert (checked.returncode, checked.stderr) == (0, "")
    assert "Gr\\xf6\\xdfe \\u2192 1" in checked.stdout
    file.write_text(EXTERNAL.replace("https://bot", "bot"), encoding="utf-8")
    refused = ran("check", str(file))
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "must be an http or https URL" in refused.stderr
