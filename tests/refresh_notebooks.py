"""Execute notebooks and store them with their outputs: python tests/refresh_notebooks.py.

Each runs in order, on a fresh kernel, without the network. Widget state and timings are removed.
Its Mermaid diagrams are drawn as SVG.
Name notebooks to refresh only those.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import nbformat
from draw_diagrams import diagrams
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"
VOLATILE = ("execution", "widgets")
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


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
            _replace_widget(output)
    notebook.metadata["kernelspec"] = {
        "display_name": "Python 3 (ipykernel)",
        "language": "python",
        "name": "python3",
    }
    notebook.metadata["language_info"] = {"name": "python"}
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            for file, drawn in diagrams(cell.source):
                (path.parent / file).write_text(drawn, encoding="utf-8", newline="\n")
    nbformat.write(notebook, path)


def _replace_widget(output: dict[str, object]) -> None:
    """Leave a widget's HTML in its place: in a notebook that has not run there is no such widget.

    Where it has none, its model id is cleared, which differs on every run.
    """
    data = output.get("data")
    if isinstance(data, dict):
        view = data.get(WIDGET_VIEW)
        if "text/html" in data:
            data.pop(WIDGET_VIEW, None)
        elif isinstance(view, dict):
            view["model_id"] = re.sub(r"[0-9a-f]", "0", str(view["model_id"]))


if __name__ == "__main__":
    for name in [name for name in os.environ if name.startswith("TWILIO_")]:
        del os.environ[name]
    chosen = [Path(name) for name in sys.argv[1:]] or sorted(NOTEBOOKS.glob("*.ipynb"))
    for notebook_path in chosen:
        refresh(notebook_path)
        print(notebook_path.name)  # noqa: T201 - progress of a command
