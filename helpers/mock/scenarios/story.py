"""What a story is told with: the account through the official SDK, its people, and its clock."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from twilio.jwt.access_token import AccessToken
from twilio.jwt.access_token.grants import ChatGrant
from twilio.rest import Client

from ..core.access_token import MAX_LIFETIME
from ..core.clock import Clock
from ..core.credentials import Credentials
from ..studio.runner import Studio
from ..webhooks.delivery import Webhooks
from ..webhooks.receivers import Receiver

MINUTE, DAY = 60, 86_400
TYPING = 20
"""Seconds between what one says and what the other one answers."""


class Resettable(Protocol):
    """What a story needs of the mock it is played on."""

    credentials: Credentials
    clock: Clock
    http_client: Any
    webhooks: Webhooks
    studio: Studio

    def reset(self, at: datetime | float | None = None) -> None:
        """Become a new account, made at this moment."""


class Story:
    """An account in which something happens, moment by moment.

    Attributes:
        client: The official SDK's client, with the account's credentials.
        service: The account's chat service, as the SDK names it.
        workspace: Its TaskRouter workspace, likewise.
        workflow: The workspace's workflow.
        receivers: The functions that answer for URLs of webhooks.
    """

    def __init__(self, mock: Resettable, end: float) -> None:
        self._mock = mock
        self._end = end
        self._own = mock.credentials
        own = self._own
        self.client = Client(own.account_sid, own.auth_token, http_client=mock.http_client)
        self.service = self.client.chat.v2.services(own.chat_service_sid)
        taskrouter = self.client.taskrouter.v1
        self.workspace = taskrouter.workspaces(taskrouter.workspaces.list(limit=1)[0].sid)
        self.workflow = self.workspace.workflows(self.workspace.workflows.list(limit=1)[0].sid)
        self.receivers: dict[str, Receiver] = {}

    @property
    def service_sid(self) -> str:
        """SID of the account's chat service."""
        return self._own.chat_service_sid

    def receive(self, url: str, receiver: Receiver) -> None:
        """Have a function answer for the URL of a webhook."""
        self.receivers[url] = receiver
        self._mock.webhooks.register(url, receiver)

    def at(self, minutes: float) -> None:
        """Go to so many minutes before the story's end."""
        self.wait(self._end - minutes * MINUTE - self._mock.clock.now())

    def at_days(self, days: float) -> None:
        """Go to so many days before the story's end."""
        self.at(days * DAY / MINUTE)

    def wait(self, seconds: float) -> None:
        """Let time pass, once webhooks are delivered and flows have gone on."""
        self.settle()
        self._mock.clock.advance(seconds)
        self.settle()

    def settle(self) -> None:
        """Wait until nothing is left to do, so that the story goes the same way every time.

        Raises:
            TimeoutError: Something hangs.
        """
        if not (self._mock.webhooks.settle() and self._mock.studio.settle()):
            raise TimeoutError("webhooks or flows of the story did not come to rest in 30 seconds")

    def seen_by(self, identity: str) -> Any:
        """The chat service as a chat user reaches it today, with an access token of a day."""
        own, now = self._own, int(self._mock.clock.now())
        grant = ChatGrant(service_sid=own.chat_service_sid)
        token = AccessToken(
            own.account_sid, own.api_key, own.api_secret, [grant], identity=identity
        )
        token.nbf, token.valid_until = now, now + MAX_LIFETIME
        door = self._mock.http_client
        user = Client("token", str(token.to_jwt()), own.account_sid, http_client=door)
        return user.chat.v2.services(own.chat_service_sid)

    def task_flow(self, **settings: Any) -> Any:
        """A Flex Flow for custom channels, which makes a task of a customer's first message."""
        return self.client.flex_api.v1.flex_flow.create(
            chat_service_sid=self.service_sid,
            channel_type="custom",
            integration_type="task",
            integration_workspace_sid=self.workspace.fetch().sid,
            integration_workflow_sid=self.workflow.fetch().sid,
            integration_channel="chat",
            integration_creation_on_message=True,
            janitor_enabled=True,
            **settings,
        )

    def agent(self, name: str) -> ScenarioAgent:
        """One of the workspace's workers."""
        return ScenarioAgent(self, name)


class ScenarioCustomer:
    """Somebody who chats.

    Args:
        story: Where.
        channel: The Flex channel or web channel of the contact.
        identity: Whose.
    """

    def __init__(self, story: Story, channel: Any, identity: str) -> None:
        self._story = story
        self.sid: str = channel.sid
        self._channel = story.seen_by(identity).channels(channel.sid)

    def says(self, *bodies: str) -> None:
        """Send messages, and let whoever handles them do so."""
        for body in bodies:
            self._channel.messages.create(body=body)
            self._story.wait(TYPING)


class ScenarioAgent:
    """A worker who takes chats as in Flex UI.

    Args:
        story: Where.
        name: The worker's friendly name, which is the chat identity too.
    """

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

    def is_offered(self, customer: ScenarioCustomer) -> bool:
        """Whether the customer's chat is offered to the agent."""
        return self._offer(customer) is not None

    def accepts(self, customer: ScenarioCustomer) -> None:
        """Take a chat on and join it."""
        self._must_be_offered(customer).update(reservation_status="accepted")
        self._story.service.channels(customer.sid).members.create(
            identity=self.name,
            attributes='{"member_type": "agent"}',
            x_twilio_webhook_enabled="true",
        )

    def rejects(self, customer: ScenarioCustomer) -> None:
        """Turn a chat down."""
        self._must_be_offered(customer).update(reservation_status="rejected")

    def says(self, customer: ScenarioCustomer, *bodies: str) -> None:
        """Answer in a chat."""
        for body in bodies:
            self._chat.channels(customer.sid).messages.create(body=body)
            self._story.wait(TYPING)

    def wraps_up(self, customer: ScenarioCustomer) -> None:
        """End a chat, unless it is a long-lived one."""
        task(self._story, customer).update(assignment_status="wrapping", reason="Solved")
        channel = self._story.service.channels(customer.sid)
        attributes = json.loads(channel.fetch().attributes)
        if not attributes.get("long_lived"):
            ended = json.dumps({**attributes, "status": "INACTIVE"})
            channel.update(attributes=ended, x_twilio_webhook_enabled="true")

    def completes(self, customer: ScenarioCustomer) -> None:
        """Finish the task of a chat; Flex's janitor takes the agent out of it."""
        task(self._story, customer).update(assignment_status="completed", reason="Solved")

    def _must_be_offered(self, customer: ScenarioCustomer) -> Any:
        offer = self._offer(customer)
        if offer is None:
            raise LookupError(f"{self.name} is not offered {customer.sid}")
        return offer

    def _offer(self, customer: ScenarioCustomer) -> Any:
        sid = _task_sid(self._story, customer)
        for reservation in self.worker.reservations.list(reservation_status="pending"):
            if reservation.task_sid == sid:
                return self.worker.reservations(reservation.sid)
        return None


def talk(customer: ScenarioCustomer, agent: ScenarioAgent, said: Sequence[str]) -> None:
    """What is said after the customer's first message: by turns, the agent next."""
    for turn, body in enumerate(said[1:]):
        if turn % 2 == 0:
            agent.says(customer, body)
        else:
            customer.says(body)


def task(story: Story, customer: ScenarioCustomer) -> Any:
    """The task of a customer's chat, as the SDK names it."""
    return story.workspace.tasks(_task_sid(story, customer))


def _task_sid(story: Story, customer: ScenarioCustomer) -> str:
    """SID of the latest task that is about the customer's chat.

    Raises:
        LookupError: There is none.
    """
    for each in reversed(story.workspace.tasks.list()):
        about: Mapping[str, Any] = json.loads(each.attributes)
        if about.get("channelSid") == customer.sid:
            return str(each.sid)
    raise LookupError(f"there is no task for {customer.sid}")
