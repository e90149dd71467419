"""The soak itself works: a few clients, one kill, and Ctrl-C."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from served import ROOT

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL"),
]


def test_a_soak_that_is_interrupted_after_a_kill_prints_what_it_has_found(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    options = ["--minutes", "1", "--clients", "12", "--kill-every", "2", "--rate", "60"]
    with subprocess.Popen(
        [sys.executable, "-m", "tests.soak", *options, "--json", str(file)],
        cwd=ROOT,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "PYTHONWARNINGS": "default",
        },  # what is unclosed, too
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as soak:
        assert soak.stderr is not None
        progress = ""
        while ", 1 kills: " not in progress:
            line = soak.stderr.readline()
            assert line, progress
            progress += line
        soak.send_signal(signal.SIGINT)
        printed, said = soak.communicate(timeout=120)
    assert "interrupted: the load ends" in said
    assert "Warning" not in progress + said
    assert "Traceback" not in progress + said
    figures = json.loads(file.read_text("utf-8"))
    assert {kind: cases for kind, cases in figures["problems"].items() if cases} == {}
    assert soak.returncode == 0
    assert figures["kills"] >= 1
    assert figures["stored"] >= figures["acknowledged"] > 0
    assert figures["received by clients"] > 0
    assert f"| acknowledged | {figures['acknowledged']} |" in printed
