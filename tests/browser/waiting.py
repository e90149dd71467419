"""Assertions that wait: what a page shows may come a moment after the sign that was waited for.

What must never come is read once instead, after a sign that comes later than it would.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

PATIENCE = 20_000
"""Milliseconds after which something awaited counts as never coming."""


def expect(what: Any) -> Any:
    """Playwright's assertions on a page or a locator, imported where there is a browser."""
    from playwright import sync_api

    sync_api.expect.set_options(timeout=PATIENCE)
    return sync_api.expect(what)


STILL = """() => {
  const ends = ({ effect }) => effect.getComputedTiming().endTime < Infinity;
  const running = document.getAnimations().filter(({ playState }) => playState === "running");
  const moving = running.filter(ends).map(({ finished }) => finished);
  return Promise.allSettled(moving).then(() => null);
}"""


def come_to_rest(page: Any) -> None:
    """Wait until all that fades or slides has come to its end: half a colour is nobody's choice."""
    page.evaluate(STILL)


def becomes(read: Callable[[], Any], wanted: Any = True) -> None:
    """Wait until what is read is so, for what Playwright has no assertion of.

    Playwright's own events come only while a reading goes through the browser.
    """
    until = time.monotonic() + PATIENCE / 1000
    while (found := read()) != wanted and time.monotonic() < until:
        time.sleep(0.02)
    assert found == wanted
