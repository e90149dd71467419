"""What README and documentation show runs, and where they lead is there."""

from __future__ import annotations

import queue
import re
import shlex
import sys
import threading
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
import snippets
import yaml
from twilio.request_validator import RequestValidator

from helpers import Account
from helpers.mock import DEMO_VALUES

ROOT = snippets.ROOT
sys.path.append(str(ROOT / "docs"))
import site_pages  # noqa: E402

BLOCKS = snippets.blocks()
BY_PAGE: dict[str, list[str]] = defaultdict(list)
for block in BLOCKS:
    if block.language == "python" and block.is_run and not block.name:
        BY_PAGE[block.page].append(block.text)
LINK = re.compile(r"\]\((?![a-z]+:)([^)#\s]*)(?:#([^)\s]*))?\)")
QUESTIONS = {
    "make a token for a supervisor": "how-to/make-tokens.md",
    "receive a webhook locally": "how-to/receive-webhooks-locally.md",
    "expire a token in a test": "how-to/test-expiry.md",
    "add a Studio flow to CI": "how-to/test-a-studio-flow.md",
    "go live": "how-to/go-live.md",
}
"""Questions of strangers, and the pages that answer them."""
MADE = (
    "reference/(operations|error-codes|flow-files|command-lines|fidelity)|project/|tutorials/[01]"
)
"""Pages that are made when the documentation is built."""


@pytest.mark.parametrize("page", BY_PAGE)
def test_the_python_of_a_page_runs_from_its_top_to_its_end(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for variable in DEMO_VALUES:
        monkeypatch.setenv(variable, "")  # put back after the page has set it
        monkeypatch.delenv(variable)
    Path("flows.yaml").write_text(snippets.snippet("flow file"), "utf-8")
    names: dict[str, Any] = {}
    for number, text in enumerate(BY_PAGE[page]):
        exec(compile(text, f"{page}, block {number}", "exec"), names)


def commands() -> list[tuple[str, str]]:
    """Commands of all pages, one by one, each with its page."""
    found = []
    for block in BLOCKS:
        if block.language in {"sh", "powershell"} and not block.name:
            for line in block.text.replace("\\\n", " ").splitlines():
                parts = (
                    line.partition(" #")[0].replace("\\", "/").replace(".venv/Scripts", ".venv/bin")
                )
                found += [(block.page, part) for part in re.split("&&|;", parts) if part.strip()]
    return found


@pytest.mark.parametrize(("page", "command"), commands())
def test_a_command_of_a_page_is_one_that_there_is(page: str, command: str) -> None:
    words = shlex.split(command, comments=True)
    if "-r" in words:
        files = [after for word, after in pairwise(words) if word == "-r"]
        assert all((ROOT / file).is_file() for file in files)
    for word in words:
        if word.startswith("tests/") or word.endswith((".ipynb", ".sh")):
            path = word.rpartition("=")[2].removeprefix("/lab/tree/").replace("lab/", "notebooks/")
            assert (ROOT / path.partition("::")[0]).exists()
    module = next((after for word, after in pairwise(words) if word == "-m"), "")
    if module.startswith(("helpers", "flex_chat_lab")):
        arguments = words[words.index(module) + 1 :]
        parser = site_pages.parser_of(module.replace("flex_chat_lab", "helpers"))
        parser.parse_args(arguments)
    else:
        program = Path(words[0]).name
        known = {"jupyter", "mkdocs", "npm", "pip", "pre-commit", "py", "pytest", "uv", "python3"}
        known |= {
            "pip-licenses",
            "export",
            "python",
            "ruff",
            "mypy",
            "lint-imports",
            "docker",
            "cyclonedx-py",
        }
        assert program in known or "=" in words[0] or program.startswith("$"), page


def test_the_readmes_commands_are_the_same_on_windows_and_in_the_guide() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    guide = (ROOT / "docs/how-to/install.md").read_text("utf-8")
    first, tests = re.findall(r"^python3 -m venv .*$", readme, re.MULTILINE)
    first_there, tests_there = re.findall(r"^py -3 -m venv .*$", readme, re.MULTILINE)

    def translated(line: str) -> str:
        line = line.replace("python3", "py -3").replace(" --allow-root", "").replace(" &&", ";")
        return line.replace(".venv/bin/", ".venv\\Scripts\\")

    assert (translated(first), translated(tests)) == (first_there, tests_there)
    assert first in guide
    assert first_there in guide


def test_every_other_block_is_run_by_a_test_or_says_why_not() -> None:
    tests = "".join(file.read_text("utf-8") for file in (ROOT / "tests").rglob("*.py"))
    unused = [
        f"{block.page}: {block.name or block.text[:60]!r}"
        for block in BLOCKS
        if block.is_run
        and (block.name or block.language not in {"python", "sh", "powershell", "text"})
        and f'"{block.name}"' not in tests
        and block.name != "test command"  # by .ci/run
    ]
    assert unused == []


def pages() -> list[Path]:
    tops = [file for file in ROOT.glob("*.md") if file.name != "CLAUDE.md"]
    return [*tops, *(ROOT / "docs").rglob("*.md")]


def anchors(page: Path) -> set[str]:
    text = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.M | re.S)
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", each.lower()).strip().replace(" ", "-") for each in headings}


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.relative_to(ROOT).as_posix())
def test_the_links_of_a_page_lead_to_files_and_headings_that_are_there(page: Path) -> None:
    text = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.M | re.S)
    missing = []
    for link, anchor in LINK.findall(text):
        target = (page.parent / link).resolve() if link else page
        is_made = re.search(f"/docs/({MADE})", target.as_posix())
        if not (target.exists() or is_made):
            missing.append(link)
        elif (
            anchor and target.suffix == ".md" and target.exists() and anchor not in anchors(target)
        ):
            missing.append(f"{link}#{anchor}")
    assert missing == []


def test_the_settings_page_has_every_variable_that_is_read() -> None:
    package = "".join(file.read_text("utf-8") for file in (ROOT / "helpers").rglob("*.py"))
    page = (ROOT / "docs/reference/settings.md").read_text("utf-8")
    tests = "".join(file.read_text("utf-8") for file in (ROOT / "tests").rglob("*.py"))
    read = set(re.findall(r'"(TWILIO_[A-Z_]+)"', package))
    read |= set(re.findall(r'"(TWILIO_[A-Z_]+_DIR)"', tests))  # clones that tests take
    assert read == set(re.findall(r"`(TWILIO_[A-Z_]+)`", page))


@pytest.mark.parametrize("page", QUESTIONS.values(), ids=QUESTIONS)
def test_a_strangers_question_is_answered_within_two_clicks_of_the_front_page(page: str) -> None:
    docs = ROOT / "docs"

    def led_to(at: Path) -> set[Path]:
        links = LINK.findall(at.read_text("utf-8"))
        return {(at.parent / link).resolve() for link, _ in links if link.endswith(".md")}

    first = led_to(docs / "index.md")
    second = {target for at in first if at.exists() and docs in at.parents for target in led_to(at)}
    assert docs / page in first | second


def test_the_preflight_of_the_guide_shows_what_an_account_lacks(account: Account) -> None:
    names: dict[str, Any] = {"account": account}
    exec(snippets.snippet("preflight"), names)
    assert "ready" in repr(names["preflight"](account))


class Receiver(BaseHTTPRequestHandler):
    """A server of one's own, which keeps what it receives."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.received.put((self.path, self.headers["X-Twilio-Signature"], body))  # type: ignore[attr-defined]
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_a_server_on_localhost_receives_the_webhooks_of_the_guide(account: Account) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server, account.mock.serve() as served:
        server.received = queue.Queue()  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever).start()
        program = snippets.snippet("webhooks to localhost")
        url = f"http://127.0.0.1:{server.server_port}"
        program = program.replace("http://127.0.0.1:8787", served.url)
        exec(program.replace("http://localhost:3000", url))
        try:
            path, signature, body = server.received.get(timeout=30)  # type: ignore[attr-defined]
        finally:
            server.shutdown()
    assert (path, "Body=Hello%3F" in body) == ("/twilio/events", True)
    validator = RequestValidator(account.credentials.auth_token)
    assert validator.validate(f"{url}{path}", dict(parse_qsl(body)), signature)


def test_the_studio_flow_of_the_guide_passes_its_own_tests(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("order.json").write_text(snippets.snippet("studio flow"), "utf-8")
    exec(compile(snippets.snippet("studio test"), "studio test", "exec"), {})
    steps = yaml.safe_load(snippets.snippet("studio pipeline"))["jobs"]["flows"]["steps"]
    assert [step["run"] for step in steps if "run" in step] == [
        "pip install -r requirements.txt",
        "pytest tests/test_order.py",
    ]
