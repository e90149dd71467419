"""What chat events and calls hand out: messages, members, users and pages of messages."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote

from .media import Media


@dataclass(frozen=True, slots=True)
class Message:
    """One message.

    Attributes:
        sid: IM...
        index: Its place in the channel, from 0; there may be gaps.
        author: The identity that sent it.
        body: Its text, never interpreted as HTML; None for media.
        attributes: What the application keeps with it.
        timestamp: When it was sent, aware, UTC.
        date_updated: When it was last changed.
        last_updated_by: Who edited it last; None if nobody did.
        type: `text` or `media`.
        media: The file of a media message.
    """

    sid: str
    index: int
    author: str
    body: str | None
    attributes: dict[str, Any]
    timestamp: datetime
    date_updated: datetime
    last_updated_by: str | None = None
    type: str = "text"
    media: Media | None = None

    @classmethod
    def of(cls, rest: Any, media_url: Callable[[str], str]) -> Message:
        """From the SDK's `MessageInstance`; `media_url` asks for the URL of a media SID."""
        media = rest.media
        return cls(
            sid=rest.sid,
            index=rest.index,
            author=rest._from,
            body=rest.body,
            attributes=json_object(rest.attributes),
            timestamp=rest.date_created,
            date_updated=rest.date_updated,
            last_updated_by=rest.last_updated_by,
            type=rest.type,
            media=media
            and Media(
                sid=media["sid"],
                content_type=media["content_type"],
                filename=media["filename"],
                size=media["size"],
                _ask_url=media_url,
            ),
        )


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody in a channel.

    Attributes:
        sid: MB...
        identity: The user's identity.
        attributes: What the application keeps; Flex writes `member_type` `guest` or `agent`.
        last_consumed_message_index: How far they have read; None for not at all.
        last_consumption_timestamp: When they last read.
        role_sid: RL...
    """

    sid: str
    identity: str
    attributes: dict[str, Any]
    last_consumed_message_index: int | None
    last_consumption_timestamp: datetime | None
    role_sid: str

    @classmethod
    def of(cls, rest: Any) -> Member:
        """From the SDK's `MemberInstance`."""
        return cls(
            sid=rest.sid,
            identity=rest.identity,
            attributes=json_object(rest.attributes),
            last_consumed_message_index=rest.last_consumed_message_index,
            last_consumption_timestamp=rest.last_consumption_timestamp,
            role_sid=rest.role_sid,
        )


@dataclass(frozen=True, slots=True)
class User:
    """A chat user, as others see it."""

    sid: str
    identity: str
    friendly_name: str | None
    attributes: dict[str, Any]

    @classmethod
    def of(cls, rest: Any) -> User:
        """From the SDK's `UserInstance`."""
        return cls(rest.sid, rest.identity, rest.friendly_name, json_object(rest.attributes))


def in_path(identity: str) -> str:
    """An identity as one segment of a path, where the SDK puts its keys in as they are."""
    return quote(identity, safe="")


def json_object(text: str | None) -> dict[str, Any]:
    """Attributes as an object; Twilio's REST API gives them as JSON text."""
    value = json.loads(text) if text else {}
    return value if isinstance(value, dict) else {}


@dataclass(frozen=True)
class Paginator:
    """A page of messages in ascending order, with its neighbours."""

    items: list[Message]
    has_prev_page: bool
    has_next_page: bool
    _previous: Callable[[], Paginator] | None = field(default=None, repr=False)
    _following: Callable[[], Paginator] | None = field(default=None, repr=False)

    def prev_page(self) -> Paginator:
        """The page of older messages; an empty one where there is none."""
        return self._previous() if self._previous and self.has_prev_page else EMPTY

    def next_page(self) -> Paginator:
        """The page of newer messages; an empty one where there is none."""
        return self._following() if self._following and self.has_next_page else EMPTY


EMPTY = Paginator([], has_prev_page=False, has_next_page=False)
