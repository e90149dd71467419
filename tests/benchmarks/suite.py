"""Time of the project's own tests: its notebooks beside their kernels, and the whole command."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import nbformat

from .measuring import ROOT, Figure

NOTEBOOKS = ROOT / "notebooks"
ROUNDS = 2


def run() -> Iterator[Figure]:
    """The notebooks by nbval, and as many that compute nothing; then `python -m pytest`."""
    with tempfile.TemporaryDirectory() as folder:
        for each in NOTEBOOKS.glob("*.ipynb"):
            bare = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("pass")])
            bare.metadata.kernelspec = nbformat.read(each, as_version=4).metadata.kernelspec
            nbformat.write(bare, Path(folder, each.name))
        taken = [(seconds(NOTEBOOKS), seconds(Path(folder))) for _ in range(ROUNDS)]
    own, floor = map(min, zip(*taken, strict=True))
    measured, kernels = f"{own:.1f} s", f"{floor:.1f} s for as many that compute nothing"
    yield Figure("all notebooks, one after the other", measured, kernels, own / floor, at_most=1.5)
    whole = seconds()
    yield Figure("`python -m pytest`", f"{whole:.0f} s", "", whole, "s", at_most=300)


def seconds(folder: Path | None = None) -> float:
    """Seconds of all tests, or of those in a folder on one process; they must pass."""
    chosen = () if folder is None else ("-n", "0", str(folder))
    started = time.perf_counter()
    settings = ("-c", "pyproject.toml", "-p", "no:cacheprovider")
    command = [sys.executable, "-m", "pytest", "-q", *settings, *chosen]
    done = subprocess.run(command, check=False, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise SystemExit(f"Tests failed, so that their time says nothing:\n{done.stdout[-5000:]}")
    return time.perf_counter() - started
