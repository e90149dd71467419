"""Expressions of tasks that are not made yet: what can match, whatever else they will hold."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.mock import could_match
from helpers.mock.taskrouter.expressions import matches

KNOWN = {"channelType": "custom"}


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "1 == 1",
        "channelType == 'custom'",
        "channelType IN ['sms', 'custom']",
        "channelType != 'web' AND vip == true",
        "channelType == 'web' OR vip == true",
        "NOT vip == true",
        "NOT (channelType == 'web')",
        "vip HAS channelType",
        "taskrouter.currentTime > 0800",
        "this cannot be read",
    ],
)
def test_what_may_be_true_can_match(expression: str) -> None:
    assert could_match(expression, KNOWN)


@pytest.mark.parametrize(
    "expression",
    [
        "1 == 2",
        "channelType == 'web'",
        "channelType == 'web' AND vip == true",
        "vip == true AND (channelType == 'web' OR channelType == 'sms')",
        "NOT (channelType == 'custom' OR vip == true)",
        "channelType NOT IN ['custom']",
    ],
)
def test_what_is_false_whatever_else_there_is_cannot(expression: str) -> None:
    assert not could_match(expression, KNOWN)


LEAVES = st.sampled_from(
    ["channelType == 'web'", "channelType == 'custom'", "a == 1", "b == 1", "a != b", "1 == 1"]
)
EXPRESSIONS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        inner.map(lambda one: f"NOT ({one})"),
        st.tuples(inner, st.sampled_from(["AND", "OR"]), inner).map(
            lambda three: f"({three[0]}) {three[1]} ({three[2]})"
        ),
    ),
    max_leaves=6,
)


@settings(deadline=None)
@given(EXPRESSIONS, st.sampled_from([None, 0, 1]), st.sampled_from([None, 0, 1]))
def test_what_does_match_could_match(expression: str, a: int | None, b: int | None) -> None:
    if matches(expression, {**KNOWN, "a": a, "b": b}):
        assert could_match(expression, KNOWN)
