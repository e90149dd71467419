"""Reads Terraform's configurations: resources of a module and of the modules that it calls.

Expressions are computed as far as they need no account. A variable without a value stays one: its
place is held by a text that stands for it.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..errors import FlowProblem, Problem
from ..file.text_files import read_json, text_of
from .hcl import (
    Expressions,
    NotRead,
    Scope,
    attributes_of,
    limited,
    list_of,
    looked_up,
    parsed,
    subtrees,
    word,
)
from .saved import BY_TYPE

_ELSEWHERE = ("data", "provider", "terraform", "output", "variable", "resource", "module")
"""Blocks that say nothing of a resource by themselves."""
MOST_INSTANCES = 10_000
"""Instances of a resource or module by `count`."""


@dataclass(frozen=True)
class TerraformResource:
    """A resource of a configuration or a state, at `FILE:LINE`; secrets are `sensitive`."""

    type: str
    address: str
    attributes: dict[str, Any] = field(repr=False)
    where: str
    sensitive: frozenset[str] = frozenset()


@dataclass(frozen=True)
class TerraformVariable:
    """A variable of a flow file for one without a value, and the text that stands for it."""

    name: str
    placeholder: str
    description: str = ""
    secret: bool = False

    @classmethod
    def of(cls, name: str, description: str, *, secret: bool) -> TerraformVariable:
        """The variable of a name, which may be none of a flow file."""
        mark = hashlib.sha256(name.encode()).hexdigest()[:10]
        stands = f"var-{re.sub('[^a-z0-9]+', '-', name.lower()).strip('-')}-{mark}"
        own = re.sub("[^A-Za-z0-9_]+", "_", name).strip("_")
        return cls(f"_{own}" if own[:1].isdigit() else own, stands, description, secret)

    @property
    def url(self) -> str:
        """The text that stands for it where that must be a URL."""
        return f"https://{self.placeholder}.invalid/"

    @property
    def declaration(self) -> dict[str, Any]:
        """Its declaration in a flow file."""
        described = {"description": self.description} if self.description else {}
        return described | ({"secret": True} if self.secret else {"type": "string"})


@dataclass
class Configuration:
    """The resources and unresolved variables of a configuration, and what is left out.

    `kept` are names of variables that stay variables, although they may have a default.
    """

    kept: frozenset[str] = frozenset()
    resources: list[TerraformResource] = field(default_factory=list)
    variables: dict[str, TerraformVariable] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)


def read_configuration(
    folder: Path,
    given: Mapping[str, Any],
    known: Callable[[str, str], str | None],
    kept: frozenset[str] = frozenset(),
) -> Configuration:
    """Read the module in a folder.

    Args:
        folder: Its folder.
        given: Values of its variables.
        known: Returns the SID of a resource by type and address; None for a type to leave out.
        kept: Names of variables that stay variables.

    Raises:
        FlowProblem: It cannot be read or computed; every problem with its file and line.
    """
    found = Configuration(kept)
    problems: list[Problem] = []
    root = _Module(folder, "", dict(given), known, found, problems, ())
    root.declare()
    root.read()
    if problems:
        raise FlowProblem(*dict.fromkeys(problems))
    return found


def read_values(path: Path) -> dict[str, Any]:
    """The values of a `.tfvars` or `.tfvars.json` file."""
    if path.suffix == ".json":
        found = read_json(text_of(path, "a .tfvars.json file"), str(path))
        if isinstance(found, dict):
            return found
        fix = 'must be a mapping, such as {"host": "bot.example.com"}'
        raise FlowProblem(Problem(str(path), "", fix))
    module = _Module(path.parent, "", {}, lambda *_: None, Configuration(), [], ())
    scope = Scope(str(path))
    body = parsed(text_of(path, "a .tfvars file"), str(path)).children[0]
    return {name: module.value(value, scope) for name, value in attributes_of(body).items()}


def _blocks(body: Any) -> Iterator[tuple[list[str], Any]]:
    """Labels and body of each block."""
    for each in subtrees(body, "block"):
        yield _labels(each), subtrees(each, "body")[0]


def _labels(block: Any) -> list[str]:
    return [word(one) for one in subtrees(block, "identifier", "string", "keyword")]


def _counted(count: Any) -> range:
    """The indices of a `count`; ValueError or TypeError if it is none."""
    if isinstance(count, float) or not 0 <= int(count) <= MOST_INSTANCES:
        raise ValueError(count)
    return range(int(count))


class _Module(Expressions):
    """A folder of `.tf` files, with its inputs."""

    def __init__(
        self,
        folder: Path,
        address: str,
        inputs: dict[str, Any],
        known: Callable[[str, str], str | None],
        found: Configuration,
        problems: list[Problem],
        callers: tuple[Path, ...],
    ) -> None:
        self.folder, self._address, self._inputs = folder, address, inputs
        self.root = callers[0] if callers else folder
        self._known, self._found, self._problems = known, found, problems
        self._callers = (*callers, folder.resolve())
        self._computing: set[str] = set()
        self._computed: dict[str, Any] = {}
        self._locals: dict[str, tuple[Any, Scope]] = {}
        self._variables: dict[str, tuple[Any, Scope]] = {}
        self._outputs: dict[str, tuple[Any, Scope]] = {}
        self._calls: dict[str, tuple[Any, Scope]] = {}
        self._modules: dict[tuple[str, str], _Module] = {}
        self._resources: dict[tuple[str, str], tuple[Any, Scope]] = {}

    def declare(self) -> None:
        """Read what the files declare, without computing anything."""
        files = sorted(self.folder.glob("*.tf"))
        if not files:
            fix = "has no .tf files; give the folder of a Terraform configuration"
            raise FlowProblem(Problem(str(self.folder), "", fix))
        for path in self.folder.glob("*.tf.json"):
            self._found.left_out.append(f"{path}: a configuration in JSON")
        for path in files:
            if path.stem == "override" or path.stem.endswith("_override"):
                self._found.left_out.append(f"{path}: what overrides others")
                continue
            scope = Scope(str(path))
            body = parsed(text_of(path, "a .tf file"), str(path)).children[0]
            for labels, block in _blocks(body):
                self._declare(labels, block, scope)

    def _declare(self, labels: list[str], block: Any, scope: Scope) -> None:
        kind, *names = labels
        if kind == "locals":
            for name, value in attributes_of(block).items():
                self._locals[name] = value, scope
        elif kind == "variable" and len(names) == 1:
            self._variables[names[0]] = block, scope
        elif kind == "output" and len(names) == 1 and "value" in attributes_of(block):
            self._outputs[names[0]] = attributes_of(block)["value"], scope
        elif kind == "module" and len(names) == 1:
            self._calls[names[0]] = block, scope
        elif kind == "resource" and len(names) == 2:
            if (names[0], names[1]) in self._resources:
                fix = "is declared above, or in another file, too; remove one"
                self._problems.append(Problem(scope.where(block), ".".join(names), fix))
            self._resources[names[0], names[1]] = block, scope
        elif kind not in _ELSEWHERE:
            self._found.left_out.append(f"{scope.where(block)}: the {' '.join(labels)} block")

    def read(self) -> None:
        """Compute all resources, those of called modules included."""
        for (kind, name), (block, scope) in self._resources.items():
            address = f"{self._address}{kind}.{name}"
            if self._known(kind, address) is None:
                self._found.left_out.append(f"{scope.source}: {address}")
                continue
            for key, inner in self._instances(block, scope):
                self._resource(kind, f"{address}{key}", block, inner)
        for name, (block, scope) in self._calls.items():
            for key, inner in self._instances(block, scope):
                try:
                    if (called := self._module(name, key, inner)) is not None:
                        called.read()
                except FlowProblem as refused:
                    self._problems.extend(refused.problems)

    def _instances(self, block: Any, scope: Scope) -> list[tuple[str, Scope]]:
        """The key of each instance, and its scope."""
        given = attributes_of(block)
        try:
            if "count" in given:
                count = self.value(given["count"], scope)
                names = [(f"[{at}]", {"count": {"index": at}}) for at in _counted(count)]
            elif "for_each" in given:
                over = self.value(given["for_each"], scope)
                pairs = (
                    over.items()
                    if isinstance(over, dict)
                    else zip(list_of(over), over, strict=True)
                )
                names = [
                    (f"[{json.dumps(key)}]", {"each": {"key": key, "value": value}})
                    for key, value in pairs
                ]
            else:
                return [("", scope)]
        except FlowProblem as refused:
            self._problems.extend(refused.problems)
            return []
        except (TypeError, ValueError):
            fix = (
                "needs `count` or `for_each` to be known; give the variables in it a value: a"
                f" number up to {MOST_INSTANCES:,}, or a mapping or set"
            )
            self._problems.append(Problem(scope.where(block), "", fix))
            return []
        return [(key, replace(scope, names=own)) for key, own in names]

    def _resource(self, kind: str, address: str, block: Any, scope: Scope) -> None:
        found: dict[str, Any] = {}
        for each in subtrees(block, "block"):
            self._leave_out(scope.where(each), address, f"its {' '.join(_labels(each))} block")
        for name, value in attributes_of(block).items():
            if name in ("count", "for_each", "depends_on"):
                continue
            if not BY_TYPE[kind].reads(name):
                self._leave_out(scope.where(value), address, name)
            if name == "provider":
                continue
            try:
                found[name] = self.value(value, scope)
            except FlowProblem as refused:
                self._problems.extend(refused.problems)
        found["sid"] = self._known(kind, address)
        where = scope.where(block)
        self._found.resources.append(TerraformResource(kind, address, found, where))

    def _leave_out(self, where: str, address: str, name: str) -> None:
        """Note a part of a resource that is not read, once for all its instances."""
        note = f"{where}: {address.partition('[')[0]}: {name}"
        if note not in self._found.left_out:
            self._found.left_out.append(note)

    # -- references

    def is_known(self, value: Any) -> bool:
        """Return whether a value holds no variable without one."""
        names = (each.placeholder for each in self._found.variables.values())
        return not isinstance(value, str) or not any(name in value for name in names)

    def _module(self, name: str, key: str, scope: Scope) -> _Module | None:
        """The module of an instance of a call; None for one that is not a folder here."""
        if (name, key) in self._modules:
            return self._modules[name, key]
        block, _ = self._calls[name]
        given = attributes_of(block)
        source = str(self.value(given["source"], scope)) if "source" in given else ""
        folder = Path(os.path.normpath(self.folder / source))
        if not source.startswith((".", "/")):
            self._found.left_out.append(f"{scope.where(block)}: module.{name} ({source})")
            return None
        if folder.resolve() in self._callers:
            fix = f"calls itself, by way of {source}; remove the circle"
            raise FlowProblem(Problem(scope.where(block), f"module.{name}", fix))
        skipped = ("source", "version", "count", "for_each", "providers", "depends_on")
        inputs = {
            each: self.value(value, scope) for each, value in given.items() if each not in skipped
        }
        path = f"{self._address}module.{name}{key}."
        parts = (self._known, self._found, self._problems, self._callers)
        called = self._modules[name, key] = _Module(folder, path, inputs, *parts)
        called.declare()
        return called

    def output(self, name: str) -> Any:
        """An output's value."""
        if name not in self._outputs:
            raise NotRead(f"the module has no output {name!r}")
        value, scope = self._outputs[name]
        return self._once(f"output.{name}", lambda: self.value(value, scope))

    def _once(self, name: str, compute: Callable[[], Any]) -> Any:
        if name in self._computing:
            raise NotRead(f"{name} refers to itself")
        if name not in self._computed:
            self._computing.add(name)
            try:
                self._computed[name] = limited(compute())
            finally:
                self._computing.discard(name)
        return self._computed[name]

    def _variable(self, name: str) -> Any:
        if name not in self._variables:
            raise NotRead(f"var.{name} is not declared in {self.folder}")
        block, scope = self._variables[name]
        given = attributes_of(block)
        is_secret = "sensitive" in given and self.value(given["sensitive"], scope) is True
        if name in self._inputs and not is_secret:
            return self._typed(name, word(given["type"]) if "type" in given else "")
        if "default" in given and not is_secret and name not in self._found.kept:
            return self._once(f"var.{name}", lambda: self.value(given["default"], scope))
        if self._address:
            if name in self._inputs:
                return self._inputs[name]
            raise NotRead(f"var.{name} has no value; the call of its module must give one")
        text = self.value(given["description"], scope) if "description" in given else ""
        found = TerraformVariable.of(name, str(text), secret=is_secret)
        self._found.variables[name] = found
        return found.placeholder

    def _typed(self, name: str, kind: str) -> Any:
        """A value that was given, as its type: on a command line all of them are texts."""
        given = self._inputs[name]
        if not isinstance(given, str) or kind in ("", "any", "string"):
            return given
        if not self.is_known(given):
            return given
        source = f"the value of var.{name}"
        (tree,) = attributes_of(parsed(f"x = {given}\n", source).children[0]).values()
        return self.value(tree, Scope(source))

    def reference(self, path: Sequence[str], scope: Scope) -> Any:
        """The value of a dotted name, and the rest of it that is looked up there."""
        first, *rest = path
        if first in scope.names:
            return looked_up(scope.names[first], rest)
        if first == "path" and rest:
            return {"module": str(self.folder), "root": ".", "cwd": "."}.get(rest[0], "")
        if first == "local" and rest and rest[0] in self._locals:
            value, inner = self._locals[rest[0]]
            found = self._once(f"local.{rest[0]}", lambda: self.value(value, inner))
            return looked_up(found, rest[1:])
        if first == "var" and rest:
            return looked_up(self._variable(rest[0]), rest[1:])
        if first == "module" and len(rest) > 1 and rest[0] in self._calls:
            key = rest[1] if rest[1].startswith("[") else ""
            name, *path_in = rest[1 + bool(key) :] or [""]
            own = dict(self._instances(*self._calls[rest[0]]))
            called = self._module(rest[0], key, own[key]) if key in own else None
            if called is not None:
                return looked_up(called.output(name), path_in)
        if rest and (first, rest[0]) in self._resources:
            return self._of_resource(first, rest[0], rest[1:])
        raise NotRead(f"{'.'.join(path)} has no value here")

    def _of_resource(self, kind: str, name: str, rest: Sequence[str]) -> Any:
        address = f"{self._address}{kind}.{name}"
        while rest and rest[0].startswith("["):
            address, rest = address + rest[0], rest[1:]
        if not rest:
            raise NotRead(f"{address} is a whole resource; name an attribute of it")
        if rest[0] in ("sid", "id"):
            sid = self._known(kind, address)
            if sid is not None:
                return sid
        block, scope = self._resources[kind, name]
        given = attributes_of(block)
        if rest[0] not in given:
            raise NotRead(f"{address}.{rest[0]} is known after apply only; read the state")
        return self._once(f"{address}.{rest[0]}", lambda: self.value(given[rest[0]], scope))
