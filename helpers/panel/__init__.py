"""The panels a notebook shows, a chat's and an agent's, and the plain models behind them.

The models need no widget library, so importing them loads none.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from .agent_model import AgentPanelModel
from .model import ChatPanelModel

if TYPE_CHECKING:
    from .agent import AgentPanel
    from .widget import ChatPanel

_WIDGETS = {"AgentPanel": "agent", "ChatPanel": "widget"}

__all__ = ["AgentPanel", "AgentPanelModel", "ChatPanel", "ChatPanelModel"]


def __getattr__(name: str) -> object:
    if name in _WIDGETS:  # only now are widgets wanted
        return getattr(import_module(f".{_WIDGETS[name]}", __name__), name)
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
