"""Executes notebooks and stores them as they should be stored: python tests/refresh_notebooks.py.

In order, on a fresh kernel, with the network not needed; outputs kept, widget state and timings
left out. Name notebooks to refresh only those.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"
VOLATILE = ("execution", "widgets")


def refresh(path: Path) -> None:
    """Execute one notebook in place.

    Raises:
        CellExecutionError: A cell failed that is not tagged `raises-exception`.
    """
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(notebook, timeout=60, kernel_name="python3", record_timing=False)
    client.execute(cwd=str(path.parent))
    for part in (notebook, *notebook.cells):
        for name in VOLATILE:
            part.metadata.pop(name, None)
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number:02d}"
        for output in cell.get("outputs", ()):
            _forget_model_ids(output)
    notebook.metadata["kernelspec"] = {
        "display_name": "Python 3 (ipykernel)",
        "language": "python",
        "name": "python3",
    }
    notebook.metadata["language_info"] = {"name": "python"}
    nbformat.write(notebook, path)


def _forget_model_ids(output: dict[str, object]) -> None:
    """A widget's model id is of one kernel only: the text beside it is what readers see."""
    data = output.get("data")
    if isinstance(data, dict):
        view = data.get("application/vnd.jupyter.widget-view+json")
        if isinstance(view, dict):
            view["model_id"] = re.sub(r"[0-9a-f]", "0", str(view["model_id"]))


if __name__ == "__main__":
    for name in [name for name in os.environ if name.startswith("TWILIO_")]:
        del os.environ[name]
    chosen = [Path(name) for name in sys.argv[1:]] or sorted(NOTEBOOKS.glob("*.ipynb"))
    for notebook_path in chosen:
        refresh(notebook_path)
        print(notebook_path.name)  # noqa: T201 - progress of a command
