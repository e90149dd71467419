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
INSTALLING = 300
"""Seconds that npm is given."""


def installed() -> Path:
    """The folder whose `node_modules` holds the libraries.

    Skips the test where there is no Node or npm; in CI, where there must be, it fails.
    """
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        report = pytest.fail if os.environ.get("CI") else pytest.skip
        report("needs Node and npm, which are not on the PATH")
        raise AssertionError  # neither of the two comes back
    # A lock that works on every system, and that ends with the process that has it.
    with closing(sqlite3.connect(FOLDER / "installing.db", timeout=INSTALLING)) as lock:
        lock.execute("BEGIN EXCLUSIVE")
        if not _is_up_to_date():
            subprocess.run(
                [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
                cwd=FOLDER,
                check=True,
                capture_output=True,
                timeout=INSTALLING,
            )
    return FOLDER


def _is_up_to_date() -> bool:
    done, wanted = FOLDER / "node_modules/.package-lock.json", FOLDER / "package-lock.json"
    return done.exists() and done.stat().st_mtime >= wanted.stat().st_mtime
