"""HTML of rehearsals. Everything that is shown is escaped: messages are text, never markup."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence

_WHOLE = "text-align:left;vertical-align:top"
"""Of a cell whose words are never broken."""
_CELL = f"{_WHOLE};white-space:pre-wrap;overflow-wrap:anywhere"
_MARK = ";background:rgba(255,165,0,.22)"
"""Orange that lets light and dark show through."""


def escaped(value: object) -> str:
    """A value as text that HTML shows as it is."""
    return html.escape(str(value))


def section(title: str, content: str) -> str:
    """Something under a title."""
    return f"<div><b>{escaped(title)}</b>{content}</div>"


def pairs(lines: Iterable[tuple[str, str]]) -> str:
    """Names and values."""
    head, cell = f'<th style="{_WHOLE}">', f'<td style="{_CELL}">'
    rows = "".join(
        f"<tr>{head}{escaped(name)}</th>{cell}{escaped(value)}</td></tr>" for name, value in lines
    )
    return f"<table><tbody>{rows}</tbody></table>"


def table(
    heads: Sequence[str],
    rows: Sequence[Sequence[object]],
    emphasis: Sequence[bool] = (),
    marked: Sequence[bool] = (),
    whole: int = 0,
) -> str:
    """A table.

    Args:
        heads: Names of the columns.
        rows: Their values.
        emphasis: Which rows are in bold.
        marked: Which rows stand out in colour.
        whole: In how many columns, from the left, no word is broken.
    """
    head = "".join(f'<th style="{_WHOLE}">{escaped(name)}</th>' for name in heads)
    body = "".join(
        _row(
            row,
            whole,
            bold=number < len(emphasis) and emphasis[number],
            marked=number < len(marked) and marked[number],
        )
        for number, row in enumerate(rows)
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _row(row: Sequence[object], whole: int, *, bold: bool, marked: bool) -> str:
    look = (_MARK if marked else "") + (";font-weight:bold" if bold else "")
    cells = (
        f'<td style="{_WHOLE if number < whole else _CELL}{look}">{escaped(value)}</td>'
        for number, value in enumerate(row)
    )
    return f"<tr>{''.join(cells)}</tr>"
