"""Busy days: how a Flex Flow config fares with so many customers and so many agents."""

from __future__ import annotations

import math
import pickle
import re
from random import Random
from typing import Any

import pytest
from days import (
    BOT,
    add_asking_bot,
    external_flow,
    hands_over_at_once,
    servers_of,
    studio_flow,
    task_flow,
    waits_first_come_first_served,
)
from support import everything

from helpers import connect
from helpers.flows import (
    Arrivals,
    Exactly,
    Exponential,
    FlowFile,
    FlowProblem,
    Interrupted,
    LoadTest,
    Lognormal,
    Shift,
    Staffing,
    load_test,
    rehearse,
)
from helpers.flows.busy_day import progress
from helpers.flows.busy_day.demand import Fixed
from helpers.mock import MockTwilio, Request
from helpers.mock.rest.http import Reply

QUIET = {"progress": False}


def a_day(flow: Any = None, **changes: Any) -> LoadTest:
    """A short day of a few conversations."""
    given = {"agents": 2, "arrivals": Exactly(20), "hours": 2, "handle_time": 300, **changes}
    return load_test(flow or task_flow(), **given, **QUIET)


# -- against queueing theory


def test_customers_wait_as_long_as_first_come_first_served_says() -> None:
    day = a_day(
        agents=servers_of(3),
        arrivals=Exactly(150),
        hours=4,
        handle_time=Lognormal(240),
        patience=None,
    )
    expected = waits_first_come_first_served(day.demand.customers(day.seed), 3)
    assert max(expected) > 60
    assert [each.wait for each in day.conversations] == pytest.approx(expected, abs=1e-4)


# -- the same again


def test_the_same_seed_gives_the_same_figures_and_another_seed_others() -> None:
    first, again, other = (a_day(patience=Exponential(200), seed=seed) for seed in (7, 7, 8))
    assert first == again
    assert first.summary == again.summary
    assert first.conversations != other.conversations


def test_two_configs_and_two_staffings_meet_the_same_customers() -> None:
    days = [a_day(), a_day(studio_flow()), a_day(agents=5)]
    arrived = [[each.arrived for each in day.conversations] for day in days]
    assert arrived[0] == pytest.approx(arrived[1], abs=1e-5)
    assert arrived[0] == pytest.approx(arrived[2], abs=1e-5)


def test_a_result_can_be_pickled() -> None:
    day = a_day(arrivals=Exactly(5))
    assert pickle.loads(pickle.dumps(day)) == day


# -- what happens to customers


def test_without_a_queue_an_agent_answers_after_the_time_to_react() -> None:
    agents = Staffing((Shift(20),), reaction=Fixed(7))
    day = a_day(agents=agents)
    assert {round(each.wait, 3) for each in day.conversations} == {7.0}
    assert (day.summary.answered, day.summary.abandoned, day.summary.service_level) == (20, 0, 1.0)


def test_customers_without_patience_leave_and_cost_an_agents_time() -> None:
    day = a_day(agents=1, patience=60)
    summary = day.summary
    assert summary.answered + summary.abandoned == 20
    assert summary.abandoned > 5
    assert summary.in_vain == summary.abandoned
    left = [each for each in day.conversations if each.outcome == "abandoned"]
    assert {round(each.wait, 3) for each in left} == {60.0}
    assert all(each.accepted and each.left and each.accepted > each.left for each in left)
    assert all(each.wait <= 60.001 for each in day.conversations)


def test_a_task_timeout_spares_agents_those_who_have_left() -> None:
    day = a_day(task_flow(integration_timeout=90), agents=1, patience=60)
    assert day.summary.in_vain < day.summary.abandoned
    assert day.summary.occupancy < a_day(agents=1, patience=60).summary.occupancy


def test_who_waits_longer_than_the_task_may_is_cancelled() -> None:
    summary = a_day(task_flow(integration_timeout=90), agents=1).summary
    assert summary.canceled > 0
    assert summary.answered + summary.canceled == 20
    assert summary.wait_max is not None
    assert summary.wait_max <= 90 + 5


def test_no_customer_is_answered_before_the_shift_begins_or_after_it_ends() -> None:
    agents = Staffing((Shift(3, start=0.5, end=1.0),))
    day = a_day(agents=agents)
    accepted = [each.accepted for each in day.conversations if each.accepted is not None]
    assert min(accepted) >= 1800
    assert max(accepted) <= 3600
    assert day.summary.waiting > 0
    assert day.summary.answered + day.summary.waiting == 20


def test_agents_with_room_for_more_chats_answer_sooner() -> None:
    alone, double = (a_day(agents=Staffing((Shift(1),), at_once=chats)).summary for chats in (1, 3))
    assert alone.wait_mean is not None
    assert double.wait_mean is not None
    assert double.wait_mean < alone.wait_mean / 2
    assert double.occupancy == pytest.approx(alone.occupancy / 3, rel=0.25)


def test_agents_who_are_too_slow_miss_offers_and_come_back() -> None:
    slow = Staffing((Shift(2),), reaction=LongThenShort(), back_after=30)
    day = a_day(agents=slow, arrivals=Exactly(4))
    assert day.summary.missed == 4
    assert day.summary.answered == 4
    assert all(each.wait > 120 for each in day.conversations)


class LongThenShort:
    """Each customer's first offer is not answered in time, the next one is."""

    def __init__(self) -> None:
        self.met: set[int] = set()

    def draw(self, random: Random, number: int) -> float:
        first = number not in self.met
        self.met.add(number)
        return 500.0 if first else 2.0


def test_workers_whom_no_queue_matches_answer_no_customer() -> None:
    account = connect()
    workspace = account.client.taskrouter.v1.workspaces(
        account.client.taskrouter.v1.workspaces.list()[0].sid
    )
    queue = workspace.task_queues.list()[0]
    workspace.task_queues(queue.sid).update(target_workers='skill == "chat"')
    day = a_day(account=account)
    skilled = a_day(account=account, agents=Staffing((Shift(2),), attributes={"skill": "chat"}))
    assert (day.summary.answered, day.summary.waiting) == (0, 20)
    assert skilled.summary.answered == 20


# -- the other handlers


def test_a_studio_flow_hands_every_customer_over() -> None:
    day = a_day(studio_flow(), agents=20)
    assert day.summary.answered == day.summary.tasks == 20


def test_an_external_flow_makes_no_tasks_and_says_so() -> None:
    day = a_day(external_flow(), patience=300, arrivals=Exactly(6))
    summary = day.summary
    assert (summary.tasks, summary.answered, summary.abandoned) == (0, 0, 6)
    assert summary.wait_mean is None
    assert "makes no tasks by itself" in repr(day)


def test_the_time_a_bot_takes_counts_as_waiting() -> None:
    account = connect()
    bot = add_asking_bot(account, timeout=90)
    given = {"agents": Staffing((Shift(20),), reaction=Fixed(5)), "account": account}
    silent = a_day(bot, **given)
    answering = a_day(bot, says=("Hello", "An order"), answers_after=20, **given)
    assert {round(each.wait, 2) for each in silent.conversations} == {95.0}
    assert {round(each.wait, 2) for each in answering.conversations} == {25.0}
    assert a_day(bot, **given) == silent


def test_an_external_flow_with_a_server_that_makes_tasks_is_answered() -> None:
    day = a_day(external_flow(), agents=20, servers={BOT: hands_over_at_once})
    assert day.summary.answered == day.summary.tasks == 20
    assert {round(each.wait, 2) for each in day.conversations} == {5.0}


# -- what is shown


def test_a_day_is_shown_as_tables_text_html_and_a_picture() -> None:
    day = a_day(task_flow("Sales <b>"), arrivals=[6, 0, 8], handle_time=600, patience=100)
    waits, hours = day.waits, day.table()
    assert list(waits.columns)[:3] == ["number", "arrived", "queued"]
    assert len(waits) == len(day.conversations) == hours["offered"].sum()
    assert hours["offered"].tolist()[1] == 0
    assert "answered" in repr(day)
    assert "<b>" not in day._repr_html_().replace("<b>Sales &lt;b&gt;", "")
    picture = day.plot()
    assert picture._repr_png_().startswith(b"\x89PNG")
    assert [axes.get_ylabel() for axes in picture.axes] == [
        "wait (s)",
        "tasks waiting",
        "occupancy (%)",
    ]


def test_the_queue_is_counted_from_one_moment_to_the_next() -> None:
    day = a_day(agents=1)
    moments = [at for at, _ in day.queue]
    steps = {b - a for (_, a), (_, b) in zip(day.queue, day.queue[1:], strict=False)}
    assert moments == sorted(moments)
    assert steps == {1, -1}
    assert day.queue[-1][1] == 0
    assert day.summary.queue_max == max(length for _, length in day.queue)


def test_progress_is_reported_and_reaches_the_end() -> None:
    reports: list[tuple[float, float]] = []

    def note(done: float, total: float) -> None:
        reports.append((done, total))

    load_test(task_flow(), agents=2, arrivals=Exactly(20), hours=2, progress=note)
    assert {total for _, total in reports} == {7200}
    assert [done for done, _ in reports] == sorted(done for done, _ in reports)


def test_without_a_terminal_nothing_is_written(capfd: pytest.CaptureFixture[str]) -> None:
    load_test(task_flow(), agents=2, arrivals=Exactly(2), hours=1)
    assert capfd.readouterr() == ("", "")


def test_a_day_stopped_by_hand_keeps_what_was_simulated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "EVERY", 0.0)  # at the same customer on any machine

    def stop(done: float, total: float) -> None:
        if done > total / 4:
            raise KeyboardInterrupt

    about: dict[str, Any] = {"agents": 2, "engine": "fast"}
    with pytest.raises(Interrupted, match="of the simulated day") as caught:
        load_test(task_flow(), arrivals=Exactly(200), hours=8, progress=stop, **about)
    so_far = caught.value.so_far
    assert 0 < len(so_far.conversations) < 200
    assert so_far.closes < 8 * 3600
    assert "broken off at" in repr(so_far)


# -- what makes no sense


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"agents": 0}, "at least one agent"),
        ({"agents": "ten"}, "give a number, or Staffing"),
        ({"arrivals": 0}, "at least 1"),
        ({"arrivals": -3}, "at least 1"),
        ({"arrivals": True}, "a number of customers"),
        ({"arrivals": [0.0, 0.0]}, "no customer would come"),
        ({"arrivals": [-1.0]}, "0 or more"),
        ({"arrivals": "many"}, "a number of customers"),
        ({"hours": 0}, "1 to 168 hours"),
        ({"handle_time": -5}, "0 or more"),
        ({"handle_time": "long"}, "give seconds"),
        ({"handle_time": math.inf}, "0 or more"),
        ({"patience": []}, "at least one number"),
        (
            {"patience": Lognormal(300, 0.5), "handle_time": [1, -1]},
            "handle_time: a trace's seconds",
        ),
        ({"handle_time": 1e10}, "handle_time: seconds must be at most 1,000,000,000"),
        ({"hours": 1.5}, r"hours=1\.5: a day has 1 to 168 hours, a whole number"),
        ({"arrivals": [1, "a"]}, "a number of customers"),
        ({"arrivals": [1e9]}, "at most 1,000,000 customers a day"),
        ({"agents": 10**8}, "at most 10,000 agents; got 100,000,000"),
        ({"account": "live"}, "account='live': give an account, as `connect` returns it"),
        ({"servers": ["https://bot.example.com"]}, "give a dict that has a function for each URL"),
        ({"says": ("x" * 70_000,)}, "such a day cannot be played: POST .*Messages is refused"),
        ({"says": [5]}, "say something"),
        ({"says": ()}, "say something"),
        ({"says": "Hi"}, r"a tuple of messages, such as \('Hi',\)"),
    ],
)
def test_what_makes_no_sense_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        a_day(**changes)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Shift(1, math.nan), "got nan to None"),
        (lambda: Shift(1, 0, math.inf), "a shift ends after it starts; got 0 to inf"),
        (lambda: Shift(2, 22, 6), "on past midnight: 22 to 30"),
        (lambda: Shift(1.5), "at least one agent"),  # type: ignore[arg-type]
        (lambda: Staffing((2,)), "give a tuple of Shift"),  # type: ignore[arg-type]
        (lambda: Staffing((Shift(1),), at_once=1.5), "at least one chat"),  # type: ignore[arg-type]
        (lambda: Staffing((Shift(1),), at_once=True), "at least one chat"),
        (lambda: Shift(True), "at least one agent"),
        (lambda: Shift(1, True), "ends after it starts"),
        (lambda: Staffing((Shift(1),), notices=-1), "notices=-1: give 0 or more"),
        (lambda: Staffing((Shift(1),), back_after=math.nan), "back_after=nan: give 0 or more"),
        (lambda: Staffing((Shift(1),), attributes={"a": math.nan}), "a dict as JSON has them"),
        (lambda: Lognormal(300, 1e200), "spread must be at most 1,000"),
    ],
)
def test_agents_and_durations_that_make_no_sense_are_refused(make: Any, message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        make()


def test_a_file_where_one_flow_is_wanted_is_refused_with_how_to_take_one() -> None:
    with pytest.raises(TypeError, match=r"not str; take one from a file by its name: load\("):
        a_day("flows.yaml")
    with pytest.raises(TypeError, match="not FlowFile; take one"):
        rehearse(FlowFile((task_flow(),)), "answered")


def test_a_flow_that_names_what_is_not_there_is_refused() -> None:
    with pytest.raises(FlowProblem, match="no workflow 'Nowhere'"):
        a_day(task_flow(integration_workflow="Nowhere"))


def test_a_customer_takes_ten_requests_and_only_what_is_read_is_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls: list[tuple[str, str, int, bool]] = []
    handle = MockTwilio.handle

    def noted(mock: MockTwilio, request: Request) -> Reply:
        reply = handle(mock, request)
        name = re.sub(r"(?<=[A-Z]{2})[0-9a-f]{32}", "", request.path.rsplit("/", 1)[-1])
        calls.append((request.method, name, reply.status, reply.json is not None))
        return reply

    monkeypatch.setattr(MockTwilio, "handle", noted)
    a_day(arrivals=Exactly(1), agents=servers_of(1), engine="mock")
    assert calls[-10:] == [
        ("POST", "Channels", 201, True),
        ("POST", "Messages", 201, False),
        ("POST", "WR", 200, False),
        ("POST", "Members", 201, False),
        ("POST", "Messages", 201, False),
        ("POST", "WT", 200, False),
        ("GET", "CH", 200, True),
        ("POST", "CH", 200, False),
        ("POST", "WT", 200, False),
        ("DELETE", "agent-1", 204, False),
    ]


def test_the_account_is_not_touched() -> None:
    account = connect()
    before = everything(account), account.mock.journal.position
    a_day(account=account, arrivals=Exactly(3))
    assert (everything(account), account.mock.journal.position) == before


def test_arrivals_can_be_spread_over_hours_unevenly() -> None:
    day = a_day(arrivals=Arrivals((1, 0, 3), exactly=40))
    hours = day.table()["offered"].tolist()
    assert sum(hours) == 40
    assert hours[1] == 0
    assert hours[2] > hours[0]
