"""Time to start: the package, an account, a server, a thousand tests with an account each."""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .measuring import ROOT, Figure, answered, milliseconds

RUNS = 7
BARE = """
import time; started = time.perf_counter()
import twilio.rest, twilio.rest.chat.v2, twilio.rest.flex_api.v1, twilio.jwt.access_token
print(time.perf_counter() - started)
"""
CONNECTED = """
import time; started = time.perf_counter()
import helpers
imported = time.perf_counter()
helpers.connect()
print([imported - started, time.perf_counter() - imported])
"""
READY = """
import time
from helpers.mock import MockTwilio
from helpers.mock.server.running import BackgroundServer
started = time.perf_counter()
server = BackgroundServer(MockTwilio())
print(time.perf_counter() - started)
server.close()
"""
TESTS = """
import pytest

@pytest.mark.parametrize("number", range(1000))
def test_nothing(number):
    pass
"""
ACCOUNTS = """
import pytest

@pytest.mark.parametrize("number", range(1000))
def test_a_message(twilio, number):
    own, flex = twilio.credentials.chat_service_sid, twilio.client.flex_api.v1
    flow = flex.flex_flow.create(
        friendly_name="Shop", chat_service_sid=own, channel_type="custom",
        integration_type="external", integration_url="https://shop.example.com")
    channel = flex.channel.create(flow.sid, "jane", "Jane", "Chat")
    chat = twilio.client.chat.v2.services(own).channels(channel.sid)
    chat.messages.create(body="hello", from_="jane")
"""


def run() -> Iterator[Figure]:
    """`import helpers` and `connect()`; a server, once its modules are there."""
    floor = statistics.median(started(BARE) for _ in range(RUNS))
    taken = [started(CONNECTED) for _ in range(RUNS)]
    imported, connected = (statistics.median(each) for each in zip(*taken, strict=True))
    both = statistics.median(map(sum, taken))
    yield Figure(
        "`import helpers` and `connect()`, in a new process",
        f"{milliseconds(imported)} and {milliseconds(connected)}",
        f"{milliseconds(floor)} for the SDK's modules alone",
        both,
        "s",
        at_most=0.25,
    )
    ready = statistics.median(started(READY) for _ in range(RUNS))
    yield Figure(
        "server ready, after its imports",
        milliseconds(ready),
        "",
        ready,
        "s",
        at_most=0.1,
    )
    own, floor = (statistics.median(tested(each) for _ in range(3)) for each in (ACCOUNTS, TESTS))
    yield Figure(
        "1,000 tests, each with a new account, a Flex channel and a message",
        f"{own:.2f} s",
        f"{floor:.2f} s for 1,000 that do nothing",
    )


def started(text: str) -> Any:
    """The figures of a program in a new process, its modules compiled as they are for users."""
    kept = {name: each for name, each in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return answered("-c", text, env=kept)


def tested(text: str) -> float:
    """Seconds that pytest says it took for a file of 1,000 tests."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "test_shop.py").write_text(text, "utf-8")
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "helpers.testing.plugin"],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
            capture_output=True,
            text=True,
            check=True,
        )
    found = re.search(r"1000 passed in ([0-9.]+)s", done.stdout)
    assert found is not None
    return float(found[1])
