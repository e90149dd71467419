"""Sync objects that stand behind chat in Twilio's JavaScript SDKs, declared.

A channel is a document, a list of messages and a map of its members; a user is two maps. Each is a
view of chat's own resources, found by a name or SID made from its owner's SID. (Names of a
channel's objects are the SDKs' own; the others, and the SIDs, are the mock's.)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..core.clock import iso
from ..core.context import Context
from ..core.errors import TwilioError
from ..core.sids import SID
from ..core.store import Store
from ..messaging import permissions
from ..messaging.members import writer_of
from ..messaging.messages import delivery, has_receipts
from ..messaging.resources import Channel, Member, Message, User, UserChannel
from ..rest.chat_words import REFUSALS

_HOST = "https://cds.us1.twilio.com"


@dataclass(frozen=True, slots=True)
class SyncType:
    """One type of Sync object, a `document`, `list` or `map`, which is a view of its owner.

    Its name is the owner's SID and the suffix. Its SID has the prefix and the owner's digits,
    rotated by so many, so that two maps of one owner differ.
    """

    kind: str
    prefix: str
    owner: type[Channel] | type[User]
    suffix: str
    rotate: int = 0

    @property
    def item_label(self) -> str:
        """Name of an item's position: an `index` in a list, a `key` in a map."""
        return "index" if self.kind == "list" else "key"

    def name(self, owner_sid: str) -> str:
        """`CH....channel` and the like, by which clients open it."""
        return f"{owner_sid}.{self.suffix}"

    def sid(self, owner_sid: str) -> str:
        """The object's SID: ET, ES or MP and 32 digits."""
        digits = owner_sid[2:]
        return f"{self.prefix}{digits[self.rotate :]}{digits[: self.rotate]}"

    def owner_sid(self, key: str) -> str | None:
        """The owner's SID, from an object's name or SID; None for one of another type."""
        if not SID.match(key):
            owner_sid, _, suffix = key.partition(".")
            return owner_sid if suffix == self.suffix else None
        if key[:2] != self.prefix:
            return None
        start = len(key) - self.rotate
        return f"{self.owner.prefix}{key[start:]}{key[2:start]}"

    def url(self, owner_sid: str) -> str:
        """Address at which a client reads it."""
        return f"{_HOST}/v3/{self.kind.capitalize()}s/{self.sid(owner_sid)}"


DOCUMENT = SyncType("document", "ET", Channel, "channel")
MESSAGES = SyncType("list", "ES", Channel, "messages")
ROSTER = SyncType("map", "MP", Channel, "roster")
CHANNELS = SyncType("map", "MP", User, "channels", rotate=1)
INFO = SyncType("map", "MP", User, "info", rotate=2)

OF_A_CHANNEL = (DOCUMENT, MESSAGES, ROSTER)
OF_A_USER = (CHANNELS, INFO)


@dataclass(frozen=True, slots=True)
class SyncObject:
    """One Sync object, with the resource it is a view of."""

    type: SyncType
    owner: Channel | User

    @property
    def sid(self) -> str:
        """ET, ES or MP and 32 digits."""
        return self.type.sid(self.owner.sid)


def find(ctx: Context, kind: str, key: str) -> SyncObject:
    """The object of a name or SID; 20404 for none, 50300 or 50400 if the user may not see it."""
    found = next(_matches(ctx, kind, key), None)
    if found is None or found.owner.service_sid != ctx.actor.service_sid:
        raise TwilioError(20404, f"Sync {kind} {key[:80]} was not found")
    owner = found.owner
    with REFUSALS.worded():
        if isinstance(owner, Channel):
            permissions.see(ctx, owner)
            if found.type is not DOCUMENT:
                permissions.look_inside(ctx, owner)
        elif found.type is CHANNELS:
            permissions.own_only(ctx, owner)
    return found


def _matches(ctx: Context, kind: str, key: str) -> Iterator[SyncObject]:
    for sync_type in (*OF_A_CHANNEL, *OF_A_USER):
        owner_sid = sync_type.owner_sid(key) if sync_type.kind == kind else None
        owner = ctx.store.first(sync_type.owner, sid=owner_sid) if owner_sid else None
        if owner is not None:
            yield SyncObject(sync_type, owner)


# -- the data of objects and items


def last_message(store: Store, channel: Channel) -> Message | None:
    """The latest message that still exists."""
    sid = channel.last_message_sid
    return store.first(Message, sid=sid) if sid else None


def state(channel: Channel, now: float) -> dict[str, Any]:
    """A channel's state and since when, as the SDKs show it; an active one since its creation.

    Messages move `active_at` on, and must not look like a change of the state.
    """
    current = channel.state_at(now)
    if current != channel.state:
        since = channel.timer_dates()[current]
    else:
        since = (current != "active" and channel.active_at) or channel.date_created
    return {"current": current, "dateUpdated": iso(since)}


def document(
    store: Store, channel: Channel, now: float, last: Message | None = None
) -> dict[str, Any]:
    """A channel, without its members' own data (status, read horizon)."""
    last = last or last_message(store, channel)
    return {
        "messages": MESSAGES.name(channel.sid),
        "roster": ROSTER.name(channel.sid),
        "friendlyName": channel.friendly_name,
        "uniqueName": channel.unique_name,
        "attributes": channel.attributes,
        "type": channel.type,
        "createdBy": channel.created_by,
        "state": state(channel, now),
        "dateCreated": iso(channel.date_created),
        "dateUpdated": iso(channel.date_updated),
        "lastMessage": last and {"index": last.index, "timestamp": iso(last.date_created)},
    }


def messages(store: Store, found: list[Message]) -> list[dict[str, Any]]:
    """Messages of one channel."""
    if not has_receipts(store):
        return [_message(each, writer_of(store, each), None) for each in found]
    return [_message(each, writer_of(store, each), delivery(store, each)) for each in found]


def _message(
    message: Message, member_sid: str | None, reached: dict[str, Any] | None
) -> dict[str, Any]:
    medias = [
        {**media, "contentType": media["content_type"], "category": "media"}
        for media in message.media or ()
    ]
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
        "media": medias[0] if medias else None,
        "medias": medias or None,
        "delivery": reached,
    }


def roster_item(member: Member) -> dict[str, Any]:
    """A member, as the others in the channel see it."""
    binding = member.messaging_binding
    return {
        "identity": member.identity,
        "userInfo": INFO.name(member.user_sid) if member.user_sid else None,
        "roleSid": member.role_sid,
        "attributes": member.attributes,
        "dateCreated": iso(member.date_created),
        "dateUpdated": iso(member.date_updated),
        "lastConsumedMessageIndex": member.last_consumed_message_index,
        "lastConsumptionTimestamp": iso(member.last_consumption_timestamp),
        "type": (binding or {"type": "chat"})["type"],
        "bindings": {binding["type"]: binding} if binding else {},
    }


def own_channel(store: Store, view: UserChannel) -> dict[str, Any]:
    """A channel in a user's own map: joined or invited, read horizon, notification level."""
    member = store.first(Member, sid=view.member_sid) if view.member_sid else None
    sid = view.channel_sid
    return {
        "status": view.status,
        "channel": DOCUMENT.name(sid),
        "messages": MESSAGES.name(sid),
        "roster": ROSTER.name(sid),
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


def map_items(store: Store, found: SyncObject) -> dict[str, dict[str, Any]]:
    """Every item of a map, by key."""
    owner = found.owner
    if isinstance(owner, Channel):
        members = store.select(Member, {"channel_sid": owner.sid})
        return {member.sid: roster_item(member) for member in members}
    if found.type is INFO:
        return user_info(owner)
    views = store.select(UserChannel, {"user_sid": owner.sid})
    return {view.channel_sid: own_channel(store, view) for view in views}
