"""The customers of a rehearsal: each with a chat page, or with a phone."""

from __future__ import annotations

import mimetypes
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

from ...account import Account
from ...chat import ChatClient, ConversationsClient
from ...chat.media import MediaService
from ...json_object import attributes_in, entry
from ...mock import ChatEvent, MockTwilio, TwilioError
from ..accounts.copying import DAY
from .grammar import Said
from .timeline import CUSTOMER, SERVER, Misfit, Record

IDENTITY, NAME = "customer-1", "Jane"
PHONE = "+15550142"
"""The first customer's number."""


class Persona(NamedTuple):
    """A customer's name, identity in chats, and number."""

    name: str
    identity: str
    phone: str

    def is_author(self, author: str) -> bool:
        """Return whether a message's author is this customer."""
        return author == self.identity or author.endswith(self.phone)

    @property
    def actor(self) -> str:
        """The customer in a timeline."""
        return CUSTOMER if self.name == NAME else f"{CUSTOMER} {self.name}"


def persona(number: int, name: str) -> Persona:
    """The customer of this number, from 1."""
    return Persona(name or NAME, f"customer-{number}", f"+1555{141 + number:04d}")


@dataclass(frozen=True, slots=True)
class CustomerMessage:
    """A message in a chat of the customer of this name."""

    sid: str
    channel_sid: str
    author: str
    seconds: int
    body: str
    customer: str
    by_customer: bool
    attributes: str


@dataclass(slots=True)
class Chats:
    """The chats of all customers.

    `channels` are their SIDs, the last one under way; `states` has for each a state of
    Conversations, or `ACTIVE` or `INACTIVE` in Programmable Chat, or `deleted`; `messages` are
    those of all authors.
    """

    channels: list[str] = field(default_factory=list)
    states: dict[str, str] = field(default_factory=dict)
    messages: list[CustomerMessage] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class CustomerContext:
    """The place of a rehearsal's customers, with the record of what happens there."""

    account: Account
    mock: MockTwilio
    record: Record
    chats: Chats = field(default_factory=Chats)


class SimulatedCustomer:
    """A customer; `channels` are the SIDs of the customer's own chats, of which `chats` has all."""

    def __init__(self, context: CustomerContext, own: Persona) -> None:
        self._account, self._record, self.chats = context.account, context.record, context.chats
        self.own = own
        self.channels: list[str] = []
        self._unsubscribe = context.mock.follow(self._handle)

    def open(self, data: Mapping[str, Any] | None = None) -> None:
        """Begin, or come back; with data of a form that was filled in before."""
        raise NotImplementedError

    def says(self, message: str | Said) -> None:
        """Write in the chat."""
        self._record.acting = self.own.actor
        if isinstance(message, Said):
            self._send(message.text, message.attributes)
        else:
            self._send(message, None)

    def _send(self, body: str, attributes: Any) -> None:
        raise NotImplementedError

    def send_file(self, name: str) -> None:
        """Send a file of this name."""
        raise NotImplementedError

    def type(self) -> None:
        """Show that a message is being typed."""
        raise NotImplementedError

    def leave(self) -> None:
        """Go away; Twilio does not learn of it."""

    def _add(self, sid: str) -> None:
        """Add a chat of the customer's, if it is not the latest."""
        if sid not in self.channels[-1:]:
            self.channels.append(sid)
            self.chats.channels.append(sid)

    def _handle(self, event: ChatEvent) -> None:
        sid, resource = event.channel_sid, event.resource
        if sid is None or sid not in self.channels:
            return
        if event.name == "messageAdded":
            text, author = resource["body"] or "", event.identity or ""
            self.chats.messages.append(
                CustomerMessage(
                    resource["sid"],
                    sid,
                    author,
                    self._record.seconds,
                    text,
                    self.own.name,
                    self.own.is_author(author),
                    resource["attributes"],
                )
            )
        elif event.name == "channelUpdated":
            self.chats.states[sid] = self._state_of(resource)
        elif event.name == "channelRemoved":
            self.chats.states[sid] = "deleted"

    def _state_of(self, resource: Any) -> str:
        return str(resource["state"])

    def close(self) -> None:
        """Go away and stop following the mock."""
        self.leave()
        self._unsubscribe()


Arrive = Callable[[Persona, Mapping[str, Any]], str]
"""Makes the customer's chat, as your server does, or finds the one that is open; its SID.

It is called with the data of a form that was filled in before.
"""


def file_of(name: str) -> dict[str, Any]:
    """A file of this name, to send: it holds its name."""
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return {"content_type": kind, "media": name.encode(), "filename": name}


class CustomerWithPage(SimulatedCustomer):
    """A customer who opens and closes a page with a chat in it, on Conversations."""

    def __init__(self, context: CustomerContext, own: Persona, arrive: Arrive) -> None:
        super().__init__(context, own)
        self._arrive = arrive
        self._chat: Any = None
        self._channel: Any = None

    def open(self, data: Mapping[str, Any] | None = None) -> None:
        """Open the page: the server gets the chat, the page connects to it."""
        self.leave()
        self._record.acting = SERVER
        sid = self._arrive(self.own, data or {})
        self._add(sid)
        self._record.acting = self.own.actor
        token = partial(self._account.chat_token, self.own.identity, ttl=DAY)
        chat = self._connect(token())
        chat.on("tokenAboutToExpire", lambda *_: chat.update_token(token()))
        self._chat = chat
        self.chats.states.setdefault(sid, self._join(sid))

    def _connect(self, token: str) -> Any:
        return ConversationsClient(self._account, token)

    def _join(self, sid: str) -> str:
        """Get the chat; returns the state that a new one is in."""
        self._channel = self._chat.get_conversation_by_sid(sid)
        return "active"

    def _send(self, body: str, attributes: Any) -> None:
        self._shown().send_message(body, attributes)

    def send_file(self, name: str) -> None:
        """Send a file in the chat that the page shows."""
        self._record.acting = self.own.actor
        self._shown().send_message(media=file_of(name))

    def type(self) -> None:
        """Show in the chat that a message is being typed."""
        self._record.acting = self.own.actor
        self._shown().typing()
        self._record.note("event", self.own.actor, "is typing")

    def _shown(self) -> Any:
        if self._channel is None:
            raise Misfit("the chat could not be opened")
        return self._channel

    def leave(self) -> None:
        """Close the page; Twilio does not learn of it."""
        chat, self._chat, self._channel = self._chat, None, None
        if chat is not None:
            chat.shutdown()


class CustomerOfChannel(CustomerWithPage):
    """A customer with a page on Programmable Chat."""

    def _connect(self, token: str) -> Any:
        return ChatClient(self._account, token)

    def _join(self, sid: str) -> str:
        self._channel = self._chat.get_channel_by_sid(sid)
        return _status(self._channel.attributes)

    def _state_of(self, resource: Any) -> str:
        return _status(attributes_in(resource["attributes"]))


class CustomerWithPhone(SimulatedCustomer):
    """A customer who texts a number of the account; nothing is made before the first text."""

    def __init__(self, context: CustomerContext, own: Persona, network: str, number: str) -> None:
        super().__init__(context, own)
        prefix = "" if network == "sms" else f"{network}:"
        self._phone = context.mock.phone(f"{prefix}{own.phone}")
        self._number = f"{prefix}{number.removeprefix(prefix)}"

    def open(self, data: Mapping[str, Any] | None = None) -> None:
        """Take the phone."""
        if data:
            raise Misfit("a phone has no form to fill in before the chat")
        self._record.note(
            "event", self.own.actor, "has a phone", "the first text makes the conversation"
        )

    def _send(self, body: str, attributes: Any) -> None:
        if attributes is not None:
            raise Misfit("a text has no attributes")
        self._text(body)

    def send_file(self, name: str) -> None:
        """Send a file from the phone."""
        self._record.acting = self.own.actor
        own = self._account.credentials.chat_service_sid
        uploaded = MediaService(self._account.client, own, in_kernel=True).upload(file_of(name))
        self._text(None, [uploaded])

    def type(self) -> None:
        """Say that a phone shows nobody that a message is being typed."""
        raise Misfit("a phone does not show that a message is being typed")

    def _text(self, body: str | None, media_sids: Sequence[str] = ()) -> None:
        try:
            sent = self._phone.send(body, to=self._number, media_sids=media_sids)
        except TwilioError as refused:
            raise Misfit(f"Twilio refuses: {refused.code}: {refused}") from None
        if sent is None:
            raise Misfit("a pre-event webhook refused the text")

    def _handle(self, event: ChatEvent) -> None:
        sid = event.channel_sid
        is_own = event.name == "messageAdded" and event.identity == self._phone.address
        if is_own and sid is not None and sid not in self.channels:
            self._add(sid)
            self.chats.states[sid] = "active"
        super()._handle(event)


def _status(attributes: Any) -> str:
    return str(entry(attributes, "status") or "unknown")
