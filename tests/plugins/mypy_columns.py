"""mypy plugin: checks columns named in calls of the store against the resource's fields.

`Store.first(Message, chanel_sid=...)` takes `**where: Any`, as no annotation says "the fields of
the first argument". With this plugin a wrong name or a value of a wrong type is a type error.
A dict in a variable is checked where it is assigned, so one variable serves one resource.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any

from mypy import errorcodes
from mypy.checker import TypeChecker
from mypy.messages import best_matches, format_type, pretty_seq
from mypy.nodes import (
    ARG_NAMED,
    ARG_NAMED_OPT,
    ARG_STAR2,
    GDEF,
    AssignmentStmt,
    CallExpr,
    ConditionalExpr,
    DictExpr,
    Expression,
    IndexExpr,
    NameExpr,
    OpExpr,
    StrExpr,
    TupleExpr,
    TypeInfo,
    Var,
)
from mypy.plugin import (
    CheckerPluginInterface,
    FunctionContext,
    FunctionSigContext,
    MethodContext,
    MethodSigContext,
    Plugin,
)
from mypy.subtypes import is_subtype
from mypy.types import (
    AnyType,
    CallableType,
    FunctionLike,
    Instance,
    NoneType,
    Type,
    TypeOfAny,
    TypeType,
    UnionType,
    get_proper_type,
)
from mypy.types_utils import remove_optional

_STORE = "helpers.mock.core.store.Store"
SEARCHES = {
    f"{_STORE}.count",
    f"{_STORE}.count_above",
    f"{_STORE}.exists",
    f"{_STORE}.find",
    f"{_STORE}.first",
    f"{_STORE}.remove_all",
    f"{_STORE}.remove_before",
    f"{_STORE}.select",
    f"{_STORE}.tally",
}
"""Methods that take a resource class, then a condition on its columns."""
_CONTEXT = "helpers.mock.core.context.Context"
CREATE = f"{_CONTEXT}.create"
"""Takes a resource class, then values of its columns."""
SAVES = {
    f"{_STORE}.save": 0,
    f"{_CONTEXT}.update": 0,
    "helpers.mock.taskrouter.limits.change": 1,
}
"""Functions that take a resource, at this position, then new values of its columns."""
FILLED = ("sid", "account_sid", "date_created", "date_updated")
"""Columns that `create` fills in where they are not given."""
ORDER = "seq"
"""The column that every resource has, which only the store sets."""
_SCHEMA = "helpers.mock.core.schema"

Columns = dict[str, Type]
Signature = MethodSigContext | FunctionSigContext
Call = MethodContext | FunctionContext


def plugin(_version: str) -> type[Plugin]:
    """Entry point for mypy."""
    return ColumnsPlugin


class ColumnsPlugin(Plugin):
    """Checks keyword arguments by a precise signature; dicts and tuples once they have types."""

    def get_method_signature_hook(
        self, fullname: str
    ) -> Callable[[MethodSigContext], FunctionLike] | None:
        """Name each column in place of `**where`."""
        if fullname in SEARCHES:
            return _search_signature
        if fullname == CREATE:
            return _create_signature
        return self.get_function_signature_hook(fullname)

    def get_function_signature_hook(
        self, fullname: str
    ) -> Callable[[Signature], FunctionLike] | None:
        """Name each column in place of `**changes`."""
        position = SAVES.get(fullname)
        return None if position is None else lambda call: _save_signature(call, position)

    def get_method_hook(self, fullname: str) -> Callable[[Call], Type] | None:
        """Check literal dicts and names of columns."""
        if fullname in SEARCHES:
            return lambda call: _check_literals(call, 0, _condition)
        if fullname == CREATE:
            return lambda call: _check_literals(call, 0)
        return self.get_function_hook(fullname)

    def get_function_hook(self, fullname: str) -> Callable[[Call], Type] | None:
        """Check literal dicts."""
        position = SAVES.get(fullname)
        return None if position is None else lambda call: _check_literals(call, position)


def _search_signature(call: MethodSigContext) -> CallableType:
    columns = _columns(_resources_at(call, 0))
    return _naming(call, {name: _condition(call.api, of) for name, of in columns.items()})


def _save_signature(call: Signature, position: int) -> CallableType:
    columns = _columns(_resources_at(call, position))
    columns.pop(ORDER, None)
    return _naming(call, columns)


def _create_signature(call: MethodSigContext) -> CallableType:
    resources = _resources_at(call, 0)
    columns = _columns(resources)
    columns.pop(ORDER, None)
    required = {
        field["name"]
        for info in resources
        for field in _fields(info)
        if not field["has_default"] and field["name"] not in FILLED
    }
    return _naming(call, columns, required)


def _naming(call: Signature, columns: Columns, required: Collection[str] = ()) -> CallableType:
    """Return the signature with columns in place of `**`; those that are not given take all."""
    signature = call.default_signature
    if not columns or ARG_STAR2 not in signature.arg_kinds:
        return signature
    others = signature.arg_kinds.index(ARG_STAR2)
    given = call.context.arg_names if isinstance(call.context, CallExpr) else []
    untyped = AnyType(TypeOfAny.special_form)
    named = {name: of for name, of in columns.items() if name not in signature.arg_names}
    return signature.copy_modified(
        arg_names=[*signature.arg_names[:others], *named],
        arg_types=[
            *signature.arg_types[:others],
            *(of if name in given else untyped for name, of in named.items()),
        ],
        arg_kinds=[
            *signature.arg_kinds[:others],
            *(ARG_NAMED if name in required else ARG_NAMED_OPT for name in named),
        ],
    )


def _condition(api: CheckerPluginInterface, column: Type) -> Type:
    """Return what a column is compared with: a value, null, a list of values or a range."""
    single = remove_optional(column)
    lists = [api.named_generic_type("builtins.list", [item]) for item in (single, column)]
    assert isinstance(api, TypeChecker)
    between = api.modules[_SCHEMA].names["Between"].node
    assert isinstance(between, TypeInfo)
    return UnionType.make_union([column, NoneType(), Instance(between, []), *lists])


def _resources_at(call: Signature, position: int) -> list[TypeInfo]:
    arguments = call.args[position]
    return _resources(call.api.get_expression_type(arguments[0])) if arguments else []


def _resources(argument: Type) -> list[TypeInfo]:
    """Return the classes of resources that an argument names or is of; none if unknown."""
    argument = get_proper_type(argument)
    if isinstance(argument, UnionType):
        every = [_resources(item) for item in argument.items]
        return [info for infos in every for info in infos] if all(every) else []
    if isinstance(argument, FunctionLike) and argument.is_type_obj():
        info = argument.type_object()
    else:
        one = get_proper_type(argument.item) if isinstance(argument, TypeType) else argument
        if not isinstance(one, Instance):
            return []
        info = one.type
    return [info] if any(field["name"] != ORDER for field in _fields(info)) else []


def _fields(info: TypeInfo) -> list[dict[str, Any]]:
    """Return the fields of a dataclass, as mypy's own plugin has found them."""
    found: list[dict[str, Any]] = info.metadata.get("dataclass", {}).get("attributes", [])
    return found


def _columns(resources: list[TypeInfo]) -> Columns:
    """Return the columns that all of these resources have."""
    every = [
        {
            node.name: node.type
            for field in _fields(info)
            if isinstance(node := info[field["name"]].node, Var) and node.type is not None
        }
        for info in resources
    ]
    return {
        name: UnionType.make_union([columns[name] for columns in every])
        for name in (every[0] if every else ())
        if all(name in columns for columns in every)
    }


def _check_literals(
    call: Call,
    position: int,
    accepted: Callable[[CheckerPluginInterface, Type], Type] = lambda _api, column: column,
) -> Type:
    """Report wrong names and values in `where`, `**dict`, `by` and `field`."""
    resources = _resources(call.arg_types[position][0]) if call.arg_types[position] else []
    columns = _columns(resources)
    if not columns or not isinstance(call.context, CallExpr):
        return call.default_return_type
    named = dict(zip(call.callee_arg_names, call.args, strict=True))
    whose = pretty_seq([info.name for info in resources], "or")
    dicts = [
        value
        for value, kind in zip(call.context.args, call.context.arg_kinds, strict=True)
        if kind == ARG_STAR2
    ]
    for literal in _displays(call.api, *named.get("where", []), *dicts):
        for key, value in literal.items if isinstance(literal, DictExpr) else []:
            if isinstance(key, StrExpr) and _is_column(call, columns, key, key.value, whose):
                _check_value(call, accepted(call.api, columns[key.value]), key.value, value)
    for literal in _displays(call.api, *named.get("by", []), *named.get("field", [])):
        for name in literal.items if isinstance(literal, TupleExpr) else [literal]:
            if isinstance(name, StrExpr):
                _is_column(call, columns, name, name.value.removeprefix("-"), whose)
    return call.default_return_type


def _is_column(call: Call, columns: Columns, at: Expression, name: str, whose: str) -> bool:
    if name in columns:
        return True
    near = best_matches(name, list(columns), n=3)
    hint = f"; did you mean {pretty_seq(near, 'or')}?" if near else ""
    call.api.fail(f'{whose} has no column "{name}"{hint}', at, code=errorcodes.CALL_ARG)
    return False


def _check_value(call: Call, expected: Type, name: str, value: Expression) -> None:
    assert isinstance(call.api, TypeChecker)
    found = call.api.lookup_type_or_none(value)
    if found is not None and not is_subtype(found, expected):
        is_type, wanted = (format_type(of, call.api.options) for of in (found, expected))
        message = f'Column "{name}" has incompatible type {is_type}; expected {wanted}'
        call.api.fail(message, value, code=errorcodes.ARG_TYPE)


def _displays(api: CheckerPluginInterface, *arguments: Expression) -> Iterator[Expression]:
    """Yield the expressions that arguments are made of, through variables of the same module."""
    waiting = list(arguments)
    seen = set()
    while waiting:
        each = waiting.pop()
        if isinstance(each, NameExpr) and isinstance(each.node, Var):
            if each.node not in seen:
                seen.add(each.node)
                waiting += _assigned(api, each)
        elif isinstance(each, ConditionalExpr):
            waiting += [each.if_expr, each.else_expr]
        elif isinstance(each, OpExpr):
            waiting += [each.left, each.right]
        else:
            yield each
            if isinstance(each, DictExpr):
                waiting += [value for key, value in each.items if key is None]


def _assigned(api: CheckerPluginInterface, variable: NameExpr) -> Iterator[Expression]:
    """Yield what is assigned to a variable; an assigned item as a dict of its own."""
    assert isinstance(api, TypeChecker)
    scope = api.tree.defs if variable.kind == GDEF else [api.scope.top_level_function()]
    for statement in _assignments(scope):
        for target in statement.lvalues:
            if isinstance(target, NameExpr) and target.node is variable.node:
                yield statement.rvalue
            elif (
                isinstance(target, IndexExpr)
                and isinstance(target.base, NameExpr)
                and target.base.node is variable.node
            ):
                yield DictExpr([(target.index, statement.rvalue)])


def _assignments(nodes: Iterable[object]) -> Iterator[AssignmentStmt]:
    """Yield the assignments among statements and in their blocks (mypy's visitors are compiled)."""
    for node in nodes:
        if isinstance(node, AssignmentStmt):
            yield node
        for name in ("body", "bodies", "else_body", "handlers", "finally_body", "func"):
            inner = getattr(node, name, None)
            if inner is not None:
                yield from _assignments(inner if isinstance(inner, list) else [inner])
