"""Each of the nine situations, with each handler."""

from __future__ import annotations

import pytest
from days import add_asking_bot
from rehearsing import CONFIGS, EXTERNAL, STUDIO, TASK, changed, described, states

from helpers import connect
from helpers.flows import SCRIPTS, rehearse
from helpers.flows.rehearsal import Lost

AGENTS = [STUDIO, TASK]
BY_TYPE = pytest.mark.parametrize("flow", AGENTS, ids=["studio", "task"])
DAY = 86_400
NO_TASK = "no task was made, so there is nothing to accept"


def test_nine_situations_are_shipped_each_with_what_it_is_about() -> None:
    assert len(SCRIPTS) == 9
    for name, script in SCRIPTS.items():
        assert script.about
        assert name in repr(SCRIPTS)


@pytest.mark.parametrize("flow", CONFIGS.values(), ids=CONFIGS)
@pytest.mark.parametrize("name", SCRIPTS)
def test_every_situation_can_be_played_with_every_handler(name: str, flow: object) -> None:
    played = rehearse(flow, name)
    assert played.outcome.unmet == ()
    assert [row.what for row in played.rows if row.kind == "step"] == [
        str(step) for step in SCRIPTS[name].steps
    ]


@BY_TYPE
def test_a_first_message_is_answered_by_the_agent_who_accepts(flow: object) -> None:
    played = rehearse(flow, "answered")
    assert (played.outcome.answered_by, played.outcome.answered_after) == ("agent alice", 20)
    assert (played.outcome.tasks, played.outcome.channel) == (("completed",), "INACTIVE")
    assert (played.outcome.unanswered, played.outcome.lost, played.outcome.misfits) == ((), (), ())
    assert states(played, "WT#1") == [
        (0, "reserved"),
        (20, "assigned"),
        (140, "wrapping"),
        (170, "completed"),
    ]
    assert states(played, "CH#1") == [(0, "ACTIVE"), (140, "INACTIVE")]


def test_a_task_flow_makes_its_task_with_the_chat_and_studio_with_the_first_message() -> None:
    first = {flow.friendly_name: rehearse(flow, "answered").rows for flow in AGENTS}
    made = {
        name: next(i for i, row in enumerate(rows) if row.what.startswith("task created"))
        for name, rows in first.items()
    }
    message = {
        name: next(i for i, row in enumerate(rows) if row.kind == "message")
        for name, rows in first.items()
    }
    assert made["By task"] < message["By task"]
    assert made["By Studio"] > message["By Studio"]


def test_a_task_that_waits_for_a_message_comes_with_it() -> None:
    played = rehearse(changed(TASK, creation_on_message=True), ["customer opens"])
    assert played.outcome.tasks == ()
    steps = ["customer opens", ("customer says", "Hello")]
    played = rehearse(changed(TASK, creation_on_message=True), steps)
    assert played.outcome.tasks == ("reserved",)


@BY_TYPE
def test_without_agents_the_task_waits_until_they_come(flow: object) -> None:
    played = rehearse(flow, "nobody_there")
    assert states(played, "WT#1")[:2] == [(0, "pending"), (3900, "reserved")]
    assert (played.outcome.answered_after, played.outcome.misfits) == (3900, ())


@BY_TYPE
def test_a_rejected_offer_goes_to_the_next_agent(flow: object) -> None:
    played = rehearse(flow, "rejected")
    assert described(played, "reservation")[:4] == [
        "TaskRouter: offer to alice",
        "agent: alice rejects",
        "TaskRouter: offer to bob",
        "agent: bob accepts",
    ]
    assert played.outcome.answered_by == "agent bob"


@BY_TYPE
def test_an_offer_that_runs_out_goes_on_and_sends_the_agent_offline(flow: object) -> None:
    played = rehearse(flow, "timed_out")
    timed_out = [row for row in played.rows if "timed out" in row.what]
    assert [(row.seconds, row.what) for row in timed_out] == [(120, "offer timed out for alice")]
    assert "agent: alice is Offline" in described(played, "event")
    assert played.outcome.answered_by == "agent bob"


@BY_TYPE
def test_the_next_day_brings_a_new_chat_or_goes_on_in_a_long_lived_one(flow: object) -> None:
    anew = rehearse(flow, "next_day")
    assert (anew.outcome.channels, anew.outcome.channel) == (2, "INACTIVE")
    assert states(anew, "CH#2")[0] == (DAY, "ACTIVE")
    going_on = rehearse(changed(flow, long_lived=True), "next_day")
    assert (going_on.outcome.channels, going_on.outcome.channel) == (1, "ACTIVE")
    assert anew.outcome.tasks == going_on.outcome.tasks == ("completed", "completed")
    assert states(going_on, "WT#2")[0] == (DAY, "reserved")


@BY_TYPE
def test_twilio_does_not_learn_that_a_customer_left(flow: object) -> None:
    played = rehearse(flow, "walks_away")
    assert "customer: customer-1 leaves" not in described(played, "event")
    assert (played.outcome.tasks, played.outcome.answered_by) == (("completed",), "agent alice")


def test_a_server_can_answer_as_a_bot_and_hand_over() -> None:
    played = rehearse(EXTERNAL, "bot_first")
    assert played.outcome.misfits == ()
    assert (played.outcome.answered_by, played.outcome.answered_after) == ("your server", 0)
    assert (played.outcome.agent_after, played.outcome.tasks) == (20, ("completed",))
    assert "your server: POST /v1/Workspaces/WS#1/Tasks" in described(played, "request")
    assert "your server: task created for Jane" in described(played, "task")
    assert described(played, "message")[:3] == [
        "customer: What are your opening hours?",
        "your server: We open at nine. Can I do anything else for you?",
        "customer: I want to talk to a person.",
    ]


@pytest.mark.parametrize(
    ("flow", "why"),
    [
        (STUDIO, "with Studio it is the flow that talks and hands over, not your server"),
        (TASK, "a task flow tells no server of messages"),
    ],
    ids=["studio", "task"],
)
def test_where_there_is_no_server_the_bot_does_not_fit_and_the_play_goes_on(
    flow: object, why: str
) -> None:
    played = rehearse(flow, "bot_first")
    assert played.outcome.misfits[1] == f"bot hands over: {why}"
    assert len(played.outcome.misfits) == 2
    assert played.outcome.answered_by == "agent alice"


@pytest.mark.parametrize("retries", [0, 3])
def test_what_a_server_that_is_slow_or_down_misses_reaches_no_agent(retries: int) -> None:
    played = rehearse(changed(EXTERNAL, retry_count=retries), "server_down")
    assert played.outcome.lost == (
        Lost("Hello?", "your server is slow"),
        Lost("Does this work?", "your server is down"),
    )
    tries = f" at try {retries + 1}" if retries else ""
    assert described(played, "webhook")[:3] == [
        f"Flex: onMessageSent, no answer{tries}",
        f"Flex: onMessageSent, no answer{tries}",
        "Flex: onMessageSent, answered 200",
    ]
    assert played.outcome.answered_by == "your server"


@BY_TYPE
def test_a_server_that_is_down_is_nothing_to_other_handlers(flow: object) -> None:
    assert rehearse(flow, "server_down").outcome.lost == ()


def test_a_bot_that_has_not_received_the_message_says_nothing() -> None:
    steps = ["customer opens", "webhook is down", "customer says: Hi", "bot says: Hello"]
    played = rehearse(EXTERNAL, steps)
    why = "your server was not reached with the customer's latest message"
    assert played.outcome.misfits == (f"bot says: Hello: {why}",)


@BY_TYPE
def test_a_message_after_the_end_reaches_an_agent_only_in_a_long_lived_chat(flow: object) -> None:
    ended = rehearse(flow, "after_the_end").outcome
    assert ended.lost == (
        Lost("One more question.", "the chat has ended (INACTIVE), nothing routes it"),
    )
    assert (ended.channels, ended.unanswered) == (2, ("One more question.",))
    going_on = rehearse(changed(flow, long_lived=True), "after_the_end").outcome
    assert (going_on.channels, going_on.lost) == (1, ())
    assert going_on.tasks == ("completed", "pending")  # both agents let its offer run out


@pytest.mark.parametrize("name", [name for name in SCRIPTS if name not in ("bot_first",)])
def test_agents_have_nothing_to_accept_where_no_task_is_made(name: str) -> None:
    deaf = [step for step in SCRIPTS[name].steps if not step.verb.startswith("bot")]
    played = rehearse(EXTERNAL, deaf)
    assert f"agent accepts: {NO_TASK}" in played.outcome.misfits
    assert (played.outcome.tasks, played.outcome.answered) == ((), False)
    assert played.outcome.unanswered == tuple(
        step.said for step in deaf if step.verb == "customer says"
    )


def test_steps_of_agents_that_do_not_fit_say_why() -> None:
    steps = ["customer opens", "agent says: Hi", "agent wraps up", "agent completes"]
    assert rehearse(TASK, steps).outcome.misfits == (
        "agent says: Hi: no agent has the chat",
        "agent wraps up: no agent has the chat",
        "agent completes: no agent has the chat",
    )
    steps = ["customer opens", "agent accepts", "agent accepts", "agent rejects"]
    assert rehearse(TASK, steps).outcome.misfits == (
        "agent accepts: the latest task is assigned, so there is nothing to accept",
        "agent rejects: the latest task is assigned, so there is nothing to reject",
    )


def test_agents_who_go_away_give_their_offers_back() -> None:
    steps = ["customer opens", "agents go away", "agent accepts", "agents come back"]
    played = rehearse(TASK, [*steps, "agent accepts"])
    assert states(played, "WT#1")[:4] == [
        (0, "reserved"),
        (0, "pending"),
        (0, "reserved"),
        (0, "assigned"),
    ]
    assert played.outcome.misfits == (
        "agent accepts: the task waits and no agent is offered it, so there is nothing to accept",
    )


def test_what_twilio_refuses_is_an_outcome_too() -> None:
    played = rehearse(TASK, ["customer opens", ("customer says", "x" * 40_000)])
    assert played.outcome.misfits[0].partition("Twilio refuses: ")[2].startswith("50505: ")
    assert (played.outcome.lost, played.outcome.unanswered) == ((), ())


def test_what_is_expected_is_looked_up() -> None:
    script = [
        "expect: no task",
        "expect: channel active",
        "customer opens",
        "expect: task reserved",
        "expect: 2 tasks",
        "expect: customer unanswered",
        "agent accepts",
        "agent says: Hello",
        "expect: customer answered",
        "expect: task assigned",
        "agent completes",
        "expect: channel inactive",
    ]
    played = rehearse(TASK, script)
    assert played.outcome.unmet == (
        "expected channel active: it is none",
        "expected 2 tasks: it is 1",
    )
    expected = [row.detail for row in played.rows if row.what.startswith("expected")]
    assert expected == ["yes", "no: none", "yes", "no: 1", "yes", "yes", "yes", "yes"]


def test_a_janitor_ends_chats_whose_tasks_run_out() -> None:
    steps = ["customer opens", "agents go away", "wait: 2m"]
    kept = rehearse(changed(TASK, timeout=60), steps).outcome
    assert (kept.tasks, kept.channel) == (("canceled",), "ACTIVE")
    cleaned = rehearse(changed(TASK, timeout=60, janitor_enabled=True), steps).outcome
    assert (cleaned.tasks, cleaned.channel) == (("canceled",), "INACTIVE")


def test_bots_that_stop_waiting_at_one_moment_hand_over_one_after_another() -> None:
    account = connect()
    bot = add_asking_bot(account, timeout=40)
    names = ["Ann", "Ben", "Cem", "Dee", "Eva", "Fay"]
    steps = [
        step
        for name in names
        for step in (f"customer {name} opens", (f"customer {name} says", f"I am {name}"))
    ]
    played = rehearse(bot, [*steps, "wait: 1m"], account=account)
    happened = ("task created", "offer to alice", "offer to bob")
    followed = [row.what for row in played.rows if row.what in happened]
    assert [what.split()[0] for what in followed] == ["task", "offer"] * 6
