"""What engineers get wrong with Conversations: each is explained, and answered as explained.

The mistakes are from public issues, error pages and guides.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support import refused

from helpers import Account, ConversationsClient

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOK_08 = (
    "Studio stays silent",
    "50433 / 409",
    "50430 / 403",
    "50107 when a user adds somebody",
    "50430 from `join()`",
    "50204",
    "45745 for `AddressSid`",
    "50416 / 409",
    "50377 / 400",
    "45353",
    "the account's webhook is never called",
    "`Body` is missing",
    "an open conversation without an agent",
    "50376",
    "an old public channel is not found",
    "`State` is missing",
    "`error.body.code`",
    "never reaches your own channel",
    "`inactive` treated as ended",
    "conversations come in no order",
)
NOTEBOOK_09 = (
    "a migrated flow stays silent",
    "50350",
    "50365 for a filter",
    "finds no `ChannelSid`",
    "a flow's texts go nowhere",
    "the old chat widget stays empty",
    "`getPublicChannelDescriptors` is gone",
    "the state `closed`, not `inactive`",
    "a returning customer starts from nothing",
    "its task channel",
)
NOTEBOOK_10 = ("1,000 open conversations", "its conversation stays open", "no personal data")
PAGE = (
    "a text opens no conversation",
    "nobody answers a text",
    "a customer's old conversation is found",
    "50441",
    "the list of conversations is empty",
    "`createConversation` fails at once",
    "a conversation that was left is still shown",
    "an author is no participant",
)


def cells_of(number: str) -> str:
    [path] = (ROOT / "notebooks").glob(f"{number}_*.ipynb")
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return "\n".join("".join(cell["source"]) for cell in cells)


@pytest.mark.parametrize(
    ("where", "parts"),
    [("08", NOTEBOOK_08), ("09", NOTEBOOK_09), ("10", NOTEBOOK_10), ("docs", PAGE)],
)
def test_each_mistake_has_a_row_where_it_belongs(where: str, parts: tuple[str, ...]) -> None:
    page = ROOT / "docs" / "reference" / "conversations.md"
    text = page.read_text(encoding="utf-8") if where == "docs" else cells_of(where)
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    for part in parts:
        assert sum(part in row for row in rows) == 1, part


@pytest.fixture
def v1(account: Account) -> Any:
    return account.client.conversations.v1


@pytest.fixture
def conversation(v1: Any) -> Any:
    """A conversation with jane in it, as the SDK for servers names it."""
    made = v1.conversations(v1.conversations.create().sid)
    made.participants.create(identity="jane")
    return made


def as_user(account: Account, identity: str) -> Any:
    return account.client_of_chat_user(account.chat_token(identity), identity).conversations.v1


def test_a_participant_has_an_identity_or_an_address(conversation: Any) -> None:
    with refused(400, 50204, "Identity not provided"):
        conversation.participants.create()
    with refused(409, 50433):
        conversation.participants.create(identity="jane")
    with refused(400, 50441):
        conversation.participants("jane").update(messaging_binding_proxy_address="+15550100")


def test_a_customer_adds_nobody_and_a_stranger_joins_and_reads_nothing(
    account: Account, conversation: Any
) -> None:
    sid = conversation.fetch().sid
    with refused(403, 50107):
        as_user(account, "jane").conversations(sid).participants.create(identity="joe")
    with refused(403, 50430):
        as_user(account, "joe").conversations(sid).participants.create(identity="joe")
    with refused(403, 50430):
        as_user(account, "joe").conversations(sid).fetch()


def test_an_identity_that_differs_by_a_letter_has_no_conversations(
    account: Account, conversation: Any
) -> None:
    with ConversationsClient(account, account.chat_token("Jane")) as client:
        assert client.get_subscribed_conversations() == []


def test_a_service_is_no_address(account: Account) -> None:
    service_sid = account.credentials.chat_service_sid
    with refused(400, 45745, f"{service_sid} is invalid"):
        account.client.flex_api.v2.web_channels.create(address_sid=service_sid)


def test_old_names_of_events_are_refused(v1: Any, conversation: Any) -> None:
    with refused(400, 50365):
        v1.configuration.webhooks().update(filters=["onMessageSent"])
    with refused(400, 50365):
        conversation.webhooks.create(
            target="webhook",
            configuration_url="https://example.com",
            configuration_filters=["onMemberAdded"],
        )


def test_who_leaves_leaves_the_messages(conversation: Any) -> None:
    message = conversation.messages.create(author="jane", body="Bye")
    conversation.participants("jane").delete()
    assert [kept.author for kept in conversation.messages.list()] == ["jane"]
    with refused(404, 50432):
        conversation.participants(message.participant_sid).fetch()


def test_closed_conversations_are_found_by_their_people(v1: Any, conversation: Any) -> None:
    conversation.update(state="closed")
    [found] = v1.participant_conversations.list(identity="jane")
    assert found.conversation_state == "closed"


def test_a_short_timer_a_second_end_and_a_word_after_it_are_refused(
    v1: Any, conversation: Any
) -> None:
    with refused(400, 50376):
        v1.conversations.create(timers_closed="PT5M")
    conversation.update(state="closed")
    with refused(400, 50377):
        conversation.update(state="active")
    with refused(400, 50377):
        conversation.messages.create(body="Hello")


@pytest.mark.parametrize("duration", ["P3000000D", "P99999Y", "P9999999D"])
def test_a_timer_whose_end_no_calendar_has_is_refused(v1: Any, duration: str) -> None:
    with refused(400, 50380):
        v1.configuration().update(default_closed_timer=duration)
    with refused(400, 50379):
        v1.conversations.create(timers_inactive=duration)
