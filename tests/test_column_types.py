"""A column that a resource does not have, or a value it cannot hold, is a type error."""

from __future__ import annotations

import importlib
import os
import re
import subprocess
import sys
import tomllib
from operator import attrgetter
from pathlib import Path

import mypy_columns
import pytest

ROOT = Path(__file__).resolve().parent.parent

RESOURCE = """
from typing import ClassVar

from helpers.mock.core.schema import Resource

class Letter(Resource):
    prefix: ClassVar[str] = "LE"
    sid: str
    account_sid: str
    sender: str | None
    pages: int
    date_created: float
    is_open: bool = False
"""

HEAD = """
from typing import Any

from helpers.mock.core.context import Context
from helpers.mock.core.schema import Between, R

from letters import Letter

"""
PARAMETERS = "ctx: Context, letter: Letter, values: dict[str, Any], kind: type[R]"

CONFIGURATION = """
[mypy]
strict = true
plugins = {plugin}
follow_imports = skip

[mypy-helpers.mock.core.*,letters]
follow_imports = normal
"""
"""The project's plugin, over what the statements need, which is the core alone."""

RIGHT = (
    'ctx.create(Letter, sender="jane", pages=2)',
    "ctx.create(Letter, sender=None, pages=2, is_open=True, sid='LE1')",
    "ctx.create(Letter, **values)",
    'ctx.store.first(Letter, sender="jane", pages=[1, 2])',
    "ctx.store.first(Letter, sender=None, pages=Between(1, 2), seq=3)",
    "ctx.store.exists(Letter, pages=1, **values)",
    'ctx.store.find(Letter, {"sender": "jane", **values})',
    'ctx.store.select(Letter, {"pages": 1}, by=("sender", "-pages"))',
    'ctx.store.tally(Letter, ("sender",), {"pages": [1, 2]})',
    'ctx.store.count_above(Letter, "pages", 1, sender="jane")',
    "ctx.store.save(letter, sender=None, pages=letter.pages + 1)",
    "ctx.store.first(kind, anything=1)",
)
"""Statements that have no type error."""

NO_SENDR = 'Unexpected keyword argument "sendr" for "{}" of "{}"; did you mean "sender"?'
NO_COLUMN = '"Letter" has no column "sendr"; did you mean "sender"?'
ANY_PAGES = '"str"; expected "int | Between | list[int] | None"'
WRONG = (
    ("ctx.create(Letter, sendr=None, sender=None, pages=1)", NO_SENDR.format("create", "Context")),
    ("ctx.create(Letter, sender=None)", 'Missing named argument "pages" for "create" of "Context"'),
    (
        'ctx.create(Letter, sender=None, pages="1")',
        'Argument "pages" to "create" of "Context" has incompatible type "str"; expected "int"',
    ),
    ("ctx.create(Letter, **{'sendr': 1})", NO_COLUMN),
    ('ctx.store.first(Letter, sendr="jane")', NO_SENDR.format("first", "Store")),
    ('ctx.store.exists(Letter, sendr="jane", **values)', NO_SENDR.format("exists", "Store")),
    ('ctx.store.count(Letter, sendr="jane")', NO_SENDR.format("count", "Store")),
    ('ctx.store.remove_all(Letter, sendr="jane")', NO_SENDR.format("remove_all", "Store")),
    (
        'ctx.store.first(Letter, pages="1")',
        f'Argument "pages" to "first" of "Store" has incompatible type {ANY_PAGES}',
    ),
    ('ctx.store.find(Letter, {"sendr": "jane"})', NO_COLUMN),
    (
        'ctx.store.find(Letter, {"pages": "1"})',
        f'Column "pages" has incompatible type {ANY_PAGES}',
    ),
    ('where = {"sendr": "jane"}; ctx.store.find(Letter, {"pages": 1, **where})', NO_COLUMN),
    ('where = values; where["sendr"] = "jane"; ctx.store.select(Letter, where)', NO_COLUMN),
    ('ctx.store.select(Letter, by=("-sendr", "pages"))', NO_COLUMN),
    ('ctx.store.tally(Letter, ("sendr",), {})', NO_COLUMN),
    ('ctx.store.count_above(Letter, "sendr", 1)', NO_COLUMN),
    ("ctx.store.save(letter, sendr=None)", NO_SENDR.format("save", "Store")),
    (
        'ctx.store.save(letter, pages="1")',
        'Argument "pages" to "save" of "Store" has incompatible type "str"; expected "int"',
    ),
)
"""Statements, each with the one type error that it has."""


class Project:
    """Modules in a folder, and mypy's cache of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.write("letters", RESOURCE)
        project = tomllib.loads((ROOT / "pyproject.toml").read_text())
        _, columns = project["tool"]["mypy"]["plugins"]
        (folder / "mypy.ini").write_text(CONFIGURATION.format(plugin=ROOT / columns))

    def write(self, module: str, text: str) -> None:
        """Write or overwrite a module."""
        (self.folder / f"{module}.py").write_text(text)

    def errors(self, *statements: str) -> list[list[str]]:
        """Type-check statements, each in a function of its own.

        mypy runs in another process, as it changes the garbage collector's settings for good.

        Returns:
            The errors of each.
        """
        functions = [
            f"def f{number}({PARAMETERS}) -> None: {statement}\n"
            for number, statement in enumerate(statements)
        ]
        self.write("caller", HEAD + "".join(functions))
        done = subprocess.run(
            [sys.executable, "-m", "mypy", "caller.py"],
            cwd=self.folder,
            env={**os.environ, "MYPYPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert not done.stderr, done.stderr
        errors: list[list[str]] = [[] for _ in statements]
        for line, error in re.findall(
            r"^caller\.py:(\d+): error: (.*)$", done.stdout, re.MULTILINE
        ):
            errors[int(line) - HEAD.count("\n") - 1].append(error)
        return errors


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project with one resource."""
    return Project(tmp_path_factory.mktemp("letters"))


@pytest.fixture(scope="module")
def errors(project: Project) -> dict[str, list[str]]:
    """The errors of all statements, from one run of mypy."""
    statements = [*RIGHT, *(statement for statement, _ in WRONG)]
    return dict(zip(statements, project.errors(*statements), strict=True))


@pytest.mark.long
@pytest.mark.parametrize("statement", RIGHT)
def test_columns_that_a_resource_has_are_no_type_error(
    errors: dict[str, list[str]], statement: str
) -> None:
    assert errors[statement] == []


@pytest.mark.parametrize(("statement", "error"), WRONG)
def test_a_wrong_column_or_value_is_a_type_error(
    errors: dict[str, list[str]], statement: str, error: str
) -> None:
    assert [found.rpartition("  [")[0] for found in errors[statement]] == [error]


def test_a_caller_in_the_cache_is_checked_again_when_a_column_is_renamed(project: Project) -> None:
    statement = 'ctx.store.find(Letter, {"pages": 1})'
    assert project.errors(statement) == [[]]
    project.write("letters", RESOURCE.replace("pages:", "sheets:"))
    assert project.errors(statement) == [['"Letter" has no column "pages"  [call-arg]']]


def test_every_function_that_the_plugin_checks_exists() -> None:
    for name in (*mypy_columns.SEARCHES, *mypy_columns.SAVES, mypy_columns.CREATE):
        module, function = re.fullmatch(r"([a-z_.]+)\.((?:[A-Z]\w+\.)?\w+)", name).groups()
        assert attrgetter(function)(importlib.import_module(module)), name
