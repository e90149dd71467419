"""The ground every product stands on: clock, SIDs, store and events, bound into one transaction."""

from __future__ import annotations

from types import TracebackType

from .clock import Clock
from .events import Events
from .sids import Sids
from .store import Store


class Ground:
    """What an account is made of, whatever it holds."""

    def __init__(self, store: Store, clock: Clock, sids: Sids) -> None:
        self.store = store
        self.clock = clock
        self.sids = sids
        self.events = Events()

    def transaction(self) -> _Unit:
        """One unit of work: state and events together, or neither.

        Events are told once the outermost unit has committed and let go of the store.
        """
        return _Unit(self)


class _Unit:
    __slots__ = ("_ground", "_inner")

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._inner = ground.store.transaction()

    def __enter__(self) -> None:
        self._inner.__enter__()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        ground, store = self._ground, self._ground.store
        outermost = store.depth == 1
        with store.lock:
            try:
                self._inner.__exit__(kind, error, trace)
            except BaseException:
                ground.events.rollback()
                raise
            if outermost:
                ground.events.commit() if kind is None else ground.events.rollback()
        if outermost and kind is None:
            ground.events.tell()
