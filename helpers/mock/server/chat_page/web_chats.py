"""A server for the page of Twilio's `twilio-webchat-react-app`, in place of the one in its clone.

The page is built with `REACT_APP_SERVER_URL` as this server's address below `/webchats`, and has
the mock's `redirect.js` before its own script: then neither Node nor a proxy is needed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import jwt

from .backend import TOKEN_LIFETIME, CustomerTokens, NotACustomer, NotReady

_BY_THE_MOCKS_CLOCK: Any = {"verify_exp": False, "verify_nbf": False, "verify_iat": False}


@dataclass(frozen=True, slots=True)
class VisitorsToken:
    """An access token, and the time at which it expires, in milliseconds as the page takes it."""

    token: str = field(repr=False)
    expiration: int


@dataclass(frozen=True, slots=True)
class VisitorsChat(VisitorsToken):
    """A visitor's web chat, as the page gets it."""

    conversationSid: str  # noqa: N815 - the page's word


class WebChats(CustomerTokens):
    """Starts web chats of Flex Conversations, and renews their tokens."""

    def start(self, form: dict[str, Any]) -> VisitorsChat:
        """Start the web chat of a new visitor, and ask the form's question for them.

        Raises:
            NotReady: The account has no address for web chats.
            TwilioRestException: Twilio refuses.
        """
        name, identity = str(form.get("friendlyName") or "Customer"), self.new_identity()
        made = self._client.flex_api.v2.web_channels.create(
            address_sid=self._address_sid(),
            chat_friendly_name="Webchat widget",
            customer_friendly_name=name,
            identity=identity,
            pre_engagement_data=json.dumps({**form, "friendlyName": name}),
        )
        sid = made.conversation_sid
        if question := form.get("query"):
            messages = self._client.conversations.v1.conversations(sid).messages
            messages.create(body=str(question), author=identity, x_twilio_webhook_enabled="true")
        return VisitorsChat(**self._token_for(identity), conversationSid=sid)

    def renew(self, token: str) -> VisitorsToken:
        """Return a new token for one of this server's that has not expired.

        Raises:
            NotACustomer: It is none, or has expired.
        """
        try:
            claims = jwt.decode(token, self._api_secret, ["HS256"], _BY_THE_MOCKS_CLOCK)
            identity, expires = str(claims["grants"]["identity"]), float(claims["exp"])
        except (jwt.PyJWTError, KeyError, TypeError, ValueError):
            raise NotACustomer("This is no token of a visitor's") from None
        if expires <= self._now():
            raise NotACustomer("This token has expired")
        return VisitorsToken(**self._token_for(identity))

    def _token_for(self, identity: str) -> dict[str, Any]:
        expires = int(self._now()) + TOKEN_LIFETIME
        return {"token": self.token(identity), "expiration": expires * 1000}

    def _address_sid(self) -> str:
        """Find the address of web chats. If you know its SID, skip this."""
        addresses = self._client.conversations.v1.address_configurations
        for address in addresses.list(type="chat"):
            return str(address.sid)
        raise NotReady(
            "This account has no address for web chats. Make one, for example with"
            ' client.conversations.v1.address_configurations.create(type="chat", address="shop"),'
            " then try again."
        )
