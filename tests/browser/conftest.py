"""A real browser, and a real JupyterLab where it is needed, started once for all tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import chromium
import node_packages
import pytest
from chat_page import NARROW
from lab_page import LabPage
from lab_server import Lab
from waiting import PATIENCE

from helpers import Account, AgentDesk
from helpers.mock import MockTwilio
from helpers.mock.server.chat_page.sdk_copy import CONVERSATIONS
from helpers.mock.server.running import BackgroundServer


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the browser tests last: Playwright keeps an event loop in the main thread until it stops.

    `asyncio.run()` in another test would find that loop running.
    """
    items.sort(key=lambda item: item.nodeid.startswith("tests/browser/"))


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
def shared_lab_page(lab: Lab, browser: Any) -> LabPage:
    """JupyterLab in the browser, which is launched while JupyterLab starts."""
    page = browser.new_page(viewport={"width": 1280, "height": 1250})
    lab.wait()
    return LabPage(page, lab.url)


@pytest.fixture(scope="module")
def lab_page(shared_lab_page: LabPage) -> Iterator[LabPage]:
    """JupyterLab with nothing open and no kernel, or each file would cost the next ones time."""
    yield shared_lab_page
    shared_lab_page.close_all()


@pytest.fixture(scope="session")
def chat_sdk() -> Path:
    """Twilio's Chat SDK for browsers, as npm has it."""
    return node_packages.installed() / "node_modules/twilio-chat/builds/twilio-chat.min.js"


@pytest.fixture
def mock(account: Account) -> MockTwilio:
    assert isinstance(account.mock, MockTwilio)
    return account.mock


@pytest.fixture
def server(
    mock: MockTwilio, chat_sdk: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[BackgroundServer]:
    monkeypatch.setenv(CONVERSATIONS.variable, str(chat_sdk.parents[3] / CONVERSATIONS.place))
    with mock.serve(chat_sdk=chat_sdk) as server:
        yield server


@pytest.fixture
def desk(account: Account) -> Iterator[AgentDesk]:
    """Alice, who takes chats."""
    desk = AgentDesk(account, "alice")
    desk.go_available()
    yield desk
    desk.close()


@pytest.fixture
def visit(browser: Any, server: BackgroundServer) -> Iterator[Callable[..., Any]]:
    """Open the page, by default in a new browser."""
    contexts = []

    def open_page(context: Any = None, path: str = "/chat", **options: Any) -> Any:
        if context is None:
            context = browser.new_context(viewport=NARROW, **options)
            contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.problems = []
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        page.on("websocket", lambda socket: setattr(page, "socket", socket))
        page.goto(server.url + path)
        return page

    open_page.contexts = contexts  # type: ignore[attr-defined]
    yield open_page
    for context in contexts:
        context.close()
