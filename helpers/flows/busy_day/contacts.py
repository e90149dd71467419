"""What became of each customer, second by second since the day began."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .demand import Arrival

ContactOutcome = Literal["answered", "abandoned", "canceled", "waiting", "refused"]
"""An agent came; the customer left before; TaskRouter gave the task up; the customer still waited
when the day was over; the flow's channel could not be made."""


@dataclass(frozen=True, slots=True)
class ContactRecord:
    """One customer's day. Moments are seconds since the day began, None for what never came.

    Attributes:
        number: The customer, counted from 0.
        arrived: When they came.
        queued: When there was a task for them.
        accepted: When an agent accepted it, be it after they had left.
        ended: When it was completed, cancelled or deleted.
        left: When the customer gave up.
        agent: Who accepted it.
        outcome: What the customer got.
        wait: Seconds until an agent was there, or until the customer stopped waiting.
    """

    number: int
    arrived: float
    queued: float | None
    accepted: float | None
    ended: float | None
    left: float | None
    agent: str | None
    outcome: ContactOutcome
    wait: float

    @property
    def in_vain(self) -> bool:
        """Whether an agent accepted it when the customer had left already."""
        return self.accepted is not None and self.outcome == "abandoned"

    def held_within(self, low: float, high: float) -> float:
        """Seconds between two moments that an agent held it."""
        if self.accepted is None:
            return 0.0
        end = high if self.ended is None else self.ended
        return max(0.0, min(high, end) - max(low, self.accepted))


@dataclass(slots=True)
class Contact:
    """A customer's contact while the day goes on; moments as in `Conversation`.

    Attributes:
        said: How many of their messages they have sent.
        is_typing: Whether they are about to answer a bot.
        is_refused: Whether there could be no chat.
    """

    customer: Arrival
    arrived: float
    channel_sid: str = ""
    queued: float | None = None
    accepted: float | None = None
    ended: float | None = None
    left: float | None = None
    agent: str | None = None
    said: int = 0
    is_typing: bool = False
    is_refused: bool = False

    @property
    def waits(self) -> bool:
        """Whether the customer is there and no agent is, or has been."""
        gone = self.left is not None or self.ended is not None or self.is_refused
        return self.accepted is None and not gone

    @property
    def is_over(self) -> bool:
        """Whether neither the customer nor an agent has anything to do with it any more."""
        has_task = self.queued is not None and self.ended is None
        return self.is_refused or (not has_task and (self.ended or self.left) is not None)

    def recorded(self, now: float) -> ContactRecord:
        """What became of it by now."""
        outcome, until = self._outcome(now)
        return ContactRecord(
            self.customer.number,
            self.arrived,
            self.queued,
            self.accepted,
            self.ended,
            self.left,
            self.agent,
            outcome,
            until - self.arrived,
        )

    def _outcome(self, now: float) -> tuple[ContactOutcome, float]:
        if self.is_refused:
            return "refused", self.arrived
        if self.left is not None:
            return "abandoned", self.left
        if self.accepted is not None:
            return "answered", self.accepted
        return ("canceled", self.ended) if self.ended is not None else ("waiting", now)
