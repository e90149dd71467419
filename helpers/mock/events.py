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


Subscriber = Callable[[Event], None]
Recorder = Callable[[Event], None]


class Events:
    """One queue between those who act and those who follow."""

    def __init__(self) -> None:
        self._noted: list[Event] = []
        self._queue: deque[Event] = deque()
        self._subscribers: list[Subscriber] = []
        self._recorders: list[Recorder] = []
        self._telling = threading.Lock()

    def note(self, event: Event) -> None:
        """Remember an event of the running transaction."""
        self._noted.append(event)
        for recorder in self._recorders:
            recorder(event)

    @property
    def noted(self) -> tuple[Event, ...]:
        """What the running transaction has noted so far."""
        return tuple(self._noted)

    def record_with(self, recorder: Recorder) -> None:
        """Have `recorder` called for every event within its transaction, to keep what follows."""
        self._recorders.append(recorder)

    def subscribe(self, subscriber: Subscriber) -> Callable[[], None]:
        """Have `subscriber` told of every event from now on; call the result to stop."""
        self._subscribers.append(subscriber)

        def stop() -> None:
            if subscriber in self._subscribers:
                self._subscribers.remove(subscriber)

        return stop

    def commit(self) -> None:
        """The transaction is done: what it noted has happened."""
        if self._noted:
            self._queue.extend(self._noted)
            self._noted.clear()

    def rollback(self) -> None:
        """The transaction failed: what it noted never happened."""
        self._noted.clear()

    def tell(self) -> None:
        """Tell what has happened, in order; a telling already under way takes it along."""
        while self._queue and self._telling.acquire(blocking=False):
            try:
                while self._queue:
                    self._tell_one(self._queue.popleft())
            finally:
                self._telling.release()

    def _tell_one(self, event: Event) -> None:
        for subscriber in tuple(self._subscribers):
            try:
                subscriber(event)
            except Exception:  # noqa: BLE001 - whatever it is, the others still run
                _log.exception("a subscriber failed on %s", type(event).__name__)
