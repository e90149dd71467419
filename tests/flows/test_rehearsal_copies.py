"""Rehearsals leave no trace: in the account, on the network, and in one another."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import requests
from rehearsing import CONFIGS, EXTERNAL, STUDIO, TASK, URL, changed, described
from support import everything
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from helpers import Account, ChatClient, MockTwilio
from helpers.flows import SCRIPTS, FlowProblem, rehearse
from helpers.flows.rehearsal.timeline import Record
from helpers.mock import Credentials, Request, WebhookRequest

MENU_BOT = Path(__file__).parent.parent / "mock" / "menu_bot.json"


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: Any, **_: Any) -> None:
        raise AssertionError(f"a rehearsal used the network: {arguments}")

    monkeypatch.setattr(requests, "request", refuse)


@pytest.mark.long
@pytest.mark.parametrize("flow", CONFIGS.values(), ids=CONFIGS)
def test_the_same_rehearsal_twice_is_the_same_to_the_letter(flow: Any) -> None:
    for name in SCRIPTS:
        first, second = rehearse(flow, name), rehearse(flow, name)
        assert first.rows == second.rows
        assert (first.entries, first.outcome) == (second.entries, second.outcome)


def test_a_rehearsal_in_a_new_account_begins_on_a_monday_morning() -> None:
    rows = rehearse(TASK, "answered").rows
    assert (rows[0].at, rows[-1].at) == ("2026-01-05T09:00:00Z", "2026-01-05T09:02:50Z")


# -- an account in this kernel


@pytest.fixture
def busy(account: Account, make_flow: Callable[..., Any], task_settings: Any) -> Account:
    """An account with a chat under way, webhooks, and a flow of the name that is rehearsed."""
    flow = make_flow(friendly_name="By task", **task_settings)
    service = account.client.chat.v2.services(account.credentials.chat_service_sid)
    service.update(post_webhook_url="https://shop.example.com", webhook_filters=["onMessageSent"])
    made = account.client.flex_api.v1.channel.create(flow.sid, "user-7", "Tom", "Chat with Tom")
    with ChatClient(account, account.chat_token("user-7")) as chat:
        chat.get_channel_by_sid(made.sid)
    return account


@pytest.mark.parametrize("flow", CONFIGS.values(), ids=CONFIGS)
def test_the_original_is_untouched(busy: Account, flow: Any) -> None:
    assert busy.mock is not None
    busy.mock.clock.freeze()  # tasks grow older otherwise
    before, snapshot = everything(busy), busy.mock.take_snapshot()
    calls, position, now = len(busy.requests), busy.mock.journal.position, busy.mock.clock.now()
    for name in SCRIPTS:
        rehearse(flow, name, account=busy)
    assert len(busy.requests) == calls
    assert busy.mock.journal.position == position
    assert busy.mock.clock.now() == now
    after = busy.mock.take_snapshot()
    assert after.account == snapshot.account
    assert everything(busy) == before


def test_a_copy_holds_what_the_account_holds(busy: Account) -> None:
    played = rehearse(TASK, "answered", account=busy)
    assert (played.outcome.answered_by, played.outcome.tasks) == ("agent bob", ("completed",))
    assert "TaskRouter: offer to alice" not in described(played, "reservation")  # she has Tom's


def test_webhooks_of_the_account_are_answered_on_this_machine(busy: Account) -> None:
    steps = ["customer opens", "customer says: Hi", "webhook is down", "customer says: Hello?"]
    played = rehearse(TASK, steps, account=busy)
    assert described(played, "webhook") == [
        "Flex: onMessageSent, answered 200",
        "Flex: onMessageSent, no answer",
    ]


def test_an_account_whose_clock_stands_still_is_rehearsed_at_that_time(account: Account) -> None:
    assert account.mock is not None
    account.mock.clock.freeze(2_000_000_000)
    assert rehearse(TASK, "answered", account=account).rows[0].at == "2033-05-18T03:33:20Z"
    assert account.mock.clock.now() == 2_000_000_000


def test_a_flow_of_the_same_name_is_changed_in_the_copy_and_one_that_clashes_disabled(
    busy: Account,
) -> None:
    assert rehearse(STUDIO, ["customer opens"], account=busy).outcome.channel == "ACTIVE"
    assert rehearse(TASK, ["customer opens"], account=busy).outcome.tasks == ("reserved",)
    renamed = TASK.model_copy(update={"friendly_name": "By hand", "formerly": "By task"})
    assert rehearse(renamed, ["customer opens"], account=busy).outcome.tasks == ("reserved",)
    assert [flow.enabled for flow in busy.client.flex_api.v1.flex_flow.list()] == [True, True]


def test_a_customer_who_is_there_already_goes_on_in_the_copy(
    account: Account, make_flow: Callable[..., Any], task_settings: Any
) -> None:
    flow = make_flow(friendly_name="By task", **task_settings)
    account.client.flex_api.v1.channel.create(flow.sid, "customer-1", "Jane", "An older chat")
    played = rehearse(TASK, ["customer opens", "customer says: Hi"], account=account)
    assert played.outcome.channel == "ACTIVE"
    assert "your server: opens Chat with Jane" not in described(played, "event")


def test_a_flow_that_names_what_the_account_lacks_is_refused(account: Account) -> None:
    with pytest.raises(FlowProblem, match="no workflow 'Nobody'"):
        rehearse(changed(TASK, workflow="Nobody"), "answered", account=account)


def test_another_chat_service_is_used_where_the_flow_says_so(account: Account) -> None:
    account.client.chat.v2.services.create(friendly_name="Second service")
    flow = TASK.model_copy(update={"chat_service": "Second service"})
    played = rehearse(flow, "answered", account=account)
    assert (played.outcome.answered_by, played.outcome.misfits) == ("agent alice", ())


def test_agents_of_any_workspace_can_be_offered_the_task(account: Account) -> None:
    workspaces = account.client.taskrouter.v1.workspaces
    made = workspaces.create(friendly_name="Night shift", template="FIFO")
    night = workspaces(made.sid)
    night.workers.create(friendly_name="zoe", attributes='{"contact_uri": "client:zoe"}')
    workflow = night.workflows.list()[0].friendly_name
    flow = changed(TASK, workspace="Night shift", workflow=workflow, channel="default")
    assert rehearse(flow, "answered", account=account).outcome.answered_by == "agent zoe"


# -- what answers on the way


def test_a_menu_of_studio_answers_and_hands_over_in_the_copy(account: Account) -> None:
    definition = _menu(account)
    account.client.studio.v2.flows.create(
        friendly_name="Menu", status="published", definition=definition
    )
    steps = ["customer opens", "customer says: Hi", "customer says: 2", "agent accepts"]
    flow = changed(STUDIO, flow="Menu")
    played = rehearse(flow, [*steps, "agent says: Hello"], account=account)
    assert (played.outcome.answered_by, played.outcome.agent_after) == ("Studio", 0)
    assert described(played, "message")[:2] == [
        "customer: Hi",
        "Studio: Hi! Answer 1 for opening hours, 2 for an agent.",
    ]
    assert played.outcome.misfits == ()
    waited = rehearse(flow, ["customer opens", "customer says: Hi", "wait: 2h"], account=account)
    ends = [row.seconds for row in waited.rows if row.what == "Menu ends"]
    assert ends == [3600]


def _menu(account: Account) -> dict[str, Any]:
    """The menu bot, whose Send to Flex names this account's workflow and task channel."""
    workspaces = account.client.taskrouter.v1.workspaces
    workspace = workspaces(workspaces.list()[0].sid)
    text = MENU_BOT.read_text(encoding="utf-8")
    definition: dict[str, Any] = json.loads(text)
    for state in definition["states"]:
        if state["type"] == "send-to-flex":
            state["properties"]["workflow"] = workspace.workflows.list()[0].sid
            state["properties"]["channel"] = "chat"
    return definition


def test_ones_own_server_answers_in_the_copy_and_is_given_it_to_act_on() -> None:
    def make(copy: Account) -> Callable[[WebhookRequest], None]:
        service = copy.client.chat.v2.services(copy.credentials.chat_service_sid)

        def answer(request: WebhookRequest) -> None:
            if request.parameters["ClientIdentity"] == "customer-1":
                sid = request.parameters["ChannelSid"]
                service.channels(sid).messages.create(from_="shop-bot", body="At nine.")

        return answer

    steps = ["customer opens", "customer says: When do you open?"]
    played = rehearse(EXTERNAL, steps, servers={URL: make})
    assert described(played, "message")[-1] == "your server: At nine."
    assert played.outcome.answered_by == "your server"
    sent = [row for row in played.shown() if row.kind == "request" and "Messages" in row.what]
    assert [row.who for row in sent] == ["customer", "your server"]
    down = [steps[0], "webhook is down", steps[1]]
    assert not rehearse(EXTERNAL, down, servers={URL: make}).outcome.answered


# -- a shared or live account


class Watched:
    """An account that looks live, and records its requests."""

    def __init__(self, mock: MockTwilio) -> None:
        self.mock, self.methods, self.paths = mock, list[str](), list[str]()
        inner = mock.handle

        def handle(request: Request) -> Any:
            self.methods.append(request.method)
            self.paths.append(request.path)
            return inner(request)

        mock.http_client._inner._handle = handle  # type: ignore[attr-defined]
        self.account = Account("live", mock.credentials, mock.http_client)


def connect_to(mock: MockTwilio) -> Client:
    """The SDK's client of a mock."""
    credentials = mock.credentials
    return Client(credentials.account_sid, credentials.auth_token, http_client=mock.http_client)


def _ivr(trigger: str) -> dict[str, Any]:
    """A flow for calls, which chats have no use for."""
    states = [{"name": trigger, "type": "trigger", "transitions": [], "properties": {}}]
    return {"description": "", "states": states, "initial_state": trigger, "flags": {}}


@pytest.fixture
def live() -> Watched:
    own = {**asdict(Credentials.demo()), "chat_service_sid": "IS" + "7" * 32}
    mock = MockTwilio(seed=7, credentials=Credentials(**own))
    client = connect_to(mock)
    workspaces = client.taskrouter.v1.workspaces
    workspace = workspaces(workspaces.list()[0].sid)
    workspace.workers.create(
        friendly_name="carol",
        attributes=json.dumps({"contact_uri": "client:carol", "speaks": ["de"]}),
    )
    queue = workspace.task_queues.create(
        friendly_name="German", target_workers='speaks HAS "de"', max_reserved_workers=1
    )
    routing = {"task_routing": {"default_filter": {"queue": queue.sid}}}
    workspace.workflows.create(friendly_name="To German", configuration=json.dumps(routing))
    return Watched(mock)


def test_of_a_live_account_what_the_flow_needs_is_read_and_nothing_written(live: Watched) -> None:
    before = live.mock.take_snapshot()
    flow = changed(TASK, workflow="To German")
    played = rehearse(flow, "answered", account=live.account)
    assert (played.outcome.answered_by, played.outcome.misfits) == ("agent carol", ())
    assert set(live.methods) == {"GET"}
    after = live.mock.take_snapshot()
    assert after.account == before.account


@pytest.mark.parametrize("flow", CONFIGS.values(), ids=CONFIGS)
def test_a_copy_made_through_the_sdk_behaves_like_the_account(live: Watched, flow: Any) -> None:
    live_one = Account("mock", live.mock.credentials, live.mock.http_client, live.mock)
    for name in ("answered", "bot_first"):
        through_sdk = rehearse(flow, name, account=live.account)
        assert through_sdk.outcome == rehearse(flow, name, account=live_one).outcome


def test_a_live_flow_may_be_named_by_sids(live: Watched) -> None:
    workspaces = live.account.client.taskrouter.v1.workspaces
    space = workspaces.list()[0]
    workflow = workspaces(space.sid).workflows.list(friendly_name="To German")[0]
    flow = changed(TASK, workspace=space.sid, workflow=workflow.sid)
    played = rehearse(flow, "answered", account=live.account)
    assert played.outcome.answered_by == "agent carol"


def test_what_the_flow_does_not_need_is_not_in_the_way(live: Watched) -> None:
    made = connect_to(live.mock).studio.v2.flows.create(
        friendly_name="Voice IVR", status="draft", definition=_ivr("Trigger")
    )
    assert rehearse(STUDIO, "answered", account=live.account).outcome.misfits == ()
    assert not any(made.sid in path for path in live.paths)
    assert rehearse(changed(STUDIO, flow="Voice IVR"), "answered", account=live.account)
    assert any(made.sid in path for path in live.paths)


def _subflow(sid: str, revision: str) -> dict[str, Any]:
    """A flow that runs the menu bot of another flow, or apologises."""
    ways = [{"event": "incomingMessage", "next": "menu"}]
    run = {"flow_sid": sid, "flow_revision": revision}
    ends = [{"event": "completed"}, {"event": "failed", "next": "sorry"}]
    sent = [{"event": "sent"}, {"event": "failed"}]
    states = [
        {"name": "Trigger", "type": "trigger", "transitions": ways, "properties": {}},
        {"name": "menu", "type": "run-subflow", "transitions": ends, "properties": run},
        {
            "name": "sorry",
            "type": "send-message",
            "transitions": sent,
            "properties": {"from": "Bot", "body": "Sorry"},
        },
    ]
    return {"description": "", "states": states, "initial_state": "Trigger", "flags": {}}


@pytest.mark.parametrize(
    ("revision", "said"),
    [("2", "Hi! Answer 1"), ("LatestPublished", "New"), ("LatestDraft", "New"), ("9", "Sorry")],
)
def test_a_live_flow_brings_the_subflow_that_it_runs(
    live: Watched, revision: str, said: str
) -> None:
    mine = Account("mock", live.mock.credentials, live.mock.http_client, live.mock)
    flows, menu = connect_to(live.mock).studio.v2.flows, _menu(mine)
    menu["states"][0]["transitions"][-1]["next"] = "remember"  # incomingParent
    made = flows.create("Menu", "draft", menu)
    made.update(status="published")
    changed_menu = json.loads(json.dumps(menu).replace("Hi! Answer 1", "New"))
    made.update(status="published", definition=changed_menu)
    made.update(status="draft", definition=menu)
    flows.create("Front", "published", _subflow(made.sid, revision))
    steps = ["customer opens", "customer says: Hi"]
    played = rehearse(changed(STUDIO, flow="Front"), steps, account=live.account)
    assert described(played, "message")[1].startswith(f"Studio: {said}")


def test_a_flow_of_studio_that_the_mock_cannot_run_is_refused_by_name(live: Watched) -> None:
    flows = live.account.client.studio.v2.flows
    sid = flows.list()[0].sid
    odd = {"description": "", "states": [], "initial_state": "Nowhere", "flags": {}}
    original = live.mock.handle

    def handle(request: Request) -> Any:
        reply = original(request)
        if request.method == "GET" and request.path.endswith(f"/Flows/{sid}"):
            assert reply.json is not None
            reply.json["definition"] = odd
        return reply

    live.mock.http_client._inner._handle = handle  # type: ignore[attr-defined]
    with pytest.raises(FlowProblem, match="Studio flow 'Webchat Flow': cannot be copied"):
        rehearse(STUDIO, "answered", account=live.account)


def test_a_script_may_leave_agents_as_they_are(live: Watched) -> None:
    script = "agents: as they are\nsteps: [customer opens]\n"
    assert rehearse(TASK, script, account=live.account).outcome.tasks == ("pending",)


def test_a_flow_that_twilio_refuses_cannot_be_rehearsed() -> None:
    odd = TASK.model_copy(update={"channel_type": "pigeon"})
    with pytest.raises(TwilioRestException, match="ChannelType"):
        rehearse(odd, "answered")


def test_a_record_says_whose_a_request_is(account: Account) -> None:
    assert account.mock is not None
    record = Record(account.mock)
    record.acting = "customer"
    add = record.add_request
    reservations = "https://taskrouter.twilio.com/v1/Workspaces/WS1/Workers/WK1/Reservations"
    assert add("get", "https://chat.twilio.com/v2/Services", "token").who == "customer"
    assert add("post", "https://flex-api.twilio.com/v1/Channels", "AC1").who == "your server"
    assert add("get", reservations, "AC1").who == "agent"
    record.acting = "agent alice"
    assert add("get", reservations, "AC1").who == "agent alice"
