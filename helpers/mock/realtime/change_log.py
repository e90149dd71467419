"""The latest change of each item of a Sync object, so that a client can catch up after a break.

Event ids rise in the order of events, over all objects. A message that was never edited needs no
entry: its event id is its place in the order of all messages, times `SPAN`; the ids in between are
for everything else. Anything else has one entry an item, that of its last change, so the log never
outgrows the account; of removed items, the latest few are kept.

The entries are resources, kept in the account's store.
"""

from __future__ import annotations

from typing import ClassVar

from ..core.store import Between, Resource, Store
from ..messaging.resources import Message

SPAN = 1 << 20
"""Ids between a message and the next."""
FIRST = 1
"""The id of everything older than the log."""
KEPT_REMOVALS = 1000
"""Removed items kept for each object; a client away for longer keeps seeing older ones."""
DOCUMENT_KEY = ""
"""Key of a document's single item."""


class SyncChange(Resource):
    """The last change of one item: ids of its arrival and its change, and whether it is gone."""

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
    """The id of the event that added a message."""
    return message.seq * SPAN


class ChangeLog:
    """Gives out event ids and records changes, within the account's transactions."""

    def __init__(self, store: Store) -> None:
        self._store = store
        latest = store.select(SyncChange, by=("-changed",), limit=1)
        self._last = latest[0].changed if latest else FIRST

    def current(self) -> int:
        """The id of the latest event; exact while the store's lock is held."""
        return max(self._last, self._store.last_seq(Message) * SPAN)

    def next_id(self) -> int:
        """A new id, for an event that needs no entry."""
        self._last = self.current() + 1
        if self._last % SPAN == 0:  # the next message's own
            self._store.skip_seq(Message)
            self._last += 1
        return self._last

    def record(self, object_sid: str, key: str, change: str, added: int = FIRST) -> int:
        """Record that an item was `added`, `updated` or `removed`. Returns the event's id.

        `added` is the id of its arrival, where the log has no entry.
        """
        known, event_id = self.find(object_sid, key), self.next_id()
        removed = change == "removed"
        if change == "added":
            added = event_id
        elif known is not None:
            added = known.added
        if known is None:
            self._store.add(SyncChange(object_sid, key, added, event_id, removed))
        else:
            self._store.save(known, added=added, changed=event_id, removed=removed)
        if removed:
            gone, by = {"object_sid": object_sid, "removed": True}, ("-changed",)
            past = self._store.select(SyncChange, gone, by=by, limit=1, offset=KEPT_REMOVALS)
            for oldest in past:
                self._store.remove(oldest)
        return event_id

    def find(self, object_sid: str, key: str) -> SyncChange | None:
        """The last change of one item; None without an entry."""
        return self._store.first(SyncChange, object_sid=object_sid, key=key)

    def changes(self, object_sid: str, keys: list[str]) -> dict[str, SyncChange]:
        """The entries of some items of an object, by key."""
        found = self._store.select(SyncChange, {"object_sid": object_sid, "key": keys})
        return {change.key: change for change in found}

    def since(self, object_sid: str, event_id: int) -> list[SyncChange]:
        """Changes after an event, in order."""
        later = {"object_sid": object_sid, "changed": Between(low=event_id + 1)}
        return self._store.select(SyncChange, later, by=("changed",))

    def forget(self, object_sid: str) -> None:
        """Drop all entries of a removed object."""
        self._store.remove_all(SyncChange, object_sid=object_sid)
