"""JupyterLab's page, used as a person uses it; results of a notebook are read from its model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from waiting import PATIENCE

SHOWN = ".jp-NotebookPanel:not(.lm-mod-hidden)"
MENU_LABELS = ".lm-MenuBar-itemLabel, .lm-Menu-itemLabel"
KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}

# Cells far from what is in sight are not in the page, so neither counts nor errors are read there.
OPEN = """async (paths) => {
  const open = (path) => jupyterapp.commands.execute("docmanager:open", { path });
  const panels = await Promise.all(paths.map(open));
  await Promise.all(panels.map(({ sessionContext }) => sessionContext.ready));
  jupyterapp.shell.activateById(panels.at(-1).id);
}"""
IN_FRONT = "(path) => jupyterapp.shell.currentWidget?.context?.path === path"
HAS_RUN = """(path) => {
  const panels = [...jupyterapp.shell.widgets("main")];
  const { model } = panels.find((panel) => panel.context?.path === path);
  const cells = [...model.cells].map((cell) => cell.toJSON()).filter((cell) => cell.outputs);
  const failed = cells.some(({ outputs }) => outputs.some((one) => one.output_type === "error"));
  return failed || cells.every((cell) => cell.execution_count !== null);
}"""
CLOSE_ALL = """async () => {
  for (const panel of [...jupyterapp.shell.widgets("main")]) panel.dispose();
  await jupyterapp.serviceManager.sessions.shutdownAll();
}"""
CELLS = "() => [...jupyterapp.shell.currentWidget.model.cells].map((cell) => cell.toJSON())"
SHOW_CELL = "(number) => jupyterapp.shell.currentWidget.content.scrollToItem(number, 'start')"


class LabPage:
    """One page of JupyterLab, in which notebooks are opened side by side as tabs."""

    def __init__(self, page: Any, url: str) -> None:
        self.page = page
        self.requested_urls: list[str] = []
        page.set_default_timeout(PATIENCE)
        page.on("request", lambda request: self.requested_urls.append(request.url))
        page.goto(url)
        self.wait_until_restored()

    def wait_until_restored(self) -> None:
        """Wait until JupyterLab is there, after it was loaded or loaded again."""
        restored = "() => globalThis.jupyterapp?.restored"
        self.page.wait_for_function(restored, timeout=120_000, polling=100)
        self.page.evaluate("() => jupyterapp.restored.then(() => null)")

    @property
    def notebook(self) -> Any:
        """The notebook in front."""
        return self.page.locator(SHOWN)

    def open(self, *paths: str) -> None:
        """Open notebooks, wait for their kernels, and bring the last one to the front."""
        self.page.evaluate(OPEN, paths)
        self.page.wait_for_function(IN_FRONT, arg=paths[-1], polling=50)  # commands go to it

    def close_all(self) -> None:
        """Close every tab, saved or not, and end the kernels."""
        self.page.evaluate(CLOSE_ALL)

    def choose(self, *path: str) -> None:
        """Choose from the menus."""
        for name in path:
            self.page.locator(MENU_LABELS).get_by_text(name, exact=True).last.click()

    def run_all(self) -> None:
        self.choose("Run", "Run All Cells")

    def wait_until_run(self, path: str) -> None:
        """Wait until each cell has run, or one has failed."""
        self.page.wait_for_function(HAS_RUN, arg=path, timeout=120_000, polling=100)

    def cells(self) -> list[dict[str, Any]]:
        """The cells of the notebook in front, as they would be saved."""
        found: list[dict[str, Any]] = self.page.evaluate(CELLS)
        return found

    def errors(self) -> list[str]:
        """Errors in the cells of the notebook in front."""
        outputs = [output for cell in self.cells() for output in cell.get("outputs", ())]
        return [output["evalue"] for output in outputs if output["output_type"] == "error"]

    def show_cell(self, number: int) -> Any:
        """Bring a cell into sight, and return it."""
        self.page.evaluate(SHOW_CELL, number)
        return self.notebook.locator(f'.jp-Cell[data-windowed-list-index="{number}"]')


def write_notebook(path: Path, cells: list[str]) -> None:
    """Write a notebook of code cells that never ran."""
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": KERNEL}}
    written = [_code_cell(number, source) for number, source in enumerate(cells)]
    path.write_text(json.dumps({**notebook, "cells": written}), "utf-8")


def copy_without_outputs(notebook: Path, path: Path) -> None:
    """Copy a notebook as if it never ran, so that nothing stored passes for a result."""
    copied = json.loads(notebook.read_text("utf-8"))
    for cell in copied["cells"]:
        if cell["cell_type"] == "code":
            cell |= {"execution_count": None, "outputs": []}
    path.write_text(json.dumps(copied), "utf-8")


def _code_cell(number: int, source: str) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "id": f"cell-{number}",
        "metadata": {},
        "execution_count": None,
        "outputs": [],
        "source": source,
    }
