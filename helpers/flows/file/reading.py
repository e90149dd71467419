"""Reads flow files; every problem names the line and the fix."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from ..errors import FieldPath, FlowProblem, Problem
from .config import ROOT
from .contents import LISTS, Contents, LegacyContents
from .conversations import ADDRESSES, CUSTOM_CHATS
from .entries import ResourceEntry, entries_of, lists_of
from .flow_file import FlowFile
from .kinds.kind import Address
from .kinds.studio import DEFINITION, STUDIO_FLOWS
from .kinds.table import KINDS, ROOTS, VIEWS
from .nodes import (
    MAX_NODES,
    TOO_DEEP,
    TOO_LARGE,
    composed,
    find,
    line_of,
    lines_below,
    not_yaml,
    repeated_keys,
    size_of,
    spelled_path,
    stop_at,
)
from .other_formats import recognised
from .remedies import fix_of, setting_of
from .text_files import TEXT, text_of
from .variables import Given, Values, declared
from .words import free_paths, misread


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


def _read(text: str, source: str, given: Given, env: str | None) -> FlowFile:
    try:
        return _understood(text, source, given, env)
    except FlowProblem:
        if said := recognised(text, source):
            raise FlowProblem(Problem(source, "", said)) from None
        raise


def _understood(text: str, source: str, given: Given, env: str | None) -> FlowFile:
    root, content, values = parsed(text, source, given, env)
    _put_definitions(root, content, source, values)
    parts = [find(root, (kind.listed,)) for kind in ROOTS]
    others = [find(root, (name,)) for name in (ADDRESSES, CUSTOM_CHATS)]
    if large := [key for key, value in (*parts, *others) if size_of(value) > MAX_NODES]:
        places = [line_of(source, key) for key in large]
        raise FlowProblem(*(Problem(place, "", TOO_LARGE) for place in places))
    try:
        is_new = isinstance(content, dict) and content.keys() & {*Contents.model_fields} - {ROOT}
        read = (Contents if is_new else LegacyContents).model_validate(content)
    except ValidationError as refused:
        problems = (_problem(error, root, source) for error in refused.errors())
        raise FlowProblem(*problems) from None
    contents = Contents.model_construct(**dict(read))
    lines = {
        (*(() if name == ROOT else (name,)), index, *path): (
            find(root, (name, index, *path))[0].start_mark.line + 1
        )
        for name in LISTS
        for index, each in enumerate(getattr(contents, name))
        for path in _field_paths(each)
    }
    for kind, (key, value) in zip(ROOTS, parts, strict=True):
        if value is not None:
            lines |= lines_below(key, value, (kind.listed,))
    is_free = {*free_paths(contents)}.__contains__
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
        (*values.remarks, *misread(root, partial(line_of, source), is_free)),
    )
    stop_at([*_repeated_names(file), *_repeated_resources(file), *_repeated_views(file)])
    stop_at(_unfit(file))
    return file


def parsed(
    text: str,
    source: str,
    given: Given,
    env: str | None,
    begin: str = f"begin with `{ROOT}:` and a list of flows",
) -> tuple[yaml.Node, Any, Values]:
    """The nodes of a YAML text, which know their lines, its content, and its variables.

    Raises:
        FlowProblem: It cannot be read, has variables without a value, or is empty; what to `begin`
            with is said.
    """
    root = composed(text, source)
    if root is None:
        raise FlowProblem(Problem(source, "", f"is empty; {begin}"))
    stop_at(repeated_keys(root, source))
    loader = yaml.SafeLoader("")
    try:
        values = declared(root, partial(line_of, source), source, given, env)
        stop_at(values.resolve(root, partial(line_of, source)))
        stop_at(repeated_keys(root, source))
        return root, loader.construct_document(root), values
    except FlowProblem:
        raise
    except (yaml.YAMLError, ValueError) as error:
        raise FlowProblem(not_yaml(error, source, text)) from None
    except RecursionError:
        raise FlowProblem(Problem(source, "", TOO_DEEP)) from None
    finally:
        loader.dispose()


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


def _unfit(file: FlowFile) -> Iterator[Problem]:
    """Find resources that are not as they always are, or not as those need that name them."""
    named = {entry.address: entry for entry in file.resources}
    for entry in file.resources:
        for name, value in entry.kind.permanent.get(entry.address[-1], {}).items():
            if getattr(entry.config, name) != value:
                fix = f"is {value} of this one, which is always there; write `{name}: {value}`"
                yield Problem(file.where(entry, name), f"{entry.kind.noun} {entry.label!r}", fix)
        for field in [field for field in entry.kind.fields if field.demands]:
            kind, label = KINDS[field.refers], getattr(entry.config, field.name)
            other = named.get((*entry.address, kind.listed, label or ""))
            fields = dict(other.config) if other else kind.permanent.get(label or "", {})
            for name, value in field.demands.items():
                if fields.get(name, value) != value:
                    fix = f"names a {kind.noun} of {name} {fields[name]}; name one of {value}"
                    yield Problem(file.where(entry, field.name), f"{label!r}", fix)


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
                line = line_of(source, find(root, place)[0])
                fix = f"{path[:100] or repr(path)} {refused.problems[0].fix}"
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


def _field_paths(part: BaseModel) -> Iterator[FieldPath]:
    """Paths of the fields that are given, those of parts included."""
    yield ()
    for name in part.model_fields_set:
        value = getattr(part, name)
        below: Iterable[FieldPath] = _field_paths(value) if isinstance(value, BaseModel) else [()]
        yield from ((name, *path) for path in below)


def _problem(error: ErrorDetails, root: yaml.Node, source: str) -> Problem:
    path = error["loc"]
    if path and path[-1] == "[key]":  # a name that is none
        path = (*path[:-2], str(path[-2]))
    within = error.get("ctx", {}).get("path", ())
    node, _ = find(root, (*path, *within, *setting_of(error)))
    # The letters of a value: YAML takes `+49170` for a number, and `0170` for another one.
    _, value = find(root, path)
    written = str(value.value) if path and isinstance(value, yaml.ScalarNode) else None
    return Problem(line_of(source, node), spelled_path((*path, *within)), fix_of(error, written))
