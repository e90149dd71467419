"""Liquid templates, as a flow's properties use them.

Twilio documents that loops are restricted to fifteen iterations; what happens to a longer one is
inferred: the template fails. So does one that grows beyond reason.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from ..core.errors import NOT_SIMULATED
from .actions import TEMPLATE_FAILED, StepError

Comparison = Callable[[str, str], bool]


def condition_holds(kind: str, tested: str, value: str) -> bool:
    """Whether a comparison holds between two texts.

    Raises:
        StepError: 501, a kind of comparison that is not simulated.
    """
    comparison = COMPARISONS.get(kind)
    if comparison is None:
        raise StepError(
            NOT_SIMULATED,
            f"Condition {kind!r} is not simulated by this mock, which simulates"
            f" {', '.join(COMPARISONS)}",
        )
    return comparison(tested.strip(), value.strip())


def _folded(comparison: Comparison) -> Comparison:
    return lambda tested, value: comparison(tested.casefold(), value.casefold())


def _not(comparison: Comparison) -> Comparison:
    return lambda tested, value: not comparison(tested, value)


def _comma_list(tested: str, value: str) -> bool:
    return tested in [each.strip() for each in value.split(",")]


def _matches(tested: str, value: str) -> bool:
    try:
        return re.fullmatch(value, tested, re.IGNORECASE | re.DOTALL) is not None
    except re.error:
        return False


def _less(tested: str, value: str) -> bool:
    try:
        return float(tested) < float(value)
    except ValueError:
        return False


_EQUAL, _LISTED = _folded(str.__eq__), _folded(_comma_list)
_CONTAINS, _STARTS = _folded(str.__contains__), _folded(str.startswith)

COMPARISONS: dict[str, Comparison] = {
    "equal_to": _EQUAL,
    "not_equal_to": _not(_EQUAL),
    "matches_any_of": _LISTED,
    "does_not_match_any_of": _not(_LISTED),
    "contains": _CONTAINS,
    "does_not_contain": _not(_CONTAINS),
    "starts_with": _STARTS,
    "does_not_start_with": _not(_STARTS),
    "is_blank": lambda tested, _: not tested,
    "is_not_blank": lambda tested, _: bool(tested),
    "regex": _matches,
    "less_than": _less,
    "greater_than": lambda tested, value: _less(value, tested),
}
"""Twilio's names for them. Those of dates and times of day are not simulated."""


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
    from liquid.exceptions import LiquidError

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
    from liquid import Environment

    class Limited(Environment):
        loop_iteration_limit = MAX_ITERATIONS
        output_stream_limit = MAX_TEXT
        local_namespace_limit = MAX_TEXT

    environment = Limited()
    environment.add_filter("to_json", _to_json)
    return environment


def _to_json(value: Any) -> str:
    """Twilio's own filter, for objects in a task's attributes (documented)."""
    from liquid import Undefined

    return json.dumps(None if isinstance(value, Undefined) else value)
