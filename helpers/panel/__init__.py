"""The chat panel a notebook shows, and the plain model behind it.

The model needs no widget library, so importing it loads none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .model import ChatPanelModel

if TYPE_CHECKING:
    from .widget import ChatPanel

__all__ = ["ChatPanel", "ChatPanelModel"]


def __getattr__(name: str) -> object:
    if name == "ChatPanel":
        from .widget import ChatPanel  # noqa: PLC0415 - only now are widgets wanted

        return ChatPanel
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
