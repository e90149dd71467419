"""What the Sync objects of chat hold, made from chat's resources. Pure, but for what is passed in.

The shapes are those the SDKs read (observed).
"""

from __future__ import annotations

from typing import Any

from ..clock import iso
from ..messaging.resources import Channel, Member, Message, User, UserChannel
from . import objects


def channel_document(channel: Channel, last: Message | None) -> dict[str, Any]:
    """A channel, without what is its members' own (status, read horizon)."""
    return {
        "messages": objects.MESSAGES.name(channel.sid),
        "roster": objects.ROSTER.name(channel.sid),
        "friendlyName": channel.friendly_name,
        "uniqueName": channel.unique_name,
        "attributes": channel.attributes,
        "type": channel.type,
        "createdBy": channel.created_by,
        "dateCreated": iso(channel.date_created),
        "dateUpdated": iso(channel.date_updated),
        "lastMessage": last and {"index": last.index, "timestamp": iso(last.date_created)},
    }


def roster_item(member: Member) -> dict[str, Any]:
    """A member, as the others in the channel see it."""
    return {
        "identity": member.identity,
        "userInfo": objects.INFO.name(member.user_sid),
        "roleSid": member.role_sid,
        "attributes": member.attributes,
        "dateCreated": iso(member.date_created),
        "dateUpdated": iso(member.date_updated),
        "lastConsumedMessageIndex": member.last_consumed_message_index,
        "lastConsumptionTimestamp": iso(member.last_consumption_timestamp),
        "type": "chat",
    }


def message_item(message: Message, member_sid: str | None) -> dict[str, Any]:
    """A message; `member_sid` is its author's membership, if there is one."""
    media = message.media and _media(message.media)
    return {
        "sid": message.sid,
        "author": message.author,
        "text": message.body,
        "type": message.type,
        "attributes": message.attributes,
        "timestamp": iso(message.date_created),
        "dateUpdated": iso(message.date_updated),
        "lastUpdatedBy": message.last_updated_by,
        "memberSid": member_sid,
        "media": media,
        "medias": [media] if media else None,
    }


def _media(media: dict[str, Any]) -> dict[str, Any]:
    return {
        "sid": media["sid"],
        "contentType": media["content_type"],
        "content_type": media["content_type"],
        "size": media["size"],
        "filename": media["filename"],
        "category": "media",
    }


def own_channel_item(view: UserChannel, member: Member | None) -> dict[str, Any]:
    """A channel as one user has it: joined or invited, how far read, muted or not."""
    sid = view.channel_sid
    return {
        "status": view.status,
        "channel": objects.DOCUMENT.name(sid),
        "messages": objects.MESSAGES.name(sid),
        "roster": objects.ROSTER.name(sid),
        "lastConsumedMessageIndex": member.last_consumed_message_index if member else None,
        "notificationLevel": view.notification_level,
    }


def user_info(user: User) -> dict[str, dict[str, Any]]:
    """A user's items, by key."""
    return {
        "attributes": {"value": user.attributes},
        "friendlyName": {"value": user.friendly_name},
        "reachability": {"online": bool(user.is_online), "notifiable": bool(user.is_notifiable)},
    }
