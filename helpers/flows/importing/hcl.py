"""Reads Terraform's language: parses it, and computes expressions that need no account."""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import FlowProblem, Problem
from ..file.text_files import read_json, text_of

if TYPE_CHECKING:
    from lark import Token, Tree

MISSING = "python-hcl2 reads Terraform's language; run `pip install 'flex-chat-lab[terraform]'`"
_ENDS = re.compile(r"\$\$\{|\$\{|%\{")
_WIDE = re.compile(r"\\(?:U([0-9a-fA-F]{8})|.)")


def _escaped(found: re.Match[str]) -> str:
    """An escape as JSON has it, which knows none of eight digits."""
    return json.dumps(chr(int(found[1], 16)))[1:-1] if found[1] else found[0]


MOST_VALUES = 1_000_000
"""Values, and letters of texts, of what is computed once."""
MOST_ROUNDS = 100_000
"""Rounds of all `for` of a module."""


class NotRead(Exception):
    """An expression that cannot be computed, and the reason."""


def limited(value: Any) -> Any:
    """A value as it is; NotRead for one that is too large with all that it repeats."""
    count, ahead = 0, [value]
    while ahead:
        each = ahead.pop()
        count += len(each) if isinstance(each, str) else 1
        if count > MOST_VALUES:
            raise NotRead("the value is too large; write less of it")
        if isinstance(each, dict | list):
            ahead += each.values() if isinstance(each, dict) else each
    return value


def as_text(value: Any) -> str:
    """A value within a text; TypeError for a list or a mapping."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int | float):
        return str(value)
    raise TypeError("a list or mapping is no text")


def _set_of(values: Any) -> list[Any]:
    """A set's values in the order in which Terraform goes through them."""
    found = list({json.dumps(each, sort_keys=True): each for each in list_of(values)}.values())
    return sorted(found) if all(isinstance(each, str) for each in found) else found


def list_of(value: Any) -> list[Any]:
    """A value that must be a list; TypeError if it is none."""
    if not isinstance(value, list):
        raise TypeError("it needs a list")
    return value


def _mapping(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError("it needs a mapping")
    return value


def _coalesced(*values: Any) -> Any:
    found = [each for each in values if each not in (None, "")]
    if not found:
        raise ValueError("coalesce has nothing to choose from")
    return found[0]


def _looked_up(mapping: Any, name: str, *default: Any) -> Any:
    if name not in _mapping(mapping) and not default:
        raise LookupError(f"lookup finds no {name!r}")
    return mapping.get(name, *default)


def _replaced(text: str, old: str, new: str) -> str:
    if len(old) > 1 and old[0] == old[-1] == "/":
        raise NotRead("replace with a pattern is not read; use the state instead")
    return text.replace(old, new)


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
    "toset": _set_of,
    "tolist": list_of,
    "tostring": as_text,
    "tonumber": lambda text: float(text) if "." in str(text) else int(text),
    "join": lambda mark, parts: mark.join(map(as_text, list_of(parts))),
    "split": lambda mark, text: text.split(mark),
    "concat": lambda *lists: [each for one in lists for each in list_of(one)],
    "merge": lambda *maps: {name: each for one in maps for name, each in _mapping(one).items()},
    "keys": lambda mapping: sorted(_mapping(mapping)),
    "values": lambda mapping: [mapping[name] for name in sorted(_mapping(mapping))],
    "lookup": _looked_up,
    "lower": lambda text: text.lower(),
    "upper": lambda text: text.upper(),
    "title": lambda text: text.title(),
    "trimspace": lambda text: text.strip(),
    "replace": _replaced,
    "coalesce": _coalesced,
    "length": len,
    "format": lambda text, *values: re.sub("%[dv]", "%s", text) % tuple(map(as_text, values)),
    "abspath": str,
    "sensitive": lambda value: value,
    "nonsensitive": lambda value: value,
}
_OF_LETTERS = frozenset(
    ("jsondecode", "tonumber", "split", "lower", "upper", "title", "trimspace", "replace", "length")
)
"""Functions whose result depends on the letters of a text."""
_NOT_KNOWN = "it depends on a variable without a value; give it one"


@dataclass(frozen=True)
class Scope:
    """The module of an expression, its file, and names that only hold here."""

    source: str
    names: Mapping[str, Any] = field(default_factory=dict)
    line: int = 0

    def where(self, tree: Tree[Token]) -> str:
        """`FILE:LINE` of an expression."""
        line = getattr(tree.meta, "line", 1)
        return f"{self.source}:{self.line + line - 1 if self.line else line}"


def parsed(text: str, source: str, line: int = 1) -> Tree[Token]:
    """The syntax tree of a text that begins on a line; FlowProblem if it is not HCL."""
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


def subtrees(tree: Any, *names: str) -> list[Tree[Token]]:
    """Children of these rules."""
    return [each for each in tree.children if getattr(each, "data", None) in names]


def word(tree: Any) -> str:
    """The text of an identifier, keyword or plain string."""
    found = tree.scan_values(lambda token: str(token) != '"')
    return "".join(map(str, found))


def attributes_of(body: Any) -> dict[str, Any]:
    """The expressions of a body's attributes, by name."""
    return {word(each.children[0]): each.children[2] for each in subtrees(body, "attribute")}


def looked_up(value: Any, path: Sequence[str]) -> Any:
    """The part of a value that a path leads to; NotRead if there is none."""
    for step in path:
        key = json.loads(step[1:-1]) if step.startswith("[") else step
        if isinstance(value, str):
            raise NotRead(f"there is no {key} in a text; give the variables in it a value")
        try:
            value = value[key]
        except (TypeError, KeyError, IndexError):
            raise NotRead(f"there is no {key} in the value") from None
    return value


class Expressions:
    """Computes expressions; names are looked up by those that inherit it."""

    folder: Path
    """Folder of the module, and that of the root module."""
    root: Path
    _rounds = 0

    def is_known(self, value: Any) -> bool:
        """Return whether a value holds no variable without one."""
        raise NotImplementedError

    def reference(self, path: Sequence[str], scope: Scope) -> Any:
        """The value of a dotted name; NotRead if it has none."""
        raise NotImplementedError

    def value(self, tree: Any, scope: Scope) -> Any:
        """The value of an expression; FlowProblem with its line if it cannot be computed."""
        try:
            return self._value(tree, scope)
        except NotRead as error:
            fix = f"cannot be computed: {error}"
        except (TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as error:
            if isinstance(error, FlowProblem):
                raise
            fix = f"cannot be computed: {error}; give the variables in it a value"
        except RecursionError:
            fix = "is nested too deep; flatten it"
        raise FlowProblem(Problem(scope.where(tree), "", fix))

    def _value(self, tree: Any, scope: Scope) -> Any:
        rule = getattr(self, f"_{tree.data}", None)
        if rule is None:
            raise NotRead(f"{str(tree.data).replace('_', ' ')} is not read; use the state instead")
        return rule(tree, scope)

    def _expr_term(self, tree: Any, scope: Scope) -> Any:
        (inner,) = [
            each
            for each in tree.children
            if getattr(each, "data", None) not in (None, "new_line_or_comment")
        ]
        return self._value(inner, scope)

    def _int_lit(self, tree: Any, _: Scope) -> int:
        return int(word(tree))

    def _float_lit(self, tree: Any, _: Scope) -> float:
        return float(word(tree))

    def _literal_value(self, tree: Any, _: Scope) -> bool | None:
        return {"true": True, "false": False, "null": None}[word(tree)]

    def _identifier(self, tree: Any, scope: Scope) -> Any:
        return self.reference([word(tree)], scope)

    def _string(self, tree: Any, scope: Scope) -> Any:
        parts = [each.children[0] for each in subtrees(tree, "string_part")]
        values = [self._part(each, scope) for each in parts]
        return values[0] if len(values) == 1 else "".join(map(as_text, values))

    def _part(self, part: Any, scope: Scope) -> Any:
        if hasattr(part, "data"):
            if part.data != "interpolation":
                raise NotRead("a directive such as %{if} is not read; use the state instead")
            return self._value(part.children[1], scope)
        if part.type.startswith("ESCAPED"):
            return str(part)[1:]
        return json.loads(f'"{_WIDE.sub(_escaped, part)}"', strict=False)

    def _heredoc_template(self, tree: Any, scope: Scope) -> str:
        lines = str(tree.children[0]).splitlines()[1:-1]
        return self.filled("".join(f"{line}\n" for line in lines), scope, tree.meta.line + 1)

    def _heredoc_template_trim(self, tree: Any, scope: Scope) -> str:
        lines = str(tree.children[0]).splitlines()[1:-1]
        blank = min((len(each) - len(each.lstrip()) for each in lines if each.strip()), default=0)
        text = "".join(f"{line[blank:]}\n" for line in lines)
        return self.filled(text, scope, tree.meta.line + 1)

    def filled(self, text: str, scope: Scope, line: int) -> str:
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
            tree = parsed(f"x = {inner.strip()}", scope.source, number)
            (expression,) = attributes_of(tree.children[0]).values()
            within = replace(scope, line=number)
            parts.append(as_text(self.value(expression, within)))
        return "".join([*parts, text[at:]])

    def _tuple(self, tree: Any, scope: Scope) -> list[Any]:
        return [
            self._value(each, scope)
            for each in tree.children
            if getattr(each, "data", "new_line_or_comment") != "new_line_or_comment"
        ]

    def _object(self, tree: Any, scope: Scope) -> dict[str, Any]:
        found = {}
        for each in subtrees(tree, "object_elem"):
            key, _, value = each.children
            found[self._key(key, scope)] = self._value(value, scope)
        return found

    def _key(self, tree: Any, scope: Scope) -> str:
        inner = tree.children[0]
        term = inner.children[0] if getattr(inner, "data", "") == "expr_term" else inner
        if getattr(term, "data", "") in ("identifier", "keyword"):
            return word(term)
        return as_text(self._value(inner, scope))

    def _conditional(self, tree: Any, scope: Scope) -> Any:
        test, one, other = _expressions(tree)
        found = self._value(test, scope)
        if not isinstance(found, bool):
            raise NotRead("the condition is not known; give the variables in it a value")
        return self._value(one if found else other, scope)

    def _binary_op(self, tree: Any, scope: Scope) -> Any:
        one, term = _expressions(tree)
        sign, other = _expressions(term)
        values = self._value(one, scope), self._value(other, scope)
        if not all(map(self.is_known, values)):
            raise NotRead(_NOT_KNOWN)
        return _OPERATORS[word(sign)](*values)

    def _unary_op(self, tree: Any, scope: Scope) -> Any:
        sign, term = tree.children
        value = self._value(term, scope)
        if not self.is_known(value):
            raise NotRead(_NOT_KNOWN)
        return not value if str(sign) == "!" else -value

    def _get_attr_expr_term(self, tree: Any, scope: Scope) -> Any:
        return self._path_of(tree, scope)

    def _index_expr_term(self, tree: Any, scope: Scope) -> Any:
        return self._path_of(tree, scope)

    def _path_of(self, tree: Any, scope: Scope) -> Any:
        path: list[str] = []
        while tree.data in ("get_attr_expr_term", "index_expr_term"):
            tree, step = tree.children
            path.insert(0, self._step(step, scope))
            if tree.data == "expr_term" and len(_expressions(tree)) == 1:
                tree = _expressions(tree)[0]
        if tree.data == "identifier":
            return self.reference([word(tree), *path], scope)
        return looked_up(self._value(tree, scope), path)

    def _step(self, step: Any, scope: Scope) -> str:
        if step.data == "get_attr":
            return word(step.children[-1])
        if step.data == "short_index":
            return f"[{step.children[-1]}]"
        (key,) = _expressions(step)
        return f"[{json.dumps(self._value(key, scope))}]"

    def _function_call(self, tree: Any, scope: Scope) -> Any:
        name = word(tree.children[0])
        given = [
            self._value(each, scope)
            for part in subtrees(tree, "arguments")
            for each in _expressions(part)
        ]
        if name in ("file", "templatefile"):
            path = Path(given[0]) if Path(given[0]).is_absolute() else self._beside(given[0])
            text = text_of(path, f"the file of {name}")
            if name == "file":
                return text
            return self.filled(text, Scope(str(path), given[1]), 1)
        if name not in _FUNCTIONS:
            raise NotRead(f"the function {name} is not read; use the state instead")
        if name in _OF_LETTERS and not all(map(self.is_known, given)):
            raise NotRead(_NOT_KNOWN)
        return _FUNCTIONS[name](*given)

    def _beside(self, path: str) -> Path:
        """A path, which is relative to the root module's folder, or begins with `path.module`."""
        return Path(path) if path.startswith(str(self.folder)) else self.root / path

    def _for_tuple_expr(self, tree: Any, scope: Scope) -> list[Any]:
        (intro,), (value,) = subtrees(tree, "for_intro"), _expressions(tree)
        return [self._value(value, inner) for inner in self._each(intro, tree, scope)]

    def _for_object_expr(self, tree: Any, scope: Scope) -> dict[str, Any]:
        (intro,), (key, value) = subtrees(tree, "for_intro"), _expressions(tree)
        scopes = self._each(intro, tree, scope)
        return {as_text(self._value(key, each)): self._value(value, each) for each in scopes}

    def _each(self, intro: Any, tree: Any, scope: Scope) -> Iterator[Scope]:
        names = [word(each) for each in subtrees(intro, "identifier")]
        over = self._value(_expressions(intro)[-1], scope)
        if not isinstance(over, dict | list):
            raise NotRead("`for` goes through a list or mapping; give the variables in it a value")
        pairs = over.items() if isinstance(over, dict) else enumerate(over)
        for pair in pairs:
            self._rounds += 1
            if self._rounds > MOST_ROUNDS:
                raise NotRead("`for` has too many rounds; use the state instead")
            own = dict(zip(names, pair if len(names) == 2 else pair[1:], strict=False))
            inner = replace(scope, names={**scope.names, **own})
            conditions = subtrees(tree, "for_cond")
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
    raise NotRead("`${` has no `}`")
