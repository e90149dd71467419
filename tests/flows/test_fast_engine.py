"""The fast engine, held against the mock customer by customer, and against queueing theory."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from random import Random
from typing import Any

import pytest
from days import (
    BOT,
    add_asking_bot,
    erlang_a,
    erlang_c,
    external_flow,
    hands_over_at_once,
    studio_flow,
    task_flow,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import Account, connect
from helpers.flows import (
    Arrivals,
    CustomerClass,
    Exactly,
    Exponential,
    FlexFlowConfig,
    LoadTest,
    Lognormal,
    Shift,
    Staffing,
    load_test,
)
from helpers.flows.busy_day import fast, load_testing
from helpers.flows.busy_day.demand import CustomerMix, Demand, Drawn, Fixed, demand_of, mix_of
from helpers.flows.busy_day.load_testing import jobs_of, simulate
from helpers.flows.busy_day.metrics import ContactRecord
from helpers.flows.busy_day.sweeping import estimate

QUIET: dict[str, Any] = {"progress": False}
KINDS = ("sales", "service")


def target(queue: str, **settings: Any) -> dict[str, Any]:
    return {"queue": queue, **settings}


def by_kind(**of: list[dict[str, Any]]) -> dict[str, Any]:
    """Filters by the task's `kind`."""
    filters = [
        {"filter_friendly_name": kind, "expression": f'kind == "{kind}"', "targets": targets}
        for kind, targets in of.items()
    ]
    return {"filters": filters, "default_filter": {"queue": "everyone"}}


ROUTINGS: dict[str, dict[str, Any]] = {
    "first come": {"default_filter": {"queue": "everyone"}},
    "skills": by_kind(sales=[target("sales")], service=[target("service")]),
    "overflow": by_kind(
        sales=[target("sales", timeout=20), target("everyone", priority=5)],
        service=[target("service", timeout=45, priority=2), target("everyone", timeout=200)],
    ),
    "priorities": by_kind(sales=[target("everyone", priority=9)]),
    "skipped": by_kind(
        sales=[target("sales", skip_if="workers.available == 0", timeout=60), target("everyone")]
    ),
    "ordered": by_kind(
        sales=[
            target("everyone", expression="worker.level > 2", timeout=30),
            target("everyone", order_by="worker.level DESC, worker.age ASC"),
        ],
        service=[target("everyone", expression="task.kind IN worker.skills", timeout=100)],
    ),
    "last come": by_kind(sales=[target("newest"), target("everyone")], service=[target("newest")]),
    "two at once": by_kind(sales=[target("both")], service=[target("both", timeout=50)]),
    "by load": by_kind(
        sales=[target("everyone", expression="worker.channel.chat.assigned_tasks < 1")],
        service=[target("everyone", expression="worker.level > 3", timeout=50)],
    ),
}
QUEUES: dict[str, dict[str, Any]] = {
    "everyone": {"target_workers": "1==1"},
    "sales": {"target_workers": 'skills HAS "sales"'},
    "service": {"target_workers": 'skills HAS "service"'},
    "newest": {"target_workers": "1==1", "task_order": "LIFO"},
    "both": {"target_workers": "1==1", "max_reserved_workers": 2},
}


@cache
def centre(routing: str, single: bool = False) -> tuple[Account, FlexFlowConfig, FlexFlowConfig]:
    """An account with such a workflow, a flow to its agents, and one with a bot before them."""
    account = connect()
    workspaces = account.client.taskrouter.v1.workspaces
    workspace = workspaces(workspaces.list()[0].sid)
    sids = {
        name: workspace.task_queues.create(friendly_name=name, **about).sid
        for name, about in QUEUES.items()
    }
    text = json.dumps({"task_routing": ROUTINGS[routing]})
    for name, sid in sids.items():
        text = text.replace(f'"queue": "{name}"', f'"queue": "{sid}"')
    bot = add_asking_bot(account, timeout=40)
    flow = account.client.studio.v2.flows.list()
    [asking] = [one for one in flow if one.friendly_name == "Asking bot"]
    made = workspace.workflows.create(
        friendly_name="Chosen", configuration=text, task_reservation_timeout=25
    )
    definition = json.loads(json.dumps(asking.fetch().definition))
    for state in definition["states"]:
        if state["type"] == "send-to-flex":
            kind = "{{trigger.message.ChannelAttributes.pre_engagement_data.kind}}"
            about = {"channelSid": "{{trigger.message.ChannelSid}}", "kind": kind}
            state["properties"] |= {"workflow": made.sid, "attributes": json.dumps(about)}
    account.client.studio.v2.flows(asking.sid).update(status="published", definition=definition)
    if single:
        workspace.update(multi_task_enabled=False)
    return account, task_flow(integration_workflow="Chosen"), bot


durations = st.sampled_from(
    [Fixed(0), Fixed(7), Fixed(60), Exponential(30), Exponential(200), Lognormal(150)]
)
shifts = st.sampled_from(
    [(Shift(1),), (Shift(2),), (Shift(1), Shift(1, 0.1, 0.3)), (Shift(1, 0.2),)]
)
groups = st.builds(
    Staffing,
    shifts,
    at_once=st.integers(1, 3),
    reaction=st.sampled_from([Fixed(0), Fixed(5), Exponential(15)]),
    wrap_up=st.sampled_from([Fixed(0), Exponential(20)]),
    attributes=st.fixed_dictionaries(
        {
            "skills": st.lists(st.sampled_from(KINDS), unique=True),
            "level": st.integers(1, 4),
            "age": st.integers(1, 3),
        }
    ),
    slowdown=st.sampled_from([0.0, 0.3]),
)


@st.composite
def classes(draw: st.DrawFn, bot: FlexFlowConfig) -> list[CustomerClass]:
    """One or two kinds of customers, some of whom meet the bot."""
    return [
        CustomerClass(
            kind,
            Arrivals((draw(st.sampled_from([8, 20])), 6)),
            draw(durations),
            draw(st.one_of(st.none(), durations)),
            says=("Hello", "An order")[: draw(st.integers(1, 2))],
            answers_after=draw(durations),
            attributes={"kind": kind},
            flow=draw(st.sampled_from([None, None, bot])),
        )
        for kind in KINDS[: draw(st.integers(1, 2))]
    ]


def outcomes(day: LoadTest) -> tuple[Any, ...]:
    return day.conversations, day.queue, day.missed, day.without_chat, day.refusals, day.reached


@pytest.mark.parametrize("routing", ROUTINGS)
@settings(max_examples=3)
@given(data=st.data())
def test_each_customer_fares_as_on_the_mock(routing: str, data: st.DataObject) -> None:
    account, flow, bot = centre(routing, data.draw(st.booleans(), label="single tasking"))
    about: dict[str, Any] = {
        "agents": data.draw(st.lists(groups, min_size=1, max_size=2), label="agents"),
        "customers": data.draw(classes(bot), label="customers"),
        "seed": data.draw(st.integers(1, 99), label="seed"),
        "account": account,
        **QUIET,
    }
    quick, slow = (load_test(flow, engine=engine, **about) for engine in ("fast", "mock"))
    assert (quick.engine, slow.engine) == ("fast", "mock")
    assert outcomes(quick) == outcomes(slow)


def test_a_task_that_nobody_took_leaves_without_new_offers_of_others() -> None:
    account, flow, _ = centre("by load")
    about: dict[str, Any] = {
        "agents": Staffing((Shift(1),), at_once=3, wrap_up=100, attributes={"level": 1}),
        "customers": [
            CustomerClass(kind, Exactly(30), 60, attributes={"kind": kind}) for kind in KINDS
        ],
        "hours": 1,
        "account": account,
        **QUIET,
    }
    quick, slow = (load_test(flow, engine=engine, **about) for engine in ("fast", "mock"))
    assert outcomes(quick) == outcomes(slow)
    assert (slow.summary.answered, slow.summary.canceled) == (30, 30)


# -- where it is taken, and where not


def a_day(flow: FlexFlowConfig, **changes: Any) -> LoadTest:
    given_ = {
        "agents": 2,
        "arrivals": Exactly(10),
        "hours": 1,
        "handle_time": 120,
        **QUIET,
        **changes,
    }
    return load_test(flow, **given_)


def test_a_day_says_which_engine_played_it_and_why() -> None:
    day = a_day(task_flow())
    assert (day.engine, day.engine_reason) == (
        "fast",
        "the first 10 customers were the same on the mock",
    )
    assert "fast engine: the first 10 customers were the same on the mock" in repr(day)
    assert a_day(task_flow(), engine="mock").engine == "mock"


def test_two_hundred_customers_of_a_long_day_are_played_by_the_mock_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(load_testing, "CHECKED", 5)
    day = a_day(task_flow(), arrivals=Exactly(30))
    assert (day.engine, day.summary.offered) == ("fast", 30)
    assert day.engine_reason == "the first 5 customers were the same on the mock"


def test_a_difference_makes_the_whole_day_run_on_the_mock(monkeypatch: pytest.MonkeyPatch) -> None:
    right = a_day(task_flow(), engine="mock")
    monkeypatch.setattr(fast.FastCentre, "say", lambda *_: None)
    day = a_day(task_flow(integration_creation_on_message=True))
    assert day.engine == "mock"
    assert day.engine_reason.startswith("customer 0 fared differently on the mock")
    assert day.summary == right.summary


def test_what_cannot_be_proven_is_played_by_the_mock_which_says_why() -> None:
    account, flow, _ = centre("first come")
    by_name = connect()
    workspaces = by_name.client.taskrouter.v1.workspaces
    workspace = workspaces(workspaces.list()[0].sid)
    workspace.task_queues(workspace.task_queues.list()[0].sid).update(
        target_workers="friend_of == name OR level > 0"
    )
    reasons = {
        a_day(external_flow(), patience=9).engine_reason: "external flow's server decides",
        a_day(external_flow(), servers={BOT: hands_over_at_once}).engine_reason: "external",
        a_day(flow, account=account, servers={BOT: lambda _: lambda _: None}).engine_reason: (
            "servers= are called"
        ),
        a_day(task_flow(), account=by_name).engine_reason: "routing reads the attribute name",
    }
    for reason, expected in reasons.items():
        assert expected in reason


@pytest.mark.parametrize(
    ("input_", "reason"),
    [
        ("{{trigger.message.From}}", "ask of its Studio flow reads trigger.message.From"),
        ("{{ 'now' | date: '%H' }}", "ask of its Studio flow reads now"),
    ],
)
def test_a_bot_that_treats_customers_differently_is_played_by_the_mock(
    input_: str, reason: str
) -> None:
    account = connect()
    bot = add_asking_bot(account, timeout=30)
    flows = account.client.studio.v2.flows
    [asking] = [one for one in flows.list() if one.friendly_name == "Asking bot"]
    definition = json.loads(json.dumps(asking.fetch().definition))
    definition["states"][1]["properties"]["timeout"] = input_
    flows(asking.sid).update(status="published", definition=definition)
    assert a_day(bot, account=account, arrivals=Exactly(2)).engine_reason.startswith(reason)
    with pytest.raises(ValueError, match="engine='fast' cannot play this day: ask of its Studio"):
        a_day(bot, account=account, engine="fast")


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"says": ("x" * 40_000,)}, "50505: Body is too long"),
        ({"attributes": {"note": "x" * 20_000}}, "50303: Attributes is too long"),
    ],
)
def test_a_class_that_the_mock_refuses_is_none_for_the_fast_engine(
    changes: dict[str, Any], refusal: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(load_testing, "CHECKED", 5)
    early = CustomerClass("early", Exactly(10), 10)
    late = CustomerClass("late", Arrivals((0, 4), exactly=3), 10, **changes)
    about = {"agents": 2, "customers": [early, late], "hours": 2, **QUIET}
    with pytest.raises(ValueError, match=f"engine='fast' cannot play this day: .*{refusal}"):
        load_test(studio_flow(), engine="fast", **about)
    if "says" in changes:
        with pytest.raises(ValueError, match=f"such a day cannot be played: .*{refusal}"):
            load_test(studio_flow(), **about)
    else:
        day = load_test(studio_flow(), **about)
        assert (day.engine, day.summary.refused, day.summary.answered) == ("mock", 3, 10)
        assert refusal in day.engine_reason


def test_an_agent_can_take_two_tasks_of_one_chat() -> None:
    account = connect()
    bot = add_asking_bot(account, timeout=5)
    flows = account.client.studio.v2.flows
    [asking] = [one for one in flows.list() if one.friendly_name == "Asking bot"]
    definition = json.loads(json.dumps(asking.fetch().definition))
    definition["states"][2]["transitions"] = [{"event": "callComplete", "next": "agent"}]
    definition["states"][2]["properties"]["timeout"] = "60"
    flows(asking.sid).update(status="published", definition=definition)
    about = {"account": account, "agents": Staffing((Shift(1),), at_once=2), "arrivals": Exactly(1)}
    quick, slow = (a_day(bot, engine=engine, **about) for engine in ("fast", "mock"))
    assert outcomes(quick) == outcomes(slow)
    assert slow.conversations[0].outcome == "answered"


def test_time_outs_of_a_bot_and_of_a_task_at_one_moment_are_left_to_the_mock() -> None:
    account = connect()
    bot = add_asking_bot(account, timeout=30)
    flows = account.client.studio.v2.flows
    [asking] = [one for one in flows.list() if one.friendly_name == "Asking bot"]
    definition = json.loads(json.dumps(asking.fetch().definition))
    definition["states"][2]["transitions"] = [{"event": "callComplete", "next": "ask"}]
    definition["states"][2]["properties"]["timeout"] = "60"
    flows(asking.sid).update(status="published", definition=definition)
    about = {"account": account, "agents": Staffing((Shift(1, 2),)), "arrivals": Exactly(1)}
    with pytest.raises(ValueError, match="a bot and a task are due at the same moment"):
        a_day(bot, engine="fast", **about)


def test_the_default_web_chat_flow_is_proven() -> None:
    assert a_day(studio_flow(), engine="fast") == a_day(studio_flow(), engine="mock")


def test_functions_that_remember_draw_for_each_customer_once() -> None:
    handled, reacted = iter(range(100, 110)), iter(range(1, 11))

    def talks(_: Random) -> float:
        return next(handled)

    def reacts(_: Random) -> float:
        return next(reacted)

    day = a_day(task_flow(), agents=9, handle_time=talks)
    assert (day.engine, next(handled, None)) == ("fast", None)
    day = a_day(task_flow(), agents=Staffing((Shift(9),), reaction=Drawn(reacts)))
    assert (day.engine, next(reacted, None)) == ("mock", None)
    assert day.engine_reason.startswith("reaction is of your own and may remember")


def test_an_engine_that_does_not_exist_is_refused_with_those_that_do() -> None:
    with pytest.raises(ValueError, match="engine='quick': give one of auto, mock, fast"):
        a_day(task_flow(), engine="quick")


# -- against queueing theory, over the seeds 41 to 80

SEEDS, HOURS, WARM_UP = range(41, 81), 11, 3
IDEAL = Staffing((Shift(3),), reaction=Fixed(0), wrap_up=Fixed(0), notices=0.0)
RATE, MEAN = 21.0, 360.0
"""Customers an hour, and seconds of a talk: 2.1 of three agents are busy."""
LOAD = RATE * MEAN / 3600


def days_of(demand: Demand | CustomerMix, routing: str) -> list[list[ContactRecord]]:
    """The customers of each day after its warm-up."""
    account, flow, _ = centre(routing)
    [job] = jobs_of([flow], demand, IDEAL, 1, account, None)
    days = [simulate(replace(job, seed=seed), engine="fast", is_checked=True) for seed in SEEDS]
    assert {day.engine for day in days} == {"fast"}
    begins = 3600 * WARM_UP
    return [[one for one in day.conversations if one.arrived >= begins] for day in days]


def assert_holds(pairs: list[tuple[float, int]], truth: float) -> None:
    """Assert that a sum over a number of customers, both by day, is the truth within 95 %."""
    ratio = sum(total for total, _ in pairs) / sum(count for _, count in pairs)
    apart = estimate([total - truth * count for total, count in pairs])
    assert apart.low is not None
    assert apart.high is not None
    assert apart.low < 0 < apart.high
    assert ratio == pytest.approx(truth, rel=0.2)


@pytest.mark.long
def test_waits_are_those_of_erlang_c() -> None:
    days = days_of(demand_of([RATE] * HOURS, Exponential(MEAN), None, 1, ("Hi",), 1), "first come")
    pairs = [(sum(one.wait for one in day), len(day)) for day in days]
    assert_holds(pairs, erlang_c(LOAD, 3) * MEAN / (3 - LOAD))


@pytest.mark.long
def test_abandonment_is_that_of_erlang_a() -> None:
    patience = Exponential(200)
    demand = demand_of([RATE] * HOURS, Exponential(MEAN), patience, 1, ("Hi",), 1)
    days = days_of(demand, "first come")
    pairs = [(sum(one.outcome == "abandoned" for one in day), len(day)) for day in days]
    assert_holds(pairs, erlang_a(RATE / 3600, MEAN, 200, 3))


@pytest.mark.long
def test_two_classes_wait_by_their_priority() -> None:
    kinds = [
        CustomerClass(kind, [RATE / 2] * HOURS, Exponential(MEAN), attributes={"kind": kind})
        for kind in KINDS
    ]
    days = days_of(mix_of(kinds, 1), "priorities")
    free = erlang_c(LOAD, 3) * MEAN / 3
    truth = {"sales": free / (1 - LOAD / 6), "service": free / (1 - LOAD / 6) / (1 - LOAD / 3)}
    for kind in KINDS:
        waits = [[one.wait for one in day if one.kind == kind] for day in days]
        assert_holds([(sum(day), len(day)) for day in waits], truth[kind])
