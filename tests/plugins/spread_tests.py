"""Spreads tests over the machine's cores: a file's tests together, one process each.

The browser's tests are two parts, so that JupyterLab is started once. They wait most of the time,
so each has a process besides those for the cores, from the start. That one does nothing else, since
Playwright keeps an event loop in the main thread that `asyncio.run()` in another test would find.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadFileScheduling

BROWSER = "tests/browser/"
PARTS = 2
FIRST = ("notebooks/", "tests/test_notebooks.py")
"""Files so long that the end would wait for them."""
WAITING, WORKING = "tests/realtime/", "tests/mock/"
"""Tests that wait most of the time, one file at a time beside those that never do."""
MOST = 8
"""Processes beyond which the longest files alone decide how long a run takes."""


@pytest.hookimpl(tryfirst=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """One for each core, one more, since tests wait, and one for each part of the browser's.

    There are none where files are named, what is printed is shown, or time measured.
    """
    are_files = all(Path(name.split("::")[0]).is_file() for name in config.args)
    is_alone = config.getoption("capture") == "no" or config.getoption("benchmark_only")
    more = 1 if "not browser" in config.getoption("markexpr") else 1 + PARTS
    return 0 if are_files or is_alone else min(os.cpu_count() or 1, MOST) + more


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put long files before all others, and those that wait among those that work."""
    files = dict.fromkeys(item.nodeid.split("::")[0] for item in items)
    place = {file: number for number, file in enumerate(files)}
    waiting, working = (
        [file for file in files if file.startswith(folder)] for folder in (WAITING, WORKING)
    )
    if working:
        for number, file in enumerate(waiting):
            place[file] = place[working[number * len(working) // len(waiting)]]

    def order(item: pytest.Item) -> tuple[bool, int]:
        return not item.nodeid.startswith(FIRST), place[item.nodeid.split("::")[0]]

    items.sort(key=order)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile | None:
    """Return the scheduler of `--dist loadfile`, which is this project's default."""
    return ByFile(config, log) if config.getoption("dist") == "loadfile" else None


class ByFile(LoadFileScheduling):
    """Gives each process whole files in the order of collection, the browser's first of all."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        if not file.startswith(BROWSER):
            return file
        return BROWSER + ("jupyterlab" if file.endswith("_in_jupyterlab.py") else "pages")

    def _assign_work_unit(self, node: Any) -> None:
        browser = [scope for scope in self.workqueue if scope.startswith(BROWSER)]
        are_others_left = len(browser) < len(self.workqueue)
        can_others_go_on = sum(not each.shutting_down for each in self.nodes) > 1
        if browser and can_others_go_on:
            self.workqueue.move_to_end(browser[0], last=False)
        given = next(iter(self.workqueue))
        super()._assign_work_unit(node)
        if given.startswith(BROWSER) and are_others_left:
            node.shutdown()
