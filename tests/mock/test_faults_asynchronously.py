"""Faults of the asynchronous SDK."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import aiohttp
import pytest
from faulty import LATE, SOON, bodies
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from helpers import Account
from helpers.mock import MockTwilio


def send_asynchronously(account: Account, mock: MockTwilio, channel: Any) -> None:
    own, sid = account.credentials, channel.fetch().sid
    client = Client(own.account_sid, own.auth_token, http_client=mock.async_http_client)
    messages = client.chat.v2.services(own.chat_service_sid).channels(sid).messages
    asyncio.run(messages.create_async(body="hello"))


@pytest.mark.parametrize("phase", ["before", "after"])
@pytest.mark.parametrize(
    ("fault", "raised"),
    [
        ({"status": 503}, TwilioRestException),
        ({"kind": "timeout"}, TimeoutError),
        ({"kind": "reset"}, aiohttp.ClientOSError),
    ],
    ids=["refusal", "timeout", "reset"],
)
def test_the_asynchronous_sdk_meets_the_same_faults(
    account: Account,
    mock: MockTwilio,
    channel: Any,
    fault: dict[str, Any],
    raised: type[Exception],
    phase: str,
) -> None:
    made = mock.faults.add("CreateMessage", phase=phase, **fault)
    with pytest.raises(raised):
        send_asynchronously(account, mock, channel)
    assert bodies(channel) == ([] if phase == "before" else ["hello"])
    assert made.hits == 1


def test_the_asynchronous_sdk_waits_for_what_is_late(
    account: Account, mock: MockTwilio, channel: Any
) -> None:
    mock.faults.add("CreateMessage", latency=LATE)
    started = time.monotonic()
    send_asynchronously(account, mock, channel)
    assert time.monotonic() - started >= LATE
    assert bodies(channel) == ["hello"]


def test_an_asynchronous_request_gives_up_when_its_time_is_over(
    account: Account, mock: MockTwilio
) -> None:
    mock.faults.add("CreateService", latency=60)
    own = account.credentials
    request = mock.async_http_client.request(
        "POST",
        "https://chat.twilio.com/v2/Services",
        data={"FriendlyName": "Mine"},
        auth=(own.account_sid, own.auth_token),
        timeout=SOON,
    )
    with pytest.raises(TimeoutError):
        asyncio.run(request)
    names = [each.friendly_name for each in account.client.chat.v2.services.list()]
    assert names == ["Flex Chat Service", "Mine"]


def test_the_event_loop_runs_on_while_an_answer_is_late(
    account: Account, mock: MockTwilio, channel: Any
) -> None:
    own, sid = account.credentials, channel.fetch().sid
    client = Client(own.account_sid, own.auth_token, http_client=mock.async_http_client)
    messages = client.chat.v2.services(own.chat_service_sid).channels(sid).messages
    late = mock.faults.add("CreateMessage", latency=LATE, times=None)
    hits: list[int] = []

    async def send(number: int) -> None:
        await messages.create_async(body=str(number))
        hits.append(late.hits)

    async def send_all() -> None:
        await asyncio.gather(*(send(number) for number in range(20)))

    started = time.monotonic()
    asyncio.run(send_all())
    assert time.monotonic() - started >= LATE
    assert hits[0] > 1  # others had begun before the first was over
    assert len(bodies(channel)) == 20
