"""A client that follows, breaks off and comes back ends with the current items, each event once.

Tested by property, over histories of a channel; `wire` sends what an SDK sends.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import examples
from websockets.sync.client import connect as dial
from wire import Wire

from helpers import Account, connect
from helpers.mock.realtime import change_log, sync
from helpers.mock.server.running import BackgroundServer

# The server's thread draws random numbers for its pings, which is none of the strategies' business.
pytestmark = pytest.mark.filterwarnings("ignore:Do not use the `random` module")

ACTS = ("send", "edit", "remove", "join", "part", "read", "break", "resume")
HISTORIES = st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 99)), min_size=12, max_size=25)


class Copy:
    """A client's copy of a Sync object, built from the events it received."""

    def __init__(self, wire: Wire, kind: str, name: str) -> None:
        self._wire = wire
        self._kind = kind
        self._opened = wire.ask("GET", f"/v3/{kind.capitalize()}s/{name}").json()
        self.held: dict[Any, Any] = {}
        self._seen: dict[Any, int] = {}
        self._last: int = self._opened["last_event_id"]
        self._is_following = False
        self.resume()

    def resume(self) -> None:
        """Follow from the last event known, if not following."""
        if not self._is_following:
            self._request("establish", last_event_id=self._last)
            self._is_following = True

    def stop(self) -> None:
        """Follow no more."""
        if self._is_following:
            self._request("cancel")
            self._is_following = False

    def _request(self, action: str, **more: Any) -> None:
        about = {"object_sid": self._opened["sid"], "object_type": self._kind, **more}
        batch = {"action": action, "correlation_id": 1, "requests": [about]}
        self._wire.ask("POST", "/v4/Subscriptions", batch)

    def record(self, notification: dict[str, Any]) -> None:
        """Take one notification, if it is about this object."""
        event, what = notification["event"], notification["event_type"]
        if event.get(f"{self._kind}_sid") != self._opened["sid"]:
            if event.get("object_sid") == self._opened["sid"] and "established" in what:
                self._last = max(self._last, event["last_event_id"])
            return
        key = event["item_index" if self._kind == "list" else "item_key"]
        assert event["id"] > self._last, "an event arrived twice"
        self._last = event["id"]
        assert ("item_revision" in event) is not what.endswith("removed")
        if what.endswith("removed"):
            self.held.pop(key, None)
        else:
            assert (key in self.held) == what.endswith("updated"), (what, key)
            self.held[key] = event["item_data"]


@contextmanager
def jane_of(account: Account) -> Iterator[Wire]:
    """Jane's connection to the account, which is served meanwhile."""
    assert account.mock is not None
    with BackgroundServer(account.mock) as server:
        uri = server.url.replace("http", "ws", 1) + "/v3/wsconnect"
        with dial(uri, compression=None) as socket:
            yield Wire(socket, account.chat_token("jane"))


@pytest.fixture(scope="module")
def account() -> Account:
    return connect()


@pytest.fixture(scope="module")
def wire(account: Account) -> Iterator[Wire]:
    with jane_of(account) as wire:
        yield wire


def act(channel: Any, name: str, number: int) -> None:
    """Do something to the channel over REST, to the so-manieth thing there."""
    messages, others = channel.messages.list(), channel.members.list()[1:]
    if name == "send":
        channel.messages.create(body=f"m{number}", from_="bob")
    elif name == "edit" and messages:
        messages[number % len(messages)].update(body=f"e{number}")
    elif name == "remove" and messages:
        messages[number % len(messages)].delete()
    elif name == "join" and f"u{number % 4}" not in {member.identity for member in others}:
        channel.members.create(identity=f"u{number % 4}")
    elif name == "part" and others:
        others[number % len(others)].delete()
    elif name == "read" and others:
        others[number % len(others)].update(last_consumed_message_index=number)


@settings(max_examples=examples(40), deadline=None)
@given(history=HISTORIES)
def test_a_client_ends_with_what_is_there(
    account: Account, wire: Wire, history: list[tuple[str, int]]
) -> None:
    live_through(account, wire, history)


def test_any_number_of_changes_fit_between_two_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (change_log, sync):
        monkeypatch.setattr(module, "SPAN", 4)
    account, edits = connect(), [("edit", number) for number in range(9)]
    send, leave, back = ("send", 0), ("break", 0), ("resume", 0)
    with jane_of(account) as wire:
        live_through(account, wire, [send, *edits, send, leave, *edits, send, *edits, back, send])


def live_through(account: Account, wire: Wire, history: list[tuple[str, int]]) -> None:
    """Follow a new channel through a history, and compare what is believed with what is there."""
    service = account.client.chat.v2.services(account.credentials.chat_service_sid)
    channel = service.channels(service.channels.create().sid)
    channel.members.create(identity="jane")
    sid = channel.fetch().sid
    copies = [Copy(wire, "list", f"{sid}.messages"), Copy(wire, "map", f"{sid}.roster")]
    catch_up(wire, copies)
    for name, number in [*history, ("resume", 0)]:
        if name == "break":
            for copy in copies:
                copy.stop()
        elif name == "resume":
            for copy in copies:
                copy.resume()
        else:
            act(channel, name, number)
        catch_up(wire, copies)

    texts = {message.index: message.body for message in channel.messages.list()}
    assert {index: data["text"] for index, data in copies[0].held.items()} == texts
    read = {m.sid: m.last_consumed_message_index for m in channel.members.list()[1:]}
    assert {
        key: data["lastConsumedMessageIndex"]
        for key, data in copies[1].held.items()
        if data["identity"] != "jane"
    } == read


def catch_up(wire: Wire, copies: list[Copy]) -> None:
    """Receive all that was sent so far: a request now is answered after it."""
    wire.ask("GET", "/Client/v1/Configuration")
    for frame in wire.notified:
        for copy in copies:
            copy.record(frame.json())
    wire.notified.clear()
