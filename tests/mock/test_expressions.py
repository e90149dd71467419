"""TaskRouter's expression language: what it takes, and what it means."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.mock import TwilioError
from helpers.mock.taskrouter import expressions
from helpers.mock.taskrouter.expression_tree import (
    MAX_DEPTH,
    And,
    Array,
    Constant,
    ExpressionComparison,
    Not,
    Or,
    Path,
)
from helpers.mock.taskrouter.expressions import holds, is_loose_expression, matches, parse

ALICE = {
    "name": "Alice",
    "level": 7,
    "rate": 1.5,
    "vip": True,
    "nothing": None,
    "skills": ["chat", "billing"],
    "empty": [],
    "home": {"city": "Paris", "rooms": [{"size": 12}, {"size": 30}]},
    "android": 1,
    "order": 2,
    "age": "12",
}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "1 == 1",
        "1==1",
        "0 != 1",
        '"apple" != "orange"',
        "name == 'Alice'",
        'name="Alice"',
        "level > 6 AND level >= 7 AND level < 8 AND level <= 7",
        "rate == 1.50 and rate < 2",
        "-1 < level",
        "level == 7.0",
        "vip == true",
        "skills HAS 'chat'",
        "level IN [5, 6, 7]",
        "name in ['Bob', \"Alice\"]",
        "name NOT IN ['Bob']",
        "name not in []",
        "name CONTAINS 'lic'",
        "home.city == 'Paris'",
        "home.rooms[1].size > home.rooms[0].size",
        "skills[0] == 'chat'",
        "name == 'Bob' OR level == 7",
        "name == 'Bob' OR name == 'Carol' AND level == 0 OR vip == true",
        "(name == 'Bob' OR name == 'Alice') AND level == 7",
        "((level == 7))",
        "NOT name == 'Bob' AND NOT (level == 6)",
        "!(level == 6) && vip == true || 1 == 2",
        "NOT NOT level == 7",
        "android == 1 AND order == 2",
        "missing == null AND nothing == null",
        "skills != null",
        "missing != 'x'",
        "missing NOT IN ['x']",
        "'it\\'s' == \"it's\"",
        "'a\\\\b' CONTAINS '\\\\'",
        "name == 'Alice'\n  AND\tlevel == 7",
        "age <= 13 AND age >= 12.0 AND age < 1e2",
        "level > '6' AND level < '10'",
        "'-.5' < rate",
        "age > '1'",
    ],
)
def test_an_expression_that_holds_of_alice(text: str) -> None:
    assert matches(text, ALICE)


@pytest.mark.parametrize(
    "text",
    [
        "name == 'alice'",
        "name == 'Bob' AND level == 7",
        "missing == 'x'",
        "missing > 1",
        "missing < 1",
        "missing CONTAINS 'x'",
        "missing HAS 'x'",
        "nothing != null",
        "skills == null",
        "level == '7'",
        "level > '7'",
        "level > 'six'",
        "age > 13",
        "age == 12",
        "age IN [12]",
        "age > true",
        "age > '2'",
        "' 12' > 1",
        "'nan' < 1",
        "'0x10' > 1",
        "'\u0661' > 0",
        "vip == 1",
        "vip > false",
        "name > 1",
        "skills == 'chat'",
        "skills != 'chat'",
        "skills CONTAINS 'chat'",
        "name HAS 'A'",
        "level IN 7",
        "level NOT IN 6",
        "level NOT IN missing",
        "skills IN [['chat', 'billing']]",
        "skills NOT IN ['chat']",
        "empty HAS 'x'",
        "home == 'Paris'",
        "home.city.street == 'x'",
        "skills[5] == 'x'",
        "name[0] == 'A'",
        "1 == 2",
        "(level == 7 OR vip == true) AND name == 'Bob'",
    ],
)
def test_an_expression_that_does_not_hold_of_alice(text: str) -> None:
    assert not matches(text, ALICE)


@pytest.mark.parametrize(
    ("loose", "strict"),
    [
        ("name == 'a:1', 'Alice'", "name IN ['a:1', 'Alice']"),
        ("name = 'a', 'b' AND level == 7", "name IN ['a', 'b'] AND level == 7"),
        ("level IN 6, 7", "level IN [6, 7]"),
        ("name IN ('Bob', 'Alice')", "name IN ['Bob', 'Alice']"),
        ("name NOT IN ('Bob')", "name NOT IN ['Bob']"),
        ("name != 'Bob', 'Carol' OR vip == false", "name NOT IN ['Bob', 'Carol'] OR vip == false"),
        ("skills HAS 'mail', 'chat'", "skills HAS 'mail' OR skills HAS 'chat'"),
        ("home.away! = true", "home.away != true"),
        ("level > = 7 AND level < = 7", "level >= 7 AND level <= 7"),
        ("NOT level = = 6", "NOT level == 6"),
    ],
)
def test_what_twilio_stores_beyond_its_documentation_is_read_as_it_is_meant(
    loose: str, strict: str
) -> None:
    assert parse(loose) == parse(strict)
    assert is_loose_expression(loose)
    assert not is_loose_expression(strict)


def test_what_cannot_be_read_at_all_is_not_loose() -> None:
    assert not any(
        map(is_loose_expression, ("", "name ==", "name == 'a',", "name == ()", ", 1 == 1"))
    )


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("name", 4),
        ("name ==", 7),
        ("name == 'Alice", 8),
        ("full-name == 'x'", 4),
        ("name == 'x' AND", 15),
        ("(name == 'x'", 12),
        ("name == 'x')", 11),
        ("name == 'x' level == 1", 12),
        ("name LIKE 'x'", 5),
        ("HAS 'x'", 4),
        ("name === 'x'", 7),
        ("name IN ['x'", 12),
        ("a ==\n b ==", 8),
        ("name == #", 8),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_position(text: str, position: int) -> None:
    with pytest.raises(TwilioError, match=rf"at position {position}\b") as refused:
        parse(text)
    assert (refused.value.code, refused.value.status) == (20001, 400)


@pytest.mark.parametrize(
    "text",
    [
        "NOT " * 20_000 + "a == 1",
        "a IN " + "[" * 200 + "]" * 200,
        "(NOT " * (MAX_DEPTH + 1) + "a == 1" + ")" * (MAX_DEPTH + 1),
        "a == " + "1" * 10_000,
    ],
)
def test_an_expression_beyond_all_reason_is_refused(text: str) -> None:
    with pytest.raises(TwilioError) as refused:
        parse(text)
    assert refused.value.code == 20001


def test_parentheses_do_not_count_as_nesting() -> None:
    assert parse("(" * 5000 + "a == 1" + ")" * 5000) == parse("a == 1")


def test_an_expression_is_read_once() -> None:
    assert parse("level > 41") is parse("level > 41")


def test_task_and_worker_are_compared() -> None:
    scope = {"task": {"language": "es"}, "worker": {"languages": ["en", "es"]}}
    assert matches("task.language IN worker.languages", scope)
    assert not matches("task.language == worker.language", scope)


# -- properties

NAMES = st.sampled_from(["a", "b", "level", "has", "order", "$x", "_y1", "in_", "worker"])
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-1000, 1000),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
    st.text(max_size=5),
    st.sampled_from(["7", "08", "-1.5", "1e3", "+1", "12a"]),
)
PATHS = st.builds(
    lambda first, rest: Path((first, *rest)),
    NAMES,
    st.lists(st.one_of(NAMES, st.integers(0, 3)), max_size=2),
)
OPERANDS = st.one_of(
    SCALARS.map(Constant),
    PATHS,
    st.lists(SCALARS.map(Constant), max_size=3).map(lambda items: Array(tuple(items))),
)
COMPARISONS = st.builds(
    ExpressionComparison, OPERANDS, st.sampled_from(sorted(expressions.OPERATORS)), OPERANDS
)
TREES = st.recursive(
    COMPARISONS,
    lambda inner: st.one_of(
        inner.map(Not),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: And(tuple(parts))),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: Or(tuple(parts))),
    ),
    max_leaves=6,
)
SCOPES = st.dictionaries(
    NAMES, st.one_of(SCALARS, st.lists(SCALARS, max_size=3), st.dictionaries(NAMES, SCALARS))
)


def rendered(tree: Any) -> str:
    """Return the expression as text that reads back as the same tree."""
    if isinstance(tree, ExpressionComparison):
        return f"{_written(tree.left)} {tree.operator} {_written(tree.right)}"
    if isinstance(tree, Not):
        return f"NOT ({rendered(tree.part)})"
    word = " AND " if isinstance(tree, And) else " OR "
    return word.join(f"({rendered(part)})" for part in tree.parts)


def _written(operand: Any) -> str:
    if isinstance(operand, Array):
        return f"[{', '.join(map(_written, operand.items))}]"
    if isinstance(operand, Path):
        steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in operand.steps)
        return "".join(steps).removeprefix(".")
    if isinstance(operand.value, str):
        escaped = operand.value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return json.dumps(operand.value)


@given(TREES)
def test_an_expression_written_out_reads_back_as_it_was(tree: Any) -> None:
    assert parse(rendered(tree)) == tree


@given(TREES, SCOPES)
def test_an_expression_means_what_python_would_say(tree: Any, scope: dict[str, Any]) -> None:
    assert holds(tree, scope) is reference(tree, scope)


@given(TREES, SCOPES)
def test_not_is_the_opposite(tree: Any, scope: dict[str, Any]) -> None:
    assert holds(Not(tree), scope) is not holds(tree, scope)


def reference(tree: Any, scope: dict[str, Any]) -> bool:
    """The language once more, as plainly as Python can say it."""
    match tree:
        case And(parts):
            return all(reference(part, scope) for part in parts)
        case Or(parts):
            return any(reference(part, scope) for part in parts)
        case Not(part):
            return not reference(part, scope)
    left, right = look_up(tree.left, scope), look_up(tree.right, scope)
    simple = not any(isinstance(value, list | dict) for value in (left, right))
    alike = simple and kind(left) is kind(right)
    if {kind(left), kind(right)} == {float, str}:
        left, right = as_number(left), as_number(right)
    sortable = kind(left) is kind(right) and kind(left) in (float, str)
    means = {
        "==": lambda: alike and left == right,
        "!=": lambda: (
            (left is None) is not (right is None)
            if None in (kind(left), kind(right))
            else simple and not (alike and left == right)
        ),
        "<": lambda: sortable and left < right,
        "<=": lambda: sortable and left <= right,
        ">": lambda: sortable and left > right,
        ">=": lambda: sortable and left >= right,
        "HAS": lambda: among(right, left),
        "IN": lambda: among(left, right),
        "NOT IN": lambda: (
            isinstance(right, list) and not isinstance(left, list | dict) and not among(left, right)
        ),
        "CONTAINS": lambda: isinstance(left, str) and isinstance(right, str) and right in left,
    }
    return bool(means[tree.operator]())


def as_number(value: Any) -> Any:
    """The number that a text is; anything else as it is."""
    is_number = isinstance(value, str) and set(value) <= set("0123456789.eE+-")
    with suppress(TypeError, ValueError):
        return float(value) if is_number and value[:1] != "+" else value
    return value


def kind(value: Any) -> type | None:
    if value is None:
        return None
    return float if type(value) is int else type(value)


def among(value: Any, values: Any) -> bool:
    return (
        isinstance(values, list)
        and not isinstance(value, list | dict)
        and any(kind(value) == kind(one) and value == one for one in values)
    )


def look_up(operand: Any, scope: dict[str, Any]) -> Any:
    match operand:
        case Constant(value):
            return value
        case Array(items):
            return [item.value for item in items]
    found: Any = scope
    for step in operand.steps:
        try:
            found = found[step] if isinstance(found, list if type(step) is int else dict) else None
        except (KeyError, IndexError):
            found = None
    return found
