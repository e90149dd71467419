"""`on("messageAdded", handler)` as in the guide: Node's event emitter, with isolated handlers."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable
from typing import Any

from pyee.base import EventEmitter

from ..interrupts import interruptibly
from ..masking import log_exception
from .arguments import FUNCTION, KEY, takes

_log = logging.getLogger(__name__)


class Emitter(EventEmitter):
    """An event emitter in which a handler that fails is logged and does not stop the others.

    `on(event, handler)` subscribes and `off(event, handler)` unsubscribes; `@on(event)` decorates.
    Handlers are plain functions, called on the thread that delivers the event.
    """

    @takes(event=KEY, f=FUNCTION.or_none())
    def on(  # type: ignore[override]  # one signature for call and decorator
        self, event: str, f: Callable[..., Any] | None = None
    ) -> Callable[..., Any]:
        """Call `f` at every `event`.

        Raises:
            TypeError: `f` is a coroutine function; start a task from a plain function instead.
            ValueError: An argument is of another kind; nothing was subscribed.
        """
        if inspect.iscoroutinefunction(f):
            raise TypeError(
                f"the handler of {event!r} is async; use a plain function, for instance one that"
                " calls loop.call_soon_threadsafe(asyncio.create_task, coroutine())"
            )
        return super().on(event) if f is None else super().on(event, f)

    def off(self, event: str, f: Callable[..., Any]) -> None:
        """Stop calling `f` at `event`; not an error if it was not called."""
        if f in self.listeners(event):
            self.remove_listener(event, f)

    def _emit_run(
        self, f: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        try:
            interruptibly(f, *args, **kwargs)
        except Exception:
            log_exception(_log, "a chat event handler failed")
