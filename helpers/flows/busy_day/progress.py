"""Shows how far a simulation is, in a terminal or a notebook, and nowhere else.

In a terminal it is a line that is written over. In a notebook it is a bar that goes away at the
end, and leaves the title: the stored output is the same each time. Elsewhere, as in CI, nothing is
written.
"""

from __future__ import annotations

import html
import sys
import time
from collections.abc import Callable
from typing import Any, Self

EVERY = 0.2
"""Seconds of real time between two updates."""
WIDTH = 30

Show = Callable[[float, float], None]
"""Shows progress, given the amount done and the total."""
_Screen = tuple[Show, Callable[[], object]]
"""Draws progress, and cleans up."""


class Progress:
    """Shows progress: by a given function, or (given True) on the screen if any, or nowhere."""

    def __init__(self, title: str, total: float, given: bool | Show) -> None:
        self._total = total
        self._next = self._done = 0.0
        self._draw, self._close = _screen(title, given)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *about: object) -> None:
        self._close()

    def update(self, done: float) -> None:
        """Show the amount done, at most every `EVERY` seconds."""
        self._done = done = max(self._done, done)  # a day's beginning may be played twice
        now = time.monotonic()
        if now >= self._next or done >= self._total:
            self._next = now + EVERY
            self._draw(min(done, self._total), self._total)


def _screen(title: str, given: bool | Show) -> _Screen:
    if callable(given):
        return given, lambda: None
    ipython = sys.modules.get("IPython")  # not imported for this
    shell = ipython.get_ipython() if ipython is not None else None
    if given and shell is not None and hasattr(shell, "kernel"):
        return _notebook(title)
    if not (given and sys.stderr.isatty()):
        return lambda _done, _total: None, lambda: None

    def draw(done: float, total: float) -> None:
        filled = round(WIDTH * done / total)
        bar = "#" * filled + "." * (WIDTH - filled)
        sys.stderr.write(f"\r{title} [{bar}] {done / total:4.0%}")
        sys.stderr.flush()

    return draw, lambda: sys.stderr.write("\n")


def _notebook(title: str) -> _Screen:
    from IPython import display

    def page(bar: str = "") -> Any:
        return display.HTML(f"<div>{html.escape(title)}{bar}</div>")  # type: ignore[no-untyped-call]

    handle: Any = display.display(page(), display_id=True)  # type: ignore[no-untyped-call]

    def draw(done: float, total: float) -> None:
        handle.update(page(f' <progress value="{done}" max="{total}"></progress>'))

    return draw, lambda: handle.update(page())
