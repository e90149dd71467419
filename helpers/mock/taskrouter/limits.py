"""Types of TaskRouter's parameters, and checks that its resources share."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from ..core.context import Context
from ..core.errors import TwilioError
from ..core.parameters import (
    BLANK_IS_ABSENT,
    AtMost,
    compact_json,
    is_web_address,
    json_object,
)
from ..core.store import R
from .expressions import parse
from .resources import Reservation, Task, Worker

MAX_TIMEOUT = 1_209_600
"""Seconds: two weeks (specified)."""
MAX_RESERVATION_TIMEOUT = 86_400
"""Seconds: a day (specified)."""


def is_yes(value: Any) -> bool:
    """`true`, `1` and `yes` are true, everything else is false (specified)."""
    return str(value).lower() in ("true", "1", "yes")


def _expression(text: str) -> str:
    parse(text)
    return text


def _url(text: str | None) -> str | None:
    if text and not is_web_address(text):
        raise TwilioError(20001, f"{text[:80]!r} is not an http or https URL")
    return text


Name = Annotated[str, AtMost(64, 20001, "FriendlyName"), Field(min_length=1)]
LongName = Annotated[str, Field(min_length=1)]
"""A name of unlimited length."""
Flag = Annotated[bool, BeforeValidator(is_yes)]
Url = Annotated[str | None, BLANK_IS_ABSENT, AfterValidator(_url)]
Text = Annotated[str | None, BLANK_IS_ABSENT]
Sid = Text
_COMPACT = AfterValidator(lambda text: compact_json(json.loads(text)))
Attributes = Annotated[str, json_object(20001, "Attributes"), _COMPACT]
Expression = Annotated[str, AfterValidator(_expression)]
Priority = Annotated[int, Field(ge=0, le=2**31 - 1)]
QueueOrder = Literal["FIFO", "LIFO"]


def change(ctx: Context, resource: Worker | Task | Reservation, **changes: Any) -> None:
    """Change a resource that counts its changes, which its ETag shows."""
    ctx.store.save(resource, **changes, version=resource.version + 1, date_updated=ctx.now)


def require(
    ctx: Context, kind: type[R], workspace_sid: str, sid: str | None, parameter: str
) -> R | None:
    """Return the resource that a parameter names; None where it is not given.

    Raises:
        TwilioError: 20001, the workspace has none of that SID.
    """
    if sid is None:
        return None
    found = ctx.store.find(kind, {"sid": sid, "workspace_sid": workspace_sid})
    if found is None:
        raise TwilioError(
            20001, f"Invalid parameter {parameter}: workspace {workspace_sid} has no {sid}"
        )
    return found


def cannot_delete(subject: str, reason: str) -> TwilioError:
    """Return the refusal to delete a resource in use."""
    return TwilioError(20409, f"{subject} cannot be deleted: {reason}")
