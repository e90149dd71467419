"""The guide's own Python, as pasted, against a mock: a token, a Flex channel, a message."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
from twilio.jwt.access_token import AccessToken
from twilio.jwt.access_token.grants import ChatGrant

from helpers import Account, ChatClient


@pytest.fixture
def _settings(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment variables that the guide reads."""
    for name in ("ACCOUNT_SID", "AUTH_TOKEN", "API_KEY", "API_SECRET", "CHAT_SERVICE_SID"):
        monkeypatch.setenv(f"TWILIO_{name}", getattr(account.credentials, name.lower()))


def guides_token(identity: str) -> str:
    """The guide's first code sample."""
    # required for all twilio access tokens
    account_sid = os.environ["TWILIO_ACCOUNT_SID"]
    api_key = os.environ["TWILIO_API_KEY"]
    api_secret = os.environ["TWILIO_API_SECRET"]

    # required for Chat grant
    service_sid = os.environ["TWILIO_CHAT_SERVICE_SID"]

    # create access token with credentials
    token = AccessToken(account_sid, api_key, api_secret, identity=identity)

    # Create an Chat grant and add to token
    chat_grant = ChatGrant(service_sid=service_sid)
    token.add_grant(chat_grant)

    return str(token.to_jwt())


def guides_channel(client: Any, flow_sid: str) -> Any:
    """The guide's second code sample."""
    return client.flex_api.v1.channel.create(
        flex_flow_sid=flow_sid,
        identity="abc123",
        chat_user_friendly_name="Jane",
        chat_friendly_name="Chat with abc123",
        target="abc123",
    )


@pytest.mark.usefixtures("_settings")
def test_the_guides_token_connects_a_chat_client(account: Account) -> None:
    with ChatClient(account, guides_token("abc123")) as chat:
        assert (chat.identity, chat.connection_state) == ("abc123", "connected")
        assert chat.service_sid == os.environ["TWILIO_CHAT_SERVICE_SID"]


@pytest.mark.usefixtures("_settings")
def test_the_guides_e_mail_address_works_as_an_identity(account: Account) -> None:
    with ChatClient(account, guides_token("user@example.com")) as chat:
        assert chat.user.identity == "user@example.com"


def test_the_guides_request_makes_a_channel_of_the_documented_shape(
    account: Account, client: Any, make_flow: Callable[..., Any]
) -> None:
    flow = make_flow()
    channel = guides_channel(client, flow.sid)
    assert {name: value for name, value in vars(channel).items() if not name.startswith("_")} == {
        "account_sid": account.credentials.account_sid,
        "flex_flow_sid": flow.sid,
        "sid": channel.sid,
        "user_sid": channel.user_sid,
        "task_sid": None,
        "url": f"https://flex-api.twilio.com/v1/Channels/{channel.sid}",
        "date_created": channel.date_created,
        "date_updated": channel.date_created,
    }
    assert (channel.sid[:2], channel.user_sid[:2]) == ("CH", "US")


@pytest.mark.usefixtures("_settings")
def test_the_whole_guide_delivers_a_message_both_ways(
    account: Account, client: Any, service: Any, make_flow: Callable[..., Any]
) -> None:
    channel = guides_channel(client, make_flow().sid)
    received: list[tuple[str, str]] = []
    with ChatClient(account, guides_token("abc123")) as chat:
        joined = chat.get_channel_by_sid(channel.sid)
        joined.on("messageAdded", lambda message: received.append((message.author, message.body)))
        assert joined.status == "joined"
        assert joined.send_message("Hello, I have a question") == 0
        service.channels(channel.sid).messages.create(from_="agent", body="How can I help?")
    assert received == [("abc123", "Hello, I have a question"), ("agent", "How can I help?")]


@pytest.mark.usefixtures("_settings")
def test_a_task_flow_also_hands_the_chat_to_the_agents(
    client: Any, task_flow: Any, task_settings: dict[str, Any]
) -> None:
    channel = guides_channel(client, task_flow.sid)
    workspace = client.taskrouter.v1.workspaces(task_settings["integration_workspace_sid"])
    task = workspace.tasks(channel.task_sid).fetch()
    assert task.assignment_status == "pending"
    assert channel.sid in task.attributes
