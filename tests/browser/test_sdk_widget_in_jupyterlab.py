"""Twilio's Chat SDK in a cell of JupyterLab: its events reach Python, and Python controls it."""

from __future__ import annotations

import ast
import json
import os
import re
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from flex_chat import customer_in_a_channel
from lab_page import LabPage, write_notebook
from lab_server import Lab
from waiting import becomes

NOTEBOOK = "sdk_widget.ipynb"
ATTACK = "<img src=x onerror=\"document.title='hacked'\">"
WRITTEN = ("From Python, before there was a browser", ATTACK, "Once more")
CELLS = [
    "from helpers import ChatClient, ChatSdkWidget, connect\n"
    + dedent(customer_in_a_channel("Jane"))
    + dedent(
        """
        service = client.chat.v2.services(account.credentials.chat_service_sid)
        service.channels(flex_channel.sid).members.create(identity="alice")
        alice = ChatClient(account, account.chat_token("alice"))
        agents_view = alice.get_channel_by_sid(flex_channel.sid)
        server = account.mock.serve(chat_sdk={sdk!r})
        widget = ChatSdkWidget(account, flex_channel.sid, account.chat_token("abc123"))

        @widget.on("messageAdded")
        def answer(message):
            if message["author"] == "abc123":
                agents_view.send_message(f"You wrote: {{message['body']}}")

        widget.on("tokenAboutToExpire", lambda _: widget.update_token(account.chat_token("abc123")))
        agents_view.on("typingStarted", lambda _: agents_view.send_message("I see you type"))
        widget.send_message("From Python, before there was a browser")
        """
    ),
    "widget",
    "widget",
    """\
[[event.name, event.data.get("body")] for event in widget.events if event.name == "messageAdded"]
""",
    "widget.typing(); [widget.connection_state, widget.problem, repr(widget)]",
    """\
elsewhere = connect()
with elsewhere.mock.serve():
    unreachable = ChatSdkWidget(elsewhere, flex_channel.sid, elsewhere.chat_token("abc123"))
unreachable
""",
    "[unreachable.problem]",
]


@pytest.fixture(scope="module")
def notebook(lab: Lab, lab_page: LabPage, chat_sdk: Path) -> Any:
    """A notebook that has run, with the widget twice in it."""
    first, *others = CELLS
    write_notebook(lab.root / NOTEBOOK, [first.format(sdk=str(chat_sdk)), *others])
    lab_page.open(NOTEBOOK)
    lab_page.run_all()
    lab_page.wait_until_run(NOTEBOOK)
    assert lab_page.errors() == []
    return lab_page.notebook


@pytest.fixture
def views(notebook: Any) -> Any:
    return notebook.get_by_role("region", name="Twilio's Chat SDK")


def shows(view: Any, text: str) -> None:
    view.get_by_role("log").get_by_text(text).first.wait_for()


def say(view: Any, text: str) -> None:
    view.get_by_label("Your message").fill(text)
    view.get_by_label("Your message").press("Enter")


def times_received(lab_page: LabPage) -> list[int]:
    """Return how often Python has received each message, and the answer to it."""
    bodies = [body for _, body in result_of(lab_page, 3)]
    return [bodies.count(each) for body in WRITTEN for each in (body, f"You wrote: {body}")]


def result_of(lab_page: LabPage, number: int) -> Any:
    """Run a cell again and return what it shows, a list of plain values."""
    lab_page.page.evaluate(RUN, number)
    output = lab_page.cells()[number]["outputs"][0]["data"]["text/plain"]
    return ast.literal_eval("".join(output))


RUN = """async (number) => {
  jupyterapp.shell.currentWidget.content.activeCellIndex = number;
  await jupyterapp.commands.execute("notebook:run-cell");
}"""


def test_it_sends_for_python_and_python_receives_its_events(views, lab_page):
    first = views.nth(0)
    shows(first, "abc123: From Python, before there was a browser")
    shows(first, "alice: You wrote: From Python, before there was a browser")
    say(first, ATTACK)
    shows(first, f"alice: You wrote: {ATTACK}")
    shows(views.nth(1), f"alice: You wrote: {ATTACK}")  # both views are of one client
    assert first.locator("img").count() == 0
    if folder := os.environ.get("PANEL_SCREENSHOTS"):
        first.screenshot(path=Path(folder) / "sdk-widget.png")
    say(first, "Once more")
    becomes(lambda: times_received(lab_page), [1] * 6)  # two views are one client


def test_it_is_connected_and_types(views, lab_page):
    views.nth(0).locator("input:enabled").wait_for()
    becomes(lambda: result_of(lab_page, 4)[:2], ["connected", None])
    assert result_of(lab_page, 4)[2].startswith("ChatSdkWidget(")
    shows(views.nth(0), "I see you type")


def test_a_mock_out_of_the_browsers_reach_is_reported(lab_page):
    cell = lab_page.show_cell(5)
    cell.get_by_role("alert").get_by_text("This browser cannot reach the mock at").wait_for()
    becomes(lambda: result_of(lab_page, 6) != [None])
    [problem] = result_of(lab_page, 6)
    assert "JupyterHub" in problem
    assert "abc123" not in problem


def test_after_a_reload_it_logs_in_again(lab_page, notebook):
    lab_page.page.reload()
    lab_page.wait_until_restored()
    lab_page.open(NOTEBOOK)
    lab_page.page.evaluate(RUN, 1)
    view = lab_page.notebook.get_by_role("region", name="Twilio's Chat SDK").first
    view.get_by_role("status").get_by_text("connected", exact=True).wait_for()
    view.locator("input:enabled").wait_for()
    say(view, "Back again")
    shows(view, "alice: You wrote: Back again")
    saved = lab_page.page.evaluate("() => jupyterapp.shell.currentWidget.model.toJSON()")
    assert not re.search(r"eyJ[\w-]{10,}", json.dumps(saved))  # no token is stored
