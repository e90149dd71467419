"""A channel of one's own over Conversations: a platform's messages in, an agent's answers out."""

from __future__ import annotations

from typing import Any

from hooks import HOOK, registered
from support import refused

from helpers import Account

IDENTITY = "line:U42"
WITH_HOOKS = {"x_twilio_webhook_enabled": "true"}
URL = f"{HOOK}?user_id=U42"


class Bridge:
    """The server between the foreign platform and Conversations, as Twilio's adapters do it."""

    def __init__(self, account: Account) -> None:
        assert account.mock is not None
        self.v1, self.mock = account.client.conversations.v1, account.mock
        self.hook = registered(self.mock.webhooks)

    def take(self, body: str) -> Any:
        """Take a user's message: into the conversation that is open, or a new one."""
        places = self.v1.participant_conversations.list(identity=IDENTITY)
        is_open = [each for each in places if each.conversation_state != "closed"]
        sid = is_open[0].conversation_sid if is_open else self._begin()
        conversation = self.v1.conversations(sid)
        conversation.messages.create(author=IDENTITY, body=body, **WITH_HOOKS)
        return conversation.fetch()

    def _begin(self) -> str:
        made = self.v1.conversations.create(
            friendly_name="LINE", attributes='{"channel_type": "line"}', timers_inactive="PT1H"
        )
        made.participants.create(identity=IDENTITY)
        made.webhooks.create(
            target="webhook", configuration_url=URL, configuration_filters=["onMessageAdded"]
        )
        return str(made.sid)

    def given_back(self) -> list[str | None]:
        """Texts for the platform: those of others than the customer (its own are an echo)."""
        assert self.mock.webhooks.settle()
        return [
            each.parameters.get("Body")
            for each in self.hook.requests
            if each.parameters["Source"] == "SDK" or each.parameters["Author"] != IDENTITY
        ]


def test_messages_go_in_and_answers_come_out_until_the_conversation_is_closed(
    account: Account,
) -> None:
    bridge = Bridge(account)
    first = bridge.take("Hello")
    assert (first.state, bridge.given_back()) == ("active", [])
    first.participants.create(identity="alice")
    alice = account.client_of_chat_user(account.chat_token("alice"), "alice")
    alice.conversations.v1.conversations(first.sid).messages.create(body="Hello, this is Alice")
    first.messages.create(author="Bot", body="You are served by Alice", **WITH_HOOKS)
    first.messages.create(author="Bot", body="said without webhooks")
    assert bridge.given_back() == ["Hello, this is Alice", "You are served by Alice"]
    assert bridge.hook.all("WebhookSid") == [first.webhooks.list()[0].sid] * 3
    account.clock.advance(3601)
    assert first.fetch().state == "inactive"
    assert bridge.take("Still there?").sid == first.sid
    assert first.fetch().state == "active"
    first.update(state="closed")
    with refused(400, 50377):
        first.messages.create(author=IDENTITY, body="Bye")
    second = bridge.take("I have another question")
    assert second.sid != first.sid
    assert [each.body for each in second.messages.list()] == ["I have another question"]
    assert len(first.messages.list()) == 5
