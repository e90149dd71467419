"""Chat clients of user-42, in the mock's own kernel and as another process would have them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from doors import Door
from fire import hurried

from helpers import Account, ChatClient


@pytest.fixture
def connected(account: Account) -> Iterator[Callable[[str], ChatClient]]:
    """Connect chat clients, and shut them down after the test."""
    clients: list[ChatClient] = []

    def connect(identity: str) -> ChatClient:
        clients.append(ChatClient(account, account.chat_token(identity)))
        return clients[-1]

    yield connect
    for client in clients:
        client.shutdown()


@pytest.fixture
def chat(connected: Callable[[str], ChatClient], channel: Any) -> ChatClient:
    """A chat client of user-42, who is in the channel, with a token for an hour."""
    channel.members.create(identity="user-42")
    return connected("user-42")


@pytest.fixture
def door(account: Account) -> Door:
    """The way to the account that another process takes; it can be made to fail."""
    return Door(account.mock)


@pytest.fixture
def remote(account: Account, door: Door) -> Account:
    """The same account as another process has it."""
    return Account("shared", account.credentials, door)


@pytest.fixture
def poller(remote: Account, channel: Any) -> Iterator[ChatClient]:
    """A polling chat client of user-42, who is in the channel; it does not wait out back-offs."""
    channel.members.create(identity="user-42")
    token = remote.chat_token("user-42")
    with ChatClient(remote, token, poll_seconds=0.01, wait=hurried) as client:
        yield client
