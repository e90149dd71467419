"""A reservation as an agent sees it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Offer:
    """A task that an agent is asked to take.

    Attributes:
        sid: WR..., the reservation.
        task_sid: WT..., the task.
        attributes: The task's attributes; for a chat `name` and `channelSid`.
        age: Seconds since the task was made.
    """

    sid: str
    task_sid: str
    attributes: dict[str, Any] = field(repr=False)
    age: int = field(repr=False, compare=False)

    @property
    def name(self) -> str:
        """Who is waiting."""
        return str(self.attributes.get("name") or "somebody")

    @property
    def channel_sid(self) -> str | None:
        """The chat channel of the task, if it has one."""
        return self.attributes.get("channelSid")
