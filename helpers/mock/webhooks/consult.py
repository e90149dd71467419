"""Pre-events: a service's webhook may change or refuse what a chat user is about to do.

They fire for the Chat SDK's actions only, never for REST (documented). What the answers mean:
200 lets the action go on, with the values of a JSON body; any other status refuses it. The exact
reply fields, and that no answer refuses the action, are inferred.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..errors import TwilioError
from ..messaging.resources import Service
from .dispatch import RETRIED
from .receivers import Receivers, WebhookAnswer

CHANGEABLE = ("body", "attributes", "friendly_name", "unique_name")
"""What an answer may change."""


def wants(service: Service | None, pre_event: str) -> bool:
    """Whether the service wants to be asked before this."""
    return bool(
        service is not None and service.pre_webhook_url and pre_event in service.webhook_filters
    )


def consult(
    receivers: Receivers, service: Service, pre_event: str, parameters: Mapping[str, str]
) -> dict[str, str]:
    """Ask, and wait for the answer.

    Returns:
        What the answer changes: form parameter -> text.

    Raises:
        TwilioError: 50056, refused; 50057, the webhook failed; 50076, it took too long.
    """
    url = service.pre_webhook_url or ""
    for number in range(service.pre_webhook_retry_count + 1):
        told = {"EventType": pre_event, **parameters, "RetryCount": str(number)}
        answer = receivers.send(service.webhook_method, url, told)
        if answer.status is not None and answer.status not in RETRIED:
            break
    return _meaning(answer)


def _meaning(answer: WebhookAnswer) -> dict[str, str]:
    if answer.status is None:
        late = "within" in (answer.problem or "")
        raise TwilioError(50076 if late else 50057, f"The pre-event webhook gave {answer.problem}")
    if answer.status >= 500 or answer.status in RETRIED:  # noqa: PLR2004 - HTTP's server errors
        raise TwilioError(50057, f"The pre-event webhook answered {answer.status}")
    if answer.status != 200:  # noqa: PLR2004 - HTTP's OK
        raise TwilioError(50056, f"The pre-event webhook refused this ({answer.status})")
    return _changes(answer.body)


def _changes(body: str) -> dict[str, str]:
    try:
        reply = json.loads(body) if body.strip() else {}
    except ValueError:
        reply = {}
    if not isinstance(reply, dict):
        return {}
    return {_form_name(name): _text(reply[name]) for name in CHANGEABLE if name in reply}


def _form_name(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
