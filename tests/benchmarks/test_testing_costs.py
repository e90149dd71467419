"""How long 1,000 tests take that each get a new account, make a Flex channel and send a message.

python -m pytest tests/benchmarks/test_testing_costs.py --benchmark-only
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pytest_benchmark")

ROOT = Path(__file__).resolve().parent.parent.parent
SECONDS = 10
TESTS = """
import pytest

@pytest.mark.parametrize("number", range(1000))
def test_a_message(twilio, number):
    own, flex = twilio.credentials.chat_service_sid, twilio.client.flex_api.v1
    flow = flex.flex_flow.create(
        friendly_name="Shop", chat_service_sid=own, channel_type="custom",
        integration_type="external", integration_url="https://shop.example.com")
    channel = flex.channel.create(flow.sid, "jane", "Jane", "Chat")
    chat = twilio.client.chat.v2.services(own).channels(channel.sid)
    chat.messages.create(body="hello", from_="jane")
"""


def test_a_thousand_tests(benchmark: Any, tmp_path: Path) -> None:
    (tmp_path / "test_shop.py").write_text(TESTS)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}

    def run() -> None:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "helpers.testing.plugin"],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert "1000 passed" in done.stdout

    benchmark.pedantic(run, rounds=2, iterations=1)
    assert benchmark.stats.stats.min < SECONDS
