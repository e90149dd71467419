"""Rehearsals on Flex Conversations: addresses, and chats of one's own server."""

from __future__ import annotations

from typing import Any

import pytest
from rehearsing import EXTERNAL, described, states

from helpers import Account, connect, migrate
from helpers.flows import (
    SCRIPTS,
    AddressConfig,
    AutoCreation,
    Creation,
    CustomChatConfig,
    FlowFormModel,
    FlowProblem,
    OwnInteraction,
    Rehearsal,
    compare,
    load_test,
    rehearse,
)
from helpers.mock import WebhookRequest

URL = "https://bot.example.com/messages"
NUMBER = "+15550100"
BY_STUDIO: dict[str, Any] = {"type": "studio", "studio_flow": "Webchat Flow"}
BY_SERVER: dict[str, Any] = {"type": "webhook", "webhook_url": URL}
OWN = OwnInteraction(workspace="Flex Task Assignment", workflow="Assign to Anyone")
ON_MESSAGE = OWN.model_copy(update={"creation_on_message": True})

TEXTS = AddressConfig(type="sms", address=NUMBER, auto_creation=AutoCreation(**BY_STUDIO))
WAYS = {
    "texts to Studio": TEXTS,
    "texts to a server": AddressConfig(
        type="whatsapp",
        address=NUMBER,
        auto_creation=AutoCreation(**BY_SERVER),
        interaction=ON_MESSAGE,
    ),
    "web chat": AddressConfig(type="chat", address="shop", auto_creation=AutoCreation(**BY_STUDIO)),
    "own chat to Studio": CustomChatConfig(friendly_name="Shop", creation=Creation(**BY_STUDIO)),
    "own chat to agents": CustomChatConfig(friendly_name="Shop", interaction=OWN),
}
BOT = CustomChatConfig(friendly_name="Shop", creation=Creation(**BY_SERVER), interaction=OWN)
EACH = pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)


@pytest.fixture(scope="module")
def account() -> Account:
    """An account whose Studio flow Incoming Conversation starts."""
    account = connect()
    flows = account.client.studio.v2.flows
    flow = flows(flows.list()[0].sid).fetch()
    moved = migrate.rewrite(flow.definition, web=True).after
    flows(flow.sid).update(status="published", definition=moved)
    return account


def requests(played: Rehearsal, of: str) -> list[str]:
    """The writes of one party."""
    rows = [row for row in played.shown() if row.kind == "request" and row.who == of]
    return [row.what.replace("/v1/Services/IS#1", "") for row in rows]


@EACH
def test_a_first_message_is_answered_by_the_agent_who_accepts(way: Any, account: Account) -> None:
    played = rehearse(way, "answered", account=account)
    assert (played.outcome.answered_by, played.outcome.answered_after) == ("agent alice", 20)
    assert (played.outcome.tasks, played.outcome.channel) == (("completed",), "closed")
    assert (played.outcome.unanswered, played.outcome.lost, played.outcome.misfits) == ((), (), ())
    assert states(played, "CH#1") == [(0, "active"), (140, "closed")]
    assert [state for _, state in states(played, "WT#1")][-3:] == [
        "assigned",
        "wrapping",
        "completed",
    ]


@pytest.mark.long
@pytest.mark.parametrize("name", ["texts to Studio", "own chat to agents"])
def test_every_situation_can_be_played_and_is_the_same_twice(name: str, account: Account) -> None:
    way: Any = WAYS[name]
    for script in SCRIPTS:
        played = rehearse(way, script, account=account)
        assert played.outcome.unmet == ()
        assert [row.what for row in played.rows if row.kind == "step"] == [
            str(step) for step in SCRIPTS[script].steps
        ]
    again = rehearse(way, script, account=account)
    assert (again.rows, again.outcome) == (played.rows, played.outcome)


def test_the_server_creates_conversation_participant_webhook_or_interaction(
    account: Account,
) -> None:
    opened = ["customer opens"]
    chats = {name: rehearse(way, opened, account=account) for name, way in WAYS.items()}
    assert requests(chats["own chat to Studio"], "your server") == [
        "POST /Conversations",
        "POST /Conversations/CH#1/Participants",
        "POST /Conversations/CH#1/Webhooks",
    ]
    assert requests(chats["own chat to agents"], "your server")[2:] == ["POST /v1/Interactions"]
    assert requests(chats["web chat"], "your server") == ["POST /v2/WebChats"]
    assert requests(chats["texts to Studio"], "your server") == []
    assert described(chats["texts to Studio"], "event") == ["customer: has a phone"]
    assert {name: chat.outcome.channels for name, chat in chats.items()} == {
        "texts to Studio": 0,
        "texts to a server": 0,
        "web chat": 1,
        "own chat to Studio": 1,
        "own chat to agents": 1,
    }


def test_studio_makes_the_task_as_an_interaction(account: Account) -> None:
    played = rehearse(TEXTS, "answered", account=account)
    rows = [str(row) for row in played.rows]
    started = rows.index("Flex: starts Webchat Flow (to Studio)")
    created = next(at for at, row in enumerate(rows) if row.startswith("Studio: task created"))
    assert started < created
    assert requests(played, "agent alice")[-2:] == [
        "POST /v1/Interactions/KD#1/Channels/UO#1",
        "POST /v1/Interactions/KD#1/Channels/UO#1/Participants/UT#1",
    ]


@EACH
def test_a_customer_who_comes_back_has_a_new_conversation(way: Any, account: Account) -> None:
    played = rehearse(way, "next_day", account=account)
    assert (played.outcome.channels, played.outcome.channel) == (2, "closed")
    assert played.outcome.tasks == ("completed", "completed")


def test_a_conversation_that_is_open_goes_on_when_the_page_is_opened_again(
    account: Account,
) -> None:
    script = ["customer opens", ("customer says", "Hello"), "customer leaves", "customer returns"]
    assert rehearse(WAYS["web chat"], script, account=account).outcome.channels == 1


def test_nothing_can_be_written_in_a_closed_conversation_but_a_text_opens_a_new_one(
    account: Account,
) -> None:
    page = rehearse(WAYS["web chat"], "after_the_end", account=account).outcome
    assert page.misfits[0].startswith("customer says: One more question.: Twilio refuses: 50377")
    assert page.lost == ()
    texts = rehearse(TEXTS, "after_the_end", account=account).outcome
    assert not any(misfit.startswith("customer") for misfit in texts.misfits)
    assert texts.channels == 2


def test_a_bot_answers_and_hands_over_by_an_interaction(account: Account) -> None:
    played = rehearse(BOT, "bot_first", account=account)
    assert (played.outcome.answered_by, played.outcome.misfits) == ("your server", ())
    assert "POST /v1/Interactions" in requests(played, "your server")
    assert played.outcome.tasks == ("completed",)


def test_a_server_that_is_down_gets_nothing_and_says_so(account: Account) -> None:
    played = rehearse(BOT, "server_down", account=account).outcome
    assert [one.why for one in played.lost] == ["your server is slow", "your server is down"]
    assert played.tasks == ("completed",)


def test_an_interaction_that_waits_for_a_message_comes_with_it(account: Account) -> None:
    waiting = BOT.model_copy(update={"interaction": ON_MESSAGE})
    assert rehearse(waiting, ["customer opens"], account=account).outcome.tasks == ()
    script = ["customer opens", ("customer says", "Hello"), ("customer says", "Anybody?")]
    assert rehearse(waiting, script, account=account).outcome.tasks == ("reserved",)


def test_without_an_interaction_no_agent_comes_and_the_step_says_so(account: Account) -> None:
    alone = CustomChatConfig(friendly_name="Shop")
    played = rehearse(alone, "answered", account=account).outcome
    assert played.misfits[0] == ("agent accepts: no task was made, so there is nothing to accept")
    assert next(one.why for one in played.lost) == "no task, flow or server cares for the chat"


def test_an_address_that_is_not_enabled_takes_no_text(account: Account) -> None:
    off = TEXTS.auto_creation.model_copy(update={"enabled": False})
    script = ["customer opens", ("customer says", "Hello")]
    flow = TEXTS.model_copy(update={"auto_creation": off})
    [misfit] = rehearse(flow, script, account=account).outcome.misfits
    assert misfit.startswith("customer says: Hello: Twilio refuses: 501: ")


@pytest.mark.parametrize("type_", ["gbm", "email", "rcs", "apple"])
def test_a_network_without_simulated_customers_is_refused_by_name(type_: str) -> None:
    flow = AddressConfig(type=type_, address="shop")
    with pytest.raises(FlowProblem, match=f"{type_} shop: cannot be played: there are simulated"):
        rehearse(flow, "answered")


def test_a_busy_day_is_for_flex_flows_and_says_so() -> None:
    with pytest.raises(TypeError, match="a flow is a FlexFlowConfig, not AddressConfig"):
        load_test(TEXTS, agents=1, arrivals=[1])


@pytest.mark.parametrize(
    ("expected", "met"),
    [
        ("conversation active", True),
        ("channel active", True),
        ("conversation closed", False),
        ("channel inactive", False),
    ],
)
def test_a_script_can_expect_a_state_of_the_conversation(
    expected: str, met: bool, account: Account
) -> None:
    script = ["customer opens", ("customer says", "Hello"), ("expect", expected)]
    assert (rehearse(TEXTS, script, account=account).outcome.unmet == ()) is met


def test_a_legacy_flow_and_a_conversation_are_compared_side_by_side(account: Account) -> None:
    found = compare(EXTERNAL, BOT, "bot_first", account=account)
    assert found.title == (
        "A bot answers, then hands over: a = By server (external), b = Shop (webhook)"
    )
    assert found.outcomes == [("channel at the end", "INACTIVE", "closed")]
    assert found._repr_html_()
    assert found.b.plot()


def test_a_rehearsal_of_an_address_leaves_no_trace_in_the_account(account: Account) -> None:
    rehearse(TEXTS, "answered", account=account)
    assert account.client.conversations.v1.address_configurations.list() == []
    assert account.client.conversations.v1.conversations.list() == []


def test_an_address_of_the_account_is_played_as_the_config_says(account: Account) -> None:
    assert account.mock is not None
    with account.mock.snapshot():
        account.client.conversations.v1.address_configurations.create(
            type="sms", address=NUMBER, auto_creation_enabled=False
        )
        assert rehearse(TEXTS, "answered", account=account).outcome.misfits == ()


@EACH
def test_a_shared_account_is_copied_without_the_legacy_api(way: Any, account: Account) -> None:
    assert account.mock is not None
    with account.mock.snapshot(), account.mock.serve() as served:
        service = account.client.conversations.v1.services(account.credentials.chat_service_sid)
        service.configuration.webhooks().update(
            post_webhook_url="https://x.example.com", filters=["onMessageAdded"], method="POST"
        )
        account.mock.faults.end_legacy_api()
        played = rehearse(way, "answered", account=connect(str(served.url)))
        account.mock.faults.clear()
    assert played.outcome.tasks == ("completed",)
    hooks = [
        row.what for row in played.rows if row.kind == "webhook" and "onMessageAdded" in row.what
    ]
    assert hooks


def test_a_bot_in_python_answers_and_hands_over_in_place_of_the_server(account: Account) -> None:
    def bot(copy: Account) -> Any:
        service = copy.client.conversations.v1.services(copy.credentials.chat_service_sid)
        workspace = copy.client.taskrouter.v1.workspaces.list()[0]
        workflow = copy.client.taskrouter.v1.workspaces(workspace.sid).workflows.list()[0]

        def answer(request: WebhookRequest) -> None:
            sid, body = (request.parameters[name] for name in ("ConversationSid", "Body"))
            if body == "person":
                properties = {"workspace_sid": workspace.sid, "workflow_sid": workflow.sid}
                copy.client.flex_api.v1.interaction.create(
                    channel={
                        "type": "web",
                        "initiated_by": "customer",
                        "properties": {"media_channel_sid": sid},
                    },
                    routing={"properties": {**properties, "attributes": {"from": "Jane"}}},
                )
            else:
                service.conversations(sid).messages.create(author="bot", body=f"{body}?")

        return answer

    says = [("customer says", text) for text in ("Hello", "person")]
    played = rehearse(
        BOT, ["customer opens", *says, "agent accepts"], account=account, servers={URL: bot}
    )
    assert described(played, "message") == [
        "customer: Hello",
        "your server: Hello?",
        "customer: person",
    ]
    assert played.outcome.tasks == ("assigned",)
    assert str(played.outcome).splitlines()[5] == "conversation at the end: active"


def test_a_form_is_for_flex_flows_and_says_so() -> None:
    with pytest.raises(TypeError, match="a flow is a FlexFlowConfig, not AddressConfig"):
        FlowFormModel(TEXTS)  # type: ignore[arg-type]
