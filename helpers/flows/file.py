"""Reads and writes flow files, in YAML; every problem names the line and the fix."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from pathlib import Path
from shutil import copymode
from tempfile import TemporaryDirectory
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from ..masking import mask as masked
from .config import Contact, FlexFlowConfig, Integration, by_contact
from .errors import FlowProblem, Problem

ROOT = "flex_flows"
"""Key of the list of flows."""
_KNOWN = {1: (ROOT,), 3: tuple(FlexFlowConfig.model_fields), 4: tuple(Integration.model_fields)}
"""Known fields, by their depth in a file."""


def setting_of(error: ErrorDetails) -> tuple[str, ...]:
    """Path of a setting that does not fit the flow's type; empty for other errors."""
    setting = error.get("ctx", {}).get("setting")
    return ("integration", setting) if setting else ()


def fix_of(error: ErrorDetails, written: str | None = None) -> str:
    """The problem with a value and its remedy, without repeating what may be secret.

    `written` is the value as the file writes it, where that is one word or line.
    """
    kind, value = error["type"], error["input"]
    if kind == "extra_forbidden":
        known = _KNOWN[len(error["loc"])]
        near = difflib.get_close_matches(str(error["loc"][-1]), known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
        return f"is not known here; {hint}"
    if kind == "string_type":
        in_quotes = f"; put it in quotes: '{value if written is None else written}'"
        without = ", in one line" if value is not None else ", and there is none; add it"
        is_text = value is not None and not isinstance(value, list | dict)
        return f"must be text{in_quotes if is_text else without}"
    if kind in ("model_type", "dict_type"):
        return _FIELDS if error["loc"] else _BEGINNING
    if kind in _FIXES:
        return _FIXES[kind]
    message = _PLAINLY.get(kind) or error["msg"][:1].lower() + error["msg"][1:]
    message = message.replace("input should be", "must be", 1)
    given = str(value) if written is None else written
    return message if kind in _SAYS_WHAT_TO_DO else f"{message}; got {given[:60]!r}"


_BEGINNING = f"must begin with `{ROOT}:`, and the list of flows below it"
_FIELDS = "must be a mapping of fields, each on a line such as `channel_type: custom`"
_FIXES = {
    "missing": "is missing; add it",
    "list_type": "must be a list, each flow beginning with `- friendly_name:`",
}
_SAYS_WHAT_TO_DO = ("missing_setting", "foreign_setting", "url")
_PLAINLY = {
    "bool_type": "must be true or false, without quotes",
    "tuple_type": "must be a list, such as [channel-type]",
    "int_type": "must be a whole number, without quotes or a unit",
}

FieldPath = tuple[str | int, ...]
TEXT = "the text"
"""Source of flows that come from no file."""


def located(source: str, line: int) -> str:
    """`FILE:LINE`, or `line N` of a text."""
    return f"line {line}" if source == TEXT else f"{source}:{line}"


class _Contents(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    flex_flows: list[FlexFlowConfig]


@dataclass(frozen=True, repr=False)
class FlowFile:
    """Several Flex Flows, from the path `source` or from a text.

    `lines` has the line of each field by its path, e.g. `(0, "integration", "flow")`.
    """

    flows: tuple[FlexFlowConfig, ...]
    source: str = TEXT
    lines: Mapping[FieldPath, int] = field(default_factory=dict, compare=False)

    def __repr__(self) -> str:
        """Short: `text` has it all, passwords in URLs included."""
        names = ", ".join(repr(flow.friendly_name) for flow in self.flows)
        return f"FlowFile({self.source}: {names or 'no flows'})"

    def __getitem__(self, name: str) -> FlexFlowConfig:
        for flow in self.flows:
            if flow.friendly_name == name:
                return flow
        names = ", ".join(repr(flow.friendly_name) for flow in self.flows) or "none"
        raise KeyError(f"{self.source} has no flow {name!r}; it has {names}")

    def where(self, flow: FlexFlowConfig, *fields: str) -> str:
        """`FILE:LINE` of a flow's field, or of the nearest field above it."""
        place = self._places.get(id(flow))
        path: FieldPath = (self.flows.index(flow) if place is None else place, *fields)
        while path and path not in self.lines:
            path = path[:-1]
        return located(self.source, self.lines[path]) if path else self.source

    @cached_property
    def _places(self) -> dict[int, int]:
        """Place of each flow, by its `id()`, as comparing many flows takes long."""
        return {id(flow): place for place, flow in enumerate(self.flows)}

    @cached_property
    def enabled(self) -> dict[Contact, list[FlexFlowConfig]]:
        """The enabled flows of each contact."""
        return by_contact((flow, flow) for flow in self.flows)

    @cached_property
    def names(self) -> frozenset[str | None]:
        """Names that its flows have or had."""
        return frozenset(
            name for flow in self.flows for name in (flow.friendly_name, flow.formerly)
        )

    @property
    def text(self) -> str:
        """The flows as YAML, in a layout of its own."""
        dumped = (flow.model_dump(mode="json", exclude_none=True) for flow in self.flows)
        content = {ROOT: [{k: v for k, v in fields.items() if v != []} for fields in dumped]}
        return yaml.dump(content, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)

    def _repr_html_(self) -> str:
        return f"<pre>{escape(masked(self.text))}</pre>"

    def write(self, path: str | Path) -> None:
        """Write the flows as YAML, in UTF-8 with line feeds everywhere; FlowProblem if it fails."""
        target = Path(path).resolve()
        try:
            if target.exists() and not target.is_file():  # a device, such as a terminal
                target.write_text(self.text, encoding="utf-8", newline="\n")
                return
            with TemporaryDirectory(dir=target.parent, prefix=".flows") as folder:
                new = Path(folder, "new")  # so that a full disk leaves the old one as it was
                new.touch(0o600)
                new.write_text(self.text, encoding="utf-8", newline="\n")
                if target.exists():
                    copymode(target, new)
                new.replace(target)
        except OSError as error:
            fix = f"cannot be written ({error.strerror}); give a path in a folder that exists"
            raise FlowProblem(Problem(str(path), "", fix)) from None


class _Dumper(yaml.SafeDumper):
    """Writes line breaks of every kind as escapes: PyYAML folds some that it reads verbatim."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = None if text.splitlines() == [text] else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def load(file: str | Path | FlowFile) -> FlowFile:
    """Read a flow file.

    Args:
        file: A path; or the YAML text itself, which has line breaks; or one read already.

    Raises:
        FlowProblem: It cannot be read or is not right; every problem with its line and fix.
        TypeError: It is none of these.
    """
    if isinstance(file, FlowFile):
        return file
    if not isinstance(file, str | Path):
        raise TypeError(
            f"a flow file is a path, YAML text or a FlowFile, not {type(file).__name__};"
            " `FlowFile((flow, ...))` makes one of configs"
        )
    if isinstance(file, str) and "\n" in file:
        return _read(file, TEXT)
    try:
        return _read(Path(file).read_text(encoding="utf-8"), str(file))
    except UnicodeDecodeError as error:
        fix = f"is not UTF-8: {error.reason}"
    except OSError as error:
        fix = f"cannot be read ({error.strerror}); give the path of a YAML file"
    raise FlowProblem(Problem(str(file), "", fix))


def _read(text: str, source: str) -> FlowFile:
    root, content = _parse(text, source)
    try:
        contents = _Contents.model_validate(content)
    except ValidationError as refused:
        problems = (_problem(error, root, source) for error in refused.errors())
        raise FlowProblem(*problems) from None
    lines = {
        (index, *path): _find(root, (ROOT, index, *path))[0].start_mark.line + 1
        for index, flow in enumerate(contents.flex_flows)
        for path in _field_paths(flow)
    }
    firsts: dict[str, str] = {}
    repeated = []
    for index, flow in enumerate(contents.flex_flows):
        for field_, name in (("friendly_name", flow.friendly_name), ("formerly", flow.formerly)):
            if name is not None:
                where = located(source, lines[index, field_])
                if name in firsts:
                    fix = f"names another flow too ({firsts[name]}); rename one"
                    repeated.append(Problem(where, f"{field_} {name!r}", fix))
                firsts.setdefault(name, where)
    if repeated:
        raise FlowProblem(*repeated)
    return FlowFile(tuple(contents.flex_flows), source, lines)


def _field_paths(flow: FlexFlowConfig) -> Iterator[FieldPath]:
    yield ()
    yield from ((name,) for name in flow.model_fields_set)
    yield from (("integration", name) for name in flow.integration.model_fields_set)


def _parse(text: str, source: str) -> tuple[yaml.Node, Any]:
    """The nodes of a YAML text, which know their lines, and its content."""
    loader = yaml.SafeLoader("")
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        repeated = [] if root is None else list(_repeated_keys(root, source))
        content = None if root is None or repeated else loader.construct_document(root)
    except (yaml.YAMLError, ValueError) as error:
        raise FlowProblem(not_yaml(error, source)) from None
    except RecursionError:
        nested = Problem(source, "", "is not YAML: it is nested too deep; flatten it")
        raise FlowProblem(nested) from None
    finally:
        loader.dispose()
    if root is None:
        fix = f"is empty; begin with `{ROOT}:` and a list of flows"
        raise FlowProblem(Problem(source, "", fix))
    if repeated:
        raise FlowProblem(*repeated)
    return root, content


def not_yaml(error: Exception, source: str) -> Problem:
    """The problem of a text that PyYAML cannot read, with its line."""
    mark = getattr(error, "problem_mark", None)
    where = located(source, mark.line + 1) if mark else source
    what = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    return Problem(where, "", f"is not YAML: {what}; correct the line")


def _repeated_keys(root: yaml.Node, source: str) -> Iterator[Problem]:
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
                where = located(source, key.start_mark.line + 1)
                yield Problem(where, str(key.value), "is given twice; remove one")
            keys.add(known)


def _problem(error: ErrorDetails, root: yaml.Node, source: str) -> Problem:
    path = error["loc"]
    node, _ = _find(root, (*path, *setting_of(error)))
    where = located(source, node.start_mark.line + 1)
    # The letters of a value: YAML takes `+49170` for a number, and `0170` for another one.
    _, value = _find(root, path)
    written = str(value.value) if path and isinstance(value, yaml.ScalarNode) else None
    spelled = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return Problem(where, spelled.removeprefix("."), fix_of(error, written))


def _find(node: yaml.Node, path: FieldPath) -> tuple[yaml.Node, yaml.Node | None]:
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
