"""Work that an interrupt must not cut off halfway.

Ctrl-C raises KeyboardInterrupt in the main thread between any two calls, in the middle of a change
or of a library's locking too. A lock that is never released again holds up all that comes later, a
connection that was lost on the way is never closed. Other threads are not interrupted.
"""

from __future__ import annotations

import os
import threading
from _signal import SIGINT, getsignal, signal  # type: ignore[import-not-found]
from _thread import allocate_lock, get_ident, start_new_thread
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, TypeVar

T = TypeVar("T")
H = TypeVar("H", bound=Callable[..., None])
_Job = tuple[Callable[[], Any], list[Any], Any]

# only what C makes, since `threading` and `queue` lock in Python
_jobs: SimpleQueue[_Job] = SimpleQueue()
_idle: list[None] = []
"""One entry for each thread that waits for a job."""
_came: list[Any] = []
"""The interrupt that was put off, if one came."""
_handler: Any = object()
"""Handler of interrupts in place of which `_put_off` stands, or stood last."""


_main = threading.main_thread().ident


def detached(call: Callable[[], T]) -> T:
    """Return a call's result; an interrupt ends the wait for it, and the call ends by itself.

    In the main thread the call is made on another one. For calls that wait for another program.
    """
    if get_ident() != _main:
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


class Uninterrupted:
    """A block at whose end an interrupt is raised that came meanwhile; another comes through.

    Blocks may lie within each other. For work that waits for nothing.
    """

    __slots__ = ("_is_outermost",)

    def __enter__(self) -> None:
        self._is_outermost = put_off()

    def __exit__(self, *_: object) -> None:
        if self._is_outermost:
            let_in()


def interruptibly(call: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    """Return a call's result; interrupts come at once, within an `Uninterrupted` block too.

    For calls that take as long as somebody else's code does.
    """
    if get_ident() != _main or getsignal(SIGINT) is not _put_off:
        return call(*args, **kwargs)
    came = _came.copy()
    try:
        signal(SIGINT, _handler)
        return call(*args, **kwargs)
    finally:
        put_off()
        _came.extend(came)


def put_off() -> bool:
    """Put interrupts off until `let_in()`; False where they need not be, or are already."""
    global _handler  # noqa: PLW0603 - signals belong to the process
    if get_ident() != _main:
        return False
    handler = getsignal(SIGINT)
    if handler is not _handler and (
        handler is _put_off or not callable(handler) or hasattr(handler, "is_orderly")
    ):
        return False
    _came.clear()
    _handler = handler
    signal(SIGINT, _put_off)
    return True


def orderly(handler: H) -> H:
    """Mark a handler that raises nothing: an interrupt that calls it need not be put off."""
    handler.is_orderly = True  # type: ignore[attr-defined]
    return handler


def let_in() -> None:
    """Let interrupts come again, first the one that was put off."""
    signal(SIGINT, _handler)
    if _came:
        _handler(SIGINT, _came.pop())


def _put_off(_number: int, frame: Any) -> None:
    if _came:
        raise KeyboardInterrupt  # it takes too long
    _came.append(frame)


def _in_child() -> None:
    global _main  # noqa: PLW0603 - the thread that forked is the child's main thread
    _main = get_ident()
    _idle.clear()  # the threads are the parent's


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)
