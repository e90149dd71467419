"""A Twilio account on your machine: stateful, strict, with Twilio's own error codes.

`MockTwilio` puts the parts together. The official SDK reaches it through `http_client`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property

from . import starter, studio, taskrouter
from .access_token import Claims, verify
from .call import Call
from .clock import Clock
from .credentials import DEMO as DEMO_VALUES
from .credentials import Credentials
from .errors import CODES, NOT_SIMULATED, Basis, ErrorCode, TwilioError
from .events import Events
from .faults import BadFault, Fault, Faults
from .flex import resources as _flex
from .flex.handlers import hand_over
from .flex.orchestration import Orchestration
from .following import ChatEvent, TaskRouterNews, told_as_chat, told_as_taskrouter
from .ground import Ground
from .journal import Journal, JournalEntry
from .journal import State as JournalState
from .messaging import resources as _messaging
from .messaging.channels import find as find_channel
from .messaging.events import ChannelEvent, MessageEvent
from .messaging.messages import type_in
from .messaging.push import bind
from .messaging.resources import Service
from .realtime.door import Realtime
from .realtime.log import SyncChange
from .rest.application import OPERATIONS, Application
from .rest.http import Reply, Request
from .sdk import AsyncMockHttpClient, MockHttpClient
from .sids import Sids
from .store import Resource, Store
from .studio.executions import ExecutionDue
from .studio.incoming import IncomingDue
from .studio.runner import Heard, StepFault, Studio
from .taskrouter import Router
from .taskrouter.events import TaskRouterEvent
from .webhooks.dispatch import Attempt, Webhooks
from .webhooks.outbox import Delivery, DeliveryDue, Outbox
from .webhooks.receivers import Receivers, WebhookRequest

__all__ = [
    "CODES",
    "DEMO_VALUES",
    "NOT_SIMULATED",
    "Attempt",
    "BadFault",
    "Basis",
    "ChatEvent",
    "Claims",
    "Clock",
    "Credentials",
    "ErrorCode",
    "Fault",
    "Faults",
    "Heard",
    "Journal",
    "JournalEntry",
    "MockTwilio",
    "Reply",
    "Request",
    "Snapshot",
    "StepFault",
    "Studio",
    "TaskRouterNews",
    "TwilioError",
    "WebhookRequest",
    "Webhooks",
    "verify",
]

KINDS: tuple[type[Resource], ...] = (
    *_messaging.KINDS,
    *_flex.KINDS,
    *taskrouter.KINDS,
    *studio.KINDS,
    Delivery,
    SyncChange,
)
DEFAULT_SEED = 20260601
"""The day Twilio ended Programmable Chat for Flex."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A mock's resources and SIDs at one moment, for `MockTwilio.restore()`."""

    resources: bytes = field(repr=False)
    sids: object = field(repr=False)
    journal: JournalState = field(repr=False)


class MockTwilio:
    """One Twilio account, with its own clock and state.

    Args:
        seed: The same seed and the same calls give the same SIDs.
        credentials: What opens the account; by default the demo credentials, or the
            environment's `TWILIO_...` variables where they are set.
    """

    def __init__(self, *, seed: int = DEFAULT_SEED, credentials: Credentials | None = None) -> None:
        self.credentials = credentials or Credentials.demo()
        self.clock = Clock()
        self._ground = Ground(Store(KINDS), self.clock, Sids(seed))
        receivers = Receivers(self.credentials.auth_token)
        self.webhooks = Webhooks(self._ground, receivers)
        self.studio = Studio(self._ground, self.credentials.account_sid, receivers)
        self.studio.hand_over = hand_over
        self._router = Router(self._ground, self.credentials.account_sid)
        self._connect(self._ground.events)
        self._application = Application(self._ground, self.credentials, self.webhooks)
        self.faults = Faults(self._application.operation_of, OPERATIONS)
        self.http_client = MockHttpClient(self.handle, self.faults)
        self.async_http_client = AsyncMockHttpClient(self.handle, self.faults)
        self._furnish()
        self._router.arm()
        self.journal = Journal(self._ground)
        self._ground.events.subscribe(self.journal.hear)
        self._new = self.take_snapshot()

    def _connect(self, events: Events) -> None:
        """Have each part told of what concerns it."""
        orchestration = Orchestration(self._ground, self.credentials.account_sid)
        events.record_with(Outbox(self._ground).record)
        events.record_with(self.studio.record, MessageEvent)
        events.subscribe(self.webhooks.hear, DeliveryDue)
        events.subscribe(self.studio.hear, IncomingDue, ExecutionDue)
        events.subscribe(orchestration.hear, MessageEvent, ChannelEvent, TaskRouterEvent)
        events.subscribe(self._router.hear, TaskRouterEvent)

    def __repr__(self) -> str:
        return f"MockTwilio({self.credentials.account_sid})"

    @cached_property
    def realtime(self) -> Realtime:
        """Where Twilio's JavaScript chat SDKs connect; an ASGI application for a WebSocket.

        It follows the account from its first use on.
        """
        return Realtime(self._ground, self._application, self.credentials.account_sid)

    def handle(self, request: Request) -> Reply:
        """Answer one REST request; faults are met at the doors, before this."""
        return self._application.handle(request)

    def follow(self, follower: Callable[[ChatEvent], None]) -> Callable[[], None]:
        """Have `follower` told of what happens in chat, in order, after each commit.

        It is called on the thread that acted, before that thread's request returns. Call the
        result to stop.
        """
        return self._ground.events.subscribe(told_as_chat(follower))

    def follow_taskrouter(self, follower: Callable[[TaskRouterNews], None]) -> Callable[[], None]:
        """Have `follower` told of what happens in TaskRouter, as `follow` does for chat."""
        return self._ground.events.subscribe(told_as_taskrouter(follower))

    def type_in(self, token: str, channel_sid: str) -> int:
        """Tell a channel that the chat user of `token` is typing.

        Twilio has no REST operation for this; its Chat SDK sends it over its own connection.

        Returns:
            Seconds the indicator lasts.

        Raises:
            TwilioError: The token is refused, or its user is not a member (50400).
        """
        actor = self._application.chat_user(token)
        with self._ground.transaction():
            call = Call(self._ground, self.credentials.account_sid, actor)
            return type_in(call, find_channel(call, channel_sid))

    def bind_push(self, token: str, credential_sid: str, address: str) -> str:
        """Bind a device of the chat user of `token` to push notifications.

        Twilio has no REST operation for this; its Chat SDK registers devices. Notifications
        themselves are not simulated.

        Args:
            token: An access token.
            credential_sid: CR..., the push service.
            address: The device's registration id.

        Returns:
            The binding's SID.

        Raises:
            TwilioError: The token is refused, or there is no such credential.
        """
        actor = self._application.chat_user(token)
        with self._ground.transaction():
            call = Call(self._ground, self.credentials.account_sid, actor)
            service = call.store.first(Service, sid=actor.service_sid)
            if service is None:
                raise TwilioError(50050, f"Service {actor.service_sid} not found")
            return bind(call, service, credential_sid, address).sid

    def reset(self) -> None:
        """Back to a new account at real time, without faults; who follows it stays subscribed."""
        self.faults.clear()
        self.clock.reset()
        self.restore(self._new)

    @contextmanager
    def snapshot(self) -> Iterator[MockTwilio]:
        """Put everything back on leaving the `with` block: resources and SIDs, not the clock."""
        before = self.take_snapshot()
        try:
            yield self
        finally:
            self.restore(before)

    def take_snapshot(self) -> Snapshot:
        """What the account holds now."""
        return Snapshot(self._ground.store.copy(), self._ground.sids.state, self.journal.state)

    def restore(self, snapshot: Snapshot) -> None:
        """Put resources and SIDs back as they were; the clock stays where it is."""
        self.journal.state = snapshot.journal
        self._ground.store.restore(snapshot.resources)
        self._ground.sids.state = snapshot.sids
        self.webhooks.resume()
        self.studio.resume()
        self._router.arm()
        if "realtime" in vars(self):
            self.realtime.hang_up("the account was put back to an earlier state")

    def _furnish(self) -> None:
        with self._ground.transaction():
            call = Call(self._ground, self.credentials.account_sid)
            starter.furnish(call, self.credentials.chat_service_sid)
