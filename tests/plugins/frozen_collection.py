"""Keeps the garbage collector from what pytest collects, which stays until the end.

There is no garbage among thousands of tests, but looking for it takes 0.3 s each time.
"""

import gc
from collections.abc import Iterator

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    gc.disable()
    collected = yield
    gc.freeze()
    gc.freeze = gc.unfreeze = _keep  # a simulated day would let go of all that
    gc.enable()
    return collected


def _keep() -> None:
    """Leave what is frozen as it is."""
