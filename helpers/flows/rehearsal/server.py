"""The server of a rehearsal, which answers webhooks, maybe as a bot."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

from ...account import Account
from ...masking import mask as masked
from ...mock import WebhookAnswer, WebhookRequest
from ..accounts.copying import Servers
from .customer import CustomerMessage
from .grammar import Failing
from .timeline import SERVER, Misfit, NotForThisFlow, Record
from .ways import WayIn

DOWN = WebhookAnswer(None, problem="could not be reached: the script has it down")
ANSWERS = 200, 400
"""Statuses of answers that say that a webhook was received."""
SLOW = WebhookAnswer(None, problem="no answer within 5 s", is_late=True)


class SimulatedServer:
    """The server that answers webhooks, maybe as a bot; its state is `up`, `down` or `slow`.

    The next `failing` answers are failures of that status, while it is up.
    """

    def __init__(self, account: Account, record: Record, way: WayIn, servers: Servers) -> None:
        self.state = "up"
        self.failing = Failing(0)
        self._account, self._record, self._way = account, record, way
        self._receivers = {url: make(account) for url, make in servers.items()}
        self._lock = threading.Lock()
        self._received: set[str | None] = set()
        self.unanswered: set[str] = set()
        self._refused: dict[str | None, int | None] = {}

    def __call__(self, request: WebhookRequest) -> Any:
        """Answer a webhook, or a request of a Studio flow."""
        if self.state != "up":
            return DOWN if self.state == "down" else SLOW
        with self._lock:
            if fails := self.failing.times > 0:
                self.failing = replace(self.failing, times=self.failing.times - 1)
        receiver = self._receivers.get(request.url.partition("?")[0])
        if receiver is None:
            self.unanswered.add(masked(request.url.partition("?")[0]))
        answer = WebhookAnswer(500)
        try:
            found = self.failing.status if fails else receiver(request) if receiver else None
            answer = WebhookAnswer.of(found)
        finally:
            if request.parameters.get("WebhookType") == "webhook":
                self._receive(request, answer.status)
        return answer

    def _receive(self, request: WebhookRequest, status: int | None) -> None:
        """Note a webhook and its answer; do what your server does by itself, if it was received."""
        message_sid, (low, high) = request.parameters.get("MessageSid"), ANSWERS
        with self._lock:
            if status is None or not low <= status < high:
                self._refused[message_sid] = status
                return
            self._received.add(message_sid)
            self._way.notified(self._account, request.parameters)

    def refusal_of(self, message_sid: str) -> str:
        """Return how the server failed with a message that it has not received."""
        with self._lock:
            status = self._refused.get(message_sid)
        return f"your server is {self.state}" if status is None else f"your server answers {status}"

    def has_received(self, message_sid: str) -> bool:
        """Return whether the way's webhook has brought a message."""
        with self._lock:
            return message_sid in self._received

    def says(self, body: str, latest: CustomerMessage | None) -> None:
        """Answer the customer's latest message as a bot."""
        self._way.bot_says(self._account, self._received_channel(latest), body)

    def hand_over(self, latest: CustomerMessage | None) -> None:
        """Bring in an agent, as a server has to do itself."""
        self._way.hand_over(self._account, self._received_channel(latest))

    def _received_channel(self, latest: CustomerMessage | None) -> str:
        self._record.acting = SERVER
        if self._way.without_server:
            raise NotForThisFlow(self._way.without_server)
        if latest is None or not self.has_received(latest.sid):
            raise Misfit("your server was not reached with the customer's latest message")
        return latest.channel_sid
