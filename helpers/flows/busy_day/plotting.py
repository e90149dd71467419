"""Load tests and sweeps as pictures, drawn without pyplot so that no window or state is involved.

Their background is white, so that they read the same in a light and a dark notebook.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from matplotlib.axes import Axes

from ..rehearsal.plotting import Picture
from .demand import HOUR
from .metrics import ContactOutcome, ContactRecord, unit

BLUE, ORANGE, GREY, RED = "#0b6e99", "#d9730d", "#787774", "#c4314b"
COLOURS = (BLUE, ORANGE, "#448361", "#9065b0", RED, "#ad8301", "#337ea9", GREY)
MARKERS = "osD^vP*X"


def plot_day(
    title: str,
    conversations: Sequence[ContactRecord],
    queue: Sequence[tuple[float, int]],
    occupancy: Sequence[float | None],
    duty: Sequence[tuple[float, int]],
) -> Picture:
    """Waits, the queue (as in `LoadTest`), agents on duty and occupancy by the hour, of one day."""
    figure = Picture(figsize=(9, 7), layout="constrained", facecolor="white")
    waits, waiting, busy = figure.subplots(3, 1, sharex=True)
    figure.suptitle(title)
    waited = [each.wait for each in conversations]
    figure.description = (
        f"Waits, queue and occupancy of {title}: {len(waited)} customers waited up to"
        f" {max(waited, default=0):.0f} s, up to {max((n for _, n in queue), default=0)} tasks"
        f" waited at once, agents were busy up to {100 * max(map(_drawn, occupancy)):.0f} %"
        " of an hour."
    )
    still = sum(each.outcome == "waiting" for each in conversations)
    if still:
        figure.description += f" {still} still waited at the end."
    for outcome, colour in COLOUR_OF.items():
        found = [each for each in conversations if each.outcome == outcome]
        if found:
            at = [each.arrived / HOUR for each in found]
            waited = [each.wait for each in found]
            name, mark = LABELS.get(outcome, outcome), MARK_OF[outcome]
            waits.plot(at, waited, mark, ms=4, color=colour, label=name, rasterized=True)
            _legend_above(waits)
    waits.set_ylabel("wait (s)")
    changes = [at / HOUR for at, _ in queue]
    lengths = [length for _, length in queue]
    waiting.fill_between(changes, lengths, step="post", color=ORANGE, lw=0)
    waiting.set_ylabel("tasks waiting")
    waiting.yaxis.get_major_locator().set_params(integer=True)
    since, agents = zip(*duty, strict=True)
    waiting.step(since, agents, where="post", color=BLUE, lw=1, label="agents on duty")
    _legend_above(waiting)
    hours = [hour + 0.5 for hour in range(len(occupancy))]
    busy.bar(hours, [100 * _drawn(each) for each in occupancy], width=0.9, color=GREY)
    busy.axhline(100, color=RED, lw=0.8, ls="--")
    busy.set(ylabel="occupancy (%)", xlabel="hour of the simulated day")
    for axes in (waits, waiting, busy):
        axes.set_ylim(bottom=0)
        axes.grid(axis="y", alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
    return figure


COLOUR_OF: Mapping[ContactOutcome, str] = {
    "answered": BLUE,
    "abandoned": RED,
    "canceled": ORANGE,
    "waiting": GREY,
}
MARK_OF: Mapping[ContactOutcome, str] = {
    "answered": ".",
    "abandoned": "x",
    "canceled": "s",
    "waiting": "^",
}
LABELS = {"waiting": "still waiting at the end"}

Estimated = tuple[float | None, float | None, float | None]
"""Mean, and the ends of its interval; None where there is none."""


def plot_sweep(
    name: str, labels: Sequence[str], lines: Mapping[str, Iterable[Estimated]], title: str
) -> Picture:
    """A figure over labels of staffings, a line for each flow, its interval over seeds shaded."""
    scale = 100 if unit(name) == "%" else 1
    figure = Picture(figsize=(8, 4.5), layout="constrained", facecolor="white")
    axes = figure.subplots()
    figure.description = f"Means of {name.replace('_', ' ')} by number of agents, with intervals."
    for number, (flow, estimates) in enumerate(lines.items()):
        scaled = ([scale * _drawn(one) for one in each] for each in estimates)
        means, low, high = zip(*scaled, strict=True)
        found = ", ".join(f"{at}: {mean:.3g}" for at, mean in zip(labels, means, strict=True))
        figure.description += f" {flow}: {found}."
        colour = COLOURS[number % len(COLOURS)]
        axes.plot(labels, means, color=colour, marker=MARKERS[number % len(MARKERS)], label=flow)
        axes.fill_between(labels, low, high, color=colour, alpha=0.2, lw=0)
    label = name.replace("_", " ")
    axes.set(xlabel="agents", ylabel=f"{label} ({unit(name)})" if unit(name) else label)
    axes.set_title(title)
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    return figure


def plot_plan(
    title: str,
    rows: Sequence[tuple[float, int, float | None, Estimated]],
    target: float,
    hours: float,
) -> Picture:
    """Agents and service level of the intervals that start at these hours, up to the last.

    The service level is that of the days that the plan was fitted to, then its estimate on others.
    """
    figure = Picture(figsize=(9, 5), layout="constrained", facecolor="white")
    above, below = figure.subplots(2, 1, sharex=True)
    figure.suptitle(title)
    starts = [start for start, *_ in rows]
    widths = [end - start for start, end in zip(starts, [*starts[1:], hours], strict=True)]
    found = ", ".join(f"{start:g}: {agents}" for start, agents, *_ in rows)
    figure.description = f"{title}. Agents by hour: {found}."
    at = [start + width / 2 for start, width in zip(starts, widths, strict=True)]
    above.bar(at, [agents for _, agents, *_ in rows], [0.9 * each for each in widths], color=BLUE)
    above.set_ylabel("agents")
    above.yaxis.get_major_locator().set_params(integer=True)
    fitted = [100 * _drawn(level) for *_, level, _ in rows]
    below.plot(at, fitted, "o", color=GREY, mfc="white", label="days it was fitted to")
    scaled = ([100 * _drawn(one) for one in each] for *_, each in rows)
    levels, low, high = zip(*scaled, strict=True)
    if not all(map(math.isnan, low)):
        below.plot(at, levels, "o", color=ORANGE, label="other days, 95 % intervals")
        below.vlines(at, low, high, color=ORANGE)
    below.axhline(100 * target, color=RED, lw=0.8, ls="--", label="target")
    below.set(ylabel="service level (%)", xlabel="hour of the day", ylim=(0, 105))
    _legend_above(below)
    for axes in (above, below):
        axes.grid(axis="y", alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
    return figure


def _legend_above(axes: Axes) -> None:
    axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=4, frameon=False, borderpad=0.1)


def _drawn(value: float | None) -> float:
    return math.nan if value is None else value
