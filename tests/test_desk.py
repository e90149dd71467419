"""An agent's desk: its agent, its events, and what it does to chats."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest
from support import PATIENCE, EventLog, everything, refused
from twilio.base.exceptions import TwilioRestException

from helpers import Account, ChatError, connect
from helpers.desk import AcceptedTask, AgentDesk, NoDeskHere, Offer
from helpers.mock import ControlRefused, Credentials, MockTwilio, TwilioError
from helpers.mock.server.running import BackgroundServer

Make = Callable[..., Any]


@pytest.fixture
def workspace(client: Any) -> Any:
    """The account's workspace, as the SDK names it."""
    workspaces = client.taskrouter.v1.workspaces
    return workspaces(workspaces.list()[0].sid)


@pytest.fixture
def sits_down(account: Account) -> Iterator[Callable[..., AgentDesk]]:
    """Open desks, and close them after the test."""
    desks: list[AgentDesk] = []

    def open_desk(agent: str = "alice", at: Account | None = None) -> AgentDesk:
        desks.append(AgentDesk(at or account, agent))
        return desks[-1]

    yield open_desk
    for desk in desks:
        desk.close()


@pytest.fixture
def alice(sits_down: Make) -> AgentDesk:
    """Alice at her desk, available."""
    desk: AgentDesk = sits_down()
    desk.go_available()
    return desk


@pytest.fixture
def alices_worker(workspace: Any) -> Any:
    """Alice as TaskRouter knows her, as the SDK names it."""
    return workspace.workers.list(friendly_name="alice")[0]


@pytest.fixture
def ask(workspace: Any) -> Callable[..., Any]:
    """Create a task, without a chat unless it is given a channel."""

    def make(name: str = "Jane", **attributes: Any) -> Any:
        about = json.dumps({"name": name, **attributes})
        return workspace.tasks(workspace.tasks.create(task_channel="chat", attributes=about).sid)

    return make


def names(offers: list[Offer]) -> list[str]:
    return [offer.name for offer in offers]


# -- who may sit here


def test_there_is_no_desk_for_an_unknown_agent_and_known_ones_are_named(account: Account) -> None:
    with pytest.raises(NoDeskHere, match="no worker 'carol'; there are: alice, bob"):
        AgentDesk(account, "carol")


def test_there_is_no_desk_without_the_workspace_of_flex(account: Account, workspace: Any) -> None:
    workspace.update(friendly_name="Something else")
    with pytest.raises(NoDeskHere, match="no workspace 'Flex Task Assignment'"):
        AgentDesk(account)


def test_an_agent_of_another_workspace_has_a_desk_there(account: Account) -> None:
    workspaces = account.client.taskrouter.v1.workspaces
    night = workspaces(workspaces.create(friendly_name="Night shift").sid)
    night.workers.create(friendly_name="zoe")
    desk = AgentDesk(account, "zoe", workspace="Night shift")
    assert desk.activity == "Offline"
    desk.close()
    with pytest.raises(NoDeskHere, match="no workspace 'Day shift'"):
        AgentDesk(account, "zoe", workspace="Day shift")


def test_on_a_live_account_the_agent_sits_in_flex() -> None:
    mock = MockTwilio()
    live = Account("live", Credentials.demo(), mock.http_client)
    with pytest.raises(NoDeskHere, match="the agent sits in Flex"):
        AgentDesk(live)
    assert len(live.requests) == 0


@pytest.mark.parametrize(
    ("attributes", "identity"),
    [
        ({"contact_uri": "client:alice"}, "alice"),
        ({"contact_uri": "client:al_40example_2Ecom"}, "al_40example_2Ecom"),
        ({"contact_uri": "client:al%40example.com"}, "al@example.com"),
        ({"contact_uri": "al"}, "al"),
        ({"contact_uri": "client:"}, "alice"),
        ({}, "alice"),
    ],
)
def test_the_contact_uri_says_who_the_agent_is_in_chats(
    alices_worker: Any, sits_down: Make, attributes: dict[str, Any], identity: str
) -> None:
    alices_worker.update(attributes=json.dumps(attributes))
    assert sits_down().identity == identity


def test_an_agent_writes_under_the_identity_of_her_contact_uri(
    alices_worker: Any, sits_down: Make, ask: Make, channel: Any
) -> None:
    alices_worker.update(attributes='{"contact_uri": "client:agent-7"}')
    desk = sits_down()
    desk.go_available()
    ask(channelSid=channel.fetch().sid)
    desk.accept().reply("hello")
    assert [member.identity for member in channel.members.list()] == ["agent-7"]
    assert channel.messages.list()[0]._from == "agent-7"


@pytest.mark.parametrize("contact", ["a/b", "a#b", "a?b=c", "100%", "a b"])
def test_an_agent_of_any_identity_joins_a_chat_and_leaves_it(
    alices_worker: Any, sits_down: Make, ask: Make, channel: Any, contact: str
) -> None:
    alices_worker.update(attributes=json.dumps({"contact_uri": f"client:{quote(contact)}"}))
    desk = sits_down()
    desk.go_available()
    ask(channelSid=channel.fetch().sid)
    conversation = desk.accept()
    assert [member.identity for member in channel.members.list()] == [contact]
    conversation.complete()
    assert channel.members.list() == []


@pytest.mark.parametrize(
    "sid",
    [
        "",
        " ",
        "#x",
        "a?b",
        ".",
        "..",
        "../Channels",
        "CH" + "0" * 32 + "/Members",
        "\ud83d",
        5,
        ["x"],
    ],
)
def test_a_channel_sid_that_names_no_channel_touches_none(
    alice: AgentDesk, ask: Make, channel: Any, account: Account, sid: Any
) -> None:
    channel.messages.create(body="hi")
    ask(channelSid=sid)
    before = everything(account)
    conversation = alice.accept()
    assert conversation.channel is None
    conversation.complete()
    after = everything(account)
    chats = [path for path in before if not path.startswith(("tasks of", "users of"))]
    assert [path for path in chats if after[path] != before[path]] == []


# -- coming and going


def test_an_agent_comes_and_goes(sits_down: Make) -> None:
    desk = sits_down()
    activities = EventLog(desk, "activityChanged")
    assert repr(desk) == "AgentDesk('alice', Offline)"
    desk.go_available()
    assert desk.activity == "Available"
    desk.go("Break")
    assert desk.activity == "Break"
    desk.go_offline()
    assert desk.activity == "Offline"
    assert activities.arguments == ["Available", "Break", "Offline"]


def test_an_activity_that_does_not_exist_is_refused(alice: AgentDesk) -> None:
    with pytest.raises(NoDeskHere, match="no activity 'Fishing'"):
        alice.go("Fishing")
    assert alice.activity == "Available"


# -- offers


def test_an_agent_is_offered_nothing_until_she_is_available(sits_down: Make, ask: Make) -> None:
    desk = sits_down()
    events = EventLog(desk, "offersChanged")
    ask("Jane")
    assert (desk.offers, events.arguments) == ([], [])
    desk.go_available()
    assert names(desk.offers) == ["Jane"]
    assert [names(offers) for offers in events.arguments] == [["Jane"]]


def test_a_desk_emits_every_change_of_its_offers(alice: AgentDesk, ask: Make) -> None:
    events = EventLog(alice, "offersChanged")
    ask("Jane")
    task = ask("Jim")
    task.update(assignment_status="canceled", reason="gone")
    alice.accept()
    assert [names(offers) for offers in events.arguments] == [
        ["Jane"],
        ["Jane", "Jim"],
        ["Jane"],
        [],
    ]


def test_an_offer_says_who_is_waiting(alice: AgentDesk, ask: Make, channel: Any) -> None:
    sid = channel.fetch().sid
    ask("Jane", channelSid=sid)
    ask(name="")
    jane, other = alice.offers
    assert (jane.name, jane.channel_sid, jane.attributes["channelSid"]) == ("Jane", sid, sid)
    assert (other.name, other.channel_sid) == ("somebody", None)


def test_an_offer_that_is_rejected_goes_to_another_agent(
    alice: AgentDesk, sits_down: Make, ask: Make
) -> None:
    ask("Jane")
    bob = sits_down("bob")
    bob.go_available()
    alice.reject()
    assert (alice.offers, names(bob.offers)) == ([], ["Jane"])


def test_the_oldest_offer_is_taken_unless_another_is_named(alice: AgentDesk, ask: Make) -> None:
    for name in ("Jane", "Jim", "Joan"):
        ask(name)
    assert alice.accept(alice.offers[1]).offer.name == "Jim"
    assert alice.accept().offer.name == "Jane"
    assert names(alice.offers) == ["Joan"]


def test_an_agent_who_goes_offline_rejects_what_she_is_offered(alice: AgentDesk, ask: Make) -> None:
    ask("Jane")
    alice.accept()
    task = ask("Jim")
    alice.go_offline()
    assert (alice.activity, alice.offers, len(alice.conversations)) == ("Offline", [], 1)
    assert [each.reservation_status for each in task.reservations.list()] == ["rejected"]


@pytest.mark.parametrize("answer", ["accept", "reject"])
def test_there_is_nothing_to_answer_where_nothing_is_offered(sits_down: Make, answer: str) -> None:
    desk = sits_down()
    with pytest.raises(NoDeskHere, match=r"nothing is offered to 'alice' \(activity: Offline\)"):
        getattr(desk, answer)()


def test_an_offer_that_has_gone_cannot_be_accepted(alice: AgentDesk, ask: Make) -> None:
    task = ask("Jane")
    [offer] = alice.offers
    task.update(assignment_status="canceled", reason="gone")
    with refused(400, 20001, "not currently in a Pending state"):
        alice.accept(offer)
    assert alice.conversations == []


# -- conversations


def test_a_desk_keeps_its_conversations_and_emits_their_start_and_end(
    alice: AgentDesk, task_flow: Any, make_channel: Make
) -> None:
    started, ended = EventLog(alice, "conversationStarted"), EventLog(alice, "conversationEnded")
    make_channel(task_flow)
    conversation = alice.accept()
    assert alice.conversations == started.arguments == [conversation]
    assert repr(conversation) == "AcceptedTask(with 'Jane', assigned)"
    conversation.wrap_up()
    assert (conversation.status, ended.arguments) == ("wrapping", [])
    conversation.complete()
    assert (conversation.status, alice.conversations) == ("completed", [])
    assert ended.arguments == [conversation]


def test_a_task_without_a_chat_is_worked_on_without_one(alice: AgentDesk, ask: Make) -> None:
    ask("Jane")
    conversation = alice.accept()
    assert conversation.channel is None
    with pytest.raises(ValueError, match="no chat channel"):
        conversation.reply("hello")
    conversation.complete()
    assert conversation.status == "completed"


def test_an_agent_who_is_in_the_chat_already_accepts_too(
    alice: AgentDesk, ask: Make, channel: Any
) -> None:
    sid = channel.members.create(identity="alice").channel_sid
    ask(channelSid=sid)
    alice.accept().complete()
    assert channel.members.list() == []


def test_an_agent_completes_where_the_chat_has_been_deleted(
    alice: AgentDesk, task_flow: Any, make_channel: Make, service: Any
) -> None:
    sid = make_channel(task_flow).sid
    conversation = alice.accept()
    service.channels(sid).delete()
    conversation.complete()
    assert (conversation.status, alice.conversations) == ("completed", [])


def test_an_agent_accepts_where_the_chat_has_been_deleted(
    alice: AgentDesk, task_flow: Any, make_channel: Make, service: Any
) -> None:
    service.channels(make_channel(task_flow).sid).delete()
    conversation = alice.accept()
    assert (conversation.channel, conversation.status) == (None, "assigned")
    conversation.complete()
    assert conversation.status == "completed"


def test_an_agent_stays_connected_when_her_chat_token_expires(
    account: Account, alice: AgentDesk, task_flow: Any, make_channel: Make
) -> None:
    make_channel(task_flow)
    conversation: AcceptedTask = alice.accept()
    for _ in range(3):
        account.clock.advance(3600)
        conversation.reply("still here")
    assert conversation.channel is not None
    assert conversation.channel.get_messages_count() == 3


# -- desks in another process than the mock


@pytest.fixture
def shared(account: Account) -> Account:
    """The account as another process has it."""
    assert account.mock is not None
    return Account("shared", account.credentials, account.mock.http_client)


def test_a_desk_at_a_shared_account_looks_for_offers_itself(
    shared: Account, sits_down: Make, task_flow: Any, make_channel: Make
) -> None:
    desk = sits_down(at=shared)
    events = EventLog(desk, "offersChanged")
    desk.go_available()
    make_channel(task_flow)
    [offers] = events.wait_for(1)
    assert names(offers) == ["Jane"]
    conversation = desk.accept()
    conversation.reply("How can I help?")
    conversation.complete()
    assert conversation.status == "completed"


def test_a_closed_desk_emits_nothing_more(alice: AgentDesk, ask: Make) -> None:
    events = EventLog(alice, "offersChanged")
    alice.close()
    ask("Jane")
    assert events.arguments == []
    alice.close()


def test_a_closed_desk_at_a_shared_account_polls_no_more(shared: Account) -> None:
    desk = AgentDesk(shared)
    [poller] = [one for one in threading.enumerate() if one.name == "desk-alice"]
    desk.close()
    poller.join(PATIENCE)
    assert not poller.is_alive()


def test_a_closed_desk_has_left_its_chats_connection(
    alice: AgentDesk, task_flow: Any, make_channel: Make, service: Any
) -> None:
    sid = make_channel(task_flow).sid
    conversation = alice.accept()
    assert conversation.channel is not None
    received: list[Any] = []
    conversation.channel.on("messageAdded", received.append)
    alice.close()
    service.channels(sid).messages.create(body="anybody?", from_="user-42")
    assert received == []


def test_a_desk_that_is_opened_again_takes_up_the_chat_accepted_before(
    account: Account, make_channel: Make, task_flow: Any
) -> None:
    make_channel(task_flow)
    with_offer = AgentDesk(account, "alice")
    with_offer.go_available()
    assert with_offer.resume() is None
    before = with_offer.accept()
    before.reply("Hello")
    assert with_offer.resume() is before
    again = AgentDesk(account, "alice")
    resumed = again.resume()
    assert resumed is not None
    assert resumed.offer.task_sid == before.offer.task_sid
    assert [message.body for message in resumed.channel.get_messages().items] == ["Hello"]
    resumed.complete()
    assert again.resume() is None


# -- interactions


@pytest.fixture
def conversation(client: Any, workspace: Any) -> Any:
    """A conversation of Jane's that an interaction brings to an agent."""
    made = client.conversations.v1.conversations.create()
    made.participants.create(identity="jane")
    client.flex_api.v1.interaction.create(
        channel={
            "type": "web",
            "initiated_by": "customer",
            "properties": {"media_channel_sid": made.sid},
        },
        routing={
            "properties": {
                "workspace_sid": workspace.fetch().sid,
                "attributes": {"customerName": "Jane"},
            }
        },
    )
    return made


def ended(conversation: Any) -> tuple[str, list[str]]:
    """State of a conversation, and who is in it."""
    return conversation.fetch().state, [each.identity for each in conversation.participants.list()]


def test_an_interaction_is_offered_by_its_customers_name(
    alice: AgentDesk, conversation: Any
) -> None:
    assert names(alice.refresh()) == ["Jane"]
    assert alice.offers[0].channel_sid == conversation.sid


def test_an_accepted_interaction_is_talked_in(alice: AgentDesk, conversation: Any) -> None:
    accepted = alice.accept()
    assert ended(conversation) == ("active", ["jane", "alice"])
    assert accepted.reply("Hello Jane") == 0
    [message] = conversation.messages.list()
    assert (message.author, message.body) == ("alice", "Hello Jane")


def test_wrapping_up_an_interaction_closes_the_conversation(
    alice: AgentDesk, conversation: Any
) -> None:
    accepted = alice.accept()
    accepted.wrap_up()
    assert accepted.status == "wrapping"
    assert ended(conversation) == ("closed", ["jane", "alice"])
    accepted.complete()
    assert accepted.status == "completed"
    assert ended(conversation) == ("closed", ["jane"])
    assert alice.conversations == []


def test_completing_an_interaction_wraps_it_up_first(alice: AgentDesk, conversation: Any) -> None:
    accepted = alice.accept()
    accepted.complete()
    assert accepted.status == "completed"
    assert ended(conversation) == ("closed", ["jane"])


def test_an_interaction_that_was_left_comes_back_when_the_customer_writes(
    alice: AgentDesk, conversation: Any
) -> None:
    accepted = alice.accept()
    accepted.leave()
    assert (accepted.status, ended(conversation)) == ("completed", ("active", ["jane"]))
    assert alice.offers == []
    conversation.messages.create(author="jane", body="One more thing")
    assert names(alice.offers) == ["Jane"]
    alice.accept()
    assert ended(conversation) == ("active", ["jane", "alice"])


def test_an_interaction_that_was_parked_waits_for_an_invite(
    alice: AgentDesk, conversation: Any
) -> None:
    accepted = alice.accept()
    accepted.park()
    assert (accepted.status, ended(conversation)) == ("completed", ("active", ["jane"]))
    conversation.messages.create(author="jane", body="One more thing")
    assert alice.offers == []
    assert alice.conversations == []


def test_an_interaction_whose_conversation_is_closed_by_then_has_no_chat(
    alice: AgentDesk, conversation: Any
) -> None:
    conversation.update(state="closed")
    accepted = alice.accept()
    assert accepted.channel is None
    accepted.complete()
    assert accepted.status == "completed"


def test_a_paused_interaction_is_taken_up_by_the_same_agent(
    alice: AgentDesk, conversation: Any
) -> None:
    first = alice.accept()
    first.pause()
    assert (first.status, alice.conversations, alice.offers) == ("completed", [], [])
    assert ended(conversation) == ("active", ["jane", "alice"])
    again = first.resume()
    assert again is not None
    assert (again.status, alice.conversations) == ("assigned", [again])
    assert again.reply("I am back") == 0
    with pytest.raises(TwilioError, match="No interaction has an agent"):
        first.resume()
    again.complete()
    assert ended(conversation) == ("closed", ["jane"])


def test_an_agent_without_room_takes_a_paused_interaction_up_later(
    alice: AgentDesk, conversation: Any
) -> None:
    first = alice.accept()
    first.pause()
    capacity = alice.worker.worker_channels("chat")
    capacity.update(capacity=0)
    assert first.resume() is None
    capacity.update(capacity=1)
    again = alice.resume()
    assert again is not None
    assert (again.offer.channel_sid, again.status) == (conversation.sid, "assigned")


def test_an_interaction_is_paused_and_resumed_at_a_shared_account() -> None:
    with BackgroundServer(MockTwilio()) as server:
        pause_and_resume(connect(server.url))


def pause_and_resume(shared: Account) -> None:
    sid = shared.client.conversations.v1.conversations.create().sid
    shared.client.conversations.v1.conversations(sid).participants.create(identity="jane")
    workspace = shared.client.taskrouter.v1.workspaces.list()[0]
    channel = {"media_channel_sid": sid}
    shared.client.flex_api.v1.interaction.create(
        channel={"type": "web", "initiated_by": "customer", "properties": channel},
        routing={"properties": {"workspace_sid": workspace.sid}},
    )
    desk = AgentDesk(shared)
    desk.go_available()
    first = desk.accept()
    first.pause()
    again = first.resume()
    assert again is not None
    assert again.status == "assigned"
    with pytest.raises(ControlRefused, match="No interaction has an agent"):
        first.resume()
    desk.close()


def test_a_closed_conversation_is_refused_in_words_of_conversations(
    alice: AgentDesk, conversation: Any
) -> None:
    accepted = alice.accept()
    conversation.update(state="closed")
    with pytest.raises(ChatError, match="final closed state") as caught:
        accepted.reply("Too late")
    assert caught.value.code == 50377
    assert accepted.conversation is not None
    assert accepted.conversation.state == "closed"
    accepted.complete()


@pytest.mark.parametrize("act", ["leave", "park", "pause", "resume"])
def test_only_an_interaction_is_left_parked_or_paused(
    alice: AgentDesk, ask: Callable[..., Any], act: str
) -> None:
    ask()
    accepted = alice.accept()
    with pytest.raises(ValueError, match="only an interaction"):
        getattr(accepted, act)()
    assert accepted.status == "assigned"


# -- transfers


@pytest.mark.parametrize("mode", ["cold", "warm"])
def test_a_task_is_transferred_to_another_agent(
    alice: AgentDesk, sits_down: Make, ask: Make, channel: Any, mode: str, workspace: Any
) -> None:
    sid = channel.fetch().sid
    ask(channelSid=sid)
    mine = alice.accept()
    bob = sits_down("bob")
    bob.go_available()
    mine.transfer(workspace.workers.list(friendly_name="bob")[0].sid, mode)
    assert (alice.conversations == [mine]) is (mode == "warm")
    members = [each.identity for each in alice.chat_of(sid).members.list()]
    assert ("alice" in members) is (mode == "warm")
    assert bob.accept().reply("It is me now") == 0


def test_an_interaction_is_transferred_to_a_queue(
    alice: AgentDesk, sits_down: Make, conversation: Any, workspace: Any
) -> None:
    mine = alice.accept()
    alice.go_offline()
    bob = sits_down("bob")
    bob.go_available()
    mine.transfer(workspace.task_queues.list()[0].sid)
    assert (alice.conversations, mine.status) == ([], "completed")
    bob.accept()
    assert ended(conversation) == ("active", ["jane", "bob"])


def test_a_transfer_that_taskrouter_refuses_changes_nothing(
    alice: AgentDesk, ask: Make, workspace: Any
) -> None:
    ask()
    mine = alice.accept()
    offline = workspace.workers.list(friendly_name="bob")[0].sid
    with pytest.raises(TwilioRestException, match="is not available") as refused:
        mine.transfer(offline)
    assert (refused.value.status, refused.value.code) == (400, 20001)
    assert (mine.status, alice.conversations) == ("assigned", [mine])
