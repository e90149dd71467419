"""Types of the fields of a flow file's resources: those that the account declares, made strict."""

from __future__ import annotations

import math
import typing
from collections.abc import Callable, Iterator
from datetime import date
from types import UnionType
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    Field,
    Strict,
    TypeAdapter,
    ValidationError,
)
from pydantic_core import PydanticCustomError

from ....json_object import LARGEST, MAX_DEPTH
from ....mock import TwilioError, parameters_of
from ...errors import FieldPath


def _without_others(value: Any, path: FieldPath = ()) -> Any:
    """Refuse all but JSON within a value, such as the date that YAML makes of 2026-01-01."""
    if len(path) > MAX_DEPTH:
        reason: str | None = "is nested too deep; flatten it"
        path = path[:1]
    elif isinstance(value, dict | list):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        reason = None
        for key, each in pairs:
            if isinstance(value, dict) and not isinstance(key, str):
                reason = f"has a key that is no text; put it in quotes: '{key}'"
            _without_others(each, (*path, key))
    else:
        is_plain = value is None or isinstance(value, str | int | float)
        written = f"; write '{value}'" if isinstance(value, date) else ""
        reason = None if is_plain else f"must be text, a number, true or false{written}"
        if isinstance(value, float) and not math.isfinite(value):
            reason = f"must be text, a number, true or false, and {value} is none; put it in quotes"
        elif isinstance(value, int) and not -LARGEST <= value < LARGEST:
            reason = "is a number beyond 64 bits, which is not kept as it is; put it in quotes"
    if reason is not None:
        raise PydanticCustomError("json", "{reason}", {"reason": reason, "path": path})
    return value


JsonObject = Annotated[dict[str, Any], AfterValidator(_without_others)]


def declared_type(product: str, operation: str, parameter: str) -> Any:
    """A type for files from that of a parameter: of the same kind of value, with its refusals."""
    found = declared(product, operation, parameter)
    parts = [*_parts(found)]
    choices = [each for each in parts if typing.get_origin(each) is Literal]
    if choices:
        return choices[0]
    plain: Any = next(each for each in (bool, int, str, list, dict) if each in parts)
    whole = Annotated[int, Field(lt=LARGEST)]
    strict = {list: list[str], dict: JsonObject, int: whole}.get(plain, plain)
    return Annotated[strict, Strict(), checked(found)]


def declared(product: str, operation: str, parameter: str) -> Any:
    """The type of a parameter as the account declares it."""
    fields = {
        name.replace("__", "_"): each  # a setting within a part
        for name, each in parameters_of(product, operation).model_fields.items()
    }
    info = fields.get(parameter) or fields[f"{parameter}s"]  # the SDK says `permission`
    return Annotated[info.annotation, *info.metadata] if info.metadata else info.annotation


def checked(parameter: Any, as_sent: Callable[[Any], Any] = lambda value: value) -> AfterValidator:
    """Refuse a value that a parameter's type refuses; keep it as it is written."""
    adapter: TypeAdapter[Any] = TypeAdapter(parameter)

    def check(value: Any) -> Any:
        path: FieldPath = ()
        try:
            adapter.validate_python(as_sent(value))
        except TwilioError as refused:
            path, message = _first_fault(refused)
            reason = message[:1].lower() + message[1:]
        except ValidationError as refused:
            error = refused.errors()[0]
            reason = error["msg"].replace("Input should", "must", 1)
            if limit := error.get("ctx", {}).get("length"):
                reason = f"is too long: {len(value)} characters, at most {limit}"
        else:
            return value
        raise PydanticCustomError("declared", "{reason}", {"reason": reason, "path": path})

    return AfterValidator(check)


def _first_fault(refused: TwilioError) -> tuple[FieldPath, str]:
    """The place of the first fault within a value, and the fault."""
    errors: Any = (refused.details or {}).get("errors")
    if not errors:
        return (), refused.message
    steps = errors[0]["property_path"].split("/")[1:]
    path = tuple(int(step) if step.isdecimal() else step for step in steps)
    return path, errors[0]["message"]


def _parts(found: Any) -> Iterator[Any]:
    """The types that a type is made of."""
    origin = typing.get_origin(found)
    yield origin or found
    if origin is Literal:
        yield found
    elif origin in (Annotated, typing.Union, UnionType):
        for each in typing.get_args(found)[: 1 if origin is Annotated else None]:
            yield from _parts(each)
