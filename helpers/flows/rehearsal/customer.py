"""The customer of a rehearsal: a page with a chat in it, opened, closed and opened again."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ...account import Account
from ...chat import Channel, ChatClient
from ...mock import ChatEvent, MockTwilio, WebhookAnswer, WebhookRequest
from .recording import Record
from .timeline import CUSTOMER, SERVER, Misfit

ServerReceiver = Callable[[WebhookRequest], Any]
Servers = Mapping[str, Callable[[Account], ServerReceiver]]
"""For a URL, what makes its receiver; it is given the copy of the account to act on."""
BOT = "bot"
"""Who the stand-in is in chats."""
DOWN = WebhookAnswer(None, problem="could not be reached: the script has it down")
SLOW = WebhookAnswer(None, problem="no answer within 5 s", is_late=True)


class SimulatedServer:
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


IDENTITY, NAME = "customer-1", "Jane"
DAY = 86_400


@dataclass(frozen=True, slots=True)
class CustomerMessage:
    """A message in one of the customer's chats."""

    sid: str
    channel_sid: str
    author: str
    seconds: int
    body: str

    @property
    def by_customer(self) -> bool:
        """Whether the customer wrote it."""
        return self.author == IDENTITY


class SimulatedCustomer:
    """Somebody who writes.

    Attributes:
        channels: SIDs of the chats so far; the last one is under way.
        states: Whether each of them is `ACTIVE` or `INACTIVE`, or has been `deleted`.
        said: What was said in them, by whomever.
    """

    def __init__(self, account: Account, mock: MockTwilio, record: Record, flow_sid: str) -> None:
        self._account, self._record, self._flow_sid = account, record, flow_sid
        self._chat: ChatClient | None = None
        self._channel: Channel | None = None
        self.channels: list[str] = []
        self.states: dict[str, str] = {}
        self.said: list[CustomerMessage] = []
        self._stop_following: Callable[[], None] = mock.follow(self._hear)

    def open(self) -> None:
        """Open the page: the server gets the Flex channel, the page connects to it."""
        self.leave()
        self._record.acting = SERVER
        made = self._account.client.flex_api.v1.channel.create(
            flex_flow_sid=self._flow_sid,
            identity=IDENTITY,
            chat_user_friendly_name=NAME,
            chat_friendly_name=f"Chat with {NAME}",
        )
        if made.sid not in self.channels[-1:]:
            self.channels.append(made.sid)
        self._record.acting = CUSTOMER
        self._chat = self._connected()
        self._channel = self._chat.get_channel_by_sid(made.sid)
        self.states.setdefault(made.sid, _status(self._channel.attributes))

    def _connected(self) -> ChatClient:
        chat = ChatClient(self._account, self._account.chat_token(IDENTITY, ttl=DAY))

        def renew(*_: object) -> None:
            chat.update_token(self._account.chat_token(IDENTITY, ttl=DAY))

        chat.on("tokenAboutToExpire", renew)
        return chat

    def says(self, body: str) -> None:
        """Write in the chat that the page shows."""
        self._record.acting = CUSTOMER
        if self._channel is None:
            raise Misfit("the chat could not be opened")
        self._channel.send_message(body)

    def leave(self) -> None:
        """Close the page; Twilio is not told."""
        chat, self._chat, self._channel = self._chat, None, None
        if chat is not None:
            chat.shutdown()

    @property
    def latest(self) -> CustomerMessage | None:
        """What the customer said last."""
        return next((said for said in reversed(self.said) if said.by_customer), None)

    def _hear(self, event: ChatEvent) -> None:
        sid, told = event.channel_sid, event.resource
        if sid not in self.channels:
            return
        if event.name == "messageAdded":
            seconds, body = self._record.seconds, told["body"] or ""
            self.said.append(CustomerMessage(told["sid"], sid, event.identity or "", seconds, body))
        elif event.name == "channelUpdated":
            self.states[sid] = _status(json.loads(told["attributes"]))
        elif event.name == "channelRemoved":
            self.states[sid] = "deleted"

    def close(self) -> None:
        """The rehearsal is over."""
        self.leave()
        self._stop_following()


def _status(attributes: dict[str, Any]) -> str:
    return str(attributes.get("status", "unknown"))
