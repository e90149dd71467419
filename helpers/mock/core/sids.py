"""SIDs from one seeded generator: the same calls give the same SIDs.

Stored notebooks then repeat to the letter.
"""

from __future__ import annotations

import random
import re
from typing import Any

LENGTH = 34
"""Characters of each SID."""
SID = re.compile(r"[A-Z]{2}[0-9a-f]{32}\Z")


class Sids:
    """Makes identifiers of two capital letters and 32 hexadecimal digits."""

    def __init__(self, seed: int | str) -> None:
        self._random = random.Random(str(seed))  # noqa: S311 - names, not secrets

    def new(self, prefix: str) -> str:
        """Return a new SID, e.g. `new("CH")` for a channel."""
        return f"{prefix}{self._random.getrandbits(128):032x}"

    @property
    def state(self) -> Any:
        """State of the generator; assign it back to repeat the SIDs that followed."""
        return self._random.getstate()

    @state.setter
    def state(self, state: Any) -> None:
        self._random.setstate(state)


def looks_like(text: str, prefix: str) -> bool:
    """Check whether `text` has the form of a SID with this prefix."""
    return text.startswith(prefix) and SID.match(prefix + text[len(prefix) :].lower()) is not None
