"""History: pages of messages, backwards and forward, from any place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import examples

from helpers import Account, ChatClient, ChatError


@pytest.fixture
def joined(chat: ChatClient) -> Any:
    """The channel as the chat client of a member sees it."""
    return chat.get_subscribed_channels()[0]


@pytest.fixture
def say(channel: Any) -> Callable[[int], list[str]]:
    """Send so many messages and return their SIDs; message number 7 has the body "7"."""

    def send(count: int) -> list[str]:
        return [channel.messages.create(body=str(number)).sid for number in range(count)]

    return send


def indexes(page: Any) -> list[int]:
    return [message.index for message in page.items]


def test_the_last_thirty_messages_come_first_in_ascending_order(
    joined: Any, say: Callable[[int], list[str]]
) -> None:
    say(31)
    page = joined.get_messages()
    assert indexes(page) == list(range(1, 31))
    assert [message.body for message in page.items] == [str(n) for n in range(1, 31)]
    assert (page.has_prev_page, page.has_next_page) == (True, False)


def test_an_empty_channel_has_one_empty_page(joined: Any) -> None:
    for direction in ("backwards", "forward"):
        page = joined.get_messages(direction=direction)
        assert (page.items, page.has_prev_page, page.has_next_page) == ([], False, False)
        assert page.prev_page().items == page.next_page().items == []


def test_paging_back_reaches_the_beginning_and_paging_forward_returns(
    joined: Any, say: Callable[[int], list[str]]
) -> None:
    say(7)
    last = joined.get_messages(3)
    middle = last.prev_page()
    first = middle.prev_page()
    assert [indexes(page) for page in (last, middle, first)] == [[4, 5, 6], [1, 2, 3], [0]]
    assert (first.has_prev_page, first.has_next_page) == (False, True)
    assert first.prev_page().items == []
    again = first.next_page()
    assert indexes(again) == [1, 2, 3]
    assert indexes(again.next_page()) == [4, 5, 6]
    assert not again.next_page().has_next_page


def test_paging_forward_reaches_the_end_and_paging_back_returns(
    joined: Any, say: Callable[[int], list[str]]
) -> None:
    say(7)
    first = joined.get_messages(3, direction="forward")
    middle = first.next_page()
    last = middle.next_page()
    assert [indexes(page) for page in (first, middle, last)] == [[0, 1, 2], [3, 4, 5], [6]]
    assert (first.has_prev_page, last.has_next_page) == (False, False)
    assert indexes(last.prev_page()) == [3, 4, 5]
    assert indexes(last.prev_page().prev_page()) == [0, 1, 2]


def test_a_page_requested_twice_is_read_once(joined: Any, say: Callable[[int], list[str]]) -> None:
    say(5)
    page = joined.get_messages(2)
    assert page.prev_page() is page.prev_page()
    assert indexes(page.prev_page()) == [1, 2]


@pytest.mark.parametrize(
    ("anchor", "direction", "expected"),
    [
        (3, "backwards", [2, 3]),
        (3, "forward", [3, 4]),
        (0, "backwards", [0]),
        (6, "forward", [6]),
        (99, "backwards", [5, 6]),
    ],
)
def test_an_anchor_is_included(
    joined: Any,
    say: Callable[[int], list[str]],
    anchor: int,
    direction: Any,
    expected: list[int],
) -> None:
    say(7)
    page = joined.get_messages(2, anchor, direction)
    assert indexes(page) == expected
    assert page.has_prev_page == (expected[0] > 0)
    assert page.has_next_page == (expected[-1] < 6)


def test_beyond_the_last_message_there_is_only_the_way_back(
    joined: Any, say: Callable[[int], list[str]]
) -> None:
    say(3)
    page = joined.get_messages(2, 3, "forward")
    assert (page.items, page.has_prev_page, page.has_next_page) == ([], True, False)
    assert indexes(page.prev_page()) == [1, 2]


def test_before_the_first_message_there_is_only_the_way_forward(
    joined: Any, channel: Any, say: Callable[[int], list[str]]
) -> None:
    first, *_ = say(3)
    channel.messages(first).delete()
    page = joined.get_messages(2, 0, "backwards")
    assert (page.items, page.has_prev_page, page.has_next_page) == ([], False, True)
    assert indexes(page.next_page()) == [1, 2]


def test_pages_step_over_deleted_messages(
    joined: Any, channel: Any, say: Callable[[int], list[str]]
) -> None:
    sids = say(8)
    for number in (1, 2, 5, 7):
        channel.messages(sids[number]).delete()
    last = joined.get_messages(2)
    assert (indexes(last), indexes(last.prev_page())) == ([4, 6], [0, 3])
    assert indexes(joined.get_messages(2, 5, "backwards")) == [3, 4]
    assert indexes(joined.get_messages(2, 5, "forward")) == [6]


@settings(
    max_examples=examples(25),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_going_all_the_way_shows_each_message_once_from_any_place(
    joined: Any, channel: Any, data: st.DataObject
) -> None:
    for message in channel.messages.list():
        channel.messages(message.sid).delete()
    stays = data.draw(st.lists(st.booleans(), max_size=9))
    sent = [channel.messages.create(body="x") for _ in stays]
    for message, stay in zip(sent, stays, strict=True):
        if not stay:
            channel.messages(message.sid).delete()
    kept = [message.index for message, stay in zip(sent, stays, strict=True) if stay]
    offset = data.draw(st.none() | st.integers(-2, 11))
    anchor = None if offset is None else max(0, offset + (sent[0].index if sent else 0))
    direction = data.draw(st.sampled_from(["backwards", "forward"]))
    start = joined.get_messages(data.draw(st.integers(1, 4)), anchor, direction)
    seen, page = indexes(start), start
    while page.has_prev_page:
        page = page.prev_page()
        seen = indexes(page) + seen
    page = start
    while page.has_next_page:
        page = page.next_page()
        seen += indexes(page)
    assert seen == kept


def test_pages_requested_with_an_expired_token_are_refused_with_its_code(
    account: Account, joined: Any, say: Callable[[int], list[str]]
) -> None:
    say(70)
    page = joined.get_messages(30)
    account.clock.advance(2 * 3600)
    for ask in (page.prev_page, joined.get_messages, joined.get_members):
        with pytest.raises(ChatError) as refused:
            ask()
        assert (refused.value.status, refused.value.code) == (401, 20104)


def test_a_page_goes_on_after_the_token_was_renewed(
    account: Account, chat: ChatClient, joined: Any, say: Callable[[int], list[str]]
) -> None:
    say(70)
    page = joined.get_messages(30)
    account.clock.advance(2 * 3600)
    chat.update_token(account.chat_token("user-42"))
    assert indexes(page.prev_page()) == list(range(10, 40))
    assert indexes(page.prev_page().prev_page()) == list(range(10))


def test_counts_come_from_the_channel(
    joined: Any, channel: Any, say: Callable[[int], list[str]]
) -> None:
    sids = say(3)
    channel.messages(sids[0]).delete()
    channel.members.create(identity="agent")
    assert (joined.get_messages_count(), joined.get_members_count()) == (2, 2)
    assert [member.identity for member in joined.get_members()] == ["user-42", "agent"]
