"""The grammar of scripts: verbs, their arguments, durations such as "1d 2h"."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

LONGEST_WAIT = 31 * 86_400
"""Seconds a script may wait in one step."""

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_PART = (
    r"\s*(\d+(?:\.\d+)?)\s*"
    r"(s|sec|secs|seconds?|m|min|mins|minutes?|h|hours?|d|days?)(?![a-z])\s*,?"
)
_DURATION = re.compile(rf"(?:{_PART})+\s*", re.IGNORECASE)


def seconds_of(given: object) -> int:
    """Whole seconds of `30s`, `1h 30m`, a number or a timedelta, 0 to 31 days; else ValueError."""
    if isinstance(given, timedelta):
        given = given.total_seconds()
    if isinstance(given, int | float) and not isinstance(given, bool):
        seconds = float(given)
    else:
        text = "" if given is None else str(given)
        if not _DURATION.fullmatch(text):
            raise ValueError(
                f"{text!r} is no duration; write for example 30s, 5m, 2h, 1d or 1h 30m"
            )
        parts = re.findall(_PART, text, re.IGNORECASE)
        seconds = sum(float(count) * _UNITS[unit[0].lower()] for count, unit in parts)
    if not 0 <= seconds <= LONGEST_WAIT:
        raise ValueError(f"{given!r} is out of range; wait for 0 s to {duration(LONGEST_WAIT)}")
    return round(seconds)


def duration(seconds: float) -> str:
    """Seconds in two units at most: `45 s`, `2 min`, `1 d 1 h`."""
    parts, left = [], round(seconds)
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min"), (1, "s")):
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2]) or "0 s"


@dataclass(frozen=True, slots=True)
class Expectation:
    """An expectation of a script, and `text` as the script words it.

    `of` is `tasks` (their number), `task` (the latest one's status), `channel` (the latest chat's
    state, a conversation's likewise) or `customer`.
    """

    text: str
    of: str
    value: str


_TASK = ("pending", "reserved", "assigned", "wrapping", "completed", "canceled")
_EXPECTED = {
    "task": _TASK,
    "channel": ("active", "inactive", "closed"),
    "conversation": ("active", "inactive", "closed"),
    "customer": ("answered", "unanswered"),
}
_COUNT = re.compile(r"(no|\d+) tasks?")


def expectation(given: object) -> Expectation:
    """Parse an expectation, e.g. `no task` or `channel inactive`; ValueError for anything else."""
    if isinstance(given, Expectation):
        return given
    text = " ".join(str(given).lower().split())
    if count := _COUNT.fullmatch(text):
        return Expectation(text, "tasks", "0" if count[1] == "no" else str(int(count[1])))
    subject, _, value = text.partition(" ")
    if value in _EXPECTED.get(subject, ()):
        return Expectation(text, "channel" if subject == "conversation" else subject, value)
    can = "; ".join(f"{name} {' | '.join(values)}" for name, values in _EXPECTED.items())
    raise ValueError(f"{given!r} cannot be looked up; expect one of: no task; 2 tasks; {can}")


def words(given: object) -> str:
    """The text of a message; ValueError if it is not text, or there is none."""
    if not isinstance(given, str) or not given.strip():
        raise ValueError("needs what is said, e.g. `customer says: Hello`")
    return given


@dataclass(frozen=True, slots=True)
class Verb:
    """A verb of a script, whose argument, if any, is parsed by `takes`.

    It needs the customer's chat page to be `new`, `open` or `closed`, and leaves it in such a
    state, or as it was.
    """

    takes: Callable[[object], Any] | None = None
    needs: tuple[str, ...] = ()
    leaves: str | None = None


NEW, OPEN, CLOSED = "new", "open", "closed"
VERBS: dict[str, Verb] = {
    "customer opens": Verb(needs=(NEW,), leaves=OPEN),
    "customer says": Verb(words, needs=(OPEN,)),
    "customer leaves": Verb(needs=(OPEN,), leaves=CLOSED),
    "customer returns": Verb(needs=(OPEN, CLOSED), leaves=OPEN),
    "agent accepts": Verb(),
    "agent rejects": Verb(),
    "agent says": Verb(words),
    "agent wraps up": Verb(),
    "agent completes": Verb(),
    "agents go away": Verb(),
    "agents come back": Verb(),
    "bot says": Verb(words),
    "bot hands over": Verb(),
    "webhook is down": Verb(),
    "webhook is slow": Verb(),
    "webhook is up": Verb(),
    "wait": Verb(seconds_of),
    "expect": Verb(expectation),
}
_MISPLACED = {
    NEW: "the customer has not opened a chat yet; put `customer opens` before it",
    OPEN: "the customer's chat is open already",
    CLOSED: "the customer has left; put `customer returns` before it",
}


def misplaced(verb: str, page: str) -> str | None:
    """The reason why a verb does not fit the state of the customer's page; None where it fits."""
    needs = VERBS[verb].needs
    if not needs or page in needs:
        return None
    if verb == "customer opens":
        return "the customer has opened a chat before; write `customer returns`"
    return _MISPLACED[page]
