"""What the mock adds to the SDK's own cost of creating a message and listing fifty.

    python -m pytest tests/benchmarks --benchmark-only

Each group holds the same SDK call of Chat v2 or of Conversations v1, answered three ways: by a
canned answer in memory (the floor), by the mock, and by the mock with 100,000 messages in the
channel, which both APIs read. The numbers in brackets in the
Median column are ratios to the fastest of the group.
"""

import logging
from typing import Any

import pytest
from twilio.http import HttpClient
from twilio.http.response import Response
from twilio.rest import Client

from helpers import Account, connect

pytest.importorskip("pytest_benchmark")

FULL = 100_000
CHAT, CONVERSATIONS = "chat", "conversations"


class Canned(HttpClient):  # type: ignore[misc]
    """Gives the same answer again and again."""

    def __init__(self, answer: Response) -> None:
        super().__init__(logging.getLogger(__name__), is_async=False)
        self._answer = answer

    def request(self, *args: Any, **kwargs: Any) -> Response:
        return Response(self._answer.status_code, self._answer.text)


class Recording(Canned):
    """Keeps the last answer of another client."""

    def __init__(self, inner: HttpClient) -> None:
        super().__init__(Response(0, ""))
        self._inner = inner

    def request(self, *args: Any, **kwargs: Any) -> Response:
        self.last = self._inner.request(*args, **kwargs)
        return self.last


def messages(account: Account, door: HttpClient, channel_sid: str, api: str = CHAT) -> Any:
    credentials = account.credentials
    client = Client(credentials.account_sid, credentials.auth_token, http_client=door)
    sid = credentials.chat_service_sid
    if api == CHAT:
        return client.chat.v2.services(sid).channels(channel_sid).messages
    return client.conversations.v1.services(sid).conversations(channel_sid).messages


def a_channel(account: Account, holding: int) -> str:
    service = account.client.chat.v2.services(account.credentials.chat_service_sid)
    sid: str = service.channels.create(type="private").sid
    own = messages(account, account.mock.http_client, sid)
    for number in range(holding):
        own.create(body=f"message {number}", from_="abc123")
    return sid


def create(resource: Any, api: str) -> Any:
    author = {"from_" if api == CHAT else "author": "alice"}
    return resource.create(body="How can I help?", **author)


def list_fifty(resource: Any, api: str) -> Any:
    return resource.list(limit=50, page_size=50)


@pytest.fixture(scope="module")
def account() -> Account:
    return connect()


@pytest.fixture(scope="module")
def channels(account: Account) -> dict[str, str]:
    return {"mock": a_channel(account, 60), "mock, 100,000 messages": a_channel(account, FULL)}


@pytest.mark.parametrize("call", [create, list_fifty], ids=lambda call: call.__name__)
@pytest.mark.parametrize("api", [CHAT, CONVERSATIONS])
@pytest.mark.parametrize("answered", ["canned", "mock", "mock, 100,000 messages"])
def test_cost_of(
    benchmark: Any, account: Account, channels: dict[str, str], call: Any, api: str, answered: str
) -> None:
    benchmark.group = f"{call.__name__}, {api}"
    benchmark.name = answered
    door = account.mock.http_client
    if answered == "canned":
        recording, sid = Recording(door), a_channel(account, 60)
        call(messages(account, recording, sid, api), api)
        resource = messages(account, Canned(recording.last), sid, api)
    else:
        resource = messages(account, door, channels[answered], api)
    benchmark.pedantic(call, args=(resource, api), rounds=3000, iterations=1, warmup_rounds=200)
