"""HTML of rehearsals. Everything that is shown is escaped: messages are text, never markup."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from itertools import zip_longest

_CELL = "text-align:left;vertical-align:top"
_LONG, _SHORT = ";white-space:pre-wrap;overflow-wrap:anywhere", ";white-space:nowrap"
_MARK = ";background:rgba(255,165,0,.22)"
"""Orange that lets light and dark show through."""
_BOLD = ";font-weight:bold"


def escaped(value: object) -> str:
    """A value as text that HTML shows as it is."""
    return html.escape(str(value))


def section(title: str, content: str) -> str:
    """Something under a title."""
    return f"<div><b>{escaped(title)}</b>{content}</div>"


def pairs(lines: Iterable[tuple[str, str]]) -> str:
    """Names and values."""
    rows = "".join(_row(line, "", 1) for line in lines)
    return f"<table><tbody>{rows}</tbody></table>"


def table(
    heads: Sequence[str],
    rows: Sequence[Sequence[object]],
    emphasis: Sequence[bool] = (),
    marked: Sequence[bool] = (),
    *,
    narrow: int = 0,
) -> str:
    """A table.

    Args:
        heads: Names of the columns.
        rows: Their values.
        emphasis: Which rows are in bold.
        marked: Which rows stand out in colour.
        narrow: How many of the first columns hold a word or two, and stay on one line.
    """
    styles = zip_longest(emphasis, marked, fillvalue=False)
    both = zip_longest(rows, styles, fillvalue=(False, False))
    body = "".join(
        _row(row, (_BOLD if bold else "") + (_MARK if stands_out else ""), narrow)
        for row, (bold, stands_out) in both
    )
    head = _row(heads, _BOLD, len(heads))
    return f"<table><thead>{head}</thead><tbody>{body}</tbody></table>"


def _row(cells: Sequence[object], style: str, narrow: int) -> str:
    drawn = (
        f'<td style="{_CELL}{_SHORT if place < narrow else _LONG}{style}">{escaped(cell)}</td>'
        for place, cell in enumerate(cells)
    )
    return f"<tr>{''.join(drawn)}</tr>"
