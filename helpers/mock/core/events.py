"""Events of products, dispatched in order after the commit.

A product emits events while its transaction runs. When the transaction commits they join one
queue, which is dispatched to the subscribers one event at a time: no subscriber runs inside
another's transaction, and the events of one that acts in turn follow those before them.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable

from msgspec import Struct

from ...masking import mask
from .database import log_failure
from .errors import Refused, TwilioError

_log = logging.getLogger(__name__)


class Event(Struct, frozen=True):
    """Base class of events."""


class PutBack(Event, frozen=True):
    """The account was put back to an earlier state."""


Subscriber = Callable[[Event], None]
_Registered = tuple[Subscriber, tuple[type[Event], ...]]


class _Subscribers(dict[type[Event], tuple[Subscriber, ...]]):
    """Subscribers by the type of event they take, looked up once for each type."""

    def __init__(self, registered: tuple[_Registered, ...] = ()) -> None:
        super().__init__()
        self.registered = registered

    def __missing__(self, kind: type[Event]) -> tuple[Subscriber, ...]:
        found = tuple(
            each for each, kinds in self.registered if not kinds or issubclass(kind, kinds)
        )
        self[kind] = found
        return found


class Events:
    """The queue between products that emit events and their subscribers."""

    def __init__(self) -> None:
        self._emitted: list[Event] = []
        self._queue: deque[Event] = deque()
        self._subscribers = _Subscribers()
        self._recorders = _Subscribers()
        self._dispatching = threading.Lock()
        self._refusal = ""

    def emit(self, event: Event) -> None:
        """Add an event to the running transaction."""
        self._emitted.append(event)
        for recorder in self._recorders[type(event)]:
            recorder(event)

    @property
    def emitted(self) -> tuple[Event, ...]:
        """Events of the running transaction so far."""
        return tuple(self._emitted)

    def on_emit(self, recorder: Subscriber, *kinds: type[Event]) -> None:
        """Call `recorder` with events of these types, or all, within their transaction.

        It can store what follows from them.
        """
        self._recorders = _Subscribers((*self._recorders.registered, (recorder, kinds)))

    def subscribe(self, subscriber: Subscriber, *kinds: type[Event]) -> Callable[[], None]:
        """Call `subscriber` with events of these types, or all, after their commit.

        Returns a function that stops it.
        """
        entry = (subscriber, kinds)
        self._subscribers = _Subscribers((*self._subscribers.registered, entry))

        def stop() -> None:
            others = tuple(each for each in self._subscribers.registered if each is not entry)
            self._subscribers = _Subscribers(others)

        return stop

    def commit(self) -> None:
        """Queue the events of the transaction, which has committed."""
        if self._emitted:
            self._queue.extend(self._emitted)
            self._emitted.clear()

    def rollback(self) -> None:
        """Drop the events of the transaction, which has failed."""
        self._emitted.clear()

    def dispatch(self) -> None:
        """Call the subscribers with queued events in order, unless another call does already.

        A subscriber that is interrupted keeps no event from the others.
        """
        queue, interrupt = self._queue, None
        while queue and self._dispatching.acquire(blocking=False):
            try:
                while queue:
                    event = queue.popleft()
                    for subscriber in self._subscribers[type(event)]:
                        try:
                            subscriber(event)
                        except (Refused, TwilioError) as refused:
                            self._log_refusal(mask(str(refused)))
                        except Exception:
                            log_failure(_log, "a subscriber failed on %s", type(event).__name__)
                        except BaseException as raised:
                            interrupt = raised
            finally:
                self._dispatching.release()
        if interrupt is not None:
            raise interrupt

    def _log_refusal(self, reason: str) -> None:
        """Log a refusal of what the account does by itself, unless the one before was the same."""
        if reason != self._refusal:
            self._refusal = reason
            _log.warning("The account would go on by itself, and is refused: %s", reason)
