"""Messages, members, users and pages of messages, as chat events and calls return them.

Each is made from a resource's fields: Twilio's JSON, or `vars()` of the SDK's instance.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from ..json_object import attributes_in
from .arguments import JSON, TEXT, takes
from .errors import ChatError, raises_chat_error
from .media import Media


class MessageHome(Protocol):
    """The session that a message came by: it opens its file, and changes it."""

    identity: str
    acts_for_account: bool

    def media_url(self, sid: str) -> str:
        """Return a URL of a file that works for a few minutes."""

    def message(self, channel_sid: str, sid: str) -> Any:
        """Return the SDK's context of a message, to change it."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message, as it was when it came; a change arrives as `messageUpdated`.

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
        media: The file of a media message, or the first of several.
        attached_media: All of its files; Chat's REST API shows the first only.
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
    attached_media: tuple[Media, ...] = ()
    _channel_sid: str = field(default="", repr=False, compare=False)
    _home: MessageHome | None = field(default=None, repr=False, compare=False)

    @takes(body=TEXT)
    def update_body(self, body: str) -> Message:
        """Replace the text (the Chat SDK's `updateBody()`), and return the changed message.

        Raises:
            ChatError: The user's role does not allow it, or the message is gone.
        """
        return self._updated(body=body)

    @takes(attributes=JSON)
    def update_attributes(self, attributes: Any) -> Message:
        """Replace the application data, and return the changed message; raises as for the text."""
        return self._updated(attributes=json.dumps(attributes))

    @raises_chat_error
    def remove(self) -> Message:
        """Delete the message for everybody, and return it; raises as `update_body()` does."""
        self._context().delete(x_twilio_webhook_enabled="true")
        return self

    @raises_chat_error
    def _updated(self, **fields: str) -> Message:
        changed = self._context().update(x_twilio_webhook_enabled="true", **fields)
        assert self._home is not None
        return Message.of(vars(changed), self._home)

    def _context(self) -> Any:
        home = self._home
        if home is None:
            raise ValueError("only a message of a chat client can be changed")
        if home.acts_for_account and home.identity != self.author:  # REST would allow it
            raise ChatError(50107, "User unauthorized for command: another's message", 403)
        return home.message(self._channel_sid, self.sid)

    @classmethod
    def of(cls, fields: Mapping[str, Any], home: MessageHome) -> Message:
        """Make one from its fields, of the session that it came by."""
        sent, updated, media = fields["date_created"], fields["date_updated"], fields["media"]
        attached = fields.get("attached_media") or ([media] if media else ())
        files = tuple([Media.of(each, home.media_url) for each in attached]) if attached else ()
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
            media=files[0] if files else None,
            attached_media=files,
            _channel_sid=fields["channel_sid"],
            _home=home,
        )


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a channel.

    Attributes:
        sid: MB...
        identity: The user's identity; None for a person with an address on another network.
        attributes: Application data; Flex writes `member_type` `guest` or `agent`.
        last_consumed_message_index: Read horizon; None for nothing read.
        last_consumption_timestamp: Time of the last reading.
        role_sid: RL...
    """

    sid: str
    identity: str | None
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
