"""A request whose body is cut off on its way is not carried out, at any door."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from raw import BASIC, exchange, head, status

from helpers.mock import DEMO_VALUES, MockTwilio
from helpers.mock.core.bounds import SMALL_BODY
from helpers.mock.messaging.resources import Media, User
from helpers.mock.server.running import MockServer, listen, url_of

SERVICE = DEMO_VALUES["TWILIO_CHAT_SERVICE_SID"]
CUTS = 200
"""Cuts in all, a share for each door."""
FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"
JSON = b"Content-Type: application/json\r\n"
PART = b"\r\n".join(
    (
        b"--limit",
        b'Content-Disposition: form-data; name="file"; filename="a.txt"',
        b"Content-Type: text/plain",
        b"",
        b"Please pay 1000",
        b"--limit--",
        b"",
    )
)
CHANNELS = f"/chat.twilio.com/v2/Services/{SERVICE}/Channels"
MEDIA = f"/mcs.us1.twilio.com/v1/Services/{SERVICE}/Media"
DOORS = {
    "message": (f"{CHANNELS}/CH/Messages", FORM, urlencode({"Body": "Please pay 1000"}).encode()),
    "channel": (CHANNELS, FORM, urlencode({"FriendlyName": "Where is my lamp?"}).encode()),
    "large form": (CHANNELS, FORM, b"Attributes=" + b"x" * (SMALL_BODY + 10)),
    "file": (MEDIA, b"Content-Type: text/plain\r\n", b"Please pay 1000"),
    "large file": (MEDIA, b"Content-Type: image/png\r\n", b"\x89PNG" * SMALL_BODY),
    "file of a form": (MEDIA, b"Content-Type: multipart/form-data; boundary=limit\r\n", PART),
    "form of parts": (
        CHANNELS,
        b"Content-Type: multipart/form-data; boundary=limit\r\n",
        PART.replace(b'; filename="a.txt"', b"").replace(b'"file"', b'"FriendlyName"'),
    ),
    "reset": ("/_mock/reset", JSON, json.dumps({"at": 1_800_000_000}).encode()),
    "clock": ("/_mock/clock", JSON, json.dumps({"advance": 1000}).encode()),
    "snapshot": ("/_mock/snapshots", JSON, b'{"none": "expected"}'),
    "scenario": ("/_mock/scenarios", JSON, json.dumps({"name": "busy afternoon"}).encode()),
    "fault": ("/_mock/faults", JSON, json.dumps({"operation": "CreateMessage"}).encode()),
    "chat page": ("/chat/session", JSON, json.dumps({"name": "Jane"}).encode()),
    "token": ("/chat/token", JSON, json.dumps({"identity": f"visitor_{'0' * 32}"}).encode()),
}


class Served:
    """A mock with a channel, and its server in a thread."""

    def __init__(self, *, at_once: bool) -> None:
        self.mock = MockTwilio()
        listening, ready = listen("127.0.0.1", 0), threading.Event()
        self.url = url_of(listening)
        self._server = MockServer(self.mock, listening, ready.set, at_once=at_once)
        self._thread = threading.Thread(target=self._server.serve_until_stopped)
        self._thread.start()
        assert ready.wait(30)
        made = exchange(self.url, head(self.url, "POST", CHANNELS, BASIC, FORM), half_close=False)
        self.channel = json.loads(made.partition(b"\r\n\r\n")[2])["sid"]
        self.events: list[Any] = []
        self.mock.follow_all(self.events.append)

    def account(self) -> Any:
        """What a request that is carried out changes."""
        mock = self.mock
        kinds = mock.look(lambda ctx: [len(ctx.store.select(kind)) for kind in (Media, User)])
        return kinds, mock.clock.setting, len(list(mock.faults)), len(self.events)

    def end(self) -> None:
        self._server.stop()
        self._thread.join(30)
        self.mock.close()


@pytest.fixture(scope="module", params=[False, True], ids=["on workers", "at once"])
def served(request: pytest.FixtureRequest) -> Iterator[Served]:
    served = Served(at_once=request.param)
    yield served
    served.end()


def whole(served: Served, door: str) -> tuple[bytes, bytes, bytes]:
    """Two heads of a request, by length and in chunks, and its body."""
    path, kind, body = DOORS[door]
    path = path.replace("/CH/", f"/{served.channel}/")
    length = b"Content-Length: %d\r\n" % len(body)
    return (
        head(served.url, "POST", path, BASIC, kind, length),
        head(served.url, "POST", path, BASIC, kind, b"Transfer-Encoding: chunked\r\n"),
        body,
    )


@pytest.mark.parametrize("door", DOORS)
def test_a_body_that_is_cut_off_has_no_effect_and_no_answer(served: Served, door: str) -> None:
    chance = random.Random(f"cut {door}")
    by_length, in_chunks, body = whole(served, door)
    before = served.account()
    for number in range(CUTS // len(DOORS) // 2 + 1):
        if number % 2:
            data = by_length + body[: chance.randrange(len(body))]
        else:
            at = chance.randrange(1, len(body))
            chunks = b"%x\r\n%b\r\n%x\r\n%b\r\n0\r\n\r\n"
            sent = chunks % (at, body[:at], len(body) - at, body[at:])
            data = in_chunks + sent[: chance.randrange(len(sent) - 2)]
        assert exchange(served.url, data) == b"", data[-50:]
    assert served.account() == before


@pytest.mark.parametrize(
    "door", sorted(DOORS.keys() - {"reset", "scenario"})
)  # they drop the channel
def test_the_same_request_is_answered_if_it_is_whole(served: Served, door: str) -> None:
    by_length, in_chunks, body = whole(served, door)
    chunked = in_chunks + b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    for data in (by_length + body, chunked):
        assert status(exchange(served.url, data, half_close=False)) is not None


def test_a_message_that_is_whole_is_stored(served: Served) -> None:
    by_length, _, body = whole(served, "message")
    answer = exchange(served.url, by_length + body, half_close=False)
    assert (status(answer), b'"body":"Please pay 1000"' in answer) == (201, True)
