"""Load tests and sweeps as pictures, drawn without pyplot so that no window or state is involved.

They stand on white, so that they read the same in a light and a dark notebook.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from .demand import HOUR

if TYPE_CHECKING:
    from .grid import Sweep
    from .result import LoadTest

BLUE, ORANGE, GREY, RED = "#0b6e99", "#d9730d", "#787774", "#c4314b"
COLOURS = (BLUE, ORANGE, "#448361", "#9065b0", RED, "#ad8301", "#337ea9", GREY)
MARKERS = "osD^vP*X"


def plot_day(test: LoadTest) -> Figure:
    """Waits, the queue and occupancy over one day."""
    figure = Figure(figsize=(9, 7), layout="constrained", facecolor="white")
    waits, queue, busy = figure.subplots(3, 1, sharex=True)
    figure.suptitle(test.title)
    for outcome, colour in (("answered", BLUE), ("abandoned", RED), ("canceled", ORANGE)):
        found = [each for each in test.conversations if each.outcome == outcome]
        if found:
            at = [each.arrived / HOUR for each in found]
            waited = [each.wait for each in found]
            waits.plot(at, waited, ".", ms=3, color=colour, label=outcome, rasterized=True)
            waits.legend(loc="upper left", frameon=False)
    waits.set_ylabel("wait (s)")
    changes = [at / HOUR for at, _ in test.queue]
    lengths = [length for _, length in test.queue]
    queue.fill_between(changes, lengths, step="post", color=ORANGE, lw=0)
    queue.set_ylabel("tasks waiting")
    table = test.table()
    busy.bar(table.index + 0.5, 100 * table["occupancy"], width=0.9, color=GREY)
    busy.set(ylabel="occupancy (%)", xlabel="hour of the simulated day", ylim=(0, 105))
    for axes in (waits, queue, busy):
        axes.set_ylim(bottom=0)
        axes.grid(axis="y", alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
    return figure


def plot_sweep(sweep: Sweep, name: str) -> Figure:
    """One figure over the staffing, a line for each flow, its interval over the seeds shaded."""
    figure = Figure(figsize=(8, 4.5), layout="constrained", facecolor="white")
    axes = figure.subplots()
    labels = [staffing.label for staffing in sweep.staffing]
    for number, flow in enumerate(sweep.flows):
        found = [cell.figure(name) for cell in sweep.of_flow(number)]
        means = [_drawn(each.mean) for each in found]
        low = [_drawn(each.low) for each in found]
        high = [_drawn(each.high) for each in found]
        colour = COLOURS[number % len(COLOURS)]
        marker = MARKERS[number % len(MARKERS)]
        axes.plot(labels, means, color=colour, marker=marker, label=flow.friendly_name)
        axes.fill_between(labels, low, high, color=colour, alpha=0.2, lw=0)
    axes.set(xlabel="agents", ylabel=name.replace("_", " "))
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    return figure


def _drawn(value: float | None) -> float:
    return math.nan if value is None else value
