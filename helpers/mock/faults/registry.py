"""How a fault is asked for, here or of a mock elsewhere."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, Generic, TypeVar

from .settings import FaultKind, Phase

F = TypeVar("F")


class FaultRegistry(ABC, Generic[F]):
    """Faults that more can be added to."""

    def add(
        self,
        pattern: str,
        *,
        kind: FaultKind | None = None,
        status: int | None = None,
        code: int | None = None,
        message: str | None = None,
        retry_after: int | None = None,
        latency: float | None = None,
        phase: Phase = "before",
        times: int | None = 1,
        skip: int = 0,
    ) -> F:
        """Have the next calls that fit a pattern go wrong.

        Args:
            pattern: Names of operations, such as `CreateMessage` or `*Channel*` (see FIDELITY.md),
                or method and address, such as `POST chat.twilio.com/v2/Services/*`, where `*`
                stands for a segment and at the end for all that follows.
            kind: `timeout`, the answer never comes; `reset`, the connection is cut. `refusal` and
                `latency` follow from the settings below.
            status: The HTTP status of a refusal; its general code follows, e.g. 20429 from 429.
            code: One of Twilio's error codes that the mock knows; its HTTP status follows.
            message: What the refusal says, if not what the code means.
            retry_after: Seconds, sent as the Retry-After header of a refusal.
            latency: Seconds the answer is late. A client that gives up sooner sees a time-out, and
                the call still has its effect if lateness is all that is wrong with it.
            phase: `before`: nothing comes of the call. `after`: it has its effect, and only the
                answer is lost.
            times: How many calls; None for all until it is removed.
            skip: How many calls to let pass first.

        Raises:
            BadFault: It fits no operation, or its settings do not fit together.
        """
        given = {
            "pattern": pattern,
            "kind": kind,
            "status": status,
            "code": code,
            "message": message,
            "retry_after": retry_after,
            "latency": latency,
            "phase": phase,
            "times": times,
            "skip": skip,
        }
        return self.add_from_json(given)

    @abstractmethod
    def add_from_json(self, given: Mapping[str, Any]) -> F:
        """The same from a JSON object, with the names that `add` has.

        Raises:
            BadFault: As for `add`, and for names that are no setting.
        """
