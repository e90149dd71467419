"""A server that other machines reach calls this machine only where its user allows that."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import requests
from raw import AUTH
from receiver import Receiver
from served import Command

from helpers.mock import DEMO_VALUES

SERVICE = DEMO_VALUES["TWILIO_CHAT_SERVICE_SID"]
FIRES = {"X-Twilio-Webhook-Enabled": "true"}


@pytest.fixture
def users() -> Iterator[Receiver]:
    """A server of the user's on this machine."""
    with Receiver() as receiver:
        yield receiver


def problem(server: Command, url: str) -> str | None:
    """Reason why a webhook did not reach a URL; None if it did."""
    service = f"{server.url}/chat.twilio.com/v2/Services/{SERVICE}"
    with requests.Session() as session:
        session.auth = AUTH
        hook = {"PostWebhookUrl": url, "WebhookFilters": "onChannelAdded"}
        assert session.post(service, data=hook, timeout=30).ok
        assert session.post(f"{service}/Channels", headers=FIRES, timeout=30).ok
        while True:
            shown = session.get(f"{server.url}/_mock/state/webhooks", timeout=30).json()["items"]
            if shown and shown[0]["state"] != "pending":
                break
        whole = f"{server.url}/_mock/state/webhooks/{shown[0]['number']}"
        attempts = session.get(whole, timeout=30).json()["attempts"]
        found: str | None = attempts[-1]["problem"]
        return found


def local(receiver: Receiver) -> str:
    return receiver.url.replace("127.0.0.1", "localhost")


def test_the_users_own_server_is_called(command: Callable[..., Command], users: Receiver) -> None:
    assert problem(command(), local(users)) is None
    assert len(users.received) == 1


@pytest.mark.long
def test_where_strangers_may_come_it_is_called_if_it_is_allowed(
    command: Callable[..., Command], users: Receiver
) -> None:
    everywhere = ("--host", "0.0.0.0")
    refusal = problem(command(*everywhere), local(users)) or ""
    assert "--allow-target localhost" in refusal
    assert users.received == []
    allowed = ("--allow-target", "10.0.0.1", "--allow-target", "localhost")
    assert problem(command(*everywhere, *allowed), local(users)) is None
    assert len(users.received) == 1


@pytest.mark.long
def test_the_controls_are_called_by_no_server(command: Callable[..., Command]) -> None:
    for options in ([], ["--host", "0.0.0.0", "--allow-target", "localhost"]):
        server = command(*options)
        port = server.url.rpartition(":")[2]
        assert "the mock's own" in (problem(server, f"http://localhost:{port}/_mock/reset") or "")
