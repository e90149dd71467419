"""Fuzzing: seconds in the whole suite, at length on demand.

    python -m pytest tests/fuzzing --hypothesis-profile=long -s

The figures of a long run stand in docs/fuzzing.md.
"""

from __future__ import annotations

import pytest
from hypothesis import settings

LONG = "long"

settings.register_profile(LONG, max_examples=2_000, deadline=None)


@pytest.fixture(scope="session")
def is_long(request: pytest.FixtureRequest) -> bool:
    """True in the long run."""
    return bool(request.config.getoption("--hypothesis-profile") == LONG)
