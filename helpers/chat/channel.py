"""A chat channel as the Chat SDK shows it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from requests import RequestException
from twilio.base.exceptions import TwilioException

from .emitter import Emitter
from .errors import raises_chat_error
from .records import Member, Message, Paginator, in_path, json_object
from .sending import Sending

if TYPE_CHECKING:
    from .client import ChatClient

PAGE_SIZE = 30
"""Messages a page, as in the Chat SDK."""
Direction = Literal["backwards", "forward"]


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
        friendly_name, unique_name, type, created_by: As in Twilio's REST API.
        attributes: What the application keeps; Flex writes `status` `ACTIVE` or `INACTIVE`.
        last_consumed_message_index: How far this client's user has read.
    """

    def __init__(self, client: ChatClient, rest: Any) -> None:
        super().__init__()
        self.client = client
        self.sid: str = rest.sid
        self.status = "notParticipating"
        self.last_consumed_message_index: int | None = None
        self._sending = Sending(client, self.sid, in_kernel=client.is_in_kernel)
        self.take(rest)

    def take(self, rest: Any) -> list[str]:
        """Take over what REST says of the channel; the names of what changed."""
        before = dict(getattr(self, "_told", {}))
        self._told = {
            "friendly_name": rest.friendly_name,
            "unique_name": rest.unique_name,
            "attributes": json_object(rest.attributes),
            "created_by": rest.created_by,
            "date_updated": rest.date_updated,
        }
        self.type: str = rest.type
        self.date_created: datetime = rest.date_created
        changed = [name for name, value in self._told.items() if before.get(name) != value]
        return [name for name in changed if name != "date_updated"] or changed

    @property
    def friendly_name(self) -> str | None:
        """Display name."""
        return self._told["friendly_name"]  # type: ignore[no-any-return]

    @property
    def unique_name(self) -> str | None:
        """The application's own name for it, unique in the service."""
        return self._told["unique_name"]  # type: ignore[no-any-return]

    @property
    def attributes(self) -> dict[str, Any]:
        """What the application keeps with the channel."""
        return dict(self._told["attributes"])

    @property
    def created_by(self) -> str | None:
        """Who created it; `system` for REST."""
        return self._told["created_by"]  # type: ignore[no-any-return]

    @property
    def is_ended(self) -> bool:
        """Whether Flex has ended the chat (status INACTIVE); make a new Flex channel then."""
        return str(self._told["attributes"].get("status", "")).upper() == "INACTIVE"

    def __repr__(self) -> str:
        return f"Channel({self.sid}, {self.friendly_name!r}, {self.status})"

    @raises_chat_error
    def send_message(
        self,
        body: str | None = None,
        attributes: dict[str, Any] | None = None,
        *,
        media: str | Path | Mapping[str, Any] | None = None,
    ) -> int:
        """Send a text or a file (the Chat SDK's `sendMessage()`).

        On a mock it counts as sent by the SDK: the user must be a member, and roles apply. On a
        live account, where Python has only REST, it is sent with account credentials and
        `X-Twilio-Webhook-Enabled: true`, so that Studio and webhooks hear of it as `Source` `API`;
        membership is checked here first, since REST would not.

        Messages of one channel are sent one after another. Where the server throttles or cannot be
        reached, the call waits and tries again, for a minute at the most. Where it is not known
        whether a message arrived, the call looks for it - one of this user, with the same content,
        newer than what this client knew before - and sends it again only if it is not there. A
        server that acts only after that look may still have it twice.

        Args:
            body: The text; a message with media has none.
            attributes: What the application keeps with the message.
            media: A file's path, or `{"content_type": ..., "media": bytes, "filename": ...}`.

        Returns:
            The new message's index.

        Raises:
            ChatError: 50400, not a member; 20104, the token has expired; and whatever Twilio
                refuses. The message did not arrive.
            OutcomeUnknown: A `ChatError`, where it may have arrived or not.
            ValueError: Neither body nor media, both, or media without content or its type.
        """
        self.client.require_connected()
        if (body is None) == (media is None):
            raise ValueError("send_message() takes a body or media, one of them")
        if self.client.acts_for_account:
            self._require_member()
        content = {"attributes": json.dumps(attributes or {})}
        if body is not None:
            content["body"] = body
        upload = None if media is None else partial(self.client.upload, media)
        try:
            return self._sending.send(content, upload)
        finally:
            self.client.notice()

    def _require_member(self) -> None:
        if self.status != "joined":
            self.client.meet(self.sid)
        if self.status != "joined":
            raise self.client.not_a_member(self.sid)

    @raises_chat_error
    def get_messages(
        self,
        page_size: int = PAGE_SIZE,
        anchor: int | None = None,
        direction: Direction = "backwards",
    ) -> Paginator:
        """A page of messages, ascending.

        Args:
            page_size: Messages a page.
            anchor: Index to start from, included; by default the end (or, forward, the beginning).
            direction: `backwards` to older messages, or `forward`.
        """
        self.client.require_connected()
        backwards = direction == "backwards"
        order = "desc" if backwards else "asc"
        stream = (
            Message.of(rest, self.client.media_url)
            for rest in self._rest().messages.stream(order=order, page_size=min(100, page_size + 1))
        )
        if anchor is None:
            return self._page(stream, None, page_size, backwards, beyond=False)
        skipped = False
        for message in stream:
            if message.index <= anchor if backwards else message.index >= anchor:
                return self._page(stream, message, page_size, backwards, beyond=skipped)
            skipped = True
        older = lambda: self.get_messages(page_size, anchor - 1)  # noqa: E731
        newer = lambda: self.get_messages(page_size, anchor + 1, "forward")  # noqa: E731
        return Paginator([], not backwards and skipped, backwards and skipped, older, newer)

    def _page(
        self,
        stream: Iterator[Message],
        first: Message | None,
        page_size: int,
        backwards: bool,
        *,
        beyond: bool,
    ) -> Paginator:
        """One page off a stream of messages; `first` was taken from it already."""
        taken = [first] if first is not None else []
        taken.extend(islice(stream, page_size - len(taken)))
        ahead = next(stream, None)
        items = taken[::-1] if backwards else taken
        first_index = items[0].index if items else 0
        last_index = items[-1].index if items else 0
        follow = self._follower(stream, ahead, page_size, backwards) if ahead else None
        if backwards:
            newer = lambda: self.get_messages(page_size, last_index + 1, "forward")  # noqa: E731
            return Paginator(items, ahead is not None, beyond, follow, newer)
        older = lambda: self.get_messages(page_size, first_index - 1)  # noqa: E731
        return Paginator(items, beyond, ahead is not None, older, follow)

    def _follower(
        self, stream: Iterator[Message], ahead: Message, page_size: int, backwards: bool
    ) -> Callable[[], Paginator]:
        """Reads the page that begins with `ahead`, once, since a stream can be read only once.

        Where the stream fails, as when its token has expired, the page is asked for anew.
        """
        streams, pages = [stream], list[Paginator]()

        def follow() -> Paginator:
            if not pages and streams:
                with suppress(TwilioException, RequestException):
                    page = self._page(streams.pop(), ahead, page_size, backwards, beyond=True)
                    pages.append(page)
            if not pages:
                direction: Direction = "backwards" if backwards else "forward"
                pages.append(self.get_messages(page_size, ahead.index, direction))
            return pages[0]

        return follow

    @raises_chat_error
    def get_members(self) -> list[Member]:
        """Everybody in the channel."""
        self.client.require_connected()
        return [Member.of(rest) for rest in self._rest().members.list()]

    @raises_chat_error
    def get_members_count(self) -> int:
        """How many are in the channel."""
        self.client.require_connected()
        return int(self._rest().fetch().members_count)

    @raises_chat_error
    def get_messages_count(self) -> int:
        """How many messages it holds."""
        self.client.require_connected()
        return int(self._rest().fetch().messages_count)

    @raises_chat_error
    def typing(self) -> bool:
        """Tell the others that this user is typing.

        Returns:
            Whether it could be told: Twilio's REST API has no such operation, so only a mock can.
        """
        self.client.require_connected()
        return self.client.tell_typing(self.sid)

    @raises_chat_error
    def update_last_consumed_message_index(self, index: int | None) -> int | None:
        """Set the read horizon.

        Returns:
            The unread count that results; None when there is no horizon.
        """
        self.client.require_connected()
        view = self._user_channel().update(
            last_consumed_message_index="" if index is None else index
        )
        self.last_consumed_message_index = view.last_consumed_message_index
        self.client.notice()
        return view.unread_messages_count  # type: ignore[no-any-return]

    def advance_last_consumed_message_index(self, index: int) -> int | None:
        """Set the read horizon, only ever forward; the unread count that results."""
        current = self.last_consumed_message_index
        if current is not None and index <= current:
            return self.get_unconsumed_messages_count()
        return self.update_last_consumed_message_index(index)

    @raises_chat_error
    def set_all_messages_consumed(self) -> int | None:
        """Move the read horizon to the last message; the unread count that results."""
        newest = self._rest().messages.list(order="desc", limit=1, page_size=1)
        if not newest:
            return self.get_unconsumed_messages_count()
        return self.update_last_consumed_message_index(newest[0].index)

    def set_no_messages_consumed(self) -> int | None:
        """Take the read horizon away: nothing counts as read."""
        return self.update_last_consumed_message_index(None)

    @raises_chat_error
    def get_unconsumed_messages_count(self) -> int | None:
        """Messages above the read horizon; None when there is no horizon."""
        self.client.require_connected()
        return self._user_channel().fetch().unread_messages_count  # type: ignore[no-any-return]

    @raises_chat_error
    def join(self) -> Channel:
        """Join a public channel.

        Whoever made a Flex channel for this identity has put it in already; joining again is
        refused.

        Raises:
            ChatError: 50404, already a member; 50107, the channel is private.
        """
        self.client.require_connected()
        self._rest().members.create(identity=self.client.identity, x_twilio_webhook_enabled="true")
        self.client.meet(self.sid)
        return self

    @raises_chat_error
    def leave(self) -> Channel:
        """Leave the channel.

        On a live account no webhook hears of it: twilio 9.13 drops the header that asks for
        webhooks from every DELETE.
        """
        self.client.require_connected()
        self._rest().members(in_path(self.client.identity)).delete(x_twilio_webhook_enabled="true")
        self.client.notice()
        return self

    @raises_chat_error
    def decline(self) -> Channel:
        """Decline an invitation to the channel."""
        self.client.require_connected()
        self._user_channel().delete()
        self.client.notice()
        return self

    @raises_chat_error
    def add(self, identity: str) -> None:
        """Add somebody; needs the permission `addMember`."""
        self.client.require_connected()
        self._rest().members.create(identity=identity, x_twilio_webhook_enabled="true")
        self.client.notice()

    @raises_chat_error
    def update_attributes(self, attributes: dict[str, Any]) -> Channel:
        """Replace the attributes; merge with `channel.attributes` first to keep Flex's own."""
        self.client.require_connected()
        text = json.dumps(attributes)
        rest = self._rest().update(attributes=text, x_twilio_webhook_enabled="true")
        reasons = self.take(rest)
        if reasons:  # not told by an event yet
            self.client.tell_updated(self, reasons)
        return self

    def _rest(self) -> Any:
        return self.client.service.channels(self.sid)

    def _user_channel(self) -> Any:
        return self.client.service.users(in_path(self.client.identity)).user_channels(self.sid)
