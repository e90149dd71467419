"""Accounts with a story behind them: each as it says, the same every time, dated up to now."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from office import Office
from support import everything

from helpers import Account, connect
from helpers.desk import AgentDesk
from helpers.mock import MockTwilio, Studio, UnknownScenario

NAMES = ("empty account", "busy afternoon", "returning customer")
END = datetime(2026, 3, 2, 17, tzinfo=UTC)
TASK_STATES = {"pending", "reserved", "assigned", "wrapping", "completed", "canceled"}


def loaded(name: str, at: datetime | None = None) -> Account:
    account = connect()
    mock_of(account).load(name, at)
    return account


def mock_of(account: Account) -> MockTwilio:
    assert account.mock is not None
    return account.mock


@pytest.fixture(scope="module")
def afternoon() -> Account:
    """The busy afternoon, for tests that only look."""
    return loaded("busy afternoon", END)


@pytest.fixture(scope="module")
def returning() -> Account:
    """The returning customer, for tests that only look."""
    return loaded("returning customer", END)


def service_of(account: Account) -> Any:
    return account.client.chat.v2.services(account.credentials.chat_service_sid)


def chats(account: Account) -> dict[str, Any]:
    """Channels by name."""
    return {each.friendly_name: each for each in service_of(account).channels.list()}


def transcript(channel: Any) -> list[tuple[str, str]]:
    return [(each._from, each.body) for each in channel.messages.list()]


def tasks(account: Account) -> dict[str, Any]:
    """Tasks by the name of who is waiting."""
    found = Office(account).workspace.tasks.list()
    return {json.loads(task.attributes)["name"]: task for task in found}


def reservations(account: Account, name: str) -> list[tuple[str, str]]:
    found = Office(account).workspace.tasks(tasks(account)[name].sid).reservations.list()
    return [(each.worker_name, each.reservation_status) for each in found]


def runs_and_offers(account: Account) -> list[tuple[str, str, str]]:
    """Every execution and reservation: its SID, what it belongs to, and its state."""
    flows, workspace = account.client.studio.v2.flows, Office(account).workspace
    runs = [run for flow in flows.list() for run in flows(flow.sid).executions.list()]
    offers = [offer for task in workspace.tasks.list() for offer in task.reservations.list()]
    return [
        *((run.sid, run.flow_sid, run.status) for run in runs),
        *((offer.sid, offer.worker_sid, offer.reservation_status) for offer in offers),
    ]


def dates(account: Account) -> Iterator[datetime]:
    for resources in everything(account).values():
        for resource in resources:
            yield from (value for value in resource.values() if isinstance(value, datetime))


# -- all of them


def test_the_scenarios_are_listed_with_a_sentence_each() -> None:
    scenarios = mock_of(connect()).scenarios
    assert tuple(scenarios) == NAMES
    assert [line.split(": ")[0] for line in repr(scenarios).splitlines()] == list(NAMES)
    assert scenarios._repr_html_().count("<dd>") == len(NAMES)


def test_loading_says_what_was_loaded() -> None:
    said = repr(mock_of(connect()).load("empty account"))
    assert said.startswith("empty account: a chat service with its roles")


@pytest.mark.parametrize("name", NAMES)
def test_a_scenario_is_the_same_every_time(name: str) -> None:
    account = loaded(name, END)
    first, moved = everything(account), runs_and_offers(account)
    told = list(map(str, mock_of(account).journal))
    service_of(account).channels.create(friendly_name="Something else")
    mock_of(account).load(name, END)
    again = loaded(name, END)
    assert everything(account) == first == everything(again)
    assert runs_and_offers(account) == moved == runs_and_offers(again)
    assert list(map(str, mock_of(account).journal)) == told


@pytest.mark.parametrize("name", NAMES)
def test_a_scenario_ends_now_and_time_goes_on(name: str) -> None:
    account, before = connect(), time.time()
    mock_of(account).load(name)
    assert before - 0.01 <= account.clock.now() <= time.time() + 0.01
    assert max(dates(account)).timestamp() <= time.time()
    at = account.clock.now()
    assert account.clock.now() > at


@pytest.mark.parametrize("name", NAMES)
def test_a_scenario_can_end_at_a_moment_where_time_stands_still(name: str) -> None:
    account = loaded(name, END)
    assert account.clock.now() == END.timestamp()
    assert END - timedelta(days=100) < min(dates(account)) <= max(dates(account)) < END


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_left_to_do_in_a_scenario(name: str) -> None:
    mock = mock_of(loaded(name, END))
    assert mock.webhooks.settle(0)
    assert mock.studio.settle(0)
    assert mock.studio.errors == []


@pytest.mark.parametrize("name", NAMES)
def test_a_scenario_takes_the_place_of_what_was_there(account: Account, name: str) -> None:
    mock = mock_of(account)
    service_of(account).channels.create(friendly_name="Mine")
    mock.faults.add("CreateMessage", status=503, times=None)
    mock.clock.advance(1000)
    mock.load(name)
    assert "Mine" not in chats(account)
    assert len(mock.faults) == 0
    assert mock.clock.now() == pytest.approx(time.time(), abs=5)
    mock.reset()
    assert chats(account) == {}
    assert everything(account).keys() == everything(connect()).keys()


@pytest.mark.parametrize("name", ["busy", "a busy afternoon", "Busy Afternoon"])
def test_an_unknown_scenario_is_refused_with_the_nearest_and_changes_nothing(
    account: Account, channel: Any, name: str
) -> None:
    before = everything(account)
    with pytest.raises(UnknownScenario, match="the nearest is 'busy afternoon'"):
        mock_of(account).load(name)
    assert everything(account) == before


def test_a_moment_without_a_time_zone_is_refused_and_changes_nothing(
    account: Account, channel: Any
) -> None:
    mock, before = mock_of(account), everything(account)
    fault = mock.faults.add("CreateMessage", status=503)
    naive = datetime(2026, 3, 2, 17)
    for act in (lambda: mock.load("busy afternoon", naive), lambda: mock.reset(naive)):
        with pytest.raises(ValueError, match="give an aware datetime"):
            act()
    assert everything(account) == before
    assert list(mock.faults) == [fault]


def test_a_story_that_breaks_off_changes_nothing(
    account: Account, service: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.channels.create(unique_name="kept")
    mock, before = mock_of(account), everything(account)
    monkeypatch.setattr(Studio, "settle", lambda self: False)
    with pytest.raises(TimeoutError, match="did not come to rest"):
        mock.load("busy afternoon")
    assert everything(account) == before
    assert mock.clock.now() == pytest.approx(time.time(), abs=1)


def test_a_client_that_goes_on_meanwhile_breaks_no_story(account: Account, service: Any) -> None:
    """The story is played apart and then takes the account's place as a whole."""
    mock, stop = mock_of(account), threading.Event()

    def interfere() -> None:
        while not stop.is_set():
            service.channels.create()

    busy = threading.Thread(target=interfere)
    busy.start()
    try:
        mock.load("returning customer", at=END)
    finally:
        stop.set()
        busy.join()
    undisturbed = connect()
    mock_of(undisturbed).load("returning customer", at=END)
    assert flex_channels(undisturbed) <= flex_channels(account) != set()


def flex_channels(account: Account) -> set[str]:
    return {channel.sid for channel in account.client.flex_api.v1.channel.list()}


def test_a_new_account_can_be_made_at_a_moment(account: Account) -> None:
    new = everything(account)
    mock_of(account).reset(at=END)
    assert account.clock.now() == END.timestamp()
    assert set(dates(account)) == {END}
    made = everything(account)
    assert {path: [each.get("sid") for each in made[path]] for path in made} == {
        path: [each.get("sid") for each in new[path]] for path in new
    }


# -- an empty account


def test_an_empty_account_holds_what_flex_cannot_be_without() -> None:
    account = loaded("empty account")
    client, office = account.client, Office(account)
    assert [each.sid for each in client.chat.v2.services.list()] == [
        account.credentials.chat_service_sid
    ]
    assert len(service_of(account).roles.list()) == 5
    assert [each.friendly_name for each in office.workspace.task_queues.list()] == ["Everyone"]
    assert [each.friendly_name for each in office.workspace.workflows.list()] == [
        "Assign to Anyone"
    ]
    assert office.workspace.workers.list() == []
    assert client.flex_api.v1.flex_flow.list() == client.studio.v2.flows.list() == []
    assert chats(account) == tasks(account) == {}


# -- a busy afternoon


def test_the_afternoon_has_a_task_in_every_state(afternoon: Account) -> None:
    assert {task.assignment_status for task in tasks(afternoon).values()} == TASK_STATES


def test_the_afternoons_offers_were_taken_turned_down_missed_and_withdrawn(
    afternoon: Account,
) -> None:
    assert reservations(afternoon, "Greta") == [("dave", "timeout")]
    assert reservations(afternoon, "Hugo") == [("carol", "rejected"), ("bob", "accepted")]
    assert [status for _, status in reservations(afternoon, "Liam")] == ["canceled"]
    assert [status for _, status in reservations(afternoon, "Ana")] == ["pending"]
    assert reservations(afternoon, "Ivan") == [("carol", "wrapping")]
    assert [status for _, status in reservations(afternoon, "Zoe")] == ["completed"]


def test_a_supervisor_sees_agents_queues_and_the_longest_wait(afternoon: Account) -> None:
    office = Office(afternoon)
    doing = {each.friendly_name: each.activity_name for each in office.workspace.workers.list()}
    assert doing == {
        "alice": "Available",
        "bob": "Available",
        "carol": "Available",
        "dave": "Offline",
    }
    by_queue = Counter(task.task_queue_friendly_name for task in tasks(afternoon).values())
    assert by_queue == {"Everyone": 5, "Returns": 1, "Billing": 1}
    assert max(task.age for task in tasks(afternoon).values()) == 45 * 60


def test_the_afternoons_chats_have_transcripts_and_most_have_ended(afternoon: Account) -> None:
    found = chats(afternoon)
    states = Counter(json.loads(each.attributes)["status"] for each in found.values())
    assert (len(found), states["INACTIVE"], states["ACTIVE"]) == (16, 10, 6)
    assert transcript(found["Chat with Ines"]) == [
        ("user-101", "Where is my parcel?"),
        ("alice", "It left the depot this morning; you should have it tomorrow."),
        ("user-101", "Great, thanks!"),
    ]
    assert all(each.messages_count for each in found.values())


def test_whoever_left_a_chat_is_no_member_of_it(afternoon: Account) -> None:
    for name, channel in chats(afternoon).items():
        agents = [each.identity for each in channel.members.list() if "agent" in each.attributes]
        assert len(agents) == (name.split()[-1] in ("Hugo", "Noor", "Ivan")), name


def test_the_last_message_of_the_afternoon_is_minutes_old(afternoon: Account) -> None:
    last = max(
        message.date_created
        for channel in chats(afternoon).values()
        for message in channel.messages.list()
    )
    assert timedelta(minutes=1) <= END - last <= timedelta(minutes=3)


def test_the_afternoons_bot_helped_one_handed_one_over_and_waits_for_one(
    afternoon: Account,
) -> None:
    flows = afternoon.client.studio.v2.flows
    [bot] = [flow for flow in flows.list() if flow.friendly_name == "Shop bot"]
    assert [each.status for each in flows(bot.sid).executions.list()] == [
        "ended",
        "ended",
        "active",
    ]
    found = chats(afternoon)
    assert transcript(found["Web chat with Lena"])[-1] == (
        "Shop bot",
        "We are open from 9 to 17, Monday to Friday.",
    )
    assert {who for who, _ in transcript(found["Web chat with Raj"])} == {
        "user-202",
        "Shop bot",
        "alice",
    }


def test_the_afternoons_webhooks_were_delivered_but_for_an_outage(afternoon: Account) -> None:
    log = mock_of(afternoon).webhooks.log
    statuses = Counter(attempt.status for attempt in log)
    assert statuses[503] == 6  # three messages, each tried twice
    assert statuses[200] == len(log) - 6 > 30
    failed = {attempt.parameters["Body"] for attempt in log if attempt.status == 503}
    assert failed == {"Do you ship to Iceland?", "We do, in five days.", "Perfect."}


def test_the_afternoon_goes_on(account: Account) -> None:
    mock_of(account).load("busy afternoon")
    office = Office(account)
    ana = office.workspace.tasks(tasks(account)["Ana"].sid)
    office.accept(ana)
    assert ana.fetch().assignment_status == "assigned"
    identity = "user-203"
    max_chat = account.client_of_chat_user(account.chat_token(identity), identity)
    service = max_chat.chat.v2.services(account.credentials.chat_service_sid)
    channel = service.channels(chats(account)["Web chat with Max"].sid)
    channel.messages.create(body="2")
    assert mock_of(account).studio.settle()
    assert "Max" in tasks(account)
    office.go("dave")
    assert reservations(account, "Greta") == [("dave", "timeout"), ("dave", "pending")]


def test_time_that_passes_in_the_afternoon_has_its_effects(account: Account) -> None:
    mock_of(account).load("busy afternoon", END)
    account.clock.advance(5 * 60)
    assert tasks(account).keys().isdisjoint({"Zoe", "Liam"})  # ended five minutes ago
    account.clock.advance(60 * 60)
    assert ("carol", "timeout") in reservations(account, "Ana")
    assert mock_of(account).studio.settle()
    assert transcript(chats(account)["Web chat with Max"])[-1] == ("Shop bot", "Bye for now!")


# -- a returning customer


def test_a_returning_customer_has_one_chat_for_all_contacts(returning: Account) -> None:
    [channel] = chats(returning).values()
    attributes = json.loads(channel.attributes)
    assert (attributes["status"], attributes["long_lived"]) == ("ACTIVE", True)
    said = transcript(channel)
    assert [who for who, _ in said] == [
        *("user-42", "bob", "user-42"),
        *("user-42", "alice", "user-42"),
        *("user-42", "bob", "user-42", "bob"),
        "user-42",
    ]
    days = {each.date_created.date() for each in channel.messages.list()}
    assert days == {(END - timedelta(days=ago)).date() for ago in (0, 8, 41, 92)}


def test_a_returning_customers_new_task_is_offered(returning: Account) -> None:
    assert tasks(returning)["Jane"].assignment_status == "reserved"
    assert reservations(returning, "Jane") == [("alice", "pending")]


def test_an_agents_desk_takes_a_returning_customer_on(account: Account) -> None:
    mock_of(account).load("returning customer")
    desk = AgentDesk(account)
    try:
        conversation = desk.accept()
        conversation.reply("Hello Jane! Let me send you a new one.")
        assert conversation.channel is not None
        assert conversation.channel.get_messages_count() == 12
    finally:
        desk.close()
