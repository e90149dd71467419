"""Conversations' webhooks: names of events, and the parameters that are posted (documented)."""

from __future__ import annotations

import json
from typing import Any

from ..core.clock import iso_milliseconds
from ..core.context import Backend
from ..core.events import Event
from ..core.parameters import form_name
from ..core.store import Store
from ..messaging.events import (
    ChannelEvent,
    ChannelStateEvent,
    DeliveryEvent,
    MemberEvent,
    MessageEvent,
    UserEvent,
)
from ..messaging.members import writer_of
from ..messaging.resources import Channel, EventHooks, Member, Message, User
from ..studio.incoming import CONVERSATIONS
from ..webhooks.outbox import Payload, ServiceHooks, WebhookDialect

NAME = CONVERSATIONS
_BINDING = (
    "MessagingBinding.ProxyAddress MessagingBinding.Address MessagingBinding.ProjectedAddress"
)
_NEW = "FriendlyName UniqueName Attributes ChatServiceSid MessagingServiceSid State"
_CONVERSATION = f"ConversationSid DateCreated DateUpdated {_NEW}"
_TEXT = "ConversationSid Body Author ParticipantSid Attributes Media"
_STORED_TEXT = f"{_TEXT} MessageSid Index DateCreated DateUpdated"
_PERSON = f"ConversationSid Identity RoleSid Attributes {_BINDING} MessagingBinding.Type"
_STORED_PERSON = f"{_PERSON} ParticipantSid DateCreated DateUpdated"
_USER = "ChatServiceSid UserSid Identity RoleSid Attributes FriendlyName"
_PARAMETERS = {
    "onConversationAdd": f"{_NEW} {_BINDING} MessagingBinding.AuthorAddress MessageBody Media",
    "onConversationAdded": f"{_CONVERSATION} {_BINDING}",
    "onConversationUpdate": _CONVERSATION,
    "onConversationUpdated": _CONVERSATION,
    "onConversationRemove": _CONVERSATION,
    "onConversationRemoved": f"{_CONVERSATION} DateRemoved",
    "onConversationStateUpdated": (
        "ConversationSid ChatServiceSid MessagingServiceSid StateUpdated StateFrom StateTo Reason"
    ),
    "onMessageAdd": _TEXT,
    "onMessageAdded": f"{_TEXT} MessageSid MessagingServiceSid Index DateCreated",
    "onMessageUpdate": _STORED_TEXT,
    "onMessageUpdated": _STORED_TEXT,
    "onMessageRemove": _STORED_TEXT,
    "onMessageRemoved": f"{_STORED_TEXT} DateRemoved",
    "onParticipantAdd": _PERSON,
    "onParticipantAdded": f"{_PERSON} ParticipantSid DateCreated",
    "onParticipantUpdate": _STORED_PERSON,
    "onParticipantUpdated": f"{_STORED_PERSON} LastReadMessageIndex",
    "onParticipantRemove": _STORED_PERSON,
    "onParticipantRemoved": f"{_STORED_PERSON} DateRemoved",
    "onDeliveryUpdated": (
        "ConversationSid ChatServiceSid MessageSid DeliveryReceiptSid ChannelMessageSid"
        " ParticipantSid Status ErrorCode DateCreated DateUpdated"
    ),
    "onUserAdded": f"{_USER} DateCreated",
    "onUserUpdate": f"{_USER} DateUpdated",
    "onUserUpdated": f"{_USER} DateUpdated DateCreated isOnline isNotifiable",
}
"""Parameters of each event, besides those of all events."""
_COMMON = frozenset(
    ["EventType", "AccountSid", "Source", "ClientIdentity", "ChatServiceSid", "RetryCount"]
)
_KNOWN = {name: _COMMON.union(names.split()) for name, names in _PARAMETERS.items()}
SERVICE_EVENTS = tuple(_PARAMETERS)
"""Filters of a service's webhooks, and of the account's."""
SCOPED_EVENTS = tuple(
    name
    for name in _PARAMETERS
    if name.endswith("ed") and not name.startswith(("onUser", "onConversationAdded"))
)
"""Filters of a conversation's webhook: what comes after it was made."""
_NOUNS = {
    ChannelEvent: "Conversation",
    MemberEvent: "Participant",
    MessageEvent: "Message",
    UserEvent: "User",
}
_VERBS = {"added": "Add", "updated": "Update", "removed": "Remove"}
_REASONS = {"request": "API", "timer": "TIMER", "event": "EVENT"}


_ARRIVAL = {
    "MessagingBinding.Address": "address",
    "MessagingBinding.AuthorAddress": "address",
    "MessagingBinding.ProxyAddress": "proxy_address",
    "MessageBody": "body",
}
"""Parameters of a message that a conversation is made for."""


def _name_of(event: Event) -> str | None:
    """Return the name of an event's webhook; None for one that has none."""
    if isinstance(event, ChannelStateEvent):
        return "onConversationStateUpdated"
    if isinstance(event, DeliveryEvent):
        return "onDeliveryUpdated"
    if isinstance(event, ChannelEvent) and event.reasons == ("state",):
        return None  # that is an event of its own
    if isinstance(event, ChannelEvent | MemberEvent | MessageEvent | UserEvent):
        name = f"on{_NOUNS[type(event)]}{event.change.title()}"
        return name if name in _PARAMETERS else None
    return None


def payload_for(backend: Backend, event: Event) -> Payload | None:
    """Return the event's name and parameters; None for one without a webhook.

    A public channel has none, as it is no conversation.
    """
    name = _name_of(event)
    return None if name is None else _payload(backend, event, name)


def payload_before(backend: Backend, event: Event) -> Payload | None:
    """Return the pre-event that goes before this event; None where there is none."""
    name = _name_of(event)
    if name is None or not isinstance(event, ChannelEvent | MemberEvent | MessageEvent | UserEvent):
        return None
    before = name.removesuffix(event.change.title()) + _VERBS[event.change]
    return _payload(backend, event, before) if before in _PARAMETERS else None


def _payload(backend: Backend, event: Any, name: str) -> Payload | None:
    channel: Channel | None = getattr(event, "channel", None)
    if channel is not None and channel.type != "private":
        return None
    values = _about_channel(channel, backend) if channel is not None else {}
    match event:
        case MessageEvent():
            values |= _about_message(backend.store, event.message)
        case MemberEvent():
            values |= _about_member(event.member)
        case UserEvent():
            values |= _about_user(event.user)
        case ChannelEvent() if event.arrival:
            values |= {parameter: event.arrival.get(key) for parameter, key in _ARRIVAL.items()}
        case ChannelStateEvent():
            values |= {
                "StateUpdated": iso_milliseconds(backend.clock.now()),
                "StateFrom": event.before,
                "StateTo": event.channel.state,
                "Reason": _REASONS[event.cause],
            }
        case DeliveryEvent():
            receipt = event.receipt
            values |= _dates(receipt) | {
                "MessageSid": receipt.message_sid,
                "DeliveryReceiptSid": receipt.sid,
                "ChannelMessageSid": receipt.network_sid,
                "ParticipantSid": receipt.member_sid,
                "Status": receipt.status,
                "ErrorCode": receipt.error_code,
            }
    values |= {
        "EventType": name,
        "Source": event.actor.source,
        "ClientIdentity": event.actor.identity,
        "RetryCount": 0,
        "DateRemoved": iso_milliseconds(backend.clock.now()),
    }
    known = _KNOWN[name]
    texts = {key: str(value) for key, value in values.items() if value is not None and key in known}
    return Payload(name, texts)


def _dates(of: Any) -> dict[str, Any]:
    return {
        "DateCreated": iso_milliseconds(of.date_created),
        "DateUpdated": iso_milliseconds(of.date_updated),
    }


def _shown(of: Any, *names: str) -> dict[str, Any]:
    return {form_name(name): getattr(of, name) for name in names}


def _about_channel(channel: Channel, backend: Backend) -> dict[str, Any]:
    names = ("account_sid", "friendly_name", "unique_name", "attributes", "messaging_service_sid")
    return {
        **_shown(channel, *names),
        **_dates(channel),
        "ConversationSid": channel.sid,
        "ChatServiceSid": channel.service_sid,
        "State": channel.state_at(backend.clock.now()),
    }


def _about_message(store: Store, message: Message) -> dict[str, Any]:
    files = [{form_name(name): text for name, text in file.items()} for file in message.media or ()]
    return {
        **_shown(message, "body", "author", "attributes", "index"),
        **_dates(message),
        "MessageSid": message.sid,
        "ParticipantSid": writer_of(store, message),
        "Media": json.dumps(files) if files else None,
    }


def _about_member(member: Member) -> dict[str, Any]:
    binding = member.messaging_binding or {}
    return {
        **_shown(member, "identity", "role_sid", "attributes"),
        **_dates(member),
        "ParticipantSid": member.sid,
        "LastReadMessageIndex": member.last_consumed_message_index,
        "MessagingBinding.Type": binding.get("type", "chat").upper(),
        **as_parameters(binding),
    }


def as_parameters(binding: dict[str, str]) -> dict[str, str]:
    """Return the addresses of a binding as parameters."""
    return {
        f"MessagingBinding.{form_name(name)}": text
        for name, text in binding.items()
        if name != "type"
    }


def _about_user(user: User) -> dict[str, Any]:
    flags = {"isOnline": user.is_online, "isNotifiable": user.is_notifiable}
    return {
        **_shown(user, "account_sid", "identity", "role_sid", "attributes", "friendly_name"),
        **_dates(user),
        "UserSid": user.sid,
        "ChatServiceSid": user.service_sid,
        **{name: str(flag).lower() for name, flag in flags.items() if flag is not None},
    }


def _hooks_of(store: Store, service_sid: str) -> ServiceHooks | None:
    """Return a service's hooks; where it has none of its own, the account's (documented)."""
    if not store.last_seq(EventHooks):
        return None  # most accounts never set any
    for sid in (service_sid, None):
        hooks = store.first(EventHooks, service_sid=sid)
        if hooks is not None and (hooks.pre_webhook_url or hooks.post_webhook_url):
            is_flex = hooks.target == "flex"  # which goes to no URL
            return ServiceHooks(
                None if is_flex else hooks.pre_webhook_url,
                None if is_flex else hooks.post_webhook_url,
                hooks.method,
                hooks.filters,
                scope="account" if sid is None else "service",
            )
    return None


DIALECT = WebhookDialect(
    payload_for=payload_for,
    payload_before=payload_before,
    hooks_of=_hooks_of,
    noun="conversation",
    new_message="onMessageAdded",
    changeable={
        "body": "Body",
        "author": "Author",
        "attributes": "Attributes",
        "friendly_name": "FriendlyName",
    },
    needs_answer=False,
)
