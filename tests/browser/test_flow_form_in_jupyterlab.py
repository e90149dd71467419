"""The flow form as people meet it: in JupyterLab, in a browser, typing.

`PANEL_SCREENSHOTS=folder` keeps pictures of what was tested.
"""

from __future__ import annotations

import os
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from contrast import poor_contrast
from lab_page import LabPage, write_notebook
from lab_server import Lab
from waiting import becomes, expect

NOTEBOOK = "flow_form.ipynb"
ATTACK = "<img src=x onerror=\"document.title='hacked'\"> & <b>bold</b>"
FORM = """
    from helpers import connect, flows

    account = connect()
    file = '''
    flex_flows:
      - friendly_name: Shop chat
        channel_type: custom
        integration_type: task
        integration:
          workspace: Flex Task Assignment
          workflow: Assign to Anyone
          channel: chat
    '''
    form = flows.FlowForm(flows.load(file)["Shop chat"], account)
    form
"""
LEFT_ALONE = "assert len(account.client.flex_api.v1.flex_flow.list()) == 1\nform.flow.friendly_name"
RUN_THE_SECOND = """() => {
  const { content } = jupyterapp.shell.currentWidget;
  content.activeCellIndex = 1;
  return jupyterapp.commands.execute("notebook:run-cell");
}"""


@pytest.fixture(scope="module")
def form(lab: Lab, lab_page: LabPage) -> Any:
    write_notebook(lab.root / NOTEBOOK, [dedent(FORM).strip(), LEFT_ALONE])
    lab_page.open(NOTEBOOK)
    lab_page.run_all()
    lab_page.wait_until_run(NOTEBOOK)
    assert lab_page.errors() == []
    return lab_page.notebook.locator(".jp-OutputArea-output").first


@pytest.fixture(autouse=True)
def _as_it_was(form: Any) -> None:
    """Each test begins with the shop's task flow, checked and rehearsed."""
    enter(form, "Name", "Shop chat")
    form.get_by_label("Handler").select_option("task")
    enter(form, "Workflow", "Assign to Anyone")
    enter(form, "Task channel", "chat")
    form.get_by_label("Situation").select_option("First message to accepted and completed")
    played(form, "First message to accepted and completed: Shop chat (task)").wait_for()
    form.get_by_text("nothing found").wait_for()
    expect(form.locator('[aria-busy="false"][style*="opacity:1"]')).to_have_count(2)


def enter(form: Any, name: str, text: str) -> None:
    form.get_by_label(name, exact=True).fill(text)


def played(form: Any, title: str) -> Any:
    return form.locator("b").get_by_text(title, exact=True)


def picture(form: Any, name: str) -> None:
    if folder := os.environ.get("PANEL_SCREENSHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        form.screenshot(path=Path(folder) / f"form-{name}.png", animations="disabled")


def test_what_is_typed_stays_as_typed_while_it_is_checked_and_rehearsed(form):
    name = form.get_by_label("Name", exact=True)
    name.fill("")
    text = "A rather long name"
    name.press_sequentially(text, delay=60)
    assert name.input_value() == text
    played(form, f"First message to accepted and completed: {text} (task)").wait_for()
    form.locator("pre").get_by_text(f"friendly_name: {text}").wait_for()
    assert name.input_value() == text


def test_a_finding_shows_with_its_severity_and_its_fix(form):
    enter(form, "Task channel", "default")
    form.get_by_text("Set `channel: chat` under integration.").wait_for()
    expect(form.get_by_text("error", exact=True)).to_be_visible()
    picture(form, "finding")


def test_what_is_missing_is_shown_and_the_earlier_result_is_paler(form):
    enter(form, "Name", "")
    form.get_by_role("alert").get_by_text("Name: is missing; add it").wait_for()
    expect(form.locator('[style*="opacity:0.5"]')).to_have_count(2)
    picture(form, "missing")


def test_another_handler_has_other_fields_and_another_outcome(form):
    form.get_by_label("Handler").select_option("studio")
    enter(form, "Studio flow", "Webchat Flow")
    played(form, "First message to accepted and completed: Shop chat (studio)").wait_for()
    expect(form.get_by_label("Workflow")).to_be_hidden()
    form.get_by_text("starts Webchat Flow").wait_for()


def test_another_situation_is_played(form):
    form.get_by_label("Situation").select_option("Nobody is there")
    played(form, "Nobody is there: Shop chat (task)").wait_for()
    form.get_by_text("1 h 5 min", exact=True).first.wait_for()


def test_a_long_timeline_scrolls_in_its_own_place(form):
    form.get_by_label("Situation").select_option("The customer returns the next day")
    title = played(form, "The customer returns the next day: Shop chat (task)")
    title.wait_for()
    box = form.get_by_role("region", name="Rehearsal")
    box.focus()  # a keyboard scrolls it
    becomes(lambda: box.bounding_box()["height"] < 600)
    becomes(lambda: box.evaluate("box => box.scrollHeight > box.clientHeight"))


def test_markup_stays_text(form, lab_page):
    enter(form, "Name", ATTACK)
    played(form, f"First message to accepted and completed: {ATTACK} (task)").wait_for()
    enter(form, "Workflow", ATTACK)
    form.get_by_role("alert").get_by_text("the account has no workflow").wait_for()
    assert form.locator("img").count() == 0
    assert lab_page.page.title() != "hacked"


def test_the_kernel_has_what_is_typed_and_the_account_is_left_alone(form, lab_page):
    enter(form, "Name", "Typed in the form")
    played(form, "First message to accepted and completed: Typed in the form (task)").wait_for()
    lab_page.page.evaluate(RUN_THE_SECOND)
    lab_page.notebook.get_by_text("'Typed in the form'", exact=True).wait_for()
    assert lab_page.errors() == []


@pytest.mark.parametrize("theme", ["JupyterLab Dark", "JupyterLab Light"])
def test_every_text_has_enough_contrast(theme, form, lab_page):
    enter(form, "Task channel", "default")
    form.get_by_text("Set `channel: chat` under integration.").wait_for()
    lab_page.choose("Settings", "Theme", theme)
    lab_page.page.locator(f'body[data-jp-theme-name="{theme}"]').wait_for(state="attached")
    assert poor_contrast(form) == []
    picture(form, theme)
