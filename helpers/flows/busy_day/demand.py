"""The customers of a day and their durations: the same for every config.

Each customer has a random stream of its own, named after the seed and its number, so that two
configs or two numbers of agents meet the very same customers. Durations are drawn from that stream:
from a distribution, a trace or a function. All of them can be pickled, to be sent to other
processes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, Protocol

HOUR = 3600.0
LONGEST_DAY = 24 * 7
"""Hours."""


class Duration(Protocol):
    """A number of seconds, drawn anew for each customer."""

    def draw(self, random: Random, number: int) -> float:
        """Seconds for the customer of this number, counted from 0."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """Always the same number of seconds."""

    seconds: float

    def __post_init__(self) -> None:
        _check("seconds", self.seconds, least=0)

    def draw(self, random: Random, number: int) -> float:
        """Return the seconds."""
        return self.seconds


@dataclass(frozen=True, slots=True)
class Exponential:
    """An exponential distribution, which has no memory."""

    mean: float

    def __post_init__(self) -> None:
        _check("mean", self.mean)

    def draw(self, random: Random, number: int) -> float:
        """Draw seconds with this mean."""
        return random.expovariate(1 / self.mean)


@dataclass(frozen=True, slots=True)
class Lognormal:
    """Mostly short, sometimes very long, as handle times tend to be.

    `mean` is in seconds, `spread` the standard deviation as a share of it.
    """

    mean: float
    spread: float = 0.75

    def __post_init__(self) -> None:
        _check("mean", self.mean)
        _check("spread", self.spread)

    def draw(self, random: Random, number: int) -> float:
        """Draw seconds with this mean and spread."""
        variance = math.log(1 + self.spread**2)
        return random.lognormvariate(math.log(self.mean) - variance / 2, math.sqrt(variance))


@dataclass(frozen=True, slots=True)
class Trace:
    """Seconds on record, one after another, and again from the start."""

    seconds: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.seconds:
            raise ValueError("a trace needs at least one number of seconds")
        for each in self.seconds:
            _check("a trace's seconds", each, least=0)

    def draw(self, random: Random, number: int) -> float:
        """Return the seconds on record for the customer of this number."""
        return self.seconds[number % len(self.seconds)]


@dataclass(frozen=True, slots=True)
class Drawn:
    """Seconds from a function, which is given the random stream to draw from."""

    function: Callable[[Random], float]

    def draw(self, random: Random, number: int) -> float:
        """Call the function; ValueError if it returns no number of seconds."""
        seconds = self.function(random)
        _check(f"the result of {self.function!r}", seconds, least=0)
        return seconds


Given = Duration | float | Sequence[float] | Callable[[Random], float]
"""A duration, seconds, a trace of seconds, or a function from a random stream to seconds."""


def as_duration(name: str, given: Given) -> Duration:
    """An argument as a duration; TypeError if it is none, ValueError for negative seconds."""
    if isinstance(given, int | float) and not isinstance(given, bool):
        return Fixed(given)
    if hasattr(given, "draw"):
        return given
    if callable(given):
        return Drawn(given)
    if isinstance(given, Sequence) and not isinstance(given, str):
        return Trace(tuple(given))
    raise TypeError(
        f"{name}={given!r} is no duration; give seconds, Exponential(300), Lognormal(300, 0.75), a"
        " list of seconds on record, or a function that draws from the random.Random it is given"
    )


def _check(name: str, value: float, least: float | None = None) -> None:
    ok = isinstance(value, int | float) and math.isfinite(value)
    if not ok or (value <= 0 if least is None else value < least):
        raise ValueError(f"{name} must be {'more than 0' if least is None else '0 or more'}")


ANSWERS_AFTER = Fixed(10.0)
"""Default time that a customer takes to answer a bot: an assumption."""

Arriving = int | Sequence[float]
"""Number of customers in all, or expected in each hour."""


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Arrivals of customers: expected numbers in each hour of the day.

    There are `exactly` so many in all; by default that is drawn, too (Poisson).
    """

    per_hour: tuple[float, ...]
    exactly: int | None = None

    def __post_init__(self) -> None:
        if not 0 < len(self.per_hour) <= LONGEST_DAY:
            raise ValueError(f"a day has 1 to {LONGEST_DAY} hours; got {len(self.per_hour)}")
        if any(not math.isfinite(each) or each < 0 for each in self.per_hour):
            raise ValueError("arrivals in an hour must be 0 or more")
        if sum(self.per_hour) <= 0:
            raise ValueError("no customer would come: arrivals must be more than 0 in some hour")
        if self.exactly is not None and self.exactly < 1:
            raise ValueError(f"arrivals={self.exactly}: give at least 1")

    @property
    def hours(self) -> int:
        """Length of the day."""
        return len(self.per_hour)

    def moments(self, seed: int) -> list[float]:
        """Times of arrival in seconds since the day began, in order."""
        random = Random(f"{seed}/arrivals")  # noqa: S311 - a simulation, no secret
        if self.exactly is not None:
            hours = random.choices(range(self.hours), self.per_hour, k=self.exactly)
            return sorted((hour + random.random()) * HOUR for hour in hours)
        moments: list[float] = []
        for hour, expected in enumerate(self.per_hour):
            at, end = hour * HOUR, (hour + 1) * HOUR
            while expected and (at := at + random.expovariate(expected / HOUR)) < end:
                moments.append(at)
        return moments


@dataclass(frozen=True, slots=True)
class Arrival:
    """A customer who comes once; all times are in seconds, `number` counts from 0.

    `patience` ends in leaving if no agent has come; `random` is the stream for further draws.
    """

    number: int
    arrives: float
    handle_time: float
    patience: float
    random: Random
    demand: Demand

    @property
    def identity(self) -> str:
        """Chat identity."""
        return f"customer-{self.number}"


@dataclass(frozen=True, slots=True)
class Demand:
    """The customers of a day, who wait for ever without `patience`.

    `says` is the first message, and answers to a bot while there are any, each `answers_after`.
    """

    arrivals: Arrivals
    handle_time: Duration
    patience: Duration | None = None
    says: tuple[str, ...] = ("Hello",)
    answers_after: Duration = ANSWERS_AFTER
    attributes: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.says or not all(self.says):
            raise ValueError("says: a customer has to say something first")

    @property
    def seconds(self) -> float:
        """Length of the day."""
        return self.arrivals.hours * HOUR

    def customers(self, seed: int) -> list[Arrival]:
        """The customers, in order of arrival."""
        customers = []
        for number, arrives in enumerate(self.arrivals.moments(seed)):
            random = Random(f"{seed}/{number}")  # noqa: S311 - a simulation, no secret
            handle_time = self.handle_time.draw(random, number)
            patience = self.patience.draw(random, number) if self.patience else math.inf
            customers.append(Arrival(number, arrives, handle_time, patience, random, self))
        return customers


def demand_of(
    arrivals: Arriving | Arrivals,
    handle_time: Given,
    patience: Given | None,
    hours: int,
    says: tuple[str, ...],
    answers_after: Given,
) -> Demand:
    """A load test's arguments as demand; ValueError or TypeError for what makes no sense."""
    if isinstance(says, str):  # which is a sequence of letters
        raise TypeError(f"says={says!r}: give a tuple of messages, such as ({says!r},)")
    if isinstance(arrivals, int) and not isinstance(arrivals, bool):
        arrivals = Arrivals((1.0,) * hours, exactly=arrivals)
    elif isinstance(arrivals, Sequence) and not isinstance(arrivals, str):
        arrivals = Arrivals(tuple(map(float, arrivals)))
    elif not isinstance(arrivals, Arrivals):
        raise TypeError(
            f"arrivals={arrivals!r}: give a number of customers in all, a list of how many to"
            " expect in each hour, or Arrivals([...], exactly=5000) for a number spread over hours"
            " unevenly"
        )
    return Demand(
        arrivals,
        as_duration("handle_time", handle_time),
        None if patience is None else as_duration("patience", patience),
        tuple(says),
        as_duration("answers_after", answers_after),
    )
