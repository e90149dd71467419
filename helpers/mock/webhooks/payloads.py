"""Payloads of webhooks; the dialects of the REST APIs have the names and the parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ..core.events import Event


@dataclass(frozen=True, slots=True)
class Payload:
    """One event in a dialect's words.

    Attributes:
        name: e.g. `onMessageSent`.
        parameters: Name -> text, as they are posted.
    """

    name: str
    parameters: dict[str, str]


@dataclass(frozen=True, slots=True)
class WebhookDialect:
    """One API's webhooks.

    Attributes:
        payload_for: Returns an event's payload; None for one that has no webhook.
        payload_before: Returns the payload of the pre-event; None where there is none.
        new_message: The event whose `Body` triggers are looked for in.
        changeable: Fields that the answer to a pre-event may change -> form parameter.
    """

    payload_for: Callable[[Event], Payload | None]
    payload_before: Callable[[Event], Payload | None]
    new_message: str
    changeable: Mapping[str, str]
