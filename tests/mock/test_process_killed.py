"""Killed in the middle of a thousand writes: what was acknowledged is there, once and in order."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from filed import channel_of, mock_of, opened
from hooks import PATIENCE

from helpers import MockTwilio
from helpers.mock import DatabaseInUse

HERE = Path(__file__).resolve().parent


class Listener(ThreadingHTTPServer):
    """A webhook's receiver that outlives whoever sends to it; keeps the messages' SIDs."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.told: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/"


class _Answer(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        form = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.told.append(parse_qs(form)["MessageSid"][0])  # type: ignore[attr-defined]
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def listener() -> Iterator[Listener]:
    with Listener() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@contextmanager
def writing(file: Path, hook: str) -> Iterator[subprocess.Popen[str]]:
    """Another process that writes, killed at the latest on leaving."""
    path = os.pathsep.join((str(HERE), str(HERE.parents[1]), os.environ.get("PYTHONPATH", "")))
    command = [sys.executable, str(HERE / "writing.py"), str(file), hook]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": path}
    ) as writer:
        watchdog = threading.Timer(6 * PATIENCE, writer.kill)
        watchdog.start()
        try:
            yield writer
        finally:
            watchdog.cancel()
            writer.kill()


def write_and_kill(file: Path, hook: str, after: int, dawdle: float) -> list[tuple[int, str]]:
    """Have another process write, and kill it once so many were acknowledged and a moment later.

    Returns:
        What was acknowledged: indexes and SIDs.
    """
    with writing(file, hook) as writer:
        assert writer.stdout is not None
        lines = [writer.stdout.readline() for _ in range(after)]
        time.sleep(dawdle)
        writer.kill()
        lines += writer.stdout.readlines()
    acknowledged = [line.split() for line in lines if line.endswith("\n")]
    return [(int(index), sid) for index, sid in acknowledged]


@pytest.mark.long
def test_a_file_that_another_process_has_is_refused_until_that_is_killed(tmp_path: Path) -> None:
    file = tmp_path / "account.db"
    with writing(file, "http://127.0.0.1:9/") as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        with pytest.raises(DatabaseInUse, match=r"account\.db is in use"):
            MockTwilio(db=file)
        writer.kill()
        writer.wait(PATIENCE)
        with opened(file) as account:
            assert channel_of(account).fetch().messages_count > 0


@pytest.mark.long
def test_what_was_acknowledged_survives_being_killed_five_times(
    tmp_path: Path, listener: Listener
) -> None:
    file, moments = tmp_path / "account.db", random.Random(20260601)
    acknowledged: list[tuple[int, str]] = []
    for _ in range(5):
        acknowledged += write_and_kill(
            file, listener.url, moments.randrange(1, 60), moments.uniform(0, 0.02)
        )
        with opened(file) as account:
            found = [(each.index, each.sid) for each in channel_of(account).messages.list()]
            assert mock_of(account).webhooks.settle()
        assert [index for index, _ in found] == list(range(len(found)))
        assert len({sid for _, sid in found}) == len(found)
        assert [each for each in found if each in set(acknowledged)] == acknowledged
        told_first = list(dict.fromkeys(listener.told))
        assert told_first == [sid for _, sid in found]
    assert 5 < len(acknowledged) < 5000
