"""A client that misbehaves is dropped with a reason, and no other client notices."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from wire import PATIENCE, Wire

from helpers import Account
from helpers.mock.core.bounds import MAX_FRAME
from helpers.mock.realtime import connection
from helpers.mock.realtime.notices import encode

Connect = Callable[..., Wire]


@pytest.fixture
def meet(account: Account, uri: str) -> Iterator[Connect]:
    """Connect a client, logged in unless without a name."""
    with ExitStack() as met:

        def begin(identity: str | None = None) -> Wire:
            socket = met.enter_context(
                connect(uri, compression=None, max_queue=1, close_timeout=0.1)
            )
            return Wire(socket, identity and account.chat_token(identity))

        yield begin


@pytest.fixture
def jane(channel: Any, meet: Connect) -> Wire:
    """A member who follows the channel's messages and does nothing wrong."""
    channel.members.create(identity="jane")
    wire = meet("jane")
    wire.follow("list", f"{channel.fetch().sid}.messages")
    return wire


@pytest.fixture
def jane_receives(channel: Any, jane: Wire) -> Callable[[], None]:
    def check() -> None:
        channel.messages.create(body="still here", from_="bob")
        assert jane.next_event("list_item_added")["item_data"]["text"] == "still here"

    return check


def dropped(wire: Wire) -> tuple[int, str]:
    """Code and reason with which the server ends a connection."""
    with pytest.raises(ConnectionClosed) as closed:
        deque(iter(wire.bytes, None), maxlen=0)
    assert closed.value.rcvd is not None
    return closed.value.rcvd.code, closed.value.rcvd.reason


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"\x00\x01garbage", "does not begin with"),
        ("TWILSOCK V3.0 2\r\n{}\r\n", "frames are binary"),
        (encode({"method": "message", "id": "TM1"}, {"a": 1})[:-4], "not as long as announced"),
        (b"TWILSOCK V3.0 607\r\n" + b'{"id":%s}\r\n' % (b"[" * 300 + b"]" * 300), "100 levels"),
        (encode({"method": "message", "id": "TM1"}), "without http_request"),
        (encode({"method": "message", "http_request": {"path": 1}}), "needs method, path"),
    ],
)
def test_garbage_and_half_frames_end_the_connection(
    data: bytes | str, why: str, meet: Connect, jane_receives: Callable[[], None]
) -> None:
    mallory = meet("mallory")
    mallory.socket.send(data)
    code, reason = dropped(mallory)
    assert code == 1008
    assert why in reason
    jane_receives()


def test_a_huge_frame_ends_the_connection(meet: Connect, jane_receives: Callable[[], None]) -> None:
    mallory = meet("mallory")
    mallory.socket.send(b"x" * (MAX_FRAME + 1))
    assert dropped(mallory)[0] == 1009
    jane_receives()


def test_who_never_logs_in_is_dropped(
    monkeypatch: pytest.MonkeyPatch, meet: Connect, jane_receives: Callable[[], None]
) -> None:
    monkeypatch.setattr(connection, "LOG_IN_SECONDS", 0.2)
    assert dropped(meet()) == (1008, "no init within 0.2 s")
    jane_receives()


def test_a_request_before_logging_in_is_refused(meet: Connect) -> None:
    answer = meet().ask("GET", "/Client/v1/Configuration")
    assert answer.header["status"]["code"] == 401


def test_who_stops_reading_is_dropped(
    monkeypatch: pytest.MonkeyPatch,
    account: Account,
    service: Any,
    meet: Connect,
    jane_receives: Callable[[], None],
) -> None:
    monkeypatch.setattr(connection, "QUEUE_BYTES", 100_000)
    monkeypatch.setattr(connection, "CLOSE_SECONDS", 0.2)
    noisy = service.channels(service.channels.create().sid)
    noisy.members.create(identity="sleeper")
    sleeper = meet("sleeper")
    sleeper.follow("list", f"{noisy.fetch().sid}.messages")
    assert account.mock is not None
    deadline = time.monotonic() + PATIENCE
    while len(account.mock.realtime) > 1 and time.monotonic() < deadline:
        noisy.messages.create(body="x" * 30_000, from_="bob")
    assert len(account.mock.realtime) == 1
    jane_receives()


def test_a_path_that_is_not_simulated_says_so(jane: Wire) -> None:
    answer = jane.ask("GET", "/v3/Streams/TO1")
    assert answer.header["http_status"] == {"code": 501, "status": "NOT_IMPLEMENTED"}
    assert "is not simulated by this mock" in answer.json()["message"]
    assert "The nearest operation it simulates" in answer.json()["message"]


def test_a_method_of_twilsock_that_is_not_simulated_says_so(jane: Wire) -> None:
    answer = jane.say("subscribe_to_all", {})
    assert answer.header["status"] == {"code": 501, "status": "NOT_IMPLEMENTED"}
    assert "subscribe_to_all" in answer.header["description"]


@pytest.mark.parametrize(
    "batch",
    [
        {},
        {"action": "establish"},
        {"action": "establish", "requests": "all"},
        {"action": "dance", "requests": []},
        {"action": "establish", "requests": [1]},
    ],
)
def test_a_senseless_subscription_is_refused(batch: dict[str, Any], jane: Wire) -> None:
    answer = jane.ask("POST", "/v4/Subscriptions", batch)
    assert (answer.header["http_status"]["code"], answer.json()["code"]) == (400, 20001)


def test_a_user_cannot_follow_what_he_may_not_see(channel: Any, meet: Connect) -> None:
    sid = channel.fetch().sid
    eve = meet("eve")
    assert eve.ask("GET", f"/v3/Lists/{sid}.messages").json()["code"] == 50400
    request = {"object_sid": "ES" + sid[2:], "object_type": "list", "last_event_id": None}
    batch = {"action": "establish", "correlation_id": 7, "requests": [request]}
    eve.ask("POST", "/v4/Subscriptions", batch)
    failure = eve.next_event("subscription_failed")
    assert (failure["error"]["status"], failure["error"]["code"]) == (403, 50400)
