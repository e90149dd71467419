"""Classes of customers, groups of agents, how figures are counted, and staffing for a target."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest
from days import erlang_c, servers_of, studio_flow, task_flow
from test_fast_engine import KINDS, centre

from helpers.flows import (
    Arrivals,
    CustomerClass,
    Exactly,
    Exponential,
    LoadTest,
    Lognormal,
    Shift,
    Staffing,
    load_test,
    staff,
    sweep,
)
from helpers.flows.busy_day import sizing
from helpers.flows.busy_day.demand import Fixed, demand_of
from helpers.flows.busy_day.metrics import ContactRecord, abandonment, service_level
from helpers.flows.busy_day.sizing import shifts_of

QUIET: dict[str, Any] = {"progress": False, "engine": "fast"}


def skilled(kind: str, agents: int, **changes: Any) -> Staffing:
    return Staffing((Shift(agents),), attributes={"skills": [kind]}, **changes)


def of(kind: str, *per_hour: float, **changes: Any) -> CustomerClass:
    about = {"handle_time": Fixed(200), "attributes": {"kind": kind}, **changes}
    return CustomerClass(kind, per_hour, **about)


def a_day(routing: str, **changes: Any) -> LoadTest:
    account, flow, _ = centre(routing)
    about = {"agents": [skilled("sales", 2), skilled("service", 1)], "account": account, **changes}
    return load_test(flow, **about, **QUIET)


def agents_of(day: LoadTest, kind: str) -> set[str | None]:
    return {each.agent for each in day.conversations if each.kind == kind}


# -- classes and groups


def test_each_group_answers_the_customers_whose_skill_it_has() -> None:
    day = a_day("skills", customers=[of("sales", 20), of("service", 10)])
    assert agents_of(day, "sales") == {"agent-1", "agent-2"}
    assert agents_of(day, "service") == {"agent-3"}
    assert sum(one.offered for one in day.by_class.values()) == day.summary.offered
    assert day.staffing.label == "2 + 1"


def test_customers_overflow_to_another_group_once_their_step_times_out() -> None:
    day = a_day("overflow", customers=[of("sales", 5), of("service", 60)])
    assert "agent-3" in agents_of(day, "service")
    helped = [each for each in day.conversations if each.kind == "service"]
    assert any(each.agent != "agent-3" and each.wait >= 45 for each in helped)
    assert not any(each.agent != "agent-3" and each.wait < 45 for each in helped)


def test_classes_come_by_flows_of_their_own_to_one_staff() -> None:
    both = [of("sales", 10), of("service", 10, flow=studio_flow("By chat"))]
    day = load_test(task_flow(), agents=1, customers=both, **QUIET)
    assert agents_of(day, "sales") == agents_of(day, "service") == {"agent-1"}
    assert "service: " in repr(day)
    assert set(day.waits["kind"]) == set(KINDS)


def test_a_talk_takes_longer_the_more_chats_an_agent_has() -> None:
    def talks(slowdown: float) -> list[float]:
        busy = Staffing((Shift(1),), at_once=3, wrap_up=Fixed(0), slowdown=slowdown)
        day = load_test(task_flow(), agents=busy, arrivals=[30], handle_time=100, **QUIET)
        ended = [(one.accepted, one.ended) for one in day.conversations]
        return [round(b - a, 3) for a, b in ended if a is not None and b is not None]

    assert set(talks(0)) == {100.0}
    assert set(talks(0.25)) == {100.0, 125.0, 150.0}


def test_habits_are_those_of_the_agents_own_group() -> None:
    quick, slow = skilled("sales", 1, reaction=Fixed(1)), skilled("service", 1, reaction=Fixed(9))
    day = a_day("skills", agents=[quick, slow], customers=[of("sales", 3), of("service", 3)])
    assert min(one.wait for one in day.conversations if one.kind == "sales") == pytest.approx(1)
    assert min(one.wait for one in day.conversations if one.kind == "service") == pytest.approx(9)


# -- the same customers


def first_of(**changes: Any) -> tuple[float, float]:
    about = {"handle_time": 100, "patience": Exponential(300), **changes}
    demand = demand_of([20.0, 20.0], about["handle_time"], about["patience"], 2, ("Hi",), 10)
    first = demand.customers(7)[0]
    return first.arrives, first.patience


def test_the_kind_of_handle_time_changes_no_customers_patience() -> None:
    kinds = (100, Exponential(100), Lognormal(100), [5.0, 6.0], lambda random: random.random())
    assert len({first_of(handle_time=kind) for kind in kinds}) == 1


@pytest.mark.parametrize("arrivals", [Exactly(5), Arrivals((1.0, 1.0), exactly=5)])
def test_a_fixed_number_of_customers_has_the_figures_of_earlier_versions(arrivals: Any) -> None:
    demand = demand_of(arrivals, Exponential(300), Exponential(100), 2, ("Hi",), 10)
    assert {len(demand.customers(seed)) for seed in range(9)} == {5}
    first = demand.customers(1)[0]
    found = (first.arrives, first.handle_time, first.patience)
    assert found == pytest.approx((2629.968123, 710.847451, 48.010774), abs=1e-6)


def test_other_agents_and_other_habits_meet_the_same_customers() -> None:
    def patience(agents: int | Staffing) -> list[float]:
        about: dict[str, Any] = {"arrivals": [40], "handle_time": 600, "patience": Exponential(60)}
        day = load_test(task_flow(), agents=agents, **about, **QUIET)
        return [round(one.wait, 4) for one in day.conversations if one.outcome == "abandoned"]

    few, slow = patience(1), patience(Staffing((Shift(1),), reaction=Exponential(20)))
    assert len(set(few) & set(slow)) > len(few) / 2


@pytest.mark.parametrize("arrivals", [30, [30.0], Arrivals((30.0,))])
def test_numbers_of_customers_are_poisson(arrivals: Any) -> None:
    demand = demand_of(arrivals, 60, None, 1, ("Hi",), 10)
    counts = [len(demand.customers(seed)) for seed in range(300)]
    mean = sum(counts) / 300
    variance = sum((count - mean) ** 2 for count in counts) / 299
    assert mean == pytest.approx(30, rel=0.05)
    assert variance == pytest.approx(30, rel=0.25)


# -- counting


def contacts(*found: tuple[str, float]) -> list[ContactRecord]:
    return [
        ContactRecord(0, 0.0, None, None, None, None, None, outcome, wait)  # type: ignore[arg-type]
        for outcome, wait in found
    ]


MIXED = contacts(
    *[("answered", 5.0)] * 5,
    *[("answered", 50.0)] * 2,
    *[("abandoned", 10.0)] * 2,
    ("abandoned", 90.0),
)


@pytest.mark.parametrize(
    ("definition", "level", "left"),
    [
        ("offered", 5 / 10, 3 / 10),
        ("answered", 5 / 7, 3 / 10),
        ("without short", 5 / 8, 1 / 8),
        ("with short", 7 / 10, 3 / 10),
    ],
)
def test_service_level_and_abandonment_have_definitions(
    definition: Any, level: float, left: float
) -> None:
    assert service_level(MIXED, 20, definition) == level
    assert abandonment(MIXED, 20, definition) == left
    assert service_level([], 20, definition) is None


def test_a_definition_is_chosen_by_name() -> None:
    about: dict[str, Any] = {
        "agents": 1,
        "arrivals": [30],
        "handle_time": 300,
        "patience": Exponential(60),
    }
    day = load_test(task_flow(), service_level="answered", **about, **QUIET)
    expected = service_level(day.conversations, 20, "answered")
    assert day.summary.service_level == expected
    with pytest.raises(ValueError, match="give one of offered, answered, without short, with"):
        load_test(task_flow(), service_level="best", **about, **QUIET)  # type: ignore[arg-type]


def test_customers_of_the_warm_up_do_not_count() -> None:
    about: dict[str, Any] = {"agents": servers_of(2), "arrivals": [20, 20], "handle_time": 300}
    cold, warm = (load_test(task_flow(), warm_up=by, **about, **QUIET) for by in (0, 1))
    late = [each for each in cold.conversations if each.arrived >= 3600]
    assert cold.conversations == warm.conversations
    assert warm.summary.offered == len(late) < cold.summary.offered
    assert "customers of the first 1 h do not count" in repr(warm)
    assert "the day begins with no customers" in repr(cold)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"within": "20s"}, "within='20s': give a number of seconds, such as 20"),
        ({"within": -1}, "within=-1: give 0 or more"),
        ({"warm_up": 1}, "warm_up=1: the day is over after 1 hours"),
        ({"arrivals": None}, "arrivals= is missing"),
        ({"customers": []}, "give arrivals=, or customers="),
        ({"arrivals": None, "customers": []}, "give at least one class"),
        ({"arrivals": None, "customers": ["sales"]}, "give a list of CustomerClass, not str"),
        ({"arrivals": None, "customers": [of("a", 1), of("a", 1)]}, "'a': give each class a name"),
        ({"agents": []}, "give at least one Staffing"),
        ({"arrivals": [True]}, "arrivals=[True]: give a number"),
        ({"hours": True, "arrivals": 5}, "hours=True: a day has"),
        ({"seed": None}, "seed=None: give a whole number"),
        ({"seed": True}, "seed=True: give a whole number"),
        ({"agents": [2, 3]}, "or a list of them, one for each group"),
    ],
)
def test_what_makes_no_sense_is_refused_before_the_day(
    changes: dict[str, Any], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("helpers.flows.busy_day.load_testing.simulate", None)
    about = {"agents": 1, "arrivals": [5], "handle_time": 60, **changes}
    with pytest.raises((ValueError, TypeError), match=re.escape(message)):
        load_test(task_flow(), **about, **QUIET)


# -- what is shown


def test_those_who_still_wait_are_said_and_drawn() -> None:
    day = load_test(task_flow(), agents=1, arrivals=[60], handle_time=1200, **QUIET)
    waiting = day.summary.waiting
    assert waiting > 10
    assert f"waits are of those answered; {waiting} still waited at the end" in repr(day)
    picture = day.plot()
    labels = [text.get_text() for axes in picture.axes for text in _legend(axes)]
    assert labels == ["answered", "still waiting at the end", "agents on duty"]
    drawn = [line for line in picture.axes[0].get_lines() if line.get_label() == labels[1]]
    assert len(drawn[0].get_xdata()) == waiting
    assert f"{waiting} still waited at the end" in picture.description


def _legend(axes: Any) -> Iterable[Any]:
    legend = axes.get_legend()
    return legend.get_texts() if legend else ()


def test_occupancy_above_a_hundred_per_cent_is_drawn() -> None:
    agents = Staffing((Shift(4, 0, 0.5),))
    day = load_test(task_flow(), agents=agents, arrivals=[40], handle_time=2400, **QUIET)
    busy = day.plot().axes[2]
    assert busy.get_ylim()[1] > 100 * (day.table()["occupancy"].max()) > 110


def test_agents_on_duty_follow_the_shifts() -> None:
    agents = Staffing((Shift(3, 0, 2), Shift(2, 1)))
    assert agents.on_duty(4) == [(0.0, 3), (1, 5), (2, 2), (4, 0)]


# -- staffing for a target


def test_a_staffing_for_a_target_meets_it_in_each_interval_with_no_agent_to_spare() -> None:
    about: dict[str, Any] = {"arrivals": [10, 40], "handle_time": Exponential(200)}
    plan = staff(task_flow(), seeds=4, **about, **QUIET)
    assert [each.agents for each in plan.intervals] == [
        sum(one.agents for one in plan.staffing.shifts if (one.start <= hour < (one.end or 9)))
        for hour in (0, 1)
    ]
    first, second = plan.intervals
    assert 1 < first.agents < second.agents
    assert all((each.service_level or 0) >= 0.8 for each in plan.intervals)
    days = [
        load_test(task_flow(), agents=plan.staffing, seed=seed, **about, **QUIET)
        for seed in plan.seeds
    ]
    everyone = [one for day in days for one in day.conversations if one.arrived < 3600]
    assert first.service_level == service_level(everyone, 20, "offered")
    assert plan.agent_hours == first.agents + second.agents
    assert "agents for 80.0 % within 20 s, over 4 days" in repr(plan)
    assert "needs 40 seeds" in plan._repr_html_()
    assert plan.table()["agents"].tolist() == [first.agents, second.agents]
    assert len(plan.plot().axes) == 2


@pytest.mark.long
def test_nobody_works_in_hours_to_which_nobody_comes_but_to_end_the_queue() -> None:
    arrivals = [0, 0, 12, 0, 0, 0]
    plan = staff(task_flow(), arrivals=arrivals, handle_time=600, seeds=10, **QUIET)
    assert [each.agents for each in plan.intervals] == [0, 0, 5, 1, 0, 0]
    assert [(each.start, each.end) for each in plan.staffing.shifts] == [(2, 4), (2, 3)]
    bars = plan.plot().axes[0].patches
    assert [bar.get_x() + bar.get_width() / 2 for bar in bars] == [0.5, 1.5, 2.5, 3.5, 4.5, 5.5]


def test_a_staffing_is_that_of_erlangs_tables() -> None:
    """80 % within 20 s, talks of 300 s: 1, 2 and 5 agents' work needs 3, 4 and 8 (Erlang C)."""
    loads, hours = (1, 2, 5), 3
    arrivals = [12.0 * load for load in loads for _ in range(hours)]
    about: dict[str, Any] = {"arrivals": arrivals, "handle_time": Exponential(300)}
    plan = staff(task_flow(), interval=hours, habits=servers_of(1), seeds=8, **about, **QUIET)
    found = [each.agents for each in plan.intervals]
    assert found == [_agents_by_erlang_c(load, 300, 20) for load in loads] == [3, 4, 8]


def _agents_by_erlang_c(load: float, handle_time: float, within: float) -> int:
    agents = math.floor(load) + 1
    while erlang_c(load, agents) * math.exp((load - agents) * within / handle_time) > 0.2:
        agents += 1
    return agents


@pytest.mark.long
def test_a_plan_is_estimated_on_days_that_it_was_not_fitted_to() -> None:
    about: dict[str, Any] = {"arrivals": [12], "handle_time": Exponential(400)}
    plan = staff(task_flow(), seeds=40, **about, **QUIET)
    [only] = plan.intervals
    days = [
        load_test(task_flow(), agents=plan.staffing, seed=seed, **about, **QUIET).conversations
        for seed in range(41, 81)
    ]
    everyone = [one for day in days for one in day]
    assert only.estimate.mean == service_level(everyone, 20, "offered") != only.service_level
    assert only.estimate.low is not None
    assert only.estimate.interval("service_level") in repr(plan)


@pytest.mark.parametrize("levels", [[1], [2, 3, 1], [0, 2, 0, 2], [4, 1, 4]])
def test_shifts_put_so_many_agents_on_duty_in_each_interval(levels: list[int]) -> None:
    shifts = shifts_of(levels, 0.5)
    for at, agents in enumerate(levels):
        on = sum(one.agents for one in shifts if one.start <= at * 0.5 < (one.end or math.inf))
        assert on == agents


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"target": 80}, "target=80: give a share between 0 and 1, such as 0.8"),
        ({"interval": 0}, "interval=0: give hours, at most the day's 1"),
        ({"interval": 0.001}, "at least a minute"),
        ({"interval": "1"}, "interval=1: give hours"),
        ({"target": None}, "target=None: give a share"),
        ({"seeds": [1, 1]}, "seeds: 1 is there twice"),
        ({"seeds": "3"}, "seeds='3': give a number of days, or a list of their seeds"),
        ({"habits": 3}, "habits=3: give a Staffing"),
        ({"seeds": 0}, "seeds: give at least one"),
        ({"within": 3.0, "habits": Staffing((Shift(1),))}, "no staffing meets 80 % within 3 s"),
    ],
)
def test_a_target_that_makes_no_sense_is_refused(changes: dict[str, Any], message: str) -> None:
    about = {"arrivals": [5], "handle_time": 60, "seeds": 1, **changes}
    with pytest.raises((ValueError, TypeError), match=message):
        staff(task_flow(), **about, **QUIET)


def test_a_staffing_that_was_found_is_no_failure_however_long_it_takes_to_trim(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    about: dict[str, Any] = {"arrivals": [30] * 4, "handle_time": 300, "seeds": 1, **QUIET}
    monkeypatch.setattr(sizing, "ROUNDS", 3)
    plan = staff(task_flow(), **about)
    assert [each.agents for each in plan.intervals] == [6, 4, 3, 5]
    assert all((each.service_level or 1) >= 0.8 for each in plan.intervals)
    monkeypatch.setattr(sizing, "ROUNDS", 1)
    with pytest.raises(ValueError, match="no staffing meets 80 % within 20 s, after 1 tries"):
        staff(task_flow(), **about)


def test_talks_longer_than_the_day_take_no_more_agents_than_there_are_customers() -> None:
    plan = staff(task_flow(), arrivals=[5], handle_time=1e7, seeds=2, **QUIET)
    assert plan.intervals[0].agents <= 10


def test_two_flows_of_one_name_are_refused_as_one_would_stand_for_both() -> None:
    flows = [task_flow("Own"), task_flow("Own", long_lived=True)]
    kinds = [replace(of(kind, 1), flow=flow) for kind, flow in zip(("a", "b"), flows, strict=True)]
    with pytest.raises(ValueError, match="two flows are named 'Own'; rename one"):
        load_test(task_flow(), agents=1, customers=kinds, **QUIET)


def test_habits_may_be_given_as_seconds() -> None:
    assert Staffing((Shift(1),), reaction=7) == Staffing((Shift(1),), reaction=Fixed(7))


def test_groups_and_classes_can_be_swept() -> None:
    account, flow, _ = centre("skills")
    staffing = [[skilled("sales", n), skilled("service", 1)] for n in (1, 2)]
    found = sweep(
        [flow],
        staffing=staffing,
        customers=[of("sales", 10), of("service", 5)],
        seeds=1,
        account=account,
        jobs=1,
        **QUIET,
    )
    assert [cell.staffing.label for cell in found.cells()] == ["1 + 1", "2 + 1"]
