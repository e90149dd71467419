"""Sync as the SDKs read it: documents, lists and maps, page by page; and what a client missed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from ..core.clock import iso
from ..core.context import Context
from ..messaging.resources import Channel, Message
from ..rest.collection import Arguments, Operation
from ..rest.http import Reply, Request, last
from . import notices, paging, sync_objects
from .change_log import FIRST, SPAN, ChangeLog, message_id
from .notices import Notice
from .sync_objects import SyncObject

REPLAYED = 1000
"""New messages replayed at once; a client that missed more asks again from there."""

PATHS = {
    "FetchSyncDocument": "/v3/Documents/{Key}",
    "FetchSyncMap": "/v3/Maps/{Key}",
    "ListSyncMapItem": "/v3/Maps/{Key}/Items",
    "FetchSyncList": "/v3/Lists/{Key}",
    "ListSyncListItem": "/v3/Lists/{Key}/Items",
}
"""What can be read, and where."""


class SyncReads:
    """What clients read of Sync objects."""

    def __init__(self, host: str, log: ChangeLog) -> None:
        self._log = log
        handlers = (self._document, self._map, self._map_items, self._list, self._list_items)
        self.operations = [
            Operation(name, "GET", host, path, handle)
            for (name, path), handle in zip(PATHS.items(), handlers, strict=True)
        ]

    def _document(self, ctx: Context, arguments: Arguments, request: Request) -> Reply:
        found = sync_objects.find(ctx, "document", arguments["Key"])
        shown = self._root(found) | {"data": sync_objects.document(ctx.store, _channel(found))}
        return Reply(200, shown)

    def _map(self, ctx: Context, arguments: Arguments, request: Request) -> Reply:
        found = sync_objects.find(ctx, "map", arguments["Key"])
        shown = self._collection(found)
        if last(request.query, "Include") == "items":
            page = paging.fetch(
                paging.SyncPageRequest(), paging.within(sync_objects.entries(ctx.store, found))
            )
            shown["items"] = self._shown(found, page.items)
        return Reply(200, shown)

    def _list(self, ctx: Context, arguments: Arguments, request: Request) -> Reply:
        return Reply(200, self._collection(sync_objects.find(ctx, "list", arguments["Key"])))

    def _root(self, found: SyncObject) -> dict[str, Any]:
        current = self._log.current()
        return {
            "sid": found.sid,
            "unique_name": found.name,
            "url": found.url,
            "revision": str(current),
            "last_event_id": current,
            "date_created": iso(found.owner.date_created),
            "date_updated": iso(found.owner.date_updated),
            "date_expires": None,
        }

    def _collection(self, found: SyncObject) -> dict[str, Any]:
        return self._root(found) | {"links": {"items": f"{found.url}/Items"}}

    def _map_items(self, ctx: Context, arguments: Arguments, request: Request) -> Reply:
        found = sync_objects.find(ctx, "map", arguments["Key"])
        entries = sync_objects.entries(ctx.store, found)
        key = last(request.query, "Key")
        if key is not None:
            entries = {key: entries[key]} if key in entries else {}
        page = paging.fetch(paging.read(request.query, numbered=False), paging.within(entries))
        return Reply(200, {"items": self._shown(found, page.items), "meta": page.meta})

    def _list_items(self, ctx: Context, arguments: Arguments, request: Request) -> Reply:
        found = sync_objects.find(ctx, "list", arguments["Key"])
        query = sync_objects.messages_of(ctx.store, found.owner.sid)
        index = last(request.query, "Index")
        if index is None:
            page = paging.fetch(paging.read(request.query, numbered=True), query)
        else:
            page = paging.only(paging.read({"From": index}, numbered=True), query)
        held = [message for _, message in page.items]
        data = sync_objects.messages(ctx.store, held)
        items = [(each.index, shown) for each, shown in zip(held, data, strict=True)]
        came = [message_id(message) for message in held]
        return Reply(200, {"items": self._shown(found, items, came), "meta": page.meta})

    def _shown(
        self, found: SyncObject, items: list[paging.SyncItem], came: Sequence[int] | None = None
    ) -> list[dict[str, Any]]:
        """Items as Sync answers them; `came` is when each did, where that is known."""
        known = self._log.changes(found.sid, [str(key) for key, _ in items])
        label = notices.item_label(found.sort)
        shown = []
        for (key, data), event_id in zip(items, came or [FIRST] * len(items), strict=True):
            change = known.get(str(key))
            changed = max(event_id, change.changed) if change else event_id
            shown.append(
                {
                    label: key,
                    "url": f"{found.url}/Items/{quote(str(key), safe='')}",
                    "revision": str(changed),
                    "last_event_id": changed,
                    "date_updated": data.get("dateUpdated") or iso(found.owner.date_updated),
                    "date_expires": None,
                    "data": data,
                }
            )
        return shown


def _channel(found: SyncObject) -> Channel:
    assert isinstance(found.owner, Channel)  # a document's owner
    return found.owner


# -- what a client missed


def missed(
    ctx: Context, log: ChangeLog, found: SyncObject, event_id: int
) -> tuple[list[Notice], bool]:
    """What happened to an object after an event, in order; whether that is all of it.

    Of each item its last change only: the client ends with the same state. What came and went
    meanwhile is told as gone, for the client may have seen it by another way.
    """
    told, is_all = _TELL[found.sort.kind](ctx, log, found, event_id)
    return sorted(told, key=lambda notice: notice.event_id), is_all


_Missed = tuple[list[Notice], bool]


def _document_since(ctx: Context, log: ChangeLog, found: SyncObject, event_id: int) -> _Missed:
    channel = _channel(found)
    changed = log.document_id(found.sid, sync_objects.last_message(ctx.store, channel))
    if changed <= event_id:
        return [], True
    data = sync_objects.document(ctx.store, channel)
    return [notices.document(found.sort, channel.sid, data, changed, ctx.now)], True


def _map_since(ctx: Context, log: ChangeLog, found: SyncObject, event_id: int) -> _Missed:
    changes = log.since(found.sid, event_id)
    held = sync_objects.entries(ctx.store, found) if changes else {}
    return [
        notices.item(
            found.sort,
            found.owner.sid,
            "removed" if change.removed else "added" if change.added > event_id else "updated",
            change.key,
            held.get(change.key),
            change.changed,
            ctx.now,
        )
        for change in changes
    ], True


def _list_since(ctx: Context, log: ChangeLog, found: SyncObject, event_id: int) -> _Missed:
    """New messages come first as they are, then the edits of all that the client knows by then."""
    where, sid = {"channel_sid": found.owner.sid}, found.owner.sid
    new = ctx.store.select(Message, where, after=event_id // SPAN, limit=REPLAYED + 1)
    is_all = len(new) <= REPLAYED
    new = new[:REPLAYED]
    told = [
        notices.item(found.sort, sid, "added", each.index, data, message_id(each), ctx.now)
        for each, data in zip(new, sync_objects.messages(ctx.store, new), strict=True)
    ]
    upto = log.current() if is_all else message_id(new[-1])
    for change in log.since(found.sid, event_id):
        if change.changed > upto:
            continue
        message = ctx.store.first(Message, index=int(change.key), **where)
        what = "removed" if change.removed else "updated"
        data = sync_objects.message(ctx.store, message) if message else None
        told.append(
            notices.item(found.sort, sid, what, int(change.key), data, change.changed, ctx.now)
        )
    return told, is_all


_TELL = {"document": _document_since, "map": _map_since, "list": _list_since}
