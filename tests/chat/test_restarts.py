"""A chat client and an agent's desk whose mock is on a socket, stops, and comes back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from doors import say
from fire import FlakyServer, hurried
from support import PATIENCE, EventLog

from helpers import Account, ChatClient, ChatError, MockTwilio
from helpers.account import SharedMockHttpClient
from helpers.chat import OutcomeUnknown
from helpers.desk import AgentDesk
from helpers.mock import Credentials


class Site:
    """A server that can be restarted on its port, with the state it had or another."""

    def __init__(self, mock: MockTwilio) -> None:
        self.server = FlakyServer(mock)
        self._doors: list[SharedMockHttpClient] = []

    def restart(self, mock: MockTwilio | None = None) -> None:
        self.stop()
        self.start(mock)

    def stop(self) -> None:
        self.server.stop()

    def start(self, mock: MockTwilio | None = None) -> None:
        self.server = FlakyServer(mock or self.server.mock, self.server.port)

    def account(self, timeout: float = PATIENCE) -> Account:
        """The account as another process has it."""
        door = SharedMockHttpClient(self.server.url, timeout=timeout)
        self._doors.append(door)
        return Account("shared", self.server.mock.credentials, door)

    def close(self) -> None:
        for door in self._doors:
            door.session.close()
        self.server.stop()


@pytest.fixture
def site(account: Account) -> Iterator[Site]:
    assert account.mock is not None
    site = Site(account.mock)
    yield site
    site.close()


@pytest.fixture
def chat(request: pytest.FixtureRequest, site: Site, channel: Any) -> Iterator[ChatClient]:
    """A chat client of user-42, who is in the channel; a parameter says when requests time out."""
    channel.members.create(identity="user-42")
    shared = site.account(getattr(request, "param", PATIENCE))
    token = shared.chat_token("user-42")
    with ChatClient(shared, token, poll_seconds=0.01, wait=hurried) as client:
        yield client


def in_channel_of(mock: MockTwilio, make: Callable[[Any], Any]) -> Any:
    """A public channel of another account, with user-42 in it, as the SDK names it."""
    account = Account("mock", mock.credentials, mock.http_client, mock)
    service = account.client.chat.v2.services(mock.credentials.chat_service_sid)
    channel = service.channels(make(service).sid)
    channel.members.create(identity="user-42")
    return channel


# -- the state is kept


def test_messages_before_during_and_after_a_restart_arrive_once_and_in_order(
    site: Site, chat: ChatClient, channel: Any
) -> None:
    received, states = EventLog(chat, "messageAdded"), EventLog(chat, "connectionStateChanged")
    say(channel, "before")
    received.wait_for(1)
    site.stop()
    say(channel, *map(str, range(120)))  # more than a page
    states.wait_for(1)
    assert str(chat.connection_problem).startswith(
        ("the server cannot be reached", "the connection broke")
    )
    site.start()
    received.wait_for(121)
    [joined] = chat.get_subscribed_channels()
    assert joined.send_message("after") == 121
    received.wait_for(122)
    assert received.bodies == ["before", *map(str, range(120)), "after"]
    states.wait_for(2)
    assert (states.arguments, chat.connection_problem) == (["connecting", "connected"], None)


@pytest.mark.parametrize("chat", [1.0], indirect=True)
def test_requests_that_break_off_stall_or_are_throttled_on_the_way_lose_and_double_nothing(
    site: Site, chat: ChatClient, channel: Any
) -> None:
    received = EventLog(chat, "messageAdded")
    [joined] = chat.get_subscribed_channels()
    site.server.burn(["reset", "stall", "throttle", "reset after", "none", "reset after"] * 3)
    sent = [joined.send_message(body) for body in ("a", "a", "b")]
    site.server.burn(())
    say(channel, "c")
    received.wait_for(4)
    assert sent == [0, 1, 2]
    assert received.bodies == [m.body for m in channel.messages.list()] == ["a", "a", "b", "c"]


def test_a_message_sent_while_the_server_restarts_arrives_once(
    site: Site, chat: ChatClient, channel: Any
) -> None:
    [joined] = chat.get_subscribed_channels()
    site.stop()
    back = EventLog(chat, "connectionError")
    chat.once("connectionError", lambda _: site.start())
    assert joined.send_message("through it") == 0
    assert [message.body for message in channel.messages.list()] == ["through it"]
    assert back.all


def test_a_message_for_a_server_that_stays_away_is_reported_as_not_sent(
    site: Site, chat: ChatClient, channel: Any
) -> None:
    [joined] = chat.get_subscribed_channels()
    errors = EventLog(chat, "connectionError")
    site.stop()
    errors.wait_until(lambda: "cannot be reached" in str(chat.connection_problem))
    with pytest.raises(ChatError, match="Not sent: the server cannot be reached") as failed:
        joined.send_message("anybody?")
    assert not isinstance(failed.value, OutcomeUnknown)
    assert channel.messages.list() == []


def test_connecting_to_a_server_that_is_not_there_is_a_chat_error() -> None:
    shared = Account("shared", Credentials.demo(), SharedMockHttpClient("http://127.0.0.1:9"))
    with pytest.raises(ChatError, match="the server cannot be reached"):
        ChatClient(shared, shared.chat_token("user-42"), wait=hurried)


# -- the state is lost


def test_a_recreated_account_reports_unknown_users_and_removes_channels(
    site: Site, chat: ChatClient, channel: Any
) -> None:
    [joined] = chat.get_subscribed_channels()
    gone, errors = EventLog(chat, "channelRemoved"), EventLog(chat, "connectionError")
    here = EventLog(joined, "removed")
    site.restart(MockTwilio(seed=1))
    assert gone.wait_for(1) == here.arguments == [joined]
    states = EventLog(chat, "connectionStateChanged")
    states.wait_until(lambda: chat.connection_state == "error")
    assert "does not know user-42 any more" in str(chat.connection_problem)
    unknown = [error for error in errors.arguments if "does not know" in error["message"]]
    assert [error["terminal"] for error in unknown] == [False]
    with pytest.raises(ChatError) as refused:
        joined.send_message("anybody?")
    assert refused.value.status == 404


def test_the_client_goes_on_when_its_user_gets_a_channel_in_the_new_account(
    site: Site, chat: ChatClient
) -> None:
    states, received = EventLog(chat, "connectionStateChanged"), EventLog(chat, "messageAdded")
    joins, other = EventLog(chat, "channelJoined"), MockTwilio(seed=1)
    site.restart(other)
    states.wait_until(lambda: chat.connection_state == "error")
    channel = in_channel_of(other, lambda service: service.channels.create())
    joins.wait_for(1)
    say(channel, "a new start")
    received.wait_for(1)
    states.wait_until(lambda: chat.connection_state == "connected")
    assert received.bodies == ["a new start"]
    assert chat.connection_problem is None


def test_a_new_account_with_the_same_sids_is_not_taken_for_the_old_one(
    site: Site, account: Account, chat: ChatClient, channel: Any
) -> None:
    received, joins = EventLog(chat, "messageAdded"), EventLog(chat, "channelJoined")
    gone = EventLog(chat, "channelRemoved")
    say(channel, "1", "2", "3")
    received.wait_for(3)
    site.stop()
    twin = MockTwilio()
    twin.clock.advance(60)
    made = in_channel_of(twin, lambda service: service.channels.create(friendly_name="Support"))
    assert made.fetch().sid == channel.fetch().sid
    site.start(twin)
    joins.wait_for(1)
    say(made, "a new first")
    received.wait_for(4)
    assert (received.bodies, received.arguments[-1].index) == (["1", "2", "3", "a new first"], 0)
    assert [channel.sid for channel in gone.arguments] == [made.fetch().sid]


# -- the agent's desk


@pytest.fixture
def hurried_desks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Desks that look all the time and hardly wait between tries."""
    monkeypatch.setattr("helpers.desk.desk.POLL_SECONDS", 0.01)
    monkeypatch.setattr("helpers.chat.retrying_client.FIRST_PAUSE", 0.002)


@pytest.mark.usefixtures("hurried_desks")
def test_a_desk_says_what_is_the_matter_and_sees_offers_again_after_a_restart(
    site: Site, account: Account, task_flow: Any, make_channel: Callable[..., Any]
) -> None:
    desk = AgentDesk(site.account())
    problems, offers = EventLog(desk, "problemChanged"), EventLog(desk, "offersChanged")
    desk.go_available()
    site.stop()
    problems.wait_for(1)
    assert "next try in" in problems.arguments[0]
    make_channel(task_flow)
    site.start()
    offers.wait_for(1)
    conversation = desk.accept()
    assert conversation.reply("Hello again") == 0
    problems.wait_until(lambda: desk.problem is None)
    desk.close()


@pytest.mark.usefixtures("hurried_desks")
def test_a_desk_finds_its_agent_in_an_account_made_anew(site: Site) -> None:
    desk = AgentDesk(site.account())
    desk.go_available()
    activities = EventLog(desk, "activityChanged")
    site.restart(MockTwilio(seed=1))
    assert activities.wait_for(1) == ["Offline"]
    desk.go_available()
    assert desk.activity == "Available"
    desk.close()


@pytest.mark.usefixtures("hurried_desks")
def test_a_desk_without_its_agent_says_whom_there_is(site: Site, account: Account) -> None:
    desk = AgentDesk(site.account())
    problems = EventLog(desk, "problemChanged")
    workspaces = account.client.taskrouter.v1.workspaces
    workspace = workspaces(workspaces.list()[0].sid)
    workspace.workers(workspace.workers.list(friendly_name="alice")[0].sid).delete()
    [problem] = problems.wait_for(1)[:1]
    assert problem.startswith("there is no worker 'alice'; there are: bob, next try in ")
    workspace.workers.create(friendly_name="alice", attributes="{}")
    problems.wait_until(lambda: desk.problem is None)
    desk.go_available()
    desk.close()
