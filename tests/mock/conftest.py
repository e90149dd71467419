"""What several tests of the mock need."""

from __future__ import annotations

import pytest
from office import Office

from helpers import Account


@pytest.fixture
def office(account: Account) -> Office:
    """The account's own TaskRouter workspace, with Alice and Bob offline."""
    return Office(account)
