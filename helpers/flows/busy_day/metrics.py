"""Figures of a simulated day: one record a customer, a summary, and what both are made of."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Literal

from .staffing import Staff

_SHARE = {"service_level", "occupancy", "abandonment"}
_SECONDS = {"wait_mean", "wait_p50", "wait_p90", "wait_p99", "wait_max"}

ContactOutcome = Literal["answered", "abandoned", "canceled", "waiting", "refused"]
"""An agent came; the customer left before; TaskRouter canceled the task; the customer still waited
when the day was over; the flow's channel could not be made."""


@dataclass(frozen=True, slots=True)
class ContactRecord:
    """One customer's day. Moments are seconds since the day began, None if they never came.

    A task is `queued` when it is made, `accepted` maybe after the customer has `left` without an
    agent, and `ended` when it is completed, canceled or deleted. The `wait` is in seconds, until an
    agent was there, or until the customer stopped waiting. Customers are numbered from 0; `kind` is
    the name of their class, if they have one.
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
    kind: str = ""

    @property
    def in_vain(self) -> bool:
        """Return whether an agent accepted it when the customer had left already."""
        return self.accepted is not None and self.outcome == "abandoned"


@dataclass(frozen=True, slots=True)
class Summary:
    """A day in figures; waits are in seconds, from a customer's arrival to an agent's acceptance.

    A figure without data (the mean wait where no customer was answered) is None.

    Attributes:
        offered: Number of customers.
        tasks: Those for whom there was a task; an external flow makes none by itself.
        answered: Those an agent came to.
        abandoned: Those who left before.
        canceled: Those whose task TaskRouter canceled.
        waiting: Those who still waited when the day was over.
        refused: Those whose channel could not be made.
        service_level: Share of customers who were answered in time, by the day's `ServiceLevel`.
        wait_mean: Of those answered, as are the following.
        wait_p50: Half of them waited no longer.
        wait_p90: Nine in ten waited no longer.
        wait_p99: All but one in a hundred waited no longer.
        wait_max: The longest wait.
        queue_max: The most tasks that waited at once.
        occupancy: Share of the agents' capacity that was taken up during the day.
        handled_per_agent: Tasks an agent accepted, on average.
        in_vain: Tasks accepted when the customer had left already.
        missed: Offers that agents did not answer in time.
        abandonment: Share of those offered who left before an agent came; where the day's
            `ServiceLevel` leaves out those who left in time, neither counts them.
    """

    offered: int
    tasks: int
    answered: int
    abandoned: int
    canceled: int
    waiting: int
    refused: int
    service_level: float | None
    wait_mean: float | None
    wait_p50: float | None
    wait_p90: float | None
    wait_p99: float | None
    wait_max: float | None
    queue_max: int
    occupancy: float | None
    handled_per_agent: float
    in_vain: int
    missed: int
    abandonment: float | None = None

    def lines(self) -> list[tuple[str, str]]:
        """Names and values as text."""
        return [(name.replace("_", " "), shown(name, getattr(self, name))) for name in FIGURES]


FIGURES = tuple(each.name for each in fields(Summary))


def shown(name: str, value: float | None) -> str:
    """A figure as text: `98.2 %`, `12.4 s`, `5,000`."""
    if value is None:
        return "none"
    if name in _SHARE:
        return f"{value:.1%}".replace("%", " %")
    if name in _SECONDS:
        return f"{value:,.1f} s"
    return f"{value:,.1f}" if isinstance(value, float) else f"{value:,}"


ServiceLevel = Literal["offered", "answered", "without short", "with short"]
"""Usual definitions of the service level: those answered in time, as a share of

- `offered`: all customers;
- `answered`: those who were answered;
- `without short`: all but those who left before the time was up;
- `with short`: all, where those who left before the time was up count as answered in time.
"""


def in_time(
    contacts: Sequence[ContactRecord], within: float, definition: ServiceLevel
) -> tuple[int, int]:
    """The number of customers who count as answered in so many seconds, and that of all."""
    answered = [each.wait for each in contacts if each.outcome == "answered"]
    good = sum(wait <= within for wait in answered)
    short = _short(contacts, within)
    return {
        "offered": (good, len(contacts)),
        "answered": (good, len(answered)),
        "without short": (good, len(contacts) - short),
        "with short": (good + short, len(contacts)),
    }[definition]


def service_level(
    contacts: Sequence[ContactRecord], within: float, definition: ServiceLevel
) -> float | None:
    """The share of customers who were answered in so many seconds; None of none."""
    good, total = in_time(contacts, within, definition)
    return good / total if total else None


def abandonment(
    contacts: Sequence[ContactRecord], within: float, definition: ServiceLevel
) -> float | None:
    """The share of customers who left before an agent came; None of none."""
    left = sum(each.outcome == "abandoned" for each in contacts)
    short = _short(contacts, within) if definition == "without short" else 0
    total = len(contacts) - short
    return (left - short) / total if total else None


def _short(contacts: Sequence[ContactRecord], within: float) -> int:
    return sum(each.outcome == "abandoned" and each.wait <= within for each in contacts)


def unit(name: str) -> str:
    """The unit of a figure, for an axis; empty for a number."""
    return "%" if name in _SHARE else "s" if name in _SECONDS else ""


def mean(values: Sequence[float]) -> float | None:
    """The mean; None of none."""
    return math.fsum(values) / len(values) if values else None


def quantile(values: Sequence[float], share: float) -> float | None:
    """The value that this share of sorted values does not exceed; None of none."""
    return values[max(0, math.ceil(share * len(values)) - 1)] if values else None


def occupancy(
    conversations: Iterable[ContactRecord], staffing: Staff, low: float, high: float
) -> float | None:
    """Share of the agents' capacity in use between two moments; None without agents."""
    room = staffing.room_seconds(low, high)
    held = math.fsum(
        max(0.0, (high if each.ended is None else min(high, each.ended)) - max(low, each.accepted))
        for each in conversations
        if each.accepted is not None
    )
    return held / room if room else None


def longest(queue: Sequence[tuple[float, int]], low: float, high: float) -> int:
    """The longest queue between two moments, that at the first moment included."""
    most = 0
    for at, length in queue:
        if at >= high:
            break
        most = length if at <= low else max(most, length)
    return most
