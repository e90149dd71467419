"""Carries deliveries out: in order for each channel, never in the way of who caused them."""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import Any

from ..clock import iso
from ..events import Event
from ..ground import Ground
from .outbox import KEPT, Delivery, DeliveryDue
from .receivers import Receiver, Receivers, WebhookAnswer

WORKERS = 8
"""Deliveries under way at once; those of one channel follow one another."""
RETRIED = (429, 503, 504)
"""Answers after which Twilio tries again, besides none at all (specified)."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try of one delivery.

    Attributes:
        event: e.g. `onMessageSent`.
        url: Where it went.
        number: 0 for the first try, as Twilio's `RetryCount` counts.
        status: The HTTP status of the answer; None for none.
        problem: Why there was none, or what the receiver raised.
        milliseconds: How long it took.
        at: When, as ISO 8601.
        parameters: What was posted.
    """

    event: str
    url: str
    number: int
    status: int | None
    problem: str | None
    milliseconds: float
    at: str
    parameters: dict[str, str]


class Webhooks:
    """An account's webhooks: register receivers for URLs, wait for deliveries, read the log."""

    def __init__(self, ground: Ground, receivers: Receivers) -> None:
        self._ground = ground
        self._receivers = receivers
        self._queues: dict[str, deque[int]] = {}
        self._ready: deque[str] = deque()
        self._busy = 0
        self._workers = 0
        self._changed = threading.Condition()

    def register(self, url: str, receiver: Receiver) -> None:
        """Have a Python function receive what is sent to a URL, so that no tunnel is needed.

        Args:
            url: The URL that a service, a channel webhook or a Flex Flow names.
            receiver: Takes a `WebhookRequest`. It returns None for an empty 200, a number for a
                status, a dict for JSON, or a pair of status and body; what it raises counts as
                a 500. It has five seconds, and runs on a thread of its own.
        """
        self._receivers.register(url, receiver)

    def unregister(self, url: str) -> None:
        """Let what is sent to the URL go to the network again."""
        self._receivers.unregister(url)

    @property
    def log(self) -> list[Attempt]:
        """Every try so far, oldest first; the latest thousand deliveries are kept."""
        found = self._ground.store.select(Delivery)
        return [Attempt(**attempt) for delivery in found for attempt in delivery.attempts]

    def settle(self, timeout: float = 30.0) -> bool:
        """Wait until nothing is left to deliver; whether that came about in time (seconds)."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._queues, timeout)

    def hear(self, event: Event) -> None:
        """Take up what has become due."""
        if isinstance(event, DeliveryDue):
            self._enqueue(event.queue, event.seq)

    def resume(self) -> None:
        """Take up what was due when the account was last closed, or forget what is no more."""
        for delivery in self._ground.store.select(Delivery, {"state": "pending"}):
            self._enqueue(delivery.queue, delivery.seq)

    def _enqueue(self, queue: str, seq: int) -> None:
        with self._changed:
            if queue not in self._queues:
                self._queues[queue] = deque()
                self._ready.append(queue)
            self._queues[queue].append(seq)
            if self._workers < min(WORKERS, len(self._queues)):
                self._workers += 1
                threading.Thread(target=self._work, name="webhooks", daemon=True).start()
            self._changed.notify_all()

    def _work(self) -> None:
        while (queue := self._next_queue()) is not None:
            seq = self._queues[queue][0]
            try:
                self._deliver(seq)
            finally:
                self._done(queue)

    def _next_queue(self) -> str | None:
        with self._changed:
            if not self._ready:
                self._workers -= 1
                return None
            return self._ready.popleft()

    def _done(self, queue: str) -> None:
        with self._changed:
            self._queues[queue].popleft()
            if self._queues[queue]:
                self._ready.append(queue)
            else:
                del self._queues[queue]
            self._changed.notify_all()

    def _deliver(self, seq: int) -> None:
        delivery = self._ground.store.first(Delivery, seq=seq, state="pending")
        if delivery is None:
            return  # the account was reset meanwhile
        attempts: list[dict[str, Any]] = []
        for number in range(delivery.retries + 1):
            answer, attempt = self._attempt(delivery, number)
            attempts.append(attempt)
            if answer.status is not None and answer.status not in RETRIED:
                break
        ended_well = attempts[-1]["status"] is not None and attempts[-1]["status"] < 400  # noqa: PLR2004
        self._finish(delivery, "delivered" if ended_well else "failed", attempts)

    def _attempt(self, delivery: Delivery, number: int) -> tuple[WebhookAnswer, dict[str, Any]]:
        parameters = dict(delivery.parameters)
        if "RetryCount" in parameters:
            parameters["RetryCount"] = str(number)
        at, started = iso(self._ground.clock.now()), time.perf_counter()
        answer = self._receivers.send(delivery.method, delivery.url, parameters)
        return answer, {
            "event": delivery.event,
            "url": delivery.url,
            "number": number,
            "status": answer.status,
            "problem": answer.problem,
            "milliseconds": (time.perf_counter() - started) * 1000,
            "at": at,
            "parameters": parameters,
        }

    def _finish(self, delivery: Delivery, state: str, attempts: list[dict[str, Any]]) -> None:
        with self._ground.transaction():
            store = self._ground.store
            if store.first(Delivery, seq=delivery.seq, state="pending") is None:
                return  # the account was reset meanwhile
            store.save(delivery, state=state, attempts=attempts)
            store.remove_before(Delivery, delivery.seq - KEPT)
