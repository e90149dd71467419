"""The chat panel as people meet it: in JupyterLab, in a browser, typing.

`PANEL_SCREENSHOTS=folder` keeps pictures of what was tested.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from lab_server import DARK, LIGHT, Lab

NOTEBOOK = "panel.ipynb"
FAKE_CHAT = Path(__file__).parent.parent / "fake_chat.py"
ATTACK = "<img src=x onerror=\"document.title='hacked'\"> & <b>bold</b>"
SIDES = (".fcl-log .fcl-own", ".fcl-log .fcl-theirs")
AT_END = "box => box.scrollHeight - box.scrollTop - box.clientHeight < 2"
ENOUGH_CONTRAST = 4.5  # WCAG AA for text of this size


def notebook_cells() -> list[str]:
    """A customer's panel and an agent's, with an agent who answers by himself."""
    talk = """
        from datetime import timedelta
        from fake_chat import Room
        from ipywidgets import HBox
        from twilio.base.exceptions import TwilioRestException
        from helpers.panel import ChatPanel

        room = Room()
        customer = room.join("abc123", "guest")
        agent = room.join("agent_alice", "agent")
        for number in range(60):
            who = "agent_alice" if number % 3 else "abc123"
            room.write(who, f"history {number}", ago=timedelta(days=2, minutes=90 - number))

        def answer(message):
            if message.author != "abc123":
                return
            if message.body == "many":
                for number in range(100):
                    room.write("agent_alice", f"one of many {number}")
            elif message.body == "forbid":
                customer.refusal = TwilioRestException(403, "/", "User unauthorized", 50107)
            elif message.body == "bye":
                room.end()
            else:
                agent.typing()
                room.write("agent_alice", f"You wrote: {message.body}")
                agent.set_all_messages_consumed()

        agent.on("messageAdded", answer)
    """
    show = """
        panels = [ChatPanel(customer), ChatPanel(agent, title="The agent's side")]
        HBox(panels)
    """
    return [_dedent(talk), _dedent(show)]


def _dedent(source: str) -> str:
    return "\n".join(line[8:] for line in source.strip("\n").splitlines())


@pytest.fixture(scope="module")
def open_notebook(lab: Lab, browser: Any) -> Iterator[Callable[[str], Any]]:
    """Open the notebook in a theme, run it and return the page."""
    shutil.copy(FAKE_CHAT, lab.root)
    pages = []

    def open_in(theme: str) -> Any:
        lab.set_theme(theme)
        lab.write_notebook(NOTEBOOK, notebook_cells())
        page = browser.new_page(viewport={"width": 1250, "height": 1250})
        page.set_default_timeout(10_000)
        pages.append(page)
        run_all(page, lab.url(NOTEBOOK))
        return page

    yield open_in
    for page in pages:
        page.close()


@pytest.fixture(scope="module")
def page(open_notebook: Callable[[str], Any]) -> Any:
    return open_notebook(LIGHT)


@pytest.fixture
def panel(page: Any) -> Any:
    """The customer's panel, scrolled to its end."""
    panel = page.locator(".fcl").first
    panel.locator(".fcl-scroll").evaluate("box => { box.scrollTop = box.scrollHeight }")
    return panel


def run_all(page: Any, url: str) -> None:
    page.goto(url)
    page.get_by_text("| Idle").wait_for(timeout=60_000)
    page.get_by_role("menuitem", name="Run").click()
    page.get_by_text("Run All Cells", exact=True).click()
    page.locator(".fcl-message").last.wait_for(timeout=60_000)


def write(panel: Any, text: str) -> None:
    panel.get_by_role("textbox").fill(text)
    panel.get_by_role("textbox").press("Enter")


def message(panel: Any, text: str) -> Any:
    return panel.locator(".fcl-log .fcl-body").get_by_text(text, exact=True).last


def picture(page: Any, name: str) -> None:
    if folder := os.environ.get("PANEL_SCREENSHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        output = page.locator(".jp-OutputArea-output").last
        output.screenshot(path=Path(folder) / f"{name}.png", animations="disabled")


def test_a_message_reaches_both_panels_and_the_answer_comes_back(page, panel):
    write(panel, "Where is my lamp?")
    message(panel, "You wrote: Where is my lamp?").wait_for()
    message(page.locator(".fcl").nth(1), "Where is my lamp?").wait_for()
    panel.locator(".fcl-seen").get_by_text("Seen").wait_for()
    assert panel.locator(".fcl-pending").count() == 0
    picture(page, "light-conversation")


def test_ones_own_messages_stand_on_the_right_and_the_others_on_the_left(panel):
    edges = [panel.locator(f"{who} .fcl-bubble").last.bounding_box() for who in SIDES]
    middle = panel.bounding_box()["x"] + panel.bounding_box()["width"] / 2
    assert edges[0]["x"] + edges[0]["width"] > middle > edges[1]["x"]
    assert edges[0]["x"] > edges[1]["x"]


def test_markup_in_a_message_stays_text(page, panel):
    write(panel, ATTACK)
    assert message(panel, ATTACK).text_content() == ATTACK
    message(panel, f"You wrote: {ATTACK}").wait_for()
    assert panel.locator(".fcl-body img, .fcl-body b").count() == 0
    assert page.title() != "hacked"


def test_a_web_address_becomes_a_link_that_cannot_reach_back(panel):
    write(panel, "see https://example.com/a?b=1. javascript:alert(1)")
    link = message(panel, "see https://example.com/a?b=1. javascript:alert(1)").locator("a")
    assert link.get_attribute("href") == "https://example.com/a?b=1"
    assert "noopener" in link.get_attribute("rel")


def test_shift_enter_starts_a_new_line_and_the_line_break_is_kept(panel):
    panel.get_by_role("textbox").type("one")
    panel.get_by_role("textbox").press("Shift+Enter")
    panel.get_by_role("textbox").type("two")
    panel.get_by_role("button", name="Send").click()
    assert message(panel, "one two").inner_text() == "one\ntwo"


def test_letters_that_are_jupyter_shortcuts_only_write(page, panel):
    cells = page.locator(".jp-CodeCell").count()
    panel.get_by_role("textbox").type("ddabx")
    panel.get_by_role("textbox").press("Escape")
    panel.get_by_role("textbox").type("dd")
    assert panel.get_by_role("textbox").input_value() == "ddabxdd"
    assert page.locator(".jp-CodeCell").count() == cells
    panel.get_by_role("textbox").fill("")


def test_the_end_stays_in_sight_while_many_messages_arrive(page, panel):
    write(panel, "many")
    message(panel, "one of many 99").wait_for()
    page.wait_for_function(AT_END, arg=panel.locator(".fcl-scroll").element_handle())


def test_a_reader_of_old_messages_is_left_where_they_are(page, panel):
    box = panel.locator(".fcl-scroll")
    box.evaluate("box => { box.scrollTop = 300 }")
    for number in range(3):
        write(page.locator(".fcl").nth(1), f"news {number}")
    panel.get_by_role("button", name="3 new messages").wait_for()
    assert box.evaluate("box => box.scrollTop") == 300
    picture(page, "light-reading-back")
    panel.get_by_role("button", name="3 new messages").click()
    panel.get_by_role("button", name="new message").wait_for(state="hidden")
    assert message(panel, "news 2").is_visible()


def test_earlier_messages_come_above_without_moving_what_is_read(panel):
    oldest = message(panel, "history 30")
    box = panel.locator(".fcl-scroll")
    box.evaluate("box => { box.scrollTop = 10 }")
    message(panel, "history 0").wait_for()
    assert oldest.is_visible()
    assert box.evaluate("box => box.scrollTop") > 500
    assert not panel.get_by_role("button", name="Load earlier messages").is_visible()


def test_what_twilio_refuses_comes_back_with_its_code(page, panel):
    write(panel, "forbid")
    message(panel, "forbid").wait_for()
    write(panel, "am I allowed?")
    panel.get_by_role("alert").get_by_text("Twilio error 50107").wait_for()
    assert panel.get_by_role("textbox").input_value() == "am I allowed?"
    picture(page, "light-refused")
    panel.get_by_role("button", name="Dismiss").click()
    panel.get_by_role("alert").wait_for(state="hidden")


def test_the_end_of_the_chat_is_said_and_nothing_can_be_written(page, panel):
    write(panel, "bye")
    panel.get_by_text("The agent ended this chat").wait_for()
    assert panel.get_by_role("textbox").is_disabled()
    picture(page, "light-ended")


def test_every_text_has_enough_contrast_in_the_light_theme(page):
    assert poor_contrast(page) == []


def test_every_text_has_enough_contrast_in_the_dark_theme_too(open_notebook):
    page = open_notebook(DARK)
    panel = page.locator(".fcl").first
    write(panel, "Is it dark?")
    message(panel, "You wrote: Is it dark?").wait_for()
    picture(page, "dark-conversation")
    assert poor_contrast(page) == []


def poor_contrast(page: Any) -> list[list[Any]]:
    """Return the texts, with their contrast, that are hard to read."""
    found: list[list[Any]] = page.evaluate(CONTRASTS)
    assert len(found) > 20
    return [[text, ratio] for text, ratio in found if ratio < ENOUGH_CONTRAST]


# Colours may be mixed and translucent, so the browser itself paints them over one another.
CONTRASTS = """() => {
  const canvas = document.createElement("canvas");
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  const paint = (colours) => {
    for (const colour of colours) { pen.fillStyle = colour; pen.fillRect(0, 0, 1, 1); }
    return [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const light = (rgb) => {
    const [r, g, b] = rgb.map((part) => part / 255)
      .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    const colours = [];
    for (let at = element; at; at = at.parentElement) {
      colours.unshift(getComputedStyle(at).backgroundColor);
    }
    return ["white", ...colours];
  };
  const results = [];
  for (const element of document.querySelectorAll(".fcl *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!own || !element.checkVisibility() || element.closest(".fcl-over .fcl-field")) continue;
    if (getComputedStyle(element).backgroundImage !== "none") continue;
    const back = behind(element);
    const both = [back, [...back, getComputedStyle(element).color]].map(paint).map(light);
    const [dim, bright] = both.sort((a, b) => a - b);
    results.push([element.textContent.slice(0, 40), (bright + 0.05) / (dim + 0.05)]);
  }
  return results;
}"""
