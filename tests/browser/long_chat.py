"""Measure a panel with ten thousand messages.

    PYTHONPATH=tests:tests/plugins:. python tests/browser/long_chat.py

Prints the time until the panel is there, that of an append, and the size of the page before and
after a thousand more messages. It needs a system Chromium, as the browser tests do.
"""

from __future__ import annotations

import sys
import time
from typing import Any

import chromium
from fake_chat import Room
from widget_page import WidgetPage

from helpers.panel import ChatPanel

MANY, MORE = 10_000, 1_000
SIZE = "() => [performance.memory.usedJSHeapSize / 1e6, document.querySelectorAll('*').length]"
TIMED = """() => {
  const receive = fromPython;
  globalThis.times = [];
  globalThis.fromPython = (id, message) => {
    const started = performance.now();
    receive(id, message);
    document.body.offsetHeight; // lays the page out
    times.push(performance.now() - started);
  };
}"""


def measure(browser: Any) -> list[str]:
    """Return the figures, a line each."""
    widgets = WidgetPage(browser.new_page(viewport={"width": 900, "height": 560}))
    room = Room()
    panel = ChatPanel(room.join("abc123", "guest"))
    for number in range(MANY):
        room.write("alice" if number % 3 else "abc123", f"number {number} of many messages")
    started = time.perf_counter()
    widgets.show(panel)
    opened = time.perf_counter() - started
    widgets.page.evaluate(TIMED)
    sizes = [widgets.page.evaluate(SIZE)]
    started = time.perf_counter()
    for number in range(MORE):
        room.write("alice", f"live {number}")
    append = (time.perf_counter() - started) / MORE
    sizes.append(widgets.page.evaluate(SIZE))
    times = sorted(widgets.page.evaluate("() => times"))
    return [
        f"opens in {opened:.2f} s with {MANY} messages",
        f"append: {append * 1000:.1f} ms in all; in the page {times[len(times) // 2]:.1f} ms,"
        f" 99 % below {times[int(len(times) * 0.99)]:.1f} ms",
        *(f"{heap:.1f} MB of JavaScript, {nodes} elements" for heap, nodes in sizes),
    ]


if __name__ == "__main__":
    with chromium.launched(chromium.find() or sys.exit(chromium.NOT_FOUND)) as one:
        print("\n".join(measure(one)))  # noqa: T201 - it is a command
