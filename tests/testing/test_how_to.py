"""The how-to page on testing: its tests run as they are written."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import Any

import pytest

import helpers
import helpers.recording
import helpers.testing

pytest_plugins = ("pytester",)
PAGE = Path(__file__).resolve().parent.parent.parent / "docs/how-to/testing-your-application.md"
BLOCKS = dict(re.findall(r"<!-- (.*?) -->\n```python\n(.*?)```", PAGE.read_text("utf-8"), re.S))
TESTS = {
    "testing: three lines": {"passed": 1},
    "testing: a wrong call": {"failed": 1},
    "testing: the marker": {"passed": 3},
    "testing: assertions": {"passed": 1},
    "testing: webhooks": {"passed": 1},
    "testing: the server": {"passed": 1},
}
PROGRAMS = ["testing: without pytest", "testing: record and replay"]


@pytest.fixture(autouse=True)
def _installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The package under the name of its wheel."""
    for name, module in (
        ("flex_chat_lab", helpers),
        ("flex_chat_lab.testing", helpers.testing),
        ("flex_chat_lab.recording", helpers.recording),
    ):
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")


def test_every_block_is_run() -> None:
    assert {*TESTS, *PROGRAMS} == {*BLOCKS}


@pytest.mark.parametrize("name", TESTS)
def test_a_test_of_the_page(pytester: pytest.Pytester, name: str) -> None:
    if "TestClient" in BLOCKS[name]:
        from importlib.util import find_spec

        if find_spec("httpx2") is None:
            (pytest.fail if os.environ.get("CI") else pytest.skip)("needs httpx2")
    pytester.makepyfile(BLOCKS[name])
    done = pytester.runpytest_inprocess("-p", "helpers.testing.plugin")
    done.assert_outcomes(**TESTS[name])
    if name == "testing: a wrong call":
        done.stdout.fnmatch_lines(["E*Twilio refused it with 45205, Flex Flow not found: *"])


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_of_the_page(
    name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    exec(compile(BLOCKS[name], name, "exec"), names)
    if "report" in names:
        assert capsys.readouterr().out == f"{names['report']}\n"
        assert "0 differs" in str(names["report"])
        text = (tmp_path / "chat.yaml").read_text("utf-8")
        assert "friendly_name: Support" in text
        shown = re.findall(r"```text\n(- method.*?)```", PAGE.read_text("utf-8"), re.S)[0]
        assert all(line in text for line in shown.splitlines())
