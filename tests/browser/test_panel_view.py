"""The chat panel's view in a browser, without JupyterLab: all that a mouse and keys can do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fake_chat import AGENT, GUEST, FakeChannel, FakeMember, Room
from twilio.base.exceptions import TwilioRestException
from waiting import becomes, expect
from widget_page import WidgetPage

from helpers.panel import ChatPanel

ARABIC = "مرحبا، كيف حالك؟ (ABC 123)"
REFUSED = TwilioRestException(403, "/", "User unauthorized", 50107)
PICTURE = Path(__file__).parents[2] / "notebooks" / "images" / "panel.png"


@pytest.fixture(scope="module")
def shared(browser: Any) -> Iterator[WidgetPage]:
    context = browser.new_context(viewport={"width": 900, "height": 560})
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    yield WidgetPage(context.new_page())
    context.close()


@pytest.fixture
def widgets(shared: WidgetPage) -> Iterator[WidgetPage]:
    """A page without panels, one for all tests."""
    yield shared
    shared.clear()
    assert shared.errors == []


@pytest.fixture
def room() -> Room:
    return Room()


@pytest.fixture
def channel(room: Room) -> FakeChannel:
    return room.with_agent()


@pytest.fixture
def panel(channel: FakeChannel) -> ChatPanel:
    return ChatPanel(channel)


@pytest.fixture
def view(widgets: WidgetPage, panel: ChatPanel) -> Any:
    return widgets.show(panel)


def field(view: Any) -> Any:
    return view.locator("textarea")


def body(view: Any, text: str) -> Any:
    return view.locator(".fcl-log .fcl-body").get_by_text(text, exact=True)


def test_each_line_is_written_in_its_own_direction(room, view):
    room.write(AGENT, f"{ARABIC}\nin English")
    room.emit("memberJoined", FakeMember("محمد"))
    text = view.locator(".fcl-body")
    assert text.evaluate("e => getComputedStyle(e).direction") == "rtl"
    assert text.evaluate("e => getComputedStyle(e).unicodeBidi") == "plaintext"
    expect(view.locator(".fcl-notice bdi")).to_have_text("محمد")
    field(view).fill(ARABIC)
    assert field(view).evaluate("e => getComputedStyle(e).direction") == "rtl"


def test_code_is_sent_as_it_was_typed(room, view):
    field(view).fill("    if x:\n\treturn\n")
    field(view).press("Enter")
    view.locator(".fcl-log .fcl-own").wait_for()
    assert room.messages[0].body == "    if x:\n\treturn"
    becomes(view.locator(".fcl-body").all_text_contents, ["    if x:\n\treturn"])
    expect(view.locator(".fcl-pending")).to_have_count(0)


def test_the_last_message_is_edited_with_the_keyboard(room, view):
    field(view).fill("helo")
    field(view).press("Enter")
    body(view, "helo").wait_for()
    field(view).press("ArrowUp")
    expect(field(view)).to_have_value("helo")
    field(view).fill("hello")
    field(view).press("Enter")
    body(view, "hello").wait_for()
    expect(view.locator(".fcl-meta", has_text="Edited")).to_have_count(1)
    field(view).press("ArrowUp")
    field(view).fill("never mind")
    field(view).press("Escape")
    expect(field(view)).to_have_value("")
    assert room.messages[0].body == "hello"


def test_a_message_is_copied_and_deleted_with_the_keyboard(room, panel, view, widgets):
    panel.send("one")
    panel.send("two")
    body(view, "two").wait_for()
    keys = widgets.page.keyboard
    view.locator(".fcl-message[tabindex='0']").focus()
    keys.press("ArrowUp")
    keys.press("Tab")
    keys.press("Enter")
    view.get_by_role("button", name="Copied").wait_for()
    assert widgets.page.evaluate("() => navigator.clipboard.readText()") == "one"
    keys.press("Tab")
    keys.press("Tab")
    keys.press("Enter")
    expect(view.get_by_role("button", name="Delete for everybody")).to_be_focused()
    assert len(room.messages) == 2
    keys.press("Enter")
    body(view, "one").wait_for(state="detached")
    assert [message.body for message in room.messages] == ["two"]
    expect(field(view)).to_be_focused()


def test_the_messages_of_others_can_only_be_copied(room, view):
    room.write(AGENT, "hello")
    body(view, "hello").hover()
    tools = view.locator(".fcl-tools button:visible")
    becomes(lambda: tools.evaluate_all("all => all.map(e => e.title)"), ["Copy"])


def test_files_are_chosen_looked_at_and_sent_before_the_text(room, view):
    files = view.locator("input[type=file]")
    notes = {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"x" * 1_200_000}
    files.set_input_files(notes)
    files.set_input_files(str(PICTURE))
    view.locator(".fcl-tray img").wait_for()
    view.get_by_role("button", name="Remove panel.png").click()
    files.set_input_files(str(PICTURE))
    field(view).fill("Here they are")
    field(view).press("Enter")
    body(view, "Here they are").wait_for()
    sent = [(one.media and (one.media.filename, one.media.size), one.body) for one in room.messages]
    size = PICTURE.stat().st_size
    files_sent = [("notes.txt", 1_200_000), ("panel.png", size)]
    assert sent == [*((one, None) for one in files_sent), (None, "Here they are")]
    expect(view.locator(".fcl-tray")).to_be_hidden()
    expect(view.locator(".fcl-outbox > *")).to_have_count(0)
    view.locator(".fcl-log .fcl-image img").wait_for()


GIVE = """(field, how) => {
  const transfer = new DataTransfer();
  transfer.items.add(new File(["hello"], `${how}.txt`, { type: "text/plain" }));
  const Kind = how === "paste" ? ClipboardEvent : DragEvent;
  const about = { bubbles: true, cancelable: true };
  const event = new Kind(how, { ...about, clipboardData: transfer, dataTransfer: transfer });
  return field.dispatchEvent(event);
}"""


@pytest.mark.parametrize("how", ["paste", "drop"])
def test_a_file_is_taken_that_is_pasted_or_dropped(room, view, how):
    assert field(view).evaluate(GIVE, how) is False  # the browser does nothing of its own
    view.locator(".fcl-chosen").wait_for()
    field(view).press("Enter")
    view.locator(".fcl-log .fcl-file").wait_for()
    assert room.messages[0].media.filename == f"{how}.txt"


def test_a_file_that_is_too_large_is_refused_before_anything_is_sent(room, view, tmp_path):
    large = tmp_path / "lamp.mov"
    with large.open("wb") as out:
        out.truncate(163_000_000)
    view.locator("input[type=file]").set_input_files(large)
    said = view.get_by_text("Files may be up to 150 MB; lamp.mov has 163 MB.")
    said.wait_for()
    assert view.locator(".fcl-chosen").count() == 0
    expect(view.get_by_role("button", name="Send")).to_be_disabled()


def test_what_was_not_sent_stays_and_can_be_sent_again(room, channel, view):
    channel.refusal = REFUSED
    field(view).fill("let me in")
    field(view).press("Enter")
    view.get_by_role("alert").get_by_text("Twilio error 50107").wait_for()
    expect(view.locator(".fcl-failed").get_by_text("Not sent")).to_be_visible()
    channel.refusal = REFUSED
    view.get_by_role("button", name="Retry").click()
    view.get_by_role("button", name="Edit").click()
    expect(field(view)).to_have_value("let me in")
    field(view).press("Enter")
    body(view, "let me in").wait_for()
    expect(view.locator(".fcl-outbox > *")).to_have_count(0)
    expect(view.get_by_role("alert")).to_have_count(0)


def test_a_tick_says_that_a_message_was_sent_and_two_that_it_was_seen(room, view):
    field(view).fill("hello")
    field(view).press("Enter")
    view.get_by_role("img", name="Sent").wait_for()
    room.channels[1].set_all_messages_consumed()
    view.get_by_role("img", name="Seen").wait_for()


def test_a_line_stands_where_the_unread_ones_begin(room, channel, widgets, panel):
    room.write(AGENT, "read")
    channel.set_all_messages_consumed()
    room.write(AGENT, "unread")
    view = widgets.show(ChatPanel(channel))
    below = view.locator(".fcl-new").locator("xpath=ancestor::*[@role='article']")
    expect(below.locator(".fcl-body")).to_have_text("unread")
    field(view).fill("an answer")
    field(view).press("Enter")
    view.locator(".fcl-new").wait_for(state="detached")


def test_a_message_is_found_however_far_back_it_is(room, channel, widgets):
    for number in range(400):
        room.write(AGENT if number % 2 else GUEST, f"number {number}")
    panel = ChatPanel(channel)
    view = widgets.show(panel)
    field(view).press("Control+f")
    search = view.get_by_role("searchbox")
    expect(search).to_be_focused()
    search.fill("NUMBER 37")
    view.get_by_text("1 of 1").wait_for(state="detached")
    view.get_by_text("10 of 10").wait_for()
    search.press("Enter")
    view.locator(".fcl-hit").get_by_text("number 378").wait_for()
    expect(view.locator(".fcl-hit mark")).to_have_text("number 37")
    search.fill("number 11")
    view.get_by_text("Not found").wait_for()
    view.get_by_role("button", name="Search earlier messages").click()
    view.locator(".fcl-hit").get_by_text("number 119").wait_for()
    search.press("Escape")
    expect(field(view)).to_be_focused()
    expect(view.locator("mark")).to_have_count(0)
    view.get_by_role("button", name="Latest messages").click()
    body(view, "number 399").wait_for()


def test_a_kernel_that_is_lost_is_said_and_one_that_is_back_goes_on(room, view, widgets):
    room.write(AGENT, "before")
    widgets.set_kernel(view, live=False)
    view.get_by_role("alert").get_by_text("Run the cells again").wait_for()
    view.get_by_text("Kernel not connected").wait_for()
    expect(field(view)).to_be_disabled()
    expect(view.get_by_role("button", disabled=True).first).to_be_visible()
    expect(view.get_by_role("button", disabled=False)).to_have_count(0)
    assert widgets.violations() == []
    widgets.set_kernel(view, live=True)
    view.get_by_text("Connected", exact=True).wait_for()
    field(view).fill("after")
    field(view).press("Enter")
    body(view, "after").wait_for()
    expect(body(view, "before")).to_have_count(1)


def test_one_person_has_one_colour_on_every_side(room, panel, view, widgets):
    other = widgets.show(ChatPanel(room.channels[1]))
    panel.send("hello")
    own = view.locator(".fcl-own .fcl-bubble")
    face = other.locator(".fcl-message .fcl-avatar")
    colour = "e => getComputedStyle(e).backgroundColor"
    becomes(lambda: own.evaluate(colour) == face.evaluate(colour))
    expect(view.locator(".fcl-header")).to_have_text("ABChat with abc123ConnectedCustomer")


def test_a_page_stays_small_however_long_the_chat(room, panel, widgets):
    for number in range(1000):
        room.write(AGENT if number % 3 else GUEST, f"number {number}")
    view = widgets.show(panel)
    expect(view.locator(".fcl-row")).to_have_count(100)
    for number in range(20):
        room.write(AGENT, f"live {number}")
    expect(body(view, "live 19")).to_be_visible()
    assert view.locator(".fcl-row").count() <= 400
    box = view.locator(".fcl-scroll")
    first = view.locator(".fcl-body").first
    for _ in range(8):
        before = first.inner_text()
        box.evaluate("box => { box.scrollTop = 0 }")
        expect(first).not_to_have_text(before)
        assert view.locator(".fcl-row").count() <= 400
    view.get_by_role("button", name="Latest messages").click()
    body(view, "live 19").wait_for()


def test_nothing_bars_anybody_in_light_or_dark(room, channel, panel, view, widgets):
    room.write(AGENT, f"See https://example.com\n{ARABIC}")
    panel.send("hello")
    view.locator("input[type=file]").set_input_files(str(PICTURE))
    channel.refusal = REFUSED
    field(view).fill("refused")
    field(view).press("Enter")
    view.locator(".fcl-failed").wait_for()
    room.emit("typingStarted", FakeMember(AGENT))
    field(view).press("ArrowUp")
    view.locator("input[type=file]").set_input_files(str(PICTURE))
    field(view).press("Control+f")
    view.get_by_role("searchbox").fill("hello")
    view.locator(".fcl-hit").hover()
    for theme in ("light", "dark"):
        widgets.theme(theme)
        assert widgets.violations() == []
    room.end()
    view.get_by_text("The agent ended this chat").wait_for()
    assert widgets.violations() == []


def test_what_arrives_is_in_a_log_that_is_read_out_and_the_history_is_not(room, widgets, panel):
    room.write(AGENT, "history")
    view = widgets.show(panel)
    log = view.get_by_role("log", name="Messages")
    expect(log).to_have_attribute("aria-live", "polite")
    expect(log).to_have_attribute("aria-busy", "false")
    room.write(AGENT, "news")
    becomes(lambda: f'article "{AGENT}' in log.aria_snapshot() and "news" in log.aria_snapshot())
