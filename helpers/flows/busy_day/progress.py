"""How far a simulation is, shown where somebody can see it, and nowhere else.

In a terminal it is a line that is written over. In a notebook it is a bar that goes away when it is
done, and leaves the title: what is stored with the notebook is the same each time. Elsewhere, as
in CI, nothing is written.
"""

from __future__ import annotations

import html
import sys
import time
from collections.abc import Callable
from typing import Any, Self

EVERY = 0.2
"""Seconds of real time between two looks at it."""
WIDTH = 30

Show = Callable[[float, float], None]
"""Told how much is done, and how much there is."""


class Progress:
    """Shows how far something is.

    Args:
        title: What is going on.
        total: How much there is to do, in whatever unit.
        given: True to show it where it can be seen, False for nowhere, or a function to be told.
    """

    def __init__(self, title: str, total: float, given: bool | Show) -> None:
        self._total = total
        self._next = 0.0
        self._screen: _Screen = _Function(given) if callable(given) else _screen(title, shown=given)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *about: object) -> None:
        self._screen.close()

    def tell(self, done: float) -> None:
        """Say how much is done."""
        now = time.monotonic()
        if now >= self._next or done >= self._total:
            self._next = now + EVERY
            self._screen.draw(min(done, self._total), self._total)


class _Screen:
    """Where nobody looks."""

    def draw(self, done: float, total: float) -> None:
        """Show how far it is."""

    def close(self) -> None:
        """Leave nothing half-drawn behind."""


class _Function(_Screen):
    def __init__(self, show: Show) -> None:
        self._show = show

    def draw(self, done: float, total: float) -> None:
        self._show(done, total)


class _Terminal(_Screen):
    def __init__(self, title: str) -> None:
        self._title = title

    def draw(self, done: float, total: float) -> None:
        filled = round(WIDTH * done / total)
        bar = "#" * filled + "." * (WIDTH - filled)
        sys.stderr.write(f"\r{self._title} [{bar}] {done / total:4.0%}")
        sys.stderr.flush()

    def close(self) -> None:
        sys.stderr.write("\n")


class _Notebook(_Screen):
    def __init__(self, title: str) -> None:
        from IPython import display

        self._title = html.escape(title)
        self._display: Any = display
        self._handle = self._display.display(self._page(""), display_id=True)

    def _page(self, bar: str) -> Any:
        return self._display.HTML(f"<div>{self._title}{bar}</div>")

    def draw(self, done: float, total: float) -> None:
        self._handle.update(self._page(f' <progress value="{done}" max="{total}"></progress>'))

    def close(self) -> None:
        self._handle.update(self._page(""))


def _screen(title: str, *, shown: bool) -> _Screen:
    if not shown:
        return _Screen()
    if _in_notebook():
        return _Notebook(title)
    return _Terminal(title) if sys.stderr.isatty() else _Screen()


def _in_notebook() -> bool:
    """Whether a kernel runs this; asked without loading IPython where nobody has."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell is not None and hasattr(shell, "kernel")
