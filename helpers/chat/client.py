"""The chat client: connects with an access token, finds channels, emits what happens."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twilio.base.exceptions import TwilioException, TwilioRestException

from ..mock import MockTwilio, verify
from .channel import Channel
from .connection import ChatConnection, Wait
from .errors import ChatError, as_chat_error, raises_chat_error
from .feeds import Feed, KernelFeed
from .lifetime import TokenLifetime
from .media import MediaService, Upload
from .polling import PollingFeed
from .records import User, in_path
from .retrying_client import TRIES, Backoff, RetryingClient

if TYPE_CHECKING:
    from ..account import Account


class ChatClient(ChatConnection):
    """A customer's or agent's chat, connected with an access token.

    In the shape of Twilio's Chat SDK, over Twilio's REST API: Python has no official Chat SDK. Use
    it with one of a mock's or your own tokens; close it with `shutdown()`, or use `with`.

    Against a mock in this kernel events arrive at once. Against a live account or a shared mock a
    polite background poll delivers each message exactly once and in order; it cannot see typing,
    and sees an edit only while the message is among the latest fifty. It goes on through throttling
    (waiting as long as the server asks for), time-outs, broken connections and restarts of the
    server; meanwhile `connection_state` is `connecting` and `connection_problem` says why. It is
    `denied` when Twilio refuses the token, until `update_token()`; and `error` when the account
    does not know the user any more, as after a restart of a mock that keeps nothing.

    Events: `channelAdded`, `channelInvited`, `channelJoined`, `channelLeft`, `channelRemoved`
    (Channel), `channelUpdated` ({channel, update_reasons}), those of `Channel` for every channel,
    `tokenAboutToExpire` (seconds left), `tokenExpired` (), `connectionStateChanged` (state),
    `connectionError` ({terminal, message, errorCode}).

    Args:
        account: From `connect()`.
        token: An access token with a chat grant.
        poll_seconds: Pause between polls while there is news, where polling is needed.
        wait: How to wait between polls and between tries; a test need not take the time.

    Attributes:
        connection_state: One of `CONNECTION_STATES`, as in the Chat SDK.
        connection_problem: Why it is not `connected`, and when it is tried again, in words; None
            while all is well.
        identity: Whose chat it is.

    Raises:
        ChatError: The token is refused (20101 to 20107), or Twilio refuses the connection.
    """

    def __init__(
        self,
        account: Account,
        token: str,
        *,
        poll_seconds: float = 1.0,
        wait: Wait = threading.Event.wait,
    ) -> None:
        super().__init__(wait)
        self.account = account
        mock = account.mock if isinstance(account.mock, MockTwilio) else None
        self.is_in_kernel = mock is not None
        self._backoff = Backoff()
        self.acts_for_account = account.mode == "live"
        self._own = threading.RLock()
        self._channels: dict[str, Channel] = {}
        self._lifetime = TokenLifetime(account.clock, self._about_to_expire, self._expired)
        self._token: str | None = None
        self._feed: Feed = KernelFeed(self, mock) if mock else PollingFeed(self, poll_seconds)
        self._use(token)
        try:
            self._connect()
        except BaseException:
            self._close()
            raise

    def __repr__(self) -> str:
        return f"ChatClient(identity={self.identity!r}, {self.connection_state})"

    def __enter__(self) -> ChatClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()

    @raises_chat_error
    def _use(self, token: str) -> None:
        credentials = self.account.credentials
        claims = verify(
            token,
            account_sid=credentials.account_sid,
            secrets={credentials.api_key: credentials.api_secret},
            now=self.account.clock.now(),
        )
        own = (claims.identity, claims.service_sid or "")
        if self._token is not None and own != (self.identity, self.service_sid):
            what = "A token for another identity or service needs a client of its own"
            raise ChatError(20101, what)
        self.identity: str
        self.service_sid: str
        self.identity, self.service_sid = own
        self._token = token
        rest = self.account.client_of_chat_user(token, self.identity)
        rest.http_client = RetryingClient(rest.http_client, self.wait)
        self.service = rest.chat.v2.services(self.service_sid)
        self._media = MediaService(rest, self.service_sid, in_kernel=self.is_in_kernel)
        polled = self.account.client_of_chat_user(token, self.identity, polling=True)
        polled.http_client = self._polled_line(polled.http_client)
        self.polled_service = polled.chat.v2.services(self.service_sid)
        self._lifetime.follow(claims.expires)

    def _polled_line(self, door: Any) -> RetryingClient:
        """One whose failures show in the state; in this kernel it holds nobody's thread up."""
        tries = 1 if self.is_in_kernel else TRIES
        return RetryingClient(
            door, self.wait, tries=tries, backoff=self._backoff, failing=self.lost
        )

    @raises_chat_error
    def _connect(self) -> None:
        self._ensure_user()
        self._feed.start()
        self.regained()

    def _ensure_user(self) -> None:
        """Connecting with a new identity makes its user (observed)."""
        try:
            found = self.service.users(in_path(self.identity)).fetch()
        except TwilioRestException as error:
            if error.status != 404:
                raise
            found = self.service.users.create(identity=self.identity)
        self.user = User.of(found)

    @raises_chat_error
    def update_token(self, token: str) -> None:
        """Go on with a fresh token for the same identity, catching up on what was missed.

        Raises:
            ChatError: The token is refused, or is for another identity or service; or this client
                was shut down.
        """
        self._require_open()
        self._use(token)
        self._refusal = None
        try:
            caught_up = self._feed.resume()
        except TwilioException as error:
            self.denied(as_chat_error(error))
            raise
        if caught_up:
            self.regained()

    def shutdown(self) -> None:
        """Disconnect: no more events. Doing it twice is fine."""
        if self.connection_state == "disconnected":
            return
        self._close()
        self.connection_problem = None
        self._state("disconnected")
        for emitter in (self, *self._channels.values()):
            emitter.remove_all_listeners()

    def _close(self) -> None:
        self._closing.set()
        self._feed.stop()
        self._lifetime.stop()

    @raises_chat_error
    def get_channel_by_sid(self, sid: str) -> Channel:
        """A channel by its SID.

        Raises:
            ChatError: 20404 or 50300, there is none, or it is private and not this user's.
        """
        return self._find(sid)

    @raises_chat_error
    def get_channel_by_unique_name(self, unique_name: str) -> Channel:
        """A channel by its unique name.

        Raises:
            ChatError: 20404 or 50300, there is none, or it is private and not this user's.
        """
        return self._find(unique_name)

    def _find(self, key: str) -> Channel:
        self.require_connected()
        rest = self.service.channels(key).fetch()
        self.meet(rest.sid)
        channel = self.known(rest.sid)
        if channel is None:
            if self.acts_for_account and rest.type == "private":
                raise self.not_a_member(rest.sid)  # the Chat SDK would not show it
            channel = self._channels[rest.sid] = Channel(self, rest)
        elif channel.status != "joined":
            channel.take(rest)
        return channel

    def meet(self, channel_sid: str) -> None:
        """Hear of this channel from now on, if this client's user is in it."""
        self._feed.meet(channel_sid)

    def not_a_member(self, channel_sid: str) -> ChatError:
        """The refusal Twilio gives somebody who is not in a channel."""
        return ChatError(
            50400, f"User {self.identity!r} is not a member of channel {channel_sid}", 403
        )

    def get_subscribed_channels(self) -> list[Channel]:
        """The channels this client's user is in, in the order it joined them."""
        self.require_connected()
        with self._own:
            return [channel for channel in self._channels.values() if channel.status == "joined"]

    @raises_chat_error
    def create_channel(
        self,
        *,
        friendly_name: str | None = None,
        unique_name: str | None = None,
        is_private: bool = False,
    ) -> Channel:
        """Make an empty chat channel, to be joined. A Flex channel comes from the Flex API."""
        self.require_connected()
        given = {"friendly_name": friendly_name, "unique_name": unique_name}
        rest = self.service.channels.create(
            type="private" if is_private else "public",
            x_twilio_webhook_enabled="true",
            **{name: value for name, value in given.items() if value is not None},
        )
        return self._channels.setdefault(rest.sid, Channel(self, rest))

    @raises_chat_error
    def get_user(self, identity: str) -> User:
        """A user by identity."""
        self.require_connected()
        return User.of(self.service.users(in_path(identity)).fetch())

    def known(self, channel_sid: str) -> Channel | None:
        """The channel object handed out for this SID, if any."""
        with self._own:
            return self._channels.get(channel_sid)

    def joined(self, rest: Any) -> Channel:
        """This client's user is in a channel now."""
        return self._enter(rest, "joined")

    def invited(self, rest: Any) -> Channel:
        """This client's user is invited into a channel now."""
        return self._enter(rest, "invited")

    def _enter(self, rest: Any, status: str) -> Channel:
        with self._own:
            channel = self._channels.setdefault(rest.sid, Channel(self, rest))
            channel.take(rest)
            channel.status = status
        return channel

    def invitations(self) -> list[str]:
        """The SIDs of the channels that this client's user is invited into."""
        with self._own:
            return [sid for sid, each in self._channels.items() if each.status == "invited"]

    def tell_joined(self, channel: Channel, *, is_new: bool) -> None:
        """Emit that this client's user has joined a channel, which is new to it or not."""
        if is_new:
            self.emit("channelAdded", channel)
        self.emit("channelJoined", channel)

    def tell_invited(self, channel: Channel, *, is_new: bool) -> None:
        """Emit that this client's user is invited into a channel, which is new to it or not."""
        if is_new:
            self.emit("channelAdded", channel)
        self.emit("channelInvited", channel)

    def left(self, channel: Channel, *, removed: bool = False) -> None:
        """This client's user is no longer in a channel, or the channel is gone."""
        gone = removed or channel.type == "private"
        with self._own:
            was_in, channel.status = channel.status != "notParticipating", "notParticipating"
            if gone:
                self._channels.pop(channel.sid, None)
        if was_in:
            self.emit("channelLeft", channel)
        if gone:
            self.emit("channelRemoved", channel)
            channel.emit("removed", channel)

    def tell(self, channel: Channel, event: str, about: Any) -> None:
        """Emit a channel's event on the channel and on this client."""
        channel.emit(event, about)
        self.emit(event, about)

    def tell_updated(self, channel: Channel, reasons: list[str]) -> None:
        """Emit that a channel changed: `updated` there, `channelUpdated` here."""
        about = {"channel": channel, "update_reasons": reasons}
        channel.emit("updated", about)
        self.emit("channelUpdated", about)

    def tell_typing(self, channel_sid: str) -> bool:
        """Tell others that this user types, where there is a way to."""
        if self.account.mock is None or self._token is None:
            return False
        self.account.mock.type_in(self._token, channel_sid)  # in this kernel or over a network
        return True

    def upload(self, media: str | Path | Mapping[str, Any]) -> str:
        """Upload a file to send; its media SID."""
        return self._media.upload(Upload.of(media))

    def media_url(self, sid: str) -> str:
        """A URL of an uploaded file's content that works for a while."""
        return self._media.temporary_url(sid)

    def notice(self) -> None:
        """This client changed something: where polling is needed, look soon."""
        self._feed.nudge()

    def newest_index(self, channel_sid: str) -> int | None:
        """The newest message known in a channel, -1 for none; None for one that is not followed."""
        return self._feed.newest_index(channel_sid)

    def denied(self, error: ChatError) -> None:
        """Twilio refuses the token: nothing works until `update_token()`."""
        if self.is_usable:
            self._feed.pause()
            super().denied(error)

    def _about_to_expire(self, seconds: float) -> None:
        self.emit("tokenAboutToExpire", round(seconds))

    def _expired(self) -> None:
        message = "Access token expired; get a fresh one from your server and update_token() it"
        self.denied(ChatError(20104, message, 401))
        self.emit("tokenExpired")
