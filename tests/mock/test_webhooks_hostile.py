"""Receivers that answer without end, with odd JSON or character sets, slowly, or not at all."""

from __future__ import annotations

import gzip
import socket
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
import requests
from studio_lab import Lab, send, to, widget
from support import PATIENCE

from helpers import Account
from helpers.mock.core.bounds import MAX_ANSWER
from helpers.mock.core.jobs import KeyedExecutor
from helpers.mock.studio import executor
from helpers.mock.webhooks.network import CallPolicy
from helpers.mock.webhooks.receivers import Receivers, WebhookAnswer

Respond = Callable[[socket.socket], None]


@contextmanager
def listening(respond: Respond) -> Iterator[str]:
    """A server that reads a request, and hands its connection to `respond`."""
    server = socket.create_server(("127.0.0.1", 0))
    threads: list[threading.Thread] = []

    def serve(connection: socket.socket) -> None:
        with connection:
            head, _, body = connection.recv(65_536).partition(b"\r\n\r\n")
            size = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
            while len(body) < size:
                body += connection.recv(65_536)
            try:
                respond(connection)
            except OSError:
                return

    def accept() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            threads.append(threading.Thread(target=serve, args=(connection,), daemon=True))
            threads[-1].start()

    accepting = threading.Thread(target=accept, daemon=True)
    accepting.start()
    try:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/hook"
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        accepting.join()
        for thread in threads:
            thread.join(5)


def answer(body: bytes, content_type: str = "application/json", more: str = "") -> Respond:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\n{more}"
    whole = f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
    return lambda connection: connection.sendall(whole)


def without_end(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
    while True:
        connection.sendall(b"x" * 65_536)


def drop_by_drop(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        connection.sendall(b"x")
        time.sleep(0.05)


def headers_without_end(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        connection.sendall(b"X-A: b\r\n" * 1_000)


def packed_to_nothing(connection: socket.socket) -> None:
    """Send a gzip header whose file name never ends."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n")
    connection.sendall(b"\x1f\x8b\x08\x08" + bytes(6))
    while True:
        connection.sendall(b"x" * 8_192)
        time.sleep(0.01)


TOO_LARGE = "answered with more than 1024 kB"


def asked(respond: Respond, timeout: float = 30) -> WebhookAnswer:
    receivers = Receivers("token", CallPolicy())
    receivers.timeout = timeout
    with listening(respond) as url:
        return receivers.send("POST", url, {"a": "b"})


def test_an_answer_without_end_is_a_delivery_that_failed() -> None:
    tracemalloc.start()
    try:
        found = asked(without_end)
        assert tracemalloc.get_traced_memory()[1] < 8 * MAX_ANSWER
    finally:
        tracemalloc.stop()
    assert (found.status, found.problem) == (None, TOO_LARGE)


def test_a_small_answer_that_unpacks_to_a_large_one_is_not_read() -> None:
    packed = gzip.compress(b"0" * 100_000_000)
    tracemalloc.start()
    try:
        found = asked(answer(packed, more="Content-Encoding: gzip\r\n"))
        assert tracemalloc.get_traced_memory()[1] < 8 * MAX_ANSWER
    finally:
        tracemalloc.stop()
    assert (found.status, found.problem) == (None, TOO_LARGE)


@pytest.mark.parametrize(("beyond", "expected"), [(0, (200, None)), (1, (None, TOO_LARGE))])
@pytest.mark.parametrize("more", ["", "Content-Encoding: gzip\r\n"])
def test_an_answer_may_have_so_many_bytes(
    more: str, beyond: int, expected: tuple[int | None, str | None]
) -> None:
    body = b" " * (1024 * 1024 + beyond)
    found = asked(answer(gzip.compress(body) if more else body, "text/plain", more))
    assert (found.status, found.problem) == expected
    assert found.body == ("" if beyond else body.decode())


@pytest.mark.parametrize(("seconds", "is_late"), [(4.999, False), (5.0, False), (5.001, True)])
def test_a_receiver_has_exactly_its_time(
    monkeypatch: pytest.MonkeyPatch, seconds: float, is_late: bool
) -> None:
    class Simulated:
        """A thread whose work takes so long, by a clock that nobody waits for."""

        def __init__(self, target: Callable[[], object], **_about: object) -> None:
            self._target = target

        def start(self) -> None:
            pass

        def join(self, limit: float) -> None:
            if seconds <= limit:
                self._target()

    receivers = Receivers("token", CallPolicy())
    receivers.register("https://bot.example.com", lambda _request: {"body": "hello"})
    monkeypatch.setattr("helpers.mock.webhooks.receivers.threading.Thread", Simulated)
    found = receivers.send("POST", "https://bot.example.com", {"a": "b"})
    assert (found.is_late, found.status) == (is_late, None if is_late else 200)
    assert found.problem == ("no answer within 5 s" if is_late else None)


@pytest.mark.parametrize("respond", [drop_by_drop, packed_to_nothing])
def test_an_answer_that_drips_is_late_and_its_thread_ends(respond: Respond) -> None:
    found = asked(respond, timeout=0.5)
    assert found.is_late
    deadline = time.monotonic() + 30
    while any(thread.name == "webhook" for thread in threading.enumerate()):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_headers_without_end_are_a_delivery_that_failed() -> None:
    found = asked(headers_without_end)
    assert (found.status, found.problem) == (None, "could not be reached: ConnectionError")


@pytest.mark.parametrize("charset", ["idna", "punycode", "zlib", "nonsense", "rot13", '"'])
def test_an_odd_character_set_is_read_as_utf_8(charset: str) -> None:
    body = b"gr\xc3\xbc\xc3\x9fe" + b"-x" * 200_000
    found = asked(answer(body, f"text/plain; charset={charset}"))
    assert (found.status, found.body[:5]) == (200, "grüße")


DEEP = b"[" * 10_000 + b"]" * 10_000
ODD = (
    DEEP,
    b'{"body": ' * 5_000 + b"1" + b"}" * 5_000,
    b'{"attributes": ' * 900 + b"1" + b"}" * 900,
    b'{"body": "\\ud800"}',
    b'{"body": 1' + b"0" * 5_000 + b"}",
    b"\xff\xfe",
    b'{"body": NaN}',
)


@pytest.mark.parametrize("body", ODD)
def test_odd_json_of_a_pre_event_webhook_lets_the_message_through_or_refuses_it(
    account: Account, janes: Any, service: Any, body: bytes
) -> None:
    with listening(answer(body)) as url:
        service.update(pre_webhook_url=url, webhook_filters=["onMessageSend"])
        janes.send_message("hello")
    [found] = account.mock.webhooks.log
    assert found.status == 200


@pytest.mark.parametrize("body", ODD)
def test_odd_json_for_a_flow_is_text_and_nothing_more(body: bytes) -> None:
    lab = Lab()
    with listening(answer(body)) as url:
        ways = to("success", "ok"), to("failed")
        request = widget("ask", "make-http-request", *ways, url=url, method="POST")
        assert lab.heard(request, send("ok", "{{widgets.ask.status_code}}")) == ["200"]
    assert lab.studio.errors == []
    lab.close()


def test_an_answer_without_end_fails_its_widget() -> None:
    lab = Lab()
    with listening(without_end) as url:
        ways = to("success"), to("failed")
        lab.heard(widget("ask", "make-http-request", *ways, url=url, method="POST"))
    assert (lab.the_error().code, lab.the_error().ended) == (81016, False)
    assert "more than 1024 kB" in lab.the_error().message
    lab.close()


# -- slow receivers


def test_a_receiver_never_waits_for_others_that_hang(service: Any, webhooks: Any) -> None:
    free, arrived = threading.Event(), threading.Event()
    webhooks.timeout = 2 * PATIENCE
    for number in range(24):
        slow = service.channels.create().webhooks
        url = f"https://slow{number}.example.com"
        slow.create("webhook", configuration_url=url, configuration_filters=["onMessageSent"])
        webhooks.register(url, lambda _: free.wait(2 * PATIENCE) and None)
    channels = service.channels.list()
    healthy = channels[0].webhooks  # beside a slow one, in its own channel
    url = "https://healthy.example.com"
    healthy.create("webhook", configuration_url=url, configuration_filters=["onMessageSent"])
    webhooks.register(url, lambda _: arrived.set())
    for channel in reversed(channels):
        channel.messages.create(body="hi", x_twilio_webhook_enabled="true")
    assert arrived.wait(PATIENCE)
    free.set()
    assert webhooks.settle()


def test_a_flow_never_waits_for_the_functions_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    lab = Lab()
    monkeypatch.setattr(executor, "REQUEST_SECONDS", 2 * PATIENCE)
    free = threading.Event()
    lab.studio.register_function(
        "https://slow.example.com", lambda _: free.wait(2 * PATIENCE) and None
    )
    request = widget("ask", "make-http-request", to("success"), url="https://slow.example.com")
    slow, quick = lab.flow(request), lab.flow(send("hi", "Hi"))
    for number in range(24):
        channel = lab.channel(slow)
        channel.messages.create(from_=f"j{number}", body="x", x_twilio_webhook_enabled="true")
    channel = lab.channel(quick)
    channel.messages.create(from_="jane", body="x", x_twilio_webhook_enabled="true")
    deadline = time.monotonic() + PATIENCE
    while lab.answers(channel) != ["Hi"]:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    free.set()
    assert lab.studio.settle()
    lab.close()


def test_reads_never_wait_for_pre_event_webhooks(
    account: Account, service: Any, channel: Any
) -> None:
    mock = account.mock
    free, waiting = threading.Event(), threading.Semaphore(0)

    def hang(_: Any) -> None:
        waiting.release()
        free.wait(2 * PATIENCE)

    mock.webhooks.timeout = 2 * PATIENCE
    mock.webhooks.register("https://slow.example.com", hang)
    service.update(pre_webhook_url="https://slow.example.com", webhook_filters=["onMessageSend"])
    service.update(limits_channel_members=100)
    channel.members.create(identity="jane")
    with mock.serve() as server, ThreadPoolExecutor(60) as senders:
        token = account.chat_token("jane")
        url = f"{server.url}/chat.twilio.com/v2/Services/{service._solution['sid']}/Channels"
        sent = [
            senders.submit(
                requests.post,
                f"{url}/{channel._solution['sid']}/Messages",
                data={"Body": "hi"},
                auth=("token", token),
                timeout=2 * PATIENCE,
            )
            for _ in range(60)
        ]
        for _ in range(40):
            assert waiting.acquire(timeout=PATIENCE)
        account_auth = (account.credentials.account_sid, account.credentials.auth_token)
        answer = requests.get(url, auth=account_auth, timeout=PATIENCE)  # while they all wait
        assert answer.status_code == 200
        free.set()
        assert {each.result().status_code for each in sent} == {201}


def test_a_job_that_waits_takes_up_no_workers_place() -> None:
    executor, free, done = KeyedExecutor("jobs", workers=1), threading.Event(), threading.Event()

    def wait() -> None:
        with executor.waiting():
            free.wait(2 * PATIENCE)

    for number in range(30):
        executor.put(str(number), wait)
    executor.put("other", done.set)
    assert done.wait(PATIENCE)
    free.set()
    assert executor.settle(PATIENCE)
    assert executor.close(PATIENCE)


def test_workers_are_no_more_than_allowed_once_nothing_waits() -> None:
    executor, lock = KeyedExecutor("jobs", workers=2), threading.Lock()
    running, most = 0, 0

    def wait() -> None:
        with executor.waiting():
            time.sleep(0.05)

    def work() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.001)
        with lock:
            running -= 1

    for number in range(20):
        executor.put(str(number), wait)
    assert executor.settle(PATIENCE)
    for number in range(100):
        executor.put(str(number), work)
    assert executor.settle(PATIENCE)
    assert most <= 2
    assert executor.close(PATIENCE)
