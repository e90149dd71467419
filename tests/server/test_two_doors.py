"""Two doors, one behaviour: what an SDK sends arrives alike in process and over HTTP."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support import examples
from twilio.http import HttpClient
from twilio.http.response import Response
from twilio.rest import Client

from helpers import connect
from helpers.account import SharedMockHttpClient
from helpers.mock import DEMO_VALUES, MockTwilio
from helpers.mock.server.running import BackgroundServer

SERVICE = f"https://chat.twilio.com/v2/Services/{DEMO_VALUES['TWILIO_CHAT_SERVICE_SID']}"
MATTER = ("content-type", "etag", "retry-after", "x-mock-note")
START = 1_800_000_000

# The server's thread draws random numbers, which is none of the strategies' business.
pytestmark = pytest.mark.filterwarnings("ignore:Do not use the `random` module")


class Recorder(HttpClient):
    """Passes requests on, and keeps what came of each."""

    def __init__(self, inner: HttpClient) -> None:
        super().__init__(inner.logger, is_async=False)
        self._inner = inner
        self.outcomes: list[Any] = []

    def request(self, *args: Any, **options: Any) -> Response:
        try:
            answer = self._inner.request(*args, **options)
        except Exception as error:
            self.outcomes.append(type(error).__name__)
            raise
        headers = {name.lower(): value for name, value in answer.headers.items()}
        body = json.loads(answer.text) if answer.text else None
        matter = {name: headers.get(name) for name in MATTER}
        self.outcomes.append((answer.status_code, matter, body))
        return answer


class Doors:
    """Two accounts of the same seed and moment, one in this process and one served."""

    def __init__(self, served: MockTwilio, url: str) -> None:
        here = MockTwilio()
        for mock in (served, here):
            mock.reset(at=START)
        self._over_http = SharedMockHttpClient(url)
        self._in_process = here.http_client
        self.auth = here.credentials.account_sid, here.credentials.auth_token

    def outcomes(self, call: Callable[[Client], Any]) -> list[list[Any]]:
        """Outcomes over HTTP, then in process."""
        found = []
        for door in (self._over_http, self._in_process):
            recorder = Recorder(door)
            with suppress(Exception):
                call(Client(*self.auth, http_client=recorder))
            assert recorder.outcomes
            found.append(recorder.outcomes)
        return found


@pytest.fixture(scope="module")
def doors() -> Iterator[Doors]:
    mock = MockTwilio()
    with BackgroundServer(mock) as server:
        yield Doors(mock, server.url)


class Once:
    """Makes iterators, each of which can be read once."""

    def __init__(self, items: list[Any]) -> None:
        self._items = items

    def __repr__(self) -> str:
        return f"Once({self._items})"

    def iterator(self) -> Iterator[Any]:
        return iter(self._items)

    def generator(self) -> Iterator[Any]:
        yield from self._items


def fresh(value: Any, make: str = "iterator") -> Any:
    """A value to send, its iterators not yet read."""
    if isinstance(value, dict):
        return {name: fresh(each, make) for name, each in value.items()}
    return getattr(value, make)() if isinstance(value, Once) else value


TEXT = st.text(max_size=12)
SCALAR = (
    TEXT
    | st.binary(max_size=12)
    | st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.datetimes(timezones=st.just(UTC))
    | st.dates()
    | st.sampled_from(["", "a&b=c", "a+b%20c", "é", "😀", "\ud83d", "{}", '{"a": 1}'])
)
VALUE: st.SearchStrategy[Any] = (
    SCALAR
    | st.lists(SCALAR, max_size=3)
    | st.tuples(SCALAR, SCALAR)
    | st.dictionaries(TEXT, SCALAR, max_size=2)
    | st.sets(st.integers(0, 3), max_size=3)
    | st.lists(SCALAR, max_size=3).map(Once)
)
NAME = (
    st.sampled_from(["FriendlyName", "UniqueName", "Attributes", "Type", "DateCreated", "", "body"])
    | TEXT
    | st.binary(max_size=4)
    | st.integers(0, 9)
)
PARAMETERS = (
    st.dictionaries(NAME, VALUE, max_size=4)
    | st.lists(st.tuples(NAME, SCALAR), max_size=3)
    | st.binary(max_size=30)
    | st.lists(st.binary(max_size=9) | TEXT, max_size=3).map(Once)
    | st.sampled_from(["", "FriendlyName=a+b&FriendlyName=%C3%A9", "Body=%zz&=", b"Type=\xff"])
)
PATHS = [
    "Channels", "Channels/", "Channels?Type=private", "Channels?PageSize=1&x=%41", "Channels/x y",
    "Channels/%41%zz", "Channels/é", "Channels/#general", "Channels/../Users",
    "Channels/a?b", "Channels/%2F", "Channels/a;b", "Channels/\ud83d", "Roles//", "Users",
]  # fmt: skip
VALUES = ["true", "True", "application/json", "text/plain", "", " true", "tr\nue", b"true", None]
HEADERS = st.dictionaries(
    st.sampled_from(["X-Twilio-Webhook-Enabled", "x-twilio-webhook-enabled", "Content-Type", "é"]),
    st.sampled_from(VALUES) | st.booleans(),
    max_size=1,
)


@settings(max_examples=examples(300), deadline=None)
@given(
    method=st.sampled_from(["GET", "POST", "DELETE", "post"]),
    path=st.sampled_from(PATHS),
    data=PARAMETERS,
    params=st.none() | st.dictionaries(NAME, VALUE, max_size=4),
    headers=HEADERS,
)
@example("POST", "Channels", {"FriendlyName": b"hi", "Attributes": {"a": 1}}, None, {})
@example("POST", "Channels", {"Attributes": b'{"a": 1}', "": ""}, None, {})
@example("POST", "Channels", {"DateCreated": datetime(2026, 1, 5, tzinfo=UTC)}, None, {})
@example("POST", "Channels", {"FriendlyName": date(2026, 1, 5)}, None, {})
@example("POST", "Channels", [("FriendlyName", "a"), (b"FriendlyName", "b")], None, {})
@example("POST", "Channels", Once([b"FriendlyName", "=é"]), None, {})
@example("POST", "Channels", {" ": "x", "\xa0": "y"}, None, {})
@example("GET", "Channels", {}, {"Type": ["private", None], "PageSize": True}, {})
@example("GET", "Channels", {}, {"Type": {"private", "public"}}, {})
@example("POST", "Channels", {"FriendlyName": "\ud83d"}, None, {"Content-Type": "tr\nue"})
@example("GET", "Channels?Type=private", {}, {"Type": "public"}, {})
@example("GET", "Channels?" + "&" * 1_100, {}, None, {})
@example("POST", "Channels", {"FriendlyName": ["x"] * 1_100}, None, {})
@example("POST", "Channels", {"FriendlyName": "x"}, None, {"Content-Type": "application/json"})
@example("POST", "Channels", {"FriendlyName": "x"}, None, {"X-Twilio-Webhook-Enabled": True})
def test_a_request_is_answered_alike_at_both_doors(
    doors: Doors, method: str, path: str, data: Any, params: Any, headers: dict[str, Any]
) -> None:
    sent = {"User-Agent": "x", "Content-Type": "application/x-www-form-urlencoded", **headers}
    over_http, in_process = doors.outcomes(
        lambda client: client.http_client.request(
            method,
            f"{SERVICE}/{path}",
            data=fresh(data, "generator"),
            params=fresh(params),
            headers=sent,
            auth=doors.auth,
        )
    )
    assert over_http == in_process


@settings(max_examples=examples(100), deadline=None)
@given(st.lists(VALUE, min_size=4, max_size=4))
@example([b"hi", json.dumps({"a": "é"}).encode(), "alice", datetime(2026, 1, 5, tzinfo=UTC)])
@example([{"a": 1}, {"a"}, ("x", "y"), None])
def test_calls_of_the_sdk_are_answered_alike_at_both_doors(doors: Doors, values: list[Any]) -> None:
    def call(client: Client) -> None:
        body, attributes, author, created = map(fresh, values)
        service = client.chat.v2.services(SERVICE.rpartition("/")[2])
        channel = service.channels.create(friendly_name="x", attributes=attributes)
        channel.messages.create(body=body, from_=author, date_created=created)

    over_http, in_process = doors.outcomes(call)
    assert over_http == in_process


@pytest.mark.parametrize("timeout", [0, -1])
def test_a_time_out_of_nothing_is_refused_at_both_doors(doors: Doors, timeout: float) -> None:
    over_http, in_process = doors.outcomes(
        lambda client: client.request("GET", f"{SERVICE}/Channels", timeout=timeout)
    )
    assert over_http == in_process == ["ValueError"]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [(b"hi", "hi"), (5, "5"), (True, "True"), ({"a": 1}, "a"), (("a", "b"), "b"), ([], "")],
)
def test_the_asynchronous_door_encodes_as_the_other(sent: Any, kept: str) -> None:
    account = connect()
    own, mock = account.credentials, account.mock
    assert isinstance(mock, MockTwilio)

    async def make() -> Any:
        async with mock.async_http_client as door:
            client = Client(own.account_sid, own.auth_token, http_client=door)
            channels = client.chat.v2.services(own.chat_service_sid).channels
            return await channels.create_async(friendly_name=sent)

    made = asyncio.run(make())
    assert (made.friendly_name or "") == kept
    asyncio.run(mock.async_http_client.close())
