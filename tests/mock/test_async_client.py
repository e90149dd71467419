"""The SDK's async methods reach the same state and are refused in the same way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from support import everything, refused
from twilio.rest import Client

from helpers import Account


@pytest.fixture
def async_client(account: Account) -> Client:
    """The SDK's client with the mock's async door."""
    own = account.credentials
    assert account.mock is not None
    return Client(own.account_sid, own.auth_token, http_client=account.mock.async_http_client)


def test_what_is_made_asynchronously_is_there_for_everybody(
    account: Account, async_client: Client, service: Any, make_flow: Callable[..., Any]
) -> None:
    flow = make_flow()

    async def act() -> Any:
        made = await async_client.flex_api.v1.channel.create_async(
            flex_flow_sid=flow.sid,
            identity="user-42",
            chat_user_friendly_name="Jane",
            chat_friendly_name="Chat with user-42",
        )
        chat = async_client.chat.v2.services(account.credentials.chat_service_sid)
        await chat.channels(made.sid).messages.create_async(body="hello", from_="user-42")
        return made, await chat.channels(made.sid).fetch_async()

    made, channel = asyncio.run(act())
    assert (channel.sid, channel.members_count, channel.messages_count) == (made.sid, 1, 1)
    [message] = service.channels(made.sid).messages.list()
    assert (message.body, message._from) == ("hello", "user-42")


def test_a_refusal_is_raised_with_the_same_code(account: Account, async_client: Client) -> None:
    before = everything(account)
    with refused(404, 45205):
        asyncio.run(
            async_client.flex_api.v1.channel.create_async(
                flex_flow_sid="FO" + "0" * 32,
                identity="user-42",
                chat_user_friendly_name="Jane",
                chat_friendly_name="Chat",
            )
        )
    assert everything(account) == before


def test_a_list_is_paged_as_the_synchronous_one(
    account: Account, async_client: Client, channel: Any
) -> None:
    sent = [channel.messages.create(body=str(number)).sid for number in range(7)]
    sid = channel.fetch().sid
    chat = async_client.chat.v2.services(account.credentials.chat_service_sid)

    async def read() -> tuple[list[Any], list[Any]]:
        stream = await chat.channels(sid).messages.stream_async(order="desc", page_size=3)
        return await chat.channels(sid).messages.list_async(page_size=3), [m async for m in stream]

    listed, streamed = asyncio.run(read())
    assert [message.sid for message in listed] == sent
    assert [message.sid for message in streamed] == sent[::-1]


def test_requests_at_the_same_time_each_get_an_index_of_their_own(
    account: Account, async_client: Client, channel: Any
) -> None:
    sid = channel.fetch().sid
    messages = async_client.chat.v2.services(account.credentials.chat_service_sid).channels(sid)

    async def send() -> list[Any]:
        sends = (messages.messages.create_async(body=str(number)) for number in range(40))
        return await asyncio.gather(*sends)

    sent = asyncio.run(send())
    assert sorted(message.index for message in sent) == list(range(40))
    assert channel.fetch().messages_count == 40


def test_the_event_loop_runs_on_while_the_mock_answers(
    account: Account, async_client: Client, channel: Any
) -> None:
    sid = channel.fetch().sid
    chat = async_client.chat.v2.services(account.credentials.chat_service_sid).channels(sid)
    loop_ran = False

    def hold(_event: Any) -> None:
        waiting = asyncio.run_coroutine_threadsafe(asyncio.sleep(0), loops[0])
        waiting.result(10)
        nonlocal loop_ran
        loop_ran = True

    async def act() -> None:
        loops.append(asyncio.get_running_loop())
        await chat.messages.create_async(body="hello")

    loops: list[asyncio.AbstractEventLoop] = []
    assert account.mock is not None
    account.mock.follow(hold)
    asyncio.run(act())
    assert loop_ran
