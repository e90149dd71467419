"""What several tests of the mock need."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from contact_center import Contact
from faulty import SOON
from hooks import HOOK, Gate
from office import Office
from story import Customer, Floor
from studio_lab import Lab

from helpers import Account
from helpers.mock import Faults, MockTwilio


@pytest.fixture
def office(account: Account) -> Office:
    """The account's own TaskRouter workspace, with Alice and Bob offline."""
    return Office(account)


@pytest.fixture
def floor(account: Account) -> Iterator[Floor]:
    """The account's agents and tasks."""
    floor = Floor(account)
    yield floor
    floor.close()


@pytest.fixture
def customer_of(account: Account) -> Iterator[Callable[..., Customer]]:
    """Makes customers of a Flex Flow, and has them leave after the test."""
    customers: list[Customer] = []

    def make(flow: Any, identity: str = "user-42") -> Customer:
        customers.append(Customer(account, flow, identity))
        return customers[-1]

    yield make
    for customer in customers:
        customer.leave()


@pytest.fixture
def customer_with(
    make_flow: Callable[..., Any],
    task_settings: dict[str, Any],
    studio_settings: dict[str, Any],
    customer_of: Callable[..., Customer],
) -> Callable[..., Customer]:
    """Makes a customer of a Flex Flow with this handler and these settings."""
    handlers = {"studio": studio_settings, "task": task_settings, "external": {}}

    def make(handler: str, **settings: Any) -> Customer:
        return customer_of(make_flow(**handlers[handler], **settings))

    return make


@pytest.fixture
def lab() -> Iterator[Lab]:
    """An account for flows of Studio."""
    made = Lab()
    yield made
    made.close()


@pytest.fixture
def gate(webhooks: Any) -> Iterator[Gate]:
    """A receiver of webhooks that holds them up."""
    gate = Gate()
    webhooks.register(HOOK, gate)
    yield gate
    gate.open.set()


@pytest.fixture
def contact(account: Account) -> Contact:
    """The account's contact center."""
    return Contact(account)


@pytest.fixture
def mock(account: Account) -> MockTwilio:
    """The mock of the account."""
    assert account.mock is not None
    return account.mock


@pytest.fixture
def faults(mock: MockTwilio) -> Faults:
    """Its faults."""
    return mock.faults


@pytest.fixture
def impatient(mock: MockTwilio) -> None:
    """The SDK gives up soon."""
    mock.http_client.timeout = SOON
