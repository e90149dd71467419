"""Draws the notebooks' Mermaid diagrams as SVG, for readers that do not run Mermaid.

It knows the little of Mermaid that the notebooks use: sequence diagrams, and flowcharts from left
to right.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path

from helpers.sequence_svg import INK, LINE, PALE, Arrow, Note, draw_sequence, svg

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"
DIAGRAM = re.compile(
    r"!\[(?P<alt>[^\]]+)\]\((?P<file>images/[\w-]+\.svg)\)\s+<details>"
    r"<summary>[^<]*</summary>\s+```mermaid\n(?P<mermaid>.*?)```\s+</details>",
    re.DOTALL,
)
_ARROW = re.compile(r"(\w+)(--?)>>(\w+): (.*)")
_NOTE = re.compile(r"Note over (\w+)(?:,(\w+))?: (.*)")
_NODE = re.compile(r"\b(\w+)(?:\(\[(.*?)\]\)|\(\((.*?)\)\)|\{(.*?)\}|\[(.*?)\])")
_EDGE = re.compile(r"^(\w+) (?:-- \"([^\"]*)\" )?--> (?=(\w+))")
CHARACTER, MARGIN, GAP, BETWEEN = 7.0, 12, 44, 18


def diagrams(markdown: str) -> Iterator[tuple[str, str]]:
    """Yield each diagram in a Markdown cell: the name of its file, and its SVG."""
    for found in DIAGRAM.finditer(markdown):
        draw = _sequence if found["mermaid"].startswith("sequenceDiagram") else _flowchart
        yield found["file"], draw(found["mermaid"], found["alt"])


def _sequence(mermaid: str, description: str) -> str:
    lanes, items = {}, []
    for line in map(str.strip, mermaid.splitlines()[1:]):
        if line.startswith("participant "):
            key, name = line.removeprefix("participant ").split(" as ", 1)
            lanes[key] = name
        elif note := _NOTE.fullmatch(line):
            text = note[3].replace("<br/>", " ")
            items.append(Note(text, lanes[note[1]], lanes[note[2] or note[1]]))
        elif arrow := _ARROW.fullmatch(line):
            ends = lanes[arrow[1]], lanes[arrow[3]]
            items.append(Arrow(*ends, arrow[4], dashed=arrow[2] == "--"))
        else:
            raise ValueError(f"not drawn: {line}")
    return draw_sequence([*lanes.values()], items, "Sequence diagram", description)


@dataclass(slots=True)
class _Box:
    lines: list[str]
    rank: int = 0
    x: float = 0
    y: float = 0
    width: float = 0

    def __post_init__(self) -> None:
        self.width = max(map(len, self.lines)) * CHARACTER + 24

    @property
    def height(self) -> float:
        return len(self.lines) * LINE + 16


def _flowchart(mermaid: str, description: str) -> str:
    boxes: dict[str, _Box] = {}
    edges: list[tuple[str, str, list[str]]] = []
    for line in map(str.strip, mermaid.splitlines()[1:]):
        for node in _NODE.finditer(line):
            label = next(filter(None, node.groups()[1:])).strip('"')
            boxes[node[1]] = _Box(label.split("<br/>"))
        rest = _NODE.sub(r"\1", line)
        while edge := _EDGE.match(rest):
            edges.append((edge[1], edge[3], (edge[2] or "").split("<br/>")))
            rest = rest[edge.end() :]
    place = {name: number for number, name in enumerate(boxes)}
    forward = [each for each in edges if place[each[0]] < place[each[1]]]
    for source, target, _ in sorted(forward, key=lambda each: place[each[1]]):
        boxes[target].rank = max(boxes[target].rank, boxes[source].rank + 1)
    bottom = _place(boxes, forward)
    drawn = [_straight(boxes[a], boxes[b], label) for a, b, label in forward]
    for depth, (a, b, label) in enumerate(each for each in edges if each not in forward):
        bottom += 16 + LINE * len(label)
        drawn.append(_back(boxes[a], boxes[b], label, bottom, 10 * depth))
    drawn += map(_drawn, boxes.values())
    right = max(box.x + box.width for box in boxes.values()) + MARGIN
    return svg(right, bottom + MARGIN, "".join(drawn), "Flowchart", description)


def _place(boxes: dict[str, _Box], edges: list[tuple[str, str, list[str]]]) -> float:
    """Place the boxes in columns, and return where they end."""
    ranks = [[box for box in boxes.values() if box.rank == n] for n in range(len(boxes))]
    columns = [column for column in ranks if column]
    heights = [sum(box.height + BETWEEN for box in column) - BETWEEN for column in columns]
    x: float = MARGIN
    for number, (column, height) in enumerate(zip(columns, heights, strict=True)):
        y = MARGIN + (max(heights) - height) / 2
        widest = max(box.width for box in column)
        for box in column:
            box.x, box.y, box.width = x, y, widest
            y += box.height + BETWEEN
        labels = [label for a, _, label in edges if boxes[a].rank == number]
        text = max((len(line) for label in labels for line in label), default=0)
        x += widest + max(GAP, text * CHARACTER + 30)
    return MARGIN + max(heights)


def _straight(a: _Box, b: _Box, label: list[str]) -> str:
    x1, y1 = a.x + a.width, a.y + a.height / 2
    x2, y2 = b.x, b.y + b.height / 2
    bend = min(x1 + GAP, x2)
    path = f"M{x1:g} {y1:g}C{bend:g} {y1:g} {x1:g} {y2:g} {bend:g} {y2:g}H{x2 - 8:g}"
    head = f'<path d="M{x2:g} {y2:g}l-9 -4.5v9z"/>'
    return _path(path) + head + _label(label, x2 - 14, y2 - 6, "end")


def _back(a: _Box, b: _Box, label: list[str], y: float, shift: float) -> str:
    x1, x2 = a.x + a.width / 2, b.x + b.width / 2 - shift
    y1, y2 = a.y + a.height, b.y + b.height
    head = f'<path d="M{x2:g} {y2:g}l-4.5 9h9z"/>'
    path = _path(f"M{x1:g} {y1:g}V{y:g}H{x2:g}V{y2 + 8:g}")
    return path + head + _label(label, (x1 + x2) / 2, y - 5, "middle")


def _path(path: str) -> str:
    return f'<path d="{path}" fill="none" stroke="{INK}"/>'


def _label(lines: list[str], x: float, y: float, anchor: str) -> str:
    first = y - LINE * (len(lines) - 1)
    return "".join(
        f'<text x="{x:g}" y="{first + LINE * n:g}" text-anchor="{anchor}">{escape(line)}</text>'
        for n, line in enumerate(lines)
        if line
    )


def _drawn(box: _Box) -> str:
    text = _label(box.lines, box.x + box.width / 2, box.y + box.height - 13, "middle")
    return (
        f'<rect x="{box.x:g}" y="{box.y:g}" width="{box.width:g}" height="{box.height:g}" rx="6"'
        f' fill="{PALE}" stroke="#8c959f"/>{text}'
    )
