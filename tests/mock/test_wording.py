"""Refusals of input: in Twilio's terms, whatever was given and whatever has found the fault."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import examples
from validators_words import FOUND

from helpers import Account
from helpers.mock import TwilioError
from helpers.mock.core.parameters import Parameters
from helpers.mock.rest import application
from helpers.mock.taskrouter import configuration

assert application.operations()  # so that all classes of parameters exist
TEXTS = st.sampled_from(
    [
        *("", " ", "x", "-1", "0", "1.5", "1e400", "9" * 30, "true", "maybe", "[]", "{}", "["),
        *('{"a": 1}', "null", "NaN", "2026-01-01", "2026-13-01T00:00:00Z", "active", "FW1"),
        "é" * 40_000,
    ]
)
JSON = st.recursive(
    st.one_of(TEXTS, st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats()),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(TEXTS, inner, max_size=2)),
    max_leaves=4,
)


def subclasses(base: type[Parameters]) -> Iterator[type[Parameters]]:
    for each in base.__subclasses__():
        yield each
        yield from subclasses(each)


CLASSES = sorted(subclasses(Parameters), key=lambda each: f"{each.__module__}.{each.__name__}")


def refusal(read: Any, given: Any) -> str:
    """The words of a refusal; empty where there is none."""
    try:
        read(given)
    except TwilioError as refused:
        return refused.message
    return ""


@settings(max_examples=examples(400), deadline=None)
@given(st.data())
def test_no_parameter_is_refused_in_the_words_of_a_library(data: st.DataObject) -> None:
    fields = data.draw(st.sampled_from(CLASSES))
    values = {
        name: st.lists(TEXTS, max_size=2) if name in fields.lists else TEXTS
        for name in (info.alias or field for field, info in fields.model_fields.items())
    }
    given = data.draw(st.fixed_dictionaries({}, optional=values))
    words = refusal(fields.read, given)
    assert not FOUND.search(words), words


PARTS = {
    "expression": JSON,
    "targets": st.one_of(
        JSON, st.lists(st.dictionaries(st.sampled_from(["queue", "timeout"]), JSON))
    ),
    "friendly_name": JSON,
}
ROUTING = {
    "filters": st.one_of(JSON, st.lists(st.fixed_dictionaries({}, optional=PARTS), max_size=2)),
    "default_filter": JSON,
}


@settings(max_examples=examples(400), deadline=None)
@given(
    st.one_of(
        JSON,
        st.fixed_dictionaries(
            {"task_routing": st.one_of(JSON, st.fixed_dictionaries({}, optional=ROUTING))}
        ),
    )
)
def test_no_workflow_is_refused_in_the_words_of_a_library(document: Any) -> None:
    words = refusal(configuration.read, json.dumps(document))
    assert not FOUND.search(words), words


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ("", "it must be JSON such as"),
        (
            '{"task_routing": {"filters": [{"expression": "1==1", "targets": []}]}}',
            "task_routing.filters[0].targets must not be empty",
        ),
        ('{"task_routing": {"filters": {}}}', "task_routing.filters must be a list"),
        ('{"task_routing": 5}', "task_routing must be an object"),
        ('{"task_routing": {"default_filter": {"priority": -1}}}', "priority must be 0 or more"),
    ],
)
def test_a_workflow_is_refused_with_the_place_and_a_sentence(document: str, sentence: str) -> None:
    words = refusal(configuration.read, document)
    assert words.startswith("Invalid parameter Configuration: ")
    assert sentence in words


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (
            lambda client: client.taskrouter.v1.workspaces.create(
                "x", prioritize_queue_order="FILO"
            ),
            "Invalid parameter PrioritizeQueueOrder: it must be 'FIFO' or 'LIFO'",
        ),
        (
            lambda client: client.studio.v2.flows.list()[0].update(status="live"),
            "Invalid parameter Status: it must be 'draft' or 'published'",
        ),
        (
            lambda client: client.studio.v2.flows.create("x", "draft", "{"),
            "the definition is not JSON: it cannot be read from line 1, column 2 on",
        ),
    ],
)
def test_a_refusal_says_what_the_value_must_be(account: Account, call: Any, sentence: str) -> None:
    with pytest.raises(Exception, match="HTTP 400") as caught:
        call(account.client)
    assert sentence in caught.value.msg  # type: ignore[attr-defined]
