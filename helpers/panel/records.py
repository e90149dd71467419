"""Values that the panels show: messages, people, offers, conversations, status and changes.

They are frozen, so that a handler on one thread can pass them to a view on another.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import unquote

from ..json_object import entry

if TYPE_CHECKING:
    from ..desk import AcceptedTask, Offer

ENDED = "The agent ended this chat. To write again, create a new Flex channel."
CLOSED = "This conversation is closed. To write again, open a new one."
REMOVED = "This channel was removed. To write again, create a new Flex channel."

AlertTopic = Literal["send", "connection", "token", "panel"]
MessageChange = Literal["added", "updated", "removed", "earlier"]


@dataclass(frozen=True, slots=True)
class Person:
    """A member of the channel, or an author who is none, such as `system`."""

    identity: str
    name: str
    role: str | None = None


@dataclass(frozen=True, slots=True)
class MediaView:
    """File of a media message; its URL is temporary, so it is requested when needed."""

    sid: str
    content_type: str
    filename: str | None
    size: int


@dataclass(frozen=True, slots=True)
class MessageView:
    """One message of the transcript, as the reader sees it."""

    sid: str
    index: int
    author: str
    name: str
    role: str | None
    body: str | None
    own: bool
    timestamp: datetime
    media: MediaView | None = None
    edited: bool = False


@dataclass(frozen=True, slots=True)
class Notice:
    """A line without an author, such as "agent_alice joined", shown after message `after`.

    `name` is the part of it that somebody chose, and that may be written from right to left.
    """

    number: int
    after: int
    text: str
    timestamp: datetime
    name: str = ""


@dataclass(frozen=True, slots=True)
class Alert:
    """A failure, present or near, in a sentence; `code` is Twilio's where it gave one."""

    topic: AlertTopic
    level: Literal["warning", "error"]
    text: str
    code: int | None = None


TOKEN_EXPIRES = Alert("token", "warning", "The access token expires soon. Update the token.")
TOKEN_EXPIRED = Alert("token", "error", "The access token has expired. Update the token.")


@dataclass(frozen=True, slots=True)
class Status:
    """Everything around the messages: connection, typing, failures.

    `problem` says why the connection is not `connected`, and when it is tried again.
    """

    title: str
    connection: str
    problem: str | None = None
    role: str | None = None
    ended: str | None = None
    alert: Alert | None = None
    typing: tuple[Person, ...] = ()
    has_earlier: bool = False
    loading_earlier: bool = False
    seen_index: int | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """A change for observers: enough to update a view without reading the model again."""

    kind: MessageChange | Literal["notice", "status"]
    messages: tuple[MessageView, ...] = ()
    notice: Notice | None = None
    status: Status | None = None


def display_name(identity: str) -> str:
    """Return the name to show for an identity.

    Flex writes a worker's e-mail address into the identity with `_40` for @ and `_2E` for the dot;
    anything that does not decode to an address is shown as it is.
    """
    decoded = unquote(re.sub(r"_(?=[0-9A-F]{2})", "%", identity))
    return decoded if re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", decoded) else identity


def person(identity: str, attributes: Any = None, friendly_name: str | None = None) -> Person:
    """Make a Person; Flex tags its members with `member_type` "guest" or "agent"."""
    role = entry(attributes, "member_type")
    name = display_name(friendly_name or identity)
    return Person(identity, name, role if isinstance(role, str) else None)


def alert_for(topic: AlertTopic, what: str, failure: BaseException) -> Alert:
    """Turn an exception into a line, with Twilio's own message and code where it has them."""
    message = getattr(failure, "msg", None) or str(failure) or type(failure).__name__
    code = getattr(failure, "code", None)
    return twilio_alert(topic, f"{what}: {message}", code if isinstance(code, int) else None)


def twilio_alert(topic: AlertTopic, text: str, code: int | None) -> Alert:
    """Make an error line that names Twilio's code, because that is what people search for."""
    return Alert(topic, "error", f"{text} (Twilio error {code})" if code else text, code)


# -- an agent's panel

SHOWN_ELSEWHERE = {"name", "channelSid", "channelType"}
"""Attributes with a place of their own, or without meaning to an agent."""
_DETAILS_SHOWN = 6
_VALUE_SHOWN = 80


@dataclass(frozen=True, slots=True)
class OfferView:
    """A customer who waits since the task was created; `sid` is WR..., the reservation.

    `channel` is the channel type, e.g. `custom`, or "no chat" for other tasks, and `details` are
    further task attributes, as names and texts. `identity` is the customer's in the chat.
    """

    sid: str
    name: str
    channel: str
    details: tuple[tuple[str, str], ...]
    since: datetime = field(compare=False)
    identity: str = ""


@dataclass(frozen=True, slots=True)
class ConversationView:
    """An accepted task; `status` is its assignment status."""

    sid: str
    name: str
    status: str
    has_chat: bool
    identity: str = ""

    @property
    def can_wrap_up(self) -> bool:
        """True while the chat can be ended."""
        return self.status == "assigned"

    @property
    def can_complete(self) -> bool:
        """True while the task can be completed; TaskRouter requires a wrap-up first."""
        return self.status == "wrapping"

    @property
    def can_leave(self) -> bool:
        """True if the task ended elsewhere, so that only the chat is left to leave."""
        return self.status in {"completed", "canceled"}


@dataclass(frozen=True, slots=True)
class AgentStatus:
    """Everything the panel shows but the chats themselves."""

    agent: str
    identity: str = ""
    activity: str = ""
    offers: tuple[OfferView, ...] = ()
    conversations: tuple[ConversationView, ...] = ()
    alert: Alert | None = None


def offer_view(offer: Offer, identity: str = "") -> OfferView:
    """Describe an offer of the customer with this identity."""
    channel = _text(offer.attributes.get("channelType") or "chat")
    details = (
        (str(name), _text(value))
        for name, value in offer.attributes.items()
        if name not in SHOWN_ELSEWHERE and value not in (None, "", {}, [])
    )
    return OfferView(
        sid=offer.sid,
        name=offer.name,
        channel=channel if offer.channel_sid else "no chat",
        details=tuple(islice(details, _DETAILS_SHOWN)),
        since=datetime.now(UTC) - timedelta(seconds=offer.age),
        identity=identity or offer.name,
    )


def conversation_view(conversation: AcceptedTask, identity: str = "") -> ConversationView:
    """Describe a conversation with the customer of this identity; this fetches the task."""
    name, has_chat = conversation.offer.name, conversation.channel is not None
    status = conversation.status
    return ConversationView(conversation.offer.sid, name, status, has_chat, identity or name)


def _text(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _VALUE_SHOWN else f"{text[: _VALUE_SHOWN - 1]}…"
