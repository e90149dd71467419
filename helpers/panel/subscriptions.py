"""Event subscriptions that can be given back, and whose handlers cannot fail in silence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from .protocols import Handler


class Emitter(Protocol):
    """Something with events: a Channel or a Client."""

    def on(self, event: str, handler: Handler, /) -> Any:
        """Subscribe."""

    def off(self, event: str, handler: Handler, /) -> Any:
        """Unsubscribe."""


class Subscriptions:
    """What one model listens to. A handler's exception goes to `on_failure`, with the event."""

    def __init__(self, on_failure: Callable[[str, Exception], None]) -> None:
        self._on_failure = on_failure
        self._live: list[tuple[Emitter, str, Handler]] = []

    def listen(self, emitter: Emitter, handlers: Mapping[str, Handler]) -> None:
        """Subscribe each handler to its event."""
        for event, handler in handlers.items():
            guarded = self._guard(event, handler)
            emitter.on(event, guarded)
            self._live.append((emitter, event, guarded))

    def close(self) -> None:
        """Unsubscribe everything; safe to repeat."""
        while self._live:
            emitter, event, handler = self._live.pop()
            emitter.off(event, handler)

    def _guard(self, event: str, handler: Handler, /) -> Handler:
        def run(*arguments: Any) -> None:
            try:
                handler(*arguments)
            except Exception as failure:  # a handler's exception would be lost
                self._on_failure(event, failure)

        return run
