"""A user's own notebook that calls connect(): to the letter the same outputs each time."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
NOTEBOOK = ROOT / "docs/examples/notebook/orders.ipynb"


@pytest.mark.long
def test_its_stored_outputs_come_again(tmp_path: Path) -> None:
    shutil.copy(NOTEBOOK, tmp_path)
    (tmp_path / "flex_chat_lab.py").write_text("from helpers import connect, read_token\n")
    settings = {"TWILIO_MOCK_SEED": "1", "TWILIO_MOCK_TIME": "2026-06-01T09:00:00Z"}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "nbval.plugin", "--nbval", NOTEBOOK.name],
        cwd=tmp_path,
        env={
            **os.environ,
            **settings,
            "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)]),
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert "5 passed" in done.stdout, done.stdout + done.stderr
