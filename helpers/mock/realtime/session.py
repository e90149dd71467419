"""What a client says and is answered, frame by frame: log in, change the token, ask, leave.

Runs on worker threads, one frame of a connection after another.
"""

from __future__ import annotations

import secrets
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from ..core.access_token import Claims
from ..core.context import Actor, Backend, Context
from ..core.errors import TwilioError
from ..core.token_timers import TokenTimers
from ..messaging import users
from ..messaging.resources import Service, User
from ..rest.application import Application
from ..rest.http import Reply
from . import feeds, tunnel
from .feeds import Feeds, Receiver, Subscriptions
from .notices import Frame, encode
from .tunnel import Tunnel


class Presence:
    """Counts the connections of each user, and marks those who come first and leave last."""

    def __init__(self, backend: Backend, account_sid: str) -> None:
        self._backend = backend
        self._account_sid = account_sid
        self._connections: Counter[tuple[str | None, str | None]] = Counter()
        self._lock = threading.Lock()

    def nobody(self) -> None:
        """Nobody is connected yet, whoever was when the account was last open."""
        with self._backend.transaction():
            ctx = Context(self._backend, self._account_sid)
            for user in ctx.store.select(User, {"is_online": True}):
                users.mark_online(ctx, user, online=False)

    def came(self, actor: Actor) -> None:
        """A connection of this user has been opened."""
        with self._lock:
            self._connections[_who(actor)] += 1
            is_first = self._connections[_who(actor)] == 1
        if is_first:
            self._mark(actor, online=True)

    def went(self, actor: Actor) -> None:
        """A connection of this user has ended."""
        with self._lock:
            self._connections[_who(actor)] -= 1
            is_last = self._connections[_who(actor)] <= 0
            if is_last:
                del self._connections[_who(actor)]
        if is_last:
            self._mark(actor, online=False)

    def _mark(self, actor: Actor, *, online: bool) -> None:
        with self._backend.transaction():
            ctx = Context(self._backend, self._account_sid)
            service = ctx.store.first(Service, sid=actor.service_sid)
            user = users.find(ctx, actor.service_sid or "", actor.identity or "")
            if service is not None and service.reachability_enabled and user is not None:
                users.mark_online(ctx, user, online=online)


def _who(actor: Actor) -> tuple[str | None, str | None]:
    return actor.service_sid, actor.identity


_UNAUTHORIZED, _FORBIDDEN, _UNKNOWN = 401, 403, 501
_SILENT = frozenset({"reply", "telemetry.v1", "ping"})
"""Methods that ask for no answer."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What all sessions of an account share."""

    backend: Backend
    application: Application
    account_sid: str
    feeds: Feeds
    presence: Presence
    tunnel: Tunnel
    subscriptions: Subscriptions

    def admit(self, token: str) -> Claims:
        """The claims of a token that may connect; its user is made if need be (observed).

        Raises:
            TwilioError: 20101 to 20107, the token is refused; 50050, its service does not exist.
        """
        claims = self.application.claims(token)
        with self.backend.transaction():
            ctx = Context(self.backend, self.account_sid, _actor(claims))
            service = ctx.store.first(Service, sid=claims.service_sid)
            if service is None:
                raise TwilioError(50050, f"Service {claims.service_sid} not found")
            users.ensure(ctx, service, claims.identity)
        return claims


def _actor(claims: Claims) -> Actor:
    return Actor(claims.identity, claims.service_sid, webhooks=True)


class ClientSession:
    """One client's conversation with the account.

    Args:
        parts: What all sessions share.
        receiver: The way to the client.
        base: Where the client reaches this server over HTTP.
        hang_up: Ends the connection, from any thread.
    """

    def __init__(
        self,
        parts: Parts,
        receiver: Receiver,
        base: str,
        hang_up: Callable[[int, str], None],
    ) -> None:
        self._parts = parts
        self._receiver = receiver
        self._base = base
        self._hang_up = hang_up
        self.actor: Actor | None = None
        self._one_at_a_time = threading.Lock()
        self._is_over = False
        self._timers = TokenTimers(parts.backend.clock, self._announce_end, self._expire)
        self._by_method: dict[str, Callable[[Frame], bytes | None]] = {
            "init": self._log_in,
            "update": self._log_in,
            "message": self._ask,
        }

    def take(self, frame: Frame) -> bytes | None:
        """What a frame is answered; None for one that needs no answer.

        Raises:
            FrameError: It makes no sense, whatever was said before.
        """
        with self._one_at_a_time:
            return None if self._is_over else self._answer(frame)

    def _answer(self, frame: Frame) -> bytes | None:
        if frame.method in _SILENT:
            return None
        if frame.method == "close":
            self._hang_up(1000, "the client closed")
            return None
        return self._by_method.get(frame.method, self._not_understood)(frame)

    def _log_in(self, frame: Frame) -> bytes:
        try:
            claims = self._admit(str(frame.header.get("token")))
        except TwilioError as error:
            return _refused(frame, error)
        self._timers.start(claims.expires)
        continuation = frame.header.get("continuation_token") or f"CT{secrets.token_hex(16)}"
        welcome = {
            "continuation_token": continuation,
            "continuation_token_status": {"reissued": False, "reissue_message": "NONE"},
            "capabilities": ["client_update"],
            "init_registrations": None,
        }
        return _replied(frame, 200, **(welcome if frame.method == "init" else {}))

    def _admit(self, token: str) -> Claims:
        claims = self._parts.admit(token)
        actor = _actor(claims)
        if self.actor is None:
            self.actor = actor
            self._parts.presence.came(actor)
        elif self.actor != actor:
            raise TwilioError(20403, "The new token is for somebody else; make a new client for it")
        return claims

    def _ask(self, frame: Frame) -> bytes | None:
        asked = tunnel.read(frame)
        actor = self.actor
        if actor is None:
            refusal = TwilioError(20003, "Authenticate: send init with an access token first")
            return _refused(frame, refusal)
        if asked.path == feeds.PATH and asked.method == "POST":
            self._subscribe(frame, asked.body)
            return None
        reply = self._parts.tunnel.answer(actor, asked, self._base)
        return tunnel.answered(frame.header.get("id"), reply)

    def _subscribe(self, frame: Frame, batch: Mapping[str, Any]) -> None:
        """Answer the batch, then carry it out."""
        prepared: list[Callable[[], None]] = []

        def prepare() -> Reply:
            prepared.append(self._parts.subscriptions.prepare(self._receiver, batch))
            return feeds.TAKEN

        reply = tunnel.refusing(prepare)
        self._receiver.pass_on([tunnel.answered(frame.header.get("id"), reply)])
        for carry_out in prepared:
            carry_out()

    @staticmethod
    def _not_understood(frame: Frame) -> bytes:
        what = f"method {frame.method[:40]!r} of Twilsock is not simulated by this mock"
        return _replied(frame, _UNKNOWN, description=what)

    def _announce_end(self, _seconds: float) -> None:
        header = {
            "method": "client_update",
            "id": self._parts.feeds.frame_id(),
            "client_update_type": "token_about_to_expire",
        }
        self._receiver.pass_on([encode(header)])

    def _expire(self) -> None:
        """Hang up; the client comes back with the old token, and that it is refused is clearer.

        Twilio's own way is not documented. A `close` frame would have the SDK wait in a state in
        which `updateToken` never returns (observed).
        """
        self._hang_up(1008, "the access token has expired")

    def end(self) -> None:
        """The connection is gone; what it still asks for has been done, or never will be."""
        with self._one_at_a_time:
            self._is_over = True
            self._timers.stop()
            self._parts.feeds.leave(self._receiver)
            if self.actor is not None:
                self._parts.presence.went(self.actor)


def _replied(frame: Frame, code: int, **more: Any) -> bytes:
    header = {"method": "reply", "id": frame.header.get("id"), "status": _status(code)} | more
    return encode(header)


def _status(code: int) -> dict[str, Any]:
    return {"code": code, "status": HTTPStatus(code).name}


def _refused(frame: Frame, error: TwilioError) -> bytes:
    """A refusal that ends in `denied`; the SDKs would try again at any other status."""
    code = error.status if error.status in (_UNAUTHORIZED, _FORBIDDEN) else _FORBIDDEN
    about = {"errorCode": error.code, "description": error.message}
    return _replied(frame, code, status=_status(code) | about)
