"""A served account, and clients of Twilio's JavaScript SDKs on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import javascript
import pytest

from helpers import Account
from helpers.mock.server.running import BackgroundServer


@pytest.fixture
def server(account: Account) -> Iterator[BackgroundServer]:
    """The account's mock, served."""
    assert account.mock is not None
    with BackgroundServer(account.mock) as server:
        yield server


@pytest.fixture
def uri(server: BackgroundServer) -> str:
    """WebSocket URL for chat SDKs."""
    return server.url.replace("http", "ws", 1) + "/v3/wsconnect"


@pytest.fixture(scope="session")
def sdks() -> Iterator[Callable[[str], javascript.Sdk]]:
    """Both SDKs, each in one process for all tests, since loading one takes half a second."""
    loaded: dict[str, javascript.Sdk] = {}

    def load(name: str) -> javascript.Sdk:
        if name not in loaded:
            loaded[name] = javascript.Sdk(name)
        return loaded[name]

    yield load
    for sdk in loaded.values():
        sdk.close()


@pytest.fixture(params=javascript.SDKS)
def sdk(request: Any, sdks: Callable[[str], javascript.Sdk]) -> javascript.Sdk:
    """An SDK; a test that takes it runs with each."""
    return sdks(request.param)


@pytest.fixture
def start(
    account: Account, uri: str, sdk: javascript.Sdk
) -> Iterator[Callable[..., javascript.JavaScriptClient]]:
    """Start a client for an identity, logged in by default."""
    started: list[javascript.JavaScriptClient] = []

    def begin(
        identity: str, token: str | None = None, *, ready: bool = True, **options: Any
    ) -> javascript.JavaScriptClient:
        client = sdk.begin(uri, token or account.chat_token(identity), **options)
        started.append(client)
        if ready:
            client.is_ready()
        return client

    yield begin
    for client in started:
        client.leave()
