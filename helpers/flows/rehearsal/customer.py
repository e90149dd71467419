"""The customer of a rehearsal: one with a chat page, or one with a phone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from ...account import Account
from ...chat import ChatClient, ConversationsClient
from ...json_object import attributes_in, entry
from ...mock import ChatEvent, MockTwilio, TwilioError
from ..copying import DAY
from .timeline import CUSTOMER, SERVER, Misfit, Record

IDENTITY, NAME = "customer-1", "Jane"
PHONE = "+15550142"
"""The customer's number."""


@dataclass(frozen=True, slots=True)
class CustomerMessage:
    """A message in one of the customer's chats."""

    sid: str
    channel_sid: str
    author: str
    seconds: int
    body: str

    @property
    def by_customer(self) -> bool:
        """Return whether the customer wrote it."""
        return self.author == IDENTITY or self.author.endswith(PHONE)


class SimulatedCustomer:
    """A customer, and the customer's chats.

    `channels` are the SIDs of the chats so far, the last one under way; `states` has for each a
    state of Conversations, or `ACTIVE` or `INACTIVE` in Programmable Chat, or `deleted`; `messages`
    are those of all authors.
    """

    ended = "closed"
    """State of a chat that nobody writes in any more."""

    def __init__(self, account: Account, mock: MockTwilio, record: Record) -> None:
        self._account, self._record = account, record
        self.channels: list[str] = []
        self.states: dict[str, str] = {}
        self.messages: list[CustomerMessage] = []
        self._unsubscribe = mock.follow(self._handle)

    def open(self) -> None:
        """Begin, or come back."""
        raise NotImplementedError

    def says(self, body: str) -> None:
        """Write in the chat."""
        raise NotImplementedError

    def leave(self) -> None:
        """Go away; Twilio does not learn of it."""

    @property
    def latest(self) -> CustomerMessage | None:
        """The customer's latest message."""
        return next((each for each in reversed(self.messages) if each.by_customer), None)

    def _handle(self, event: ChatEvent) -> None:
        sid, resource = event.channel_sid, event.resource
        if sid not in self.channels:
            return
        if event.name == "messageAdded":
            text, author = resource["body"] or "", event.identity or ""
            message = CustomerMessage(resource["sid"], sid, author, self._record.seconds, text)
            self.messages.append(message)
        elif event.name == "channelUpdated":
            self.states[sid] = self._state_of(resource)
        elif event.name == "channelRemoved":
            self.states[sid] = "deleted"

    def _state_of(self, resource: Any) -> str:
        return str(resource["state"])

    def close(self) -> None:
        """Go away and stop following the mock."""
        self.leave()
        self._unsubscribe()


Arrive = Callable[[], str]
"""Makes the customer's chat, as your server does, or finds the one that is open; its SID."""


class CustomerWithPage(SimulatedCustomer):
    """A customer who opens and closes a page with a chat in it, on Conversations."""

    def __init__(self, account: Account, mock: MockTwilio, record: Record, arrive: Arrive) -> None:
        super().__init__(account, mock, record)
        self._arrive = arrive
        self._chat: Any = None
        self._channel: Any = None

    def open(self) -> None:
        """Open the page: the server gets the chat, the page connects to it."""
        self.leave()
        self._record.acting = SERVER
        sid = self._arrive()
        if sid not in self.channels[-1:]:
            self.channels.append(sid)
        self._record.acting = CUSTOMER
        token = partial(self._account.chat_token, IDENTITY, ttl=DAY)
        chat = self._connect(token())
        chat.on("tokenAboutToExpire", lambda *_: chat.update_token(token()))
        self._chat = chat
        self.states.setdefault(sid, self._join(sid))

    def _connect(self, token: str) -> Any:
        return ConversationsClient(self._account, token)

    def _join(self, sid: str) -> str:
        """Get the chat; returns the state that a new one is in."""
        self._channel = self._chat.get_conversation_by_sid(sid)
        return "active"

    def says(self, body: str) -> None:
        """Write in the chat that the page shows."""
        self._record.acting = CUSTOMER
        if self._channel is None:
            raise Misfit("the chat could not be opened")
        self._channel.send_message(body)

    def leave(self) -> None:
        """Close the page; Twilio does not learn of it."""
        chat, self._chat, self._channel = self._chat, None, None
        if chat is not None:
            chat.shutdown()


class CustomerOfChannel(CustomerWithPage):
    """A customer with a page on Programmable Chat."""

    ended = "INACTIVE"

    def _connect(self, token: str) -> Any:
        return ChatClient(self._account, token)

    def _join(self, sid: str) -> str:
        self._channel = self._chat.get_channel_by_sid(sid)
        return _status(self._channel.attributes)

    def _state_of(self, resource: Any) -> str:
        return _status(attributes_in(resource["attributes"]))


class CustomerWithPhone(SimulatedCustomer):
    """A customer who texts a number of the account; nothing is made before the first text."""

    def __init__(
        self, account: Account, mock: MockTwilio, record: Record, network: str, number: str
    ) -> None:
        super().__init__(account, mock, record)
        prefix = "" if network == "sms" else f"{network}:"
        self._phone = mock.phone(f"{prefix}{PHONE}")
        self._number = f"{prefix}{number.removeprefix(prefix)}"

    def open(self) -> None:
        """Take the phone."""
        self._record.note("event", CUSTOMER, "has a phone", "the first text makes the conversation")

    def says(self, body: str) -> None:
        """Send a text."""
        self._record.acting = CUSTOMER
        try:
            sent = self._phone.send(body, to=self._number)
        except TwilioError as refused:
            raise Misfit(f"Twilio refuses: {refused.code}: {refused}") from None
        if sent is None:
            raise Misfit("a pre-event webhook refused the text")

    def _handle(self, event: ChatEvent) -> None:
        sid = event.channel_sid
        is_own = event.name == "messageAdded" and event.identity == self._phone.address
        if is_own and sid is not None and sid not in self.channels:
            self.channels.append(sid)
            self.states[sid] = "active"
        super()._handle(event)


def _status(attributes: Any) -> str:
    return str(entry(attributes, "status") or "unknown")
