"""Reads TaskRouter's expressions: one grammar, and a loose one for what Twilio has stored."""

from __future__ import annotations

import re
from contextlib import suppress
from functools import cache
from typing import Any

from lark import Lark, Token, Transformer, UnexpectedInput, UnexpectedToken, v_args

from ..core.errors import TwilioError
from .expression_tree import (
    MAX_DEPTH,
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


def read(text: str) -> Tree:
    """Return the tree of a text that is not empty, loosely read only where it has to be.

    Raises:
        TwilioError: 20001, with the position of the error.
    """
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
    try:
        return _parser(_GRAMMAR).parse(text)
    except UnexpectedInput:
        with suppress(UnexpectedInput):
            return _parser(_LOOSE_GRAMMAR).parse(text)
        raise


def is_documented(text: str) -> bool:
    """Return whether a text can be read as Twilio documents expressions."""
    with suppress(UnexpectedInput):
        _parser(_GRAMMAR).parse(text)
        return True
    return False


def _depth(tree: Tree) -> int:
    """Return the levels of nesting, at most two above the limit."""
    level: list[Any] = [tree]
    for depth in range(MAX_DEPTH + 2):
        if not level:
            return depth
        level = [part for parent in level for part in parts_of(parent)]
    return MAX_DEPTH + 2


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
