"""Sync as the SDKs read it: objects, items page by page, and the changes that a client missed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from operator import attrgetter
from typing import Any, NamedTuple, Protocol
from urllib.parse import quote, unquote

from ..core.clock import iso
from ..core.context import Context
from ..core.errors import TwilioError
from ..core.store import Between, Store
from ..messaging.resources import Channel, Message
from ..rest.collection import Arguments, Operation
from ..rest.http import FormValues, Reply, Request, last
from . import notices, sync_objects
from .change_log import DOCUMENT_KEY, FIRST, SPAN, ChangeLog, message_id
from .conversations import HOST, Handler
from .notices import ItemChange, SyncNotice
from .sync_objects import SyncObject

REPLAYED = 1000
"""New messages replayed at once; a client that missed more asks again from there."""

DEFAULT_SIZE, MAX_SIZE = 50, 100
"""Items a page (observed in the SDKs)."""
_TOKEN = re.compile(
    r"(?P<way>next|previous)\.(?P<order>asc|desc)\.(?P<size>[0-9]{1,3})\.(?P<key>.*)"
)

SyncKey = str | int
SyncItem = tuple[SyncKey, Any]

PATHS = {
    "FetchSyncDocument": "/v3/Documents/{Key}",
    "FetchSyncMap": "/v3/Maps/{Key}",
    "ListSyncMapItem": "/v3/Maps/{Key}/Items",
    "FetchSyncList": "/v3/Lists/{Key}",
    "ListSyncListItem": "/v3/Lists/{Key}/Items",
}
"""Paths of the operations."""


class Computed(Protocol):
    """A map that is no view of a resource: its items, each with its revision."""

    sid: str
    name: str | None
    items: dict[str, tuple[Any, int]]
    last_event_id: int

    @property
    def url(self) -> str:
        """Its address."""


class SyncReads:
    """Operations that read Sync objects.

    Args:
        log: The account's change log.
        computed: Returns the computed map of a name or SID, None where the user has none.
    """

    def __init__(self, log: ChangeLog, computed: Callable[[Context, str], Computed | None]) -> None:
        self._log = log
        self._computed = computed
        handlers: tuple[Handler, ...] = (
            partial(self._fetch, "document"),
            partial(self._fetch, "map"),
            self._map_items,
            partial(self._fetch, "list"),
            self._list_items,
        )
        self.operations = [
            Operation(name, "GET", HOST, path, handle)
            for (name, path), handle in zip(PATHS.items(), handlers, strict=True)
        ]

    def _fetch(self, kind: str, ctx: Context, arguments: Arguments, request: Request) -> Reply:
        computed = self._computed(ctx, arguments["Key"]) if kind == "map" else None
        if computed is not None:
            return Reply(200, _computed_json(ctx, computed))
        found = sync_objects.find(ctx, kind, arguments["Key"])
        owner, current = found.owner, self._log.current()
        url = found.type.url(owner.sid)
        shown: dict[str, Any] = {
            "sid": found.sid,
            "unique_name": found.type.name(owner.sid),
            "url": url,
            "revision": str(current),
            "last_event_id": current,
            "date_created": iso(owner.date_created),
            "date_updated": iso(owner.date_updated),
            "date_expires": None,
        }
        if kind == "document":
            assert isinstance(owner, Channel)
            return Reply(200, shown | {"data": sync_objects.document(ctx.store, owner, ctx.now)})
        shown["links"] = {"items": f"{url}/Items"}
        if kind == "map" and last(request.query, "Include") == "items":
            query = partial(_query_mapping, sync_objects.map_items(ctx.store, found))
            items, _ = _fetch_page(SyncPageRequest(), query)
            shown["items"] = self._items(found, items)
        return Reply(200, shown)

    def _map_items(self, ctx: Context, arguments: Arguments, request: Request) -> Reply:
        computed = self._computed(ctx, arguments["Key"])
        if computed is not None:
            return Reply(200, _computed_items(ctx, computed, request))
        found = sync_objects.find(ctx, "map", arguments["Key"])
        items = sync_objects.map_items(ctx.store, found)
        key = last(request.query, "Key")
        if key is not None:
            items = {key: items[key]} if key in items else {}
        page_request = _read_page(request.query, numbered=False)
        page, meta = _fetch_page(page_request, partial(_query_mapping, items))
        return Reply(200, {"items": self._items(found, page), "meta": meta})

    def _list_items(self, ctx: Context, arguments: Arguments, request: Request) -> Reply:
        found = sync_objects.find(ctx, "list", arguments["Key"])
        index = last(request.query, "Index")
        if index is None:
            query = partial(_query_messages, ctx.store, found.owner.sid)
            page, meta = _fetch_page(_read_page(request.query, numbered=True), query)
            messages = [message for _, message in page]
        else:
            only = {"channel_sid": found.owner.sid, "index": int(_read_key(index, numbered=True))}
            messages, meta = ctx.store.select(Message, only), NO_OTHER_PAGES
        data = sync_objects.messages(ctx.store, messages)
        items = [(message.index, shown) for message, shown in zip(messages, data, strict=True)]
        arrivals = [message_id(message) for message in messages]
        return Reply(200, {"items": self._items(found, items, arrivals), "meta": meta})

    def _items(
        self, found: SyncObject, items: list[SyncItem], arrivals: Sequence[int] | None = None
    ) -> list[dict[str, Any]]:
        """JSON of items; `arrivals` are the ids of the events that added them, where known."""
        changes = self._log.changes(found.sid, [str(key) for key, _ in items])
        shown = []
        for (key, data), event_id in zip(items, arrivals or [FIRST] * len(items), strict=True):
            change = changes.get(str(key))
            changed = max(event_id, change.changed) if change else event_id
            shown.append(
                {
                    found.type.item_label: key,
                    "url": f"{found.type.url(found.owner.sid)}/Items/{quote(str(key), safe='')}",
                    "revision": str(changed),
                    "last_event_id": changed,
                    "date_updated": data.get("dateUpdated") or iso(found.owner.date_updated),
                    "date_expires": None,
                    "data": data,
                }
            )
        return shown


def _computed_json(ctx: Context, found: Computed) -> dict[str, Any]:
    return {
        "sid": found.sid,
        "unique_name": found.name,
        "url": found.url,
        "revision": str(found.last_event_id),
        "last_event_id": found.last_event_id,
        "date_created": iso(ctx.now),
        "date_updated": iso(ctx.now),
        "date_expires": None,
        "links": {"items": f"{found.url}/Items"},
    }


def _computed_items(ctx: Context, found: Computed, request: Request) -> dict[str, Any]:
    key, items = last(request.query, "Key"), found.items
    if key is not None:
        items = {key: items[key]} if key in items else {}
    page_request = _read_page(request.query, numbered=False)
    page, meta = _fetch_page(page_request, partial(_query_mapping, items))
    shown = [
        {
            "key": each,
            "url": f"{found.url}/Items/{each}",
            "revision": str(revision),
            "last_event_id": revision,
            "date_updated": iso(ctx.now),
            "date_expires": None,
            "data": data,
        }
        for each, (data, revision) in page
    ]
    return {"items": shown, "meta": meta}


def _query_messages(store: Store, channel_sid: str, wanted: SyncRange) -> list[SyncItem]:
    where: dict[str, Any] = {"channel_sid": channel_sid}
    if wanted.start is not None:
        start, step = int(wanted.start), 0 if wanted.included else 1
        where["index"] = Between(high=start - step) if wanted.descending else Between(start + step)
    by = ("-index",) if wanted.descending else ("index",)
    return [(each.index, each) for each in store.select(Message, where, by=by, limit=wanted.limit)]


def missed(
    ctx: Context, log: ChangeLog, found: SyncObject, event_id: int
) -> tuple[list[SyncNotice], bool]:
    """Changes of an object after an event, in order, and whether these are all.

    Of each item its last change only: the client ends with the same state. An item that came and
    went meanwhile is reported as removed, since the client may have seen it in another way.
    """
    owner = found.owner
    if isinstance(owner, Channel) and found.type.kind == "document":
        last = sync_objects.last_message(ctx.store, owner)
        entry = log.find(found.sid, DOCUMENT_KEY)
        # a new message changes the document too
        changed = max(entry.changed if entry else FIRST, message_id(last) if last else FIRST)
        if changed <= event_id:
            return [], True
        data = sync_objects.document(ctx.store, owner, ctx.now, last)
        return [notices.document(owner.sid, data, changed, ctx.now)], True
    if found.type.kind == "list":
        items, is_all = _missed_messages(ctx, log, found, event_id)
    else:
        changes, is_all = log.since(found.sid, event_id), True
        present = sync_objects.map_items(ctx.store, found) if changes else {}
        items = [
            ItemChange(
                "removed" if each.removed else "added" if each.added > event_id else "updated",
                each.key,
                present.get(each.key),
                each.changed,
            )
            for each in changes
        ]
    return [notices.item(found.type, owner.sid, each, ctx.now) for each in items], is_all


def _missed_messages(
    ctx: Context, log: ChangeLog, found: SyncObject, event_id: int
) -> tuple[list[ItemChange], bool]:
    """New messages as they are, and edits of every message that the client knows by then."""
    where = {"channel_sid": found.owner.sid}
    new = ctx.store.select(Message, where, after=event_id // SPAN, limit=REPLAYED + 1)
    is_all, new = len(new) <= REPLAYED, new[:REPLAYED]
    last_id = log.current() if is_all else message_id(new[-1])
    items = [
        ItemChange("added", each.index, data, message_id(each))
        for each, data in zip(new, sync_objects.messages(ctx.store, new), strict=True)
    ]
    for change in log.since(found.sid, event_id):
        if change.changed <= last_id:
            kept = ctx.store.select(Message, {**where, "index": int(change.key)})
            data = next(iter(sync_objects.messages(ctx.store, kept)), None)
            kind = "removed" if change.removed else "updated"
            items.append(ItemChange(kind, int(change.key), data, change.changed))
    return sorted(items, key=attrgetter("event_id")), is_all


# -- pages of items, in the two ways in which the SDKs request them
#
# Newer Sync clients start from a key they have seen, which is included again; Sync 3.0, in the
# prebuilt browser bundle, sends nothing but the token of the page before. A token therefore holds
# everything: direction, order, size, and the key to continue from, so that items may come and go.


class SyncRange(NamedTuple):
    """At most `limit` items beyond a key, or from it on; from one end where `start` is None."""

    start: SyncKey | None
    included: bool
    descending: bool
    limit: int


SyncQuery = Callable[[SyncRange], list[SyncItem]]


@dataclass(frozen=True, slots=True)
class SyncPageRequest:
    """A request for one page of items."""

    order: str = "asc"
    size: int = DEFAULT_SIZE
    start: SyncKey | None = None
    included: bool = True
    backwards: bool = False

    def token(self, way: str, key: SyncKey) -> str:
        """The token of the page that continues from `key`."""
        return f"{way}.{self.order}.{self.size}.{quote(str(key), safe='')}"


PageTokens = Mapping[str, str | None]
NO_OTHER_PAGES: PageTokens = {"previous_token": None, "next_token": None}


def _read_page(query: FormValues, *, numbered: bool) -> SyncPageRequest:
    """Read a request's parameters; `numbered` where keys are a list's indexes."""
    token = last(query, "PageToken")
    if token is None:
        start, order = last(query, "From"), last(query, "Order") or "asc"
        if order not in ("asc", "desc"):
            raise TwilioError(20001, "Order must be asc or desc")
        key = None if start is None else _read_key(start, numbered=numbered)
        return SyncPageRequest(order, _size(last(query, "PageSize")), key)
    if (match := _TOKEN.fullmatch(token)) is None:
        raise TwilioError(20001, "PageToken is not one that a page carried")
    return SyncPageRequest(
        order=match["order"],
        size=_size(match["size"]),
        start=_read_key(unquote(match["key"]), numbered=numbered),
        included=False,
        backwards=match["way"] == "previous",
    )


def _size(text: str | None) -> int:
    if text is None:
        return DEFAULT_SIZE
    if not re.fullmatch("[0-9]{1,9}", text) or int(text) == 0:
        raise TwilioError(20001, f"PageSize must be a whole number above 0, not {text[:40]!r}")
    return min(int(text), MAX_SIZE)


def _read_key(text: str, *, numbered: bool) -> SyncKey:
    if not numbered:
        return text
    if not re.fullmatch("[0-9]{1,15}", text):
        raise TwilioError(20001, f"From must be an index, 0 or more, not {text[:40]!r}")
    return int(text)


def _fetch_page(request: SyncPageRequest, query: SyncQuery) -> tuple[list[SyncItem], PageTokens]:
    """Items in the requested order, and the tokens of the pages around them, null where none is."""
    start, size = request.start, request.size
    descending = (request.order == "desc") != request.backwards
    found = query(SyncRange(start, request.included, descending, size + 1))
    ahead, items = len(found) > size, found[:size]
    behind = bool(items and query(SyncRange(items[0][0], False, not descending, 1)))
    if request.backwards:
        items.reverse()
        ahead, behind = behind, ahead
    return items, {
        "previous_token": request.token("previous", items[0][0]) if behind else None,
        "next_token": request.token("next", items[-1][0]) if ahead else None,
    }


def _query_mapping(items: Mapping[str, Any], wanted: SyncRange) -> list[SyncItem]:
    keys = sorted(items, reverse=wanted.descending)
    if wanted.start is not None:
        start = str(wanted.start)
        keys = [
            key
            for key in keys
            if (wanted.included and key == start)
            or (key < start if wanted.descending else key > start)
        ]
    return [(key, items[key]) for key in keys[: wanted.limit]]
