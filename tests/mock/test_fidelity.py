"""FIDELITY.md agrees with the code, and a test shows each of its rules."""

import ast
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from helpers.mock import CODES, Basis
from helpers.mock.fidelity import PAGE, regenerated
from helpers.mock.rest.application import operations

TESTS = Path(__file__).resolve().parent.parent
TEXT = PAGE.read_text(encoding="utf-8")


class Rule(NamedTuple):
    """A row of the section Rules; `test` is `file::function`."""

    statement: str
    basis: str
    source: str
    test: str


def rules(page: str) -> list[Rule]:
    """Return the rows of the section Rules."""
    [section] = [part for part in page.split("\n## ") if part.startswith("Rules\n")]
    table = [line for line in section.splitlines() if line.startswith("|")]
    rows = [line for line in table if not line.startswith(("| rule |", "|---|"))]
    return [Rule(*row.removeprefix("| ").removesuffix(" |").split(" | ")) for row in rows]


@cache
def functions_in(stem: str) -> set[str]:
    """Return the test functions of the test file of this name, without importing it."""
    return {
        node.name
        for path in (*TESTS.glob(f"{stem}.py"), *TESTS.glob(f"*/{stem}.py"))
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def test_the_generated_sections_are_what_the_code_says() -> None:
    assert regenerated(TEXT) == TEXT, "FIDELITY.md is stale: run python -m helpers.mock.fidelity"


def test_every_operation_and_every_code_is_in_it() -> None:
    for operation in operations():
        assert f"| {operation.name} | `{operation.method} {operation.host}" in TEXT
    for code in CODES:
        assert f"\n| {code} |" in TEXT


def test_only_generated_sections_are_rewritten() -> None:
    edited = TEXT.replace("| rule | basis |", "| rule | edited |")
    edited = edited.replace("How faithful", "How very faithful")
    stale = edited.replace("| ListCredential |", "| ListSecret |")
    assert stale != edited != TEXT
    assert regenerated(stale) == edited
    without_codes = edited[: edited.index("\n## Error codes\n")]
    assert regenerated(without_codes) == edited


@pytest.mark.parametrize("rule", rules(TEXT), ids=lambda rule: rule.statement[:40])
def test_a_rule_has_a_basis_and_names_a_test_that_exists(rule: Rule) -> None:
    assert rule.basis in list(Basis)
    stem, _, function = rule.test.strip("`").partition("::")
    assert function in functions_in(stem)
