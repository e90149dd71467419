"""Reads Terraform's configurations: resources of a module and of the modules that it calls.

Expressions are computed as far as they need no account. A variable without a value stays one: its
place is held by a text that stands for it.
"""

from __future__ import annotations

import hashlib
import json
import operator
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import FlowProblem, Problem
from ..file import text_of
from ..variables import read_json

if TYPE_CHECKING:
    from lark import Token, Tree

Where = str
"""`FILE:LINE` of an expression."""
MISSING = "python-hcl2 reads Terraform's language; run `pip install 'flex-chat-lab[terraform]'`"
_ENDS = re.compile(r"\$\$\{|\$\{|%\{")


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int | float):
        return str(value)
    raise TypeError("a list or mapping is no text")


_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "%": operator.mod,
    "&&": lambda one, other: one and other,
    "||": lambda one, other: one or other,
}
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "jsonencode": lambda value: json.dumps(value, ensure_ascii=False),
    "jsondecode": lambda text: read_json(text, "jsondecode"),
    "toset": list,
    "tolist": list,
    "tostring": _text,
    "tonumber": lambda text: float(text) if "." in str(text) else int(text),
    "join": lambda mark, parts: mark.join(map(_text, parts)),
    "split": lambda mark, text: text.split(mark),
    "concat": lambda *lists: [each for one in lists for each in one],
    "merge": lambda *maps: {name: each for one in maps for name, each in one.items()},
    "keys": sorted,
    "values": lambda mapping: [mapping[name] for name in sorted(mapping)],
    "lookup": lambda mapping, name, *default: mapping.get(name, *default),
    "lower": lambda text: text.lower(),
    "upper": lambda text: text.upper(),
    "title": lambda text: text.title(),
    "trimspace": lambda text: text.strip(),
    "replace": lambda text, old, new: text.replace(old, new),
    "coalesce": lambda *values: next(each for each in values if each not in (None, "")),
    "length": len,
    "format": lambda text, *values: text.replace("%d", "%s") % tuple(map(_text, values)),
    "abspath": str,
    "sensitive": lambda value: value,
    "nonsensitive": lambda value: value,
}


@dataclass(frozen=True)
class TerraformResource:
    """A resource of a configuration or a state; `sensitive` are attributes with secrets."""

    type: str
    address: str
    attributes: dict[str, Any] = field(repr=False)
    where: Where
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


class _NotRead(Exception):
    """An expression that cannot be computed, and the reason."""


@dataclass(frozen=True)
class _Scope:
    """The module of an expression, its file, and names that only hold here."""

    module: _Module
    source: str
    names: Mapping[str, Any] = field(default_factory=dict)
    line: int = 0

    def where(self, tree: Tree[Token]) -> Where:
        line = getattr(tree.meta, "line", 1)
        return f"{self.source}:{self.line + line - 1 if self.line else line}"


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
    root.read()
    if problems:
        raise FlowProblem(*dict.fromkeys(problems))
    return found


def read_values(path: Path) -> dict[str, Any]:
    """The values of a `.tfvars` file."""
    module = _Module(path.parent, "", {}, lambda *_: None, Configuration(), [], ())
    scope = _Scope(module, str(path))
    body = _parsed(text_of(path, "a .tfvars file"), str(path)).children[0]
    return {name: module.value(value, scope) for name, value in _attributes(body).items()}


def _parsed(text: str, source: str, line: int = 1) -> Tree[Token]:
    try:
        from hcl2 import parses_to_tree
        from lark.exceptions import LarkError, UnexpectedInput
    except ImportError:
        raise FlowProblem(Problem(source, "", f"is not read: {MISSING}")) from None
    try:
        tree: Tree[Token] = parses_to_tree(text)
    except UnexpectedInput as error:
        at = line + max(int(error.line), 1) - 1
        fix = f"is not HCL: unexpected text at column {error.column}; correct the line"
        raise FlowProblem(Problem(f"{source}:{at}", "", fix)) from None
    except (LarkError, RecursionError) as error:
        fix = f"is not HCL ({type(error).__name__}); correct it"
        raise FlowProblem(Problem(source, "", fix)) from None
    return tree


def _subtrees(tree: Any, *names: str) -> list[Tree[Token]]:
    """Children of these rules."""
    return [each for each in tree.children if getattr(each, "data", None) in names]


def _word(tree: Any) -> str:
    """The text of an identifier, keyword or plain string."""
    found = tree.scan_values(lambda token: str(token) != '"')
    return "".join(map(str, found))


def _attributes(body: Any) -> dict[str, Any]:
    return {_word(each.children[0]): each.children[2] for each in _subtrees(body, "attribute")}


def _blocks(body: Any) -> Iterator[tuple[list[str], Any]]:
    """Labels and body of each block."""
    for each in _subtrees(body, "block"):
        labels = [_word(one) for one in _subtrees(each, "identifier", "string", "keyword")]
        yield labels, _subtrees(each, "body")[0]


class _Module:
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
        self._folder, self._address, self._inputs = folder, address, inputs
        self._known, self._found, self._problems = known, found, problems
        self._callers = (*callers, folder.resolve())
        self._computing: set[str] = set()
        self._computed: dict[str, Any] = {}
        self._locals: dict[str, tuple[Tree[Token], _Scope]] = {}
        self._variables: dict[str, tuple[Any, _Scope]] = {}
        self._outputs: dict[str, tuple[Tree[Token], _Scope]] = {}
        self._calls: dict[str, tuple[Any, _Scope]] = {}
        self._modules: dict[str, _Module] = {}
        self._resources: dict[tuple[str, str], tuple[Any, _Scope]] = {}

    def declare(self) -> None:
        """Read what the files declare, without computing anything."""
        files = sorted(self._folder.glob("*.tf"))
        if not files:
            fix = "has no .tf files; give the folder of a Terraform configuration"
            raise FlowProblem(Problem(str(self._folder), "", fix))
        for path in files:
            scope = _Scope(self, str(path))
            body = _parsed(text_of(path, "a .tf file"), str(path)).children[0]
            for labels, block in _blocks(body):
                self._declare(labels, block, scope)

    def _declare(self, labels: list[str], block: Any, scope: _Scope) -> None:
        kind, *names = labels
        if kind == "locals":
            for name, value in _attributes(block).items():
                self._locals[name] = value, scope
        elif kind == "variable" and len(names) == 1:
            self._variables[names[0]] = block, scope
        elif kind == "output" and len(names) == 1 and "value" in _attributes(block):
            self._outputs[names[0]] = _attributes(block)["value"], scope
        elif kind == "module" and len(names) == 1:
            self._calls[names[0]] = block, scope
        elif kind == "resource" and len(names) == 2:
            self._resources[names[0], names[1]] = block, scope

    def read(self) -> None:
        """Compute all resources, those of called modules included."""
        self.declare()
        for (kind, name), (block, scope) in self._resources.items():
            address = f"{self._address}{kind}.{name}"
            if self._known(kind, address) is None:
                self._found.left_out.append(f"{scope.source}: {address}")
                continue
            for key, inner in self._instances(block, scope):
                self._resource(kind, f"{address}{key}", block, inner)
        for name in self._calls:
            try:
                if (called := self._module(name)) is not None:
                    called.read()
            except FlowProblem as refused:
                self._problems.extend(refused.problems)

    def _instances(self, block: Any, scope: _Scope) -> list[tuple[str, _Scope]]:
        """The key of each instance, and its scope."""
        given = _attributes(block)
        try:
            if "count" in given:
                count = self.value(given["count"], scope)
                names = [(f"[{at}]", {"count": {"index": at}}) for at in range(int(count))]
            elif "for_each" in given:
                over = self.value(given["for_each"], scope)
                pairs = over.items() if isinstance(over, dict) else [(each, each) for each in over]
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
            fix = "needs `count` or `for_each` to be known; give the variables in it a value"
            self._problems.append(Problem(scope.where(block), "", fix))
            return []
        return [(key, replace(scope, names=own)) for key, own in names]

    def _resource(self, kind: str, address: str, block: Any, scope: _Scope) -> None:
        found: dict[str, Any] = {}
        for name, value in _attributes(block).items():
            if name in ("count", "for_each", "depends_on", "provider", "lifecycle"):
                continue
            try:
                found[name] = self.value(value, scope)
            except FlowProblem as refused:
                self._problems.extend(refused.problems)
        found["sid"] = self._known(kind, address)
        where = scope.where(block)
        self._found.resources.append(TerraformResource(kind, address, found, where))

    # -- references

    def _module(self, name: str) -> _Module | None:
        """The module of a call; None for one that is not a folder here."""
        if name in self._modules:
            return self._modules[name]
        block, scope = self._calls[name]
        given = _attributes(block)
        source = str(self.value(given["source"], scope)) if "source" in given else ""
        folder = Path(os.path.normpath(self._folder / source))
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
        path = f"{self._address}module.{name}."
        parts = (self._known, self._found, self._problems, self._callers)
        called = self._modules[name] = _Module(folder, path, inputs, *parts)
        called.declare()
        return called

    def output(self, name: str) -> Any:
        """An output's value."""
        if name not in self._outputs:
            raise _NotRead(f"the module has no output {name!r}")
        value, scope = self._outputs[name]
        return self._once(f"output.{name}", lambda: self.value(value, scope))

    def _once(self, name: str, compute: Callable[[], Any]) -> Any:
        if name in self._computing:
            raise _NotRead(f"{name} refers to itself")
        if name not in self._computed:
            self._computing.add(name)
            try:
                self._computed[name] = compute()
            finally:
                self._computing.discard(name)
        return self._computed[name]

    def _variable(self, name: str) -> Any:
        if name not in self._variables:
            raise _NotRead(f"var.{name} is not declared in {self._folder}")
        block, scope = self._variables[name]
        given = _attributes(block)
        is_secret = "sensitive" in given and self.value(given["sensitive"], scope) is True
        if name in self._inputs and not is_secret:
            return self._inputs[name]
        if "default" in given and not is_secret and name not in self._found.kept:
            return self._once(f"var.{name}", lambda: self.value(given["default"], scope))
        if self._address:
            if name in self._inputs:
                return self._inputs[name]
            raise _NotRead(f"var.{name} has no value; the call of its module must give one")
        text = self.value(given["description"], scope) if "description" in given else ""
        found = TerraformVariable.of(name, str(text), secret=is_secret)
        self._found.variables[name] = found
        return found.placeholder

    def _reference(self, path: Sequence[str], scope: _Scope) -> Any:
        """The value of a dotted name, and the rest of it that is looked up there."""
        first, *rest = path
        if first in scope.names:
            return self._looked_up(scope.names[first], rest)
        if first == "path" and rest:
            return {"module": str(self._folder), "root": ".", "cwd": "."}.get(rest[0], "")
        if first == "local" and rest and rest[0] in self._locals:
            value, inner = self._locals[rest[0]]
            found = self._once(f"local.{rest[0]}", lambda: self.value(value, inner))
            return self._looked_up(found, rest[1:])
        if first == "var" and rest:
            return self._looked_up(self._variable(rest[0]), rest[1:])
        if first == "module" and len(rest) > 1 and rest[0] in self._calls:
            called = self._module(rest[0])
            if called is not None:
                return self._looked_up(called.output(rest[1]), rest[2:])
        if rest and (first, rest[0]) in self._resources:
            return self._of_resource(first, rest[0], rest[1:])
        raise _NotRead(f"{'.'.join(path)} has no value here")

    def _of_resource(self, kind: str, name: str, rest: Sequence[str]) -> Any:
        address = f"{self._address}{kind}.{name}"
        while rest and rest[0].startswith("["):
            address, rest = address + rest[0], rest[1:]
        if not rest:
            raise _NotRead(f"{address} is a whole resource; name an attribute of it")
        if rest[0] in ("sid", "id"):
            sid = self._known(kind, address)
            if sid is not None:
                return sid
        block, scope = self._resources[kind, name]
        given = _attributes(block)
        if rest[0] not in given:
            raise _NotRead(f"{address}.{rest[0]} is known after apply only; read the state")
        return self._once(f"{address}.{rest[0]}", lambda: self.value(given[rest[0]], scope))

    @staticmethod
    def _looked_up(value: Any, path: Sequence[str]) -> Any:
        for step in path:
            key = json.loads(step[1:-1]) if step.startswith("[") else step
            try:
                value = value[key]
            except (TypeError, KeyError, IndexError):
                raise _NotRead(f"there is no {key} in the value") from None
        return value

    # -- expressions

    def value(self, tree: Any, scope: _Scope) -> Any:
        """The value of an expression; FlowProblem with its line if it cannot be computed."""
        try:
            return self._value(tree, scope)
        except _NotRead as error:
            fix = f"cannot be computed: {error}"
        except (TypeError, ValueError, ArithmeticError, StopIteration, LookupError) as error:
            if isinstance(error, FlowProblem):
                raise
            fix = f"cannot be computed: {error}; give the variables in it a value"
        except RecursionError:
            fix = "is nested too deep; flatten it"
        raise FlowProblem(Problem(scope.where(tree), "", fix))

    def _value(self, tree: Any, scope: _Scope) -> Any:
        rule = getattr(self, f"_{tree.data}", None)
        if rule is None:
            raise _NotRead(f"{str(tree.data).replace('_', ' ')} is not read; use the state instead")
        return rule(tree, scope)

    def _expr_term(self, tree: Any, scope: _Scope) -> Any:
        (inner,) = [
            each
            for each in tree.children
            if getattr(each, "data", None) not in (None, "new_line_or_comment")
        ]
        return self._value(inner, scope)

    def _int_lit(self, tree: Any, _: _Scope) -> int:
        return int(_word(tree))

    def _float_lit(self, tree: Any, _: _Scope) -> float:
        return float(_word(tree))

    def _literal_value(self, tree: Any, _: _Scope) -> bool | None:
        return {"true": True, "false": False, "null": None}[_word(tree)]

    def _identifier(self, tree: Any, scope: _Scope) -> Any:
        return self._reference([_word(tree)], scope)

    def _string(self, tree: Any, scope: _Scope) -> Any:
        parts = [each.children[0] for each in _subtrees(tree, "string_part")]
        values = [self._part(each, scope) for each in parts]
        return values[0] if len(values) == 1 else "".join(map(_text, values))

    def _part(self, part: Any, scope: _Scope) -> Any:
        if hasattr(part, "data"):
            if part.data != "interpolation":
                raise _NotRead("a directive such as %{if} is not read; use the state instead")
            return self._value(part.children[1], scope)
        if part.type.startswith("ESCAPED"):
            return str(part)[1:]
        return json.loads(f'"{part}"', strict=False)

    def _heredoc_template(self, tree: Any, scope: _Scope) -> str:
        lines = str(tree.children[0]).splitlines()[1:-1]
        return self.filled("".join(f"{line}\n" for line in lines), scope, tree.meta.line + 1)

    def _heredoc_template_trim(self, tree: Any, scope: _Scope) -> str:
        lines = str(tree.children[0]).splitlines()[1:-1]
        blank = min((len(each) - len(each.lstrip()) for each in lines if each.strip()), default=0)
        text = "".join(f"{line[blank:]}\n" for line in lines)
        return self.filled(text, scope, tree.meta.line + 1)

    def filled(self, text: str, scope: _Scope, line: int) -> str:
        """A template with its `${...}` replaced; `line` is that of its first."""
        parts, at = [], 0
        while found := _ENDS.search(text, at):
            parts.append(text[at : found.start()])
            number = line + text[: found.start()].count("\n")
            if found[0] == "$${":
                parts.append("${")
                at = found.end()
                continue
            inner, at = _braced(text, found.end())
            if found[0] == "%{" or not inner.strip():
                fix = "is a directive of a template, which is not read; use the state instead"
                raise FlowProblem(Problem(f"{scope.source}:{number}", "", fix))
            tree = _parsed(f"x = {inner.strip()}", scope.source, number)
            (expression,) = _attributes(tree.children[0]).values()
            within = replace(scope, line=number)
            parts.append(_text(self.value(expression, within)))
        return "".join([*parts, text[at:]])

    def _tuple(self, tree: Any, scope: _Scope) -> list[Any]:
        return [
            self._value(each, scope)
            for each in tree.children
            if getattr(each, "data", "new_line_or_comment") != "new_line_or_comment"
        ]

    def _object(self, tree: Any, scope: _Scope) -> dict[str, Any]:
        found = {}
        for each in _subtrees(tree, "object_elem"):
            key, _, value = each.children
            found[self._key(key, scope)] = self._value(value, scope)
        return found

    def _key(self, tree: Any, scope: _Scope) -> str:
        inner = tree.children[0]
        term = inner.children[0] if getattr(inner, "data", "") == "expr_term" else inner
        if getattr(term, "data", "") in ("identifier", "keyword"):
            return _word(term)
        return _text(self._value(inner, scope))

    def _conditional(self, tree: Any, scope: _Scope) -> Any:
        test, one, other = _expressions(tree)
        found = self._value(test, scope)
        if not isinstance(found, bool):
            raise _NotRead("the condition is not known; give the variables in it a value")
        return self._value(one if found else other, scope)

    def _binary_op(self, tree: Any, scope: _Scope) -> Any:
        one, term = _expressions(tree)
        sign, other = _expressions(term)
        values = self._value(one, scope), self._value(other, scope)
        names = [each.placeholder for each in self._found.variables.values()]
        if any(isinstance(each, str) and name in each for each in values for name in names):
            raise _NotRead("it depends on a variable without a value; give it one")
        return _OPERATORS[_word(sign)](*values)

    def _unary_op(self, tree: Any, scope: _Scope) -> Any:
        sign, term = tree.children
        value = self._value(term, scope)
        return not value if str(sign) == "!" else -value

    def _get_attr_expr_term(self, tree: Any, scope: _Scope) -> Any:
        return self._path_of(tree, scope)

    def _index_expr_term(self, tree: Any, scope: _Scope) -> Any:
        return self._path_of(tree, scope)

    def _path_of(self, tree: Any, scope: _Scope) -> Any:
        path: list[str] = []
        while tree.data in ("get_attr_expr_term", "index_expr_term"):
            tree, step = tree.children
            path.insert(0, self._step(step, scope))
            if tree.data == "expr_term" and len(_expressions(tree)) == 1:
                tree = _expressions(tree)[0]
        if tree.data == "identifier":
            return self._reference([_word(tree), *path], scope)
        return self._looked_up(self._value(tree, scope), path)

    def _step(self, step: Any, scope: _Scope) -> str:
        if step.data == "get_attr":
            return _word(step.children[-1])
        if step.data == "short_index":
            return f"[{step.children[-1]}]"
        (key,) = _expressions(step)
        return f"[{json.dumps(self._value(key, scope))}]"

    def _function_call(self, tree: Any, scope: _Scope) -> Any:
        name = _word(tree.children[0])
        given = [
            self._value(each, scope)
            for part in _subtrees(tree, "arguments")
            for each in _expressions(part)
        ]
        if name in ("file", "templatefile"):
            path = Path(given[0]) if Path(given[0]).is_absolute() else self._beside(given[0])
            text = text_of(path, f"the file of {name}")
            if name == "file":
                return text
            return self.filled(text, _Scope(self, str(path), given[1]), 1)
        if name not in _FUNCTIONS:
            raise _NotRead(f"the function {name} is not read; use the state instead")
        return _FUNCTIONS[name](*given)

    def _beside(self, path: str) -> Path:
        """A path, which is relative to the root module's folder, or begins with `path.module`."""
        return Path(path) if path.startswith(str(self._folder)) else self._callers[0] / path

    def _for_tuple_expr(self, tree: Any, scope: _Scope) -> list[Any]:
        (intro,), (value,) = _subtrees(tree, "for_intro"), _expressions(tree)
        return [self._value(value, inner) for inner in self._each(intro, tree, scope)]

    def _for_object_expr(self, tree: Any, scope: _Scope) -> dict[str, Any]:
        (intro,), (key, value) = _subtrees(tree, "for_intro"), _expressions(tree)
        scopes = self._each(intro, tree, scope)
        return {_text(self._value(key, each)): self._value(value, each) for each in scopes}

    def _each(self, intro: Any, tree: Any, scope: _Scope) -> Iterator[_Scope]:
        names = [_word(each) for each in _subtrees(intro, "identifier")]
        over = self._value(_expressions(intro)[-1], scope)
        pairs = over.items() if isinstance(over, dict) else enumerate(over)
        for pair in pairs:
            own = dict(zip(names, pair if len(names) == 2 else pair[1:], strict=False))
            inner = replace(scope, names={**scope.names, **own})
            conditions = _subtrees(tree, "for_cond")
            if all(self._value(_expressions(each)[0], inner) for each in conditions):
                yield inner


def _expressions(tree: Any) -> list[Any]:
    """The children of an expression that are expressions, or an operator."""
    skipped = {"new_line_or_comment", "for_intro", "for_cond"}
    if tree.data not in ("expr_term", "braces_index"):
        skipped.add("identifier")
    return [each for each in tree.children if getattr(each, "data", None) not in {None, *skipped}]


def _braced(text: str, start: int) -> tuple[str, int]:
    """The text up to the brace that closes one before `start`, and the place behind it."""
    depth = 1
    for at in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        if depth == 0:
            return text[start:at], at + 1
    raise _NotRead("`${` has no `}`")
