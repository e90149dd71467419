"""Values that an agent's panel shows: offers, conversations and the status around them.

They are frozen, so that a handler on one thread can pass them to a view on another.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

from .records import Alert

if TYPE_CHECKING:
    from ..desk import AcceptedTask, Offer

SHOWN_ELSEWHERE = {"name", "channelSid", "channelType"}
"""Attributes with a place of their own, or without meaning to an agent."""
_DETAILS_SHOWN = 6
_VALUE_SHOWN = 80


@dataclass(frozen=True, slots=True)
class OfferView:
    """A customer who waits.

    Attributes:
        sid: WR..., the reservation.
        name: The customer's name.
        channel: Channel type, e.g. `custom`; "no chat" for other tasks.
        details: Further task attributes, as names and texts.
        since: Time the task was created.
    """

    sid: str
    name: str
    channel: str
    details: tuple[tuple[str, str], ...]
    since: datetime = field(compare=False)


@dataclass(frozen=True, slots=True)
class ConversationView:
    """An accepted task; `status` is its assignment status."""

    sid: str
    name: str
    status: str
    has_chat: bool

    @property
    def can_wrap_up(self) -> bool:
        """True while the chat can be ended."""
        return self.status == "assigned"

    @property
    def can_complete(self) -> bool:
        """True while the task can be completed; TaskRouter requires a wrap-up first."""
        return self.status == "wrapping"

    @property
    def can_leave(self) -> bool:
        """True if the task ended elsewhere, so that only the chat is left to leave."""
        return self.status in {"completed", "canceled"}


@dataclass(frozen=True, slots=True)
class AgentStatus:
    """Everything the panel shows but the chats themselves."""

    agent: str
    activity: str = ""
    offers: tuple[OfferView, ...] = ()
    conversations: tuple[ConversationView, ...] = ()
    alert: Alert | None = None


def offer_view(offer: Offer) -> OfferView:
    """Describe an offer."""
    channel = _text(offer.attributes.get("channelType") or "chat")
    details = (
        (str(name), _text(value))
        for name, value in offer.attributes.items()
        if name not in SHOWN_ELSEWHERE and value not in (None, "", {}, [])
    )
    return OfferView(
        sid=offer.sid,
        name=offer.name,
        channel=channel if offer.channel_sid else "no chat",
        details=tuple(islice(details, _DETAILS_SHOWN)),
        since=datetime.now(UTC) - timedelta(seconds=offer.age),
    )


def conversation_view(conversation: AcceptedTask) -> ConversationView:
    """Describe a conversation; this fetches the task."""
    offer = conversation.offer
    has_chat = conversation.channel is not None
    return ConversationView(offer.sid, offer.name, conversation.status, has_chat)


def _text(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _VALUE_SHOWN else f"{text[: _VALUE_SHOWN - 1]}…"
