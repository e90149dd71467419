"""HTML tables for notebooks: text in cells is escaped, markup has to be declared."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

LEFT, RIGHT = "text-align:left", "text-align:right"
TOP_LEFT = f"{LEFT};vertical-align:top;white-space:pre-wrap;overflow-wrap:break-word"
_SID = re.compile(r"\b([A-Z]{2}[0-9a-f]{4})[0-9a-f]{28}\b")


class Markup(str):
    """HTML that a cell shows as it is."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell with `style`, CSS added to that of its table, or over a `span` of columns."""

    content: object
    style: str = ""
    span: int = 1


def escaped(content: object) -> str:
    """Return content as HTML: `Markup` as it is, anything else as text."""
    return content if isinstance(content, Markup) else html.escape(str(content))


def breakable(text: str) -> Markup:
    """Return text as HTML whose long paths may be broken after each `/`."""
    return Markup(escaped(text).replace("/", "/<wbr>"))


def short_sids(text: str) -> Markup:
    """Return text as HTML, with six characters of each SID; pointing at one shows the whole."""
    return Markup(_SID.sub(r'<span title="\g<0>">\1…</span>', escaped(text)))


def table(
    rows: Iterable[Iterable[object]],
    heads: Sequence[object] = (),
    *,
    title: str = "",
    style: str = LEFT,
    row_heads: bool = False,
) -> str:
    """Return an HTML table of text, `Markup` or `Cell`s; `style` is the CSS of every cell.

    With `row_heads` each row's first cell is its head.
    """
    caption = f'<caption style="{LEFT}"><b>{escaped(title)}</b></caption>' if title else ""
    head = "".join(_cell('th scope="col"', each, style) for each in heads)
    first = 'th scope="row"' if row_heads else "td"
    body = ""
    for row in rows:
        cells = (_cell("td" if place else first, each, style) for place, each in enumerate(row))
        body += f"<tr>{''.join(cells)}</tr>"
    thead = f"<thead><tr>{head}</tr></thead>" if head else ""
    return f"<table>{caption}{thead}<tbody>{body}</tbody></table>"


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<style>body{{font:14px/1.4 system-ui,sans-serif;margin:2em;color:#1f2328;background:#fff}}
table{{border-collapse:collapse;margin:.5em 0 1.5em}}
td,th{{border:1px solid #d0d7de;padding:.2em .5em}}
.bad{{color:#cf222e}}</style></head><body><h1>{title}</h1>
{body}</body></html>
"""


def page(title: str, parts: Iterable[str]) -> str:
    """A page of these parts, which needs no other file."""
    return _PAGE.format(title=escaped(title), body="\n".join(parts))


def _cell(tag: str, content: object, style: str) -> str:
    cell = content if isinstance(content, Cell) else Cell(content)
    css = f"{style};{cell.style}" if cell.style else style
    span = f' colspan="{cell.span}"' if cell.span > 1 else ""
    return f'<{tag}{span} style="{css}">{escaped(cell.content)}</{tag[:2]}>'
