"""Checks of a chat client's arguments, as the Chat SDK makes them: a sentence, and nothing sent."""

from __future__ import annotations

import inspect
import json
import reprlib
from collections.abc import Callable, Mapping
from functools import wraps
from numbers import Integral
from pathlib import Path
from typing import Any, NamedTuple, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Expected(NamedTuple):
    """A kind of argument, in words, and its check."""

    words: str
    holds: Callable[[Any], bool]

    def or_none(self) -> Expected:
        """Return the same kind, with None allowed."""
        return Expected(f"{self.words} or None", lambda value: value is None or self.holds(value))


def _is_json(value: Any) -> bool:
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return False
    return True


def _is_media(value: Any) -> bool:
    if not isinstance(value, Mapping):
        return isinstance(value, str | Path)
    return (
        KEY.holds(value.get("content_type"))
        and isinstance(content := value.get("media"), bytes)
        and bool(content)
        and TEXT.or_none().holds(value.get("filename"))
    )


TEXT = Expected("a string", lambda value: isinstance(value, str))
KEY = Expected("a non-empty string", lambda value: isinstance(value, str) and value != "")
FLAG = Expected("a boolean", lambda value: isinstance(value, bool))
INDEX = Expected(
    "a non-negative integer",
    lambda value: isinstance(value, Integral) and not isinstance(value, bool) and int(value) >= 0,
)
JSON = Expected("a JSON value: an object, array, string, number, boolean or None", _is_json)
MEDIA = Expected(
    "a file's path, or {'content_type': 'image/png', 'media': b'...', 'filename': ...}", _is_media
)


def one_of(*values: str) -> Expected:
    """Return the kind that is one of these texts."""
    words = " or ".join(repr(value) for value in values)
    return Expected(words, lambda value: isinstance(value, str) and value in values)


def takes(**expected: Expected) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Make a method refuse arguments that are not of the expected kinds.

    Its `ValueError` names the method, the argument and the kind, as the Chat SDK's error does.
    """

    def decorate(call: Callable[P, T]) -> Callable[P, T]:
        signature = inspect.signature(call)

        @wraps(call)
        def checked(*args: P.args, **kwargs: P.kwargs) -> T:
            given = signature.bind(*args, **kwargs).arguments
            for name, kind in expected.items():
                if name in given and not kind.holds(given[name]):
                    sentence = f"{name} is expected to be {kind.words}, but got"
                    raise ValueError(f"{call.__name__}(): {sentence} {_shown(given[name])}")
            return call(*args, **kwargs)

        return checked

    return decorate


def _shown(value: Any) -> str:
    if value is None or isinstance(value, str | int | float):
        return reprlib.repr(value)
    return f"an instance of {type(value).__name__}"
