"""TaskRouter's expression language: which workers a queue targets, which tasks a filter matches.

Comparisons of constants and attributes, joined by AND and OR (documented). A missing attribute is
null. Arrays only stand beside HAS, IN and NOT IN. Values of different types are never equal, but a
text that is a number is more or less than a number. NOT, `&&`, `||` and `!`, and that null differs
from everything else, are inferred.

Twilio has stored expressions that its documentation does not cover: values in a row without square
brackets, and signs such as `! =`. They are read as most likely meant; see `is_loose_expression`.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from ..core.errors import TwilioError
from .expression_tree import (
    ALWAYS,
    And,
    Array,
    Constant,
    ExpressionComparison,
    Not,
    Operand,
    Or,
    Path,
    Tree,
    parts_of,
)

Scope = Mapping[str, Any]
"""Values of an expression's names: attributes by name, nested as in JSON."""


@lru_cache(maxsize=4096)
def parse(text: str) -> Tree:
    """Parse an expression; an empty one is true of everything (inferred).

    Raises:
        TwilioError: 20001, with the position of the error.
    """
    if not text.strip():
        return ALWAYS
    from .expression_parser import read

    return read(text)


def is_loose_expression(text: str) -> bool:
    """Return whether an expression can be read, but only as Twilio does not document it.

    Twilio has stored `number == 'a:1', 'b:2'` and `away! = true`; how it evaluates them is unknown.
    """
    from .expression_parser import is_documented

    try:
        parse(text)
    except TwilioError:
        return False
    return bool(text.strip()) and not is_documented(text)


_WEEK = 7 * 24 * 60
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def time_of_day(at: float) -> Scope:
    """Return what `taskrouter` holds at a time (epoch seconds): UTC, 24 hours (documented).

    `currentTime` is a number such as 830, the others are texts: `08`, `30`, `Mon`.
    """
    return _in_minute(at // 60)


@lru_cache(maxsize=1)
def _in_minute(minute: float) -> Scope:
    now = datetime.fromtimestamp(minute * 60, UTC)
    return {
        "currentTime": now.hour * 100 + now.minute,
        "currentHour": f"{now.hour:02}",
        "currentMin": f"{now.minute:02}",
        "dayOfWeek": DAYS[now.weekday()],
    }


def holds(tree: Tree, scope: Scope) -> bool:
    """Return whether an expression is true of a scope."""
    if isinstance(tree, ExpressionComparison):
        return OPERATORS[tree.operator](_value(tree.left, scope), _value(tree.right, scope))
    if isinstance(tree, And):
        return all(holds(part, scope) for part in tree.parts)
    if isinstance(tree, Or):
        return any(holds(part, scope) for part in tree.parts)
    return not holds(tree.part, scope)


def matches(text: str, scope: Scope) -> bool:
    """Return whether the expression `text` is true of a scope."""
    return holds(parse(text), scope)


@lru_cache(maxsize=1024)
def constant(text: str) -> bool | None:
    """Return the truth of an expression without names, such as `1==1`; None for any other."""
    tree = parse(text)
    return None if _roots(tree) else holds(tree, {})


def value_of(text: str, scope: Scope) -> Any:
    """Return the value of a bare name such as `task.agent_sid`; null where it is no name."""
    return _value(Path(tuple(text.strip().split("."))), scope)


def _value(operand: Operand, scope: Scope) -> Any:
    if isinstance(operand, Constant):
        return operand.value
    if isinstance(operand, Array):
        return [_value(item, scope) for item in operand.items]
    found: Any = scope
    for step in operand.steps:
        if isinstance(step, str):
            found = found.get(step) if isinstance(found, Mapping) else None
        else:
            found = found[step] if isinstance(found, list) and step < len(found) else None
    return found


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return type(value).__name__


def _is_scalar(value: Any) -> bool:
    return not isinstance(value, list | Mapping)


def _equal(left: Any, right: Any) -> bool:
    is_comparable = _is_scalar(left) and _is_scalar(right) and _kind(left) == _kind(right)
    return is_comparable and bool(left == right)


def _different(left: Any, right: Any) -> bool:
    """Arrays are neither equal nor different, except from null: `skills != null` is documented."""
    if left is None or right is None:
        return (left is None) != (right is None)
    return _is_scalar(left) and _is_scalar(right) and not _equal(left, right)


_NUMERIC = re.compile(r"-?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def _as_number(value: Any) -> Any:
    """Return the number that a text is, such as `"08"`; any other value as it is."""
    return float(value) if isinstance(value, str) and _NUMERIC.fullmatch(value) else value


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def is_ordered(left: Any, right: Any) -> bool:
        if {_kind(left), _kind(right)} == {"number", "str"}:
            left, right = _as_number(left), _as_number(right)
        kind = _kind(left)
        return kind in ("number", "str") and kind == _kind(right) and compare(left, right)

    return is_ordered


def _has(left: Any, right: Any) -> bool:
    return (
        isinstance(left, list) and _is_scalar(right) and any(_equal(item, right) for item in left)
    )


def _not_in(left: Any, right: Any) -> bool:
    return isinstance(right, list) and _is_scalar(left) and not _has(right, left)


def _contains(left: Any, right: Any) -> bool:
    return isinstance(left, str) and isinstance(right, str) and right in left


OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "==": _equal,
    "!=": _different,
    "<": _ordered(operator.lt),
    "<=": _ordered(operator.le),
    ">": _ordered(operator.gt),
    ">=": _ordered(operator.ge),
    "HAS": _has,
    "IN": lambda left, right: _has(right, left),
    "NOT IN": _not_in,
    "CONTAINS": _contains,
}


def could_match(text: str, known: Scope) -> bool:
    """Return whether a task with these attributes, and any others, can match an expression.

    An expression that cannot be parsed counts as one that can.
    """
    try:
        tree = parse(text)
    except TwilioError:
        return True
    return _possible_truth(tree, known) is not False


def is_out_of_time(text: str) -> bool:
    """Return whether an expression holds at no minute of any week, whatever else is the case."""
    if "taskrouter" not in text or not could_match(text, {}):
        return False
    return not any(
        could_match(text, {"taskrouter": time_of_day(60.0 * minute)}) for minute in range(_WEEK)
    )


def _possible_truth(tree: Tree, known: Scope) -> bool | None:
    """Return the truth of an expression; None where it depends on other attributes."""
    if isinstance(tree, ExpressionComparison):
        return holds(tree, known) if _roots(tree) <= known.keys() else None
    if isinstance(tree, Not):
        truth = _possible_truth(tree.part, known)
        return None if truth is None else not truth
    truths = [_possible_truth(part, known) for part in tree.parts]
    decisive = isinstance(tree, Or)
    if decisive in truths:
        return decisive
    return None if None in truths else not decisive


def _roots(part: Any) -> set[str | int]:
    """Return the attributes that are named, without the names inside them."""
    if isinstance(part, Path):
        return {part.steps[0]}
    found: set[str | int] = set()
    return found.union(*map(_roots, parts_of(part)))
