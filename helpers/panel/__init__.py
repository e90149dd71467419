"""Panels that a notebook shows, for a chat and for an agent, and the models behind them.

The models need no widget library, so importing them loads none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..lazy import lazily
from .agent_model import AgentPanelModel
from .model import ChatPanelModel

if TYPE_CHECKING:
    from .agent import AgentPanel
    from .arrangement import side_by_side
    from .widget import ChatPanel

__all__ = ["AgentPanel", "AgentPanelModel", "ChatPanel", "ChatPanelModel", "side_by_side"]

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazily(__name__)
