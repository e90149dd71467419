"""When each item of a Sync object last changed, so that a client that was away can catch up.

Event ids rise in the order things happen, over all objects. A message that was never edited needs
no entry: the id of its coming is its place in the order of all messages, times `SPAN`; the ids in
between are for everything else. What else changes has one entry an item, that of its last change,
so the log never outgrows what it tells of; of what is gone, the latest few are remembered.

The entries are resources, kept in the account's store with all it tells of.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ..core.store import Between, Resource, Store
from ..messaging.resources import Message

SPAN = 1 << 20
"""Ids between a message and the next."""
FIRST = 1
"""The id of what was there before anybody kept a log."""
KEPT_REMOVALS = 1000
"""Removed items remembered for each object; a client away for longer keeps seeing older ones."""
DOCUMENT_KEY = ""
"""A document is one item."""


@dataclass(slots=True)
class SyncChange(Resource):
    """The last change of one item: when the item came, when it changed, whether it is gone."""

    object_sid: str
    key: str
    added: int
    changed: int
    removed: bool

    unique: ClassVar[tuple[tuple[str, ...], ...]] = (("object_sid", "key"),)
    indexes: ClassVar[tuple[tuple[str, ...], ...]] = (
        ("object_sid", "changed"),
        ("object_sid", "removed", "changed"),
    )


def message_id(message: Message) -> int:
    """The id of the event that a message came."""
    return message.seq * SPAN


class ChangeLog:
    """Gives out event ids and remembers changes, within the account's transactions."""

    def __init__(self, store: Store) -> None:
        self._store = store
        latest = store.select(SyncChange, by=("-changed",), limit=1)
        self._last = latest[0].changed if latest else FIRST

    def current(self) -> int:
        """The id of the latest event; whoever holds the store's lock has seen all up to it."""
        return max(self._last, self._store.last_seq(Message) * SPAN)

    def _next(self) -> int:
        self._last = self.current() + 1
        if self._last % SPAN == 0:  # the next message's own
            self._store.skip_seq(Message)
            self._last += 1
        return self._last

    def added(self, object_sid: str, key: str) -> int:
        """An item has come, or come back; the event's id."""
        event_id = self._next()
        self._keep(object_sid, key, event_id, event_id, removed=False)
        return event_id

    def updated(self, object_sid: str, key: str, added: int = FIRST) -> int:
        """An item has changed; `added` is when it came, where the log does not say."""
        known = self.find(object_sid, key)
        event_id = self._next()
        self._keep(object_sid, key, known.added if known else added, event_id, removed=False)
        return event_id

    def removed(self, object_sid: str, key: str, added: int = FIRST) -> int:
        """An item is gone."""
        known = self.find(object_sid, key)
        event_id = self._next()
        self._keep(object_sid, key, known.added if known else added, event_id, removed=True)
        self._compact(object_sid)
        return event_id

    def next_id(self) -> int:
        """The id of an event that needs no entry."""
        return self._next()

    def document_id(self, object_sid: str, last: Message | None) -> int:
        """The id of a channel document's last change; a new message changes it too."""
        entry = self.find(object_sid, DOCUMENT_KEY)
        return max(entry.changed if entry else FIRST, message_id(last) if last else FIRST)

    def _keep(self, object_sid: str, key: str, added: int, changed: int, *, removed: bool) -> None:
        known = self.find(object_sid, key)
        if known is None:
            self._store.add(SyncChange(object_sid, key, added, changed, removed))
        else:
            self._store.save(known, added=added, changed=changed, removed=removed)

    def _compact(self, object_sid: str) -> None:
        gone = {"object_sid": object_sid, "removed": True}
        older = self._store.select(
            SyncChange, gone, by=("-changed",), limit=1, offset=KEPT_REMOVALS
        )
        for change in older:
            self._store.remove(change)

    def find(self, object_sid: str, key: str) -> SyncChange | None:
        """The last change of one item; None where there is no entry."""
        return self._store.first(SyncChange, object_sid=object_sid, key=key)

    def changes(self, object_sid: str, keys: list[str]) -> dict[str, SyncChange]:
        """The entries of some items of an object, by key."""
        found = self._store.select(SyncChange, {"object_sid": object_sid, "key": keys})
        return {change.key: change for change in found}

    def since(self, object_sid: str, event_id: int) -> list[SyncChange]:
        """What changed after an event, in order."""
        later = {"object_sid": object_sid, "changed": Between(low=event_id + 1)}
        return self._store.select(SyncChange, later, by=("changed",))

    def forget(self, object_sid: str) -> None:
        """The object is gone with all its entries."""
        self._store.remove_all(SyncChange, object_sid=object_sid)
