"""The start of a rehearsal: as a script says it, whatever a machine's clock and zone."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from rehearsing import STUDIO, TASK, changed, described

from helpers import Account, connect
from helpers.flows import SCRIPTS, Rehearsal, Script, ScriptProblem, rehearse
from helpers.flows.accounts.copying import START, Origin, copy_of
from helpers.flows.busy_day.sandbox import MIDNIGHT
from helpers.flows.rehearsal.script import script_of

PACIFIC = "America/Los_Angeles"
STEPS = ["customer opens", "customer says: Are you open?"]


def starting(at: str = "", zone: str = "", steps: list[str] = STEPS) -> Script:
    return replace(script_of(steps), at=at, zone=zone)


def start(at: str, zone: str = "", account: Account | None = None) -> str:
    """The time at which a rehearsal begins, in UTC."""
    return rehearse(TASK, starting(at, zone, ["customer opens"]), account=account).rows[0].at


@pytest.fixture(
    params=[("UTC", 1.6e9), ("Asia/Tokyo", 1.79e9), ("America/St_Johns", 4.1e9), (None, 0.0)],
    ids=["UTC", "Tokyo", "St John's", "this one"],
)
def machine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine of some zone, with a clock that is years off."""
    zone, clock = request.param
    if zone:
        real, began = time.time, time.time()
        monkeypatch.setenv("TZ", zone)
        monkeypatch.setattr(time, "time", lambda: clock + real() - began)
        time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


# -- what may be written


@pytest.mark.parametrize(
    ("at", "zone", "begins"),
    [
        ("Mon 10:00", "", "2026-01-05T10:00:00Z"),
        ("monday 08:30", "", "2026-01-05T08:30:00Z"),
        ("Tues. 9:05:10", "", "2026-01-06T09:05:10Z"),
        ("Sun, 22:00", "UTC", "2026-01-11T22:00:00Z"),
        ("Mon  10:00", "Europe/Berlin", "2026-01-05T09:00:00Z"),
        ("Mon 10:00", "Asia/Tokyo", "2026-01-05T01:00:00Z"),
        ("Mon 22:00", PACIFIC, "2026-01-06T06:00:00Z"),
        ("2026-07-01 10:00", "", "2026-07-01T10:00:00Z"),
        ("2026-07-01T10:00:30", "Europe/Berlin", "2026-07-01T08:00:30Z"),
        ("2026-07-01T10:00Z", "", "2026-07-01T10:00:00Z"),
        ("2026-07-01T10:00-07:00", "", "2026-07-01T17:00:00Z"),
        ("1999-12-31 23:59", "", "1999-12-31T23:59:00Z"),
        ("2999-12-31 23:59", "", "2999-12-31T23:59:00Z"),
    ],
)
def test_a_script_begins_at_its_start(at: str, zone: str, begins: str) -> None:
    assert start(at, zone) == begins


YAML = "name: x\nagents: 1\n{}\nsteps:\n  - customer opens\n"


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ("at: soon", ":3: `at`: 'soon' is no start; write a weekday and a time, or a date and a"),
        ("at: Mon", ":3: `at`: 'Mon' is no start"),
        ("at: 10:00", ":3: `at`: '10:00' is no start"),
        ("at: Mon 24:00", ":3: `at`: 'Mon 24:00' is no start"),
        ("at: Mon 10:60", ":3: `at`: 'Mon 10:60' is no start"),
        ("at: Mon 10am", ":3: `at`: 'Mon 10am' is no start"),
        ("at: Mondy 10:00", ":3: `at`: 'Mondy 10:00' is no start"),
        ("at: 2026-01-05", ":3: `at`: '2026-01-05' is no start"),
        ("at: 2026-02-30 10:00", ":3: `at`: '2026-02-30 10:00' is no start"),
        ("at: 0026-02-03 10:00", ":3: `at`: '0026-02-03 10:00' is no start"),
        ("at:", ":3: `at`: '' is no start"),
        ("at: [Mon]", ":3: `at`: is text"),
        ("zone: UTC", ":3: `at`: '' is no start"),
        ("at: Mon 10:00\nzone: Mars/Base", ":4: `zone`: there is no time zone 'Mars/Base'; give"),
        ("at: Mon 10:00\nzone:", ":4: `zone`: there is no time zone ''; give a name such as"),
        ("at: 2026-01-05T10:00Z\nzone: UTC", ":3: `at`: '2026-01-05T10:00Z' names its offset;"),
        (
            "zone: Europe/Berlin\nat: 2026-03-29 02:30",
            ":4: `at`: '2026-03-29 02:30' does not exist in Europe/Berlin: the clocks go forward",
        ),
        ("at: Mon 10:00\nat: Mon 11:00", ":4: `at`: is given twice"),
    ],
)
def test_what_is_no_start_is_refused_with_its_line(
    tmp_path: Path, lines: str, problem: str
) -> None:
    file = tmp_path / "night.yaml"
    file.write_text(YAML.format(lines), encoding="utf-8")
    with pytest.raises(ScriptProblem) as refused:
        script_of(file)
    assert str(refused.value.problems[0]).startswith(f"{file}{problem}")


def test_a_start_in_python_is_refused_too() -> None:
    with pytest.raises(ScriptProblem, match="'noon' is no start; write a weekday"):
        starting("noon")
    with pytest.raises(ScriptProblem, match="there is no time zone 'Mars'"):
        starting("Mon 10:00", "Mars")


def test_a_weekday_whose_time_the_clocks_jump_over_is_that_of_a_week_later(
    account: Account,
) -> None:
    account.clock.freeze(datetime(2026, 3, 28, tzinfo=UTC))
    assert start("Sun 02:30", "Europe/Berlin", account) == "2026-04-05T00:30:00Z"


def test_the_start_of_a_script_is_shown(account: Account) -> None:
    script = script_of(YAML.format("at: Mon 10:00\nzone: Europe/Berlin"))
    assert str(script).splitlines() == ["x", "  at: Mon 10:00, Europe/Berlin", "  customer opens"]
    first, second, *_ = rehearse(TASK, script).rows
    assert (str(first), first.kind, first.seconds) == (
        "script: at: Mon 10:00, Europe/Berlin (Mon 2026-01-05 10:00 CET)",
        "step",
        0,
    )
    assert second.what == "customer opens"
    assert str(script_of(STEPS)).splitlines()[1:] == [f"  {step}" for step in STEPS]
    assert {each.start for each in SCRIPTS.values()} == {None}


# -- one rule for every account


@pytest.mark.usefixtures("machine")
def test_a_rehearsal_begins_at_one_time_in_every_account_whose_clock_runs() -> None:
    accounts = None, connect()
    assert {start("", account=each) for each in accounts} == {"2026-01-05T09:00:00Z"}
    assert {start("Fri 18:00", account=each) for each in accounts} == {"2026-01-09T18:00:00Z"}
    assert copy_of(connect(), [])[0].clock.now() == START.timestamp()


def test_in_an_account_whose_clock_stands_still_it_begins_then(account: Account) -> None:
    account.clock.freeze(datetime(2033, 5, 18, 3, 33, tzinfo=UTC))  # a Wednesday
    assert start("", account=account) == "2033-05-18T03:33:00Z"
    assert start("Wed 01:00", account=account) == "2033-05-18T01:00:00Z"
    assert start("Mon 10:00", account=account) == "2033-05-23T10:00:00Z"
    assert start("2026-01-05 10:00", account=account) == "2026-01-05T10:00:00Z"


@pytest.mark.parametrize("at", ["", "Thu 22:00", "2025-12-24 18:00"])
def test_what_the_account_holds_is_as_old_and_due_as_soon_as_there(
    account: Account, make_flow: Callable[..., Any], task_settings: Any, at: str
) -> None:
    workspace = account.client.taskrouter.v1.workspaces.list()[0]
    available = workspace.activities.list(friendly_name="Available")[0].sid
    workspace.workers.list(friendly_name="alice")[0].update(activity_sid=available)
    flow = make_flow(friendly_name="Another", **task_settings)
    account.client.flex_api.v1.channel.create(flow.sid, "user-7", "Tom", "Chat with Tom")
    account.clock.advance(100)  # of the 120 seconds that she has
    script = replace(starting(at, steps=["wait: 5s", "wait: 1m"]), agents="as they are")
    played = rehearse(TASK, script, account=account)
    [(second, what)] = [(each.seconds, each.what) for each in played.rows if "time" in each.what]
    assert what == "offer timed out for alice"
    assert 15 <= second <= 20


def test_a_day_in_a_copy_begins_at_midnight_of_the_same_day(account: Account) -> None:
    assert Origin.of(copy_of(account, [])[0]).copy().clock.now() == MIDNIGHT.timestamp()
    account.clock.freeze(datetime(2033, 5, 18, 3, 33, tzinfo=UTC))
    copy = Origin.of(copy_of(account, [])[0]).copy()
    assert copy.clock.now() == datetime(2033, 5, 18, tzinfo=UTC).timestamp()


# -- an office with hours

IS_OPEN = (
    "taskrouter.dayOfWeek IN ['Mon', 'Tue'] AND taskrouter.currentTime >= 1700"
    " AND taskrouter.currentTime < 2359"
)


def _split(input_: str, *conditions: tuple[str, str]) -> dict[str, Any]:
    return {
        "name": "hours",
        "type": "split-based-on",
        "transitions": [
            {"event": "noMatch", "next": "closed"},
            {
                "event": "match",
                "next": "open",
                "conditions": [
                    {"friendly_name": kind, "type": kind, "arguments": [input_], "value": value}
                    for kind, value in conditions
                ],
            },
        ],
        "properties": {"input": input_},
    }


def _say(name: str, body: str, then: str) -> dict[str, Any]:
    return {
        "name": name,
        "type": "send-message",
        "transitions": [{"event": "sent", "next": then}, {"event": "failed"}],
        "properties": {"from": "Bot", "body": body},
    }


SPLITS = {
    "by time": _split(
        "{{ 'now' | date: '%H:%M' }}", ("is_after_time", "09:00"), ("is_before_time", "17:00")
    ),
    "by hour": _split("{{ 'now' | date: '%H' }}", ("greater_than", "8"), ("less_than", "17")),
}


def office(split: dict[str, Any]) -> Account:
    """An account with a bot that has office hours, and a workflow that has them too."""
    account = connect()
    workspace = account.client.taskrouter.v1.workspaces.list()[0]
    day, night = (
        workspace.task_queues.list()[0],
        workspace.task_queues.create("Night", target_workers="1==2"),
    )
    routing = {
        "filters": [{"expression": IS_OPEN, "targets": [{"queue": day.sid}]}],
        "default_filter": {"queue": night.sid},
    }
    workflow = workspace.workflows.create("Hours", json.dumps({"task_routing": routing}))
    hand_over = {
        "name": "agent",
        "type": "send-to-flex",
        "transitions": [{"event": "callComplete"}, {"event": "failedToEnqueue"}],
        "properties": {
            "workflow": workflow.sid,
            "channel": "chat",
            "attributes": '{"channelSid": "{{trigger.message.ChannelSid}}"}',
        },
    }
    trigger = {
        "name": "Trigger",
        "type": "trigger",
        "transitions": [{"event": "incomingMessage", "next": "hours"}],
        "properties": {},
    }
    texts = (_say("open", "We are open", "agent"), _say("closed", "We are closed", "agent"))
    states = [trigger, split, *texts, hand_over]
    account.client.studio.v2.flows.create(
        "Office", "published", {"initial_state": "Trigger", "states": states, "description": "-"}
    )
    return account


def said(played: Rehearsal) -> list[str]:
    return [line for line in described(played, "message") if not line.startswith("customer")]


@pytest.mark.usefixtures("machine")
@pytest.mark.parametrize("split", SPLITS.values(), ids=SPLITS)
def test_an_office_hours_bot_says_one_thing_at_ten_and_another_at_night(
    split: dict[str, Any],
) -> None:
    account, flow = office(split), changed(STUDIO, flow="Office")
    heard = {}
    for at in ("Mon 10:00", "Mon 22:00"):
        script = starting(at, PACIFIC, [*STEPS, "agent accepts", "agent says: Hello"])
        played = rehearse(flow, script, account=account)
        heard[at] = said(played), played.outcome.misfits
    assert heard == {
        "Mon 10:00": (["Studio: We are open", "agent: Hello"], ()),  # 18:00 UTC
        "Mon 22:00": (
            ["Studio: We are closed"],  # Tuesday 06:00 UTC
            (
                "agent accepts: the task waits and no agent is offered it, so there is nothing to"
                " accept",
                "agent says: Hello: no agent has the chat",
            ),
        ),
    }


def test_studio_goes_by_its_own_zone_whatever_the_scripts() -> None:
    account = office(SPLITS["by time"])
    flow, script = changed(STUDIO, flow="Office"), starting("Mon 10:00", "Europe/Berlin")
    assert said(rehearse(flow, script, account=account)) == ["Studio: We are closed"]
    assert account.mock is not None
    account.mock.studio.time_zone = "Europe/Berlin"
    assert said(rehearse(flow, script, account=account)) == ["Studio: We are open"]


def test_problems_of_the_account_before_are_none_of_the_rehearsal() -> None:
    account = office(SPLITS["by time"])
    client, mock = account.client, account.mock
    assert mock is not None
    trigger = {
        "name": "Trigger",
        "type": "trigger",
        "transitions": [{"event": "incomingRequest", "next": "text"}],
        "properties": {},
    }
    states = [trigger, {**_say("text", "An SMS", ""), "transitions": []}]
    made = {"initial_state": "Trigger", "states": states, "description": "-"}
    flow = client.studio.v2.flows.create("Texting", "published", made)
    flow.executions.create(to="+15550001", from_="+15550002")
    assert mock.studio.settle()
    assert len(mock.studio.errors) == 1
    played = rehearse(changed(STUDIO, flow="Office"), starting(), account=account)
    assert not [row for row in played.rows if "problem" in row.what]
