"""Rules that hold the whole of `helpers` together, read from its files and its import graph."""

from __future__ import annotations

import ast
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from itertools import takewhile
from pathlib import Path

import grimp
import pytest

from helpers.lazy import uncollected

ROOT = Path(__file__).resolve().parent.parent

SERVING = ("helpers.mock.account", "helpers.mock.server.running")
"""`MockTwilio.serve()` loads the server that serves it when it is called, and not before."""

COMPARING = ("helpers.mock.fidelity", "helpers.account")
"""The command that compares a live account with the mock connects to that account."""

PAST_THE_FACE = {
    ("helpers.front_ends.__main__", "helpers.mock.server.chat_page.sdk_copy"): (
        "packages are brought to where a served mock looks for them"
    ),
    ("helpers.front_ends.sdk_widget", "helpers.mock.server.chat_page.sdk_copy"): (
        "the address of Twilio's SDK for browsers, which the chat page loads too"
    ),
    ("helpers.recording.replay", "helpers.mock.calibration"): (
        "a replay lists differences as the comparison with a live account does"
    ),
    ("helpers.tokens.making", "helpers.mock.core.access_token"): (
        "a token is made within the limits by which the mock refuses one"
    ),
    ("helpers.tokens.reading", "helpers.mock.core.access_token"): (
        "a token is diagnosed by the checks by which the mock refuses one"
    ),
}
"""Imports from above the mock that go past its public face, each with its reason."""

TWILIOS_OWN = {"Channel", "Media", "Member", "Message", "User"}
"""Twilio's resources, which are a row in the mock's model and an object of the SDK's shape."""

OPENINGS = ("What", "Who", "Whoever", "Whether", "Have")
"""First words that make a docstring a riddle."""


@pytest.fixture
def imports() -> grimp.ImportGraph:
    """All imports between modules of `helpers`, those for type checkers included."""
    return grimp.build_graph("helpers", cache_dir=None)


@pytest.fixture(scope="module")
def nodes() -> list[tuple[str, ast.AST]]:
    """Every statement of every file, with the file's name."""
    with uncollected():  # it would look through all trees again and again, for a second
        return [
            (str(file.relative_to(ROOT)), node)
            for file in sorted((ROOT / "helpers").rglob("*.py"))
            for node in statements(ast.parse(file.read_text("utf-8")))
        ]


def statements(parent: ast.AST) -> Iterator[ast.AST]:
    """Yield the statements within a statement, at any depth, but not their expressions."""
    for child in ast.iter_child_nodes(parent):
        if isinstance(child, ast.stmt | ast.excepthandler | ast.match_case):
            yield child
            yield from statements(child)


def test_no_modules_or_folders_import_each_other_in_a_circle(imports: grimp.ImportGraph) -> None:
    for importer, imported in (SERVING, COMPARING):
        assert imports.direct_import_exists(importer=importer, imported=imported)
        imports.remove_import(importer=importer, imported=imported)
    arrows = defaultdict[str, dict[str, set[str]]](lambda: defaultdict(set))
    for module in imports.modules:
        for imported in imports.find_modules_directly_imported_by(module):
            folder = common_folder(module, imported)
            arrows[folder][within(folder, module)].add(within(folder, imported))
    for inner in arrows.values():
        try:
            TopologicalSorter(inner).prepare()
        except CycleError as circle:
            pytest.fail(" <- ".join(circle.args[1]))


def common_folder(one: str, other: str) -> str:
    """The innermost package that has, or is, both modules."""
    pairs = zip(one.split("."), other.split("."), strict=False)
    return ".".join(step for step, _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def within(folder: str, module: str) -> str:
    """The module or package in a folder that a module belongs to, or is."""
    return ".".join(module.split(".")[: folder.count(".") + 2])


def test_what_stands_above_the_mock_imports_its_public_face_only(
    imports: grimp.ImportGraph,
) -> None:
    past_the_face = {
        (module, imported)
        for module in imports.modules
        if not f"{module}.".startswith("helpers.mock.")
        for imported in imports.find_modules_directly_imported_by(module)
        if imported.startswith("helpers.mock.")
    }
    # Names of `helpers.mock` that its `__all__` does not list are refused by mypy.
    assert past_the_face == set(PAST_THE_FACE)


def test_there_are_at_most_four_import_contracts() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert len(project["tool"]["importlinter"]["contracts"]) <= 4


def test_every_docstring_opens_with_a_verb_or_a_noun(nodes: list[tuple[str, ast.AST]]) -> None:
    opening = re.compile(rf"\W*({'|'.join(OPENINGS)})\b")
    riddles = [
        f"{file}:{node.lineno}: {node.value.value.splitlines()[0]}"
        for file, node in nodes
        if isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
        and opening.match(node.value.value)
    ]
    assert not riddles, "\n".join(riddles)


def test_no_class_name_stands_for_two_things(nodes: list[tuple[str, ast.AST]]) -> None:
    places = defaultdict(list)
    for file, node in nodes:
        if isinstance(node, ast.ClassDef):
            places[node.name].append(f"{file}:{node.lineno}")
    repeated = {name for name, found in places.items() if len(found) > 1}
    ambiguous = [f"{name}: {', '.join(places[name])}" for name in sorted(repeated - TWILIOS_OWN)]
    assert not ambiguous, "\n".join(ambiguous)
    assert repeated == TWILIOS_OWN


def test_tests_of_pages_wait_for_what_they_assert() -> None:
    once = re.compile(
        r"assert (?!not ).*\.(is_(visible|hidden|enabled|disabled)|all_\w+_(texts|contents))\("
        r"|assert .*\.count\(\) (==|>=?) ([1-9]|0(?<=> 0))"
    )
    hasty = [
        f"{file.name}:{number}: {line.strip()}"
        for file in sorted((ROOT / "tests/browser").glob("*.py"))
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1)
        if once.search(line)
    ]
    assert not hasty, "use `expect` of tests/browser/waiting.py:\n" + "\n".join(hasty)
