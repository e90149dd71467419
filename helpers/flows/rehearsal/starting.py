"""Moments at which scripts begin, whatever a machine's clock and zone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import count

from ...mock import zone_of

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
YEARS = range(1971, 3000)
_WEEKLY = re.compile(r"([a-z]{3,9})\.?,? ([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?", re.I | re.A)
_DATED = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d\S*", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class Start:
    """A weekday (0 is Monday) and a time in a zone, or a moment."""

    text: str
    when: tuple[int, time] | datetime
    zone: str

    @classmethod
    def read(cls, text: str, zone: str = "") -> Start:
        """Read `Mon 10:00`, `2026-01-05 10:00` or `2026-01-05T10:00+01:00`.

        The zone is UTC where none is named.

        Raises:
            ValueError: It is none of these; there is no such zone, or no such time in it.
        """
        text = " ".join(text.split())
        known = zone_of(zone or "UTC")
        if found := _WEEKLY.fullmatch(text):
            hour, minute, second = (int(part or 0) for part in found.groups()[1:])
            for number, name in enumerate(WEEKDAYS):
                if name.startswith(found[1].lower()):
                    return cls(text, (number, time(hour, minute, second)), known.key)
        if (moment := _dated(text)) is None:
            raise ValueError(
                f"{text!r} is no start; write a weekday and a time, or a date and a time, of 24"
                " hours: Mon 10:00 or 2026-01-05 10:00"
            )
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=known)
        elif zone:
            raise ValueError(f"{text!r} names its offset; remove that, or `zone`")
        if not _exists(moment):
            raise ValueError(f"{text!r} does not exist in {zone}: the clocks go forward then")
        return cls(text, moment, known.key)

    def moment(self, now: float) -> float:
        """Epoch seconds of the start; of a weekday the first one from the day of `now` on."""
        if isinstance(self.when, datetime):
            return self.when.timestamp()
        zone, (weekday, at) = zone_of(self.zone), self.when
        today = datetime.fromtimestamp(now, zone).date()
        first = today + timedelta((weekday - today.weekday()) % 7)
        weekly = (datetime.combine(first + timedelta(7 * week), at, zone) for week in count())
        return next(filter(_exists, weekly)).timestamp()

    def __str__(self) -> str:
        return self.text if self.zone == "UTC" else f"{self.text}, {self.zone}"


def _dated(text: str) -> datetime | None:
    """The date and time that a text is, of a year that a rehearsal can be in."""
    try:
        found = datetime.fromisoformat(text) if _DATED.fullmatch(text) else None
    except ValueError:
        return None
    return found if found and found.year in YEARS else None


def _exists(moment: datetime) -> bool:
    """Return whether a moment's zone has its time, over which clocks that go forward jump."""
    back = moment.astimezone(UTC).astimezone(moment.tzinfo)
    return back.replace(tzinfo=None) == moment.replace(tzinfo=None)


def described(moment: float, zone: str) -> str:
    """A moment as a weekday, a date and a time in a zone."""
    found = datetime.fromtimestamp(int(moment), zone_of(zone))
    return f"{WEEKDAYS[found.weekday()][:3].title()} {found:%Y-%m-%d %H:%M} {found.tzname()}"
