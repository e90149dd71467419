"""A hundred clients at once: nothing lost, doubled or out of order, and never a 500."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from served import Command

from helpers import connect
from helpers.mock import DEMO_VALUES

pytestmark = pytest.mark.long
Start = Callable[..., Command]
CLIENTS, EACH = 100, 10
SERVICE = DEMO_VALUES["TWILIO_CHAT_SERVICE_SID"]


def post_all(url: str, channel_of: Callable[[int], str]) -> list[list[int]]:
    """Every client posts its messages one after the other; the indexes each was given."""

    def post(number: int) -> list[int]:
        service = connect(url).client.chat.v2.services(SERVICE)
        messages = service.channels(channel_of(number)).messages
        return [
            messages.create(body=f"{number}/{turn}", from_=f"user-{number}").index
            for turn in range(EACH)
        ]

    with ThreadPoolExecutor(CLIENTS) as clients:
        return list(clients.map(post, range(CLIENTS)))


def stored(service: Any, sid: str) -> list[tuple[int, str]]:
    return [(m.index, m.body) for m in service.channels(sid).messages.list()]


def test_a_hundred_clients_post_to_one_channel(command: Start) -> None:
    url = command().url
    service = connect(url).client.chat.v2.services(SERVICE)
    sid = service.channels.create().sid
    given = post_all(url, lambda number: sid)
    kept = stored(service, sid)
    assert [index for index, _ in kept] == list(range(CLIENTS * EACH))
    posted = {index: f"{n}/{turn}" for n, own in enumerate(given) for turn, index in enumerate(own)}
    assert dict(kept) == posted
    assert all(own == sorted(own) for own in given)


def test_a_hundred_clients_post_to_a_hundred_channels(command: Start) -> None:
    url = command().url
    service = connect(url).client.chat.v2.services(SERVICE)
    sids = [service.channels.create().sid for _ in range(CLIENTS)]
    given = post_all(url, sids.__getitem__)
    assert given == [list(range(EACH))] * CLIENTS
    for number, sid in enumerate(sids):
        assert stored(service, sid) == [(turn, f"{number}/{turn}") for turn in range(EACH)]
