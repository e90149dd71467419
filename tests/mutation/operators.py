"""Two operators that cosmic-ray lacks: a context that is not entered, a call that is not made."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import parso
from cosmic_ray.operators.operator import Operator


class DropWith(Operator):  # type: ignore[misc]  # cosmic-ray has no types
    """Run the body of a `with` that binds no name without entering its context."""

    def mutation_positions(self, node: Any) -> Iterator[Any]:
        if node.type == "with_stmt" and not any(each.type == "with_item" for each in node.children):
            yield node.start_pos, node.children[-2].end_pos

    def mutate(self, node: Any, index: int) -> Any:
        body = node.children[-1]
        prefix = node.get_first_leaf().prefix
        node.children = [*parso.parse(f"{prefix}if True:").children[:-1], body]
        return node

    @classmethod
    def examples(cls) -> tuple[Any, ...]:
        return ()


class DropCall(Operator):  # type: ignore[misc]  # cosmic-ray has no types
    """Leave out a statement that is nothing but a call."""

    def mutation_positions(self, node: Any) -> Iterator[Any]:
        if (
            node.type == "atom_expr"
            and node.children[-1].type == "trailer"
            and node.children[-1].children[0].value == "("
            and node.parent is not None
            and node.parent.type == "simple_stmt"
        ):
            yield node.start_pos, node.end_pos

    def mutate(self, node: Any, index: int) -> Any:
        return parso.parse(f"{node.get_first_leaf().prefix}None").children[0]

    @classmethod
    def examples(cls) -> tuple[Any, ...]:
        return ()
