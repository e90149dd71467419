"""Carries deliveries out: in order for each channel, on threads of its own.

Pre-events are sent from here too, on the thread that waits for the answer, so that every try is
logged.
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, replace
from functools import partial

from msgspec import structs

from ...lazy import renamed
from ...masking import masked_repr
from ..core.clock import iso
from ..core.context import Backend, Context
from ..core.events import Event
from ..core.jobs import KeyedExecutor
from ..taskrouter import assignment
from .outbox import (
    KEPT,
    AttemptFinished,
    Delivery,
    DeliveryDue,
    Payload,
    PreEventRequested,
    ServiceHooks,
)
from .receivers import Receiver, Receivers, WebhookAnswer

WORKERS = 8
"""Deliveries under way at once; those of one channel follow one another."""
_GRACE = 1.0
"""Seconds beyond a receiver's time-out in which its delivery is written down."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try of one delivery.

    Attributes:
        event: e.g. `onMessageSent`.
        url: Where it went.
        number: 0 for the first try, as Twilio's `RetryCount` counts.
        status: The HTTP status of the answer; None for none.
        problem: Why there was none, what the receiver raised, or why it was not followed.
        milliseconds: How long it took.
        at: Time, as ISO 8601.
        parameters: Name -> text, as posted.
        scope: Where the receiver is set: `account`, `service`, `conversation`, `channel`,
            `interaction` or `workspace`.
    """

    event: str
    url: str
    number: int
    status: int | None
    problem: str | None
    milliseconds: float
    at: str
    parameters: dict[str, str]
    scope: str = ""

    __repr__ = masked_repr


def log_failure(ctx: Context, event: str, url: str, problem: str) -> None:
    """Log a delivery that is never made, and the problem."""
    attempt = Attempt(event, url, 0, None, problem, 0.0, iso(ctx.now) or "", {})
    ctx.store.add(
        Delivery(
            event=event,
            url=url,
            method="POST",
            parameters={},
            retries=0,
            queue="",
            date_created=ctx.now,
            state="failed",
            attempts=[asdict(attempt)],
        )
    )


class Webhooks:
    """An account's webhooks: register receivers for URLs, wait for deliveries, read the log."""

    def __init__(self, backend: Backend, receivers: Receivers) -> None:
        self._backend = backend
        self._receivers = receivers
        self._queues = KeyedExecutor("webhooks", WORKERS)

    @property
    def timeout(self) -> float:
        """Seconds a receiver has to answer: five, as at Twilio (documented), unless set."""
        return self._receivers.timeout

    @timeout.setter
    def timeout(self, seconds: float) -> None:
        self._receivers.timeout = seconds

    def register(self, url: str, receiver: Receiver) -> None:
        """Send to a Python function what is sent to a URL, so that no tunnel is needed.

        Args:
            url: The URL that a service, a channel webhook, a Flex Flow or a workflow names; its
                query does not matter.
            receiver: Takes a `WebhookRequest`. It returns None for an empty 200, a number for a
                status, a dict for JSON, or a pair of status and body; what it raises counts as
                a 500. It has `timeout` seconds, and runs on a thread of its own.
        """
        self._receivers.register(url, receiver)

    def unregister(self, url: str) -> None:
        """Let what is sent to the URL go to the network again."""
        self._receivers.unregister(url)

    def register_fallback(self, receiver: Receiver) -> None:
        """Send to a Python function all that no other is registered for.

        Nothing goes to the network any more, be it a webhook or a request of a Studio flow.

        Args:
            receiver: As for `register`; it may also return a `WebhookAnswer`, e.g. one without a
                status for a server that does not answer.
        """
        self._receivers.register_fallback(receiver)

    @property
    def log(self) -> list[Attempt]:
        """Every try so far, in the order of the events; the latest thousand events are kept."""
        found = self._backend.store.select(Delivery)
        return [Attempt(**attempt) for delivery in found for attempt in delivery.attempts]

    def settle(self, timeout: float = 30.0) -> bool:
        """Wait until nothing is left to deliver. Returns False after `timeout` seconds."""
        # the event of another thread's commit may be on its way from the store
        pending = partial(self._backend.store.exists, Delivery, state="pending")
        return self._queues.settle(timeout, also=lambda: not pending())

    hear = renamed("handle")

    def handle(self, event: Event) -> None:
        """Queue a delivery that is due."""
        if isinstance(event, DeliveryDue):
            self._queues.put(event.queue, partial(self._deliver, event.seq))

    def replay(self, number: int) -> int | None:
        """Deliver once more what a delivery held, to the same URL, signed anew.

        The answer changes nothing any more: neither to a pre-event, nor of an assignment callback.

        Returns:
            Number of the new delivery; None where there is no such delivery.
        """
        with self._backend.transaction():
            known = self._backend.store.first(Delivery, seq=number)
            if known is None:
                return None
            again = structs.replace(
                known,
                queue=f"replay {number}",
                date_created=self._backend.clock.now(),
                state="pending",
                attempts=[],
                reservation_sid=None,
            )
            self._backend.store.add(again)
            self._backend.events.emit(DeliveryDue(again.seq, again.queue))
        return again.seq

    def resume(self) -> None:
        """Queue what is due in a store that was put back; what is not in it was dropped."""
        for delivery in self._backend.store.select(Delivery, {"state": "pending"}):
            self._queues.put(delivery.queue, partial(self._deliver, delivery.seq))

    def forget(self, *states: str) -> None:
        """Drop the deliveries in these states."""
        with self._backend.transaction():
            self._backend.store.remove_all(Delivery, state=list(states))

    def close(self) -> None:
        """Stop delivering; what is under way ends first, and what is due stays written down."""
        self._queues.close(self.timeout + _GRACE)

    def ask(self, hooks: ServiceHooks, payload: Payload) -> WebhookAnswer:
        """Send a pre-event to a service's webhook, and wait for the answer."""
        with self._backend.transaction():
            delivery = Delivery(
                event=payload.name,
                url=hooks.pre_url or "",
                method=hooks.method,
                parameters=payload.parameters,
                retries=hooks.pre_retries,
                queue="",
                date_created=self._backend.clock.now(),
                state="asking",
                scope=hooks.scope,
            )
            self._backend.store.add(delivery)
            self._backend.events.emit(PreEventRequested(delivery.seq))
        return self._carry_out(delivery)

    def _deliver(self, seq: int) -> None:
        delivery = self._backend.store.first(Delivery, seq=seq, state="pending")
        if delivery is not None:  # else the account was put back meanwhile
            self._carry_out(delivery)

    def _carry_out(self, delivery: Delivery) -> WebhookAnswer:
        while True:
            answer, attempt = self._attempt(delivery, len(delivery.attempts))
            if self._keep(delivery, answer, attempt) or self._queues.is_closed:
                return answer

    def _attempt(self, delivery: Delivery, number: int) -> tuple[WebhookAnswer, Attempt]:
        parameters = dict(delivery.parameters)
        if parameters.pop("RetryCount", None) is not None:
            parameters["RetryCount"] = str(number)
        url = (number and delivery.fallback_url) or delivery.url
        at, started = iso(self._backend.clock.now()) or "", time.perf_counter()
        with self._queues.waiting():
            answer = self._receivers.send(delivery.method, url, parameters)
        return answer, Attempt(
            event=delivery.event,
            url=url,
            number=number,
            status=answer.status,
            problem=answer.problem,
            milliseconds=(time.perf_counter() - started) * 1000,
            at=at,
            parameters=parameters,
            scope=delivery.scope,
        )

    def _keep(self, delivery: Delivery, answer: WebhookAnswer, attempt: Attempt) -> bool:
        """Log a try, and do as its answer says. Returns True if none is to follow.

        That is so, too, where the delivery was dropped meanwhile, as the account was put back.
        """
        store, is_last = self._backend.store, not answer.is_passing
        with self._backend.transaction():
            if not store.exists(Delivery, seq=delivery.seq, state=delivery.state):
                return True
            if delivery.reservation_sid is not None:
                is_last, problem = assignment.follow(
                    self._backend,
                    delivery.reservation_sid,
                    answer.status,
                    answer.content_type,
                    answer.body,
                )
                attempt = replace(attempt, problem=problem or attempt.problem)
            is_last = is_last or attempt.number >= delivery.retries
            store.save(delivery, attempts=[*delivery.attempts, asdict(attempt)])
            if is_last:
                answered = attempt.status is not None and attempt.status < 400
                store.save(delivery, state="delivered" if answered else "failed")
                finished = ["delivered", "failed"]
                store.remove_before(Delivery, delivery.seq - KEPT, state=finished)
            self._backend.events.emit(AttemptFinished(delivery.seq))
        return is_last
