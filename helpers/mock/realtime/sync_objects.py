"""The Sync objects that stand behind chat in Twilio's JavaScript SDKs, declared.

A channel is a document, a list of messages and a map of its members; a user is two maps. None of
them is kept: each is a view of chat's own resources, found by a name or SID made from its owner's
SID. (Names of a channel's objects are the SDKs' own; the others, and the SIDs, are the mock's.)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..core.clock import iso
from ..core.context import Context
from ..core.errors import TwilioError
from ..core.sids import SID
from ..core.store import Between, Store
from ..messaging import permissions
from ..messaging.resources import Channel, Member, Message, User, UserChannel
from .paging import SyncItem, SyncKey, SyncQuery

_HOST = "https://cds.us1.twilio.com"


@dataclass(frozen=True, slots=True)
class SyncType:
    """One sort of Sync object.

    Attributes:
        kind: `document`, `list` or `map`.
        prefix: Of its SIDs.
        owner: What it is a view of.
        suffix: Its name is the owner's SID and this.
        turn: Digits by which the owner's SID is turned to make the object's, so that two maps of
            one owner differ.
    """

    kind: str
    prefix: str
    owner: type[Channel] | type[User]
    suffix: str
    turn: int = 0

    def name(self, owner_sid: str) -> str:
        """`CH....channel` and the like."""
        return f"{owner_sid}.{self.suffix}"

    def sid(self, owner_sid: str) -> str:
        """The object's SID."""
        digits = owner_sid[2:]
        return f"{self.prefix}{digits[self.turn :]}{digits[: self.turn]}"

    def owner_sid(self, sid: str) -> str:
        """The owner's SID, from the object's."""
        digits = sid[2:]
        back = len(digits) - self.turn
        return f"{_PREFIXES[self.owner]}{digits[back:]}{digits[:back]}"

    def url(self, owner_sid: str) -> str:
        """Where a client reads it."""
        return f"{_HOST}/v3/{self.kind.capitalize()}s/{self.sid(owner_sid)}"


_PREFIXES: dict[type[Channel] | type[User], str] = {Channel: "CH", User: "US"}

DOCUMENT = SyncType("document", "ET", Channel, "channel")
MESSAGES = SyncType("list", "ES", Channel, "messages")
ROSTER = SyncType("map", "MP", Channel, "roster")
CHANNELS = SyncType("map", "MP", User, "channels", turn=1)
INFO = SyncType("map", "MP", User, "info", turn=2)

SYNC_TYPES = (DOCUMENT, MESSAGES, ROSTER, CHANNELS, INFO)
OF_A_CHANNEL = (DOCUMENT, MESSAGES, ROSTER)
OF_A_USER = (CHANNELS, INFO)
_BY_SUFFIX = {sort.suffix: sort for sort in SYNC_TYPES}


@dataclass(frozen=True, slots=True)
class SyncObject:
    """One Sync object, with the resource it is a view of."""

    sort: SyncType
    owner: Channel | User

    @property
    def sid(self) -> str:
        """ET, ES or MP and 32 digits."""
        return self.sort.sid(self.owner.sid)

    @property
    def name(self) -> str:
        """What clients open it by."""
        return self.sort.name(self.owner.sid)

    @property
    def url(self) -> str:
        """Where a client reads it."""
        return self.sort.url(self.owner.sid)


def find(ctx: Context, kind: str, key: str) -> SyncObject:
    """The object of a name or SID, if the acting chat user may see it.

    Raises:
        TwilioError: 20404, there is none; 50300 or 50400, the user may not see it.
    """
    found = _by_sid(ctx, kind, key) if SID.match(key) else _by_name(ctx, kind, key)
    if found is None or found.owner.service_sid != ctx.actor.service_sid:
        raise TwilioError(20404, f"Sync {kind} {key[:80]} was not found")
    _admit(ctx, found)
    return found


def _by_name(ctx: Context, kind: str, name: str) -> SyncObject | None:
    owner_sid, _, suffix = name.partition(".")
    sort = _BY_SUFFIX.get(suffix)
    return None if sort is None or sort.kind != kind else _owned(ctx, sort, owner_sid)


def _by_sid(ctx: Context, kind: str, sid: str) -> SyncObject | None:
    sorts = [sort for sort in SYNC_TYPES if sort.kind == kind and sort.prefix == sid[:2]]
    owned = (_owned(ctx, sort, sort.owner_sid(sid)) for sort in sorts)
    return next((found for found in owned if found is not None), None)


def _owned(ctx: Context, sort: SyncType, owner_sid: str) -> SyncObject | None:
    owner = ctx.store.first(sort.owner, sid=owner_sid)
    return None if owner is None else SyncObject(sort, owner)


def _admit(ctx: Context, found: SyncObject) -> None:
    owner = found.owner
    if isinstance(owner, Channel):
        permissions.see(ctx, owner)
        if found.sort is not DOCUMENT:
            permissions.look_inside(ctx, owner)
    elif found.sort is CHANNELS:
        permissions.own_only(ctx, owner)


def channel_document(channel: Channel, last: Message | None) -> dict[str, Any]:
    """A channel, without what is its members' own (status, read horizon)."""
    return {
        "messages": MESSAGES.name(channel.sid),
        "roster": ROSTER.name(channel.sid),
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
        "userInfo": INFO.name(member.user_sid),
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


def last_message(store: Store, channel: Channel) -> Message | None:
    """The latest message that is still there."""
    sid = channel.last_message_sid
    return store.first(Message, sid=sid) if sid else None


def document(store: Store, channel: Channel) -> dict[str, Any]:
    """The data of a channel's document."""
    return channel_document(channel, last_message(store, channel))


def message(store: Store, found: Message) -> dict[str, Any]:
    """The data of one message."""
    author = store.first(Member, channel_sid=found.channel_sid, identity=found.author)
    return message_item(found, author.sid if author else None)


def messages(store: Store, found: list[Message]) -> list[dict[str, Any]]:
    """The data of several messages of one channel; each author is looked up once."""
    authors: dict[str, str | None] = {}
    for each in found:
        if each.author not in authors:
            own = {"channel_sid": each.channel_sid, "identity": each.author}
            member = store.find(Member, own)
            authors[each.author] = member.sid if member else None
    return [message_item(each, authors[each.author]) for each in found]


def own_channel(store: Store, view: UserChannel) -> dict[str, Any]:
    """The data of a channel in a user's own map."""
    member = store.first(Member, sid=view.member_sid) if view.member_sid else None
    return own_channel_item(view, member)


def _roster(store: Store, channel: Channel) -> dict[str, Any]:
    found = store.select(Member, {"channel_sid": channel.sid})
    return {member.sid: roster_item(member) for member in found}


def _channels(store: Store, user: User) -> dict[str, Any]:
    found = store.select(UserChannel, {"user_sid": user.sid})
    return {view.channel_sid: own_channel(store, view) for view in found}


def _info(store: Store, user: User) -> dict[str, Any]:
    return user_info(user)


_MAPS: Mapping[SyncType, Callable[[Store, Any], dict[str, Any]]] = {
    ROSTER: _roster,
    CHANNELS: _channels,
    INFO: _info,
}


def entries(store: Store, found: SyncObject) -> dict[str, Any]:
    """The data of every item of a map, by key."""
    return _MAPS[found.sort](store, found.owner)


def messages_of(store: Store, channel_sid: str) -> SyncQuery:
    """A query of a channel's messages by their index."""

    def query(
        start: SyncKey | None, *, included: bool, descending: bool, limit: int
    ) -> list[SyncItem]:
        where: dict[str, Any] = {"channel_sid": channel_sid}
        if start is not None:
            where["index"] = _beyond(int(start), included, descending)
        by = ("-index",) if descending else ("index",)
        found = store.select(Message, where, by=by, limit=limit)
        return [(each.index, each) for each in found]

    return query


def _beyond(index: int, included: bool, descending: bool) -> Between:
    step = 0 if included else 1
    return Between(high=index - step) if descending else Between(low=index + step)
