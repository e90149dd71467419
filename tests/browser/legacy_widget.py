"""Twilio's legacy web chat widget, unmodified, in Chromium: on demand, as npm's packages are many.

A page of its own site has two scripts: the mock's `redirect.js`, and the widget as npm has it.
`WIDGET_SCREENSHOTS=folder` keeps pictures.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import node_packages
import pytest
from waiting import PATIENCE, becomes, expect

from helpers import Account, AgentDesk, connect
from helpers.desk import AcceptedTask
from helpers.mock.server.chat_page.sdk_copy import WEB_CHAT
from helpers.mock.server.running import BackgroundServer

HARMLESS = re.compile(r"assets\.flex\.twilio\.com|net::ERR_|Failed to load resource|deprecated")
"""Fonts, which the widget asks a CDN for, and warnings of its React."""
PAGE = """<!doctype html><html><body><div id="root"></div>
<script src="{mock}/redirect.js"></script>
<script src="widget.js"></script>
<script>
  const page = Twilio.FlexWebChat.renderWebChat({{
    accountSid: "{account}", flexFlowSid: "{flow}", startEngagementOnInit: false,
    fileAttachment: {{ enabled: true }},
    preEngagementConfig: {{
      description: "Who are you?", submitLabel: "Start chat",
      fields: [{{
        label: "Name", type: "InputItem",
        attributes: {{ name: "friendlyName", type: "text", required: true }},
      }}],
    }},
  }}, "#root");
</script></body></html>"""


@pytest.fixture
def account() -> Account:
    return connect()


@pytest.fixture
def server(account: Account) -> Iterator[BackgroundServer]:
    assert account.mock is not None
    with account.mock.serve() as server:
        yield server


@pytest.fixture
def site() -> Iterator[ThreadingHTTPServer]:
    """A site of the user's: its page, which is set later, and the widget."""
    script = node_packages.front_end(WEB_CHAT).read_bytes()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            is_script = self.path == "/widget.js"
            content = script if is_script else self.server.page  # type: ignore[attr-defined]
            self.send_response(200)
            self.send_header("Content-Type", "text/javascript" if is_script else "text/html")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True).start()
        yield http
        http.shutdown()


@pytest.fixture
def problems() -> list[str]:
    return []


@pytest.fixture
def page(
    browser: Any,
    account: Account,
    server: BackgroundServer,
    site: Any,
    problems: list[str],
) -> Iterator[Any]:
    taskrouter = account.client.taskrouter.v1.workspaces.list()[0]
    flows = account.client.flex_api.v1.flex_flow
    [flow] = flows.list()
    flow.update(
        integration_type="task",
        integration_workspace_sid=taskrouter.sid,
        integration_workflow_sid=taskrouter.workflows.list()[0].sid,
        integration_channel=taskrouter.task_channels("chat").fetch().sid,
        janitor_enabled=True,
    )
    account_sid = account.credentials.account_sid
    site.page = PAGE.format(mock=server.url, account=account_sid, flow=flow.sid).encode()
    page = browser.new_context().new_page()
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on(
        "response",
        lambda answer: (
            problems.append(f"{answer.status} {answer.url}") if answer.status >= 400 else None
        ),
    )
    page.set_default_timeout(PATIENCE)
    page.goto(f"http://localhost:{site.server_port}/")
    yield page
    page.context.close()


def picture(page: Any, name: str) -> None:
    if folder := os.environ.get("WIDGET_SCREENSHOTS"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"))


def check_typing(page: Any, accepted: AcceptedTask) -> None:
    """Let the visitor type, then the agent."""
    typing, box = threading.Event(), page.locator("textarea")
    assert accepted.channel is not None
    accepted.channel.on("typingStarted", lambda member: typing.set())
    for _ in range(PATIENCE // 250):  # the SDK says it once in five seconds
        box.press_sequentially("x")
        if typing.wait(0.25):
            break
    assert typing.is_set()
    accepted.channel.typing()
    page.wait_for_selector("text=alice is typing")
    box.fill("")


def send_a_file(page: Any) -> None:
    page.set_input_files(
        "input[type=file]", {"name": "note.txt", "mimeType": "text/plain", "buffer": b"note"}
    )
    page.wait_for_selector("text=note.txt")
    page.locator("textarea").press("Enter")
    page.wait_for_selector(".Twilio-MessageBubble >> text=note.txt")


def last_file(chat: Any) -> dict[str, Any]:
    """What is said of the file in the chat's last message."""
    return chat.messages.list()[-1].media or {}


def start_a_chat(page: Any, question: str) -> None:
    page.fill("input[name=friendlyName]", "Rosa")
    picture(page, "form")
    page.click("text=Start chat")
    say(page, question)


def say(page: Any, text: str) -> None:
    box = page.locator("textarea")
    box.fill(text)
    box.press("Enter")
    page.wait_for_selector(f".Twilio-MessageBubble >> text={text}")


def test_a_visitor_chats_with_an_agent(
    page: Any, account: Account, server: BackgroundServer, problems: list[str]
) -> None:
    desk = AgentDesk(account)
    desk.go_available()
    chats = account.client.chat.v2.services(account.credentials.chat_service_sid).channels
    page.click(".Twilio-EntryPoint")
    start_a_chat(page, "Where is my order?")
    accepted = desk.accept()
    accepted.reply("It left yesterday.")
    page.wait_for_selector("text=It left yesterday.")
    picture(page, "chat")

    check_typing(page, accepted)
    send_a_file(page)
    [chat] = chats.list()
    # the widget shows a file before it sends it
    becomes(lambda: last_file(chats(chat.sid)).get("filename"), "note.txt")
    assert last_file(chats(chat.sid))["size"] == 4

    # the widget writes its session down once a second
    page.wait_for_function("sid => JSON.stringify({...localStorage}).includes(sid)", arg=chat.sid)
    page.reload()
    page.wait_for_selector("text=It left yesterday.")
    with page.expect_popup() as opened:
        page.click("text=note.txt")
    expect(opened.value.locator("body")).to_contain_text("note")
    say(page, "Thank you")

    with page.expect_response("**/Tokens/refresh") as renewed:
        account.clock.advance(seconds=3600 - 60)
    assert renewed.value.ok
    say(page, "Thanks again")

    accepted.wrap_up()
    page.wait_for_selector("text=Thanks for chatting with us")
    picture(page, "ended")
    accepted.complete()
    page.click("text=Start new chat")
    start_a_chat(page, "One more thing")
    visitors = [chats(each.sid).members.list()[0].identity for each in chats.list()]
    assert len(set(visitors)) == 2  # a new chat is a new visitor's
    assert [each for each in problems if not HARMLESS.search(each)] == []


def test_the_page_of_a_served_mock_sends_the_question_of_its_form(
    browser: Any, account: Account, monkeypatch: pytest.MonkeyPatch, problems: list[str]
) -> None:
    monkeypatch.setenv(WEB_CHAT.variable, str(node_packages.front_end(WEB_CHAT)))
    assert account.mock is not None
    with account.mock.serve() as server:
        page = browser.new_context(viewport={"width": 400, "height": 600}).new_page()
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.goto(f"{server.url}/webchat")
        page.fill("textarea", "Where is my order?")
        start_a_chat(page, "And when?")
        page.wait_for_selector("text=Hi there! How can we help you today?")
        page.wait_for_selector(".Twilio-MessageBubble >> text=Where is my order?")
        picture(page, "webchat")
        page.context.close()
    assert problems == []
