"""Has each file compiled by one of the processes that need it, and keeps what is compiled.

In a new clone each would compile `helpers` and rewrite the assertions of all tests, for 5 s of a
core. Where PYTHONDONTWRITEBYTECODE is set, they would in each run, and all that tests start too.
"""

from __future__ import annotations

import compileall
import os
import sys
from importlib.util import spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from _pytest.assertion.rewrite import AssertionRewritingHook

ROOT = Path(__file__).resolve().parents[2]


class _Compiled(Exception):
    """Raised by the first import of a module, when its code is kept and before it does anything."""


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests() -> None:
    """Keep what is compiled from here on; mutants, which must not be kept, block this plugin."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Compile the package before there are processes, and in each of these a share of the tests."""
    process = getattr(config, "workerinput", None)
    if process is None:
        compileall.compile_dir(ROOT / "helpers", quiet=1)
        return
    number = int(process["workerid"].removeprefix("gw"))
    tests = ROOT / "tests"
    files = sorted([*tests.glob("test_*.py"), *tests.glob("*/test_*.py")])
    files = [file for file in files if not _is_kept(file)]
    hooks = [each for each in sys.meta_path if isinstance(each, AssertionRewritingHook)]
    for file in files[number :: process["workercount"]]:
        for hook in hooks:
            _keep(hook, file)


def _is_kept(file: Path) -> bool:
    return any((file.parent / "__pycache__").glob(f"{file.stem}.*-pytest-*.pyc"))


def _keep(hook: Any, file: Path) -> None:
    module = ModuleType(f"{__name__}.{file.stem}")
    module.__spec__ = spec_from_file_location(module.__name__, file)
    vars(module)["__builtins__"] = {"__import__": _stop}
    try:
        hook.exec_module(module)
    except _Compiled:
        return


def _stop(*_: Any) -> None:
    raise _Compiled
