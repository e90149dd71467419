"""Both sides of the bounds at the server's doors: the last that is taken, the next refused."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests
from raw import AUTH, BASIC, exchange, head, status
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

import helpers
from helpers import Account
from helpers.mock import DEMO_VALUES
from helpers.mock.core.bounds import MAX_MEDIA
from helpers.mock.realtime.notices import decode, encode
from helpers.mock.server import rest_app
from helpers.mock.server.running import BackgroundServer

SERVICE = DEMO_VALUES["TWILIO_CHAT_SERVICE_SID"]
MAX_HEADERS, MAX_HEADER_NAME = 100, 256
MAX_CONTROL = MAX_FRAME = 256 * 1024
MAX_PART_HEAD = 4_224
SERVICES = "/chat.twilio.com/v2/Services"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with BackgroundServer(helpers.connect().mock) as server:
        yield server.url


def answered(url: str, *headers: bytes) -> int | None:
    return status(exchange(url, head(url, "GET", SERVICES, BASIC, *headers), half_close=False))


@pytest.mark.parametrize(("beyond", "expected"), [(0, 200), (1, 431)])
def test_a_request_may_have_so_many_headers(url: str, beyond: int, expected: int) -> None:
    own = head(url, "GET", SERVICES, BASIC).count(b"\r\n") - 2  # less the request's line, the end
    more = b"".join(b"X-%d: x\r\n" % number for number in range(MAX_HEADERS - own + beyond))
    assert answered(url, more) == expected


@pytest.mark.parametrize(("beyond", "expected"), [(0, 200), (1, 431)])
def test_a_headers_name_may_be_so_long(url: str, beyond: int, expected: int) -> None:
    assert answered(url, b"X" * (MAX_HEADER_NAME + beyond) + b": x\r\n") == expected


@pytest.mark.parametrize(("beyond", "expected"), [(0, 400), (1, 413)])
def test_a_control_takes_so_much(url: str, beyond: int, expected: int) -> None:
    body = b" " * (MAX_CONTROL + beyond)
    answer = requests.post(f"{url}/_mock/clock", data=body, timeout=30)
    assert (answer.status_code, "larger than" in answer.text) == (expected, beyond == 1)


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        *(("1", 200), ("1000", 200), ("0", 400), ("1001", 400), ("0" * 17 + "1", 200)),
        *(("0" * 18 + "1", 400), ("-1", 400), ("", 400), ("x", 400), ("\u0661", 400)),
    ],
)
def test_the_inspector_shows_one_to_a_thousand(url: str, limit: str, expected: int) -> None:
    answer = requests.get(f"{url}/_mock/state/requests", params={"limit": limit}, timeout=30)
    assert answer.status_code == expected
    if expected == 400:
        assert "from 1 to 1000" in answer.json()["error"]


@contextmanager
def logged_in(url: str, account: Account) -> Iterator[Any]:
    with connect(url.replace("http", "ws", 1) + "/v3/wsconnect", compression=None) as socket:
        socket.send(encode({"method": "init", "id": "1", "token": account.chat_token("jane")}))
        assert decode(socket.recv(30)).header["status"]["code"] == 200
        yield socket


@pytest.mark.parametrize("beyond", [0, 1])
def test_a_frame_may_have_so_many_bytes(account: Account, beyond: int) -> None:
    with BackgroundServer(account.mock) as server, logged_in(server.url, account) as socket:

        def frame(padding: int) -> bytes:
            return encode({"method": "unknown", "id": "2"}, "x" * padding)

        size = MAX_FRAME + beyond
        padding = size - len(frame(0))
        for _ in range(3):  # the size is written in the frame
            padding += size - len(frame(padding))
        assert len(frame(padding)) == size
        socket.send(frame(padding))
        if not beyond:
            assert decode(socket.recv(30)).header["status"]["code"] == 501
            return
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(30)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1009


@pytest.mark.parametrize(("beyond", "expected"), [(0, (201, None)), (1, (413, 50512))])
def test_a_file_may_have_so_many_bytes(
    monkeypatch: pytest.MonkeyPatch, url: str, beyond: int, expected: tuple[int, int | None]
) -> None:
    assert MAX_MEDIA == 160 * 1024 * 1024
    most = 5 * 1024 * 1024  # the same, in little time
    monkeypatch.setattr(rest_app, "MAX_MEDIA", most)
    answer = requests.post(
        f"{url}/mcs.us1.twilio.com/v1/Services/{SERVICE}/Media",
        data=b"x" * (most + beyond),
        headers={"Content-Type": "image/png"},
        auth=AUTH,
        timeout=30,
    )
    assert (answer.status_code, answer.json().get("code")) == expected
    assert answer.json().get("size") == (None if beyond else most)


@pytest.mark.parametrize(("beyond", "expected"), [(0, 201), (1, 400)])
def test_a_header_of_a_forms_part_may_have_so_many_bytes(
    url: str, beyond: int, expected: int
) -> None:
    named = 'Content-Disposition: form-data; name="FriendlyName"; more="'
    padding = "x" * (MAX_PART_HEAD - len(named) - 1 + beyond)
    body = f'--limit\r\n{named}{padding}"\r\n\r\nsupport\r\n--limit--\r\n'
    answer = requests.post(
        f"{url}{SERVICES}/{SERVICE}/Channels",
        data=body,
        headers={"Content-Type": "multipart/form-data; boundary=limit"},
        auth=AUTH,
        timeout=30,
    )
    assert answer.status_code == expected
    assert answer.json().get("friendly_name") == (None if beyond else "support")
