"""The agent's side of a chat: what Flex UI does for an agent, through the official SDK."""

from .conversation import Conversation
from .desk import AgentDesk, NoDeskHere
from .offer import Offer

__all__ = ["AgentDesk", "Conversation", "NoDeskHere", "Offer"]
