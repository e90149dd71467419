"""The notebooks are stored executed, without secrets, and their exercises can be solved."""

import contextlib
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell

NOTEBOOKS = sorted((Path(__file__).resolve().parent.parent / "notebooks").glob("*.ipynb"))
SOLUTION = re.compile(r"<summary>Solution</summary>\s+```python\n(?P<code>.*?)```", re.DOTALL)


def load(path: Path) -> dict[str, Any]:
    notebook: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return notebook


def source(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def code_cells(notebook: dict[str, Any]) -> list[dict[str, Any]]:
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request: pytest.FixtureRequest) -> dict[str, Any]:
    return load(request.param)


def test_there_are_notebooks() -> None:
    assert [path.stem[:2] for path in NOTEBOOKS] == [f"{n:02d}" for n in range(len(NOTEBOOKS))]
    assert len(NOTEBOOKS) >= 5


def test_cells_are_stored_executed_in_order(notebook: dict[str, Any]) -> None:
    counts = [cell["execution_count"] for cell in code_cells(notebook)]
    assert counts == list(range(1, len(counts) + 1))


def test_no_widget_state_is_stored(notebook: dict[str, Any]) -> None:
    assert "widgets" not in notebook["metadata"]


def test_no_secret_and_no_whole_token_is_stored(notebook: dict[str, Any]) -> None:
    text = json.dumps(notebook)
    assert not re.search(r"eyJ[\w-]{10,}\.eyJ[\w-]+\.[\w-]{10,}", text)
    assert "demo_api_secret" not in text
    assert "demo_auth_token" not in text


def test_it_shows_its_one_concept_as_a_diagram(notebook: dict[str, Any]) -> None:
    markdown = [source(cell) for cell in notebook["cells"] if cell["cell_type"] == "markdown"]
    assert any("```mermaid" in text for text in markdown)


def test_it_says_what_to_read_next(notebook: dict[str, Any]) -> None:
    last = notebook["cells"][-1]
    assert last["cell_type"] == "markdown"
    assert "## Read next" in source(last)


def run(shell: InteractiveShell, code: str) -> Any:
    with contextlib.redirect_stdout(io.StringIO()):
        result = shell.run_cell(code)
    result.raise_error()
    return result.result


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_exercise_is_open_as_stored_and_done_by_its_solution(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ACCOUNT_SID", "AUTH_TOKEN", "API_KEY", "API_SECRET", "CHAT_SERVICE_SID"):
        monkeypatch.setenv(f"TWILIO_{name}", "")
    cells = load(path)["cells"]
    [solution] = [match for cell in cells if (match := SOLUTION.search(source(cell)))]
    *story, exercise, checking = [source(cell) for cell in cells if cell["cell_type"] == "code"]
    shell = InteractiveShell()
    for code in [*story, exercise]:
        run(shell, code)
    assert not run(shell, checking).done
    run(shell, solution["code"])
    assert run(shell, checking).done
