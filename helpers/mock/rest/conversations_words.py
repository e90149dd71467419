"""Conversations' words for permissions, role types and refusals."""

from __future__ import annotations

from enum import Enum

from ..core.errors import NOT_SIMULATED, Refusals
from ..messaging.permissions import CHANNEL, SERVICE, Permission
from ..messaging.refusals import Reason
from .chat_words import PERMISSIONS as CHATS_PERMISSIONS
from .chat_words import REFUSALS as CHATS_REFUSALS
from .chat_words import grants

PERMISSIONS = CHATS_PERMISSIONS | {
    Permission.ADD_MEMBER: "addParticipant",
    Permission.ADD_NON_CHAT_MEMBER: "addNonChatParticipant",
    Permission.CREATE_CHANNEL: "createConversation",
    Permission.DELETE_CHANNEL: "deleteConversation",
    Permission.EDIT_ANY_MEMBER_ATTRIBUTES: "editAnyParticipantAttributes",
    Permission.EDIT_CHANNEL_ATTRIBUTES: "editConversationAttributes",
    Permission.EDIT_CHANNEL_NAME: "editConversationName",
    Permission.EDIT_OWN_MEMBER_ATTRIBUTES: "editOwnParticipantAttributes",
    Permission.JOIN_CHANNEL: "joinConversation",
    Permission.LEAVE_CHANNEL: "leaveConversation",
    Permission.REMOVE_MEMBER: "removeParticipant",
}
"""Conversations' spelling of each permission."""
del PERMISSIONS[Permission.INVITE_MEMBER]  # there are no invitations
READ_PERMISSIONS = {spelling: permission for permission, spelling in PERMISSIONS.items()}
ROLE_TYPES = {CHANNEL: "conversation", SERVICE: "service"}
"""Conversations' spelling of each scope of roles."""
GRANTS = grants(ROLE_TYPES, PERMISSIONS)
_REFUSALS: dict[Enum, tuple[int, str]] = {
    **CHATS_REFUSALS.table,
    Reason.SERVICE_NOT_FOUND: (20404, "The requested resource /Services/{sid} was not found"),
    Reason.ROLE_NOT_FOUND: (50109, "Conversation role {sid} not found in this service"),
    Reason.NOT_A_CHANNEL_ROLE: (
        50101,
        "Role {sid} is of type {scope}; a conversation role is needed",
    ),
    Reason.NOT_A_SERVICE_ROLE: (50102, "Role {sid} is of type {scope}; a service role is needed"),
    Reason.NOT_OWN: (50107, "A chat user reaches only its own conversations"),
    Reason.CHANNEL_NOT_FOUND: (50350, "Conversation {sid} not found"),
    Reason.CHANNEL_HIDDEN: (50430, "User not participant of conversation"),
    Reason.CHANNEL_CLOSED: (50377, "Can't update conversation as it's in final closed state"),
    Reason.CHANNEL_NOT_JOINABLE: (
        50107,
        "A conversation is joined by its creator only; a participant must add you",
    ),
    Reason.CHANNEL_FULL: (50417, "Conversation has its limit of {count} participants"),
    Reason.CHANNEL_FULL_OF_OTHERS: (
        50418,
        "Conversation has its limit of {count} participants without an identity",
    ),
    Reason.UNIQUE_NAME_TAKEN: (
        50353,
        "Conversation with unique name {unique_name!r} already exists",
    ),
    Reason.NOT_A_MEMBER: (50430, "User {identity!r} is not participant of conversation"),
    Reason.MEMBER_NOT_FOUND: (50432, "Participant {sid} not found"),
    Reason.MEMBER_EXISTS: (50433, "Participant already exists"),
    Reason.MEMBER_ADDRESS_TAKEN: (
        50416,
        "A binding for this participant and proxy address already exists in Conversation {sid}",
    ),
    Reason.TEXT_TOO_LONG: (
        50504,
        "Body is too long: {length} characters, at most {limit} where a participant is reached by"
        " SMS or WhatsApp",
    ),
    Reason.USER_FULL: (50214, "User is in its limit of {count} conversations"),
    Reason.WEBHOOK_NOT_FOUND: (50360, "Scoped webhook {sid} not found"),
    Reason.WEBHOOKS_FULL: (50361, "A conversation has at most {count} webhooks"),
    Reason.ADDRESS_UNKNOWN: (
        NOT_SIMULATED,
        "No open conversation has the addresses {address} and {proxy_address}, and no address"
        " configuration of the latter makes one. Twilio calls the number's messaging webhook then,"
        " which is not simulated by this mock",
    ),
    Reason.ADDRESS_WITHOUT_FLOW: (
        50367,
        "AutoCreation.StudioFlowSid is required where AutoCreation.Type is studio",
    ),
    Reason.ADDRESS_WITHOUT_URL: (
        50369,
        "AutoCreation.WebhookUrl is required where AutoCreation.Type is webhook",
    ),
    Reason.ADDRESS_TAKEN: (20409, "Address {address} is configured already"),
}
"""Chat's words, but for these."""
REFUSALS = Refusals(_REFUSALS, permission=PERMISSIONS, scope=ROLE_TYPES)
