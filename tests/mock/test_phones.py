"""Customers' phones: what they send is found by its two addresses, or makes a conversation."""

from __future__ import annotations

from typing import Any

import pytest
from hooks import HOOK, registered
from support import refused

from helpers import Account
from helpers.mock import MockTwilio, TwilioError
from helpers.mock.rest.conversations_webhooks import SERVICE_EVENTS

ANN, SHOP, OTHER_SHOP = "+15550142", "+15550100", "+15550101"


@pytest.fixture
def mock(account: Account) -> MockTwilio:
    assert account.mock is not None
    return account.mock


@pytest.fixture
def v1(account: Account) -> Any:
    return account.client.conversations.v1


def conversation_with_ann(v1: Any, shop: str = SHOP) -> Any:
    made = v1.conversations.create()
    made.participants.create(messaging_binding_address=ANN, messaging_binding_proxy_address=shop)
    return made


def refused_with(code: int, words: str = "") -> Any:
    return pytest.raises(TwilioError, match=f"code {code}: .*{words}")


def configured(v1: Any, **creation: Any) -> Any:
    return v1.address_configurations.create(
        type="sms",
        address=SHOP,
        auto_creation_enabled=True,
        **{f"auto_creation_{name}": value for name, value in creation.items()},
    )


def test_a_text_comes_into_the_open_conversation_of_the_two_addresses(
    mock: MockTwilio, v1: Any
) -> None:
    closed, open_, other = conversation_with_ann(v1), None, conversation_with_ann(v1, OTHER_SHOP)
    closed.update(state="closed")
    open_ = conversation_with_ann(v1)
    sent = mock.phone(ANN).send("Where is my order?", to=SHOP)
    assert sent is not None
    assert sent.conversation_sid == open_.sid
    [text] = open_.messages.list()
    [ann] = open_.participants.list()
    assert (text.sid, text.author, text.participant_sid) == (sent.sid, ANN, ann.sid)
    assert text.delivery is None
    assert closed.messages.list() == other.messages.list() == []


def test_the_number_is_left_out_where_there_is_one_only(mock: MockTwilio, v1: Any) -> None:
    phone = mock.phone(ANN)
    with refused_with(50408, "has 0"):
        phone.send("Hello")
    first = conversation_with_ann(v1)
    sent = phone.send("Hello")
    assert sent is not None
    assert sent.conversation_sid == first.sid
    conversation_with_ann(v1, OTHER_SHOP)
    with refused_with(50408, "has 2"):
        phone.send("Hello")


def test_a_text_to_nowhere_is_refused_by_name(mock: MockTwilio, v1: Any) -> None:
    with refused_with(501, "messaging webhook"):
        mock.phone(ANN).send("Hello", to=SHOP)
    v1.address_configurations.create(type="sms", address=SHOP)
    with refused_with(501, "messaging webhook"):
        mock.phone(ANN).send("Hello", to=SHOP)
    assert v1.conversations.list() == []


@pytest.mark.parametrize(
    ("address", "body", "to", "code"),
    [
        ("my phone", "Hello", SHOP, 50407),
        (ANN, "Hello", "the shop", 50408),
        (ANN, "Hello", f"whatsapp:{SHOP}", 50408),
        (ANN, "", SHOP, 50503),
        (ANN, None, SHOP, 50503),
        (ANN, "x" * 32_769, SHOP, 50504),
        (None, "Hello", SHOP, 50407),
        (ANN, "Hello", 15550100, 50408),
    ],
)
def test_what_no_phone_sends_is_refused(
    mock: MockTwilio, address: Any, body: str | None, to: Any, code: int
) -> None:
    with refused_with(code):
        mock.phone(address).send(body, to=to)


def test_a_configured_address_makes_a_conversation_with_its_webhook(
    account: Account, mock: MockTwilio, v1: Any
) -> None:
    v1.configuration().update(default_closed_timer="P3D")
    hook = registered(mock.webhooks)
    configured(v1, type="webhook", webhook_url=HOOK, webhook_filters=["onMessageAdded"])
    sent = mock.phone(ANN).send("Hello", to=SHOP)
    assert sent is not None
    made = v1.conversations(sent.conversation_sid).fetch()
    assert sorted(made.timers) == ["date_closed"]
    [person] = made.participants.list()
    assert person.messaging_binding == {"type": "sms", "address": ANN, "proxy_address": SHOP}
    [webhook] = made.webhooks.list()
    assert webhook.configuration == {"url": HOOK, "method": "post", "filters": ["onMessageAdded"]}
    assert mock.webhooks.settle()
    assert (hook.all("Source"), hook.all("Body")) == (["SMS"], ["Hello"])
    again = mock.phone(ANN).send("Anybody?", to=SHOP)
    assert again is not None
    assert again.conversation_sid == made.sid


@pytest.mark.parametrize("address", [SHOP, f"whatsapp:{SHOP}"])
def test_a_message_by_whatsapp_makes_a_conversation_of_its_own(
    mock: MockTwilio, v1: Any, address: str
) -> None:
    configured(v1)
    v1.address_configurations.create(type="WhatsApp", address=address, auto_creation_enabled=True)
    phone = mock.phone(f"whatsapp:{ANN}")
    by_sms, sent = (
        mock.phone(ANN).send("Hello", to=SHOP),
        phone.send("Hello", to=f"whatsapp:{SHOP}"),
    )
    assert by_sms is not None
    assert sent is not None
    assert sent.conversation_sid != by_sms.conversation_sid
    [person] = v1.conversations(sent.conversation_sid).participants.list()
    assert person.messaging_binding["type"] == "whatsapp"


def test_a_configured_address_may_start_a_flow_or_nothing(
    account: Account, mock: MockTwilio, v1: Any
) -> None:
    flow = account.client.studio.v2.flows.list()[0].sid
    address = configured(v1, type="studio", studio_flow_sid=flow)
    sent = mock.phone(ANN).send("Hello", to=SHOP)
    assert sent is not None
    made = v1.conversations(sent.conversation_sid)
    [webhook] = made.webhooks.list()
    assert (webhook.target, webhook.configuration) == ("studio", {"flow_sid": flow})
    made.update(state="closed")
    address.update(auto_creation_type="default")
    sent = mock.phone(ANN).send("Hello", to=SHOP)
    assert sent is not None
    assert sent.conversation_sid != made.fetch().sid
    assert v1.conversations(sent.conversation_sid).webhooks.list() == []


def test_autocreation_has_one_pre_event_and_three_after(mock: MockTwilio, v1: Any) -> None:
    hook = registered(mock.webhooks)
    v1.configuration.webhooks().update(
        pre_webhook_url=HOOK, post_webhook_url=HOOK, filters=list(SERVICE_EVENTS)
    )
    configured(v1)
    mock.phone(ANN).send("Hello", to=SHOP)
    assert mock.webhooks.settle()
    assert hook.events == [
        "onConversationAdd",
        *("onConversationAdded", "onParticipantAdded", "onMessageAdded"),
    ]
    before, *after = [dict(each.parameters) for each in hook.requests]
    assert before["MessageBody"] == "Hello"
    assert before["MessagingBinding.AuthorAddress"] == ANN
    assert "ConversationSid" not in before
    assert after[0]["MessagingBinding.ProxyAddress"] == SHOP
    assert after[1]["MessagingBinding.Type"] == "SMS"
    assert {each["Source"] for each in (before, *after)} == {"SMS"}
    mock.phone(ANN).send("Hello?", to=SHOP)
    assert mock.webhooks.settle()
    assert hook.events[4:] == ["onMessageAdd", "onMessageAdded"]


def test_a_webhook_that_refuses_drops_the_message(mock: MockTwilio, v1: Any) -> None:
    registered(mock.webhooks, 403, {"friendly_name": "Ann by SMS"})
    v1.configuration.webhooks().update(pre_webhook_url=HOOK, filters=["onConversationAdd"])
    configured(v1)
    assert mock.phone(ANN).send("Hello", to=SHOP) is None
    assert v1.conversations.list() == []
    assert mock.phone(ANN).send("Hello", to=SHOP) is not None
    assert [each.friendly_name for each in v1.conversations.list()] == ["Ann by SMS"]


def test_each_phone_has_a_receipt_of_what_others_write(mock: MockTwilio, v1: Any) -> None:
    made, phone = conversation_with_ann(v1), mock.phone(ANN)
    made.participants.create(
        messaging_binding_address="+15550143", messaging_binding_proxy_address=SHOP
    )
    text = made.messages.create(author="shop", body="On its way")
    assert text.delivery == {
        "total": 2,
        **{"sent": "all", "delivered": "none", "read": "none"},
        **{"failed": "none", "undelivered": "none"},
    }
    assert [(each.author, each.body) for each in phone.messages()] == [("shop", "On its way")]
    hook = registered(mock.webhooks)
    v1.configuration.webhooks().update(post_webhook_url=HOOK, filters=["onDeliveryUpdated"])
    phone.report(text.sid, "read")
    mock.phone("+15550143").report(text.sid, "failed", 30003)
    found = text.fetch()
    assert (found.delivery["delivered"], found.delivery["read"]) == ("some", "some")
    assert (found.delivery["failed"], found.delivery["sent"]) == ("some", "some")
    receipts = text.delivery_receipts.list()
    assert [(each.status, each.error_code) for each in receipts] == [("read", 0), ("failed", 30003)]
    assert mock.webhooks.settle()
    assert hook.all("Status") == ["read", "failed"]
    assert hook.all("DeliveryReceiptSid") == [each.sid for each in receipts]
    with refused_with(20404):
        phone.report("IM" + "0" * 32, "read")
    with refused_with(20001):
        phone.report(text.sid, "lost")


@pytest.mark.parametrize(
    ("first", "then"),
    [("read", "delivered"), ("delivered", "sent"), ("failed", "read"), ("delivered", "failed")],
)
def test_a_receipt_does_not_go_back(mock: MockTwilio, v1: Any, first: str, then: str) -> None:
    made, phone = conversation_with_ann(v1), mock.phone(ANN)
    text = made.messages.create(author="shop", body="On its way")
    phone.report(text.sid, first)
    with refused_with(20001, f"is {first} already"):
        phone.report(text.sid, then)
    hook = registered(mock.webhooks)
    v1.configuration.webhooks().update(post_webhook_url=HOOK, filters=["onDeliveryUpdated"])
    phone.report(text.sid, first)
    assert mock.webhooks.settle()
    assert hook.events == []
    assert text.delivery_receipts.list()[0].status == first


@pytest.mark.parametrize(("kind", "code"), [("studio", 50367), ("webhook", 50369)])
def test_an_address_that_leads_nowhere_is_not_enabled(v1: Any, kind: str, code: int) -> None:
    with refused(400, code):
        configured(v1, type=kind)
    made = v1.address_configurations.create(type="sms", address=SHOP, auto_creation_type=kind)
    with refused(400, code):
        made.update(auto_creation_enabled=True)
    assert v1.address_configurations(made.sid).fetch().auto_creation["enabled"] is False


def test_a_text_is_shorter_where_a_phone_gets_it(v1: Any) -> None:
    made = conversation_with_ann(v1)
    made.messages.create(body="x" * 1600)
    with refused(400, 50504, "1600"):
        made.messages.create(body="x" * 1601)
    made.messages.create(author=ANN, body="x" * 1601)  # hers reaches no other phone
    v1.conversations.create().messages.create(body="x" * 1601)


def test_group_texts_have_a_projected_address(v1: Any) -> None:
    made = v1.conversations.create()
    with refused(400, 50412):
        made.participants.create(messaging_binding_address=ANN)
    agent = made.participants.create(identity="bob", messaging_binding_projected_address=SHOP)
    assert agent.messaging_binding == {"type": "sms", "projected_address": SHOP}
    ann = made.participants.create(messaging_binding_address=ANN)
    assert ann.messaging_binding == {"type": "sms", "address": ANN}
    agent.update(messaging_binding_projected_address="null")
    assert agent.fetch().messaging_binding is None


def test_a_participant_moves_to_another_number_that_is_free(v1: Any) -> None:
    first, second = conversation_with_ann(v1), conversation_with_ann(v1, OTHER_SHOP)
    [ann] = second.participants.list()
    ann.update(messaging_binding_proxy_address="null")
    with refused(409, 50416, first.sid):
        ann.update(messaging_binding_proxy_address=SHOP)
    moved = ann.update(messaging_binding_proxy_address="+15550109")
    assert moved.messaging_binding["proxy_address"] == "+15550109"


@pytest.mark.parametrize(
    ("proxy", "code"), [(ANN, 50409), (f"whatsapp:{SHOP}", 50414), ("", 50412), ("shop", 50408)]
)
def test_a_participant_moves_to_no_address_that_does_not_go_with_its_own(
    v1: Any, proxy: str, code: int
) -> None:
    [ann] = conversation_with_ann(v1).participants.list()
    ann.update(messaging_binding_proxy_address="null")
    with refused(400, code):
        ann.update(messaging_binding_proxy_address=proxy)
