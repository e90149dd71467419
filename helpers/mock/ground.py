"""The ground every product stands on: clock, SIDs, store and events, bound into one transaction."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Any

from .clock import Clock
from .events import Event, Events
from .sids import Sids
from .store import Store

State = tuple[bytearray, Any]


class Ground:
    """What an account is made of, whatever it holds."""

    def __init__(self, store: Store, clock: Clock, sids: Sids) -> None:
        self.store = store
        self.clock = clock
        self.sids = sids
        self.events = Events()

    @property
    def state(self) -> State:
        """Resources and SIDs as they are now, to be put back together."""
        with self.store.lock:
            return self.store.copy(), self.sids.state

    @state.setter
    def state(self, state: State) -> None:
        with self.store.lock:  # else another thread might draw a SID that comes again
            copy, self.sids.state = state
            self.store.restore(copy)

    def transaction(self) -> _Unit:
        """One unit of work: state and events together, or neither.

        Events are told once the outermost unit has committed and let go of the store.
        """
        return _Unit(self)

    def rehearse(self, act: Callable[[], object]) -> tuple[Event, ...]:
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
                    raise _TakenBack(*self.events.noted)  # noqa: TRY301 - rolls back
            except _TakenBack as rehearsed:
                return rehearsed.args
            finally:
                self.sids.state = sids


class _TakenBack(Exception):  # noqa: N818 - not an error: ends a rehearsal
    """Carries the events of a rehearsal."""


class _Unit:
    __slots__ = ("_ground", "_outermost")

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._outermost = False

    def __enter__(self) -> None:
        self._outermost = self._ground.store.begin()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        store, events = self._ground.store, self._ground.events
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
            events.tell()
