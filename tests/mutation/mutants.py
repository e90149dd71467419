"""Mutants of the toolkit, sampled with a seed over its areas, by cosmic-ray's operators."""

from __future__ import annotations

import ast
import random
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.operators.provider import OperatorProvider

from tests.mutation.operators import DropCall, DropWith

AREAS = {
    "messaging": "helpers/mock/messaging",
    "TaskRouter": "helpers/mock/taskrouter",
    "Studio": "helpers/mock/studio",
    "Flex": "helpers/mock/flex",
    "webhooks": "helpers/mock/webhooks",
    "REST": "helpers/mock/rest",
    "realtime": "helpers/mock/realtime",
    "core": "helpers/mock/core",
    "chat": "helpers/chat",
    "flows": "helpers/flows",
}
"""Areas that are sampled, in proportion to the places where they can be changed."""

_ARITHMETIC = re.compile("ReplaceBinaryOperator_[A-Za-z]+_")
_PROVIDER = OperatorProvider()
_OPERATORS = [
    _PROVIDER[name]
    for name in sorted(_PROVIDER)
    if "NoOp" not in name and not _PROVIDER[name].arguments()
] + [DropWith, DropCall]


class Mutant(NamedTuple):
    """One change of one file: the operator, and the occurrence that it changes."""

    area: str
    path: str
    line: int
    operator: str
    occurrence: int

    def code(self, root: Path) -> str:
        """Return the file's text, changed."""
        [kind] = [each for each in _OPERATORS if each.__name__ == self.operator]
        text = (root / self.path).read_text("utf-8")
        return str(mutate_code(text, kind(), self.occurrence))


def sample(root: Path, count: int, seed: int) -> list[Mutant]:
    """Choose places, and at each one of the changes that can be made there.

    A place counts once, however many operators there are for it. Changes of type annotations inside
    functions, which are never evaluated, are left out, and so are those that do not compile.
    """
    chance = random.Random(seed)
    places = [place for area, folder in AREAS.items() for place in _places(root, area, folder)]
    chance.shuffle(places)
    chosen: list[Mutant] = []
    for place in places:
        mutant = chance.choice(place)
        if _is_change(root, mutant):
            chosen.append(mutant)
        if len(chosen) == count:
            break
    return chosen


def _places(root: Path, area: str, folder: str) -> Iterator[list[Mutant]]:
    for path in sorted((root / folder).rglob("*.py")):
        nodes = list(ast_nodes(get_ast(path.read_text("utf-8"))))
        comparisons = [node for node in nodes if node.type == "comparison"]
        found: dict[object, list[Mutant]] = defaultdict(list)
        name = path.relative_to(root).as_posix()
        known: dict[str, list[Any]] = {}
        for kind in _OPERATORS:
            operator, of = kind(), _ARITHMETIC.match(kind.__name__)
            key = of[0] if of else kind.__name__
            if key not in known:  # what an arithmetic operator becomes does not change where it is
                among = comparisons if "Comparison" in key else nodes
                known[key] = [
                    place for node in among for place in operator.mutation_positions(node)
                ]
            for occurrence, (start, _) in enumerate(known[key]):
                found[start].append(Mutant(area, name, start[0], kind.__name__, occurrence))
        yield from found.values()


def _is_change(root: Path, mutant: Mutant) -> bool:
    line = (root / mutant.path).read_text("utf-8").splitlines()[mutant.line - 1]
    if line.startswith("@dataclass(") and mutant.operator.startswith("Replace"):
        return False  # how a record is kept or guarded; its behaviour is the same
    try:
        after = _without_annotations(mutant.code(root))
    except SyntaxError:
        return False
    return after != _without_annotations((root / mutant.path).read_text("utf-8"))


def _without_annotations(text: str) -> str:
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            node.returns = None
            for each in ast.walk(node.args):
                if isinstance(each, ast.arg):
                    each.annotation = None
        elif isinstance(node, ast.AnnAssign):
            node.annotation = _Unions().visit(node.annotation)
    return ast.dump(tree)


class _Unions(ast.NodeTransformer):
    """Unions become one constant: `str | None` and `str - None` are never evaluated."""

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        return ast.copy_location(ast.Constant(None), node)
