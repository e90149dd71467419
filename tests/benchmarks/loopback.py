"""Messages created over loopback: by the SDK, and as fast as one core lets the server answer."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from twilio.rest import Client

from helpers.account import SharedMockHttpClient
from helpers.mock import Credentials

from .measuring import (
    CANNED,
    MOCK,
    Figure,
    answered,
    in_turns,
    number,
    paired_figure,
    processor_seconds,
    serving,
)

CONNECTIONS, SECONDS = 8, "5"


def client_of(url: str) -> Client:
    """The SDK's client of a server."""
    known = Credentials.demo()
    return Client(known.account_sid, known.auth_token, http_client=SharedMockHttpClient(url))


def channel_of(url: str) -> Any:
    """A new channel of a mock."""
    service = Credentials.demo().chat_service_sid
    return client_of(url).chat.v2.services(service).channels.create().sid


def messages_of(url: str, channel: str) -> Any:
    """Its messages."""
    service = Credentials.demo().chat_service_sid
    return client_of(url).chat.v2.services(service).channels(channel).messages


def run() -> Iterator[Figure]:
    """One client that waits for each answer, then eight that do."""
    with serving(*MOCK) as (mock, _), serving(*CANNED) as (canned, _):
        channel = channel_of(mock)
        own, floor = messages_of(mock, channel), messages_of(canned, channel)
        found = in_turns(
            lambda: own.create(body="How can I help?", from_="alice"),
            lambda: floor.create(body="How can I help?", from_="alice"),
            rounds=20,
            calls=60,
            clock=time.perf_counter_ns,
        )
        yield paired_figure("create message by the SDK, over loopback", found, 1.15)
        yield Figure(
            "messages a second by the SDK, one client that waits",
            number(1e9 / found.own),
            number(1e9 / found.floor),
        )
    floors = rates(*CANNED)
    rate, median, last, own = rates(*MOCK)
    yield Figure(
        "messages a second from a server on one core, eight connections",
        f"{number(rate)}, {number(own)} µs of its processor each",
        f"{number(floors[0])}, {number(floors[3])} µs",
        rate,
        at_least=2000,
    )
    yield Figure(
        "the same, 99 % within so many medians",
        f"{median:.2f} ms, 99 % {last:.2f} ms",
        f"{floors[1]:.2f} ms, 99 % {floors[2]:.2f} ms",
        last / median,
        at_most=5,
    )


def rates(*server: str) -> tuple[float, float, float, float]:
    """Requests a second; milliseconds of one, the median and that of 99 %; the server's own µs."""
    with serving(*server, core=0) as (url, pid):
        channel = "CH" + "0" * 32 if server == CANNED else channel_of(url)
        before = processor_seconds(pid)
        found = answered("-m", "tests.benchmarks.load", url, channel, str(CONNECTIONS), SECONDS)
        own = (processor_seconds(pid) - before) / found["count"]
    return found["rate"], found["median"], found["last"], own * 1e6
