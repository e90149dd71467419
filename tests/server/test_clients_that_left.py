"""A client that leaves before its request was carried out has not made it, so may make it again."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from raw import AUTH, BASIC, exchange, head, status

from helpers import Account, ChatClient
from helpers.account import SharedMockHttpClient
from helpers.mock import DEMO_VALUES, MockTwilio
from helpers.mock.messaging.resources import Message
from helpers.mock.server import protocols
from helpers.mock.server.app import WORKERS

SERVICE = DEMO_VALUES["TWILIO_CHAT_SERVICE_SID"]
SOON = 0.3
PATIENCE = 30


@pytest.fixture
def channel(shared: Account) -> Any:
    return shared.client.chat.v2.services(SERVICE).channels.create(unique_name="support")


@contextmanager
def busy(mock: MockTwilio) -> Iterator[Callable[[], object]]:
    """Hold the account, as a long transaction does, to the end of the block or a call."""
    holds, over = threading.Event(), threading.Event()

    def hold(_ctx: object) -> None:
        holds.set()
        assert over.wait(PATIENCE)

    thread = threading.Thread(target=mock.look, args=(hold,))
    thread.start()
    assert holds.wait(PATIENCE)
    try:
        yield over.set
    finally:
        over.set()
        thread.join(PATIENCE)


def ask(url: str, channel: Any, body: str) -> socket.socket:
    """Make a request for a message, without waiting for its answer."""
    parts, form = urlsplit(url), f"Body={body}".encode()
    made = socket.create_connection((parts.hostname, parts.port), PATIENCE)
    path = f"/chat.twilio.com/v2/Services/{SERVICE}/Channels/{channel.sid}/Messages"
    made.sendall(
        b"POST %s HTTP/1.1\r\nHost: %s\r\n" % (path.encode(), parts.netloc.encode())
        + BASIC
        + b"Content-Type: application/x-www-form-urlencoded\r\n"
        + b"Content-Length: %d\r\n\r\n%s" % (len(form), form)
    )
    return made


def let_notice(url: str) -> None:
    """Wait until the server has read what came, and seen who left, before now."""
    for _ in range(3):  # each needs at least a round of its event loop, and no worker
        data = head(url, "GET", "/favicon.ico")
        assert status(exchange(url, data, half_close=False)) == 404


def unanswered(url: str, count: int) -> list[str]:
    """Bodies of the requests that were logged without an answer, once there are so many."""
    until = time.monotonic() + PATIENCE
    while True:
        listed = requests.get(f"{url}/_mock/state/requests", params={"limit": 1000}).json()
        found = [each for each in listed["items"] if each["status"] == 0]
        if len(found) >= count or time.monotonic() > until:
            return [each["path"].rpartition("/")[2] for each in found]
        time.sleep(0.02)


def stored(mock: MockTwilio) -> list[str]:
    return mock.look(lambda ctx: sorted(each.body for each in ctx.store.select(Message)))


@pytest.mark.long
def test_requests_whose_clients_left_while_they_waited_are_not_carried_out(
    mock: MockTwilio, url: str, channel: Any
) -> None:
    count = WORKERS + 20  # some wait for the account, some for a worker
    with busy(mock) as release:
        made = [ask(url, channel, f"{number:02}") for number in range(count)]
        let_notice(url)  # all of them have arrived
        for impatient in made[::2]:
            impatient.close()
        let_notice(url)
        release()
        answers = [patient.recv(65536) for patient in made[1::2]]
    for patient in made[1::2]:
        patient.close()
    assert all(b" 201 Created" in answer for answer in answers)
    assert unanswered(url, count // 2) == ["Messages"] * (count // 2)
    assert stored(mock) == [f"{number:02}" for number in range(1, count, 2)]


def test_a_request_made_again_after_a_time_out_is_carried_out_once(
    mock: MockTwilio, url: str, channel: Any
) -> None:
    path = f"{url}/chat.twilio.com/v2/Services/{SERVICE}/Channels/{channel.sid}/Messages"
    with busy(mock) as release:
        with pytest.raises(requests.ReadTimeout):
            requests.post(path, data={"Body": "hello"}, auth=AUTH, timeout=SOON)
        let_notice(url)
        release()
        assert requests.post(path, data={"Body": "hello"}, auth=AUTH).json()["index"] == 0
    assert stored(mock) == ["hello"]


def test_a_connection_that_a_fault_cuts_may_be_closed_by_its_client_before(
    mock: MockTwilio, url: str, channel: Any, caplog: pytest.LogCaptureFixture
) -> None:
    mock.faults.add("CreateMessage", kind="reset", phase="after")
    logged = len(unanswered(url, 0))
    with busy(mock):
        ask(url, channel, "hello").close()
        let_notice(url)
    assert len(unanswered(url, logged + 1)) == logged + 1
    assert stored(mock) == ["hello"]  # as the fault says
    assert [each.getMessage() for each in caplog.records] == []


def test_a_connection_that_has_just_closed_can_still_be_cut(url: str) -> None:
    async def cut() -> bool:
        parts = urlsplit(url)
        _, writer = await asyncio.open_connection(parts.hostname, parts.port)
        writer.close()
        await writer.wait_closed()
        protocols._cut(writer.transport)
        return writer.transport.is_closing()

    assert asyncio.run(cut())


def test_a_chat_client_whose_message_waited_too_long_sends_it_again_and_it_is_there_once(
    mock: MockTwilio, url: str, channel: Any
) -> None:
    channel.members.create(identity="jane")
    door = SharedMockHttpClient(url, timeout=SOON)
    account = Account("shared", mock.credentials, door)
    posted: list[str] = []
    request = door.request

    def counted(method: str, uri: str, *args: Any, **options: Any) -> Any:
        posted.extend([uri] if (method, uri.rpartition("/")[2]) == ("POST", "Messages") else [])
        return request(method, uri, *args, **options)

    door.request = counted  # type: ignore[method-assign]
    chat = ChatClient(account, account.chat_token("jane"), wait=lambda over, _s: over.wait(0.05))
    try:
        [own] = chat.get_subscribed_channels()
        with busy(mock) as release:
            threading.Timer(3 * SOON, release).start()
            assert own.send_message("hello") == 0
    finally:
        chat.shutdown()
        door.session.close()
    assert len(posted) > 1
    assert stored(mock) == ["hello"]
