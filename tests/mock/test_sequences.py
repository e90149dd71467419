"""A chat from the first contact to the next one, with each of the three handlers."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hooks import HOOK, Hook
from story import Customer, Floor

from helpers import Account, ChatError
from helpers.desk import AcceptedTask, AgentDesk

Make = Callable[..., Any]
HELLO = ("user-42", "hello")


def answered(customer: Customer, floor: Floor, alice: AgentDesk) -> AcceptedTask:
    """Alice takes the task on that she is offered, and the two talk."""
    assert (floor.tasks[-1], floor.reservations[-1]) == ("reserved", ("alice", "pending"))
    assert customer.members == ["user-42"]
    customer.told.clear()
    conversation = alice.accept()
    assert (floor.tasks[-1], floor.reservations[-1]) == ("assigned", ("alice", "accepted"))
    assert customer.members == ["alice", "user-42"]
    conversation.reply("How can I help?")
    customer.says("Where is my order?")
    assert customer.told == ["memberJoined", "messageAdded", "messageAdded"]
    assert customer.transcript[-2:] == [
        ("alice", "How can I help?"),
        ("user-42", "Where is my order?"),
    ]
    assert conversation.channel is not None
    assert conversation.channel.get_messages_count() == len(customer.transcript)
    return conversation


def ended(customer: Customer, floor: Floor, conversation: AcceptedTask) -> None:
    """Alice wraps up, which ends the chat, and completes, which takes her out of it."""
    customer.told.clear()
    conversation.wrap_up()
    assert (floor.tasks[-1], floor.reservations[-1]) == ("wrapping", ("alice", "wrapping"))
    assert (customer.status, customer.members) == ("INACTIVE", ["alice", "user-42"])
    assert customer.told == ["channelUpdated"]
    conversation.complete()
    assert (floor.tasks[-1], floor.reservations[-1]) == ("completed", ("alice", "completed"))
    assert customer.members == ["user-42"]
    assert customer.told == ["channelUpdated", "memberLeft"]


def over_for_now(customer: Customer, floor: Floor, conversation: AcceptedTask) -> None:
    """Alice wraps up and completes, and the long-lived chat stays as it is."""
    customer.told.clear()
    conversation.wrap_up()
    assert (floor.tasks[-1], customer.status) == ("wrapping", "ACTIVE")
    conversation.complete()
    assert (floor.tasks[-1], customer.status) == ("completed", "ACTIVE")
    assert (customer.members, customer.told) == (["user-42"], ["memberLeft"])


def starts_anew(customer: Customer) -> Any:
    """The contact that follows an ended chat gets a channel of its own."""
    before = customer.sid
    made = customer.contact()
    assert made.sid != before
    assert (customer.status, customer.transcript) == ("ACTIVE", [])
    return made


def goes_on(customer: Customer) -> None:
    """The contact that follows gets the same channel, with what was said."""
    before, said = customer.sid, customer.transcript
    assert customer.contact().sid == before
    assert customer.transcript == said != []


# -- studio


def test_a_chat_through_studio_from_contact_to_contact(customer_with: Make, floor: Floor) -> None:
    customer = customer_with("studio")
    alice = floor.desk()
    assert customer.contact().task_sid is None
    assert (customer.status, customer.webhooks) == ("ACTIVE", ["studio"])
    assert (customer.members, customer.executions(), floor.tasks) == (["user-42"], [], [])
    customer.says("hello")
    assert (customer.executions(), customer.webhooks) == (["ended"], [])
    assert floor.about == {
        "channelSid": customer.sid,
        "name": "user-42",
        "channelType": "custom",
    }
    assert customer.channel.attributes["taskSid"] == floor.task.fetch().sid
    conversation = answered(customer, floor, alice)
    assert customer.executions() == ["ended"]
    ended(customer, floor, conversation)
    assert starts_anew(customer).task_sid is None
    assert (customer.webhooks, floor.tasks) == (["studio"], ["completed"])
    customer.says("me again")
    assert (customer.executions(), floor.tasks) == (["ended"] * 2, ["completed", "reserved"])


def test_a_long_lived_chat_through_studio_runs_the_flow_again(
    customer_with: Make, floor: Floor
) -> None:
    customer = customer_with("studio", long_lived=True)
    alice = floor.desk()
    customer.contact()
    customer.says("hello")
    over_for_now(customer, floor, answered(customer, floor, alice))
    assert (customer.webhooks, floor.tasks) == (["studio"], ["completed"])
    goes_on(customer)
    customer.says("me again")
    assert (customer.executions(), customer.webhooks) == (["ended"] * 2, [])
    assert (floor.tasks, floor.about["channelSid"]) == (["completed", "reserved"], customer.sid)
    assert customer.channel.attributes["taskSid"] == floor.task.fetch().sid
    over_for_now(customer, floor, answered(customer, floor, alice))
    assert customer.transcript[0] == HELLO


def test_what_a_server_says_for_the_customer_reaches_studio_with_the_webhook_header_only(
    customer_with: Make, floor: Floor
) -> None:
    customer = customer_with("studio")
    customer.contact()
    customer.has_said("hello")
    assert (customer.transcript, customer.executions(), floor.tasks) == ([HELLO], [], [])
    customer.has_said("is anybody there?", x_twilio_webhook_enabled="true")
    assert (customer.executions(), floor.tasks) == (["ended"], ["pending"])


# -- task


def test_a_chat_of_a_task_flow_from_contact_to_contact(
    task_flow: Any, customer_of: Make, floor: Floor
) -> None:
    customer, alice = customer_of(task_flow), floor.desk()
    made = customer.contact()
    assert made.task_sid == floor.task.fetch().sid
    assert (customer.status, customer.webhooks) == ("ACTIVE", [])
    assert floor.about == {"channelSid": customer.sid, "name": "Jane", "channelType": "custom"}
    customer.says("hello")
    assert floor.tasks == ["reserved"]
    ended(customer, floor, answered(customer, floor, alice))
    customer.says("one more thing")
    assert floor.tasks == ["completed"]
    assert starts_anew(customer).task_sid == floor.task.fetch().sid != made.task_sid
    assert floor.tasks == ["completed", "reserved"]


def test_a_long_lived_chat_of_a_task_flow_has_a_new_task_with_the_next_message(
    customer_with: Make, floor: Floor
) -> None:
    customer = customer_with("task", long_lived=True)
    alice = floor.desk()
    first = customer.contact().task_sid
    customer.says("hello")
    over_for_now(customer, floor, answered(customer, floor, alice))
    assert floor.tasks == ["completed"]
    customer.says("me again")
    assert (floor.tasks, floor.about["channelSid"]) == (["completed", "reserved"], customer.sid)
    assert customer.contact().task_sid == floor.task.fetch().sid != first
    over_for_now(customer, floor, answered(customer, floor, alice))
    assert customer.transcript[0] == HELLO


def test_a_long_lived_chat_of_a_task_flow_has_a_new_task_with_the_next_contact(
    customer_with: Make, floor: Floor
) -> None:
    customer = customer_with("task", long_lived=True)
    alice = floor.desk()
    first = customer.contact().task_sid
    customer.says("hello")
    assert customer.contact().task_sid == first
    over_for_now(customer, floor, answered(customer, floor, alice))
    goes_on(customer)
    assert (floor.tasks, floor.about["channelSid"]) == (["completed", "reserved"], customer.sid)
    assert floor.about["name"] == "Jane"
    assert customer.contact().task_sid == floor.task.fetch().sid != first
    customer.says("me again")
    assert floor.tasks == ["completed", "reserved"]


def test_an_agents_own_chat_client_may_end_the_chat(
    account: Account, customer_with: Make, floor: Floor, service: Any
) -> None:
    customer = customer_with("task")
    alice = floor.desk()
    customer.contact()
    ended = {**customer.channel.attributes, "status": "INACTIVE"}
    with pytest.raises(ChatError) as refused:
        customer.channel.update_attributes(ended)
    assert refused.value.code == 50107
    channel = alice.accept().channel
    assert channel is not None
    member = customer.on_server.members("alice").fetch()
    role = service.roles(member.role_sid).fetch()
    assert (role.friendly_name, role.type) == ("agent", "channel")
    channel.update_attributes(ended)
    assert customer.status == "INACTIVE"


def test_only_the_account_makes_a_member_an_agent(
    account: Account, customer_with: Make, floor: Floor, service: Any
) -> None:
    customer = customer_with("task")
    customer.contact()
    user = account.client_of_chat_user(account.chat_token("user-42"), "user-42")
    own = user.chat.v2.services(account.credentials.chat_service_sid)
    mine = own.channels(customer.sid).members("user-42")

    def role() -> str:
        member = customer.on_server.members("user-42").fetch()
        return str(service.roles(member.role_sid).fetch().friendly_name)

    mine.update(attributes='{"member_type": "agent"}')
    assert role() == "channel user"
    customer.on_server.members("user-42").update(attributes='{"member_type": "agent"}')
    assert role() == "agent"
    default = service.fetch().default_channel_creator_role_sid
    given = {"attributes": '{"member_type": "agent"}', "role_sid": default}
    made = customer.on_server.members.create(identity="boss", **given)
    assert made.role_sid == default


def test_an_agent_who_completes_late_stays_for_the_next_task_of_the_chat(
    customer_with: Make, floor: Floor
) -> None:
    customer = customer_with("task", long_lived=True)
    alice = floor.desk()
    customer.contact()
    first = alice.accept()
    first.wrap_up()
    customer.says("me again")
    second = alice.accept()
    first.complete()
    assert (floor.tasks, customer.members) == (["completed", "assigned"], ["alice", "user-42"])
    second.complete()
    assert customer.members == ["user-42"]


@pytest.mark.parametrize("long_lived", [False, True])
def test_a_task_that_waits_for_a_message_comes_with_the_customers_first_one(
    customer_with: Make,
    floor: Floor,
    long_lived: bool,
) -> None:
    waiting = {"integration_creation_on_message": True, "long_lived": long_lived}
    customer, alice = customer_with("task", **waiting), floor.desk()
    assert customer.contact().task_sid is None
    customer.on_server.messages.create(body="Welcome!", from_="bot")
    assert (floor.tasks, customer.contact().task_sid) == ([], None)
    customer.has_said("hello")
    assert (floor.tasks, customer.contact().task_sid) == (["reserved"], floor.task.fetch().sid)
    customer.says("anybody?")
    assert floor.tasks == ["reserved"]
    conversation = answered(customer, floor, alice)
    (over_for_now if long_lived else ended)(customer, floor, conversation)
    if long_lived:
        goes_on(customer)
    else:
        assert starts_anew(customer).task_sid is None
    customer.says("me again")
    assert floor.tasks == ["completed", "reserved"]


# -- external


class Bot(Hook):
    """Receives every message, and makes a task for who asks for an agent."""

    def __init__(self, account: Account, floor: Floor) -> None:
        super().__init__()
        self._service = account.client.chat.v2.services(account.credentials.chat_service_sid)
        self._floor = floor

    def __call__(self, request: Any) -> Any:
        super().__call__(request)
        sid, body = request.parameters["ChannelSid"], request.parameters["Body"]
        if "agent" in body:
            about = {"channelSid": sid, "name": "Jane", "channelType": "custom"}
            self._floor.workspace.tasks.create(task_channel="chat", attributes=json.dumps(about))
        elif body == "hello":
            self._service.channels(sid).messages.create(body="Hi, I am a bot", from_="bot")


@pytest.fixture
def bot(account: Account, webhooks: Any, floor: Floor) -> Bot:
    """The bot, where its flow's messages are posted."""
    bot = Bot(account, floor)
    webhooks.register(HOOK, bot)
    return bot


@pytest.mark.parametrize("long_lived", [False, True])
def test_a_chat_of_an_external_flow_whose_bot_makes_the_task(
    bot: Bot, customer_with: Make, floor: Floor, long_lived: bool
) -> None:
    customer = customer_with(
        "external", integration_type="external", integration_url=HOOK, long_lived=long_lived
    )
    alice = floor.desk()
    assert customer.contact().task_sid is None
    assert (customer.webhooks, bot.requests) == (["webhook"], [])
    customer.says("hello")
    assert (bot.all("Body"), floor.tasks) == (["hello"], [])
    assert customer.transcript == [HELLO, ("bot", "Hi, I am a bot")]
    customer.says("an agent, please")
    assert floor.tasks == ["reserved"]
    conversation = answered(customer, floor, alice)
    assert set(bot.all("EventType")) == {"onMessageSent"}
    assert bot.all("Body")[-2:] == ["How can I help?", "Where is my order?"]
    (over_for_now if long_lived else ended)(customer, floor, conversation)
    goes_on(customer) if long_lived else starts_anew(customer)
    customer.says("an agent again")
    assert (floor.tasks, floor.about["channelSid"]) == (["completed", "reserved"], customer.sid)
