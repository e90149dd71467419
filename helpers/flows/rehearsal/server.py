"""Your server in a rehearsal: it stands in for every URL, so that nothing leaves the machine."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from typing import Any

from ...account import Account
from ...mock import WebhookAnswer, WebhookRequest
from .misfit import Misfit
from .recording import Record
from .timeline import SERVER

Receiver = Callable[[WebhookRequest], Any]
Servers = Mapping[str, Callable[[Account], Receiver]]
"""For a URL, what makes its receiver; it is given the copy of the account to act on."""
BOT = "bot"
"""Who the stand-in is in chats."""
DOWN = WebhookAnswer(None, problem="could not be reached: the script has it down")
SLOW = WebhookAnswer(None, problem="no answer within 5 s", is_late=True)


class Server:
    """What is told of messages, and may answer them.

    Attributes:
        state: `up`, `down` or `slow`.
    """

    def __init__(self, account: Account, record: Record, kind: str, servers: Servers) -> None:
        self.state = "up"
        self._account, self._record, self._kind = account, record, kind
        self._receivers = {url: make(account) for url, make in servers.items()}
        self._lock = threading.Lock()
        self._heard: list[dict[str, str]] = []

    def __call__(self, request: WebhookRequest) -> Any:
        """Answer a webhook, or whatever a Studio flow asks for."""
        if self.state != "up":
            return DOWN if self.state == "down" else SLOW
        with self._lock:
            self._heard.append(dict(request.parameters))
        receiver = self._receivers.get(request.url.partition("?")[0])
        return receiver(request) if receiver else None

    def has_heard(self, message_sid: str) -> bool:
        """Whether the flow's webhook has told it of a message."""
        with self._lock:
            return any(
                told.get("MessageSid") == message_sid and told.get("WebhookType") == "webhook"
                for told in self._heard
            )

    def says(self, body: str, channel_sid: str, message_sid: str) -> None:
        """Answer the customer's latest message as a bot."""
        self._require_told(message_sid)
        self._channel(channel_sid).messages.create(from_=BOT, body=body)

    def hand_over(self, channel_sid: str, name: str, message_sid: str) -> None:
        """Make the task that brings in an agent, as an external server has to."""
        self._require_told(message_sid)
        workspaces = self._account.client.taskrouter.v1.workspaces
        found = workspaces.list(limit=1)
        if not found:
            raise Misfit("the account has no workspace to make a task in")
        workspace = workspaces(found[0].sid)
        workflows = workspace.workflows.list(limit=1)
        about = {"channelSid": channel_sid, "name": name, "channelType": "custom"}
        workspace.tasks.create(
            workflow_sid=workflows[0].sid, task_channel="chat", attributes=json.dumps(about)
        )

    def _require_told(self, message_sid: str) -> None:
        self._record.acting = SERVER
        if self._kind == "studio":
            raise Misfit("with Studio it is the flow that talks and hands over, not your server")
        if self._kind == "task":
            raise Misfit("a task flow tells no server of messages")
        if not self.has_heard(message_sid):
            raise Misfit("your server was not reached with the customer's latest message")

    def _channel(self, sid: str) -> Any:
        service = self._account.credentials.chat_service_sid
        return self._account.client.chat.v2.services(service).channels(sid)
