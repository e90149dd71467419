"""A rehearsal as a picture: messages, and the states of tasks and chats.

Hours in which nothing happens are cut short, with the time written below. The picture brings its
own light background, so that it reads the same in a light and a dark notebook, and it is drawn
without pyplot, which would keep it open and show it twice.
"""

from __future__ import annotations

import re
import textwrap
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from io import BytesIO

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import findfont, get_font
from matplotlib.lines import Line2D

from ...html import escaped
from ...masking import mask as masked
from .grammar import duration
from .timeline import AGENT, CUSTOMER, REACHED_NOBODY, SERVER, STUDIO, Row

INK, PAPER, GRID = "#1f2328", "#ffffff", "#d0d7de"
SPEAKERS = {CUSTOMER: "#0b6fb8", "bot": "#8250df", AGENT: "#1a7f37"}
"""Lanes of authors, from top to bottom, and their colours."""
COLOURS = {
    "ACTIVE": "#9be9a8",
    "INACTIVE": "#c6cdd5",
    "active": "#9be9a8",
    "inactive": "#dafbe1",
    "closed": "#c6cdd5",
    "pending": "#f7c873",
    "reserved": "#a5d6ff",
    "assigned": "#7ee0c3",
    "wrapping": "#d8c4f5",
    "completed": "#c6cdd5",
    "canceled": "#ffb3ad",
    "deleted": "#e6e8eb",
}
LOST = "#cf222e"
_ENDINGS = ("wrapping", "completed", "canceled", "INACTIVE", "closed", "deleted")
"""States without a mark of their own, which take a place of their own."""
_QUEUE = re.compile(r"task waits in queue (?P<queue>.*) \((?P<task>WT#\d+), (?P<rest>.*)\)")
_OFFERS = ("accepts", "rejects", "timed out")


class Picture(Figure):
    """A figure that a notebook shows by itself, as one made without pyplot does not.

    `description` is its alternative text, which notebooks have room for in HTML only.
    """

    description = ""

    def _repr_png_(self) -> bytes:
        drawn = BytesIO()
        self.savefig(drawn, format="png", dpi=110)
        return drawn.getvalue()

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        png = b64encode(self._repr_png_()).decode()
        alt = escaped(self.description)
        image = f'<img src="data:image/png;base64,{png}" alt="{alt}">'
        return {"text/html": image, "image/png": png, "text/plain": self.description}


@dataclass(frozen=True, slots=True)
class PlotMark:
    """A message, or an answer to an offer."""

    x: float
    lane: str
    text: str
    is_said: bool
    is_lost: bool = False


@dataclass(slots=True)
class Layout:
    """Places of messages, of states by task or chat, and of moments at which the clock moved.

    `queues` has the places at which a task comes into a queue: the task, and queue and priority.
    """

    marks: list[PlotMark] = field(default_factory=list)
    bars: dict[str, list[tuple[float, str]]] = field(default_factory=dict)
    moments: list[tuple[float, int]] = field(default_factory=list)
    queues: list[tuple[float, str, str]] = field(default_factory=list)
    end: float = 0.0


def laid_out(rows: Sequence[Row]) -> Layout:
    """Lay out the rows of a timeline; each message takes a place of its own."""
    layout, seconds = Layout(), -1
    for row in rows:
        if row.kind in ("step", "request", "webhook", "studio", "event"):
            continue
        if row.seconds != seconds:
            seconds = row.seconds
            layout.end += 1
            layout.moments.append((layout.end, seconds))
        if row.kind == "message":
            party, _, name = row.who.partition(" ")
            lane = "bot" if row.who in (STUDIO, SERVER) else party
            _mark(layout, lane, f"{name}: {row.what}" if lane != "bot" and name else row.what)
        elif row.kind == "reservation" and any(turn in row.what for turn in _OFFERS):
            _mark(layout, AGENT, row.what, is_said=False)
        elif found := _QUEUE.fullmatch(f"{row.what} ({row.detail})"):
            layout.queues.append((layout.end, found["task"], f"{found['queue']}, {found['rest']}"))
        elif row.kind == "state" and row.what in COLOURS:
            if row.what in _ENDINGS and layout.marks and layout.marks[-1].x == layout.end:
                layout.end += 1
            layout.bars.setdefault(row.who, []).append((layout.end, row.what))
        elif row.kind == "state" and row.what == REACHED_NOBODY and layout.marks:
            layout.marks[-1] = replace(layout.marks[-1], is_lost=True)
    layout.end += 1
    if len({text for *_, text in layout.queues}) == 1:
        layout.queues.clear()  # they go without saying
    return layout


def _mark(layout: Layout, lane: str, text: str, *, is_said: bool = True) -> None:
    if any(mark.x == layout.end for mark in layout.marks):
        layout.end += 1
    layout.marks.append(PlotMark(layout.end, lane, text, is_said))


def plot(rows: Sequence[Row], title: str) -> Picture:
    """A timeline as a picture, with lanes for customer, bot, agent, tasks and chats."""
    layout = laid_out(rows)
    speakers = [lane for lane in SPEAKERS if any(mark.lane == lane for mark in layout.marks)]
    size = (min(30.0, 3 + 1.15 * layout.end), 1.2 + 1.05 * len(speakers) + 0.45 * len(layout.bars))
    picture = Picture(figsize=size, facecolor=PAPER, layout="constrained")
    picture.description = _described(layout, title)
    axes = picture.add_subplot()
    below = 0.45 * len(layout.bars) + 0.35
    heights = {lane: below + 1.05 * place for place, lane in enumerate(reversed(speakers))}
    heights |= {lane: 0.45 * place for place, lane in enumerate(reversed(layout.bars))}
    for mark in layout.marks:
        _draw(axes, mark, heights[mark.lane])
    for name, states in layout.bars.items():
        ends = [*(start for start, _ in states[1:]), layout.end]
        for (start, state), stop in zip(states, ends, strict=True):
            width, height = max(stop - start, 0.12), heights[name]
            axes.barh(height, width, 0.32, start, color=COLOURS[state], edgecolor=PAPER)
            if width >= 0.08 * len(state):
                axes.text(start + 0.06, height, state, va="center", fontsize=7.5, color=INK)
    for x, name, text in layout.queues:
        height = heights.get(name, 0) + 0.17
        axes.text(x + 0.06, height, _shown(text), fontsize=6.5, color=INK, parse_math=False)
    _frame(axes, layout, heights, title)
    return picture


def _draw(axes: Axes, mark: PlotMark, height: float) -> None:
    colour = LOST if mark.is_lost else SPEAKERS[mark.lane]
    shape = "X" if mark.is_lost else "o" if mark.is_said else "D"
    axes.plot([mark.x], [height], shape, color=colour, markersize=8 if mark.is_said else 5)
    lines = textwrap.wrap(_shown(mark.text), 17, max_lines=3, placeholder="...")
    axes.annotate(
        "\n".join(lines),
        (mark.x, height),
        (0, 7),
        textcoords="offset points",
        ha="center",
        va="bottom",
        fontsize=7.5,
        color=colour if mark.is_lost else INK,
        style="normal" if mark.is_said else "italic",
        parse_math=False,
    )


def _frame(axes: Axes, layout: Layout, heights: dict[str, float], title: str) -> None:
    axes.set_facecolor(PAPER)
    axes.set_title(_shown(title), loc="left", fontsize=10, color=INK, parse_math=False)
    axes.set_xlim(0.4, layout.end + 0.2)
    axes.set_ylim(-0.4, max(heights.values(), default=0) + 0.85)
    named = [lane.replace("CH#", "chat ").replace("WT#", "task ") for lane in heights]
    axes.set_yticks(list(heights.values()), named)
    axes.set_xticks([x for x, _ in layout.moments], [duration(s) for _, s in layout.moments])
    axes.tick_params(colors=INK, labelsize=8, length=0)
    axes.set_xlabel("time, not to scale", loc="right", fontsize=7.5, color=INK)
    for x, _ in layout.moments:
        axes.axvline(x - 0.5, color=GRID, linewidth=0.8, linestyle=":", zorder=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    marks = layout.marks
    signs = (
        (INK, "o", "writes", any(mark.is_said and not mark.is_lost for mark in marks)),
        (LOST, "X", "reaches nobody", any(mark.is_lost for mark in marks)),
        (INK, "D", "answers an offer", any(not mark.is_said for mark in marks)),
    )
    if marks:
        axes.legend(
            handles=[
                Line2D([], [], color=colour, marker=marker, linestyle="", label=label)
                for colour, marker, label, is_there in signs
                if is_there
            ],
            loc="upper left",
            bbox_to_anchor=(0, -0.12),
            ncols=6,
            fontsize=7.5,
            frameon=False,
            labelcolor=INK,
        )


def _described(layout: Layout, title: str) -> str:
    """The picture in words: all that is said, and the last state of each task and chat."""
    said = [
        f"{mark.lane}: {mark.text}" + (" (reaches nobody)" if mark.is_lost else "")
        for mark in layout.marks
    ]
    ends = [f"{lane} ends as {states[-1][1]}" for lane, states in layout.bars.items()]
    queues = [f"{name} waits in {text}" for _, name, text in layout.queues]
    return masked(
        f"Timeline of {title}. {'; '.join([*said, *queues, *ends]) or 'Nothing happens'}."
    )


def _shown(text: str) -> str:
    """A text in one line, of characters that the font has."""
    return "".join(c if ord(c) in _drawable() else "□" for c in " ".join(text.split()))


@cache
def _drawable() -> frozenset[int]:
    """The characters that matplotlib's own font can draw; others would cause a warning."""
    return frozenset(get_font(findfont("DejaVu Sans")).get_charmap())
