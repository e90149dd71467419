"""What Flex does by itself, told to whoever follows the account."""

from __future__ import annotations

from dataclasses import dataclass

from ..events import Event


@dataclass(frozen=True, slots=True)
class MadeByFlex(Event):
    """A Flex Flow has made the task of this SID."""

    sid: str
