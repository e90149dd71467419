"""A real browser, and a real JupyterLab where it is needed, started once for all tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import chromium
import node_packages
import pytest
from lab_page import LabPage
from lab_server import Lab

HERE = Path(__file__).resolve().parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the browser tests last: Playwright keeps an event loop in the main thread until it stops.

    `asyncio.run()` in another test would find that loop running.
    """
    items.sort(key=lambda item: HERE in item.path.parents)


@pytest.fixture(scope="session")
def executable() -> str:
    """Path of the browser, or a skip that names the paths tried."""
    pytest.importorskip("playwright.sync_api")
    found = chromium.find()
    if not found:
        pytest.skip(chromium.NOT_FOUND)
    return found


@pytest.fixture(scope="session")
def lab(executable: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A JupyterLab on its way up."""
    with Lab(tmp_path_factory.mktemp("lab")) as lab:
        yield lab


@pytest.fixture(scope="session")
def browser(executable: str) -> Iterator[Any]:
    """A browser, one for all tests."""
    with chromium.launched(executable) as browser:
        yield browser


@pytest.fixture(scope="session")
def lab_page(lab: Lab, browser: Any) -> LabPage:
    """JupyterLab in the browser, which is launched while JupyterLab starts."""
    page = browser.new_page(viewport={"width": 1280, "height": 1250})
    lab.wait()
    return LabPage(page, lab.url)


@pytest.fixture(scope="session")
def chat_sdk() -> Path:
    """Twilio's Chat SDK for browsers, as npm has it."""
    return node_packages.installed() / "node_modules/twilio-chat/builds/twilio-chat.min.js"
