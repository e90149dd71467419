"""Ways into an account's Flex, as the parties of a rehearsal go them, in their own dialect."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from ...account import Account
from ...json_object import json_object
from ..errors import FlowProblem, Problem
from ..file.config import FlexFlowConfig
from ..file.contents import Config
from ..file.conversations import AddressConfig, ConversationConfig
from .customer import (
    Chats,
    CustomerContext,
    CustomerOfChannel,
    CustomerWithPage,
    CustomerWithPhone,
    Persona,
    SimulatedCustomer,
)
from .timeline import Misfit

BOT = "bot"
"""Identity of the server in chats."""
BY_STUDIO = "with Studio it is the flow that talks and hands over, not your server"
PHONES = ("sms", "whatsapp", "messenger")
"""Types of addresses that have simulated customers; besides `chat`, whose customers have pages."""


class WayIn(ABC):
    """One way: how a customer arrives on it, and what your server does."""

    @property
    @abstractmethod
    def kind(self) -> str:
        """The party that a customer's message reaches, as the config says."""

    @property
    @abstractmethod
    def without_server(self) -> str:
        """Reason why your server has no part in it; blank where it has."""

    @property
    def agents_leave(self) -> bool:
        """Return whether agents leave a conversation in place of ending it."""
        return False

    @abstractmethod
    def customer(self, context: CustomerContext, own: Persona) -> SimulatedCustomer:
        """A customer, who has not arrived yet."""

    @abstractmethod
    def bot_says(self, account: Account, channel_sid: str, body: str) -> None:
        """Write to the customer as your server."""

    @abstractmethod
    def hand_over(self, account: Account, channel_sid: str) -> None:
        """Bring in an agent as your server."""

    @abstractmethod
    def add_attributes(self, account: Account, channel_sid: str, added: Mapping[str, Any]) -> None:
        """Add attributes to a chat as your server."""

    def assumptions(self) -> Iterator[str]:
        """Things that a rehearsal takes for granted about the way."""
        yield from ()

    @abstractmethod
    def notified(self, account: Account, parameters: Mapping[str, str]) -> None:
        """Do what your server does by itself when the webhook of a chat calls it."""


@dataclass(frozen=True)
class FlexFlowWay(WayIn):
    """The way of a Flex Flow: Flex channels and plain tasks."""

    integration_type: str
    flow_sid: str
    channel_type: str = "custom"
    _people: dict[str, Persona] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """The flow's integration type."""
        return self.integration_type

    @property
    def without_server(self) -> str:
        """Reason why your server has no part in it."""
        task = "a task flow tells no server of messages"
        return {"studio": BY_STUDIO, "task": task}.get(self.kind, "")

    def notified(self, account: Account, parameters: Mapping[str, str]) -> None:
        """Do nothing: a bot hands over when the script says so."""

    def assumptions(self) -> Iterator[str]:
        """Legacy channels of other networks are played as custom chats."""
        if self.channel_type not in ("custom", "web"):
            yield (
                f"a Flex Flow of type {self.channel_type} is played as a custom chat: customers"
                f" have a page, not a phone, and no address; nothing of {self.channel_type} itself"
                " is simulated in the legacy API"
            )

    def customer(self, context: CustomerContext, own: Persona) -> SimulatedCustomer:
        """A customer, for whom your server gets a Flex channel."""
        return CustomerOfChannel(context, own, partial(self._arrive, context.account))

    def _arrive(self, account: Account, own: Persona, data: Mapping[str, Any]) -> str:
        form = {"pre_engagement_data": json.dumps(data)} if data else {}
        made = account.client.flex_api.v1.channel.create(
            flex_flow_sid=self.flow_sid,
            identity=own.identity,
            chat_user_friendly_name=own.name,
            chat_friendly_name=f"Chat with {own.name}",
            **form,
        )
        self._people[str(made.sid)] = own
        return str(made.sid)

    def bot_says(self, account: Account, channel_sid: str, body: str) -> None:
        """Write to the customer as your server."""
        service = account.credentials.chat_service_sid
        channel = account.client.chat.v2.services(service).channels(channel_sid)
        channel.messages.create(from_=BOT, body=body)

    def hand_over(self, account: Account, channel_sid: str) -> None:
        """Make the task that brings in an agent, as an external server has to."""
        workspace, workflow_sid = _first_workflow(account)
        tasks = account.client.taskrouter.v1.workspaces(workspace.sid).tasks
        name = self._people[channel_sid].name
        attributes = {"channelSid": channel_sid, "name": name, "channelType": "custom"}
        tasks.create(
            workflow_sid=workflow_sid, task_channel="chat", attributes=json.dumps(attributes)
        )

    def add_attributes(self, account: Account, channel_sid: str, added: Mapping[str, Any]) -> None:
        """Add attributes to a chat as your server."""
        service = account.credentials.chat_service_sid
        _add_attributes(account.client.chat.v2.services(service).channels(channel_sid), added)


@dataclass
class ConversationWay(WayIn):
    """The way of an address configuration, or of a chat of your own server.

    `arguments` are the config's, and `routing` those of its own Interaction, with SIDs.
    """

    config: ConversationConfig
    arguments: Mapping[str, Any]
    routing: dict[str, Any]
    address_sid: str | None = None
    _handed_over: set[str] = field(default_factory=set)
    _people: list[Persona] = field(default_factory=list)
    _by_page: dict[str, Persona] = field(default_factory=dict)
    _chats: Chats = field(default_factory=Chats)

    @property
    def kind(self) -> str:
        """The party that a customer's message reaches."""
        return self.config.handler

    @property
    def without_server(self) -> str:
        """Reason why your server has no part in it."""
        default = "no webhook notifies your server of messages"
        return {"studio": BY_STUDIO, "default": default}.get(self.kind, "")

    @property
    def agents_leave(self) -> bool:
        """Return whether agents leave a conversation in place of ending it."""
        return self.config.long_lived

    def customer(self, context: CustomerContext, own: Persona) -> SimulatedCustomer:
        """A customer, with a phone for an address that has a number, else with a page."""
        if context.chats is not self._chats:  # of another play
            self._chats = context.chats
            self._handed_over.clear()
            self._people.clear()
            self._by_page.clear()
        self._people.append(own)
        if (network := self.config.channel_type) in PHONES:
            number = str(self.arguments["address"])
            return CustomerWithPhone(context, own, network, number)
        return CustomerWithPage(context, own, partial(self._arrive, context.account))

    def _arrive(self, account: Account, own: Persona, data: Mapping[str, Any]) -> str:
        """Find the conversation that is open (documented), or make one."""
        service = self._service(account)
        for each in service.participant_conversations.list(identity=own.identity):
            if each.conversation_state != "closed":
                return str(each.conversation_sid)
        form = {"friendlyName": own.name, **data}
        make = self._web_chat if self.address_sid else self._own_chat
        sid = make(account, own, form)
        self._by_page[sid] = own
        if self.config.interaction is not None and self.kind == "default":
            self.hand_over(account, sid)
        return sid

    def _web_chat(self, account: Account, own: Persona, form: Mapping[str, Any]) -> str:
        made = account.client.flex_api.v2.web_channels.create(
            address_sid=self.address_sid,
            chat_friendly_name=f"Chat with {own.name}",
            customer_friendly_name=own.name,
            pre_engagement_data=json.dumps(form),
            identity=own.identity,
        )
        return str(made.conversation_sid)

    def _own_chat(self, account: Account, own: Persona, form: Mapping[str, Any]) -> str:
        service = self._service(account)
        attributes = {"channel_type": "custom", "from": own.name, "pre_engagement_data": form}
        conversation = service.conversations.create(
            friendly_name=f"Chat with {own.name}", attributes=json.dumps(attributes)
        )
        chat = service.conversations(conversation.sid)
        chat.participants.create(identity=own.identity)
        names = ("webhook_url", "webhook_method", "webhook_filters", "studio_flow_sid")
        given = {
            "configuration_" + name.removeprefix("webhook_").removeprefix("studio_"): found
            for name in names
            if (found := self.arguments.get(f"auto_creation_{name}"))
        }
        if given:
            chat.webhooks.create(target=self.kind, **given)
        return str(conversation.sid)

    def _service(self, account: Account) -> Any:
        return account.client.conversations.v1.services(account.credentials.chat_service_sid)

    def bot_says(self, account: Account, channel_sid: str, body: str) -> None:
        """Write to the customer as your server."""
        conversation = self._service(account).conversations(channel_sid)
        conversation.messages.create(author=BOT, body=body)

    def hand_over(self, account: Account, channel_sid: str) -> None:
        """Create the Interaction that brings in an agent."""
        known = self.config.interaction
        if known is not None and known.creation_on_message and channel_sid in self._handed_over:
            raise Misfit("your server has handed over already")
        routing, kind = self.routing, self.config.channel_type
        if not routing:
            workspace, workflow_sid = _first_workflow(account)
            routing = {
                "workspace_sid": workspace.sid,
                "workflow_sid": workflow_sid,
                "attributes": {"channelType": kind},
            }
        own = self._person_in(channel_sid)
        name = own.name if kind == "web" else own.phone
        attributes = {"from": name, **routing["attributes"]}
        account.client.flex_api.v1.interaction.create(
            channel={
                "type": kind,
                "initiated_by": "customer",
                "properties": {"media_channel_sid": channel_sid},
            },
            routing={"properties": {**routing, "attributes": attributes}},
        )
        self._handed_over.add(channel_sid)

    def _person_in(self, channel_sid: str) -> Persona:
        """The customer who is in a conversation: who came by a page, or who wrote."""
        if channel_sid in self._by_page:
            return self._by_page[channel_sid]
        names = [one.customer for one in self._chats.messages if one.channel_sid == channel_sid]
        return next(one for one in self._people if one.name in names)

    def add_attributes(self, account: Account, channel_sid: str, added: Mapping[str, Any]) -> None:
        """Add attributes to a chat as your server."""
        _add_attributes(self._service(account).conversations(channel_sid), added)

    def notified(self, account: Account, parameters: Mapping[str, str]) -> None:
        """Create the Interaction with the customer's first message, if the config says so."""
        own, sid = self.config.interaction, parameters.get("ConversationSid", "")
        if own is None or not own.creation_on_message or sid in self._handed_over:
            return
        if parameters.get("EventType") == "onMessageAdded" and parameters.get("Author") != BOT:
            self.hand_over(account, sid)


def _add_attributes(chat: Any, added: Mapping[str, Any]) -> None:
    found = json_object(chat.fetch().attributes) or {}
    chat.update(attributes=json.dumps({**found, **added}))


def _first_workflow(account: Account) -> tuple[Any, str]:
    """The first workspace, and the SID of its first workflow."""
    found = account.client.taskrouter.v1.workspaces.list(limit=1)
    if not found:
        raise Misfit("the account has no workspace to make a task in")
    workflows = account.client.taskrouter.v1.workspaces(found[0].sid).workflows
    return found[0], workflows.list(limit=1)[0].sid


def way_of(account: Account, flow: Config, arguments: dict[str, Any]) -> WayIn:
    """Put a config in place in a copy, or change the one that is there, and make its way in.

    Raises:
        FlowProblem: It is an address on a network that has no simulated customers.
        TwilioRestException: It is refused.
    """
    if isinstance(flow, FlexFlowConfig):
        sid = put_in_place(account, flow, arguments)
        return FlexFlowWay(flow.integration_type, sid, flow.channel_type)
    routing = arguments.pop("routing")
    if not isinstance(flow, AddressConfig):
        return ConversationWay(flow, arguments, routing)
    if flow.type not in (*PHONES, "chat"):
        fix = f"cannot be played: there are simulated customers for {', '.join(PHONES)} and chat"
        raise FlowProblem(Problem("", flow.label, fix))
    sid = _address_in_place(account.client, arguments)
    return ConversationWay(flow, arguments, routing, sid if flow.type == "chat" else None)


def _address_in_place(client: Any, arguments: dict[str, Any]) -> str:
    """Make the address in the copy, or change it; its SID."""
    addresses = client.conversations.v1.address_configurations
    given = {name: value for name, value in arguments.items() if value not in ("", [])}
    for one in addresses.list():
        if (one.type, one.address) == (arguments["type"], arguments["address"]):
            for name in ("type", "address", "address_country"):
                given.pop(name, None)
            return str(addresses(one.sid).update(**given).sid)
    return str(addresses.create(**given).sid)


def put_in_place(account: Account, flow: FlexFlowConfig, arguments: dict[str, Any]) -> str:
    """Make the flow in a copy, or change the one of that name; its SID.

    Raises:
        TwilioRestException: It is refused.
    """
    flows, formerly = account.client.flex_api.v1.flex_flow, flow.formerly
    contact = (arguments["channel_type"], arguments.get("contact_identity"))
    own = None
    for other in flows.list():
        if other.friendly_name in (arguments["friendly_name"], formerly) and own is None:
            own = other.sid
        elif (
            arguments["enabled"]
            and other.enabled
            and (str(other.channel_type), other.contact_identity or None) == contact
        ):
            flows(other.sid).update(enabled=False)
    if own is None:
        return str(flows.create(**arguments).sid)
    return str(flows(own).update(**{"contact_identity": ""} | arguments).sid)
