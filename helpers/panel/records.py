"""Values that the chat panel shows: lines of the transcript, people, status and changes.

They are frozen, so that a handler on one thread can pass them to a view on another.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from urllib.parse import unquote

ENDED = "The agent ended this chat. To write again, create a new Flex channel."
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
    """A line without an author, such as "agent_alice joined", shown after message `after`."""

    number: int
    after: int
    text: str
    timestamp: datetime


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


def person(
    identity: str, attributes: dict[str, Any] | None = None, friendly_name: str | None = None
) -> Person:
    """Make a Person; Flex tags its members with `member_type` "guest" or "agent"."""
    role = (attributes or {}).get("member_type")
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
