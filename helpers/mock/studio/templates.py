"""Liquid templates, as a flow's properties use them.

Twilio documents that loops are restricted to fifteen iterations; what happens to a longer one is
inferred: the template fails. So does one that grows beyond reason.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from .problems import TEMPLATE_FAILED, StepError

if TYPE_CHECKING:
    from liquid import BoundTemplate, Environment

MAX_ITERATIONS = 15
MAX_TEXT = 64 * 1024
"""Bytes that a template may produce, and bytes of what it assigns on the way (the mock's own)."""


def render(text: str, context: Mapping[str, Any]) -> str:
    """Fill a template in; what is undefined renders empty.

    Raises:
        StepError: 81018, it is not a Liquid template, or it exceeds a limit.
    """
    if "{{" not in text and "{%" not in text:
        return text
    from liquid.exceptions import LiquidError  # noqa: PLC0415 - 0.1 s, only for whoever needs it

    try:
        return _template(text).render(**context)
    except (LiquidError, ArithmeticError, RecursionError, TypeError, ValueError) as error:
        reason = str(error) or type(error).__name__
        raise StepError(
            TEMPLATE_FAILED, f"Liquid could not render {text[:80]!r}: {reason}"
        ) from None


def filled(value: Any, context: Mapping[str, Any]) -> Any:
    """JSON with every text in it filled in."""
    if isinstance(value, str):
        return render(value, context)
    if isinstance(value, Mapping):
        return {name: filled(item, context) for name, item in value.items()}
    if isinstance(value, list):
        return [filled(item, context) for item in value]
    return value


@lru_cache(maxsize=512)
def _template(text: str) -> BoundTemplate:
    return _environment().from_string(text)


@cache
def _environment() -> Environment:
    from liquid import Environment  # noqa: PLC0415 - 0.1 s, only for whoever needs it

    class Limited(Environment):
        loop_iteration_limit = MAX_ITERATIONS
        output_stream_limit = MAX_TEXT
        local_namespace_limit = MAX_TEXT

    environment = Limited()
    environment.add_filter("to_json", _to_json)
    return environment


def _to_json(value: Any) -> str:
    """Twilio's own filter, for objects in a task's attributes (documented)."""
    from liquid import Undefined  # noqa: PLC0415 - loaded by then

    return json.dumps(None if isinstance(value, Undefined) else value)
