"""A mock served over HTTP: in this process, or as a command of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from served import Command
from twilio.rest import Client

from helpers import Account, connect
from helpers.mock import MockTwilio
from helpers.mock.server.running import BackgroundServer


@pytest.fixture
def command() -> Iterator[Callable[..., Command]]:
    """Start servers as commands, and end those that are left."""
    started: list[Command] = []

    def start(*options: str) -> Command:
        started.append(Command(*options))
        return started[-1]

    yield start
    for each in started:
        if each.process.poll() is None:
            each.kill()


@pytest.fixture(scope="module")
def mock() -> MockTwilio:
    """The account that is served."""
    return MockTwilio()


@pytest.fixture(scope="module")
def url(mock: MockTwilio) -> Iterator[str]:
    """URL of the mock, served from a thread of this process."""
    with BackgroundServer(mock) as server:
        yield server.url


@pytest.fixture
def shared(url: str, mock: MockTwilio) -> Account:
    """The account as a notebook reaches it; new for each test."""
    mock.reset()
    return connect(url)


@pytest.fixture
def sdk(shared: Account) -> Client:
    """The official SDK's client of it."""
    return shared.client


@pytest.fixture
def server(account: Account, copy: Path) -> Iterator[BackgroundServer]:
    """The account, served where the module's `copy` stands in for Twilio's front end."""
    assert isinstance(account.mock, MockTwilio)
    with account.mock.serve() as server:
        yield server
