"""Messages posted over REST until connected chat clients have them; memory of idle connections.

Server, clients and poster are three processes, as they are in life. On a machine with less than
three idle cores they wait for one another, and the figures say so.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from helpers import connect

from .measuring import (
    HERE,
    MOCK,
    Figure,
    megabytes,
    number,
    percentile,
    process,
    processor_seconds,
    serving,
)

CLIENTS, RATE, SECONDS = 200, 20, 8
IDLE = 1000
PLACES = 100
"""Members of a channel of idle clients."""


def seats(url: str, clients: int, channels: int) -> list[dict[str, str]]:
    """Tokens of so many members of so many channels."""
    account = connect(url)
    service = account.client.chat.v2.services(account.credentials.chat_service_sid)
    service.update(limits_channel_members=max(CLIENTS, PLACES))
    made = [service.channels.create().sid for _ in range(channels)]
    found = []
    for number_ in range(clients):
        identity, channel = f"user-{number_}", made[number_ % channels]
        service.channels(channel).members.create(identity=identity)
        found.append({"token": account.chat_token(identity), "channel": channel})
    return found


@contextmanager
def connected(url: str, plan: Sequence[dict[str, str]]) -> Iterator[Any]:
    """The process of clients that follow their channels; a line ends it."""
    uri = url.replace("http", "ws", 1) + "/v3/wsconnect"
    with process(sys.executable, str(HERE / "chat_clients.py"), uri) as clients:
        print(json.dumps(plan), file=clients.stdin, flush=True)
        assert clients.stdout.readline() == "ready\n"
        yield clients


def post(url: str, channel: str) -> None:
    """Post messages at the rate; each says when it was sent."""
    account = connect(url)
    service = account.client.chat.v2.services(account.credentials.chat_service_sid)
    start = time.monotonic()
    for number_ in range(RATE * SECONDS):
        time.sleep(max(0, start + number_ / RATE - time.monotonic()))
        service.channels(channel).messages.create(body=repr(time.monotonic()))


def run() -> Iterator[Figure]:
    """200 clients of one channel, then 1,000 that are idle."""
    with serving(*MOCK) as (url, pid):
        plan = seats(url, CLIENTS, 1)
        with connected(url, plan) as clients:
            before = processor_seconds(pid)
            post(url, plan[0]["channel"])
            time.sleep(1)
            own = 1000 * (processor_seconds(pid) - before) / (RATE * SECONDS)
            print(file=clients.stdin, flush=True)
            taken = [1000 * each for each in json.loads(clients.stdout.readline())]
        assert len(taken) == RATE * SECONDS * CLIENTS
    median, last = statistics.median(taken), percentile(taken, 0.99)
    name = f"REST post to `messageAdded`, {CLIENTS} clients of one channel"
    taken_by = f"{number(own)} ms of the server's processor for all"
    yield Figure(f"{name}: median", f"{number(median)} ms; {taken_by}", "", median, "ms", at_most=5)
    yield Figure(f"{name}: 99 %", f"{number(last)} ms", "", last, "ms", at_most=15)
    with serving(*MOCK) as (url, pid):
        before = megabytes(pid)
        with connected(url, seats(url, IDLE, IDLE // PLACES)):
            size = megabytes(pid)
    yield Figure(
        f"memory of a server with {IDLE:,} idle connections",
        f"{number(size)} MB",
        f"{number(before)} MB with none",
        size,
        "MB",
        at_most=200,
    )
