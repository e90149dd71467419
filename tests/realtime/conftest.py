"""A served account, and clients of Twilio's JavaScript SDKs on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import javascript
import pytest

from helpers import Account
from helpers.mock.server.running import BackgroundServer


@pytest.fixture(scope="session")
def node_modules() -> None:
    """The SDKs are installed."""
    javascript.installed()


@pytest.fixture
def server(account: Account) -> Iterator[BackgroundServer]:
    """The account's mock, served."""
    assert account.mock is not None
    with BackgroundServer(account.mock) as server:
        yield server


@pytest.fixture
def uri(server: BackgroundServer) -> str:
    """Where chat SDKs connect."""
    return server.url.replace("http", "ws", 1) + "/v3/wsconnect"


@pytest.fixture(params=javascript.SDKS)
def sdk(request: Any) -> str:
    """The SDK's name on npm; a test that takes it runs with each."""
    name: str = request.param
    return name


@pytest.fixture
def clients(node_modules: None) -> Iterator[list[javascript.JavaScriptClient]]:
    """Clients to be closed after the test."""
    started: list[javascript.JavaScriptClient] = []
    yield started
    for client in started:
        client.close()


@pytest.fixture
def start(
    account: Account, uri: str, sdk: str, clients: list[javascript.JavaScriptClient]
) -> Callable[..., javascript.JavaScriptClient]:
    """Starts a client of somebody, logged in unless told otherwise."""

    def begin(
        identity: str, token: str | None = None, *, ready: bool = True, **options: Any
    ) -> javascript.JavaScriptClient:
        client = javascript.JavaScriptClient(
            sdk, uri, token or account.chat_token(identity), **options
        )
        clients.append(client)
        if ready:
            client.hears("stateChanged", value="initialized")
        return client

    return begin
