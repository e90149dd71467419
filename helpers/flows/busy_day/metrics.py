"""What a simulated day comes to, in figures."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields

from .contacts import ContactRecord
from .demand import HOUR
from .staffing import Staffing

_SHARE = {"service_level", "occupancy"}
_SECONDS = {"wait_mean", "wait_p50", "wait_p90", "wait_p99", "wait_max"}


@dataclass(frozen=True, slots=True)
class Summary:
    """A day in figures; waits are in seconds, from a customer's arrival to an agent's acceptance.

    A figure about nobody (the mean wait where nobody was answered) is None.

    Attributes:
        offered: Customers who came.
        tasks: Those for whom there was a task; an external flow makes none by itself.
        answered: Those an agent came to.
        abandoned: Those who left before.
        canceled: Those whose task TaskRouter gave up.
        waiting: Those who still waited when the day was over.
        refused: Those whose channel could not be made.
        service_level: Share of those offered who were answered in time.
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

    def lines(self) -> list[tuple[str, str]]:
        """Names and values as people read them."""
        return [(name.replace("_", " "), shown(name, getattr(self, name))) for name in FIGURES]


FIGURES = tuple(each.name for each in fields(Summary))


def shown(name: str, value: float | None) -> str:
    """A figure as people read it: `98.2 %`, `12.4 s`, `5,000`."""
    if value is None:
        return "none"
    if name in _SHARE:
        return f"{value:.1%}".replace("%", " %")
    if name in _SECONDS:
        return f"{value:,.1f} s"
    return f"{value:,.1f}" if isinstance(value, float) else f"{value:,}"


def summarise(
    conversations: Sequence[ContactRecord],
    queue: Iterable[tuple[float, int]],
    staffing: Staffing,
    *,
    missed: int,
    closes: float,
    within: float,
) -> Summary:
    """A day's figures.

    Args:
        conversations: Everybody's day.
        queue: How many tasks waited, from which moment on.
        staffing: Who worked.
        missed: Offers not answered in time.
        closes: When the day ended, in seconds since it began.
        within: Seconds in which a customer should be answered.
    """
    count = _counts(conversations)
    waits = sorted(each.wait for each in conversations if each.outcome == "answered")
    in_time = sum(wait <= within for wait in waits)
    accepted = [each for each in conversations if each.accepted is not None]
    return Summary(
        offered=len(conversations),
        tasks=sum(each.queued is not None for each in conversations),
        **count,
        service_level=in_time / len(conversations) if conversations else None,
        wait_mean=math.fsum(waits) / len(waits) if waits else None,
        wait_p50=quantile(waits, 0.5),
        wait_p90=quantile(waits, 0.9),
        wait_p99=quantile(waits, 0.99),
        wait_max=waits[-1] if waits else None,
        queue_max=max(length for _, length in queue),
        occupancy=occupancy(accepted, staffing, 0.0, closes),
        handled_per_agent=len(accepted) / staffing.agents,
        in_vain=sum(each.in_vain for each in conversations),
        missed=missed,
    )


def _counts(conversations: Iterable[ContactRecord]) -> dict[str, int]:
    counts = dict.fromkeys(("answered", "abandoned", "canceled", "waiting", "refused"), 0)
    for each in conversations:
        counts[each.outcome] += 1
    return counts


def quantile(values: Sequence[float], share: float) -> float | None:
    """The value that this share of sorted values does not exceed; none of none."""
    return values[max(0, math.ceil(share * len(values)) - 1)] if values else None


def occupancy(
    conversations: Iterable[ContactRecord], staffing: Staffing, low: float, high: float
) -> float | None:
    """Share of the agents' capacity that chats took up between two moments; none without agents."""
    room = staffing.room_seconds(low, high)
    held = math.fsum(each.held_within(low, high) for each in conversations)
    return held / room if room else None


def by_hour(
    conversations: Sequence[ContactRecord],
    queue: Sequence[tuple[float, int]],
    staffing: Staffing,
    hours: int,
) -> list[dict[str, float | None]]:
    """Each hour in figures; a wait counts where the customer arrived."""
    return [_hour(conversations, queue, staffing, hour) for hour in range(hours)]


def _hour(
    conversations: Sequence[ContactRecord],
    queue: Sequence[tuple[float, int]],
    staffing: Staffing,
    hour: int,
) -> dict[str, float | None]:
    low, high = hour * HOUR, (hour + 1) * HOUR
    came = [each for each in conversations if low <= each.arrived < high]
    waits = sorted(each.wait for each in came if each.outcome == "answered")
    return {
        "hour": hour,
        "offered": len(came),
        "answered": len(waits),
        "abandoned": sum(each.outcome == "abandoned" for each in came),
        "wait_mean": math.fsum(waits) / len(waits) if waits else None,
        "wait_p90": quantile(waits, 0.9),
        "queue_max": longest(queue, low, high),
        "occupancy": occupancy(conversations, staffing, low, high),
    }


def longest(queue: Sequence[tuple[float, int]], low: float, high: float) -> int:
    """The longest the queue was between two moments, the one it had at first included."""
    most = 0
    for at, length in queue:
        if at >= high:
            break
        most = length if at <= low else max(most, length)
    return most
