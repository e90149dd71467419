"""One account: wiring of its parts; snapshot, copy and reset of the whole."""

from __future__ import annotations

import contextlib
import os
import threading
import time
import weakref
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Self, TypeVar

from twilio.rest import Client

from ..interrupts import Uninterrupted
from ..masking import mask_marked
from ..request_log import LoggedAsyncHttpClient, LoggedHttpClient, RequestLog
from . import new_account, studio
from .core.clock import Clock, Moment, Setting, epoch
from .core.context import AccountState, Backend, Context
from .core.credentials import Credentials
from .core.database import DatabaseClosed, DatabaseFailed, DatabaseRefused, rewritten
from .core.errors import TwilioError
from .core.events import Event, PutBack
from .core.forks import ForkedProcess
from .core.sids import Sids
from .core.store import Resource, Store
from .faults import Faults
from .flex import interaction_events
from .flex import resources as _flex
from .flex.handlers import hand_over
from .flex.interaction_events import ChannelDue, InteractionEvent
from .flex.interaction_orchestration import InteractionOrchestration
from .flex.orchestration import Orchestration
from .http_client import AsyncMockHttpClient, MockHttpClient, as_receiver
from .journal import Journal, JournalState
from .messaging import media
from .messaging import resources as _messaging
from .messaging.events import ChannelEvent, ChannelStateEvent, MemberEvent, MessageEvent
from .messaging.presence import ChatConnection, Presence
from .messaging.timers import ChannelTimers
from .realtime import EVENT_BRIDGE
from .realtime.change_log import SyncChange
from .rest import chat_words, iam_v1
from .rest.application import WEBHOOKS, Application, operations
from .rest.chat_words import REFUSALS
from .rest.flex_users import FlexUsers
from .rest.http import TOKEN_USER, Reply, Request
from .rest.iam_v1 import VisitorTokens
from .studio import incoming
from .studio.events import ExecutionDue, IncomingDue
from .studio.runner import Studio
from .taskrouter import resources as _taskrouter
from .taskrouter.events import TaskRouterEvent
from .taskrouter.router import TaskRouter
from .webhooks.delivery import Webhooks
from .webhooks.network import CallPolicy
from .webhooks.outbox import Delivery, DeliveryDue, Outbox
from .webhooks.receivers import Receiver, Receivers

if TYPE_CHECKING:
    from .phones import Phone
    from .realtime.endpoint import Realtime
    from .realtime.event_bridge import EventBridge
    from .rest.event_feed import ChatEvent, ChatFeed, TaskRouterNotification
    from .scenarios import Scenario, Scenarios
    from .server.running import BackgroundServer

KINDS: tuple[type[Resource], ...] = (
    *_messaging.KINDS,
    *_flex.KINDS,
    *_taskrouter.KINDS,
    *studio.KINDS,
    Delivery,
    SyncChange,
)
Result = TypeVar("Result")
RETRY_SECONDS = 0.5
"""Pause between tries to write a file that could not be written."""
_ROOM = "-" * 64 * 1024
"""Text that a file must have room for before it is used again."""
UNSEEN_WAITING = 50_000
"""Rows that may wait to be written where nobody looks: some 35 MB, and pauses of half a second."""
DEFAULT_SEED = 20260601
"""The day Twilio ended Programmable Chat for Flex."""


def _shown(ctx: Context, resource: _messaging.Message | _taskrouter.Task) -> dict[str, Any]:
    """Render a resource for the context of a flow."""
    from .rest import studio_v2

    return studio_v2.show(ctx, resource)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Resources, SIDs and journal of a mock, for `MockTwilio.restore()`."""

    account: AccountState = field(repr=False)
    journal: JournalState = field(repr=False)

    @property
    def size(self) -> int:
        """Bytes of its resources."""
        return len(self.account[0])


class MockTwilio:
    """One Twilio account, with its own clock and state.

    It is a context manager that closes the account; one in memory need not be closed.

    Attributes:
        requests: The latest REST calls through `client`, `http_client` and `serve()`.

    Args:
        seed: The same seed and the same calls give the same SIDs. A file keeps the seed it was
            made with.
        at: Time of a new account's creation, as aware datetime, epoch seconds or ISO 8601 such as
            `2026-06-01T09:00:00Z`; the clock stops there. By default it is made now, and the clock
            runs on.
        credentials: The account's credentials; by default the demo credentials, or the
            environment's `TWILIO_...` variables where they are set.
        db: SQLite file to persist to, without secrets. Reopened if it exists: acknowledged
            requests are in it, and work that is due, such as webhooks, is resumed.
        receivers: Python functions that answer for URLs, as `webhooks.register` takes them, in time
            for deliveries that a file still holds.
        call_policy: The addresses that it may call; by default all but its own ports and
            link-local ones.

    Raises:
        DatabaseInUse: Another account holds the file.
        DatabaseRefused: The file is another account's, another version's, or no database.
        ValueError: `at` has no time zone.
    """

    def __init__(
        self,
        *,
        seed: int = DEFAULT_SEED,
        at: Moment | None = None,
        credentials: Credentials | None = None,
        db: str | os.PathLike[str] | None = None,
        receivers: Mapping[str, Receiver] | None = None,
        call_policy: CallPolicy | None = None,
        _content: tuple[AccountState, Setting] | None = None,
    ) -> None:
        self.credentials = credentials or Credentials.demo()
        self.call_policy = call_policy or CallPolicy()
        answering = Receivers(self.credentials.auth_token, self.call_policy)
        for url, receiver in (receivers or {}).items():
            answering.register(url, receiver)
        self.clock = Clock()
        image = None
        if _content is not None:
            (image, sids), self.clock.setting = _content
        store = Store(KINDS, db, self.credentials.sids, image)
        self._backend = Backend(store, self.clock, Sids(seed))
        self.webhooks = Webhooks(self._backend, answering)
        account_sid = self.credentials.account_sid
        self.studio = Studio(self._backend, account_sid, answering, hand_over, _shown)
        self._presence = Presence(self._backend, account_sid)
        self._channel_timers = ChannelTimers(self._backend)
        self._router = TaskRouter(self._backend, account_sid)
        self._orchestration = Orchestration(self._backend, account_sid)
        self._interactions = InteractionOrchestration(self._backend, account_sid)
        self._subscribe()
        self._application = Application(self._backend, self.credentials, self.webhooks)
        of_account = self._backend, self.credentials, self._application
        self.flex_users = FlexUsers(*of_account)
        visitors = VisitorTokens(*of_account, self.flex_users)
        self._application.flex_ui = self.flex_users.answer
        self._application.doors = {
            EVENT_BRIDGE: self._answer_worker,
            iam_v1.HOST: visitors.answer,
        }
        self.faults = Faults(self._application.operation_of, operations, self.clock.now)
        in_process = MockHttpClient(self._application.handle, self.faults)
        answering.register_domain("twilio.com", as_receiver(in_process))
        self.requests = RequestLog()
        self.http_client = LoggedHttpClient(in_process, self.requests)
        self.async_http_client = LoggedAsyncHttpClient(
            AsyncMockHttpClient(self._application.handle, self.faults), self.requests
        )
        self.journal = Journal(self._backend)
        store.when_failed = weakref.WeakMethod(self._when_failed)
        try:
            if _content is None:
                self._start(seed, at)
            else:
                self._backend.sids.state = sids
        except DatabaseFailed as failure:
            store.close()
            raise DatabaseRefused(failure.path, failure.problem, failure.advice) from None
        except BaseException:
            store.close()
            raise
        self._stop_journal = self._backend.events.subscribe(self.journal.handle)
        self._server: BackgroundServer | None = None

    def _subscribe(self) -> None:
        """Let the parts follow one another's events."""
        events = self._backend.events
        outbox = Outbox(self._backend, WEBHOOKS)
        events.on_emit(self._orchestration.admit, MemberEvent)
        events.on_emit(outbox.record, *outbox.EVENTS)
        events.on_emit(partial(interaction_events.record, self._backend, outbox), InteractionEvent)
        events.on_emit(partial(incoming.record, self._backend, WEBHOOKS), MessageEvent)
        events.subscribe(self.webhooks.handle, DeliveryDue)
        events.subscribe(self.studio.handle, IncomingDue, ExecutionDue)
        events.subscribe(self._orchestration.handle, MessageEvent, ChannelEvent, TaskRouterEvent)
        events.subscribe(self._interactions.handle, ChannelDue, MessageEvent, TaskRouterEvent)
        events.subscribe(self._router.handle, TaskRouterEvent)
        events.subscribe(self._channel_timers.handle, ChannelEvent, ChannelStateEvent)

    def __repr__(self) -> str:
        return f"MockTwilio({self.credentials.account_sid})"

    @cached_property
    def client(self) -> Client:
        """The official SDK's client of this account, unmodified."""
        own = self.credentials
        return Client(own.account_sid, own.auth_token, http_client=self.http_client)

    @cached_property
    def realtime(self) -> Realtime:
        """ASGI application for the WebSocket of Twilio's JavaScript chat SDKs.

        It follows the account from its first connection on, one in a file from the start.
        """
        from .realtime.endpoint import Realtime

        account_sid = self.credentials.account_sid
        return Realtime(self._backend, self._application, account_sid, self._presence)

    def _answer_worker(self, request: Request) -> Reply:
        return self.event_bridge.answer(request)

    @cached_property
    def event_bridge(self) -> EventBridge:
        """ASGI application for the WebSocket of Twilio's TaskRouter SDK; follows likewise."""
        from .realtime.event_bridge import EventBridge

        return EventBridge(self._backend, self._application, self.credentials.account_sid)

    def serve(
        self,
        port: int = 0,
        *,
        chat_sdk: str | os.PathLike[str] | None = None,
        allow_origins: Iterable[str] = (),
    ) -> BackgroundServer:
        """Serve this account on this machine, from a thread of this process.

        The Node SDK, curl and pages in a browser then reach it at the server's `url`, until the
        server or the account is closed. A second call returns the same server.

        Args:
            port: The port; 0 takes a free one.
            chat_sdk: File with Twilio's Chat SDK for browsers, for the page at `/chat`; by default
                a copy from npm, if one is found.
            allow_origins: Origins such as `https://shop.example.com` of pages that may use the
                account, besides those of this machine.

        Returns:
            The server, a context manager.

        Raises:
            CannotListen: The port is in use, for example.
            DatabaseClosed, ForkedProcess: The account is closed, or another process's.
            NoSuchCopy: There is no such file.
            ValueError: It is served already, on another port, or one of the origins is none.
        """
        from .server.running import BackgroundServer

        with self._backend.transaction():
            pass  # raises where the account is closed, or another process's
        if self.url is None or self._server is None:
            self._server = BackgroundServer(
                self, port=port, chat_sdk=chat_sdk, allow_origins=allow_origins
            )
        elif port and not self._server.url.endswith(f":{port}"):
            raise ValueError(f"It is served at {self.url} already: close() that server first")
        return self._server

    @property
    def url(self) -> str | None:
        """Address at which `serve()` serves it, or None while it does not."""
        return self._server.url if self._server and self._server.is_running else None

    def handle(self, request: Request) -> Reply:
        """Answer one REST request; faults act before this."""
        return self._application.handle(request)

    def authenticate(self, auth: tuple[str, str] | None) -> None:
        """Check user name and password of a request, as `handle` does first.

        Raises:
            TwilioError: 20003, they are wrong; 20101 to 20107, the access token is.
        """
        if auth is not None and auth[0] == TOKEN_USER:
            self._application.chat_user(auth[1])
        elif auth is None or not self.credentials.open(*auth):
            raise TwilioError(20003, "Authenticate")

    def follow(self, follower: Callable[[ChatEvent], None]) -> Callable[[], None]:
        """Call `follower` with events of chat, in order, after each commit.

        Calls are on the thread that acted, before its request returns. Call the result to stop.
        """
        from .rest.event_feed import CHAT_EVENTS

        subscriber = self._chat_feed.subscriber(follower)
        return self._backend.events.subscribe(subscriber, *CHAT_EVENTS)

    @cached_property
    def _chat_feed(self) -> ChatFeed:
        from .rest.event_feed import ChatFeed

        return ChatFeed()

    def follow_taskrouter(
        self,
        follower: Callable[[TaskRouterNotification], None],
        names: Container[str] | None = None,
    ) -> Callable[[], None]:
        """Call `follower` with events of TaskRouter, all or those of some names, as `follow`."""
        from .rest.event_feed import as_taskrouter_notifications

        subscriber = as_taskrouter_notifications(follower, names)
        return self._backend.events.subscribe(subscriber, TaskRouterEvent)

    def follow_all(self, follower: Callable[[Event], None]) -> Callable[[], None]:
        """Call `follower` with all events, as `follow` does for chat; `PutBack` after a restore."""
        return self._backend.events.subscribe(follower)

    def stop_history(self) -> None:
        """Keep no journal, and no Event resources of TaskRouter, of what happens from now on.

        For simulations in memory that nobody looks into. Callbacks have their data as before.
        """
        self._stop_journal()
        self._backend.keeps_history = False
        self.let_wait(UNSEEN_WAITING)

    def let_wait(self, rows: int) -> None:
        """Let so many rows of an account in memory wait before SQLite gets them.

        Fewer make shorter pauses, and more of them.
        """
        self._backend.store.most_waiting = rows

    def look(self, at: Callable[[Context], Result]) -> Result:
        """Return the result of a function that reads the account, which stands still meanwhile."""
        with Uninterrupted(), self._backend.store.lock:
            return at(Context(self._backend, self.credentials.account_sid))

    def type_in(self, token: str, channel_sid: str) -> int:
        """Show in a channel that the chat user of `token` is typing; REST has no such operation.

        Returns:
            Seconds the indicator lasts.

        Raises:
            TwilioError: The token is refused, or its user is not a member (50400).
        """
        from .realtime import without_rest

        with self._as_chat_user(token) as ctx:
            return without_rest.type_in(ctx, channel_sid)

    def pause_interaction(self, participant_sid: str) -> None:
        """Pause a chat for its agent (UT...), as Flex UI does; REST has no such operation.

        Raises:
            TwilioError: 20404, there is no such agent; 45354, the chat is not active.
        """
        self._interactions.pause(participant_sid)

    def resume_interaction(self, participant_sid: str) -> None:
        """Take a paused chat up again for its agent, with a new task that is accepted at once.

        Raises:
            TwilioError: 20404, there is no such agent; 45354, the chat is not paused.
        """
        self._interactions.unpause(participant_sid)

    def connect_chat(self, token: str) -> ChatConnection:
        """Connect the chat user of `token`, who is online until the result is closed.

        Raises:
            TwilioError: The token is refused.
        """
        return ChatConnection(self._presence, self._application.chat_user(token))

    def phone(self, address: str) -> Phone:
        """Return a customer's phone, which sends and receives by SMS or WhatsApp.

        Args:
            address: Its number, e.g. `+15550142` or `whatsapp:+15550142`.

        Raises:
            TwilioError: 50407, it is none.
        """
        from .phones import Phone

        return Phone(self._backend, self._application, self.credentials.account_sid, address)

    def bind_push(self, token: str, credential_sid: str, address: str) -> str:
        """Bind a device of the chat user of `token` to push notifications.

        REST has no such operation; Twilio's Chat SDK registers devices. Notifications themselves
        are not simulated.

        Args:
            token: An access token.
            credential_sid: CR..., the push service.
            address: The device's registration id.

        Returns:
            The binding's SID.

        Raises:
            TwilioError: The token is refused, or there is no such credential.
        """
        from .realtime import without_rest

        with self._as_chat_user(token) as ctx:
            return without_rest.bind_push(ctx, credential_sid, address)

    @contextmanager
    def _as_chat_user(self, token: str) -> Iterator[Context]:
        """Run a transaction of the chat user of `token`."""
        actor = self._application.chat_user(token)
        with self._backend.transaction(), REFUSALS.worded():
            yield Context(self._backend, self.credentials.account_sid, actor)

    def reset(self, at: Moment | None = None) -> None:
        """Reset to a new account without faults; subscriptions to its events stay.

        Args:
            at: Time of its creation; the clock stops there.
                By default the account is as old as this object, and its clock at real time.

        Raises:
            ValueError: `at` has no time zone; nothing has changed.
        """
        moment = None if at is None else epoch(at)
        self._backend.state = self._as_new if moment is None else self._new_at(moment)
        self.faults.clear()
        self.clock.reset()
        if moment is not None:
            self.clock.freeze(moment)
        self.journal.clear()
        self.requests.clear()
        self._put_back()

    @property
    def scenarios(self) -> Scenarios:
        """Accounts that `load()` knows, with a sentence about each."""
        from .scenarios import SCENARIOS

        return SCENARIOS

    def load(self, name: str, at: Moment | None = None) -> Scenario:
        """Replace the content of this account by that of a scenario.

        Args:
            name: One of `scenarios`.
            at: Time at which the story ends; the clock stops there. By default it ends now, and
                the clock runs on.

        Returns:
            The scenario.

        Raises:
            UnknownScenario: There is none of that name; nothing has changed.
            ValueError: `at` has no time zone; nothing has changed.
        """
        from .scenarios import load

        with MockTwilio(
            seed=self._backend.store.read_fact("seed"),
            credentials=self.credentials,
            call_policy=self.call_policy,
        ) as stage:
            stage.studio.time_zone = self.studio.time_zone
            loaded, receivers = load(stage, name, at)
            content, setting = stage.take_snapshot(), stage.clock.setting
        self._backend.state = content.account
        for url, receiver in receivers.items():
            self.webhooks.register(url, receiver)
        self.faults.clear()
        self.clock.forget_timers()
        self.clock.setting = setting
        self.journal.state = content.journal
        self.requests.clear()
        self._put_back()
        return loaded

    @contextmanager
    def snapshot(self) -> Iterator[MockTwilio]:
        """Restore resources and SIDs, not the clock, on leaving the `with` block.

        With a file, changes made inside stay if the process ends before that.
        """
        journal = self.journal.state
        try:
            with self._backend.rewinding():
                yield self
        finally:
            self.journal.state = journal
            self._put_back()

    def take_snapshot(self) -> Snapshot:
        """Return the content of the account, for `restore()`."""
        return Snapshot(self._backend.state, self.journal.state)

    def restore(self, snapshot: Snapshot, *, shift: float = 0.0) -> None:
        """Restore resources and SIDs; the clock stays where it is.

        Args:
            snapshot: The content.
            shift: Seconds by which all dates of resources move, so that they are as old, and due
                as soon, at another time of the clock. Dates within JSON or a text stay.
        """
        self._backend.state = snapshot.account
        if shift:
            with self._backend.transaction():
                self._backend.store.shift(shift)
        self.journal.state = snapshot.journal
        self._put_back()

    def export(self) -> bytes:
        """Return the content as a database file that opens with the demo credentials anywhere.

        It has the demo account's SIDs, and no secrets: what looks like one is `***`, and links to
        files are signed with other keys. What is text within an uploaded file stays.
        """
        demo, own = Credentials.demo({}), self.credentials
        as_demo = {own.account_sid: demo.account_sid, own.chat_service_sid: demo.chat_service_sid}

        def rewrite(text: str) -> str:
            for one, other in as_demo.items():
                text = text.replace(one, other)
            return mask_marked(text)

        store = self._backend.store
        facts = {**demo.sids, **media.WITHOUT_KEYS["facts"], "clock": self.clock.setting}
        return rewritten(store.copy(), rewrite, facts, media.WITHOUT_KEYS["values"])

    def copy(self, *, with_due: bool = False) -> MockTwilio:
        """Return a copy in memory, with the same resources, next SIDs and clock.

        It has no subscribers, an empty journal, no faults, and no Python functions that answer for
        URLs: until they are registered, its webhooks go to the network. Flows that are under way
        go on in both; settle first.

        Args:
            with_due: Let the copy, too, deliver the webhooks that this account has yet to deliver.
        """
        twin = MockTwilio(
            credentials=self.credentials,
            call_policy=self.call_policy,
            _content=(self._backend.state, self.clock.setting),
        )
        twin.webhooks.timeout = self.webhooks.timeout
        twin.studio.time_zone = self.studio.time_zone
        twin.webhooks.forget("asking", *(() if with_due else ("pending",)))
        twin._resume()
        return twin

    def close(self) -> None:
        """Finish work under way, keep what is due, and release the file; twice does nothing.

        Receivers that are answering keep their usual timeout. In a child that was forked it does
        nothing, as the account is the parent's.
        """
        if self._backend.store.is_left:
            return
        if self._server is not None:
            self._server.close()
        self.clock.forget_timers()
        self._hang_up("the account is being closed")
        self.webhooks.close()
        self.studio.close()
        self._backend.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *about: object) -> None:
        self.close()

    def _put_back(self) -> None:
        """Resume and say so, once an earlier state is in the store."""
        self._resume()
        with self._backend.transaction():
            self._backend.events.emit(PutBack())

    def _resume(self) -> None:
        """Resume the work that the store holds as due or waiting."""
        self._presence.renew()
        self.webhooks.resume()
        self.studio.resume()
        self._router.arm()
        self._channel_timers.resume()
        self._interactions.arm()
        self._hang_up("the account was put back to an earlier state")

    def _hang_up(self, reason: str) -> None:
        for each in {"realtime", "event_bridge"} & vars(self).keys():
            getattr(self, each).hang_up(reason)

    def _start(self, seed: int, at: Moment | None) -> None:
        """Fill a new account, and store the facts by which it can be reset; or reopen one."""
        store = self._backend.store
        if store.read_fact("seed") is None:
            with self._backend.transaction():
                if at is not None:
                    self.clock.freeze(at)
                    store.write_fact("clock", self.clock.setting)
                store.write_fact("seed", seed)
                store.write_fact("born", self.clock.now())
                chat_words.mark(store)
                new_account.mark(store)
                self._populate(self._backend)
        else:
            self._reopen()
        if store.is_on_disk:
            self.clock.when_set(self._write_clock)
            self.realtime.listen()  # for chat SDKs that reconnect to an account in a file
        self._resume()

    def _reopen(self) -> None:
        """Reopen an account in a file, with SIDs that it has never given out."""
        store = self._backend.store
        self._backend.sids = Sids(f"{store.read_fact('seed')} opened {store.read_fact('openings')}")
        self.clock.setting = store.read_fact("clock") or self.clock.setting
        self.webhooks.forget("asking")  # the requests of these pre-events are gone
        with self._backend.transaction():
            chat_words.upgrade(store)
            new_account.upgrade(Context(self._backend, self.credentials.account_sid))
            media.renew_keys(store)
        self._catch_up()

    def _catch_up(self) -> None:
        """Carry out what follows from committed events that were not dispatched."""
        self._orchestration.resume()
        self._interactions.resume()
        self._router.resume()

    def _when_failed(self) -> None:
        threading.Thread(target=self._go_on, name="mock-database", daemon=True).start()

    def _go_on(self) -> None:
        """Wait until the file can be written again, and do what was left."""
        store = self._backend.store
        with contextlib.suppress(DatabaseClosed, ForkedProcess):
            while store.is_failing:
                time.sleep(RETRY_SECONDS)
                failures = store.failures
                with contextlib.suppress(DatabaseFailed):  # which is counted
                    for value in (_ROOM, None):
                        with self._backend.transaction():
                            store.write_fact("room", value)
                    self._write_clock()
                    self._catch_up()
                    self.webhooks.resume()
                    self.studio.resume()
                store.works_since(failures)

    @cached_property
    def _as_new(self) -> AccountState:
        """State of the account when it was new."""
        return self._new_at(self._backend.store.read_fact("born"))

    def _new_at(self, moment: float) -> AccountState:
        """Return the state of a new account made at a moment (epoch seconds)."""
        clock = Clock()
        clock.freeze(moment)
        new = Backend(Store(KINDS), clock, Sids(self._backend.store.read_fact("seed")))
        with new.transaction():
            self._populate(new)
        return new.state

    def _populate(self, backend: Backend) -> None:
        ctx = Context(backend, self.credentials.account_sid)
        new_account.populate(ctx, self.credentials.chat_service_sid)

    def _write_clock(self) -> None:
        with self._backend.transaction():
            self._backend.store.write_fact("clock", self.clock.setting)
