"""Settings of a fault, checked before it is added, and the registry that takes them."""

from __future__ import annotations

import difflib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Generic, Literal, NamedTuple, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from ...html import escaped, table
from ..core.errors import CODES, NOT_SIMULATED, TwilioError
from ..core.wording import predicate

FaultKind = Literal["refusal", "latency", "timeout", "reset"]
Phase = Literal["before", "after"]
LONGEST = 3600.0
"""Longest latency, in seconds."""
_NO_FAULTS = "no faults: every call is answered"
LEGACY_CALLS = (
    "* chat.twilio.com/v2/*",
    *(
        f"* flex-api.twilio.com/v1/{name}"
        for segment in ("FlexFlows", "Channels", "WebChannels")
        for name in (segment, f"{segment}/*")
    ),
)
"""Calls of the APIs that Twilio ended for Flex on 1 June 2026; chat.twilio.com/v3 stays."""


class RateLimit(NamedTuple):
    """A documented limit: calls a second, counted apart by the first segments of their paths."""

    pattern: str
    per_second: int
    segments: int | None = None


RATE_LIMITS = (
    RateLimit("* flex-api.twilio.com/v1/Interactions", 20),
    RateLimit("* flex-api.twilio.com/v1/Interactions/*", 20),
    RateLimit("POST flex-api.twilio.com/v2/WebChats", 5),
    RateLimit("DeleteConversation", 30, 2),
    RateLimit("DeleteServiceConversation", 30, 4),
    *(
        RateLimit(f"{method} conversations.twilio.com/v1{service}/{path}", 30, count + depth)
        for service, depth in (("", 1), ("/Services/*", 3))
        for method, path, count in (
            ("POST", "Conversations", 1),
            ("POST", "Users", 1),
            ("POST", "Roles", 1),
            ("POST", "Conversations/*", 2),
            ("DELETE", "Conversations/*/*", 2),
        )
    ),
)
"""Twilio's limits of Interactions, web chats and Conversations (documented)."""
_GENERAL_CODES = 20_000
"""Twilio's general code for an HTTP status is the status above this."""


class BadFault(ValueError):
    """Invalid settings of a fault; the text names the valid ones."""


class FaultSettings(BaseModel):
    """Settings of one fault, as `Faults.add` documents them, with derived values filled in."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, allow_inf_nan=False, defer_build=True
    )

    pattern: Annotated[str, Field(pattern=r"\S")]
    kind: FaultKind = "refusal"
    status: int | None = None
    code: int | None = None
    message: str | None = None
    retry_after: Annotated[int, Field(ge=0)] | None = None
    latency: Annotated[float, Field(ge=0, le=LONGEST)] = 0.0
    phase: Phase = "before"
    times: Annotated[int, Field(ge=1)] | None = 1
    skip: Annotated[int, Field(ge=0)] = 0
    per_second: Annotated[int, Field(ge=1)] | None = None
    segments: Annotated[int, Field(ge=1)] | None = None

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> FaultSettings:
        """Read settings, where a None is not given but for `times`; BadFault names every error."""
        if not isinstance(given, Mapping):
            raise BadFault(
                'a fault is an object such as {"pattern": "CreateMessage", "status": 503}'
            )
        try:
            return cls.model_validate(
                {key: value for key, value in given.items() if key == "times" or value is not None}
            )
        except ValidationError as error:
            raise BadFault("; ".join(map(_sentence, error.errors()))) from None

    @model_validator(mode="before")
    @classmethod
    def _derive_kind(cls, given: Any) -> Any:
        if not isinstance(given, dict) or {"kind", "status", "code"} & given.keys():
            return given  # a refusal by default
        if given.get("latency"):
            return {**given, "kind": "latency"}
        raise ValueError(
            "say what goes wrong: a status such as 503, a code such as 20429, latency in seconds,"
            " kind='timeout' or kind='reset'"
        )

    @model_validator(mode="after")
    def _check(self) -> FaultSettings:
        if self.kind == "latency" and not self.latency:
            raise ValueError("kind='latency' needs latency, in seconds")
        own = ("status", "code", "message", "retry_after")
        given = [name for name in own if getattr(self, name) is not None]
        if self.kind == "refusal":
            self._complete_refusal()
        elif given:
            raise ValueError(
                f"kind={self.kind!r} brings no answer of its own, so leave out {', '.join(given)}"
            )
        return self

    def _complete_refusal(self) -> None:
        code = _code_of(self.status) if self.code is None else self.code
        if code == NOT_SIMULATED or code not in CODES:
            near = ", ".join(difflib.get_close_matches(str(code), map(str, CODES), n=3))
            raise ValueError(
                f"code {code} is no error of Twilio's that this mock knows"
                + (f"; the nearest are {near}" if near else "")
            )
        if self.status not in (None, CODES[code].status):
            raise ValueError(
                f"code {code} comes with HTTP {CODES[code].status}, not {self.status};"
                f" leave one of the two out{_of_status(self.status)}"
            )
        object.__setattr__(self, "code", code)
        object.__setattr__(self, "status", CODES[code].status)

    def refusal(self) -> TwilioError | None:
        """The error that Twilio answers with, or None."""
        if self.code is None:
            return None
        return TwilioError(self.code, self.message or CODES[self.code].meaning.capitalize())


def _code_of(status: int | None) -> int:
    """Return Twilio's general code for a status, or refuse one that has none, or a missing one."""
    if status is None:
        raise ValueError("kind='refusal' needs a status such as 503, or a code such as 20429")
    code = _GENERAL_CODES + status
    if code in CODES and CODES[code].status == status:
        return code
    codes = _of_status(status)
    if codes:
        raise ValueError(f"HTTP {status} has no general code; name one{codes}")
    known = sorted({entry.status for entry in CODES.values()} - {NOT_SIMULATED})
    raise ValueError(
        f"no error of Twilio's that this mock knows has HTTP status {status}; it knows"
        f" {', '.join(map(str, known))}"
    )


def _of_status(status: int | None) -> str:
    codes = [str(code) for code, each in CODES.items() if each.status == status != NOT_SIMULATED]
    return f": with HTTP {status} come {', '.join(codes)}" if codes else ""


def _sentence(error: ErrorDetails) -> str:
    message = predicate(error)
    if not error["loc"]:
        return message
    name = str(error["loc"][0])
    if error["type"] == "extra_forbidden":
        near = difflib.get_close_matches(name, FaultSettings.model_fields, n=1, cutoff=0.5)
        known = near or FaultSettings.model_fields
        return f"a fault has no setting {name!r}; there is {', '.join(known)}"
    if error["type"] == "missing":
        return f"{name} is missing"
    return f"{name}={error['input']!r}: it {message}"


class FaultRule(ABC):
    """One fault; as a context manager it is in force for the block."""

    @abstractmethod
    def remove(self) -> None:
        """Stop, and leave the list."""

    @abstractmethod
    def row(self) -> dict[str, str]:
        """Its row in a list of faults."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *about: object) -> None:
        self.remove()

    def __repr__(self) -> str:
        return "Fault({})".format(", ".join(f"{name}: {text}" for name, text in self.row().items()))


F = TypeVar("F", bound=FaultRule)


class FaultRegistry(ABC, Generic[F]):
    """A collection of faults, here or on a server."""

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
        per_second: int | None = None,
        segments: int | None = None,
    ) -> F:
        """Make the next calls that fit a pattern fail.

        Args:
            pattern: Names of operations, such as `CreateMessage` or `*Channel*` (see FIDELITY.md),
                or method and address, such as `POST chat.twilio.com/v2/Services/*`, where `*`
                stands for a segment and at the end for all that follows.
            kind: `timeout`, the answer never comes; `reset`, the connection is cut. `refusal` and
                `latency` follow from the settings below.
            status: The HTTP status of a refusal; its general code follows, e.g. 20429 from 429.
            code: One of Twilio's error codes that the mock knows; its HTTP status follows.
            message: Text of the refusal; by default the meaning of the code.
            retry_after: Seconds, sent as the Retry-After header of a refusal.
            latency: Seconds the answer is late. A client that gives up sooner sees a time-out; the
                call still has its effect if latency is all that the fault does.
            phase: `before`: the call has no effect. `after`: it has its effect, and only the answer
                is lost.
            times: Number of calls; None for all until it is removed.
            skip: Number of calls to let pass first.
            per_second: Number of calls to let pass in each second of the mock's clock; only those
                above fail. Each operation has its own count.
            segments: Number of segments of the path by which these calls are told apart: with 3,
                each `/v1/Conversations/CH...` has its own count.

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
            "per_second": per_second,
            "segments": segments,
        }
        return self.add_from_json(given)

    def end_legacy_api(self) -> list[F]:
        """Refuse every call of legacy Flex and of Programmable Chat with HTTP 410, code 20410.

        An application that was not migrated meets this, or so it is inferred from the code.
        Remove the faults, or `clear` all, to bring the API back.
        """
        message = "This API has ended: use Flex Conversations"
        return [
            self.add(pattern, code=20410, message=message, times=None) for pattern in LEGACY_CALLS
        ]

    def limit_rates(self) -> list[F]:
        """Refuse calls above Twilio's documented rates with HTTP 429, code 20429.

        No rate is limited otherwise. Remove the faults, or `clear` all, to be as fast as you can.
        """
        return [
            self.add(
                limit.pattern,
                code=20429,
                message="Too many requests",
                times=None,
                retry_after=1,
                per_second=limit.per_second,
                segments=limit.segments,
            )
            for limit in RATE_LIMITS
        ]

    @abstractmethod
    def add_from_json(self, given: Mapping[str, Any]) -> F:
        """Add a fault from a JSON object, with the names of the arguments of `add`.

        Raises:
            BadFault: As for `add`, and for unknown names.
        """

    @abstractmethod
    def __iter__(self) -> Iterator[F]: ...

    def __repr__(self) -> str:
        return "\n".join(map(repr, self)) or _NO_FAULTS

    def _repr_html_(self) -> str:
        rows = [fault.row() for fault in self]
        if not rows:
            return f"<p>{escaped(_NO_FAULTS)}</p>"
        return table([list(row.values()) for row in rows], list(rows[0]))
