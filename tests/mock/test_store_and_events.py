"""All or nothing: what a unit of work changes and what it tells, together or not at all."""

from __future__ import annotations

import gc
import sqlite3
import threading
from collections.abc import Callable
from typing import Any, ClassVar

import pytest
from support import everything, refused

from helpers import Account, MockTwilio
from helpers.mock import ChatEvent, Clock
from helpers.mock.core.context import Backend
from helpers.mock.core.events import Event
from helpers.mock.core.sids import Sids
from helpers.mock.core.store import Resource, Store


class Thing(Resource):
    """A resource of no product."""

    prefix: ClassVar[str] = "TH"

    sid: str
    colour: str | None = None
    round: bool = False
    parts: dict[str, Any] | None = None

    unique: ClassVar[tuple[tuple[str, ...], ...]] = (("sid",),)


class Told(Event, frozen=True):
    """Something worth telling."""

    what: str


@pytest.fixture
def backend() -> Backend:
    return Backend(Store([Thing]), Clock(), Sids(1))


def sids(backend: Backend, **where: Any) -> list[str]:
    return [thing.sid for thing in backend.store.select(Thing, where)]


def keep(backend: Backend, *names: str) -> None:
    with backend.transaction():
        for name in names:
            backend.store.add(Thing(name))


def fail() -> None:
    raise RuntimeError("no more")


# -- state


def test_a_resource_comes_back_as_it_was_kept(backend: Backend) -> None:
    with backend.transaction():
        backend.store.add(Thing("a", "red", True, {"list": [1, None, {"é": True}]}))
    found = backend.store.first(Thing, sid="a")
    assert found == Thing("a", "red", True, {"list": [1, None, {"é": True}]}, seq=1)
    assert found is not None
    assert found.round is True


def test_a_failed_unit_of_work_leaves_no_trace(backend: Backend) -> None:
    keep(backend, "a", "b")

    def work() -> None:
        with backend.transaction():
            backend.store.add(Thing("c"))
            thing = backend.store.first(Thing, sid="a")
            assert thing is not None
            backend.store.save(thing, colour="red")
            backend.store.remove_all(Thing, sid="b")
            fail()

    with pytest.raises(RuntimeError):
        work()
    assert sids(backend) == ["a", "b"]
    assert backend.store.count(Thing, colour=None) == 2


def test_an_inner_unit_of_work_belongs_to_the_outer_one(backend: Backend) -> None:
    told = follow(backend)

    def work() -> None:
        with backend.transaction():
            with backend.transaction():
                backend.store.add(Thing("a"))
                backend.events.emit(Told("a"))
            assert told == []
            fail()

    with pytest.raises(RuntimeError):
        work()
    assert (sids(backend), told) == ([], [])


def test_work_goes_on_after_a_failure(backend: Backend) -> None:
    with pytest.raises(RuntimeError), backend.transaction():
        fail()
    keep(backend, "a")
    assert sids(backend) == ["a"]


def test_nulls_lists_and_booleans_can_be_searched_for(backend: Backend) -> None:
    with backend.transaction():
        for name, colour, is_round in (("a", "red", True), ("b", None, False), ("c", "blue", True)):
            backend.store.add(Thing(name, colour, is_round))
    assert sids(backend, colour=None) == ["b"]
    assert sids(backend, colour=["red", "blue"]) == ["a", "c"]
    assert sids(backend, round=True, colour=["blue"]) == ["c"]
    assert sids(backend, colour=[]) == []


def test_units_of_work_on_many_threads_do_not_mix(backend: Backend) -> None:
    told = follow(backend)

    def work(name: str) -> None:
        for number in range(20):
            with backend.transaction():
                backend.store.add(Thing(f"{name}{number}"))
                backend.events.emit(Told(f"{name}{number}"))

    threads = [threading.Thread(target=work, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert backend.store.count(Thing) == 80
    assert [event.what for event in told] == sids(backend)


# -- events


def follow(backend: Backend) -> list[Any]:
    told: list[Any] = []
    backend.events.subscribe(told.append)
    return told


def tell(backend: Backend, *names: str) -> None:
    with backend.transaction():
        for name in names:
            backend.events.emit(Told(name))


def test_events_are_told_in_order_and_only_after_the_commit(backend: Backend) -> None:
    told = follow(backend)
    seen: list[int] = []
    backend.events.subscribe(lambda _: seen.append(backend.store.count(Thing)))
    with backend.transaction():
        backend.events.emit(Told("first"))
        backend.store.add(Thing("a"))
        backend.events.emit(Told("second"))
        backend.store.add(Thing("b"))
        assert told == []
    assert told == [Told("first"), Told("second")]
    assert seen == [2, 2]


def test_a_failed_unit_of_work_tells_nothing(backend: Backend) -> None:
    told = follow(backend)

    def work() -> None:
        with backend.transaction():
            backend.events.emit(Told("never"))
            fail()

    with pytest.raises(RuntimeError):
        work()
    tell(backend, "next")
    assert told == [Told("next")]


def test_what_a_subscriber_does_is_told_after_what_it_heard_of(backend: Backend) -> None:
    def answer(event: Any) -> None:
        if not event.what.startswith("re: "):
            tell(backend, f"re: {event.what}")

    backend.events.subscribe(answer)
    told = follow(backend)
    tell(backend, "1", "2")
    assert [event.what for event in told] == ["1", "2", "re: 1", "re: 2"]


def test_a_subscriber_that_fails_is_logged_and_the_others_are_told(
    backend: Backend, caplog: pytest.LogCaptureFixture
) -> None:
    backend.events.subscribe(lambda _: fail())
    told = follow(backend)
    tell(backend, "1", "2")
    assert told == [Told("1"), Told("2")]
    assert caplog.text.count("RuntimeError: no more") == 2


def test_a_subscriber_that_stops_hears_no_more(backend: Backend) -> None:
    told: list[Any] = []
    stop = backend.events.subscribe(told.append)
    tell(backend, "1")
    stop()
    stop()
    tell(backend, "2")
    assert told == [Told("1")]


# -- the same for an account


@pytest.fixture
def follower(account: Account) -> list[ChatEvent]:
    """What a follower of the account is told."""
    told: list[ChatEvent] = []
    assert account.mock is not None
    account.mock.follow(told.append)
    return told


def test_one_request_tells_all_it_did_in_order(
    follower: list[ChatEvent], make_flow: Callable[..., Any], make_channel: Callable[..., Any]
) -> None:
    made = make_channel(make_flow())
    assert [event.name for event in follower] == ["userAdded", "channelAdded", "memberJoined"]
    assert [event.channel_sid for event in follower] == [None, made.sid, made.sid]
    assert follower[2].resource["attributes"] == '{"member_type": "guest"}'


def test_a_refused_request_tells_nothing(
    account: Account, follower: list[ChatEvent], channel: Any
) -> None:
    channel.members.create(identity="user-42")
    before, told = everything(account), list(follower)
    with refused(409, 50404):
        channel.members.create(identity="user-42")
    assert (everything(account), follower) == (before, told)


def test_every_change_in_a_chat_is_told_with_the_resource_as_it_was_then(
    follower: list[ChatEvent], channel: Any
) -> None:
    follower.clear()
    sent = channel.messages.create(body="typo", from_="user-42")
    channel.messages(sent.sid).update(body="fixed")
    channel.messages(sent.sid).delete()
    channel.update(friendly_name="Renamed")
    channel.delete()
    assert [event.name for event in follower] == [
        "messageAdded",
        "messageUpdated",
        "messageRemoved",
        "channelUpdated",
        "channelRemoved",
    ]
    assert [event.resource["body"] for event in follower[:3]] == ["typo", "fixed", "fixed"]
    assert follower[0].identity == "user-42"
    assert "body" in follower[1].reasons
    assert follower[3].reasons == ("friendly_name",)


def test_a_follower_that_acts_is_told_of_that_too(account: Account, channel: Any) -> None:
    told: list[str] = []

    def answer(event: ChatEvent) -> None:
        if event.name == "messageAdded":
            told.append(event.resource["body"])
            if event.identity == "user-42":
                channel.messages.create(body=f"re: {event.resource['body']}", from_="bot")

    assert account.mock is not None
    stop = account.mock.follow(answer)
    channel.messages.create(body="hello", from_="user-42")
    assert told == ["hello", "re: hello"]
    stop()
    channel.messages.create(body="unheard", from_="user-42")
    assert told == ["hello", "re: hello"]


def test_an_event_is_rendered_once_for_all_its_followers(account: Account, channel: Any) -> None:
    events: list[ChatEvent] = []
    assert account.mock is not None
    for _ in range(3):
        account.mock.follow(events.append)
    channel.messages.create(body="hello", from_="user-42")
    first, second, third = events
    assert first.name == "messageAdded"
    assert first is second is third


# -- snapshot and reset


def test_a_snapshot_puts_everything_back_also_after_a_failure(
    account: Account, service: Any, channel: Any
) -> None:
    assert account.mock is not None
    channel.messages.create(body="before")
    before = everything(account)

    def try_out(mock: MockTwilio) -> None:
        with mock.snapshot() as same:
            assert same is mock
            channel.messages.create(body="within")
            channel.members.create(identity="user-42")
            service.channels.create(unique_name="new")
            fail()

    with pytest.raises(RuntimeError):
        try_out(account.mock)
    assert everything(account) == before
    assert channel.messages.create(body="after").index == 1


def test_snapshots_can_be_nested(account: Account, channel: Any) -> None:
    assert account.mock is not None
    with account.mock.snapshot():
        channel.messages.create(body="1")
        with account.mock.snapshot():
            channel.messages.create(body="2")
        assert [message.body for message in channel.messages.list()] == ["1"]
    assert channel.messages.list() == []


def test_a_reset_account_is_as_new_and_its_followers_stay(
    account: Account, follower: list[ChatEvent], service: Any
) -> None:
    assert account.mock is not None
    account.mock.reset()
    before = everything(account)
    service.channels.create(unique_name="support")
    service.channels("support").members.create(identity="user-42")
    account.clock.advance(3600)
    account.mock.reset()
    follower.clear()
    assert everything(account) == before
    service.channels.create()
    assert [event.name for event in follower] == ["channelAdded"]


def test_a_list_that_was_being_read_goes_on_after_a_snapshot(
    account: Account, channel: Any
) -> None:
    assert account.mock is not None
    sent = [channel.messages.create(body=str(number)).sid for number in range(4)]
    page = channel.messages.page(page_size=2)
    with account.mock.snapshot():
        channel.messages.create(body="taken back")
    added = channel.messages.create(body="after").sid
    rest = [message.sid for message in page.next_page()]
    assert rest == sent[2:]
    assert [message.sid for message in channel.messages.list()] == [*sent, added]


def test_a_store_that_is_let_go_closes_its_connection() -> None:
    store = Store([])
    connection = store._db
    del store
    gc.collect()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        connection.execute("SELECT 1")
