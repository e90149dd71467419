"""TaskRouter's expression language: which workers a queue targets, which tasks a filter matches.

Comparisons of constants and attributes, joined by AND and OR (documented). A missing attribute is
null. Arrays only stand beside HAS, IN and NOT IN; values of different types are never equal, nor is
one more than the other. NOT, `&&`, `||` and `!`, and that null differs from everything else, are
inferred.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from lark import Lark, Token, Transformer, UnexpectedInput, UnexpectedToken, v_args

from ..core.errors import TwilioError

Scope = Mapping[str, Any]
"""What an expression's names stand for: attributes by name, nested as in JSON."""

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
        | TRUE -> true
        | FALSE -> false
        | NULL -> null
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
class Comparison:
    """Two operands and what is asked of them."""

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
Tree = Comparison | Not | And | Or
ALWAYS = And(())
"""What an empty expression says: it holds of everything."""
MAX_DEPTH = 50
"""Levels of nesting taken (the mock's own limit)."""


@v_args(inline=True)
class _Growing(Transformer[Token, Tree]):
    """Turns the parser's tree into ours."""

    def any(self, *parts: Tree) -> Tree:
        return Or(parts)

    def all(self, *parts: Tree) -> Tree:
        return And(parts)

    def negation(self, part: Tree) -> Tree:
        return Not(part)

    def comparison(self, left: Operand, operator: str, right: Operand) -> Tree:
        return Comparison(left, operator, right)

    def operator(self, sign: Token) -> str:
        return "==" if sign == "=" else sign.upper()

    def outside(self, *_: Token) -> str:
        return "NOT IN"

    def string(self, token: Token) -> Operand:
        return Constant(re.sub(r"\\(.)", r"\1", token[1:-1], flags=re.DOTALL))

    def number(self, token: Token) -> Operand:
        return Constant(float(token) if re.search(r"[.eE]", token) else int(token))

    def true(self, _: Token) -> Operand:
        return Constant(True)

    def false(self, _: Token) -> Operand:
        return Constant(False)

    def null(self, _: Token) -> Operand:
        return Constant(None)

    def array(self, *items: Operand | None) -> Operand:
        return Array(tuple(item for item in items if item is not None))

    def path(self, *steps: Token) -> Operand:
        return Path(tuple(int(step) if step.type == "INDEX" else str(step) for step in steps))


@lru_cache(maxsize=1)
def _parser() -> Lark:
    return Lark(_GRAMMAR, parser="lalr", transformer=_Growing(), maybe_placeholders=False)


@lru_cache(maxsize=4096)
def parse(text: str) -> Tree:
    """Read an expression; an empty one holds of everything (inferred).

    Raises:
        TwilioError: 20001, with the position of what is wrong.
    """
    if not text.strip():
        return ALWAYS
    try:
        tree: Any = _parser().parse(text)
    except UnexpectedInput as problem:
        raise _refusal(text, problem) from None
    except ValueError:
        raise TwilioError(20001, "A number in the expression has too many digits") from None
    if _depth(tree) > MAX_DEPTH:
        raise TwilioError(20001, f"The expression is nested more than {MAX_DEPTH} deep")
    return tree  # type: ignore[no-any-return]


def _depth(tree: Tree) -> int:
    """How deep an expression is nested; no deeper than a little above what is allowed."""
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
    if isinstance(parent, Comparison):
        return (parent.left, parent.right)
    return parent.items if isinstance(parent, Array) else ()


def _refusal(text: str, problem: UnexpectedInput) -> TwilioError:
    at = problem.pos_in_stream
    ended = at is None or (isinstance(problem, UnexpectedToken) and problem.token.type == "$END")
    position = len(text) if ended or at is None else at
    rest = text[position : position + 20].partition("\n")[0]
    what = f"{rest!r} was not expected" if rest else "it ends too early"
    return TwilioError(
        20001,
        f"Invalid expression {text[:80]!r}: at position {position}, {what}. Write comparisons such"
        ' as skills HAS "chat" AND level >= 2; names cannot hold hyphens',
    )


def holds(tree: Tree, scope: Scope) -> bool:
    """Whether an expression is true of what its names stand for."""
    if isinstance(tree, Comparison):
        ask = OPERATORS[tree.operator]
        return ask(_value(tree.left, scope), _value(tree.right, scope))
    if isinstance(tree, And):
        return all(holds(part, scope) for part in tree.parts)
    if isinstance(tree, Or):
        return any(holds(part, scope) for part in tree.parts)
    return not holds(tree.part, scope)


def matches(text: str, scope: Scope) -> bool:
    """Whether the expression `text` is true of what its names stand for."""
    return holds(parse(text), scope)


@lru_cache(maxsize=1024)
def constant(text: str) -> bool | None:
    """Whether an expression that names nothing holds, such as `1==1`; None for any other."""
    tree = parse(text)
    return None if _names_something(tree) else holds(tree, {})


def _names_something(part: Any) -> bool:
    return isinstance(part, Path) or any(map(_names_something, _parts(part)))


def value_of(text: str, scope: Scope) -> Any:
    """What a bare name such as `task.agent_sid` stands for; null where it is no name."""
    steps = text.strip().split(".")
    return _value(Path(tuple(steps)), scope)


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


def _same(left: Any, right: Any) -> bool:
    return _kind(left) == _kind(right) and bool(left == right)


def _equal(left: Any, right: Any) -> bool:
    return _is_scalar(left) and _is_scalar(right) and _same(left, right)


def _different(left: Any, right: Any) -> bool:
    """Arrays are neither equal nor different, except from null: `skills != null` is documented."""
    if left is None or right is None:
        return (left is None) != (right is None)
    return _is_scalar(left) and _is_scalar(right) and not _same(left, right)


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def ask(left: Any, right: Any) -> bool:
        kind = _kind(left)
        return kind in ("number", "str") and kind == _kind(right) and compare(left, right)

    return ask


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
    "<": _ordered(lambda left, right: left < right),
    "<=": _ordered(lambda left, right: left <= right),
    ">": _ordered(lambda left, right: left > right),
    ">=": _ordered(lambda left, right: left >= right),
    "HAS": _has,
    "IN": lambda left, right: _has(right, left),
    "NOT IN": _not_in,
    "CONTAINS": _contains,
}


def rendered(tree: Tree) -> str:
    """The expression as text that reads back as the same tree."""
    if isinstance(tree, Comparison):
        return f"{_written(tree.left)} {tree.operator} {_written(tree.right)}"
    if isinstance(tree, Not):
        return f"NOT ({rendered(tree.part)})"
    word = " AND " if isinstance(tree, And) else " OR "
    return word.join(f"({rendered(part)})" for part in tree.parts)


def _written(operand: Operand) -> str:
    if isinstance(operand, Array):
        return f"[{', '.join(map(_written, operand.items))}]"
    if isinstance(operand, Path):
        steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in operand.steps)
        return "".join(steps).removeprefix(".")
    if isinstance(operand.value, str):
        escaped = operand.value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return json.dumps(operand.value)


def could_match(text: str, known: Scope) -> bool:
    """Whether a task with these attributes, and any others, can match an expression.

    An expression that cannot be read is no reason to say that it does not.
    """
    try:
        tree = parse(text)
    except TwilioError:
        return True
    return _possible_truth(tree, known) is not False


def _possible_truth(tree: Tree, known: Scope) -> bool | None:
    """True or false, or None where it depends on what is not known."""
    if isinstance(tree, Comparison):
        return holds(tree, known) if _roots((tree.left, tree.right)) <= known.keys() else None
    if isinstance(tree, Not):
        truth = _possible_truth(tree.part, known)
        return None if truth is None else not truth
    truths = [_possible_truth(part, known) for part in tree.parts]
    decisive = isinstance(tree, Or)
    if decisive in truths:
        return decisive
    return None if None in truths else not decisive


def _roots(operands: Iterable[Operand]) -> set[str | int]:
    """The attributes that are named, without what is inside them."""
    found: set[str | int] = set()
    for operand in operands:
        if isinstance(operand, Path):
            found.add(operand.steps[0])
        elif isinstance(operand, Array):
            found |= _roots(operand.items)
    return found
