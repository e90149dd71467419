"""JSON objects in texts that may hold anything: answers, attributes, bodies."""

from __future__ import annotations

import json
from typing import Any


def json_object(text: str | bytes | None) -> dict[str, Any] | None:
    """Return the object that a JSON text holds; None where it holds none."""
    try:
        value = json.loads(text or "")
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def error_code(text: str) -> int | None:
    """Return Twilio's code in the text of a refusal; None where it has none."""
    return (json_object(text) or {}).get("code")
