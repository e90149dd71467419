"""The guide's busy day, simulated as it is written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from snippets import snippet

from helpers.flows import load, read_day


@pytest.mark.long
def test_the_busy_day_of_the_guide_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "flows.yaml").write_text(snippet("flow file"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    exec(compile(snippet("busy day"), "guide", "exec"), names)
    day = names["day"]
    assert 150 < len(day.conversations) == len(day.waits) < 250
    assert day.summary.answered + day.summary.abandoned == day.summary.offered
    assert day.summary.answered > 150
    exec(compile(snippet("classes and groups"), "guide", "exec"), names)
    assert names["day"].by_class.keys() == {"sales", "service"}
    exec(compile(snippet("staffing"), "guide", "exec"), names)
    assert all(each.service_level >= 0.8 for each in names["plan"].intervals)


def test_the_day_of_the_guide_that_is_in_a_file_is_read_and_simulated() -> None:
    day = read_day(snippet("day file"))
    found = day.load_test(load(snippet("flow file"))["Custom chat"], engine="fast")
    assert found.by_class.keys() == {"sales", "service"}
    assert [group.at_once for group in found.staffing.groups] == [1, 2]
    assert day.arguments["seeds"] == 40
