"""The shop's chat, against a Twilio account on this machine."""

import pytest
from fastapi.testclient import TestClient
from flex_chat_lab.testing import (
    assert_messages,
    assert_nothing_refused,
    assert_signature_checked,
    assert_tasks,
    assert_webhooks,
    forward_to,
)
from shop import WEBHOOK, from_environment

URL = "https://shop.example.com"
CUSTOMER = "customer-42"


@pytest.fixture
def shop(twilio, monkeypatch):
    """The application, which Twilio's webhooks reach."""
    workspace = twilio.client.taskrouter.v1.workspaces.list()[0]
    monkeypatch.setenv("PUBLIC_URL", URL)
    monkeypatch.setenv("TWILIO_WORKSPACE_SID", workspace.sid)
    monkeypatch.setenv("TWILIO_WORKFLOW_SID", workspace.workflows.list()[0].sid)
    client = TestClient(from_environment())
    twilio.webhooks.register(URL + WEBHOOK, forward_to(client))
    return client


@pytest.fixture
def chat(shop):
    """The SID of an open chat."""
    return shop.post("/chats", json={"customer": CUSTOMER}).json()["sid"]


def say(shop, chat, text):
    """Write as the customer."""
    answer = shop.post(f"/chats/{chat}/messages", json={"customer": CUSTOMER, "text": text})
    assert answer.status_code == 201


def test_the_bot_answers_once(twilio, shop, chat):
    say(shop, chat, "Where is order 1182?")
    assert_messages(
        twilio,
        chat,
        (CUSTOMER, "Where is order 1182?"),
        ("bot", "Order 1182 is on its way."),
    )
    assert_webhooks(twilio, "onMessageAdded", "onMessageAdded", url=URL + WEBHOOK)
    assert_nothing_refused(twilio)


def test_a_customer_who_wants_an_agent_gets_one(twilio, shop, chat):
    say(shop, chat, "An agent, please")
    assert_messages(twilio, chat, "An agent, please", ("bot", "One moment, I call an agent."))
    assert_tasks(
        twilio,
        {
            "status": "pending",
            "queue": "Everyone",
            "channel": "chat",
            "attributes": {"from": CUSTOMER, "reason": "An agent, please"},
        },
    )


def test_after_that_the_bot_is_silent(twilio, shop, chat):
    say(shop, chat, "An agent, please")
    assert_tasks(twilio, {"status": "pending"})
    say(shop, chat, "Are you there?")
    assert_messages(
        twilio, chat, "An agent, please", "One moment, I call an agent.", "Are you there?"
    )


def test_only_twilio_can_call_the_webhook(twilio, shop, chat):
    message = {
        "EventType": "onMessageAdded",
        "ConversationSid": chat,
        "Author": CUSTOMER,
        "Body": "hello",
    }
    assert_signature_checked(twilio, forward_to(shop), URL + WEBHOOK, message)


def test_while_twilio_is_busy_the_customer_learns_of_it(twilio, shop, chat):
    twilio.faults.add("CreateConversationMessage", status=429)
    with pytest.raises(Exception, match="429"):
        say(shop, chat, "Where is order 1182?")
