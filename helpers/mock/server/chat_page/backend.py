"""The chat page's back end, on Twilio's helper library alone: copy it for yours.

A browser must not hold the account's secrets. So the server makes the access token and the Flex
channel, and the page gets access to the chat of this one customer only.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from twilio.jwt.access_token import AccessToken
from twilio.jwt.access_token.grants import ChatGrant
from twilio.rest import Client

TOKEN_LIFETIME = 3600
"""Seconds; the page fetches a new one in time."""
_CUSTOMER = re.compile(r"visitor_[0-9a-f]{32}")


class NotReady(LookupError):
    """The account has nothing yet that new chats could go to."""


class NotACustomer(ValueError):
    """An identity that this back end did not issue."""


class CustomerTokens:
    """Makes access tokens for the chats of customers.

    Args:
        client: The account's, with secrets that stay on the server.
        chat_service_sid: IS..., of the Flex Chat Service.
        api_key: SK..., the key that signs access tokens.
        api_secret: Of the API key.
        now: Returns the time in epoch seconds.
    """

    def __init__(
        self,
        client: Client,
        *,
        chat_service_sid: str,
        api_key: str,
        api_secret: str,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._client = client
        self._chat_service_sid = chat_service_sid
        self._api_key = api_key
        self._api_secret = api_secret
        self._now = now

    def new_identity(self) -> str:
        """An identity for a new customer.

        No name and no address: others see it. No number either: it opens the chat, so it must not
        be guessable. With a login, derive it from the user's id instead.
        """
        return f"visitor_{secrets.token_hex(16)}"

    def token(self, identity: str) -> str:
        """An access token for the chat of a customer.

        Raises:
            NotACustomer: The identity was not issued by this back end; it might be an agent's.
        """
        if not _CUSTOMER.fullmatch(identity):
            raise NotACustomer("This is no customer's identity: leave it out, and get a new one")
        now = int(self._now())
        token = AccessToken(
            self._client.account_sid,
            self._api_key,
            self._api_secret,
            identity=identity,
            nbf=now,
            valid_until=now + TOKEN_LIFETIME,
        )
        token.add_grant(ChatGrant(service_sid=self._chat_service_sid))
        return str(token.to_jwt())


@dataclass(frozen=True, slots=True)
class ChatPageSession:
    """A customer's chat, as the page gets it."""

    identity: str
    channel_sid: str
    token: str = field(repr=False)


class BackEnd(CustomerTokens):
    """Starts chats through a Flex Flow, and makes access tokens for them."""

    def start(self, identity: str | None = None, name: str = "Visitor") -> ChatPageSession:
        """Return a customer's current chat, or start a new one.

        Args:
            identity: Of a customer who returns; None for a new one.
            name: Display name for agents.

        Raises:
            NotReady: The account is not ready for custom chats.
            NotACustomer: The identity was not issued by this back end.
            TwilioRestException: Twilio refuses.
        """
        identity = identity or self.new_identity()
        token = self.token(identity)
        channel = self._client.flex_api.v1.channel.create(
            flex_flow_sid=self._flow_sid(),
            identity=identity,
            target=identity,
            chat_user_friendly_name=name,
            chat_friendly_name=f"Chat with {name}",
        )
        return ChatPageSession(identity, channel.sid, token)

    def _flow_sid(self) -> str:
        """Find the message handler. If you know its SID, skip this."""
        for flow in self._client.flex_api.v1.flex_flow.list():
            is_for_us = flow.chat_service_sid == self._chat_service_sid
            if is_for_us and flow.channel_type == "custom" and flow.enabled:
                return str(flow.sid)
        raise NotReady(
            "This account has no enabled Flex Flow with ChannelType custom, so a message would"
            " reach no agent. Make one, for example with client.flex_api.v1.flex_flow.create(...),"
            " then try again."
        )
