"""Fork: an account belongs to the process that opened it, and refuses a child that was forked.

A child has none of its parent's threads, copies of the locks that these held, and copies of SQLite
connections that it may not use and not even close: that would carry over and remove the parent's
log. So an object says here what becomes of it in a child.
"""

from __future__ import annotations

import ctypes
import os
import threading
import time
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar
from weakref import WeakKeyDictionary, WeakSet

T = TypeVar("T")
PATIENCE = 2.0
"""Seconds that a fork waits for units of work of other threads to end."""
_in_child: WeakKeyDictionary[Any, Callable[[Any], None]] = WeakKeyDictionary()
_stores: WeakSet[Any] = WeakSet()
_held: list[Any] = []


class ForkedProcess(RuntimeError):
    """Use of an account, or of its chat client, in a child that was forked."""

    def __init__(self) -> None:
        super().__init__(
            "This account belongs to the process that this one was forked from. Make a new one"
            " here; or serve() it there, and connect() here to its URL"
        )


class _Opening:
    """Holder of a lock."""

    def __init__(self) -> None:
        self.lock = threading.RLock()


opening = _Opening()
"""The opening of a database: its lock is held, so that no fork finds a thread within SQLite."""


class _Refusing:
    """The lock of an object that a child may not use."""

    def acquire(self, *_: object, **__: object) -> NoReturn:
        raise ForkedProcess

    __enter__ = release = acquire

    def __exit__(self, *_: object) -> None:
        """Do nothing: it was never acquired."""


def in_child(owner: T, act: Callable[[T], None]) -> None:
    """Call `act` with the object in every child that is forked while it exists."""
    _in_child[owner] = act


def wait_for(store: Any) -> None:
    """Make each fork wait for the store's lock, so that no thread is within its database."""
    _stores.add(store)


def refuse(owner: Any, *locks: str) -> None:
    """Replace locks of an object, by name, by such that raise `ForkedProcess`."""
    for name in locks:
        setattr(owner, name, _Refusing())


def keep(connection: object) -> None:
    """Keep an object for good, so that even the end of the interpreter does not close it."""
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(connection))


def _before() -> None:
    deadline = time.monotonic() + PATIENCE
    for owner in (opening, *_stores):
        lock = owner.lock
        if lock.acquire(timeout=max(0.0, deadline - time.monotonic())):
            _held.append(lock)


def _after_in_parent() -> None:
    while _held:
        _held.pop().release()


def _after_in_child() -> None:
    _held.clear()
    opening.lock = threading.RLock()
    left = list(_in_child.items())
    _in_child.clear()
    _stores.clear()
    for owner, act in left:
        act(owner)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_before, after_in_parent=_after_in_parent, after_in_child=_after_in_child
    )
