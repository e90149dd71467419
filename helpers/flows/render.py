"""Plans and findings as text, as tables in a notebook and as JSON; never with a URL's password."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from .config import masked
from .diff import FieldChange, PlanStep

if TYPE_CHECKING:
    import pandas as pd

SIGNS = {"create": "+", "update": "~", "leave": "=", "delete": "-"}
COLOURS = {
    "create": "#1a7f37",
    "update": "#9a6700",
    "leave": "#57606a",
    "delete": "#cf222e",
    "error": "#cf222e",
    "warning": "#9a6700",
    "skipped": "#57606a",
}
"""Under white letters, so that they read the same in light and dark themes."""
COLUMNS = ("action", "flow", "sid", "field", "before", "after", "note")
_LEFT = ' style="text-align:left;vertical-align:top;white-space:pre-wrap"'
_NOBODY = ("", "", "")


def shown(value: Any) -> str:
    """A value as one writes it in YAML."""
    if value is None:
        return "not set"
    return json.dumps(masked(value) if isinstance(value, str) else value, ensure_ascii=False)


def text(title: str, steps: Iterable[PlanStep], summary: str) -> str:
    """A plan as lines of text."""
    return "\n".join([title, *(line for step in steps for line in _lines(step)), summary])


def _lines(step: PlanStep) -> Iterator[str]:
    yield f"  {SIGNS[step.action]} {step.action} {shown(step.name)}" + _sid(step)
    yield from (f"      {change.field}: {_change(step, change)}" for change in step.changes)
    if step.note:
        yield f"      ({step.note})"


def _sid(step: PlanStep) -> str:
    return f" {step.sid}" if step.sid else ""


def _change(step: PlanStep, change: FieldChange) -> str:
    after = shown(change.after)
    return after if step.action == "create" else f"{shown(change.before)} -> {after}"


def rows(steps: Iterable[PlanStep]) -> Iterator[tuple[str, ...]]:
    """One row a changed field, or a flow of which no field changes."""
    for step in steps:
        who = (step.action, step.name, step.sid or "")
        for change in step.changes:
            before = "" if step.action == "create" else shown(change.before)
            yield (*who, change.field, before, shown(change.after), step.note)
        if not step.changes:
            yield (*who, "", "", "", step.note)


def table(steps: Iterable[PlanStep]) -> pd.DataFrame:
    """A plan as a pandas table."""
    import pandas as pd

    return pd.DataFrame(list(rows(steps)), columns=list(COLUMNS))


def html(title: str, steps: Iterable[PlanStep], summary: str) -> str:
    """A plan as an HTML table, in which a flow is named once, with its note below its changes."""
    body = "".join(line for step in steps for line in _html_of(step))
    return f"{_page(title, COLUMNS[:-1], body)}<p>{escape(summary)}</p>"


def _html_of(step: PlanStep) -> Iterator[str]:
    who = (badge(step.action), escape(step.name), escape(step.sid or ""))
    lines = [
        "".join(map(_cell, map(escape, (field, before, after))))
        for *_, field, before, after, _note in rows([step] if step.changes else ())
    ]
    if step.note or not lines:
        lines.append(f'<td colspan="3"{_LEFT}><i>{escape(step.note)}</i></td>')
    for number, line in enumerate(lines):
        yield f"<tr>{''.join(map(_cell, who if number == 0 else _NOBODY))}{line}</tr>"


def badge(word: str) -> str:
    """A word on its colour."""
    style = f"background:{COLOURS[word]};color:#fff;padding:0 .5em;border-radius:.6em"
    return f'<span style="{style}">{escape(word)}</span>'


def html_table(title: str, columns: Sequence[str], body: Iterable[Sequence[str]]) -> str:
    """A table of cells that are HTML already."""
    return _page(title, columns, "".join(map(_line, body)))


def _page(title: str, columns: Sequence[str], lines: str) -> str:
    head = "".join(f'<th scope="col"{_LEFT}>{escape(column)}</th>' for column in columns)
    caption = f'<caption style="text-align:left"><b>{escape(title)}</b></caption>'
    return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table>"


def _line(cells: Sequence[str]) -> str:
    return f"<tr>{''.join(map(_cell, cells))}</tr>"


def _cell(html: str) -> str:
    return f"<td{_LEFT}>{html}</td>"


def as_json(step: PlanStep) -> dict[str, Any]:
    """A step for programs."""
    return {
        "action": step.action,
        "flow": step.name,
        "sid": step.sid,
        "changes": [
            {"field": one.field, "before": _plain(one.before), "after": _plain(one.after)}
            for one in step.changes
        ],
        "note": step.note,
    }


def _plain(value: Any) -> Any:
    return masked(value) if isinstance(value, str) else value
