"""Widgets beside each other where there is room, and below each other where there is not."""

from __future__ import annotations

from ipywidgets import Box, Layout, Widget

from .still import Still, side_by_side_html, still_html

_NARROWEST = "min(100%, 300px)"
"""Narrowest width at which a panel is a pleasure."""


class SideBySide(Still, Box):  # type: ignore[misc]  # ipywidgets is untyped
    """Widgets in a row that wraps."""

    def __init__(self, *widgets: Widget) -> None:
        for widget in widgets:
            widget.layout.flex, widget.layout.min_width = "1 1 300px", _NARROWEST
        layout = Layout(flex_flow="row wrap", align_items="flex-start", width="100%")
        super().__init__(children=widgets, layout=layout)

    def __repr__(self) -> str:
        return f"side_by_side({', '.join(map(repr, self.children))})"

    def html(self) -> str:
        """Return the widgets as HTML without scripts."""
        return side_by_side_html(map(still_html, self.children))


def side_by_side(*widgets: Widget) -> SideBySide:
    """Put panels, or other widgets, beside each other; where it is narrow they wrap.

    Example: `side_by_side(ChatPanel(channel), AgentPanel(desk))`.
    """
    return SideBySide(*widgets)
