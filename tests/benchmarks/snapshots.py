"""Snapshots and copies of an account, beside SQLite's own backup."""

from __future__ import annotations

import sqlite3
import statistics
import time
from collections.abc import Callable, Iterator

from helpers import connect

from .growth import FEW, FLAT, a_channel
from .in_process import chat_messages
from .measuring import Figure, in_turns, number, paired_figure

MESSAGES = 200_000


def run() -> Iterator[Figure]:
    """One message within a snapshot; a copy of the whole."""
    few, many = connect(seed=1), connect(seed=1)
    service = few.credentials.chat_service_sid
    calls = []
    for account, count in ((many, MESSAGES), (few, FEW)):
        own = chat_messages(account.client, service, a_channel(account, count))

        def within(account=account, own=own) -> None:
            with account.mock.snapshot():
                own.create(body="How can I help?")

        calls.append(within)
    found = in_turns(*calls, rounds=10, calls=5)
    title = f"snapshot around one message, beside {MESSAGES:,} and {FEW}"
    yield paired_figure(title, found, FLAT)
    image = many.mock.take_snapshot().account[0]
    size = len(image) / 1e6
    with sqlite3.connect(":memory:", isolation_level=None) as source:
        source.deserialize(image)

        def back_up() -> None:
            twin = sqlite3.connect(":memory:")
            source.backup(twin)
            twin.close()

        floor = size / fastest(back_up)
    source.close()
    rate = size / fastest(lambda: many.mock.copy().close())
    yield Figure(
        f"copy of an account of {size:.0f} MB",
        f"{number(rate)} MB/s",
        f"{number(floor)} MB/s, SQLite's backup",
        rate,
        "MB/s",
        at_least=200,
    )


def fastest(call: Callable[[], object]) -> float:
    """Seconds of processor time, the median of five."""
    taken = []
    for _ in range(5):
        started = time.process_time()
        call()
        taken.append(time.process_time() - started)
    return statistics.median(taken)
