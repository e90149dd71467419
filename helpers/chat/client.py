"""The chat client: connects with an access token, finds channels, emits what happens."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twilio.base.exceptions import TwilioRestException

from ..mock import MockTwilio, verify
from .channel import Channel
from .emitter import Emitter
from .errors import ChatError, refusing
from .feeds import Feed, KernelFeed, PollingFeed
from .lifetime import TokenLifetime
from .media import MediaService, Upload
from .records import User, in_path

if TYPE_CHECKING:
    from ..account import Account

CONNECTION_STATES = ("connecting", "connected", "disconnecting", "disconnected", "denied", "error")


class ChatClient(Emitter):
    """A customer's or agent's chat, connected with an access token.

    In the shape of Twilio's Chat SDK, over Twilio's REST API: Python has no official Chat SDK. Use
    it with one of a mock's or your own tokens; close it with `shutdown()`, or use `with`.

    Against a mock in this kernel events arrive at once. Against a live account or a shared mock a
    polite background poll delivers each message exactly once and in order; it cannot see typing,
    and sees an edit only while the message is among the latest fifty.

    Events: `channelAdded`, `channelJoined`, `channelLeft`, `channelRemoved` (Channel),
    `channelUpdated` ({channel, update_reasons}), those of `Channel` for every channel,
    `tokenAboutToExpire` (seconds left), `tokenExpired` (), `connectionStateChanged` (state),
    `connectionError` ({terminal, message, errorCode}).

    Args:
        account: From `connect()`.
        token: An access token with a chat grant.
        poll_seconds: Pause between polls while there is news, where polling is needed.

    Raises:
        ChatError: The token is refused (20101 to 20107), or Twilio refuses the connection.
    """

    def __init__(self, account: Account, token: str, *, poll_seconds: float = 1.0) -> None:
        super().__init__()
        self.account = account
        self.connection_state = "connecting"
        self.acts_for_account = account.mode == "live"
        self._own = threading.RLock()
        self._channels: dict[str, Channel] = {}
        self._lifetime = TokenLifetime(account.clock, self._about_to_expire, self._expired)
        self._refusal: ChatError | None = None
        self._token: str | None = None
        mock = account.mock if isinstance(account.mock, MockTwilio) else None
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

    @refusing
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
        self.service = rest.chat.v2.services(self.service_sid)
        in_kernel = isinstance(self.account.mock, MockTwilio)
        self._media = MediaService(rest, self.service_sid, in_kernel=in_kernel)
        polled = self.account.client_of_chat_user(token, self.identity, polling=True)
        self.polled_service = polled.chat.v2.services(self.service_sid)
        self._lifetime.follow(claims.expires)

    @refusing
    def _connect(self) -> None:
        self._ensure_user()
        self._feed.start()
        self._state("connected")

    def _ensure_user(self) -> None:
        """Connecting with a new identity makes its user (observed)."""
        try:
            found = self.service.users(in_path(self.identity)).fetch()
        except TwilioRestException as error:
            if error.status != 404:  # noqa: PLR2004 - HTTP's not found
                raise
            found = self.service.users.create(identity=self.identity)
        self.user = User.of(found)

    @refusing
    def update_token(self, token: str) -> None:
        """Go on with a fresh token for the same identity, catching up on what was missed.

        Raises:
            ChatError: The token is refused, or is for another identity or service; or this client
                was shut down.
        """
        self._require_open()
        self._use(token)
        self._refusal = None
        self._feed.resume()
        self._state("connected")

    def shutdown(self) -> None:
        """Disconnect: no more events. Doing it twice is fine."""
        if self.connection_state == "disconnected":
            return
        self._close()
        self._state("disconnected")
        for emitter in (self, *self._channels.values()):
            emitter.remove_all_listeners()

    def _close(self) -> None:
        self._feed.stop()
        self._lifetime.stop()

    @refusing
    def get_channel_by_sid(self, sid: str) -> Channel:
        """A channel by its SID.

        Raises:
            ChatError: 20404 or 50300, there is none, or it is private and not this user's.
        """
        return self._find(sid)

    @refusing
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

    @refusing
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

    @refusing
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
        with self._own:
            channel = self._channels.setdefault(rest.sid, Channel(self, rest))
            channel.take(rest)
            channel.status = "joined"
        return channel

    def tell_joined(self, channel: Channel) -> None:
        """Emit that this client's user has joined a channel."""
        self.emit("channelAdded", channel)
        self.emit("channelJoined", channel)

    def left(self, channel: Channel, *, removed: bool = False) -> None:
        """This client's user is no longer in a channel, or the channel is gone."""
        gone = removed or channel.type == "private"
        with self._own:
            was_joined, channel.status = channel.status == "joined", "notParticipating"
            if gone:
                self._channels.pop(channel.sid, None)
        if was_joined:
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
        self.account.mock.type_in(self._token, channel_sid)
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

    def require_connected(self) -> None:
        """Refuse to act while the connection is closed or denied.

        Raises:
            ChatError: With the code that ended the connection.
        """
        self._require_open()
        if self._refusal is not None:
            raise self._refusal

    def _require_open(self) -> None:
        if self.connection_state == "disconnected":
            raise ChatError(None, "This chat client has been shut down; make a new one")

    def lost(self, error: Exception) -> None:
        """The connection failed for now; the feed keeps trying."""
        if self.connection_state not in ("connected", "connecting"):
            return
        self._state("connecting")
        self._error(str(error), getattr(error, "code", None), terminal=False)

    def regained(self) -> None:
        """The connection works again."""
        if self.connection_state == "connecting":
            self._state("connected")

    def denied(self, error: ChatError) -> None:
        """Twilio refuses the token: nothing works until `update_token()`."""
        self._refusal = error
        self._feed.pause()
        self._state("denied")
        self._error(str(error.msg), error.code, terminal=True)

    def _about_to_expire(self, seconds: float) -> None:
        self.emit("tokenAboutToExpire", round(seconds))

    def _expired(self) -> None:
        message = "Access token expired; get a fresh one from your server and update_token() it"
        self.denied(ChatError(20104, message, 401))
        self.emit("tokenExpired")

    def _state(self, state: str) -> None:
        if state != self.connection_state:
            self.connection_state = state
            self.emit("connectionStateChanged", state)

    def _error(self, message: str, code: int | None, *, terminal: bool) -> None:
        self.emit("connectionError", {"terminal": terminal, "message": message, "errorCode": code})
