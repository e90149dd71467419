"""Cells that are interrupted while they send, on a shared mock and on one in this kernel."""

from __future__ import annotations

import gc
import os
import random
import signal
import statistics
import sys
import threading
import time
import timeit
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from support import PATIENCE, EventLog

from helpers import Account, ChatClient, connect
from helpers.chat import Channel
from helpers.interrupts import Uninterrupted, detached, orderly
from helpers.lazy import uncollected
from helpers.mock import MockTwilio
from helpers.mock.server.running import BackgroundServer

INTERRUPTS = 200
"""In all, a half of them by the clock, a half by calls."""
pytestmark = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs POSIX signals")


@pytest.fixture(autouse=True)
def _interrupts_come() -> Iterator[None]:
    """Take interrupts as Python does, also where a shell has this process ignore them (`&`)."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


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
    before = signal.signal(signal.SIGALRM, lambda *_: signal.raise_signal(signal.SIGINT))
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@pytest.fixture(autouse=True)
def _without_the_collector() -> Iterator[None]:
    """Let no interrupt come in a finalizer of what other tests have left, where it is lost."""
    gc.collect()
    with uncollected():
        yield


def sleep_interrupted() -> None:
    """Sleep for long, and have `after_seconds` interrupt this soon after it has begun."""
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    time.sleep(PATIENCE)


@contextmanager
def after_calls(count: int) -> Iterator[None]:
    """Interrupt this thread as it begins or ends its next call but so many, at last if it hangs.

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
        with after_seconds(PATIENCE):
            yield
    finally:
        sys.setprofile(before)


def seconds_of(call: Callable[[], object]) -> float:
    """Seconds that a call takes in most cases."""
    return statistics.quantiles(timeit.repeat(call, number=1, repeat=20), n=10)[-1]


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


def send_interrupted(channel: Channel, how: str) -> dict[int, str]:
    """Send messages, of which `INTERRUPTS / 2` are interrupted; the acknowledged ones by index."""
    chance, acknowledged, interrupted, number = random.Random(how), {}, 0, 0
    warm_up = partial(channel.send_message, "warm-up")
    length = seconds_of(warm_up)
    moments = calls_of(warm_up)
    while interrupted < INTERRUPTS // 2:
        number += 1
        interrupt = (
            after_seconds(chance.uniform(1e-5, length))
            if how == "by the clock"
            else after_calls(chance.randrange(moments))
        )
        started = time.perf_counter()
        try:
            with interrupt:
                index = channel.send_message(f"{number}")
                acknowledged[index] = f"{number}"
        except KeyboardInterrupt:
            interrupted += 1
        assert time.perf_counter() - started < PATIENCE, "it hangs since an interrupt"
    acknowledged[channel.send_message("the last")] = "the last"
    return acknowledged


def check(stored: Any, acknowledged: dict[int, str]) -> list[Any]:
    """Everything acknowledged is there once, nothing is empty; all that is there."""
    messages: list[Any] = stored.messages.list()
    there = {message.index: message.body for message in messages}
    bodies = [body for body in there.values() if body != "warm-up"]
    assert list(there) == list(range(len(messages)))
    assert acknowledged.items() <= there.items()
    assert len(set(bodies)) == len(bodies)
    assert all(body.isdecimal() or body == "the last" for body in bodies)
    return messages


@pytest.mark.parametrize("how", ["by the clock", "by calls"])
def test_every_acknowledged_message_is_there_once_and_none_is_empty(
    janes: Channel, stored: Any, how: str
) -> None:
    received = EventLog(janes, "messageAdded")
    messages = check(stored, send_interrupted(janes, how))
    received.wait_until(lambda: len(received.all) >= len(messages))
    assert [each.index for each in received.arguments] == [each.index for each in messages]


@pytest.mark.parametrize("how", ["by the clock", "by calls"])
@pytest.mark.parametrize("is_on_disk", [False, True], ids=["in memory", "in a file"])
def test_the_account_in_this_kernel_survives_interrupts_too(
    tmp_path: Path, how: str, is_on_disk: bool
) -> None:
    account = connect(db=tmp_path / "account.db" if is_on_disk else None)
    service = account.client.chat.v2.services(account.credentials.chat_service_sid)
    channel = service.channels(service.channels.create().sid)
    channel.members.create(identity="jane")
    informed: list[str] = []
    account.mock.webhooks.register(
        "https://bot.example.com", lambda request: informed.append(request.parameters["MessageSid"])
    )
    channel.webhooks.create(
        type="webhook",
        configuration_url="https://bot.example.com",
        configuration_triggers=["onMessageSent"],
        configuration_filters=["onMessageSent"],
    )
    with account.mock, ChatClient(account, account.chat_token("jane")) as chat:
        messages = check(channel, send_interrupted(chat.get_subscribed_channels()[0], how))
        assert account.mock.webhooks.settle()
        assert informed == [message.sid for message in messages]


def test_an_event_handler_is_interrupted_at_once_and_the_others_get_the_event(
    account: Account, channel: Any, connected: Callable[[str], ChatClient]
) -> None:
    for identity in ("jane", "joe"):
        channel.members.create(identity=identity)
    jane, joe = connected("jane"), connected("joe")
    received = EventLog(joe, "messageAdded")
    started = time.perf_counter()
    jane.on("messageAdded", lambda _message: sleep_interrupted())
    with pytest.raises(KeyboardInterrupt), after_seconds(PATIENCE):
        channel.messages.create(body="hello", from_="agent")
    assert time.perf_counter() - started < PATIENCE
    assert received.bodies == [message.body for message in channel.messages.list()] == ["hello"]


# -- the call that an interrupt does not cut off


def test_a_call_outlives_the_interrupt_of_its_caller() -> None:
    begun, released, ended = threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        released.wait(PATIENCE)
        ended.set()

    with pytest.raises(KeyboardInterrupt), after_seconds(PATIENCE):
        detached(work)
    assert begun.wait(PATIENCE)
    assert not ended.is_set()
    assert detached(lambda: "the next") == "the next"  # on another thread
    released.set()
    assert ended.wait(PATIENCE)


def test_a_call_raises_its_own_exception_with_the_place_where_it_failed() -> None:
    def fail() -> None:
        raise ValueError("no such thing")

    with pytest.raises(ValueError, match="no such thing") as caught:
        detached(fail)
    assert caught.traceback[-1].name == "fail"


def test_other_threads_make_their_own_calls() -> None:
    assert detached(threading.get_ident) != threading.get_ident()
    found: list[int] = []
    other = threading.Thread(target=lambda: found.append(detached(threading.get_ident)))
    other.start()
    other.join()
    assert found == [other.ident]


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_child_has_threads_of_its_own() -> None:
    assert detached(lambda: 1) == 1
    child = os.fork()
    if child == 0:
        os._exit(detached(lambda: 7))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7


def test_the_controls_of_a_shared_mock_survive_interrupts(url: str) -> None:
    chance, account = random.Random("controls"), connect(url)
    assert account.mock is not None
    faults, interrupted = account.mock.faults, 0
    moments = calls_of(faults.clear)
    for _ in range(50):
        try:
            with after_calls(chance.randrange(moments)):
                faults.clear()
        except KeyboardInterrupt:
            interrupted += 1
    assert interrupted > 25
    with faults.add("CreateMessage", status=503):
        assert len(faults) == 1
    assert len(faults) == 0


def test_a_clock_that_is_interrupted_goes_on(account: Account) -> None:
    chance, clock, interrupted = random.Random("clock"), account.clock, 0
    fired: list[int] = []

    def move() -> None:
        clock.call_later(1, lambda: fired.append(1))
        clock.advance(2)

    moments = calls_of(move)
    for _ in range(100):
        try:
            with after_calls(chance.randrange(moments)):
                move()
        except KeyboardInterrupt:
            interrupted += 1
    assert interrupted > 50
    reached = threading.Event()
    clock.call_later(0.01, reached.set)  # in real time, on the clock's own thread
    assert reached.wait(PATIENCE)
    clock.advance(2)  # what the last interrupt may have left
    before = len(fired)
    move()
    assert len(fired) == before + 1


def test_an_advance_is_interrupted_in_a_timer_that_takes_long(account: Account) -> None:
    started = time.perf_counter()
    account.clock.call_later(1, sleep_interrupted)
    with pytest.raises(KeyboardInterrupt), after_seconds(PATIENCE):
        account.clock.advance(2)
    assert time.perf_counter() - started < PATIENCE


def test_waiting_for_webhooks_is_interrupted_at_once(account: Account, channel: Any) -> None:
    assert account.mock is not None
    released = threading.Event()
    account.mock.webhooks.register("https://bot.example.com", lambda _: released.wait(PATIENCE))
    channel.webhooks.create(
        type="webhook",
        configuration_url="https://bot.example.com",
        configuration_triggers=["onMessageSent"],
        configuration_filters=["onMessageSent"],
    )
    channel.messages.create(body="hello", x_twilio_webhook_enabled="true")
    started = time.perf_counter()
    with pytest.raises(KeyboardInterrupt), after_seconds(0.1):
        account.mock.webhooks.settle()
    assert time.perf_counter() - started < 5  # when the receiver has had its time
    released.set()
    assert account.mock.webhooks.settle()


def test_a_handler_that_raises_nothing_is_called_at_once() -> None:
    came: list[int] = []
    signal.signal(signal.SIGINT, orderly(lambda number, _frame: came.append(number)))
    with Uninterrupted():
        os.kill(os.getpid(), signal.SIGINT)
        assert came == [signal.SIGINT]
