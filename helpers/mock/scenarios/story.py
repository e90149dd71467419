"""Parts of a scenario: the account through the official SDK, its people, and its clock."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from twilio.jwt.access_token import AccessToken
from twilio.jwt.access_token.grants import ChatGrant
from twilio.rest import Client

from ... import flex_ui
from ...json_object import compact_json
from ..core.access_token import MAX_LIFETIME
from ..core.clock import Clock, Moment
from ..core.credentials import Credentials
from ..studio.runner import Studio
from ..webhooks.delivery import Webhooks
from ..webhooks.receivers import Receiver

MINUTE, DAY = 60, 86_400
TYPING = 20
"""Seconds between a message and its answer."""


def chats(text: str) -> Iterator[tuple[list[str], list[str]]]:
    """Read chats: each a line of facts and a line for each message, the customer's first."""
    for chat in text.strip().split("\n\n"):
        facts, *bodies = chat.splitlines()
        yield facts.split(), bodies


class Resettable(Protocol):
    """The parts of a mock that a story needs."""

    credentials: Credentials
    clock: Clock
    http_client: Any
    webhooks: Webhooks
    studio: Studio

    def reset(self, at: Moment | None = None) -> None:
        """Reset to a new account, made at this moment."""


class Story:
    """An account and the moments of its history, with parts as the official SDK names them."""

    def __init__(self, mock: Resettable, end: float) -> None:
        self._mock = mock
        self._end = end
        self.client = self._sdk(mock.credentials.account_sid, mock.credentials.auth_token)
        self.service = self.client.chat.v2.services(mock.credentials.chat_service_sid)
        taskrouter = self.client.taskrouter.v1
        self.workspace = taskrouter.workspaces(taskrouter.workspaces.list(limit=1)[0].sid)
        self.workflow = self.workspace.workflows(self.workspace.workflows.list(limit=1)[0].sid)
        self.receivers: dict[str, Receiver] = {}

    def receive(self, url: str, receiver: Receiver) -> None:
        """Answer for the URL of a webhook with a function."""
        self.receivers[url] = receiver
        self._mock.webhooks.register(url, receiver)

    def at(self, minutes: float) -> None:
        """Go to so many minutes before the story's end."""
        self.wait(self._end - minutes * MINUTE - self._mock.clock.now())

    def wait(self, seconds: float) -> None:
        """Let time pass, between two moments at which webhooks are delivered and flows are idle."""
        self._settle()
        self._mock.clock.advance(seconds)
        self._settle()

    def _settle(self) -> None:
        if not (self._mock.webhooks.settle() and self._mock.studio.settle()):
            raise TimeoutError("webhooks or flows of the story did not come to rest in 30 seconds")

    def seen_by(self, identity: str) -> Any:
        """The chat service as a chat user reaches it today, with an access token of a day."""
        own, now = self._mock.credentials, int(self._mock.clock.now())
        grant = ChatGrant(service_sid=own.chat_service_sid)
        token = AccessToken(
            own.account_sid, own.api_key, own.api_secret, [grant], identity=identity
        )
        token.nbf, token.valid_until = now, now + MAX_LIFETIME
        client = self._sdk("token", str(token.to_jwt()))
        return client.chat.v2.services(own.chat_service_sid)

    def _sdk(self, username: str, password: str) -> Client:
        account_sid = self._mock.credentials.account_sid
        return Client(username, password, account_sid, http_client=self._mock.http_client)

    def task_flow(self, **settings: Any) -> Any:
        """Create a Flex Flow for custom channels, which makes a task of a first message."""
        return self.client.flex_api.v1.flex_flow.create(
            chat_service_sid=self._mock.credentials.chat_service_sid,
            channel_type="custom",
            integration_type="task",
            integration_workspace_sid=self.workspace.fetch().sid,
            integration_workflow_sid=self.workflow.fetch().sid,
            integration_channel="chat",
            integration_creation_on_message=True,
            janitor_enabled=True,
            **settings,
        )

    def conversation_flow(self, friendly_name: str) -> Any:
        """Publish a Studio Flow that a conversation starts, and that hands it over to Flex."""
        channels = self.workspace.task_channels.list()
        chat = next(each.sid for each in channels if each.unique_name == "chat")
        definition = {
            "description": "Hands every conversation to an agent",
            "initial_state": "Trigger",
            "flags": {"allow_concurrent_calls": True},
            "states": [
                {
                    "name": "Trigger",
                    "type": "trigger",
                    "transitions": [{"event": "incomingConversationMessage", "next": "Agent"}],
                    "properties": {},
                },
                {
                    "name": "Agent",
                    "type": "send-to-flex",
                    "transitions": [
                        {"event": each}
                        for each in ("callComplete", "failedToEnqueue", "callFailure")
                    ],
                    "properties": {
                        "workflow": self.workflow.fetch().sid,
                        "channel": chat,
                        "attributes": '{"from": "{{trigger.conversation.ChannelAttributes.from}}"}',
                    },
                },
            ],
        }
        return self.client.studio.v2.flows.create(
            friendly_name=friendly_name, status="published", definition=definition
        )

    def chat(self, flow_sid: str, identity: str, name: str, **settings: Any) -> ScenarioCustomer:
        """Start a chat of a customer through a custom channel of a Flex Flow."""
        channel = self.client.flex_api.v1.channel.create(
            flex_flow_sid=flow_sid,
            identity=identity,
            chat_user_friendly_name=name,
            chat_friendly_name=f"Chat with {name}",
            **settings,
        )
        return ScenarioCustomer(self, channel, identity)

    def conversation(self, identity: str, name: str) -> Any:
        """Start a chat of a customer over Flex Conversations, as an interaction; as the SDK has it.

        It is in Flex's chat service.
        """
        sid = self._mock.credentials.chat_service_sid
        conversations = self.client.conversations.v1.services(sid).conversations
        made = conversations.create(
            friendly_name=f"Chat with {name}", attributes=compact_json({"from": name})
        )
        made.participants.create(identity=identity, attributes=flex_ui.GUEST_ATTRIBUTES)
        self.client.flex_api.v1.interaction.create(
            channel={
                "type": "web",
                "initiated_by": "customer",
                "properties": {"media_channel_sid": made.sid},
            },
            routing={
                "properties": {
                    "workspace_sid": self.workspace.fetch().sid,
                    "workflow_sid": self.workflow.fetch().sid,
                    "attributes": {"from": name, "customerName": name},
                }
            },
        )
        return made

    def task(self, customer: ScenarioCustomer) -> Any:
        """The latest task of a customer's chat, as the SDK names it; LookupError for none."""
        for each in reversed(self.workspace.tasks.list()):
            if flex_ui.chat_of(each.attributes) == customer.sid:
                return each
        raise LookupError(f"there is no task for {customer.sid}")


class ScenarioCustomer:
    """A customer in a chat, with the Flex channel or web channel of the contact."""

    def __init__(self, story: Story, channel: Any, identity: str) -> None:
        self._story = story
        self.sid: str = channel.sid
        self._channel = story.seen_by(identity).channels(channel.sid)

    def says(self, *bodies: str) -> None:
        """Send messages, and let the account handle them."""
        for body in bodies:
            self._channel.messages.create(body=body)
            self._story.wait(TYPING)


class ScenarioAgent:
    """A worker who takes chats as in Flex UI; the friendly name is the chat identity too."""

    def __init__(self, story: Story, name: str) -> None:
        self._story = story
        self.name = name
        workers = story.workspace.workers
        self.worker = workers(workers.list(friendly_name=name)[0].sid)
        self._chat = story.seen_by(name)

    def goes(self, activity: str) -> None:
        """Change activity."""
        [found] = self._story.workspace.activities.list(friendly_name=activity)
        self.worker.update(activity_sid=found.sid)

    def offer(self, customer: ScenarioCustomer) -> Any:
        """The pending reservation of the customer's chat, as the SDK names it; None without one."""
        sid = self._story.task(customer).sid
        for reservation in self.worker.reservations.list(reservation_status="pending"):
            if reservation.task_sid == sid:
                return self.worker.reservations(reservation.sid)
        return None

    def accepts(self, customer: ScenarioCustomer) -> None:
        """Accept the offered chat and join it."""
        flex_ui.accept(self.offer(customer))
        flex_ui.join(self._story.service.channels(customer.sid), self.name)

    def rejects(self, customer: ScenarioCustomer) -> None:
        """Reject the offered chat."""
        self.offer(customer).update(reservation_status="rejected")

    def says(self, customer: ScenarioCustomer, *bodies: str) -> None:
        """Answer in a chat."""
        for body in bodies:
            self._chat.channels(customer.sid).messages.create(body=body)
            self._story.wait(TYPING)

    def wraps_up(self, customer: ScenarioCustomer) -> None:
        """End a chat, unless it is a long-lived one."""
        flex_ui.wrap_up(self._story.task(customer), "Solved")
        flex_ui.end_chat(self._story.service.channels(customer.sid))

    def completes(self, customer: ScenarioCustomer) -> None:
        """Complete the task of a chat; Flex's janitor takes the agent out."""
        flex_ui.complete(self._story.task(customer), "Solved")

    def serves(self, customer: ScenarioCustomer, bodies: Sequence[str]) -> None:
        """Exchange the messages after the customer's first one, by turns, and finish the task."""
        for turn, body in enumerate(bodies[1:]):
            if turn % 2 == 0:
                self.says(customer, body)
            else:
                customer.says(body)
        self.wraps_up(customer)
        self._story.wait(MINUTE)
        self.completes(customer)
