"""What a fault does, checked before it is taken on."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from ..core.errors import CODES, NOT_SIMULATED, TwilioError

FaultKind = Literal["refusal", "latency", "timeout", "reset"]
Phase = Literal["before", "after"]
LONGEST = 3600.0
"""Seconds of latency at most."""
_CODES_BY_STATUS = 20_000
"""Twilio's general code for an HTTP status is this much above it."""


class BadFault(ValueError):
    """A fault that cannot be; its text says what to give instead."""


class Settings(BaseModel):
    """One fault as it was asked for, with what follows from that filled in.

    See `Faults.add` for what each setting means.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

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

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> Settings:
        """Settings from names and values; a None counts as not given, but for `times`.

        Raises:
            BadFault: They cannot be, with a sentence about each that is wrong.
        """
        if not isinstance(given, Mapping):
            raise BadFault(
                'a fault is an object such as {"pattern": "CreateMessage", "status": 503}'
            )
        asked = {
            name: value for name, value in given.items() if name == "times" or value is not None
        }
        try:
            return cls.model_validate(asked)
        except ValidationError as error:
            raise BadFault("; ".join(map(_sentence, error.errors()))) from None

    @model_validator(mode="before")
    @classmethod
    def _say_the_kind(cls, given: Any) -> Any:
        if not isinstance(given, dict) or "kind" in given:
            return given
        if {"status", "code"} & given.keys():
            return {**given, "kind": "refusal"}
        if given.get("latency"):
            return {**given, "kind": "latency"}
        raise ValueError(
            "say what goes wrong: a status such as 503, a code such as 20429, latency in seconds,"
            " kind='timeout' or kind='reset'"
        )

    @model_validator(mode="after")
    def _hold_together(self) -> Settings:
        if self.kind == "latency" and not self.latency:
            raise ValueError("kind='latency' needs latency, in seconds")
        if self.kind == "refusal":
            self._complete()
        else:
            self._answer_nothing()
        return self

    def _complete(self) -> None:
        code = _code_of(self.status) if self.code is None else self.code
        if code == NOT_SIMULATED or code not in CODES:
            raise ValueError(
                f"code {code} is no error of Twilio's that this mock knows{_try(code)}"
            )
        if self.status not in (None, CODES[code].status):
            raise ValueError(
                f"code {code} comes with HTTP {CODES[code].status}, not {self.status};"
                f" leave one of the two out{_of_status(self.status)}"
            )
        object.__setattr__(self, "code", code)
        object.__setattr__(self, "status", CODES[code].status)

    def _answer_nothing(self) -> None:
        own = ("status", "code", "message", "retry_after")
        given = [name for name in own if getattr(self, name) is not None]
        if given:
            raise ValueError(
                f"kind={self.kind!r} brings no answer of its own, so leave out {', '.join(given)}"
            )

    def refusal(self) -> TwilioError | None:
        """What Twilio says, if it says anything."""
        if self.code is None:
            return None
        return TwilioError(self.code, self.message or CODES[self.code].meaning.capitalize())


def _code_of(status: int | None) -> int:
    """Twilio's general code for a status.

    Raises:
        ValueError: There is none; or no status either.
    """
    if status is None:
        raise ValueError("kind='refusal' needs a status such as 503, or a code such as 20429")
    code = _CODES_BY_STATUS + status
    if code in CODES and CODES[code].status == status:
        return code
    if _with_status(status):
        raise ValueError(f"HTTP {status} has no general code; name one{_of_status(status)}")
    known = sorted({entry.status for entry in CODES.values()} - {NOT_SIMULATED})
    raise ValueError(
        f"no error of Twilio's that this mock knows has HTTP status {status}; it knows"
        f" {', '.join(map(str, known))}"
    )


def _with_status(status: int | None) -> list[int]:
    return [code for code, entry in CODES.items() if entry.status == status != NOT_SIMULATED]


def _of_status(status: int | None) -> str:
    codes = _with_status(status)
    return f": with HTTP {status} come {', '.join(map(str, codes))}" if codes else ""


def _try(code: int) -> str:
    near = difflib.get_close_matches(str(code), map(str, CODES), n=3)
    return f"; the nearest are {', '.join(near)}" if near else ""


def _sentence(error: ErrorDetails) -> str:
    message = error["msg"].removeprefix("Value error, ")
    if not error["loc"]:
        return message
    name = str(error["loc"][0])
    if error["type"] == "extra_forbidden":
        near = difflib.get_close_matches(name, Settings.model_fields, n=1, cutoff=0.5)
        known = near or Settings.model_fields
        return f"a fault has no setting {name!r}; there is {', '.join(known)}"
    if error["type"] == "missing":
        return f"{name} is missing"
    return f"{name}={error['input']!r}: {message[0].lower()}{message[1:]}"
