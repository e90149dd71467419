"""Matching of calls to faults: counted, in order, and the same every time."""

from __future__ import annotations

import difflib
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Literal

from ..core import forks
from ..rest.collection import Operation
from ..rest.http import Reply, Request
from .settings import BadFault, FaultRegistry, FaultRule, FaultSettings, Phase

_COMPARED = 200
"""Characters of a pattern that are compared with known names, in quadratic time."""
_COUNTED = 10_000
"""Places that a rate is counted for; beyond, all counts begin anew."""
_LONGEST = 1_000
"""Characters of a pattern that is taken; a longer one fits no operation."""
ConnectionOutcome = Literal["timeout", "reset"]


class Pattern:
    """A glob of one word, over operation names, or of two: `POST chat.twilio.com/v2/Services/*`.

    In a path `*` stands for a segment or a part of one, and at the end for all that follows, so
    that `GET *` is every call that reads and `[!G]* *` every call that changes something.
    """

    def __init__(self, text: str) -> None:
        self.text = " ".join(text.split())
        method, _, url = self.text.partition(" ")
        self._method = method.upper()
        self._url = url.removeprefix("https://").strip("/").split("/") if url else None

    def fits(self, operation: Operation, path: str) -> bool:
        """Match a call of the operation at this path; hosts have no region here."""
        if self._url is None:
            return fnmatchcase(operation.name, self.text)
        globs, segments = self._url, [operation.host, *path.strip("/").split("/")]
        if globs[-1] == "*" and len(segments) >= len(globs):
            globs, segments = globs[:-1], segments[: len(globs) - 1]
        return (
            fnmatchcase(operation.method, self._method)
            and len(segments) == len(globs)
            and all(
                segment.startswith("{") or fnmatchcase(segment, glob)
                for segment, glob in zip(segments, globs, strict=True)
            )
        )

    def problem(self, known: tuple[Operation, ...]) -> str | None:
        """Advice about a pattern that fits no operation; None for one that does."""
        if len(self.text) <= _LONGEST and any(self.fits(each, each.path) for each in known):
            return None
        if self._url is None:
            names = sorted({operation.name for operation in known})
        else:
            names = [f"{each.method} {each.host}{each.path}" for each in known]
        plain = {name.lower(): name for name in names}
        near = difflib.get_close_matches(self.text[:_COMPARED].lower(), plain, n=3, cutoff=0)
        return (
            f"no operation of this mock fits {self.text[:_COMPARED]!r};"
            f" the nearest are {', '.join(plain[name] for name in near)}"
        )


class Fault(FaultRule):
    """One rule; as a context manager it is in force for the block.

    The `id` is a number of its own, from 1. It has made `hits` calls fail, and let `passed` calls
    pass, by `skip`.
    """

    def __init__(
        self,
        number: int,
        settings: FaultSettings,
        remove: Callable[[Fault], None],
        now: Callable[[], float],
    ) -> None:
        self.id = number
        self.settings = settings
        self.hits = 0
        self.passed = 0
        self._pattern = Pattern(settings.pattern)
        self._remove = remove
        self._now = now
        self._latest: dict[tuple[str, ...], deque[float]] = {}

    @property
    def left(self) -> int | None:
        """Calls that it will still make fail; None for no limit."""
        times = self.settings.times
        return None if times is None else times - self.hits

    @property
    def what(self) -> str:
        """Its effect in a few words."""
        settings = self.settings
        late = f"{settings.latency:g} s late" if settings.latency else ""
        again = f"retry after {settings.retry_after} s" if settings.retry_after is not None else ""
        refusal = f"HTTP {settings.status}, code {settings.code}" if settings.code else ""
        rate = f"above {settings.per_second} a second" if settings.per_second else ""
        own = "" if settings.kind in ("refusal", "latency") else settings.kind
        return ", ".join(part for part in (refusal, own, rate, again, late) if part)

    def takes(self, operation: Operation, path: str) -> bool:
        """Count a call that fits its pattern; returns whether it makes the call fail."""
        if self.left == 0 or not self._pattern.fits(operation, path):
            return False
        if self._is_slow(operation, path):
            return False
        if self.passed < self.settings.skip:
            self.passed += 1
            return False
        self.hits += 1
        return True

    def _is_slow(self, operation: Operation, path: str) -> bool:
        """Count a call against the rate, if there is one; returns whether it keeps to it."""
        rate = self.settings.per_second
        if rate is None:
            return False
        place = path.strip("/").split("/")[: self.settings.segments or 0]
        if len(self._latest) > _COUNTED:
            self._latest.clear()
        latest = self._latest.setdefault((operation.name, *place), deque(maxlen=rate))
        now = self._now()
        if len(latest) == rate and now - latest[0] < 1:
            return False
        latest.append(now)
        return True

    def remove(self) -> None:
        """Stop, and leave the list."""
        self._remove(self)

    def to_json(self) -> dict[str, Any]:
        """Its settings and counts."""
        so_far = {"id": self.id, "hits": self.hits, "passed": self.passed, "left": self.left}
        return self.settings.model_dump(mode="json") | so_far

    def row(self) -> dict[str, str]:
        """Its row in a list of faults."""
        settings = self.settings
        return {
            "calls": settings.pattern,
            "what": self.what,
            "phase": f"{settings.phase} the effect",
            "skip": f"{settings.skip - self.passed}",
            "left": "no end" if self.left is None else str(self.left),
            "hits": str(self.hits),
        }


@dataclass(frozen=True, slots=True)
class Match:
    """The fault of a call, for the front door to carry out.

    In this order: make the call, if the phase is `after`; wait `delay` seconds; make the call now,
    if it is only late; then drop the connection as `drop` says, or answer with `reply`, or with the
    account's answer.
    """

    fault: Fault

    @property
    def phase(self) -> Phase:
        """`before` the effect, which only a late call then has; or `after` it."""
        return self.fault.settings.phase

    @property
    def delay(self) -> float:
        """Seconds until anything is answered."""
        return self.fault.settings.latency

    @property
    def drop(self) -> ConnectionOutcome | None:
        """End of the connection: `timeout`, no answer; `reset`, cut; None, an answer."""
        kind = self.fault.settings.kind
        return kind if kind in ("timeout", "reset") else None

    @property
    def reply(self) -> Reply | None:
        """The answer in place of the account's; None for the account's own."""
        refusal, again = self.fault.settings.refusal(), self.fault.settings.retry_after
        if refusal is None:
            return None
        headers = {} if again is None else {"Retry-After": str(again)}
        return Reply(refusal.status, refusal.body(), headers)

    @property
    def is_only_late(self) -> bool:
        """True where the call has its effect and its answer, only late."""
        return self.fault.settings.kind == "latency"

    def wait(self, patience: float | None) -> float:
        """Seconds until the answer, or until a caller with `patience` gives up on it."""
        if patience is None:
            return self.delay
        return patience if self.drop == "timeout" else min(self.delay, patience)

    def ending(self, patience: float | None) -> ConnectionOutcome | None:
        """End of the connection, as that caller sees it."""
        gave_up = patience is not None and self.delay >= patience
        return "timeout" if gave_up else self.drop


class Faults(FaultRegistry[Fault]):
    """An account's faults, in force in the order they were added.

    They apply at the front door, before credentials are checked, as a proxy before Twilio fails for
    every caller. A call has the first fault that takes it; one that lets it pass leaves it to those
    after it. Calls that are not simulated, for which `operation_of` returns None, have none.

    Attributes:
        armed: Those that a call can meet; where there are none, none need be looked for.
    """

    def __init__(
        self,
        operation_of: Callable[[Request], Operation | None],
        operations: Callable[[], tuple[Operation, ...]],
        now: Callable[[], float],
    ) -> None:
        self._operation_of = operation_of
        self._operations = operations
        self._now = now
        self._all: tuple[Fault, ...] = ()
        self.armed: tuple[Fault, ...] = ()
        self._count = 0
        self._lock = threading.Lock()
        forks.in_child(self, lambda self: forks.refuse(self, "_lock"))

    def add_from_json(self, given: Mapping[str, Any]) -> Fault:
        """Add a fault as `FaultRegistry.add_from_json` does."""
        settings = FaultSettings.read(given)
        if problem := Pattern(settings.pattern).problem(self._operations()):
            raise BadFault(problem)
        with self._lock:
            self._count += 1
            fault = Fault(self._count, settings, self._remove, self._now)
            self._keep((*self._all, fault))
        return fault

    def find(self, number: int) -> Fault | None:
        """The fault with this `id`."""
        return next((fault for fault in self._all if fault.id == number), None)

    def fits(self, pattern: str, method: str, host: str, path: str) -> bool:
        """Return whether a call is one that a pattern takes.

        Raises:
            BadFault: The pattern takes no operation at all.
        """
        taken = Pattern(pattern)
        if problem := taken.problem(self._operations()):
            raise BadFault(problem)
        operation = self._operation_of(Request(method, host, path))
        return operation is not None and taken.fits(operation, path)

    def clear(self) -> None:
        """Remove all faults."""
        with self._lock:
            self._keep(())

    def meet(self, request: Request) -> Match | None:
        """Count a call, and return its fault, if it has one."""
        operation = self._operation_of(request) if self.armed else None
        if operation is None:
            return None
        with self._lock:
            for fault in self.armed:
                if fault.takes(operation, request.path):
                    self._keep(self._all)
                    return Match(fault)
        return None

    def _remove(self, fault: Fault) -> None:
        with self._lock:
            self._keep(tuple(each for each in self._all if each is not fault))

    def _keep(self, faults: tuple[Fault, ...]) -> None:
        self._all = faults
        self.armed = tuple(fault for fault in faults if fault.left != 0)

    def __iter__(self) -> Iterator[Fault]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)
