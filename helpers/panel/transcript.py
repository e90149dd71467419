"""Messages of a chat panel in their order."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator

from .records import MessageView


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

    def __reversed__(self) -> Iterator[MessageView]:
        return (self._by_sid[sid] for _, sid in reversed(self._order))

    @property
    def first_index(self) -> int:
        """Index of the oldest message, -1 without one."""
        return self._order[0][0] if self._order else -1

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

    def before(self, index: int, count: int) -> list[MessageView]:
        """Return the messages just before an index, so many at most."""
        end = bisect_left(self._order, (index, ""))
        return self._at(max(0, end - count), end)

    def since(self, index: int, count: int) -> list[MessageView]:
        """Return the messages from an index on, so many at most."""
        start = bisect_left(self._order, (index, ""))
        return self._at(start, start + count)

    def _at(self, start: int, end: int) -> list[MessageView]:
        return [self._by_sid[sid] for _, sid in self._order[start:end]]

    def get(self, sid: str) -> MessageView | None:
        """Return the message with this SID, or None."""
        return self._by_sid.get(sid)
