"""Pages of a list: links the SDK follows, and every item once while items come and go."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from support import everything, examples, refused

from helpers import Account, connect


@pytest.fixture
def fill(channel: Any) -> Callable[[int], list[str]]:
    """Sends so many messages and gives their SIDs in order."""

    def send(count: int) -> list[str]:
        return [channel.messages.create(body=str(number)).sid for number in range(count)]

    return send


@pytest.fixture
def get(account: Account) -> Callable[..., tuple[int, dict[str, Any]]]:
    """Reads one URL with the SDK's client, as JSON."""

    def read(url: str, **params: Any) -> tuple[int, dict[str, Any]]:
        response = account.client.request("GET", url, params=params)
        return response.status_code, json.loads(response.text)

    return read


def sids(items: Any) -> list[str]:
    return [item.sid for item in items]


def test_a_list_has_fifty_items_a_page_unless_told_otherwise(
    channel: Any, fill: Callable[[int], list[str]], get: Callable[..., Any]
) -> None:
    fill(51)
    status, body = get(channel.fetch().links["messages"])
    assert (status, len(body["messages"])) == (200, 50)
    assert set(body) == {"meta", "messages"}
    assert set(body["meta"]) == {
        "page",
        "page_size",
        "first_page_url",
        "previous_page_url",
        "url",
        "next_page_url",
        "key",
    }
    assert (body["meta"]["page"], body["meta"]["page_size"]) == (0, 50)
    assert body["meta"]["key"] == "messages"
    assert body["meta"]["first_page_url"].endswith("/Messages?PageSize=50&Page=0")
    assert body["meta"]["previous_page_url"] is None


def test_the_sdk_lists_everything_by_following_the_links(
    account: Account, channel: Any, fill: Callable[[int], list[str]]
) -> None:
    sent = fill(25)
    account.requests.clear()
    assert sids(channel.messages.list(page_size=10)) == sent
    assert [entry.parameters.get("Page") for entry in account.requests] == [None, "1", "2"]
    assert {str(entry.parameters["PageSize"]) for entry in account.requests} == {"10"}


def test_the_last_page_has_no_next_and_the_first_no_previous(
    channel: Any, fill: Callable[[int], list[str]]
) -> None:
    sent = fill(4)
    first = channel.messages.page(page_size=2)
    assert sids(first) == sent[:2]
    last = first.next_page()
    assert sids(last) == sent[2:]
    assert (first.previous_page_url, last.next_page_url) == (None, None)
    assert last.next_page() is None


def test_the_previous_page_is_the_one_before(
    channel: Any, fill: Callable[[int], list[str]]
) -> None:
    sent = fill(7)
    third = channel.messages.page(page_size=3).next_page().next_page()
    assert sids(third) == sent[6:]
    second = third.previous_page()
    assert sids(second) == sent[3:6]
    first = second.previous_page()
    assert sids(first) == sent[:3]
    assert first.previous_page_url is None
    assert sids(first.next_page()) == sent[3:6]


def test_messages_can_be_listed_against_the_order_of_arrival(
    channel: Any, fill: Callable[[int], list[str]]
) -> None:
    sent = fill(7)
    assert sids(channel.messages.list(order="desc", page_size=3)) == sent[::-1]
    second = channel.messages.page(order="desc", page_size=3).next_page()
    assert sids(second) == sent[3:0:-1]
    assert sids(second.previous_page()) == sent[:3:-1]


def test_an_order_that_does_not_exist_is_refused(channel: Any, get: Callable[..., Any]) -> None:
    status, body = get(channel.fetch().links["messages"], Order="random")
    assert (status, body["code"]) == (400, 20001)


def test_a_filter_is_kept_from_page_to_page(service: Any) -> None:
    for number in range(6):
        service.channels.create(
            type="private" if number % 2 else "public", unique_name=f"c{number}"
        )
    page = service.channels.page(type=["private"], page_size=1)
    assert parse_qs(urlsplit(page.next_page_url).query)["Type"] == ["private"]
    found = service.channels.list(type=["private"], page_size=1)
    assert [channel.unique_name for channel in found] == ["c1", "c3", "c5"]


def test_a_filter_may_have_several_values(channel: Any) -> None:
    for identity in ("a", "b", "c & d"):
        channel.members.create(identity=identity)
    found = channel.members.list(identity=["a", "c & d"], page_size=1)
    assert [member.identity for member in found] == ["a", "c & d"]


def test_an_empty_filter_is_no_filter(service: Any) -> None:
    service.channels.create(type="private")
    service.channels.create(type="public")
    assert len(service.channels.list(type=[])) == 2


@pytest.mark.parametrize("size", [101, 1000])
def test_a_page_size_above_the_maximum_counts_as_the_maximum(
    channel: Any, fill: Callable[[int], list[str]], get: Callable[..., Any], size: int
) -> None:
    fill(101)
    status, body = get(channel.fetch().links["messages"], PageSize=size)
    assert (status, body["meta"]["page_size"], len(body["messages"])) == (200, 100, 100)


@pytest.mark.parametrize("size", ["0", "-1"])
def test_a_page_size_below_one_is_refused(channel: Any, get: Callable[..., Any], size: str) -> None:
    status, body = get(channel.fetch().links["messages"], PageSize=size)
    assert (status, body["code"]) == (400, 20007)


@pytest.mark.parametrize(
    "params",
    [
        {"PageSize": "many"},
        {"Page": "-1"},
        {"Page": "two"},
        {"PageToken": "PTnonsense"},
        {"PageToken": ""},
        {"PageSize": "9" * 30},
    ],
)
def test_a_page_that_makes_no_sense_is_refused(
    channel: Any, get: Callable[..., Any], params: dict[str, str]
) -> None:
    status, body = get(channel.fetch().links["messages"], **params)
    assert (status, body["code"]) == (400, 20001)


def test_a_page_past_the_end_is_empty(
    channel: Any, fill: Callable[[int], list[str]], get: Callable[..., Any]
) -> None:
    fill(3)
    status, body = get(channel.fetch().links["messages"], Page=5, PageSize=2)
    assert (status, body["messages"], body["meta"]["next_page_url"]) == (200, [], None)


def test_a_list_below_something_that_does_not_exist_is_refused(
    account: Account, service: Any, client: Any
) -> None:
    before = everything(account)
    for collection in (
        service.channels("CH" + "0" * 32).messages,
        service.channels("no-such-name").members,
        service.users("nobody").user_channels,
        client.chat.v2.services("IS" + "0" * 32).channels,
        client.chat.v2.services("IS" + "0" * 32).users,
    ):
        with refused(404, 20404, "was not found"):
            collection.list()
    assert everything(account) == before


def test_a_service_with_more_than_a_page_of_each_lists_them_all(service: Any) -> None:
    for number in range(103):
        made = service.channels.create(unique_name=f"c{number}")
        service.channels(made.sid).members.create(identity="busy")
    assert len(service.channels.list()) == 103
    assert len(service.users("busy").user_channels.list()) == 103


class ListThatChanges(RuleBasedStateMachine):
    """One reader pages through messages while others send and delete them."""

    def __init__(self) -> None:
        super().__init__()
        account = connect()
        service = account.client.chat.v2.services(account.credentials.chat_service_sid)
        self.channel = service.channels(service.channels.create().sid)
        self.kept = [self.send_one() for _ in range(5)]
        self.page: Any = None
        self.order = "asc"
        self.throughout: set[str] = set()
        self.seen: list[str] = []

    def send_one(self) -> str:
        return str(self.channel.messages.create(body="x").sid)

    @rule()
    def send(self) -> None:
        self.kept.append(self.send_one())

    @precondition(lambda self: self.kept)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        position = data.draw(st.integers(0, len(self.kept) - 1))
        sid = self.kept.pop(position)
        self.channel.messages(sid).delete()
        self.throughout.discard(sid)

    @precondition(lambda self: self.page is None)
    @rule(order=st.sampled_from(["asc", "desc"]), size=st.integers(1, 4))
    def begin(self, order: str, size: int) -> None:
        self.order, self.throughout, self.seen = order, set(self.kept), []
        self.take(self.channel.messages.page(order=order, page_size=size))

    @precondition(lambda self: self.page is not None)
    @rule()
    def go_on(self) -> None:
        self.take(self.page.next_page())

    def take(self, page: Any) -> None:
        self.seen += sids(page)
        if page.next_page_url is not None:
            self.page = page
            return
        self.page = None
        assert self.throughout <= set(self.seen)

    @invariant()
    def nothing_is_seen_twice(self) -> None:
        assert len(self.seen) == len(set(self.seen))


ListThatChanges.TestCase.settings = settings(
    max_examples=examples(15), stateful_step_count=25, deadline=None
)
TestListThatChanges = ListThatChanges.TestCase


@settings(
    max_examples=examples(20),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(size=st.integers(1, 9), order=st.sampled_from(["asc", "desc"]), steps=st.integers(0, 8))
def test_going_forward_and_back_again_shows_the_same_page(
    account: Account, size: int, order: str, steps: int
) -> None:
    service = account.client.chat.v2.services(account.credentials.chat_service_sid)
    channel = service.channels(service.channels.create().sid)
    for number in range(8):
        channel.messages.create(body=str(number))
    page = channel.messages.page(order=order, page_size=size)
    pages = [page]
    while len(pages) <= steps and pages[-1].next_page_url is not None:
        pages.append(pages[-1].next_page())
    forward = [sids(page) for page in pages]
    back, page = [forward[-1]], pages[-1]
    while page.previous_page_url is not None:
        page = page.previous_page()
        back.append(sids(page))
    assert back[::-1] == forward
