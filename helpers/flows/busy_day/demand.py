"""The customers of a day and their durations: the same for every config.

Each quantity has a random stream of its own, named after the seed, the class of customers and the
quantity, so that two configs, two numbers of agents or two kinds of handle time meet the very same
customers otherwise. A fixed number of customers keeps to one stream a customer, so that its figures
stay those of earlier versions. Durations are drawn from a distribution, a trace or a function. All
of them can be pickled, to be sent to other processes.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from numbers import Integral, Real
from random import Random
from typing import Any, Protocol, TypeGuard

from ..file.config import FlexFlowConfig

HOUR = 3600.0
LONGEST_DAY = 24 * 7
"""Hours."""
LONGEST = 1e9
"""Seconds of a duration."""
MOST_CUSTOMERS = 1_000_000
"""Customers of a day: with more, it would not come to an end."""


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
        _check("spread", self.spread, most=1000)

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
    """An argument as a duration; TypeError if it is none, ValueError for negative seconds.

    Errors say its name, if it has one.
    """
    try:
        if isinstance(given, int | float) and not isinstance(given, bool):
            return Fixed(given)
        if hasattr(given, "draw"):
            return given
        if callable(given):
            return Drawn(given)
        if isinstance(given, Sequence) and not isinstance(given, str):
            return Trace(tuple(given))
    except ValueError as error:
        raise ValueError(f"{name}: {error}" if name else str(error)) from None
    raise TypeError(
        f"{name}={given!r} is no duration; give seconds, Exponential(300), Lognormal(300, 0.75), a"
        " list of seconds on record, or a function that draws from the random.Random it is given"
    )


def _check(name: str, value: float, least: float | None = None, most: float = LONGEST) -> None:
    if not is_number(value) or (value <= 0 if least is None else value < least):
        raise ValueError(f"{name} must be {'more than 0' if least is None else '0 or more'}")
    if value > most:
        raise ValueError(f"{name} must be at most {most:,.0f}")


def is_number(value: object) -> bool:
    """Return whether this is a finite number."""
    return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)


def is_whole(value: object) -> TypeGuard[int]:
    """Return whether this is a whole number, of numpy's too."""
    return isinstance(value, Integral) and not isinstance(value, bool)


def as_attributes(name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """An argument as attributes; TypeError if it is no object as JSON has them."""
    try:
        json.dumps(given, allow_nan=False)
        if isinstance(given, Mapping) and all(isinstance(each, str) for each in given):
            return dict(given)
    except (TypeError, ValueError, RecursionError):
        pass
    raise TypeError(f"{name}: attributes: give a dict as JSON has them, such as {{'level': 3}}")


ANSWERS_AFTER = Fixed(10.0)
"""Default time that a customer takes to answer a bot: an assumption."""


@dataclass(frozen=True, slots=True)
class Exactly:
    """So many customers in all, neither more nor fewer, spread evenly over the day."""

    customers: int

    def __post_init__(self) -> None:
        if type(self.customers) is not int or self.customers < 1:
            raise ValueError(f"arrivals={self.customers}: give a whole number, at least 1")


Arriving = int | Sequence[float] | Exactly
"""Number of customers to expect in all, or in each hour; or exactly so many."""


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
        if not all(is_number(each) and each >= 0 for each in self.per_hour):
            raise ValueError("arrivals in an hour must be 0 or more")
        if sum(self.per_hour) <= 0:
            raise ValueError("no customer would come: arrivals must be more than 0 in some hour")
        if self.exactly is not None and self.exactly < 1:
            raise ValueError(f"arrivals={self.exactly}: give at least 1")
        if (self.exactly or sum(self.per_hour)) > MOST_CUSTOMERS:
            raise ValueError(f"arrivals: give at most {MOST_CUSTOMERS:,} customers a day")

    @property
    def hours(self) -> int:
        """Length of the day."""
        return len(self.per_hour)

    def moments(self, seed: int | str) -> list[float]:
        """Times of arrival in seconds since the day began, in order."""
        random = _stream(seed, "arrivals")
        if self.exactly is not None:
            hours = random.choices(range(self.hours), self.per_hour, k=self.exactly)
            return sorted((hour + random.random()) * HOUR for hour in hours)
        moments: list[float] = []
        for hour, expected in enumerate(self.per_hour):
            at, end = hour * HOUR, (hour + 1) * HOUR
            while expected and (at := at + random.expovariate(expected / HOUR)) < end:
                moments.append(at)
        return moments


def _stream(*names: object) -> Random:
    return Random("/".join(map(str, names)))  # noqa: S311 - a simulation, no secret


@dataclass(frozen=True, slots=True)
class Arrival:
    """A customer who comes once; all times are in seconds, `number` counts from 0.

    `patience` ends in leaving if no agent has come. Further draws are from the stream `random`, or,
    where that is None, from a stream for each quantity, whose name begins with `key`.
    """

    number: int
    arrives: float
    handle_time: float
    patience: float
    random: Random | None
    demand: Demand
    key: str = ""
    _streams: dict[str, Random] = field(default_factory=dict, repr=False, compare=False)

    @property
    def identity(self) -> str:
        """Chat identity."""
        return f"customer-{self.number}"

    def draw(self, quantity: str, duration: Duration) -> float:
        """Draw a further duration."""
        if isinstance(duration, Fixed):
            return duration.seconds
        random = self.random or self._streams.get(quantity)
        if random is None:
            random = self._streams[quantity] = _stream(self.key, quantity)
        return duration.draw(random, self.number)


@dataclass(frozen=True, slots=True)
class Demand:
    """The customers of a day, or of a class of it, who wait for ever without `patience`.

    `says` is the first message, and answers to a bot while there are any, each `answers_after`.
    `attributes` are those of their tasks. A class has a `name`, and maybe a `flow` of its own.
    """

    arrivals: Arrivals
    handle_time: Duration
    patience: Duration | None = None
    says: tuple[str, ...] = ("Hello",)
    answers_after: Duration = ANSWERS_AFTER
    attributes: Mapping[str, Any] = field(default_factory=dict)
    name: str = ""
    flow: FlexFlowConfig | None = None

    def __post_init__(self) -> None:
        if not self.says or not all(isinstance(each, str) and each for each in self.says):
            raise ValueError("says: a customer has to say something first")

    @property
    def hours(self) -> int:
        """Length of the day."""
        return self.arrivals.hours

    @property
    def seconds(self) -> float:
        """Length of the day."""
        return self.hours * HOUR

    @property
    def classes(self) -> tuple[Demand, ...]:
        """The classes of customers: itself alone."""
        return (self,)

    def customers(self, seed: int) -> list[Arrival]:
        """The customers, in order of arrival."""
        if self.arrivals.exactly is not None and not self.name:
            return [self._with_one_stream(seed, *each) for each in self._numbered(seed)]
        key = f"{seed}/{self.name}" if self.name else str(seed)
        handle_time, patience = _stream(key, "handle time"), _stream(key, "patience")
        return [
            Arrival(
                number,
                arrives,
                self.handle_time.draw(handle_time, number),
                self.patience.draw(patience, number) if self.patience else math.inf,
                None,
                self,
                f"{key}/{number}",
            )
            for number, arrives in self._numbered(key)
        ]

    def _numbered(self, key: int | str) -> Iterator[tuple[int, float]]:
        return enumerate(self.arrivals.moments(key))

    def _with_one_stream(self, seed: int, number: int, arrives: float) -> Arrival:
        random = _stream(seed, number)
        handle_time = self.handle_time.draw(random, number)
        patience = self.patience.draw(random, number) if self.patience else math.inf
        return Arrival(number, arrives, handle_time, patience, random, self)


@dataclass(frozen=True, slots=True)
class CustomerMix:
    """The classes of a day's customers, each with streams of its own."""

    classes: tuple[Demand, ...]

    @property
    def hours(self) -> int:
        """Length of the day: that of the longest class."""
        return max(each.hours for each in self.classes)

    @property
    def seconds(self) -> float:
        """Length of the day."""
        return self.hours * HOUR

    def customers(self, seed: int) -> list[Arrival]:
        """The customers of all classes, in order of arrival, numbered through."""
        found = [each for one in self.classes for each in one.customers(seed)]
        found.sort(key=lambda each: each.arrives)
        return [replace(each, number=number) for number, each in enumerate(found)]


@dataclass(frozen=True)
class CustomerClass:
    """A kind of customers, as `load_test` takes several: its arguments, and a name.

    Attributes:
        name: Name in tables.
        arrivals: As for `load_test`, as are the following.
        handle_time: Duration of a talk with an agent.
        patience: Longest wait for an agent.
        says: The first message, then answers to a bot.
        answers_after: Time to answer a bot.
        attributes: Attributes that routing may read: the task's own where the flow makes the task,
            else `pre_engagement_data` of the chat, which a Studio flow can hand on.
        flow: The flow by which they come, unless it is the day's.
    """

    name: str
    arrivals: Arriving | Arrivals
    handle_time: Given
    patience: Given | None = None
    says: tuple[str, ...] = ("Hello",)
    answers_after: Given = ANSWERS_AFTER
    attributes: Mapping[str, Any] = field(default_factory=dict)
    flow: FlexFlowConfig | None = None


def mix_of(classes: Sequence[CustomerClass], hours: int) -> CustomerMix:
    """Classes of customers as demand; ValueError or TypeError for what makes no sense."""
    found: dict[str, Demand] = {}
    for one in classes:
        if not isinstance(one, CustomerClass):
            raise TypeError(f"customers: give a list of CustomerClass, not {type(one).__name__}")
        if not one.name or one.name in found:
            raise ValueError(f"customers: {one.name!r}: give each class a name of its own")
        given = one.arrivals, one.handle_time, one.patience, hours, one.says, one.answers_after
        found[one.name] = replace(
            demand_of(*given),
            attributes=as_attributes(f"customers: {one.name}", one.attributes),
            name=one.name,
            flow=one.flow,
        )
    if not found:
        raise ValueError("customers: give at least one class")
    return CustomerMix(tuple(found.values()))


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
    if not is_whole(hours) or not 1 <= hours <= LONGEST_DAY:
        raise ValueError(f"hours={hours!r}: a day has 1 to {LONGEST_DAY} hours, a whole number")
    if is_whole(arrivals):
        arrivals = Arrivals((Exactly(int(arrivals)).customers / hours,) * hours)
    elif isinstance(arrivals, Exactly):
        arrivals = Arrivals((1.0,) * hours, exactly=arrivals.customers)
    elif (
        isinstance(arrivals, Sequence)
        and not isinstance(arrivals, str)
        and all(isinstance(each, Real) and not isinstance(each, bool) for each in arrivals)
    ):
        arrivals = Arrivals(tuple(map(float, arrivals)))
    elif not isinstance(arrivals, Arrivals):
        raise TypeError(
            f"arrivals={arrivals!r}: give a number of customers to expect, a list of how many to"
            " expect in each hour, Exactly(5000), or Arrivals([...], exactly=5000) for a number"
            " spread over hours unevenly"
        )
    return Demand(
        arrivals,
        as_duration("handle_time", handle_time),
        None if patience is None else as_duration("patience", patience),
        tuple(says),
        as_duration("answers_after", answers_after),
    )
