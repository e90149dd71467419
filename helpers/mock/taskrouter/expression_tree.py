"""The parts of an expression of TaskRouter's language, once it is read."""

from __future__ import annotations

from typing import Any

from msgspec import Struct


class Constant(Struct, frozen=True):
    """A string, number, boolean or null."""

    value: Any


class Path(Struct, frozen=True):
    """An attribute: names and array indexes, outermost first."""

    steps: tuple[str | int, ...]


class Array(Struct, frozen=True):
    """An array written out."""

    items: tuple[Operand, ...]


class ExpressionComparison(Struct, frozen=True):
    """Two operands and an operator between them."""

    left: Operand
    operator: str
    right: Operand


class Not(Struct, frozen=True):
    """The opposite of an expression."""

    part: Tree


class And(Struct, frozen=True):
    """Expressions that must all hold."""

    parts: tuple[Tree, ...]


class Or(Struct, frozen=True):
    """Expressions of which one must hold."""

    parts: tuple[Tree, ...]


Operand = Constant | Path | Array
Tree = ExpressionComparison | Not | And | Or
MAX_DEPTH = 50
"""Levels of nesting taken (the mock's own limit)."""
ALWAYS = And(())
"""An empty expression, true of everything."""


def parts_of(parent: Any) -> tuple[Any, ...]:
    """Return what a part of an expression is made of."""
    if isinstance(parent, And | Or):
        return parent.parts
    if isinstance(parent, Not):
        return (parent.part,)
    if isinstance(parent, ExpressionComparison):
        return (parent.left, parent.right)
    return parent.items if isinstance(parent, Array) else ()
