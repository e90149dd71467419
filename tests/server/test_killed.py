"""A server killed in the middle of its work loses nothing that it has acknowledged."""

from __future__ import annotations

import random
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from receiver import Receiver
from served import Command
from support import most_examples
from twilio.base.exceptions import TwilioException

from helpers import connect
from helpers.mock import DEMO_VALUES

Start = Callable[..., Command]
SERVICE = DEMO_VALUES["TWILIO_CHAT_SERVICE_SID"]
KILLS = most_examples(20)
"""Twenty in the long profile: each takes a second of a core to start the server again."""
WRITERS = 4
WRITES = 1000


class Writers:
    """Clients that each post to a channel of their own, until the server no longer answers."""

    def __init__(self, url: str, channels: list[str], known: dict[str, list[str]]) -> None:
        self._url = url
        self._acknowledged = known
        self._enough = threading.Event()
        self._goal = 0
        self._threads = [
            threading.Thread(target=self._write, args=(sid,), daemon=True) for sid in channels
        ]

    def write(self, count: int) -> None:
        """Start the clients, and return once so many writes have been acknowledged."""
        self._goal = sum(map(len, self._acknowledged.values())) + count
        for thread in self._threads:
            thread.start()
        assert self._enough.wait(60)

    def join(self) -> None:
        for thread in self._threads:
            thread.join(30)
            assert not thread.is_alive()

    def _write(self, sid: str) -> None:
        messages = messages_of(self._url, sid)
        own = self._acknowledged[sid]
        for _ in range(WRITES):
            try:
                made = messages.create(
                    body=f"{len(own)}", from_="jane", x_twilio_webhook_enabled="true"
                )
            except (requests.RequestException, TwilioException):
                return
            own.append(made.sid)
            if sum(map(len, self._acknowledged.values())) >= self._goal:
                self._enough.set()


def messages_of(url: str, sid: str) -> Any:
    return connect(url).client.chat.v2.services(SERVICE).channels(sid).messages


def check(url: str, acknowledged: dict[str, list[str]]) -> None:
    """Everything acknowledged is there once, in order; at most one write was cut off before."""
    for sid, expected in acknowledged.items():
        stored = messages_of(url, sid).list(page_size=1000)
        assert [message.index for message in stored] == list(range(len(stored)))
        assert [message.sid for message in stored if message.sid in set(expected)] == expected
        cut_off = [message for message in stored if message.sid not in set(expected)]
        assert len(cut_off) <= KILLS
        expected[:] = [message.sid for message in stored]


def channels_with_webhooks(url: str, receiver: Receiver) -> list[str]:
    service = connect(url).client.chat.v2.services(SERVICE)
    sids = [service.channels.create().sid for _ in range(WRITERS)]
    for sid in sids:
        service.channels(sid).webhooks.create(
            type="webhook",
            configuration_url=receiver.url,
            configuration_triggers=["onMessageSent"],
            configuration_filters=["onMessageSent"],
        )
    return sids


@pytest.mark.long
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_kills_lose_no_acknowledged_message_and_no_webhook(command: Start, tmp_path: Path) -> None:
    chance = random.Random(20)
    file = str(tmp_path / "account.db")
    acknowledged: dict[str, list[str]] = {}
    with Receiver() as receiver:
        server = command("--db", file)
        sids = channels_with_webhooks(server.url, receiver)
        acknowledged = {sid: [] for sid in sids}
        for _ in range(KILLS):
            writers = Writers(server.url, sids, acknowledged)
            writers.write(chance.randint(20, 80))
            server.end(signal.SIGKILL)
            writers.join()
            server = command("--db", file)
            check(server.url, acknowledged)
        everything = {sid for own in acknowledged.values() for sid in own}
        assert receiver.wait_until(
            lambda received: everything <= {each["MessageSid"] for each in received}
        )
    assert len(everything) >= KILLS * 20
