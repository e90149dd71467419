"""Who comes, when, and how long each talks and waits: the same customers for every config.

Each customer has a random stream of their own, named after the seed and their number, so that two
configs or two numbers of agents meet the very same customers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from .durations import Constant, Duration

HOUR = 3600.0
LONGEST_DAY = 24 * 7
"""Hours."""

ANSWERS_AFTER = Constant(10.0)
"""How long somebody takes to answer a bot, where nobody says: an assumption."""

Arriving = int | Sequence[float]
"""So many customers in all, or how many to expect in each hour."""


@dataclass(frozen=True, slots=True)
class Arrivals:
    """When customers come.

    Attributes:
        per_hour: How many to expect in each hour of the day. It also says how long the day is.
        exactly: How many come in all; None for a number that is drawn as well (Poisson).
    """

    per_hour: tuple[float, ...]
    exactly: int | None = None

    def __post_init__(self) -> None:
        if not 0 < len(self.per_hour) <= LONGEST_DAY:
            raise ValueError(f"a day has 1 to {LONGEST_DAY} hours; got {len(self.per_hour)}")
        if any(not math.isfinite(each) or each < 0 for each in self.per_hour):
            raise ValueError("arrivals in an hour must be 0 or more")
        if sum(self.per_hour) <= 0:
            raise ValueError("somebody has to come: arrivals must be more than 0 in some hour")
        if self.exactly is not None and self.exactly < 1:
            raise ValueError(f"arrivals={self.exactly}: give at least 1")

    @property
    def hours(self) -> int:
        """How long the day is."""
        return len(self.per_hour)

    def moments(self, seed: int) -> list[float]:
        """Seconds since the day began at which customers come, in order."""
        random = Random(f"{seed}/arrivals")  # noqa: S311 - a simulation, no secret
        if self.exactly is None:
            return _poisson(random, self.per_hour)
        hours = random.choices(range(self.hours), self.per_hour, k=self.exactly)
        return sorted((hour + random.random()) * HOUR for hour in hours)


def _poisson(random: Random, per_hour: Sequence[float]) -> list[float]:
    moments: list[float] = []
    for hour, expected in enumerate(per_hour):
        at = hour * HOUR
        while expected and (at := at + random.expovariate(expected / HOUR)) < (hour + 1) * HOUR:
            moments.append(at)
    return moments


def as_arrivals(given: Arriving | Arrivals, hours: int) -> Arrivals:
    """What is given as arrivals: a number is spread evenly over the hours.

    Raises:
        TypeError: It is nothing of the kind.
        ValueError: Nobody would come, or less than nobody.
    """
    if isinstance(given, Arrivals):
        return given
    if isinstance(given, int) and not isinstance(given, bool):
        return Arrivals((1.0,) * hours, exactly=given)
    if isinstance(given, Sequence) and not isinstance(given, str):
        return Arrivals(tuple(map(float, given)))
    raise TypeError(
        f"arrivals={given!r}: give a number of customers in all, a list of how many to expect in"
        " each hour, or Arrivals([...], exactly=5000) for a number spread over hours unevenly"
    )


@dataclass(frozen=True, slots=True)
class Arrival:
    """Somebody who comes once.

    Attributes:
        number: Counted from 0.
        arrives: Seconds since the day began.
        handle_time: Seconds an agent talks with them.
        patience: Seconds until they leave if no agent is there.
        random: Their random stream, for whatever else is drawn about them.
    """

    number: int
    arrives: float
    handle_time: float
    patience: float
    random: Random

    @property
    def identity(self) -> str:
        """Their chat identity."""
        return f"customer-{self.number}"


@dataclass(frozen=True, slots=True)
class Demand:
    """What a day asks of the agents.

    Attributes:
        arrivals: When customers come.
        handle_time: How long an agent talks with one.
        patience: How long they wait for an agent before they leave; None for ever.
        says: Their first message, and how they answer a bot, message by message; when there are
            no more they do not answer.
        answers_after: How long they take to answer a bot.
    """

    arrivals: Arrivals
    handle_time: Duration
    patience: Duration | None = None
    says: tuple[str, ...] = ("Hello",)
    answers_after: Duration = ANSWERS_AFTER

    def __post_init__(self) -> None:
        if not self.says or not all(self.says):
            raise ValueError("says: a customer has to say something first")

    @property
    def seconds(self) -> float:
        """How long the day is."""
        return self.arrivals.hours * HOUR

    def customers(self, seed: int) -> list[Arrival]:
        """Everybody who comes, in order."""
        return [
            self._customer(seed, number, arrives)
            for number, arrives in enumerate(self.arrivals.moments(seed))
        ]

    def _customer(self, seed: int, number: int, arrives: float) -> Arrival:
        random = Random(f"{seed}/{number}")  # noqa: S311 - a simulation, no secret
        handle_time = self.handle_time.draw(random, number)
        patience = self.patience.draw(random, number) if self.patience else math.inf
        return Arrival(number, arrives, handle_time, patience, random)
