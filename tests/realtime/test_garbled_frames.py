"""Whatever a frame holds, before a login or after, the connection does not end in a traceback."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support import examples
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect as dial
from wire import Wire

from helpers import Account, connect
from helpers.mock.core.bounds import MAX_NESTING
from helpers.mock.realtime.notices import encode
from helpers.mock.server.running import BackgroundServer

# The server's thread draws random numbers for its pings, which is none of the strategies' business.
pytestmark = pytest.mark.filterwarnings("ignore:Do not use the `random` module")

DIGITS = "9" * 5_000
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
SCALAR = st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | TEXT
VALUE = SCALAR | st.just(DIGITS) | st.lists(SCALAR, max_size=3)
DEEP = st.integers(1, 300).map(lambda levels: orjson.Fragment(b"[" * levels + b"]" * levels))
ANY = VALUE | DEEP | st.dictionaries(TEXT, VALUE | DEEP, max_size=3)
HEADER = st.fixed_dictionaries(
    {
        "method": st.sampled_from(["init", "update", "message", "ping", "reply", "close"]) | ANY,
        "id": ANY,
    },
    optional={
        "token": ANY,
        "continuation_token": ANY,
        "capabilities": ANY,
        "payload_type": ANY,
        "http_request": ANY
        | st.fixed_dictionaries(
            {
                "method": st.sampled_from(["GET", "POST", "DELETE"]) | TEXT,
                "path": st.sampled_from(
                    ["/v4/Subscriptions", "/Client/v1/Configuration", "/v3/Lists/x", "/v3/Maps/"]
                )
                | TEXT,
                "params": ANY,
            }
        ),
    },
)


@pytest.fixture(scope="module")
def account() -> Account:
    return connect()


@pytest.fixture(scope="module")
def socket_uri(account: Account) -> Iterator[str]:
    assert account.mock is not None
    with BackgroundServer(account.mock) as server:
        yield server.url.replace("http", "ws", 1) + "/v3/wsconnect"


@pytest.fixture
def _quiet(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Fails a test in which something logs an error."""
    yield
    assert [each.getMessage() for each in caplog.records if each.levelno >= logging.ERROR] == []


@pytest.mark.usefixtures("_quiet")
@pytest.mark.parametrize("is_logged_in", [False, True])
@settings(max_examples=examples(150), deadline=None)
@given(header=HEADER, payload=ANY)
@example({"method": "init", "id": orjson.Fragment(b"[" * 300 + b"]" * 300)}, None)
@example({"method": "message", "id": orjson.Fragment(b"[" * MAX_NESTING)}, None)
@example({"method": "init", "id": 1, "token": DIGITS * 4}, None)
def test_a_frame_of_garbage_is_refused_as_such(
    is_logged_in: bool,
    account: Account,
    socket_uri: str,
    header: dict[str, Any],
    payload: Any,
) -> None:
    token = account.chat_token("mallory") if is_logged_in else None
    with dial(socket_uri, compression=None, close_timeout=1) as socket:
        wire = Wire(socket, token)
        socket.send(encode(header, payload))
        ended = None
        try:
            wire.say("no such method")
        except ConnectionClosed as closed:
            ended = closed.rcvd and closed.rcvd.code
        assert ended in (None, 1000, 1008)
