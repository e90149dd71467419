"""One account: puts the parts together, and takes it back, away and up again as a whole."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, partial
from typing import TYPE_CHECKING, Self, TypeVar

from . import new_account, studio, taskrouter
from .core.clock import Clock, epoch
from .core.context import AccountState, Backend, Context
from .core.credentials import Credentials
from .core.errors import Refused
from .core.events import Event, Events, PutBack
from .core.sids import Sids
from .core.store import Resource, Store
from .faults import Faults
from .flex import resources as _flex
from .flex.handlers import hand_over
from .flex.orchestration import Orchestration
from .http_client import AsyncMockHttpClient, MockHttpClient
from .journal import Journal, JournalState
from .messaging import resources as _messaging
from .messaging.channels import find as find_channel
from .messaging.events import ChannelEvent, MessageEvent
from .messaging.messages import type_in
from .messaging.push import bind
from .messaging.refusals import Reason
from .messaging.resources import Service
from .realtime.change_log import SyncChange
from .realtime.endpoint import Realtime
from .rest import chat_upgrade, chat_webhooks
from .rest.application import OPERATIONS, Application
from .rest.chat_refusals import REFUSALS
from .rest.event_feed import (
    CHAT_EVENTS,
    ChatEvent,
    ChatFeed,
    TaskRouterNotification,
    as_taskrouter_notifications,
)
from .rest.http import Reply, Request
from .scenarios import SCENARIOS, Scenario, Scenarios, load
from .studio import incoming
from .studio.events import ExecutionDue, IncomingDue
from .studio.runner import Studio
from .taskrouter import TaskRouter
from .taskrouter.events import TaskRouterEvent
from .webhooks.delivery import Webhooks
from .webhooks.outbox import Delivery, DeliveryDue, Outbox
from .webhooks.receivers import Receiver, Receivers

if TYPE_CHECKING:
    from .server.running import BackgroundServer

KINDS: tuple[type[Resource], ...] = (
    *_messaging.KINDS,
    *_flex.KINDS,
    *taskrouter.KINDS,
    *studio.KINDS,
    Delivery,
    SyncChange,
)
WEBHOOKS = {chat_webhooks.NAME: chat_webhooks.DIALECT}
"""APIs over which webhooks of channels are made."""
Seen = TypeVar("Seen")
DEFAULT_SEED = 20260601
"""The day Twilio ended Programmable Chat for Flex."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A mock's resources and SIDs at one moment, for `MockTwilio.restore()`."""

    account: AccountState = field(repr=False)
    journal: JournalState = field(repr=False)


class MockTwilio:
    """One Twilio account, with its own clock and state.

    It is a context manager that closes the account; one in memory need not be closed.

    Args:
        seed: The same seed and the same calls give the same SIDs. A file keeps the seed it was
            made with.
        credentials: What opens the account; by default the demo credentials, or the
            environment's `TWILIO_...` variables where they are set.
        db: A file that keeps everything: what was acknowledged is on disk, and whatever was due
            when it was last open, such as webhooks, is taken up. Secrets are not kept in it.
        receivers: Python functions that answer for URLs, as `webhooks.register` takes them; there
            from the start, for what a file says is still due.

    Raises:
        DatabaseInUse: Another account holds the file.
        DatabaseRefused: The file is not this account's, not this version's, or none at all.
    """

    def __init__(
        self,
        *,
        seed: int = DEFAULT_SEED,
        credentials: Credentials | None = None,
        db: str | os.PathLike[str] | None = None,
        receivers: Mapping[str, Receiver] | None = None,
    ) -> None:
        self.credentials = credentials or Credentials.demo()
        answering = Receivers(self.credentials.auth_token)
        for url, receiver in (receivers or {}).items():
            answering.register(url, receiver)
        self.clock = Clock()
        store = Store(KINDS, db, self.credentials.sids)
        self._backend = Backend(store, self.clock, Sids(seed))
        self.webhooks = Webhooks(self._backend, answering)
        account_sid = self.credentials.account_sid
        self.studio = Studio(self._backend, account_sid, answering, hand_over)
        self._router = TaskRouter(self._backend, self.credentials.account_sid)
        self._orchestration = Orchestration(self._backend, self.credentials.account_sid)
        self._connect(self._backend.events)
        self._application = Application(self._backend, self.credentials, self.webhooks)
        self.faults = Faults(self._application.operation_of, OPERATIONS)
        self.http_client = MockHttpClient(self.handle, self.faults)
        self.async_http_client = AsyncMockHttpClient(self.handle, self.faults)
        self.journal = Journal(self._backend)
        self._chat_feed = ChatFeed()
        try:
            self._start(seed)
        except BaseException:
            store.close()
            raise
        self._backend.events.subscribe(self.journal.handle)
        self._server: BackgroundServer | None = None

    def _connect(self, events: Events) -> None:
        """Have each part told of what concerns it."""
        outbox = Outbox(self._backend, chat_webhooks.DIALECT, WEBHOOKS)
        events.on_emit(outbox.record, *outbox.EVENTS)
        events.on_emit(partial(incoming.record, self._backend, WEBHOOKS), MessageEvent)
        events.subscribe(self.webhooks.handle, DeliveryDue)
        events.subscribe(self.studio.handle, IncomingDue, ExecutionDue)
        events.subscribe(self._orchestration.handle, MessageEvent, ChannelEvent, TaskRouterEvent)
        events.subscribe(self._router.handle, TaskRouterEvent)

    def __repr__(self) -> str:
        return f"MockTwilio({self.credentials.account_sid})"

    @cached_property
    def realtime(self) -> Realtime:
        """Where Twilio's JavaScript chat SDKs connect; an ASGI application for a WebSocket.

        It follows the account from its first connection on, one in a file from the start.
        """
        return Realtime(self._backend, self._application, self.credentials.account_sid)

    def serve(
        self, port: int = 0, *, chat_sdk: str | os.PathLike[str] | None = None
    ) -> BackgroundServer:
        """Serve this account on this machine, from a thread of this process.

        The Node SDK, curl and pages in a browser then reach it at the server's `url`. It is served
        until the result or the account is closed. Where it is served already, the same server
        comes back, so that a cell can run twice.

        Args:
            port: Where; 0 takes a free one.
            chat_sdk: A file with Twilio's Chat SDK for browsers, for the page at `/chat`; by
                default a copy of npm's is looked for.

        Returns:
            The server, a context manager.

        Raises:
            CannotListen: Somebody else uses the port, say.
            NoSuchCopy: There is no such file.
            ValueError: It is served already, on another port.
        """
        from .server.running import BackgroundServer

        if self.url is None or self._server is None:
            self._server = BackgroundServer(self, port=port, chat_sdk=chat_sdk)
        elif port and not self._server.url.endswith(f":{port}"):
            raise ValueError(f"It is served at {self.url} already: close() that server first")
        return self._server

    @property
    def url(self) -> str | None:
        """Where `serve()` serves it, or None while it does not."""
        return self._server.url if self._server and self._server.is_running else None

    def handle(self, request: Request) -> Reply:
        """Answer one REST request; faults are met at the doors, before this."""
        return self._application.handle(request)

    def follow(self, follower: Callable[[ChatEvent], None]) -> Callable[[], None]:
        """Have `follower` told of what happens in chat, in order, after each commit.

        It is called on the thread that acted, before that thread's request returns. Call the
        result to stop.
        """
        subscriber = self._chat_feed.subscriber(follower)
        return self._backend.events.subscribe(subscriber, *CHAT_EVENTS)

    def follow_taskrouter(
        self, follower: Callable[[TaskRouterNotification], None]
    ) -> Callable[[], None]:
        """Have `follower` told of what happens in TaskRouter, as `follow` does for chat."""
        return self._backend.events.subscribe(
            as_taskrouter_notifications(follower), TaskRouterEvent
        )

    def follow_all(self, follower: Callable[[Event], None]) -> Callable[[], None]:
        """Have `follower` told of everything that happens, as `follow` does for chat.

        A reset or a restore is told too, as `PutBack`.
        """
        return self._backend.events.subscribe(follower)

    def look(self, at: Callable[[Context], Seen]) -> Seen:
        """What `at` finds in the account, which stands still meanwhile; it may change nothing."""
        with self._backend.store.lock:
            return at(Context(self._backend, self.credentials.account_sid))

    def type_in(self, token: str, channel_sid: str) -> int:
        """Tell a channel that the chat user of `token` is typing.

        Twilio has no REST operation for this; its Chat SDK sends it over its own connection.

        Returns:
            Seconds the indicator lasts.

        Raises:
            TwilioError: The token is refused, or its user is not a member (50400).
        """
        actor = self._application.chat_user(token)
        with self._backend.transaction():
            ctx = Context(self._backend, self.credentials.account_sid, actor)
            with REFUSALS.worded():
                return type_in(ctx, find_channel(ctx, channel_sid))

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
        with self._backend.transaction():
            ctx = Context(self._backend, self.credentials.account_sid, actor)
            service = ctx.store.first(Service, sid=actor.service_sid)
            with REFUSALS.worded():
                if service is None:
                    raise Refused(Reason.SERVICE_NOT_FOUND, sid=actor.service_sid)
                return bind(ctx, service, credential_sid, address).sid

    def reset(self, at: datetime | float | None = None) -> None:
        """Back to a new account, without faults; whoever follows its events stays subscribed.

        Args:
            at: When it is made, as aware datetime or epoch seconds; the clock then stands there.
                By default the account is as old as this object, and its clock at real time.

        Raises:
            ValueError: `at` says no time zone; nothing has changed.
        """
        moment = None if at is None else epoch(at)
        self.faults.clear()
        self.clock.reset()
        if moment is not None:
            self.clock.freeze(moment)
        self.journal.clear()
        self._put_back(self._as_new if moment is None else self._new_at(moment))

    @property
    def scenarios(self) -> Scenarios:
        """The accounts that `load()` knows, with a sentence about each."""
        return SCENARIOS

    def load(self, name: str, at: datetime | float | None = None) -> Scenario:
        """Make this account one with a story behind it, in place of whatever it holds.

        Args:
            name: One of `scenarios`.
            at: When the story ends, as aware datetime or epoch seconds; the clock then stands
                there. By default it ends now, and the clock runs on.

        Returns:
            What was loaded.

        Raises:
            UnknownScenario: There is none of that name; nothing has changed.
            ValueError: `at` says no time zone; nothing has changed.
        """
        with MockTwilio(
            seed=self._backend.store.read_fact("seed"), credentials=self.credentials
        ) as stage:
            loaded, receivers = load(stage, name, at)
            told, setting = stage.take_snapshot(), stage.clock.setting
        for url, receiver in receivers.items():
            self.webhooks.register(url, receiver)
        self.faults.clear()
        self.clock.forget_timers()
        self.clock.setting = setting
        self.restore(told)
        return loaded

    @contextmanager
    def snapshot(self) -> Iterator[MockTwilio]:
        """Put everything back on leaving the `with` block: resources and SIDs, not the clock.

        With a file, what was acknowledged inside stays if the process ends before that.
        """
        before = self.take_snapshot()
        try:
            yield self
        finally:
            self.restore(before)

    def take_snapshot(self) -> Snapshot:
        """What the account holds now."""
        return Snapshot(self._backend.state, self.journal.state)

    def restore(self, snapshot: Snapshot) -> None:
        """Put resources and SIDs back as they were; the clock stays where it is."""
        self.journal.state = snapshot.journal
        self._put_back(snapshot.account)

    def copy(self, *, with_due: bool = False) -> MockTwilio:
        """An account of its own in memory, with the same resources, next SIDs and clock.

        Nobody follows it, its journal is empty, it has no faults, and no Python function answers
        for its URLs until one is registered with it: what it tells them goes to the network. Flows
        that are under way go on in both; settle first.

        Args:
            with_due: Whether the copy delivers the webhooks, too, that this account has yet to
                deliver; else they are not in it.
        """
        twin = MockTwilio(seed=self._backend.store.read_fact("seed"), credentials=self.credentials)
        with self._backend.store.lock:
            state, born = self._backend.state, self._backend.store.read_fact("born")
        twin.clock.setting = self.clock.setting
        twin.webhooks.timeout = self.webhooks.timeout
        twin._backend.state = state
        with twin._backend.transaction():
            twin._backend.store.write_fact("born", born)
        twin.webhooks.forget("asking", *(() if with_due else ("pending",)))
        twin._take_up()
        return twin

    def close(self) -> None:
        """Finish what is under way, keep what is due, and let go of the file; twice does nothing.

        Receivers and functions that are answering get the time they always have.
        """
        if self._server is not None:
            self._server.close()
        self.clock.forget_timers()
        if "realtime" in vars(self):
            self.realtime.hang_up("the account is being closed")
        self.webhooks.close()
        self.studio.close()
        self._backend.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *about: object) -> None:
        self.close()

    def _put_back(self, state: AccountState) -> None:
        self._backend.state = state
        self._take_up()
        with self._backend.transaction():
            self._backend.events.emit(PutBack())

    def _take_up(self) -> None:
        """Go on with what the store says is due or waits."""
        self.webhooks.resume()
        self.studio.resume()
        self._router.arm()
        if "realtime" in vars(self):
            self.realtime.hang_up("the account was put back to an earlier state")

    def _start(self, seed: int) -> None:
        if self._backend.store.read_fact("seed") is None:
            self._begin(seed)
        else:
            self._go_on()
        if self._backend.store.is_on_disk:
            self.clock.when_set(self._keep_clock)
            self.realtime.listen()  # for chat SDKs that come back to what the file holds
        self._take_up()

    def _begin(self, seed: int) -> None:
        """Fill a new account, and note what makes another one like it."""
        backend = self._backend
        with backend.transaction():
            backend.store.write_fact("seed", seed)
            backend.store.write_fact("born", backend.clock.now())
            chat_upgrade.mark(backend.store)
            self._furnish(backend)

    def _go_on(self) -> None:
        """Go on with an account that a file holds, with SIDs that it has never given out."""
        store = self._backend.store
        self._backend.sids = Sids(f"{store.read_fact('seed')} opened {store.read_fact('openings')}")
        self.clock.setting = store.read_fact("clock") or self.clock.setting
        self.webhooks.forget("asking")  # nobody waits any more for what was to be asked first
        with self._backend.transaction():
            chat_upgrade.upgrade(store)
        self._orchestration.resume()
        self._router.resume()

    @cached_property
    def _as_new(self) -> AccountState:
        """The account as it began."""
        return self._new_at(self._backend.store.read_fact("born"))

    def _new_at(self, moment: float) -> AccountState:
        """A new account made at that moment (epoch seconds)."""
        clock = Clock()
        clock.freeze(moment)
        new = Backend(Store(KINDS), clock, Sids(self._backend.store.read_fact("seed")))
        with new.transaction():
            self._furnish(new)
        return new.state

    def _furnish(self, backend: Backend) -> None:
        ctx = Context(backend, self.credentials.account_sid)
        new_account.populate(ctx, self.credentials.chat_service_sid)

    def _keep_clock(self) -> None:
        with self._backend.transaction():
            self._backend.store.write_fact("clock", self.clock.setting)
