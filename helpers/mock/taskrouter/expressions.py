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
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Any

from lark import Lark, Token, Transformer, UnexpectedInput, UnexpectedToken, v_args

from ..core.errors import TwilioError

Scope = Mapping[str, Any]
"""Values of an expression's names: attributes by name, nested as in JSON."""

_GRAMMAR = r"""
?start: any
?any: all (_OR all)*
?all: no (_AND no)*
?no: _NOT no -> negation
   | comparison
   | "(" any ")"
comparison: operand operator operand
!operator: EQ | NE | LE | GE | LT | GT | HAS | CONTAINS | IN | _NOT IN -> outside
?operand: STRING -> string
        | NUMBER -> number
        | (TRUE | FALSE | NULL) -> word
        | "[" [operand ("," operand)*] "]" -> array
        | path
path: NAME ("." NAME | "[" INDEX "]")*

_OR.2: /OR\b|\|\|/i
_AND.2: /AND\b|&&/i
_NOT.2: /NOT\b|!(?!=)/i
HAS.2: /HAS\b/i
CONTAINS.2: /CONTAINS\b/i
IN.2: /IN\b/i
TRUE.2: /true\b/i
FALSE.2: /false\b/i
NULL.2: /null\b/i
EQ: /==?/
NE: "!="
LE: "<="
GE: ">="
LT: "<"
GT: ">"
STRING: /"(\\.|[^"\\])*"|'(\\.|[^'\\])*'/s
NUMBER: /-?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?/
INDEX: /\d+/
NAME: /[A-Za-z_$][\w$]*/
%ignore /\s+/
"""
_LOOSE_GRAMMAR = (
    _GRAMMAR
    + r"""
%extend comparison: operand operator operand ("," operand)+ -> comparisons
                  | operand operator "(" operand ("," operand)* ")" -> comparisons
%override _NOT.2: /NOT\b|!(?!\s*=)/i
%override EQ: /=\s*=|=/
%override NE: /!\s*=/
%override LE: /<\s*=/
%override GE: />\s*=/
"""
)


@dataclass(frozen=True, slots=True)
class Constant:
    """A string, number, boolean or null."""

    value: Any


@dataclass(frozen=True, slots=True)
class Path:
    """An attribute: names and array indexes, outermost first."""

    steps: tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Array:
    """An array written out."""

    items: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class ExpressionComparison:
    """Two operands and an operator between them."""

    left: Operand
    operator: str
    right: Operand


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite of an expression."""

    part: Tree


@dataclass(frozen=True, slots=True)
class And:
    """Expressions that must all hold."""

    parts: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Expressions of which one must hold."""

    parts: tuple[Tree, ...]


Operand = Constant | Path | Array
Tree = ExpressionComparison | Not | And | Or
ALWAYS = And(())
"""An empty expression, true of everything."""
MAX_DEPTH = 50
"""Levels of nesting taken (the mock's own limit)."""


@v_args(inline=True)
class _TreeBuilder(Transformer[Token, Tree]):
    """Turns the parser's tree into a `Tree`."""

    def any(self, *parts: Tree) -> Tree:
        return Or(parts)

    def all(self, *parts: Tree) -> Tree:
        return And(parts)

    def negation(self, part: Tree) -> Tree:
        return Not(part)

    def comparison(self, left: Operand, operator: str, right: Operand) -> Tree:
        return ExpressionComparison(left, operator, right)

    def comparisons(self, left: Operand, operator: str, *right: Operand) -> Tree:
        """Compare with values in a row: one of them, or with a negative operator none of them."""
        if operator in _AMONG:
            return ExpressionComparison(left, _AMONG[operator], Array(right))
        return Or(tuple(ExpressionComparison(left, operator, each) for each in right))

    def operator(self, sign: Token) -> str:
        joined = "".join(sign.split()).upper()
        return "==" if joined == "=" else joined

    def outside(self, *_: Token) -> str:
        return "NOT IN"

    def string(self, token: Token) -> Operand:
        return Constant(re.sub(r"\\(.)", r"\1", token[1:-1], flags=re.DOTALL))

    def number(self, token: Token) -> Operand:
        return Constant(float(token) if re.search(r"[.eE]", token) else int(token))

    def word(self, token: Token) -> Operand:
        return Constant({"TRUE": True, "FALSE": False, "NULL": None}[token.type])

    def array(self, *items: Operand | None) -> Operand:
        return Array(tuple(item for item in items if item is not None))

    def path(self, *steps: Token) -> Operand:
        return Path(tuple(int(step) if step.type == "INDEX" else str(step) for step in steps))


_AMONG = {"==": "IN", "IN": "IN", "!=": "NOT IN", "NOT IN": "NOT IN"}
"""Operators between a value and values in a row -> those that take an array."""


@cache
def _parser(grammar: str) -> Lark:
    return Lark(grammar, parser="lalr", transformer=_TreeBuilder(), maybe_placeholders=False)


@lru_cache(maxsize=4096)
def parse(text: str) -> Tree:
    """Parse an expression; an empty one is true of everything (inferred).

    Raises:
        TwilioError: 20001, with the position of the error.
    """
    if not text.strip():
        return ALWAYS
    try:
        tree: Any = _read(text)
    except UnexpectedInput as problem:
        raise _refusal(text, problem) from None
    except ValueError:
        raise TwilioError(20001, "A number in the expression has too many digits") from None
    if _depth(tree) > MAX_DEPTH:
        raise TwilioError(20001, f"The expression is nested more than {MAX_DEPTH} deep")
    return tree  # type: ignore[no-any-return]


def _read(text: str) -> Any:
    """Return the tree of a text, loosely read only where it cannot be read otherwise."""
    try:
        return _parser(_GRAMMAR).parse(text)
    except UnexpectedInput:
        with suppress(UnexpectedInput):
            return _parser(_LOOSE_GRAMMAR).parse(text)
        raise


def is_loose_expression(text: str) -> bool:
    """Return whether an expression can be read, but only as Twilio does not document it.

    Twilio has stored `number == 'a:1', 'b:2'` and `away! = true`; how it evaluates them is unknown.
    """
    try:
        parse(text)
        _parser(_GRAMMAR).parse(text)
    except TwilioError:
        return False
    except UnexpectedInput:
        return bool(text.strip())
    return False


def _depth(tree: Tree) -> int:
    """Return the levels of nesting, at most two above the limit."""
    level: list[Any] = [tree]
    for depth in range(MAX_DEPTH + 2):
        if not level:
            return depth
        level = [part for parent in level for part in _parts(parent)]
    return MAX_DEPTH + 2


def _parts(parent: Any) -> tuple[Any, ...]:
    if isinstance(parent, And | Or):
        return parent.parts
    if isinstance(parent, Not):
        return (parent.part,)
    if isinstance(parent, ExpressionComparison):
        return (parent.left, parent.right)
    return parent.items if isinstance(parent, Array) else ()


def _refusal(text: str, problem: UnexpectedInput) -> TwilioError:
    at = problem.pos_in_stream
    ended = at is None or (isinstance(problem, UnexpectedToken) and problem.token.type == "$END")
    position = len(text) if ended or at is None else at
    rest = text[position : position + 20].partition("\n")[0]
    found = f"{rest!r} was not expected" if rest else "it ends too early"
    return TwilioError(
        20001,
        f"Invalid expression {text[:80]!r}: at position {position}, {found}. Write comparisons"
        ' such as skills HAS "chat" AND level >= 2; names cannot hold hyphens',
    )


DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@lru_cache(maxsize=1)
def time_of_day(at: float) -> Scope:
    """Return what `taskrouter` holds at a time (epoch seconds): UTC, 24 hours (documented).

    `currentTime` is a number such as 830, the others are texts: `08`, `30`, `Mon`.
    """
    now = datetime.fromtimestamp(at, UTC)
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
    return found.union(*map(_roots, _parts(part)))
