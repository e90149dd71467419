"""A hand-over without a chat that the agent could answer in: found before, and said afterwards."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from rehearsing import STUDIO, changed

from helpers import Account, connect
from helpers.flows import Exactly, check, command, compare, load_test, rehearse
from helpers.flows.file.flow_file import FlowFile

ASTRAY = changed(STUDIO, flow="Astray")
ATTRIBUTES = {
    "of the conversation": '{"channelSid": "{{trigger.conversation.ChannelSid}}"}',
    "none": '{"name": "Jane"}',
    "an unknown chat": json.dumps({"channelSid": "CH" + "0" * 32}),
    "a number": '{"channelSid": 5}',
}
SCRIPT = ["customer opens", "customer says: Hello", "agent accepts", "agent says: Hi", "wait: 1m"]


@pytest.fixture(params=ATTRIBUTES)
def astray(request: pytest.FixtureRequest) -> Account:
    """An account whose flow hands over with attributes that name no chat."""
    account = connect()
    flow = account.client.studio.v2.flows.list()[0].fetch()
    made: Any = json.loads(json.dumps(flow.definition))
    for state in made["states"]:
        if state["type"] == "send-to-flex":
            state["properties"]["attributes"] = ATTRIBUTES[request.param]
    account.client.studio.v2.flows.create("Astray", "published", definition=made)
    return account


def test_a_check_says_that_the_agent_gets_no_chat(astray: Account) -> None:
    found = [one for one in check(FlowFile([ASTRAY]), astray) if one.id == "studio-astray"]
    assert len(found) == 1
    assert "attributes" in found[0].reason


def test_a_rehearsal_says_that_the_agent_had_a_task_but_no_chat(astray: Account) -> None:
    played = rehearse(ASTRAY, SCRIPT, account=astray)
    [misfit] = played.outcome.misfits
    assert misfit.startswith("agent says: Hi: the agent had a task but no chat")
    assert played.outcome.tasks == ("assigned",)
    [problem] = [row for row in played.rows if row.who == "Studio" and row.kind == "state"]
    assert problem.detail.startswith("the agent gets a task but no chat")


def test_a_script_that_goes_on_after_it_is_played_to_its_end(astray: Account) -> None:
    played = rehearse(ASTRAY, "answered", account=astray)
    assert len(played.outcome.misfits) == 2
    assert played.outcome.tasks == ("completed",)


def test_a_comparison_shows_which_config_leaves_the_agent_without_a_chat(astray: Account) -> None:
    both = compare(STUDIO, ASTRAY, SCRIPT, account=astray)
    assert both.a.outcome.misfits == ()
    assert "no chat" in repr(both)


def test_a_day_says_how_many_tasks_had_no_chat(astray: Account) -> None:
    day = load_test(ASTRAY, agents=1, arrivals=Exactly(3), hours=1, account=astray, progress=False)
    assert day.without_chat == 3
    assert "3 tasks name no customer's chat" in repr(day)


def test_the_command_says_so_too(
    astray: Account, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: Any
) -> None:
    monkeypatch.setattr(command.arguments, "connect", lambda *_, **__: astray)
    file, script = tmp_path / "flows.yaml", tmp_path / "script.yaml"
    FlowFile([ASTRAY]).write(file)
    script.write_text(yaml.safe_dump({"name": "Short", "steps": SCRIPT}))
    code = command.main(["rehearse", str(file), "--script", str(script), "--to", "http://x"])
    out, err = capsys.readouterr()
    assert (code, err) == (1, "")
    assert "the agent had a task but no chat" in out
