"""How chat's resources are shown to the SDKs over their connection, in either SDK's spelling."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from ..call import Call
from ..clock import iso
from ..messaging import members, own_view, user_channels
from ..messaging.resources import Channel, Member, User
from ..rest import chat_v2
from ..rest.paging import Page
from . import objects

HOST = "aim.us1.twilio.com"
"""All hosts a client may name are this one."""
BASE = f"https://{HOST}/Client/v1"
CONVERSATIONS = f"{BASE}/Conversations"
MINE = f"{BASE}/MyConversations"
USERS = f"{BASE}/Users"
TYPING = f"{BASE}/Typing"


def inside(call: Call, **more: str) -> dict[str, str]:
    """A path within the acting user's service."""
    return {"ServiceSid": call.actor.service_sid or "", **more}


def user_of(call: Call, key: str) -> User:
    """The user of an identity or SID."""
    found: User = chat_v2.USERS.resolve(call, inside(call), key)
    return found


def shown_channel(call: Call, channel: Channel) -> dict[str, Any]:
    """A channel as the acting user has it."""
    user = user_of(call, call.actor.identity or "")
    view = user_channels.find(call, user.sid, channel.sid)
    member = own_view.member_of(call, view) if view else None
    read = member.last_consumed_message_index if member else None
    url = f"{CONVERSATIONS}/{channel.sid}"
    return {
        "sid": channel.sid,
        "conversation_sid": channel.sid,
        "unique_name": channel.unique_name,
        "friendly_name": channel.friendly_name,
        "attributes": channel.attributes,
        "created_by": channel.created_by,
        "type": channel.type,
        "date_created": iso(channel.date_created),
        "date_updated": iso(channel.date_updated),
        "messages_count": channel.messages_count,
        "participants_count": channel.members_count,
        "status": view.status if view else "notParticipating",
        "notification_level": view.notification_level if view else None,
        "last_consumed_message_index": read,
        "last_read_message_index": read,
        "unread_messages_count": members.unread_count(call, member) if member else None,
        "sync_objects": {
            "conversation": objects.DOCUMENT.name(channel.sid),
            "messages": objects.MESSAGES.name(channel.sid),
            "participants": objects.ROSTER.name(channel.sid),
        },
        "url": url,
        "links": {
            "messages": f"{url}/Messages",
            "participants": f"{url}/Participants",
            "invites": f"{url}/Invites",
        },
    }


def shown_member(member: Member) -> dict[str, Any]:
    """A member of a channel."""
    return {
        "sid": member.sid,
        "identity": member.identity,
        "role_sid": member.role_sid,
        "attributes": member.attributes,
        "last_read_message_index": member.last_consumed_message_index,
        "url": f"{CONVERSATIONS}/{member.channel_sid}/Participants/{member.sid}",
    }


def shown_user(user: User) -> dict[str, Any]:
    """A user, with where its changes are told."""
    return {
        "identity": user.identity,
        "friendly_name": user.friendly_name,
        "attributes": user.attributes,
        "is_online": bool(user.is_online),
        "is_notifiable": bool(user.is_notifiable),
        "sync_unique_name": objects.INFO.name(user.sid),
        "sync_objects": {"user_info_map": objects.INFO.name(user.sid)},
        "url": f"{USERS}/{quote(user.identity, safe='')}",
    }


def page_of(shown: list[Any], key: str, page: Page) -> dict[str, Any]:
    """A page of a list, with the tokens of the pages around it."""
    previous, following = page.previous_token, page.next_token
    meta = {"previous_token": previous, "prev_token": previous, "next_token": following}
    return {key: shown, "meta": meta}
