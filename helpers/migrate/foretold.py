"""Differences between a rehearsal of a legacy flow and of its migrated set-up that are expected."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Foretold:
    """A difference that a change makes: rows of one kind, as patterns of their whole text.

    Attributes:
        kind: The kind of the timeline's row, or `outcome`.
        a: A row of the legacy flow; blank for none.
        b: The row of the migrated set-up in its place; blank for none.
    """

    kind: str
    a: str = ""
    b: str = ""

    def fits(self, kind: str, a: str, b: str) -> bool:
        """Return whether it is this difference."""
        found = zip((self.a, self.b), (a, b), strict=True)
        return kind == self.kind and all(
            re.fullmatch(pattern, text) if pattern else not text for pattern, text in found
        )
