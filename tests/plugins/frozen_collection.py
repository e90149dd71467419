"""Keeps the garbage collector from what pytest collects, which stays until the end.

There is no garbage among thousands of tests, but looking for it takes 0.3 s each time.
"""

import gc
from collections.abc import Iterator

import pytest

FEW = 10_000
"""Objects, of hundreds of thousands; some versions of Python begin with a few that are frozen."""


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    gc.disable()
    collected = yield
    _freeze()
    gc.enable()
    return collected


def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Freeze again after a file whose tests have unfrozen all, as a simulated day does."""
    is_last = nextitem is not None and nextitem.path != item.path
    if is_last and gc.get_freeze_count() < FEW:
        _freeze()


def _freeze() -> None:
    gc.collect()
    gc.freeze()
