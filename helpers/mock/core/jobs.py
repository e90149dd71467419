"""Jobs off the caller's thread: in order for each key, several keys at once."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ...interrupts import Uninterrupted, interruptibly
from . import forks
from .database import log_failure

Job = Callable[[], None]
MAX_WAITING = 1_000
"""Jobs that may wait at once without taking up the place of another."""
_log = logging.getLogger(__name__)


class KeyedExecutor:
    """One queue a key, worked off by a few daemon threads that end when idle.

    Args:
        name: Name of its threads.
        workers: Number of keys worked on at once, apart from those that wait for an answer.
    """

    def __init__(self, name: str, workers: int = 8) -> None:
        self._name = name
        self._limit = workers
        self._jobs: dict[str, deque[Job]] = {}
        self._ready: deque[str] = deque()
        self._workers = 0
        self._waiting = 0
        self._closed = False
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        forks.in_child(self, lambda self: forks.refuse(self, "_lock"))

    @property
    def is_closed(self) -> bool:
        """True once no more jobs are taken."""
        return self._closed

    def put(self, key: str, job: Job) -> None:
        """Queue a job behind those of the same key; dropped if closed."""
        with Uninterrupted(), self._lock:
            if self._closed:
                return
            if key not in self._jobs:
                self._jobs[key] = deque()
                self._ready.append(key)
            self._jobs[key].append(job)
            self._add_worker()
            self._changed.notify_all()

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Let another key's jobs run while a job waits for an answer from outside."""
        with Uninterrupted(), self._lock:
            self._waiting += 1
            self._add_worker()
        try:
            yield
        finally:
            with Uninterrupted(), self._lock:
                self._waiting -= 1

    def _add_worker(self) -> None:
        limit = self._limit + min(self._waiting, MAX_WAITING)
        if self._ready and self._workers < min(limit, len(self._jobs)):
            self._workers += 1
            threading.Thread(target=self._work, name=self._name, daemon=True).start()

    def settle(self, timeout: float, also: Callable[[], bool] = lambda: True) -> bool:
        """Wait until idle. Returns False on timeout.

        Args:
            timeout: Seconds to wait.
            also: A further condition, checked after each job.
        """
        with self._lock:
            idle = interruptibly(self._changed.wait_for, lambda: not self._jobs and also(), timeout)
            return bool(idle)

    def close(self, timeout: float) -> bool:
        """Drop waiting jobs, take no more, and wait for running ones. Returns False on timeout."""
        with Uninterrupted(), self._lock:
            self._closed = True
            for key in self._ready:
                del self._jobs[key]
            self._ready.clear()
            for jobs in self._jobs.values():
                while len(jobs) > 1:
                    jobs.pop()
            self._changed.notify_all()
        return self.settle(timeout)

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._ready or self._workers > self._limit + self._waiting:
                    self._workers -= 1
                    return
                key = self._ready.popleft()
            try:
                self._jobs[key][0]()
            except Exception:
                if not self._closed:  # else the store may be closed
                    log_failure(_log, "a job of %s failed", self._name)
            finally:
                with self._lock:
                    self._jobs[key].popleft()
                    if self._jobs[key]:
                        self._ready.append(key)
                    else:
                        del self._jobs[key]
                    self._changed.notify_all()
