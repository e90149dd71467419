"""What the journal tells of chats, tasks, flows and webhooks."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from contact_center import Contact
from hooks import HOOK, registered
from studio_lab import Lab, ask, hand_over, send

from helpers import Account, AgentDesk, ChatClient
from helpers.mock.journal import KEPT

Make = Callable[..., Any]


@pytest.fixture
def journal(account: Account) -> Any:
    """The account's journal."""
    assert account.mock is not None
    return account.mock.journal


@pytest.fixture
def lab() -> Iterator[Lab]:
    """Flows to talk to."""
    lab = Lab()
    yield lab
    lab.close()


def told(journal: Any) -> list[str]:
    """The journal's lines."""
    return [str(entry) for entry in journal]


def test_a_new_account_has_nothing_to_tell(journal: Any) -> None:
    assert journal.entries == []
    assert repr(journal) == "nothing has happened yet"
    assert (journal.position, len(journal)) == (0, 0)


def test_the_latest_lines_are_told_without_the_rest(journal: Any, service: Any) -> None:
    for name in ("one", "two", "three"):
        service.channels.create(friendly_name=name)
    assert [entry.text for entry in journal.latest(2)] == ["opens two", "opens three"]
    assert journal.latest(99) == journal.entries
    journal.clear()
    assert journal.latest(2) == []


def test_a_conversation_is_told_from_the_first_offer_to_the_end(
    account: Account, journal: Any, desk: AgentDesk, task_flow: Any, make_channel: Make
) -> None:
    desk.go_available()
    channel = make_channel(task_flow)
    conversation = desk.accept()
    with ChatClient(account, account.chat_token("user-42")) as chat:
        chat.get_channel_by_sid(channel.sid).send_message("hi")
        conversation.reply("hello")
        conversation.complete()
    assert told(journal) == [
        "agent -> TaskRouter: alice is Available",
        "your server -> Flex: opens Chat with user-42",
        "Flex -> customer: adds user-42",
        "Flex -> TaskRouter: task created for Jane",
        "TaskRouter -> agent: offer to alice",
        "agent -> TaskRouter: alice accepts",
        "agent -> Flex: alice joins",
        "customer -> Flex: hi",
        "agent -> Flex: hello",
        "agent -> TaskRouter: alice wraps up",
        "TaskRouter -> Flex: task in wrap-up for Jane",
        "Flex -> customer: Chat with user-42 is INACTIVE",
        "agent -> TaskRouter: alice completes",
        "TaskRouter -> Flex: task completed for Jane",
        "agent -> Flex: alice leaves",
    ]
    assert journal.entries[0].at.endswith("Z")


def test_offers_that_are_rejected_time_out_or_are_taken_back_are_told(
    account: Account, journal: Any, desk: AgentDesk, client: Any
) -> None:
    assert account.mock is not None
    account.mock.clock.freeze()
    desk.go_available()
    workspace = client.taskrouter.v1.workspaces.list()[0]
    task = client.taskrouter.v1.workspaces(workspace.sid).tasks.create(attributes="{}")
    desk.reject()
    account.mock.clock.advance(3600)
    task.update(assignment_status="canceled")
    lines = told(journal)
    assert lines[1] == "your server -> TaskRouter: task created"
    assert "agent -> TaskRouter: alice rejects" in lines
    assert "TaskRouter -> agent: offer timed out for alice" in lines
    assert lines[-1] == "TaskRouter -> your server: task canceled"


def test_a_flow_is_told_with_its_waits_its_messages_and_its_task(lab: Lab) -> None:
    flow = lab.flow(
        ask("name", "Your name?", "thanks"), send("thanks", "Thanks", "agent"), hand_over()
    )
    channel = lab.channel(flow)
    lab.mock.journal.clear()
    lab.say(channel, "hello")
    lab.say(channel, "Jane")
    assert told(lab.mock.journal) == [
        "customer -> Flex: hello",
        "Flex -> Studio: starts Shop bot",
        "Studio -> Flex: Your name?",
        "Studio -> Studio: Shop bot waits at name",
        "customer -> Flex: Jane",
        "Flex -> Studio: reply to Shop bot",
        "Studio -> Flex: Thanks",
        "Studio -> Studio: Shop bot ends",
    ]


def test_a_message_that_a_parked_execution_swallows_is_told(lab: Lab) -> None:
    flow = lab.flow(ask("name", "Your name?"))
    lab.say(lab.channel(flow), "hello")
    other = lab.channel(flow)
    position = lab.mock.journal.position
    lab.say(other, "anybody?")
    assert [str(entry) for entry in lab.mock.journal.since(position)] == [
        "customer -> Flex: anybody?",
        "Flex -> Studio: message swallowed by Shop bot",
    ]


def test_send_to_flex_makes_studio_the_maker_of_the_task(
    account: Account, journal: Any, make_flow: Make, make_channel: Make, studio_settings: Any
) -> None:
    channel = make_channel(make_flow(**studio_settings))
    with ChatClient(account, account.chat_token("user-42")) as chat:
        chat.get_channel_by_sid(channel.sid).send_message("help")
    assert account.mock is not None
    assert account.mock.studio.settle()
    assert "Studio -> TaskRouter: task created for user-42" in told(journal)


def test_webhooks_are_told_with_their_answers(
    account: Account, journal: Any, webhooks: Any, make_flow: Make, make_channel: Make
) -> None:
    webhooks.register(
        "https://bot.example.com", lambda told: 400 if told.parameters["Body"] == "two" else None
    )
    channel = make_channel(make_flow())
    journal.clear()
    with ChatClient(account, account.chat_token("user-42")) as chat:
        joined = chat.get_channel_by_sid(channel.sid)
        for body in ("one", "two"):
            joined.send_message(body)
            assert webhooks.settle()
    assert told(journal) == [
        "customer -> Flex: one",
        "Flex -> your server: onMessageSent, answered 200",
        "customer -> Flex: two",
        "Flex -> your server: onMessageSent, answered 400",
    ]


def test_a_webhook_that_is_asked_first_is_told_before_what_it_allowed(
    journal: Any, service: Any, janes: Any, webhooks: Any
) -> None:
    webhooks.register("https://pre.example.com", lambda _: None)
    service.update(pre_webhook_url="https://pre.example.com", webhook_filters=["onMessageSend"])
    journal.clear()
    janes.send_message("hi")
    assert told(journal) == [
        "Flex -> your server: onMessageSend, answered 200",
        "customer -> Flex: hi",
    ]


def test_a_message_sent_for_a_member_is_that_members(journal: Any, channel: Any) -> None:
    channel.members.create(identity="jane")
    channel.members.create(identity="alice", attributes='{"member_type": "agent"}')
    journal.clear()
    for author in ("jane", "alice", "a server"):
        channel.messages.create(body="hi", from_=author)
    assert [entry.source for entry in journal] == ["customer", "agent", "your server"]


def test_only_the_latest_thousand_are_kept(journal: Any, channel: Any) -> None:
    for number in range(KEPT + 5):
        channel.messages.create(body=str(number))
    assert len(journal) == KEPT
    assert (journal.entries[0].text, journal.entries[-1].text) == ("5", "1004")


def test_a_snapshot_takes_the_journal_back_and_a_reset_empties_it(
    account: Account, journal: Any, channel: Any
) -> None:
    assert account.mock is not None
    before = told(journal)
    with account.mock.snapshot():
        channel.messages.create(body="never said")
        assert len(journal) == len(before) + 1
    assert told(journal) == before == ["your server -> Flex: opens Support"]
    account.mock.reset()
    assert told(journal) == []


def test_entries_say_what_they_are_about_and_where_they_stand(
    account: Account, journal: Any, task_flow: Any, make_channel: Make, desk: AgentDesk
) -> None:
    desk.go_available()
    made = make_channel(task_flow)
    with ChatClient(account, account.chat_token("user-42")) as chat:
        chat.get_channel_by_sid(made.sid).send_message("hello")
    assert [(entry.kind, entry.text) for entry in journal] == [
        ("worker", "alice is Available"),
        ("channel", "opens Chat with user-42"),
        ("member", "adds user-42"),
        ("task", "task created for Jane"),
        ("reservation", "offer to alice"),
        ("message", "hello"),
    ]
    numbers = [entry.number for entry in journal]
    assert numbers == sorted(set(numbers))
    assert [entry.text for entry in journal.since(numbers[-2])] == ["hello"]


def test_what_studio_and_webhooks_do_is_said_to_be_theirs(
    lab: Lab, service: Any, channel: Any, webhooks: Any, journal: Any
) -> None:
    lab.heard(send("greet", "Hello!"))
    assert lab.account.mock is not None
    kinds = [entry.kind for entry in lab.account.mock.journal]
    assert kinds[-4:] == ["message", "studio", "message", "studio"]
    registered(webhooks)
    service.update(post_webhook_url=HOOK, webhook_filters=["onMessageSent"])
    channel.messages.create(body="hello", x_twilio_webhook_enabled="true")
    assert webhooks.settle()
    assert [entry.kind for entry in journal][-2:] == ["message", "webhook"]


def test_a_task_that_a_server_makes_for_a_chat_is_the_servers(
    client: Any, journal: Any, make_flow: Make, make_channel: Make
) -> None:
    made = make_channel(make_flow())
    workspaces = client.taskrouter.v1.workspaces
    about = json.dumps({"channelSid": made.sid, "name": "Jane"})
    workspaces(workspaces.list()[0].sid).tasks.create(attributes=about)
    assert "your server -> TaskRouter: task created for Jane" in told(journal)


def test_a_conversation_that_changes_its_state_is_told(account: Account, journal: Any) -> None:
    made = account.client.conversations.v1.conversations.create(
        friendly_name="Support", timers_inactive="PT1M"
    )
    account.clock.advance(61)
    made.messages.create(body="Hello?", author="jane")
    made.update(state="closed")
    assert told(journal) == [
        "your server -> Flex: opens Support",
        "Flex -> customer: Support is inactive",
        "your server -> Flex: Hello?",
        "Flex -> customer: Support is active",
        "Flex -> customer: Support is closed",
    ]
    assert [entry.kind for entry in journal][-1] == "channel"


def test_an_interaction_is_told_from_its_task_to_its_end(account: Account, journal: Any) -> None:
    contact = Contact(account)
    journal.clear()
    contact.serve()
    contact.close(routing={"status": "closed"})
    contact.ask()
    assert told(journal) == [
        "Flex -> TaskRouter: task created for Jane",
        "agent -> TaskRouter: alice is Available",
        "TaskRouter -> agent: offer to alice",
        "agent -> TaskRouter: alice accepts",
        "agent -> Flex: alice joins",
        "agent -> TaskRouter: alice completes",
        "TaskRouter -> Flex: task completed for Jane",
        "agent -> Flex: alice leaves",
        "Flex -> customer: a conversation is closed",
        "Flex -> customer: the interaction is closed",
        "Flex -> TaskRouter: task created for Jane",
        "Flex -> your server: the interaction failed: 45354 Conversation"
        f" {contact.conversation.sid} is closed",
        "TaskRouter -> Flex: task canceled for Jane",
    ]


def test_a_phone_its_conversation_and_its_receipts_are_told(account: Account, journal: Any) -> None:
    v1 = account.client.conversations.v1
    v1.address_configurations.create(type="sms", address="+15550100", auto_creation_enabled=True)
    assert account.mock is not None
    phone = account.mock.phone("+15550142")
    phone.send("Are you open?", to="+15550100")
    [conversation] = v1.conversations.list()
    answer = conversation.messages.create(author="bob", body="Until eight")
    phone.report(answer.sid, "delivered")
    account.client.chat.v2.services(conversation.chat_service_sid).channels.create()
    assert told(journal) == [
        "Flex -> customer: opens a conversation",
        "Flex -> customer: adds +15550142",
        "customer -> Flex: Are you open?",
        "your server -> Flex: Until eight",
        "customer -> Flex: message delivered",
        "your server -> Flex: opens a channel",
    ]
