"""Events: emitted within a transaction, dispatched after its commit, in order.

When a transaction commits, its events join one queue, which is dispatched to the subscribers one
event at a time: no subscriber runs inside another's transaction, and the events of one that acts
in turn come after those before them.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable

_log = logging.getLogger(__name__)


class Event:
    """Base class of events; a subclass is a dataclass that is not changed once emitted."""

    __slots__ = ()


class PutBack(Event):
    """The account was restored to an earlier state."""

    __slots__ = ()


Subscriber = Callable[[Event], None]


class _Subscribers:
    """Subscribers by event type; an event without one costs a single look-up."""

    def __init__(self) -> None:
        self._wanted: list[tuple[Subscriber, tuple[type[Event], ...]]] = []
        self._by_kind: dict[type[Event], tuple[Subscriber, ...]] = {}

    def add(self, subscriber: Subscriber, kinds: tuple[type[Event], ...]) -> Callable[[], None]:
        wanted = (subscriber, kinds)
        self._wanted.append(wanted)
        self._by_kind = {}

        def stop() -> None:
            if wanted in self._wanted:
                self._wanted.remove(wanted)
                self._by_kind = {}

        return stop

    def of(self, kind: type[Event]) -> tuple[Subscriber, ...]:
        by_kind = self._by_kind  # add() and stop() replace it, on any thread
        found = by_kind.get(kind)
        if found is None:
            wanted = tuple(self._wanted)
            found = tuple(call for call, kinds in wanted if not kinds or issubclass(kind, kinds))
            by_kind[kind] = found
        return found


class Events:
    """One queue of events between products and subscribers."""

    def __init__(self) -> None:
        self._emitted: list[Event] = []
        self._queue: deque[Event] = deque()
        self._subscribers = _Subscribers()
        self._recorders = _Subscribers()
        self._dispatching = threading.Lock()

    def emit(self, event: Event) -> None:
        """Add an event to the running transaction."""
        self._emitted.append(event)
        for recorder in self._recorders.of(type(event)):
            recorder(event)

    @property
    def emitted(self) -> tuple[Event, ...]:
        """The events of the running transaction so far."""
        return tuple(self._emitted)

    def on_emit(self, recorder: Subscriber, *kinds: type[Event]) -> None:
        """Call `recorder` with each event within its transaction, so that both are kept or neither.

        Args:
            recorder: Called with each event as it is emitted.
            kinds: Types of events; every type, if none is named.
        """
        self._recorders.add(recorder, kinds)

    def subscribe(self, subscriber: Subscriber, *kinds: type[Event]) -> Callable[[], None]:
        """Call `subscriber` with each event from now on, after its commit.

        Args:
            subscriber: Called with each event.
            kinds: Types of events; every type, if none is named.

        Returns:
            A call that ends the subscription.
        """
        return self._subscribers.add(subscriber, kinds)

    def commit(self) -> None:
        """Queue the events of the transaction that has committed."""
        if self._emitted:
            self._queue.extend(self._emitted)
            self._emitted.clear()

    def rollback(self) -> None:
        """Drop the events of the transaction that has failed."""
        self._emitted.clear()

    def dispatch(self) -> None:
        """Dispatch the queue, in order, unless another thread is doing so already."""
        queue = self._queue
        while queue and self._dispatching.acquire(blocking=False):
            try:
                while queue:
                    self._dispatch_one(queue.popleft())
            finally:
                self._dispatching.release()

    def _dispatch_one(self, event: Event) -> None:
        for subscriber in self._subscribers.of(type(event)):
            try:
                subscriber(event)
            except Exception:  # noqa: BLE001 - the others must still run
                _log.exception("a subscriber failed on %s", type(event).__name__)
