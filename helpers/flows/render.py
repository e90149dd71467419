"""Plans as text, as tables in a notebook and as JSON; never with a URL's password."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from html import escape
from typing import TYPE_CHECKING, Any

from ..html import TOP_LEFT, Cell, Markup
from ..html import table as html_table
from .config import masked
from .diff import PlanStep

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


def shown(value: Any) -> str:
    """A value as YAML writes it."""
    if value is None:
        return "not set"
    return json.dumps(_masked(value), ensure_ascii=False)


def text(title: str, steps: Iterable[PlanStep], summary: str) -> str:
    """A plan as lines of text."""
    return "\n".join([title, *(line for step in steps for line in _lines(step)), summary])


def _lines(step: PlanStep) -> Iterator[str]:
    sid = f" {step.sid}" if step.sid else ""
    yield f"  {SIGNS[step.action]} {step.action} {shown(step.name)}{sid}"
    for change in step.changes:
        before = "" if step.action == "create" else f"{shown(change.before)} -> "
        yield f"      {change.field}: {before}{shown(change.after)}"
    if step.note:
        yield f"      ({step.note})"


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
    lines = [line for step in steps for line in _html_rows(step)]
    drawn = html_table(lines, COLUMNS[:-1], title=title, style=TOP_LEFT)
    return f"{drawn}<p>{escape(summary)}</p>"


def _html_rows(step: PlanStep) -> Iterator[tuple[object, ...]]:
    who: tuple[object, ...] = (badge(step.action), step.name, step.sid or "")
    for *_, field, before, after, _note in rows([step] if step.changes else ()):
        yield (*who, field, before, after)
        who = ("", "", "")
    if step.note or not step.changes:
        yield (*who, Cell(step.note, "font-style:italic", span=3))


def badge(word: str) -> Markup:
    """A word on its colour."""
    style = f"background:{COLOURS[word]};color:#fff;padding:0 .5em;border-radius:.6em"
    return Markup(f'<span style="{style}">{escape(word)}</span>')


def as_json(step: PlanStep) -> dict[str, Any]:
    """A step as JSON."""
    return {
        "action": step.action,
        "flow": step.name,
        "sid": step.sid,
        "changes": [
            {"field": one.field, "before": _masked(one.before), "after": _masked(one.after)}
            for one in step.changes
        ],
        "note": step.note,
    }


def _masked(value: Any) -> Any:
    return masked(value) if isinstance(value, str) else value
