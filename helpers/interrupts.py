"""Calls that an interrupt must not cut off halfway.

Ctrl-C raises KeyboardInterrupt in the main thread between any two calls, in the middle of a
library's locking too. A lock that is never released again holds up all that comes later, and a
connection that was lost on the way is never closed. Other threads are not interrupted.
"""

from __future__ import annotations

import os
import threading
from _thread import allocate_lock, start_new_thread
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, TypeVar

T = TypeVar("T")
_Job = tuple[Callable[[], Any], list[Any], Any]

# only what C makes, since `threading` and `queue` lock in Python
_jobs: SimpleQueue[_Job] = SimpleQueue()
_idle: list[None] = []
"""One entry for each thread that waits for a job."""


def detached(call: Callable[[], T]) -> T:
    """Return a call's result; an interrupt ends the wait for it, and the call ends by itself.

    In the main thread the call is made on another one.
    """
    if threading.get_ident() != threading.main_thread().ident:
        return call()
    if not _idle:
        start_new_thread(_work, ())
    outcome: list[Any] = []
    ended = allocate_lock()
    ended.acquire()
    _jobs.put((call, outcome, ended))
    ended.acquire()
    result, error = outcome.pop()
    if error is None:
        return result  # type: ignore[no-any-return]
    try:
        raise error
    finally:
        del error  # its traceback refers to this frame


def _work() -> None:
    _idle.append(None)
    while True:
        call, outcome, ended = _jobs.get()
        _idle.pop()
        try:
            outcome.append((call(), None))
        except BaseException as error:
            outcome.append((None, error))
        _idle.append(None)
        ended.release()
        del call, outcome, ended


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_idle.clear)  # the threads are the parent's
