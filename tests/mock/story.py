"""A customer who chats, and the states that a chat goes through, as tests of sequences see them."""

from __future__ import annotations

import json
from typing import Any

from helpers import Account, ChatClient
from helpers.desk import AgentDesk

EVENTS = ("memberJoined", "memberLeft", "messageAdded", "channelUpdated")


class Customer:
    """A customer of a Flex Flow, with a chat client; keeps what the client was told.

    Attributes:
        sid: The chat channel of the latest contact.
        told: Names of the chat events of that channel, in order.
    """

    def __init__(self, account: Account, flow: Any, identity: str = "user-42") -> None:
        self.account, self.flow, self.identity = account, flow, identity
        self.service = account.client.chat.v2.services(account.credentials.chat_service_sid)
        self._chat: ChatClient | None = None
        self.told: list[str] = []
        self.sid = ""

    @property
    def chat(self) -> ChatClient:
        """The customer's chat client, which connects when it is first needed."""
        if self._chat is None:
            token = self.account.chat_token(self.identity, ttl=24 * 3600)
            self._chat = ChatClient(self.account, token)
        return self._chat

    def leave(self) -> None:
        """Close the page."""
        if self._chat is not None:
            self._chat.shutdown()

    def contact(self) -> Any:
        """Get in touch: the Flex channel, new or given back."""
        made = self.account.client.flex_api.v1.channel.create(
            flex_flow_sid=self.flow.sid,
            identity=self.identity,
            chat_user_friendly_name="Jane",
            chat_friendly_name=f"Chat with {self.identity}",
        )
        if made.sid != self.sid:
            self.sid, self.told = made.sid, []
            for event in EVENTS:
                self.channel.on("updated" if event == "channelUpdated" else event, self._ear(event))
        return made

    def _ear(self, event: str) -> Any:
        told = self.told
        return lambda _: told.append(event)

    @property
    def channel(self) -> Any:
        """The channel as the customer's chat client shows it."""
        return self.chat.get_channel_by_sid(self.sid)

    def says(self, body: str) -> None:
        """Send a message, and let whoever handles it do so."""
        self.channel.send_message(body)
        self.wait()

    def has_said(self, body: str, **more: Any) -> None:
        """Have a server send a message in the customer's name."""
        self.on_server.messages.create(body=body, from_=self.identity, **more)
        self.wait()

    def wait(self) -> None:
        """Wait for webhooks and flows."""
        mock = self.account.mock
        assert mock is not None
        assert mock.webhooks.settle()
        assert mock.studio.settle()

    @property
    def on_server(self) -> Any:
        """The channel as the SDK names it."""
        return self.service.channels(self.sid)

    @property
    def transcript(self) -> list[tuple[str, str]]:
        """Who has said what in the channel."""
        return [(each.author, each.body) for each in self.channel.get_messages().items]

    @property
    def status(self) -> str:
        """ACTIVE or INACTIVE, as the customer's client sees it."""
        return str(self.channel.attributes["status"])

    @property
    def members(self) -> list[str]:
        """Who is in the chat."""
        return sorted(member.identity for member in self.on_server.members.list())

    @property
    def webhooks(self) -> list[str]:
        """The kinds of the channel's webhooks."""
        return [webhook.type for webhook in self.on_server.webhooks.list()]

    def executions(self) -> list[str]:
        """What has become of each run of the account's Studio flow."""
        flows = self.account.client.studio.v2.flows
        return [each.status for each in flows(flows.list()[0].sid).executions.list()]


class Floor:
    """The agents of an account, and its tasks."""

    def __init__(self, account: Account) -> None:
        self._account = account
        workspaces = account.client.taskrouter.v1.workspaces
        self.workspace = workspaces(workspaces.list()[0].sid)
        self._desks: list[AgentDesk] = []

    def desk(self, agent: str = "alice", *, available: bool = True) -> AgentDesk:
        """The desk of an agent, who is available unless told otherwise."""
        self._desks.append(AgentDesk(self._account, agent))
        if available:
            self._desks[-1].go_available()
        return self._desks[-1]

    @property
    def tasks(self) -> list[str]:
        """The status of every task, oldest first."""
        return [task.assignment_status for task in self._tasks()]

    @property
    def task(self) -> Any:
        """The latest task, as the SDK names it."""
        return self.workspace.tasks(self._tasks()[-1].sid)

    @property
    def about(self) -> dict[str, Any]:
        """The attributes of the latest task."""
        found: dict[str, Any] = json.loads(self._tasks()[-1].attributes)
        return found

    def _tasks(self) -> list[Any]:
        return list(self.workspace.tasks.list(ordering="DateCreated:asc"))

    @property
    def reservations(self) -> list[tuple[str, str]]:
        """Who has been offered the latest task, and what came of it."""
        found = self.task.reservations.list()
        return [(each.worker_name, each.reservation_status) for each in found]

    def close(self) -> None:
        """Send the agents home."""
        for desk in self._desks:
            desk.close()
