"""Any contact centre as a file: exported, applied and exported again."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from centres import centres
from hypothesis import given, settings
from hypothesis import strategies as st
from shop_file import WRITES, emptied
from support import examples

from helpers import Account
from helpers.flows import (
    ApplyStopped,
    command,
    export,
    load,
    plan,
)

ONE, OTHER = emptied(), emptied(seed=99)


@pytest.mark.long
@settings(max_examples=examples(15), deadline=None)
@given(centres())
def test_any_centre_is_exported_applied_to_an_empty_account_and_exported_the_same(
    text: str,
) -> None:
    assert ONE.mock is not None
    assert OTHER.mock is not None
    with ONE.mock.snapshot(), OTHER.mock.snapshot():
        plan(ONE, text, delete=True).apply()
        assert plan(ONE, text, delete=True).is_empty
        exported = export(ONE, everything=True)
        assert plan(ONE, exported, delete=True).is_empty
        plan(OTHER, load(exported.text), delete=True).apply()
        assert export(OTHER, everything=True).text == exported.text


@pytest.mark.long
@settings(max_examples=examples(8), deadline=None)
@given(centres(), centres(), st.integers(0, 40), st.sampled_from(["before", "after"]))
def test_any_centre_leads_to_any_other_even_when_interrupted(
    first: str, second: str, at: int, phase: str
) -> None:
    assert ONE.mock is not None
    with ONE.mock.snapshot():
        plan(ONE, first, delete=True).apply()
        fault = ONE.mock.faults.add(WRITES, skip=at, times=1, kind="timeout", phase=phase)
        with fault, suppress(ApplyStopped):
            plan(ONE, second, delete=True).apply()
        plan(ONE, second, delete=True).apply()
        assert plan(ONE, second, delete=True).is_empty


def test_an_export_of_everything_is_a_file_for_which_nothing_is_to_do(
    shop: Account, tmp_path: Path
) -> None:
    file = export(shop, tmp_path / "all.yaml", everything=True)
    assert plan(shop, tmp_path / "all.yaml", delete=True).is_empty
    assert "      Main:\n        filters:\n        - filter_friendly_name: vips\n" in file.text
    assert export(shop).resources == ()


def test_the_command_exports_everything_and_plans_to_destroy(
    shop: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    shop.mode = "shared"
    monkeypatch.setattr(command.arguments, "connect", lambda *_, **__: shop)
    arguments = [str(tmp_path / "all.yaml"), "--to", "http://mock"]
    assert command.main(["export", *arguments, "--everything"]) == command.OK
    assert "2 flows and 54 other resources written to " in capsys.readouterr().out
    pending = ["--detailed-exitcode"]
    assert command.main(["plan", *arguments, *pending]) == command.OK
    assert command.main(["plan", *arguments, *pending, "--destroy"]) == command.PENDING
