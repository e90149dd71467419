"""How soon two hundred connected chat clients hear of what is posted over REST.

    python -m pytest tests/benchmarks/test_realtime_costs.py -s

Server, clients and poster are three processes, as they are in life. Fifty messages a second for
ten seconds; the time counts from before the request is made until the frame is read. On a machine
with less than three idle cores the three wait for one another, and the figures say so.
"""

import json
import re
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from twilio.rest import Client

from helpers import connect
from helpers.mock import MockTwilio
from helpers.mock.realtime.change_log import SyncChange
from helpers.mock.rest.http import Request

HERE = Path(__file__).parent
CLIENTS, RATE, SECONDS = 200, 50, 10
PATIENCE = 60


@contextmanager
def process(*command: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, *command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as running:
        try:
            yield running
        finally:
            running.kill()


@pytest.fixture
def url() -> Iterator[str]:
    with process("-m", "helpers.mock", "--port", "0") as server:
        assert server.stdout is not None
        found = re.search(r"http://\S+", server.stdout.readline())
        assert found
        yield found[0]


def chat(url: str, groups: int) -> list[dict[str, str]]:
    """As many clients as there are, spread over so many channels; who sits where."""
    account = connect(url)
    service = account.client.chat.v2.services(account.credentials.chat_service_sid)
    service.update(limits_channel_members=CLIENTS)
    channels = [service.channels.create().sid for _ in range(groups)]
    seats = []
    for number in range(CLIENTS):
        identity, channel = f"user-{number}", channels[number % groups]
        service.channels(channel).members.create(identity=identity)
        seats.append({"token": account.chat_token(identity), "channel": channel})
    return seats


def post(url: str, channels: list[str]) -> None:
    """Messages at the rate, whatever each takes; each says when it was sent."""
    account = connect(url)
    start = time.monotonic()

    def poster(lane: int, lanes: int) -> None:
        client: Client = account.client
        service = client.chat.v2.services(account.credentials.chat_service_sid)
        for number in range(lane, RATE * SECONDS, lanes):
            time.sleep(max(0, start + number / RATE - time.monotonic()))
            messages = service.channels(channels[number % len(channels)]).messages
            messages.create(body=repr(time.monotonic()))

    threads = [threading.Thread(target=poster, args=(lane, 4)) for lane in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)


@pytest.mark.parametrize("groups", [100, 1], ids=["pairs", "together"])
def test_from_post_to_message_added(url: str, groups: int) -> None:
    seats = chat(url, groups)
    uri = url.replace("http", "ws", 1) + "/v3/wsconnect"
    with process(str(HERE / "chat_clients.py"), uri) as clients:
        assert clients.stdin is not None
        assert clients.stdout is not None
        print(json.dumps(seats), file=clients.stdin, flush=True)
        assert clients.stdout.readline() == "ready\n"
        post(url, list(dict.fromkeys(seat["channel"] for seat in seats)))
        time.sleep(1)
        print(file=clients.stdin, flush=True)
        latencies = sorted(1000 * each for each in json.loads(clients.stdout.readline()))
    median, last = statistics.median(latencies), latencies[int(len(latencies) * 0.99)]
    print(f"\n{groups} channels: median {median:.1f} ms, 99 % {last:.1f}, max {latencies[-1]:.1f}")
    assert len(latencies) == RATE * SECONDS * CLIENTS // groups
    assert median < 20
    assert last < 100


def messages_made(mock: MockTwilio, channel: str, count: int) -> None:
    credentials = mock.credentials
    auth = (credentials.account_sid, credentials.auth_token)
    path = f"/v2/Services/{credentials.chat_service_sid}/Channels/{channel}/Messages"
    for number in range(count):
        form = {"Body": f"message {number}", "From": "bob"}
        request = Request("POST", "chat.twilio.com", path, form=form, auth=auth)
        assert mock.handle(request).status == 201


def test_memory_stays_flat_over_a_hundred_thousand_messages() -> None:
    """Of the server's own; SQLite keeps the messages, which are what was asked to be kept."""
    from helpers.mock.server.running import BackgroundServer

    account = connect()
    mock: Any = account.mock
    service = account.client.chat.v2.services(account.credentials.chat_service_sid)
    channel = service.channels.create().sid
    seats = []
    for identity in ("jane", "bob"):
        service.channels(channel).members.create(identity=identity)
        seats.append({"token": account.chat_token(identity), "channel": channel})
    with BackgroundServer(mock) as server:
        uri = server.url.replace("http", "ws", 1) + "/v3/wsconnect"
        with process(str(HERE / "chat_clients.py"), uri) as clients:
            assert clients.stdin is not None
            assert clients.stdout is not None
            print(json.dumps(seats), file=clients.stdin, flush=True)
            assert clients.stdout.readline() == "ready\n"
            blocks = []
            for _ in range(10):
                messages_made(mock, channel, 10_000)
                time.sleep(1)
                blocks.append(sys.getallocatedblocks())
            entries = mock._backend.store.count(SyncChange)
    print(f"\nPython blocks after each 10,000 messages: {blocks}; log entries: {entries}")
    assert entries < 10
    assert blocks[-1] - blocks[0] < 20_000
