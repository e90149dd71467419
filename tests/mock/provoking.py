"""What provokes error codes: a stage to do it on, and the table of who provokes what."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

import jwt
from twilio.base.version import Version
from twilio.jwt.access_token import AccessToken
from twilio.jwt.access_token.grants import ChatGrant
from twilio.rest import Client

from helpers import Account

HOOK = "https://bot.example.com"
NOBODY = "0" * 32

Provocation = Callable[["Stage"], Iterator[None]]
"""What it does after its one `yield` is refused; before it, what makes that so."""

PROVOKED: dict[int, Provocation] = {}
"""Each code with what provokes it."""


def provokes(code: int) -> Callable[[Provocation], Provocation]:
    """Put a provocation into the table."""

    def enter(provocation: Provocation) -> Provocation:
        assert code not in PROVOKED, f"{code} is provoked already"
        PROVOKED[code] = provocation
        return provocation

    return enter


class Stage:
    """A mock account, with what provocations need at hand."""

    def __init__(self, account: Account) -> None:
        assert account.mock is not None
        self.account = account
        self.mock = account.mock
        self.client = account.client
        self.own = account.credentials
        self.service = self.client.chat.v2.services(self.own.chat_service_sid)
        self.flex = self.client.flex_api.v1

    @cached_property
    def channel(self) -> Any:
        """A public chat channel."""
        return self.service.channels.create(friendly_name="Support")

    @cached_property
    def roles(self) -> dict[str, Any]:
        """The service's roles, by name."""
        return {role.friendly_name: role for role in self.service.roles.list()}

    @cached_property
    def flex_flow(self) -> Any:
        """An enabled Flex Flow for custom channels."""
        return self.flex.flex_flow.create(
            "Custom chat",
            self.own.chat_service_sid,
            "custom",
            integration_type="external",
            integration_url=HOOK,
        )

    def flex_channel(self, identity: str, **changes: Any) -> Any:
        """Make a Flex channel."""
        return self.flex.channel.create(self.flex_flow.sid, identity, "Jane", "Chat", **changes)

    def seen_by(self, identity: str) -> Any:
        """The chat service as a chat user reaches it."""
        return self.seen_with(self.account.chat_token(identity))

    def seen_with(self, token: str) -> Any:
        """The chat service as it is reached with an access token."""
        client = self.account.client_of_chat_user(token, "jane")
        return client.chat.v2.services(self.own.chat_service_sid)

    def stranger(self) -> Client:
        """The SDK with the wrong auth token."""
        return Client(self.own.account_sid, "wrong", http_client=self.mock.http_client)

    def token(self, *, grants: list[Any] | None = None, **changes: Any) -> str:
        """An access token for jane, made by the SDK, some of it changed."""
        values = {
            "account_sid": self.own.account_sid,
            "signing_key_sid": self.own.api_key,
            "secret": self.own.api_secret,
            "identity": "jane",
            "grants": [ChatGrant(self.own.chat_service_sid)] if grants is None else grants,
        }
        return str(AccessToken(**values | changes).to_jwt())

    def token_signed(self, algorithm: str) -> str:
        """An access token for jane, signed in a way that the SDK does not offer."""
        claims = jwt.decode(self.token(), options={"verify_signature": False})
        headers = {"cty": "twilio-fpa;v=1"}
        return jwt.encode(claims, self.own.api_secret * 2, algorithm, headers=headers)

    def upload(self, content: bytes = b"Hello", content_type: str = "text/plain") -> str:
        """Upload a file; the SDK has no method for it, so its refusal is raised here."""
        url = f"https://mcs.us1.twilio.com/v1/Services/{self.own.chat_service_sid}/Media"
        answer = self.client.request(
            "POST", url, data=content, headers={"Content-Type": content_type}
        )
        if not answer.ok:
            raise Version.exception("POST", url, answer, "Unable to create record")
        return str(json.loads(answer.text)["sid"])

    def ask_before_sending(self, answer: Callable[[Any], Any]) -> None:
        """Have jane in the channel, and the service ask a webhook before each message."""
        self.channel.members.create("jane")
        self.service.update(pre_webhook_url=HOOK, webhook_filters=["onMessageSend"])
        self.mock.webhooks.register(HOOK, answer)

    def send_as_jane(self) -> None:
        """Send a message as the chat user who is in the channel."""
        self.seen_by("jane").channels(self.channel.sid).messages.create(body="Hello")
