"""Twilio's front ends in frames: a notebook's ways to their page, and foreign pages that have none.

A file stands in for the widget, and routes of the browser for Jupyter's own server.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import chromium
import pytest
from waiting import PATIENCE, becomes, expect

from helpers import Account, FlexWebChat
from helpers.mock import MockTwilio
from helpers.mock.server.running import BackgroundServer

STAND_IN = """
globalThis.Twilio = { FlexWebChat: {
  Actions: { on() {}, invokeAction() {} },
  renderWebChat: async (config) => {
    document.title = config.flexFlowSid;
    return { manager: { store: { getState: () => ({ flex: { session: {} } }) } } };
  },
} };
"""
HUB = "http://hub.example.com:{}"
JUPYTER = """<!doctype html><html><body>
<script id="jupyter-config-data" type="application/json">{"baseUrl": "/user/jane/"}</script>
<main></main></body></html>"""
SHOW = """async ([script, start]) => {
  const url = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  const { default: widget } = await import(url);
  const el = document.querySelector("main");
  let take;
  globalThis.said = new Promise((resolve) => {
    const model = {
      on: (_, handle) => { take = handle; },
      off() {},
      send: (message) => {
        if (message.type === "hello") take({ ...start, to: message.browser });
        else resolve(message.problem);
      },
    };
    widget.render({ model, el });
  });
  return await globalThis.said;
}"""


@pytest.fixture
def server(
    account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[BackgroundServer]:
    script = tmp_path / "widget.js"
    script.write_text(STAND_IN)
    monkeypatch.setenv("TWILIO_FLEX_WEBCHAT_UI", str(script))
    assert isinstance(account.mock, MockTwilio)
    with account.mock.serve() as server:
        yield server


class Site(BaseHTTPRequestHandler):
    """A page that is JupyterLab's, or a foreign one with the frame that its path names."""

    def do_GET(self) -> None:
        framed = self.path.partition("?")[2]
        page = f'<iframe src="{framed}"></iframe>' if framed else JUPYTER
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(page.encode())

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    """A server of the user's."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as http:
        thread = threading.Thread(target=http.serve_forever, args=(0.01,))
        thread.start()
        yield http.server_port
        http.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def with_names(browser: Any, executable: str) -> Iterator[Any]:
    """A browser for which every name leads to this machine, foreign ones included."""
    names = "--host-resolver-rules=MAP *.example.com 127.0.0.1"
    launched = browser.browser_type.launch(
        executable_path=executable, args=[*chromium.ARGUMENTS[:-1], names]
    )
    yield launched
    launched.close()


@pytest.fixture
def page(with_names: Any) -> Iterator[Any]:
    context = with_names.new_context()
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    yield page
    context.close()


def shown(page: Any, at: str, account: Account) -> str:
    """Show the widget in a page at an address; returns what it complains of."""
    page.goto(f"{at}/lab")
    widget = FlexWebChat(account)
    return str(page.evaluate(SHOW, [str(widget._esm), widget._start]))


def title_in(page: Any) -> str:
    """The title of the page in the frame, which the stand-in sets to the flow's SID."""
    frame = page.locator("iframe").element_handle().content_frame()
    frame.wait_for_function("document.title.startsWith('FO')")
    return str(frame.title())


def flow_of(account: Account) -> str:
    [flow] = account.client.flex_api.v1.flex_flow.list()
    return str(flow.sid)


def test_on_the_kernels_machine_the_frame_comes_straight_to_the_mock(
    page: Any, account: Account, server: BackgroundServer, port: int
) -> None:
    assert shown(page, f"http://localhost:{port}", account) == ""
    assert page.locator("iframe").get_attribute("src").startswith(f"{server.url}/_frame/")
    assert title_in(page) == flow_of(account)


def test_elsewhere_it_goes_through_jupyters_own_server(
    page: Any, account: Account, server: BackgroundServer, port: int
) -> None:
    hub = HUB.format(port)
    base = f"{hub}/user/jane/proxy/{server.url.rpartition(':')[2]}"

    def forward(route: Any) -> None:
        """Answer as jupyter-server-proxy does."""
        url = route.request.url.replace(base, server.url)
        headers = {**route.request.headers, "host": "hub.example.com"}
        route.fulfill(response=page.context.request.get(url, headers=headers))

    page.route(f"{base}/**", forward)
    assert shown(page, hub, account) == ""
    assert page.locator("iframe").get_attribute("src").startswith(f"{base}/_frame/")
    assert title_in(page) == flow_of(account)


def test_a_browser_that_reaches_neither_says_what_to_install(
    page: Any, account: Account, server: BackgroundServer, port: int
) -> None:
    page.route("**/_frame/**", lambda route: route.abort())
    problem = shown(page, HUB.format(port), account)
    assert "pip install jupyter-server-proxy" in problem
    becomes(page.get_by_role("alert").inner_text, problem)
    expect(page.locator("iframe")).to_have_count(0)


def test_a_foreign_page_can_neither_frame_nor_read_the_widgets_page(
    page: Any, account: Account, server: BackgroundServer, port: int
) -> None:
    with page.expect_console_message(lambda message: "frame-ancestors" in message.text):
        page.goto(f"{HUB.format(port)}/?{server.url}/webchat/")
    frame = page.locator("iframe").element_handle().content_frame()
    assert flow_of(account) not in frame.content()
    sid = account.credentials.account_sid
    for path, method in (
        ("/webchat/", "GET"),
        (f"/iam.twilio.com/v1/Accounts/{sid}/Tokens", "POST"),
    ):
        ask = "([url, method]) => fetch(url, { method }).then((a) => a.status).catch(() => 0)"
        assert page.evaluate(ask, [server.url + path, method]) == 0, path
