"""HTML of rehearsals. Everything that is shown is escaped: messages are text, never markup."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence

_CELL = "text-align:left;vertical-align:top;white-space:pre-wrap;overflow-wrap:anywhere"
_MARK = f"{_CELL};background:rgba(255,165,0,.22)"
"""Orange that lets light and dark show through."""


def escaped(value: object) -> str:
    """A value as text that HTML shows as it is."""
    return html.escape(str(value))


def section(title: str, content: str) -> str:
    """Something under a title."""
    return f"<div><b>{escaped(title)}</b>{content}</div>"


def pairs(lines: Iterable[tuple[str, str]]) -> str:
    """Names and values."""
    head, cell = f'<th style="{_CELL}">', f'<td style="{_CELL}">'
    rows = "".join(
        f"<tr>{head}{escaped(name)}</th>{cell}{escaped(value)}</td></tr>" for name, value in lines
    )
    return f"<table><tbody>{rows}</tbody></table>"


def table(
    heads: Sequence[str],
    rows: Sequence[Sequence[object]],
    emphasis: Sequence[bool] = (),
    marked: Sequence[bool] = (),
) -> str:
    """A table.

    Args:
        heads: Names of the columns.
        rows: Their values.
        emphasis: Which rows are in bold.
        marked: Which rows stand out in colour.
    """
    head = "".join(f'<th style="{_CELL}">{escaped(name)}</th>' for name in heads)
    body = "".join(
        _row(
            row,
            bold=number < len(emphasis) and emphasis[number],
            marked=number < len(marked) and marked[number],
        )
        for number, row in enumerate(rows)
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _row(row: Sequence[object], *, bold: bool, marked: bool) -> str:
    style = (_MARK if marked else _CELL) + (";font-weight:bold" if bold else "")
    return "<tr>" + "".join(f'<td style="{style}">{escaped(v)}</td>' for v in row) + "</tr>"
