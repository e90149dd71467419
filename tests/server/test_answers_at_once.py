"""Small writes are answered as they arrive, by one write, and as on any other way."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import re
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

import pytest
from raw import BASIC, head
from unplugged import Wire

from helpers.mock import DEMO_VALUES, MockTwilio
from helpers.mock.messaging.resources import Message
from helpers.mock.server import protocols, rest_app
from helpers.mock.server.protocols import CuttingProtocol, PromptProtocol
from helpers.mock.server.running import MockServer, listen

URL = "http://127.0.0.1:8787"
SERVICE = f"/chat.twilio.com/v2/Services/{DEMO_VALUES['TWILIO_CHAT_SERVICE_SID']}"
MESSAGES = f"{SERVICE}/Channels/support/Messages"
FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"


@pytest.fixture
def mock() -> MockTwilio:
    mock = MockTwilio()
    chat = mock.client.chat.v2.services(DEMO_VALUES["TWILIO_CHAT_SERVICE_SID"])
    chat.channels.create(unique_name="support")
    return mock


@pytest.fixture
def wire(mock: MockTwilio) -> Iterator[Callable[..., Wire]]:
    """Make connections to a server of the account."""
    listening = listen("127.0.0.1", 0)
    server = MockServer(mock, listening, lambda: None, at_once=True)
    server.config.load()
    loop = asyncio.new_event_loop()
    yield lambda kind=PromptProtocol: Wire(kind, server.config, loop)
    loop.close()
    server._application.close()
    listening.close()


def request(method: str, path: str, *headers: bytes, body: bytes = b"") -> bytes:
    length = b"Content-Length: %d\r\n" % len(body)
    made = head(URL, method, path, BASIC, FORM, length).replace(b"Connection: close\r\n", b"")
    return made[:-2] + b"".join(headers) + b"\r\n" + body


def post(body: str, *headers: bytes, path: str = MESSAGES) -> bytes:
    return request("POST", path, *headers, body=f"Body={body}".encode())


def stored(mock: MockTwilio) -> list[str]:
    return mock.look(lambda ctx: [each.body for each in ctx.store.select(Message)])


def content(answer: bytes) -> Any:
    return json.loads(answer.partition(b"\r\n\r\n")[2])


def names(answer: bytes) -> list[bytes]:
    return [line.partition(b":")[0] for line in answer.partition(b"\r\n\r\n")[0].split(b"\r\n")]


def test_a_small_write_is_answered_before_its_arrival_ends_by_one_write(
    wire: Callable[..., Wire], mock: MockTwilio
) -> None:
    client = wire()
    client.receive(post("hello") + post("again"))
    first, second = client.written
    assert [content(each)["body"] for each in (first, second)] == ["hello", "again"]
    assert stored(mock) == ["hello", "again"]
    assert not client.is_closing()
    assert [(each.method, each.status) for each in mock.requests][-2:] == [("POST", 201)] * 2


def test_its_answer_is_that_of_uvicorn_to_the_header(wire: Callable[..., Wire]) -> None:
    client = wire()
    client.receive(post("hello"))
    client.receive(post("hello", path=MESSAGES.replace("support", "%73upport")))
    at_once, as_usual = client.answers(2)
    assert names(at_once) == names(as_usual)
    assert content(at_once).keys() == content(as_usual).keys()


def test_refusals_are_answered_at_once_too(wire: Callable[..., Wire]) -> None:
    client = wire()
    client.receive(post("hello", path=MESSAGES.replace("support", "sales")))
    client.receive(post("x").replace(BASIC, b""))
    assert [content(each)["code"] for each in client.written] == [20404, 20003]


def test_a_client_that_ends_its_connection_has_the_answer_and_the_end(
    wire: Callable[..., Wire],
) -> None:
    client = wire()
    client.receive(post("hello", b"Connection: close\r\n"))
    assert b"\r\nconnection: close\r\n" in client.written[0]
    assert client.is_closing()


def test_a_write_waits_for_the_answers_before_it(
    wire: Callable[..., Wire], mock: MockTwilio
) -> None:
    client = wire()
    client.receive(post("first"))
    client.receive(request("GET", MESSAGES) + post("hello"))
    client.receive(post("again"))
    assert len(client.written) == 1
    _, read, *posted = client.answers(4)
    assert len(content(read)["messages"]) == 1
    assert [content(each)["body"] for each in posted] == ["hello", "again"]


def test_a_write_waits_while_its_client_does_not_read(
    wire: Callable[..., Wire], mock: MockTwilio
) -> None:
    client = wire()
    for body in ("hello", "again"):
        client.written.clear()
        client.protocol.pause_writing()
        client.receive(post(body))
        client.pause()
        assert client.written == []
        client.protocol.resume_writing()
        assert content(client.answers(1)[0])["body"] == body
        client.receive(post("between"))  # from here on its head is known


@pytest.mark.parametrize("arrived", [0, 4, 9])
def test_a_body_that_comes_after_its_head_or_in_parts_is_answered_once_it_is_whole(
    wire: Callable[..., Wire], mock: MockTwilio, arrived: int
) -> None:
    client, whole = wire(), post("hello")
    for _ in range(2):
        at = whole.index(b"Body=") + arrived
        client.receive(whole[:at])
        client.pause()
        assert len(client.written) == len(stored(mock))
        client.receive(whole[at:])
    assert [content(each)["body"] for each in client.written] == ["hello", "hello"]
    assert stored(mock) == ["hello", "hello"]


def test_a_head_that_comes_again_is_not_parsed_again(
    wire: Callable[..., Wire], mock: MockTwilio, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, bodies = wire(), ["hello", "again", "a longer one"]
    client.receive(post("first"))
    monkeypatch.setattr(client.protocol, "parser", None)
    monkeypatch.setattr(client.protocol, "_write", lambda answer: client.write(answer[1]["body"]))
    for body in bodies:
        whole = post(body)
        head = whole.index(b"Body=")
        for part in (whole[:head], whole[head:]) if body == "again" else (whole,):
            client.receive(part)
    assert [json.loads(each)["body"] for each in client.written[1:]] == bodies
    assert stored(mock) == ["first", *bodies]


def test_heads_are_known_apart(wire: Callable[..., Wire], mock: MockTwilio) -> None:
    client, other = wire(), post("other", path=MESSAGES.replace("support", "sales"))
    client.receive(post("hello") + other)
    client.receive(post("again"))
    client.receive(post("hooks", b"X-Twilio-Webhook-Enabled: true\r\n"))
    client.receive(other)
    client.receive(post("nobody").replace(BASIC, b""))
    codes = [content(each).get("code") for each in client.written]
    assert codes == [None, 20404, None, None, 20404, 20003]
    assert stored(mock) == ["hello", "again", "hooks"]


def test_few_heads_are_known_and_none_that_is_large(wire: Callable[..., Wire]) -> None:
    client = wire()
    for number in range(2 * protocols.MOST_KNOWN):
        client.receive(post("hello", b"X-Number: %d\r\n" % number))
        assert 0 < len(client.protocol._known) <= protocols.MOST_KNOWN
    known = len(client.protocol._known)
    client.receive(post("hello", b"X-Large: %b\r\n" % (b"x" * protocols.LARGEST_KNOWN)))
    assert len(client.protocol._known) == known
    assert len(client.written) == 2 * protocols.MOST_KNOWN + 1


@pytest.mark.parametrize("seed", range(16))
def test_requests_are_answered_as_uvicorn_would_however_they_are_cut(
    wire: Callable[..., Wire], mock: MockTwilio, seed: int
) -> None:
    chance = random.Random(seed)
    chunked = request("POST", MESSAGES, b"Transfer-Encoding: chunked\r\n")
    kinds = [
        lambda: post("x" * chance.randrange(30)),
        lambda: post("x" * chance.randrange(30)),
        lambda: post("other", path=f"{MESSAGES.replace('support', 'sales')}"),
        lambda: post("nobody").replace(BASIC, b""),
        lambda: post("refused", b"Origin: https://evil.example.com\r\n"),
        lambda: post("escaped", path=MESSAGES.replace("support", "%73upport")),
        lambda: post("", b"X-Twilio-Webhook-Enabled: true\r\n"),
        lambda: request("GET", MESSAGES + "?PageSize=1"),
        lambda: chunked.replace(b"Content-Length: 0\r\n", b"") + b"6\r\nBody=y\r\n0\r\n\r\n",
    ]
    sent = [chance.choice(kinds)() for _ in range(20)]
    for at, each in enumerate(sent):
        if chance.random() < 0.3:
            sent[at] = each.replace(b"Content-Length: ", b"CONTENT-LENGTH:   00")
    data, answers = b"".join(sent), []
    inner = sorted(chance.sample(range(len(data)), chance.choice([5, 40])))
    heads = [found.end() for found in re.finditer(rb"\r\n\r\n", data)]
    starts = [*itertools.accumulate(map(len, sent))]
    cuts = sorted({0, len(data), *starts, *([], heads, inner)[seed % 3]} - {*starts[seed % 4 :: 4]})
    cuts = sorted({0, len(data), *cuts})
    for kind in (CuttingProtocol, PromptProtocol):
        client, before = wire(kind), len(stored(mock))
        for start, end in itertools.pairwise(cuts):
            client.receive(data[start:end])
            if chance.random() < 0.5:
                client.pause(0)
        outcome = [
            (each.split(b" ")[1], content(each).get("body"), content(each).get("code"))
            for each in client.answers(len(sent))
        ]
        answers.append((outcome, stored(mock)[before:]))
    assert answers[0] == answers[1]


@pytest.mark.parametrize("known", [0, 1])
def test_a_body_that_stops_on_its_way_is_refused(
    wire: Callable[..., Wire], mock: MockTwilio, monkeypatch: pytest.MonkeyPatch, known: int
) -> None:
    monkeypatch.setattr(protocols, "MAX_STALL", 0.001)
    client, whole = wire(), post("hello") * known
    client.receive(whole)
    client.receive(post("again")[:-1])
    refused = client.answers(known + 1)[-1]
    assert refused.startswith(b"HTTP/1.1 408")
    assert client.is_closing()
    assert stored(mock) == ["hello"] * known


@pytest.mark.parametrize("known", [0, 1])
def test_a_body_may_still_arrive_while_the_server_stops(
    wire: Callable[..., Wire], known: int
) -> None:
    client, whole = wire(), post("hello")
    client.receive(whole * known)
    client.receive(whole[:-1])
    client.protocol.shutdown()
    client.receive(whole[-1:])
    assert content(client.answers(known + 1)[-1])["body"] == "hello"
    assert client.is_closing()


@pytest.mark.parametrize("known", [0, 1])
def test_a_client_that_leaves_within_its_request_has_made_none(
    wire: Callable[..., Wire], mock: MockTwilio, known: int
) -> None:
    client = wire()
    client.receive(post("hello") * known)
    client.receive(post("again")[:-1])
    client.protocol.connection_lost(None)
    client.pause()
    assert stored(mock) == ["hello"] * known


def test_a_body_that_breaks_off_or_makes_no_sense_is_not_carried_out(
    wire: Callable[..., Wire], mock: MockTwilio
) -> None:
    cut, garbled = wire(), wire()
    cut.receive(post("hello")[:-1])
    cut.protocol.connection_lost(None)
    chunked = head(URL, "POST", MESSAGES, BASIC, FORM, b"Transfer-Encoding: chunked\r\n")
    garbled.receive(chunked + b"5\r\nBody=\r\nnonsense\r\n")
    cut.pause()
    assert cut.written == []
    assert [each[:12] for each in garbled.written] == [b"HTTP/1.1 400"]
    assert stored(mock) == []


@pytest.mark.parametrize(
    "foreign",
    [
        b"Origin: https://evil.example.com\r\n",
        b"Sec-Fetch-Site: cross-site\r\n",
        b"User-Agent: TwilioProxy/1.1\r\n",
        b"Host: 127.0.0.1\r\n",
    ],
)
def test_what_a_foreign_page_or_the_mock_itself_sends_is_refused(
    wire: Callable[..., Wire], mock: MockTwilio, foreign: bytes
) -> None:
    client = wire()
    client.receive(post("hello", foreign))
    [answer] = client.answers(1)
    assert answer[:12] in (b"HTTP/1.1 403", b"HTTP/1.1 400")
    assert stored(mock) == []


def test_a_name_that_was_made_to_lead_here_is_refused(
    wire: Callable[..., Wire], mock: MockTwilio
) -> None:
    client = wire()
    client.receive(post("hello").replace(b"127.0.0.1:8787", b"evil.example.com"))
    assert client.answers(1)[0].startswith(b"HTTP/1.1 403")
    assert stored(mock) == []


def test_a_client_that_believes_it_asks_twilio_learns_that_a_mock_answers(
    wire: Callable[..., Wire],
) -> None:
    client, path = wire(), MESSAGES.removeprefix("/chat.twilio.com")
    client.receive(post("hello", path=path).replace(b"127.0.0.1:8787", b"chat.twilio.com"))
    assert b"\r\nx-mock: flex-chat-lab\r\n" in client.answers(1)[0]


def test_a_fault_is_met(wire: Callable[..., Wire], mock: MockTwilio) -> None:
    client = wire()
    mock.faults.add("CreateMessage", status=503, times=1)
    client.receive(post("hello"))
    assert b"HTTP/1.1 503" in client.answers(1)[0]
    client.receive(post("again"))
    assert stored(mock) == ["again"]


def test_a_failure_of_the_server_is_answered_and_logged_without_secrets(
    wire: Callable[..., Wire],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(*_: object, **__: object) -> NoReturn:
        raise RuntimeError(f"auth_token={DEMO_VALUES['TWILIO_AUTH_TOKEN']}")

    client = wire()
    monkeypatch.setattr(rest_app, "read_request", fail)
    client.receive(post("hello"))
    assert [each[:12] for each in client.written] == [b"HTTP/1.1 500"]
    assert client.is_closing()
    assert "auth_token=***" in caplog.text
    assert DEMO_VALUES["TWILIO_AUTH_TOKEN"] not in caplog.text
