"""The server as people start it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


class Command:
    """`python -m helpers.mock`, running."""

    def __init__(self, *options: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "helpers.mock", "--port", "0", *options],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.start_line = self.process.stdout.readline()
        found = re.search(r"http://\S+", self.start_line)
        assert found, self.end()
        self.url = found[0]

    def kill(self) -> None:
        """End it at once, as every system can."""
        self.process.kill()
        self.process.communicate(timeout=30)

    def end(self, how: int = signal.SIGTERM, patience: float = 30) -> tuple[int, str]:
        """Its exit code, and what it wrote besides the start line."""
        self.process.send_signal(how)
        out, err = self.process.communicate(timeout=patience)
        return self.process.returncode, out + err
