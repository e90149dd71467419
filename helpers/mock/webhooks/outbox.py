"""Deliveries that are due, written down in the transaction of what they tell.

What was acknowledged is therefore never told less than once, and what was rolled back never.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from ..core.context import Backend
from ..core.events import Event
from ..core.store import Resource
from ..messaging.resources import ChannelWebhook, Service
from ..taskrouter import TaskRouterEvent
from ..taskrouter.events import callback_for
from .payloads import Payload, payload_for

KEPT = 1000
"""Finished deliveries kept for the log."""


@dataclass(slots=True)
class Delivery(Resource):
    """One event on its way to one receiver.

    `state` is `pending`, `delivered` or `failed`; `attempts` says how each try ended.
    """

    prefix: ClassVar[str] = "WD"

    event: str
    url: str
    method: str
    parameters: dict[str, str]
    retries: int
    queue: str
    state: str
    attempts: list[dict[str, Any]]
    date_created: float

    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("state",),)


@dataclass(frozen=True, slots=True)
class DeliveryDue(Event):
    """A delivery was written down."""

    seq: int
    queue: str


@dataclass(frozen=True, slots=True)
class PreEventRequested(Event):
    """A receiver is asked before something happens."""

    seq: int


@dataclass(frozen=True, slots=True)
class AttemptFinished(Event):
    """A try of a delivery has ended."""

    seq: int


class Outbox:
    """Writes down who must be told of each event."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def record(self, event: Event) -> None:
        """Write down the deliveries of an event, in the transaction that noted it."""
        actor = getattr(event, "actor", None)
        if actor is not None and not actor.webhooks:
            return
        due = self._of_taskrouter(event) if isinstance(event, TaskRouterEvent) else self._of(event)
        for delivery in due:
            self._backend.store.add(delivery)
            self._backend.events.emit(DeliveryDue(delivery.seq, delivery.queue))

    def _of_taskrouter(self, event: TaskRouterEvent) -> Iterator[Delivery]:
        told = callback_for(event)
        if told is not None:
            yield self._delivery(event.name, event.workspace.sid, told._asdict())

    def _of(self, event: Event) -> Iterator[Delivery]:
        telling = payload_for(event) if self._is_heard(event) else None
        if telling is None:
            return
        queue = telling.channel_sid or telling.service_sid
        for receiver in self._receivers(telling):
            parameters = {**telling.parameters, **receiver.get("extra", {})}
            yield self._delivery(telling.name, queue, receiver | {"parameters": parameters})

    def _is_heard(self, event: Event) -> bool:
        """Whether anybody may want to be told; most events are put into words for nobody."""
        about = getattr(event, "channel", None) or getattr(event, "user", None)
        if about is None:
            return False
        service = self._backend.store.first(Service, sid=about.service_sid)
        if service is not None and service.post_webhook_url:
            return True
        return self._backend.store.exists(ChannelWebhook, channel_sid=about.sid)

    def _delivery(self, name: str, queue: str, to: dict[str, Any]) -> Delivery:
        return Delivery(
            event=name,
            url=to["url"],
            method=to["method"],
            parameters=to["parameters"],
            retries=to.get("retry_count", 0),
            queue=f"{queue} {to['url']}",  # one receiver never waits for another
            state="pending",
            attempts=[],
            date_created=self._backend.clock.now(),
        )

    def _receivers(self, telling: Payload) -> Iterator[dict[str, Any]]:
        store = self._backend.store
        service = store.first(Service, sid=telling.service_sid)
        if service and service.post_webhook_url and telling.name in service.webhook_filters:
            yield {
                "url": service.post_webhook_url,
                "method": service.webhook_method,
                "retry_count": service.post_webhook_retry_count,
            }
        if telling.channel_sid is None:
            return
        for webhook in store.select(ChannelWebhook, {"channel_sid": telling.channel_sid}):
            if _wants(webhook, telling):
                extra = {"WebhookType": webhook.type, "WebhookSid": webhook.sid}
                yield {**webhook.configuration, "extra": extra}


def _wants(webhook: ChannelWebhook, telling: Payload) -> bool:
    if webhook.type == "webhook":
        return telling.name in webhook.configuration["filters"]
    if webhook.type == "trigger" and telling.name == "onMessageSent":
        body = telling.parameters.get("Body", "").lower()
        return any(word.lower() in body for word in webhook.configuration["triggers"])
    return False
