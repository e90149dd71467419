"""The ground every product stands on: clock, SIDs, store and events, bound into one transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from .clock import Clock
from .events import Event, Events
from .sids import Sids
from .store import R, Store

AccountState = tuple[bytearray, Any]


class Backend:
    """What an account is made of, whatever it holds."""

    def __init__(self, store: Store, clock: Clock, sids: Sids) -> None:
        self.store = store
        self.clock = clock
        self.sids = sids
        self.events = Events()

    @property
    def state(self) -> AccountState:
        """Resources and SIDs as they are now, to be put back together."""
        with self.store.lock:
            return self.store.copy(), self.sids.state

    @state.setter
    def state(self, state: AccountState) -> None:
        with self.store.lock:  # else another thread might draw a SID that comes again
            copy, self.sids.state = state
            self.store.restore(copy)

    def transaction(self) -> _Unit:
        """One unit of work: state and events together, or neither.

        Events are told once the outermost unit has committed and let go of the store.
        """
        return _Unit(self)

    def dry_run(self, act: Callable[[], object]) -> tuple[Event, ...]:
        """Do something outside any unit of work and take it all back, SIDs included.

        The lock is held throughout, so that nobody else draws a SID that would come again.

        Returns:
            What would have happened.
        """
        with self.store.lock:
            sids = self.sids.state
            try:
                with self.transaction():
                    act()
                    raise _RolledBack(*self.events.emitted)  # noqa: TRY301 - rolls back
            except _RolledBack as rehearsed:
                return rehearsed.args
            finally:
                self.sids.state = sids


class _RolledBack(Exception):  # not an error: ends a dry run
    """Carries the events of a rehearsal."""


class _Unit:
    __slots__ = ("_backend", "_outermost")

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._outermost = False

    def __enter__(self) -> None:
        self._outermost = self._backend.store.begin()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        store, events = self._backend.store, self._backend.events
        if not self._outermost:
            store.end(keep=kind is None)
            return
        with store.lock:
            kept = False
            try:
                store.end(keep=kind is None)
                kept = kind is None
            finally:
                events.commit() if kept else events.rollback()
        if kept:
            events.dispatch()


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: the account through REST, or a chat user through an access token.

    `webhooks` says whether the action fires webhooks: always for a chat user, for REST only
    when the `X-Twilio-Webhook-Enabled` header is true (documented).
    """

    identity: str | None = None
    service_sid: str | None = None
    webhooks: bool = False

    @property
    def source(self) -> str:
        """`SDK` for a chat user, `API` for account credentials, as webhooks report it."""
        return "API" if self.identity is None else "SDK"

    @property
    def name(self) -> str:
        """The identity that acts; `system` for account credentials (specified)."""
        return self.identity or "system"


ACCOUNT = Actor()


class Context:
    """One unit of work on one account."""

    __slots__ = ("account_sid", "actor", "backend", "events", "now", "sids", "store")

    def __init__(self, backend: Backend, account_sid: str, actor: Actor = ACCOUNT) -> None:
        self.backend = backend
        self.account_sid = account_sid
        self.actor = actor
        self.store = backend.store
        self.sids = backend.sids
        self.events = backend.events
        self.now = backend.clock.now()

    def create(self, kind: type[R], **values: Any) -> R:
        """Store a new resource.

        Its SID, account and dates, where the kind has such fields, are filled in unless given.

        Args:
            kind: The resource class.
            values: Its other fields, by name.
        """
        for name in kind.filled():
            if name not in values:
                values[name] = (
                    self.sids.new(kind.prefix)
                    if name == "sid"
                    else self.account_sid
                    if name == "account_sid"
                    else self.now
                )
        return self.store.add(kind(**values))

    def emit(self, event: Event) -> None:
        """Remember what happened, to be told after the commit."""
        self.backend.events.emit(event)

    def get_cached(self, kind: type[R], sid: str | None) -> R | None:
        """The resource of a SID, only to read: the same object until one of its kind changes.

        For what is read often and changes seldom.
        """
        if sid is None:
            return None
        return self.store.cached(kind, sid, lambda: self.store.first(kind, sid=sid))
