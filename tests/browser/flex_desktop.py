"""Twilio's Flex desktop, unmodified, in Chromium: on demand, as npm brings 650 MB for version 2.

The scripts are those that `python -m helpers.front_ends` keeps, brought where they are not there.
`FLEX_SCREENSHOTS=folder` keeps pictures; `--log-cli-level=WARNING` shows how long the desktop took
to open, and a message from the widget to it.
"""

from __future__ import annotations

import json
import logging
import os
import re
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import waiting
from waiting import becomes, expect

from helpers import Account, FlexDesktop, connect
from helpers.front_ends.__main__ import bring
from helpers.mock.server.chat_page.sdk_copy import FLEX_1, FLEX_2, WEB_CHAT, BrowserSdk
from helpers.mock.server.running import BackgroundServer

log = logging.getLogger(__name__)
PATIENCE = 60_000
HARMLESS = re.compile(
    r"fonts\.googleapis\.com|assets\.(flex\.)?twilio\.com/(public_)?assets/(paste-)?fonts"
    r"|media\.twiliocdn\.com/sdk/js/client/sounds"
)
"""Fonts and a sound of a CDN's, which the page's policy keeps away."""
TASK = """async (name) => {
  const { worker } = Twilio.Flex.Manager.getInstance().store.getState().flex;
  const [task] = worker.tasks.values();
  await Twilio.Flex.Actions.invokeAction(name, { sid: task.sid });
}"""
VIEW = "(viewName) => Twilio.Flex.Actions.invokeAction('NavigateToView', { viewName })"
END = ".Twilio-TaskCanvasHeader-EndButton"
NOTEBOOK = Path(__file__).resolve().parents[2] / "notebooks/11_the_real_flex_desktop.ipynb"


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """The desktop takes its time."""
    monkeypatch.setattr(waiting, "PATIENCE", PATIENCE)


@pytest.fixture
def account() -> Account:
    return connect()


@pytest.fixture(params=[FLEX_1, FLEX_2], ids=lambda each: each.version)
def flex(request: Any, monkeypatch: pytest.MonkeyPatch) -> BrowserSdk:
    """A version of the desktop, which the page takes."""
    flex: BrowserSdk = request.param
    for each in (flex, WEB_CHAT):
        monkeypatch.setenv(each.variable, str(each.nearest() or bring(each)))
    return flex


@pytest.fixture
def server(account: Account, flex: BrowserSdk) -> Iterator[BackgroundServer]:
    assert account.mock is not None
    with account.mock.serve() as server:
        yield server


@pytest.fixture
def workspace(account: Account) -> Any:
    return account.client.taskrouter.v1.workspaces.list()[0]


@pytest.fixture
def problems() -> Iterator[list[str]]:
    """Page errors and failed requests: a test ends without any."""
    found: list[str] = []
    yield found
    assert [each for each in found if not HARMLESS.search(each)] == []


@pytest.fixture
def visit(
    browser: Any, server: BackgroundServer, problems: list[str]
) -> Iterator[Callable[[str], Any]]:
    """Open a page of the mock in a browser of its own."""
    contexts = []

    def visit(path: str) -> Any:
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(f"page error: {error}"))
        page.on("requestfailed", lambda asked: problems.append(f"{asked.failure} {asked.url}"))
        page.on(
            "response",
            lambda answer: (
                problems.append(f"{answer.status} {answer.url}") if answer.status >= 400 else None
            ),
        )
        page.set_default_timeout(PATIENCE)
        page.goto(server.url + path)
        return page

    yield visit
    for context in contexts:
        context.close()


def open_desktop(visit: Callable[[str], Any], flex: BrowserSdk, query: str = "") -> Any:
    started = time.perf_counter()
    page = visit(f"/flex/?worker=alice{query}")
    page.wait_for_selector(".Twilio-MainContainer")
    log.warning("Flex UI %s opened in %.1f s", flex.version, time.perf_counter() - started)
    return page


def picture(page: Any, name: str) -> None:
    if folder := os.environ.get("FLEX_SCREENSHOTS"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"))


def go_available(page: Any) -> None:
    page.evaluate(
        "() => Twilio.Flex.Actions.invokeAction('SetActivity', { activityName: 'Available' })"
    )
    page.wait_for_function(
        "Twilio.Flex.Manager.getInstance().workerClient.activity.name === 'Available'"
    )


def accept(page: Any) -> None:
    page.wait_for_selector(".Twilio-TaskListBaseItem")
    page.evaluate(TASK, "AcceptTask")
    page.evaluate(TASK, "SelectTask")


def reply(page: Any, text: str) -> None:
    box = page.locator("textarea, [role=textbox]").first
    box.click()
    page.keyboard.type(text)
    page.keyboard.press("Enter")
    expect(page.locator(".Twilio-MessageBubble").get_by_text(text)).to_be_visible()


def end(page: Any) -> None:
    """End the chat, and complete its task."""
    button = page.locator(END)
    button.click()
    expect(button).to_have_text(re.compile("complete", re.IGNORECASE))
    button.click()
    expect(page.locator(".Twilio-TaskListBaseItem")).to_have_count(0)


def route_chats(account: Account, workspace: Any) -> Any:
    """Have the account's web flow make tasks; returns the flow."""
    [flow] = account.client.flex_api.v1.flex_flow.list()
    flow.update(
        integration_type="task",
        integration_workspace_sid=workspace.sid,
        integration_workflow_sid=workspace.workflows.list()[0].sid,
        integration_channel=workspace.task_channels("chat").fetch().sid,
        janitor_enabled=True,
    )
    return flow


def test_an_agents_shift(
    flex: BrowserSdk, account: Account, workspace: Any, visit: Callable[[str], Any]
) -> None:
    flow = route_chats(account, workspace)
    page = open_desktop(visit, flex)
    go_available(page)
    [alice] = workspace.workers.list(friendly_name="alice")
    becomes(lambda: alice.fetch().activity_name, "Available")

    chat = account.client.flex_api.v1.web_channel.create(
        flex_flow_sid=flow.sid,
        identity="visitor",
        customer_friendly_name="Rosa",
        chat_friendly_name="Chat",
    )
    accept(page)
    service = account.client.chat.v2.services(account.credentials.chat_service_sid)
    service.channels(chat.sid).messages.create(from_="visitor", body="Where is my order?")
    expect(page.locator(".Twilio-MessageBubble").get_by_text("Where is my order?")).to_be_visible()
    reply(page, "It left yesterday.")
    picture(page, f"{flex.version}-chat")
    messages = service.channels(chat.sid).messages
    said = ["Where is my order?", "It left yesterday."]
    becomes(lambda: [each.body for each in messages.list()], said)

    page.evaluate(VIEW, "teams")
    expect(page.locator("tr", has_text="Rosa")).to_be_visible()
    picture(page, f"{flex.version}-team")
    page.evaluate(VIEW, "queues-stats")
    cells = page.locator("tr", has_text="Everyone").locator("td")
    expect(cells.nth(1)).to_have_text("1")  # active
    expect(cells.nth(2)).to_have_text("0")  # waiting
    second = workspace.tasks.create(
        workflow_sid=workspace.workflows.list()[0].sid, attributes="{}", task_channel="chat"
    )
    expect(cells.nth(2)).to_have_text("1")
    picture(page, f"{flex.version}-queues")
    workspace.tasks(second.sid).update(assignment_status="canceled")
    expect(cells.nth(2)).to_have_text("0")
    # Flex UI 2 stops to follow queues where it is left before it has begun to
    page.wait_for_function(
        "Twilio.Flex.Manager.getInstance().store.getState().flex.realtimeQueues.workspaceStats"
    )

    page.evaluate(VIEW, "agent-desktop")
    end(page)
    completed = partial(workspace.tasks.list, assignment_status="completed")
    becomes(lambda: [json.loads(task.attributes)["name"] for task in completed()], ["Rosa"])
    members = service.channels(chat.sid).members
    becomes(lambda: [each.identity for each in members.list()], ["visitor"])
    chat = service.channels(chat.sid)
    becomes(lambda: json.loads(chat.fetch().attributes)["status"], "INACTIVE")


def test_widget_and_desktop_talk_to_each_other(
    flex: BrowserSdk, account: Account, workspace: Any, visit: Callable[[str], Any]
) -> None:
    route_chats(account, workspace)
    desktop = open_desktop(visit, flex)
    go_available(desktop)
    widget = visit("/webchat/")
    widget.fill("input[name=friendlyName]", "Rosa")
    widget.fill("textarea[name=question]", "Where is my order?")
    widget.click("text=Start chat")
    widget.wait_for_selector("text=Where is my order?")
    accept(desktop)
    expect(desktop.locator(".Twilio-MessageBubble").get_by_text("my order")).to_be_visible()
    box = widget.locator("textarea")
    box.fill("It has number 7.")
    sent = time.perf_counter()
    box.press("Enter")
    desktop.locator(".Twilio-MessageBubble").get_by_text("number 7").wait_for()
    log.warning("A message was on %s in %.2f s", flex.version, time.perf_counter() - sent)
    reply(desktop, "It left yesterday.")
    widget.wait_for_selector("text=It left yesterday.")
    picture(widget, f"{flex.version}-widget")
    end(desktop)
    widget.wait_for_selector("text=Thanks for chatting with us")


@pytest.mark.parametrize("flex", [FLEX_2], indirect=True, ids=[FLEX_2.version])
def test_an_interaction_is_accepted_answered_wrapped_up_and_completed(
    flex: BrowserSdk, account: Account, workspace: Any, visit: Callable[[str], Any]
) -> None:
    page = open_desktop(visit, flex)
    go_available(page)
    client = account.client
    conversation = client.conversations.v1.conversations.create()
    conversation.participants.create(identity="rosa")
    conversation.messages.create(author="rosa", body="Where is my order?")
    made = client.flex_api.v1.interaction.create(
        channel={
            "type": "web",
            "initiated_by": "customer",
            "properties": {"media_channel_sid": conversation.sid},
        },
        routing={
            "properties": {
                "workspace_sid": workspace.sid,
                "attributes": {"customerName": "Rosa", "from": "Rosa"},
            }
        },
    )
    accept(page)
    expect(page.locator(".Twilio-MessageBubble").get_by_text("my order")).to_be_visible()
    reply(page, "It left yesterday.")
    picture(page, "2-interaction")
    end(page)
    channel = client.flex_api.v1.interaction(made.sid).channels(made.channel["sid"])
    becomes(lambda: channel.fetch().status, "closed")
    becomes(lambda: [each.assignment_status for each in workspace.tasks.list()], ["completed"])
    said = ["Where is my order?", "It left yesterday."]
    becomes(lambda: [each.body for each in conversation.messages.list()], said)


def test_the_plugin_of_notebook_11_greets_visitors(
    flex: BrowserSdk,
    account: Account,
    workspace: Any,
    visit: Callable[[str], Any],
    server: BackgroundServer,
) -> None:
    cells = json.loads(NOTEBOOK.read_text("utf-8"))["cells"]
    [cell] = [each for each in cells if each["source"][:1] == ['plugin = """\n']]
    names: dict[str, str] = {}
    exec("".join(cell["source"]), names)
    flow = route_chats(account, workspace)
    page = visit(FlexDesktop(account, plugin=names["plugin"])._start["page"])
    page.wait_for_selector("text=Hello alice")
    go_available(page)
    account.client.flex_api.v1.web_channel.create(
        flex_flow_sid=flow.sid,
        identity="visitor",
        customer_friendly_name="Rosa",
        chat_friendly_name="Chat",
    )
    accept(page)
    greeting = page.locator(".Twilio-MessageBubble").get_by_text("Hello Rosa, alice here.")
    expect(greeting).to_be_visible()
    expect(page.locator(END)).to_have_text(re.compile("say goodbye", re.IGNORECASE))
    picture(page, f"{flex.version}-plugin")
