"""Requests that Twilio's OpenAPI documents allow, generated: each answer is as declared.

Needs schemathesis (tests/fuzzing/requirements.txt) and the documents, as the contract tests do.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import requests
from examples import APIS, PreparedAccount, prepared_account
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from raw import AUTH

from helpers.mock.server.running import BackgroundServer

schemathesis = pytest.importorskip("schemathesis")
FOLDER = os.environ.get("TWILIO_OAI_DIR")
DOCUMENTED = {api.name: api for api in APIS if api.size}
OPERATIONS = [(name, operation) for name, api in DOCUMENTED.items() for operation in api.examples]
CHECKS = ["content_type_conformance", "response_schema_conformance"]
REFUSED_BY_A_WEBHOOK = {50057, 50076}
"""Codes of refusals in the 500s that are Twilio's own."""

pytestmark = [
    pytest.mark.skipif(not FOLDER, reason="TWILIO_OAI_DIR names no folder with the documents"),
    pytest.mark.filterwarnings("ignore:Do not use the `random` module"),
]


@cache
def document(name: str) -> Any:
    text = Path(FOLDER or "", f"twilio_{name}.json").read_text("utf-8")
    return schemathesis.openapi.from_dict(json.loads(text))


@pytest.fixture(scope="module")
def prepared() -> PreparedAccount:
    return prepared_account()


@pytest.fixture(scope="module")
def url(prepared: PreparedAccount) -> Iterator[str]:
    with BackgroundServer(prepared.mock) as server:
        yield server.url


@pytest.fixture(scope="module")
def statuses() -> Iterator[Counter[int]]:
    counted: Counter[int] = Counter()
    yield counted
    print(f"\n{counted.total():,} requests from documents: {dict(sorted(counted.items()))}")
    assert counted[200] > counted.total() / 10


def keys_in(path: str, template: str) -> dict[str, str]:
    """The values of a template's `{Names}` in a path."""
    found = re.fullmatch(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template), path)
    return found.groupdict() if found else {}


@pytest.mark.parametrize(("name", "operation"), OPERATIONS)
def test_what_a_document_allows_is_answered_as_it_declares(
    prepared: PreparedAccount,
    url: str,
    statuses: Counter[int],
    name: str,
    operation: str,
    is_long: bool,
) -> None:
    api, declared = DOCUMENTED[name], document(name).find_operation_by_id(operation)
    with prepared.unchanged():
        [*_, exchange] = api.examples[operation][0](prepared)
    existing = declared.as_strategy(path_parameters=keys_in(exchange.path, declared.path))
    session = requests.Session()
    checks = [schemathesis.checks.CHECKS.get_one(check) for check in CHECKS]

    @settings(
        max_examples=200 if is_long else 3,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.one_of(existing, existing, declared.as_strategy()))
    def is_answered(case: Any) -> None:
        sent = case.as_transport_kwargs(base_url=f"{url}/{api.host}")
        sent["headers"].pop("Authorization", None)
        answer = session.request(**sent, auth=AUTH, timeout=30)
        statuses[answer.status_code] += 1
        code = answer.json().get("code") if answer.content else None
        assert answer.status_code < 500 or code in REFUSED_BY_A_WEBHOOK, answer.text
        if answer.ok:
            case.validate_response(answer, checks=checks)

    with prepared.unchanged(), session:
        is_answered()
