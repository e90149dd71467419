"""Variables of a flow file: declared in it, chosen by an environment, used as `${name}` in values.

variables:
  bot_host: {default: bot.example.com, description: Host of the bot}
  agents: {type: number, default: 4}
  bot_token: {secret: true}     # the process's environment variable of this name
environments:
  prod: {bot_host: bot.example.org}

A value given by the caller wins over the environment's, and that over the default. A value that is
a variable and nothing else takes its type; in a longer text it is text. `$${` stands for `${`.
"""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from html import escape
from typing import Any
from urllib.parse import quote

import yaml

from ...masking import SHORTEST, know
from ..errors import FlowProblem, Problem, meant
from .nodes import Loader
from .text_files import read_json
from .words import misread

VARIABLES, ENVIRONMENTS = "variables", "environments"
"""Keys of a file."""
Value = str | int | float | bool | list[Any]
Given = Mapping[str, Any]
Where = Callable[[yaml.Node], str]
"""Gives the place of a node."""
_TYPES: dict[str, tuple[Any, str]] = {
    "string": ((str,), "text; put it in quotes if it is not taken for text"),
    "number": ((int, float), "a number, such as 20"),
    "boolean": ((bool,), "true or false, without quotes"),
    "list": ((list,), "a list of texts, numbers and true or false, such as [chat, sms]"),
}
_FIELDS = ("type", "default", "description", "secret")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
REFERENCE = re.compile(r"\$\$\{|\$\{([^{}]*)\}|\$\{")
"""A variable in a text, by its name, and what looks like one."""
_TEXT = "tag:yaml.org,2002:str"


def escaped(text: str) -> str:
    """A text in which nothing is a variable."""
    return text.replace("${", "$${")


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable as a file declares it; `type` is one of string, number, boolean and list."""

    name: str
    type: str = "string"
    secret: bool = False
    value: Value | None = field(default=None, repr=False)

    def typed(self, given: Any) -> Value:
        """A value of its type; text, as of a command line, is read as one. Else ValueError."""
        kinds, form = _TYPES[self.type]
        if isinstance(given, str) and self.type != "string":
            # For YAML, 010 is eight, and 1:30 is ninety.
            read = _listed if self.type == "list" else json.loads
            try:
                given = read(given)
            except (yaml.YAMLError, ValueError, RecursionError):
                given = None
        of_list = given if isinstance(given, list) else []
        plain = all(isinstance(each, str | int | float) for each in of_list)
        is_bool = isinstance(given, bool) and self.type != "boolean"
        if not isinstance(given, kinds) or is_bool or not plain:
            raise ValueError(f"must be {form}")
        if isinstance(given, float) and not math.isfinite(given):
            raise ValueError("must be a finite number")
        for text in (given, *of_list):
            if isinstance(text, str) and any(each[0] != "$${" for each in _found(text)):
                raise ValueError("holds a variable, and may not; write `$${` for `${` itself")
            if isinstance(text, str) and "\0" in text:
                raise ValueError("holds a NUL; remove it")
        found: Value = given
        if isinstance(found, list):
            return [each.replace("$${", "${") if isinstance(each, str) else each for each in found]
        return found.replace("$${", "${") if isinstance(found, str) else found

    def from_process(self) -> Variable:
        """The same secret with its value, where the process's environment has one."""
        value = os.environ.get(self.name, "")
        if 0 < len(value) < SHORTEST:
            raise ValueError(
                f"is a secret of fewer than {SHORTEST} characters, which could not be kept out of"
                " what is shown; take a longer one"
            )
        spelled = json.dumps(value), repr(value)
        know(
            value, *(each[1:-1] for each in spelled), quote(value), quote(value, ""), escape(value)
        )
        return replace(self, value=value or None)


def _listed(text: str) -> Any:
    loader = Loader(text)
    try:
        return loader.get_single_data()
    finally:
        loader.dispose()


def _found(text: str) -> Iterator[re.Match[str]]:
    return REFERENCE.finditer(text)


@dataclass(frozen=True, slots=True)
class Values:
    """The variables of a file by name, with their values.

    `standing` are texts that stand for variables without one, by text; `declared` are parts of the
    file that declare those. `remarks` are values that YAML reads as others than are written.
    """

    variables: Mapping[str, Variable] = field(default_factory=dict)
    standing: Mapping[str, str] = field(default_factory=dict)
    declared: Mapping[str, Any] = field(default_factory=dict)
    remarks: tuple[Problem, ...] = ()

    @classmethod
    def of_process(cls, secrets: Iterable[str]) -> Values:
        """Secrets of these names, from the process's environment; FlowProblem for one not set."""
        found, problems = {}, []
        for name in secrets:
            reason = "is not set; set this environment variable"
            try:
                found[name] = Variable(name, secret=True).from_process()
            except ValueError as error:
                reason = str(error)
            if name not in found or found[name].value is None:
                problems.append(Problem("", f"secret {name}", reason))
        if problems:
            raise FlowProblem(*problems)
        return cls(found)

    def resolved(self, text: str, *, is_key: bool = False) -> Value:
        """A text with its variables replaced; ValueError has the reason why one has no value.

        A key stays text, of whatever type its variable is.
        """
        whole = None if is_key else REFERENCE.fullmatch(text)
        if whole and whole[1] is not None:
            return self._value(whole[1])
        return REFERENCE.sub(self._part, text)

    def _part(self, found: re.Match[str]) -> str:
        if found[0] == "$${":
            return "${"
        if found[1] is None:
            raise ValueError("`${` has no `}`; add it, or write `$${` for `${` itself")
        value = self._value(found[1])
        if isinstance(value, str | int | float):
            return str(value).lower() if isinstance(value, bool) else str(value)
        raise ValueError(f"`{found[0]}` is a list, and must be the whole value of a field")

    def _value(self, name: str) -> Value:
        literal = f"write `$${{{name}}}` for `${{{name}}}` itself"
        variable = self.variables.get(name)
        if variable is None:
            if not _NAME.fullmatch(name):
                raise ValueError(
                    f"`${{{name}}}` names no variable, which is letters, digits and _; {literal}"
                )
            hint = f" ({meant(name, self.variables)})" if self.variables else ""
            raise ValueError(
                f"`${{{name}}}` is no variable of the file{hint}; declare it under"
                f" `{VARIABLES}:`, or {literal}"
            )
        if variable.value is None:
            raise ValueError(
                f"`${{{name}}}` is a secret; set the environment variable {name}"
                if variable.secret
                else f"`${{{name}}}` has no value; give it with --var {name}=..., in an environment"
                " of the file, or as its default"
            )
        return variable.value

    def resolve(self, root: yaml.Node, where: Where) -> list[Problem]:
        """Replace all variables below a node. Returns those that have no value."""
        problems: dict[int, Problem] = {}
        ahead, visited = [root], set()

        def replaced(node: yaml.Node, *, is_key: bool = False) -> yaml.Node:
            if not isinstance(node, yaml.ScalarNode) or "${" not in node.value:
                ahead.append(node)
                return node
            try:
                return _node(self.resolved(node.value, is_key=is_key), node)
            except ValueError as error:
                at = node.start_mark.index
                problems[at] = Problem(where(node), "", str(error))
                return node

        while ahead:
            node = ahead.pop()
            if id(node) in visited:
                continue
            visited.add(id(node))  # an alias may name one node many times over
            if isinstance(node, yaml.SequenceNode):
                node.value[:] = [replaced(each) for each in node.value]
            elif isinstance(node, yaml.MappingNode):
                node.value[:] = [
                    (replaced(key, is_key=True), replaced(value)) for key, value in node.value
                ]
        return [problems[at] for at in sorted(problems)]

    def json(self, text: str, source: str) -> Any:
        """The content of a JSON text, such as a definition beside the file, all resolved.

        Raises:
            FlowProblem: It is not JSON, or has variables without a value; with `source` and line.
        """
        problems: dict[str, Problem] = {}

        def resolved(value: Any, *, is_key: bool = False) -> Any:
            if isinstance(value, list):
                return [resolved(each) for each in value]
            if isinstance(value, dict):
                found: dict[str, Any] = {}
                for name, each in value.items():
                    key = resolved(name, is_key=True)
                    if key in found:
                        problems[key] = Problem(source, key, "is given twice; remove one")
                    found[key] = resolved(each)
                return found
            if not isinstance(value, str) or "${" not in value:
                return value
            try:
                return self.resolved(value, is_key=is_key)
            except ValueError as error:
                reference = next(each[0] for each in _found(value) if each[0] in str(error))
                line = text[: text.find(reference)].count("\n") + 1
                problems[reference] = Problem(f"{source}:{line}", "", str(error))
                return value

        content = read_json(text, source)
        found = resolved(content) if "${" in text or "\\u0024" in text else content
        if problems:
            raise FlowProblem(*problems.values())
        return found

    def written(self, value: Any) -> Any:
        """A value as a file writes it: secrets by name, other `${` as `$${`."""
        if isinstance(value, list | tuple):
            return [self.written(each) for each in value]
        if isinstance(value, Mapping):
            return {self.written(name): self.written(each) for name, each in value.items()}
        if not isinstance(value, str):
            return value
        text = escaped(value)
        named = {secret: name for name, secret in self.secrets.items()} | dict(self.standing)
        for each in sorted(named, key=len, reverse=True):
            text = text.replace(escaped(each), f"${{{named[each]}}}")
        return text

    @property
    def secrets(self) -> dict[str, str]:
        """The values of secrets that have one, by name."""
        return {
            each.name: str(each.value)
            for each in self.variables.values()
            if each.secret and each.value is not None
        }

    @property
    def declarations(self) -> dict[str, Any]:
        """The parts of a file that declare variables; empty without any."""
        found = {name: {"secret": True} for name in self.secrets}
        return ({VARIABLES: found} if found else {}) | dict(self.declared)


def _node(value: Value, at: yaml.Node) -> yaml.Node:
    """A node for a value, at the place of another."""
    marks = at.start_mark, at.end_mark
    if isinstance(value, list):
        return yaml.SequenceNode(
            "tag:yaml.org,2002:seq", [_node(each, at) for each in value], *marks
        )
    kind = type(value).__name__
    text = str(value).lower() if isinstance(value, bool) else str(value)
    tag, style = (_TEXT, "'") if kind == "str" else (f"tag:yaml.org,2002:{kind}", None)
    return yaml.ScalarNode(tag, text, *marks, style)


def declared(root: yaml.Node, where: Where, source: str, given: Given, env: str | None) -> Values:
    """Take the declarations out of a file's nodes.

    Args:
        root: The file's nodes; both keys are removed.
        where: Gives the place of a node.
        source: The file.
        given: The caller's values.
        env: Name of an environment of the file.

    Raises:
        FlowProblem: They are not right, or there is no such variable or environment.
    """
    reader = _Declarations(where)
    parts = reader.taken(root, VARIABLES, ENVIRONMENTS)
    reader.read_variables(parts.get(VARIABLES))
    chosen = reader.read_environments(parts.get(ENVIRONMENTS), source, env)
    reader.overlay(chosen, source, given)
    if reader.problems:
        raise FlowProblem(*reader.problems)
    return Values(reader.variables, remarks=tuple(reader.remarks))


class _Declarations:
    """Reads declarations, and collects their problems."""

    def __init__(self, where: Where) -> None:
        self._where = where
        self._loader = yaml.SafeLoader("")
        self.variables: dict[str, Variable] = {}
        self.problems: list[Problem] = []
        self.remarks: list[Problem] = []

    def taken(self, root: yaml.Node, *names: str) -> dict[str, yaml.Node]:
        """Parts of the file, which are removed from it."""
        if not isinstance(root, yaml.MappingNode):
            return {}
        pairs = root.value
        root.value = [pair for pair in pairs if pair[0].value not in names]
        return {key.value: value for key, value in pairs if key.value in names}

    def read_variables(self, node: yaml.Node | None) -> None:
        """Declarations; one that is wrong is declared all the same, so that its uses are right."""
        for name, (key, value) in self._mapping(node, VARIABLES, "bot_host: {default: ...}"):
            self.variables[name] = Variable(name)
            path = f"{VARIABLES}.{name}"
            if not _NAME.fullmatch(name):
                self._problem(key, path, "must be letters, digits and _; rename it")
            fields = dict(self._mapping(value, path, "{default: bot.example.com}"))
            for each in [each for each in fields if each not in _FIELDS]:
                fix = f"is not known here; {meant(each, _FIELDS)}"
                self._problem(fields[each][0], f"{path}.{each}", fix)
            found = {each: self._plain(fields[each][1]) for each in _FIELDS if each in fields}
            if "description" in found and not isinstance(found["description"], str):
                self._problem(fields["description"][0], f"{path}.description", "must be text")
            if not isinstance(found.get("secret", False), bool):
                self._problem(fields["secret"][0], f"{path}.secret", "must be true or false")
            self._declare(name, found, {each: pair[0] for each, pair in fields.items()})
            if "default" in fields and found.get("type") != "boolean":
                self._remark(fields["default"][1], VARIABLES, name, "default")

    def _declare(self, name: str, found: dict[str, Any], keys: Mapping[str, yaml.Node]) -> None:
        path, default = f"{VARIABLES}.{name}", found.get("default")
        kind = found.get("type") or _type_of(default)
        if not isinstance(kind, str) or kind not in _TYPES:
            fix = f"must be one of {', '.join(_TYPES)}"
            self._problem(keys["type"], f"{path}.type", fix)
            return
        variable = Variable(name, kind, secret=found.get("secret") is True)
        if variable.secret and ("default" in found or kind != "string"):
            fix = (
                "is a secret: a text whose value is in no file; remove its default and type, and"
                f" set the environment variable {name}"
            )
            self._problem(keys["default" if "default" in found else "type"], path, fix)
        elif variable.secret:
            try:
                variable = variable.from_process()
            except ValueError as error:
                self._problem(keys["secret"], path, str(error))
        self.variables[name] = variable
        if default is not None and not variable.secret:
            self._set(name, default, keys["default"], f"{path}.default")

    def read_environments(
        self, node: yaml.Node | None, source: str, env: str | None
    ) -> dict[str, tuple[yaml.Node, Any]]:
        """The values of the environment that is chosen; all are checked."""
        found: dict[str, dict[str, tuple[yaml.Node, Any]]] = {}
        for name, (_, value) in self._mapping(node, ENVIRONMENTS, "prod: {bot_host: ...}"):
            path = f"{ENVIRONMENTS}.{name}"
            found[name] = {}
            for each, (key, given) in self._mapping(value, path, "{bot_host: bot.example.com}"):
                found[name][each] = key, self._plain(given)
                is_right = self._check(each, found[name][each][1], key, f"{path}.{each}")
                if is_right and self.variables[each].type != "boolean":
                    self._remark(given, ENVIRONMENTS, name, each)
        if env is not None and env not in found:
            fix = f"is not in the file; {meant(env, found, 'it has')}"
            self.problems.append(Problem(source, f"environment {env!r}", fix))
        return found.get(env or "", {})

    def overlay(
        self, chosen: Mapping[str, tuple[yaml.Node, Any]], source: str, given: Given
    ) -> None:
        """Put the environment's values, and those of the caller, in the place of defaults."""
        for name, value in {**{name: each for name, (_, each) in chosen.items()}, **given}.items():
            if name in given:
                if self._check(name, value, source, f"variable {name}"):
                    self._set(name, value, source, f"variable {name}")
                    if self.variables[name].type == "list" and isinstance(value, str):
                        listed: Any = yaml.compose(value, yaml.SafeLoader)
                        self.remarks += misread(listed, lambda _: source, path=(name,))
            elif name in self.variables and not self.problems:
                self._set(name, value, source, name)

    def _check(self, name: str, value: object, at: yaml.Node | str, path: str) -> bool:
        """Return whether a variable can have a value."""
        variable, number = self.variables.get(name), len(self.problems)
        if variable is None:
            fix = f"is not under `{VARIABLES}:`; {meant(str(name), self.variables)}"
            self._problem(at, path, fix)
        elif variable.secret:
            fix = f"is a secret; remove it here, and set the environment variable {name}"
            self._problem(at, path, fix)
        else:
            try:
                variable.typed(value)
            except ValueError as error:
                self._problem(at, path, str(error))
        return len(self.problems) == number

    def _set(self, name: str, value: object, at: yaml.Node | str, path: str) -> None:
        try:
            known = self.variables[name]
            self.variables[name] = replace(known, value=known.typed(value))
        except ValueError as error:
            self._problem(at, path, str(error))

    def _mapping(
        self, node: yaml.Node | None, path: str, example: str
    ) -> Iterator[tuple[str, tuple[yaml.Node, yaml.Node]]]:
        """Pairs of a mapping by key; a problem if it is none."""
        if node is None or node.tag.endswith(":null"):
            return
        if not isinstance(node, yaml.MappingNode):
            self._problem(node, path, f"must be a mapping, such as `{example}`")
            return
        self._loader.flatten_mapping(node)
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode):
                yield str(key.value), (key, value)
            else:
                self._problem(key, path, "has a key that is not text; write a name")

    def _plain(self, node: yaml.Node) -> Any:
        try:
            return self._loader.construct_document(node)
        except (yaml.YAMLError, ValueError) as error:
            reason = getattr(error, "problem", None) or str(error)
            self._problem(node, "", f"cannot be read: {reason}; correct the line")
            return None

    def _remark(self, value: yaml.Node, *path: str) -> None:
        self.remarks += misread(value, self._where, path=path)

    def _problem(self, at: yaml.Node | str, path: str, fix: str) -> None:
        place = at if isinstance(at, str) else self._where(at)
        self.problems.append(Problem(place, path, fix))


def _type_of(default: object) -> str:
    """The type of a variable that names none."""
    for name, (kinds, _) in _TYPES.items():
        if isinstance(default, kinds) and isinstance(default, bool) == (name == "boolean"):
            return name
    return "string"
