"""Files in a chat, sent and received through the chat client."""

import base64
from pathlib import Path
from typing import Any

import pytest

from helpers import Account, ChatClient, ChatError, ChatPanel, connect
from helpers.chat import Channel, Message

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
PNG = {"content_type": "image/png", "media": PIXEL, "filename": "pixel.png"}


@pytest.fixture(name="channels")
def both_sides() -> tuple[Account, Channel, Channel]:
    account = connect()
    service = account.client.chat.v2.services(account.credentials.chat_service_sid)
    sid = service.channels.create(type="private").sid
    for identity in ("abc123", "alice"):
        service.channels(sid).members.create(identity=identity)
    customer, agent = (
        ChatClient(account, account.chat_token(identity)).get_channel_by_sid(sid)
        for identity in ("abc123", "alice")
    )
    return account, customer, agent


def test_a_picture_arrives_with_its_name_type_and_size(channels: Any) -> None:
    _, customer, agent = channels
    arrived: list[Message] = []
    agent.on("messageAdded", arrived.append)

    index = customer.send_message(media=PNG)

    [message] = arrived
    assert (message.index, message.type, message.body) == (index, "media", None)
    assert message.media is not None
    assert message.media.content_type == "image/png"
    assert message.media.filename == "pixel.png"
    assert message.media.size == len(PIXEL)


def test_its_content_can_be_opened_by_a_browser(channels: Any) -> None:
    _, customer, agent = channels
    customer.send_message(media=PNG)

    [message] = agent.get_messages().items

    expected = f"data:image/png;base64,{base64.b64encode(PIXEL).decode()}"
    assert message.media.get_content_temporary_url() == expected


def test_where_the_mock_has_an_address_the_url_is_a_link() -> None:
    kernel = connect()
    shared = Account("shared", kernel.credentials, kernel.mock.http_client)
    service = shared.client.chat.v2.services(shared.credentials.chat_service_sid)
    sid = service.channels.create().sid
    service.channels(sid).members.create(identity="abc123")
    with ChatClient(shared, kernel.chat_token("abc123")) as client:
        channel = client.get_channel_by_sid(sid)
        channel.send_message(media=PNG)
        [message] = channel.get_messages().items
        assert message.media is not None
        url = message.media.get_content_temporary_url()
    assert url.startswith("https://mcs.us1.twilio.com/v1/Services/")
    assert "Signature=" in url


def test_a_file_is_sent_by_its_path(channels: Any, tmp_path: Path) -> None:
    _, customer, agent = channels
    invoice = tmp_path / "invoice.pdf"
    invoice.write_bytes(b"%PDF-1.7")

    customer.send_message(media=invoice, attributes={"order": 4711})

    [message] = agent.get_messages().items
    assert (message.media.content_type, message.media.filename) == ("application/pdf", invoice.name)
    assert message.attributes == {"order": 4711}


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"body": "both", "media": PNG},
        {"media": {"content_type": "image/png", "media": b""}},
        {"media": {"media": PIXEL}},
    ],
)
def test_a_message_is_a_text_or_a_file_with_content(channels: Any, content: Any) -> None:
    _, customer, agent = channels
    with pytest.raises(ValueError, match="media"):
        customer.send_message(**content)
    assert agent.get_messages().items == []


def test_a_refused_upload_says_twilios_code_and_sends_nothing(channels: Any) -> None:
    _, customer, agent = channels
    with pytest.raises(ChatError) as refused:
        customer.send_message(media={**PNG, "content_type": "not a type"})
    assert refused.value.code == 50511
    assert agent.get_messages().items == []


def test_the_panel_shows_the_file_and_finds_its_url(channels: Any) -> None:
    _, customer, agent = channels
    panel = ChatPanel(agent)
    customer.send_message(media=PNG)

    [shown] = panel.messages

    assert shown.media is not None
    assert (shown.media.filename, shown.media.content_type) == ("pixel.png", "image/png")
    assert str(panel.model.media_url(shown.sid)).startswith("data:image/png;base64,")
    panel.close()
