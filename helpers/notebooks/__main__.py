"""Copies the notebooks into a folder: `python -m helpers.notebooks DIR`."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

from ..console import run

HERE = Path(__file__).parent
CLONE = HERE.parents[1] / "notebooks"
"""Their place in a clone, where they need no copy."""


def main(given: list[str] | None = None) -> int:
    """Copy the notebooks, with what they show and link to, and say how to open them."""
    parser = argparse.ArgumentParser(
        prog="python -m helpers.notebooks",
        description="Copy the notebooks, which come with the package, into a folder.",
    )
    parser.add_argument("folder", metavar="DIR", type=Path, help="a new or an empty folder")
    folder: Path = parser.parse_args(given).folder
    notebooks = sorted(HERE.glob("*.ipynb"))
    if not notebooks:
        parser.error(f"in a clone they need no copy: they are in {CLONE}")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        parser.error(f"{folder} is there already, and not empty")
    shutil.copytree(HERE, folder, ignore=shutil.ignore_patterns("__*__*"), dirs_exist_ok=True)
    print(f"{len(notebooks)} notebooks in {folder}: jupyter lab {folder / notebooks[0].name}")
    return 0


if __name__ == "__main__":
    run(main)
