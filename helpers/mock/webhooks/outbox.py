"""Payloads of webhooks, and deliveries that are due, written down in the transaction of an event.

An event that was committed is therefore delivered at least once, one rolled back never.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, NamedTuple

from msgspec import Struct, field

from ..core.context import ACCOUNT, Backend
from ..core.events import Event
from ..core.store import Resource, Store
from ..messaging.events import (
    ChannelEvent,
    ChannelStateEvent,
    DeliveryEvent,
    MemberEvent,
    MessageEvent,
    MessageReplayed,
    UserEvent,
)
from ..messaging.resources import ChannelWebhook
from ..taskrouter import assignment
from ..taskrouter.events import TaskRouterEvent, callback_for

KEPT = 1000
"""Finished deliveries kept for the log."""


class Payload(Struct, frozen=True):
    """One event in a dialect's words.

    Attributes:
        name: e.g. `onMessageSent`.
        parameters: Name -> text, as they are posted.
    """

    name: str
    parameters: dict[str, str]


class ServiceHooks(NamedTuple):
    """The URLs that all events of a service go to, with the events that they are called for.

    `scope` is that of their setting: `service` or `account`.
    """

    pre_url: str | None
    post_url: str | None
    method: str
    filters: list[str]
    pre_retries: int = 0
    post_retries: int = 0
    scope: str = "service"


class WebhookDialect(Struct, frozen=True):
    """One API's webhooks.

    Attributes:
        payload_for: Returns an event's payload; None for one that has no webhook.
        payload_before: Returns the payload of the pre-event; None where there is none.
        hooks_of: Returns the URLs of a service; None where it has none.
        noun: Name of a channel.
        new_message: The event whose `Body` triggers are looked for in.
        changeable: Fields that the answer to a pre-event may change -> form parameter.
        needs_answer: Whether an action is refused for a pre-event that no answer came to.
    """

    payload_for: Callable[[Backend, Event], Payload | None]
    payload_before: Callable[[Backend, Event], Payload | None]
    hooks_of: Callable[[Store, str], ServiceHooks | None]
    noun: str
    new_message: str
    changeable: Mapping[str, str]
    needs_answer: bool = True


class Delivery(Resource):
    """One event on its way to one receiver.

    `state` is `pending`, `delivered` or `failed`, or `asking` for a pre-event; `attempts` says how
    each try ended. `fallback_url` is called by all tries but the first, if there is one;
    `reservation_sid` is set where the answer settles a reservation. `scope` says where the receiver
    is set: `account`, `service`, `channel`, `conversation`, `interaction` or `workspace`.
    """

    prefix: ClassVar[str] = "WD"

    event: str
    url: str
    method: str
    parameters: dict[str, str]
    retries: int
    queue: str
    date_created: float
    state: str = "pending"
    attempts: list[dict[str, Any]] = field(default_factory=list)
    fallback_url: str | None = None
    reservation_sid: str | None = None
    scope: str = ""

    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (("state",),)


class DeliveryDue(Event, frozen=True):
    """A delivery was written down."""

    seq: int
    queue: str


class PreEventRequested(Event, frozen=True):
    """A pre-event is about to be sent."""

    seq: int


class AttemptFinished(Event, frozen=True):
    """A try of a delivery has ended."""

    seq: int


_OF_A_CHANNEL = (MessageEvent, MemberEvent, ChannelEvent, ChannelStateEvent, DeliveryEvent)


class Outbox:
    """Writes down the deliveries of each event.

    Args:
        backend: Where.
        dialects: The APIs over which webhooks of services and channels are made, by name.
    """

    EVENTS = (*_OF_A_CHANNEL, MessageReplayed, UserEvent, TaskRouterEvent)
    """Events that a webhook can be for."""

    def __init__(self, backend: Backend, dialects: Mapping[str, WebhookDialect]) -> None:
        self._backend = backend
        self._dialects = dialects

    def record(self, event: Event) -> None:
        """Write down the deliveries of an event, in the transaction that emitted it."""
        if isinstance(event, _OF_A_CHANNEL):  # first, as most are of messages without webhooks
            if event.actor.webhooks:
                self._to_service(event, event.channel.service_sid, event.channel.sid)
                self._to_channel(event, event.channel.sid)
        elif isinstance(event, TaskRouterEvent):
            callback = event.workspace.event_callback_url and callback_for(event)
            if callback:
                self.add(event.name, event.workspace.sid, {**callback, "scope": "workspace"})
            if event.reservation and (to := assignment.callback_for(self._backend, event)):
                self.add(assignment.NAME, to["reservation_sid"], {**to, "scope": "workspace"})
        elif isinstance(event, UserEvent) and event.actor.webhooks:
            self._to_service(event, event.user.service_sid, event.user.service_sid)
        elif isinstance(event, MessageReplayed):
            added = MessageEvent("added", event.channel, event.message, ACCOUNT)
            self._to_channel(added, event.channel.sid, event.webhook.sid)

    def _to_service(self, event: Event, service_sid: str, queue: str) -> None:
        for dialect in self._dialects.values():
            hooks = dialect.hooks_of(self._backend.store, service_sid)
            if hooks is None or not hooks.post_url:
                continue
            payload = dialect.payload_for(self._backend, event)
            if payload is not None and payload.name in hooks.filters:
                to = {
                    "url": hooks.post_url,
                    "method": hooks.method,
                    "retry_count": hooks.post_retries,
                    "parameters": payload.parameters,
                    "scope": hooks.scope,
                }
                self.add(payload.name, queue, to)

    def _to_channel(self, event: Event, channel_sid: str, only: str | None = None) -> None:
        """Write down the deliveries to a channel's webhooks, or to one of them."""
        if not self._backend.store.last_seq(ChannelWebhook):
            return  # many accounts never had any
        payloads: dict[str, Payload | None] = {}
        for webhook in self._backend.store.select(ChannelWebhook, {"channel_sid": channel_sid}):
            if webhook.type == "studio" or only not in (None, webhook.sid):
                continue  # Studio takes messages by itself
            dialect = self._dialects[webhook.dialect]
            if webhook.dialect not in payloads:
                payloads[webhook.dialect] = dialect.payload_for(self._backend, event)
            payload = payloads[webhook.dialect]
            if payload is not None and _wants(webhook, payload, dialect.new_message):
                about = {"WebhookType": webhook.type, "WebhookSid": webhook.sid}
                to = {
                    **webhook.configuration,
                    "parameters": {**payload.parameters, **about},
                    "scope": dialect.noun,
                }
                self.add(payload.name, channel_sid, to)

    def add(self, name: str, queue: str, to: dict[str, Any]) -> None:
        """Write down one delivery: `to` has url, method and parameters, and may have more.

        Deliveries of one queue to one receiver are made in order.
        """
        delivery = Delivery(
            event=name,
            url=to["url"],
            method=to["method"],
            parameters=to["parameters"],
            retries=to.get("retry_count", 0),
            queue=f"{queue} {to['url']}",  # one receiver never waits for another
            date_created=self._backend.clock.now(),
            fallback_url=to.get("fallback_url"),
            reservation_sid=to.get("reservation_sid"),
            scope=to["scope"],
        )
        self._backend.store.add(delivery)
        self._backend.events.emit(DeliveryDue(delivery.seq, delivery.queue))


def _wants(webhook: ChannelWebhook, payload: Payload, new_message: str) -> bool:
    if webhook.type == "webhook":
        return payload.name in webhook.configuration["filters"]
    if webhook.type == "trigger" and payload.name == new_message:
        body = payload.parameters.get("Body", "").lower()
        return any(word.lower() in body for word in webhook.configuration["triggers"])
    return False
