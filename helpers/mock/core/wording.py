"""Sentences about input that pydantic has refused, without a word of pydantic's."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic_core import ErrorDetails

_WHOLE, _NUMBER = "must be a whole number", "must be a number"
_DATE = "must be a date and time such as 2026-06-01T12:00:00Z"
_OBJECT, _LIST, _FLAG = "must be an object", "must be a list", "must be true or false"
_SENTENCES: Mapping[str, str] = {
    "missing": "is missing",
    "extra_forbidden": "is not known",
    "string_type": "must be text",
    "string_unicode": "must be text in UTF-8",
    "string_too_short": "must have {min_length} characters or more",
    "string_too_long": "must have {max_length} characters or fewer",
    "too_short": "must have {min_length} items or more",
    "too_long": "must have {max_length} items or fewer",
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_parsing_size": _WHOLE,
    "int_from_float": _WHOLE,
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "finite_number": "must be a finite number",
    "greater_than_equal": "must be {ge} or more",
    "greater_than": "must be more than {gt}",
    "less_than_equal": "must be {le} or less",
    "less_than": "must be less than {lt}",
    "bool_type": _FLAG,
    "bool_parsing": _FLAG,
    "literal_error": "must be {expected}",
    "list_type": _LIST,
    "tuple_type": _LIST,
    "dict_type": _OBJECT,
    "model_type": _OBJECT,
    "model_attributes_type": _OBJECT,
    "json_type": "must be JSON as text",
    "json_invalid": "is not JSON",
    "timezone_aware": "must be a date and time with a zone, such as 2026-06-01T12:00:00Z",
    "datetime_type": _DATE,
    "datetime_parsing": _DATE,
    "datetime_from_date_parsing": _DATE,
    "value_error": "{error}",
}
"""A predicate for each kind of error; those of validators of the mock's own are `value_error`."""


def predicate(error: ErrorDetails) -> str:
    """Return the fault of a value, such as `must be a whole number`."""
    sentence = _SENTENCES.get(error["type"], "is not acceptable")
    limits = {
        name: int(value) if isinstance(value, float) and value.is_integer() else value
        for name, value in error.get("ctx", {}).items()
    }
    if limits.get("min_length") == 1:
        sentence = "must not be empty"
    return sentence.format(**limits)
