"""The chat panel as people meet it: in JupyterLab, in a browser, typing.

A customer and an agent chat through Flex on a mock, as in the notebooks; below them stand two more
panels on a made-up chat, with a long history and a refusal at will. `PANEL_SCREENSHOTS=folder`
keeps pictures of what was tested.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from contrast import poor_contrast
from flex_chat import customer_in_a_channel
from lab_page import LabPage, write_notebook
from lab_server import Lab
from waiting import expect

NOTEBOOK = "panel.ipynb"
FAKE_CHAT = Path(__file__).parent.parent / "fake_chat.py"
ATTACK = "<img src=x onerror=\"document.title='hacked'\"> & <b>bold</b>"
SIDES = (".fcl-log .fcl-own", ".fcl-log .fcl-theirs")
AT_END = "box => box.scrollHeight - box.scrollTop - box.clientHeight < 2"
TO_END = """box => {
  box.scrollTop = box.scrollHeight;
  return new Promise(requestAnimationFrame); // before which the panel has noticed
}"""

FLEX_CHAT = (
    """
    import json
    from helpers import ChatClient, ChatPanel, connect
    from ipywidgets import HBox

"""
    + customer_in_a_channel("Jane")
    + """
    service = client.chat.v2.services(account.credentials.chat_service_sid)
    service.channels(flex_channel.sid).members.create(
        identity="alice", attributes='{"member_type": "agent"}'
    )
    agent = ChatClient(account, account.chat_token("alice"))
    agents_view = agent.get_channel_by_sid(flex_channel.sid)

    def answer(message):
        if message.author == "alice":
            return
        agents_view.typing()
        if message.body == "bye":
            ended = {**channel.attributes, "status": "INACTIVE"}
            service.channels(flex_channel.sid).update(attributes=json.dumps(ended))
        elif message.body != "take your time":
            agents_view.send_message(f"You wrote: {message.body}")

    agents_view.on("messageAdded", answer)
    HBox([ChatPanel(channel), ChatPanel(agents_view, title="The agent's side")])
"""
)
MADE_UP_CHAT = """
    from datetime import timedelta
    from fake_chat import Room
    from twilio.base.exceptions import TwilioRestException

    room = Room("A long story")
    reader, writer = room.join("abc123", "guest"), room.join("agent_alice", "agent")
    for number in range(60):
        who = "agent_alice" if number % 3 else "abc123"
        room.write(who, f"history {number}", ago=timedelta(days=2, minutes=90 - number))

    def answer(message):
        if message.body == "many":
            for number in range(100):
                room.write("agent_alice", f"one of many {number}")
        elif message.body == "forbid":
            reader.refusal = TwilioRestException(403, "/", "User unauthorized", 50107)

    writer.on("messageAdded", answer)
    HBox([ChatPanel(reader), ChatPanel(writer, title="The writer's side")])
"""


@pytest.fixture(scope="module")
def panels(lab: Lab, lab_page: LabPage) -> Any:
    """The notebook's panels: customer and agent, then reader and writer of the made-up chat."""
    shutil.copy(FAKE_CHAT, lab.root)
    write_notebook(lab.root / NOTEBOOK, [dedent(FLEX_CHAT).strip(), dedent(MADE_UP_CHAT).strip()])
    lab_page.open(NOTEBOOK)
    lab_page.run_all()
    lab_page.wait_until_run(NOTEBOOK)
    assert lab_page.errors() == []
    panels = lab_page.notebook.locator(".fcl")
    panels.nth(3).locator(".fcl-message").first.wait_for()
    return panels


@pytest.fixture
def customer(panels: Any) -> Any:
    return panels.nth(0)


@pytest.fixture
def agent(panels: Any) -> Any:
    return panels.nth(1)


@pytest.fixture
def reader(panels: Any) -> Any:
    """A panel with a long history, scrolled to its end."""
    panels.nth(2).locator(".fcl-scroll").evaluate(TO_END)
    return panels.nth(2)


@pytest.fixture
def writer(panels: Any) -> Any:
    return panels.nth(3)


def write(panel: Any, text: str) -> None:
    panel.get_by_role("textbox").fill(text)
    panel.get_by_role("textbox").press("Enter")


def message(panel: Any, text: str) -> Any:
    return panel.locator(".fcl-log .fcl-body").get_by_text(text, exact=True).last


def ends_in_sight(panel: Any, lab_page: LabPage) -> None:
    box = panel.locator(".fcl-scroll").element_handle()
    lab_page.page.wait_for_function(AT_END, arg=box)


def picture(panel: Any, name: str) -> None:
    if folder := os.environ.get("PANEL_SCREENSHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        both = panel.locator("xpath=ancestor::*[contains(@class, 'jp-OutputArea-output')]")
        both.screenshot(path=Path(folder) / f"{name}.png", animations="disabled")


def test_a_message_reaches_the_agent_and_the_answer_comes_back(customer, agent):
    write(customer, "Where is my lamp?")
    message(customer, "You wrote: Where is my lamp?").wait_for()
    message(agent, "Where is my lamp?").wait_for()
    expect(customer.locator(".fcl-pending")).to_have_count(0)
    agent.locator(".fcl-theirs .fcl-author").get_by_text("Jane").wait_for()
    customer.locator(".fcl-seen").get_by_text("Seen").wait_for()
    picture(customer, "light-conversation")


def test_ones_own_messages_stand_on_the_right_and_the_others_on_the_left(customer):
    edges = [customer.locator(f"{who} .fcl-bubble").last.bounding_box() for who in SIDES]
    middle = customer.bounding_box()["x"] + customer.bounding_box()["width"] / 2
    assert edges[0]["x"] + edges[0]["width"] > middle > edges[1]["x"]


def test_markup_in_a_message_stays_text(customer, lab_page):
    write(customer, ATTACK)
    assert message(customer, ATTACK).text_content() == ATTACK
    message(customer, f"You wrote: {ATTACK}").wait_for()
    assert customer.locator(".fcl-body img, .fcl-body b").count() == 0
    assert lab_page.page.title() != "hacked"


def test_a_web_address_becomes_a_link_that_cannot_reach_back(customer):
    write(customer, "see https://example.com/a?b=1. javascript:alert(1)")
    link = message(customer, "see https://example.com/a?b=1. javascript:alert(1)").locator("a")
    assert link.get_attribute("href") == "https://example.com/a?b=1"
    assert "noopener" in link.get_attribute("rel")


def test_shift_enter_starts_a_new_line_and_the_line_break_is_kept(customer):
    box = customer.get_by_role("textbox")
    box.type("one")
    box.press("Shift+Enter")
    box.type("two")
    customer.get_by_role("button", name="Send").click()
    assert message(customer, "one two").inner_text() == "one\ntwo"
    expect(box).to_be_focused()


def test_one_sees_that_the_other_is_typing(customer, agent):
    write(customer, "take your time")
    customer.get_by_text("alice is typing").wait_for()
    agent.get_by_role("textbox").type("Here")
    picture(customer, "light-typing")
    agent.get_by_role("textbox").fill("")


def test_keys_that_are_jupyter_shortcuts_only_write_and_scroll(customer, lab_page):
    cells = len(lab_page.cells())
    box = customer.get_by_role("textbox")
    box.type("ddabx")
    box.press("Escape")
    box.type("dd")
    assert box.input_value() == "ddabxdd"
    box.fill("")
    customer.locator(".fcl-scroll").press("d")
    customer.locator(".fcl-scroll").press("d")
    customer.locator(".fcl-scroll").press("ArrowUp")
    expect(customer.locator(".fcl-scroll")).to_be_focused()
    assert len(lab_page.cells()) == cells


def test_the_end_of_the_chat_is_shown_and_nothing_can_be_written(customer, agent, lab_page):
    write(customer, "bye")
    for panel in (customer, agent):
        panel.get_by_text("The agent ended this chat").wait_for()
        expect(panel.get_by_role("textbox")).to_be_disabled()
        ends_in_sight(panel, lab_page)
    picture(customer, "light-ended")


def test_the_end_stays_in_sight_while_many_messages_arrive(reader, lab_page):
    write(reader, "many")
    message(reader, "one of many 99").wait_for()
    ends_in_sight(reader, lab_page)


def test_a_reader_of_old_messages_is_left_where_they_are(reader, writer):
    box = reader.locator(".fcl-scroll")
    box.evaluate("box => { box.scrollTop = 300 }")
    reader.get_by_role("button", name="Latest messages").wait_for()  # it has noticed
    for number in range(3):
        write(writer, f"news {number}")
    pill = reader.get_by_role("button", name="3 new messages")
    pill.wait_for()
    assert box.evaluate("box => box.scrollTop") == 300
    picture(reader, "light-reading-back")
    pill.click()
    pill.wait_for(state="hidden")
    expect(message(reader, "news 2")).to_be_visible()
    expect(reader.get_by_role("textbox")).to_be_focused()


def test_earlier_messages_come_above_without_moving_what_is_read(reader):
    oldest = message(reader, "history 30")
    box = reader.locator(".fcl-scroll")
    box.evaluate("box => { box.scrollTop = 10 }")
    message(reader, "history 0").wait_for()
    expect(oldest).to_be_visible()
    assert box.evaluate("box => box.scrollTop") > 500
    expect(reader.get_by_role("button", name="Load earlier messages")).to_be_hidden()


def test_what_twilio_refuses_comes_back_with_its_code(reader):
    write(reader, "forbid")
    message(reader, "forbid").wait_for()
    write(reader, "am I allowed?")
    reader.get_by_role("alert").get_by_text("Twilio error 50107").wait_for()
    expect(reader.locator(".fcl-failed").get_by_text("am I allowed?")).to_be_visible()
    picture(reader, "light-refused")
    assert poor_contrast(reader) == []
    reader.get_by_role("button", name="Dismiss").click()
    reader.get_by_role("alert").wait_for(state="hidden")
    expect(reader.get_by_role("textbox")).to_be_focused()
    reader.get_by_role("button", name="Discard").click()


@pytest.mark.parametrize("theme", ["JupyterLab Dark", "JupyterLab Light"])
def test_every_text_has_enough_contrast(theme, lab_page, customer, reader):
    lab_page.choose("Settings", "Theme", theme)
    lab_page.page.locator(f'body[data-jp-theme-name="{theme}"]').wait_for(state="attached")
    assert poor_contrast(customer) + poor_contrast(reader) == []
    picture(customer, f"{theme} ended")
    picture(reader, f"{theme} long")
