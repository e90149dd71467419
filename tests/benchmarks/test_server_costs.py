"""What the server adds to the SDK's own cost of a call over loopback, and how soon it answers.

    python -m pytest tests/benchmarks/test_server_costs.py --benchmark-only

Both servers are processes of their own: the mock, and one that gives the same canned answer to
whatever it is asked (the floor). Rounds alternate, so that a busy machine slows both alike.
"""

import re
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from twilio.rest import Client

from helpers.account import SharedMockHttpClient
from helpers.mock import Credentials

pytest.importorskip("pytest_benchmark")

HERE = Path(__file__).resolve().parent
ROUNDS, CALLS = 15, 150
LIMIT = 1.6
"""Times the floor."""
READY = 0.5
"""Seconds."""


@contextmanager
def running(*command: str) -> Iterator[str]:
    """The URL that a server prints once it answers."""
    process = subprocess.Popen(
        [sys.executable, *command], cwd=HERE.parent.parent, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found
        yield found[0]
    finally:
        process.kill()
        process.communicate()


def messages(url: str, channel_sid: str) -> Any:
    known = Credentials.demo()
    client = Client(known.account_sid, known.auth_token, http_client=SharedMockHttpClient(url))
    return client.chat.v2.services(known.chat_service_sid).channels(channel_sid).messages


def new_channel(url: str) -> str:
    known = Credentials.demo()
    client = Client(known.account_sid, known.auth_token, http_client=SharedMockHttpClient(url))
    sid: str = client.chat.v2.services(known.chat_service_sid).channels.create().sid
    return sid


def milliseconds(resource: Any) -> float:
    started = time.perf_counter()
    resource.create(body="How can I help?", from_="alice")
    return (time.perf_counter() - started) * 1000


def test_creating_a_message_over_loopback_costs_little_more_than_a_canned_answer(
    benchmark: Any,
) -> None:
    with running("-m", "helpers.mock", "--port", "0") as mock:
        sid = new_channel(mock)
        with running(str(HERE / "canned_server.py")) as canned:
            pair = messages(mock, sid), messages(canned, sid)
            rounds = [
                [[milliseconds(resource) for _ in range(CALLS)] for resource in pair]
                for _ in range(ROUNDS)
            ][1:]
            benchmark.pedantic(milliseconds, args=(pair[0],), rounds=CALLS)
    ours = statistics.median(call for own, _ in rounds for call in own)
    floor = statistics.median(call for _, own in rounds for call in own)
    ratio = statistics.median(
        statistics.median(own) / statistics.median(canned) for own, canned in rounds
    )
    benchmark.extra_info |= {"floor_ms": floor, "ours_ms": ours, "ratio": ratio}
    print(f"create over loopback: {ours:.2f} ms, canned {floor:.2f} ms, ratio {ratio:.2f}")
    assert ratio <= LIMIT


READINESS = """
import time
from helpers.mock import MockTwilio
from helpers.mock.server.running import BackgroundServer
started = time.perf_counter()
server = BackgroundServer(MockTwilio())
print(time.perf_counter() - started)
server.close()
"""


def test_the_server_answers_within_half_a_second_of_its_imports(benchmark: Any) -> None:
    def ready() -> float:
        done = subprocess.run(
            [sys.executable, "-c", READINESS],
            cwd=HERE.parent.parent,
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        return float(done.stdout)

    taken = [ready() for _ in range(5)]
    benchmark.extra_info["seconds"] = statistics.median(taken)
    benchmark.pedantic(ready, rounds=1)
    print(f"ready {statistics.median(taken):.3f} s after its imports")
    assert statistics.median(taken) < READY
