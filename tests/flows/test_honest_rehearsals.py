"""Steps that cannot be done, replies to bots, and everything else that a rehearsal says openly."""

from __future__ import annotations

import json
import pydoc
from pathlib import Path
from typing import Any

import pytest
from rehearsing import EXTERNAL, STUDIO, TASK, URL, changed, described, states
from snippets import ROOT, snippet

from helpers import Account, connect
from helpers.flows import (
    AddressConfig,
    AutoCreation,
    CustomChatConfig,
    FlowProblem,
    OwnInteraction,
    Rehearsal,
    Script,
    ScriptProblem,
    StudioDraft,
    compare,
    rehearse,
)
from helpers.flows.rehearsal.grammar import CHOICES, EXPECTED, VERBS
from helpers.flows.rehearsal.script import script_of
from helpers.flows.rehearsal.simulation import ACTS

UNKNOWN = "WW" + "f" * 32


def bot(*, second: str = "Your name?", trigger: str = "incomingConversationMessage") -> Any:
    """A Studio definition that asks two questions and sends to Flex."""

    def asks(name: str, body: str, then: str) -> dict[str, Any]:
        properties = {"body": body, "timeout": "3600", "from": "{{flow.channel.address}}"}
        moves = [{"event": "incomingMessage", "next": then}, {"event": "timeout"}]
        kind = "send-and-wait-for-reply"
        return {"name": name, "type": kind, "transitions": moves, "properties": properties}

    def does(name: str, kind: str, event: str, then: str | None, **own: Any) -> dict[str, Any]:
        moves = [{"event": event, **({"next": then} if then else {})}]
        return {"name": name, "type": kind, "transitions": moves, "properties": own}

    topic = {"key": "topic", "value": "{{widgets.ask.inbound.Body}}"}
    attributes = json.dumps(
        {
            "topic": "{{flow.variables.topic}}",
            "name": "{{widgets.name.inbound.Body}}",
            "channelSid": "{{trigger.message.ChannelSid}}",
        }
    )
    flex = {"workflow": UNKNOWN, "channel": "TC" + "f" * 32, "attributes": attributes}
    return {
        "description": "A menu",
        "initial_state": "Trigger",
        "states": [
            does("Trigger", "trigger", trigger, "ask"),
            asks("ask", "Sales or support?", "name"),
            asks("name", second, "keep"),
            does("keep", "set-variables", "next", "flex", variables=[topic]),
            does("flex", "send-to-flex", "callComplete", None, **flex),
        ],
    }


MENU = StudioDraft(bot(), "menu")
REPLIES = ["sales", "Jane"]


def unmet(played: Rehearsal) -> tuple[str, ...]:
    assert played.outcome.misfits == ()
    return played.outcome.unmet


# -- a step that could not be done


def test_two_sides_that_could_not_be_played_are_never_called_the_same() -> None:
    other = StudioDraft(bot(), "the same")
    found = compare(MENU, other, "next_day")
    assert found.is_incomplete
    assert not found.is_same
    assert "the same comes of both" not in repr(found)
    [(name, a, b)] = found.outcomes
    assert (name, a) == ("could not be done", b)
    assert a.startswith(
        "agent accepts: no task was made, so there is nothing to accept; the Studio"
    )
    assert "waits at ask for a reply, see `replies`" in a
    assert found.a.outcome.undone == 6
    assert compare(MENU, other, "next_day", replies=REPLIES).is_same


def test_steps_of_a_server_that_a_flow_does_not_have_are_counted_by_themselves() -> None:
    found = compare(TASK, TASK, "bot_first")
    assert (found.is_incomplete, found.is_same, found.outcomes) == (False, True, [])
    assert (found.a.outcome.foreign, found.a.outcome.undone) == (2, 0)
    assert found.remarks[0] == "a: 2 steps are for a party that has no part in it"


# -- replies


@pytest.mark.parametrize("name", ["answered", "next_day", "rejected", "timed_out"])
def test_a_bot_that_asks_twice_is_answered_in_shipped_scripts(name: str) -> None:
    outcome = rehearse(MENU, name, replies=REPLIES).outcome
    assert outcome.misfits == ()
    assert outcome.answered_by == "Studio"
    assert set(outcome.tasks) == {"completed"}


def test_replies_begin_anew_when_the_bot_does_and_end_with_what_it_asks() -> None:
    played = rehearse(MENU, "next_day", replies=[*REPLIES, "surplus"])
    said = [row.what for row in played.rows if row.kind == "message" and row.who == "customer"]
    assert said == ["Where is my order?", *REPLIES, "It has not arrived.", *REPLIES]


def test_a_script_may_have_replies_and_another_call_replaces_them() -> None:
    script = script_of("replies: [sales, yes]\nsteps:\n  - customer opens\n")
    assert script.replies == ("sales", "yes")
    assert str(script).splitlines()[1] == "  replies: sales, yes"
    assert script_of("answered", "one").replies == ("one",)
    with pytest.raises(ScriptProblem, match=r"line 1: `replies`: .* are no replies; write a list"):
        script_of("replies: [a, [b]]\nsteps:\n  - customer opens\n")
    with pytest.raises(ValueError, match="are no replies"):
        script_of("answered", [1])


def test_a_bot_in_python_is_answered_too_until_a_task_is_made() -> None:
    def bot_of(copy: Account) -> Any:
        service = copy.client.chat.v2.services(copy.credentials.chat_service_sid)

        def answer(request: Any) -> None:
            if request.parameters.get("From") != "bot":
                sid = request.parameters["ChannelSid"]
                service.channels(sid).messages.create(from_="bot", body="And then?")

        return answer

    steps = ["customer opens", "customer says: Hello"]
    played = rehearse(EXTERNAL, steps, servers={URL: bot_of}, replies=["one", "two"])
    assert described(played, "message") == [
        "customer: Hello",
        "your server: And then?",
        "customer: one",
        "your server: And then?",
        "customer: two",
        "your server: And then?",
    ]


# -- definitions that nobody has published


def test_a_definition_is_played_without_the_account_learning_of_it() -> None:
    account = connect()
    played = rehearse(MENU, "answered", account=account, replies=REPLIES)
    assert played.outcome.tasks == ("completed",)
    assert [one.friendly_name for one in account.client.studio.v2.flows.list()] == ["Webchat Flow"]
    taken = f"menu: the account has no workflow {UNKNOWN}; Assign to Anyone takes its place in flex"
    assert taken in played.assumptions


def test_a_definition_takes_the_way_that_its_trigger_leads_to_or_that_is_named() -> None:
    legacy = StudioDraft(bot(trigger="incomingMessage"), "menu")
    assert rehearse(legacy, "answered", replies=REPLIES).outcome.channel == "INACTIVE"
    assert rehearse(MENU, "answered", replies=REPLIES).outcome.channel == "closed"
    by_flow = StudioDraft(bot(trigger="incomingMessage"), "menu", STUDIO)
    played = rehearse(by_flow, "answered", replies=REPLIES)
    assert played.title == "First message to accepted and completed: By Studio with menu (studio)"
    assert played.outcome.answered_by == "Studio"
    with pytest.raises(FlowProblem, match="By task: does not lead to a Studio flow"):
        rehearse(StudioDraft(bot(), "menu", TASK), "answered")


def test_a_definition_can_be_a_file(tmp_path: Path) -> None:
    path = tmp_path / "menu.json"
    path.write_text(json.dumps({"sid": "FW0", "definition": bot()}), encoding="utf-8")
    assert StudioDraft.read(path) == StudioDraft(bot(), "menu")
    path.write_text("{\n  ]", encoding="utf-8")
    with pytest.raises(FlowProblem, match=r"menu.json:2: is not JSON: "):
        StudioDraft.read(path)
    path.write_text("[]", encoding="utf-8")
    with pytest.raises(FlowProblem, match="is no definition of a Studio flow; export one"):
        StudioDraft.read(path)
    with pytest.raises(FlowProblem, match="cannot be read: No such file"):
        StudioDraft.read(tmp_path / "none.json")


# -- what a script can expect


def test_variables_attributes_texts_and_authors_are_looked_up() -> None:
    script = """
replies: [sales, Jane]
steps:
  - customer opens: {page: /prices, vip: true}
  - expect: {chat attributes: {pre_engagement_data: {page: /prices, vip: true}}}
  - customer says: {text: Hello, attributes: {lang: de}}
  - expect: {task attributes: {topic: sales, name: Jane}, queue: everyone, priority: 0}
  - expect: {variables: {topic: sales}}
  - expect: {variables: {topic: support}}
  - agent bob accepts
  - agent alice accepts
  - expect: agent alice
  - wait: 30s
  - agent says: Hello   you
  - expect: {text: Hello you, author: agent alice}
  - expect: {text: "*lo*", author: agent}
  - expect: {text: Hello, author: Studio}
  - expect: answered within 0s
  - expect: agent within 30s
  - expect: agent within 29s
"""
    played = rehearse(MENU, script)
    assert played.outcome.misfits == (
        "agent bob accepts: bob is offered nothing to accept; alice is",
    )
    assert played.outcome.unmet == (
        'expected variables {"topic": "support"}: it is {"topic": "sales"}',
        "expected text Hello: it is Hello   you",
        "expected author Studio: it is agent alice",
        "expected agent within 29s: it is 30 s",
    )


def test_nothing_is_found_before_there_is_anything() -> None:
    things = {"queue": "x", "agent": "x", "author": "x", "text": "x", "priority": 1}
    data = {name: {"x": 1} for name in ("task attributes", "chat attributes", "variables")}
    more = {"message attributes": {"x": 1}, "answered within": "1s", "agent within": "1s"}
    steps = [("expect", {name: value}) for name, value in {**things, **data, **more}.items()]
    found = [each.rpartition(" it is ")[2] for each in unmet(rehearse(TASK, steps))]
    assert found == [*["none"] * 9, "unanswered", "unanswered"]


def test_a_task_that_was_deleted_is_in_no_other_state() -> None:
    steps = ["customer opens", "agent accepts", "wait: 1d", "wait: 1m", "expect: task assigned"]
    played = rehearse(TASK, [*steps, "expect: task deleted"])
    assert unmet(played) == ("expected task assigned: it is deleted",)
    assert played.outcome.tasks == ("deleted",)
    assert states(played, "WT#1")[-1] == (86_400, "deleted")


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"queue": ["a"]}, "queue: ['a'] is no name or text"),
        ({"task": "rain"}, "'task rain' cannot be looked up"),
        ({"priority": "high"}, "priority: 'high' is no whole number"),
        ({"variables": "x"}, "variables: 'x' is no data; write for example {topic: sales}"),
        ({"agent within": "soon"}, "agent within: 'soon' is no duration"),
        ({}, "{} cannot be looked up; expect one of: no task; 2 tasks"),
        ({"variables": {"x": float("nan")}}, "cannot be written as JSON"),
    ],
)
def test_an_expectation_that_makes_no_sense_is_refused(given: Any, problem: str) -> None:
    with pytest.raises(ScriptProblem) as refused:
        script_of([("expect", given)])
    assert problem in str(refused.value)


# -- several customers and agents, transfers, files, endings by API

OWN = CustomChatConfig(
    friendly_name="Shop",
    interaction=OwnInteraction(workspace="Flex Task Assignment", workflow="Assign to Anyone"),
)
DIALECTS = pytest.mark.parametrize("way", [TASK, OWN], ids=["Chat", "Conversations"])


@DIALECTS
def test_customers_have_chats_of_their_own_and_agents_names(way: Any) -> None:
    steps = [
        "customer opens",
        "customer Ben opens",
        "customer Ben says: Me",
        "customer says: And me",
        "agent bob accepts",
        "agent Alice accepts",
        "agent bob says: Ben?",
        ("expect", {"text": "Ben?", "author": "agent bob"}),
        "agent alice says: Jane?",
        "agent carol says: Hello",
    ]
    played = rehearse(way, steps)
    assert played.outcome.unmet == ()
    assert played.outcome.misfits == (
        "agent carol says: Hello: there is no agent carol; there are: alice, bob",
    )
    assert (played.outcome.channels, played.outcome.unanswered) == (2, ())
    assert played.outcome.answered_by == "agent bob"
    assert described(played, "message") == [
        "customer Ben: Me",
        "customer: And me",
        "agent: Ben?",
        "agent: Jane?",
    ]
    assert played.plot()._repr_png_()


@DIALECTS
def test_a_chat_is_transferred_to_an_agent_and_to_a_queue(way: Any) -> None:
    steps = [
        "customer opens",
        "agent alice accepts",
        "agent transfers: bob",
        "agent bob accepts",
        "agent bob says: It is me now",
        "agent transfers: queue Everyone",
        "agent alice accepts",
        "agent says: Me again",
        "agent completes",
        "agent transfers: nobody",
    ]
    played = rehearse(way, steps)
    assert played.outcome.misfits == ("agent transfers: nobody: no agent has the chat",)
    assert played.outcome.tasks[-1] == "completed"
    accepted = [row.what for row in played.rows if row.what.endswith("accepts")]
    assert [each for each in accepted if each.count(" ") == 1] == [
        "alice accepts",
        "bob accepts",
        "alice accepts",
    ]


def test_a_goal_that_is_not_there_is_said_and_a_warm_transfer_keeps_the_agent() -> None:
    steps: list[Any] = ["customer opens", "agent alice accepts", "agent transfers: queue Sales"]
    warm = [("agent transfers", {"to": "bob", "mode": "warm"}), "agent bob accepts"]
    played = rehearse(TASK, [*steps, *warm, "agent alice says: Still here"])
    assert played.outcome.misfits == (
        "agent transfers: queue Sales: there is no queue Sales; there are: Everyone",
    )
    shown = [row.what for row in played.rows if "transfer" in row.what and row.kind == "task"]
    assert shown == ["task is transferred", "task has been transferred"]
    with pytest.raises(ScriptProblem, match="no goal of a transfer; write an agent's name"):
        script_of([("agent transfers", {"to": "bob", "queue": "Sales"})])


@DIALECTS
def test_files_typing_and_attributes_are_played(way: Any) -> None:
    steps: list[Any] = [
        "customer opens",
        "agent accepts",
        "customer types",
        "customer sends: photo.png",
        "agent types",
        "agent sends: bill.pdf",
        ("chat gets", {"x": 1}),
        ("task gets", {"y": [1, "a"]}),
        ("expect", {"chat attributes": {"x": 1}, "task attributes": {"y": [1, "a"]}}),
    ]
    played = rehearse(way, steps)
    assert unmet(played) == ()
    assert described(played, "message") == ["customer: (media)", "agent: (media)"]
    assert [row.who for row in played.rows if row.what == "is typing"] == [
        "customer",
        "agent alice",
    ]


@pytest.mark.parametrize("ending", ["completed", "canceled", "deleted"])
def test_a_task_can_be_ended_by_api(ending: str) -> None:
    start = ["customer opens", *["agent accepts"] * (ending == "completed")]
    played = rehearse(TASK, [*start, f"task is {ending}", f"expect: task {ending}"])
    assert unmet(played) == ()
    assert played.outcome.tasks == (ending,)


def test_what_taskrouter_refuses_and_what_is_not_there_is_said() -> None:
    steps = ["task is completed", "chat gets", "customer opens", "task is completed"]
    found = rehearse(TASK, [steps[0], ("chat gets", {"a": 1}), *steps[2:]]).outcome.misfits
    assert found[:2] == (
        "task is completed: no task was made",
        'chat gets: {"a": 1}: there is no chat yet',
    )
    assert found[2].startswith("task is completed: Twilio refuses: 20001: ")


# -- a server that fails, a message in wrap-up, networks


def test_a_message_that_the_server_answers_with_503_has_not_reached_it() -> None:
    flow = changed(EXTERNAL, retry_count=0)
    steps = ["customer opens", "webhook fails: 2", "customer says: 1", "customer says: 2"]
    played = rehearse(flow, [*steps, "customer says: 3", "bot says: At last"])
    assert [(one.body, one.why) for one in played.outcome.lost] == [
        ("1", "your server answers 503"),
        ("2", "your server answers 503"),
    ]
    answers = [row.what for row in played.rows if row.kind == "webhook"]
    assert answers[:3] == [
        "onMessageSent, answered 503",
        "onMessageSent, answered 503",
        "onMessageSent, answered 200",
    ]
    assert played.outcome.misfits == ()


@pytest.mark.parametrize(("answer", "why"), [(503, 503), ((404, "no"), 404), (None, None)])
def test_the_answer_of_a_function_says_whether_a_message_arrived(answer: Any, why: Any) -> None:
    flow = changed(EXTERNAL, retry_count=0)
    steps = ["customer opens", "customer says: Hello"]
    lost = rehearse(flow, steps, servers={URL: lambda _: lambda _: answer}).outcome.lost
    assert [one.why for one in lost] == ([f"your server answers {why}"] if why else [])


def test_a_failing_server_that_is_up_again_fails_no_more() -> None:
    flow = changed(EXTERNAL, retry_count=0)
    steps = ["customer opens", "webhook fails: 5 times with 500", "webhook is up"]
    assert rehearse(flow, [*steps, "customer says: Hello"]).outcome.lost == ()
    with pytest.raises(ScriptProblem, match="'often' is no number of failures; write for example"):
        script_of(["webhook fails: often"])


def test_a_message_during_wrap_up_reaches_the_agent_alone_and_the_timeline_says_so() -> None:
    steps = ["customer opens", "customer says: Hi", "agent accepts", "agent wraps up"]
    played = rehearse(TASK, [*steps, "customer says: Thanks", "agent completes"])
    assert (played.outcome.lost, played.outcome.unanswered) == ((), ("Hi", "Thanks"))
    seen = [row for row in played.rows if row.what == "message reaches alice only"]
    assert [row.detail for row in seen] == ["the task is in wrap-up, so that nothing routes it"]


@pytest.mark.parametrize("network", ["sms", "whatsapp"])
def test_a_legacy_flow_of_another_network_says_that_it_is_played_as_a_custom_chat(
    network: str,
) -> None:
    own = {"channel_type": network, "contact_identity": "+15005550006"}
    played = rehearse(STUDIO.model_copy(update=own), "answered")
    said = f"a Flex Flow of type {network} is played as a custom chat"
    assert any(each.startswith(said) for each in played.assumptions)
    assert f"assumes: {said}" in repr(played)
    assert said in played._repr_html_()


def test_an_address_is_played_with_phones_of_different_customers() -> None:
    texts = AddressConfig(
        type="sms",
        address="+15550100",
        auto_creation=AutoCreation(type="webhook", webhook_url=URL),
        interaction=OwnInteraction(
            workspace="Flex Task Assignment",
            workflow="Assign to Anyone",
            creation_on_message=True,
        ),
    )
    steps: list[Any] = ["customer opens", "customer Ben opens", "customer says: A"]
    steps += ["customer Ben says: B", "customer Ben sends: photo.png", "customer types"]
    played = rehearse(texts, [*steps, ("expect", {"task attributes": {"from": "+15550143"}})])
    assert played.outcome.unmet == ()
    assert played.outcome.misfits == (
        "customer types: a phone does not show that a message is being typed",
    )
    assert described(played, "message") == [
        "customer: A",
        "customer Ben: B",
        "customer Ben: (media)",
    ]
    assert (played.outcome.channels, len(played.outcome.tasks)) == (2, 2)
    assert not any("custom chat" in each for each in played.assumptions)


# -- what is assumed, and how a task goes its way


def test_a_rehearsal_says_what_it_takes_for_granted() -> None:
    played = rehearse(
        EXTERNAL, "agents: [bob]\nsteps:\n  - customer opens\n  - customer says: Hi\n"
    )
    assert played.assumptions == (
        "it begins at Mon 2026-01-05 09:00 UTC, as the script has no `at`",
        "the account is a new one: agents alice and bob, one queue, one workflow",
        "at work: bob; they react when the script says so, and never by themselves",
        f"no server of yours answers {URL}: an empty 200 stands in for it",
    )
    at = "at: Mon 10:00\nagents: none\nsteps:\n  - customer opens\n"
    assert rehearse(TASK, at, account=connect()).assumptions == (
        "at work: nobody; they react when the script says so, and never by themselves",
    )


@pytest.fixture
def skilled() -> Account:
    """An account whose workflow tries one queue, then another with more priority."""
    account = connect()
    client = account.client
    workspace = client.taskrouter.v1.workspaces.list()[0]
    [workflow] = workspace.workflows.list()
    sales = workspace.task_queues.create("Sales", target_workers="skill == 'sales'")
    everyone = workspace.task_queues.list(friendly_name="Everyone")[0]
    targets = [
        {"queue": sales.sid, "timeout": 30},
        {"queue": everyone.sid, "priority": 5, "expression": "worker.vip == true", "timeout": 60},
    ]
    chosen = {"filter_friendly_name": "Chats", "expression": "1==1", "targets": targets}
    configuration = {"task_routing": {"filters": [chosen]}}
    workflow.update(configuration=json.dumps(configuration))
    return account


def test_a_timeline_shows_queues_targets_priorities_and_time_outs(skilled: Account) -> None:
    steps = ["customer opens", "expect: queue Sales", "wait: 30s", "expect: priority 5", "wait: 1m"]
    played = rehearse(TASK, [*steps, "expect: task canceled"], account=skilled)
    assert unmet(played) == ()
    shown = [
        (row.seconds, row.what, row.detail)
        for row in played.rows
        if row.kind == "task" and row.who == "TaskRouter" and "WT#1" in row.detail
    ]
    assert shown == [
        (0, "task matches filter Chats, target 1 of 2 (timeout 30)", "WT#1, priority 0"),
        (0, "task waits in queue Sales", "WT#1, priority 0"),
        (30, "task has waited its time in queue Sales", "WT#1, priority 0"),
        (
            30,
            "task matches filter Chats, target 2 of 2"
            " (expression worker.vip == true, priority 5, timeout 60)",
            "WT#1, priority 5",
        ),
        (30, "task leaves queue Sales", "WT#1, priority 5"),
        (30, "task waits in queue Everyone", "WT#1, priority 5"),
        (90, "task has waited its time in queue Everyone", "WT#1, priority 5"),
        (90, "task reaches the end of its workflow", "WT#1, priority 5"),
    ]


def test_a_picture_shows_queues_where_there_are_several_and_that_time_is_not_to_scale(
    skilled: Account,
) -> None:
    steps = ["customer opens", "customer says: Hello", "wait: 30s"]
    (axes,) = rehearse(TASK, steps, account=skilled).plot().axes
    texts = {each.get_text() for each in axes.texts}
    assert {"Sales, priority 0", "Everyone, priority 5"} <= texts
    assert axes.get_xlabel() == "time, not to scale"
    drawn = rehearse(TASK, steps, account=skilled).sequence().mermaid
    assert "TaskRouter->>TaskRouter: task leaves queue Sales" in drawn
    (axes,) = rehearse(TASK, steps).plot().axes
    assert not any("Everyone" in each.get_text() for each in axes.texts)


# -- documentation


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_can_be_done_and_is_in_the_page_and_in_help(verb: str) -> None:
    one = VERBS[verb]
    shown = f"{verb}: {one.argument}" if one.argument else verb
    page = (ROOT / "docs/reference/scripts.md").read_text("utf-8")
    assert f"| `{shown}` | {one.about} |" in page
    assert f"{shown} - {one.about}" in pydoc.render_doc(Script, renderer=pydoc.plaintext)
    assert verb in ACTS


def test_everything_that_can_be_expected_is_in_the_page_and_in_help() -> None:
    page = (ROOT / "docs/reference/scripts.md").read_text("utf-8")
    shown = pydoc.render_doc(Script, renderer=pydoc.plaintext)
    for name in (*EXPECTED, *CHOICES, *(state for each in CHOICES.values() for state in each)):
        assert name in page
        assert name in shown
    assert "`servers=`" in shown
    assert "Staffing" in shown
    for name in ("servers=", "flows.Staffing", "replies"):
        assert name in page


def test_the_script_of_the_page_plays_as_it_says() -> None:
    played = rehearse(TASK, snippet("a whole script"))
    assert played.script.start is not None
    assert (played.outcome.misfits, played.outcome.unmet) == ((), ())


@pytest.mark.parametrize(
    ("step", "problem"),
    [
        ("chat gets: {a: 1, a: 2}", "line 2: `chat gets`: `a` is given twice in it; remove one"),
        ("chat gets: {d: 2026-01-01}", "cannot be written as JSON"),
        ("chat gets: {d: !!python/name:os.x }", "is no data: could not determine a constructor"),
        ("chat gets:", "None is no data; write for example {topic: sales}"),
        ("customer sends: a/b.png", "'a/b.png' is no file's name; write for example photo.png"),
        ("agent transfers: {to: bob, mode: hot}", "no goal of a transfer"),
        ("webhook fails: 3 with 200", "no number of failures; write for example 3"),
        ("&a [*a]", "is no step; write one verb and its argument"),
    ],
)
def test_an_argument_that_makes_no_sense_is_refused_with_its_line(step: str, problem: str) -> None:
    with pytest.raises(ScriptProblem) as refused:
        script_of(f"steps:\n  - {step}\n")
    assert problem in str(refused.value)
    assert str(refused.value).startswith("line 2: ")


@pytest.mark.parametrize(
    "text",
    ["replies: &a [*a]\n", "agents: &a [*a]\n", "- chat gets: &a {x: *a}\n", "x: " + "[" * 1000],
)
def test_aliases_of_themselves_and_levels_without_end_are_refused(text: str) -> None:
    with pytest.raises(ScriptProblem, match=r"an alias of what it is in|nested too deep"):
        script_of(f"{text}\n")


def test_a_script_whose_aliases_grow_without_end_is_refused_at_once() -> None:
    lists = [f"      a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    text = "\n".join(["steps:", "  - chat gets:", "      a0: &a0 [1, 1]", *lists, ""])
    with pytest.raises(ScriptProblem, match="repeats its aliases to more than 100000 values"):
        script_of(text)


def test_variables_of_a_studio_flow_that_has_set_none_are_not_met_and_no_fault() -> None:
    steps = ["customer opens", "customer says: Hello", ("expect", {"variables": {"a": 1}})]
    [unmet] = rehearse(STUDIO, steps).outcome.unmet
    assert "variables" in unmet
    assert "none" in unmet
