"""Checks: for each, a file that trips it, one that does not, and what it says."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from samples import ENDS_AT_ONCE, EXTERNAL, STUDIO, TASK, furnished
from support import refused, seconds_of_work

from helpers import Account
from helpers.flows import CHECKS, FlexFlowConfig, FlowFile, Integration, Report, check, plan
from helpers.flows.checks import account_reader
from helpers.mock import Basis

SECOND = TASK.partition("\n")[2].replace("Custom chat", "Second")
SMS = STUDIO.replace("custom", "sms")
ADDRESS = "    contact_identity: '+15550001'\n"
Prepare = Callable[[Any], Any]


def nothing(_: Any) -> None:
    """The account is as new."""


def publish_nothing(client: Any) -> None:
    """The flow has drafts only."""
    client.studio.v2.flows.create("Draft", "draft", definition=ENDS_AT_ONCE)


def loop(client: Any) -> None:
    """A flow whose Send to Flex cannot be reached from a message."""
    flow = client.studio.v2.flows.list()[0].fetch()
    states = json.loads(json.dumps(flow.definition))
    states["states"][0]["transitions"][0].pop("next")
    client.studio.v2.flows.create("Loop", "published", definition=states)


def for_conversations(client: Any) -> None:
    """A flow whose trigger leads on from Conversations alone."""
    _with_attributes(client, "incomingConversationMessage", '{"channelSid": "{{x}}"}')


def without_a_chat(client: Any) -> None:
    """A flow whose Send to Flex does not say whose chat it is."""
    _with_attributes(client, "incomingMessage", '{"name": "{{trigger.message.From}}"}')


def calls_first(client: Any) -> None:
    """A flow with a way for calls beside that for chats."""
    _with_attributes(client, "incomingMessage", '{"channelSid": "{{trigger.message.ChannelSid}}"}')


def _with_attributes(client: Any, event: str, attributes: str) -> None:
    flow = client.studio.v2.flows.list()[0].fetch()
    made = json.loads(json.dumps(flow.definition))
    trigger, *_ = made["states"]
    target = trigger["transitions"][0]["next"]
    call = {"event": "incomingCall", "next": "call"}
    trigger["transitions"] = [{"event": event, "next": target}, call]
    for state in made["states"]:
        if state["type"] == "send-to-flex":
            state["properties"]["attributes"] = attributes
    made["states"].append(
        {"name": "call", "type": "say-play", "transitions": [], "properties": {"say": "Hi"}}
    )
    client.studio.v2.flows.create("Astray", "published", definition=made)


def a_filter_of_conversations(client: Any) -> None:
    """Set a webhook of the chat service for an event that Chat does not have."""
    service = client.chat.v2.services.list()[0]
    client.chat.v2.services(service.sid).update(
        post_webhook_url="https://listener.example", webhook_filters=["onMessageAdded"]
    )


def no_worker_speaks_it(client: Any) -> None:
    """The only queue asks for what no worker has."""
    queue = _workspace(client).task_queues.list()[0]
    _workspace(client).task_queues(queue.sid).update(target_workers='languages HAS "eo"')


def no_worker_has_capacity(client: Any) -> None:
    """No worker takes chats."""
    for worker in _workspace(client).workers.list():
        channels = _workspace(client).workers(worker.sid).worker_channels
        channels("chat").update(capacity=0)


def filters(client: Any, expression: str, default: bool = False) -> None:
    """The workflow takes what matches an expression, and other tasks by default or not at all."""
    workspace = _workspace(client)
    queue = {"queue": workspace.task_queues.list()[0].sid}
    routing: dict[str, Any] = {"filters": [{"expression": expression, "targets": [queue]}]}
    if default:
        routing["default_filter"] = queue
    workflow = next(one for one in workspace.workflows.list() if one.friendly_name == ANYONE)
    workspace.workflows(workflow.sid).update(configuration=json.dumps({"task_routing": routing}))


def leave_is_on(client: Any) -> None:
    """Agents can leave conversations."""
    settings = {"agent_conv_end_methods": {"enabled": ["Leave"]}}
    client.request(
        "POST",
        "https://flex-api.twilio.com/v1/Configuration",
        headers={"Content-Type": "application/json"},
        data={"account_sid": client.username, **settings},
    )


ANYONE = "Assign to Anyone"


def web_only(client: Any) -> None:
    """The workflow takes web chats."""
    filters(client, "channelType == 'web' AND vip == true")


def web_first(client: Any) -> None:
    """The workflow takes web chats, and all others by default."""
    filters(client, "channelType == 'web'", default=True)


def custom_only(client: Any) -> None:
    """The workflow takes custom chats."""
    filters(client, "channelType IN ['custom', 'sms'] AND NOT channelType == 'web'")


def by_language(client: Any) -> None:
    """The workflow goes by an attribute that the chat may bring along."""
    filters(client, "language == 'eo' OR channelType == 'web'")


def loosely_written(client: Any) -> None:
    """The workflow lists values without brackets."""
    filters(client, "channelType == 'custom', 'sms'")


def loosely_targeted(client: Any) -> None:
    """The queue leaves out workers with a sign that is two."""
    queue = _workspace(client).task_queues.list(friendly_name="Everyone")[0]
    _workspace(client).task_queues(queue.sid).update(target_workers="away! = true")


def never_open(client: Any) -> None:
    """The workflow has hours that no day has."""
    filters(client, "taskrouter.currentTime > 2200 AND taskrouter.currentTime < 0600", default=True)


def open_at_night(client: Any) -> None:
    """The workflow has hours over midnight, and those of one minute of the week."""
    filters(
        client,
        "taskrouter.currentTime > 2200 OR taskrouter.currentTime < 0600"
        " OR taskrouter.dayOfWeek == 'Sun' AND taskrouter.currentTime == 2359 AND vip == true",
        default=True,
    )


def runs(*subflows: str, own: int = 0, name: str = "Parent") -> Prepare:
    """Return a function that makes a flow, with subflows (`NAME@REVISION`) and more widgets."""

    def prepare(client: Any) -> None:
        """The flow runs others first."""
        flows = client.studio.v2.flows.list()
        sids = {each.friendly_name: each.sid for each in flows}
        made = json.loads(json.dumps(flows[0].fetch().definition))
        _, *states = made["states"]
        for number, text in enumerate(subflows, 1):
            flow, _, revision = text.partition("@")
            state = _state(f"run {number}", "run-subflow", completed=f"run {number + 1}")
            state["properties"] = {
                "flow_sid": sids.get(flow, flow),
                "flow_revision": revision or "LatestPublished",
            }
            states.append(state)
        states[-1]["transitions"] = []
        first = _state("Trigger", "trigger", incomingMessage="run 1", incomingParent="run 1")
        spare = [_state(f"spare {number}", "set-variables") for number in range(own)]
        made |= {"initial_state": "Trigger", "states": [first, *states, *spare]}
        client.studio.v2.flows.create(name, "published", definition=made)

    return prepare


def _state(name: str, kind: str, **ways: str) -> dict[str, Any]:
    transitions = [{"event": event, "next": target} for event, target in ways.items()]
    return {"name": name, "type": kind, "transitions": transitions, "properties": {}}


def runs_a_draft(client: Any) -> None:
    """A flow runs one that has drafts only."""
    publish_nothing(client)
    runs("Draft")(client)


def runs_a_parent(client: Any) -> None:
    """A flow runs one that runs another."""
    runs("Menu bot", name="Child")(client)
    runs("Child")(client)


def too_many_widgets(client: Any) -> None:
    """A flow has two thousand widgets, and its subflow has one."""
    has = len(client.studio.v2.flows.list()[0].fetch().definition["states"]) + 1
    runs("Menu bot", own=2000 - has)(client)


def just_enough_widgets(client: Any) -> None:
    """A flow has two thousand widgets with its subflow, which it runs twice."""
    has = len(client.studio.v2.flows.list()[0].fetch().definition["states"]) + 2
    runs("Menu bot", "Menu bot", own=1999 - has)(client)


def one_has_room(client: Any) -> None:
    """Leave one worker who takes chats."""
    worker = _workspace(client).workers.list()[0]
    _workspace(client).workers(worker.sid).worker_channels("chat").update(capacity=0)


def a_bot_greets(client: Any) -> None:
    """Set a webhook of the chat service for new channels."""
    service = client.chat.v2.services.list()[0]
    client.chat.v2.services(service.sid).update(
        post_webhook_url="https://greeter.example", webhook_filters=["onChannelAdded"]
    )


def a_bot_listens(client: Any) -> None:
    """Set a webhook of the chat service for messages only."""
    service = client.chat.v2.services.list()[0]
    client.chat.v2.services(service.sid).update(
        post_webhook_url="https://listener.example", webhook_filters=["onMessageSent"]
    )


def another_flow(client: Any) -> None:
    """The account has an enabled flow for custom chats."""
    _make(client, enabled=True)


def another_flow_disabled(client: Any) -> None:
    """The account has a disabled flow for custom chats."""
    _make(client, enabled=False)


def _make(client: Any, enabled: bool) -> None:
    client.flex_api.v1.flex_flow.create(
        friendly_name="Old bot",
        chat_service_sid=client.chat.v2.services.list()[0].sid,
        channel_type="custom",
        integration_type="external",
        integration_url="https://old.example",
        enabled=enabled,
    )


def _workspace(client: Any) -> Any:
    return client.taskrouter.v1.workspaces(client.taskrouter.v1.workspaces.list()[0].sid)


PARENT = STUDIO.replace("Webchat Flow", "Parent")
ON_MESSAGE = TASK + "      creation_on_message: true\n"
CHAT = "custom_chats:\n  - friendly_name: Support\n"
TRIPS: list[tuple[str, Prepare, str, str]] = [
    ("no-interaction", nothing, CHAT, "line 2"),
    ("leave-is-off", nothing, CHAT + "    long_lived: true\n", "line 3"),
    ("channel-type", nothing, STUDIO.replace("custom", "web"), "line 3"),
    ("channel-type", nothing, SMS, "line 3"),
    ("task-channel", nothing, TASK.replace("      channel: chat\n", ""), "line 5"),
    ("task-channel", nothing, TASK.replace("channel: chat", "channel: default"), "line 8"),
    ("two-enabled", nothing, TASK + SECOND, "line 2"),
    (
        "idle-janitor",
        nothing,
        TASK + "    long_lived: true\n    janitor_enabled: true\n",
        "line 10",
    ),
    ("creation-on-message", nothing, ON_MESSAGE, "line 9"),
    ("doubling-retries", nothing, EXTERNAL.replace("retry_count: 0", "retry_count: 1"), "line 7"),
    ("doubling-retries", nothing, EXTERNAL.replace("      retry_count: 0\n", ""), "line 5"),
    ("unknown-name", nothing, STUDIO.replace("Webchat Flow", "Webchat"), "line 6"),
    ("other-enabled", another_flow, TASK, "line 2"),
    ("studio-draft", publish_nothing, STUDIO.replace("Webchat Flow", "Draft"), "line 6"),
    ("no-send-to-flex", nothing, STUDIO.replace("Webchat Flow", "Menu bot"), "line 6"),
    ("no-send-to-flex", loop, STUDIO.replace("Webchat Flow", "Loop"), "line 6"),
    ("studio-astray", for_conversations, STUDIO.replace("Webchat Flow", "Astray"), "line 6"),
    ("studio-astray", without_a_chat, STUDIO.replace("Webchat Flow", "Astray"), "line 6"),
    ("subflow", runs("FW" + "0" * 32), PARENT, "line 6"),
    ("subflow", runs("Menu bot", "Webchat Flow@77"), PARENT, "line 6"),
    ("subflow", runs_a_draft, PARENT, "line 6"),
    ("subflow", runs_a_parent, PARENT, "line 6"),
    ("widgets-in-all", too_many_widgets, PARENT, "line 6"),
    ("never-in-time", never_open, TASK, "line 7"),
    ("webhook-filters", a_filter_of_conversations, TASK, "line 2"),
    ("nobody-matches", no_worker_speaks_it, TASK, "line 7"),
    ("nobody-matches", no_worker_speaks_it, STUDIO, "line 6"),
    ("nobody-matches", no_worker_has_capacity, TASK, "line 7"),
    ("nobody-matches", web_only, TASK, "line 7"),
    ("loose-expression", loosely_written, TASK, "line 7"),
    ("loose-expression", loosely_targeted, STUDIO, "line 6"),
    ("welcome-bot", a_bot_greets, ON_MESSAGE, "line 9"),
]
PASSES: list[tuple[str, Prepare, str]] = [
    ("no-interaction", nothing, CHAT + "    accept: [no-interaction]\n"),
    ("leave-is-off", leave_is_on, CHAT + "    long_lived: true\n"),
    ("leave-is-off", nothing, CHAT),
    ("channel-type", nothing, TASK),
    ("channel-type", nothing, SMS + ADDRESS),
    ("channel-type", nothing, SMS + "    accept: [channel-type]\n"),
    ("task-channel", nothing, TASK),
    ("task-channel", nothing, STUDIO),
    ("two-enabled", nothing, TASK + SECOND + "    enabled: false\n"),
    ("two-enabled", nothing, TASK + SECOND + "    contact_identity: help\n"),
    ("two-enabled", nothing, TASK + SECOND.replace("custom", "web")),
    ("idle-janitor", nothing, TASK + "    long_lived: true\n"),
    ("idle-janitor", nothing, TASK + "    janitor_enabled: true\n"),
    ("creation-on-message", nothing, TASK),
    ("creation-on-message", nothing, ON_MESSAGE + "    enabled: false\n"),
    ("doubling-retries", nothing, EXTERNAL),
    ("doubling-retries", nothing, STUDIO),
    ("unknown-name", nothing, STUDIO),
    ("other-enabled", another_flow_disabled, TASK),
    ("other-enabled", another_flow, TASK + "    enabled: false\n"),
    ("other-enabled", another_flow, TASK + "    contact_identity: shop\n"),
    ("other-enabled", another_flow, TASK + SECOND.replace("Second", "Old bot")),
    ("studio-draft", nothing, STUDIO),
    ("no-send-to-flex", nothing, STUDIO),
    ("no-send-to-flex", nothing, TASK),
    ("studio-astray", nothing, STUDIO),
    ("studio-astray", calls_first, STUDIO.replace("Webchat Flow", "Astray")),
    ("subflow", nothing, STUDIO),
    ("subflow", runs("Menu bot@1", "Webchat Flow@LatestDraft"), PARENT),
    ("widgets-in-all", just_enough_widgets, PARENT),
    ("never-in-time", open_at_night, TASK),
    ("never-in-time", web_only, TASK),
    ("webhook-filters", a_bot_listens, TASK),
    ("nobody-matches", nothing, TASK),
    ("nobody-matches", nothing, STUDIO),
    ("nobody-matches", one_has_room, TASK),
    ("nobody-matches", web_first, TASK),
    ("nobody-matches", custom_only, TASK),
    ("nobody-matches", by_language, TASK),
    ("nobody-matches", web_only, STUDIO),
    ("nobody-matches", no_worker_speaks_it, EXTERNAL),
    ("nobody-matches", loosely_written, TASK),
    ("loose-expression", nothing, TASK),
    ("loose-expression", custom_only, TASK),
    ("loose-expression", loosely_written, EXTERNAL),
    ("welcome-bot", nothing, ON_MESSAGE),
    ("welcome-bot", a_bot_listens, ON_MESSAGE),
    ("welcome-bot", a_bot_greets, TASK),
]


@pytest.fixture(scope="module")
def furniture() -> Account:
    """An account with two of everything; tests put back what they change."""
    return furnished()


def reported(account: Account, prepare: Prepare, text: str) -> Report:
    """Return the findings for a file and an account prepared so."""
    assert account.mock is not None
    with account.mock.snapshot():
        prepare(account.client)
        return check(text, account)


@pytest.mark.parametrize(("id_", "prepare", "text", "where"), TRIPS)
def test_a_finding_says_where_and_why_and_what_to_do(
    furniture: Account, id_: str, prepare: Prepare, text: str, where: str
) -> None:
    found = [one for one in reported(furniture, prepare, text) if one.id == id_]
    assert found, id_
    assert found[0].where == where
    assert len(found[0].reason) > 20
    assert found[0].fix or id_ == "unknown-name"
    assert found[0].documentation.startswith("https://www.twilio.com/docs/")
    assert isinstance(found[0].basis, Basis)


@pytest.mark.parametrize(("id_", "prepare", "text"), PASSES)
def test_a_file_that_is_as_it_should_be_does_not_trip_it(
    furniture: Account, id_: str, prepare: Prepare, text: str
) -> None:
    assert id_ not in {one.id for one in reported(furniture, prepare, text)}


def test_every_check_has_a_file_that_trips_it_and_one_that_does_not() -> None:
    ids = {one.id for one in CHECKS}
    assert len(ids) == len(CHECKS)
    assert ids == {trip[0] for trip in TRIPS} == {passed[0] for passed in PASSES}


@pytest.mark.parametrize("text", [TASK, STUDIO, EXTERNAL])
def test_a_sound_flow_of_each_kind_has_no_findings(account: Account, text: str) -> None:
    report = check(text, account)
    assert (len(report), report.skipped) == (0, ())
    assert str(report) == "the text: nothing found."


# -- what Twilio refuses, the checks find, and the other way round


@pytest.mark.parametrize(
    ("prepare", "text"),
    [(prepare, text) for id_, prepare, text, _ in TRIPS if id_ == "other-enabled"]
    + [(nothing, TASK + SECOND)],
)
def test_what_the_checks_call_two_enabled_the_plan_refuses(
    furniture: Account, prepare: Prepare, text: str
) -> None:
    assert furniture.mock is not None
    with furniture.mock.snapshot():
        prepare(furniture.client)
        with pytest.raises(ValueError, match="is enabled for channel type custom"):
            plan(furniture, text)


def test_a_workflow_without_a_matching_worker_leaves_its_task_pending(
    account: Account, make_channel: Callable[..., Any], tasks: Callable[[], list[Any]]
) -> None:
    no_worker_speaks_it(account.client)
    plan(account, TASK).apply()
    flows = account.client.flex_api.v1.flex_flow.list()
    make_channel(next(one for one in flows if one.friendly_name == "Custom chat"))
    worker = _workspace(account.client).workers.list()[0]
    available = next(
        one for one in _workspace(account.client).activities.list() if one.available
    ).sid
    _workspace(account.client).workers(worker.sid).update(activity_sid=available)
    assert [task.assignment_status for task in tasks()] == ["pending"]


def test_a_workflow_whose_filters_take_nothing_gets_no_channel(
    account: Account, make_channel: Callable[..., Any]
) -> None:
    web_only(account.client)
    report = check(TASK, account)
    assert [one.id for one in report] == ["nobody-matches"]
    reason = report.findings[0].reason
    assert "of workflow 'Assign to Anyone' takes a task with {'channelType': 'custom'}" in reason
    plan(account, TASK).apply()
    flows = account.client.flex_api.v1.flex_flow.list()
    with refused(400, 20001, "matches no filter"):
        make_channel(next(one for one in flows if one.friendly_name == "Custom chat"))


def test_with_more_workers_than_are_read_it_does_not_claim_that_none_can(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_worker_has_capacity(account.client)
    workers = len(_workspace(account.client).workers.list())
    monkeypatch.setattr(account_reader, "ENOUGH_WORKERS", workers)
    assert [one.id for one in check(TASK, account)] == ["nobody-matches"]
    monkeypatch.setattr(account_reader, "ENOUGH_WORKERS", workers - 1)
    assert [one.id for one in check(TASK, account)] == []


# -- what a report says


def test_a_line_of_the_report_has_no_gap_where_a_reason_is_its_own_fix(account: Account) -> None:
    [finding] = check(STUDIO.replace("Webchat Flow", "Nothing there"), account)
    assert "or name another. [unknown-name] https://" in str(finding)


def test_without_an_account_the_checks_that_need_one_are_skipped_by_name() -> None:
    report = check(STUDIO.replace("Webchat Flow", "Nothing there"))
    assert len(report) == 0
    assert {one.id for one in report.skipped} == {one.id for one in CHECKS if one.asks_account}
    assert "Not checked, for want of an account: unknown-name, " in str(report)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("      retry_count: 1\n", "With retry_count 1 a message"),
        ("", "With retry_count 3 (Twilio's default) a message"),
    ],
)
def test_a_retry_count_is_called_the_default_only_where_it_is(written: str, said: str) -> None:
    [found] = check(EXTERNAL.replace("      retry_count: 0\n", written)).warnings
    assert found.id == "doubling-retries"
    assert said in found.reason


def test_a_report_separates_errors_from_warnings_and_has_three_formats(account: Account) -> None:
    text = EXTERNAL.replace("retry_count: 0", "retry_count: 2") + SECOND.replace(
        "chat\n", "email\n"
    )
    report = check(text.replace("Custom chat", "<i>Chat</i>"), account)
    assert {one.id for one in report.errors} == {"two-enabled", "unknown-name"}
    assert {one.id for one in report.warnings} == {"doubling-retries"}
    assert list(report.table()["id"]) == [one.id for one in report]
    assert str(report).splitlines()[-1] == "the text: 3 errors, 1 warning."
    shown = report._repr_html_()
    assert "&lt;i&gt;Chat&lt;/i&gt;" in shown
    assert "<i>" not in shown
    assert json.loads(json.dumps(report.as_json()))["findings"][0]["id"] == "two-enabled"


def test_accepting_what_is_no_check_is_reported(account: Account) -> None:
    report = check(TASK + "    accept: [chanel-type]\n", account)
    assert [(one.id, one.where) for one in report] == [("unknown-check", "line 9")]
    assert "'chanel-type' is no check" in report.findings[0].reason


def test_an_error_cannot_be_accepted(account: Account) -> None:
    text = TASK.replace("channel: chat", "channel: default") + "    accept: [task-channel]\n"
    assert "task-channel" in {one.id for one in check(text, account).errors}


def test_flows_made_in_python_are_checked_too() -> None:
    integration = Integration(url="https://bot.example.com")
    flow = FlexFlowConfig(
        friendly_name="Chat",
        channel_type="custom",
        integration_type="external",
        integration=integration,
    )
    report = check(FlowFile((flow,), "notebook"))
    assert [(one.id, one.where) for one in report] == [("doubling-retries", "notebook")]


def test_a_failing_account_is_not_mistaken_for_a_finding(account: Account) -> None:
    assert account.mock is not None
    account.mock.faults.add("FetchFlowRevision", status=500)
    with pytest.raises(Exception, match="HTTP 500"):
        check(STUDIO, account)


def test_a_thousand_flows_for_one_contact_are_checked_at_once() -> None:
    external = Integration(url="https://bot.example.com", retry_count=0)
    flows = tuple(
        FlexFlowConfig(
            friendly_name=f"F{number}",
            channel_type="custom",
            integration_type="external",
            integration=external,
        )
        for number in range(1000)
    )
    assert seconds_of_work(lambda: check(FlowFile(flows))) < 5
    report = check(FlowFile(flows))
    found = [one for one in report.findings if one.id == "two-enabled"]
    assert [one.flow for one in found] == [flow.friendly_name for flow in flows]
    assert "'F0' (the text), 'F2' (the text)" in found[1].reason
    assert "'F5' (the text) and 994 more; Twilio takes one only." in found[1].reason


def test_what_many_flows_share_is_read_once(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []
    request = account.client.http_client.request
    monkeypatch.setattr(
        account.client.http_client,
        "request",
        lambda method, url, **about: sent.append(url) or request(method, url, **about),
    )
    counts = []
    for many in (1, 20):
        flows = (SECOND.replace("Second", f"N{n}\n    contact_identity: n{n}") for n in range(many))
        assert not check(TASK + "".join(flows), account).findings
        counts.append(len(sent))
        sent.clear()
    assert counts[1] == counts[0]
