"""A customer and an agent, each at their own panel: from the first message to the end of the chat.

`PANEL_SCREENSHOTS=folder` keeps pictures of what was tested.
"""

from __future__ import annotations

import os
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from flex_chat import customer_in_a_channel
from lab_page import LabPage, write_notebook
from lab_server import Lab
from waiting import becomes, expect

NOTEBOOK = "agent_panel.ipynb"
NAME = "Jane <b>Doe</b>"
FLEX = f"""
    from helpers import AgentDesk, AgentPanel, ChatClient, ChatPanel, connect, side_by_side

{customer_in_a_channel(NAME)}
    desk = AgentDesk(account, "alice")
    side_by_side(ChatPanel(channel, title="Customer"), AgentPanel(desk))
"""
RESTART = """() => {
  const { kernel } = jupyterapp.shell.currentWidget.sessionContext.session;
  return kernel.restart().then(() => null);
}"""
WIDGET = "application/vnd.jupyter.widget-view+json"
IS_BEFORE_THE_FOCUS = """element =>
  document.activeElement.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_PRECEDING"""
REOPEN = """async (path) => {
  jupyterapp.shell.currentWidget.dispose();
  const panel = await jupyterapp.commands.execute("docmanager:open", { path });
  await panel.sessionContext.ready;
}"""


@pytest.fixture(scope="module")
def panels(lab: Lab, lab_page: LabPage) -> Any:
    write_notebook(lab.root / NOTEBOOK, [dedent(FLEX).strip()])
    lab_page.open(NOTEBOOK)
    lab_page.run_all()
    lab_page.wait_until_run(NOTEBOOK)
    assert lab_page.errors() == []
    return lab_page.notebook.locator(".jp-OutputArea-output")


def has_focus(element: Any) -> bool:
    focused: bool = element.evaluate("element => document.activeElement === element")
    return focused


def go_to(element: Any) -> None:
    """Go to a field or button as those do who have no mouse."""
    expect(element).to_be_enabled()
    for _ in range(20):
        if has_focus(element):
            return
        key = "Shift+Tab" if element.evaluate(IS_BEFORE_THE_FOCUS) else "Tab"
        element.page.keyboard.press(key)
    raise AssertionError("the keyboard does not lead there")


def press(button: Any) -> None:
    go_to(button)
    button.page.keyboard.press("Enter")


def write(panel: Any, text: str) -> None:
    go_to(panel.get_by_role("textbox"))
    panel.page.keyboard.type(f"{text}\n")


def stand_side_by_side(customer: Any, agent: Any) -> bool:
    left, right = customer.bounding_box(), agent.bounding_box()
    is_left = left["x"] + left["width"] < right["x"]
    return is_left and 0.8 < left["width"] / right["width"] < 1.25


def picture(panels: Any, name: str) -> None:
    if folder := os.environ.get("PANEL_SCREENSHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        panels.last.screenshot(path=Path(folder) / f"agent-{name}.png", animations="disabled")


def test_a_chat_goes_from_the_customer_to_the_agent_and_to_its_end(panels, lab_page):
    customer = panels.get_by_role("region", name="Customer")
    desk = panels.get_by_role("region", name="Desk of alice")
    desk.get_by_text("No one is waiting").wait_for()
    picture(panels, "empty")
    customer.get_by_role("textbox").focus()  # from here on there is only the keyboard
    press(desk.get_by_role("button", name="Available"))
    write(customer, "Where is my lamp?")
    accept = desk.get_by_role("button", name=f"Accept {NAME}")
    accept.wait_for()
    assert desk.locator("b", has_text="Doe").count() == 0  # a name is text
    picture(panels, "offer")
    press(accept)

    bar = panels.get_by_role("region", name=f"Conversation with {NAME}")
    agent = panels.get_by_role("region", name="Chat with abc123")
    agent.locator(".fcl-body").get_by_text("Where is my lamp?").wait_for()
    expect(agent.get_by_role("textbox")).to_be_focused()
    lab_page.page.keyboard.type("On its way\n")
    customer.locator(".fcl-body").get_by_text("On its way").wait_for()
    becomes(lambda: stand_side_by_side(customer, agent))
    picture(panels, "conversation")
    for theme in ("JupyterLab Dark", "JupyterLab Light"):
        lab_page.choose("Settings", "Theme", theme)
        lab_page.page.locator(f'body[data-jp-theme-name="{theme}"]').wait_for(state="attached")
        picture(panels, theme)

    complete = bar.get_by_role("button", name="Complete")
    expect(complete).to_be_disabled()
    press(bar.get_by_role("button", name="Wrap up"))
    customer.get_by_text("The agent ended this chat").wait_for()
    bar.get_by_text("wrapping").wait_for()
    expect(complete).to_be_focused()
    picture(panels, "wrapping")
    lab_page.page.keyboard.press("Enter")
    bar.wait_for(state="detached")
    lab_page.page.wait_for_function("() => document.activeElement.textContent === 'Available'")
    desk.get_by_text("No one is waiting").wait_for()
    customer.get_by_text("left").wait_for()
    picture(panels, "completed")


def test_a_restart_of_the_kernel_is_said_and_leaves_the_chat_in_the_notebook(lab, panels, lab_page):
    page = lab_page.page
    customer = panels.get_by_role("region", name="Customer")
    page.evaluate("() => jupyterapp.commands.execute('docmanager:save')")
    assert WIDGET in (lab.root / NOTEBOOK).read_text("utf-8")
    page.evaluate(RESTART)
    for place in (customer, panels.get_by_role("region", name="Desk of alice")):
        place.get_by_role("alert").get_by_text("Run the cells again").wait_for()
    expect(customer.get_by_role("textbox")).to_be_disabled()
    becomes(lambda: WIDGET in (lab.root / NOTEBOOK).read_text("utf-8"), False)
    page.evaluate(REOPEN, NOTEBOOK)
    stored = lab_page.notebook.locator(".fcl-still")
    stored.get_by_text("as abc123").wait_for()
    assert page.get_by_text("model not found").count() == 0
