"""A child that was forked: refused by its parent's account, never hung, of no harm to it."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from filed import channel_of, mock_of, opened, service_of

from helpers import Account, ChatClient, MockTwilio, connect

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork"),
    # Python 3.12 warns of every fork in a process with threads
    pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning"),
]
REFUSED = "ForkedProcess: This account belongs to the process that this one was forked from."
PATIENCE = 20
"""Seconds after which a child counts as hung."""


def in_child(act: Callable[[], Any]) -> str:
    """What a function returns or raises in a child."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        signal.alarm(PATIENCE)
        try:
            said = repr(act())
        except Exception as error:
            said = f"{type(error).__name__}: {error}"
        os.write(writing, said.encode())
        os._exit(0)
    os.close(writing)
    with open(reading) as answer:
        said = answer.read()
    _, status = os.waitpid(child, 0)
    return said if said else f"ended by signal {os.WTERMSIG(status)}"


@pytest.fixture(params=["in memory", "in a file"])
def busy(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Account, list[str]]]:
    """An account that a thread writes to, and the bodies of what was acknowledged."""
    file = tmp_path / "account.db" if request.param == "in a file" else None
    with opened(file) as account:
        messages = channel_of(account).messages
        acknowledged: list[str] = []
        done = threading.Event()

        def write() -> None:
            while not done.is_set():
                acknowledged.append(messages.create(body=str(len(acknowledged))).body)

        writer = threading.Thread(target=write)
        writer.start()
        yield account, acknowledged
        done.set()
        writer.join()
    if file is not None:
        with opened(file) as account:
            kept = [each.body for each in channel_of(account).messages.list()]
            assert kept == acknowledged


USES: dict[str, Callable[[Account], Any]] = {
    "a write": lambda account: channel_of(account).messages.create(body="from the child"),
    "a read": lambda account: service_of(account).channels.list(),
    "the clock": lambda account: account.clock.advance(1),
    "a reset": lambda account: mock_of(account).reset(),
    "a copy": lambda account: mock_of(account).copy(),
    "a snapshot": lambda account: mock_of(account).take_snapshot(),
    "webhooks": lambda account: mock_of(account).webhooks.settle(),
    "flows": lambda account: mock_of(account).studio.settle(),
    "faults": lambda account: mock_of(account).faults.add("Fetch*", status=503),
    "a server": lambda account: mock_of(account).serve(),
}


def test_a_child_is_refused_whatever_it_uses(busy: tuple[Account, list[str]]) -> None:
    account, acknowledged = busy
    for name, use in USES.items():
        assert in_child(lambda use=use: use(account)).startswith(REFUSED), name  # type: ignore[misc]
    before = len(acknowledged)
    while len(acknowledged) == before:
        time.sleep(0.01)  # the parent's thread goes on
    sent = [each.body for each in channel_of(account).messages.list(limit=before)]
    assert sent == acknowledged[:before]


@pytest.mark.long
def test_a_child_may_have_an_account_of_its_own(busy: tuple[Account, list[str]]) -> None:
    def act() -> Any:
        with MockTwilio() as own:  # not by the SDK: its dates wait for a lock of Python's library
            url = "https://chat.twilio.com/v2/Services"
            auth = (own.credentials.account_sid, own.credentials.auth_token)
            return own.http_client.request("POST", url, data={"FriendlyName": "x"}, auth=auth)

    for _ in range(20):
        assert in_child(lambda: act().status_code) == "201"
    assert in_child(mock_of(busy[0]).close) == "None"


@pytest.mark.long
def test_the_end_of_a_child_leaves_its_parents_file_alone(tmp_path: Path) -> None:
    script = """if True:
        import os, sys
        from filed import channel_of, opened
        file = sys.argv[1]
        with opened(file) as account:
            channel = channel_of(account)
            for number in range(10):
                channel.messages.create(body=str(number))
                child = os.fork()
                if not child:
                    sys.exit()
                assert os.waitpid(child, 0)[1] == 0
                assert os.path.exists(f"{file}-wal")
        with opened(file) as account:
            print(len(channel_of(account).messages.list()))
    """
    run = [sys.executable, "-c", script, str(tmp_path / "account.db")]
    paths = os.pathsep.join(sys.path)
    done = subprocess.run(
        run, env={**os.environ, "PYTHONPATH": paths}, capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("10\n", "")


def test_a_child_cannot_open_its_parents_file(tmp_path: Path) -> None:
    file = tmp_path / "account.db"
    with opened(file) as account:
        channel_of(account)
        assert in_child(lambda: connect(db=file)).startswith("DatabaseInUse")


def test_a_child_of_multiprocessing_is_refused(account: Account) -> None:
    context: Any = multiprocessing.get_context("fork")
    said = context.SimpleQueue()

    def act() -> None:
        try:
            said.put(repr(service_of(account).channels.list()))
        except RuntimeError as error:
            said.put(f"{type(error).__name__}: {error}")

    child = context.Process(target=act)
    child.start()
    assert said.get().startswith(REFUSED)
    child.join(PATIENCE)
    assert child.exitcode == 0


@pytest.mark.long
def test_a_child_reaches_a_served_mock_over_connections_of_its_own(account: Account) -> None:
    with mock_of(account).serve() as server:
        shared = connect(server.url)
        channel_of(shared)
        for number in range(20):
            assert in_child(lambda: channel_of(shared).messages.create(body="c").body) == "'c'"
            assert channel_of(shared).messages.create(body="p").index == 2 * number + 1
            assert in_child(lambda: shared.clock.now() > 0) == "True"


def test_a_chat_client_of_the_parent_is_over_in_a_child(account: Account) -> None:
    with mock_of(account).serve() as server:
        shared = connect(server.url)
        channel_of(shared).members.create(identity="jane")
        for each in (account, shared):
            with ChatClient(each, each.chat_token("jane")) as chat:
                channel = chat.get_channel_by_unique_name("support")
                said = in_child(lambda channel=channel: channel.send_message("hi"))  # type: ignore[misc]
                assert said.startswith(REFUSED.replace("ForkedProcess", "ChatError"))
                assert in_child(chat.shutdown) == "None"
                assert channel.send_message("hi") is not None


def test_a_served_mocks_connections_end_with_the_parent(account: Account) -> None:
    server = mock_of(account).serve()
    url = server.url
    held = os.fork()
    if not held:
        time.sleep(PATIENCE)
        os._exit(0)
    try:
        server.close()
        with pytest.raises(requests.ConnectionError):
            requests.get(url, timeout=PATIENCE)
    finally:
        os.kill(held, signal.SIGKILL)
        os.waitpid(held, 0)
