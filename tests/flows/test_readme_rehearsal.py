"""The README's rehearsal and its script, played as they are written."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from helpers.flows import rehearse

README = (Path(__file__).resolve().parent.parent.parent / "README.md").read_text(encoding="utf-8")


def snippet(name: str) -> str:
    found = re.search(rf"<!-- {name} -->\n```\w+\n(.*?)```", README, re.S)
    assert found, f"the README has no snippet {name}"
    return found[1]


@pytest.mark.long
def test_the_rehearsal_of_the_readme_shows_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "flows.yaml").write_text(snippet("flow file"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    exec(compile(snippet("rehearsal"), "README.md", "exec"), names)
    assert names["played"].outcome.channels == 2
    compared = names["flows"].compare(names["by_task"], names["long_lived"], "next_day")
    assert compared.outcomes[0] == ("chats", "2", "1")


def test_the_script_of_the_readme_plays_as_it_expects(tmp_path: Path) -> None:
    (tmp_path / "flows.yaml").write_text(snippet("flow file"), encoding="utf-8")
    from helpers.flows import load

    flow = load(tmp_path / "flows.yaml")["Custom chat"]
    played = rehearse(flow, snippet("script"))
    assert (played.script.name, played.script.agents) == ("Nobody hurries", 1)
    assert (played.outcome.unmet, played.outcome.misfits) == ((), ())
    assert played.outcome.answered_after == 86_520
