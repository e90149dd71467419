"""What arrives is bounded, and garbage is refused as what it is: never a traceback."""

from __future__ import annotations

import logging
import re
import socket
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
import requests
from hypothesis import example, given, settings
from hypothesis import strategies as st
from raw import AUTH, BASIC, exchange, head, status
from served import Command
from support import examples

from helpers.mock import DEMO_VALUES
from helpers.mock.core.bounds import (
    MAX_CONTROL,
    MAX_FIELDS,
    MAX_FORM,
    MAX_HEAD,
    MAX_HEADER_NAME,
    MAX_HEADERS,
    MAX_TOKEN,
    SMALL_BODY,
)
from helpers.mock.rest import http

SERVICE = DEMO_VALUES["TWILIO_CHAT_SERVICE_SID"]
SERVICES = "/chat.twilio.com/v2/Services"
CHANNELS = f"{SERVICES}/{SERVICE}/Channels"
MEDIA = f"/mcs.us1.twilio.com/v1/Services/{SERVICE}/Media"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
WRONG = (AUTH[0], "wrong")


@pytest.fixture
def quiet(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Fails a test in which something logs an error."""
    yield
    assert [each.getMessage() for each in caplog.records if each.levelno >= logging.ERROR] == []


# -- bodies


@pytest.mark.parametrize("path", [SERVICES, CHANNELS, MEDIA, "/studio.twilio.com/v2/Flows"])
@pytest.mark.parametrize(
    ("auth", "code"), [(WRONG, 20003), (None, 20003), (("token", "x.y.z"), 20101)]
)
def test_a_large_body_is_not_even_read_without_credentials(
    monkeypatch: pytest.MonkeyPatch, url: str, path: str, auth: tuple[str, str] | None, code: int
) -> None:
    parsed: list[str] = []
    monkeypatch.setattr(http, "parsed", parsed.append)
    body = b"FriendlyName=" + b"x" * SMALL_BODY
    answer = requests.post(url + path, data=body, headers=FORM, auth=auth, timeout=30)
    assert (answer.status_code, answer.json()["code"], parsed) == (401, code, [])


@pytest.mark.parametrize(
    ("path", "size", "expected"),
    [
        (CHANNELS, MAX_FORM, 400),  # the name is too long
        (CHANNELS, MAX_FORM + 1, 413),
        (MEDIA, MAX_FORM + 1, 413),
    ],
)
def test_a_form_is_taken_up_to_its_bound(url: str, path: str, size: int, expected: int) -> None:
    body = b"FriendlyName=".ljust(size, b"x")
    answer = requests.post(url + path, data=body, headers=FORM, auth=AUTH, timeout=30)
    assert answer.status_code == answer.json()["status"] == expected


def test_a_file_may_be_larger_than_a_form(url: str) -> None:
    headers = {"Content-Type": "image/png"}
    body = b"x" * (MAX_FORM + 1)
    answer = requests.post(url + MEDIA, data=body, headers=headers, auth=AUTH, timeout=30)
    assert (answer.status_code, answer.json()["size"]) == (201, MAX_FORM + 1)


@pytest.mark.parametrize(("fields", "expected"), [(MAX_FIELDS, 201), (MAX_FIELDS + 1, 400)])
def test_a_form_may_have_so_many_fields(url: str, fields: int, expected: int) -> None:
    body = "&".join(["FriendlyName=x"] * fields)
    answer = requests.post(url + CHANNELS, data=body, headers=FORM, auth=AUTH, timeout=30)
    assert answer.status_code == expected
    queried = requests.get(f"{url}{CHANNELS}?{'&' * (fields - 1)}", auth=AUTH, timeout=30)
    assert queried.status_code == (200 if expected == 201 else 400)


@pytest.mark.parametrize(
    "path", ["/_mock/clock", "/_mock/snapshots", "/chat/session", "/conversations/session"]
)
def test_a_control_takes_little(url: str, path: str) -> None:
    answer = requests.post(url + path, data=b" " * (MAX_CONTROL + 1), timeout=30)
    assert (answer.status_code, "larger than" in answer.json()["error"]) == (413, True)


def test_a_control_reads_no_body_of_those_it_refuses(url: str) -> None:
    long = b"Content-Length: 1000000000\r\n"
    data = head(url, "POST", "/_mock/reset", long, b"Sec-Fetch-Site: same-site\r\n") + b"{"
    assert status(exchange(url, data, half_close=False)) == 401


@pytest.mark.long
def test_memory_does_not_grow_with_what_strangers_send(command: Callable[..., Command]) -> None:
    server = command()
    peak = Path(f"/proc/{server.process.pid}/status")
    if not peak.exists():
        pytest.skip("only Linux tells the memory of another process")

    def megabytes() -> int:
        found = re.search(r"VmHWM:\s+(\d+) kB", peak.read_text())
        assert found
        return int(found[1]) // 1024

    def seconds_of_work() -> float:
        used = psutil.Process(server.process.pid).cpu_times()
        return float(used.user + used.system)

    requests.post(server.url + CHANNELS, data={"FriendlyName": "x"}, auth=AUTH, timeout=30)
    before, worked = megabytes(), seconds_of_work()
    body = b"a=b&" * (50 * 1024 * 256)
    answer = requests.post(server.url + CHANNELS, data=body, headers=FORM, auth=WRONG, timeout=60)
    assert answer.status_code == 401
    exchange(server.url, head(server.url, "GET", "/", b"X: " + b"x" * len(body) + b"\r\n"))
    exchange(server.url, b"GET /" + b"x" * len(body))
    assert megabytes() - before < 10
    assert seconds_of_work() - worked < 10
    code, output = server.end()
    assert (code, "Traceback" in output) == (0, False)


# -- heads


@pytest.mark.parametrize(
    "headers",
    [
        b"X: " + b"x" * MAX_HEAD + b"\r\n",
        b"X: x\r\n" * (MAX_HEADERS + 1),
        b"X" * (MAX_HEADER_NAME + 1) + b": x\r\n",
        b"Authorization: Basic " + b"x" * MAX_HEAD + b"\r\n",
        b"X-Twilio-Token: " + b"x" * MAX_HEAD + b"\r\n",
        b"".join(b"X-%d: %b\r\n" % (n, b"x" * 1000) for n in range(90)),
    ],
)
@pytest.mark.parametrize("path", [SERVICES, "/_mock/clock", "/chat/", "/"])
@pytest.mark.usefixtures("quiet")
def test_a_head_beyond_its_bound_is_refused(url: str, path: str, headers: bytes) -> None:
    assert status(exchange(url, head(url, "GET", path, headers), half_close=False)) == 431


def test_a_path_beyond_the_bound_is_refused(url: str) -> None:
    data = head(url, "GET", SERVICES + "/" + "x" * MAX_HEAD)
    assert status(exchange(url, data, half_close=False)) == 431


def test_a_head_without_end_is_cut_off_as_it_arrives(url: str) -> None:
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port), 30) as connection:
        # What is sent has been read, but for a little, however late the server gets to it.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 10_000)
        connection.sendall(head(url, "GET", SERVICES)[:-2] + b"X: ")
        sent = 0
        with suppress(ConnectionError):
            while sent < 10_000_000:
                connection.sendall(b"x" * 10_000)
                sent += 10_000
                time.sleep(0.001)
    assert sent < 5_000_000


def test_a_head_within_its_bound_is_taken(url: str) -> None:
    headers = b"".join(b"X-%d: x\r\n" % n for n in range(MAX_HEADERS - 5))
    long = b"X: " + b"x" * (MAX_HEAD - 2000) + b"\r\n"
    for given_headers in (headers, long):
        data = head(url, "GET", SERVICES, BASIC, given_headers)
        assert status(exchange(url, data, half_close=False)) == 200


def test_a_token_beyond_its_bound_is_refused_as_none(url: str) -> None:
    token = b"X-Twilio-Token: " + b"x" * (MAX_TOKEN + 1) + b"\r\n"
    answer = exchange(url, head(url, "GET", SERVICES, token), half_close=False)
    assert (status(answer), b'"code":20101' in answer) == (401, True)


# -- garbage

DIGITS = b"9" * 5_000
GARBAGE = (
    st.binary(max_size=60)
    | st.sampled_from([DIGITS, b"-" + DIGITS, b"http://[", b"http://[::1", b"null", b"\xe9", b"%"])
    | st.sampled_from([b"bytes=0-" + DIGITS, b"bytes=" + DIGITS + b"-", b"Thu, 99 Foo 99999 x"])
)
CLEAN = GARBAGE.map(lambda value: re.sub(rb"[\r\n\0]", b"", value))
ENCODED = CLEAN.map(b64encode)
NAMES = [
    b"Accept", b"Accept-Encoding", b"Access-Control-Request-Headers",
    b"Access-Control-Request-Method", b"Authorization", b"Content-Type", b"Cookie", b"Expect",
    b"Forwarded", b"Host", b"I-Twilio-Idempotency-Token", b"If-Match", b"If-Modified-Since",
    b"If-None-Match", b"If-Range", b"Origin", b"Range", b"Referer", b"Sec-Fetch-Dest",
    b"Sec-Fetch-Mode", b"Sec-Fetch-Site", b"User-Agent", b"X-Forwarded-For", b"X-Forwarded-Host",
    b"X-Twilio-Token", b"X-Twilio-Webhook-Enabled",
]  # fmt: skip
HEADERS = st.lists(
    st.tuples(st.sampled_from(NAMES), CLEAN)
    | st.tuples(st.just(b"Authorization"), CLEAN.map(lambda value: b"Basic " + value))
    | st.tuples(st.just(b"Authorization"), ENCODED.map(lambda value: b"Basic " + value))
    | st.tuples(st.just(b"Content-Type"), CLEAN.map(lambda v: b"multipart/form-data; x=" + v)),
    max_size=4,
)
PATHS = st.sampled_from(
    [
        "/", "/chat", "/chat/", "/chat/chat.js", "/chat/session", "/chat/twilio-chat.min.js",
        "/_mock/clock", "/_mock/faults/", "/_mock/inspector/", "/_mock/inspector/main.js",
        "/_mock/snapshots/", "/_mock/state/tasks/", "/_mock/state/requests/",
        "/_mock/state/channels?limit=", "/v3/wsconnect", "/", "//", "/x", "*", SERVICES,
        f"{SERVICES}/", f"{SERVICES}?PageSize=", f"{SERVICES}?Page=", f"{SERVICES}?PageToken=",
        f"{CHANNELS}/", f"{CHANNELS}?Type=", MEDIA, f"{MEDIA}/", f"{MEDIA}/ME?Expires=1&Signature=",
        "/flex-api.twilio.com/v1/FlexFlows/", "/studio.twilio.com/v2/Flows/",
        "/taskrouter.twilio.com/v1/Workspaces/", "/taskrouter.twilio.com/v1/Workspaces?PageSize=",
    ]
)  # fmt: skip
ENDS = CLEAN.map(
    lambda value: re.sub(rb"[^!-~]", lambda m: b"%%%02X" % ord(m[0]), value)
) | st.just(b"")


@pytest.mark.usefixtures("quiet")
@settings(max_examples=examples(600), deadline=None)
@given(
    method=st.sampled_from(["GET", "POST", "DELETE", "HEAD", "OPTIONS", "PUT"]),
    path=PATHS,
    end=ENDS,
    headers=HEADERS,
    body=st.none() | CLEAN,
    is_account=st.booleans(),
)
@example("GET", SERVICES, b"", [(b"Authorization", b"Basic \xe9")], None, False)
@example("POST", "/_mock/reset", b"", [(b"Origin", b"http://[")], b"{}", False)
@example("GET", "/_mock/faults/", DIGITS, [], None, False)
@example("GET", "/_mock/state/channels?limit=", DIGITS, [], None, False)
@example("GET", f"{SERVICES}?PageSize=", DIGITS, [], None, True)
@example("GET", "/chat/chat.js", b"", [(b"Range", b"bytes=0-" + DIGITS)], None, False)
@example("GET", "/_mock/inspector/main.js", b"", [(b"If-Modified-Since", DIGITS)], None, False)
def test_garbage_in_headers_and_paths_is_refused_as_such(
    url: str,
    method: str,
    path: str,
    end: bytes,
    headers: list[tuple[bytes, bytes]],
    body: bytes | None,
    is_account: bool,
) -> None:
    lines = [b"%b: %b\r\n" % header for header in headers]
    if is_account:
        lines.append(BASIC)
    if body is not None:
        lines.append(b"Content-Length: %d\r\n" % len(body))
    data = head(url, method, path + end.decode("latin-1"), *lines) + (body or b"")
    answer = exchange(url, data, half_close=False)
    assert answer.startswith(b"HTTP/1.1 ")
    assert status(answer) not in (500, None), answer


HANDSHAKE = (
    b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)


@pytest.mark.usefixtures("quiet")
@settings(max_examples=examples(150), deadline=None)
@given(
    path=st.sampled_from([b"/v3/wsconnect", b"/", b"/x", b"/\xe9", b"/%ff", b"*"]),
    headers=HEADERS,
    frames=st.binary(max_size=200),
)
@example(b"/v3/wsconnect", [(b"Cookie", b"x" * 9_000)], b"")
@example(b"/v3/wsconnect", [(b"Cookie", b"x")] * 140, b"")
@example(b"/v3/wsconnect", [], b"\x81\x82\x00\x00\x00\x00\xff\xff")
@example(b"/v3/wsconnect", [(b"Content-Length", b"5")], b"")
@example(b"/v3/wsconnect", [(b"Sec-WebSocket-Key", b"\xe9")], b"")
@example(b"/v3/wsconnect", [(b"Origin", b"http://[")], b"")
@example(b"/v3/wsconnect", [(b"Host", b"\xe9")], b"\x82\x80\x00\x00\x00\x00")
def test_garbage_in_a_handshake_or_its_frames_ends_the_connection(
    url: str, path: bytes, headers: list[tuple[bytes, bytes]], frames: bytes
) -> None:
    start = b"GET %b HTTP/1.1\r\nHost: 127.0.0.1\r\n%b" % (path, HANDSHAKE)
    lines = b"".join(b"%b: %b\r\n" % header for header in headers)
    answer = exchange(url, start + lines + b"\r\n" + frames)
    assert not answer.startswith(b"HTTP/1.1 500")
