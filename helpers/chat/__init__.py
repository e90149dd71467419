"""A chat client in the shape of Twilio's Chat SDK.

Twilio has no official Chat SDK for Python: its SDKs are for JavaScript, iOS and Android. This
client speaks Twilio's documented REST API through the official `twilio` library and gives events
the Chat SDK's names, so that what a notebook shows carries over to the browser.
"""

from .channel import Channel
from .client import ChatClient
from .conversations import Conversation, ConversationsClient, Participant
from .errors import ChatError, OutcomeUnknown
from .media import Media
from .records import Member, Message, Paginator, User

__all__ = [
    "Channel",
    "ChatClient",
    "ChatError",
    "Conversation",
    "ConversationsClient",
    "Media",
    "Member",
    "Message",
    "OutcomeUnknown",
    "Paginator",
    "Participant",
    "User",
]
