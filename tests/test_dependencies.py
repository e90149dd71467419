"""What is imported is declared, what is declared is pinned, and what is pinned is locked."""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterable
from importlib.metadata import packages_distributions
from itertools import chain
from pathlib import Path

import grimp
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
LOADED_BY_NAME = {"httptools", "jupyterlab", "tzdata", "uvloop"}
"""Packages that others load where they find them: uvicorn its parser and loop, zoneinfo
zones, a reader the notebooks."""
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def named(requirements: Iterable[str]) -> set[tuple[str, str]]:
    """Names of packages, each with the version it is pinned to or its range."""
    parsed = map(Requirement, requirements)
    return {(canonicalize_name(each.name), str(each.specifier)) for each in parsed}


@pytest.fixture(scope="module")
def declared() -> set[str]:
    """Names of the packages that the project needs, and of those that it can use."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    optional = project["optional-dependencies"].values()
    return {name for name, _ in named([*project["dependencies"], *chain(*optional)])}


def locked(name: str) -> set[tuple[str, str]]:
    """Packages of a lock file with their versions, each of which has hashes."""
    text = (ROOT / name).read_text("utf-8").replace("\\\n", "")
    lines = [line.split() for line in text.splitlines() if not line.startswith("#")]
    hashes = [[word for word in line if HASH.fullmatch(word)] for line in lines]
    assert all(hashes)
    return named(
        " ".join(word for word in line if word not in own)
        for line, own in zip(lines, hashes, strict=True)
    )


def pinned(name: str) -> set[tuple[str, str]]:
    """Packages that a file of requirements pins, with their versions."""
    lines = (line.split("#")[0].strip() for line in (ROOT / name).read_text("utf-8").splitlines())
    return named(line for line in lines if line and not line.startswith("-"))


def test_every_package_that_helpers_imports_is_declared_and_no_other(declared: set[str]) -> None:
    modules = grimp.build_graph("helpers", include_external_packages=True, cache_dir=None).modules
    imported = {module.split(".")[0] for module in modules} - {"helpers"} - sys.stdlib_module_names
    distributions = packages_distributions()
    needed = {canonicalize_name(name) for each in imported for name in distributions[each]}
    assert needed | LOADED_BY_NAME == declared
    assert not needed & LOADED_BY_NAME


def test_what_is_pinned_is_locked_at_the_same_version() -> None:
    assert ("twilio", "==9.13.0") in pinned("requirements.txt")
    assert pinned("requirements.txt") <= locked("requirements.lock")
    assert pinned("tests/requirements.txt") <= locked("tests/requirements.lock")


def test_the_tests_run_with_the_packages_of_the_notebooks() -> None:
    assert locked("requirements.lock") < locked("tests/requirements.lock")


def test_the_image_has_the_packages_of_the_mock_and_nothing_of_the_notebooks() -> None:
    image = locked("docs/deploy/requirements.lock")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert image < locked("requirements.lock")
    assert {name for name, _ in named(project["dependencies"])} <= {name for name, _ in image}
    assert not {name for name, _ in image} & {"jupyterlab", "pandas", "matplotlib", "ipython"}


def test_what_is_declared_is_locked(declared: set[str]) -> None:
    assert declared <= {name for name, _ in locked("tests/requirements.lock")}


def test_a_reader_installs_what_the_package_and_its_notebooks_need_and_no_cluster() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    needed = [*project["dependencies"], *project["optional-dependencies"]["notebooks"]]
    found = {name for name, _ in locked("requirements.lock")}
    assert {name for name, _ in named(needed)} <= found
    assert not found & {"distributed", "playwright", "mypy", "ruff", "hypothesis"}
