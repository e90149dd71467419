"""Liquid's filter `date`: on the mock's clock, and the same on a machine of any zone and locale."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from typing import Any

MAX_TEXT = 200
"""Characters of a date in words; a longer text is none (the mock's own limit)."""
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August", "September"),
    *("October", "November", "December"),
)
_HOURS = {
    **{"Z": 0, "UTC": 0, "GMT": 0, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5},
    **{"MST": -7, "MDT": -6, "PST": -8, "PDT": -7},
}
"""Hours from UTC of the zones that a date in text may name."""
_DIRECTIVE = re.compile(r"%([-0^#_:]*)(\d{0,2})([A-Za-z%+])")
_SHORTHANDS = {
    "c": "%a %b %e %H:%M:%S %Y",
    "D": "%m/%d/%y",
    "F": "%Y-%m-%d",
    "R": "%H:%M",
    "r": "%I:%M:%S %p",
    "T": "%H:%M:%S",
    "v": "%e-%^b-%Y",
    "X": "%H:%M:%S",
    "x": "%m/%d/%y",
    "+": "%a %b %e %H:%M:%S %Z %Y",
}


def formatted(value: Any, form: Any, now: datetime) -> Any:
    """Write a date as Ruby's `strftime` does, on which Liquid's dates are modelled.

    Args:
        value: `now` or `today`; epoch seconds; or a date in words, of today and in the zone of
            `now` where it does not say otherwise. Anything else is returned as it is.
        form: The format; without one the value is returned.
        now: The moment, with a zone.
    """
    moment = _moment(value, now)
    if moment is None or form in ("", None):
        return value
    return _written(moment, str(form))


def _moment(value: Any, now: datetime) -> datetime | None:
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime.combine(value, time(), now.tzinfo)
    text = str(value).strip().lower()
    if type(value) not in (int, str) or not 0 < len(text) <= MAX_TEXT:
        return None
    try:
        return now if text in ("now", "today") else _parsed(str(value).strip(), now)
    except (ValueError, OverflowError, OSError):  # the last where a machine's time is too short
        return None


def _parsed(text: str, now: datetime) -> datetime:
    from dateutil import parser

    if re.fullmatch(r"-?[0-9]+", text):
        return datetime.fromtimestamp(int(text), now.tzinfo)
    today = datetime.combine(now.date(), time())
    found: datetime = parser.parse(text, default=today, tzinfos=_zone)
    return found if found.tzinfo else found.replace(tzinfo=now.tzinfo)


def _zone(name: str | None, offset: int | None) -> int | None:
    """Seconds from UTC of the zone that a text names; None for an unknown one."""
    hours = _HOURS.get((name or "").upper())
    return offset if offset is not None or hours is None else hours * 3600


def _written(moment: datetime, form: str) -> str:
    return _DIRECTIVE.sub(lambda found: _directive(found, moment), form)


def _directive(found: re.Match[str], moment: datetime) -> str:
    flags, width, letter = found.groups()
    if letter in _SHORTHANDS:
        text, size, pad = _written(moment, _SHORTHANDS[letter]), 0, " "
    elif letter in _NUMBERS:
        number, size, pad = _NUMBERS[letter]
        text = str(number(moment))
    elif letter in _DIGITS:
        size, pad = int(width or _DIGITS[letter]), "0"
        text = f"{moment.microsecond:06}".ljust(size, "0")[:size]
    elif letter in _WORDS:
        text, size, pad = _WORDS[letter](moment), 0, " "
        if letter == "z" and ":" in flags:
            text = f"{text[:-2]}:{text[-2:]}"
    else:
        return found[0]
    text = text.upper() if "^" in flags else text.swapcase() if "#" in flags else text
    pad = "0" if "0" in flags else " " if "_" in flags else pad
    return text if "-" in flags else text.rjust(int(width or size), pad)


_DIGITS = {"L": 3, "N": 9}
"""Digits of a fraction of a second, where no width says otherwise."""
_WORDS: Mapping[str, Callable[[datetime], str]] = {
    "A": lambda moment: _DAYS[moment.weekday()],
    "a": lambda moment: _DAYS[moment.weekday()][:3],
    "B": lambda moment: _MONTHS[moment.month - 1],
    "b": lambda moment: _MONTHS[moment.month - 1][:3],
    "h": lambda moment: _MONTHS[moment.month - 1][:3],
    "p": lambda moment: "AM" if moment.hour < 12 else "PM",
    "P": lambda moment: "am" if moment.hour < 12 else "pm",
    "Z": lambda moment: moment.tzname() or "",
    "z": lambda moment: moment.strftime("%z"),
    "n": lambda _: "\n",
    "t": lambda _: "\t",
    "%": lambda _: "%",
}
_NUMBERS: Mapping[str, tuple[Callable[[datetime], int], int, str]] = {
    "Y": (lambda moment: moment.year, 0, "0"),
    "C": (lambda moment: moment.year // 100, 2, "0"),
    "y": (lambda moment: moment.year % 100, 2, "0"),
    "m": (lambda moment: moment.month, 2, "0"),
    "d": (lambda moment: moment.day, 2, "0"),
    "e": (lambda moment: moment.day, 2, " "),
    "j": (lambda moment: moment.timetuple().tm_yday, 3, "0"),
    "H": (lambda moment: moment.hour, 2, "0"),
    "k": (lambda moment: moment.hour, 2, " "),
    "I": (lambda moment: moment.hour % 12 or 12, 2, "0"),
    "l": (lambda moment: moment.hour % 12 or 12, 2, " "),
    "M": (lambda moment: moment.minute, 2, "0"),
    "S": (lambda moment: moment.second, 2, "0"),
    "s": (lambda moment: int(moment.timestamp()), 0, "0"),
    "u": (lambda moment: moment.isoweekday(), 0, "0"),
    "w": (lambda moment: moment.isoweekday() % 7, 0, "0"),
    "G": (lambda moment: moment.isocalendar().year, 0, "0"),
    "g": (lambda moment: moment.isocalendar().year % 100, 2, "0"),
    "V": (lambda moment: moment.isocalendar().week, 2, "0"),
    "U": (lambda moment: (moment.timetuple().tm_yday + 6 - moment.isoweekday() % 7) // 7, 2, "0"),
    "W": (lambda moment: (moment.timetuple().tm_yday + 6 - moment.weekday()) // 7, 2, "0"),
}
"""Numbers of a date, each with its width and padding."""
