"""State of a chat panel, and the one place that changes it.

Every method locks, changes, unlocks, and only then notifies the observers: neither the chat client
nor an observer is ever called with the lock held.
"""

from __future__ import annotations

import threading
from bisect import bisect_left, insort
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from .events import Announcer
from .records import (
    AlertTopic,
    Change,
    MessageChange,
    MessageView,
    Notice,
    Person,
    Status,
    alert_for,
)

_NOTICES_KEPT = 200


class Transcript:
    """Messages in the order of their index, each once, whatever order they arrive in.

    A page of history, an edit and a new message may cross. Not thread-safe: its owner locks.
    """

    def __init__(self) -> None:
        self._by_sid: dict[str, MessageView] = {}
        self._order: list[tuple[int, str]] = []
        self._removed: set[str] = set()

    def __iter__(self) -> Iterator[MessageView]:
        return (self._by_sid[sid] for _, sid in self._order)

    def __len__(self) -> int:
        return len(self._order)

    @property
    def last_index(self) -> int:
        """Index of the newest message, -1 without one."""
        return self._order[-1][0] if self._order else -1

    def add(self, messages: Iterable[MessageView]) -> tuple[MessageView, ...]:
        """Add the messages that are new and return those.

        A known message stays as it is: an edit that overtook it is newer. A removed one stays away.
        """
        added = []
        for message in messages:
            if message.sid not in self._by_sid and message.sid not in self._removed:
                self._by_sid[message.sid] = message
                insort(self._order, (message.index, message.sid))
                added.append(message)
        return tuple(added)

    def replace(self, message: MessageView) -> bool:
        """Replace an edited message. Returns False for history that was never loaded."""
        if message.sid in self._by_sid:
            self._by_sid[message.sid] = message
            return True
        is_loaded = not self._order or message.index >= self._order[0][0]
        return is_loaded and bool(self.add([message]))

    def remove(self, sid: str) -> MessageView | None:
        """Remove a message for good: a page loaded meanwhile may still contain it."""
        self._removed.add(sid)
        message = self._by_sid.pop(sid, None)
        if message is not None:
            del self._order[bisect_left(self._order, (message.index, sid))]
        return message

    def get(self, sid: str) -> MessageView | None:
        """Return the message with this SID, or None."""
        return self._by_sid.get(sid)


class ChatState:
    """The transcript, its notices and the status around them; thread-safe."""

    def __init__(self, status: Status) -> None:
        self._lock = threading.RLock()
        self._status = status
        self._transcript = Transcript()
        self._notices: deque[Notice] = deque(maxlen=_NOTICES_KEPT)
        self._read_up_to = -1
        self.announcer = Announcer(self._observer_failed)

    @property
    def status(self) -> Status:
        """Current status, an immutable value."""
        return self._status

    @property
    def messages(self) -> list[MessageView]:
        """Messages loaded so far, oldest first."""
        with self._lock:
            return list(self._transcript)

    @property
    def notices(self) -> list[Notice]:
        """Latest notices, oldest first."""
        with self._lock:
            return list(self._notices)

    def set(self, **fields: Any) -> None:
        """Change fields of the status; without a change, observers are not notified."""
        with self._lock:
            self._update(**fields)
        self.announcer.flush()

    def report(self, what: str, failure: Exception) -> None:
        """Show a failure in the alert line."""
        self.set(alert=alert_for("panel", what, failure))

    def settle(self, *topics: AlertTopic) -> None:
        """Remove an alert on one of these topics: its cause is gone."""
        with self._lock:
            alert = self._status.alert
            if alert is not None and alert.topic in topics:
                self._update(alert=None)
        self.announcer.flush()

    def begin_loading(self) -> bool:
        """Show that earlier messages are loading. Returns False if they are, or there are none."""
        with self._lock:
            if self._status.loading_earlier or not self._status.has_earlier:
                return False
            self._update(loading_earlier=True)
        self.announcer.flush()
        return True

    def prepend(self, messages: Sequence[MessageView], has_earlier: bool) -> None:
        """Add a page of history, of which some may be known already."""
        with self._lock:
            self._queue("earlier", self._transcript.add(messages))
            self._update(has_earlier=has_earlier)
        self.announcer.flush()

    def add(self, message: MessageView) -> None:
        """Add a new message; its author is not typing any more."""
        with self._lock:
            added = self._transcript.add([message])
            if added:
                self.announcer.queue(Change("added", added))
            if self._status.typing:
                self._update(typing=self._typing_without(message.author))
        self.announcer.flush()

    def replace(self, message: MessageView, edited: bool) -> None:
        """Update a message; once edited, it stays marked so."""
        with self._lock:
            known = self._transcript.get(message.sid)
            message = replace(message, edited=edited or (known is not None and known.edited))
            self._queue("updated", (message,) if self._transcript.replace(message) else ())
        self.announcer.flush()

    def remove(self, sid: str) -> None:
        """Remove a message."""
        with self._lock:
            gone = self._transcript.remove(sid)
            self._queue("removed", (gone,) if gone else ())
        self.announcer.flush()

    def note(self, text: str) -> None:
        """Add a notice after the newest message."""
        with self._lock:
            number = self._notices[-1].number + 1 if self._notices else 1
            notice = Notice(number, self._transcript.last_index, text, datetime.now(UTC))
            self._notices.append(notice)
            self.announcer.queue(Change("notice", notice=notice))
        self.announcer.flush()

    def start_typing(self, typist: Person) -> None:
        """Show that a person types; the latest comes last."""
        with self._lock:
            self._update(typing=(*self._typing_without(typist.identity), typist))
        self.announcer.flush()

    def stop_typing(self, identity: str) -> None:
        """Show that a person stopped typing."""
        with self._lock:
            self._update(typing=self._typing_without(identity))
        self.announcer.flush()

    def seen(self, index: int) -> None:
        """Show that another member has read up to this index."""
        with self._lock:
            self._update(seen_index=max(index, self._status.seen_index or 0))
        self.announcer.flush()

    def take_unread(self) -> bool:
        """Return whether others wrote anything since the last call."""
        with self._lock:
            latest = max((m.index for m in self._transcript if not m.own), default=-1)
            unread = latest > self._read_up_to
            self._read_up_to = max(latest, self._read_up_to)
        return unread

    def _update(self, **fields: Any) -> None:
        status = replace(self._status, **fields)
        if status != self._status:
            self._status = status
            self.announcer.queue(Change("status", status=status))

    def _queue(self, kind: MessageChange, messages: tuple[MessageView, ...]) -> None:
        if messages:
            self.announcer.queue(Change(kind, messages))

    def _typing_without(self, identity: str) -> tuple[Person, ...]:
        return tuple(typist for typist in self._status.typing if typist.identity != identity)

    def _observer_failed(self, change: Change, failure: Exception) -> None:
        if change.kind != "status":  # a view that cannot show a status would fail for ever
            self.report(f"Could not show {change.kind}", failure)
