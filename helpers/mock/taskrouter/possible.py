"""What an expression says of a task of which only some attributes are known beforehand."""

from __future__ import annotations

from collections.abc import Iterable

from ..errors import TwilioError
from .expressions import Array, Comparison, Not, Operand, Or, Path, Scope, Tree, holds, parse


def could_match(text: str, known: Scope) -> bool:
    """Whether a task with these attributes, and any others, can match an expression.

    An expression that cannot be read is no reason to say that it does not.
    """
    try:
        tree = parse(text)
    except TwilioError:
        return True
    return _truth(tree, known) is not False


def _truth(tree: Tree, known: Scope) -> bool | None:
    """True or false, or None where it depends on what is not known."""
    if isinstance(tree, Comparison):
        return holds(tree, known) if _roots((tree.left, tree.right)) <= known.keys() else None
    if isinstance(tree, Not):
        truth = _truth(tree.part, known)
        return None if truth is None else not truth
    truths = [_truth(part, known) for part in tree.parts]
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
