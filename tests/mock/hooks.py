"""A receiver of webhooks, and where it is registered."""

from __future__ import annotations

import threading
from typing import Any

from helpers.mock import WebhookRequest

HOOK = "https://hooks.example.com/chat"
"""Where webhooks go in these tests."""
HEADER = {"x_twilio_webhook_enabled": "true"}
"""Parameter of a write through the API that webhooks are to be told of."""
PATIENCE = 30
"""Seconds after which something awaited counts as never coming."""


class Hook:
    """Keeps what it is sent, and answers one thing after another; then with an empty 200."""

    def __init__(self, *answers: Any) -> None:
        self.requests: list[WebhookRequest] = []
        self._answers = list(answers)

    def __call__(self, request: WebhookRequest) -> Any:
        self.requests.append(request)
        return self._answers.pop(0) if self._answers else None

    @property
    def events(self) -> list[str | None]:
        """What happened, in the order it was told."""
        return self.all("EventType")

    def all(self, parameter: str) -> list[str | None]:
        """One parameter of every request."""
        return [request.parameters.get(parameter) for request in self.requests]

    @property
    def last(self) -> dict[str, str]:
        """The parameters of the last request."""
        return dict(self.requests[-1].parameters)


class Gate(Hook):
    """Holds up every request until it is opened."""

    def __init__(self, *answers: Any) -> None:
        super().__init__(*answers)
        self.reached, self.open = threading.Event(), threading.Event()

    def __call__(self, request: WebhookRequest) -> Any:
        answer = super().__call__(request)
        self.reached.set()
        self.open.wait(PATIENCE)
        return answer


def registered(webhooks: Any, *answers: Any, url: str = HOOK) -> Hook:
    """A hook that is there for a URL."""
    hook = Hook(*answers)
    webhooks.register(url, hook)
    return hook


def say(channel: Any, *bodies: str) -> None:
    """Write messages that webhooks are told of."""
    for body in bodies:
        channel.messages.create(body=body, **HEADER)
