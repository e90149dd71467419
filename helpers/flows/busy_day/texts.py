"""Texts that stand for durations, arrivals and shifts, as on the command line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .demand import Exactly, Exponential, Lognormal
from .staffing import Shift

_DISTRIBUTIONS: dict[str, Callable[..., Any]] = {
    "exponential": Exponential,
    "lognormal": Lognormal,
}


def number_of(text: str) -> float:
    """A number; ValueError if it is none."""
    try:
        return float(text)
    except ValueError:
        raise ValueError("give a number") from None


def whole_of(text: str) -> int:
    """A whole number; ValueError if it is none."""
    try:
        return int(text)
    except ValueError:
        raise ValueError("give a whole number") from None


def duration_of(text: str) -> Any:
    """The duration of `480`, `exponential:300` or `lognormal:480,0.75`; or ValueError."""
    kind, _, values = text.partition(":")
    if not values:
        return number_of(text)
    if kind not in _DISTRIBUTIONS:
        raise ValueError(f"give seconds, or {', '.join(f'{each}:300' for each in _DISTRIBUTIONS)}")
    try:
        return _DISTRIBUTIONS[kind](*(number_of(each) for each in values.split(",")))
    except TypeError:
        raise ValueError(f"has too many numbers; give {kind}:300, or {kind}:300,0.75") from None


def arrivals_of(text: str) -> Any:
    """The arrivals of `200`, `10,30,20` or `exactly:200`; or ValueError."""
    if text.startswith("exactly:"):
        return Exactly(whole_of(text.removeprefix("exactly:")))
    return [number_of(each) for each in text.split(",")] if "," in text else whole_of(text)


def shifts_of(text: str) -> tuple[Shift, ...]:
    """The shifts of `6`, or `20@8-16,10@12`; or ValueError."""
    shifts = []
    for each in text.split(","):
        count, at, hours = each.partition("@")
        start, _, end = hours.partition("-")
        times = (number_of(start), number_of(end) if end else None) if at else ()
        shifts.append(Shift(whole_of(count), *times))
    return tuple(shifts)
