"""Liquid templates, as a flow's properties use them, and the comparisons of a split.

Twilio documents that loops are restricted to fifteen iterations; that a longer one fails the
template is inferred. So does a template that passes another bound of `liquid_environment`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from ..core.errors import NOT_SIMULATED
from .actions import TEMPLATE_FAILED, StepError
from .patterns import PatternTooCostly, is_valid, matches_whole

if TYPE_CHECKING:
    from liquid import BoundTemplate

    from .liquid_environment import BoundedEnvironment

Comparison = Callable[[str, str], bool]
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)


def condition_holds(name: str, tested: str, value: str) -> bool:
    """Compare two texts.

    Raises:
        StepError: 501, the comparison is not simulated, or a regular expression costs too much.
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
        return matches_whole(value, tested)
    except PatternTooCostly as error:
        reason = f"The regular expression {value[:80]!r} {error}"
        raise StepError(NOT_SIMULATED, reason) from None


def _number(text: str) -> float:
    if not _NUMBER.fullmatch(text):
        raise ValueError(text)
    return float(text)


def _date(text: str) -> datetime:
    return datetime.strptime(text.partition("T")[0], "%Y-%m-%d")


def _time(text: str) -> datetime:
    return datetime.strptime(text, "%H:%M:%S" if text.count(":") > 1 else "%H:%M")


def _before(read: Callable[[str], Any]) -> Comparison:
    """Compare what two texts say; none is before another that cannot be read (inferred)."""

    def before(tested: str, value: str) -> bool:
        try:
            return bool(read(tested) < read(value))
        except ValueError:
            return False

    return before


def _swapped(comparison: Comparison) -> Comparison:
    return lambda tested, value: comparison(value, tested)


_EQUAL, _CONTAINS, _STARTS = map(_folded, (str.__eq__, str.__contains__, str.startswith))
_LESS, _EARLIER, _SOONER = _before(_number), _before(_time), _before(_date)
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
    "less_than": _LESS,
    "greater_than": _swapped(_LESS),
    "is_before_time": _EARLIER,
    "is_after_time": _swapped(_EARLIER),
    "is_before_date": _SOONER,
    "is_after_date": _swapped(_SOONER),
}
"""Comparisons by Twilio's names: of texts, numbers, times of day (`17:30`) and dates (ISO)."""
_READERS: dict[str, Callable[[str], Any]] = {
    **dict.fromkeys(("less_than", "greater_than"), _number),
    **dict.fromkeys(("is_before_time", "is_after_time"), _time),
    **dict.fromkeys(("is_before_date", "is_after_date"), _date),
}


def is_comparable(name: str, value: str) -> bool:
    """Return whether a comparison with this value can hold: it is a number, a time and so on."""
    if name == "regex":
        return is_valid(value.strip())
    try:
        _READERS.get(name, str)(value.strip())
    except ValueError:
        return False
    return True


_PYTHON_ERRORS = (
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)
"""Errors of a filter or a tag that was given a value of another type than it takes."""


def is_template(text: str) -> bool:
    """Return whether a text has marks of Liquid."""
    return "{{" in text or "{%" in text


def render(text: str, context: Mapping[str, Any]) -> str:
    """Fill in a template; an undefined name renders empty.

    Raises:
        StepError: 81018, it is not a Liquid template, or it exceeds a limit.
    """
    if not is_template(text):
        return text
    from liquid.exceptions import FilterArgumentError, LiquidError, LiquidTypeError

    from . import liquid_environment

    try:
        return liquid_environment.render(_template(text), context)
    except (FilterArgumentError, LiquidTypeError, *_PYTHON_ERRORS) as error:
        token = getattr(error, "token", None)
        reason = (
            f"{token.value if token else 'a part of it'} does not take this value, or arguments"
        )
    except LiquidError as error:
        reason = str(error.message)
    raise StepError(TEMPLATE_FAILED, f"Liquid could not render {text[:80]!r}: {reason}")


class Reading(NamedTuple):
    """The reason for which no value of its names makes a text renderable, and its widgets."""

    problem: str | None
    widgets: frozenset[str] = frozenset()


_ONLY_NAMES = re.compile(
    r"(?:(?!\{\{|\{%).)*+"
    r"(?:\{\{\s*(?:trigger|widgets|flow|contact)(?:\.[a-zA-Z_]\w*)+\s*\}\}(?:(?!\{\{|\{%).)*+)*+",
    re.ASCII | re.DOTALL,
)
_WIDGET = re.compile(r"\{\{\s*widgets\.(\w+)")


@lru_cache(maxsize=512)
def reading(text: str) -> Reading:
    """Read a text without rendering it."""
    if len(text) < 1000 and _ONLY_NAMES.fullmatch(text):  # most are: Liquid is not loaded
        return Reading(None, frozenset(_WIDGET.findall(text)))
    from liquid.exceptions import LiquidError

    try:
        found = _template(text).analyze(include_partials=False)
    except LiquidError as error:
        return Reading(str(error.message))
    except _PYTHON_ERRORS:
        return Reading("it is no template")
    unknown = sorted(set(found.filters) - _environment().filters.keys())
    named = (each.segments[1:2] for each in found.globals.get("widgets", ()))
    return Reading(
        f"unknown filter {unknown[0]!r}" if unknown else None,
        frozenset(each for step in named for each in step if isinstance(each, str)),
    )


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
def _environment() -> BoundedEnvironment:
    from .liquid_environment import BoundedEnvironment

    return BoundedEnvironment()
