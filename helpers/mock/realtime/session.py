"""Sessions of clients, frame by frame: log in, renew the token, send requests, close.

Runs on worker threads, one frame of a connection after another.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass

import orjson

from ..core.access_token import Claims
from ..core.context import Actor, Backend, Context
from ..core.errors import TwilioError
from ..core.token_timers import TokenTimers
from ..messaging import users
from ..messaging.presence import Presence
from ..messaging.resources import Service
from ..rest.application import Application
from ..rest.http import Reply
from . import feeds, lists, notices, tunnel
from .feeds import FeedClient, Feeds
from .lists import SessionLists
from .notices import Frame, SyncNotice
from .tunnel import Tunnel

_NO_ANSWER = frozenset({"reply", "telemetry.v1", "ping"})
"""Methods that need no answer."""


@dataclass(frozen=True, slots=True)
class SessionParts:
    """Parts of an account that all sessions share."""

    backend: Backend
    application: Application
    account_sid: str
    feeds: Feeds
    presence: Presence
    tunnel: Tunnel
    lists: SessionLists


class ClientSession:
    """One client's exchange with the account, as the chat user `actor`; None before the login.

    `base` is the address at which the client reaches this server over HTTP.
    """

    def __init__(self, parts: SessionParts, client: FeedClient, base: str) -> None:
        self._parts = parts
        self._client = client
        self._base = base
        self.actor: Actor | None = None
        self._lock = threading.Lock()
        self._is_over = False
        self._timers = TokenTimers(parts.backend.clock, self._announce_expiry, self._expire)
        self._by_method: dict[str, Callable[[Frame], bytes | None]] = {
            "init": self._log_in,
            "update": self._log_in,
            "message": self._request,
            "close": lambda frame: self._client.hang_up(1000, "the client closed"),
            # twilio-chat up to 5 waits for these; what it subscribes to is sent anyway (observed)
            "put_notification_ctx": lambda frame: notices.reply(frame, 200),
            "delete_notification_ctx": lambda frame: notices.reply(frame, 200),
        }

    def answer(self, frame: Frame) -> bytes | None:
        """Answer a frame, None where it needs no answer; FrameError if it makes no sense."""
        with self._lock:
            if self._is_over or frame.method in _NO_ANSWER:
                return None
            return self._by_method.get(frame.method, _not_simulated)(frame)

    def _log_in(self, frame: Frame) -> bytes:
        try:
            claims = self._admit(str(frame.header.get("token")))
        except TwilioError as error:
            return _refused(frame, error)
        self._timers.start(claims.expires)
        if frame.method == "update":
            return notices.reply(frame, 200)
        token = frame.header.get("continuation_token") or f"CT{secrets.token_hex(16)}"
        return notices.reply(
            frame,
            200,
            continuation_token=token,
            continuation_token_status={"reissued": False, "reissue_message": "NONE"},
            capabilities=["client_update"],
            init_registrations=None,
        )

    def _admit(self, token: str) -> Claims:
        """Check a token and make its user if need be (observed); TwilioError if it is refused."""
        parts, claims = self._parts, self._parts.application.claims(token)
        workspace_sid = parts.application.workspace_of(token)
        actor = Actor(
            claims.identity, claims.service_sid, webhooks=True, workspace_sid=workspace_sid
        )
        with parts.backend.transaction():
            ctx = Context(parts.backend, parts.account_sid, actor)
            service = ctx.store.first(Service, sid=claims.service_sid)
            if service is None:
                raise TwilioError(50050, f"Service {claims.service_sid} not found")
            users.ensure(ctx, service, claims.identity)
        if self.actor is None:
            self.actor = actor
            parts.presence.count(actor, 1)
        elif self.actor != actor:
            raise TwilioError(20403, "The new token is for another user; make a new client for it")
        return claims

    def _request(self, frame: Frame) -> bytes | None:
        request = tunnel.read(frame, self._base)
        actor = self.actor
        if actor is None:
            refusal = TwilioError(20003, "Authenticate: send init with an access token first")
            return _refused(frame, refusal)
        try:
            if request.path == feeds.PATH and request.method == "POST":
                self._subscribe(actor, frame)
                return None
            if request.path.startswith(lists.PATH):
                own = self._parts.lists.answer(actor, request, tunnel.read_body(frame))
                if own is not None:
                    self._answer_command(frame, *own)
                    return None
        except TwilioError as error:
            return tunnel.answer_frame(frame, error.status, orjson.dumps(error.body()))
        return self._parts.tunnel.answer(actor, frame, request)

    def _subscribe(self, actor: Actor, frame: Frame) -> None:
        """Answer a batch of subscriptions; what it leads to is sent afterwards."""
        parts, batch = self._parts, tunnel.read_body(frame)
        carry_out = parts.feeds.prepare_batch(self._client, actor, batch)
        self._client.enqueue([tunnel.answer_frame(frame, 200, feeds.ACCEPTED)])
        carry_out()

    def _answer_command(self, frame: Frame, reply: Reply, notice: SyncNotice | None) -> None:
        frames = [tunnel.answer_frame(frame, reply.status, orjson.dumps(reply.json))]
        if notice is not None:
            frames.append(self._parts.feeds.notification(notice.payload()))
        self._client.enqueue(frames)

    def _announce_expiry(self, _seconds: float) -> None:
        header = {
            "method": "client_update",
            "id": self._parts.feeds.frame_id(),
            "client_update_type": "token_about_to_expire",
        }
        self._client.enqueue([notices.encode(header)])

    def _expire(self) -> None:
        """Hang up; the client then reconnects with the old token and gets a clear refusal.

        Twilio's own way is not documented. A `close` frame would have the SDK wait in a state in
        which `updateToken` never returns (observed).
        """
        self._client.hang_up(1008, "the access token has expired")

    def end(self) -> None:
        """Release the connection's resources, after the frame that is being answered."""
        with self._lock:
            self._is_over = True
            self._timers.stop()
            self._parts.feeds.unfollow(self._client)
            if self.actor is not None:
                self._parts.presence.count(self.actor, -1)


def _not_simulated(frame: Frame) -> bytes:
    what = f"method {frame.method[:40]!r} of Twilsock is not simulated by this mock"
    return notices.reply(frame, 501, description=what)


def _refused(frame: Frame, error: TwilioError) -> bytes:
    """A refusal that ends in `denied`; the SDKs would try again at any other status."""
    code = error.status if error.status in (401, 403) else 403
    about = {"errorCode": error.code, "description": error.message}
    return notices.reply(frame, code, status=notices.status_of(code) | about)
