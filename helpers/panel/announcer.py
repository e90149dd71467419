"""Tells observers about changes, one at a time and in order, from whatever thread they come.

Handlers run on the main thread, on Jupyter's subshell threads and on the chat client's own. Calling
observers with a lock held would invite deadlocks; calling them without any order would show a
reader yesterday's status. So changes are queued under the lock, and one thread empties the queue.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

from .records import Change

Observer = Callable[[Change], None]
Told = TypeVar("Told")


class Announcer(Generic[Told]):
    """A queue of changes and those who want to hear of them."""

    def __init__(self, on_failure: Callable[[Told, Exception], None]) -> None:
        self._lock = threading.RLock()
        self._observers: list[Callable[[Told], None]] = []
        self._pending: deque[Told] = deque()
        self._telling = False
        self._on_failure = on_failure

    def observe(self, observer: Callable[[Told], None]) -> Callable[[], None]:
        """Add an observer; call what this returns to remove it."""
        with self._lock:
            self._observers.append(observer)
        return lambda: self._forget(observer)

    def queue(self, change: Told) -> None:
        """Remember a change. Call `flush` once no lock is held."""
        self._pending.append(change)

    def flush(self) -> None:
        """Tell what is queued, unless someone is at it: they will tell this too."""
        with self._lock:
            if self._telling:
                return
            self._telling = True
        try:
            while (change := self._next()) is not None:
                self._tell(change)
        except BaseException:  # an interrupted cell, too, must not deafen the panel
            self._telling = False
            raise

    def close(self) -> None:
        """Forget every observer."""
        with self._lock:
            self._observers.clear()

    def _forget(self, observer: Callable[[Told], None]) -> None:
        with self._lock:
            if observer in self._observers:
                self._observers.remove(observer)

    def _next(self) -> Told | None:
        with self._lock:
            if self._pending:
                return self._pending.popleft()
            self._telling = False
            return None

    def _tell(self, change: Told) -> None:
        for observer in tuple(self._observers):
            try:
                observer(change)
            except Exception as failure:  # the other views are still notified
                self._on_failure(change, failure)
