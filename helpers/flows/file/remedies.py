"""Problems of values in words: the fault, and the remedy."""

from __future__ import annotations

from pydantic_core import ErrorDetails

from ..errors import meant
from .config import ROOT
from .contents import LISTS, fields_at
from .nodes import HALF


def setting_of(error: ErrorDetails) -> tuple[str, ...]:
    """Path of a setting that does not fit the type; empty for other errors."""
    context = error.get("ctx", {})
    found = (context.get("within"), context.get("setting"))
    # The validator of a part has the part in its own path already.
    return tuple(name for name in found if name and name not in error["loc"])


def fix_of(error: ErrorDetails, written: str | None = None) -> str:
    """The problem with a value and its remedy, without repeating what may be secret.

    `written` is the value as the file writes it, where that is one word or line.
    """
    kind, value = error["type"], error["input"]
    if kind == "extra_forbidden":
        known = fields_at(error["loc"][:-1])
        return f"is not known here; {meant(str(error['loc'][-1]), known)}"
    if kind == "string_type":
        in_quotes = f"; put it in quotes: '{value if written is None else written}'"
        without = ", in one line" if value is not None else ", and there is none; add it"
        is_text = value is not None and not isinstance(value, list | dict)
        return f"must be text{in_quotes if is_text else without}"
    if kind in ("model_type", "dict_type"):
        return _FIELDS if error["loc"] else _BEGINNING
    if kind == "list_type" and error["loc"][-1:] not in [(name,) for name in LISTS]:
        return _PLAINLY["tuple_type"].replace("channel-type", "a, b")
    if kind in _FIXES:
        return _FIXES[kind]
    message = _PLAINLY.get(kind) or error["msg"][:1].lower() + error["msg"][1:]
    message = message.replace("input should be", "must be", 1)
    given = str(value) if written is None else written
    is_long = kind == "declared" and isinstance(value, dict | list)
    is_said = is_long or "; got " in message
    return message if is_said or kind in _SAYS_WHAT_TO_DO else f"{message}; got {given[:60]!r}"


_BEGINNING = f"must begin with `{ROOT}:`, and the list of flows below it"
_FIELDS = "must be a mapping of fields, each on a line such as `channel_type: custom`"
_FIXES = {
    "missing": "is missing; add it",
    "list_type": "must be a list, each flow beginning with `- friendly_name:`",
    "string_unicode": HALF,
}
_SAYS_WHAT_TO_DO = ("missing_setting", "foreign_setting", "url", "filter", "nul", "json")
_PLAINLY = {
    "bool_type": "must be true or false, without quotes",
    "tuple_type": "must be a list, such as [channel-type]",
    "int_type": "must be a whole number, without quotes or a unit",
    "too_short": "must have at least one",
}
