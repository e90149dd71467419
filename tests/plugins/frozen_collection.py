"""Keeps the garbage collector from what pytest collects, which stays until the end.

There is no garbage among thousands of tests, but looking for it takes 0.3 s each time.
"""

import gc
from collections.abc import Iterator

import pytest

_unfrozen: list[bool] = []
_unfreeze = gc.unfreeze


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    gc.disable()
    collected = yield
    gc.freeze()
    gc.unfreeze = _noted
    gc.enable()
    return collected


def _noted() -> None:
    _unfreeze()
    _unfrozen.append(True)


def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Freeze again after a file whose tests have unfrozen all, as a simulated day does."""
    if _unfrozen and nextitem is not None and nextitem.path != item.path:
        _freeze()


def _freeze() -> None:
    gc.collect()
    gc.freeze()
    _unfrozen.clear()
