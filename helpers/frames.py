"""A pandas table that a notebook shows aligned, with SIDs shortened and nothing left to chance."""

from __future__ import annotations

from numbers import Number
from typing import Any

import pandas as pd

from . import html

MOST = 60
"""Rows shown of a longer table: half of them from its end."""


class AlignedTable(pd.DataFrame):
    """A `DataFrame` in every way but its HTML, where each heading stands as its column does."""

    @property
    def _constructor(self) -> type[AlignedTable]:
        return AlignedTable

    def _repr_html_(self) -> str:
        if self.empty:
            return f"<p>Nothing: no rows of {html.escaped(', '.join(map(str, self.columns)))}.</p>"
        half = MOST // 2
        rows = [(label, *values) for label, *values in self.itertuples(name=None)]
        shown = rows if len(rows) <= MOST else rows[:half] + rows[-half:]
        numeric = [False, *(all(map(_is_number, self[name])) for name in self.columns)]
        heads = [
            html.Cell(name, html.RIGHT if right else "")
            for name, right in zip((self.index.name or "", *self.columns), numeric, strict=True)
        ]
        cells = [
            [
                html.Cell(_shown(value), html.RIGHT if right else "")
                for value, right in zip(row, numeric, strict=True)
            ]
            for row in shown
        ]
        left_out = len(rows) - len(shown)
        title = f"{len(rows)} rows, {left_out} left out in the middle" if left_out else ""
        return html.table(cells, heads, title=title, style=html.TOP_LEFT, row_heads=True)


def _is_number(value: Any) -> bool:
    return (isinstance(value, Number) and not isinstance(value, bool)) or value is pd.NA


def _shown(value: Any) -> html.Markup:
    missing = value is None or value is pd.NA or value is pd.NaT or value != value  # noqa: PLR0124
    return html.short_sids("" if missing else str(value))
