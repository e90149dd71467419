"""Actions of an SDK call the service's pre-event webhook first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from javascript import JavaScriptClient, Refused

HOOK = "https://example.com/pre"


@pytest.fixture
def jane(channel: Any, start: Callable[..., JavaScriptClient]) -> JavaScriptClient:
    channel.members.create(identity="jane")
    client = start("jane")
    client.wait_for("channelJoined")
    client.ask("messages", channel.fetch().sid)
    return client


def test_a_pre_event_webhook_changes_what_an_sdk_sends(
    channel: Any, service: Any, webhooks: Any, jane: JavaScriptClient
) -> None:
    received = []
    webhooks.register(HOOK, lambda request: received.append(request) or {"body": "softened"})
    service.update(pre_webhook_url=HOOK, webhook_filters=["onMessageSend"])
    jane.ask("send", channel.fetch().sid, "harsh")
    assert jane.wait_for("messageAdded")["body"] == "softened"
    assert [message.body for message in channel.messages.list()] == ["softened"]
    assert [request.parameters["Body"] for request in received] == ["harsh"]


def test_a_pre_event_webhook_refuses_what_an_sdk_sends(
    channel: Any, service: Any, webhooks: Any, jane: JavaScriptClient
) -> None:
    webhooks.register(HOOK, lambda request: 403)
    service.update(pre_webhook_url=HOOK, webhook_filters=["onMessageSend"])
    with pytest.raises(Refused) as refused:
        jane.ask("send", channel.fetch().sid, "spam")
    assert (refused.value.status, refused.value.code) == (403, 50056)
    assert channel.messages.list() == []
