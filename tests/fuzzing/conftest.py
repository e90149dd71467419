"""Fuzzing: seconds in the whole suite, at length on demand.

    python -m pytest tests/fuzzing --hypothesis-profile=long -s

The figures of a long run stand in docs/explanation/fuzzing.md.
"""

from __future__ import annotations

import pytest


@pytest.fixture(scope="session")
def is_long(request: pytest.FixtureRequest) -> bool:
    """True in the long run."""
    return bool(request.config.getoption("--hypothesis-profile") == "long")
