"""Draws sequence diagrams as SVG without a browser.

No font is measured: room is reckoned from the number of characters, so that the same diagram has
the same bytes on every machine.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from unicodedata import east_asian_width

FONT = 13
LINE = 16
"""Height of a line of text, in pixels, as are the following."""
MARGIN, GAP, HEAD = 12, 28, 30
LONGEST_LINE, LONGEST_NOTE = 26, 44
"""Characters on a line of text beside an arrow, and of a note; longer texts are broken."""
INK, PAPER, PALE, NOTE = "#1f2328", "#ffffff", "#eef4fb", "#fff8c5"
"""Dark on a paper of its own, so that it reads the same in a light and a dark notebook."""


@dataclass(frozen=True, slots=True)
class Arrow:
    """A message from one lane to another, or the same one; `dashed` for an answer or event."""

    source: str
    target: str
    text: str
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Note:
    """A remark across the lanes from `first` to `last`."""

    text: str
    first: str
    last: str


def draw_sequence(
    lanes: Sequence[str], items: Iterable[Arrow | Note], title: str, description: str
) -> str:
    """Return a sequence diagram as SVG, from top to bottom, lanes from left to right."""
    drawn = list(items)
    centres, width = _placed(_centres(lanes, drawn), drawn)
    body, y = [], MARGIN + HEAD + 8
    for item in drawn:
        lines = _lines(item)
        if isinstance(item, Note):
            middle, half = _across(item, centres)
            height = len(lines) * LINE + 8
            body.append(_box(middle - half, y, 2 * half, height, NOTE))
            body.append(_text(lines, middle, y + LINE))
            y += height + 12
        elif item.source == item.target:
            x, height = centres[item.source], max(len(lines) * LINE, 20)
            body.append(_text(lines, x + 36, y + LINE - 3, "start"))
            path = f"M{x:g} {y + 4:g}h28v{height:g}h-24"
            body.append(_line(path, item.dashed) + _head(x, y + 4 + height, -1))
            y += height + 18
        else:
            start, end = centres[item.source], centres[item.target]
            body.append(_text(lines, (start + end) / 2, y + LINE - 4))
            y += len(lines) * LINE + 4
            towards = 1 if end > start else -1
            body.append(_line(f"M{start:g} {y:g}H{end - 4 * towards:g}", item.dashed))
            body.append(_head(end, y, towards))
            y += 14
    height = y + MARGIN
    stems = "".join(
        f'<path d="M{x:g} {MARGIN + HEAD}V{y}" stroke="#8c959f" stroke-dasharray="2 4"/>'
        + _box(x - _half(lane), MARGIN, 2 * _half(lane), HEAD, PALE)
        + _text([lane], x, MARGIN + 20, weight="600")
        for lane, x in centres.items()
    )
    return svg(width, height, stems + "".join(body), title, description)


def svg(width: float, height: float, body: str, title: str, description: str) -> str:
    """Return a drawing on its paper, with texts for readers that do not see it."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{width:g}" height="{height:g}"'
        f' viewBox="0 0 {width:g} {height:g}" font-family="Helvetica, Arial, sans-serif"'
        f' font-size="{FONT}" fill="{INK}"><title>{escape(title)}</title>'
        f"<desc>{escape(description)}</desc>"
        f'<rect width="{width:g}" height="{height:g}" rx="8" fill="{PAPER}"/>{body}</svg>'
    )


def _centres(lanes: Sequence[str], items: Sequence[Arrow | Note]) -> dict[str, float]:
    """Return the lanes' places: as near as their heads, and the texts between them, allow."""
    place = {lane: number for number, lane in enumerate(lanes)}
    centres = [0.0]
    for number in range(1, len(lanes)):
        at = centres[-1] + _half(lanes[number - 1]) + _half(lanes[number]) + GAP
        for item in items:
            if isinstance(item, Note):
                continue
            low, high = sorted((place[item.source], place[item.target]))
            room = _width(_lines(item)) + GAP
            if low == high == number - 1:
                at = max(at, centres[low] + room + 24)
            elif low < high == number:
                at = max(at, centres[low] + room)
        centres.append(at)
    return dict(zip(lanes, centres, strict=True))


def _placed(
    centres: dict[str, float], items: Sequence[Arrow | Note]
) -> tuple[dict[str, float], float]:
    """Return the lanes' places on a paper that holds all, and its width."""
    ends = [(x - _half(lane), x + _half(lane)) for lane, x in centres.items()]
    for item in items:
        if isinstance(item, Note):
            middle, half = _across(item, centres)
            ends.append((middle - half, middle + half))
        elif item.source == item.target:
            x = centres[item.source]
            ends.append((x, x + 40 + _width(_lines(item))))
    left = min(each for each, _ in ends) - MARGIN
    right = max(each for _, each in ends) + MARGIN
    return {lane: x - left for lane, x in centres.items()}, right - left


def _across(note: Note, centres: dict[str, float]) -> tuple[float, float]:
    """Return the middle of a note, and half its width."""
    left, right = sorted((centres[note.first], centres[note.last]))
    return (left + right) / 2, max(_width(_lines(note)) + 16, right - left + 60) / 2


def _half(lane: str) -> float:
    return max(_width([lane]) + 24, 80) / 2


def _lines(item: Arrow | Note) -> list[str]:
    longest = LONGEST_NOTE if isinstance(item, Note) else LONGEST_LINE
    return textwrap.wrap(item.text, longest) or [" "]


def _width(lines: Iterable[str]) -> float:
    return max(sum(13 if east_asian_width(c) in "WF" else 7.2 for c in line) for line in lines)


def _box(x: float, y: float, width: float, height: float, fill: str) -> str:
    return (
        f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="4" fill="{fill}"'
        f' stroke="#8c959f"/>'
    )


def _line(path: str, dashed: bool) -> str:
    dashes = ' stroke-dasharray="5 4"' if dashed else ""
    return f'<path d="{path}" fill="none" stroke="{INK}"{dashes}/>'


def _head(x: float, y: float, towards: int) -> str:
    return f'<path d="M{x:g} {y:g}l{-9 * towards} -4.5v9z"/>'


def _text(
    lines: Sequence[str], x: float, y: float, anchor: str = "middle", weight: str = "400"
) -> str:
    return "".join(
        f'<text x="{x:g}" y="{y + number * LINE:g}" text-anchor="{anchor}"'
        f' font-weight="{weight}">{escape(line)}</text>'
        for number, line in enumerate(lines)
    )
