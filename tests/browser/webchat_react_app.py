"""Twilio's `twilio-webchat-react-app`, its page and its server, as cloned: on demand.

`TWILIO_WEBCHAT_REACT_APP_DIR` names a clone with its packages, whose page is built (`npm install
--ignore-scripts && REACT_APP_SERVER_URL=http://localhost:3001 npm run build`). Nothing of it is
edited: both halves come to the mock through its HTTPS proxy.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import chromium
import pytest
from waiting import PATIENCE, becomes

from helpers import Account, connect, read_token
from helpers.mock.server.authority import CertificateAuthority
from helpers.mock.server.https_proxy import HttpsProxy

VARIABLE = "TWILIO_WEBCHAT_REACT_APP_DIR"
SERVER = ("127.0.0.1", 3001)
"""Address of the app's server, which it has in its code."""
SIX_HOURS = 6 * 3600
HARMLESS = re.compile(r"favicon|manifest")


@pytest.fixture(scope="module")
def app() -> Path:
    """The clone."""
    named = os.environ.get(VARIABLE)
    if not named:
        pytest.skip(f"{VARIABLE} names no clone of github.com/twilio/twilio-webchat-react-app")
    folder = Path(named)
    for needed in ("server/index.js", "node_modules/express", "build/index.html"):
        if not (folder / needed).exists():
            pytest.fail(f"{folder} has no {needed}: see the docstring of {__name__}")
    if shutil.which("node") is None or shutil.which("openssl") is None:
        pytest.skip("needs Node and openssl")
    return folder


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    account = connect()
    assert account.mock is not None
    with account.mock, account.mock.serve():
        yield account


class QuietFiles(SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def site(app: Path) -> Iterator[str]:
    """The app's page, as it was built."""
    files = partial(QuietFiles, directory=str(app / "build"))
    with ThreadingHTTPServer(("127.0.0.1", 0), files) as http:
        threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://localhost:{http.server_port}"
        http.shutdown()


@pytest.fixture(scope="module")
def output(
    app: Path, account: Account, proxy: HttpsProxy, authority: CertificateAuthority, site: str
) -> Iterator[list[str]]:
    """The app's server, and what it says."""
    own = account.credentials
    address = account.client.conversations.v1.address_configurations.create(
        type="chat", address="our web site"
    )
    settings = {
        "ACCOUNT_SID": own.account_sid,
        "AUTH_TOKEN": own.auth_token,
        "API_KEY": own.api_key,
        "API_SECRET": own.api_secret,
        "ADDRESS_SID": address.sid,
        "CONVERSATIONS_SERVICE_SID": own.chat_service_sid,
        "ALLOWED_ORIGINS": site,
        "HTTP_PROXY": proxy.url,
        "HTTPS_PROXY": proxy.url,
        "NODE_EXTRA_CA_CERTS": str(authority.certificate),
    }
    with subprocess.Popen(
        ["node", "server"],
        cwd=app,
        env=os.environ | settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as server:
        lines: list[str] = []
        reading = threading.Thread(target=lambda: lines.extend(server.stdout or ()))
        reading.start()
        becomes(lambda: is_up() or server.poll() is not None)
        assert server.poll() is None, "".join(lines)
        yield lines
        server.terminate()
        reading.join(10)


def is_up() -> bool:
    with socket.socket() as client:
        return client.connect_ex(SERVER) == 0


@pytest.fixture(scope="module")
def page(
    browser: Any, executable: str, proxy: HttpsProxy, site: str, output: list[str]
) -> Iterator[Any]:
    """The page in a browser that goes through the proxy."""
    ways = (f"--proxy-server={proxy.url}", "--ignore-certificate-errors")
    through = browser.browser_type.launch(
        executable_path=executable, args=[*chromium.ARGUMENTS, *ways]
    )
    page = through.new_page()
    page.set_default_timeout(PATIENCE)
    page.problems = []
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.on(
        "response",
        lambda answer: (
            page.problems.append(f"{answer.status} {answer.url}")
            if answer.status >= 400 and not HARMLESS.search(answer.url)
            else None
        ),
    )
    page.goto(site)
    yield page
    through.close()


def named(name: str) -> str:
    return f"[data-test={name}]"


def test_the_page_and_its_server_do_all_their_exchanges(
    page: Any, account: Account, output: list[str]
) -> None:
    own = account.credentials
    conversations = account.client.conversations.v1.services(own.chat_service_sid).conversations

    # the form, which the server turns into a web chat, two messages and a token
    page.click(named("entry-point-button"))
    page.fill(named("pre-engagement-chat-form-name-input"), "Rosa")
    page.fill(named("pre-engagement-chat-form-email-input"), "rosa@example.com")
    page.fill(named("pre-engagement-chat-form-query-textarea"), "Where is my order?")
    with page.expect_response("**/initWebchat") as started:
        page.click(named("pre-engagement-start-chat-button"))
    session = started.value.json()
    sid = session["conversationSid"]
    token = read_token(session["token"])
    [visitor] = conversations(sid).participants.list()
    assert token.identity == visitor.identity
    assert token.service_sid == own.chat_service_sid
    welcome = "Welcome Rosa! An agent will be with you in just a moment."
    messages = conversations(sid).messages  # the server sends them after its answer
    said = [(visitor.identity, "Where is my order?"), ("Concierge", welcome)]
    becomes(lambda: [(each.author, each.body) for each in messages.list()], said)
    users = account.client.conversations.v1.services(own.chat_service_sid).users
    assert users(visitor.identity).fetch().friendly_name == "Rosa"
    assert '"email":"rosa@example.com"' in conversations(sid).fetch().attributes.replace(" ", "")

    # both ways, once the page listens: it misses a message that comes right before that
    page.wait_for_selector(named("message-input-textarea"))
    conversations(sid).participants.create(identity="alice")
    conversations(sid).messages.create(author="alice", body="It left yesterday.")
    page.wait_for_selector("text=It left yesterday.")
    page.fill(named("message-input-textarea"), "Thank you")
    page.click(named("message-send-button"))
    page.wait_for_selector(f"{named('all-message-bubbles')} >> text=Thank you")

    # the window starts collapsed after a reload, and the chat goes on
    page.reload()
    page.click(named("entry-point-button"))
    for text in ("Where is my order?", welcome, "It left yesterday.", "Thank you"):
        page.wait_for_selector(f"text={text}")

    # the token is renewed by the server
    with page.expect_response("**/refreshToken") as renewed:
        account.clock.advance(SIX_HOURS - 120)
    assert renewed.value.ok
    assert read_token(renewed.value.json()["token"]).identity == visitor.identity
    page.fill(named("message-input-textarea"), "Thanks again")
    page.click(named("message-send-button"))
    page.wait_for_selector(f"{named('all-message-bubbles')} >> text=Thanks again")

    # the end, and a new chat
    conversations(sid).update(state="closed")
    page.wait_for_selector(named("start-new-chat-button"))
    page.click(named("start-new-chat-button"))
    page.wait_for_selector(named("pre-engagement-chat-form"))
    assert page.problems == [], "".join(output)
