"""Twilio's JavaScript libraries for tests that need Node: installed once, from the lock file."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parent.parent / "node"
INSTALLING = 900
"""Seconds that npm is given."""


def installed(folder: Path = FOLDER) -> Path:
    """The folder, whose `node_modules` holds the libraries.

    Skips the test where there is no Node or npm; in CI, where there must be, it fails.
    """
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        report = pytest.fail if os.environ.get("CI") else pytest.skip
        report("needs Node and npm, which are not on the PATH")
        raise AssertionError  # neither of the two comes back
    # A lock that works on every system, and that ends with the process that has it.
    with closing(sqlite3.connect(folder / "installing.db", timeout=INSTALLING)) as lock:
        lock.execute("BEGIN EXCLUSIVE")
        if not _is_up_to_date(folder):
            subprocess.run(
                [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
                cwd=folder,
                check=True,
                capture_output=True,
                timeout=INSTALLING,
            )
    return folder


def _is_up_to_date(folder: Path) -> bool:
    done, wanted = folder / "node_modules/.package-lock.json", folder / "package-lock.json"
    return done.exists() and done.stat().st_mtime >= wanted.stat().st_mtime
