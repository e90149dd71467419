"""The agent's side of a chat: what Flex UI does for an agent, through the official SDK."""

from typing import TYPE_CHECKING

from ..lazy import lazily
from .accepted_task import AcceptedTask, Offer
from .desk import AgentDesk, NoDeskHere

__all__ = ["AcceptedTask", "AgentDesk", "NoDeskHere", "Offer"]

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazily(__name__, Conversation="AcceptedTask")
