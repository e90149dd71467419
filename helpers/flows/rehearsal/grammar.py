"""The grammar of scripts: verbs, their arguments, durations such as "1d 2h"."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from ...json_object import json_object, storable_json

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
        raise ValueError(
            f"{str(given)[:40]!r} is out of range; wait for 0 s to {duration(LONGEST_WAIT)}"
        )
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

    `of` is a key of `EXPECTED`, or `tasks` for their number, or `all` for several expectations.
    """

    text: str
    of: str
    value: Any


_STATES = ("active", "inactive", "closed")
CHOICES = {
    "task": ("pending", "reserved", "assigned", "wrapping", "completed", "canceled", "deleted"),
    "channel": _STATES,
    "conversation": _STATES,
    "customer": ("answered", "unanswered"),
}


def words(given: object) -> str:
    """The text of a message; ValueError if it is not text, or there is none."""
    if not isinstance(given, str) or not given.strip():
        raise ValueError("needs what is said, e.g. `customer says: Hello`")
    return given


def name(given: object) -> str:
    """A name, or a text to look for; ValueError for anything else."""
    if isinstance(given, Mapping | list) or not str("" if given is None else given).strip():
        raise ValueError(f"{given!r} is no name or text")
    return " ".join(str(given).split())


def data(given: object) -> dict[str, Any]:
    """Named values, given as a mapping or as JSON; ValueError for anything else."""
    found = json_object(given) if isinstance(given, str) else given
    if not isinstance(found, Mapping) or not found or not all(isinstance(k, str) for k in found):
        raise ValueError(f"{given!r} is no data; write for example {{topic: sales}}")
    try:
        text = json.dumps(found, allow_nan=False)
        is_kept = storable_json(text) == json.loads(text)
    except (TypeError, ValueError):
        raise ValueError(f"{given!r} cannot be written as JSON") from None
    if not is_kept:
        raise ValueError(
            "holds a number beyond 64 bits, which is not kept as it is; put it in quotes"
        )
    return dict(found)


def _whole(given: object) -> int:
    if isinstance(given, int) and not isinstance(given, bool):
        return given
    if isinstance(given, str) and given.isdecimal() and given.isascii():
        return int(given)
    raise ValueError(f"{given!r} is no whole number")


EXPECTED: dict[str, Callable[[object], Any]] = {
    "task attributes": data,
    "chat attributes": data,
    "message attributes": data,
    "variables": data,
    "answered within": seconds_of,
    "agent within": seconds_of,
    "queue": name,
    "agent": name,
    "author": name,
    "text": name,
    "priority": _whole,
}
"""Things of a name, a number or data of its own that can be expected; the longest name first."""
_COUNT = re.compile(r"(no|\d+) tasks?")


def expectation(given: object) -> Expectation:
    """Parse an expectation: `no task`, `queue Sales`, or a mapping of several; else ValueError."""
    if isinstance(given, Expectation):
        return given
    if isinstance(given, Mapping):
        each = tuple(_expected(str(of), value) for of, value in given.items())
        if not each:
            raise _unknown(given)
        return (
            each[0]
            if len(each) == 1
            else Expectation("; ".join(one.text for one in each), "all", each)
        )
    text = " ".join(str(given).split())
    if count := _COUNT.fullmatch(text.lower()):
        number = "0" if count[1] == "no" else str(int(count[1]))
        return Expectation(text.lower(), "tasks", number)
    for of in (*EXPECTED, *CHOICES):
        if text.lower().startswith(f"{of} "):
            return _expected(of, text[len(of) + 1 :], given)
    raise _unknown(given)


def _expected(of: str, value: object, given: object = None) -> Expectation:
    of = " ".join(of.lower().split())
    if of in EXPECTED:
        try:
            parsed = EXPECTED[of](value)
        except ValueError as error:
            raise ValueError(f"{of}: {error}") from None
        shown = json.dumps(parsed, ensure_ascii=False) if isinstance(parsed, dict) else str(value)
        return Expectation(f"{of} {' '.join(shown.split())}", of, parsed)
    state = str(value).lower()
    if state not in CHOICES.get(of, ()):
        raise _unknown(f"{of} {value}" if given is None else given)
    return Expectation(f"{of} {state}", "channel" if of == "conversation" else of, state)


def _unknown(given: object) -> ValueError:
    can = "; ".join(f"{of} {' | '.join(values)}" for of, values in CHOICES.items())
    own = ", ".join(EXPECTED)
    return ValueError(
        f"{given!r} cannot be looked up; expect one of: no task; 2 tasks; {can};"
        f" or one of these and its value: {own}"
    )


@dataclass(frozen=True, slots=True)
class Said:
    """A message with attributes."""

    text: str
    attributes: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.text} {json.dumps(self.attributes, ensure_ascii=False)}"


def message(given: object) -> str | Said:
    """A message: its text, or `text` and `attributes`; ValueError for anything else."""
    if isinstance(given, Said):
        return given
    if not isinstance(given, Mapping):
        return words(given)
    if foreign := sorted(set(map(str, given)) - {"text", "attributes"}):
        raise ValueError(f"a message has text and attributes, no {', '.join(foreign)}")
    text = words(given.get("text"))
    return Said(text, data(given["attributes"])) if "attributes" in given else text


def engagement(given: object) -> dict[str, Any] | None:
    """Data of a form that the customer fills in before the chat; None for no such form."""
    if given is None or given == "":
        return None
    if isinstance(given, Mapping):
        return data(given)
    raise ValueError(f"takes nothing after it; remove {given!r}, or give data: {{topic: sales}}")


_FILE = re.compile(r"[^/\\\x00-\x1f]+")


def file_name(given: object) -> str:
    """The name of a file that is sent; ValueError for anything else."""
    text = given.strip() if isinstance(given, str) else ""
    if not _FILE.fullmatch(text):
        raise ValueError(f"{given!r} is no file's name; write for example photo.png")
    return text


@dataclass(frozen=True, slots=True)
class Transfer:
    """The goal of a transfer, an agent or a queue, and its mode, `cold` or `warm`."""

    to: str
    is_queue: bool = False
    mode: str = "cold"

    def __str__(self) -> str:
        mode = "" if self.mode == "cold" else f", {self.mode}"
        return f"{'queue ' * self.is_queue}{self.to}{mode}"


def transfer(given: object) -> Transfer:
    """A transfer: `bob`, `queue Sales`, or `{queue: Sales, mode: warm}`; else ValueError."""
    if isinstance(given, Transfer):
        return given
    if isinstance(given, Mapping):
        goals = [each for each in ("to", "queue") if each in given]
        mode = str(given.get("mode", "cold")).lower()
        foreign = sorted(set(map(str, given)) - {"to", "queue", "mode"})
        if len(goals) == 1 and mode in ("cold", "warm") and not foreign:
            return Transfer(name(given[goals[0]]), goals[0] == "queue", mode)
    elif isinstance(given, str) and (to := " ".join(given.split())):
        kind, _, rest = to.partition(" ")
        is_queue = kind.lower() == "queue" and bool(rest)
        return Transfer(rest if is_queue else to.removeprefix("to "), is_queue)
    raise ValueError(
        f"{given!r} is no goal of a transfer; write an agent's name, `queue Sales`, or"
        " {to: bob, mode: warm}"
    )


@dataclass(frozen=True, slots=True)
class Failing:
    """Calls of your server that fail, and the answer to them."""

    times: int
    status: int = 503

    def __str__(self) -> str:
        return f"{self.times} times with {self.status}"


_FAILING = re.compile(r"(\d{1,4})(?: times?| x)?(?: with ([345]\d\d))?")


def failing(given: object) -> Failing:
    """Parse `3`, `3 times` or `2 times with 500`; ValueError for anything else."""
    if isinstance(given, Failing):
        return given
    found = _FAILING.fullmatch(" ".join(str(given).lower().split()))
    if not found or not int(found[1]):
        raise ValueError(
            f"{given!r} is no number of failures; write for example 3, or 2 times with 500"
        )
    return Failing(int(found[1]), int(found[2] or 503))


@dataclass(frozen=True, slots=True)
class Verb:
    """A verb of a script, whose argument, if any, is parsed by `takes`.

    It needs the customer's chat page to be `new`, `open` or `closed`, and leaves it in such a
    state, or as it was. `argument` names the argument in `about`; `has_data` is set where it is
    data, whose values keep their types.
    """

    about: str
    takes: Callable[[object], Any] | None = None
    argument: str = ""
    needs: tuple[str, ...] = ()
    leaves: str | None = None
    has_data: bool = False


NEW, OPEN, CLOSED = "new", "open", "closed"
VERBS: dict[str, Verb] = {
    "customer opens": Verb(
        "Opens the page: your server gets the chat. Data of a form before it may follow.",
        engagement,
        "[DATA]",
        needs=(NEW,),
        leaves=OPEN,
        has_data=True,
    ),
    "customer says": Verb(
        "Writes a message; attributes of it, too: `{text: Hello, attributes: {lang: de}}`.",
        message,
        "TEXT",
        needs=(OPEN,),
    ),
    "customer sends": Verb("Sends a file of that name.", file_name, "FILE", needs=(OPEN,)),
    "customer types": Verb("Shows that a message is being typed.", needs=(OPEN,)),
    "customer leaves": Verb(
        "Closes the page; Twilio does not learn of it.", needs=(OPEN,), leaves=CLOSED
    ),
    "customer returns": Verb(
        "Opens the page again.", engagement, "[DATA]", (OPEN, CLOSED), OPEN, has_data=True
    ),
    "agent accepts": Verb("Accepts the oldest offer."),
    "agent rejects": Verb("Rejects the oldest offer."),
    "agent says": Verb("Writes in the chat of the latest accepted task.", message, "TEXT"),
    "agent sends": Verb("Sends a file of that name.", file_name, "FILE"),
    "agent types": Verb("Shows that a message is being typed."),
    "agent transfers": Verb(
        "Transfers the chat to an agent, or to a queue: `queue Sales`; a cold transfer, or"
        " `{to: bob, mode: warm}`.",
        transfer,
        "TO",
    ),
    "agent wraps up": Verb("Ends the chat; the task is in wrap-up."),
    "agent completes": Verb("Completes the task, after ending the chat if need be."),
    "agents go away": Verb("Those at work go offline; their offers are rejected."),
    "agents come back": Verb("They are available again; all agents, if none were at work."),
    "bot says": Verb("Your server answers the customer's latest message.", words, "TEXT"),
    "bot hands over": Verb("Your server brings in an agent."),
    "webhook is down": Verb("Your server gives no answer from now on."),
    "webhook is slow": Verb("It answers too late; time-outs take none of the script's time."),
    "webhook is up": Verb("It answers again, and fails no more."),
    "webhook fails": Verb(
        "So many of its next answers are a 503, or another status: `2 times with 500`.",
        failing,
        "TIMES",
    ),
    "chat gets": Verb(
        "Your server adds attributes to the latest chat.", data, "DATA", has_data=True
    ),
    "task gets": Verb(
        "Your server adds attributes to the latest task.", data, "DATA", has_data=True
    ),
    "task is completed": Verb("Your server completes the latest task by API."),
    "task is canceled": Verb("Your server cancels the latest task by API."),
    "task is deleted": Verb("Your server deletes the latest task by API."),
    "wait": Verb(
        "Lets time pass: `30s`, `1h 30m`. Time-outs happen on the way.", seconds_of, "TIME"
    ),
    "expect": Verb("Looks something up; see below.", expectation, "SOMETHING"),
}
"""The verbs. After `customer` and `agent` a name may follow: `customer Ben says`."""
NAMED = ("customer", "agent")
_MISPLACED = {
    NEW: "the customer has not opened a chat yet; put `customer opens` before it",
    OPEN: "the customer's chat is open already",
    CLOSED: "the customer has left; put `customer returns` before it",
}


def actor_in(verb: str) -> tuple[str, str]:
    """A verb and the name in it: `customer says` and `Ben` of `customer Ben says`."""
    kind, _, rest = " ".join(verb.split()).partition(" ")
    for known in VERBS:
        first, _, does = known.partition(" ")
        is_it = kind.lower() == first and first in NAMED
        if is_it and rest.lower().endswith(f" {does}") and (who := rest[: -len(does)].strip()):
            return known, who
    return verb, ""


def misplaced(verb: str, page: str) -> str | None:
    """The reason why a verb does not fit the state of the customer's page; None where it fits."""
    needs = VERBS[verb].needs
    if not needs or page in needs:
        return None
    if verb == "customer opens":
        return "the customer has opened a chat before; write `customer returns`"
    return _MISPLACED[page]
