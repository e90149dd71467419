"""Conversations v1 as `conversations.twilio.com` spells it: Chat's channels, under its own names.

A private channel is a conversation; a public one is not found until Chat v3, whose one operation
is here too, makes it private (documented).
"""

from __future__ import annotations

from enum import Enum
from functools import partial
from typing import Any

from ..core.clock import iso
from ..core.context import Context
from ..core.errors import Refusals
from ..core.store import Store
from ..messaging import channels, members, messages, permissions, services
from ..messaging.permissions import CHANNEL, SERVICE, Permission
from ..messaging.refusals import Reason
from ..messaging.resources import Channel, Member, Message, Service
from . import chat_v2
from . import conversations_parameters as given
from .chat_words import PERMISSIONS as CHATS_PERMISSIONS
from .chat_words import REFUSALS as CHATS_REFUSALS
from .collection import Api, Arguments, Collection, Write
from .listing import from_date, to_date
from .views import view

HOST = "conversations.twilio.com"
PERMISSIONS = CHATS_PERMISSIONS | {
    Permission.ADD_MEMBER: "addParticipant",
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
_REFUSALS: dict[Enum, tuple[int, str]] = {
    **CHATS_REFUSALS.table,
    Reason.SERVICE_NOT_FOUND: (20404, "The requested resource /Services/{sid} was not found"),
    Reason.ROLE_NOT_FOUND: (50109, "Conversation role {sid} not found in this service"),
    Reason.NOT_A_CHANNEL_ROLE: (
        50101,
        "Role {sid} is of type {scope}; a conversation role is needed",
    ),
    Reason.CHANNEL_NOT_FOUND: (50350, "Conversation {sid} not found"),
    Reason.CHANNEL_HIDDEN: (50430, "User not participant of conversation"),
    Reason.CHANNEL_CLOSED: (50377, "Can't update conversation as it's in final closed state"),
    Reason.CHANNEL_NOT_JOINABLE: (
        50107,
        "A conversation is joined by its creator only; a participant must add you",
    ),
    Reason.CHANNEL_FULL: (50417, "Conversation has its limit of {count} participants"),
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
    Reason.USER_FULL: (50214, "User is in its limit of {count} conversations"),
}
"""Chat's words, but for these."""
REFUSALS = Refusals(
    _REFUSALS,
    permission=PERMISSIONS,
    scope={CHANNEL: "conversation", SERVICE: "service"},
)


def _users_of(store: Store, arguments: Arguments) -> str | None:
    if "ChatServiceSid" in arguments:
        return arguments["ChatServiceSid"]
    return next((each.sid for each in store.select(Service, limit=1)), None)


API = Api(HOST, "/v1", REFUSALS, _users_of)
_CHAT_V3 = Api(chat_v2.HOST, "/v3", REFUSALS)


# -- JSON


def _state(ctx: Context, conversation: Channel) -> dict[str, Any]:
    state = conversation.state_at(ctx.now)
    pending = {} if state == "closed" else conversation.timer_dates()
    timers = {f"date_{to}": iso(date) for to, date in pending.items() if date > ctx.now}
    unset: dict[str, Any] = {"messaging_service_sid": None, "bindings": {}}
    return {"state": state, "timers": timers} | unset


def _about_message(ctx: Context, message: Message) -> dict[str, Any]:
    author = members.find(ctx, message.channel_sid, message.author)
    return {
        "participant_sid": author.sid if author else None,
        "delivery": None,
        "content_sid": None,
    }


# -- collections, under a service and under the default one

SERVICES: Collection[Any, Service] = Collection(
    simulated=(),
    within=API,
    segment="Services",
    kind=Service,
    argument="ChatServiceSid",
    render=view(Service),
)


def _collections(prefix: str, **place: Any) -> None:
    """Declare conversations and what is in them; `chat_service_sid` is shown under a service."""
    chat_service = {"service_sid": "chat_service_sid"}
    hidden = () if prefix else ("service_sid",)
    conversations = Collection(
        segment="Conversations",
        scope="service_sid",
        lookup=("sid", "unique_name"),
        kind=Channel,
        noun=f"{prefix}Conversation",
        argument="ConversationSid",
        only={"type": "private"},
        filters={
            "StartDate": from_date("date_created", "StartDate"),
            "EndDate": to_date("date_created", "EndDate"),
            "State": lambda ctx, _, states: lambda item: item.state_at(ctx.now) in states,
        },
        rank=lambda item: (-(item.active_at or item.date_created), -item.seq),
        guard=permissions.can_see,
        hidden=Reason.CHANNEL_HIDDEN,
        missing=Reason.CHANNEL_NOT_FOUND,
        render=view(
            Channel,
            omit=(*chat_v2.INTERNAL, "type", "created_by", "members_count", "messages_count"),
            rename=chat_service,
            links={
                "participants": "Participants",
                "messages": "Messages",
                "webhooks": "Webhooks",
                "export": "Export",
            },
        ),
        detail=_state,
        create=Write(given.NewConversation, partial(channels.create, type="private"), spread=True),
        update=Write(given.ConversationChanges, channels.update, spread=True),
        delete=channels.delete,
        **place,
    )
    inside: dict[str, Any] = {
        "within": conversations,
        "scope": "channel_sid",
        "enter": permissions.look_inside,
    }
    Collection(
        segment="Participants",
        lookup=("sid", "identity"),
        kind=Member,
        noun=f"{prefix}ConversationParticipant",
        missing=Reason.MEMBER_NOT_FOUND,
        render=view(
            Member,
            omit=("user_sid", *hidden),
            rename={
                **chat_service,
                "channel_sid": "conversation_sid",
                "last_consumed_message_index": "last_read_message_index",
                "last_consumption_timestamp": "last_read_timestamp",
            },
            dates=chat_v2.READ,
        ),
        create=Write(given.NewParticipant, members.add, spread=True),
        update=Write(given.ParticipantChanges, members.update, spread=True),
        delete=members.remove,
        **inside,
    )
    Collection(
        segment="Messages",
        kind=Message,
        noun=f"{prefix}ConversationMessage",
        ordered=True,
        render=view(
            Message,
            omit=("type", "last_updated_by", "was_edited", *hidden),
            rename={**chat_service, "channel_sid": "conversation_sid"},
            links={"delivery_receipts": "Receipts", "channel_metadata": "ChannelMetadata"},
        ),
        detail=_about_message,
        create=Write(given.NewConversationMessage, messages.send, spread=True),
        update=Write(given.ConversationMessageChanges, messages.update, spread=True),
        delete=messages.remove,
        **inside,
    )


# -- Chat v3


def _migrate(ctx: Context, channel: Channel, _: given.ChannelMigration) -> Channel:
    return channels.make_private(ctx, channel)


_CHATS_SERVICES: Collection[Any, Service] = Collection(
    simulated=(),
    within=_CHAT_V3,
    segment="Services",
    kind=Service,
    render=view(Service),
)
MIGRATION: Collection[Any, Channel] = Collection(
    simulated=("Update",),
    within=_CHATS_SERVICES,
    segment="Channels",
    lookup=("sid", "unique_name"),
    kind=Channel,
    render=view(Channel, omit=chat_v2.INTERNAL, extra=lambda *_: {"messaging_service_sid": None}),
    update=Write(given.ChannelMigration, _migrate),
)
_collections("Service", within=SERVICES)
_collections("", within=API, inside=services.default)
OPERATIONS = [*API.operations(), *_CHAT_V3.operations()]
