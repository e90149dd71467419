"""The agents of a day: their shifts and their speed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .demand import HOUR, Duration, Fixed, as_attributes, as_duration, is_number, is_whole

REACTION, WRAP_UP = Fixed(5.0), Fixed(30.0)
"""Default times that an agent takes: assumptions, as are the seconds below."""
MOST_AGENTS = 10_000
"""Agents of a shift."""


@dataclass(frozen=True, slots=True)
class Shift:
    """Agents who work the same hours, which count from the day's beginning.

    An `end` of None stands for until no customer waits any more.
    """

    agents: int
    start: float = 0.0
    end: float | None = None

    def __post_init__(self) -> None:
        if not is_whole(self.agents) or self.agents < 1:
            raise ValueError(f"a shift has at least one agent; got {self.agents}")
        if self.agents > MOST_AGENTS:
            raise ValueError(f"a shift has at most {MOST_AGENTS:,} agents; got {self.agents:,}")
        start, end = self.start, self.end
        numbers = is_number(start) and (end is None or is_number(end))
        if not numbers or start < 0 or (end is not None and end <= start):
            raise ValueError(
                f"a shift ends after it starts; got {start} to {end}. Hours count from the day's"
                " beginning, on past midnight: 22 to 30"
            )


@dataclass(frozen=True, slots=True)
class Staffing:
    """The agents of a day.

    Attributes:
        shifts: Working hours.
        at_once: Chats an agent takes at once: the capacity for the flow's task channel.
        reaction: Time until an agent accepts an offer. One who takes longer than the workflow's
            reservation timeout misses it.
        wrap_up: Time from the end of the chat until the task is completed.
        notices: Seconds until an agent notices that the customer has left.
        back_after: Seconds until an agent who missed an offer is available again.
        attributes: Attributes of the workers, which queues and workflows match.
        slowdown: Share by which each further chat that an agent has when a talk begins makes the
            talk longer: with 0.2 and two others at the time, by 40 %.
        name: Label in tables; by default the number of agents.
    """

    shifts: tuple[Shift, ...]
    at_once: int = 1
    reaction: Duration = REACTION
    wrap_up: Duration = WRAP_UP
    notices: float = 30.0
    back_after: float = 60.0
    attributes: Mapping[str, Any] = field(default_factory=dict)
    name: str = ""
    slowdown: float = 0.0

    def __post_init__(self) -> None:
        if not self.shifts:
            raise ValueError("no agent would work: give at least one Shift")
        if not all(isinstance(each, Shift) for each in self.shifts):
            raise TypeError(f"shifts={self.shifts!r}: give a tuple of Shift, such as (Shift(3),)")
        if not is_whole(self.at_once) or self.at_once < 1:
            raise ValueError(f"at_once={self.at_once}: an agent takes at least one chat")
        for name in ("notices", "back_after", "slowdown"):
            value = getattr(self, name)
            if not is_number(value) or value < 0:
                raise ValueError(f"{name}={value}: give 0 or more")
        for name in ("reaction", "wrap_up"):
            object.__setattr__(self, name, as_duration(name, getattr(self, name)))
        as_attributes("Staffing", self.attributes)

    @property
    def groups(self) -> tuple[Staffing, ...]:
        """Its groups of agents: itself alone."""
        return (self,)

    @property
    def agents(self) -> int:
        """Number of agents."""
        return sum(shift.agents for shift in self.shifts)

    @property
    def label(self) -> str:
        """Label in tables."""
        return self.name or str(self.agents)

    def on_duty(self, hours: float) -> list[tuple[float, int]]:
        """Numbers of agents on duty, each with the hour from which on it holds."""
        return _on_duty(self.groups, hours)

    def room_seconds(self, low: float, high: float) -> float:
        """Chats that can be held at once, times seconds, between two moments (in seconds)."""
        room = 0.0
        for shift in self.shifts:
            end = high if shift.end is None else min(high, shift.end * HOUR)
            room += shift.agents * max(0.0, end - max(low, shift.start * HOUR))
        return self.at_once * room


@dataclass(frozen=True, slots=True)
class StaffGroups:
    """Groups of agents who work on the same day, each with attributes and habits of its own."""

    groups: tuple[Staffing, ...]

    @property
    def agents(self) -> int:
        """Number of agents."""
        return sum(group.agents for group in self.groups)

    @property
    def label(self) -> str:
        """Label in tables."""
        return " + ".join(group.label for group in self.groups)

    def on_duty(self, hours: float) -> list[tuple[float, int]]:
        """Numbers of agents on duty, each with the hour from which on it holds."""
        return _on_duty(self.groups, hours)

    def room_seconds(self, low: float, high: float) -> float:
        """Chats that can be held at once, times seconds, between two moments (in seconds)."""
        return sum(group.room_seconds(low, high) for group in self.groups)


def _on_duty(groups: tuple[Staffing, ...], hours: float) -> list[tuple[float, int]]:
    shifts = [shift for group in groups for shift in group.shifts]
    ends = [hours if shift.end is None else min(hours, shift.end) for shift in shifts]
    moments = sorted({0.0, hours, *(shift.start for shift in shifts), *ends})
    return [
        (
            moment,
            sum(
                shift.agents
                for shift, end in zip(shifts, ends, strict=True)
                if shift.start <= moment < end
            ),
        )
        for moment in moments
        if moment <= hours
    ]


Staff = Staffing | StaffGroups
GivenStaff = int | Staff | Sequence[Staffing]


def as_staffing(given: GivenStaff) -> Staff:
    """An argument as staffing: a number works all day; TypeError if none, ValueError for nobody."""
    if isinstance(given, Staffing | StaffGroups):
        return given
    if isinstance(given, list | tuple) and all(isinstance(each, Staffing) for each in given):
        if not given:
            raise ValueError("no agent would work: give at least one Staffing")
        return StaffGroups(tuple(given))
    if isinstance(given, int) and not isinstance(given, bool):
        return Staffing((Shift(given),))
    raise TypeError(
        f"agents={given!r}: give a number, or Staffing((Shift(20, 8, 16), Shift(10, 12, 20))), or"
        " a list of them, one for each group"
    )
