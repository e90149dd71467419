"""Who follows which Sync objects, and how news reaches them.

News is told on the thread that acted. It is put into words once and handed to the event loop once,
however many follow; the loop passes the same bytes to every connection.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import threading
from collections.abc import Callable, Collection, Mapping
from typing import Any, Protocol

from ..core.context import Actor, Backend, Context
from ..core.errors import TwilioError
from ..rest.http import Reply
from . import notices, sync, sync_objects
from .change_log import ChangeLog
from .change_recorder import AccessLost, SyncChanged
from .notices import Notice

MERGED = 0.2
"""Seconds within which changes of which only the latest matters become one."""


class Follower(Protocol):
    """A connection, as news sees it."""

    service_sid: str
    identity: str

    def send(self, frame: bytes) -> None:
        """Take a frame to the client; on the event loop only."""

    def hang_up(self, code: int, reason: str) -> None:
        """End the connection, from any thread."""


class Feeds:
    """The followers of every Sync object.

    Who follows an object is given the event it knows the object up to, and is told of nothing
    before that: what it was replayed does not come again.
    """

    def __init__(self) -> None:
        self._followers: dict[str, dict[Follower, int]] = {}
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._waiting: dict[str, Notice] = {}
        self.clients: set[Follower] = set()
        self.loop: asyncio.AbstractEventLoop | None = None

    def is_wanted(self, object_sid: str) -> bool:
        """Whether anybody follows an object."""
        return object_sid in self._followers

    def frame_id(self) -> str:
        """A fresh id for a frame; one frame may go to many."""
        return f"TM{next(self._numbers):032x}"

    def follow(self, follower: Follower, object_sid: str, event_id: int) -> None:
        """Tell the follower of what happens to an object after an event."""
        with self._lock:
            self._followers.setdefault(object_sid, {})[follower] = event_id

    def leave(self, follower: Follower, *object_sids: str) -> None:
        """Tell the follower no more; of nothing at all, where no object is named."""
        with self._lock:
            for object_sid in object_sids or tuple(self._followers):
                following = self._followers.get(object_sid, {})
                following.pop(follower, None)
                if not following:
                    self._followers.pop(object_sid, None)

    def following(self, object_sid: str) -> list[tuple[Follower, int]]:
        """The followers of an object, and the event from which each is told."""
        with self._lock:
            return list(self._followers.get(object_sid, {}).items())

    def handle(self, event: Any) -> None:
        """Pass on news, or the end of somebody's access, from the thread that acted."""
        if isinstance(event, AccessLost):
            self._call(self._dismiss, event)
        elif isinstance(event, SyncChanged) and event.merges:
            self._call(self._merge, event.object_sid, event.notice)
        elif isinstance(event, SyncChanged):
            frame = self.worded(event.notice.payload())
            self._call(self._deliver, event.object_sid, event.notice.event_id, frame)

    def worded(self, payload: Any, message_type: str = notices.SYNC) -> bytes:
        """A notification, ready to be sent to anybody."""
        return notices.notification(self.frame_id(), message_type, payload)

    def tell_users(self, service_sid: str, identities: Collection[str], frame: bytes) -> None:
        """Send a frame to every client of these users, whatever it follows."""
        self._call(self._deliver_to_users, service_sid, identities, frame)

    def _call(self, what: Any, *arguments: Any) -> None:
        if self.loop is not None:
            with contextlib.suppress(RuntimeError):  # it is closed, and every connection with it
                self.loop.call_soon_threadsafe(what, *arguments)

    def _deliver(self, object_sid: str, event_id: int, frame: bytes) -> None:
        waiting = self._waiting.get(object_sid)
        if waiting is not None and waiting.event_id <= event_id:
            del self._waiting[object_sid]
        for follower, since in self.following(object_sid):
            if event_id > since:
                follower.send(frame)

    def _deliver_to_users(
        self, service_sid: str, identities: Collection[str], frame: bytes
    ) -> None:
        for follower in tuple(self.clients):
            if follower.service_sid == service_sid and follower.identity in identities:
                follower.send(frame)

    def _merge(self, object_sid: str, notice: Notice) -> None:
        is_due = object_sid in self._waiting
        self._waiting[object_sid] = notice
        if not is_due:
            asyncio.get_running_loop().call_later(MERGED, self._deliver_merged, object_sid)

    def _deliver_merged(self, object_sid: str) -> None:
        notice = self._waiting.pop(object_sid, None)
        if notice is not None:
            self._deliver(object_sid, notice.event_id, self.worded(notice.payload()))

    def _dismiss(self, lost: AccessLost) -> None:
        """End what was followed before; who came back since may stay."""
        who = (lost.service_sid, lost.identity)
        for object_sid in lost.object_sids:
            for follower, since in self.following(object_sid):
                if (follower.service_sid, follower.identity) == who and since < lost.event_id:
                    self.leave(follower, object_sid)


PATH = "/v4/Subscriptions"
_BATCH = 100
_DELIVERY_MS = 10_000
_LATEST = 2**63 - 1
TAKEN = Reply(200, {"max_batch_size": _BATCH, "estimated_delivery_in_ms": _DELIVERY_MS})
"""What a batch that makes sense is answered."""


class Receiver(Follower, Protocol):
    """A follower that is reached from any thread."""

    @property
    def actor(self) -> Actor:
        """Whose connection it is."""

    def pass_on(self, frames: list[bytes]) -> None:
        """Have frames sent, in this order, after whatever was passed on before."""


class Subscriptions:
    """Establishes and cancels them."""

    def __init__(self, backend: Backend, account_sid: str, log: ChangeLog, feeds: Feeds) -> None:
        self._backend = backend
        self._account_sid = account_sid
        self._log = log
        self._feeds = feeds

    def prepare(self, receiver: Receiver, body: Mapping[str, Any]) -> Callable[[], None]:
        """What carries a batch of requests out; each is answered by a notification.

        The batch itself must be answered before that, with `TAKEN`: if its answer comes last, the
        Sync 3.0 of the browser bundle forgets to ask for what was opened meanwhile (observed).

        Raises:
            TwilioError: 20001, the batch makes no sense.
        """
        requests = body.get("requests")
        if not isinstance(requests, list) or not all(isinstance(each, dict) for each in requests):
            raise TwilioError(20001, "requests must be a list of objects")
        acts = {"establish": self._establish, "cancel": self._cancel}
        act = acts.get(str(body.get("action")))
        if act is None:
            raise TwilioError(20001, "action must be establish or cancel")

        def carry_out() -> None:
            for each in requests:
                act(receiver, each, body.get("correlation_id"))

        return carry_out

    def _establish(self, receiver: Receiver, asked: dict[str, Any], correlation: Any) -> None:
        """Replay and follow under the store's lock, so that nothing falls between the two."""
        sid, kind = str(asked.get("object_sid")), str(asked.get("object_type"))
        known = asked.get("last_event_id")
        known = min(max(known, 0), _LATEST) if isinstance(known, int) else 0
        with self._backend.store.lock:
            try:
                payloads = self._replay(receiver, sid, kind, known, correlation)
            except TwilioError as error:
                about = {"status": error.status, "message": error.message, "code": error.code}
                payloads = [notices.failed(sid, kind, correlation, about)]
            receiver.pass_on([self._feeds.worded(payload) for payload in payloads])

    def _replay(
        self, receiver: Receiver, sid: str, kind: str, known: int, correlation: Any
    ) -> list[dict[str, Any]]:
        ctx = Context(self._backend, self._account_sid, receiver.actor)
        found = sync_objects.find(ctx, kind, sid)
        told, is_all = sync.missed(ctx, self._log, found, known)
        upto = self._log.current() if is_all else told[-1].event_id
        if is_all:
            self._feeds.follow(receiver, found.sid, upto)
        payloads = [notice.payload() for notice in told]
        return [*payloads, notices.established(sid, kind, correlation, upto, complete=is_all)]

    def _cancel(self, receiver: Receiver, asked: dict[str, Any], correlation: Any) -> None:
        sid, kind = str(asked.get("object_sid")), str(asked.get("object_type"))
        self._feeds.leave(receiver, sid)
        receiver.pass_on([self._feeds.worded(notices.canceled(sid, kind, correlation))])
