"""YAML as nodes, which know their lines."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import Any

import yaml

from ..errors import FieldPath, FlowProblem, Problem
from .text_files import located, read_json


def lines_below(key: yaml.Node, value: yaml.Node, path: FieldPath) -> dict[FieldPath, int]:
    """The lines of all that is below a key, by path."""
    found = {path: key.start_mark.line + 1}
    if isinstance(value, yaml.MappingNode):
        for name, each in value.value:
            found |= lines_below(name, each, (*path, str(name.value)))
    elif isinstance(value, yaml.SequenceNode):
        for at, each in enumerate(value.value):
            found |= lines_below(each, each, (*path, at))
    return found


TOO_DEEP = "is not YAML: it is nested too deep; flatten it"
_DEEPEST = 200
"""Levels of a text, more than any value may have in an account."""
LARGEST = 4 * 2**20
"""Characters of a YAML text, of which PyYAML reads some 100,000 a second."""


class _TooDeep(yaml.MarkedYAMLError):
    pass


class Loader(yaml.SafeLoader):
    """Stops at the first value that is too deep: all that follows would take PyYAML long."""

    _depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """A node, and those below it."""
        self._depth += 1
        if self._depth > _DEEPEST:
            raise _TooDeep(problem="it is nested too deep", problem_mark=self.get_mark())
        node: yaml.Node | None = super().compose_node(parent, index)
        self._depth -= 1
        return node


def composed(text: str, source: str) -> yaml.Node | None:
    """The nodes of a YAML text, whose keys are text; None of an empty one.

    Raises:
        FlowProblem: It is not YAML, or has values that no file can have.
    """
    if len(text) > LARGEST:
        fix = f"is larger than {LARGEST >> 20} MB, too much for YAML; make several files of it"
        raise FlowProblem(Problem(source, "", fix))
    try:
        root: yaml.Node | None = yaml.compose(text, Loader=Loader)
    except yaml.YAMLError as error:
        if text.lstrip("\ufeff \r\n\t").startswith("{"):
            read_json(text, source)
        raise FlowProblem(not_yaml(error, source, text)) from None
    except RecursionError:
        raise FlowProblem(Problem(source, "", TOO_DEEP)) from None
    stop_at(_of_text(root, source) if root else ())
    return root


def line_of(source: str, node: yaml.Node) -> str:
    """The place of a node."""
    return located(source, node.start_mark.line + 1)


def stop_at(problems: Iterable[Problem]) -> None:
    """Raise FlowProblem if there are any."""
    if found := tuple(problems):
        raise FlowProblem(*found)


TOO_LARGE = "is too large with its aliases; write fewer"
MAX_NODES = 1_000_000
"""Values of a file, counted as often as aliases repeat them."""


def size_of(node: yaml.Node | None, known: dict[int, int] | None = None) -> int:
    """The number of values below a node, aliases followed; a node within itself counts once.

    One that aliases nest too deep to be counted has no end. Sizes are kept in `known`.
    """
    try:
        return _size_of(node, {} if known is None else known) if node else 0
    except RecursionError:
        return sys.maxsize


def _size_of(node: yaml.Node, known: dict[int, int]) -> int:
    if id(node) not in known:
        known[id(node)] = 1
        parts = node.value if isinstance(node, yaml.CollectionNode) else ()
        below = (each for part in parts for each in (part if isinstance(part, tuple) else (part,)))
        known[id(node)] = 1 + sum(_size_of(each, known) for each in below)
    return known[id(node)]


def not_yaml(error: Exception, source: str, text: str) -> Problem:
    """The problem of a text that PyYAML cannot read, with its line."""
    mark, start = getattr(error, "problem_mark", None), getattr(error, "context_mark", None)
    where, fix = source, "correct the line"
    if mark:
        where = located(source, mark.line + 1)
        fix = "put `${...}` in quotes" if "${" in (mark.get_snippet() or "") else fix
        fix = "flatten it" if isinstance(error, _TooDeep) else fix
    elif isinstance(error, yaml.reader.ReaderError):
        where = located(source, text[: error.position].count("\n") + 1)
        fix = f"remove the character U+{int(error.character):04X}"
    what = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    if mark and start and start.line != mark.line:
        what += f" ({getattr(error, 'context', '')} from line {start.line + 1} on)"
    return Problem(where, "", f"is not YAML: {what}; {fix}")


HALF = "holds half of a character, a surrogate; remove it"


def _of_text(root: yaml.Node, source: str) -> Iterator[Problem]:
    """Find values that no text can have, and keys that YAML takes for something else than text."""
    ahead: list[tuple[yaml.Node, FieldPath]] = [(root, ())]
    visited = set()
    sizes: dict[int, int] = {}
    while ahead:
        node, path = ahead.pop()
        if id(node) in visited:
            continue
        visited.add(id(node))  # an alias may name one node many times over
        if isinstance(node, yaml.ScalarNode):
            if "\0" in node.value:
                yield Problem(line_of(source, node), spelled_path(path), "holds a NUL; remove it")
            try:  # JSON writes some characters as two halves, which YAML leaves apart
                node.value = node.value.encode("utf-16", "surrogatepass").decode("utf-16")
            except UnicodeDecodeError:
                yield Problem(line_of(source, node), spelled_path(path), HALF)
        elif isinstance(node, yaml.MappingNode):
            for key, value in reversed(node.value):
                below = (*path, str(key.value))
                ahead += (value, below), (key, below)
                if key.tag == _MERGE and size_of(value, sizes) > MAX_NODES:
                    yield Problem(line_of(source, key), spelled_path(path), TOO_LARGE)
                if isinstance(key, yaml.ScalarNode) and key.tag not in _KEYS:
                    fix = f"must be text; put it in quotes: '{key.value}'"
                    yield Problem(line_of(source, key), spelled_path(below), fix)
        else:
            ahead += ((each, (*path, at)) for at, each in reversed([*enumerate(node.value)]))


def spelled_path(path: FieldPath) -> str:
    """A path as `flex_flows[0].integration.flow`."""
    parts = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return "".join(parts).removeprefix(".")


_MERGE = "tag:yaml.org,2002:merge"
_KEYS = ("tag:yaml.org,2002:str", _MERGE)
"""Tags of keys: a text, or the sign of a merge."""


def repeated_keys(root: yaml.Node, source: str) -> Iterator[Problem]:
    """Find keys that a mapping has twice, before construction merges mappings."""
    ahead, visited = [root], set()
    while ahead:
        node = ahead.pop()
        if id(node) in visited or not isinstance(node, yaml.CollectionNode):
            continue
        visited.add(id(node))  # an alias may name one node many times over
        if not isinstance(node, yaml.MappingNode):
            ahead += node.value
            continue
        keys = set()
        for key, value in node.value:
            ahead += key, value
            known = (key.tag, str(key.value))
            if known in keys:
                where = line_of(source, key)
                yield Problem(where, str(key.value), "is given twice; remove one")
            keys.add(known)


def find(node: yaml.Node, path: FieldPath) -> tuple[yaml.Node, yaml.Node | None]:
    """The key, which has a line, of as much of a path as exists; and the path's value if any."""
    found = node
    for step in path:
        if isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            found = node = node.value[step]
        elif isinstance(node, yaml.MappingNode):
            pair = next((pair for pair in node.value if pair[0].value == str(step)), None)
            if pair is None:
                return found, None
            found, node = pair
        else:
            return found, None
    return found, node
