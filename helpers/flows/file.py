"""Reads and writes flow files, in YAML; every problem names the line and the fix."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from html import escape
from pathlib import Path
from shutil import copymode
from tempfile import TemporaryDirectory
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError, create_model
from pydantic_core import ErrorDetails

from ..masking import mask as masked
from .config import ROOT, Contact, FlexFlowConfig, Integration, by_contact
from .conversations import (
    ADDRESSES,
    CUSTOM_CHATS,
    AddressConfig,
    AutoCreation,
    Creation,
    CustomChatConfig,
    OwnInteraction,
)
from .errors import FlowProblem, Problem
from .importing.api import recognised
from .kinds import DEFINITION, ROOTS, STUDIO_FLOWS, VIEWS, Address, content, part_of
from .resources import ResourceEntry, entries_of, lists_of
from .variables import Given, Values, declared, meant, read_json

Config = FlexFlowConfig | AddressConfig | CustomChatConfig
LISTS: dict[str, type[BaseModel]] = {
    ROOT: FlexFlowConfig,
    ADDRESSES: AddressConfig,
    CUSTOM_CHATS: CustomChatConfig,
}
"""Class of the entries of each list of a file."""
KEPT = (ROOT, ADDRESSES)
"""Lists of resources that an account keeps."""
_PARTS: dict[str, type[BaseModel]] = {
    **LISTS,
    "integration": Integration,
    "auto_creation": AutoCreation,
    "creation": Creation,
    "interaction": OwnInteraction,
}


def setting_of(error: ErrorDetails) -> tuple[str, ...]:
    """Path of a setting that does not fit the type; empty for other errors."""
    context = error.get("ctx", {})
    found = (context.get("within"), context.get("setting"))
    # The validator of a part has the part in its own path already.
    return tuple(name for name in found if name and name not in error["loc"])


def fix_of(error: ErrorDetails, written: str | None = None) -> str:
    """The problem with a value and its remedy, without repeating what may be secret.

    `written` is the value as the file writes it, where that is one word or line.
    """
    kind, value = error["type"], error["input"]
    if kind == "extra_forbidden":
        above = error["loc"][:-1]
        part = part_of(above) or next(
            (_PARTS[str(name)] for name in reversed(above) if name in _PARTS), None
        )
        known = tuple(part.model_fields if part else _Contents.model_fields)
        return f"is not known here; {meant(str(error['loc'][-1]), known)}"
    if kind == "string_type":
        in_quotes = f"; put it in quotes: '{value if written is None else written}'"
        without = ", in one line" if value is not None else ", and there is none; add it"
        is_text = value is not None and not isinstance(value, list | dict)
        return f"must be text{in_quotes if is_text else without}"
    if kind in ("model_type", "dict_type"):
        return _FIELDS if error["loc"] else _BEGINNING
    if kind == "list_type" and error["loc"][-1:] not in [(name,) for name in LISTS]:
        return _PLAINLY["tuple_type"].replace("channel-type", "a, b")
    if kind in _FIXES:
        return _FIXES[kind]
    message = _PLAINLY.get(kind) or error["msg"][:1].lower() + error["msg"][1:]
    message = message.replace("input should be", "must be", 1)
    given = str(value) if written is None else written
    is_long = kind == "declared" and isinstance(value, dict | list)
    is_said = is_long or "; got " in message
    return message if is_said or kind in _SAYS_WHAT_TO_DO else f"{message}; got {given[:60]!r}"


_BEGINNING = f"must begin with `{ROOT}:`, and the list of flows below it"
_FIELDS = "must be a mapping of fields, each on a line such as `channel_type: custom`"
_FIXES = {
    "missing": "is missing; add it",
    "list_type": "must be a list, each flow beginning with `- friendly_name:`",
    "string_unicode": "holds half of a character, a surrogate; remove it",
}
_SAYS_WHAT_TO_DO = ("missing_setting", "foreign_setting", "url", "filter", "nul", "json")
_PLAINLY = {
    "bool_type": "must be true or false, without quotes",
    "tuple_type": "must be a list, such as [channel-type]",
    "int_type": "must be a whole number, without quotes or a unit",
    "too_short": "must have at least one",
}

FieldPath = tuple[str | int, ...]
TEXT = "the text"
"""Source of flows that come from no file."""


def located(source: str, line: int) -> str:
    """`FILE:LINE`, or `line N` of a text."""
    return f"line {line}" if source == TEXT else f"{source}:{line}"


class _FlexFlows(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    flex_flows: list[FlexFlowConfig]


class _WaysIn(_FlexFlows):
    flex_flows: list[FlexFlowConfig] = []
    address_configurations: list[AddressConfig] = []
    custom_chats: list[CustomChatConfig] = []


_RESOURCES: Any = {kind.listed: (content(kind) | None, None) for kind in ROOTS}
_Contents: Any = create_model("_Contents", __base__=_WaysIn, **_RESOURCES)


@dataclass(frozen=True, repr=False)
class FlowFile:
    """Ways into an account's Flex, from the path `source` or from a text.

    Attributes:
        flows: Flex Flows, of the legacy API.
        source: The path, or `the text`.
        lines: The line of each field by its path, e.g. `(0, "integration", "flow")`; that of an
            address begins with `address_configurations`.
        addresses: Address configurations.
        custom_chats: Chats whose conversations your own server creates; no account keeps them.
        lists: The lists that the file has, with or without contents: what the account has of the
            others is no concern of the file. By default Flex Flows, and those that are not empty.
        values: Its variables; `text` names those that are secrets.
        resources: Other resources, each before those within it.
        places: Their lists, as `lists`: `("workspaces",)`, `("workspaces", NAME, "queues")`.
    """

    flows: tuple[FlexFlowConfig, ...] = ()
    source: str = TEXT
    lines: Mapping[FieldPath, int] = field(default_factory=dict, compare=False)
    addresses: tuple[AddressConfig, ...] = ()
    custom_chats: tuple[CustomChatConfig, ...] = ()
    lists: tuple[str, ...] = (ROOT,)
    values: Values = field(default=Values(), compare=False)
    resources: tuple[ResourceEntry, ...] = ()
    places: tuple[Address, ...] = ()

    def __post_init__(self) -> None:
        others = {ADDRESSES: self.addresses, CUSTOM_CHATS: self.custom_chats}
        given = {*self.lists, *(name for name, held in others.items() if held)}
        object.__setattr__(self, "lists", tuple(name for name in LISTS if name in given))

    @property
    def entries(self) -> tuple[Config, ...]:
        """All that can be played."""
        return (*self.flows, *self.addresses, *self.custom_chats)

    @property
    def kept(self) -> tuple[FlexFlowConfig | AddressConfig, ...]:
        """All that an account keeps."""
        return (*self.flows, *self.addresses)

    def __repr__(self) -> str:
        """Short: `text` has it all, passwords in URLs included."""
        named = ", ".join(repr(entry.label) for entry in (*self.entries, *self.resources))
        return f"FlowFile({self.source}: {named or 'no flows'})"

    def __getitem__(self, name: str) -> Any:
        """A flow, an address or a chat: by its friendly name, or as `sms +15550100`."""
        for entry in self.entries:
            if name in (entry.label, entry.friendly_name):
                return entry
        known = ", ".join(repr(entry.label) for entry in self.entries) or "none"
        raise KeyError(f"{self.source} has no flow {name!r}; it has {known}")

    def where(self, flow: Config | ResourceEntry, *fields: str | int) -> str:
        """`FILE:LINE` of an entry's field, or of the nearest field above it."""
        place: FieldPath | None
        if isinstance(flow, ResourceEntry):
            place = flow.path
        else:
            place = self._places.get(id(flow))
            if place is None:
                place = self._places[id(self.entries[self.entries.index(flow)])]
        path: FieldPath = (*place, *fields)
        while path and path not in self.lines:
            path = path[:-1]
        return located(self.source, self.lines[path]) if path else self.source

    @cached_property
    def _places(self) -> dict[int, FieldPath]:
        """Place of each entry, by its `id()`, as comparing many flows takes long."""
        of_flows: dict[int, FieldPath] = {id(each): (at,) for at, each in enumerate(self.flows)}
        return of_flows | {
            id(each): (name, at)
            for name, held in ((ADDRESSES, self.addresses), (CUSTOM_CHATS, self.custom_chats))
            for at, each in enumerate(held)
        }

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
        held = dict(zip(LISTS, (self.flows, self.addresses, self.custom_chats), strict=True))
        content: dict[str, Any] = self.values.declarations | {
            name: [self.values.written(_dumped(each)) for each in held[name]] for name in self.lists
        }
        placed: dict[Address, dict[str, Any]] = {(): content}
        for place in self.places:
            placed[place] = placed[place[:-1]].setdefault(place[-1], {})
            for entry in self.resources:
                if entry.address[:-1] == place:
                    is_single = entry.kind.is_single
                    placed[entry.address] = (
                        placed[place]
                        if is_single
                        else placed[place].setdefault(self.values.written(entry.label), {})
                    )
                    placed[entry.address].update(self.values.written(entry.dumped()))
        return yaml.dump(content, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)

    def _repr_html_(self) -> str:
        return f"<pre>{escape(masked(self.text))}</pre>"

    def write(self, path: str | Path) -> None:
        """Write the flows as YAML, in UTF-8 with line feeds everywhere; FlowProblem if it fails."""
        write_text(path, self.text)


def write_text(path: str | Path, text: str) -> None:
    """Write a file as its owner's alone, whole or not at all; FlowProblem if it fails."""
    target = Path(path).resolve()
    try:
        if target.exists() and not target.is_file():  # a device, such as a terminal
            target.write_text(text, encoding="utf-8", newline="\n")
            return
        with TemporaryDirectory(dir=target.parent, prefix=".flows") as folder:
            new = Path(folder, "new")  # so that a full disk leaves the old one as it was
            new.touch(0o600)
            new.write_text(text, encoding="utf-8", newline="\n")
            if target.exists():
                copymode(target, new)
            new.replace(target)
    except OSError as error:
        fix = f"cannot be written ({error.strerror}); give a path in a folder that exists"
        raise FlowProblem(Problem(str(path), "", fix)) from None


def _dumped(config: BaseModel) -> dict[str, Any]:
    is_short = not isinstance(config, FlexFlowConfig)
    fields = config.model_dump(mode="json", exclude_none=True, exclude_defaults=is_short)
    return {name: value for name, value in fields.items() if value not in ([], {})}


class _Dumper(yaml.SafeDumper):
    """Writes line breaks of every kind as escapes: PyYAML folds some that it reads verbatim."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = None if text.splitlines() == [text] else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def load(
    file: str | Path | FlowFile, *, variables: Given | None = None, env: str | None = None
) -> FlowFile:
    """Read a flow file.

    Args:
        file: A path; or the YAML text itself, which has line breaks; or one read already.
        variables: Values of its variables, instead of their defaults.
        env: Name of one of its environments, for values that `variables` leaves out.

    Raises:
        FlowProblem: It cannot be read or is not right; every problem with its line and fix.
        TypeError: It is none of these; or one read already is given variables.
    """
    if isinstance(file, FlowFile):
        if variables or env is not None:
            raise TypeError("variables are put in when a file is read; give them to `load`")
        return file
    if not isinstance(file, str | Path):
        raise TypeError(
            f"a flow file is a path, YAML text or a FlowFile, not {type(file).__name__};"
            " `FlowFile((flow, ...))` makes one of configs"
        )
    if isinstance(file, str) and "\n" in file:
        return _read(file, TEXT, variables or {}, env)
    return _read(text_of(file, "a YAML file"), str(file), variables or {}, env)


def text_of(path: str | Path, kind: str) -> str:
    """The text of a file in UTF-8; FlowProblem says that it cannot be read, and which `kind` is."""
    try:
        return Path(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        fix = f"is not UTF-8: {error.reason}; save it in that encoding"
    except IsADirectoryError:
        fix = (
            f"is a directory; give the path of {kind}, or have `python -m helpers.flows import`"
            " read one of Terraform's or of saved JSON"
        )
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        fix = f"cannot be read ({reason}); give the path of {kind}"
    raise FlowProblem(Problem(str(path), "", fix))


def _read(text: str, source: str, given: Given, env: str | None) -> FlowFile:
    try:
        return _understood(text, source, given, env)
    except FlowProblem:
        if said := recognised(text, source):
            raise FlowProblem(Problem(source, "", said)) from None
        raise


def _understood(text: str, source: str, given: Given, env: str | None) -> FlowFile:
    root, content, values = _parse(text, source, given, env)
    _put_definitions(root, content, source, values)
    parts = [_find(root, (kind.listed,)) for kind in ROOTS]
    if large := [key for key, value in parts if size_of(value) > MAX_NODES]:
        places = [located(source, key.start_mark.line + 1) for key in large]
        fix = "is too large with its aliases; write fewer"
        raise FlowProblem(*(Problem(place, "", fix) for place in places))
    try:
        is_new = isinstance(content, dict) and content.keys() & {*_Contents.model_fields} - {ROOT}
        read = (_Contents if is_new else _FlexFlows).model_validate(content)
    except ValidationError as refused:
        problems = (_problem(error, root, source) for error in refused.errors())
        raise FlowProblem(*problems) from None
    contents = _Contents.model_construct(**dict(read))
    lines = {
        (*(() if name == ROOT else (name,)), index, *path): (
            _find(root, (name, index, *path))[0].start_mark.line + 1
        )
        for name in LISTS
        for index, each in enumerate(getattr(contents, name))
        for path in _field_paths(each)
    }
    for kind, (key, value) in zip(ROOTS, parts, strict=True):
        if value is not None:
            lines |= _lines(key, value, (kind.listed,))
    file = FlowFile(
        tuple(contents.flex_flows),
        source,
        lines,
        tuple(contents.address_configurations),
        tuple(contents.custom_chats),
        tuple(read.model_fields_set),
        values,
        tuple(entries_of(contents)),
        tuple(lists_of(contents)),
    )
    _stop_at([*_repeated_names(file), *_repeated_resources(file), *_repeated_views(file)])
    return file


def _repeated_resources(file: FlowFile) -> Iterator[Problem]:
    """Find names that two resources of a list have or had."""
    firsts: dict[Address, ResourceEntry] = {}
    for entry in file.resources:
        for name in entry.names:
            place = (*entry.address[:-1], name.casefold() if entry.kind.ignores_case else name)
            first = firsts.setdefault(place, entry)
            if first is not entry:
                fix = f"names another {entry.kind.noun} too ({file.where(first)}); rename one"
                where = file.where(entry, *(["formerly"] if name != entry.label else []))
                yield Problem(where, f"{entry.kind.noun} {name!r}", fix)


def _repeated_views(file: FlowFile) -> Iterator[Problem]:
    """Find fields that two views of a resource share, and both might say."""
    lists = {place[0] for place in file.places}
    for view, other in VIEWS if any({*pair} <= lists for pair in VIEWS) else ():
        for entry in file.resources:
            said = entry.dumped() if entry.address[0] == view else {}
            for name in said:
                field_ = entry.kind.by_name.get(name)
                if entry.kind.permanent or (field_ is not None and field_.is_shared):
                    what = f"{entry.label!r} {name}"
                    fix = f"belongs to {other} as well, which the file has; move it there"
                    yield Problem(file.where(entry, name), what, fix)


def _put_definitions(root: yaml.Node, content: Any, source: str, values: Values) -> None:
    """Put the content of JSON files beside the file in the place of their paths."""
    studio = content.get(STUDIO_FLOWS) if isinstance(content, dict) else None
    for name, flow in studio.items() if isinstance(studio, dict) else ():
        path = flow.get(DEFINITION) if isinstance(flow, dict) else None
        if isinstance(path, str):
            beside = Path(path) if source == TEXT else Path(source).parent / path
            try:
                text = text_of(beside, "a JSON file, from the flow file's folder")
            except FlowProblem as refused:
                place = (STUDIO_FLOWS, str(name), DEFINITION)
                line = located(source, _find(root, place)[0].start_mark.line + 1)
                fix = f"{path} {refused.problems[0].fix}"
                raise FlowProblem(Problem(line, ".".join(place), fix)) from None
            flow[DEFINITION] = values.json(text, str(beside))


def _repeated_names(file: FlowFile) -> Iterator[Problem]:
    for kind, held in (("flow", file.flows), ("chat", file.custom_chats)):
        firsts: dict[str, str] = {}
        for each in held:
            for field_ in ("friendly_name", "formerly"):
                if name := getattr(each, field_, None):
                    where = file.where(each, field_)
                    if name in firsts:
                        fix = f"names another {kind} too ({firsts[name]}); rename one"
                        yield Problem(where, f"{field_} {name!r}", fix)
                    firsts.setdefault(name, where)
    firsts = {}
    for address in file.addresses:
        where = file.where(address, "address")
        if address.label in firsts:
            fix = f"is given above too ({firsts[address.label]}); remove one"
            yield Problem(where, f"address {address.label!r}", fix)
        firsts.setdefault(address.label, where)


def _lines(key: yaml.Node, value: yaml.Node, path: FieldPath) -> dict[FieldPath, int]:
    """The lines of all that is below a key, by path."""
    found = {path: key.start_mark.line + 1}
    if isinstance(value, yaml.MappingNode):
        for name, each in value.value:
            found |= _lines(name, each, (*path, str(name.value)))
    elif isinstance(value, yaml.SequenceNode):
        for at, each in enumerate(value.value):
            found |= _lines(each, each, (*path, at))
    return found


def _field_paths(part: BaseModel) -> Iterator[FieldPath]:
    """Paths of the fields that are given, those of parts included."""
    yield ()
    for name in part.model_fields_set:
        value = getattr(part, name)
        below: Iterable[FieldPath] = _field_paths(value) if isinstance(value, BaseModel) else [()]
        yield from ((name, *path) for path in below)


def _parse(text: str, source: str, given: Given, env: str | None) -> tuple[yaml.Node, Any, Values]:
    """The nodes of a YAML text, which know their lines, its content, and its variables."""
    root = composed(text, source)
    if root is None:
        fix = f"is empty; begin with `{ROOT}:` and a list of flows"
        raise FlowProblem(Problem(source, "", fix))
    _stop_at(_repeated_keys(root, source))
    loader = yaml.SafeLoader("")
    try:
        values = declared(root, partial(_line_of, source), source, given, env)
        _stop_at(values.resolve(root, partial(_line_of, source)))
        _stop_at(_repeated_keys(root, source))
        return root, loader.construct_document(root), values
    except FlowProblem:
        raise
    except (yaml.YAMLError, ValueError) as error:
        raise FlowProblem(_not_yaml(error, source, text)) from None
    except RecursionError:
        raise FlowProblem(Problem(source, "", _TOO_DEEP)) from None
    finally:
        loader.dispose()


_TOO_DEEP = "is not YAML: it is nested too deep; flatten it"


def composed(text: str, source: str) -> yaml.Node | None:
    """The nodes of a YAML text, whose keys are text; None of an empty one.

    Raises:
        FlowProblem: It is not YAML, or has values that no file can have.
    """
    try:
        root: yaml.Node | None = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        if text.lstrip("\ufeff \r\n\t").startswith("{"):
            read_json(text, source)
        raise FlowProblem(_not_yaml(error, source, text)) from None
    except RecursionError:
        raise FlowProblem(Problem(source, "", _TOO_DEEP)) from None
    _stop_at(_of_text(root, source) if root else ())
    return root


def _line_of(source: str, node: yaml.Node) -> str:
    return located(source, node.start_mark.line + 1)


def _stop_at(problems: Iterable[Problem]) -> None:
    """Raise FlowProblem if there are any."""
    if found := tuple(problems):
        raise FlowProblem(*found)


MAX_NODES = 1_000_000
"""Values of a file, counted as often as aliases repeat them."""


def size_of(node: yaml.Node | None) -> int:
    """The number of values below a node, aliases followed; a node within itself counts once.

    One that aliases nest too deep to be counted has no end.
    """
    try:
        return _size_of(node, {}) if node else 0
    except RecursionError:
        return sys.maxsize


def _size_of(node: yaml.Node, known: dict[int, int]) -> int:
    if id(node) not in known:
        known[id(node)] = 1
        parts = node.value if isinstance(node, yaml.CollectionNode) else ()
        below = (each for part in parts for each in (part if isinstance(part, tuple) else (part,)))
        known[id(node)] = 1 + sum(_size_of(each, known) for each in below)
    return known[id(node)]


def _not_yaml(error: Exception, source: str, text: str) -> Problem:
    """The problem of a text that PyYAML cannot read, with its line."""
    mark, start = getattr(error, "problem_mark", None), getattr(error, "context_mark", None)
    where, fix = source, "correct the line"
    if mark:
        where = located(source, mark.line + 1)
        fix = "put `${...}` in quotes" if "${" in (mark.get_snippet() or "") else fix
    elif isinstance(error, yaml.reader.ReaderError):
        where = located(source, text[: error.position].count("\n") + 1)
        fix = f"remove the character U+{int(error.character):04X}"
    what = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    if mark and start and start.line != mark.line:
        what += f" ({getattr(error, 'context', '')} from line {start.line + 1} on)"
    return Problem(where, "", f"is not YAML: {what}; {fix}")


def _of_text(root: yaml.Node, source: str) -> Iterator[Problem]:
    """Find values with a NUL, and keys that YAML takes for something else than text."""
    ahead: list[tuple[yaml.Node, FieldPath]] = [(root, ())]
    visited = set()
    while ahead:
        node, path = ahead.pop()
        if id(node) in visited:
            continue
        visited.add(id(node))  # an alias may name one node many times over
        if isinstance(node, yaml.ScalarNode):
            if "\0" in node.value:
                yield Problem(_line_of(source, node), _spelled(path), "holds a NUL; remove it")
        elif isinstance(node, yaml.MappingNode):
            for key, value in reversed(node.value):
                below = (*path, str(key.value))
                ahead += (value, below), (key, below)
                if isinstance(key, yaml.ScalarNode) and key.tag not in _KEYS:
                    fix = f"must be text; put it in quotes: '{key.value}'"
                    yield Problem(_line_of(source, key), _spelled(below), fix)
        else:
            ahead += ((each, (*path, at)) for at, each in reversed([*enumerate(node.value)]))


def _spelled(path: FieldPath) -> str:
    parts = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return "".join(parts).removeprefix(".")


_KEYS = ("tag:yaml.org,2002:str", "tag:yaml.org,2002:merge")
"""Tags of keys: a text, or the sign of a merge."""


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
    if path and path[-1] == "[key]":  # a name that is none
        path = (*path[:-2], str(path[-2]))
    within = error.get("ctx", {}).get("path", ())
    node, _ = _find(root, (*path, *within, *setting_of(error)))
    where = located(source, node.start_mark.line + 1)
    # The letters of a value: YAML takes `+49170` for a number, and `0170` for another one.
    _, value = _find(root, path)
    written = str(value.value) if path and isinstance(value, yaml.ScalarNode) else None
    return Problem(where, _spelled((*path, *within)), fix_of(error, written))


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
