"""The page on Flex Conversations: `@twilio/conversations` there, an agent at a desk in Python.

Where the two pages are one, `test_chat_page.py` shows it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from accessibility import violations
from chat_page import PIXEL, bodies, bubble, can_write, picture, shows, write
from contrast import poor_contrast
from waiting import becomes, expect

from helpers import AgentDesk
from helpers.mock import MockTwilio

PATH = "/conversations"


@pytest.fixture
def customer(visit: Callable[..., Any]) -> Any:
    """The page in a new account, made ready by its button."""
    page = visit(path=PATH)
    page.get_by_role("button", name="Make a Studio Flow").click()
    can_write(page)
    return page


@pytest.fixture
def accepted(customer: Any, desk: AgentDesk, mock: MockTwilio) -> Any:
    """The customer's chat, begun and accepted by the agent."""
    write(customer, "Where is my lamp?")
    bubble(customer, "Where is my lamp?").wait_for()
    assert mock.studio.settle()
    return desk.accept()


def test_without_a_studio_flow_a_button_makes_one(visit, mock):
    page = visit(path=PATH)
    page.get_by_role("alert").get_by_text("begins with Incoming Conversation").wait_for()
    assert violations(page) == []
    picture(page, "conversations-new")
    page.get_by_role("button", name="Make a Studio Flow").click()
    can_write(page)
    expect(page.get_by_role("alert")).to_be_empty()


def test_customer_and_agent_exchange_texts_and_files_and_see_each_other(customer, accepted, client):
    accepted.reply("It reaches you <b>today</b>.")
    bubble(customer, "It reaches you <b>today</b>.").wait_for()
    lamp = {"name": "lamp.png", "mimeType": "image/png", "buffer": PIXEL}
    customer.get_by_label("Send a file").set_input_files(lamp)
    customer.get_by_role("log").locator("img[alt='lamp.png']").wait_for()
    accepted.channel.set_all_messages_consumed()
    customer.get_by_text("Seen", exact=True).wait_for()
    accepted.channel.typing()
    customer.get_by_text("alice is typing…").wait_for()
    expect(customer.locator(".author")).to_have_text(["You", "alice", "You"])
    assert violations(customer) == []
    assert poor_contrast(customer.locator("main")) == []
    picture(customer, "conversations")
    conversation = client.conversations.v1.conversations(accepted.channel.sid)
    own, alice = conversation.participants.list()
    becomes(lambda: own.fetch().last_read_message_index, 2)
    assert [own.identity[:8], alice.identity] == ["visitor_", "alice"]
    assert customer.problems == []


def test_a_message_shows_its_text_beside_its_file_and_is_changed_and_removed(
    customer, client, account
):
    [conversation] = client.conversations.v1.conversations.list()
    url = f"https://mcs.us1.twilio.com/v1/Services/{account.credentials.chat_service_sid}/Media"
    kind = {"Content-Type": "text/plain"}
    media = client.request("POST", url, {"Filename": "a.txt"}, data=b"a", headers=kind)
    both = conversation.messages.create(
        body="See this:", media_sid=json.loads(media.text)["sid"], author="bot"
    )
    customer.get_by_role("link", name="a.txt").wait_for()
    shows(customer, "See this:\na.txt")
    both.delete()
    first, second = (
        conversation.messages.create(body=text, author="bot") for text in ("40 Euro", "Oops")
    )
    bubble(customer, "Oops").wait_for()
    first.update(body="14 Euro")
    second.delete()
    shows(customer, "14 Euro")


def test_a_message_written_offline_is_kept_and_sent_once(customer, client, visit):
    [conversation] = client.conversations.v1.conversations.list()
    customer.context.set_offline(True)
    write(customer, "First")
    write(customer, "Second")
    customer.get_by_text("Waiting for the connection").nth(1).wait_for()
    customer.close()
    here = visit.contexts[0]
    here.set_offline(False)
    again = visit(here, PATH)
    bubble(again, "Second").wait_for()
    again.locator("#outbox:empty").wait_for(state="attached")
    assert [each.body for each in conversation.messages.list()] == ["First", "Second"]
    shows(again, "First", "Second")


def test_a_conversation_that_is_closed_takes_no_more_and_a_new_one_can_be_started(
    customer, accepted, client
):
    accepted.complete()
    customer.get_by_text("This chat has ended.").wait_for()
    expect(customer.get_by_label("Your message")).to_be_disabled()
    customer.get_by_role("button", name="Start a new chat").click()
    can_write(customer)
    assert bodies(customer) == []
    write(customer, "Another thing")
    bubble(customer, "Another thing").wait_for()
    states = [each.state for each in client.conversations.v1.conversations.list()]
    assert sorted(states) == ["active", "closed"]
