"""The agent's side of a chat: what Flex UI does for an agent, through the official SDK."""

from .accepted_task import AcceptedTask, Offer
from .desk import AgentDesk, NoDeskHere

__all__ = ["AcceptedTask", "AgentDesk", "NoDeskHere", "Offer"]
