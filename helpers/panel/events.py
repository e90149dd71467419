"""Events on their way through a panel model: subscriptions in, changes out to observers."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

from .protocols import EventSource, Handler

ChangeT = TypeVar("ChangeT")


class Subscriptions:
    """Subscriptions of one model. A handler's exception goes to `on_failure`, with the event."""

    def __init__(self, on_failure: Callable[[str, Exception], None]) -> None:
        self._on_failure = on_failure
        self._live: list[tuple[EventSource, str, Handler]] = []

    def listen(self, source: EventSource, handlers: Mapping[str, Handler]) -> None:
        """Subscribe each handler to its event."""
        for event, handler in handlers.items():
            guarded = self._guard(event, handler)
            source.on(event, guarded)
            self._live.append((source, event, guarded))

    def close(self) -> None:
        """Unsubscribe everything; safe to repeat."""
        while self._live:
            source, event, handler = self._live.pop()
            source.off(event, handler)

    def _guard(self, event: str, handler: Handler, /) -> Handler:
        def run(*arguments: Any) -> None:
            try:
                handler(*arguments)
            except Exception as failure:
                self._on_failure(event, failure)

        return run


class Announcer(Generic[ChangeT]):
    """Notifies observers of changes, one at a time and in order, from any thread.

    Handlers run on the main thread, on Jupyter's subshell threads and on the chat client's own.
    Calling observers with a lock held would invite deadlocks; calling them in any order would show
    yesterday's status. So changes are queued under the lock, and one thread empties the queue.
    """

    def __init__(self, on_failure: Callable[[ChangeT, Exception], None]) -> None:
        self._lock = threading.RLock()
        self._observers: list[Callable[[ChangeT], None]] = []
        self._pending: deque[ChangeT] = deque()
        self._is_notifying = False
        self._on_failure = on_failure
        self.queue = self._pending.append
        """Queue a change. Call `flush` once no lock is held."""

    def observe(self, observer: Callable[[ChangeT], None]) -> Callable[[], None]:
        """Add an observer. Returns a function that removes it."""
        with self._lock:
            self._observers.append(observer)

        def remove() -> None:
            with self._lock:
                if observer in self._observers:
                    self._observers.remove(observer)

        return remove

    def flush(self) -> None:
        """Notify of the queued changes, unless a thread is doing so: it will do these too."""
        with self._lock:
            if self._is_notifying:
                return
            self._is_notifying = True
        try:
            while True:
                with self._lock:
                    if not self._pending:
                        self._is_notifying = False
                        return
                    change = self._pending.popleft()
                for observer in tuple(self._observers):
                    try:
                        observer(change)
                    except Exception as failure:
                        self._on_failure(change, failure)
        except BaseException:  # an interrupted cell must not silence the panel
            self._is_notifying = False
            raise

    def close(self) -> None:
        """Remove every observer."""
        with self._lock:
            self._observers.clear()
