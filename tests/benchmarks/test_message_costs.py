"""What the mock adds to the SDK's own cost of creating a message and listing fifty.

    python -m pytest tests/benchmarks --benchmark-only

Each group holds the same SDK call answered three ways: by a canned answer in memory (the floor),
by the mock, and by the mock with 100,000 messages in the channel. The numbers in brackets in the
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


def messages(account: Account, door: HttpClient, channel_sid: str) -> Any:
    credentials = account.credentials
    client = Client(credentials.account_sid, credentials.auth_token, http_client=door)
    return client.chat.v2.services(credentials.chat_service_sid).channels(channel_sid).messages


def a_channel(account: Account, holding: int) -> str:
    service = account.client.chat.v2.services(account.credentials.chat_service_sid)
    sid: str = service.channels.create().sid
    own = messages(account, account.mock.http_client, sid)
    for number in range(holding):
        own.create(body=f"message {number}", from_="abc123")
    return sid


def create(resource: Any) -> Any:
    return resource.create(body="How can I help?", from_="alice")


def list_fifty(resource: Any) -> Any:
    return resource.list(limit=50, page_size=50)


@pytest.fixture(scope="module")
def account() -> Account:
    return connect()


@pytest.fixture(scope="module")
def resources(account: Account) -> dict[str, Any]:
    small, full = a_channel(account, 60), a_channel(account, FULL)
    door = account.mock.http_client
    return {
        "mock": messages(account, door, small),
        "mock, 100,000 messages": messages(account, door, full),
    }


@pytest.mark.parametrize("call", [create, list_fifty], ids=lambda call: call.__name__)
@pytest.mark.parametrize("answered", ["canned", "mock", "mock, 100,000 messages"])
def test_cost_of(
    benchmark: Any, account: Account, resources: dict[str, Any], call: Any, answered: str
) -> None:
    benchmark.group = call.__name__
    benchmark.name = answered
    if answered == "canned":
        recording = Recording(account.mock.http_client)
        sid = a_channel(account, 60)
        call(messages(account, recording, sid))
        resource = messages(account, Canned(recording.last), sid)
    else:
        resource = resources[answered]
    benchmark.pedantic(call, args=(resource,), rounds=3000, iterations=1, warmup_rounds=200)
