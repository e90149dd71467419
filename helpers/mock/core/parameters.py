"""Typed input of products: parameters become one object, or one refusal with Twilio's code.

Names are snake case here; two underscores stand for the dot of a nested parameter
(`integration__flow_sid` is `Integration.FlowSid` in a form).
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from .bounds import MAX_NESTING, is_too_deep
from .errors import TwilioError


def form_name(field: str) -> str:
    """`integration__flow_sid` -> `Integration.FlowSid`."""
    return ".".join(
        "".join(word.capitalize() for word in part.split("_")) for part in field.split("__")
    )


class Parameters(BaseModel):
    """Base of the parameters of an operation."""

    model_config = ConfigDict(alias_generator=form_name, extra="ignore", populate_by_name=True)

    def given(self) -> dict[str, Any]:
        """Only what the caller sent, by field name."""
        return self.model_dump(exclude_unset=True)

    @classmethod
    def read(cls, parameters: Mapping[str, Any]) -> Any:
        """Make the object, or refuse with 20001 naming the first parameter at fault."""
        try:
            return cls.model_validate(parameters, by_alias=True, by_name=False)
        except ValidationError as problem:
            raise _refusal(problem.errors()[0]) from None


def _refusal(problem: ErrorDetails) -> TwilioError:
    name = str(problem["loc"][0])
    if problem["type"] == "missing":
        return TwilioError(20001, f"Missing required parameter {name} in the post body")
    return TwilioError(20001, f"Invalid parameter {name}: {problem['msg']}")


def at_most(length: int, code: int, what: str) -> AfterValidator:
    """Refuse a text of more than `length` characters with `code`."""

    def check(text: str) -> str:
        if len(text) > length:
            raise TwilioError(code, f"{what} is too long: {len(text)} characters, at most {length}")
        return text

    return AfterValidator(check)


def at_most_bytes(size: int, code: int, what: str) -> AfterValidator:
    """Refuse a text of more than `size` bytes in UTF-8 with `code`."""

    def check(text: str) -> str:
        if len(text) * 4 > size and (actual := len(text.encode("utf-8", "replace"))) > size:
            raise TwilioError(code, f"{what} is too long: {actual} bytes, at most {size}")
        return text

    return AfterValidator(check)


def json_object(code: int, what: str) -> AfterValidator:
    """Refuse a text that is not a JSON object with `code`."""

    def check(text: str) -> str:
        if read_json_object(text) is None:
            raise TwilioError(
                code, f'{what} must be a JSON object as text, e.g. {{"key": "value"}}'
            )
        return text

    return AfterValidator(check)


def read_json_object(text: str) -> dict[str, Any] | None:
    """The object that a JSON text holds; None where it holds none, or one nested too deep."""
    try:
        value = json.loads(text, parse_constant=_finite, parse_float=_finite)
    except (ValueError, RecursionError):
        return None
    is_flat = text.count("{") + text.count("[") <= MAX_NESTING
    return value if isinstance(value, dict) and (is_flat or not is_too_deep(value)) else None


def _finite(number: str) -> float:
    if not math.isfinite(value := float(number)):
        raise ValueError(f"{number} is not JSON")
    return value


def as_moment(text: str) -> float:
    """Epoch seconds of an ISO 8601 date, UTC unless it says otherwise.

    Raises:
        ValueError: It is no such date.
    """
    parsed = datetime.fromisoformat(text)
    aware = parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    return (aware.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()


def _moment(value: Any) -> Any:
    return as_moment(value) if isinstance(value, str) else value


def is_web_address(url: str) -> bool:
    """Whether a webhook can go there: http or https, and a host."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def _blank_is_absent(value: Any) -> Any:
    return None if value == "" else value


Moment = Annotated[float, BeforeValidator(_moment)]
"""Epoch seconds, given as ISO 8601."""

BLANK_IS_ABSENT = BeforeValidator(_blank_is_absent)
"""An empty form value clears the field."""
