"""JSON of Conversations v1: what is shown beside the fields of rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ..core.clock import iso
from ..core.context import Context
from ..messaging import channels, members, messages
from ..messaging.resources import (
    Channel,
    ChannelWebhook,
    Member,
    Message,
    Role,
    UserChannel,
)
from .chat_words import spelled
from .conversations_words import PERMISSIONS, ROLE_TYPES

HOST = "conversations.twilio.com"
MAX_UNREAD = 1000
"""Highest count of unread messages that is shown (documented)."""
RENAMED = {
    "service_sid": "chat_service_sid",
    "channel_sid": "conversation_sid",
    "member_sid": "participant_sid",
    "last_consumed_message_index": "last_read_message_index",
    "last_consumption_timestamp": "last_read_timestamp",
    "network_sid": "channel_message_sid",
}
"""Conversations' names of fields."""


def state_of(ctx: Context, conversation: Channel) -> dict[str, Any]:
    """Return a conversation's state, pending timers and bindings."""
    state = conversation.state_at(ctx.now)
    pending = {} if state == "closed" else conversation.timer_dates()
    timers = {f"date_{to}": iso(date) for to, date in pending.items() if date > ctx.now}
    email = conversation.email_binding
    return {"state": state, "timers": timers, "bindings": {"email": email} if email else {}}


def about_messages(ctx: Context, found: Sequence[Message]) -> Iterator[dict[str, Any]]:
    """Yield the rest of messages."""
    has_receipts = messages.has_receipts(ctx.store)
    for message in found:
        yield {
            "participant_sid": members.writer_of(ctx.store, message),
            "delivery": messages.delivery(ctx.store, message) if has_receipts else None,
            "content_sid": None,
        }


def role_words(role: Role, _: str) -> dict[str, Any]:
    """Return a role's type and permissions."""
    return {"type": ROLE_TYPES[role.type], "permissions": spelled(PERMISSIONS, role)}


def configuration_of(webhook: ChannelWebhook, _: str) -> dict[str, Any]:
    """Return the configuration of a scoped webhook."""
    kept = webhook.configuration
    if webhook.type == "studio":
        return {"configuration": {"flow_sid": kept["flow_sid"]}}
    shown = {
        "url": kept["url"],
        "method": kept["method"].lower(),
        "filters": kept["triggers" if webhook.type == "trigger" else "filters"],
    }
    if kept.get("replay_after") is not None:
        shown["replay_after"] = kept["replay_after"]
    return {"configuration": shown}


def conversation_of(ctx: Context, item: UserChannel | Member) -> Channel:
    """Return the conversation of a participant, or of a user's view."""
    return channels.find(ctx, item.channel_sid)


def _url_of(ctx: Context, item: UserChannel | Member) -> str:
    """Return the URL of an item's conversation, in its service."""
    return f"https://{HOST}/v1/Services/{item.service_sid}/Conversations/{item.channel_sid}"


def _links(ctx: Context, item: UserChannel | Member, member_sid: str | None) -> dict[str, Any]:
    url = _url_of(ctx, item)
    return {"conversation": url, "participant": f"{url}/Participants/{member_sid}"}


def own_view(ctx: Context, own: UserChannel) -> dict[str, Any]:
    """Return a user's view of a conversation: the conversation, and how far it is read."""
    conversation, member = conversation_of(ctx, own), members.member_of(ctx, own)
    unread = members.unread_count(ctx, member) if member else None
    state = state_of(ctx, conversation)
    return {
        "conversation_state": state["state"],
        "timers": state["timers"],
        **{name: getattr(conversation, name) for name in _SHOWN_TO_USERS},
        "date_created": iso(conversation.date_created),
        "date_updated": iso(conversation.date_updated),
        "last_read_message_index": member.last_consumed_message_index if member else None,
        "unread_messages_count": None if unread is None else min(unread, MAX_UNREAD),
        "links": _links(ctx, own, own.member_sid),
    }


_SHOWN_TO_USERS = ("friendly_name", "unique_name", "attributes", "created_by")


def place_of(ctx: Context, member: Member) -> dict[str, Any]:
    """Return a participant with its conversation."""
    conversation = conversation_of(ctx, member)
    state = state_of(ctx, conversation)
    return {
        "account_sid": member.account_sid,
        "chat_service_sid": member.service_sid,
        "participant_sid": member.sid,
        "participant_user_sid": member.user_sid,
        "participant_identity": member.identity,
        "participant_messaging_binding": member.messaging_binding,
        "conversation_sid": conversation.sid,
        **{f"conversation_{name}": getattr(conversation, name) for name in _SHOWN_TO_USERS},
        "conversation_date_created": iso(conversation.date_created),
        "conversation_date_updated": iso(conversation.date_updated),
        "conversation_state": state["state"],
        "conversation_timers": state["timers"],
        "links": _links(ctx, member, member.sid),
    }
