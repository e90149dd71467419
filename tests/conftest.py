"""Every test runs on a mock, with no trace of the developer's own Twilio settings."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session", autouse=True)
def _no_twilio_settings() -> Iterator[None]:
    """Kernels that nbval starts inherit the environment, so it is cleaned once, for all."""
    kept = {name: value for name, value in os.environ.items() if name.startswith("TWILIO_")}
    for name in kept:
        if name != "TWILIO_OAI_DIR":
            del os.environ[name]
    yield
    os.environ.update(kept)
