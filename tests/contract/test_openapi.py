"""Every operation of Twilio's OpenAPI documents, called through the SDK, answers as declared.

The documents are not kept here: get `twilio_chat_v2.json` and the others from
github.com/twilio/twilio-oai (folder `spec/json`) and name their folder in `TWILIO_OAI_DIR`.
"""

from __future__ import annotations

import os
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import chat_v2
import flex_v1
import pytest
import studio_v2
import taskrouter_v1
from openapi import Document, Operation, Schema
from recorder import Exchange
from scenarios import Call, parameters, words
from world import World

SCENARIOS = {
    "chat_v2": chat_v2.SCENARIOS,
    "flex_v1": flex_v1.SCENARIOS,
    "studio_v2": studio_v2.SCENARIOS,
    "taskrouter_v1": taskrouter_v1.SCENARIOS,
}
PATHS = {"flex_v1": flex_v1.PATHS}
WITHOUT = {"taskrouter_v1": taskrouter_v1.WITHOUT}
PAGING = {"Page", "PageSize", "PageToken"}
FOLDER = os.environ.get("TWILIO_OAI_DIR")

pytestmark = pytest.mark.skipif(
    not FOLDER,
    reason="TWILIO_OAI_DIR names no folder with Twilio's OpenAPI documents;"
    " get them from github.com/twilio/twilio-oai, spec/json",
)
OPERATIONS = [(document, name) for document, found in SCENARIOS.items() for name in found]
PARAMETERS = [
    (document, operation, parameter)
    for document, operation in OPERATIONS
    for parameter in parameters(SCENARIOS[document][operation])
]


@cache
def document(name: str) -> Document:
    file = Path(FOLDER or "") / f"twilio_{name}.json"
    return Document(file, PATHS.get(name, ("/",)), WITHOUT.get(name, ()))


def declared(document_name: str, operation: str) -> Operation:
    return document(document_name).operations[operation]


@pytest.fixture(scope="module")
def furnished() -> World:
    world = World()
    studio_v2.furnish(world)
    return world


@pytest.fixture
def world(furnished: World) -> Any:
    with furnished.mock.snapshot():
        yield furnished


def check(operation: Operation, exchange: Exchange) -> None:
    """The request was one of this operation, and its answer is as declared."""
    assert operation.matches(exchange.method, exchange.path)
    assert exchange.status == operation.status
    if operation.response is None:
        assert exchange.text == ""
        return
    assert operation.faults(exchange.json) == []
    if operation.list_key is not None:
        assert exchange.json["meta"]["key"] == operation.list_key
        assert exchange.json[operation.list_key], "a list to look at"


# -- the whole of each document


def test_the_documents_hold_as_many_operations_as_they_did() -> None:
    found = {name: len(document(name).operations) for name in SCENARIOS}
    assert found == {"chat_v2": 54, "flex_v1": 14, "studio_v2": 19, "taskrouter_v1": 46}


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_operation_of_a_document_is_exercised(world: World, name: str) -> None:
    exercised = set()
    for calls in SCENARIOS[name].values():
        with world.mock.snapshot():
            requests = [(exchange.method, exchange.path) for exchange in calls[0].make(world)]
        exercised |= {document(name).operation_of(*request) for request in requests}
    assert exercised == set(document(name).operations.values())


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_declared_parameter_of_a_document_is_given(name: str) -> None:
    for operation, calls in SCENARIOS[name].items():
        expected = declared(name, operation)
        names = {*expected.body["properties"], *expected.parameters("query")} - PAGING
        assert set(parameters(calls)) == names, operation


# -- each operation


@pytest.mark.parametrize(("name", "operation"), OPERATIONS)
def test_an_operation_answers_as_declared(world: World, name: str, operation: str) -> None:
    expected = declared(name, operation)
    for call in SCENARIOS[name][operation]:
        with world.mock.snapshot():
            for exchange in call.make(world):
                check(expected, exchange)


@pytest.mark.parametrize(("name", "operation", "parameter"), PARAMETERS)
def test_a_parameter_is_accepted_and_shown(
    world: World, name: str, operation: str, parameter: str
) -> None:
    expected = declared(name, operation)
    call = parameters(SCENARIOS[name][operation])[parameter]
    given = call.values(world)
    answer = call.giving(**given).make(world)[-1].json
    if expected.list_key is not None:
        assert f"{parameter}=" in answer["meta"]["url"]
        return
    path = words(parameter)
    if path[0] in expected.shown:
        assert at(answer, path) == as_shown(given[parameter], expected.shown[path[0]])
        assert world.found_at(answer["url"]) == answer


def at(answer: Any, path: list[str]) -> Any:
    for step in path:
        answer = answer[step]
    return answer


def as_shown(value: Any, schema: Schema) -> Any:
    """A parameter's value as JSON has it: dates as text, and a flag where the schema says text."""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    return str(value) if schema.get("type") == "string" else value


@pytest.mark.parametrize("value", ["true", "false"])
def test_the_webhook_header_is_accepted_where_it_is_declared(world: World, value: str) -> None:
    headers = {"X-Twilio-Webhook-Enabled": value}
    for operation, calls in SCENARIOS["chat_v2"].items():
        expected = declared("chat_v2", operation)
        if expected.parameters("header").keys() == headers.keys():
            with world.mock.snapshot():
                exchange = with_headers(world, calls[0], headers)
            assert headers.items() <= exchange.headers.items()
            check(expected, exchange)


def with_headers(world: World, call: Call, headers: dict[str, str]) -> Exchange:
    """The call with these headers; the SDK (9.13) drops those of a delete, so it is made again."""
    with world.mock.snapshot():
        exchange = call.make(world, headers)[0]
    if exchange.method == "DELETE":
        world.client.request("DELETE", exchange.url, headers=headers)
        return world.recorder.exchanges[-1]
    return exchange


LISTS = [(document, name) for document, name in OPERATIONS if name.startswith("List")]


@pytest.mark.parametrize(("name", "operation"), LISTS)
def test_a_list_is_paged_as_declared(world: World, name: str, operation: str) -> None:
    expected = declared(name, operation)
    call = SCENARIOS[name][operation][0]
    default, maximum = expected.page_sizes
    sizes = ({}, default), ({"PageSize": 1}, 1), ({"PageSize": maximum + 1}, maximum)
    for given, answered in sizes:
        for exchange in call.giving(**given).make(world):
            check(expected, exchange)
            assert exchange.json["meta"]["page_size"] == answered
