"""How long something takes: drawn from a distribution, taken from a trace, or always the same.

Everything is drawn from the random stream that is handed in, so that whoever is simulated twice
takes as long twice. All of them can be pickled, to be sent to other processes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Protocol


class Duration(Protocol):
    """Seconds that differ from one to the next."""

    def draw(self, random: Random, number: int) -> float:
        """The seconds of the `number`th, counted from 0."""


@dataclass(frozen=True, slots=True)
class Constant:
    """Always as long."""

    seconds: float

    def __post_init__(self) -> None:
        _check("seconds", self.seconds, least=0)

    def draw(self, random: Random, number: int) -> float:
        """The seconds."""
        return self.seconds


@dataclass(frozen=True, slots=True)
class Exponential:
    """Without memory, as queueing theory likes it."""

    mean: float

    def __post_init__(self) -> None:
        _check("mean", self.mean)

    def draw(self, random: Random, number: int) -> float:
        """Seconds of this mean."""
        return random.expovariate(1 / self.mean)


@dataclass(frozen=True, slots=True)
class Lognormal:
    """Mostly short, sometimes very long, as handle times tend to be.

    Attributes:
        mean: In seconds.
        spread: The standard deviation as a share of the mean.
    """

    mean: float
    spread: float = 0.75

    def __post_init__(self) -> None:
        _check("mean", self.mean)
        _check("spread", self.spread)

    def draw(self, random: Random, number: int) -> float:
        """Seconds of this mean and spread."""
        variance = math.log(1 + self.spread**2)
        return random.lognormvariate(math.log(self.mean) - variance / 2, math.sqrt(variance))


@dataclass(frozen=True, slots=True)
class Trace:
    """As long as those on record, one after another, and again from the start."""

    seconds: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.seconds:
            raise ValueError("a trace needs at least one number of seconds")
        for each in self.seconds:
            _check("a trace's seconds", each, least=0)

    def draw(self, random: Random, number: int) -> float:
        """What was on record for the `number`th."""
        return self.seconds[number % len(self.seconds)]


@dataclass(frozen=True, slots=True)
class Drawn:
    """As long as a function says, which is given the random stream to draw from."""

    function: Callable[[Random], float]

    def draw(self, random: Random, number: int) -> float:
        """What the function says.

        Raises:
            ValueError: It is no number of seconds.
        """
        seconds = self.function(random)
        _check(f"what {self.function!r} returns", seconds, least=0)
        return seconds


Given = Duration | float | Sequence[float] | Callable[[Random], float]
"""A duration, seconds, a trace of seconds, or a function from a random stream to seconds."""


def as_duration(name: str, given: Given) -> Duration:
    """What is given as a duration.

    Raises:
        TypeError: It is nothing of the kind.
        ValueError: Its seconds are negative or no number.
    """
    if isinstance(given, int | float) and not isinstance(given, bool):
        return Constant(given)
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
