"""The comparisons of Split Based On.

Case and surrounding white space make no difference, a list is separated by commas, and a regular
expression must match the whole text; one that is none matches nothing (observed). `less_than` and
`greater_than` compare numbers; what does not read as one is neither (inferred).
"""

from __future__ import annotations

import re
from collections.abc import Callable

from ..errors import NOT_SIMULATED
from .problems import StepError

Comparison = Callable[[str, str], bool]


def holds(kind: str, tested: str, value: str) -> bool:
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


def _listed(tested: str, value: str) -> bool:
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


_EQUAL, _LISTED = _folded(str.__eq__), _folded(_listed)
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
