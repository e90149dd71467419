"""What a client's recovery would hide: with nothing wrong there is one connection and no retry."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from javascript import JavaScriptClient
from websockets.sync.client import connect
from wire import Wire

from helpers import Account
from helpers.mock.realtime import endpoint
from helpers.mock.realtime.connection import ClientConnection
from helpers.mock.server.running import BackgroundServer

HOUR = 3600


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> list[ClientConnection]:
    """Every connection from now on, those that ended included."""
    made: list[ClientConnection] = []

    class Counted(ClientConnection):
        def __init__(self, *parts: Any) -> None:
            super().__init__(*parts)
            made.append(self)

    monkeypatch.setattr(endpoint, "ClientConnection", Counted)
    return made


@pytest.fixture
def wire(account: Account, uri: str) -> Iterator[Wire]:
    """A connection of jane's by hand, with a token for an hour, while the clock stands still."""
    account.clock.freeze(account.clock.now())
    with connect(uri) as socket:
        yield Wire(socket, account.chat_token("jane", ttl=HOUR))


def updates(wire: Wire) -> list[str]:
    """Announcements so far; a request and its answer come after all of them."""
    assert wire.ask("GET", "/v3/Maps/none").header["http_status"]["code"] == 404
    return [
        frame.header["client_update_type"]
        for frame in wire.notified
        if frame.method == "client_update"
    ]


def states(client: JavaScriptClient) -> list[Any]:
    return [event["value"] for event in client.all("connectionStateChanged")]


def test_a_renewed_connection_outlives_its_first_token(account: Account, wire: Wire) -> None:
    assert account.mock is not None
    renewed = account.chat_token("jane", ttl=3 * HOUR)
    assert wire.say("update", token=renewed).header["status"]["code"] == 200
    account.clock.advance(HOUR + 1)
    assert updates(wire) == []
    assert len(account.mock.realtime) == 1
    account.clock.advance(2 * HOUR - 179)
    assert updates(wire) == ["token_about_to_expire"]


def test_a_token_is_announced_once(account: Account, wire: Wire) -> None:
    account.clock.advance(HOUR - 181)
    assert updates(wire) == []
    account.clock.advance(2)
    assert updates(wire) == ["token_about_to_expire"]
    account.clock.advance(100)
    assert updates(wire) == ["token_about_to_expire"]


def test_an_sdk_that_renews_its_token_never_reconnects(
    account: Account,
    start: Callable[..., JavaScriptClient],
    channel: Any,
    connections: list[ClientConnection],
) -> None:
    sid = channel.members.create(identity="jane").channel_sid
    jane = start("jane")
    jane.wait_for("channelJoined")
    jane.ask("messages", sid)
    for lifetime in range(3):
        account.clock.advance(HOUR - 60)
        jane.ask("updateToken", account.chat_token("jane", ttl=HOUR))
        channel.messages.create(body=str(lifetime), from_="bob")
        jane.wait_for("messageAdded", body=str(lifetime))
    account.clock.advance(HOUR - 200)
    channel.messages.create(body="last", from_="bob")
    jane.wait_for("messageAdded", body="last")
    assert states(jane) == ["connecting", "connected"]
    assert (jane.all("tokenExpired"), jane.all("connectionError")) == ([], [])
    assert len(connections) == 1


def test_an_sdk_that_lacks_nothing_asks_nothing_twice(
    start: Callable[..., JavaScriptClient],
    server: BackgroundServer,
    channel: Any,
    connections: list[ClientConnection],
) -> None:
    sid = channel.members.create(identity="jane").channel_sid
    jane = start("jane")
    jane.wait_for("channelJoined")
    jane.ask("messages", sid)
    before = by_sdk(server)
    assert before
    for number in range(20):
        channel.messages.create(body=str(number), from_="bob")
    jane.wait_for("messageAdded", body="19")
    made = channel.messages.list()[-1]
    channel.messages(made.sid).update(body="edited")
    jane.wait_for("messageUpdated", body="edited")
    channel.messages(made.sid).delete()
    jane.wait_for("messageRemoved")
    assert [event["body"] for event in jane.all("messageAdded")] == [*map(str, range(20))]
    assert states(jane) == ["connecting", "connected"]
    assert len(connections) == 1
    assert by_sdk(server) - before == Counter()


def by_sdk(server: BackgroundServer) -> Counter[tuple[str, str]]:
    """Requests that SDKs have made over their connections so far."""
    found = requests.get(f"{server.url}/_mock/state/requests", timeout=30).json()["items"]
    return Counter((each["method"], each["path"]) for each in found if each["by"] == "chat user")
