"""Every operation of Twilio's OpenAPI documents, called through the SDK, answers as declared.

The documents are not kept here: get `twilio_chat_v2.json` and the others from
github.com/twilio/twilio-oai (folder `spec/json`) and name their folder in `TWILIO_OAI_DIR`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from examples import APIS, Example, Exchange, PreparedAccount, operation_of, parameters, words
from openapi import Document, Operation, Schema

DOCUMENTED = {api.name: api for api in APIS if api.size}
PAGING = {"Page", "PageSize", "PageToken"}
FOLDER = os.environ.get("TWILIO_OAI_DIR")

pytestmark = pytest.mark.skipif(
    not FOLDER,
    reason="TWILIO_OAI_DIR names no folder with Twilio's OpenAPI documents;"
    " get them from github.com/twilio/twilio-oai, spec/json",
)
OPERATIONS = [(name, operation) for name, api in DOCUMENTED.items() for operation in api.examples]
PARAMETERS = [
    (name, operation, parameter)
    for name, operation in OPERATIONS
    for parameter in parameters(DOCUMENTED[name].examples[operation])
]


@cache
def document(name: str) -> Document:
    return Document(Path(FOLDER or "") / f"twilio_{name}.json", DOCUMENTED[name].paths)


def declared(document_name: str, operation: str) -> Operation:
    return document(document_name).operations[operation]


def check(operation: Operation, exchange: Exchange) -> None:
    """The request was one of this operation, and its answer is as declared."""
    assert operation_of([operation], exchange.method, exchange.path)
    assert exchange.status in operation.statuses
    if operation.response is None:
        assert exchange.text == ""
        return
    assert operation.faults(exchange.json) == []
    if operation.list_key is not None:
        assert exchange.json["meta"]["key"] == operation.list_key
        assert exchange.json[operation.list_key], "a list to look at"


# -- the whole of each document


def test_the_documents_hold_as_many_operations_as_they_did() -> None:
    found = {name: len(document(name).operations) for name in DOCUMENTED}
    assert found == {name: api.size for name, api in DOCUMENTED.items()}


@pytest.mark.parametrize("name", DOCUMENTED)
def test_every_operation_of_a_document_is_exercised(prepared: PreparedAccount, name: str) -> None:
    exercised, expected = set(), document(name).operations.values()
    for examples in DOCUMENTED[name].examples.values():
        with prepared.unchanged():
            requests = [(exchange.method, exchange.path) for exchange in examples[0](prepared)]
        exercised |= {operation_of(expected, *request) for request in requests}
    assert exercised == set(expected)


@pytest.mark.parametrize("name", DOCUMENTED)
def test_every_declared_parameter_of_a_document_is_given(name: str) -> None:
    api = DOCUMENTED[name]
    for operation, examples in api.examples.items():
        expected = declared(name, operation)
        names = {*expected.body["properties"], *expected.parameters("query")} - PAGING
        assert set(parameters(examples)) == names - api.not_simulated.get(operation, set()), (
            operation
        )


# -- each operation


@pytest.mark.parametrize(("name", "operation"), OPERATIONS)
def test_an_operation_answers_as_declared(
    prepared: PreparedAccount, name: str, operation: str
) -> None:
    expected = declared(name, operation)
    for example in DOCUMENTED[name].examples[operation]:
        with prepared.unchanged():
            for exchange in example(prepared):
                check(expected, exchange)


@pytest.mark.parametrize(("name", "operation", "parameter"), PARAMETERS)
def test_a_parameter_is_accepted_and_shown(
    prepared: PreparedAccount, name: str, operation: str, parameter: str
) -> None:
    expected = declared(name, operation)
    example = parameters(DOCUMENTED[name].examples[operation])[parameter]
    given = example.values(prepared)
    if expected.list_key is not None:
        check_filter(prepared, expected, example, parameter)
        return
    path = ".".join(words(parameter))
    schema = expected.shown.get(path.split(".")[0])
    with prepared.unchanged():
        exchange = example.giving(given)(prepared)[-1]
        answer = exchange.json
        if schema is not None and parameter not in example.seen:
            assert at(answer, path) == as_shown(given[parameter], schema)
            assert prepared.found_at(answer["url"]) == answer
        if parameter in example.seen:
            assert found(prepared, example.seen[parameter], answer) == given[parameter]
    if schema is None and parameter not in example.seen:
        check_without_effect(prepared, exchange, parameter)


def check_without_effect(prepared: PreparedAccount, exchange: Exchange, parameter: str) -> None:
    """Without the parameter the request is answered the same, unless it is required."""
    form = {name: value for name, value in exchange.form.items() if name != parameter}
    headers = exchange.headers
    answer = prepared.client.request(exchange.method, exchange.url, data=form, headers=headers)
    if answer.ok:
        assert json.loads(answer.text) == exchange.json
    else:
        assert f"Missing required parameter {parameter}" in answer.text


def check_filter(
    prepared: PreparedAccount, operation: Operation, example: Example, parameter: str
) -> None:
    """By itself the filter leaves items out or reorders them, unless a function looks at each."""
    given, key = example.values(prepared), operation.list_key
    assert f"{parameter}=" in example.giving(given)(prepared)[-1].json["meta"]["url"]
    pages = (example.giving(by)(prepared) for by in ({}, {parameter: given[parameter]}))
    whole, chosen = ([item for page in each for item in page.json[key]] for each in pages)
    path = words(parameter)[-1]
    how = example.seen.get(parameter, path if path in whole[0] else None)
    assert chosen
    assert parameter in example.computed or all(item in whole for item in chosen)
    if how is not None:
        values = as_texts(given[parameter])
        assert all(as_texts(found(prepared, how, item)) <= values for item in chosen)
    assert chosen != whole or callable(how)


def as_texts(value: Any) -> set[str]:
    """A value, or those of a list, with flags as a query has them."""
    return {str(each).lower() for each in (value if isinstance(value, list) else [value])}


def at(answer: Any, path: str) -> Any:
    for step in path.split("."):
        answer = answer[step]
    return answer


def found(account: PreparedAccount, how: str | Callable[..., Any], answer: Any) -> Any:
    """Value at a path of the answer, or as the function finds it."""
    return at(answer, how) if isinstance(how, str) else how(account, answer)


def as_shown(value: Any, schema: Schema) -> Any:
    """A parameter's value as JSON has it: dates as text, and a flag where the schema says text."""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    return str(value) if schema.get("type") == "string" else value


@pytest.mark.parametrize("value", ["true", "false"])
def test_the_webhook_header_is_accepted_where_it_is_declared(
    prepared: PreparedAccount, value: str
) -> None:
    headers = {"X-Twilio-Webhook-Enabled": value}
    for name, operation in OPERATIONS:
        expected = declared(name, operation)
        if expected.parameters("header").keys() == headers.keys():
            with prepared.unchanged():
                example = DOCUMENTED[name].examples[operation][0]
                exchange = with_headers(prepared, example, headers)
            assert headers.items() <= exchange.headers.items()
            check(expected, exchange)


def with_headers(account: PreparedAccount, example: Example, headers: dict[str, str]) -> Exchange:
    """The call with these headers; the SDK (9.13) drops those of a delete, so it is made again."""
    with account.unchanged():
        exchange = example(account, headers)[0]
    if exchange.method == "DELETE":
        account.client.request("DELETE", exchange.url, headers=headers)
        return account.recorder.exchanges[-1]
    return exchange


LISTS = [(name, operation) for name, operation in OPERATIONS if operation.startswith("List")]


@pytest.mark.parametrize(("name", "operation"), LISTS)
def test_a_list_is_paged_as_declared(prepared: PreparedAccount, name: str, operation: str) -> None:
    expected = declared(name, operation)
    example = DOCUMENTED[name].examples[operation][0]
    default, maximum = expected.page_sizes
    sizes = ({}, default), ({"PageSize": 1}, 1), ({"PageSize": maximum + 1}, maximum)
    for given, answered in sizes:
        exchanges = example.giving(given)(prepared)
        assert exchanges
        for exchange in exchanges:
            check(expected, exchange)
            assert exchange.json["meta"]["page_size"] == answered
