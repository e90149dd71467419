"""Feeds of Sync objects: the clients that follow each, and the delivery of notices to them.

A notice is encoded once, on the thread that acted, and handed to the event loop once, however many
clients follow; the loop sends the same bytes to every connection.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import threading
from collections.abc import Callable, Collection, Mapping
from typing import Any, Protocol

import orjson

from ..core.context import Actor, Backend, Context
from ..core.errors import TwilioError
from . import notices, sync, sync_objects
from .change_log import ChangeLog
from .change_recorder import AccessLost
from .notices import SyncNotice

PATH = "/v4/Subscriptions"
_LATEST = 2**63 - 1
ACCEPTED = orjson.dumps({"max_batch_size": 100, "estimated_delivery_in_ms": 10_000})
"""Answer to a valid batch of subscription requests."""
MERGED = 0.2
"""Seconds within which changes of which only the latest matters become one."""


class FeedClient(Protocol):
    """A connection, as feeds see it."""

    actor: Actor | None
    """The chat user; None before the login."""

    def send(self, frame: bytes) -> None:
        """Send a frame; on the event loop only."""

    def enqueue(self, frames: list[bytes]) -> None:
        """Send frames in this order, from any thread, after those enqueued before."""

    def hang_up(self, code: int, reason: str) -> None:
        """End the connection, from any thread."""


class Feeds:
    """The followers of every Sync object, and their subscriptions.

    A follower has seen an object up to an event, and is sent the events after it only: a replayed
    event is not sent again.
    """

    def __init__(self, backend: Backend, account_sid: str, log: ChangeLog) -> None:
        self._backend = backend
        self._account_sid = account_sid
        self._log = log
        self._followers: dict[str, dict[FeedClient, int]] = {}
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._merging: dict[str, SyncNotice] = {}
        self.clients: set[FeedClient] = set()
        self.greet: Callable[[Actor, str], SyncNotice | None] = lambda actor, sid: None
        """Returns the first event of a session's list, which only its client follows."""
        self.follow_insights: Callable[[FeedClient, Actor, str], list[SyncNotice] | None]
        self.follow_insights = lambda client, actor, sid: None
        """Lets a client follow a list or figures of Flex; returns its first events."""
        self.loop: asyncio.AbstractEventLoop | None = None

    def is_wanted(self, object_sid: str) -> bool:
        """Check for clients that follow an object."""
        return object_sid in self._followers

    def frame_id(self) -> str:
        """A fresh id for a frame; one frame may go to many."""
        return f"TM{next(self._numbers):032x}"

    def follow(self, client: FeedClient, object_sid: str, event_id: int) -> None:
        """Send the client an object's events after this one."""
        with self._lock:
            self._followers.setdefault(object_sid, {})[client] = event_id

    def unfollow(self, client: FeedClient, *object_sids: str) -> None:
        """Send the client no more of these objects; of any object, if none is named."""
        with self._lock:
            for object_sid in object_sids or tuple(self._followers):
                followers = self._followers.get(object_sid, {})
                followers.pop(client, None)
                if not followers:
                    self._followers.pop(object_sid, None)

    def _followers_of(self, object_sid: str) -> list[tuple[FeedClient, int]]:
        with self._lock:
            return list(self._followers.get(object_sid, {}).items())

    def handle(self, event: Any) -> None:
        """Pass on a change or a loss of access, from the thread that acted."""
        if isinstance(event, AccessLost):
            self._on_loop(self._revoke, event)
        elif event.merges:
            self._on_loop(self._merge, event.object_sid, event.notice)
        else:
            self.send(event.object_sid, event.notice)

    def notification(self, payload: Any, message_type: str = notices.SYNC) -> bytes:
        """The frame of a notification, for any client."""
        header = {"method": "notification", "id": self.frame_id(), "message_type": message_type}
        return notices.encode(header, payload)

    def send_to_users(self, service_sid: str, identities: Collection[str], frame: bytes) -> None:
        """Send a frame to every client of these users, whatever it follows."""

        def send() -> None:
            for client in tuple(self.clients):
                actor = client.actor
                if actor and actor.service_sid == service_sid and actor.identity in identities:
                    client.send(frame)

        self._on_loop(send)

    def send(self, object_sid: str, notice: SyncNotice) -> None:
        """Send an event to the followers of an object, from any thread."""
        frame = self.notification(notice.payload())
        self._on_loop(self._deliver, object_sid, notice.event_id, frame)

    def later(self, seconds: float, call: Callable[[], object]) -> None:
        """Make a call on the event loop, from any thread."""

        def wait() -> None:
            asyncio.get_running_loop().call_later(seconds, call)

        self._on_loop(wait)

    def _on_loop(self, call: Callable[..., None], *arguments: Any) -> None:
        if self.loop is not None:
            with contextlib.suppress(RuntimeError):  # it is closed, and every connection with it
                self.loop.call_soon_threadsafe(call, *arguments)

    def _deliver(self, object_sid: str, event_id: int, frame: bytes) -> None:
        merging = self._merging.get(object_sid)
        if merging is not None and merging.event_id <= event_id:
            del self._merging[object_sid]
        for client, seen in self._followers_of(object_sid):
            if event_id > seen:
                client.send(frame)

    def _merge(self, object_sid: str, notice: SyncNotice) -> None:
        def deliver() -> None:
            latest = self._merging.pop(object_sid, None)
            if latest is not None:
                self._deliver(object_sid, latest.event_id, self.notification(latest.payload()))

        if object_sid not in self._merging:
            asyncio.get_running_loop().call_later(MERGED, deliver)
        self._merging[object_sid] = notice

    def _revoke(self, lost: AccessLost) -> None:
        """End what the user followed before the loss; a later subscription may stay."""
        user = (lost.service_sid, lost.identity)
        for object_sid in lost.object_sids:
            for client, seen in self._followers_of(object_sid):
                actor = client.actor
                if actor and (actor.service_sid, actor.identity) == user and seen < lost.event_id:
                    self.unfollow(client, object_sid)

    def prepare_batch(
        self, client: FeedClient, actor: Actor, body: Mapping[str, Any]
    ) -> Callable[[], None]:
        """Check a batch of requests, each answered by a notification. Returns what carries it out.

        The batch must be answered with `ACCEPTED` before it is carried out: if its answer comes
        last, the Sync 3.0 of the browser bundle forgets to open what was opened meanwhile
        (observed). One that makes no sense is refused (20001).
        """
        requests, correlation = body.get("requests"), body.get("correlation_id")
        if not isinstance(requests, list) or not all(isinstance(each, dict) for each in requests):
            raise TwilioError(20001, "requests must be a list of objects")
        if (action := body.get("action")) not in ("establish", "cancel"):
            raise TwilioError(20001, "action must be establish or cancel")

        def carry_out() -> None:
            for each in requests:
                about = {name: str(each.get(name)) for name in ("object_sid", "object_type")}
                if action == "establish":
                    self._establish(client, actor, about, each.get("last_event_id"), correlation)
                else:
                    self.unfollow(client, about["object_sid"])
                    payload = notices.subscription("canceled", correlation, about)
                    client.enqueue([self.notification(payload)])

        return carry_out

    def _establish(
        self, client: FeedClient, actor: Actor, about: dict[str, Any], known: Any, correlation: Any
    ) -> None:
        """Replay and follow under the store's lock, so that no event falls between the two."""
        known = min(max(known, 0), _LATEST) if isinstance(known, int) else 0
        if (greeting := self.greet(actor, about["object_sid"])) is not None:
            state = about | {"replay_status": "completed", "last_event_id": known}
            established = notices.subscription("established", correlation, state)
            frames = (established, greeting.payload())
            client.enqueue([self.notification(each) for each in frames])
            return
        with self._backend.store.lock:
            insights = self.follow_insights(client, actor, about["object_sid"])
            if insights is not None:
                last = max((each.event_id for each in insights), default=known)
                state = about | {"replay_status": "completed", "last_event_id": last}
                payloads = [notices.subscription("established", correlation, state)]
                payloads += [each.payload() for each in insights]
                client.enqueue([self.notification(each) for each in payloads])
                return
            ctx = Context(self._backend, self._account_sid, actor)
            try:
                found = sync_objects.find(ctx, about["object_type"], about["object_sid"])
                missed, is_all = sync.missed(ctx, self._log, found, known)
            except TwilioError as error:
                refusal = {"status": error.status, "message": error.message, "code": error.code}
                payloads = [notices.subscription("failed", correlation, about | {"error": refusal})]
            else:
                last = self._log.current() if is_all else missed[-1].event_id
                if is_all:
                    self.follow(client, found.sid, last)
                status = "completed" if is_all else "interrupted"
                state = about | {"replay_status": status, "last_event_id": last}
                payloads = [notice.payload() for notice in missed]
                payloads.append(notices.subscription("established", correlation, state))
            client.enqueue([self.notification(payload) for payload in payloads])
