"""JSON in texts that may hold anything: answers, attributes, bodies."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import orjson

_FLAT = frozenset({str, bool, type(None)})
"""Types whose values each encoder of JSON writes alike."""
MAX_DEPTH = 100
"""Levels of JSON that is to be stored, well below what its readers and writers take."""
LARGEST = 2**63
"""The first whole number that 64 bits cannot hold."""


def json_object(text: str | bytes | None) -> dict[str, Any] | None:
    """Return the object that a JSON text holds; None where it holds none."""
    try:
        value = json.loads(text or "")
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


@lru_cache(maxsize=256)
def object_to_read(text: str) -> dict[str, Any]:
    """Return the object that a JSON text holds, to read only; an empty one where it holds none."""
    return json_object(text) or {}


def compact_json(value: Any, default: Callable[[Any], Any] | None = None) -> str:
    """Return a value as JSON without spaces; `default` replaces what JSON cannot hold.

    Text is written as it is; only half of a surrogate pair has it all escaped.
    """
    if type(value) is dict and _FLAT.issuperset(map(type, value.values())):
        try:
            return orjson.dumps(value).decode()  # the same text in a fifth of the time
        except TypeError:  # a key that is no text, or half of a pair
            return _by_python(value, default)
    return _by_python(value, default)


def _by_python(value: Any, default: Callable[[Any], Any] | None) -> str:
    text = _encoder(default, ensure_ascii=False).encode(value)
    try:
        text.encode()
    except UnicodeEncodeError:
        return _encoder(default, ensure_ascii=True).encode(value)
    return text


@lru_cache(maxsize=8)
def _encoder(default: Callable[[Any], Any] | None, *, ensure_ascii: bool) -> json.JSONEncoder:
    return json.JSONEncoder(ensure_ascii=ensure_ascii, separators=(",", ":"), default=default)


def text_of(value: Any) -> str:
    """Return a text as it is, null as an empty one, and any other value as JSON."""
    if isinstance(value, str):
        return value
    return "" if value is None else compact_json(value)


def attributes_in(text: str | None) -> Any:
    """Return the JSON value that attributes hold; an empty object where there is none."""
    try:
        return json.loads(text or "{}")
    except (ValueError, RecursionError):
        return {}


def entry(attributes: Any, name: str) -> Any:
    """Return an entry of attributes; None where they are no object or do not have it."""
    return attributes.get(name) if isinstance(attributes, dict) else None


def error_code(text: str) -> int | None:
    """Return Twilio's code in the text of a refusal; None where it has none."""
    return (json_object(text) or {}).get("code")


def storable_json(text: str) -> Any:
    """Return the value of a JSON text such that it can be stored and written again unchanged.

    A number beyond 64 bits or beyond a float stays text: the digits are kept, the type is not. Half
    a surrogate pair becomes a question mark. ValueError: it is not JSON, or is nested too deep.
    """
    try:
        value = json.loads(text, parse_int=_whole, parse_float=_fraction, parse_constant=_refused)
    except RecursionError:
        raise ValueError("it is nested too deep") from None
    except json.JSONDecodeError as error:
        raise ValueError(
            f"it cannot be read from line {error.lineno}, column {error.colno} on"
        ) from None
    if text.count("{") + text.count("[") > MAX_DEPTH and _depth(value) > MAX_DEPTH:
        raise ValueError(f"it is nested more than {MAX_DEPTH} deep")
    if "\\ud" in text.lower() or not text.isascii():
        value = json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
    return value


def _whole(digits: str) -> int | str:
    """Return the number of its digits, or the digits where 64 bits cannot hold it."""
    if len(digits) > 20 or not -LARGEST <= (number := int(digits)) < LARGEST:
        return digits
    return number


def _fraction(digits: str) -> float | str:
    return number if math.isfinite(number := float(digits)) else digits


def _refused(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _depth(value: Any) -> int:
    level, depth = [value], 0
    while level := [each for each in level if isinstance(each, dict | list)]:
        level = [
            child
            for parent in level
            for child in (parent.values() if isinstance(parent, dict) else parent)
        ]
        depth += 1
    return depth
