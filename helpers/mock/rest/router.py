"""Finds the operation of a request, or says loudly that it is not simulated."""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Iterable
from urllib.parse import unquote

from ..errors import NOT_SIMULATED, TwilioError
from .collection import Operation

_Route = tuple[list[str | None], list[tuple[int, str]], dict[str, Operation]]


class Router:
    """Operations by host and path."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        self.operations = tuple(operations)
        self._routes: dict[tuple[str, int], list[_Route]] = defaultdict(list)
        by_path: dict[tuple[str, str], dict[str, Operation]] = defaultdict(dict)
        for operation in self.operations:
            by_path[operation.host, operation.path][operation.method] = operation
        for (host, path), methods in by_path.items():
            segments = path.strip("/").split("/")
            literals = [None if part.startswith("{") else part for part in segments]
            names = [(at, part[1:-1]) for at, part in enumerate(segments) if part.startswith("{")]
            self._routes[host, len(segments)].append((literals, names, methods))

    def find(self, method: str, host: str, path: str) -> tuple[Operation, dict[str, str]]:
        """The operation and the values of its path's `{Names}`.

        Raises:
            TwilioError: 501, not simulated; 20004, simulated but not with this method.
        """
        segments = path.strip("/").split("/")
        for literals, names, methods in self._routes.get((host, len(segments)), ()):
            if all(
                want is None or want == got for want, got in zip(literals, segments, strict=True)
            ):
                operation = methods.get(method)
                if operation is None:
                    allowed = ", ".join(sorted(methods))
                    raise TwilioError(20004, f"Method {method} not allowed here; {allowed} are")
                return operation, {name: _decoded(segments[at]) for at, name in names}
        raise self._not_simulated(method, host, path)

    def _not_simulated(self, method: str, host: str, path: str) -> TwilioError:
        asked = f"{method} https://{host}{path}"
        nearest = max(self.operations, key=lambda operation: _likeness(operation, asked))
        return TwilioError(
            NOT_SIMULATED,
            f"{asked} is not simulated by this mock, so it cannot say what Twilio would answer."
            f" The nearest operation it simulates is {nearest.name}:"
            f" {nearest.method} https://{nearest.host}{nearest.path}",
        )


def _matches(literals: list[str | None], segments: list[str]) -> bool:
    for want, got in zip(literals, segments, strict=True):
        if want is not None and want != got:
            return False
    return True


def _decoded(segment: str) -> str:
    return unquote(segment) if "%" in segment else segment


def _likeness(operation: Operation, asked: str) -> float:
    ours = f"{operation.method} https://{operation.host}{operation.path}"
    return difflib.SequenceMatcher(None, ours, asked, autojunk=False).ratio()
