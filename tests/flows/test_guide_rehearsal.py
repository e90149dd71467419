"""The guide's rehearsal and its script, played as they are written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from snippets import snippet

from helpers.flows import rehearse


@pytest.mark.long
def test_the_rehearsal_of_the_guide_shows_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "flows.yaml").write_text(snippet("flow file"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    exec(compile(snippet("rehearsal"), "guide", "exec"), names)
    assert names["played"].outcome.channels == 2
    compared = names["flows"].compare(names["by_task"], names["long_lived"], "next_day")
    assert compared.outcomes[0] == ("chats", "2", "1")


def test_the_script_of_the_guide_plays_as_it_expects(tmp_path: Path) -> None:
    (tmp_path / "flows.yaml").write_text(snippet("flow file"), encoding="utf-8")
    from helpers.flows import load

    flow = load(tmp_path / "flows.yaml")["Custom chat"]
    played = rehearse(flow, snippet("script"))
    assert (played.script.name, played.script.agents) == ("Nobody hurries", 1)
    assert (played.outcome.unmet, played.outcome.misfits) == ((), ())
    assert played.outcome.answered_after == 86_520
