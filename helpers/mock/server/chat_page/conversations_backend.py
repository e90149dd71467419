"""The back end of the page on Flex Conversations: copy it, and `backend.py`, for yours.

The server makes a conversation with the customer in it, and has the customer's messages start a
Studio Flow, which hands over to Flex.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .backend import CustomerTokens, NotReady

CLOSED_AFTER = "P3D"
"""Time after which a conversation that nobody ends is closed."""


@dataclass(frozen=True, slots=True)
class ConversationSession:
    """A customer's conversation, as the page gets it."""

    identity: str
    conversation_sid: str
    token: str = field(repr=False)


class ConversationsBackEnd(CustomerTokens):
    """Starts conversations, and makes access tokens for them."""

    def start(self, identity: str | None = None, name: str = "Visitor") -> ConversationSession:
        """Return a customer's open conversation, or start a new one.

        Args:
            identity: Of a customer who returns; None for a new one.
            name: Display name for agents.

        Raises:
            NotReady: The account has no Studio Flow for conversations.
            NotACustomer: The identity was not issued by this back end.
            TwilioRestException: Twilio refuses.
        """
        identity = identity or self.new_identity()
        token = self.token(identity)
        flow_sid = self._flow_sid()
        service = self._client.conversations.v1.services(self._chat_service_sid)
        for place in service.participant_conversations.list(identity=identity):
            if place.conversation_state != "closed":
                return ConversationSession(identity, place.conversation_sid, token)
        conversation = service.conversations.create(
            friendly_name=f"Chat with {name}",
            attributes=json.dumps({"from": name, "channel_type": "web"}),
            timers_closed=CLOSED_AFTER,
        )
        conversation.webhooks.create(
            target="studio",
            configuration_flow_sid=flow_sid,
            configuration_filters=["onMessageAdded"],
        )
        # The customer comes last: a conversation that was made by halves is not found again.
        conversation.participants.create(identity=identity)
        return ConversationSession(identity, conversation.sid, token)

    def _flow_sid(self) -> str:
        """Find the Studio Flow. If you know its SID, skip this."""
        flows = self._client.studio.v2.flows
        for flow in flows.list():
            if flow.status == "published" and starts_by_conversation(flow.fetch().definition):
                return str(flow.sid)
        raise NotReady(
            "This account has no published Studio Flow that begins with Incoming Conversation, so a"
            " message would reach no agent. Publish one that ends in Send to Flex, then try again."
        )


def starts_by_conversation(definition: Mapping[str, Any]) -> bool:
    """Return whether a flow goes on from its trigger when a conversation starts it."""
    return any(
        one["event"] == "incomingConversationMessage" and one.get("next")
        for state in definition["states"]
        if state["type"] == "trigger"
        for one in state["transitions"]
    )
