"""Every notebook, opened in JupyterLab and run with Run All Cells, with the network off.

On copies whose outputs were taken out: what is asserted came about here. The stored outputs are
compared elsewhere, cell by cell.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from lab_page import LabPage, copy_without_outputs
from lab_server import Lab

NOTEBOOKS = sorted((Path(__file__).resolve().parents[2] / "notebooks").glob("*.ipynb"))
DRAWN = "figure => figure.querySelector('img')?.naturalWidth > 50 || figure.querySelector('svg')"


@pytest.fixture(scope="module")
def _set_going(lab: Lab, lab_page: LabPage) -> None:
    """All notebooks at once, each on its own kernel: the tests only wait for the slowest."""
    (lab.root / "notebooks").mkdir()
    for path in NOTEBOOKS:
        copy_without_outputs(path, lab.root / "notebooks" / path.name)
    lab_page.open(*map(opened_as, NOTEBOOKS))
    for path in NOTEBOOKS:
        lab_page.open(opened_as(path))
        lab_page.run_all()


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def cells(_set_going: None, lab_page: LabPage, request: pytest.FixtureRequest) -> Any:
    """The cells of one notebook, in front and run."""
    path = opened_as(request.param)
    lab_page.wait_until_run(path)
    lab_page.open(path)
    return lab_page.cells()


def test_run_all_cells_runs_them_and_shows_what_they_promise(lab_page, cells):
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert lab_page.errors() == []
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    for number, cell in enumerate(cells):
        if panels := text(cell).count("ChatPanel(") + text(cell).count("AgentPanel("):
            shows_panels(lab_page.show_cell(number), panels)
        if "FlowForm(" in text(cell):
            shows_a_rehearsal(lab_page.show_cell(number))
        if diagrams := (source(cell) + markdown(cell)).count("```mermaid"):
            shows_diagrams(lab_page.show_cell(number), diagrams)


@pytest.mark.usefixtures("_set_going")
def test_nothing_was_asked_of_the_network(lab_page):
    hosts = {urlsplit(url).hostname for url in lab_page.asked_for if url.startswith("http")}
    assert hosts == {"127.0.0.1"}


def opened_as(notebook: Path) -> str:
    return f"notebooks/{notebook.name}"


def source(cell: dict[str, Any]) -> str:
    return "".join(cell["source"]) if cell["cell_type"] == "markdown" else ""


def markdown(cell: dict[str, Any]) -> str:
    """What a cell's outputs say in Markdown."""
    bundles = [output.get("data", {}) for output in cell.get("outputs", ())]
    return "".join("".join(data.get("text/markdown", "")) for data in bundles)


def text(cell: dict[str, Any]) -> str:
    """What a cell's widgets say of themselves."""
    bundles = [output.get("data", {}) for output in cell.get("outputs", ())]
    shown = [data for data in bundles if "application/vnd.jupyter.widget-view+json" in data]
    return "".join("".join(data["text/plain"]) for data in shown)


def shows_panels(cell: Any, count: int) -> None:
    panels = cell.locator(".fcl:not(.fcl-desk)")
    panels.nth(count - 1).locator(".fcl-message").first.wait_for()
    assert panels.count() == count  # an agent's panel holds one of its conversation
    for panel in panels.all():
        assert panel.bounding_box()["width"] > 250
        assert panel.locator(".fcl-message").count() > 0


def shows_a_rehearsal(cell: Any) -> None:
    cell.get_by_text("nothing found").wait_for()
    cell.get_by_text("answered by", exact=True).wait_for()


def shows_diagrams(cell: Any, count: int) -> None:
    figures = cell.locator(".jp-RenderedMermaid:not(.jp-mod-warning)")
    figures.nth(count - 1).wait_for()
    assert figures.count() == count
    assert all(figure.evaluate(DRAWN) for figure in figures.all())
