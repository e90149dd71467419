"""Arguments of a script's steps, from the nodes of its YAML."""

from __future__ import annotations

import yaml


def argument_of(node: yaml.Node) -> object:
    """A step's argument: text, or named values, of which lists and mappings are data.

    Raises:
        ValueError: It holds data that is none.
    """
    if not isinstance(node, yaml.MappingNode):
        return "" if _is_null(node) else plain(node)
    _refuse_repeated(node)
    return {
        str(key.value): argument_of(value) if isinstance(value, yaml.ScalarNode) else data_of(value)
        for key, value in node.value
    }


def data_in(node: yaml.Node) -> list[yaml.Node]:
    """The values of a step's argument that are data."""
    pairs = node.value if isinstance(node, yaml.MappingNode) else ()
    return [value for _, value in pairs if not isinstance(value, yaml.ScalarNode)]


def data_of(node: yaml.Node) -> object:
    """Data with the types of YAML; ValueError for what is none."""
    if _is_null(node):
        return None
    _refuse_repeated(node)
    try:
        return yaml.safe_load(yaml.serialize(node, Dumper=yaml.SafeDumper))
    except yaml.YAMLError as error:
        raise ValueError(f"is no data: {getattr(error, 'problem', None) or error}") from None


def _is_null(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag.endswith(":null")


def _refuse_repeated(node: yaml.Node) -> None:
    """Refuse data in which a name is given twice."""
    if isinstance(node, yaml.MappingNode):
        names = [str(key.value) for key, _ in node.value]
        if repeated := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"`{repeated[0]}` is given twice in it; remove one")
        for _, value in node.value:
            _refuse_repeated(value)


def plain(node: yaml.Node) -> object:
    """A node's text, even if YAML has another type for it: `yes` is a message."""
    if isinstance(node, yaml.SequenceNode):
        return [plain(item) for item in node.value]
    return node.value if isinstance(node, yaml.ScalarNode) else None
