"""Backend and context: clock, SIDs, store and events of an account, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from msgspec import Struct

from ...interrupts import Uninterrupted, let_in, put_off
from .clock import Clock
from .events import Event, Events
from .sids import Sids
from .store import R, Resource, Store

AccountState = tuple[bytearray, Any]


class Backend:
    """The parts of an account that every product shares.

    Attributes:
        keeps_history: Whether products keep past events as resources.
    """

    def __init__(self, store: Store, clock: Clock, sids: Sids) -> None:
        self.store = store
        self.clock = clock
        self.sids = sids
        self.events = Events()
        self._unit = _Unit(store, self.events)
        self.keeps_history = True

    @property
    def state(self) -> AccountState:
        """Resources and SIDs, to be restored together."""
        with self.store.lock:
            return self.store.copy(), self.sids.state

    @state.setter
    def state(self, state: AccountState) -> None:
        # under the lock, so that no other thread draws a SID that would come again
        with Uninterrupted(), self.store.lock:
            self.store.restore(state[0])
            self.sids.state = state[1]

    @contextmanager
    def rewinding(self) -> Iterator[None]:
        """Put resources and SIDs back on leaving the block, in proportion to what was written."""
        with self.store.lock:
            mark, sids = self.store.mark(), self.sids.state
        try:
            yield
        finally:
            with Uninterrupted(), self.store.lock:
                if mark.image is not None:
                    self.store.forget_mark(mark)
                    self.store.restore(mark.image)
                else:
                    with self.transaction():
                        self.store.rewind(mark)
                self.sids.state = sids

    def transaction(self) -> _Unit:
        """Return one unit of work: state and events together, or neither.

        Events are dispatched once the outermost unit has committed and released the store.
        """
        return self._unit

    def dry_run(self, act: Callable[[], object]) -> tuple[Event, ...]:
        """Call `act` outside any unit of work and roll back all it did, SIDs included.

        The lock is held throughout, so that no other thread draws a SID that would come again.

        Returns:
            The events it would have led to.
        """
        with self.store.lock:
            sids = self.sids.state
            try:
                with self.transaction():
                    act()
                    self.store.flush()  # what SQLite refuses is refused here, too
                    raise _RolledBack(*self.events.emitted)  # noqa: TRY301 - rolls back
            except _RolledBack as dry_run:
                return dry_run.args
            finally:
                self.sids.state = sids


class _RolledBack(Exception):
    """Carries the events of a dry run."""


class _Unit:
    """A unit of work, entered once or within itself; an interrupt waits for its end."""

    __slots__ = ("_events", "_puts_off", "_store")

    def __init__(self, store: Store, events: Events) -> None:
        self._store = store
        self._events = events
        self._puts_off = False  # whether the outermost unit does

    def __enter__(self) -> None:
        puts_off = put_off()
        try:
            self._store.begin()
        except BaseException:
            if puts_off:
                let_in()
            raise
        if self._store.depth == 1:
            self._puts_off = puts_off

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        store, events, puts_off = self._store, self._events, self._puts_off
        is_outermost, is_kept = store.depth == 1, False
        try:
            try:
                if is_outermost:  # it decides
                    store.end(keep=kind is None)
                    is_kept = kind is None
            finally:
                if is_outermost:
                    events.commit() if is_kept else events.rollback()
                store.depth -= 1
                store.lock.release()
            if is_kept:
                events.dispatch()
        finally:
            if is_outermost and puts_off:
                let_in()


class Actor(Struct, frozen=True):
    """Originator of an action: the account through REST, or a user through an access token.

    `webhooks` is true if the action fires webhooks: always for a chat user, for REST only when the
    `X-Twilio-Webhook-Enabled` header is true (documented). `network` names the one that a person
    without an identity came by, such as `SMS`; `author` is another name that a webhook gave to what
    a chat user writes. `workspace_sid` is the workspace of a Flex user, whose token has a grant for
    TaskRouter too.
    """

    identity: str | None = None
    service_sid: str | None = None
    webhooks: bool = False
    network: str | None = None
    author: str | None = None
    workspace_sid: str | None = None

    @property
    def source(self) -> str:
        """`SDK` for a chat user, `API` for account credentials, as in webhooks; else a network."""
        if self.network is not None:
            return self.network
        return "API" if self.identity is None else "SDK"

    @property
    def name(self) -> str:
        """The identity; `system` for account credentials (specified)."""
        return self.identity or "system"


ACCOUNT = Actor()


class Context:
    """One unit of work on one account.

    Attributes:
        get_cached: Returns the resource of a SID, or None, to read only: all readers share it until
            it changes. For resources that are read more often than they change.
    """

    __slots__ = ("account_sid", "actor", "backend", "emit", "get_cached", "now", "sids", "store")

    def __init__(self, backend: Backend, account_sid: str, actor: Actor = ACCOUNT) -> None:
        self.backend = backend
        self.account_sid = account_sid
        self.actor = actor
        self.store = backend.store
        self.sids = backend.sids
        self.emit = backend.events.emit
        self.get_cached = backend.store.shared
        self.now = backend.clock.now()

    def create(self, kind: type[R], **values: Any) -> R:
        """Store a new resource.

        Its SID, account and dates, where the kind has such fields, are filled in unless given; an
        update is dated like the creation.
        """
        has_sid, has_account, is_created, is_updated = kind.filled()
        is_fresh = has_sid and "sid" not in values
        if is_fresh:
            values["sid"] = self.sids.new(kind.prefix)
        if has_account and "account_sid" not in values:
            values["account_sid"] = self.account_sid
        created = values.setdefault("date_created", self.now) if is_created else self.now
        if is_updated and "date_updated" not in values:
            values["date_updated"] = created
        return self.store.add(kind(**values), is_fresh=is_fresh)

    def remove(self, resource: Resource) -> None:
        """Delete a resource, and nothing that belongs to it."""
        self.store.remove(resource)

    def update(self, resource: R, **changes: Any) -> R:
        """Change a resource, dated now, and return it."""
        self.store.save(resource, **changes, date_updated=self.now)
        return resource
