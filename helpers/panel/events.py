"""Events on their way through a panel model: subscriptions in, changes out to observers."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Generic, TypeVar

from .protocols import EventSource, Handler
from .records import alert_for

T = TypeVar("T")
ChangeT = TypeVar("ChangeT")
StatusT = TypeVar("StatusT", bound=Any)


class Subscriptions:
    """Subscriptions of one model. A handler's exception goes to `on_failure`, with the event."""

    def __init__(self, on_failure: Callable[[str, Exception], None]) -> None:
        self._on_failure = on_failure
        self._live: list[Callable[[], object]] = []

    def listen(self, source: EventSource, handlers: Mapping[str, Handler]) -> None:
        """Subscribe each handler to its event."""
        for event, handler in handlers.items():
            guarded = partial(self._run, event, handler)
            source.on(event, guarded)
            self._live.append(partial(source.off, event, guarded))

    def close(self) -> None:
        """Unsubscribe everything; safe to repeat."""
        while self._live:
            self._live.pop()()

    def _run(self, event: str, handler: Handler, *arguments: Any) -> None:
        try:
            handler(*arguments)
        except Exception as failure:
            self._on_failure(event, failure)


class Announcer(Generic[ChangeT]):
    """Notifies observers of changes, one at a time and in order, from any thread.

    Handlers run on the main thread, on Jupyter's subshell threads and on the chat client's own.
    Calling observers with a lock held would invite deadlocks; calling them in any order would show
    yesterday's status. So changes are queued under the lock, and one thread empties the queue:
    `with announcer:` holds the lock, and notifies of what was queued once it is released.
    """

    def __init__(self, on_failure: Callable[[ChangeT, Exception], None]) -> None:
        self.lock = threading.RLock()
        self._observers: list[Callable[[ChangeT], None]] = []
        self._pending: deque[ChangeT] = deque()
        self._is_notifying = False
        self._on_failure = on_failure
        self.queue = self._pending.append
        """Queue a change, in a `with` block; or call `flush` once no lock is held."""

    def observe(self, observer: Callable[[ChangeT], None]) -> Callable[[], None]:
        """Add an observer. Returns a function that removes it."""
        with self.lock:
            self._observers.append(observer)

        def remove() -> None:
            with self.lock:
                if observer in self._observers:
                    self._observers.remove(observer)

        return remove

    def flush(self) -> None:
        """Notify of the queued changes, unless a thread is doing so: it will do these too."""
        with self:
            pass

    def __enter__(self) -> None:
        self.lock.acquire()

    def __exit__(self, *_: object) -> None:
        others, self._is_notifying = self._is_notifying, True
        self.lock.release()
        if others:
            return
        try:
            while True:
                with self.lock:
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
        with self.lock:
            self._observers.clear()


class PanelModel(ABC, Generic[StatusT, ChangeT]):
    """Status of a panel, kept up to date by events, and its changes for observers.

    Events may come on any thread. Neither the client, the desk nor an observer is ever called with
    the lock held. Failures become `status.alert` and never vanish.
    """

    def __init__(self, status: StatusT) -> None:
        self._status = status
        self._announcer: Announcer[ChangeT] = Announcer(self._observer_failed)
        self._subscriptions = Subscriptions(self._handler_failed)

    @property
    def status(self) -> StatusT:
        """Everything the panel shows around its chats; an immutable value."""
        return self._status

    def observe(self, observer: Callable[[ChangeT], None]) -> Callable[[], None]:
        """Call `observer` with every change. Returns a function that stops that."""
        return self._announcer.observe(observer)

    def dismiss_alert(self) -> None:
        """Remove the alert."""
        self._set(alert=None)

    def report(self, what: str, failure: Exception) -> None:
        """Show a failure in the alert line: the output of a handler's print() is never seen."""
        self._set(alert=alert_for("panel", what, failure))

    def close(self) -> None:
        """Unsubscribe from every event, and remove the observers."""
        self._subscriptions.close()
        self._announcer.close()

    def _set(self, **fields: Any) -> None:
        with self._announcer:
            self._update(**fields)

    def _update(self, **fields: Any) -> None:
        status = replace(self._status, **fields)
        if status != self._status:
            self._status = status
            self._announcer.queue(self._change(status))

    def _attempt(self, what: str, call: Callable[[], T]) -> T | None:
        try:
            return call()
        except Exception as failure:
            self.report(what, failure)
            return None

    def _handler_failed(self, event: str, failure: Exception) -> None:
        self.report(f"Could not handle {event}", failure)

    @abstractmethod
    def _change(self, status: StatusT) -> ChangeT: ...

    @abstractmethod
    def _observer_failed(self, change: ChangeT, failure: Exception) -> None: ...
