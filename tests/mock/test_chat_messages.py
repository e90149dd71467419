"""Messages: sent, numbered, edited, deleted."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from support import everything, refused

from helpers import Account


def test_a_message_has_what_twilio_documents(account: Account, channel: Any) -> None:
    sent = channel.messages.create(body="hello", from_="user-42", attributes='{"mood": "good"}')
    held = channel.fetch()
    assert (sent.sid[:2], sent.index, sent.type, sent.media) == ("IM", 0, "text", None)
    assert (sent._from, sent.body) == ("user-42", "hello")
    assert json.loads(sent.attributes) == {"mood": "good"}
    assert (sent.to, sent.channel_sid, sent.service_sid) == (held.sid, held.sid, held.service_sid)
    assert (sent.was_edited, sent.last_updated_by) == (False, None)
    assert sent.date_created == sent.date_updated
    assert sent.account_sid == account.credentials.account_sid
    assert sent.url == f"{held.url}/Messages/{sent.sid}"


def test_a_message_without_an_author_is_from_the_system(channel: Any) -> None:
    assert channel.messages.create(body="hello")._from == "system"


def test_rest_may_send_in_the_name_of_somebody_who_is_not_a_member(channel: Any) -> None:
    assert channel.messages.create(body="hello", from_="Bot")._from == "Bot"
    assert channel.members.list() == []


def test_a_message_may_have_no_body(channel: Any) -> None:
    assert channel.messages.create().body == channel.messages.create(body="").body == ""
    assert [message.body for message in channel.messages.list()] == ["", ""]


@pytest.mark.parametrize("body", ["<script>alert(1)</script>", "😀 é\n\ttab", "  spaces  ", "0"])
def test_a_body_comes_back_to_the_letter(channel: Any, body: str) -> None:
    sent = channel.messages.create(body=body)
    assert sent.body == channel.messages(sent.sid).fetch().body == body


def test_indexes_count_up_from_zero_and_are_never_used_twice(channel: Any) -> None:
    sids = [channel.messages.create(body=str(number)).sid for number in range(3)]
    channel.messages(sids[2]).delete()
    channel.messages(sids[0]).delete()
    assert channel.messages.create(body="3").index == 3
    assert [message.index for message in channel.messages.list()] == [1, 3]
    for message in channel.messages.list():
        channel.messages(message.sid).delete()
    assert channel.messages.create(body="4").index == 4


def test_every_channel_counts_its_own_indexes(service: Any, channel: Any) -> None:
    other = service.channels(service.channels.create().sid)
    assert [c.messages.create(body="x").index for c in (channel, other, channel)] == [0, 0, 1]


def test_a_message_is_dated_by_the_mocks_clock(account: Account, channel: Any) -> None:
    moment = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
    account.clock.freeze(moment)
    first = channel.messages.create(body="1")
    account.clock.advance(90)
    second = channel.messages.create(body="2")
    assert (first.date_created, second.date_created) == (moment, moment + timedelta(seconds=90))


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("1969-12-31T23:59:59.9Z", "1969-12-31T23:59:59Z"),
        ("1970-01-01T00:00:00.9Z", "1970-01-01T00:00:00Z"),
        ("0001-01-01T00:00:00-01:00", "0001-01-01T01:00:00Z"),
        ("0001-01-01T00:00:00+01:00", None),
        ("9999-12-31T23:59:59-01:00", None),
    ],
)
def test_a_date_of_any_year_in_utc_is_shown_in_whole_seconds_and_others_are_refused(
    channel: Any, given: str, shown: str | None
) -> None:
    sent: dict[str, Any] = {"body": "old", "date_created": given}
    if shown is None:
        with refused(400, 20001, "Invalid parameter DateCreated: it must be an ISO 8601 date"):
            channel.messages.create(**sent)
    else:
        assert channel.messages.create(**sent).date_created == datetime.fromisoformat(shown)


def test_a_message_brought_in_with_an_old_date_keeps_it_and_comes_last(channel: Any) -> None:
    channel.messages.create(body="today")
    old = datetime(2019, 12, 31, 23, 59, 59, tzinfo=UTC)
    brought = channel.messages.create(body="old", date_created=old)
    assert (brought.date_created, brought.date_updated, brought.index) == (old, old, 1)
    assert brought.was_edited is False
    assert [message.body for message in channel.messages.list()] == ["today", "old"]


def test_a_message_brought_in_as_edited_counts_as_edited(channel: Any) -> None:
    edited = datetime(2020, 1, 1, tzinfo=UTC)
    brought = channel.messages.create(body="x", date_updated=edited, last_updated_by="importer")
    assert (brought.was_edited, brought.last_updated_by) == (True, "importer")
    assert brought.date_updated == edited


# -- the channel's view of its messages


def test_the_channel_counts_its_messages_and_links_to_the_last(channel: Any) -> None:
    assert channel.fetch().links["last_message"] is None
    first, second = (channel.messages.create(body=body) for body in ("1", "2"))
    assert channel.fetch().messages_count == 2
    assert channel.fetch().links["last_message"] == second.url
    channel.messages(second.sid).delete()
    assert channel.fetch().messages_count == 1
    assert channel.fetch().links["last_message"] == first.url
    channel.messages(first.sid).delete()
    assert (channel.fetch().messages_count, channel.fetch().links["last_message"]) == (0, None)


def test_deleting_an_older_message_leaves_the_link_to_the_last(channel: Any) -> None:
    first, second = (channel.messages.create(body=body) for body in ("1", "2"))
    channel.messages(first.sid).delete()
    assert channel.fetch().links["last_message"] == second.url


# -- edits


def test_an_edit_marks_the_message_and_says_who_and_when(account: Account, channel: Any) -> None:
    account.clock.freeze()
    sent = channel.messages.create(body="typo", from_="user-42", attributes='{"a": 1}')
    account.clock.advance(10)
    edited = channel.messages(sent.sid).update(body="fixed")
    assert (edited.body, edited.was_edited, edited.last_updated_by) == ("fixed", True, "system")
    assert (edited._from, edited.attributes, edited.index) == ("user-42", '{"a": 1}', 0)
    assert edited.date_updated - edited.date_created == timedelta(seconds=10)
    assert channel.messages(sent.sid).fetch().body == "fixed"


def test_an_edit_may_name_its_author_and_date(channel: Any) -> None:
    sent = channel.messages.create(body="typo")
    moment = datetime(2030, 1, 1, tzinfo=UTC)
    edited = channel.messages(sent.sid).update(
        body="fixed", last_updated_by="moderator", date_updated=moment, from_="somebody"
    )
    assert (edited.last_updated_by, edited.date_updated) == ("moderator", moment)
    assert edited._from == "somebody"


# -- refusals


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"body": "x" * (32 * 1024 + 1)}, 50505),
        ({"body": "é" * (16 * 1024 + 1)}, 50505),
        ({"body": "x", "attributes": "no JSON"}, 50304),
        ({"body": "x", "attributes": "[1"}, 50304),
        ({"body": "x", "attributes": json.dumps({"x": "y" * 5000})}, 50303),
        ({"body": "x", "from_": "x" * 257}, 50310),
        ({"body": "x", "date_created": "yesterday"}, 20001),
    ],
)
def test_a_message_that_is_not_acceptable_is_not_sent(
    account: Account, channel: Any, values: dict[str, Any], code: int
) -> None:
    before = everything(account)
    with refused(400, code):
        channel.messages.create(**values)
    assert everything(account) == before
    assert channel.messages.create(body="next").index == 0


def test_a_body_may_be_as_long_as_the_limit(channel: Any) -> None:
    body = "é" * (16 * 1024)
    assert channel.messages.create(body=body).body == body


@pytest.mark.parametrize(
    ("values", "code"),
    [({}, 20161), ({"body": "x" * 40_000}, 50505), ({"attributes": "]"}, 50304)],
)
def test_an_edit_that_is_not_acceptable_changes_nothing(
    account: Account, channel: Any, values: dict[str, Any], code: int
) -> None:
    sent = channel.messages.create(body="as it was")
    before = everything(account)
    with refused(400, code):
        channel.messages(sent.sid).update(**values)
    assert everything(account) == before


def test_a_deleted_message_is_gone(account: Account, channel: Any) -> None:
    sent = channel.messages.create(body="x")
    assert channel.messages(sent.sid).delete() is True
    before = everything(account)
    for act in (
        channel.messages(sent.sid).fetch,
        channel.messages(sent.sid).delete,
        lambda: channel.messages(sent.sid).update(body="y"),
    ):
        with refused(404, 20404):
            act()
    assert everything(account) == before


def test_a_message_is_not_found_through_another_channel(service: Any, channel: Any) -> None:
    sent = channel.messages.create(body="x")
    other = service.channels(service.channels.create().sid)
    with refused(404, 20404):
        other.messages(sent.sid).fetch()
