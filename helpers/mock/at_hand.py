"""What the database need not be asked for again: rows by SID, and what was worked out from them.

Only the store writes, and it says so here each time, so nothing at hand is ever out of date.
"""

from __future__ import annotations

from typing import Any

from .tables import SINGLE, Resource, Table, Where

KNOWN = 1000
"""Rows of each kind that are kept at hand."""


class TableAtHand(Table):
    """A table with what is known of its content.

    Attributes:
        known: Rows by SID, as the database holds them.
        worked_out: What was made of all its resources, by whatever name it was given.
        is_empty: Whether there are none; None where that has not been asked.
    """

    def __init__(self, kind: type[Resource]) -> None:
        super().__init__(kind)
        self._positions = {name: at for at, name in enumerate(self.columns, start=1)}
        self._has_sid = ("sid",) in kind.unique
        self.known: dict[str, tuple[Any, ...]] = {}
        self.worked_out: dict[Any, Any] = {}
        self.is_empty: bool | None = None

    def knows(self, where: Where) -> bool:
        """Whether a row's SID and fields say whether it is meant: no lists, no ranges."""
        return self._has_sid and "sid" in where and SINGLE.issuperset(map(type, where.values()))

    def fits(self, row: tuple[Any, ...], where: Where) -> bool:
        """Whether a row has these single values."""
        positions = self._positions
        return all(row[positions[name]] == value for name, value in where.items())

    def know(self, sid: str, row: tuple[Any, ...]) -> None:
        """Keep a row at hand; the one kept longest makes room for it."""
        if len(self.known) >= KNOWN:
            del self.known[next(iter(self.known))]
        self.known[sid] = row

    def added(self, resource: Any, row: list[Any]) -> None:
        """Keep step with an insertion."""
        self.is_empty = False
        self.worked_out.clear()
        if self._has_sid:
            self.know(resource.sid, tuple(row))

    def changed(self, resource: Any, changes: Where) -> None:
        """Keep step with an update; the values are as they are stored."""
        self.worked_out.clear()
        row = self.known.get(resource.sid) if self._has_sid else None
        if row is not None:
            amended = list(row)
            for name, value in changes.items():
                amended[self._positions[name]] = value
            self.known[resource.sid] = tuple(amended)

    def removed(self, resource: Any) -> None:
        """Keep step with the removal of one row."""
        self.is_empty = None
        self.worked_out.clear()
        if self._has_sid:
            self.known.pop(resource.sid, None)

    def forget(self) -> None:
        """Know nothing any more: many rows went, or what was written was taken back."""
        self.is_empty = None
        self.worked_out.clear()
        self.known.clear()
