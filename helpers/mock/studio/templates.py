"""Liquid templates, as a flow's properties use them, and the comparisons of a split.

Twilio documents that loops are restricted to fifteen iterations; that a longer one fails the
template is inferred. So does a template that grows beyond a limit.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from ..core.errors import NOT_SIMULATED
from .actions import TEMPLATE_FAILED, StepError

if TYPE_CHECKING:
    from liquid import BoundTemplate, Environment

MAX_ITERATIONS = 15
MAX_TEXT = 64 * 1024
"""Bytes that a template may produce, and bytes that it may assign on the way (the mock's own)."""
Comparison = Callable[[str, str], bool]


def condition_holds(name: str, tested: str, value: str) -> bool:
    """Compare two texts.

    Raises:
        StepError: 501, the comparison is not simulated.
    """
    comparison = COMPARISONS.get(name)
    if comparison is None:
        raise StepError(
            NOT_SIMULATED,
            f"Condition {name!r} is not simulated by this mock, which simulates"
            f" {', '.join(COMPARISONS)}",
        )
    return comparison(tested.strip(), value.strip())


def _folded(comparison: Comparison) -> Comparison:
    return lambda tested, value: comparison(tested.casefold(), value.casefold())


def _not(comparison: Comparison) -> Comparison:
    return lambda tested, value: not comparison(tested, value)


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


_EQUAL, _CONTAINS, _STARTS = map(_folded, (str.__eq__, str.__contains__, str.startswith))
_LISTED = _folded(lambda tested, value: tested in map(str.strip, value.split(",")))

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
"""Comparisons by Twilio's names. Those of dates and times of day are not simulated."""


def render(text: str, context: Mapping[str, Any]) -> str:
    """Fill in a template; an undefined name renders empty.

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
    from liquid import Environment, Undefined

    class Limited(Environment):
        loop_iteration_limit = MAX_ITERATIONS
        output_stream_limit = MAX_TEXT
        local_namespace_limit = MAX_TEXT

    def to_json(value: Any) -> str:
        """Twilio's own filter, for objects in a task's attributes (documented)."""
        return json.dumps(None if isinstance(value, Undefined) else value)

    environment = Limited()
    environment.add_filter("to_json", to_json)
    return environment
