"""What pydantic refuses of a flow, in words that say what to do."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Any

from pydantic_core import ErrorDetails

from .config import FlexFlowConfig, Integration

ROOT = "flex_flows"
"""What a file calls its list of flows."""
_KNOWN = {1: (ROOT,), 3: tuple(FlexFlowConfig.model_fields), 4: tuple(Integration.model_fields)}
"""The fields there are, by how deep they are in a file."""


def setting_of(error: ErrorDetails) -> tuple[str, ...]:
    """Where in a flow a setting is that does not fit the flow's type; empty for other errors."""
    setting = error.get("ctx", {}).get("setting")
    return ("integration", setting) if setting else ()


def fix_of(error: ErrorDetails, written: str | None = None) -> str:
    """What is wrong with a value and what to do, without repeating what may be secret.

    Args:
        error: What pydantic says.
        written: The value as the file writes it, where that is one word or line.
    """
    kind, value = error["type"], error["input"]
    if kind == "missing":
        return "is missing; add it"
    if kind == "extra_forbidden":
        return f"is not known here; {_nearest(error['loc'])}"
    if kind == "string_type":
        return _not_text(value, written)
    if kind in ("model_type", "dict_type"):
        return _FIELDS if error["loc"] else _BEGINNING
    if kind == "list_type":
        return "must be a list, each flow beginning with `- friendly_name:`"
    message = _PLAINLY.get(kind) or error["msg"][:1].lower() + error["msg"][1:]
    message = message.replace("input should be", "must be", 1)
    given = str(value) if written is None else written
    return message if kind in _SAYS_WHAT_TO_DO else f"{message}; got {given[:60]!r}"


_BEGINNING = f"must begin with `{ROOT}:`, and the list of flows below it"
_FIELDS = "must be a mapping of fields, each on a line such as `channel_type: custom`"
_SAYS_WHAT_TO_DO = ("missing_setting", "foreign_setting", "url")
_PLAINLY = {
    "bool_type": "must be true or false, without quotes",
    "tuple_type": "must be a list, such as [channel-type]",
    "int_type": "must be a whole number, without quotes or a unit",
}


def _not_text(value: Any, written: str | None) -> str:
    if value is None:
        return "must be text, and there is none; add it"
    if isinstance(value, list | dict):
        return "must be text, in one line"
    return f"must be text; put it in quotes: '{value if written is None else written}'"


def _nearest(path: Sequence[str | int]) -> str:
    known = _KNOWN[len(path)]
    near = difflib.get_close_matches(str(path[-1]), known, n=1)
    return f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
