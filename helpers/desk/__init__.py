"""The agent's side of a chat, as in Flex UI, through the official SDK."""

from typing import TYPE_CHECKING

from ..lazy import lazily
from .desk import AcceptedTask, AgentDesk, NoDeskHere, Offer

__all__ = ["AcceptedTask", "AgentDesk", "NoDeskHere", "Offer"]

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazily(__name__, Conversation="AcceptedTask")
