"""A chat channel as the Chat SDK shows it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from copy import copy
from datetime import datetime
from functools import cache, partial
from itertools import chain, islice
from pathlib import Path
from typing import Any, Literal

from requests import RequestException
from twilio.base.exceptions import TwilioException

from ..flex_ui import in_path
from ..json_object import attributes_in, entry
from .arguments import INDEX, JSON, KEY, MEDIA, TEXT, one_of, takes
from .emitter import Emitter
from .errors import ChatError, raises_chat_error
from .records import Member, Message, Paginator, User, moment
from .sending import Sending
from .session import ChatSession

PAGE_SIZE = 30
"""Messages a page, as in the Chat SDK."""
Direction = Literal["backwards", "forward"]
TRACKED = ("friendly_name", "unique_name", "_attributes", "created_by", "date_updated")
"""Attributes of a channel that an update may change."""


class ConnectedClient(Emitter):
    """The part of a `ChatClient` that its channels show."""

    _session: ChatSession

    @property
    def identity(self) -> str:
        """Identity of its user."""
        return self._session.identity

    @property
    def connection_state(self) -> str:
        """One of `CONNECTION_STATES`, as in the Chat SDK."""
        return self._session.state

    @takes(identity=KEY)
    @raises_chat_error
    def get_user(self, identity: str) -> User:
        """Return a user by identity."""
        self._session.require_connected()
        return self._session.find_user(identity)


class Channel(Emitter):
    """A channel, kept up to date by its client.

    Events: `messageAdded`, `messageRemoved` (Message), `messageUpdated` ({message,
    update_reasons}), `memberJoined`, `memberLeft` (Member), `memberUpdated` ({member,
    update_reasons}), `typingStarted`, `typingEnded` (Member), `updated` ({channel,
    update_reasons}), `removed` (Channel).

    Attributes:
        client: The chat client it belongs to.
        sid: CH...
        status: `joined`, `invited` or `notParticipating`.
        friendly_name, unique_name, type, created_by, date_created, date_updated: As in Twilio's
            REST API.
        last_consumed_message_index: Read horizon of this client's user.
        state: `active`, `inactive` or `closed`, of a conversation; None where Chat does not say.
    """

    friendly_name: str | None
    unique_name: str | None
    type: str
    created_by: str | None
    date_created: datetime
    date_updated: datetime
    _attributes: Any

    def __init__(
        self, session: ChatSession, client: ConnectedClient, fields: Mapping[str, Any]
    ) -> None:
        super().__init__()
        self.client = client
        self.sid: str = fields["sid"]
        self.status = "notParticipating"
        self.last_consumed_message_index: int | None = None
        self.state: str | None = None
        self._session = session
        self._sending = Sending(session, self.sid)
        refresh(self, fields)

    @property
    def attributes(self) -> Any:
        """Application data: any JSON value; Flex writes `status` `ACTIVE` or `INACTIVE`."""
        return copy(self._attributes)

    @property
    def is_ended(self) -> bool:
        """True once the chat has ended: its status is INACTIVE, or the conversation is closed."""
        is_inactive = str(entry(self._attributes, "status")).upper() == "INACTIVE"
        return is_inactive or self.state == "closed"

    def __repr__(self) -> str:
        return f"Channel({self.sid}, {self.friendly_name!r}, {self.status})"

    @takes(body=TEXT.or_none(), attributes=JSON, media=MEDIA.or_none())
    @raises_chat_error
    def send_message(
        self,
        body: str | None = None,
        attributes: Any = None,
        *,
        media: str | Path | Mapping[str, Any] | None = None,
    ) -> int:
        """Send a text or a file (the Chat SDK's `sendMessage()`).

        On a mock it counts as sent by the SDK: the user must be a member, and roles apply. On a
        live account, where Python has only REST, it is sent with account credentials and
        `X-Twilio-Webhook-Enabled: true`, so that Studio and webhooks get it as `Source` `API`;
        membership is checked here first, since REST would not.

        Messages of one channel are sent one after another. Where the server throttles or cannot be
        reached, the call waits and tries again, for a minute at most. Where it is not known
        whether a message arrived, the call searches for it - one of this user, with the same
        content, newer than the messages this client knew - and sends it again only if it is not
        there. Twilio might act only after that search, and have it twice (inferred); a mock does
        not, as it drops a request whose client has left, unless a fault makes it late.

        Args:
            body: The text; a message with media has none.
            attributes: Application data, any JSON value; by default an empty object.
            media: A file's path, or `{"content_type": ..., "media": bytes, "filename": ...}`.

        Returns:
            The new message's index.

        Raises:
            ChatError: 50400, not a member; 20104, the token has expired; and whatever Twilio
                refuses. The message did not arrive.
            OutcomeUnknown: A `ChatError`, where it may have arrived or not.
            ValueError: Neither body nor media, both, or an argument of another kind; nothing was
                sent.
        """
        self._session.require_connected()
        if (body is None) == (media is None):
            raise ValueError("send_message() takes a body or media, one of them")
        if self._session.acts_for_account and self.status != "joined":
            self._session.feed.follow_channel(self.sid)
            if self.status != "joined":
                raise not_a_member(self._session.identity, self.sid)
        content = {"attributes": json.dumps({} if attributes is None else attributes)}
        if body is not None:
            content["body"] = body
        upload = None if media is None else partial(self._session.media.upload, media)
        try:
            return self._sending.send(content, upload)
        finally:
            self._session.feed.nudge()

    @takes(page_size=INDEX, anchor=INDEX.or_none(), direction=one_of("backwards", "forward"))
    @raises_chat_error
    def get_messages(
        self,
        page_size: int = PAGE_SIZE,
        anchor: int | None = None,
        direction: Direction = "backwards",
    ) -> Paginator:
        """Return a page of messages, ascending.

        Args:
            page_size: Messages a page; 0 for the default, as in the Chat SDK.
            anchor: Index to start from, included; by default the end (or, forward, the beginning).
            direction: `backwards` to older messages, or `forward`.
        """
        backwards, page_size = direction == "backwards", page_size or PAGE_SIZE
        order = "desc" if backwards else "asc"
        stream = (
            Message.of(vars(rest), self._session)
            for rest in self._rest().messages.stream(order=order, page_size=min(100, page_size + 1))
        )
        first, skipped = next(stream, None), False
        if anchor is not None:
            while first and (first.index > anchor if backwards else first.index < anchor):
                first, skipped = next(stream, None), True
        messages = chain([first] if first else [], stream)
        return self._page(messages, page_size, backwards, anchor or 0, beyond=skipped)

    def _page(
        self,
        messages: Iterator[Message],
        page_size: int,
        backwards: bool,
        anchor: int,
        *,
        beyond: bool,
    ) -> Paginator:
        """Take a page off a stream of messages; `beyond` says whether it skipped any."""
        taken = list(islice(messages, page_size))
        ahead = next(messages, None)
        items = taken[::-1] if backwards else taken
        oldest, newest = (items[0].index, items[-1].index) if items else (anchor, anchor)
        follow = self._follower(messages, ahead, page_size, backwards) if ahead else None
        if backwards:
            newer = partial(self.get_messages, page_size, newest + 1, "forward")
            return Paginator(items, ahead is not None, beyond, follow, newer)
        older = partial(self.get_messages, page_size, oldest - 1)
        return Paginator(items, beyond, ahead is not None, older, follow)

    def _follower(
        self, messages: Iterator[Message], ahead: Message, page_size: int, backwards: bool
    ) -> Callable[[], Paginator]:
        """Read the page that begins with `ahead`, once, since a stream can be read only once.

        Where the stream fails, as when its token has expired, the page is requested anew.
        """
        unread = [chain([ahead], messages)]

        @cache
        def follow() -> Paginator:
            if unread:
                with suppress(TwilioException, RequestException):
                    return self._page(unread.pop(), page_size, backwards, ahead.index, beyond=True)
            return self.get_messages(
                page_size, ahead.index, "backwards" if backwards else "forward"
            )

        return follow

    @raises_chat_error
    def get_members(self) -> list[Member]:
        """Return the members."""
        return [Member.of(vars(rest)) for rest in self._rest().members.list()]

    @raises_chat_error
    def get_members_count(self) -> int:
        """Return the number of members."""
        return int(self._rest().fetch().members_count)

    @raises_chat_error
    def get_messages_count(self) -> int:
        """Return the number of messages."""
        return int(self._rest().fetch().messages_count)

    @raises_chat_error
    def typing(self) -> bool:
        """Signal the others that this user is typing.

        Returns:
            False on a live account: Twilio's REST API has no such operation, only a mock has.
        """
        self._session.require_connected()
        return self._session.type_in(self.sid)

    @takes(index=INDEX.or_none())
    @raises_chat_error
    def update_last_consumed_message_index(self, index: int | None) -> int | None:
        """Set the read horizon.

        Returns:
            The unread count that results; None without a horizon.
        """
        view = self._session.user_channel(self.sid).update(
            last_consumed_message_index="" if index is None else index
        )
        self.last_consumed_message_index = view.last_consumed_message_index
        self._session.feed.nudge()
        return view.unread_messages_count  # type: ignore[no-any-return]

    @takes(index=INDEX)
    def advance_last_consumed_message_index(self, index: int) -> int | None:
        """Set the read horizon, only ever forward, and return the unread count that results."""
        current = self.last_consumed_message_index
        if current is not None and index <= current:
            return self.get_unconsumed_messages_count()
        return self.update_last_consumed_message_index(index)

    @raises_chat_error
    def set_all_messages_consumed(self) -> int | None:
        """Move the read horizon to the last message and return the unread count that results."""
        newest = self._rest().messages.list(order="desc", limit=1, page_size=1)
        if not newest:
            return self.get_unconsumed_messages_count()
        return self.update_last_consumed_message_index(newest[0].index)

    def set_no_messages_consumed(self) -> int | None:
        """Remove the read horizon: nothing counts as read."""
        return self.update_last_consumed_message_index(None)

    @raises_chat_error
    def get_unconsumed_messages_count(self) -> int | None:
        """Return the number of messages above the read horizon; None without a horizon."""
        return self._session.user_channel(self.sid).fetch().unread_messages_count  # type: ignore[no-any-return]

    @raises_chat_error
    def join(self) -> Channel:
        """Join a public channel, or a private one that this user created.

        Creating a Flex channel makes its identity a member already; joining again is refused.

        Raises:
            ChatError: 50404, already a member; 50107, the channel is another's and private.
        """
        self._rest().members.create(
            identity=self._session.identity, x_twilio_webhook_enabled="true"
        )
        self._session.feed.follow_channel(self.sid)
        return self

    @raises_chat_error
    def leave(self) -> Channel:
        """Leave the channel.

        On a live account it fires no webhook: twilio 9.13 drops the header that asks for webhooks
        from every DELETE.
        """
        self._rest().members(in_path(self._session.identity)).delete(
            x_twilio_webhook_enabled="true"
        )
        self._session.feed.nudge()
        return self

    @raises_chat_error
    def decline(self) -> Channel:
        """Decline an invitation to the channel."""
        self._session.user_channel(self.sid).delete()
        self._session.feed.nudge()
        return self

    @takes(identity=KEY)
    @raises_chat_error
    def add(self, identity: str) -> None:
        """Add a member; needs the permission `addMember`."""
        self._rest().members.create(identity=identity, x_twilio_webhook_enabled="true")
        self._session.feed.nudge()

    @takes(identity=KEY)
    @raises_chat_error
    def invite(self, identity: str) -> None:
        """Invite a user; needs the permission `inviteMember`."""
        self._rest().invites.create(identity=identity)

    @takes(attributes=JSON)
    @raises_chat_error
    def update_attributes(self, attributes: Any) -> Channel:
        """Replace the attributes; merge with `channel.attributes` first to keep Flex's own."""
        text = json.dumps(attributes)
        changed = self._rest().update(attributes=text, x_twilio_webhook_enabled="true")
        reasons = refresh(self, vars(changed))
        if reasons:  # no event yet
            emit_updated(self, reasons)
        return self

    def _rest(self) -> Any:
        self._session.require_connected()
        return self._session.service.channels(self.sid)


class ChannelBook:
    """Channel objects of one client, which emits the events, by SID; its user's place in each."""

    def __init__(self, session: ChatSession, client: ConnectedClient) -> None:
        self._session = session
        self._client = client
        self._lock = threading.RLock()
        self.channels: dict[str, Channel] = {}

    def of_status(self, status: str) -> list[Channel]:
        """Return the channels in which the user is `joined`, or `invited`, in that order."""
        with self._lock:
            return [channel for channel in self.channels.values() if channel.status == status]

    def add(self, fields: Mapping[str, Any]) -> Channel:
        """Return the channel with these fields, a new one if it is not known."""
        with self._lock:
            return self.channels.setdefault(
                fields["sid"], Channel(self._session, self._client, fields)
            )

    def enter(self, fields: Mapping[str, Any], status: str) -> Channel:
        """Record that the user is `joined` or `invited` now, without an event."""
        with self._lock:
            channel = self.add(fields)
            refresh(channel, fields)
            channel.status = status
        return channel

    def emit_entered(self, channel: Channel, *, is_new: bool) -> None:
        """Emit that the user has joined a channel or was invited, and that it is new if so."""
        if is_new:
            self._client.emit("channelAdded", channel)
        joined = channel.status == "joined"
        self._client.emit("channelJoined" if joined else "channelInvited", channel)

    def leave(self, channel_sid: str, *, removed: bool = False) -> None:
        """Record and emit that the user is no longer in a channel, or that it was deleted."""
        with self._lock:
            channel = self.channels.get(channel_sid)
            if channel is None:
                return
            gone = removed or channel.type == "private"
            was_in, channel.status = channel.status != "notParticipating", "notParticipating"
            if gone:
                del self.channels[channel_sid]
        if was_in:
            self._client.emit("channelLeft", channel)
        if gone:
            self._client.emit("channelRemoved", channel)
            channel.emit("removed", channel)


def refresh(channel: Channel, fields: Mapping[str, Any]) -> list[str]:
    """Update a channel from its fields. Returns the names of those that changed."""
    before = vars(channel).copy()
    channel.friendly_name, channel.unique_name = fields["friendly_name"], fields["unique_name"]
    channel._attributes = attributes_in(fields["attributes"])
    channel.state = fields.get("state", channel.state)
    channel.type, channel.created_by = fields["type"], fields["created_by"]
    channel.date_created = moment(fields["date_created"])
    channel.date_updated = moment(fields["date_updated"])
    now = vars(channel)
    changed = [name.lstrip("_") for name in TRACKED if before.get(name) != now[name]]
    return [name for name in changed if name != "date_updated"] or changed


def emit(channel: Channel, event: str, about: Any, reasons: Iterable[str] = ()) -> None:
    """Emit a channel's event on the channel and on its client; an update has reasons."""
    if event.endswith("Updated"):
        about = {event.removesuffix("Updated"): about, "update_reasons": list(reasons)}
    channel.emit(event, about)
    channel.client.emit(event, about)


def emit_updated(channel: Channel, reasons: list[str]) -> None:
    """Emit that a channel changed: `updated` there, `channelUpdated` on its client."""
    about = {"channel": channel, "update_reasons": reasons}
    channel.emit("updated", about)
    channel.client.emit("channelUpdated", about)


def not_a_member(identity: str, channel_sid: str) -> ChatError:
    """Return Twilio's refusal of a user who is not in a channel."""
    return ChatError(50400, f"User {identity!r} is not a member of channel {channel_sid}", 403)
