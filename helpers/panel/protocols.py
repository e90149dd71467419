"""Shape of the chat client that the panel needs, that of Twilio's Chat SDK.

`helpers.chat` has this shape; so may a test's fake or a client of your own. Events and their
arguments are named as in Twilio's SDK.
"""

# ruff: noqa: D102 - Twilio documents these names

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

Handler = Callable[..., object]


class Media(Protocol):
    """The file of a media message; `size` is in bytes."""

    @property
    def sid(self) -> str: ...
    @property
    def content_type(self) -> str: ...
    @property
    def filename(self) -> str | None: ...
    @property
    def size(self) -> int: ...
    def get_content_temporary_url(self) -> str: ...


class Message(Protocol):
    """One message; `timestamp` is aware, in UTC."""

    @property
    def sid(self) -> str: ...
    @property
    def index(self) -> int: ...
    @property
    def author(self) -> str: ...
    @property
    def body(self) -> str | None: ...
    @property
    def timestamp(self) -> datetime: ...
    @property
    def media(self) -> Media | None: ...
    def update_body(self, body: str, /) -> object: ...
    def remove(self) -> object: ...


class Member(Protocol):
    """A member of the channel; Flex writes `member_type` into the attributes."""

    @property
    def identity(self) -> str | None: ...
    @property
    def attributes(self) -> Any: ...
    @property
    def last_consumed_message_index(self) -> int | None: ...


class User(Protocol):
    """A chat user; the others see the `friendly_name`."""

    @property
    def friendly_name(self) -> str | None: ...


class Page(Protocol):
    """A page of messages, oldest first."""

    @property
    def items(self) -> Sequence[Message]: ...
    @property
    def has_prev_page(self) -> bool: ...
    def prev_page(self) -> Page: ...


class EventSource(Protocol):
    """An object with events: a channel, a client or a desk."""

    def on(self, event: str, handler: Handler, /) -> Any:
        """Subscribe to an event."""

    def off(self, event: str, handler: Handler, /) -> Any:
        """Unsubscribe from an event."""


class Client(EventSource, Protocol):
    """The connection of one identity.

    Events: connectionStateChanged(state), connectionError(error), tokenAboutToExpire(ttl),
    tokenExpired().
    """

    @property
    def identity(self) -> str: ...
    @property
    def connection_state(self) -> str: ...
    def get_user(self, identity: str, /) -> User: ...


class Channel(EventSource, Protocol):
    """A chat channel, seen by `client`.

    Events: messageAdded(message), messageUpdated({"message", "update_reasons"}),
    messageRemoved(message), typingStarted(member), typingEnded(member), memberJoined(member),
    memberUpdated({"member", "update_reasons"}), memberLeft(member),
    updated({"channel", "update_reasons"}), removed(channel).
    """

    @property
    def client(self) -> Client: ...
    @property
    def sid(self) -> str: ...
    @property
    def friendly_name(self) -> str | None: ...
    @property
    def unique_name(self) -> str | None: ...
    @property
    def attributes(self) -> Any: ...
    def send_message(self, body: str | None = None, *, media: Any = None) -> int: ...
    def get_messages(self, page_size: int = 30) -> Page: ...
    def get_members(self) -> Sequence[Member]: ...
    def typing(self) -> object: ...
    def set_all_messages_consumed(self) -> object: ...


@runtime_checkable
class HasChannel(Protocol):
    """A conversation of Flex Conversations, which is shown as its channel."""

    @property
    def chat_channel(self) -> Channel: ...
