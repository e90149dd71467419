"""The chat client: connects with an access token, finds channels, emits events."""

from __future__ import annotations

import threading
import warnings
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from twilio.base.exceptions import TwilioException

from ..flex_ui import in_path
from ..mock import MockTwilio
from .arguments import FLAG, KEY, TEXT, takes
from .channel import Channel, ChannelBook, ConnectedClient, not_a_member, refresh
from .errors import as_chat_error, raises_chat_error
from .feeds import KernelFeed, PollingFeed
from .records import User
from .session import ChatSession, ServiceOf, Wait, chat_service

if TYPE_CHECKING:
    from ..account import Account


class ChatClient(ConnectedClient):
    """A customer's or agent's chat, connected with an access token.

    In the shape of Twilio's Chat SDK, over Twilio's REST API: Python has no official Chat SDK. Use
    it with one of a mock's or your own tokens; close it with `shutdown()`, or use `with`.

    Against a mock in this kernel events arrive at once, and its user is online while it is
    connected. Against a live account or a shared mock a polite background poll delivers each
    message exactly once and in order; it cannot see typing or changes of users, makes no user
    online, and sees an edit only while the message is among the latest fifty. It survives
    throttling (waiting as long as the server asks for), time-outs, broken connections and restarts
    of the server; meanwhile `connection_state` is `connecting` and `connection_problem` says why.
    It is `denied` when Twilio refuses the token, until `update_token()`; and `error` when the
    account does not know the user any more, as after a restart of a mock that keeps nothing.

    Arguments that the Chat SDK would refuse, an empty key or a negative index for instance, are
    refused with a `ValueError` in its words, and nothing is sent.

    Events: `channelAdded`, `channelInvited`, `channelJoined`, `channelLeft`, `channelRemoved`
    (Channel), `channelUpdated` ({channel, update_reasons}), those of `Channel` for every channel,
    `userUpdated` ({user, update_reasons}; of its own user and those looked up),
    `tokenAboutToExpire` (seconds left), `tokenExpired` (), `connectionStateChanged` (state),
    `connectionError` ({terminal, message, errorCode}).

    Args:
        account: From `connect()`.
        token: An access token with a chat grant.
        poll_seconds: Pause between polls while something happens, where polling is needed.
        wait: Waits between polls and between tries; a test need not take the time.
        service: Returns the chat service of an SDK client, by its SID; by default Chat's.

    Attributes:
        account: As given.

    Raises:
        ChatError: The token is refused (20101 to 20107), or Twilio refuses the connection.
    """

    @raises_chat_error
    def __init__(
        self,
        account: Account,
        token: str,
        *,
        poll_seconds: float = 1.0,
        wait: Wait = threading.Event.wait,
        service: ServiceOf = chat_service,
    ) -> None:
        super().__init__()
        self.account = account
        self._session = session = ChatSession(account, token, self, wait, service)
        self._book: ChannelBook = ChannelBook(session, self)
        session.feed = self._feed = (
            KernelFeed(session, self._book, account.mock)
            if isinstance(account.mock, MockTwilio)
            else PollingFeed(session, self._book, poll_seconds)
        )
        try:
            session.open_user()
            self._feed.start()
            session.regained()
        except BaseException:
            session.close()
            raise

    @property
    def user(self) -> User:
        """This client's user: up to date with a mock in this kernel, else as when connected."""
        return self._session.user

    @property
    def service_sid(self) -> str:
        """IS..., the chat service."""
        return self._session.service_sid

    @property
    def connection_problem(self) -> str | None:
        """Reason why it is not `connected`, and when it is tried again; None if it is."""
        return self._session.problem

    def __repr__(self) -> str:
        return f"ChatClient(identity={self.identity!r}, {self.connection_state})"

    def __enter__(self) -> ChatClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            if name not in _REPLACED:
                raise AttributeError(f"'ChatClient' object has no attribute {name!r}")
            new, place = _REPLACED[name]
            message = f"ChatClient.{name} is not part of the Chat SDK; use {new}"
            warnings.warn(message, DeprecationWarning, stacklevel=2)
            return attrgetter(place)(self)

    @raises_chat_error
    def update_token(self, token: str) -> None:
        """Continue with a fresh token for the same identity, catching up on what was missed.

        Raises:
            ChatError: The token is refused, or is for another identity or service; or this client
                was shut down.
        """
        self._session.require_open()
        self._session.use(token)
        try:
            caught_up = self._feed.resume()
        except TwilioException as error:
            self._session.denied(as_chat_error(error))
            raise
        if caught_up:
            self._session.regained()

    def shutdown(self) -> None:
        """Disconnect: no more events. Repeating it does nothing."""
        if self.connection_state == "disconnected":
            return
        self._session.close()
        for emitter in (self, *self._book.channels.values()):
            emitter.remove_all_listeners()

    @takes(sid=KEY)
    @raises_chat_error
    def get_channel_by_sid(self, sid: str) -> Channel:
        """Return a channel by its SID.

        Raises:
            ChatError: 20404 or 50300, there is none, or it is private and not this user's.
            ValueError: It is empty.
        """
        session = self._session
        session.require_connected()
        fields = vars(session.service.channels(in_path(sid)).fetch())
        session.feed.follow_channel(fields["sid"])
        channel = self._book.channels.get(fields["sid"])
        if channel is None:
            hidden = fields["type"] == "private" and fields["created_by"] != session.identity
            if session.acts_for_account and hidden:
                raise not_a_member(session.identity, fields["sid"])  # as the Chat SDK refuses it
            channel = self._book.add(fields)
        elif channel.status != "joined":
            refresh(channel, fields)
        return channel

    @takes(unique_name=KEY)
    def get_channel_by_unique_name(self, unique_name: str) -> Channel:
        """Return a channel by its unique name; raises as `get_channel_by_sid()` does."""
        return self.get_channel_by_sid(unique_name)

    def get_subscribed_channels(self) -> list[Channel]:
        """Return the channels this client's user is in, in the order it joined them."""
        self._session.require_connected()
        return self._book.of_status("joined")

    @takes(friendly_name=TEXT.or_none(), unique_name=TEXT.or_none(), is_private=FLAG)
    @raises_chat_error
    def create_channel(
        self,
        *,
        friendly_name: str | None = None,
        unique_name: str | None = None,
        is_private: bool = False,
    ) -> Channel:
        """Create an empty chat channel, to be joined. A Flex channel comes from the Flex API."""
        self._session.require_connected()
        given = {"friendly_name": friendly_name, "unique_name": unique_name}
        created = self._session.service.channels.create(
            type="private" if is_private else "public",
            x_twilio_webhook_enabled="true",
            **{name: value for name, value in given.items() if value is not None},
        )
        return self._book.add(vars(created))


_REST = "account.client_of_chat_user()"
_REPLACED = {
    "known": ("get_channel_by_sid()", "_book.channels.get"),
    "is_usable": ("connection_state", "_session.is_usable"),
    "require_connected": ("connection_state", "_session.require_connected"),
    "upload": ("Channel.send_message(media=...)", "_session.media.upload"),
    "media_url": ("Media.get_content_temporary_url()", "_session.media_url"),
    "tell_typing": ("Channel.typing()", "_session.type_in"),
    "newest_index": ("Channel.get_messages()", "_session.feed.newest_index"),
    "service": (_REST, "_session.service"),
    "polled_service": (_REST, "_session.polled_service"),
}
"""Names that a client once showed: the name to use instead, and the old one's place now."""
