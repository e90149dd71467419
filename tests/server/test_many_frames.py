"""Frames that go to many clients, and the acknowledgements that come back, cost little."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import uvicorn
from unplugged import Wire
from websockets.frames import Frame, Opcode

from helpers.mock.realtime.connection import SEND
from helpers.mock.realtime.notices import encode
from helpers.mock.server.protocols import TwilsockProtocol

HANDSHAKE = (
    b"GET /v3/wsconnect HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
    b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
ACKNOWLEDGEMENT = encode(
    {"method": "reply", "id": "TM1", "status": {"code": 200, "status": "OK"}}, {"a": 1}
)


class Client(Wire):
    """A client of an application that keeps the messages that it gets."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.messages: list[Any] = []
        self.scope: Any = None
        config = uvicorn.Config(self._application, interface="asgi3", log_config=None)
        config.load()
        super().__init__(TwilsockProtocol, config, loop)
        self.receive(HANDSHAKE)
        self.pause()
        self.send = self.scope["extensions"][SEND]["now"]

    async def _application(self, scope: Any, receive: Any, send: Any) -> None:
        self.scope = scope
        await receive()
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] == "websocket.receive":
            self.messages.append(message["bytes"])

    def leave(self) -> None:
        self.protocol.connection_lost(None)
        self.pause()


@pytest.fixture
def client() -> Iterator[Callable[[], Client]]:
    loop, made = asyncio.new_event_loop(), []

    def connect() -> Client:
        made.append(Client(loop))
        return made[-1]

    yield connect
    for each in made:
        each.leave()
    loop.close()


def frame(data: bytes, opcode: Opcode = Opcode.BINARY, *, fin: bool = True) -> bytes:
    return Frame(opcode, data, fin).serialize(mask=True)


def test_an_acknowledgement_is_dropped_before_it_is_parsed(
    client: Callable[[], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    one = client()
    parsed: list[bytes] = []
    monkeypatch.setattr(one.protocol.conn, "receive_data", parsed.append)
    one.receive(frame(ACKNOWLEDGEMENT))
    one.receive(frame(ACKNOWLEDGEMENT) * 3)
    assert parsed == []


@pytest.mark.parametrize("seed", range(12))
def test_messages_arrive_whole_however_they_are_cut_among_acknowledgements(
    client: Callable[[], Client], seed: int
) -> None:
    acknowledgement, chance = frame(ACKNOWLEDGEMENT), random.Random(seed)
    parts = [
        frame(b"small"),
        frame(bytes(200)),
        frame(bytes(70_000)),
        frame(b"ping", Opcode.PING),
        frame(b"in ", fin=False) + frame(b"parts", Opcode.CONT),
        frame(acknowledgement),
        acknowledgement,
        acknowledgement * 2,
    ]
    chance.shuffle(parts)
    sent, one = acknowledgement.join(parts), client()
    cuts = sorted(chance.sample(range(len(sent)), 12)) if seed % 2 else []
    bounds = [0, *cuts, *(len(sent) - part for part in range(100, 0, -7)), len(sent)]
    for start, end in zip(sorted(bounds), sorted(bounds)[1:], strict=False):
        one.receive(sent[start:end])
    one.pause()
    expected = {b"small", bytes(200), bytes(70_000), b"in parts", acknowledgement}
    assert set(one.messages) == expected
    assert len(one.messages) == len(expected)
    assert any(b"ping" in each for each in one.written)  # its pong


@pytest.mark.parametrize("cut", [1, 5, 8, 60, -1])
def test_an_acknowledgement_in_two_parts_leaves_what_follows(
    client: Callable[[], Client], cut: int
) -> None:
    one, acknowledgement = client(), frame(ACKNOWLEDGEMENT)
    for _ in range(2):
        one.receive(acknowledgement * 2 + acknowledgement[:cut])
        one.receive(acknowledgement[cut:] + frame(b"hello"))
    one.pause()
    assert one.messages == [b"hello"] * 2


def test_a_message_whose_bytes_are_an_acknowledgement_arrives(client: Callable[[], Client]) -> None:
    one, content = client(), frame(ACKNOWLEDGEMENT)
    head = bytes((0x82, 0x80 | 126)) + len(content).to_bytes(2, "big") + bytes(4)  # mask 0
    for cut in range(1, len(head) + 1):
        one.receive(head[:cut])
        one.receive(head[cut:] or content)
        if cut < len(head):
            one.receive(content)
        one.receive(frame(ACKNOWLEDGEMENT))
    one.pause()
    assert one.messages == [content] * len(head)


@pytest.mark.parametrize("first", [0x92, 0x83])
def test_a_malformed_acknowledgement_ends_its_connection(
    client: Callable[[], Client], first: int
) -> None:
    one = client()
    one.receive(bytes((first,)) + frame(ACKNOWLEDGEMENT)[1:])
    assert one.is_closing()


def test_one_without_a_mask_ends_its_connection(client: Callable[[], Client]) -> None:
    one = client()
    one.receive(Frame(Opcode.BINARY, ACKNOWLEDGEMENT).serialize(mask=False))
    assert one.is_closing()


def test_a_message_to_many_is_framed_once(client: Callable[[], Client]) -> None:
    one, other = client(), client()
    assert one.send(b"hello" * 100)
    assert other.send(b"hello" * 100)
    assert one.written[-1] is other.written[-1]
    assert one.written[-1] == Frame(Opcode.BINARY, b"hello" * 100).serialize(mask=False)
    assert one.send("hello")
    assert one.written[-1] == b"\x81\x05hello"


def test_a_client_that_does_not_read_is_not_written_to(client: Callable[[], Client]) -> None:
    one = client()
    before = len(one.written)
    one.protocol.pause_writing()
    assert not one.send(b"hello")
    assert len(one.written) == before
