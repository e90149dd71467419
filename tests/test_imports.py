"""`import helpers` is cheap, and it is this repository's."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import helpers

ROOT = Path(__file__).resolve().parent.parent
HEAVY = ("pandas", "matplotlib", "ipywidgets", "anywidget", "twilio", "pydantic", "IPython")


def loaded_after(statement: str) -> set[str]:
    """Which of the heavy packages a new interpreter has loaded after a statement."""
    program = f"{statement}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return set(json.loads(done.stdout)) & set(HEAVY)


def test_importing_helpers_loads_no_package_that_is_heavy() -> None:
    assert loaded_after("import helpers") == set()


def test_the_flow_workbench_loads_nothing_heavy_until_it_is_used() -> None:
    assert loaded_after("from helpers import flows; dir(flows)") == set()
    model = "from helpers.flows import FlowFormModel, check, plan, rehearse"
    assert loaded_after(model) == {"twilio", "pydantic"}


def test_connecting_loads_neither_tables_nor_widgets() -> None:
    loaded = loaded_after("import helpers; helpers.connect(); helpers.ChatClient")
    assert loaded == {"twilio", "pydantic"}


def test_rehearsing_a_flow_loads_neither_tables_nor_pictures() -> None:
    loaded = loaded_after("from helpers.flows import SCRIPTS, compare; SCRIPTS['answered']")
    assert loaded == {"twilio", "pydantic"}


def test_helpers_is_this_repositorys() -> None:
    assert helpers.__file__ is not None
    assert Path(helpers.__file__).resolve() == ROOT / "helpers" / "__init__.py"


def test_every_public_name_can_be_had_and_is_listed() -> None:
    for name in helpers.__all__:
        assert getattr(helpers, name).__name__ == name
        assert name in dir(helpers)


def test_a_name_that_does_not_exist_is_an_attribute_error() -> None:
    assert not hasattr(helpers, "no_such_thing")
