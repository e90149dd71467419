"""Clients say which Sync objects they follow, and are first told what they missed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from ..call import Actor, Call
from ..errors import TwilioError
from ..ground import Ground
from ..rest.http import Reply
from . import notices, objects, sync
from .feeds import Feeds, Follower
from .log import Log

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

    def __init__(self, ground: Ground, account_sid: str, log: Log, feeds: Feeds) -> None:
        self._ground = ground
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
        with self._ground.store.lock:
            try:
                payloads = self._replay(receiver, sid, kind, known, correlation)
            except TwilioError as error:
                about = {"status": error.status, "message": error.message, "code": error.code}
                payloads = [notices.failed(sid, kind, correlation, about)]
            receiver.pass_on([self._feeds.worded(payload) for payload in payloads])

    def _replay(
        self, receiver: Receiver, sid: str, kind: str, known: int, correlation: Any
    ) -> list[dict[str, Any]]:
        call = Call(self._ground, self._account_sid, receiver.actor)
        found = objects.find(call, kind, sid)
        told, is_all = sync.missed(call, self._log, found, known)
        upto = self._log.current() if is_all else told[-1].event_id
        if is_all:
            self._feeds.follow(receiver, found.sid, upto)
        payloads = [notice.payload() for notice in told]
        return [*payloads, notices.established(sid, kind, correlation, upto, complete=is_all)]

    def _cancel(self, receiver: Receiver, asked: dict[str, Any], correlation: Any) -> None:
        sid, kind = str(asked.get("object_sid")), str(asked.get("object_type"))
        self._feeds.leave(receiver, sid)
        receiver.pass_on([self._feeds.worded(notices.canceled(sid, kind, correlation))])
