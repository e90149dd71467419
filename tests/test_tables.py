"""Tables of flows, tasks, reservations, executions and events."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from support import shared_account_that_is_gone

from helpers import Account, AgentDesk, ChatClient, tables

Make = Callable[..., Any]


@pytest.fixture
def asking_flow(client: Any) -> Any:
    """A published Studio flow that asks for a name, and waits."""
    ask = {
        "name": "ask_name",
        "type": "send-and-wait-for-reply",
        "transitions": [
            {"event": "incomingMessage"},
            {"event": "timeout"},
            {"event": "deliveryFailure"},
        ],
        "properties": {"from": "Bot", "body": "Your name?", "timeout": "60"},
    }
    trigger = {
        "name": "Trigger",
        "type": "trigger",
        "transitions": [{"event": "incomingMessage", "next": "ask_name"}],
        "properties": {},
    }
    definition = {
        "description": "asks",
        "initial_state": "Trigger",
        "flags": {"allow_concurrent_calls": True},
        "states": [trigger, ask],
    }
    return client.studio.v2.flows.create(
        friendly_name="Shop bot", status="published", definition=definition
    )


@pytest.fixture
def say(account: Account) -> Iterator[Callable[[Any, str], None]]:
    """Has user-42 say something in a channel, and Studio do what follows."""
    assert account.mock is not None
    studio = account.mock.studio
    with ChatClient(account, account.chat_token("user-42")) as chat:

        def send(channel: Any, body: str) -> None:
            chat.get_channel_by_sid(channel.sid).send_message(body)
            assert studio.settle()

        yield send


@pytest.fixture
def make_studio_channel(make_flow: Make, make_channel: Make, asking_flow: Any) -> Make:
    """Create a channel of user-42, by a Flex Flow of its own that starts the asking flow."""
    settings = {
        "integration_type": "studio",
        "integration_flow_sid": asking_flow.sid,
        "enabled": False,
    }
    return lambda: make_channel(make_flow(**settings))


def test_flows_show_who_handles_their_messages(
    account: Account, make_flow: Make, task_settings: dict[str, Any]
) -> None:
    made = make_flow(long_lived=True, enabled=False, **task_settings)
    make_flow(friendly_name="Bot")
    table = tables.flows(account)
    assert list(table["name"]) == ["Flex Web Channel Flow", "Custom chat", "Bot"]
    assert list(table["handler"]) == ["studio", "task", "external"]
    assert table["flow"][1] == made.sid
    assert table["target"][1] == task_settings["integration_workflow_sid"]
    assert table["target"][2] == "https://bot.example.com"
    assert list(table["enabled"]) == [True, False, True]
    assert list(table["long_lived"]) == [False, True, False]


def test_tasks_and_reservations_follow_a_conversation(
    account: Account, desk: AgentDesk, task_flow: Any, make_channel: Make
) -> None:
    channel = make_channel(task_flow)
    [waiting] = tables.tasks(account).to_dict("records")
    assert waiting == {
        "task": channel.task_sid,
        "customer": "Jane",
        "status": "pending",
        "queue": "Everyone",
        "channel": "chat",
        "priority": 0,
        "chat": channel.sid,
        "reason": "",
    }
    assert tables.reservations(account).empty
    desk.go_available()
    desk.accept().complete()
    [done] = tables.tasks(account).to_dict("records")
    assert (done["status"], done["reason"]) == ("completed", "Completed by the agent")
    [reservation] = tables.reservations(account).to_dict("records")
    del reservation["reservation"]
    assert reservation == {
        "task": channel.task_sid,
        "customer": "Jane",
        "worker": "alice",
        "status": "completed",
    }


def test_a_task_whose_attributes_name_no_customer_has_empty_cells(
    account: Account, client: Any
) -> None:
    workspace = client.taskrouter.v1.workspaces.list()[0]
    client.taskrouter.v1.workspaces(workspace.sid).tasks.create(attributes='{"n": 1}')
    [row] = tables.tasks(account).to_dict("records")
    assert (row["customer"], row["chat"], row["reason"]) == ("", "", "")


def test_events_come_in_the_order_of_what_happened(
    account: Account, desk: AgentDesk, task_flow: Any, make_channel: Make
) -> None:
    channel = make_channel(task_flow)
    desk.go_available()
    desk.accept()
    table = tables.events(account)
    assert list(table["name"]) == [
        "task.created",
        "workflow.entered",
        "workflow.target-matched",
        "task-queue.entered",
        "worker.activity.update",
        "reservation.created",
        "reservation.accepted",
    ]
    assert table["description"][0] == f"Task {channel.task_sid} created"
    assert list(table["worker"]) == ["", "", "", "", "alice", "alice", "alice"]
    assert list(table["task"][:1]) == [channel.task_sid]


def test_an_execution_shows_its_way_through_the_flow(
    account: Account, make_flow: Make, make_channel: Make, studio_settings: Any, say: Any
) -> None:
    say(make_channel(make_flow(**studio_settings)), "hello")
    [row] = tables.executions(account).to_dict("records")
    sid = row.pop("execution")
    assert row == {
        "flow": "Webchat Flow",
        "contact": "user-42",
        "status": "ended",
        "steps": "Trigger > SendMessageToAgent",
        "waits_at": "",
    }
    assert tables.steps(account, sid).to_dict("records") == [
        {"widget": "Trigger", "event": "incomingMessage", "next": "SendMessageToAgent"},
        {"widget": "SendMessageToAgent", "event": "callComplete", "next": "Ended"},
    ]


def test_a_parked_execution_shows_where_it_waits_and_what_it_swallowed(
    account: Account, make_studio_channel: Make, say: Any
) -> None:
    first = make_studio_channel()
    say(first, "hello")
    [row] = tables.executions(account).to_dict("records")
    assert (row["status"], row["steps"]) == ("active", "Trigger > ask_name")
    assert row["waits_at"] == "ask_name"
    assert tables.swallowed(account).empty
    second = make_studio_channel()
    say(second, "is anybody there?")
    [lost] = tables.swallowed(account).to_dict("records")
    assert lost.pop("message").startswith("IM")
    assert lost == {
        "flow": "Shop bot",
        "contact": "user-42",
        "execution": row["execution"],
        "waits_at": "ask_name",
        "body": "is anybody there?",
    }


def test_a_swallowed_message_that_was_deleted_has_no_body(
    account: Account, service: Any, make_studio_channel: Make, say: Any
) -> None:
    say(make_studio_channel(), "hello")
    say(make_studio_channel(), "is anybody there?")
    [sid] = tables.swallowed(account)["message"]
    assert account.mock is not None
    [swallowed] = [each for each in account.mock.studio.log if each.outcome == "swallowed"]
    service.channels(swallowed.channel_sid).messages(sid).delete()
    assert list(tables.swallowed(account)["body"]) == [""]


def test_steps_of_an_execution_that_does_not_exist_are_refused(account: Account) -> None:
    with pytest.raises(KeyError, match="no Studio flow of this account has an execution FN0"):
        tables.steps(account, "FN" + "0" * 32)


@pytest.mark.parametrize("key", ["", "#x", "?x", "..", "../Executions"])
def test_steps_of_what_is_no_execution_are_not_read_off_a_list(account: Account, key: str) -> None:
    with pytest.raises((KeyError, ValueError), match=r"no Studio flow|cannot be looked up"):
        tables.steps(account, key)


def test_conversations_webhooks_and_interactions_have_tables(
    account: Account, client: Any, desk: AgentDesk
) -> None:
    v1, service_sid = client.conversations.v1, account.credentials.chat_service_sid
    account.clock.freeze()
    v1.configuration.webhooks().update(
        post_webhook_url="https://shop.example.com/all", filters=["onMessageAdded"]
    )
    v1.services(service_sid).configuration.webhooks().update(
        pre_webhook_url="https://shop.example.com/before", filters=["onMessageAdd"]
    )
    order = v1.conversations.create(friendly_name="Order", timers_closed="PT1H")
    order.participants.create(identity="jane")
    order.webhooks.create(
        target="trigger",
        configuration_url="https://shop.example.com/help",
        configuration_triggers=["help"],
    )
    v1.conversations.create(unique_name="idle", state="inactive")
    workspace = client.taskrouter.v1.workspaces.list()[0].sid
    made = client.flex_api.v1.interaction.create(
        channel={
            "type": "web",
            "initiated_by": "customer",
            "properties": {"media_channel_sid": order.sid},
        },
        routing={"properties": {"workspace_sid": workspace, "attributes": {"from": "Jane"}}},
    )
    desk.go_available()
    desk.accept()
    first, second = tables.conversations(account).to_dict("records")
    assert first == {
        "conversation": order.sid,
        "name": "Order",
        "state": "active",
        "inactive_at": "",
        "closed_at": order.fetch().timers["date_closed"],
        "participants": "jane, alice",
    }
    assert (second["name"], second["state"], second["participants"]) == ("idle", "inactive", "")
    hooks = tables.webhooks(account).to_numpy().tolist()
    assert hooks == [
        ["account", "", "post", "https://shop.example.com/all", "onMessageAdded"],
        ["service", service_sid, "pre", "https://shop.example.com/before", "onMessageAdd"],
        ["conversation", order.sid, "trigger", "https://shop.example.com/help", "help"],
    ]
    channel = (made.sid, made.channel["sid"], "web", "active")
    assert tables.interactions(account).to_numpy().tolist() == [
        [*channel, order.sid, "Jane", "customer, agent"]
    ]
    [task] = tables.tasks(account).to_dict("records")
    assert (task["customer"], task["chat"]) == ("Jane", order.sid)


def test_addresses_and_what_reached_phones_have_tables(account: Account, client: Any) -> None:
    v1 = client.conversations.v1
    made = v1.address_configurations.create(
        type="sms",
        address="+15550100",
        friendly_name="Shop",
        auto_creation_enabled=True,
        auto_creation_type="webhook",
        auto_creation_webhook_url="https://shop.example.com/texts",
    )
    [row] = tables.addresses(account).to_dict("records")
    assert row == {
        "configuration": made.sid,
        "name": "Shop",
        "type": "sms",
        "address": "+15550100",
        "autocreation": True,
        "handler": "webhook",
        "target": "https://shop.example.com/texts",
    }
    assert account.mock is not None
    phone = account.mock.phone("+15550142")
    phone.send("Open?", to="+15550100")
    [conversation] = v1.conversations.list()
    answer = conversation.messages.create(author="bob", body="Yes")
    phone.report(answer.sid, "failed", 30005)
    assert tables.receipts(account, conversation.sid).to_numpy().tolist() == [
        [1, "Yes", "+15550142", "failed", 30005]
    ]
    with pytest.raises(ValueError, match="cannot be looked up"):
        tables.receipts(account, "")


@pytest.mark.parametrize("of", [tables.conversations, tables.interactions])
def test_a_table_of_no_conversations_has_its_columns(account: Account, of: Any) -> None:
    assert of(account).empty
    assert "conversation" in of(account).columns


@pytest.mark.parametrize("of", [tables.tasks, tables.reservations, tables.executions])
def test_a_table_of_nothing_still_has_its_columns(account: Account, of: Any) -> None:
    table = of(account)
    assert table.empty
    assert "status" in table.columns


def test_what_was_swallowed_is_known_to_a_mock_in_this_kernel_only() -> None:
    shared = shared_account_that_is_gone()
    with pytest.raises(tables.MockOnly, match="only a mock account in this kernel"):
        tables.swallowed(shared)
