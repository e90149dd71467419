"""Cells that are interrupted while they send, on a shared mock."""

from __future__ import annotations

import random
import signal
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import pytest
from support import PATIENCE, EventLog

from helpers import ChatClient, connect
from helpers.chat import Channel
from helpers.interrupts import detached
from helpers.mock import MockTwilio
from helpers.mock.server.running import BackgroundServer

INTERRUPTS = 200
"""In all, a half of them by the clock, a half by calls."""
pytestmark = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs POSIX signals")


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with MockTwilio() as mock, BackgroundServer(mock) as server:
        yield server.url


@pytest.fixture
def stored(url: str) -> Any:
    """A new channel with Jane in it, as the SDK names it."""
    account = connect(url)
    service = account.client.chat.v2.services(account.credentials.chat_service_sid)
    channel = service.channels(service.channels.create().sid)
    channel.members.create(identity="jane")
    return channel


@pytest.fixture
def janes(url: str, stored: Any) -> Iterator[Channel]:
    """The channel as Jane's chat client shows it."""
    account = connect(url)
    with ChatClient(account, account.chat_token("jane"), poll_seconds=0.05) as chat:
        yield chat.get_channel_by_sid(stored.fetch().sid)


@contextmanager
def after_seconds(seconds: float) -> Iterator[None]:
    """Interrupt this thread when so much time has passed, wherever it is then."""
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def after_calls(count: int) -> Iterator[None]:
    """Interrupt this thread as it begins or ends its next call but so many.

    That is where the interpreter looks for interrupts, besides loops.
    """
    left = count

    def count_down(_frame: FrameType, event: str, _about: object) -> None:
        nonlocal left
        if event in ("call", "c_return"):
            left -= 1
            if left < 0:
                sys.setprofile(None)
                signal.raise_signal(signal.SIGINT)

    before = sys.getprofile()
    sys.setprofile(count_down)
    try:
        yield
    finally:
        sys.setprofile(before)


def seconds_of(call: Callable[[], object]) -> float:
    """Seconds that a call takes in most cases."""
    return statistics.quantiles([_seconds(call) for _ in range(20)], n=10)[-1]


def _seconds(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def calls_of(call: Callable[[], object]) -> int:
    """Number of calls that a call makes in this thread."""
    made = 0

    def count(_frame: FrameType, event: str, _about: object) -> None:
        nonlocal made
        made += event in ("call", "c_return")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        call()
    finally:
        sys.setprofile(before)
    return made


@pytest.mark.parametrize("how", ["by the clock", "by calls"])
def test_every_acknowledged_message_is_there_once_and_none_is_empty(
    janes: Channel, stored: Any, how: str
) -> None:
    chance, acknowledged, interrupted = random.Random(how), {}, 0
    received = EventLog(janes, "messageAdded")
    warm_up = lambda: janes.send_message("warm-up")  # noqa: E731
    length = seconds_of(warm_up)
    moments = calls_of(warm_up)
    before = threading.active_count()
    number = 0
    while interrupted < INTERRUPTS // 2:
        number += 1
        interrupt = (
            after_seconds(chance.uniform(1e-5, length))
            if how == "by the clock"
            else after_calls(chance.randrange(moments))
        )
        try:
            with interrupt:
                index = janes.send_message(f"{number}")
                acknowledged[index] = f"{number}"
        except KeyboardInterrupt:
            interrupted += 1
    last = janes.send_message("the last")
    assert threading.active_count() <= before + 2
    there = {message.index: message.body for message in stored.messages.list()}
    bodies = [body for body in there.values() if body != "warm-up"]
    assert acknowledged.items() <= there.items()
    assert there[last] == "the last"
    assert len(set(bodies)) == len(bodies)
    assert set(bodies) <= {*map(str, range(1, number + 1)), "the last"}
    received.wait_until(lambda: len(received.all) >= len(there))
    assert [message.index for message in received.arguments] == sorted(there)
