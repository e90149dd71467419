"""Commands as processes: closed pipes, streams that cannot show a character, Ctrl-C."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import helpers
from helpers.console import INTERRUPTED, UNREAD, run
from helpers.flows import command

COMMANDS = sorted(Path(str(helpers.__file__)).parent.rglob("__main__.py"))


def ended(main: Callable[[], int]) -> int:
    """The exit code with which a command ends its process."""
    with pytest.raises(SystemExit) as end:
        run(main)
    assert isinstance(end.value.code, int)
    return end.value.code


def writes(text: str, code: int = 0) -> Callable[[], int]:
    def main() -> int:
        sys.stdout.write(text)
        return code

    return main


@contextmanager
def unread(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Standard output is a pipe whose reader has ended."""
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "w", encoding="utf-8") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        yield


@pytest.mark.parametrize("length", [10, 1_000_000])
def test_output_that_nobody_reads_to_the_end_ends_the_command(
    length: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with unread(monkeypatch):
        assert ended(writes("x" * length)) == UNREAD
    assert capsys.readouterr().err == ""


def test_every_command_of_flow_files_ends_quietly_at_a_closed_pipe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "flows.yaml"
    one = "  - {{friendly_name: A{0}, channel_type: web, integration: {{flow: B}}}}\n"
    flows = "".join(one.format(number) for number in range(300))
    file.write_text(f"flex_flows:\n{flows}", encoding="utf-8")
    with unread(monkeypatch):
        assert ended(lambda: command.main(["check", str(file)])) == UNREAD
    assert capsys.readouterr().err == ""


def test_help_at_a_closed_pipe_is_no_failure(capsys: pytest.CaptureFixture[str]) -> None:
    assert ended(lambda: command.main(["--help"])) == 0
    assert "COMMAND" in capsys.readouterr().out


def test_a_character_that_the_stream_cannot_show_is_escaped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kept = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(kept, encoding="ascii"))
    assert ended(writes("Zoë")) == 0
    assert kept.getvalue() == b"Zo\\xeb"


def test_a_stream_that_was_closed_before_is_written_to_without_effect(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    assert ended(writes("x", 2)) == 2


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has it")
def test_a_full_disk_is_said_and_is_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with open("/dev/full", "w", encoding="utf-8") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        assert ended(writes("x")) == 1
    assert capsys.readouterr().err == "cannot write: No space left on device\n"


def test_ctrl_c_ends_a_command_with_130_and_a_word(capsys: pytest.CaptureFixture[str]) -> None:
    def interrupt() -> int:
        raise KeyboardInterrupt

    assert ended(interrupt) == INTERRUPTED
    assert capsys.readouterr().err == "Interrupted.\n"


@pytest.mark.parametrize("path", COMMANDS, ids=lambda path: path.parent.name)
def test_every_command_runs_as_all_others_do(path: Path) -> None:
    assert path.read_text("utf-8").rstrip().endswith("run(main)")
