"""The phrases of pydantic, none of which may reach an answer."""

from __future__ import annotations

import re

from pydantic_core._pydantic_core import list_all_errors

_TEMPLATES = {each["message_template_python"] for each in list_all_errors()}
_PARTS = {part.strip(" ,:;.'`") for text in _TEMPLATES for part in re.split(r"\{\w+\}", text)}
_MORE = ("Value error", "Invalid JSON", "Field required", "errors.pydantic", "validation error")
_PHRASES = (*sorted(part for part in _PARTS if part.count(" ") > 1), *_MORE)
FOUND = re.compile("|".join(map(re.escape, _PHRASES)), re.IGNORECASE)
