"""Measure a panel with ten thousand messages.

    PYTHONPATH=tests:tests/plugins:. python tests/browser/long_chat.py

Prints the time until the panel is there, that of an append, and what the page holds, collected
garbage apart, at first and after each further thousand messages. It needs a system Chromium, as
the browser tests do.
"""

from __future__ import annotations

import sys
import time
from typing import Any

import chromium
from fake_chat import Room
from widget_page import WidgetPage

from helpers.panel import ChatPanel

MANY, MORE, ROUNDS = 10_000, 1_000, 5
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
    sizes, spent = [size(widgets.page)], 0.0
    for round_ in range(ROUNDS):
        started = time.perf_counter()
        for number in range(MORE):
            room.write("alice", f"live {round_} {number}")
        spent += time.perf_counter() - started
        sizes.append(size(widgets.page))
    append = spent / (ROUNDS * MORE)
    times = sorted(widgets.page.evaluate("() => times"))
    return [
        f"opens in {opened:.2f} s with {MANY} messages",
        f"append: {append * 1000:.1f} ms in all; in the page {times[len(times) // 2]:.1f} ms,"
        f" 99 % below {times[int(len(times) * 0.99)]:.1f} ms",
        *(
            f"{MANY + round_ * MORE} messages: {heap:.2f} MB of JavaScript, {nodes} nodes,"
            f" {listeners} listeners"
            for round_, (heap, nodes, listeners) in enumerate(sizes)
        ),
    ]


def size(page: Any) -> tuple[float, int, int]:
    """Return the megabytes of live JavaScript, nodes and event listeners, garbage collected."""
    protocol = page.context.new_cdp_session(page)
    for _ in range(3):
        protocol.send("HeapProfiler.collectGarbage")
    heap = protocol.send("Runtime.getHeapUsage")["usedSize"] / 1e6
    counters = protocol.send("Memory.getDOMCounters")
    protocol.detach()
    return heap, counters["nodes"], counters["jsEventListeners"]


if __name__ == "__main__":
    with chromium.launched(chromium.find() or sys.exit(chromium.NOT_FOUND)) as one:
        print("\n".join(measure(one)))  # noqa: T201 - it is a command
