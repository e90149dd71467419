"""The server of a rehearsal, which answers webhooks, maybe as a bot."""

from __future__ import annotations

import threading
from typing import Any

from ...account import Account
from ...mock import WebhookAnswer, WebhookRequest
from ..copying import Servers
from .customer import CustomerMessage
from .timeline import SERVER, Misfit, Record
from .ways import WayIn

DOWN = WebhookAnswer(None, problem="could not be reached: the script has it down")
SLOW = WebhookAnswer(None, problem="no answer within 5 s", is_late=True)


class SimulatedServer:
    """The server that answers webhooks, maybe as a bot; its state is `up`, `down` or `slow`."""

    def __init__(self, account: Account, record: Record, way: WayIn, servers: Servers) -> None:
        self.state = "up"
        self._account, self._record, self._way = account, record, way
        self._receivers = {url: make(account) for url, make in servers.items()}
        self._lock = threading.Lock()
        self._received: set[str | None] = set()

    def __call__(self, request: WebhookRequest) -> Any:
        """Answer a webhook, or a request of a Studio flow."""
        if self.state != "up":
            return DOWN if self.state == "down" else SLOW
        if request.parameters.get("WebhookType") == "webhook":
            with self._lock:
                self._received.add(request.parameters.get("MessageSid"))
                self._way.notified(self._account, request.parameters)
        receiver = self._receivers.get(request.url.partition("?")[0])
        return receiver(request) if receiver else None

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
            raise Misfit(self._way.without_server)
        if latest is None or not self.has_received(latest.sid):
            raise Misfit("your server was not reached with the customer's latest message")
        return latest.channel_sid
