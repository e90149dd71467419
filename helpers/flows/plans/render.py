"""Steps of a plan as text, as rows of tables and as JSON; never with a URL's password."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from html import escape
from typing import Any

from ... import masking
from ...html import Cell, Markup, short_sids
from ..file.kinds.kind import spelled
from ..file.kinds.table import KINDS
from .steps import PlanStep

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
    return json.dumps(masking.shown(value), ensure_ascii=False)


def titled(step: PlanStep) -> str:
    """A step's noun, unless it is a way into Flex, and its name."""
    kind = KINDS.get(step.kept_in)
    of = " of" if kind and kind.is_single else ""
    whose = f" of {shown(step.whose)}" if step.whose else ""
    return f"{kind.noun}{of} {shown(step.name)}{whose}" if kind else shown(step.name)


def lines(step: PlanStep) -> Iterator[str]:
    """A step as lines of text."""
    sid = f" {step.shown_sid}" if step.sid else ""
    yield f"  {SIGNS[step.action]} {step.action} {titled(step)}{sid}"
    for change in step.changes:
        before = "" if step.action == "create" else f"{shown(change.before)} -> "
        yield f"      {change.field}: {before}{shown(change.after)}"
    if step.note:
        yield f"      ({step.note})"


def rows(steps: Iterable[PlanStep]) -> Iterator[tuple[str, ...]]:
    """One row a changed field, or a flow of which no field changes."""
    for step in steps:
        kind = KINDS.get(step.kept_in)
        whose = f" of {step.whose}" if step.whose else ""
        name = masking.mask(f"{kind.noun} {step.name}{whose}" if kind else step.name)
        who = (step.action, name, step.shown_sid)
        for change in step.changes:
            before = "" if step.action == "create" else shown(change.before)
            yield (*who, change.field, before, shown(change.after), step.note)
        if not step.changes:
            yield (*who, "", "", "", step.note)


def html_rows(step: PlanStep) -> Iterator[tuple[object, ...]]:
    """Rows of an HTML table, in which the flow is named once, with its note below its changes."""
    [_, name, sid, *_], *_ = rows([step])
    who: tuple[object, ...] = (badge(step.action), name, short_sids(sid))
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
        "list": step.kept_in,
        "flow": masking.mask(step.name),
        "sid": step.shown_sid or None,
        "address": spelled(step.place),
        "changes": [
            {
                "field": one.field,
                "before": masking.shown(one.before),
                "after": masking.shown(one.after),
            }
            for one in step.changes
        ],
        "note": step.note,
    }
