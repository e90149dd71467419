"""Every notebook in JupyterLab, in Firefox and in Chromium, with the network off.

Run All, then each cell twice in a row, then the solution in its place, which its check takes. The
outputs are looked at by axe, in both themes. Takes minutes: it is a tier of its own.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import accessibility
import chromium
import node_packages
import pytest
from lab_page import copy_without_outputs
from lab_server import Lab
from test_notebooks import NOTEBOOKS, SOLUTION, load, source

from helpers.mock.server.chat_page.sdk_copy import CHAT

EVERY_CELL_TWICE = (Path(__file__).parent / "every_cell_twice.js").read_text("utf-8")
REFUSED = {"assets.twilio.com", "assets.flex.twilio.com", "media.twiliocdn.com"}
"""Hosts of fonts and a sound for Twilio's front ends in 11; their pages' policy refuses them."""
LOADED = "async () => { await jupyterapp.restored; return null; }"


class Browser(Protocol):
    """A page of JupyterLab, in one of the browsers."""

    errors: list[str]
    requested: list[str]

    def call(self, script: str, argument: Any = None) -> Any:
        """Call a function in the page."""


class Firefox:
    """Firefox over WebDriver BiDi, which Node's puppeteer-core speaks."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.errors: list[str] = []
        self.requested: list[str] = []

    def call(self, script: str, argument: Any = None) -> Any:
        """Call a function in the page."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps({"script": script, "argument": argument}) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        self.errors += answer["errors"]
        self.requested += answer["requested"]
        assert "failure" not in answer, answer["failure"]
        return answer.get("value")


@contextmanager
def firefox(url: str) -> Iterator[Browser]:
    """JupyterLab in the system's Firefox."""
    found = shutil.which("firefox-esr") or shutil.which("firefox")
    if found is None:
        pytest.skip("no Firefox: neither firefox-esr nor firefox in PATH")
    command = ["node", "firefox.mjs", found, url]
    folder, pipe = node_packages.installed(), subprocess.PIPE
    with subprocess.Popen(command, cwd=folder, stdin=pipe, stdout=pipe, text=True) as process:
        yield Firefox(process)
        assert process.stdin
        process.stdin.close()


class Chromium:
    """Chromium, by Playwright."""

    def __init__(self, page: Any) -> None:
        self.errors: list[str] = []
        self.requested: list[str] = []
        self._page = page
        page.on("request", lambda request: self.requested.append(request.url))
        page.on("pageerror", lambda error: self.errors.append(f"{error}\n{error.stack}"))
        page.on("console", self._keep)

    def _keep(self, message: Any) -> None:
        if message.type == "error":
            self.errors.append(f"{message.location['url']}: {message.text}")

    def call(self, script: str, argument: Any = None) -> Any:
        """Call a function in the page."""
        return self._page.evaluate(script, argument)


@contextmanager
def chromium_page(url: str) -> Iterator[Browser]:
    """JupyterLab in the system's Chromium."""
    pytest.importorskip("playwright.sync_api")
    found = chromium.find()
    if found is None:
        pytest.skip(chromium.NOT_FOUND)
    with chromium.launched(found) as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 1250})
        one = Chromium(page)
        page.goto(url)
        page.wait_for_function("() => globalThis.jupyterapp?.restored", timeout=120_000)
        yield one


BROWSERS = {"firefox": firefox, "chromium": chromium_page}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A JupyterLab whose folders have a copy of the notebooks for each browser."""
    copy = node_packages.installed() / CHAT.place
    with Lab(tmp_path_factory.mktemp("lab")) as lab:
        (lab.root / CHAT.place).parent.mkdir(parents=True)
        shutil.copy(copy, lab.root / CHAT.place)
        for name in BROWSERS:
            shutil.copytree(NOTEBOOKS[0].parent / "images", lab.root / name / "images")
            for path in NOTEBOOKS:
                copy_without_outputs(path, lab.root / name / path.name)
        lab.wait()
        yield lab


@pytest.fixture(scope="module", params=BROWSERS)
def name(request: pytest.FixtureRequest) -> str:
    """Name of a browser."""
    return str(request.param)


@pytest.fixture(scope="module")
def page(name: str, lab: Lab) -> Iterator[Browser]:
    """JupyterLab in it, with axe."""
    with BROWSERS[name](lab.url) as page:
        page.call(LOADED)
        page.call(f"() => {{ {accessibility.source()}\n; }}")
        yield page


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_each_cell_runs_again_and_the_solution_is_taken(
    page: Browser, name: str, path: Path, record_property: Any
) -> None:
    [solution] = [
        found["code"] for cell in load(path)["cells"] if (found := SOLUTION.search(source(cell)))
    ]
    page.errors.clear()
    given = {"path": f"{name}/{path.name}", "solution": solution}
    result = page.call(EVERY_CELL_TWICE, given)
    if kept := os.environ.get("KEEP_RESULTS"):
        (Path(kept) / f"{name}-{path.stem}.json").write_text(
            json.dumps({**result, "console": page.errors}, indent=1)
        )
    assert result["problems"] == []
    assert [line[:8] for line in result["untouched"]] == ["Not yet:"]
    assert [line[:5] for line in result["solved"]] == ["Done:"] * 2
    assert result["unseen"] == []
    assert result["found"] == {"JupyterLab Light": [], "JupyterLab Dark": []}
    assert [error for error in page.errors if not is_foreign(error)] == []


def test_no_request_left_the_machine(page: Browser) -> None:
    hosts = {urlsplit(url).hostname for url in page.requested if url.startswith("http")}
    assert hosts - REFUSED == {"127.0.0.1"}


def is_foreign(error: str) -> bool:
    """Whether JupyterLab reports an error, or the browser that a mock went with its kernel."""
    if urlsplit(error.partition(": ")[0]).path.startswith("/images/"):
        # JupyterLab asks for a relative picture at its own address before it has worked out that
        # of the notebook's folder; that each is shown in the end is asserted
        return "404" in error
    if "[anywidget] Failed to initialize model" in error:
        return "AbortSignal" in error  # its cell was run again before it was there
    if "Security" in error and "Policy" in error:  # of the pages in 11
        return any(host in error for host in REFUSED)
    if "/v3/wsconnect" in error:  # Twilio's SDK, in 07, connects again
        return "establish a connection" in error or "ERR_CONNECTION_REFUSED" in error
    return "/static/lab/" in error and "blob:" not in error  # from where widgets are loaded
