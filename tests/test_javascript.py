"""The JavaScript of pages and widgets: linted, type-checked, joined to scripts a browser takes."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import node_packages
import pytest

from helpers.front_ends import ChatSdkWidget, FrontEndFrame
from helpers.javascript import KIT, joined
from helpers.panel.agent import AgentHead, ConversationBar
from helpers.panel.widget import ChatLog

HELPERS = Path(__file__).resolve().parent.parent / "helpers"
SCRIPTS = sorted(HELPERS.rglob("*.js"))
PARSES_HTML = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|setHTML|DOMParser|createContextualFragment"
    r"|document\.write|\beval\b|new Function"
)


def run_node(*arguments: str | Path) -> None:
    """Run a script of the npm packages; its output is the failure."""
    folder = node_packages.installed()
    command = ["node", *arguments]
    done = subprocess.run(command, check=False, cwd=folder, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_script_is_free_of_type_errors() -> None:
    run_node("node_modules/typescript/bin/tsc", "--project", ".")


def test_every_script_is_free_of_lint() -> None:
    options = ("--config-path=.", "--error-on-warnings", "--max-diagnostics=none")
    examples = HELPERS.parent / "docs/examples"
    run_node("node_modules/@biomejs/biome/bin/biome", "lint", *options, HELPERS, examples)


@pytest.mark.parametrize(
    "widget", [ChatLog, AgentHead, ConversationBar, ChatSdkWidget, FrontEndFrame]
)
def test_a_widgets_modules_are_joined_to_one(widget: type[ChatLog], tmp_path: Path) -> None:
    script = str(widget._esm)
    assert re.findall(r"^(?:import|export) \w+", script, re.MULTILINE) == ["export default"]
    module = tmp_path / "widget.mjs"
    module.write_text(script, "utf-8")
    run_node("--check", module)


def test_what_several_modules_import_is_joined_once_and_before_them(tmp_path: Path) -> None:
    (tmp_path / "one.js").write_text('import { h } from "./dom.js";\nexport const one = h("p");\n')
    (tmp_path / "all.js").write_text(
        'import {\n  h,\n} from "./dom.js";\nimport { one } from "./one.js";\n\n'
        "export default { one, h };\n"
    )
    script = joined(tmp_path / "all.js")
    assert script.endswith('\nconst one = h("p");\n\n\nexport default { one, h };\n')
    assert script.count("function h(") == 1


def test_no_script_takes_text_for_html_or_code() -> None:
    assert KIT in SCRIPTS
    found = [path.name for path in SCRIPTS if PARSES_HTML.search(path.read_text("utf-8"))]
    assert found == []
