"""Every operation of the mock has an example, which calls it and is not refused."""

from __future__ import annotations

import pytest
from examples import EXAMPLES, OPERATIONS, Api, Example, PreparedAccount, operation_of


def test_every_operation_of_the_mock_has_an_example() -> None:
    found = {(api.host, operation) for api, operation, _ in EXAMPLES}
    assert found == {(operation.host, operation.name) for operation in OPERATIONS}


@pytest.mark.parametrize(
    ("api", "operation", "example"),
    EXAMPLES,
    ids=[f"{api.name}-{operation}-{number}" for number, (api, operation, _) in enumerate(EXAMPLES)],
)
def test_an_example_calls_its_operation_and_is_not_refused(
    prepared: PreparedAccount, api: Api, operation: str, example: Example
) -> None:
    simulated = [each for each in OPERATIONS if each.host == api.host]
    exchanges = example(prepared)
    assert exchanges
    for exchange in exchanges:
        called = operation_of(simulated, exchange.method, exchange.path)
        assert called is not None
        assert called.name == operation
        assert exchange.host.split(".")[0] == api.host.split(".")[0]
        assert exchange.status < 300
