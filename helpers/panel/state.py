"""What a chat panel knows, and the one place where that changes.

Every method locks, changes, unlocks, and only then tells the observers: neither the chat client nor
an observer is ever called with the lock held. Knows no chat client; `model` feeds it.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from .announcer import Announcer
from .records import (
    Alert,
    AlertTopic,
    Change,
    MessageChange,
    MessageView,
    Notice,
    Person,
    Status,
    alert_for,
)
from .transcript import Transcript

_NOTICES_KEPT = 200


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
        """The status as it is now; the value itself never changes."""
        return self._status

    @property
    def messages(self) -> list[MessageView]:
        """The messages known so far, oldest first."""
        with self._lock:
            return list(self._transcript)

    @property
    def notices(self) -> list[Notice]:
        """The latest notices, oldest first."""
        with self._lock:
            return list(self._notices)

    def set(self, **fields: Any) -> None:
        """Change fields of the status; nobody is told where that changes nothing."""
        with self._changing():
            self._update(**fields)

    def report(self, what: str, failure: Exception) -> None:
        """Show a failure in the alert line."""
        self.set(alert=alert_for("panel", what, failure))

    def settle(self, *topics: AlertTopic) -> None:
        """Take an alert on one of these topics away: its cause is gone."""
        with self._changing():
            alert: Alert | None = self._status.alert
            if alert and alert.topic in topics:
                self._update(alert=None)

    def begin_loading(self) -> bool:
        """Say that earlier messages are being loaded; False where that is so already."""
        with self._changing():
            if self._status.loading_earlier or not self._status.has_earlier:
                return False
            self._update(loading_earlier=True)
        return True

    def prepend(self, messages: Sequence[MessageView], has_earlier: bool) -> None:
        """Take a page of history, of which some may be known already."""
        with self._changing():
            self._tell("earlier", self._transcript.add(messages))
            self._update(has_earlier=has_earlier)

    def add(self, message: MessageView) -> None:
        """Take a new message; whoever wrote it is not typing any more."""
        with self._changing():
            self._tell("added", self._transcript.add([message]))
            self._update(typing=self._typing_without(message.author))

    def replace(self, message: MessageView, edited: bool) -> None:
        """Take an update of a message; once edited, it stays marked so."""
        with self._changing():
            known = self._transcript.get(message.sid)
            message = replace(message, edited=edited or (known is not None and known.edited))
            if self._transcript.replace(message):
                self._tell("updated", (message,))

    def remove(self, sid: str) -> None:
        """Take a message out."""
        with self._changing():
            gone = self._transcript.remove(sid)
            self._tell("removed", (gone,) if gone else ())

    def note(self, text: str) -> None:
        """Put a notice behind the newest message."""
        with self._changing():
            number = self._notices[-1].number + 1 if self._notices else 1
            notice = Notice(number, self._transcript.last_index, text, datetime.now(UTC))
            self._notices.append(notice)
            self.announcer.queue(Change("notice", notice=notice))

    def start_typing(self, who: Person) -> None:
        """Show that someone types; the latest comes last."""
        with self._changing():
            self._update(typing=(*self._typing_without(who.identity), who))

    def stop_typing(self, identity: str) -> None:
        """Show that someone stopped typing."""
        with self._changing():
            self._update(typing=self._typing_without(identity))

    def seen(self, index: int) -> None:
        """Someone else has read up to this index."""
        with self._changing():
            self._update(seen_index=max(index, self._status.seen_index or 0))

    def take_unread(self) -> bool:
        """Say whether others wrote anything since this was last asked."""
        with self._lock:
            latest = max((m.index for m in self._transcript if not m.own), default=-1)
            unread = latest > self._read_up_to
            self._read_up_to = max(latest, self._read_up_to)
        return unread

    @contextmanager
    def _changing(self) -> Iterator[None]:
        with self._lock:
            yield
        self.announcer.flush()

    def _update(self, **fields: Any) -> None:
        status = replace(self._status, **fields)
        if status != self._status:
            self._status = status
            self.announcer.queue(Change("status", status=status))

    def _tell(self, kind: MessageChange, messages: tuple[MessageView, ...]) -> None:
        if messages:
            self.announcer.queue(Change(kind, messages))

    def _typing_without(self, identity: str) -> tuple[Person, ...]:
        return tuple(who for who in self._status.typing if who.identity != identity)

    def _observer_failed(self, change: Change, failure: Exception) -> None:
        if change.kind != "status":  # else a view that cannot show a status would fail for ever
            self.report(f"Could not show {change.kind}", failure)
