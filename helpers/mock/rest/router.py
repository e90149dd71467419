"""Finds the operation of a request, or says loudly that it is not simulated."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import lru_cache
from operator import itemgetter
from typing import Any
from urllib.parse import unquote

from ..core.errors import NOT_SIMULATED, TwilioError
from .collection import Operation

_Names = list[tuple[int, str]]
_Route = tuple[_Names, dict[str, Operation]]
"""Where a path's `{Names}` stand, and its operations by method."""
_COMPARED = 150
"""Characters of a request compared for the nearest operation; it takes time by their square."""
_NEAR_HOST = 0.85
"""Likeness of a host to one whose operations may be meant."""

_LONG = 250
"""Characters of a path that is not remembered: paths come before credentials are checked."""

_OTHERS = {
    ("conversations.twilio.com", "/v2"): (
        "It is an operation of the Conversation Orchestrator, another product of the same name as"
        " the Conversations API, which Twilio calls Conversations (classic) today: its version is"
        " /v1"
    )
}
"""Products that share a host with a simulated one: where, and a sentence about each."""

_Table = tuple[Callable[[list[str]], Any], dict[Any, _Route]]
"""Picks a path's literal segments, and the routes by what they say."""


class OperationRouter:
    """Operations by host and path.

    Paths of one length differ in their literal segments, which stand at few distinct sets of
    positions; for each such set one look-up finds the route.

    Args:
        operations: The simulated ones.
        complete: Hosts where a path that is simulated is so with every method it has.
        later: By host and version, the first segment of a path: gives the operations there, once
            a request comes for them.
    """

    def __init__(
        self,
        operations: Iterable[Operation] = (),
        complete: Collection[str] = (),
        later: Mapping[tuple[str, str], Callable[[], Iterable[Operation]]] | None = None,
    ) -> None:
        self._complete = complete
        self._remembered = lru_cache(maxsize=1024)(self._look_up)
        self._later = dict(later or {})
        self._spelled: dict[str, dict[str, Operation]] = {host: {} for host, _ in self._later}
        self._tables: dict[tuple[str, int], dict[tuple[int, ...], _Table]] = {}
        self._ways: dict[tuple[str, int], tuple[_Table, ...]] = {}
        self._add(operations)

    @property
    def operations(self) -> tuple[Operation, ...]:
        """All of them."""
        for host, version in [*self._later]:
            self._mount(host, version)
        return tuple(each for there in self._spelled.values() for each in there.values())

    def _mount(self, host: str, version: str) -> None:
        """Add what comes later; that two threads do so at once, or one again, changes nothing."""
        if (given := self._later.get((host, version))) is not None:
            self._add(given())
            self._later.pop((host, version), None)

    def _add(self, operations: Iterable[Operation]) -> None:
        for operation in operations:
            called = f"{operation.method} {operation.path}"
            self._spelled.setdefault(operation.host, {})[called] = operation
            segments = operation.path.strip("/").split("/")
            names = [(at, part[1:-1]) for at, part in enumerate(segments) if part.startswith("{")]
            literal = tuple(at for at, part in enumerate(segments) if not part.startswith("{"))
            table = self._tables.setdefault((operation.host, len(segments)), {})
            pick, routes = table.setdefault(literal, (itemgetter(*literal), {}))
            _, methods = routes.setdefault(pick(segments), (names, {}))
            methods[operation.method] = operation
        self._ways = {at: (*tables.values(),) for at, tables in self._tables.items()}

    def find(self, method: str, host: str, path: str) -> tuple[Operation, Mapping[str, str]]:
        """Return the operation and the values of its path's `{Names}`.

        Raises:
            TwilioError: 501, not simulated; 20004, simulated but not with this method.
        """
        look_up = self._remembered if len(path) < _LONG else self._look_up
        return look_up(method, host, path)

    def _look_up(self, method: str, host: str, path: str) -> tuple[Operation, Mapping[str, str]]:
        segments = path.strip("/").split("/")
        self._mount(host, segments[0])
        for pick, routes in self._ways.get((host, len(segments)), ()):
            route = routes.get(pick(segments))
            if route is None:
                continue
            names, methods = route
            if method not in methods and host not in self._complete:
                break
            if method not in methods:
                allowed = ", ".join(sorted(methods))
                raise TwilioError(20004, f"Method {method} not allowed here; {allowed} are")
            arguments = {}
            for at, name in names:
                text = segments[at]
                arguments[name] = unquote(text) if "%" in text else text
            return methods[method], arguments
        raise self._not_simulated(method, host, path)

    def _not_simulated(self, method: str, host: str, path: str) -> TwilioError:
        reason = (
            f"{method} https://{host}{path} is not simulated by this mock, so it cannot say what"
            " Twilio would answer."
        )
        for (known, start), sentence in _OTHERS.items():
            if host == known and path.startswith(start):
                return TwilioError(NOT_SIMULATED, f"{reason} {sentence}")
        for known in difflib.get_close_matches(host, self._spelled, n=1, cutoff=_NEAR_HOST):
            for version in [version for of, version in self._later if of == known]:
                self._mount(known, version)
            there = self._spelled[known]
            called = f"{method} {path}"[:_COMPARED]
            for spelling in difflib.get_close_matches(called, there, n=1, cutoff=0):
                nearest = there[spelling]
                reason += (
                    f" The nearest operation it simulates is {nearest.name}:"
                    f" {nearest.method} https://{known}{nearest.path}"
                )
        return TwilioError(NOT_SIMULATED, reason)
