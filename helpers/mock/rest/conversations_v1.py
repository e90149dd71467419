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
from ..core.errors import Refusals, Refused, TwilioError
from ..core.parameters import as_moment
from ..core.store import Store
from ..messaging import channels, members, messages, permissions
from ..messaging.permissions import CHANNEL, SERVICE, Permission
from ..messaging.refusals import Reason
from ..messaging.resources import Channel, Member, Message, Service
from . import chat_v2
from . import conversations_parameters as given
from .chat_parameters import PERMISSIONS as CHATS_PERMISSIONS
from .collection import Api, Arguments, Collection, Operation, Write
from .listing import Narrowing, PageSizes
from .views import view

HOST = "conversations.twilio.com"
SIZES = PageSizes(50, 100)
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
    Reason.SERVICE_NOT_FOUND: (20404, "The requested resource /Services/{sid} was not found"),
    Reason.NOT_PERMITTED: (
        50107,
        "User {identity!r} is not authorized for this command:"
        " none of its roles has the permission {permission}",
    ),
    Reason.ROLE_NOT_FOUND: (50109, "Conversation role {sid} not found in this service"),
    Reason.NOT_A_CHANNEL_ROLE: (
        50101,
        "Role {sid} is of type {scope}; a conversation role is needed",
    ),
    Reason.ROLE_NOT_SETTABLE: (50205, "A chat user may not set a role"),
    Reason.CHANNEL_NOT_FOUND: (50350, "Conversation {sid} not found"),
    Reason.CHANNEL_HIDDEN: (50430, "User not participant of conversation"),
    Reason.CHANNEL_CLOSED: (50377, "Can't update conversation as it's in final closed state"),
    Reason.CHANNEL_NOT_JOINABLE: (
        50107,
        "A conversation cannot be joined; a participant must add you",
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
    Reason.HORIZON_OF_ANOTHER: (50107, "A chat user may only move its own read horizon"),
    Reason.MEDIA_BODY_FIXED: (50509, "The body of a media message cannot be changed"),
    Reason.MESSAGE_FIELDS_FIXED: (
        50107,
        "A chat user changes a message's body and attributes only",
    ),
    Reason.MEDIA_NOT_FOUND: (50507, "Media {sid} not found in this service; upload it first"),
    Reason.MEDIA_SENT: (50508, "Media {sid} was sent already; upload the file again"),
}
REFUSALS = Refusals(
    _REFUSALS,
    permission=PERMISSIONS,
    scope={CHANNEL: "conversation", SERVICE: "service"},
)


def default_service(ctx: Context) -> Service:
    """Return the account's default service: its oldest (inferred).

    Raises:
        Refused: SERVICE_NOT_FOUND, the account has none.
    """
    found = ctx.store.select(Service, limit=1)
    if not found:
        raise Refused(Reason.SERVICE_NOT_FOUND, sid="default")
    return found[0]


def _users_of(store: Store, arguments: Arguments) -> str | None:
    if "ChatServiceSid" in arguments:
        return arguments["ChatServiceSid"]
    return next((each.sid for each in store.select(Service, limit=1)), None)


API = Api(HOST, REFUSALS, _users_of)
_CHAT_V3 = Api(chat_v2.HOST, REFUSALS)


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


# -- lists


def _date(name: str, text: str) -> float:
    try:
        return as_moment(text)
    except ValueError:
        raise TwilioError(
            20001, f"Invalid parameter {name}: give ISO 8601, e.g. 2026-01-05T00:00:00Z"
        ) from None


def _from(ctx: Context, parent: Service, dates: list[str]) -> Narrowing:
    start = _date("StartDate", dates[-1])
    return lambda item: item.date_created >= start


def _until(ctx: Context, parent: Service, dates: list[str]) -> Narrowing:
    end = _date("EndDate", dates[-1])
    return lambda item: int(item.date_created) <= end


def _in_state(ctx: Context, parent: Service, states: list[str]) -> Narrowing:
    return lambda item: item.state_at(ctx.now) in states


def _by_activity(conversation: Channel) -> tuple[float, ...]:
    return -(conversation.active_at or conversation.date_created), -conversation.seq


# -- collections, under a service and under the default one

SERVICES: Collection[Any, Service] = Collection(
    api=API,
    root="/v1",
    segment="Services",
    kind=Service,
    key="services",
    noun="Service",
    argument="ChatServiceSid",
    render=view(Service),
)


def _collections(prefix: str, **place: Any) -> tuple[Collection[Any, Any], ...]:
    """Declare conversations and what is in them; `chat_service_sid` is shown under a service."""
    chat_service = {"service_sid": "chat_service_sid"}
    hidden = () if prefix else ("service_sid",)
    inside: dict[str, Any] = {
        "api": API,
        "scope": "channel_sid",
        "sizes": SIZES,
        "enter": permissions.look_inside,
    }
    conversations = Collection(
        api=API,
        segment="Conversations",
        scope="service_sid",
        lookup=("sid", "unique_name"),
        kind=Channel,
        key="conversations",
        noun=f"{prefix}Conversation",
        argument="ConversationSid",
        sizes=SIZES,
        only={"type": "private"},
        filters={"StartDate": _from, "EndDate": _until, "State": _in_state},
        rank=_by_activity,
        guard=permissions.see,
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
    return (
        conversations,
        Collection(
            segment="Participants",
            parent=conversations,
            lookup=("sid", "identity"),
            kind=Member,
            key="participants",
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
        ),
        Collection(
            segment="Messages",
            parent=conversations,
            kind=Message,
            key="messages",
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
        ),
    )


# -- Chat v3


def _migrate(ctx: Context, channel: Channel, _: given.ChannelMigration) -> Channel:
    return channels.make_private(ctx, channel)


_CHATS_SERVICES: Collection[Any, Service] = Collection(
    api=_CHAT_V3,
    root="/v3",
    segment="Services",
    kind=Service,
    key="services",
    noun="Service",
    render=view(Service),
)
MIGRATION: Collection[Any, Channel] = Collection(
    api=_CHAT_V3,
    segment="Channels",
    parent=_CHATS_SERVICES,
    scope="service_sid",
    lookup=("sid", "unique_name"),
    kind=Channel,
    key="channels",
    noun="Channel",
    render=view(Channel, omit=chat_v2.INTERNAL, extra=lambda *_: {"messaging_service_sid": None}),
    update=Write(given.ChannelMigration, _migrate),
)
COLLECTIONS = (
    *_collections("Service", parent=SERVICES),
    *_collections("", root="/v1", inside=default_service),
)
OPERATIONS: list[Operation] = [
    *(operation for collection in COLLECTIONS for operation in collection.operations()),
    *(each for each in MIGRATION.operations() if each.name.startswith("Update")),
]
