"""The fidelity table says what the code does, and every rule in it is shown by a test."""

import re
from pathlib import Path

import pytest

from helpers.mock import CODES
from helpers.mock.fidelity import TABLE, table
from helpers.mock.rest.application import OPERATIONS
from helpers.mock.rules import RULES, Rule

TESTS = Path(__file__).resolve().parent.parent


def test_the_stored_table_is_what_the_code_says() -> None:
    assert TABLE.read_text(encoding="utf-8") == table(), (
        "FIDELITY.md is stale: run python -m helpers.mock.fidelity"
    )


def test_every_operation_and_every_code_is_in_it() -> None:
    text = TABLE.read_text(encoding="utf-8")
    for operation in OPERATIONS:
        assert f"| {operation.name} | `{operation.method} {operation.host}" in text
    for code in CODES:
        assert f"\n| {code} |" in text


def defined_tests() -> set[str]:
    return {
        f"{path.stem}::{name}"
        for path in TESTS.rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    }


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.statement[:40])
def test_the_test_a_rule_names_exists(rule: Rule) -> None:
    assert rule.test in defined_tests()
