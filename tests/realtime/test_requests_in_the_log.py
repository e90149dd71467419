"""Requests of chat SDKs over their own connection are in the server's request log too."""

from __future__ import annotations

from typing import Any

import requests
from websockets.sync.client import connect
from wire import Wire

from helpers import Account
from helpers.mock.server.running import BackgroundServer


def test_a_request_of_a_chat_sdk_is_logged_with_its_answer(
    account: Account, server: BackgroundServer, uri: str, channel: Any
) -> None:
    sid = channel.members.create(identity="jane").channel_sid
    with connect(uri) as socket:
        wire = Wire(socket, account.chat_token("jane"))
        wire.ask("POST", f"/Client/v1/Conversations/{sid}/Messages", {"body": "Hello"})
        wire.ask("DELETE", f"/Client/v1/Conversations/{sid}")
    newest, before = logged(server)[:2]
    assert (newest["method"], newest["by"], newest["status"], newest["code"]) == (
        "DELETE",
        "chat user",
        403,
        50107,
    )
    sent = requests.get(f"{server.url}/_mock/state/requests/{before['number']}").json()
    assert sent["by_chat_sdk"]
    assert sent["parameters"] == {"Body": "Hello"}
    assert (sent["status"], sent["answer"]["index"]) == (201, 0)


def test_numbers_and_nothing_are_logged_as_they_came(
    account: Account, server: BackgroundServer, uri: str, channel: Any
) -> None:
    sid = channel.members.create(identity="jane").channel_sid
    channel.messages.create(body="Hi", from_="bob")
    with connect(uri) as socket:
        wire = Wire(socket, account.chat_token("jane"))
        path = f"/Client/v1/MyConversations/{sid}"
        answers = [wire.ask("POST", path, {"last_consumed_message_index": n}) for n in (0, None)]
    assert [each.header["http_status"]["code"] for each in answers] == [200, 200]
    cleared, read = logged(server)[:2]
    shown = [
        requests.get(f"{server.url}/_mock/state/requests/{each['number']}").json()["parameters"]
        for each in (read, cleared)
    ]
    assert shown == [{"LastConsumedMessageIndex": 0}, {"LastConsumedMessageIndex": None}]


def logged(server: BackgroundServer) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = requests.get(f"{server.url}/_mock/state/requests").json()["items"]
    return found
