"""Every test is given to one process, whole files at a time, and the browser's as its last."""

from __future__ import annotations

from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest
from spread_tests import ByFile, pytest_collection_modifyitems

BROWSER = ("tests/browser/test_page.py", "tests/browser/test_panel_in_jupyterlab.py")
FILES = (*(f"tests/test_{number}.py" for number in range(12)), *BROWSER)
TESTS = [f"{file}::test_{number}" for file in FILES for number in range(3)]


class Process:
    """Does one test at a time of those that it is given."""

    def __init__(self, name: str) -> None:
        self.gateway = SimpleNamespace(id=name)
        self.shutting_down = False
        self.waiting: list[int] = []
        self.done: list[str] = []

    def send_runtest_some(self, tests: list[int]) -> None:
        assert not self.shutting_down
        self.waiting += tests

    def shutdown(self) -> None:
        self.shutting_down = True


def run(count: int) -> list[Process]:
    """Processes that have done all they were given, in turns."""
    options = SimpleNamespace(loadscopereorder=False)
    config: Any = SimpleNamespace(getvalue=lambda _: [f"{count}*popen"], option=options)
    scheduler, processes = ByFile(config, None), [Process(f"{n}") for n in range(count)]
    for each in processes:
        scheduler.add_node(each)
        scheduler.add_node_collection(each, TESTS)
    scheduler.schedule()
    # a process keeps its last test until it knows that no more will come
    while ready := [p for p in processes if p.waiting[not p.shutting_down :]]:
        for each in ready:
            test = each.waiting.pop(0)
            each.done.append(TESTS[test])
            scheduler.mark_test_complete(each, test)
    return processes


def test_what_takes_long_comes_first_and_what_waits_among_what_works() -> None:
    mock, realtime = (
        [f"tests/{folder}/test_{name}.py::test_{number}" for name in names for number in range(2)]
        for folder, names in (("mock", "abcd"), ("realtime", "xy"))
    )
    others = ["tests/chat/test_a.py::test", "tests/test_z.py::test", "notebooks/01.ipynb::Cell 1"]
    items: Any = [
        SimpleNamespace(nodeid=each) for each in (others[0], *mock, *realtime, *others[1:])
    ]
    pytest_collection_modifyitems(items)
    assert [item.nodeid for item in items] == [
        *(others[2], others[0]),
        *(*mock[:2], *realtime[:2], *mock[2:4], *mock[4:6], *realtime[2:], *mock[6:]),
        others[1],
    ]


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_each_test_is_done_once_and_the_browsers_are_the_last_of_a_process(count: int) -> None:
    processes = run(count)
    assert sorted(test for each in processes for test in each.done) == sorted(TESTS)
    for each in processes:
        assert each.shutting_down
        of_browser = [test.startswith(BROWSER) for test in each.done]
        assert of_browser == sorted(of_browser)
        files = [test.split("::")[0] for test in each.done]
        assert len(set(files)) == 1 + sum(a != b for a, b in pairwise(files))


def test_with_enough_processes_the_browsers_have_one_each_from_the_start() -> None:
    doing = [each.done for each in run(4)]
    browsers = [done for done in doing if done[0].startswith(BROWSER)]
    assert len(browsers) == len(BROWSER)
    assert all(test.startswith(BROWSER) for done in browsers for test in done)
