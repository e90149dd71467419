"""Files for services that are not run here, held against schemas and the repository."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

check_jsonschema = pytest.importorskip("check_jsonschema", reason="needs check-jsonschema")
ROOT = Path(__file__).resolve().parent.parent
WORKFLOW = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text("utf-8"))


@pytest.mark.parametrize(
    ("schema", "files"),
    [
        ("github-workflows", [".github/workflows/ci.yml"]),
        ("github-issue-config", [".github/ISSUE_TEMPLATE/config.yml"]),
        (
            "github-issue-forms",
            [".github/ISSUE_TEMPLATE/rule.yml", ".github/ISSUE_TEMPLATE/problem.yml"],
        ),
    ],
)
def test_a_file_fits_its_schema(schema: str, files: list[str]) -> None:
    paths = [str(ROOT / file) for file in files]
    done = CliRunner().invoke(
        check_jsonschema.main, ["--builtin-schema", f"vendor.{schema}", *paths]
    )
    assert done.exit_code == 0, done.output


def test_the_workflow_runs_the_quick_tier_on_three_systems_and_each_python() -> None:
    quick = WORKFLOW["jobs"]["quick"]
    assert quick["strategy"]["matrix"] == {
        "os": ["ubuntu-latest", "macos-latest", "windows-latest"],
        "python": ["3.11", "3.12", "3.13", "3.14"],
    }
    tests = (ROOT / "docs/project/testing.md").read_text("utf-8")
    run = quick["steps"][-1]["run"]
    assert f"`{run.replace('python', '.venv/bin/python')}`" in tests


def test_what_configurations_name_is_there() -> None:
    workflow = json.dumps(WORKFLOW).replace('"bash', " bash")
    names = re.findall(r" (?:-r|-f|bash) ([\w./-]+)", workflow)
    container = (ROOT / ".devcontainer/devcontainer.json").read_text("utf-8")
    names += re.findall(r"-r ([\w./-]+)", container)
    binder = (ROOT / ".binder/requirements.txt").read_text("utf-8")
    names += [f".binder/{name}" for name in re.findall(r"-r ([\w./-]+)", binder)]
    assert {"requirements.txt", "docs/deploy/Dockerfile", ".ci/run"} <= set(names)
    assert [name for name in names if not (ROOT / name).is_file()] == []
    assert (ROOT / ".binder" / binder.split()[1]).resolve() == ROOT / "requirements.txt"


def test_the_image_copies_files_that_are_there_and_runs_as_nobody_special() -> None:
    text = (ROOT / "docs/deploy/Dockerfile").read_text("utf-8")
    copied = re.findall(r"^COPY ((?!--from).*) \S+$", text, re.MULTILINE)
    assert [name for line in copied for name in line.split() if not (ROOT / name).exists()] == []
    assert re.search(r"^USER mock$", text, re.MULTILINE)
    let_in = re.findall(
        r"^!(.*)$", (ROOT / "docs/deploy/Dockerfile.dockerignore").read_text("utf-8"), re.M
    )
    assert [name for name in let_in if not (ROOT / name).exists()] == []
