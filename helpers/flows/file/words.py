"""Words and numbers that YAML reads as another value than is written: `no`, `010`, `12:30`, `1e3`.

Where a field has a type, one that does not fit is refused. In free JSON, such as attributes,
nothing tells `country: no` from a truth: it is read as ever, and said.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import yaml
from pydantic import BaseModel

from ..errors import FieldPath, Problem
from .nodes import spelled_path

_READER = yaml.SafeLoader("")
_PLAIN = ("true", "false")
_OTHER_BASE = re.compile(r"[-+]?0[0-7_]+|.*:.*")
_GROUPED = re.compile(r".*_.*|[-+]?0b.*")
_EXPONENT = re.compile(r"[-+]?[0-9]+(\.[0-9]*)?[eE][-+]?[0-9]+")


def free_paths(part: Any, path: FieldPath = ()) -> Iterator[FieldPath]:
    """The paths of free JSON in what was read: mappings whose content has no type."""
    if isinstance(part, dict) and not any(isinstance(each, BaseModel) for each in part.values()):
        yield path
    elif isinstance(part, BaseModel | dict):
        for name, each in part.items() if isinstance(part, dict) else part:
            yield from free_paths(each, (*path, name))
    elif isinstance(part, list | tuple):
        for at, each in enumerate(part):
            yield from free_paths(each, (*path, at))


def misread(
    root: yaml.Node,
    where: Callable[[yaml.Node], str],
    is_free: Callable[[FieldPath], bool] = lambda _: True,
    path: FieldPath = (),
) -> Iterator[Problem]:
    """Find values that are read as others than are written, each with the way to write it.

    Args:
        root: All below this node is looked at.
        where: Gives the place of a node.
        is_free: Returns whether free JSON begins at a path; by default all is.
        path: The path of `root`.
    """
    ahead = [(root, path, False)]
    visited = set()
    while ahead:
        node, here, inside = ahead.pop()
        free = inside or is_free(here)
        if (id(node), free) in visited:
            continue
        visited.add((id(node), free))  # an alias may name one node many times over
        if isinstance(node, yaml.MappingNode):
            ahead += [(each, (*here, str(key.value)), free) for key, each in reversed(node.value)]
        elif isinstance(node, yaml.SequenceNode):
            ahead += [(each, (*here, at), free) for at, each in reversed([*enumerate(node.value)])]
        elif isinstance(node, yaml.ScalarNode) and node.style is None:
            fix = _fix(node, free=free)
            if fix:
                yield Problem(where(node), spelled_path(here), fix)


def _fix(node: yaml.ScalarNode, *, free: bool) -> str:
    """The way to write a value that is read as another one; blank for others."""
    kind, text = node.tag.rpartition(":")[2], str(node.value)
    is_number = kind in ("int", "float")
    if kind == "str" and free and _EXPONENT.fullmatch(text):
        return f"`{text}` is read as text; write a number in full, or put it in quotes: '{text}'"
    if not (
        (is_number and _OTHER_BASE.fullmatch(text))
        or (is_number and free and _GROUPED.fullmatch(text))
        or (kind == "bool" and free and text.lower() not in _PLAIN)
    ):
        return ""
    read = json.dumps(_READER.construct_object(node))
    return f"`{text}` is read as {read}; write {read}, or put it in quotes: '{text}'"
