"""Bytes that are hardly HTTP, or hardly WebSocket frames, end their own connection and no other."""

from __future__ import annotations

import logging
import struct
from collections.abc import Iterator

import pytest
import requests
from hypothesis import example, given, settings
from hypothesis import strategies as st
from raw import AUTH, BASIC, exchange

from helpers.mock import DEMO_VALUES, MockTwilio
from helpers.mock.server.running import BackgroundServer

SERVICE = f"/chat.twilio.com/v2/Services/{DEMO_VALUES['TWILIO_CHAT_SERVICE_SID']}"
HTTP = [
    b"GET ", b"POST ", b"PRI * HTTP/2.0\r\n\r\n", b"CONNECT ", b"/", SERVICE.encode(),
    b" HTTP/1.1\r\n", b" HTTP/1.0\r\n", b" HTTP/9.9\r\n", b"\r\n", b"\n", b"\r",
    b"Host: 127.0.0.1\r\n", b"Host: x\r\n", b"Content-Length: 5\r\n", b"Content-Length: -1\r\n",
    b"Content-Length: 5, 6\r\n", b"Transfer-Encoding: chunked\r\n",
    b"Transfer-Encoding: gzip, chunked\r\n", b"5\r\nhello\r\n", b"0\r\n\r\n",
    b"ffffffffffffffff\r\n", b"5;x=y\r\n", b"Expect: 100-continue\r\n", BASIC, b"\0",
    b"Connection: close\r\n", b"Connection: Upgrade\r\nUpgrade: websocket\r\n", b"Upgrade: h2c\r\n",
    b":", b" folded: x\r\n", b"X: \xff\r\n", b"\x16\x03\x01\x02\x00\x01\x00", b"%", b"?", b"#",
    b"/_mock/clock", b"Content-Type: application/x-www-form-urlencoded\r\n", b"Body=x", b"http://[",
    b"/v3/wsconnect", b"*", b"Content-Type: multipart/form-data; boundary=b\r\n", b"--b\r\n",
    b"--b--\r\n", b"Origin: null\r\n",
]  # fmt: skip
HANDSHAKE = (
    b"GET /v3/wsconnect HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    b"Upgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
MASK = b"\x01\x02\x03\x04"
TWILSOCK = [
    b"TWILSOCK V3.0 ", b"2\r\n{}\r\n", b'31\r\n{"method":"message","id":"x"}\r\n', b"{", b"}",
    b"[" * 300, b'"payload_size":', b"999999999999", b"-1", b"\r\n", b"\0", b"\xff",
    b'{"method":"init","id":1}',
]  # fmt: skip

# The server's thread draws random numbers, which is none of the strategies' business.
pytestmark = pytest.mark.filterwarnings("ignore:Do not use the `random` module")


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with BackgroundServer(MockTwilio()) as server:
        yield server.url


@pytest.fixture
def quiet(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Fails a test in which something logs an error."""
    yield
    assert [each.getMessage() for each in caplog.records if each.levelno >= logging.ERROR] == []


def is_served(url: str) -> bool:
    return requests.get(url + SERVICE, auth=AUTH, timeout=10).status_code == 200


@pytest.mark.usefixtures("quiet")
@settings(deadline=None)
@given(parts=st.lists(st.sampled_from(HTTP) | st.binary(max_size=9), max_size=14))
def test_bytes_that_are_hardly_http_are_refused(url: str, parts: list[bytes]) -> None:
    answer = exchange(url, b"".join(parts))
    assert b"HTTP/1.1 5" not in answer, answer
    assert is_served(url)


def frame(opcode: int, payload: bytes, length: int | None) -> bytes:
    """A masked frame; its length may be a lie."""
    size = len(payload) if length is None else length
    if size < 126:
        head = struct.pack("!BB", opcode, 0x80 | size)
    elif size < 65536:
        head = struct.pack("!BBH", opcode, 0xFE, size)
    else:
        head = struct.pack("!BBQ", opcode, 0xFF, size)
    masked = bytes(byte ^ MASK[at % 4] for at, byte in enumerate(payload))
    return head + MASK + masked


FRAMES = st.builds(
    frame,
    st.integers(0, 255) | st.sampled_from([0x82, 0x81, 0x02, 0x80, 0x88, 0x89]),
    st.lists(st.sampled_from(TWILSOCK) | st.binary(max_size=9), max_size=6).map(b"".join),
    st.none() | st.sampled_from([0, 5, 126, 70_000, 2**40, 2**63 - 1]),
)


@pytest.mark.usefixtures("quiet")
@settings(deadline=None)
@given(frames=st.lists(FRAMES | st.binary(max_size=9), max_size=5))
@example([frame(0x82, b"TWILSOCK V3.0 2\r\n{}\r\n", None)])
@example([frame(0x81, b"\xff\xfe", None)])
@example([frame(0x88, b"\x03", None)])
def test_bytes_that_are_hardly_frames_end_their_connection(url: str, frames: list[bytes]) -> None:
    answer = exchange(url, HANDSHAKE + b"".join(frames))
    assert answer.startswith(b"HTTP/1.1 101 ")
    assert b"\x88\x02\x03\xf3" not in answer  # 1011: the server itself failed
    assert is_served(url)
