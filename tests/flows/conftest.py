"""Accounts that several tests of flow files need."""

from __future__ import annotations

import pytest
from shop_file import FILE

from helpers import Account
from helpers.flows import plan


@pytest.fixture
def shop(account: Account) -> Account:
    """An account as FILE says."""
    plan(account, FILE).apply()
    return account
