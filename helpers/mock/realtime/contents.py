"""What Sync objects hold right now, read from chat's own resources."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..messaging.resources import Channel, Member, Message, User, UserChannel
from ..store import Between, Store
from . import items, objects
from .objects import Sort, SyncObject
from .paging import Item, Key, Query


def last_message(store: Store, channel: Channel) -> Message | None:
    """The latest message that is still there."""
    sid = channel.last_message_sid
    return store.first(Message, sid=sid) if sid else None


def document(store: Store, channel: Channel) -> dict[str, Any]:
    """The data of a channel's document."""
    return items.channel_document(channel, last_message(store, channel))


def message(store: Store, found: Message) -> dict[str, Any]:
    """The data of one message."""
    author = store.first(Member, channel_sid=found.channel_sid, identity=found.author)
    return items.message_item(found, author.sid if author else None)


def messages(store: Store, found: list[Message]) -> list[dict[str, Any]]:
    """The data of several messages of one channel; each author is looked up once."""
    authors: dict[str, str | None] = {}
    for each in found:
        if each.author not in authors:
            own = {"channel_sid": each.channel_sid, "identity": each.author}
            member = store.find(Member, own)
            authors[each.author] = member.sid if member else None
    return [items.message_item(each, authors[each.author]) for each in found]


def own_channel(store: Store, view: UserChannel) -> dict[str, Any]:
    """The data of a channel in a user's own map."""
    member = store.first(Member, sid=view.member_sid) if view.member_sid else None
    return items.own_channel_item(view, member)


def _roster(store: Store, channel: Channel) -> dict[str, Any]:
    found = store.select(Member, {"channel_sid": channel.sid})
    return {member.sid: items.roster_item(member) for member in found}


def _channels(store: Store, user: User) -> dict[str, Any]:
    found = store.select(UserChannel, {"user_sid": user.sid})
    return {view.channel_sid: own_channel(store, view) for view in found}


def _info(store: Store, user: User) -> dict[str, Any]:
    return items.user_info(user)


_MAPS: Mapping[Sort, Callable[[Store, Any], dict[str, Any]]] = {
    objects.ROSTER: _roster,
    objects.CHANNELS: _channels,
    objects.INFO: _info,
}


def entries(store: Store, found: SyncObject) -> dict[str, Any]:
    """The data of every item of a map, by key."""
    return _MAPS[found.sort](store, found.owner)


def messages_of(store: Store, channel_sid: str) -> Query:
    """A query of a channel's messages by their index."""

    def query(start: Key | None, *, included: bool, descending: bool, limit: int) -> list[Item]:
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
