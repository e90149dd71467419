"""The README's busy day, simulated as it is written."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

README = (Path(__file__).resolve().parent.parent.parent / "README.md").read_text(encoding="utf-8")


def snippet(name: str) -> str:
    found = re.search(rf"<!-- {name} -->\n```\w+\n(.*?)```", README, re.S)
    assert found, f"the README has no snippet {name}"
    return found[1]


@pytest.mark.long
def test_the_busy_day_of_the_readme_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "flows.yaml").write_text(snippet("flow file"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    exec(compile(snippet("busy day"), "README.md", "exec"), names)
    day = names["day"]
    assert len(day.conversations) == len(day.waits) == 200
    assert day.summary.answered + day.summary.abandoned == 200
    assert day.summary.answered > 150
