"""What pages of other origins can do with a served mock, in a real browser."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from waiting import PATIENCE

from helpers import Account, connect
from helpers.mock import DEMO_VALUES, MockTwilio

SID, TOKEN = DEMO_VALUES["TWILIO_ACCOUNT_SID"], DEMO_VALUES["TWILIO_AUTH_TOKEN"]
SERVICE = DEMO_VALUES["TWILIO_CHAT_SERVICE_SID"]
FOREIGN = "http://evil.example.com"
"""Where the browser finds the user's server too, as if it were another machine."""

CALL = """async ([url, method, body, headers, mode]) => {
  try {
    const reply = await fetch(url, { method, body, headers, mode: mode || "cors" });
    return [reply.status, await reply.text()];
  } catch (error) {
    return [0, String(error)];
  }
}"""
SUBMIT = """([action]) => {
  const form = document.createElement("form");
  Object.assign(form, { action, method: "POST" });
  const field = document.createElement("input");
  Object.assign(field, { name: "FriendlyName", value: "forged" });
  form.append(field);
  document.body.append(form);
  form.submit();
}"""


class Users:
    """A server of the user's on this machine: a page, a secret, and a webhook's target."""

    def __init__(self) -> None:
        self.posted: list[str] = []
        users = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                content = b"secret of the user" if self.path == "/secret" else b"<body></body>"
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                users.posted.append(self.path)
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,))
        self._thread.start()
        self.port = self._http.server_port

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


@pytest.fixture
def users() -> Iterator[Users]:
    users = Users()
    yield users
    users.close()


@pytest.fixture
def account(account: Account) -> Iterator[Account]:
    """The account, served."""
    assert isinstance(account.mock, MockTwilio)
    with account.mock.serve():
        yield account


@pytest.fixture
def visit(browser: Any, users: Users) -> Iterator[Callable[[str], Any]]:
    """Opens a page of an origin; the user's server plays all of them."""
    context = browser.new_context()

    def serve(route: Any) -> None:
        route.fulfill(status=200, content_type="text/html", body="<body></body>")

    context.route(f"{FOREIGN}/**", serve)

    def open_page(url: str) -> Any:
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.goto(url)
        return page

    yield open_page
    context.close()


def submit(page: Any, url: str) -> str:
    """Leave the page by a form, with credentials in the URL; returns the answer."""
    with page.expect_navigation():
        page.evaluate(SUBMIT, [url.replace("//", f"//{SID}:{TOKEN}@")])
    return str(page.content())


def everything(account: Account) -> Any:
    assert isinstance(account.mock, MockTwilio)
    client, mock = account.client, account.mock
    return (
        [each.friendly_name for each in client.chat.v2.services.list()],
        [each.sid for each in client.chat.v2.services(SERVICE).channels.list()],
        [each.sid for each in client.studio.v2.flows.list()],
        mock.clock.setting,
        len(list(mock.faults)),
    )


def basic(page: Any) -> dict[str, str]:
    return {"Authorization": page.evaluate(f"'Basic ' + btoa('{SID}:{TOKEN}')")}


FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def test_a_foreign_page_with_the_demo_credentials_can_do_nothing(account, visit, users):
    mock, page = account.mock, visit(FOREIGN)
    mock.clock.freeze()
    before = everything(account)
    channels = f"{mock.url}/chat.twilio.com/v2/Services/{SERVICE}/Channels"
    flows = f"{mock.url}/studio.twilio.com/v2/Flows"
    credentials = basic(page)
    for url, method, body in (
        (channels, "GET", None),
        (channels, "POST", "FriendlyName=forged"),
        (flows, "POST", f"FriendlyName=spy&Definition=http://127.0.0.1:{users.port}/secret"),
        (f"{mock.url}/_mock/state/overview", "GET", None),
        (f"{mock.url}/_mock/clock", "POST", '{"advance": 1000}'),
        (f"{mock.url}/_mock/reset", "POST", "{}"),
        (f"{mock.url}/chat/session", "POST", "{}"),
        (f"http://127.0.0.1:{users.port}/secret", "GET", None),
    ):
        for headers in ({}, FORM, {**FORM, **credentials}):
            assert page.evaluate(CALL, [url, method, body, headers, None])[0] == 0, url
        status, text = page.evaluate(CALL, [url, method, body, {}, "no-cors"])
        assert (status, text) in ((0, ""), (0, "TypeError: Failed to fetch")), url
    for path in ("_mock/reset", f"chat.twilio.com/v2/Services/{SERVICE}/Channels"):
        assert "--allow-origin" in submit(visit(FOREIGN), f"{mock.url}/{path}")
    assert everything(account) == before


def test_a_page_without_an_origin_can_do_nothing(account, visit):
    mock = account.mock
    before = everything(account)
    page = visit("data:text/html,<body></body>")
    channels = f"{mock.url}/chat.twilio.com/v2/Services/{SERVICE}/Channels"
    headers = {**FORM, **basic(page)}
    assert page.evaluate("self.origin") == "null"
    assert page.evaluate(CALL, [channels, "POST", "FriendlyName=x", headers, None])[0] == 0
    assert "--allow-origin null" in submit(page, channels)
    assert everything(account) == before


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_page_that_the_user_serves_uses_the_api(account, visit, users, host):
    page = visit(f"http://{host}:{users.port}/")
    channels = f"{account.mock.url}/chat.twilio.com/v2/Services/{SERVICE}/Channels"
    headers = {**FORM, **basic(page)}
    status, text = page.evaluate(CALL, [channels, "POST", "FriendlyName=mine", headers, None])
    assert (status, '"friendly_name":"mine"' in text) == (201, True)
    status, text = page.evaluate(CALL, [channels, "GET", None, headers, None])
    assert (status, "mine" in text) == (200, True)
    session = page.evaluate(CALL, [f"{account.mock.url}/chat/session", "POST", "[]", {}, None])
    assert (session[0], "JSON object" in session[1]) == (400, True)


def test_a_webhook_to_the_users_own_server_arrives_without_configuration(account, users):
    client = connect(account.mock.url).client
    service = client.chat.v2.services(SERVICE)
    hook = f"http://localhost:{users.port}/hook"
    service.update(post_webhook_url=hook, webhook_filters=["onMessageSent"])
    service.channels.create().fetch()
    channel = service.channels.list()[0]
    service.channels(channel.sid).messages.create(body="hi", x_twilio_webhook_enabled="true")
    assert account.mock.webhooks.settle()
    assert users.posted == ["/hook"]
