"""Typed input: the parameters of an operation become one object, or one refusal with its code.

Names are snake case here; two underscores stand for the dot of a nested parameter
(`integration__flow_sid` is `Integration.FlowSid` in a form).
"""

from __future__ import annotations

import json
import math
import sys
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import NoneType, UnionType
from typing import Annotated, Any, ClassVar
from urllib.parse import urlencode, urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    GetCoreSchemaHandler,
    ValidationError,
)
from pydantic_core import CoreSchema, ErrorDetails, core_schema

from .bounds import MAX_NESTING, is_too_deep
from .errors import TwilioError
from .wording import predicate


def form_name(field: str) -> str:
    """`integration__flow_sid` -> `Integration.FlowSid`."""
    return ".".join(
        "".join(word.capitalize() for word in part.split("_")) for part in field.split("__")
    )


def folded(name: str) -> str:
    """`friendly_name`, `friendlyname` -> what `FriendlyName` becomes too."""
    return name.lower().replace("_", "")


class Parameters(BaseModel):
    """Base of the parameters of an operation.

    Attributes:
        names: Of all parameters, as in a form.
        lists: Those of the parameters that may be repeated.
        spellings: Names by their `folded` form.
        texts: Those of the parameters that are any text of at most so many characters: the field,
            and the characters.
        required: Those that must be given, by whichever rule.
        rules_out: A field -> another that does not count beside it.
    """

    model_config = ConfigDict(
        alias_generator=form_name, extra="ignore", populate_by_name=True, defer_build=True
    )
    names: ClassVar[frozenset[str]] = frozenset()
    lists: ClassVar[frozenset[str]] = frozenset()
    spellings: ClassVar[Mapping[str, str]] = {}
    texts: ClassVar[Mapping[str, tuple[str, int]]] = {}
    required: ClassVar[frozenset[str]] = frozenset()
    rules_out: ClassVar[Mapping[str, str]] = {}

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        """Find the names."""
        cls.names = frozenset(info.alias or name for name, info in cls.model_fields.items())
        cls.spellings = {folded(name): name for name in cls.names}
        cls.lists = frozenset(
            info.alias or name
            for name, info in cls.model_fields.items()
            if any(
                typing.get_origin(each) is list
                for each in (info.annotation, *typing.get_args(info.annotation))
            )
        )
        cls.required = frozenset(
            info.alias or name
            for name, info in cls.model_fields.items()
            if info.is_required() or info.validate_default
        )
        own = {name: _owner(cls, name) for name in ("given", "plain")}
        cls.texts = {
            info.alias or name: (name, length)
            for name, info in cls.model_fields.items()
            if issubclass(own["plain"], own["given"])  # else what `given` checks would be missed
            and name not in cls.rules_out
            and (length := _longest(info.annotation, info.metadata)) is not None
        }

    @classmethod
    def plain(cls, form: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return what `given()` of the object would, where all are texts that have to be short.

        Most messages are such; None where it takes more than a look. A class whose `given` checks
        more has a `plain` of its own that does.
        """
        found = {}
        for name, (field, length) in cls.texts.items():
            text = form.get(name)
            if text is None:
                continue
            if type(text) is not str or len(text) > length or not text.isascii():
                return None
            found[field] = text
        return found if len(found) == len(form) and cls.required.issubset(form) else None

    def given(self) -> dict[str, Any]:
        """Return only what the caller sent and counts, by field name."""
        counts, sent = self.__pydantic_fields_set__, {}
        for name, value in self.__dict__.items():
            if name in counts:
                sent[name] = value
        for name, other in self.rules_out.items():
            if sent.get(name):
                sent.pop(other, None)
        return sent

    @classmethod
    def read(cls, parameters: Mapping[str, Any]) -> Any:
        """Make the object, or refuse with the code of the first parameter at fault, else 20001."""
        try:
            return cls.__pydantic_validator__.validate_python(
                parameters, by_alias=True, by_name=False
            )
        except ValidationError as problem:
            raise _refusal(problem.errors()[0]) from None


Parameters.__annotations__.clear()  # none is of a field; pydantic would read them for each subclass


def _owner(cls: type, name: str) -> type:
    """The class that an attribute comes from."""
    return next(each for each in cls.__mro__ if name in vars(each))


def _longest(annotation: Any, metadata: list[Any]) -> int | None:
    """Characters of ASCII that a parameter takes; None where it is no text or has other rules."""
    choices = [each for each in typing.get_args(annotation) if each is not NoneType]
    if typing.get_origin(annotation) in (UnionType, typing.Union) and len(choices) == 1:
        [annotation] = choices
    if typing.get_origin(annotation) is Annotated:
        annotation, *more = typing.get_args(annotation)
        metadata = [*metadata, *more]
    if annotation is not str or not all(
        isinstance(each, AtMost | AtMostBytes) for each in metadata
    ):
        return None
    return min((each.most for each in metadata), default=sys.maxsize)


def _refusal(problem: ErrorDetails) -> TwilioError:
    name = str(problem["loc"][0])
    if problem["type"] == "missing":
        return TwilioError(20001, f"Missing required parameter {name} in the post body")
    if problem["type"] == _TOO_LONG:
        limit = problem["ctx"]
        if len(problem["input"]) <= limit["length"]:  # half a surrogate pair
            return TwilioError(20001, f"Invalid parameter {name}: it must be text in UTF-8")
        return TwilioError(
            limit["code"],
            f"{limit['name']} is too long: {len(problem['input'])} characters,"
            f" at most {limit['length']}",
        )
    return TwilioError(20001, f"Invalid parameter {name}: it {predicate(problem)}")


_TOO_LONG = "longer_than_twilio_takes"


@dataclass(frozen=True)
class AtMost:
    """Refuse a text of more than `length` characters with `code`; checked without Python."""

    length: int
    code: int
    name: str

    @property
    def most(self) -> int:
        """Characters of ASCII."""
        return self.length

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Put the limit behind the schema of the text."""
        limit = core_schema.custom_error_schema(
            core_schema.str_schema(max_length=self.length),
            custom_error_type=_TOO_LONG,
            custom_error_message=_TOO_LONG,
            custom_error_context={"code": self.code, "name": self.name, "length": self.length},
        )
        return core_schema.chain_schema([handler(source), limit])


@dataclass(frozen=True)
class AtMostBytes:
    """Refuse a text of more than `size` bytes in UTF-8; only a long one is measured by Python."""

    size: int
    code: int
    name: str

    @property
    def most(self) -> int:
        """Characters of ASCII."""
        return self.size

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Try the short text first, which needs no measuring."""
        short = core_schema.str_schema(max_length=self.size // 4)
        measured = core_schema.no_info_after_validator_function(self.check, handler(source))
        return core_schema.union_schema([short, measured], mode="left_to_right")

    def check(self, text: str) -> str:
        """Return the text, or refuse it."""
        actual = len(text.encode("utf-8", "replace"))
        if actual > self.size:
            raise TwilioError(
                self.code, f"{self.name} is too long: {actual} bytes, at most {self.size}"
            )
        return text


def checked(is_fine: Callable[[Any], object], code: int, refusal: str) -> AfterValidator:
    """Refuse a value that fails a test with `code`."""

    def check(value: Any) -> Any:
        if not is_fine(value):
            raise TwilioError(code, refusal)
        return value

    return AfterValidator(check)


def json_text(code: int, name: str) -> AfterValidator:
    """Refuse a text that is not JSON with `code`."""

    def check(text: str) -> str:
        try:
            read_json(text)
        except ValueError as error:
            refusal = f'{name} must be JSON as text, such as the JSON object {{"key": "value"}}'
            raise TwilioError(code, f"{refusal}: {error}") from None
        return text

    return AfterValidator(check)


def json_object(code: int, name: str) -> AfterValidator:
    """Refuse a text that is not a JSON object with `code`."""
    refusal = f'{name} must be a JSON object as text, e.g. {{"key": "value"}}'
    return checked(lambda text: read_json_object(text) is not None, code, refusal)


def read_json_object(text: str) -> dict[str, Any] | None:
    """Return the object that a JSON text holds; None for none, or one nested too deep."""
    try:
        value = read_json(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def read_json(text: str) -> Any:
    """Return the value of a JSON text.

    Raises:
        ValueError: It is not JSON, or is nested too deep.
    """
    try:
        value = _JSON.decode(text)
    except RecursionError:
        raise ValueError("it is nested too deep") from None
    if text.count("{") + text.count("[") > MAX_NESTING and is_too_deep(value):
        raise ValueError("it is nested too deep")
    return value


def _refused(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _finite(number: str) -> float:
    """A number that can be written again: what is none for a float has no JSON."""
    if not math.isfinite(value := float(number)):
        raise ValueError(f"{number[:40]} is too large for a number of 64 bits")
    return value


_JSON = json.JSONDecoder(parse_constant=_refused, parse_float=_finite)


def as_moment(text: str) -> float:
    """Return epoch seconds of an ISO 8601 date, UTC unless it says otherwise.

    Raises:
        ValueError: It is no such date.
    """
    try:
        parsed = datetime.fromisoformat(text)
        aware = parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
        return (aware.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()
    except (ValueError, OverflowError):  # the first and last days have no such hour in UTC
        raise ValueError("must be an ISO 8601 date such as 2026-06-01T12:00:00Z") from None


def form_encoded(values: Mapping[str, str]) -> str:
    """Return values as a form or query, by the rules of HTML and of Java."""
    return urlencode(values, doseq=True, safe="*").replace("~", "%7E")


def with_query(url: str, query: str) -> str:
    """Return a URL with more in its query."""
    return f"{url}{'&' if '?' in url else '?'}{query}" if query else url


def is_web_address(url: str) -> bool:
    """Return whether a webhook can go there: http or https, and a host."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


Moment = Annotated[
    float, BeforeValidator(lambda value: as_moment(value) if isinstance(value, str) else value)
]
"""Epoch seconds, given as ISO 8601."""

BLANK_IS_ABSENT = BeforeValidator(lambda value: None if value == "" else value)
"""An empty form value clears the field."""
