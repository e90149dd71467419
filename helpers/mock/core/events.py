"""What happened, in order, told after the commit.

A product notes events while its transaction runs. When the transaction commits they join one
queue, and the queue is told to the subscribers one event at a time: no subscriber runs inside
another's transaction, and one that acts in turn sees its own events told after those before them.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable

_log = logging.getLogger(__name__)


class Event:
    """Base class of what products tell; a subclass is a frozen dataclass."""

    __slots__ = ()


class PutBack(Event):
    """Everything kept was put back as it once was."""

    __slots__ = ()


Subscriber = Callable[[Event], None]
Recorder = Callable[[Event], None]


class _ByKind:
    """Who wants which kinds of events; who wants nothing of a kind costs it nothing."""

    def __init__(self) -> None:
        self._wanted: list[tuple[Subscriber, tuple[type[Event], ...]]] = []
        self._found: dict[type[Event], tuple[Subscriber, ...]] = {}

    def add(self, who: Subscriber, kinds: tuple[type[Event], ...]) -> Callable[[], None]:
        wanted = (who, kinds)
        self._wanted.append(wanted)
        self._found = {}

        def stop() -> None:
            if wanted in self._wanted:
                self._wanted.remove(wanted)
                self._found = {}

        return stop

    def of(self, kind: type[Event]) -> tuple[Subscriber, ...]:
        known = self._found  # a new one takes its place whenever somebody comes or goes
        found = known.get(kind)
        if found is None:
            wanted = tuple(self._wanted)
            found = tuple(who for who, kinds in wanted if not kinds or issubclass(kind, kinds))
            known[kind] = found
        return found


class Events:
    """One queue between those who act and those who follow."""

    def __init__(self) -> None:
        self._emitted: list[Event] = []
        self._queue: deque[Event] = deque()
        self._subscribers = _ByKind()
        self._recorders = _ByKind()
        self._dispatching = threading.Lock()

    def emit(self, event: Event) -> None:
        """Remember an event of the running transaction."""
        self._emitted.append(event)
        for recorder in self._recorders.of(type(event)):
            recorder(event)

    @property
    def emitted(self) -> tuple[Event, ...]:
        """What the running transaction has noted so far."""
        return tuple(self._emitted)

    def on_emit(self, recorder: Recorder, *kinds: type[Event]) -> None:
        """Have `recorder` called for events within their transaction, to keep what follows.

        Args:
            recorder: Called with each event as it is noted.
            kinds: Which events; every one, where none is named.
        """
        self._recorders.add(recorder, kinds)

    def subscribe(self, subscriber: Subscriber, *kinds: type[Event]) -> Callable[[], None]:
        """Have `subscriber` told of events from now on; call the result to stop.

        Args:
            subscriber: Called with each event after its commit.
            kinds: Which events; every one, where none is named.
        """
        return self._subscribers.add(subscriber, kinds)

    def commit(self) -> None:
        """The transaction is done: what it noted has happened."""
        if self._emitted:
            self._queue.extend(self._emitted)
            self._emitted.clear()

    def rollback(self) -> None:
        """The transaction failed: what it noted never happened."""
        self._emitted.clear()

    def dispatch(self) -> None:
        """Tell what has happened, in order; a telling already under way takes it along."""
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
            except Exception:  # the other listeners still run
                _log.exception("a subscriber failed on %s", type(event).__name__)
