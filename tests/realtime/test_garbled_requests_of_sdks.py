"""Any request of a client is answered in Twilio's shape, and the mock does not fail."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import examples
from websockets.sync.client import connect as dial
from wire import Wire

from helpers import Account, connect
from helpers.mock.realtime import conversations, feeds, sync
from helpers.mock.server.running import BackgroundServer

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
VALUE = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)
# The server's thread draws random numbers for its pings, which is none of the strategies' business.
pytestmark = pytest.mark.filterwarnings("ignore:Do not use the `random` module")

PATHS = [
    *((operation.method, operation.path) for operation in conversations.OPERATIONS),
    *(("GET", path) for path in sync.PATHS.values()),
    ("POST", feeds.PATH),
]
FIELDS = (
    *("body", "attributes", "media_sid", "media_sids", "friendly_name", "unique_name", "type"),
    *("identity", "last_read_message_index", "notification_level", "ChannelSid", "subject"),
    *("action", "requests", "correlation_id"),
)
PARAMETERS = ("PageToken", "PageSize", "From", "Index", "Key", "Order", "Include", "ChannelSid")


@pytest.fixture(scope="module")
def account() -> Account:
    return connect()


@pytest.fixture(scope="module")
def sids(account: Account) -> list[str]:
    """Return the SIDs of a channel, its message and its member."""
    service = account.client.chat.v2.services(account.credentials.chat_service_sid)
    channel = service.channels.create(unique_name="here")
    member = service.channels(channel.sid).members.create(identity="jane")
    message = service.channels(channel.sid).messages.create(body="hello")
    return [channel.sid, message.sid, member.sid, "here", "jane", f"{channel.sid}.messages"]


@pytest.fixture(scope="module")
def wire(account: Account) -> Iterator[Wire]:
    assert account.mock is not None
    with BackgroundServer(account.mock) as server:
        uri = server.url.replace("http", "ws", 1) + "/v3/wsconnect"
        with dial(uri, compression=None) as socket:
            yield Wire(socket, account.chat_token("jane"))


@settings(max_examples=examples(300), deadline=None)
@given(data=st.data())
def test_every_request_is_answered(wire: Wire, sids: list[str], data: Any) -> None:
    method, template = data.draw(st.sampled_from(PATHS))
    segment = st.sampled_from(sids) | TEXT.filter(lambda text: "/" not in text)
    path = re.sub(r"\{\w+\}", lambda _: data.draw(segment), template)
    body = data.draw(st.dictionaries(st.sampled_from(FIELDS), VALUE, max_size=4) | VALUE)
    params = data.draw(st.dictionaries(st.sampled_from(PARAMETERS), VALUE, max_size=2))
    answer = wire.ask(method, path, body, **params)
    status = answer.header["http_status"]["code"]
    assert status < 500 or status == 501
    if status >= 400:
        assert set(answer.json()) >= {"code", "message", "status"}
