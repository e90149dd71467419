"""The notebooks with widgets, opened in JupyterLab and run with Run All Cells, the network off.

Runs on copies without outputs, so that each output asserted comes from this run. The stored
outputs are compared elsewhere, cell by cell; `every_notebook.py` runs all of them in two browsers.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import node_packages
import pytest
from lab_page import LabPage, copy_without_outputs
from lab_server import Lab
from waiting import becomes, expect

from helpers.mock.server.chat_page.sdk_copy import CHAT

WIDGET = re.compile(r"ChatPanel\(|AgentPanel\(|FlowForm\(|ChatSdkWidget|side_by_side\(")
NOTEBOOKS = [
    path
    for path in sorted((Path(__file__).resolve().parents[2] / "notebooks").glob("*.ipynb"))
    if WIDGET.search(path.read_text("utf-8"))
]
THE_CHAT_SDKS = "07_real_chat_sdk.ipynb"
NAMED = ("ChatPageFrame(address", "widget = ChatSdkWidget")
DRAWN = "figure => figure.querySelector('img')?.naturalWidth > 50 || !!figure.querySelector('svg')"


@pytest.fixture(scope="module")
def opened(lab: Lab) -> list[Path]:
    """Notebooks that run without a network: the Chat SDK's only where npm has the SDK."""
    try:
        copy = node_packages.installed() / CHAT.place
    except pytest.skip.Exception:
        return [path for path in NOTEBOOKS if path.name != THE_CHAT_SDKS]
    (lab.root / CHAT.place).parent.mkdir(parents=True)
    shutil.copy(copy, lab.root / CHAT.place)
    return NOTEBOOKS


@pytest.fixture(scope="module")
def _set_going(lab: Lab, lab_page: LabPage, opened: list[Path]) -> None:
    """Run all notebooks at once, each on its own kernel: the tests only wait for the slowest."""
    shutil.copytree(NOTEBOOKS[0].parent / "images", lab.root / "notebooks" / "images")
    for path in opened:
        copy_without_outputs(path, lab.root / "notebooks" / path.name)
    lab_page.open(*map(opened_as, opened))
    for path in opened:
        lab_page.open(opened_as(path))
        lab_page.run_all()


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def cells(
    _set_going: None, opened: list[Path], lab_page: LabPage, request: pytest.FixtureRequest
) -> Any:
    """The cells of one notebook, in front and run."""
    if request.param not in opened:
        pytest.skip("needs Node and npm, which are not on the PATH")
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
        if "](images/" in source(cell):
            shows_picture(lab_page.show_cell(number))
        if any("text/vnd.mermaid" in output.get("data", {}) for output in cell.get("outputs", ())):
            shows_diagram(lab_page.show_cell(number))


@pytest.mark.usefixtures("_set_going")
def test_the_chat_sdk_runs_in_its_notebooks_page_and_cell(lab_page, opened):
    if THE_CHAT_SDKS not in [path.name for path in opened]:
        pytest.skip("needs Node and npm, which are not on the PATH")
    lab_page.wait_until_run(f"notebooks/{THE_CHAT_SDKS}")
    lab_page.open(f"notebooks/{THE_CHAT_SDKS}")
    numbers = {
        name: number
        for number, cell in enumerate(lab_page.cells())
        for name in NAMED
        if name in "".join(cell["source"])
    }
    page = lab_page.show_cell(numbers["ChatPageFrame(address"]).frame_locator("iframe")
    page.get_by_role("log").get_by_text("Hello Jane, how can I help?").wait_for()
    cell = lab_page.show_cell(numbers["widget = ChatSdkWidget"])
    message = "Written in Python, sent by the SDK in the browser"
    cell.get_by_role("log").get_by_text(message).wait_for()
    lab_page.show_cell(numbers["ChatPageFrame(address"])
    page.get_by_role("log").get_by_text(message).wait_for()


@pytest.mark.usefixtures("_set_going")
def test_no_request_left_the_machine(lab_page):
    hosts = {urlsplit(url).hostname for url in lab_page.requested_urls if url.startswith("http")}
    assert hosts == {"127.0.0.1"}


def opened_as(notebook: Path) -> str:
    return f"notebooks/{notebook.name}"


def source(cell: dict[str, Any]) -> str:
    return "".join(cell["source"]) if cell["cell_type"] == "markdown" else ""


def text(cell: dict[str, Any]) -> str:
    """Return the text of a cell's widgets."""
    bundles = [output.get("data", {}) for output in cell.get("outputs", ())]
    shown = [data for data in bundles if "application/vnd.jupyter.widget-view+json" in data]
    return "".join("".join(data["text/plain"]) for data in shown)


def shows_panels(cell: Any, count: int) -> None:
    panels = cell.locator(".fcl:not(.fcl-desk)")
    expect(panels).to_have_count(count)  # an agent's panel holds one of its conversation
    for panel in panels.all():
        panel.locator(".fcl-message").first.wait_for()
        becomes(lambda panel=panel: panel.bounding_box()["width"] > 250)


def shows_a_rehearsal(cell: Any) -> None:
    cell.get_by_text("nothing found").wait_for()
    cell.get_by_text("answered by", exact=True).wait_for()


def shows_picture(cell: Any) -> None:
    picture = cell.locator("img[src*='images']").first
    picture.wait_for()
    assert picture.get_attribute("alt")
    becomes(lambda: picture.evaluate("img => img.complete && img.naturalWidth > 50"))


def shows_diagram(cell: Any) -> None:
    figure = cell.locator(".jp-OutputArea .jp-RenderedMermaid:not(.jp-mod-warning)")
    figure.wait_for()
    becomes(lambda: figure.evaluate(DRAWN))
