"""Messages, members, users and pages of messages, as chat events and calls return them.

Each is made from a resource's fields: Twilio's JSON, or `vars()` of the SDK's instance.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ..json_object import attributes_in
from .media import Media


@dataclass(frozen=True, slots=True)
class Message:
    """A message.

    Attributes:
        sid: IM...
        index: Its place in the channel, from 0; there may be gaps.
        author: The identity that sent it.
        body: Its text, never interpreted as HTML; None for media.
        attributes: Application data: any JSON value, mostly an object.
        timestamp: Time it was sent, aware, UTC.
        date_updated: Time of its last change.
        last_updated_by: Identity that edited it last, or None.
        type: `text` or `media`.
        media: The file of a media message.
    """

    sid: str
    index: int
    author: str
    body: str | None
    attributes: Any
    timestamp: datetime
    date_updated: datetime
    last_updated_by: str | None = None
    type: str = "text"
    media: Media | None = None

    @classmethod
    def of(cls, fields: Mapping[str, Any], media_url: Callable[[str], str]) -> Message:
        """Make one from its fields; `media_url` returns the URL of a media SID."""
        sent, updated, media = fields["date_created"], fields["date_updated"], fields["media"]
        if isinstance(sent, str):
            sent, updated = map(datetime.fromisoformat, (sent, updated))
        return cls(
            sid=fields["sid"],
            index=fields["index"],
            author=fields["from" if "from" in fields else "_from"],
            body=fields["body"],
            attributes=attributes_in(fields["attributes"]),
            timestamp=sent,
            date_updated=updated,
            last_updated_by=fields["last_updated_by"],
            type=fields["type"],
            media=media and Media.of(media, media_url),
        )


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a channel.

    Attributes:
        sid: MB...
        identity: The user's identity.
        attributes: Application data; Flex writes `member_type` `guest` or `agent`.
        last_consumed_message_index: Read horizon; None for nothing read.
        last_consumption_timestamp: Time of the last reading.
        role_sid: RL...
    """

    sid: str
    identity: str
    attributes: Any
    last_consumed_message_index: int | None
    last_consumption_timestamp: datetime | None
    role_sid: str

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> Member:
        """Make one from its fields."""
        return cls(
            sid=fields["sid"],
            identity=fields["identity"],
            attributes=attributes_in(fields["attributes"]),
            last_consumed_message_index=fields["last_consumed_message_index"],
            last_consumption_timestamp=moment(fields["last_consumption_timestamp"]),
            role_sid=fields["role_sid"],
        )


@dataclass(frozen=True, slots=True)
class User:
    """A chat user, as others see it.

    `online` is None where the service does not show it, or Twilio's REST API does not say.
    """

    sid: str
    identity: str
    friendly_name: str | None
    attributes: Any
    online: bool | None = None

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> User:
        """Make one from its fields."""
        attributes = attributes_in(fields["attributes"])
        own = fields["sid"], fields["identity"], fields["friendly_name"]
        return cls(*own, attributes, fields["is_online"])


def moment(value: Any) -> Any:
    """Return a date of a resource's fields as the SDK parses it."""
    return datetime.fromisoformat(value) if isinstance(value, str) else value


@dataclass(frozen=True)
class Paginator:
    """A page of messages in ascending order, with its neighbours."""

    items: list[Message]
    has_prev_page: bool
    has_next_page: bool
    _previous: Callable[[], Paginator] | None = field(default=None, repr=False)
    _following: Callable[[], Paginator] | None = field(default=None, repr=False)

    def prev_page(self) -> Paginator:
        """Return the page of older messages, an empty one where there is none."""
        return self._previous() if self._previous and self.has_prev_page else EMPTY

    def next_page(self) -> Paginator:
        """Return the page of newer messages, an empty one where there is none."""
        return self._following() if self._following and self.has_next_page else EMPTY


EMPTY = Paginator([], has_prev_page=False, has_next_page=False)
