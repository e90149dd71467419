"""The customer of a rehearsal, with a chat page, and the server that answers webhooks."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from functools import partial
from typing import Any

from ...account import Account
from ...chat import Channel, ChatClient
from ...json_object import attributes_in, entry
from ...mock import ChatEvent, MockTwilio, WebhookAnswer, WebhookRequest
from ..copying import DAY, Servers
from .timeline import CUSTOMER, SERVER, Misfit, Record

BOT = "bot"
"""Identity of the server in chats."""
IDENTITY, NAME = "customer-1", "Jane"
DOWN = WebhookAnswer(None, problem="could not be reached: the script has it down")
SLOW = WebhookAnswer(None, problem="no answer within 5 s", is_late=True)


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
        """Return whether the customer wrote it."""
        return self.author == IDENTITY


class SimulatedServer:
    """The server that answers webhooks, maybe as a bot; its state is `up`, `down` or `slow`."""

    def __init__(self, account: Account, record: Record, kind: str, servers: Servers) -> None:
        self.state = "up"
        self._account, self._record, self._kind = account, record, kind
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
        receiver = self._receivers.get(request.url.partition("?")[0])
        return receiver(request) if receiver else None

    def has_received(self, message_sid: str) -> bool:
        """Return whether the flow's webhook has brought a message."""
        with self._lock:
            return message_sid in self._received

    def says(self, body: str, latest: CustomerMessage | None) -> None:
        """Answer the customer's latest message as a bot."""
        channel_sid = self._received_channel(latest)
        service = self._account.credentials.chat_service_sid
        channel = self._account.client.chat.v2.services(service).channels(channel_sid)
        channel.messages.create(from_=BOT, body=body)

    def hand_over(self, latest: CustomerMessage | None) -> None:
        """Make the task that brings in an agent, as an external server has to."""
        channel_sid = self._received_channel(latest)
        workspaces = self._account.client.taskrouter.v1.workspaces
        found = workspaces.list(limit=1)
        if not found:
            raise Misfit("the account has no workspace to make a task in")
        workspace = workspaces(found[0].sid)
        workflows = workspace.workflows.list(limit=1)
        attributes = {"channelSid": channel_sid, "name": NAME, "channelType": "custom"}
        workspace.tasks.create(
            workflow_sid=workflows[0].sid, task_channel="chat", attributes=json.dumps(attributes)
        )

    def _received_channel(self, latest: CustomerMessage | None) -> str:
        self._record.acting = SERVER
        if self._kind == "studio":
            raise Misfit("with Studio it is the flow that talks and hands over, not your server")
        if self._kind == "task":
            raise Misfit("a task flow tells no server of messages")
        if latest is None or not self.has_received(latest.sid):
            raise Misfit("your server was not reached with the customer's latest message")
        return latest.channel_sid


class SimulatedCustomer:
    """A customer who opens and closes a page with a chat in it.

    `channels` are the SIDs of the chats so far, the last one under way; `states` has `ACTIVE`,
    `INACTIVE` or `deleted` for each, and `messages` those of all authors.
    """

    def __init__(self, account: Account, mock: MockTwilio, record: Record, flow_sid: str) -> None:
        self._account, self._record, self._flow_sid = account, record, flow_sid
        self._chat: ChatClient | None = None
        self._channel: Channel | None = None
        self.channels: list[str] = []
        self.states: dict[str, str] = {}
        self.messages: list[CustomerMessage] = []
        self._unsubscribe = mock.follow(self._handle)

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
        token = partial(self._account.chat_token, IDENTITY, ttl=DAY)
        chat = ChatClient(self._account, token())
        chat.on("tokenAboutToExpire", lambda *_: chat.update_token(token()))
        self._chat, self._channel = chat, chat.get_channel_by_sid(made.sid)
        self.states.setdefault(made.sid, _status(self._channel.attributes))

    def says(self, body: str) -> None:
        """Write in the chat that the page shows."""
        self._record.acting = CUSTOMER
        if self._channel is None:
            raise Misfit("the chat could not be opened")
        self._channel.send_message(body)

    def leave(self) -> None:
        """Close the page; Twilio does not learn of it."""
        chat, self._chat, self._channel = self._chat, None, None
        if chat is not None:
            chat.shutdown()

    @property
    def latest(self) -> CustomerMessage | None:
        """The customer's latest message."""
        return next((each for each in reversed(self.messages) if each.by_customer), None)

    def _handle(self, event: ChatEvent) -> None:
        sid, resource = event.channel_sid, event.resource
        if sid not in self.channels:
            return
        if event.name == "messageAdded":
            text, author = resource["body"] or "", event.identity or ""
            message = CustomerMessage(resource["sid"], sid, author, self._record.seconds, text)
            self.messages.append(message)
        elif event.name == "channelUpdated":
            self.states[sid] = _status(attributes_in(resource["attributes"]))
        elif event.name == "channelRemoved":
            self.states[sid] = "deleted"

    def close(self) -> None:
        """Close the page and stop following the mock."""
        self.leave()
        self._unsubscribe()


def _status(attributes: Any) -> str:
    return str(entry(attributes, "status") or "unknown")
