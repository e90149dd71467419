"""Answers that make no sense while a client connects: a failure that may pass, and a clear one."""

from __future__ import annotations

import json
from typing import Any

import pytest
from doors import Door
from fire import hurried
from support import EventLog
from twilio.http.response import Response

from helpers import Account, ChatClient
from helpers.chat.errors import TransientError

META = {"key": "channels", "url": "https://x.test/", "next_page_url": None}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/Channels", {"meta": META}),
        ("/Channels", {"meta": {}, "channels": None}),
        ("/Members", {"meta": {"key": "members"}}),
        ("/Messages", {"meta": {"key": "messages"}}),
    ],
)
def test_a_client_that_cannot_understand_an_answer_does_not_connect(
    remote: Account, channel: Any, door: Door, path: str, body: dict[str, Any]
) -> None:
    channel.members.create(identity="user-42")
    channel.messages.create(body="x")
    token = remote.chat_token("user-42")
    door.fault = lambda _method, url: (
        Response(200, json.dumps(body)) if url.partition("?")[0].endswith(path) else None
    )
    with pytest.raises(TransientError, match="cannot be understood"):
        ChatClient(remote, token, poll_seconds=0.01, wait=hurried)
    assert door.failures > 0
    door.fault = lambda _method, _url: None
    with ChatClient(remote, token, poll_seconds=0.01, wait=hurried) as chat:
        received = EventLog(chat, "messageAdded")
        channel.messages.create(body="y")
        received.wait_for(1)
        assert received.bodies == ["y"]
