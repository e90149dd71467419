"""Twilio's browser SDK in the served page: a customer there, an agent at a desk in Python.

`PANEL_SCREENSHOTS=folder` keeps pictures of what was tested.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from accessibility import violations
from chat_page import PIXEL, bodies, bubble, can_write, picture, shows, write
from contrast import poor_contrast
from support import EventLog
from waiting import becomes, expect

from helpers import AgentDesk

ATTACK = "<img src=x onerror=\"document.title='hacked'\"> & <b>bold</b>"


@pytest.fixture
def customer(visit: Callable[..., Any], task_flow: Any) -> Any:
    """The page, with a chat in it."""
    page = visit()
    can_write(page)
    return page


@pytest.fixture
def conversation(customer: Any, desk: AgentDesk) -> Any:
    """The customer's chat, accepted by the agent."""
    return desk.accept()


# -- both ways


def test_customer_and_agent_exchange_messages(customer, conversation):
    received = EventLog(conversation.channel, "messageAdded")
    write(customer, "Where is my lamp?")
    [question] = received.wait_for(1)
    assert (question.body, question.author[:8]) == ("Where is my lamp?", "visitor_")
    conversation.reply("It reaches you today.")
    shows(customer, "Where is my lamp?", "It reaches you today.")
    assert [one.body for one in conversation.channel.get_messages().items] == bodies(customer)
    expect(customer.locator(".row .author")).to_have_text(["You", "alice"])
    assert customer.problems == []


def test_what_is_written_is_shown_as_text(customer, conversation, account, task_flow):
    service = account.client.chat.v2.services(account.credentials.chat_service_sid)
    service.users("alice").update(friendly_name=ATTACK)
    write(customer, ATTACK)
    bubble(customer, ATTACK).wait_for()
    conversation.reply("<b>Hello</b>")
    bubble(customer, "<b>Hello</b>").wait_for()
    customer.locator(".author").get_by_text(ATTACK, exact=True).wait_for()
    assert customer.get_by_role("log").locator("img, b").count() == 0
    assert customer.title() == "Chat with us"


def test_a_message_changed_or_removed_at_twilio_is_so_in_the_page(customer, conversation, service):
    messages = service.channels(conversation.channel.sid).messages
    conversation.reply("It costs 40 Euro")
    conversation.reply("Oops")
    bubble(customer, "Oops").wait_for()
    first, second = messages.list()
    messages(first.sid).update(body="It costs 14 Euro")
    messages(second.sid).delete()
    bubble(customer, "It costs 14 Euro").wait_for()
    bubble(customer, "Oops").wait_for(state="detached")
    shows(customer, "It costs 14 Euro")


def test_pictures_and_files_go_both_ways(customer, conversation):
    received = EventLog(conversation.channel, "messageAdded")
    lamp = {"name": "<b>lamp</b> & co.png", "mimeType": "image/png", "buffer": PIXEL}
    customer.get_by_label("Send a file").set_input_files(lamp)
    [sent] = received.wait_for(1)
    assert (sent.media.content_type, sent.media.size) == ("image/png", len(PIXEL))
    image = customer.get_by_role("log").locator("img")
    image.wait_for()
    assert image.get_attribute("alt") == lamp["name"]
    assert image.evaluate("one => one.decode().then(() => one.naturalWidth)") == 1
    conversation.channel.send_message(
        media={"content_type": "text/html", "media": b"<p>Invoice", "filename": "invoice.html"}
    )
    link = customer.get_by_role("link", name="invoice.html")
    with customer.expect_download() as download:
        link.click()
    assert download.value.suggested_filename == "invoice.html"
    assert customer.title() == "Chat with us"


def test_typing_is_shown_both_ways(customer, conversation):
    received = EventLog(conversation.channel, "typingStarted")
    customer.get_by_label("Your message").press_sequentially("Wh")
    [typist] = received.wait_for(1)
    assert typist.identity.startswith("visitor_")
    conversation.reply("Hello")
    bubble(customer, "Hello").wait_for()
    conversation.channel.typing()
    customer.get_by_text("alice is typing…").wait_for()
    conversation.reply("How can I help?")
    customer.get_by_text("alice is typing…").wait_for(state="detached")
    expect(customer.locator("#typing")).to_be_empty()


def test_each_sees_how_far_the_other_has_read(customer, conversation, service):
    write(customer, "Hello?")
    bubble(customer, "Hello?").wait_for()
    assert not customer.get_by_text("Seen", exact=True).is_visible()
    conversation.channel.set_all_messages_consumed()
    customer.get_by_text("Seen", exact=True).wait_for()
    conversation.reply("Yes?")
    bubble(customer, "Yes?").wait_for()
    members = service.channels(conversation.channel.sid).members
    [member] = [one for one in members.list() if one.identity != "alice"]
    becomes(lambda: member.fetch().last_consumed_message_index, 1)


# -- history


def test_history_is_there_after_a_reload_and_goes_back_to_the_beginning(customer, conversation):
    for number in range(35):
        conversation.reply(f"line {number}")
    bubble(customer, "line 34").wait_for()
    customer.reload()
    can_write(customer)
    shows(customer, *(f"line {number}" for number in range(5, 35)))
    at = "() => scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight".replace(
        "scroll.", "document.getElementById('scroll')."
    )
    becomes(lambda: customer.evaluate(at) < 2)
    customer.get_by_role("button", name="Earlier messages").click()
    shows(customer, *(f"line {number}" for number in range(35)))
    expect(customer.get_by_role("button", name="Earlier messages")).to_be_hidden()


def test_a_returning_customer_finds_the_same_chat_and_another_one_does_not(
    customer, conversation, visit
):
    conversation.reply("Only for you")
    again = visit(customer.context)
    bubble(again, "Only for you").wait_for()
    stranger = visit()
    can_write(stranger)
    assert bodies(stranger) == []


# -- the end


def test_a_chat_that_has_ended_takes_no_more_and_a_new_one_can_be_started(
    customer, conversation, desk
):
    write(customer, "Thank you")
    bubble(customer, "Thank you").wait_for()
    conversation.complete()
    customer.get_by_text("This chat has ended.").wait_for()
    expect(customer.get_by_label("Your message")).to_be_disabled()
    assert poor_contrast(customer.locator("main"), at_least=5) == []
    picture(customer, "ended")
    customer.reload()
    can_write(customer)  # a channel that is INACTIVE is not given back
    write(customer, "One more thing")
    bubble(customer, "One more thing").wait_for()
    fresh = desk.accept()
    assert fresh.channel.sid != conversation.channel.sid
    fresh.wrap_up()
    customer.get_by_role("button", name="Start a new chat").click()
    can_write(customer)
    assert bodies(customer) == []
    customer.keyboard.type("And another")  # where the customer writes has the focus
    customer.keyboard.press("Enter")
    bubble(customer, "And another").wait_for()


def test_a_chat_that_is_deleted_can_be_started_anew(customer, conversation, service):
    service.channels(conversation.channel.sid).delete()
    customer.get_by_text("This chat is no longer there.").wait_for()
    customer.get_by_role("button", name="Start a new chat").click()
    can_write(customer)


# -- what ends and what breaks


def test_a_token_about_to_expire_is_renewed_and_the_chat_goes_on(customer, conversation, account):
    states = watch_states(customer)
    with (
        customer.expect_response("**/chat/token") as renewal,
        customer.socket.expect_event("framesent", lambda frame: b'"method":"update"' in frame),
    ):
        account.clock.advance(3600 - 179)
    assert renewal.value.status == 200
    write(customer, "Are you there?")
    bubble(customer, "Are you there?").wait_for()  # and so has the token arrived, before it
    account.clock.advance(600)
    conversation.reply("Ten minutes later")
    bubble(customer, "Ten minutes later").wait_for()
    write(customer, "I am")
    bubble(customer, "I am").wait_for()
    assert states() == []


def test_after_a_token_has_expired_the_chat_goes_on_with_a_new_one(
    customer, conversation, account, service
):
    conversation.reply("Good night")
    bubble(customer, "Good night").wait_for()
    account.clock.advance(8 * 3600)  # at once, as when a laptop wakes up
    service.channels(conversation.channel.sid).messages.create(from_="alice", body="Good morning")
    bubble(customer, "Good morning").wait_for()
    can_write(customer)
    write(customer, "Already?")
    bubble(customer, "Already?").wait_for()
    shows(customer, "Good night", "Good morning", "Already?")
    expect(customer.locator("#connection")).to_have_text("Connected")
    assert not customer.locator("#ended").is_visible()


def test_a_dropped_connection_is_shown_and_what_was_missed_arrives(customer, conversation, mock):
    states = watch_states(customer)
    mock.realtime.hang_up("a test")
    becomes(lambda: "connecting" in states())
    conversation.reply("Did you get this?")
    bubble(customer, "Did you get this?").wait_for()
    write(customer, "Yes")
    bubble(customer, "Yes").wait_for()
    assert states() == ["connecting", "connected"]
    shows(customer, "Did you get this?", "Yes")


def watch_states(page: Any) -> Callable[[], list[str]]:
    """Collects the connection's states from now on."""
    page.evaluate("""() => {
      const shown = document.getElementById("connection");
      window.states = [];
      const seen = () => window.states.push(shown.dataset.state);
      new MutationObserver(seen).observe(shown, { attributeFilter: ["data-state"] });
    }""")
    return lambda: page.evaluate("() => window.states")


# -- what can go wrong


def test_a_message_that_is_refused_stays_and_can_be_sent_again(customer, service, webhooks):
    service.update(
        pre_webhook_url="https://moderator.example.com", webhook_filters=["onMessageSend"]
    )
    webhooks.register("https://moderator.example.com", lambda request: 403)
    write(customer, "Hello?")
    outbox = customer.get_by_role("group", name="Not sent yet")
    outbox.get_by_text("Not sent: ").wait_for()
    write(customer, "Once more")
    outbox.get_by_text("Not sent: ").nth(1).wait_for()
    assert violations(customer) == []
    outbox.get_by_role("button", name="Discard").nth(1).click()
    webhooks.register("https://moderator.example.com", lambda request: 200)
    outbox.get_by_role("button", name="Try again").click()
    shows(customer, "Hello?")
    expect(outbox).to_be_empty()


def test_a_message_written_offline_is_kept_and_sent_once(customer, service, visit):
    [channel] = service.channels.list()
    customer.context.set_offline(True)
    write(customer, "First")
    write(customer, "Second")
    customer.get_by_text("Waiting for the connection").nth(1).wait_for()
    customer.close()
    here = visit.contexts[0]
    here.set_offline(False)
    again = visit(here)
    bubble(again, "Second").wait_for()
    again.locator("#outbox:empty").wait_for(state="attached")
    sent = service.channels(channel.sid).messages.list()
    assert [each.body for each in sent] == ["First", "Second"]
    # one that arrived although its answer was lost is known by its id
    again.evaluate(
        "([id, channel]) => localStorage.setItem(`outbox ${localStorage.getItem('identity')}`,"
        " JSON.stringify([{ id, channel, text: 'First', isTried: true }]))",
        [json.loads(sent[0].attributes)["outbox_id"], channel.sid],
    )
    write(again, "Third")
    bubble(again, "Third").wait_for()
    again.locator("#outbox:empty").wait_for(state="attached")
    shows(again, "First", "Second", "Third")


def test_text_is_shown_as_it_was_written(customer, conversation):
    field = customer.get_by_label("Your message")
    field.press_sequentially("  if so:")
    field.press("Shift+Enter")
    field.press_sequentially("see https://example.com/a?b=1. Or javascript:alert(1)")
    field.press("Enter")
    customer.locator("#outbox:empty").wait_for(state="attached")
    conversation.reply("שלום, abc")
    conversation.reply("One more")
    written = "  if so:\nsee https://example.com/a?b=1. Or javascript:alert(1)"
    shows(customer, written, "שלום, abc", "One more")
    links = customer.get_by_role("log").locator("a")
    assert [one.get_attribute("href") for one in links.all()] == ["https://example.com/a?b=1"]
    sides = "rows => rows.map((one) => getComputedStyle(one).direction)"
    becomes(lambda: customer.locator(".bubble").evaluate_all(sides), ["ltr", "rtl", "ltr"])
    expect(customer.locator(".row.new-day .day")).to_have_text(["Today"])
    expect(customer.locator(".row.next")).to_have_count(1)
    expect(customer.locator(".row.next time")).to_have_text(re.compile(r"^[0-2]\d:\d\d$"))


def test_files_are_dropped_and_pasted_and_a_large_one_is_refused_at_once(customer, conversation):
    customer.evaluate("""() => {
      const carry = (...files) => {
        const carried = new DataTransfer();
        files.forEach((file) => carried.items.add(file));
        return carried;
      };
      const file = (name) => new File(["x"], name, { type: "text/plain" });
      const text = document.getElementById("text");
      text.dispatchEvent(new ClipboardEvent("paste",
        { clipboardData: carry(file("pasted.txt")), bubbles: true, cancelable: true }));
      document.getElementById("log").dispatchEvent(new DragEvent("drop",
        { dataTransfer: carry(file("dropped.txt")), bubbles: true, cancelable: true }));
    }""")
    for name in ("pasted.txt", "dropped.txt"):
        customer.get_by_role("log").get_by_role("link", name=name).wait_for()
    customer.evaluate("""() => {
      const large = new File(["x"], "large.bin");
      Object.defineProperty(large, "size", { value: 150_000_001 });
      const files = Object.assign([large], { item: () => large });
      const event = new Event("drop", { bubbles: true, cancelable: true });
      Object.assign(event, { dataTransfer: { files } });
      document.getElementById("log").dispatchEvent(event);
    }""")
    customer.get_by_role("alert").get_by_text("Files may be up to 150 MB").wait_for()
    expect(customer.locator(".row")).to_have_count(2)


def test_without_a_flex_flow_a_button_makes_one(visit, desk):
    page = visit()
    page.get_by_role("alert").get_by_text("no enabled Flex Flow").wait_for()
    assert violations(page) == []
    page.get_by_role("button", name="Make a Flex Flow").click()
    can_write(page)
    expect(page.get_by_role("alert")).to_be_empty()
    write(page, "Hello?")
    bubble(page, "Hello?").wait_for()
    assert desk.accept().channel.get_messages().items[0].body == "Hello?"


def test_a_flex_flow_made_elsewhere_is_found_by_trying_again(visit, make_flow, task_settings):
    page = visit()
    page.get_by_role("button", name="Try again").wait_for()
    make_flow(**task_settings)
    page.get_by_role("button", name="Try again").click()
    can_write(page)


def test_where_the_sdk_cannot_be_loaded_the_page_says_how_to_get_it(
    browser, mock, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    page = browser.new_page()
    requested = []
    page.on("request", lambda request: requested.append(request.url))
    with mock.serve() as server:
        page.goto(f"{server.url}/chat")
        page.get_by_role("alert").get_by_text("npm install twilio-chat").wait_for()
        assert f"{server.url}/chat/session" not in requested
    assert "https://media.twiliocdn.com/sdk/js/chat/v6.0/twilio-chat.min.js" in requested
    page.close()


def test_no_request_leaves_the_machine(visit, task_flow, server):
    requested: list[str] = []
    page = visit()
    page.on("request", lambda request: requested.append(request.url))
    page.reload()
    can_write(page)
    assert requested
    assert all(url.startswith(server.url) for url in requested)


# -- looks


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1100])
def test_it_is_readable_and_fits(visit, task_flow, desk, scheme, width):
    page = visit(color_scheme=scheme)
    can_write(page)
    page.set_viewport_size({"width": width, "height": 256 if width == 320 else 700})
    conversation = desk.accept()
    write(page, "Hi, where is my parcel?")
    bubble(page, "Hi, where is my parcel?").wait_for()
    conversation.reply("Hello! Which order is it? " + "x" * 80)
    page.locator(".row").nth(1).wait_for()
    conversation.channel.set_all_messages_consumed()
    conversation.channel.typing()
    page.get_by_text("alice is typing…").wait_for()
    page.get_by_text("Seen", exact=True).wait_for()
    page.evaluate("() => { document.getElementById('problem').textContent = 'Something failed' }")
    picture(page, f"{scheme}-{width}")
    assert poor_contrast(page.locator("main")) == []
    assert violations(page) == []
    overflow = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(overflow) == 0
