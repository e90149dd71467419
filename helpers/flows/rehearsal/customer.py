"""The customer of a rehearsal: a page with a chat in it, opened, closed and opened again."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ...account import Account
from ...chat import Channel, ChatClient
from ...mock import ChatEvent, MockTwilio
from .misfit import Misfit
from .recording import Record
from .timeline import CUSTOMER, SERVER

IDENTITY, NAME = "customer-1", "Jane"
DAY = 86_400


@dataclass(frozen=True, slots=True)
class Said:
    """A message in one of the customer's chats."""

    sid: str
    channel_sid: str
    author: str
    seconds: int
    body: str

    @property
    def by_customer(self) -> bool:
        """Whether the customer wrote it."""
        return self.author == IDENTITY


class Customer:
    """Somebody who writes.

    Attributes:
        channels: SIDs of the chats so far; the last one is under way.
        states: Whether each of them is `ACTIVE` or `INACTIVE`, or has been `deleted`.
        said: What was said in them, by whomever.
    """

    def __init__(self, account: Account, mock: MockTwilio, record: Record, flow_sid: str) -> None:
        self._account, self._record, self._flow_sid = account, record, flow_sid
        self._chat: ChatClient | None = None
        self._channel: Channel | None = None
        self.channels: list[str] = []
        self.states: dict[str, str] = {}
        self.said: list[Said] = []
        self._stop_following: Callable[[], None] = mock.follow(self._hear)

    def open(self) -> None:
        """Open the page: the server gets the Flex channel, the page connects to it."""
        self.leave()
        self._record.acting = SERVER
        made = self._account.client.flex_api.v1.channel.create(
            flex_flow_sid=self._flow_sid,
            identity=IDENTITY,
            chat_user_friendly_name=NAME,
            chat_friendly_name=f"Chat with {NAME}",
        )
        if made.sid not in self.channels[-1:]:
            self.channels.append(made.sid)
        self._record.acting = CUSTOMER
        self._chat = self._connected()
        self._channel = self._chat.get_channel_by_sid(made.sid)
        self.states.setdefault(made.sid, _status(self._channel.attributes))

    def _connected(self) -> ChatClient:
        chat = ChatClient(self._account, self._account.chat_token(IDENTITY, ttl=DAY))

        def renew(*_: object) -> None:
            chat.update_token(self._account.chat_token(IDENTITY, ttl=DAY))

        chat.on("tokenAboutToExpire", renew)
        return chat

    def says(self, body: str) -> None:
        """Write in the chat that the page shows."""
        self._record.acting = CUSTOMER
        if self._channel is None:
            raise Misfit("the chat could not be opened")
        self._channel.send_message(body)

    def leave(self) -> None:
        """Close the page; Twilio is not told."""
        chat, self._chat, self._channel = self._chat, None, None
        if chat is not None:
            chat.shutdown()

    @property
    def latest(self) -> Said | None:
        """What the customer said last."""
        return next((said for said in reversed(self.said) if said.by_customer), None)

    def _hear(self, event: ChatEvent) -> None:
        sid, told = event.channel_sid, event.resource
        if sid not in self.channels:
            return
        if event.name == "messageAdded":
            seconds, body = self._record.seconds, told["body"] or ""
            self.said.append(Said(told["sid"], sid, event.identity or "", seconds, body))
        elif event.name == "channelUpdated":
            self.states[sid] = _status(json.loads(told["attributes"]))
        elif event.name == "channelRemoved":
            self.states[sid] = "deleted"

    def close(self) -> None:
        """The rehearsal is over."""
        self.leave()
        self._stop_following()


def _status(attributes: dict[str, Any]) -> str:
    return str(attributes.get("status", "unknown"))
