"""What a list is narrowed to, and how it is sorted, as its query says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..call import Call
from ..errors import TwilioError
from .paging import Keep, Rank

Narrowing = Mapping[str, Any] | Keep
"""Field values to match, or a test of each item."""

Filter = Callable[[Call, Any, list[str]], Narrowing]
"""What values of a parameter narrow a list to; called with the parent the list is inside."""

Filters = Mapping[str, str | Filter]


@dataclass(slots=True)
class Selection:
    """Conditions that an item must meet: those the store can test, and those only Python can."""

    where: dict[str, Any]
    keeps: list[Keep] = field(default_factory=list)

    def narrow(self, by: str | Filter, call: Call, parent: Any, values: list[str]) -> None:
        """Add a condition."""
        chosen = {by: values} if isinstance(by, str) else by(call, parent, values)
        if isinstance(chosen, Mapping):
            for column, allowed in chosen.items():
                self._allow(column, allowed)
        else:
            self.keeps.append(chosen)

    def _allow(self, column: str, allowed: Any) -> None:
        before = self.where.get(column)
        if isinstance(before, list) and isinstance(allowed, list):
            allowed = [value for value in before if value in allowed]
        self.where[column] = allowed

    def holds(self, item: Any) -> bool:
        """Whether an item that the store found meets the other conditions as well."""
        return all(keep(item) for keep in self.keeps)


def read_ordering(orderings: Mapping[str, str], text: str | None) -> Rank:
    """`Priority:desc,DateCreated:asc` as a sort key; ties are in the order the last part says.

    Raises:
        TwilioError: 20001, a part names nothing to sort by, or another direction.
    """
    parts = [_part(orderings, part) for part in (text or "").split(",") if part]
    parts.append(("seq", parts[-1][1] if parts else 1))

    def rank(item: Any) -> tuple[float, ...]:
        return tuple(sign * getattr(item, column) for column, sign in parts)

    return rank


def _part(orderings: Mapping[str, str], part: str) -> tuple[str, int]:
    name, _, way = part.strip().partition(":")
    if name not in orderings or way not in ("", "asc", "desc"):
        names = ", ".join(orderings)
        raise TwilioError(20001, f"Ordering takes {names}, each with :asc or :desc; got {part!r}")
    return orderings[name], -1 if way == "desc" else 1
