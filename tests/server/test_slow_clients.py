"""Slow or many clients keep nothing from others: each has its time, and its place."""

from __future__ import annotations

import json
import re
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest
import requests
from raw import AUTH, BASIC, exchange, head, status
from websockets.sync.client import connect as dial

from helpers import Account
from helpers.mock import DEMO_VALUES, MockTwilio
from helpers.mock.server import protocols, rest_app

CHANNELS = f"/chat.twilio.com/v2/Services/{DEMO_VALUES['TWILIO_CHAT_SERVICE_SID']}/Channels"
FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"
LENGTH = b"Content-Length: 100\r\n"


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Gives requests a third of a second to arrive in."""
    monkeypatch.setattr(protocols, "MAX_STALL", 0.3)


def dial_up(url: str) -> socket.socket:
    parts = urlsplit(url)
    return socket.create_connection((parts.hostname, parts.port), 30)


def dripped(url: str, data: bytes, drips: bytes, pause: float = 0.05) -> bytes:
    """Answer to these bytes and then one at a time, until the server ends the connection."""
    with dial_up(url) as connection:
        connection.sendall(data)
        connection.settimeout(pause)
        answer, left, ends = b"", list(drips), time.monotonic() + 30
        while time.monotonic() < ends:
            try:
                if left:
                    connection.sendall(bytes([left.pop(0)]))
                part = connection.recv(65536)
            except TimeoutError:
                continue
            except ConnectionError:
                break
            if not part:
                break
            answer += part
        else:
            pytest.fail("the connection lives on")
    return answer


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("drips", [b"", b"X: " + b"x" * 500], ids=["stops", "drips"])
def test_a_head_that_does_not_arrive_is_refused(url: str, drips: bytes) -> None:
    answer = dripped(url, head(url, "GET", CHANNELS, BASIC)[:-2], drips)
    assert status(answer) == 408
    assert b"content-type: application/json; charset=utf-8" in answer.lower()


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("path", [CHANNELS, "/_mock/clock"])
@pytest.mark.parametrize("drips", [b"", b"x" * 90], ids=["stops", "drips"])
def test_a_body_that_does_not_arrive_is_refused_and_has_no_effect(
    shared: Account, url: str, path: str, drips: bytes
) -> None:
    data = head(url, "POST", path, BASIC, FORM, LENGTH) + b"UniqueName=support"
    assert status(dripped(url, data, drips[:80])) == 408
    listed = requests.get(url + CHANNELS, auth=AUTH, timeout=30).json()
    assert listed["channels"] == []


@pytest.mark.usefixtures("hasty")
def test_the_second_request_of_a_connection_has_its_own_time(url: str) -> None:
    first = head(url, "GET", CHANNELS, BASIC).replace(b"Connection: close\r\n", b"")
    answer = dripped(url, first + first[:-2], b"")
    assert [int(found) for found in re.findall(rb"HTTP/1.1 (\d+)", answer)] == [200, 408]


def test_a_connection_that_stays_silent_is_closed(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setattr(protocols, "KEEP_ALIVE", 0.2)
    assert dripped(url, b"", b"") == b""


@pytest.mark.usefixtures("hasty")
def test_a_body_that_arrives_steadily_is_taken(
    monkeypatch: pytest.MonkeyPatch, shared: Account, url: str
) -> None:
    monkeypatch.setattr(protocols, "MIN_RATE", 2)
    body = b"UniqueName=" + b"a" * 15
    data = head(url, "POST", CHANNELS, BASIC, FORM, b"Content-Length: 26\r\n")
    assert status(dripped(url, data, body)) == 201


@pytest.mark.usefixtures("hasty")
def test_long_connections_live_on(url: str, shared: Account) -> None:
    with (
        requests.get(f"{url}/_mock/news", stream=True, timeout=30) as changes,
        dial(url.replace("http", "ws", 1) + "/v3/wsconnect") as realtime,
    ):
        lines = changes.iter_lines()
        time.sleep(0.8)  # longer than a request may take to arrive
        shared.client.chat.v2.services(DEMO_VALUES["TWILIO_CHAT_SERVICE_SID"]).channels.create()
        assert next(line for line in lines if line.startswith(b"data"))
        assert realtime.ping().wait(30)


def test_one_connection_too_many_is_refused_and_the_others_live_on(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setattr(protocols, "MAX_CONNECTIONS", 3)
    with requests.Session() as first, ExitStack() as others:
        first.auth = AUTH
        assert first.get(url + CHANNELS, timeout=30).status_code == 200
        for _ in range(2):
            others.enter_context(dial_up(url))
        refused = requests.get(url + CHANNELS, auth=AUTH, timeout=30)
        assert (refused.status_code, refused.json()["code"]) == (429, 20429)
        assert refused.headers["Retry-After"] == "1"
        assert first.get(url + CHANNELS, timeout=30).status_code == 200
    ends = time.monotonic() + 30
    while requests.get(url + CHANNELS, auth=AUTH, timeout=30).status_code != 200:
        assert time.monotonic() < ends  # the server learns of it soon


@pytest.fixture
def waiting(mock: MockTwilio, url: str) -> Iterator[list[socket.socket]]:
    """Two clients, of which each waits for an answer that never comes."""
    slow = mock.faults.add("CreateUser", kind="timeout", times=2)
    clients = [dial_up(url) for _ in range(2)]
    for client in clients:
        users = url + CHANNELS.replace("Channels", "Users")
        client.sendall(head(url, "POST", users.removeprefix(url), BASIC, b"Content-Length: 0\r\n"))
    ends = time.monotonic() + 30
    while slow.hits < len(clients):
        assert time.monotonic() < ends
        time.sleep(0.01)
    yield clients
    for client in clients:
        client.close()


def test_one_request_too_many_is_refused_until_others_end(
    monkeypatch: pytest.MonkeyPatch, url: str, waiting: list[socket.socket]
) -> None:
    monkeypatch.setattr(rest_app, "MAX_UNDER_WAY", 2)
    refused = requests.post(url + CHANNELS, data={"UniqueName": "x"}, auth=AUTH, timeout=30)
    assert (refused.status_code, refused.json()["code"]) == (429, 20429)
    assert refused.headers["Retry-After"] == "1"
    for client in waiting:
        client.close()
    data = head(url, "POST", CHANNELS, BASIC, FORM, b"Content-Length: 12\r\n") + b"UniqueName=x"
    ends = time.monotonic() + 30
    while status(answer := exchange(url, data, half_close=False)) == 429:
        assert time.monotonic() < ends  # the server learns of it soon
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["unique_name"] == "x"
