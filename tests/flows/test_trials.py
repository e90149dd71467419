"""Whole files that are rehearsed before an account has anything of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from rehearsing import TASK
from test_honest_rehearsals import bot

from helpers import Account, connect
from helpers.flows import FlowProblem, command, compare, load, rehearse, trial

FILE = """\
workspaces:
  Flex Task Assignment:
    queues:
      Sales: {target_workers: "skill == 'sales'"}
      Rest: {target_workers: "1==1"}
    workflows:
      By topic:
        filters:
          - filter_friendly_name: Sales
            expression: topic == 'sales'
            targets: [{queue: Sales, timeout: 60}, {queue: Rest, priority: 3}]
        default_filter: {queue: Rest}
    workers:
      sally: {attributes: {skill: sales}}
studio_flows:
  Menu: {definition: menu.json}
custom_chats:
  - friendly_name: Shop
    creation: {type: studio, studio_flow: Menu}
"""
SCRIPT = """\
agents: [alice]
replies: [sales, Jane]
steps:
  - customer opens
  - customer says: Hello
  - expect: {queue: Sales, priority: 0, variables: {topic: sales}}
  - wait: 1m
  - expect: {queue: Rest, priority: 3}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the file, its Studio flow and a script."""
    monkeypatch.chdir(tmp_path)
    menu = json.dumps(bot())
    menu = menu.replace("WW" + "f" * 32, "ref:workflows/By topic")
    menu = menu.replace("TC" + "f" * 32, "ref:task_channels/chat")
    (tmp_path / "menu.json").write_text(menu, encoding="utf-8")
    (tmp_path / "flows.yaml").write_text(FILE, encoding="utf-8")
    (tmp_path / "script.yaml").write_text(SCRIPT, encoding="utf-8")
    return tmp_path


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("shared", [False, True])
def test_a_whole_file_is_played_and_the_account_learns_nothing_of_it(
    shared: bool, account: Account
) -> None:
    file = load("flows.yaml")
    assert account.mock is not None
    with account.mock.serve() as served:
        given = connect(str(served.url)) if shared else account
        played = rehearse(file["Shop"], "script.yaml", account=trial(file, given))
    assert (played.outcome.misfits, played.outcome.unmet) == ((), ())
    assert all("alice" in each or "clock" in each for each in played.assumptions)
    assert [one.friendly_name for one in account.client.studio.v2.flows.list()] == ["Webchat Flow"]
    workspace = account.client.taskrouter.v1.workspaces.list()[0]
    assert [one.friendly_name for one in workspace.task_queues.list()] == ["Everyone"]


@pytest.mark.usefixtures("folder")
def test_a_flow_of_the_account_is_played_with_what_the_file_has() -> None:
    found = compare(TASK, TASK, "answered", account=trial("flows.yaml"))
    assert found.is_same
    with pytest.raises(FlowProblem, match="the account has no Studio flow 'Menu'"):
        rehearse(load("flows.yaml")["Shop"], "script.yaml")


def test_commands_play_whole_files(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def ran(*arguments: str) -> tuple[int, str]:
        return command.main(arguments), capsys.readouterr().out

    assert ran("rehearse", "flows.yaml", "--script", "script.yaml", "--format", "github") == (
        0,
        "Played: Shop, script.yaml\n",
    )
    other: Any = (folder / "menu.json").read_text("utf-8").replace("Your name?", "And you are?")
    (folder / "other.json").write_text(other, encoding="utf-8")
    (folder / "other.yaml").write_text(FILE.replace("menu.json", "other.json"), encoding="utf-8")
    code, out = ran("compare", "flows.yaml", "other.yaml", "script.yaml")
    assert code == 0
    assert out.endswith("the same comes of both\n")
    drafts = ("compare", "menu.json", "other.json", "script.yaml", "--way", "flows.yaml")
    code, out = ran(*drafts)
    assert (code, "Shop with menu (studio)" in out) == (0, True)
