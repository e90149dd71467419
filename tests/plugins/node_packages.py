"""Twilio's JavaScript libraries for tests that need Node: installed once, from the lock file."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from helpers.front_ends.__main__ import bring
from helpers.mock.server.chat_page.sdk_copy import BrowserSdk

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


def on_demand(package: str) -> Path:
    """A folder with a package of npm's for tests on demand, such as `twilio-cli@6.2.4`: no lock."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("needs npm, which is not on the PATH")
    folder = FOLDER / "node_modules/.on_demand" / package
    if not (folder / "node_modules/.package-lock.json").exists():
        folder.mkdir(parents=True, exist_ok=True)
        command = [npm, "install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix"]
        subprocess.run(
            [*command, str(folder), package], check=True, capture_output=True, timeout=INSTALLING
        )
    return folder


def front_end(package: BrowserSdk) -> Path:
    """Path of a front end's script for browsers, brought as `python -m helpers.front_ends` does."""
    folder = FOLDER / "node_modules/.front_ends"
    script = folder / package.place
    if not script.exists():
        if shutil.which("npm") is None:
            pytest.skip("needs npm, which is not on the PATH")
        bring(package, folder)
    return script


def _is_up_to_date(folder: Path) -> bool:
    done, wanted = folder / "node_modules/.package-lock.json", folder / "package-lock.json"
    return done.exists() and done.stat().st_mtime >= wanted.stat().st_mtime
