"""Answers that make no sense: a failure that may pass, and a clear one."""

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
        ("/Channels", {"meta": META, "channels": [{}]}),
        ("/Channels", {"meta": META, "channels": [{"channel_sid": "CH1", "status": None}]}),
        ("/Channels", {"meta": META, "channels": [{"status": "joined"}]}),
        ("/Members", {"meta": META | {"key": "members"}, "members": [{}]}),
        ("/Messages", {"meta": META | {"key": "messages"}, "messages": [{}]}),
        ("", {"url": "https://x.test/"}),
    ],
)
def test_a_client_that_cannot_understand_an_answer_does_not_connect(
    remote: Account, channel: Any, door: Door, path: str, body: dict[str, Any]
) -> None:
    channel.members.create(identity="user-42")
    channel.messages.create(body="x")
    token = remote.chat_token("user-42")
    door.fault = lambda _method, url: (
        Response(200, json.dumps(body))
        if url.partition("?")[0].endswith(path or channel.fetch().sid)
        else None
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


@pytest.mark.parametrize("is_there", [True, False])
def test_a_message_whose_answer_makes_no_sense_is_there_once(
    remote: Account, channel: Any, door: Door, is_there: bool
) -> None:
    channel.members.create(identity="user-42")
    posted: list[str] = []

    def answer_nonsense(method: str, url: str) -> Response | None:
        if method != "POST" or not url.endswith("/Messages"):
            return None
        posted.append(url)
        if len(posted) > 1:
            return None
        if is_there:
            channel.messages.create(body="hello", from_="user-42")
        return Response(201, json.dumps({"url": "https://x.test/"}))

    token = remote.chat_token("user-42")
    with ChatClient(remote, token, poll_seconds=0.01, wait=hurried) as chat:
        [own] = chat.get_subscribed_channels()
        door.fault = answer_nonsense
        assert own.send_message("hello") == 0
    assert len(posted) == (1 if is_there else 2)
    assert [each.body for each in channel.messages.list()] == ["hello"]
