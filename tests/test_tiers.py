"""The tiers of tests have one place, which the docs, CI and the README's command agree with."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def read(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]
TIERS = PYPROJECT["flex-chat-lab"]["tests"]


def command(module: str, *arguments: str) -> list[str]:
    return [".venv/bin/python", "-m", module, *arguments]


def test_the_docs_have_each_tier_with_its_command() -> None:
    rows = re.findall(
        r"^\| ([a-z :]+) \| .* \| `(.+)` \|$", read("docs/project/testing.md"), re.MULTILINE
    )
    assert {name: shlex.split(line) for name, line in rows} == {
        "quick": command(*TIERS["quick"]),
        "whole": command(*TIERS["whole"]),
        **{f"on demand: {name}": command(*given) for name, given in TIERS["on-demand"].items()},
    }


def test_the_readmes_test_command_runs_the_whole_tier() -> None:
    found = re.search(r"<!-- test command -->\n```sh\n(.*)\n```", read("README.md"))
    assert found is not None
    assert shlex.split(found[1].split("&&")[-1]) == command(*TIERS["whole"])


def test_ci_has_its_commands_from_the_readme_and_the_tiers() -> None:
    script = read(".ci/run")
    assert "<!-- test command -->" in script
    assert '["tool"]["flex-chat-lab"]["tests"]["quick"]' in script
    assert '-m "${quick[@]}"' in script
    assert "pytest" not in script


def test_the_quick_tier_leaves_out_markers_that_exist() -> None:
    expression = TIERS["quick"][TIERS["quick"].index("-m") + 1]
    known = {marker.split(":")[0] for marker in PYPROJECT["pytest"]["ini_options"]["markers"]}
    assert set(expression.split()) - {"not", "and"} == known
