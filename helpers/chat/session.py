"""One chat user's connection: its state, token and REST clients, for everything else in here."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Protocol

from twilio.base.exceptions import TwilioRestException

from ..flex_ui import in_path
from ..interrupts import detached
from ..mock import ChatConnection, ForkedProcess, MockTwilio, TokenTimers, in_child, verify
from .emitter import Emitter
from .errors import ChatError, TransientError, raises_chat_error
from .media import MediaService
from .records import User
from .retrying_client import TRIES, Backoff, RetryingClient

if TYPE_CHECKING:
    from twilio.rest import Client

    from ..account import Account

CONNECTION_STATES = ("connecting", "connected", "disconnecting", "disconnected", "denied", "error")
Wait = Callable[[threading.Event, float], bool]
"""Waits for an event, so many seconds at most; returns whether it was set."""


class Feed(Protocol):
    """Source of events about the user's channels."""

    def pause(self) -> None:
        """Deliver no events for now."""

    def stop(self) -> None:
        """Deliver no more events."""

    def nudge(self) -> None:
        """Check for events soon."""

    def follow_channel(self, channel_sid: str) -> None:
        """Deliver this channel's events from now on, if the user is in it."""

    def newest_index(self, channel_sid: str) -> int | None:
        """Index of the newest message delivered, -1 for none; None for a channel not followed."""


ServiceOf = Callable[["Client", str], Any]


def chat_service(rest: Client, service_sid: str) -> Any:
    """Return the chat service, as the SDK names it."""
    return rest.chat.v2.services(service_sid)


class ChatSession:
    """The connection of one chat user.

    Args:
        account: From `connect()`.
        token: Access token with a chat grant.
        client: Emits the events of the connection.
        wait: Waits between polls and between tries.
        service: Returns the chat service of an SDK client, by its SID.

    Attributes:
        feed: Set by the client.
        identity, service_sid: Of the token.
        user: The token's, up to date with a mock in this kernel.
        service: The SDK's context of the chat service, for what the user does.
        polled_service: The same for background reads, whose failures show in `state`.
        state: One of `CONNECTION_STATES`.
        problem: Reason why it is not `connected`, and when it is tried again.
        acts_for_account: Whether requests carry the account's credentials, so that Twilio does not
            check what the user may do.

    Raises:
        ChatError: The token is refused.
    """

    feed: Feed
    identity: str
    service_sid: str
    service: Any
    polled_service: Any
    media: MediaService
    user: User

    def __init__(
        self,
        account: Account,
        token: str,
        client: Emitter,
        wait: Wait,
        service: ServiceOf = chat_service,
    ) -> None:
        self.account = account
        self._service_of = service
        self.is_in_kernel = isinstance(account.mock, MockTwilio)
        self.acts_for_account = account.mode == "live"
        self.state = "connecting"
        self.problem: str | None = None
        self.wait_for = wait
        self.closing = threading.Event()
        self._client = client
        self._refusal: ChatError | None = None
        self._backoff = Backoff()
        in_child(self, ChatSession._leave)
        self._timers = TokenTimers(account.clock, self._about_to_expire, self._expired)
        self._connection: ChatConnection | None = None
        self._followed: set[str] = set()
        self._token = ""
        self.use(token)

    def _leave(self) -> None:
        """End in a child that was forked, which has none of the threads that bring events."""
        self.state, self.problem = "disconnected", str(ForkedProcess())
        self.closing = threading.Event()
        self.closing.set()

    @raises_chat_error
    def use(self, token: str) -> None:
        """Act with this token from now on.

        Raises:
            ChatError: It is refused, or for another identity or service.
        """
        credentials = self.account.credentials
        claims = verify(
            token,
            account_sid=credentials.account_sid,
            secrets={credentials.api_key: credentials.api_secret},
            now=self.account.clock.now(),
        )
        own = (claims.identity, claims.service_sid or "")
        if self._token and own != (self.identity, self.service_sid):
            what = "A token for another identity or service needs a client of its own"
            raise ChatError(20101, what)
        self.identity, self.service_sid = own
        self._token = token
        rest = self.account.client_of_chat_user(token, self.identity)
        rest.http_client = RetryingClient(rest.http_client, self.wait)
        self.service = self._service_of(rest, self.service_sid)
        self.media = MediaService(rest, self.service_sid, in_kernel=self.is_in_kernel)
        polled = self.account.client_of_chat_user(token, self.identity, polling=True)
        polled.http_client = RetryingClient(
            polled.http_client,
            self.wait,
            tries=1 if self.is_in_kernel else TRIES,  # holds up no thread that acts on the mock
            backoff=self._backoff,
            failing=self.lost,
        )
        self.polled_service = self._service_of(polled, self.service_sid)
        self._refusal = None
        self._timers.start(claims.expires)

    def user_of(self, fields: Mapping[str, Any]) -> User:
        """Return a user of its fields; where users that are online are shown, it is or it is not.

        Twilio's REST API has null for a user that never was (specified), the Chat SDK false.
        """
        known, connection = fields["is_online"], self._connection
        if connection is not None:
            known = bool(known) if connection.shows_reachability else None
        return User.of({**fields, "is_online": known})

    def open_user(self) -> None:
        """Read the token's user, created on its first connection (observed)."""
        try:
            found = self.service.users(in_path(self.identity)).fetch()
        except TwilioRestException as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise
            found = self.service.users.create(identity=self.identity)
        self.user = self.user_of(vars(found))

    def find_user(self, identity: str) -> User:
        """Return a user, whose updates are emitted from now on."""
        found = self.service.users(in_path(identity)).fetch()
        self._followed.add(found.identity)
        return self.user_of(vars(found))

    def user_updated(self, fields: Mapping[str, Any], reasons: Iterable[str]) -> None:
        """Emit an update of this user, or of one that was looked up."""
        identity, user = fields["identity"], self.user_of(fields)
        if identity == self.identity:
            self.user = user
        if identity in (self.identity, *self._followed):
            named = [name.replace("is_", "reachability_") for name in reasons]
            self._client.emit("userUpdated", {"user": user, "update_reasons": named})

    def user_channel(self, channel_sid: str) -> Any:
        """Return the SDK's context of the user's own view of a channel, if connected."""
        self.require_connected()
        return self.service.users(in_path(self.identity)).user_channels(channel_sid)

    def media_url(self, sid: str) -> str:
        """Return a URL of an uploaded file's content that works for a few minutes."""
        return self.media.temporary_url(sid)

    def message(self, channel_sid: str, sid: str) -> Any:
        """Return the SDK's context of a message, to change it."""
        self.require_connected()
        return self.service.channels(channel_sid).messages(sid)

    def type_in(self, channel_sid: str) -> bool:
        """Signal that the user types; returns False where there is no way to."""
        if self.account.mock is None:
            return False
        self.account.mock.type_in(self._token, channel_sid)
        return True

    def wait(self, seconds: float) -> None:
        """Wait before another try.

        Raises:
            ChatError: The client was shut down meanwhile.
        """
        if detached(lambda: self.wait_for(self.closing, seconds)) or self.closing.is_set():
            raise _shut_down()

    @property
    def is_usable(self) -> bool:
        """True while the client is open and its token accepted."""
        return self._refusal is None and not self.closing.is_set()

    def require_open(self) -> None:
        """Refuse to act once the client is shut down."""
        if self.state == "disconnected":
            raise ChatError(None, self.problem) if self.problem else _shut_down()

    def require_connected(self) -> None:
        """Refuse to act while the connection is closed or denied.

        Raises:
            ChatError: With the code that ended the connection.
        """
        self.require_open()
        if self._refusal is not None:
            raise self._refusal

    def lost(self, failure: TransientError) -> None:
        """Show that the connection fails for now; the feed keeps trying."""
        if self.is_usable:
            self.problem = f"{failure.what}, next try in {failure.delay:.1f} s"
            self._set_state("connecting")
            self._emit_error(str(failure.msg), failure.code, terminal=False)

    def regained(self) -> None:
        """Show that the connection works."""
        if self.is_usable:
            self._appear()
            self.problem = None
            self._set_state("connected")

    def forgotten(self, refusal: ChatError) -> None:
        """Show, once, that the account does not know the user any more."""
        if self.is_usable and self.state != "error":
            self.problem = (
                f"the account does not know {self.identity} any more: it was reset, or its server"
                f" restarted without its state; make the channels anew ({refusal})"
            )
            self._set_state("error")
            self._emit_error(self.problem, refusal.code, terminal=False)

    def denied(self, refusal: ChatError) -> None:
        """Show that Twilio refuses the token: nothing works until there is another."""
        if self.is_usable:
            self.feed.pause()
            self._refusal = refusal
            self._disappear()
            self.problem = str(refusal.msg)
            self._set_state("denied")
            self._emit_error(self.problem, refusal.code, terminal=True)

    def close(self) -> None:
        """End every wait, the feed and the token's timers, and show that it is over."""
        self.closing.set()
        self.feed.stop()
        self._disappear()
        self._timers.stop()
        self.problem = None
        self._set_state("disconnected")

    def _appear(self) -> None:
        """Be online; only a mock in this kernel has a way to."""
        if self._connection is None and isinstance(self.account.mock, MockTwilio):
            self._connection = self.account.mock.connect_chat(self._token)

    def _disappear(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _about_to_expire(self, seconds: float) -> None:
        self._client.emit("tokenAboutToExpire", round(seconds))

    def _expired(self) -> None:
        message = "Access token expired; get a fresh one from your server and update_token() it"
        self.denied(ChatError(20104, message, 401))
        self._client.emit("tokenExpired")

    def _set_state(self, state: str) -> None:
        if state != self.state:
            self.state = state
            self._client.emit("connectionStateChanged", state)

    def _emit_error(self, message: str, code: int | None, *, terminal: bool) -> None:
        about = {"terminal": terminal, "message": message, "errorCode": code}
        self._client.emit("connectionError", about)


def _shut_down() -> ChatError:
    return ChatError(None, "This chat client has been shut down; make a new one")
