"""The README's flow file and its commands, run as they are written."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from helpers import Account
from helpers.flows import command

README = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")


def snippet(name: str) -> str:
    """The block behind a comment of this name."""
    found = re.search(rf"<!-- {name} -->\n```\w+\n(.*?)```", README, re.DOTALL)
    assert found, f"the README has no {name}"
    return found[1]


def test_the_readmes_commands_end_well_with_its_file(
    account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, client: Any
) -> None:
    account.mode = "shared"
    monkeypatch.setattr(command, "connect", lambda _: account)
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
