"""Which fault strikes which call: counted, in order, and the same every time."""

from __future__ import annotations

import html
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ..rest.collection import Operation
from ..rest.http import Reply, Request
from .pattern import Pattern
from .registry import FaultRegistry
from .settings import BadFault, Phase, Settings

ConnectionOutcome = Literal["timeout", "reset"]


class Fault:
    """One rule; as a context manager it is in force for the block.

    Attributes:
        id: A number of its own, counted from 1.
        settings: What it does, to which calls.
        hits: Calls it has struck.
        passed: Calls it has let pass, as `skip` asks.
    """

    def __init__(self, number: int, settings: Settings, remove: Callable[[Fault], None]) -> None:
        self.id = number
        self.settings = settings
        self.hits = 0
        self.passed = 0
        self._pattern = Pattern(settings.pattern)
        self._remove = remove

    @property
    def left(self) -> int | None:
        """Calls it will still strike; None for as many as come."""
        times = self.settings.times
        return None if times is None else times - self.hits

    @property
    def what(self) -> str:
        """What goes wrong, in a few words."""
        settings = self.settings
        late = f"{settings.latency:g} s late" if settings.latency else ""
        again = f"retry after {settings.retry_after} s" if settings.retry_after is not None else ""
        refusal = f"HTTP {settings.status}, code {settings.code}" if settings.code else ""
        own = "" if settings.kind in ("refusal", "latency") else settings.kind
        return ", ".join(part for part in (refusal, own, again, late) if part)

    def takes(self, operation: Operation, path: str) -> bool:
        """Whether it strikes this call, which it counts if the call is one it is for."""
        if self.left == 0 or not self._pattern.fits(operation, path):
            return False
        if self.passed < self.settings.skip:
            self.passed += 1
            return False
        self.hits += 1
        return True

    def remove(self) -> None:
        """Strike no more, and be listed no more."""
        self._remove(self)

    def to_json(self) -> dict[str, Any]:
        """Its settings, with what it has done so far."""
        so_far = {"id": self.id, "hits": self.hits, "passed": self.passed, "left": self.left}
        return self.settings.model_dump(mode="json") | so_far

    def __enter__(self) -> Fault:
        return self

    def __exit__(self, *about: object) -> None:
        self.remove()

    def __repr__(self) -> str:
        return "Fault({})".format(", ".join(f"{name}: {said}" for name, said in self.row().items()))

    def row(self) -> dict[str, str]:
        """What a list of faults says of it."""
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
    """The fault that a call has met, for the door to carry out.

    In this order: have the effect, if the phase is `after`; wait `delay` seconds; have the effect
    now, if the call is only late; then drop the connection as `drop` says, or answer with
    `reply`, or with what the account answered.
    """

    fault: Fault

    @property
    def phase(self) -> Phase:
        """`before` the effect, which then never comes but for a late call; or `after` it."""
        return self.fault.settings.phase

    @property
    def delay(self) -> float:
        """Seconds until anything is answered."""
        return self.fault.settings.latency

    @property
    def drop(self) -> ConnectionOutcome | None:
        """No answer: `timeout`, the caller waits until it gives up; `reset`, it is cut off."""
        kind = self.fault.settings.kind
        return kind if kind in ("timeout", "reset") else None

    @property
    def reply(self) -> Reply | None:
        """What is answered instead of the account's own answer."""
        refusal, again = self.fault.settings.refusal(), self.fault.settings.retry_after
        if refusal is None:
            return None
        headers = {} if again is None else {"Retry-After": str(again)}
        return Reply(refusal.status, refusal.body(), headers)

    @property
    def is_only_late(self) -> bool:
        """Whether the call has its effect and its answer, late."""
        return self.fault.settings.kind == "latency"

    def wait(self, patience: float | None) -> float:
        """Seconds that a caller waits who gives up after `patience` (None: never).

        A time-out met by a caller who never gives up takes no longer than its latency: nobody
        learns anything from waiting for ever.
        """
        if patience is None:
            return self.delay
        return patience if self.drop == "timeout" else min(self.delay, patience)

    def ending(self, patience: float | None) -> ConnectionOutcome | None:
        """What becomes of the connection, as that caller sees it."""
        gave_up = patience is not None and self.delay >= patience
        return "timeout" if gave_up else self.drop


class Faults(FaultRegistry[Fault]):
    """An account's faults, in force in the order they were added.

    They strike at the door: before credentials are looked at, as what stands in front of Twilio
    fails for everybody. The first one that takes a call is the only one that does; one that lets
    a call pass leaves it to those after it. Calls that are not simulated meet none.

    Args:
        operation_of: Finds the operation of a request; None for one that is not simulated.
        operations: All there are.
    """

    def __init__(
        self,
        operation_of: Callable[[Request], Operation | None],
        operations: tuple[Operation, ...],
    ) -> None:
        self._operation_of = operation_of
        self._operations = operations
        self._all: tuple[Fault, ...] = ()
        self._armed: tuple[Fault, ...] = ()
        self._count = 0
        self._lock = threading.Lock()

    def add_from_json(self, given: Mapping[str, Any]) -> Fault:
        """The same as `add`, from a JSON object with its names.

        Raises:
            BadFault: As for `add`, and for names that are no setting.
        """
        settings = Settings.read(given)
        problem = Pattern(settings.pattern).problem(self._operations)
        if problem is not None:
            raise BadFault(problem)
        with self._lock:
            self._count += 1
            fault = Fault(self._count, settings, self._remove)
            self._keep((*self._all, fault))
        return fault

    def find(self, number: int) -> Fault | None:
        """The fault with this `id`."""
        return next((fault for fault in self._all if fault.id == number), None)

    def clear(self) -> None:
        """Have every call answered again."""
        with self._lock:
            self._keep(())

    def meet(self, request: Request) -> Match | None:
        """The fault that a call meets, and counts; None, as a rule."""
        if not self._armed:
            return None
        operation = self._operation_of(request)
        if operation is None:
            return None
        with self._lock:
            for fault in self._armed:
                if fault.takes(operation, request.path):
                    self._keep(self._all)
                    return Match(fault)
        return None

    def _remove(self, fault: Fault) -> None:
        with self._lock:
            self._keep(tuple(each for each in self._all if each is not fault))

    def _keep(self, faults: tuple[Fault, ...]) -> None:
        self._all = faults
        self._armed = tuple(fault for fault in faults if fault.left != 0)

    def __iter__(self) -> Iterator[Fault]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    def __repr__(self) -> str:
        return listed(self)

    def _repr_html_(self) -> str:
        return listed_as_html(self)


def listed(faults: Iterable[Fault]) -> str:
    """One fault a line."""
    return "\n".join(map(repr, faults)) or "no faults: every call is answered"


def listed_as_html(faults: Iterable[Fault]) -> str:
    """A table of faults."""
    rows = [fault.row() for fault in faults]
    if not rows:
        return f"<p>{html.escape(listed(()))}</p>"
    head = "".join(f"<th>{html.escape(name)}</th>" for name in rows[0])
    body = "".join(_html_row(row.values()) for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _html_row(values: Iterable[str]) -> str:
    cells = "".join(f'<td style="text-align:left">{html.escape(value)}</td>' for value in values)
    return f"<tr>{cells}</tr>"
