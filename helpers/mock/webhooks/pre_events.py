"""Pre-events: a service's webhook may change or refuse what a chat user is about to do.

They fire for the Chat SDK's actions only, never for REST (documented). What the answers mean:
200 lets the action go on, with the values of a JSON body; 4xx and 5xx refuse it (documented), any
other status goes on for Conversations and refuses for Chat (inferred). Where there is no answer,
Conversations' actions go on (documented), and Chat's are refused (inferred, as are Chat's reply
fields).
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from ...json_object import storable_json
from ..core.context import Backend
from ..core.errors import TwilioError
from ..core.events import Event
from .delivery import Webhooks
from .outbox import ServiceHooks, WebhookDialect
from .receivers import WebhookAnswer


def consult(
    webhooks: Webhooks,
    dialect: WebhookDialect,
    hooks: ServiceHooks,
    backend: Backend,
    events: Iterable[Event],
) -> dict[str, str]:
    """Send the pre-event of each of the events that are about to happen, and wait for the answers.

    Returns:
        Changes that the answers make: form parameter -> text.

    Raises:
        TwilioError: 50056, refused; 50057, the webhook failed; 50076, it took too long.
    """
    changes: dict[str, str] = {}
    for event in events:
        payload = dialect.payload_before(backend, event)
        if payload is not None and payload.name in hooks.filters:
            changes |= _changes(dialect, webhooks.ask(hooks, payload))
    return changes


def _changes(dialect: WebhookDialect, answer: WebhookAnswer) -> dict[str, str]:
    if answer.status is None and not dialect.needs_answer:
        return {}  # published as it is (documented for no answer in time)
    if answer.status is None:
        code = 50076 if answer.is_late else 50057
        raise TwilioError(code, f"The pre-event webhook gave no answer: {answer.problem}")
    if dialect.needs_answer and (answer.status >= 500 or answer.is_passing):
        raise TwilioError(50057, f"The pre-event webhook answered {answer.status}")
    if answer.status >= 400 or (dialect.needs_answer and answer.status != 200):
        raise TwilioError(50056, f"The pre-event webhook refused this ({answer.status})")
    try:
        reply = storable_json(answer.body) if answer.body.strip() else {}
    except ValueError:
        return {}
    if not isinstance(reply, dict):
        return {}
    return {
        parameter: reply[name] if isinstance(reply[name], str) else json.dumps(reply[name])
        for name, parameter in dialect.changeable.items()
        if reply.get(name) is not None
    }
