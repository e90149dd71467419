"""Pre-events: a service's webhook may change or refuse what a chat user is about to do.

They fire for the Chat SDK's actions only, never for REST (documented). What the answers mean:
200 lets the action go on, with the values of a JSON body; any other status refuses it. The exact
reply fields, and that no answer refuses the action, are inferred.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from ...json_object import storable_json
from ..core.errors import TwilioError
from ..core.events import Event
from ..messaging.resources import Service
from .delivery import Webhooks
from .payloads import Payload, payload_before, payload_for
from .receivers import WebhookAnswer

CHANGEABLE = ("body", "attributes", "friendly_name", "unique_name")
"""What an answer may change."""


def is_consulted(service: Service) -> bool:
    """Whether the service has a webhook to ask before anything happens."""
    return bool(service.pre_webhook_url and service.webhook_filters)


def consult(webhooks: Webhooks, service: Service, events: Iterable[Event]) -> dict[str, str]:
    """Ask before each of the events that are about to happen, and wait for the answers.

    Returns:
        What the answers change: form parameter -> text.

    Raises:
        TwilioError: 50056, refused; 50057, the webhook failed; 50076, it took too long.
    """
    changes: dict[str, str] = {}
    for telling in filter(None, map(_before, events)):
        if telling.name in service.webhook_filters:
            changes |= _meaning(webhooks.ask(service, telling))
    return changes


def _before(event: Event) -> Payload | None:
    told = payload_for(event)
    return None if told is None else payload_before(told)


def _meaning(answer: WebhookAnswer) -> dict[str, str]:
    if answer.status is None:
        code = 50076 if answer.is_late else 50057
        raise TwilioError(code, f"The pre-event webhook gave no answer: {answer.problem}")
    if answer.status >= 500 or answer.is_passing:
        raise TwilioError(50057, f"The pre-event webhook answered {answer.status}")
    if answer.status != 200:
        raise TwilioError(50056, f"The pre-event webhook refused this ({answer.status})")
    return _changes(answer.body)


def _changes(body: str) -> dict[str, str]:
    try:
        reply = storable_json(body)
    except ValueError:
        return {}
    if not isinstance(reply, dict):
        return {}
    return {
        _form_name(name): _text(reply[name]) for name in CHANGEABLE if reply.get(name) is not None
    }


def _form_name(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
