"""A contact over Flex Conversations as its tests speak of it: customer, interaction and agents."""

from __future__ import annotations

import json
from typing import Any

from office import Office

from helpers import Account
from helpers.mock import WebhookRequest

CLOSED = {"status": "closed"}
JANE, BOTH = ["jane"], ["jane", "alice"]
HOOK = "https://shop.example.com/interactions"


class Contact:
    """A conversation of jane's, and the interaction that brings it to an agent.

    Attributes:
        kd: The interaction, as the SDK names it; None until `route`.
        channel: Its channel, as the SDK names it.
    """

    def __init__(self, account: Account) -> None:
        self.kd: Any = None
        self.channel: Any = None
        self.on(account)
        self.conversation = self.talk("jane")

    def on(self, account: Account) -> Contact:
        """The same contact in the account that a file was opened as."""
        self.account, self.client = account, account.client
        self.office = Office(account)
        self.workspace = account.client.taskrouter.v1.workspaces.list()[0]
        if self.kd is not None:
            self.conversation = self.client.conversations.v1.conversations(
                self.conversation.sid
            ).fetch()
            kd, uo = self.kd._solution["sid"], self.channel._solution["sid"]
            self.kd = self.client.flex_api.v1.interaction(kd)
            self.channel = self.kd.channels(uo)
        return self

    def talk(self, *identities: str, **more: Any) -> Any:
        """A new conversation, as the SDK names it."""
        made = self.client.conversations.v1.conversations.create(**more)
        for identity in identities:
            made.participants.create(identity=identity)
        return made

    def properties(self, **more: Any) -> dict[str, Any]:
        given = {"workspace_sid": self.workspace.sid, "attributes": {"customerName": "Jane"}}
        return {"properties": {**given, **more}}

    def wire(self, flow: Any) -> None:
        """Connect the conversation to a Studio flow, as its scoped webhook does."""
        self.conversation.webhooks.create(target="studio", configuration_flow_sid=flow.sid)

    def address(self, kind: str = "chat", **auto_creation: Any) -> str:
        """A configured address; its SID."""
        given = {"enabled": True, **auto_creation}
        made = self.client.conversations.v1.address_configurations.create(
            type=kind,
            address={"chat": "our web site", "sms": "+15550100"}[kind],
            **{f"auto_creation_{name}": value for name, value in given.items()},
        )
        return str(made.sid)

    def visit(self, address: str, **more: Any) -> Any:
        """A visitor's web chat; the answer."""
        made = self.client.flex_api.v2.web_channels.create(address_sid=address, **more)
        conversations = self.client.conversations.v1.conversations
        self.conversation = conversations(made.conversation_sid).fetch()
        return made

    def say(self, body: str, author: str = "jane", **more: Any) -> None:
        """Let somebody write, such that webhooks fire, and flows go on as far as they can."""
        self.conversation.messages.create(
            author=author, body=body, x_twilio_webhook_enabled="true", **more
        )
        assert self.account.mock is not None
        assert self.account.mock.studio.settle()

    def ask(self, media_channel_sid: str | None = None, **more: Any) -> Any:
        """Create an interaction, of jane's conversation unless another is named."""
        sid = media_channel_sid or self.conversation.sid
        channel = {"type": "web", "initiated_by": "customer", **more.pop("channel", {})}
        channel.setdefault("properties", {"media_channel_sid": sid})
        made = self.client.flex_api.v1.interaction.create(
            channel=channel, routing=self.properties(**more.pop("routing", {})), **more
        )
        self.kd = self.client.flex_api.v1.interaction(made.sid)
        self.channel = self.kd.channels(made.channel["sid"])
        return made

    def serve(self, agent: str = "alice", **more: Any) -> Any:
        """Create the interaction and let an agent accept; the agent as the SDK names it."""
        self.ask(**more)
        return self.accept(agent)

    def accept(self, agent: str = "alice") -> Any:
        """Let an agent accept what is offered; the agent in the channel, as the SDK names it."""
        self.office.go(agent)
        worker = self.office.worker(agent)
        [offer] = worker.reservations.list(reservation_status="pending")
        worker.reservations(offer.sid).update(reservation_status="accepted")
        return self.agent(agent)

    def agent(self, name: str = "alice") -> Any:
        sid = self.office.worker(name).fetch().sid
        [found] = [
            each.sid
            for each in self.channel.participants.list()
            if (each.routing_properties or {}).get("worker_sid") == sid
        ]
        return self.channel.participants(found)

    def leave(self) -> None:
        """Let the agent leave such that the customer can come back."""
        self.channel.update(status="inactive", routing={"status": "closed"})

    def close(self, **more: Any) -> None:
        self.channel.update(status="closed", **more)

    # -- what is left of it

    @property
    def tasks(self) -> list[str]:
        """Statuses of its tasks, oldest first."""
        return [str(each.assignment_status) for each in self.workspace.tasks.list()]

    @property
    def attributes(self) -> Any:
        """Those of the newest task."""
        return json.loads(self.workspace.tasks.list()[-1].attributes)

    @property
    def people(self) -> list[str]:
        return [each.identity for each in self.conversation.participants.list()]

    @property
    def types(self) -> list[str]:
        return [each.type for each in self.channel.participants.list()]

    @property
    def state(self) -> tuple[list[str], str, str, list[str]]:
        """Tasks, channel, conversation and its people."""
        conversation = self.conversation.fetch().state
        return self.tasks, self.channel.fetch().status, conversation, self.people

    def hooked(self, type: str = "global", *events: str) -> tuple[str, list[tuple[Any, ...]]]:
        """Add an interaction webhook of all events.

        Returns:
            Its id, and a list of what it is called with, in order: event and what it is about.
        """
        heard: list[tuple[Any, ...]] = []
        instance = self.client.flex_api.v1.configuration().fetch().flex_instance_sid
        names = events or tuple(f"on{name}" for name in EVENTS)
        made = self.client.request(
            "POST",
            f"https://flex-api.twilio.com/v1/Instances/{instance}/InteractionWebhooks",
            data={"Type": type, "WebhookUrl": HOOK, "WebhookEvents": names},
        )

        def hear(request: WebhookRequest) -> None:
            about = ("ParticipantType", "ChannelStatus", "ErrorCode")
            found = [request.parameters[name] for name in about if name in request.parameters]
            heard.append((request.parameters["EventType"], *found))

        assert self.account.mock is not None
        self.account.mock.webhooks.register(HOOK, hear)
        return json.loads(made.text)["ttid"], heard


EVENTS = (
    "InteractionCreated",
    "ChannelCreated",
    "ChannelCreateFailed",
    "ChannelStatusUpdated",
    "ParticipantJoined",
    "ParticipantLeft",
    "ParticipantUpdated",
)
