"""The fast engine, held against the mock customer by customer, and against queueing theory."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest
from days import (
    add_asking_bot,
    task_flow,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import Account, connect
from helpers.flows import (
    Arrivals,
    CustomerClass,
    Exponential,
    FlexFlowConfig,
    LoadTest,
    Lognormal,
    Shift,
    Staffing,
    load_test,
)
from helpers.flows.busy_day.demand import Fixed

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
        sales=[target("everyone", expression="worker.channel.chat.assigned_tasks < 1")]
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
